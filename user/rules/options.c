// SPDX-License-Identifier: GPL-2.0-only
/* Parses a rule's options: the table of keywords. */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

/* Without quotes and backslashes. */
static char *unquoted(const char *value)
{
	size_t n = strlen(value), used = 0;
	char *out = malloc(n + 1);

	if (out && n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value++;
		n -= 2;
	}
	for (size_t i = 0; out && i < n; i++) {
		if (value[i] == '\\' && i + 1 < n)
			i++;
		out[used++] = value[i];
	}
	if (out)
		out[used] = 0;
	return out;
}

static int take_text(char **to, const char *value, struct refusal *no)
{
	free(*to);
	*to = unquoted(value);
	return *to ? 0 : sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
}

static int take_number(__u32 *to, const char *key, const char *value, struct refusal *no)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (end == value || *end || *value == '-' || n > 0xffffffff)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "%s: invalid number \"%.40s\"", key, value);
	*to = n;
	return 0;
}

/* ---- options without an effect on matching */

static int take_reference(struct draft *d, char *value, struct refusal *no)
{
	char *comma = strchr(value, ','), *all;
	int n;

	if (!comma)
		return 0;
	*comma = 0;
	n = asprintf(&all, "%s%s%s:%s", d->text.reference ? d->text.reference : "",
		     d->text.reference ? ", " : "", sw_rule_trim(value), sw_rule_trim(comma + 1));
	if (n < 0)
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	free(d->text.reference);
	d->text.reference = all;
	return 0;
}

/* ---- flow */

static int take_flow(struct draft *d, char *value, struct refusal *no)
{
	for (char *save, *word = strtok_r(value, ",", &save); word;
	     word = strtok_r(NULL, ",", &save)) {
		word = sw_rule_trim(word);
		if (!strcmp(word, "to_server") || !strcmp(word, "from_client"))
			d->inward = true;
		else if (!strcmp(word, "to_client") || !strcmp(word, "from_server"))
			d->outward = true;
		else if (!strcmp(word, "established"))
			d->rule.flags |= SW_RULE_ESTABLISHED;
		else if (!strcmp(word, "not_established"))
			d->not_established = true;
		else if (strcmp(word, "stateless") && strcmp(word, "only_stream") &&
			 strcmp(word, "no_stream") && strcmp(word, "no_frag"))
			return sw_refuse(no, SW_REFUSAL_KEYWORD, "flow: unknown option \"%.40s\"",
					 word);
	}
	return 0;
}

static int take_first(struct draft *d, struct refusal *no)
{
	if (d->rule.proto != IPPROTO_TCP || !d->dport.any)
		return sw_refuse(no, SW_REFUSAL_SYNTAX,
				 "tcp.first: only of rules for tcp and any port");
	d->rule.flags |= SW_RULE_FIRST;
	return 0;
}

/* ---- threshold, detection_filter */

