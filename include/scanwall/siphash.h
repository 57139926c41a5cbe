/* SPDX-License-Identifier: GPL-2.0-only */
/* SipHash-2-4 (Aumasson and Bernstein 2012) over whole 64-bit words, for values that
 * others see and must not be able to compute: cookies and knocks. The hashes of
 * dropset.h are never visible and can be weaker. */
#ifndef SCANWALL_SIPHASH_H
#define SCANWALL_SIPHASH_H

#include <linux/types.h>

struct sw_siphash {
	__u64 v0, v1, v2, v3;
};

static inline __attribute__((always_inline)) __u64 sw_rotl(__u64 x, int by)
{
	return x << by | x >> (64 - by);
}

static inline __attribute__((always_inline)) void sw_sip_round(struct sw_siphash *h)
{
	h->v0 += h->v1;
	h->v1 = sw_rotl(h->v1, 13) ^ h->v0;
	h->v0 = sw_rotl(h->v0, 32);
	h->v2 += h->v3;
	h->v3 = sw_rotl(h->v3, 16) ^ h->v2;
	h->v0 += h->v3;
	h->v3 = sw_rotl(h->v3, 21) ^ h->v0;
	h->v2 += h->v1;
	h->v1 = sw_rotl(h->v1, 17) ^ h->v2;
	h->v2 = sw_rotl(h->v2, 32);
}

static inline __attribute__((always_inline)) void sw_sip_word(struct sw_siphash *h, __u64 word)
{
	h->v3 ^= word;
	sw_sip_round(h);
	sw_sip_round(h);
	h->v0 ^= word;
}

/* Over `words` words, each read as little-endian. */
static inline __attribute__((always_inline)) __u64 sw_siphash(const __u64 *word, int words,
							      __u64 key0, __u64 key1)
{
	struct sw_siphash h = {key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d,
			       key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573};

	for (int i = 0; i < words; i++)
		sw_sip_word(&h, word[i]);
	sw_sip_word(&h, (__u64)(words * 8) << 56);
	h.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sw_sip_round(&h);
	return h.v0 ^ h.v1 ^ h.v2 ^ h.v3;
}

#endif
