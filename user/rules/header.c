// SPDX-License-Identifier: GPL-2.0-only
/* Parses a rule's header: action, protocol, addresses, ports. */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

#define DEPTH_MAX 8 /* of variables within variables */
#define SWAP(a, b)                  \
	do {                        \
		typeof(a) c_ = (a); \
		(a) = (b);          \
		(b) = c_;           \
	} while (0)

static int read_action(const char *word, struct draft *d, struct refusal *no)
{
	static const struct {
		const char *name;
		enum sw_rule_action action;
	} actions[] = {{"alert", SW_RULE_ALERT},     {"drop", SW_RULE_DROP},
		       {"reject", SW_RULE_BLOCK},    {"block", SW_RULE_BLOCK},
		       {"rejectsrc", SW_RULE_BLOCK}, {"rejectboth", SW_RULE_BLOCK}};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, word))
			continue;
		d->rule.action = actions[i].action;
		return 0;
	}
	return sw_refuse(no, SW_REFUSAL_SYNTAX,
			 "unknown action \"%.40s\" (expected alert, drop or reject)", word);
}

/* Those of applications are known by their ports: `ports` where the rule names none. */
static const struct protocol {
	const char *name;
	__u8 proto;
	bool http;
	const char *ports;
} protocols[] = {
	{"tcp", IPPROTO_TCP, false, NULL},
	{"udp", IPPROTO_UDP, false, NULL},
	{"icmp", IPPROTO_ICMP, false, NULL},
	{"ip", 0, false, NULL},
	{"tcp-pkt", IPPROTO_TCP, false, NULL},
	{"tcp-stream", IPPROTO_TCP, false, NULL},
	{"http", IPPROTO_TCP, true, "$HTTP_PORTS"},
	{"http1", IPPROTO_TCP, true, "$HTTP_PORTS"},
	{"tls", IPPROTO_TCP, false, "$TLS_PORTS"},
	{"ssl", IPPROTO_TCP, false, "$TLS_PORTS"},
	{"ftp", IPPROTO_TCP, false, "$FTP_PORTS"},
	{"smtp", IPPROTO_TCP, false, "[25,587,2525]"},
	{"pop3", IPPROTO_TCP, false, "110"},
	{"imap", IPPROTO_TCP, false, "143"},
	{"ssh", IPPROTO_TCP, false, "$SSH_PORTS"},
	{"telnet", IPPROTO_TCP, false, "[23,2323]"},
	{"smb", IPPROTO_TCP, false, "[139,445]"},
	{"dcerpc", IPPROTO_TCP, false, "[135,139,445,593]"},
	{"rdp", IPPROTO_TCP, false, "3389"},
	{"rfb", IPPROTO_TCP, false, "5900:5920"},
	{"mqtt", IPPROTO_TCP, false, "1883"},
	{"pgsql", IPPROTO_TCP, false, "5432"},
	{"modbus", IPPROTO_TCP, false, "$MODBUS_PORTS"},
	{"dnp3", IPPROTO_TCP, false, "$DNP3_PORTS"},
	{"enip", IPPROTO_TCP, false, "44818"},
	{"dns", 0, false, "53"},
	{"sip", 0, false, "$SIP_PORTS"},
	{"krb5", 0, false, "88"},
	{"nfs", 0, false, "2049"},
	{"snmp", IPPROTO_UDP, false, "161"},
	{"tftp", IPPROTO_UDP, false, "69"},
	{"ntp", IPPROTO_UDP, false, "123"},
	{"dhcp", IPPROTO_UDP, false, "[67,68]"},
	{"ike", IPPROTO_UDP, false, "[500,4500]"},
};

static const struct protocol *find_protocol(const char *word)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (!strcmp(protocols[i].name, word))
			return &protocols[i];
	return NULL;
}