static int take_limit(struct draft *d, const char *key, char *value, struct refusal *no)
{
	static const char *const type[] = {[SW_LIMIT_LIMIT] = "limit",
					   [SW_LIMIT_THRESHOLD] = "threshold",
					   [SW_LIMIT_BOTH] = "both"};
	bool filter = !strcmp(key, "detection_filter"), by_src = false, by_all = false;
	__u32 count = 0, seconds = 0;
	int limit = filter ? SW_LIMIT_FILTER : SW_LIMIT_NONE;

	for (char *save, *word = strtok_r(value, ",", &save); word;
	     word = strtok_r(NULL, ",", &save)) {
		char *arg;

		word = sw_rule_trim(word);
		arg = word + strcspn(word, " \t");
		if (*arg)
			*arg++ = 0;
		arg = sw_rule_trim(arg);
		if (!strcmp(word, "track")) {
			by_src = !strcmp(arg, "by_src") || !strcmp(arg, "by_both");
			by_all = !strcmp(arg, "by_dst") || !strcmp(arg, "by_rule");
		} else if (!strcmp(word, "count") && take_number(&count, key, arg, no))
			return -1;
		else if (!strcmp(word, "seconds") && take_number(&seconds, key, arg, no))
			return -1;
		for (int i = SW_LIMIT_LIMIT; !filter && !strcmp(word, "type") && i <= SW_LIMIT_BOTH;
		     i++)
			if (!strcmp(arg, type[i]))
				limit = i;
	}
	/* A rule's alerts are limited anyway, to one per minute and source. */
	if (!by_src && limit == SW_LIMIT_LIMIT)
		return 0;
	if (!by_src && !by_all)
		return sw_refuse(no, SW_REFUSAL_KEYWORD,
				 "%s requires track by_src, by_dst, by_both or by_rule", key);
	if (!limit || !count || !seconds || count > 65535 || seconds > 65535)
		return sw_refuse(no, SW_REFUSAL_KEYWORD,
				 "%s requires type limit, threshold or both, and count and seconds "
				 "from 1 to 65535",
				 key);
	d->rule.limit = limit;
	d->rule.limit_all = by_all;
	d->rule.limit_count = count;
	d->rule.limit_seconds = seconds;
	return 0;
}

/* ---- buffers */

struct buffer_name {
	const char *name, *old; /* a sticky buffer, and the modifier of its own time */
	enum sw_buffer buffer;
	bool wide; /* looked for in all lines of the head */
	enum side side;
};

static const struct buffer_name buffers[] = {
	{"pkt_data", NULL, SW_BUFFER_PAYLOAD, false, EITHER_SIDE},
	{"http.method", "http_method", SW_BUFFER_METHOD, false, OF_REQUESTS},
	{"http.uri", "http_uri", SW_BUFFER_URI, false, OF_REQUESTS},
	{"http.uri.raw", "http_raw_uri", SW_BUFFER_URI_RAW, false, OF_REQUESTS},
	{"http_raw_uri", NULL, SW_BUFFER_URI_RAW, false, OF_REQUESTS},
	{"http.header", "http_header", SW_BUFFER_HEADER, false, EITHER_SIDE},
	{"http.header.raw", "http_raw_header", SW_BUFFER_HEADER, false, EITHER_SIDE},
	{"http.user_agent", "http_user_agent", SW_BUFFER_USER_AGENT, false, OF_REQUESTS},
	{"http.host", "http_host", SW_BUFFER_HOST, false, OF_REQUESTS},
	{"http.host.raw", "http_raw_host", SW_BUFFER_HOST, false, OF_REQUESTS},
	{"http.cookie", "http_cookie", SW_BUFFER_COOKIE, false, OF_REQUESTS},
	{"http.request_body", "http_client_body", SW_BUFFER_BODY, false, OF_REQUESTS},
	{"http.form", NULL, SW_BUFFER_FORM, false, OF_REQUESTS},
	{"http.referer", "http_referer", SW_BUFFER_REFERER, false, OF_REQUESTS},
	{"http.request_line", "http_request_line", SW_BUFFER_REQUEST_LINE, false, OF_REQUESTS},
	{"http.protocol", "http_protocol", SW_BUFFER_PROTOCOL, false, EITHER_SIDE},
	{"http.start", "http_start", SW_BUFFER_START, false, EITHER_SIDE},
	{"http.header_names", "http_header_names", SW_BUFFER_NAMES, false, EITHER_SIDE},
	{"http.accept", "http_accept", SW_BUFFER_HEADER, true, OF_REQUESTS},
	{"http.accept_enc", "http_accept_enc", SW_BUFFER_HEADER, true, OF_REQUESTS},
	{"http.accept_lang", "http_accept_lang", SW_BUFFER_HEADER, true, OF_REQUESTS},
	{"http.connection", "http_connection", SW_BUFFER_HEADER, true, EITHER_SIDE},
	{"http.content_type", "http_content_type", SW_BUFFER_HEADER, true, EITHER_SIDE},
	{"http.content_len", "http_content_len", SW_BUFFER_HEADER, true, EITHER_SIDE},
	{"http.request_header", NULL, SW_BUFFER_HEADER, true, OF_REQUESTS},
	{"http.stat_code", "http_stat_code", SW_BUFFER_STATUS, false, OF_ANSWERS},
	{"http.stat_msg", "http_stat_msg", SW_BUFFER_STATUS_TEXT, false, OF_ANSWERS},
	{"http.response_line", "http_response_line", SW_BUFFER_REQUEST_LINE, false, OF_ANSWERS},
	{"http.response_body", "http_server_body", SW_BUFFER_BODY, false, OF_ANSWERS},
	{"file.data", NULL, SW_BUFFER_BODY, false, OF_FILES},
	{"file_data", NULL, SW_BUFFER_BODY, false, OF_FILES},
	{"http.server", "http_server", SW_BUFFER_HEADER, true, OF_ANSWERS},
	{"http.location", "http_location", SW_BUFFER_HEADER, true, OF_ANSWERS},
	{"http.response_header", NULL, SW_BUFFER_HEADER, true, OF_ANSWERS},
};

