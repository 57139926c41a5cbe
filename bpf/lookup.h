/* SPDX-License-Identifier: GPL-2.0-only */
/* Would Log4j 2 do a JNDI lookup for this text (CVE-2021-44228)? Lookups nest, and the
 * result of an inner one becomes text of the outer: ${lower:j}, ${env:X:-j} and
 * ${date:'j'} all yield "j". So the innermost are evaluated as far as it matters: the
 * result is what follows the last colon. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "body.h"

#define NESTS 8
#define LOOKUP_MOST 1792 /* bytes: a whole normalized text */
#define JNDI 0x6a6e6469	 /* the last letter in the lowest byte */
#define JNDI_COLON ((__u64)JNDI << 8 | ':')
#define EMPTY 0ull

/* JSON escape: \u0024 is a dollar sign. */
static __always_inline __u8 unescaped(struct scratch *s)
{
	__u32 at = s->in, high, low;
	__u64 w = load8(s, at);

	s->in = at + 1;
	if ((w & 0xffffffff) != ('\\' | 'u' << 8 | '0' << 16 | (__u64)'0' << 24))
		return w;
	high = hex_digit(w >> 32);
	low = hex_digit(w >> 40);
	if ((high | low) > 15)
		return w;
	s->in = at + 6;
	return high << 4 | low;
}

static __always_inline void enter_lookup(struct scratch *s)
{
	s->nest[s->depth & (NESTS - 1)] = s->word;
	s->word = EMPTY;
	s->depth++;
}

static __always_inline void append(struct scratch *s, __u8 b)
{
	s->word = s->word << 8 | b;
}

/* The result is appended to the text of the enclosing lookup. */
static __always_inline void leave_lookup(struct scratch *s)
{
	__u64 outer, inner = s->word;

	s->depth--;
	outer = s->nest[s->depth & (NESTS - 1)];
	for (int n = 7; n >= 0; n--)
		if (inner >> (8 * n) & 0xff)
			outer = outer << 8 | (inner >> (8 * n) & 0xff);
	if (outer == JNDI_COLON && s->depth)
		s->line = s->in;
	s->word = s->depth && (outer & 0xff) != ':' ? outer : EMPTY;
}

/* "${lower::}" and "${::-:}" yield colons; any other colon ends a name. */
static __always_inline void read_colon(struct scratch *s)
{
	if (s->word == JNDI)
		s->line = s->in;
	else if (byte_at(s, s->in) == '}' && s->depth > 1)
		append(s, ':');
	else
		s->word = EMPTY;
}

static __always_inline void read_letter(struct scratch *s, __u8 b, __u8 last)
{
	if (b == 0xb1 && last == 0xc4)
		append(s, 'i'); /* U+0131, dotless i: upper case is I */
	else if (b != '\'' && b != ' ' && b != 0xc4 && !(b == '-' && last == ':'))
		append(s, b >= 'A' && b <= 'Z' ? b | 0x20 : b);
}

static long read_lookup(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u8 b, last = s->last;

	(void)i;
	if (s->in >= s->in_end)
		return 1;
	b = unescaped(s);
	s->last = b;
	if (b == '{' && last == '$') {
		if (s->depth)
			s->word >>= 8; /* drop the dollar sign */
		enter_lookup(s);
	} else if (!s->depth) {
		return 0;
	} else if (b == '}') {
		leave_lookup(s);
	} else if (b == ':') {
		read_colon(s);
	} else {
		read_letter(s, b, last);
	}
	return !!s->line;
}

/* Offset behind "jndi:" in [from, to), or 0. */
__noinline int find_lookup(__u32 from, __u32 to)
{
	struct scratch *s = scratch();

	if (!s || from >= to)
		return 0;
	s->in = from;
	s->in_end = to;
	s->line = s->depth = 0;
	s->word = EMPTY;
	s->last = 0;
	bpf_loop(LOOKUP_MOST, read_lookup, &s, 0);
	return s->line;
}

#endif