static int read_protocol(const char *word, struct draft *d, struct refusal *no)
{
	const struct protocol *p = find_protocol(word);

	if (!p)
		return sw_refuse(no, SW_REFUSAL_PROTOCOL,
				 "unsupported protocol \"%.40s\" (expected tcp, udp, icmp, ip, "
				 "http, tls, or one known by its ports, such as smtp)",
				 word);
	d->rule.proto = p->proto;
	d->has_http = p->http;
	return 0;
}

/* ---- lists: [a,b,!c], $VARIABLE, !x; each element is handed on */

typedef int (*element_fn)(const char *text, bool excluded, void *arg, struct refusal *no);

static int walk(struct sw_rules *r, const char *text, bool excluded, int depth, element_fn fn,
		void *arg, struct refusal *no);

/* Elements of a bracket, which may hold brackets. */
static int walk_list(struct sw_rules *r, const char *text, size_t length, bool excluded, int depth,
		     element_fn fn, void *arg, struct refusal *no)
{
	char *copy = strndup(text, length), *at = copy, *start = copy;
	int level = 0, rc = 0;

	for (; copy && !rc; at++) {
		level += (*at == '[') - (*at == ']');
		if (*at && (*at != ',' || level))
			continue;
		if (*at) {
			*at = 0;
			rc = walk(r, start, excluded, depth + 1, fn, arg, no);
			start = at + 1;
			continue;
		}
		rc = walk(r, start, excluded, depth + 1, fn, arg, no);
		break;
	}
	free(copy);
	return rc;
}

static int walk(struct sw_rules *r, const char *text, bool excluded, int depth, element_fn fn,
		void *arg, struct refusal *no)
{
	const char *value;
	size_t n;

	if (depth > DEPTH_MAX)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "variables or lists nest deeper than %d",
				 DEPTH_MAX);
	while (isspace((unsigned char)*text) || *text == '!') {
		excluded ^= *text == '!';
		text++;
	}
	n = strlen(text);
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	if (*text == '$') {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(n - 1 < 63 ? n - 1 : 63), text + 1);
		value = sw_rules_variable(r, name);
		if (!value)
			return sw_refuse(no, SW_REFUSAL_SYNTAX,
					 "undefined variable $%s (write var %s VALUE before it)",
					 name, name);
		return walk(r, value, excluded, depth + 1, fn, arg, no);
	}
	if (*text == '[') {
		if (n < 2 || text[n - 1] != ']')
			return sw_refuse(no, SW_REFUSAL_SYNTAX, "\"%.60s\": unbalanced brackets",
					 text);
		return walk_list(r, text + 1, n - 2, excluded, depth, fn, arg, no);
	}
	return fn(strndupa(text, n), excluded, arg, no);
}

/* ---- addresses */

static int add_address(const char *text, bool excluded, void *arg, struct refusal *no)
{
	struct addresses *a = arg;
	struct sw_prefix p;

	if (!strcmp(text, "any")) {
		if (excluded)
			return sw_refuse(no, SW_REFUSAL_SYNTAX, "\"!any\" matches no address");
		return 0;
	}
	if (sw_prefix_parse(text, &p, NULL))
		return sw_refuse(no, SW_REFUSAL_SYNTAX,
				 "invalid address \"%.60s\" (expected 192.0.2.1, 192.0.2.0/24, any "
				 "or a list in brackets)",
				 text);
	if (a->count == ADDRESSES_MAX)
		return sw_refuse(no, SW_REFUSAL_SIZE, "more than %d addresses", ADDRESSES_MAX);
	a->item[a->count].prefix = p;
	a->item[a->count++].excluded = excluded;
	return 0;
}

/* ---- ports */

bool sw_port_in(const struct port_set *p, int port)
{
	return p->bit[port >> 3] >> (port & 7) & 1;
}

