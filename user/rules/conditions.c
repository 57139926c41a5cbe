// SPDX-License-Identifier: GPL-2.0-only
/* Compiles a parsed rule into the conditions that the program evaluates in order. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "rules/internal.h"

struct build {
	struct kept *k;
	struct refusal *no;
	struct sw_condition list[SW_RULE_CONDITIONS];
	int count;
};

static struct sw_condition *add(struct build *b)
{
	if (b->count == SW_RULE_CONDITIONS) {
		sw_refuse(b->no, SW_REFUSAL_SIZE, "more than %d conditions", SW_RULE_CONDITIONS);
		return NULL;
	}
	return &b->list[b->count++];
}

/* ---- addresses: one of those named, and none of those excluded */

static int add_address(struct build *b, enum sw_condition_type type, const struct sw_prefix *p,
		       int flags)
{
	struct sw_condition *c = add(b);

	if (!c)
		return -1;
	*c = (struct sw_condition){.type = type, .flags = flags};
	memcpy(c->address.byte, p->addr.byte, 16);
	c->address.plen = p->v4 ? p->plen + 96 : p->plen;
	return 0;
}

static int add_addresses(struct build *b, enum sw_condition_type type, const struct addresses *a)
{
	int yes = 0;

	for (int i = 0; i < a->count; i++)
		yes += !a->item[i].excluded;
	for (int i = 0; i < a->count; i++) {
		if (a->item[i].excluded)
			continue;
		yes--;
		if (add_address(b, type, &a->item[i].prefix, yes ? SW_CONDITION_OR_NEXT : 0))
			return -1;
	}
	for (int i = 0; i < a->count; i++)
		if (a->item[i].excluded &&
		    add_address(b, type, &a->item[i].prefix, SW_CONDITION_NOT))
			return -1;
	return 0;
}

/* ---- contents */

static __u8 fold_of(__u8 b, bool nocase)
{
	__u8 low = b | 0x20;

	return nocase && low >= 'a' && low <= 'z' ? 0x20 : 0;
}

static void put_pattern(struct sw_condition *c, const __u8 *byte, int length, bool nocase)
{
	c->length = length;
	for (int i = 0; i < length; i++) {
		__u8 fold = fold_of(byte[i], nocase);

		((__u8 *)c->content.fold)[i] = fold;
		((__u8 *)c->content.mask)[i] = 0xff;
		((__u8 *)c->content.pattern)[i] = byte[i] | fold;
	}
}

/* Where a content is the first of its buffer, what it is relative to is the
 * buffer's beginning. */
static void put_place(struct sw_condition *c, const struct part *p, bool first)
{
	bool relative = p->has_distance || p->has_within;

	c->offset = p->offset;
	c->depth = p->depth;
	if (relative && !first)
		c->flags |= SW_CONDITION_RELATIVE;
	if (relative && first && c->offset < 0)
		c->offset = 0;
	if (p->starts)
		c->depth = p->length;
}

/* A content longer than a pattern is split into consecutive pieces. */
static int add_content(struct build *b, const struct part *p, bool first)
{
	bool nocase = p->nocase || p->c.buffer == SW_BUFFER_HOST;
	int at = 0, length;
	struct sw_condition *c;

	if (p->c.flags & SW_CONDITION_NOT && p->length > SW_PATTERN_BYTES)
		return sw_refuse(b->no, SW_REFUSAL_SIZE,
				 "an excluded content of more than %d bytes", SW_PATTERN_BYTES);
	for (; at < p->length; at += length) {
		length = p->length - at < SW_PATTERN_BYTES ? p->length - at : SW_PATTERN_BYTES;
		c = add(b);
		if (!c)
			return -1;
		*c = p->c;
		put_pattern(c, p->byte + at, length, nocase);
		if (!at) {
			put_place(c, p, first);
			/* Its depth is the whole content's. */
			if (c->depth && p->length > length)
				c->depth = c->depth > p->length - length
						   ? c->depth - (p->length - length)
						   : 1;
		} else {
			c->flags |= SW_CONDITION_RELATIVE;
			c->depth = length;
		}
		if (at + length < p->length)
			c->flags &= ~SW_CONDITION_ENDS;
	}
	return 0;
}