/* The line of the head that a buffer is, if it is a single one. */
static const char *line_of(const struct buffer_name *b)
{
	static const struct {
		const char *buffer, *line;
	} lines[] = {{"http.accept", "Accept"},
		     {"http.accept_enc", "Accept-Encoding"},
		     {"http.accept_lang", "Accept-Language"},
		     {"http.connection", "Connection"},
		     {"http.content_type", "Content-Type"},
		     {"http.content_len", "Content-Length"},
		     {"http.server", "Server"},
		     {"http.location", "Location"}};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strcmp(b->name, lines[i].buffer))
			return lines[i].line;
	return NULL;
}

static const struct buffer_name *find_buffer(const char *key, bool old)
{
	const char *name;

	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		name = old ? buffers[i].old : buffers[i].name;
		if (name && !strcmp(name, key))
			return &buffers[i];
	}
	return NULL;
}

static int set_buffer(struct draft *d, const char *key, const char *value, struct refusal *no)
{
	const struct buffer_name *b = find_buffer(key, false), *old = find_buffer(key, true);
	struct part *last;

	if (b) {
		d->buffer = b->buffer;
		d->wide = b->wide;
		d->line = line_of(b);
		d->decoded = false;
		d->side = b->side;
		return 0;
	}
	if (!d->parts)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "%s must follow a content%s%s", key,
				 value ? ": " : "", value ? value : "");
	last = &d->part[d->parts - 1];
	last->c.buffer = old->buffer;
	last->wide = old->wide;
	last->line = line_of(old);
	last->side = old->side;
	return 0;
}

/* ---- what is refused by name, and why */

static const struct {
	const char *prefix; /* of the keyword */
	enum sw_refusal why;
	const char *text;
} refused[] = {
	{"byte_math", SW_REFUSAL_BYTES, "values are not kept between conditions"},
	{"file", SW_REFUSAL_BUFFER, "files are not reassembled"},
	{"http", SW_REFUSAL_BUFFER, "this part of a message has no buffer of its own"},
	{"dns", SW_REFUSAL_BUFFER, "DNS messages are not parsed"},
	{"tls", SW_REFUSAL_BUFFER, "fields of TLS handshakes are not parsed"},
	{"ssl", SW_REFUSAL_BUFFER, "fields of TLS handshakes are not parsed"},
	{"ja3", SW_REFUSAL_BUFFER, "fields of TLS handshakes are not parsed"},
	{"ja4", SW_REFUSAL_BUFFER, "fields of TLS handshakes are not parsed"},
	{"ssh", SW_REFUSAL_BUFFER, "SSH messages are not parsed"},
	{"smb", SW_REFUSAL_BUFFER, "SMB messages are not parsed"},
	{"dce", SW_REFUSAL_BUFFER, "DCERPC messages are not parsed"},
	{"sip", SW_REFUSAL_BUFFER, "SIP messages are not parsed"},
	{"krb5", SW_REFUSAL_BUFFER, "Kerberos messages are not parsed"},
	{"snmp", SW_REFUSAL_BUFFER, "SNMP messages are not parsed"},
	{"rdp", SW_REFUSAL_BUFFER, "RDP messages are not parsed"},
	{"flowint", SW_REFUSAL_FLOWBITS, "numbers are not kept between packets"},
};