int sw_port_next(const struct port_set *p, int port, bool in)
{
	__u64 skip = in ? 0 : ~0ull;

	for (; port < 65536; port++) {
		while (!(port & 63) && port < 65536 && !memcmp(&p->bit[port >> 3], &skip, 8))
			port += 64;
		if (port < 65536 && sw_port_in(p, port) == in)
			return port;
	}
	return 65536;
}

struct port_sets {
	struct port_set *yes, no;
	bool any_yes, any_no;
};

/* Whole bytes at once: most rules say `any` on one side. */
static void put_range(struct port_set *p, long low, long high)
{
	for (; low <= high && (low & 7 || high - low < 7); low++)
		p->bit[low >> 3] |= 1 << (low & 7);
	if (low <= high)
		memset(&p->bit[low >> 3], 0xff, (high - low + 1) >> 3);
	for (low += (high - low + 1) & ~7l; low <= high; low++)
		p->bit[low >> 3] |= 1 << (low & 7);
}

static int add_port(const char *text, bool excluded, void *arg, struct refusal *no)
{
	struct port_sets *s = arg;
	struct port_set *to = excluded ? &s->no : s->yes;
	long low = 0, high = 65535;
	const char *at = text;
	char *end;

	s->any_yes |= !excluded;
	s->any_no |= excluded;
	if (!strcmp(text, "any")) {
		if (excluded)
			return sw_refuse(no, SW_REFUSAL_SYNTAX, "\"!any\" matches no port");
		put_range(to, 0, 65535);
		return 0;
	}
	if (*at != ':') {
		low = strtol(at, &end, 10);
		if (end == at || !isdigit((unsigned char)*at))
			goto wrong;
		at = end;
		high = *at ? 65535 : low;
	}
	if (*at == ':') {
		at++;
		if (*at) {
			high = strtol(at, &end, 10);
			if (end == at || !isdigit((unsigned char)*at))
				goto wrong;
			at = end;
		}
	}
	if (*at || low < 0 || high > 65535 || low > high)
		goto wrong;
	put_range(to, low, high);
	return 0;
wrong:
	return sw_refuse(no, SW_REFUSAL_SYNTAX,
			 "invalid port \"%.40s\" (expected 80, 1024:2048, 8000:, any or a list in "
			 "brackets)",
			 text);
}

int sw_rule_ports(struct sw_rules *r, const char *text, struct port_set *p, struct refusal *no)
{
	struct port_sets *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	memset(p, 0, sizeof(*p));
	s->yes = p;
	rc = walk(r, text, false, 0, add_port, s, no);
	if (!rc && !s->any_yes)
		put_range(p, 0, 65535);
	for (size_t i = 0; s->any_no && i < sizeof(p->bit); i++)
		p->bit[i] &= ~s->no.bit[i];
	p->any = sw_port_next(p, 0, false) == 65536;
	free(s);
	return rc;
}

/* ---- all of it */

/* The next word, where brackets may hold blanks. */
static char *next_word(char **text)
{
	char *start = *text, *at;
	int level = 0;

	while (isspace((unsigned char)*start))
		start++;
	for (at = start; *at && (level || !isspace((unsigned char)*at)); at++)
		level += (*at == '[') - (*at == ']');
	*text = *at ? at + 1 : at;
	*at = 0;
	return *start ? start : NULL;
}

static bool names(const char *text, const char *variable)
{
	return text[0] != '!' && strstr(text, variable);
}

