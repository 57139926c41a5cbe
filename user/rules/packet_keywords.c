// SPDX-License-Identifier: GPL-2.0-only
/* Keywords about a segment's header and its stream: flags, stream_size. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

#define SYN_BIT 0x02

/* ---- flags:[!*+]FSRPAU12[,ignored] */

/* In the order of the bits of TCP's header (RFC 9293 3.1); 1 and 2 are CWR and ECE. */
static int read_flags(const char *text, __u32 *bits, struct refusal *no)
{
	static const char letters[] = "FSRPAUEC", old[] = "......21";
	const char *found;

	*bits = 0;
	for (; *text; text++) {
		if (*text == '0' || *text == ' ')
			continue;
		found = strchr(letters, *text & ~0x20);
		if (found)
			*bits |= 1 << (found - letters);
		else if (*text == '1' || *text == '2')
			*bits |= 1 << (strchr(old, *text) - old);
		else
			return sw_refuse(no, SW_REFUSAL_SYNTAX,
					 "flags: unknown flag \"%c\" (expected FSRPAUEC, 1, 2 or "
					 "0)",
					 *text);
	}
	return 0;
}

int sw_part_flags(char *value, struct draft *d, struct refusal *no)
{
	char *comma = strchr(value, ','), how = 0;
	struct part *p = sw_part_add(d, "flags", no);
	__u32 bits, ignored = 0;

	if (!p)
		return -1;
	if (comma)
		*comma++ = 0;
	value = sw_rule_trim(value);
	if (*value && strchr("!*+", *value))
		how = *value++;
	if (read_flags(value, &bits, no) ||
	    (comma && read_flags(sw_rule_trim(comma), &ignored, no)))
		return -1;
	bits &= ~ignored;
	d->has_flags = true;
	p->c = (struct sw_condition){.type = SW_CONDITION_TCP_FLAGS};
	p->c.flags = how == '!' ? SW_CONDITION_NOT : 0;
	p->c.number.compare = how == '*' ? SW_COMPARE_AND : SW_COMPARE_EQUAL;
	p->c.number.low = bits;
	p->c.number.mask = how ? bits : 0xff & ~ignored;
	return 0;
}

static bool has_syn(const struct sw_condition *c)
{
	__u32 x = SYN_BIT & c->number.mask;
	bool holds = c->number.compare == SW_COMPARE_AND ? x & c->number.low : x == c->number.low;

	return holds != !!(c->flags & SW_CONDITION_NOT);
}

static int check_alone(struct draft *d, struct refusal *no)
{
	bool alone = true, syn = true;

	if (!d->has_flags)
		return 0;
	if (d->rule.proto != IPPROTO_TCP)
		return sw_refuse(no, SW_REFUSAL_SYNTAX, "flags requires the protocol tcp");
	for (int i = 0; i < d->parts; i++) {
		if (d->part[i].c.type == SW_CONDITION_TCP_FLAGS)
			syn &= has_syn(&d->part[i].c);
		else
			alone = false;
	}
	if (!alone)
		return 0;
	if (!syn)
		return sw_refuse(no, SW_REFUSAL_KEYWORD,
				 "flags: of segments without a payload only SYNs are looked at");
	d->rule.flags |= SW_RULE_SYN;
	return 0;
}

int sw_rule_check_flags(struct draft *d, struct refusal *no)
{
	if (check_alone(d, no))
		return -1;
	if (!d->not_established || d->rule.flags & SW_RULE_SYN)
		return 0;
	return sw_refuse(no, SW_REFUSAL_KEYWORD,
			 "flow:not_established: payload is inspected on established connections "
			 "only");
}

/* ---- stream_size:client,<,6 */

static int stream_side(const char *word, struct sw_rule *r)
{
	static const struct {
		const char *name;
		int side;
	} sides[] = {{"client", SW_STREAM_CLIENT},
		     {"server", SW_STREAM_SERVER},
		     {"both", SW_STREAM_CLIENT | SW_STREAM_SERVER},
		     {"either", SW_STREAM_CLIENT | SW_STREAM_SERVER | SW_STREAM_EITHER}};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (!strcmp(sides[i].name, word)) {
			r->stream = sides[i].side;
			return 0;
		}
	return -1;
}

/* Into the ends of a range; -1: no such comparison, or nothing it holds for. */
static int stream_range(const char *op, __u32 n, struct sw_rule *r)
{
	r->stream_low = 0;
	r->stream_high = 0xffffffff;
	if (!strcmp(op, "=") || !strcmp(op, "!="))
		r->stream_low = r->stream_high = n;
	else if (!strcmp(op, "<=") || (!strcmp(op, "<") && n))
		r->stream_high = n - !op[1];
	else if (!strcmp(op, ">=") || (!strcmp(op, ">") && n < 0xffffffff))
		r->stream_low = n + !op[1];
	else
		return -1;
	if (*op == '!')
		r->stream |= SW_STREAM_NOT;
	return 0;
}

int sw_rule_stream_size(char *value, struct draft *d, struct refusal *no)
{
	char *save, *word[3], *end;
	unsigned long n;

	for (int i = 0; i < 3; i++) {
		word[i] = strtok_r(i ? NULL : value, ",", &save);
		if (!word[i])
			goto wrong;
		word[i] = sw_rule_trim(word[i]);
	}
	errno = 0;
	n = strtoul(word[2], &end, 10);
	if (end == word[2] || *end || *word[2] == '-' || errno || n > 0xffffffff)
		goto wrong;
	if (strtok_r(NULL, ",", &save) || stream_side(word[0], &d->rule) ||
	    stream_range(word[1], n, &d->rule))
		goto wrong;
	if (d->rule.proto == IPPROTO_TCP)
		return 0;
	return sw_refuse(no, SW_REFUSAL_SYNTAX, "stream_size requires the protocol tcp");
wrong:
	return sw_refuse(no, SW_REFUSAL_SYNTAX,
			 "stream_size: expected client, server, both or either, then <, >, =, !=, "
			 "<= or >= and bytes: client,<,6");
}
