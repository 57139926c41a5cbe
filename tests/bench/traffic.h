/* SPDX-License-Identifier: GPL-2.0-only */
/* The generator's traffic, as the BPF side and the bench both know it. */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <linux/types.h>

struct traffic {
	__u32 seed;
	__u32 first, count;    /* sources number first .. first + count - 1, over and over */
	__u32 source;	       /* not 0: this address instead, in network order */
	__u16 port, port_mask; /* source ports port .. port + port_mask, likewise */
	__u32 ip_sum;	       /* of the IP header without its source */
	__u32 v6;	       /* 1: IPv6, sources by address_high() */
	__u32 to_mask;	       /* not 0: TCP to ports to .. to + to_mask, and a random seq */
	__u16 to, pad;
	__u32 sent; /* packets made so far */
};

/* Several CPUs send at once, each from a lane: no line of memory in common. */
#define LANES 64

struct lane {
	__u64 begin_ns, end_ns; /* of its first and last packet */
	__u32 arrived, sent;
} __attribute__((aligned(128)));

/* What became of one group of sources, and when (CLOCK_MONOTONIC). */
struct seen {
	__u64 passed, dropped;
	__u64 first_drop_ns, last_pass_ns; /* 0: none */
	__u64 longest_ns;		   /* that one of them took to be judged */
};

#define GROUPS 2

/* Numbers of sources end before this, or address_number() may repeat itself. */
#define NUMBERS (1u << 30)

#define BENCH_INLINE static inline __attribute__((always_inline))

/* Every step can be undone, so no two numbers come out the same. The steps are
 * lowbias32 of https://github.com/skeeto/hash-prospector. */
BENCH_INLINE __u32 scatter(__u32 n, __u32 seed)
{
	n ^= n >> 16;
	n *= 0x7feb352d;
	n ^= n >> 15 ^ seed;
	n *= 0x846ca68b;
	n ^= n >> 16;
	return n;
}

/* What scanwall never blocks or never lets in: 0/8, 127/8, 224/3, 169.254/16,
 * and 192.0.2/24, where the bench itself lives. */
BENCH_INLINE int is_guarded(__u32 address)
{
	return address >> 24 == 0 || address >> 29 == 7 || address >> 24 == 127 ||
	       address >> 16 == 0xa9fe || address >> 8 == 0xc00002;
}

/* Address number n, in host order; no two numbers share one. So the first N
 * are a list of N scattered addresses, the generator draws from that list
 * without having it, and whatever it draws beyond is not on it. */
BENCH_INLINE __u32 address_number(__u32 n, __u32 seed)
{
	/* A walk along a permutation's cycles repeats nothing as long as it begins
	 * outside of what it steps over: from 1.0.0.0 on. */
	n = scatter(n + (1u << 24), seed);
	for (int i = 0; i < 8 && is_guarded(n); i++)
		n = scatter(n, seed);
	return n;
}

/* IPv6 addresses are known by their upper half; the lower is LOW6. */
BENCH_INLINE __u64 address_high(__u32 n, __u32 seed)
{
	return 0x2a00ull << 48 | scatter(n, seed);
}

#define LOW6 1ull

#endif
