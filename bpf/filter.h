/* SPDX-License-Identifier: GPL-2.0-only */
/* The first pass over a payload: which rules may match it at all (rule.h)? */
#ifndef FILTER_H
#define FILTER_H

#include "swar.h"

#define HALF_BYTES 32 /* bytes in half a block */
#define BLOCK_BYTES 64
#define STRIDE (2 * BLOCK_BYTES) /* searched between two calls */
#define STRIDES 16		 /* per text */

/* The lowest bit says whether the gram is known. In asm, because a BPF shift uses only
 * the low bits of its count, which C would mask first; and adding the map pointer to a
 * number saves a copy of the pointer. */
static __always_inline __u64 gram_bit(const void *gram, __u32 folded)
{
	__u64 h = sw_gram_hash(folded), at = h >> 16;

	asm("%0 += %1" : "+r"(at) : "r"(gram));
	at = *(const __u64 *)at;
	asm("%0 >>= %1" : "+r"(at) : "r"(h));
	return at;
}

/* Adds a candidate unless the same window is one already. */
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
			/* where the next segment can continue */
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

/* The lowest bit says whether the window may belong to a rule. */
static __always_inline __u64 window_bit(const struct sw_filter *f, __u64 window)
{
	__u32 h = sw_window_hash(window);

	return f->window[h >> 6] >> (h & 63);
}

/* Adds candidates from windows in [low, high) that contain the gram at `at`. */
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

/* A bitmap of the halves of the stride at `at` that contain known grams: is there a
 * window around one? */
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

/* Known grams in the block: the lowest bits say whether its first and second half
 * contain any. */
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
		/* or clang keeps all results on the stack for later */
		asm volatile("" : "+r"(k.first), "+r"(k.second) : : "memory");
	}
	return k;
}

static __always_inline __u64 halves_of(const struct known *k)
{
	return (k->first & 1) | (k->second & 1) << 1;
}

/* Windows in [low, high); those that start before `from` are known. No bpf_loop() and
 * few calls: with return mitigations (SRSO) a call costs as much as 24 bytes. */
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
