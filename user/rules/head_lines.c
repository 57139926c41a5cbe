// SPDX-License-Identifier: GPL-2.0-only
/* Places in a single line of the head (http.content_type, http.content_len ...), which has no
 * buffer of its own: compiled to expressions over all lines. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"
#include "rules/regex.h"

#define EXPRESSION_MAX 4096
#define REST "[^\\r\\n]"	  /* of a line */
#define LINE_END "[ \\t]*\\r?\\n" /* what stands before it is no part of the value */

struct text {
	char byte[EXPRESSION_MAX];
	size_t used;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->byte + t->used, sizeof(t->byte) - t->used, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(t->byte) - t->used)
		t->full = true;
	else
		t->used += n;
}

static void put_byte(struct text *t, int b, bool nocase)
{
	if (nocase && isalpha(b))
		put(t, "[%c%c]", toupper(b), tolower(b));
	else
		put(t, "\\x%02x", b);
}

static void put_name(struct text *t, const char *name)
{
	put(t, "^");
	for (; *name; name++)
		put_byte(t, (unsigned char)*name, true);
	put(t, ":[ \\t]*");
}

static void put_content(struct text *t, const struct part *p)
{
	for (int i = 0; i < p->length; i++)
		put_byte(t, p->byte[i], p->nocase);
	if (p->c.flags & SW_CONDITION_ENDS)
		put(t, LINE_END);
}

/* The bytes before a content, from where its offset or distance counts. */
static int put_gap(struct text *t, const struct part *p)
{
	int spare = p->depth - p->length;

	if (p->starts)
		return 0;
	if (p->offset < 0)
		return -1;
	if (p->has_depth || p->has_within)
		/* a depth counts from the offset, a within from the distance */
		put(t, REST "{%d,%d}", p->offset, p->offset + (spare > 0 ? spare : 0));
	else
		put(t, REST "{%d,}", p->offset);
	return 0;
}

/* ---- numbers: http.content_len; byte_test:0,>,4000,0,string,dec */

/* One digit of `digits` differs upwards or downwards, those before it are the same. */
static void put_differing(struct text *t, const char *digits, bool above)
{
	int length = strlen(digits);

	for (int i = 0; i < length; i++) {
		int d = digits[i] - '0';

		if (above ? d == 9 : !d)
			continue;
		put(t, "|%.*s[%d-%d][0-9]{%d}", i, digits, above ? d + 1 : 0, above ? 9 : d - 1,
		    length - i - 1);
	}
}

static void put_above(struct text *t, __u32 n)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", n);
	put(t, "0*(?:[1-9][0-9]{%zu,}", strlen(digits));
	put_differing(t, digits, true);
	put(t, ")");
}

static void put_below(struct text *t, __u32 n)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", n);
	put(t, "0*(?:[0-9]{0,%zu}", strlen(digits) - 1);
	put_differing(t, digits, false);
	put(t, ")" LINE_END);
}

static int put_number(struct text *t, const struct sw_condition *c)
{
	__u32 low = c->number.low, high = c->number.high;

	switch (c->number.compare) {
	case SW_COMPARE_EQUAL:
		put(t, "0*%u" LINE_END, low);
		return 0;
	case SW_COMPARE_GREATER:
		put_above(t, low);
		return 0;
	case SW_COMPARE_LESS:
		put_below(t, low);
		return 0;
	case SW_COMPARE_BETWEEN:
		if (high == 0xffffffff && low)
			put_above(t, low - 1);
		else if (!low && high < 0xffffffff)
			put_below(t, high + 1);
		else
			return -1;
		return 0;
	}
	return -1;
}

/* ---- sizes: http.content_type; bsize:19 */

#define INK "[^ \\t\\r\\n]"

