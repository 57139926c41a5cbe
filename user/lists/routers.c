// SPDX-License-Identifier: GPL-2.0-only
/* What routers and name servers export: RouterOS, Cisco IOS, Junos and VyOS, RPZ. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/duration.h"
#include "lists/internal.h"

#define WORDS 16

/* The value of "name=value" or "name="two words"", with a NUL at its end; NULL: none. */
static char *value_of(char *line, const char *name, char *buf, size_t size)
{
	char *at = line, *end;

	while ((at = strstr(at, name)) && at > line && !isspace((unsigned char)at[-1]))
		at++;
	if (!at)
		return NULL;
	at += strlen(name);
	end = *at == '"' ? at + 1 + strcspn(at + 1, "\"") : at + strcspn(at, " \t}");
	at += *at == '"';
	snprintf(buf, size, "%.*s", (int)(end - at), at);
	return buf;
}

/* "1d", "1w2d", "03:00:00", "1d03:00:00": a duration, optionally followed by hours, minutes and
 * seconds. */
static int64_t routeros_span(const char *text)
{
	unsigned int h = 0, m = 0, s = 0;
	const char *clock = strchr(text, ':');
	int64_t us = 0, days = 0;
	char before[32];

	if (!clock)
		return sw_duration_parse(text, "timeout", &us, NULL) ? 0 : us;
	while (clock > text && isdigit((unsigned char)clock[-1]))
		clock--;
	snprintf(before, sizeof(before), "%.*s", (int)(clock - text), text);
	if ((*before && sw_duration_parse(before, "timeout", &days, NULL)) ||
	    sscanf(clock, "%2u:%2u:%2u", &h, &m, &s) != 3)
		return 0;
	return days + (h * 3600 + m * 60 + s) * INT64_C(1000000);
}

/* `/ip firewall address-list export`: "add list=NAME address=ADDR timeout=1d" */
bool sw_routeros_line(struct sw_reading *r, char *line)
{
	char address[128], list[128], timeout[64], comment[256];

	if (*line == '#' || !strstr(line, "address="))
		return false;
	if (!value_of(line, "address=", address, sizeof(address))) {
		sw_list_odd(r, "no address=: \"%.80s\"", line);
		return true;
	}
	if ((value_of(line, "list=", list, sizeof(list)) && sw_list_lets_through(list)) ||
	    strstr(line, "disabled=yes")) {
		sw_list_skip(r);
		return true;
	}
	sw_list_put(r, address,
		    value_of(line, "timeout=", timeout, sizeof(timeout)) ? routeros_span(timeout)
									 : 0,
		    value_of(line, "comment=", comment, sizeof(comment)));
	return true;
}

static int split(char *line, char *word[WORDS])
{
	int n = 0;

	while (*line && n < WORDS)
		word[n++] = sw_list_word(&line);
	return n;
}

static bool is(const char *word, const char *what)
{
	return !strcasecmp(word, what);
}

static bool is_protocol(const char *word)
{
	return is(word, "ip") || is(word, "ipv6") || is(word, "tcp") || is(word, "udp") ||
	       is(word, "icmp");
}

static bool begins_address(const char *word)
{
	return isdigit((unsigned char)*word) && strpbrk(word, ".:");
}

/* "host ADDR", "range ADDR ADDR", "ADDR WILDCARD", "ADDR/LEN": the number of words it takes;
 * 0: none of these. */
static int source_of(char **word, int n, char *buf, size_t size)
{
	if (n > 1 && is(word[0], "host")) {
		snprintf(buf, size, "%s", word[1]);
		return 2;
	}
	if (n > 2 && is(word[0], "range")) {
		snprintf(buf, size, "%s-%s", word[1], word[2]);
		return 3;
	}
	if (n > 1 && !strchr(word[0], '/') && begins_address(word[1])) {
		snprintf(buf, size, "%s/%s", word[0], word[1]);
		return 2;
	}
	snprintf(buf, size, "%s", n ? word[0] : "");
	return n > 0;
}

/* "deny [ip] SOURCE [any] [log]": a rule for one port or destination is not a block. */
static void put_rule(struct sw_reading *r, char **word, int n)
{
	char source[128];
	int at = n > 1 && is_protocol(word[1]) ? 2 : 1, took;
	bool narrow = at == 2 && !is(word[1], "ip") && !is(word[1], "ipv6");

	if (!is(word[0], "deny") || n <= at || is(word[at], "any") || narrow) {
		sw_list_skip(r);
		return;
	}
	took = source_of(word + at, n - at, source, sizeof(source));
	at += took;
	if (at < n && !is(word[at], "any") && strncasecmp(word[at], "log", 3))
		sw_list_skip(r);
	else
		sw_list_put(r, source, 0, NULL);
}

