/* SPDX-License-Identifier: GPL-2.0-only */
/* Byte search, eight at a time (SIMD within a register). Loops use bpf_loop() (Linux
 * 5.17), whose body is verified once. */
#ifndef SWAR_H
#define SWAR_H

#include "rule_tables.h"

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull
#define BLANKS 0x2020202020202020ull /* sets the lower-case bit */

/* The lowest 0x80 marks the first zero byte. */
static __always_inline __u64 mark_zero(__u64 w)
{
	return (w - ONES) & ~w & HIGHS;
}

/* Every 0x80 marks a zero byte, not only the lowest. */
static __always_inline __u64 mark_each_zero(__u64 w)
{
	return ~(((w & ~HIGHS) + ~HIGHS) | w) & HIGHS;
}

static __always_inline __u32 first_marked(__u64 marks)
{
	return ((((marks & -marks) - 1) & ONES) * ONES >> 56) - 1;
}

struct byte_search {
	const struct scratch *s;
	__u64 byte; /* repeated in every byte */
	__u32 from, found;
};

static long find_byte_step(__u64 i, void *ctx)
{
	struct byte_search *b = ctx;
	__u32 at = b->from + i * 32;
	__u64 marks;

#pragma unroll
	for (int w = 0; w < 4; w++) {
		marks = mark_zero(load8(b->s, at + 8 * w) ^ b->byte);
		if (marks) {
			b->found = at + 8 * w + first_marked(marks);
			return 1;
		}
	}
	return 0;
}

/* Its offset in [from, to), or `to`. */
__noinline int find_byte(__u32 from, __u32 to, __u32 byte)
{
	struct byte_search b = {.s = scratch(), .byte = byte * ONES, .from = from, .found = to};

	if (!b.s || from >= to)
		return to;
	bpf_loop((to - from + 31) / 32, find_byte_step, &b, 0);
	return b.found < to ? b.found : to;
}

struct content_search {
	const struct scratch *s;
	const struct sw_condition *c;
	__u64 byte, fold; /* its first byte, repeated */
	__u32 from, last;
	__s32 found;
};

static __always_inline bool word_is(const struct content_search *f, __u32 at, int w)
{
	return ((load8(f->s, at + 8 * w) | f->c->content.fold[w]) & f->c->content.mask[w]) ==
	       f->c->content.pattern[w];
}

#define FIND_BYTES 32

/* Compares only where the first byte matches, tested for eight offsets at once. The
 * comparison sorts out false positives. */
static long find_content_step(__u64 i, void *ctx)
{
	struct content_search *f = ctx;
	__u32 at = f->from + i * FIND_BYTES, p;
	__u64 marks;

#pragma unroll
	for (int n = 0; n < FIND_BYTES / 8; n++, at += 8) {
		marks = mark_zero((load8(f->s, at) | f->fold) ^ f->byte);
		for (int k = 0; k < 8 && marks; k++) {
			p = at + first_marked(marks);
			marks &= marks - 1;
			if (p > f->last)
				return 1;
			if (word_is(f, p, 0) && word_is(f, p, 1) && word_is(f, p, 2) &&
			    word_is(f, p, 3)) {
				f->found = p;
				return 1;
			}
		}
	}
	return 0;
}

/* The first offset in [from, last] where the content starts, or -1. */
__noinline int find_content(__u32 condition, __u32 from, __u32 last)
{
	struct content_search f = {
		.s = scratch(),
		.c = entry_of(&conditions, condition),
		.from = from,
		.last = last,
		.found = -1,
	};

	if (!f.s || !f.c || from > last)
		return -1;
	f.byte = (f.c->content.pattern[0] & 0xff) * ONES;
	f.fold = (f.c->content.fold[0] & 0xff) * ONES;
	bpf_loop((last - from) / FIND_BYTES + 1, find_content_step, &f, 0);
	return f.found;
}

#endif