/* Blanks around a value are no part of it. high ~0: without end. */
static void put_value(struct text *t, __u32 low, __u32 high)
{
	if (high == ~0u)
		put(t, INK REST "{%u,}", low - 1);
	else if (low > 1)
		put(t, INK REST "{%u,%u}" INK, low - 2, high - 2);
	else if (high > 1)
		put(t, INK "(?:" REST "{0,%u}" INK ")?", high - 2);
	else
		put(t, INK);
}

static int put_size(struct text *t, const struct sw_condition *c)
{
	__u32 low = c->number.low, high = c->number.high;

	switch (c->number.compare) {
	case SW_COMPARE_EQUAL:
		high = low;
		break;
	case SW_COMPARE_LESS:
		high = low - 1;
		low = 0;
		break;
	case SW_COMPARE_GREATER:
		low++;
		high = ~0u;
		break;
	case SW_COMPARE_BETWEEN:
		break;
	default:
		return -1;
	}
	if ((!low && high == ~0u) || !high || low > 1000 || (high != ~0u && high > 1000))
		return -1;
	if (!low)
		put(t, "(?:");
	put_value(t, low ? low : 1, high);
	if (!low)
		put(t, ")?");
	put(t, LINE_END);
	return 0;
}

/* ---- which of a rule's parts are meant */

static bool is_relative(const struct part *p)
{
	return p->has_distance || p->has_within || p->c.flags & SW_CONDITION_RELATIVE;
}

static bool is_placed(const struct part *p)
{
	if (!p->wide || !p->line)
		return false;
	if (p->c.type != SW_CONDITION_CONTENT)
		return p->c.type == SW_CONDITION_SIZE || p->c.type == SW_CONDITION_BYTE_TEST;
	return p->has_offset || p->has_depth || p->starts || is_relative(p) ||
	       p->c.flags & (SW_CONDITION_ENDS | SW_CONDITION_NOT);
}

/* Another part of the same line. */
static bool is_of(const struct part *p, const struct part *other)
{
	return p->wide && p->line && !strcmp(p->line, other->line);
}

/* The contents that stand relative to this one, and it: one expression. */
static int put_chain(struct text *t, const struct draft *d, int first)
{
	const struct part *p = &d->part[first];

	if (put_gap(t, p))
		return -1;
	put_content(t, p);
	for (int i = first + 1; i < d->parts; i++) {
		const struct part *next = &d->part[i];

		if (!is_of(next, p))
			continue;
		if (!is_relative(next))
			return 0;
		if (next->c.type != SW_CONDITION_CONTENT || next->c.flags & SW_CONDITION_NOT ||
		    put_gap(t, next))
			return -1;
		put_content(t, next);
	}
	return 0;
}

static int put_part(struct text *t, const struct draft *d, int n)
{
	const struct part *p = &d->part[n];
	bool number = p->c.type == SW_CONDITION_BYTE_TEST;

	if (p->c.type == SW_CONDITION_CONTENT)
		return put_chain(t, d, n);
	if (p->c.flags & SW_CONDITION_RELATIVE ||
	    (number && (p->c.offset || p->c.length || !(p->c.flags & SW_CONDITION_DECIMAL))))
		return -1;
	return number ? put_number(t, &p->c) : put_size(t, &p->c);
}

/* ---- the expressions */

static int refuse_place(struct refusal *no)
{
	return sw_refuse(no, SW_REFUSAL_BUFFER,
			 "a place in, or an absence from, a line of the head that is not read by "
			 "itself");
}

static int add_expression(struct draft *d, const struct text *t, bool excluded, enum side side,
			  struct refusal *no)
{
	struct part *p;
	char *text;

	if (t->full)
		return sw_refuse(no, SW_REFUSAL_SIZE,
				 "a place in a line of the head: its contents "
				 "are too long");
	p = sw_part_add(d, "a place in a line of the head", no);
	if (!p)
		return -1;
	text = strndup(t->byte, t->used);
	if (!text)
		return sw_refuse(no, SW_REFUSAL_MEMORY, "out of memory");
	d->made[d->mades++] = text;
	memset(p, 0, sizeof(*p));
	p->c.type = SW_CONDITION_REGEX;
	p->c.buffer = SW_BUFFER_HEADER;
	p->c.flags = excluded ? SW_CONDITION_NOT : 0;
	p->side = side;
	p->regex_flags = SW_REGEX_MULTILINE;
	p->expression = text;
	p->length = t->used;
	return 0;
}

