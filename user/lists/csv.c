// SPDX-License-Identifier: GPL-2.0-only
/* CSV with a header (RFC 4180, one record a line): abuse.ch, cscli and others. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/duration.h"
#include "lists/internal.h"

#define SEVERAL (-2) /* columns that may hold the value */

static const char *const value_names[] = {
	"value",      "ip",	     "address",	   "cidr",     "dst_ip",    "dstip",
	"ip_address", "ipaddress",   "ip address", "src_ip",   "srcip",	    "source_ip",
	"sourceip",   "network",     "prefix",	   "netblock", "ioc_value", "ip_prefix",
	"ip_or_cidr", "attacker_ip", NULL};

static const char *const first_names[] = {
	"start_ip",	 "start",   "ip_from",	     "range_start", "first_ip", "from",
	"start_address", "startip", "begin_address", "ip_start",    NULL};
static const char *const last_names[] = {"end_ip",	   "end",    "ip_to",	    "range_end",
					 "last_ip",	   "to",     "end_address", "endip",
					 "finish_address", "ip_end", NULL};

/* Splits the record in place; -1: unclosed quote, or too many fields. */
static int split_csv(char *line, char **field)
{
	char *in = line, *out;
	int n = 0;

	for (;;) {
		if (n == SW_LIST_FIELDS)
			return -1;
		in += strspn(in, " \t");
		field[n++] = out = in;
		if (*in == '"') {
			for (in++; *in && (*in != '"' || in[1] == '"'); in++) {
				in += *in == '"';
				*out++ = *in;
			}
			if (*in++ != '"')
				return -1;
		}
		while (*in && *in != ',')
			*out++ = *in++;
		if (!*in) {
			*out = '\0';
			return n;
		}
		*out = '\0';
		in++;
	}
}

static int column(char **field, int n, const char *const *names)
{
	for (; *names; names++)
		for (int i = 0; i < n; i++)
			if (strcasecmp(sw_list_trim(field[i]), *names) == 0)
				return i;
	return -1;
}

bool sw_csv_is_header(const char *line)
{
	char *field[SW_LIST_FIELDS], copy[1024];
	int n;

	snprintf(copy, sizeof(copy), "%s", line);
	n = split_csv(copy, field);
	if (n > 1 && column(field, n, first_names) >= 0 && column(field, n, last_names) >= 0)
		return true;
	return n > 0 && (n > 1 || strcspn(line, " \t") == strlen(line)) &&
	       column(field, n, value_names) >= 0;
}

static void take_header(struct sw_reading *r, char **field, int n)
{
	static const char *const duration[] = {"duration", "expiration", "ttl", NULL};
	static const char *const reason[] = {"reason", "scenario", "comment",	    "malware",
					     "threat", "tags",	   "listingreason", NULL};
	static const char *const type[] = {"type", "action", NULL};
	static const char *const scope[] = {"scope", NULL};
	static const char *const simulated[] = {"simulated", NULL};

	static const char *const length[] = {"netmask",	  "mask",	 "prefix_length",
					     "prefixlen", "cidr_length", NULL};

	r->header_seen = true;
	r->value = column(field, n, value_names);
	r->last = column(field, n, last_names);
	if (r->value < 0 && r->last >= 0)
		r->value = column(field, n, first_names);
	r->length = column(field, n, length);
	r->duration = column(field, n, duration);
	r->reason = column(field, n, reason);
	r->type = column(field, n, type);
	r->scope = column(field, n, scope);
	r->simulated = column(field, n, simulated);
}

/* Without a header: finds the field that is an address, for this line and later ones. Two are
 * ambiguous: they may be a range. */
static void guess_columns(struct sw_reading *r, char **field, int n)
{
	struct sw_range range;

	take_header(r, field, 0);
	for (int i = n - 1; i >= 0; i--)
		if (sw_range_parse(sw_list_trim(field[i]), &range, NULL))
			r->value = r->value < 0 ? i : SEVERAL;
}

static const char *cell(char **field, int n, int at)
{
	return at >= 0 && at < n ? sw_list_trim(field[at]) : "";
}