static bool is_number(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

static bool is_verdict(const char *word)
{
	return is(word, "deny") || is(word, "permit");
}

/* "remark TEXT", "10 remark TEXT", "access-list 10 remark TEXT", "description TEXT" */
static bool is_remark(char **word, int n)
{
	int at = n > 2 && is(word[0], "access-list") ? 2 : n > 1 && is_number(word[0]);

	return is(word[at], "remark") || is(word[at], "description");
}

/* Where the verdict is, or the address if there is none. */
static int start_of(char **word, int n)
{
	if (is_verdict(word[0]))
		return 0;
	if (n > 2 && is(word[0], "access-list"))
		return is(word[2], "extended") ? 3 : 2;
	if (n > 4 && is(word[0], "ip") && is(word[1], "route") && is(word[n - 1], "null0"))
		return 2;
	return n > 1 && (is(word[0], "network-object") || is_number(word[0]));
}

/* Access lists, network objects and null routes of Cisco IOS and ASA. */
bool sw_cisco_line(struct sw_reading *r, char *line)
{
	char *word[WORDS] = {line}, source[128];
	int n = split(line, word), at;

	if (*word[0] == '!' || is_remark(word, n))
		return false;
	if (n > 1 && (is(word[0], "object-group") || is(word[1], "access-list"))) {
		r->allows = sw_list_lets_through(word[n - 1]);
		return false;
	}
	at = start_of(word, n);
	if (n > at && is_verdict(word[at])) {
		put_rule(r, word + at, n - at);
		return true;
	}
	if (!source_of(word + at, n - at, source, sizeof(source)) || r->allows)
		sw_list_skip(r);
	else
		sw_list_put(r, source, 0, NULL);
	return true;
}

/* "set policy-options prefix-list NAME PREFIX", "set firewall group network-group NAME
 * network PREFIX": Junos and VyOS. */
bool sw_junos_line(struct sw_reading *r, char *line)
{
	char *word[WORDS];
	int n;

	if (*line == '#')
		return false;
	n = split(line, word);
	word[n - 1][1 + strcspn(word[n - 1] + 1, "'")] = '\0';
	if (n < 5 || !is(word[0], "set"))
		sw_list_odd(r, "not a set command: \"%.80s\"", line);
	else if (sw_list_lets_through(word[3]) || sw_list_lets_through(word[4]) ||
		 is(word[n - 2], "description"))
		sw_list_skip(r);
	else
		sw_list_put(r, word[n - 1] + strspn(word[n - 1], "'"), 0, NULL);
	return true;
}

/* "24.0.2.0.192" or "48.zz.db8.2001": the length, then the address in reverse (RPZ draft,
 * 4.1.1). */
static bool from_rpz(const char *owner, size_t length, char *buf, size_t size)
{
	char copy[128], *label[10], *save = NULL, *at;
	int n = 0, out = 0;
	bool four;

	snprintf(copy, sizeof(copy), "%.*s", (int)length, owner);
	for (at = strtok_r(copy, ".", &save); at && n < 10; at = strtok_r(NULL, ".", &save))
		label[n++] = at;
	if (n < 3 || at)
		return false;
	four = n == 5 && !memchr(owner, 'z', length);
	for (int i = n - 1; i > 0; i--)
		out += snprintf(buf + out, size - out, "%s%s%s", i < n - 1 ? four ? "." : ":" : "",
				is(label[i], "zz") ? "" : label[i],
				/* "::" at the end, or at the beginning */
				is(label[i], "zz") && (i == 1 || i == n - 1) ? ":" : "");
	snprintf(buf + out, size - out, "/%s", label[0]);
	return true;
}

/* Addresses of a response policy zone; its names are skipped. */
bool sw_rpz_line(struct sw_reading *r, char *line)
{
	char *owner = sw_list_word(&line), *suffix = strstr(owner, ".rpz-ip"), address[128];

	if (!suffix)
		suffix = strstr(owner, ".rpz-client-ip");
	if (*owner == ';' || *owner == '$' || *owner == '@')
		return false;
	if (!suffix || strcasestr(line, "rpz-passthru"))
		sw_list_skip(r);
	else if (!from_rpz(owner, suffix - owner, address, sizeof(address)))
		sw_list_odd(r, "\"%.80s\" is not an address of a policy zone", owner);
	else
		sw_list_put(r, address, 0, NULL);
	return true;
}