int sw_rule_header(struct sw_rules *r, char *text, struct draft *d, struct refusal *no)
{
	char *word[7];
	const char *sport, *dport;

	for (int i = 0; i < 7; i++) {
		word[i] = next_word(&text);
		if (!word[i] && (i < 2 || i == 6))
			return sw_refuse(no, SW_REFUSAL_SYNTAX,
					 "expected a rule: alert tcp any any -> any 80 (");
		if (i == 0 && read_action(word[0], d, no))
			return -1;
		if (i == 1 && read_protocol(word[1], d, no))
			return -1;
		if (!word[i])
			return sw_refuse(no, SW_REFUSAL_SYNTAX,
					 "expected a rule: alert tcp any any -> any 80 (");
	}
	if (next_word(&text))
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "unexpected text between the ports and (");
	if (strcmp(word[4], "->") && strcmp(word[4], "<>"))
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "invalid direction \"%.20s\" (expected ->)",
				 word[4]);
	d->from_home = names(word[2], "$HOME_NET") || names(word[2], "_SERVERS");
	d->from_outside = names(word[2], "$EXTERNAL_NET");
	d->to_home = names(word[5], "$HOME_NET") || names(word[5], "_SERVERS");
	d->to_outside = names(word[5], "$EXTERNAL_NET");
	sport = word[3];
	dport = word[6];
	d->usual_ports = !strcmp(dport, "any") && find_protocol(word[1])->ports;
	if (d->usual_ports)
		dport = find_protocol(word[1])->ports;
	if (walk(r, word[2], false, 0, add_address, &d->src, no) ||
	    walk(r, word[5], false, 0, add_address, &d->dst, no) ||
	    sw_rule_ports(r, sport, &d->sport, no) || sw_rule_ports(r, dport, &d->dport, no))
		return -1;
	return 0;
}

/* ---- answers */

static void swap_ports(struct draft *d)
{
	struct port_set usual = d->dport;

	if (d->usual_ports) {
		memset(d->dport.bit, 0xff, sizeof(d->dport.bit));
		d->dport.any = true;
	}
	SWAP(d->dport, d->sport);
	if (d->usual_ports && d->dport.any)
		d->dport = usual;
}

/* Of an answer, the cookies are those that it sets. */
static void read_set_cookie(struct part *p)
{
	p->c.buffer = SW_BUFFER_HEADER;
	p->wide = true;
	p->line = "Set-Cookie";
	p->side = OF_ANSWERS;
}

static int check_sides(struct draft *d, struct refusal *no)
{
	for (struct part *p = d->part; p < d->part + d->parts; p++) {
		if (d->outward && p->c.buffer == SW_BUFFER_COOKIE)
			read_set_cookie(p);
		if (d->outward && p->side == OF_REQUESTS)
			return sw_refuse(no, SW_REFUSAL_BUFFER,
					 "a buffer of requests, in a rule about answers");
		if (!d->outward && p->side == OF_ANSWERS)
			return sw_refuse(no, SW_REFUSAL_BUFFER,
					 "a buffer of answers, in a rule about requests");
		p->wide |= !d->outward && p->side == OF_FILES;
	}
	return 0;
}

int sw_rule_turn(struct draft *d, struct refusal *no)
{
	/* From a service's port to any: an answer, too. */
	if (d->from_home && d->to_outside && !d->inward && !d->sport.any &&
	    (d->dport.any || d->usual_ports))
		d->outward = true;
	if (check_sides(d, no))
		return -1;
	if (!d->outward)
		return 0;
	if (d->from_outside && d->to_home)
		return sw_refuse(no, SW_REFUSAL_RESPONSE,
				 "flow: what servers elsewhere answer this host is not read");
	if (d->rule.proto && d->rule.proto != IPPROTO_TCP)
		return sw_refuse(no, SW_REFUSAL_RESPONSE, "flow: answers are read of TCP only");
	if (d->rule.stream)
		return sw_refuse(no, SW_REFUSAL_KEYWORD, "stream_size, in a rule about answers");
	d->rule.proto = IPPROTO_TCP;
	d->rule.flags |= SW_RULE_ANSWER;
	d->rule.limit_all = !d->rule.limit_all;
	swap_ports(d);
	SWAP(d->src, d->dst);
	if (d->rule.action == SW_RULE_ALERT)
		return 0;
	d->rule.action = SW_RULE_ALERT;
	d->text.warning = strdup("it is about what this host answers, so it only tells");
	return d->text.warning ? 0 : sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
}
