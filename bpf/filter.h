/* SPDX-License-Identifier: GPL-2.0-only */
/* The first look at a payload: which rules may match it at all (rule.h). */
#ifndef FILTER_H
#define FILTER_H

#include "swar.h"

#define HALF_BYTES 32 /* of a block */
#define BLOCK_BYTES 64
#define STRIDE (2 * BLOCK_BYTES) /* that are searched between two calls */
#define STRIDES 16		 /* that a text may have */

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
	__u64 key;

	if (!s)
		return 0;
	key = window | (__u64)s->table << 56;
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
		count_unfinished();
		return 0;
	}
	s->window[s->candidates & (CANDIDATES - 1)] = key;
	s->candidate[s->candidates & (CANDIDATES - 1)] = at;
	s->candidates++;
	return 0;
}

static __always_inline __u64 window_at(const struct scratch *s, __u32 at)
{
	return (load8(s, at) | BLANKS) & 0xffffffffffffffull;
}

/* The lowest bit says whether the window may be a rule's. */
static __always_inline __u64 window_bit(const struct sw_filter *f, __u64 window)
{
	__u32 h = sw_window_hash(window);

	return f->window[h >> 6] >> (h & 63);
}

/* Candidates among the windows that contain the gram at `at`. They lie in
 * [low, high). */
__noinline int check_gram(__u32 at, __u32 low, __u32 high)
{
	struct scratch *s = scratch();
	struct sw_filter *f;
	__u64 window;

	if (!s)
		return 0;
	f = entry_of(&filters, s->table);
	if (!f)
		return 0;
	for (__u32 from = at - 3, n = 0; n < 4; n++, from++) {
		window = window_at(s, from);
		if (window_bit(f, window) & 1 && from >= low && from + SW_WINDOW_BYTES <= high)
			add_candidate(from, window);
	}
	return 0;
}

/* Halves of the stride at `at`, a bit each, contain known grams: is a window
 * around one? */
__noinline int check_halves(__u32 at, __u32 low, __u32 high, __u64 halves)
{
	struct scratch *s = scratch();
	struct sw_filter *f;
	__u64 any;

	if (!s)
		return 0;
	f = entry_of(&filters, s->table);
	if (!f)
		return 0;
	for (int n = 0; n < STRIDE / HALF_BYTES; n++, halves >>= 1, at += HALF_BYTES) {
		if (!(halves & 1))
			continue;
		for (int g = 0; g < HALF_BYTES; g += 4) {
			if (!(gram_bit(f->gram, load8(s, at + g) | BLANKS) & 1))
				continue;
			any = 0;
#pragma unroll
			for (int back = 0; back < 4; back++)
				any |= window_bit(f, window_at(s, at + g - back));
			if (any & 1)
				check_gram(at + g, low, high);
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

static __always_inline __u64 halves_of(const struct known *k)
{
	return (k->first & 1) | (k->second & 1) << 1;
}

/* Windows in [low, high), of which those that begin before `from` are known. No
 * bpf_loop() here, and few calls: where returns are guarded (SRSO) one costs
 * what 24 bytes do. */
__noinline int search(__u32 low, __u32 from, __u32 high)
{
	const struct scratch *s = scratch();
	struct known first, second;
	const __u64 *text;
	struct sw_filter *f;
	__u64 halves;

	if (!s)
		return 0;
	f = entry_of(&filters, s->table);
	if (!f)
		return 0;
	for (int n = 0; n < STRIDES && from < high; n++, from += STRIDE) {
		text = (const __u64 *)(s->byte + (from & TEXT_MASK));
		first = known_in(f->gram, text);
		halves = halves_of(&first);
		second = known_in(f->gram, text + BLOCK_BYTES / 8);
		halves |= halves_of(&second) << 2;
		if (halves)
			check_halves(from, low, high, halves);
	}
	return 0;
}

#endif