static int refuse_keyword(const char *key, struct refusal *no)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!strncmp(key, refused[i].prefix, strlen(refused[i].prefix)))
			return sw_refuse(no, refused[i].why, "%.40s: %s", key, refused[i].text);
	return sw_refuse(no, SW_REFUSAL_KEYWORD, "unknown keyword \"%.40s\"", key);
}

static bool is_ignored(const char *key)
{
	static const char *const list[] = {
		"metadata", "gid",   "fast_pattern", "rawbytes", "prefilter",
		"tag",	    "logto", "target",	     "requires", "http_encode_none"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!strcmp(list[i], key))
			return true;
	return false;
}

/* ---- each returns OTHERS for a keyword that is not among its own */
#define OTHERS 1

/* Options that describe a rule: msg, classtype, reference ... */
static int take_about(struct draft *d, const char *key, char *v, struct refusal *no)
{
	if (!strcmp(key, "msg"))
		return take_text(&d->text.msg, v, no);
	if (!strcmp(key, "classtype"))
		return take_text(&d->text.classtype, v, no);
	if (!strcmp(key, "sid"))
		return take_number(&d->text.sid, key, v, no);
	if (!strcmp(key, "rev"))
		return take_number(&d->text.rev, key, v, no);
	if (!strcmp(key, "priority"))
		return take_number(&d->text.priority, key, v, no);
	if (!strcmp(key, "reference"))
		return take_reference(d, v, no);
	return OTHERS;
}

/* Options about the connection, and about how often the rule acts. */
static int take_state(struct draft *d, const char *key, char *v, struct refusal *no)
{
	if (!strcmp(key, "flow"))
		return take_flow(d, v, no);
	if (!strcmp(key, "flowbits") || !strcmp(key, "xbits") || !strcmp(key, "hostbits"))
		return sw_rule_bits(key, v, d, no);
	if (!strcmp(key, "noalert"))
		return sw_rule_silence(d, no);
	if (!strcmp(key, "threshold") || !strcmp(key, "detection_filter"))
		return take_limit(d, key, v, no);
	if (!strcmp(key, "stream_size"))
		return sw_rule_stream_size(v, d, no);
	return OTHERS;
}

static int take_size(struct draft *d, const char *key, char *v, struct refusal *no)
{
	if (!strcmp(key, "dsize"))
		return sw_part_size(key, v, SW_BUFFER_PAYLOAD, d, no);
	if (!strcmp(key, "urilen")) {
		if (sw_part_size(key, v, strstr(v, "norm") ? SW_BUFFER_URI : SW_BUFFER_URI_RAW, d,
				 no))
			return -1;
		d->part[d->parts - 1].side = OF_REQUESTS;
		return 0;
	}
	if (!strcmp(key, "bsize"))
		return sw_part_size(key, v, d->buffer, d, no);
	return OTHERS;
}

/* Keywords of our own, which have no value. */
static int take_own(struct draft *d, const char *key, struct refusal *no)
{
	struct sw_condition c = {};
	struct part *p;

	if (!strcmp(key, "tcp.first"))
		return take_first(d, no);
	if (!strcmp(key, "tls.heartbeat")) {
		c.type = SW_CONDITION_TLS_HEARTBEAT;
	} else if (!strcmp(key, "http.served")) {
		c.type = SW_CONDITION_SERVED;
		c.buffer = SW_BUFFER_URI;
	} else if (!strcmp(key, "log4j.lookup")) {
		c.type = SW_CONDITION_LOOKUP;
		c.buffer = d->buffer;
	} else {
		return OTHERS;
	}
	p = sw_part_add(d, key, no);
	if (p)
		p->c = c;
	return p ? 0 : -1;
}