static int check_part(const struct part *p, struct refusal *no)
{
	if (p->c.type != SW_CONDITION_CONTENT)
		return 0;
	if ((p->has_offset || p->has_depth || p->starts) && (p->has_distance || p->has_within))
		return sw_refuse(no, SW_REFUSAL_SYNTAX,
				 "content: offset or depth beside distance or within");
	if (p->has_depth && p->depth < p->length)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "content of %d bytes within a depth of %d",
				 p->length, p->depth);
	if (p->has_within && p->depth < p->length)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "content of %d bytes within %d", p->length,
				 p->depth);
	if (p->wide && (p->has_offset || p->has_depth || p->starts ||
			p->c.flags & SW_CONDITION_ENDS || p->c.flags & SW_CONDITION_NOT))
		return sw_refuse(
			no, SW_REFUSAL_BUFFER,
			"a place in, or an absence from, a line of the head that is not read by "
			"itself");
	return 0;
}

/* Buffer by buffer, as contents are relative to those of the same one. */
static int add_parts(struct build *b, const struct draft *d, enum sw_buffer buffer)
{
	bool first = true;
	struct sw_condition *c;

	for (int i = 0; i < d->parts; i++) {
		const struct part *p = &d->part[i];

		if (p->c.buffer != buffer)
			continue;
		if (check_part(p, b->no))
			return -1;
		if (p->c.type == SW_CONDITION_CONTENT) {
			if (add_content(b, p, first))
				return -1;
			first &= !!(p->c.flags & SW_CONDITION_NOT);
			continue;
		}
		c = add(b);
		if (!c)
			return -1;
		*c = p->c;
		if (first)
			c->flags &= ~SW_CONDITION_RELATIVE;
		first &= p->c.type != SW_CONDITION_BYTE_JUMP;
	}
	return 0;
}

/* ---- ports */

static int put_ranges(const struct port_set *p, bool excluded, struct sw_rule *r)
{
	int n = 0, port = sw_port_next(p, 0, !excluded), end;

	for (; port < 65536; port = sw_port_next(p, end, !excluded)) {
		if (n == SW_RULE_PORTS)
			return -1;
		end = sw_port_next(p, port, excluded);
		r->dport[n++] = (struct sw_ports){port, end - 1};
	}
	r->dports = n;
	return 0;
}

static bool one_range(const struct port_set *p, bool in, struct sw_ports *out)
{
	int low = sw_port_next(p, 0, in), end = sw_port_next(p, low, !in);

	*out = (struct sw_ports){low, end - 1};
	return low < 65536 && sw_port_next(p, end, in) == 65536;
}

static int put_source_ports(const struct port_set *p, struct sw_rule *r, struct refusal *no)
{
	if (sw_port_next(p, 0, true) == 65536)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "no source port is left");
	if (one_range(p, true, &r->sport))
		return 0;
	if (!one_range(p, false, &r->sport))
		return sw_refuse(no, SW_REFUSAL_SIZE, "more than one range of source ports");
	r->flags |= SW_RULE_NOT_SPORT;
	return 0;
}

static int put_ports(const struct draft *d, struct sw_rule *r, struct refusal *no)
{
	r->sport = (struct sw_ports){0, 65535};
	if (r->proto == IPPROTO_ICMP)
		return 0;
	if (!d->dport.any && put_ranges(&d->dport, false, r)) {
		if (put_ranges(&d->dport, true, r))
			return sw_refuse(no, SW_REFUSAL_SIZE, "more than %d ranges of ports",
					 SW_RULE_PORTS);
		r->flags |= SW_RULE_NOT_PORTS;
	}
	if (!d->dport.any && !r->dports)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "no port is left");
	return d->sport.any ? 0 : put_source_ports(&d->sport, r, no);
}

/* ---- did its sender mean it? */

static bool begins_with(const struct part *p, const char *const *list)
{
	for (; *list; list++) {
		int n = strlen(*list);

		if (p->length >= n && !strncasecmp((const char *)p->byte, *list, n))
			return true;
	}
	return false;
}

