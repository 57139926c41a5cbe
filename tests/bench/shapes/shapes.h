/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines and filters as the program and the bench both know them. */
#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H

#include "../traffic.h"
#include <scanwall/dropset.h>

/* ---- half an address: a permutation of all addresses, whose upper half is the line and
 * whose lower half says which it is, so that 28 of them fit where 14 whole ones do. Needs
 * 65,536 lines, no fewer. */
#define HALF_LINES 65536u
#define HALF_WAYS 28
#define HALF_WORDS 7
#define EACH_HALF 0x0001000100010001ull
#define HALF_TOP 0x8000800080008000ull

struct half_line {
	__u64 four[HALF_WORDS]; /* 0: free */
	__u64 zero;		/* 1: the remainder 0 is in it as well */
};

BENCH_INLINE __u32 permuted(__u32 addr, __u32 seed)
{
	addr = (addr ^ seed) * 0x9e3779b1u;
	addr ^= addr >> 15;
	addr *= 0x85ebca77u;
	addr ^= addr >> 16;
	return addr * 0xc2b2ae3du;
}

/* x - 1 & ~x has its highest bit set where x is 0; what is borrowed from a half that is
 * can only show where one below it is 0 as well. */
BENCH_INLINE int has_half(const struct half_line *line, __u16 rest)
{
	__u64 any = 0, all = rest * EACH_HALF;

#pragma GCC unroll 7
	for (int i = 0; i < HALF_WORDS; i++) {
		__u64 differs = line->four[i] ^ all;

		asm volatile("" : "+r"(differs));
		any |= (differs - EACH_HALF) & ~differs;
	}
	any &= HALF_TOP;
	return !!any & (rest != 0 || line->zero);
}

#endif