/* What it asks of the packet. */
static int take_part(struct draft *d, const char *key, char *v, struct refusal *no)
{
	if (!strcmp(key, "content"))
		return sw_part_content(v, d, no);
	if (!strcmp(key, "uricontent")) {
		if (sw_part_content(v, d, no))
			return -1;
		d->part[d->parts - 1].c.buffer = SW_BUFFER_URI;
		d->part[d->parts - 1].side = OF_REQUESTS;
		return 0;
	}
	if (!strcmp(key, "byte_test"))
		return sw_part_byte_test(v, d, no);
	if (!strcmp(key, "byte_extract"))
		return sw_part_byte_extract(v, d, no);
	if (!strcmp(key, "byte_jump"))
		return sw_part_byte_jump(v, d, no);
	if (!strcmp(key, "flags"))
		return sw_part_flags(v, d, no);
	if (!strcmp(key, "itype") || !strcmp(key, "icode"))
		return sw_part_icmp(key, v, d, no);
	if (!strcmp(key, "pcre"))
		return sw_part_pcre(v, d, no);
	if (!strcmp(key, "base64_decode"))
		return sw_rule_base64_decode(v, d, no);
	if (!strcmp(key, "base64_data"))
		return sw_rule_base64_data(d, no);
	if (!strcmp(key, "app-layer-event"))
		return sw_rule_event(v, d, no);
	return OTHERS;
}

static int take_option(struct draft *d, char *key, char *value, struct refusal *no)
{
	char none[1] = "";
	char *v = value ? value : none;
	int rc;

	rc = take_about(d, key, v, no);
	if (rc == OTHERS)
		rc = take_state(d, key, v, no);
	if (rc == OTHERS)
		rc = take_size(d, key, v, no);
	if (rc == OTHERS)
		rc = take_own(d, key, no);
	if (rc == OTHERS)
		rc = take_part(d, key, v, no);
	if (rc != OTHERS)
		return rc;
	if (!strcmp(key, "metadata") && strstr(v, "confidence low"))
		d->rule.flags |= SW_RULE_QUIET;
	if (is_ignored(key))
		return 0;
	if (find_buffer(key, false) || find_buffer(key, true))
		return set_buffer(d, key, value, no);
	if (sw_part_modify(key, v, d, no) <= 0)
		return no->text[0] ? -1 : 0;
	return refuse_keyword(key, no);
}

/* The end of an option: a semicolon outside of quotes, without a backslash. */
static char *option_end(char *at)
{
	bool quoted = false;

	for (; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (*at == ';' && !quoted)
			return at;
	}
	return NULL;
}

/* Finds the sid in advance, since it often comes last and a refusal should name it. */
static void find_sid(const char *text, struct draft *d)
{
	const char *at = strstr(text, "sid:");

	while (at && at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
		at = strstr(at + 1, "sid:");
	if (at)
		d->text.sid = strtoul(at + 4, NULL, 10);
}

int sw_rule_options(char *text, struct draft *d, struct refusal *no)
{
	char *end, *key, *value;

	find_sid(text, d);
	for (char *at = text; *sw_rule_trim(at); at = end + 1) {
		end = option_end(at);
		if (!end)
			return sw_refuse(no, SW_REFUSAL_SYNTAX,
					 "option \"%.40s\": missing semicolon", sw_rule_trim(at));
		*end = 0;
		key = sw_rule_trim(at);
		if (!*key)
			continue;
		value = strchr(key, ':');
		if (value) {
			*value++ = 0;
			value = sw_rule_trim(value);
			key = sw_rule_trim(key);
		}
		if (take_option(d, key, value, no))
			return -1;
	}
	return 0;
}
