/* SPDX-License-Identifier: GPL-2.0-only */
/* The first look at a payload: which rules may match it at all (rule.h). */
#ifndef FILTER_H
#define FILTER_H

#include "find.h"

#define BLOCK_BYTES 128

struct sweep {
	const struct scratch *s;
	const void *gram;
	__u32 from;
};

/* The lowest bit says whether the gram is known. As the instructions stand: a
 * BPF shift takes as many bits of its count as it needs, which C would mask
 * first; and a number plus the map's pointer needs no copy of the pointer. */
static __always_inline __u64 gram_bit(const void *gram, __u32 folded)
{
	__u64 h = sw_gram_hash(folded), at = h >> 16;

	asm("%0 += %1" : "+r"(at) : "r"(gram));
	at = *(const __u64 *)at;
	asm("%0 >>= %1" : "+r"(at) : "r"(h));
	return at;
}

/* A candidate, unless its window is one already. */
__noinline int add_candidate(__u32 at, __u64 window)
{
	struct scratch *s = scratch();
	struct sw_state *st;
	__u64 key;

	if (!s)
		return 0;
	key = window | (__u64)s->half << 56;
	if (!bpf_map_lookup_elem(&windows, &key))
		return 0;
	for (__u32 i = 0; i < CANDIDATES && i < s->candidates; i++)
		if (s->window[i] == key) {
			/* The place that the next segment may go on from. */
			if (at < DECODED)
				s->candidate[i] = at;
			return 0;
		}
	if (s->candidates >= CANDIDATES) {
		st = entry_of(&state, 0);
		if (st)
			__sync_fetch_and_add(&st->unfinished, 1);
		return 0;
	}
	s->window[s->candidates & (CANDIDATES - 1)] = key;
	s->candidate[s->candidates & (CANDIDATES - 1)] = at;
	s->candidates++;
	return 0;
}

/* One gram of the block is known: which windows contain one? They lie in
 * [low, high). */
__noinline int check_block(__u32 at, __u32 low, __u32 high)
{
	struct scratch *s = scratch();
	struct sw_filter *f;
	__u64 window;
	__u32 h, from;

	if (!s)
		return 0;
	f = entry_of(&filters, s->half);
	if (!f)
		return 0;
	for (int g = 0; g < BLOCK_BYTES / 4; g++, at += 4) {
		if (!(gram_bit(f->gram, load8(s, at) | BLANKS) & 1))
			continue;
		for (int back = 0; back < 4; back++) {
			from = at - back;
			window = (load8(s, from) | BLANKS) & 0xffffffffffffffull;
			h = sw_window_hash(window);
			if (f->window[h >> 6] >> (h & 63) & 1 && from >= low &&
			    from + SW_WINDOW_BYTES <= high)
				add_candidate(from, window);
		}
	}
	return 0;
}

struct bounds {
	struct sweep sweep;
	__u32 low, high;
};

static long sweep_step(__u64 i, void *ctx)
{
	struct bounds *b = ctx;
	__u32 at = b->sweep.from + i * BLOCK_BYTES;
	const void *gram = b->sweep.gram;
	const __u8 *text = b->sweep.s->byte + (at & TEXT_MASK);
	__u64 any = 0, w;

#pragma unroll
	for (int n = 0; n < BLOCK_BYTES / 8; n++) {
		w = ((const __u64 *)text)[n] | BLANKS;
		any |= gram_bit(gram, w);
		any |= gram_bit(gram, w >> 32);
		/* Or clang keeps all results for later, on the stack. */
		asm volatile("" : "+r"(any) : : "memory");
	}
	if (any & 1)
		check_block(at, b->low, b->high);
	return 0;
}

/* Windows in [low, high), of which those that begin before `from` are known. */
__noinline int search(__u32 low, __u32 from, __u32 high)
{
	struct bounds b = {.sweep = {.s = scratch(), .from = from}, .low = low, .high = high};
	struct sw_filter *f;

	if (!b.sweep.s || from >= high)
		return 0;
	f = entry_of(&filters, b.sweep.s->half);
	if (!f)
		return 0;
	b.sweep.gram = f->gram;
	bpf_loop((high - from + BLOCK_BYTES - 1) / BLOCK_BYTES, sweep_step, &b, 0);
	return 0;
}

#endif
