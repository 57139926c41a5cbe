/* SPDX-License-Identifier: GPL-2.0-only */
/* The first look at a payload: which rules may match it at all (rule.h). */
#ifndef FILTER_H
#define FILTER_H

#include "find.h"

#define BLOCK_BYTES 64
#define BLOCKS 32 /* that a text may have */

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

/* One gram of the half is known: which windows contain one? They lie in
 * [low, high). */
__noinline int check_half(__u32 at, __u32 low, __u32 high)
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
	for (int g = 0; g < BLOCK_BYTES / 8; g++, at += 4) {
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

/* Known grams in the block: the lowest bits say whether there are any in its
 * first and in its second half. */
struct known {
	__u64 first, second;
};

static __always_inline struct known known_in(const void *gram, const __u64 *text)
{
	struct known k = {};
	__u64 w;

#pragma unroll
	for (int n = 0; n < BLOCK_BYTES / 8; n++) {
		w = text[n] | BLANKS;
		if (n < BLOCK_BYTES / 16) {
			k.first |= gram_bit(gram, w);
			k.first |= gram_bit(gram, w >> 32);
		} else {
			k.second |= gram_bit(gram, w);
			k.second |= gram_bit(gram, w >> 32);
		}
		/* Or clang keeps all results for later, on the stack. */
		asm volatile("" : "+r"(k.first), "+r"(k.second) : : "memory");
	}
	return k;
}

/* Windows in [low, high), of which those that begin before `from` are known. No
 * bpf_loop() here: where returns are guarded (SRSO) one costs what 24 bytes do. */
__noinline int search(__u32 low, __u32 from, __u32 high)
{
	const struct scratch *s = scratch();
	struct sw_filter *f;
	struct known k;

	if (!s)
		return 0;
	f = entry_of(&filters, s->half);
	if (!f)
		return 0;
	for (int n = 0; n < BLOCKS && from < high; n++, from += BLOCK_BYTES) {
		k = known_in(f->gram, (const __u64 *)(s->byte + (from & TEXT_MASK)));
		if (k.first & 1)
			check_half(from, low, high);
		if (k.second & 1)
			check_half(from + BLOCK_BYTES / 2, low, high);
	}
	return 0;
}

#endif
