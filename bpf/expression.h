/* SPDX-License-Identifier: GPL-2.0-only */
/* Regular expressions, as automata compiled by user/rules/regex.h. Most scan the text
 * once. Those whose automaton would be too large for that are restarted at each
 * position, which some texts make slow, so steps are limited. */
#ifndef EXPRESSION_H
#define EXPRESSION_H

#include "http.h"

#define REGEX_BYTES 8	 /* read per iteration */
#define REGEX_TURNS 2048 /* for one expression on one text */
#define REGEX_WORK 4	 /* cost of a byte, relative to one of a content match */
#define REGEX_NONE -1
#define REGEX_GIVES_UP -2

struct regex_run {
	const struct scratch *s;
	const struct sw_condition *c;
	__u32 to;
	__u32 start, at; /* start of the current attempt; position */
	__u32 state;
	__s32 found; /* end of a match */
};

static __always_inline bool is_word(__u8 b)
{
	__u8 low = b | 0x20;

	return (low >= 'a' && low <= 'z') || (b >= '0' && b <= '9') || b == '_';
}

static __always_inline __u32 state_behind(const struct sw_condition *c, __u8 b)
{
	if (b == '\n')
		return c->regex.start[SW_REGEX_AT_LINE];
	return c->regex.start[is_word(b) ? SW_REGEX_AT_WORD : SW_REGEX_AT_ELSE];
}

static __always_inline __u32 regex_symbol(const struct regex_run *r,
					  const struct sw_regex_page *first)
{
	__u8 b = byte_at(r->s, r->at);

	if (r->at >= r->to)
		return r->c->regex.classes - 2;
	if (b == '\n' && r->at + 1 == r->to)
		return r->c->regex.classes - 1;
	return first->class[b];
}

/* The current attempt fails. True if all do. */
static __always_inline bool begin_anew(struct regex_run *r)
{
	if (r->found >= 0 || r->c->regex.how & SW_REGEX_SEARCHES || r->start >= r->to)
		return true;
	r->at = ++r->start;
	r->state = state_behind(r->c, byte_at(r->s, r->at - 1));
	return false;
}

/* Consumes one byte; true at the end. */
static __always_inline bool regex_step(struct regex_run *r, const struct sw_regex_page *first,
				       __u32 page)
{
	const struct sw_regex_page *p;
	__u32 n, cell;

	if (!r->state)
		return begin_anew(r);
	n = (r->state - 1) * r->c->regex.classes + regex_symbol(r, first);
	p = entry_of(&regexes, page + 1 + n / SW_REGEX_CELLS);
	if (!p)
		return true;
	cell = p->cell[n & (SW_REGEX_CELLS - 1)];
	if (cell & SW_REGEX_ACCEPTS) {
		r->found = r->at;
		if (!(r->c->regex.how & SW_REGEX_LONGEST))
			return true;
	}
	r->state = cell & ~SW_REGEX_ACCEPTS;
	r->at++;
	return false;
}

static long regex_turn(__u64 i, void *ctx)
{
	struct regex_run *r = ctx;
	__u32 page = r->s->half * regexes_max + r->c->regex.page;
	const struct sw_regex_page *first = entry_of(&regexes, page);

	(void)i;
	for (int n = 0; first && n < REGEX_BYTES; n++)
		if (regex_step(r, first, page))
			return 1;
	return !first;
}

/* Stored or decoded bytes are not the start of the payload. */
static __always_inline bool begins_text(const struct scratch *s, const struct sw_condition *c)
{
	bool relative = c->flags & SW_CONDITION_RELATIVE && s->cursor;

	return relative || !s->cut || c->buffer != SW_BUFFER_PAYLOAD;
}

/* End of a match of the condition's expression in [from, to), or REGEX_NONE or
 * REGEX_GIVES_UP. */
__noinline int find_regex(__u32 condition, __u32 from, __u32 to)
{
	struct regex_run r = {
		.s = scratch(),
		.c = entry_of(&conditions, condition),
		.to = to,
		.start = from,
		.at = from,
		.found = REGEX_NONE,
	};
	struct scratch *s = scratch();
	long turns;

	if (!s || !r.s || !r.c || from > to)
		return REGEX_NONE;
	r.state = r.c->regex.start[begins_text(s, r.c) ? SW_REGEX_AT_TEXT : SW_REGEX_AT_ELSE];
	turns = bpf_loop(REGEX_TURNS, regex_turn, &r, 0);
	s->work += turns * REGEX_BYTES * REGEX_WORK;
	if (r.found == REGEX_NONE && turns == REGEX_TURNS)
		return REGEX_GIVES_UP;
	return r.found;
}

#endif