static void take_out(struct draft *d, int n)
{
	memmove(&d->part[n], &d->part[n + 1], (d->parts - n - 1) * sizeof(d->part[0]));
	d->parts--;
}

/* A content remains, as anywhere in the head: that is cheap to find out first. */
static void spread(struct draft *d, int n)
{
	struct part *p = &d->part[n];
	bool stays = p->c.type == SW_CONDITION_CONTENT && !(p->c.flags & SW_CONDITION_NOT);

	if (!stays) {
		take_out(d, n);
		return;
	}
	p->has_offset = p->has_depth = p->has_distance = p->has_within = p->starts = false;
	p->offset = p->depth = 0;
	p->c.flags &= ~(SW_CONDITION_ENDS | SW_CONDITION_RELATIVE);
}

/* What is not in a line is said of one that there is. */
static int rewrite(struct draft *d, int n, struct refusal *no)
{
	struct part *p = &d->part[n];
	bool excluded = p->c.flags & SW_CONDITION_NOT;
	enum side side = p->side;
	struct text name = {}, whole = {};

	put_name(&name, p->line);
	whole = name;
	if (put_part(&whole, d, n))
		return refuse_place(no);
	if (excluded && add_expression(d, &name, false, side, no))
		return -1;
	return add_expression(d, &whole, excluded, side, no);
}

/* Counts from the beginning of the line: nothing of the line stands before it. */
static bool is_first(const struct draft *d, int n)
{
	for (int i = 0; i < n; i++)
		if (is_of(&d->part[i], &d->part[n]))
			return false;
	return true;
}

static bool has_follower(const struct draft *d, int n)
{
	for (int i = n + 1; i < d->parts; i++)
		if (is_of(&d->part[i], &d->part[n]))
			return is_relative(&d->part[i]);
	return false;
}

static bool begins_chain(const struct draft *d, int n)
{
	if (is_relative(&d->part[n]))
		return is_first(d, n);
	return is_placed(&d->part[n]) || has_follower(d, n);
}

int sw_rule_head_lines(struct draft *d, struct refusal *no)
{
	int parts = d->parts;
	bool placed[PARTS_MAX];

	for (int i = 0; i < parts; i++)
		placed[i] = d->part[i].wide && d->part[i].line &&
			    d->part[i].c.type != SW_CONDITION_REGEX &&
			    (is_placed(&d->part[i]) || begins_chain(d, i));
	for (int i = 0; i < parts; i++)
		if (placed[i] && begins_chain(d, i) && rewrite(d, i, no))
			return -1;
	for (int i = parts - 1; i >= 0; i--)
		if (placed[i])
			spread(d, i);
	return 0;
}

/* ---- app-layer-event */

/* Those of Suricata's that a line of the head tells. */
int sw_rule_event(const char *value, struct draft *d, struct refusal *no)
{
	static const char word[] = "chunked";
	struct part *p;

	if (strcmp(value, "http.invalid_transfer_encoding_value_in_request") != 0)
		return sw_refuse(no, SW_REFUSAL_KEYWORD, "app-layer-event: unknown event \"%.60s\"",
				 value);
	p = sw_part_add(d, "app-layer-event", no);
	if (!p)
		return -1;
	*p = (struct part){.c = {.type = SW_CONDITION_CONTENT,
				 .buffer = SW_BUFFER_HEADER,
				 .flags = SW_CONDITION_NOT},
			   .length = sizeof(word) - 1,
			   .nocase = true,
			   .wide = true,
			   .line = "Transfer-Encoding",
			   .side = OF_REQUESTS};
	memcpy(p->byte, word, p->length);
	return 0;
}