bool sw_is_address_scope(const char *scope, size_t len)
{
	return len == 0 || (len == 2 && strncasecmp(scope, "ip", 2) == 0) ||
	       (len == 5 && strncasecmp(scope, "range", 5) == 0);
}

/* An IPv6 address starts with a hexadecimal digit or a colon, never with a word such as "Ip". */
const char *sw_without_scope(const char *value)
{
	size_t len = strcspn(value, ":");
	bool word = len > 0 && value[len] == ':';

	for (size_t i = 0; word && i < len; i++)
		word = isalpha((unsigned char)value[i]);
	if (!word || (len <= 4 && strspn(value, "abcdefABCDEF") >= len))
		return value;
	return sw_is_address_scope(value, len) ? value + len + 1 : NULL;
}

int sw_go_span(const char *text, int64_t *us)
{
	char whole[64], *to = whole;

	if (*text == '-')
		return 0;
	if (strlen(text) >= sizeof(whole))
		return -1;
	for (const char *in = text; *in;) {
		if (*in == '.') {
			in++;
			in += strspn(in, "0123456789");
		} else {
			*to++ = *in++;
		}
	}
	*to = '\0';
	if (strspn(whole, "0hmsun") == strlen(whole) && *whole == '0')
		return 0;
	return sw_duration_parse(whole, "duration", us, NULL) ? -1 : 1;
}

/* "1.2.3.4:443" in a list of servers: removes the port. */
static void cut_port(char *value)
{
	char *colon = strchr(value, ':');

	if (colon && colon == strrchr(value, ':') && strchr(value, '.') &&
	    colon[1 + strspn(colon + 1, "0123456789")] == '\0')
		*colon = '\0';
}

static void take_record(struct sw_reading *r, char **field, int n)
{
	const char *duration = cell(field, n, r->duration), *type = cell(field, n, r->type);
	const char *scope = cell(field, n, r->scope);
	const char *value = sw_without_scope(cell(field, n, r->value));
	int64_t ttl = 0;
	int runs = *duration ? sw_go_span(duration, &ttl) : 1;
	char addr[128];

	if (runs < 0) {
		sw_list_odd(r, "invalid duration \"%.60s\"", duration);
		return;
	}
	/* Types that are not bans: cscli's captcha, ThreatFox's domains. */
	if (!runs || !value || !sw_is_address_scope(scope, strlen(scope)) ||
	    (*type && strcasecmp(type, "ban") && strncasecmp(type, "ip", 2)) ||
	    strcasecmp(cell(field, n, r->simulated), "true") == 0) {
		sw_list_skip(r);
		return;
	}
	snprintf(addr, sizeof(addr), "%s", value);
	cut_port(addr);
	if (*cell(field, n, r->last))
		snprintf(addr, sizeof(addr), "%.60s-%.60s", value, cell(field, n, r->last));
	else if (*cell(field, n, r->length) && !strchr(addr, '/'))
		snprintf(addr, sizeof(addr), "%.60s/%.60s", value, cell(field, n, r->length));
	sw_list_put(r, addr, ttl, cell(field, n, r->reason));
}

bool sw_csv_line(struct sw_reading *r, char *line)
{
	char *field[SW_LIST_FIELDS];
	int n;

	if (*line == '#' || *line == ';') {
		line += strspn(line, "#; ");
		if (r->header_seen || !sw_csv_is_header(line))
			return false;
		take_header(r, field, split_csv(line, field));
		return false;
	}
	if (!r->header_seen && sw_csv_is_header(line)) {
		take_header(r, field, split_csv(line, field));
		return false;
	}
	n = split_csv(line, field);
	if (n > 0 && !r->header_seen)
		guess_columns(r, field, n);
	if (r->value == SEVERAL)
		sw_list_odd(r, "more than one field is an address; a header can name the one "
			       "that is meant (ip)");
	else if (n < 0)
		sw_list_odd(r, "not CSV: a quote is not closed, or over %d fields", SW_LIST_FIELDS);
	else if (r->value < 0)
		sw_list_odd(r, "no field of it is an address, and no column is named ip or value");
	else
		take_record(r, field, n);
	if (r->value < 0)
		r->header_seen = false; /* the next line may show it */
	return true;
}