/* A browser sends these by itself, or lets a foreign page set them. */
static bool is_custom_name(const struct part *p)
{
	static const char *const usual[] = {"Accept",
					    "Access-Control-",
					    "Cache-Control",
					    "Connection",
					    "Content-",
					    "Cookie",
					    "Date",
					    "DNT",
					    "Expect",
					    "Host",
					    "If-",
					    "Keep-Alive",
					    "Last-Event-ID",
					    "Origin",
					    "Pragma",
					    "Priority",
					    "Range",
					    "Referer",
					    "Save-Data",
					    "Sec-",
					    "Service-Worker",
					    "TE",
					    "Trailer",
					    "Transfer-",
					    "Upgrade",
					    "User-Agent",
					    "Via",
					    NULL};
	struct part name = *p;
	int at = 0;

	while (at < p->length && (p->byte[at] == '\r' || p->byte[at] == '\n'))
		at++;
	/* Without the preceding line end, it may be part of another header's name. */
	if (!at || at == p->length)
		return false;
	name.length -= at;
	memmove(name.byte, name.byte + at, name.length);
	return !begins_with(&name, usual);
}

/* A foreign page can make its visitor's browser send a GET, a HEAD or a simple
 * POST with any path, query and body, and of the headers what these say (Fetch,
 * "CORS-safelisted request-header" and "forbidden request-header"). */
static bool is_deliberate(const struct part *p)
{
	static const char *const simple[] = {"GET", "HEAD", "POST", NULL};
	static const char *const methods[] = {"PUT ",	  "DELETE ",  "PATCH ", "PROPFIND ",
					      "CONNECT ", "OPTIONS ", "TRACE ", NULL};
	static const char *const headers[] = {
		"Accept:", "Content-Type:",	"Host:", "Content-Length:", "Referer:",
		"Origin:", "Upgrade-Insecure-", NULL};

	if (p->c.flags & SW_CONDITION_NOT)
		return false;
	if (p->c.type == SW_CONDITION_SIZE) /* no name is as long as that */
		return p->c.buffer == SW_BUFFER_HOST && p->c.number.compare == SW_COMPARE_GREATER &&
		       p->c.number.low >= 253;
	if (p->c.type != SW_CONDITION_CONTENT)
		return false;
	switch (p->c.buffer) {
	case SW_BUFFER_PAYLOAD:
	case SW_BUFFER_REQUEST_LINE:
	case SW_BUFFER_START:
		return (p->starts || (p->has_depth && p->depth <= p->length)) &&
		       begins_with(p, methods);
	case SW_BUFFER_METHOD:
		return !begins_with(p, simple);
	case SW_BUFFER_HEADER:
		return !begins_with(p, headers);
	case SW_BUFFER_NAMES:
		return is_custom_name(p);
	case SW_BUFFER_USER_AGENT:
	case SW_BUFFER_COOKIE:
		return true;
	}
	return false;
}

/* ---- all of it */

static void put_rule(const struct draft *d, struct sw_rule *r)
{
	*r = d->rule;
	r->sid = d->text.sid;
	for (int i = 0; i < d->parts; i++) {
		if (d->part[i].c.buffer != SW_BUFFER_PAYLOAD &&
		    d->part[i].c.type != SW_CONDITION_TCP_FLAGS)
			r->flags |= SW_RULE_HTTP;
		if (is_deliberate(&d->part[i]))
			r->flags |= SW_RULE_DELIBERATE;
	}
	if (d->has_http)
		r->flags |= SW_RULE_HTTP;
	if (r->proto == IPPROTO_UDP || r->proto == IPPROTO_ICMP || r->flags & SW_RULE_SYN)
		r->flags |= SW_RULE_UNPROVABLE;
}

int sw_rule_conditions(const struct draft *d, struct kept *k, struct refusal *no)
{
	struct build b = {.k = k, .no = no};

	put_rule(d, &k->rule);
	if (put_ports(d, &k->rule, no) || add_addresses(&b, SW_CONDITION_SOURCE, &d->src) ||
	    add_addresses(&b, SW_CONDITION_DESTINATION, &d->dst))
		return -1;
	for (int buffer = 0; buffer < SW_BUFFER_COUNT; buffer++)
		if (add_parts(&b, d, buffer))
			return -1;
	k->rule.conditions = b.count;
	k->rule.bits = d->bits;
	k->condition = malloc((b.count + d->bits) * sizeof(*k->condition) + 1);
	if (!k->condition)
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	memcpy(k->condition, b.list, b.count * sizeof(*k->condition));
	memcpy(k->condition + b.count, d->bit, d->bits * sizeof(*k->condition));
	return 0;
}
