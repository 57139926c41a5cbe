/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hashes and the drop-set entries' life, the same lines for the XDP program
 * and for user space, which both write the buckets at the same time.
 *
 * No lock: an entry is taken, prolonged and given back by compare-and-swap.
 * Two writers may leave an address twice in its bucket (one slot freed while
 * the other looks); who removes an address therefore removes all of it.
 *
 * drop4 uses as many of its buckets as the list needs, so that a short list
 * stays in the nearest cache. User space changes the size under traffic:
 *   1. drop4_mask becomes the new one: new entries go by it, and a reader that
 *      finds nothing there looks by drop4_last_mask, too;
 *   2. every entry is put where the new mask has it;
 *   3. drop4_last_mask becomes the new one, and the old copies go.
 * Between the steps every packet that is on its way is waited for, so each
 * packet finds each entry throughout.
 */
#ifndef SCANWALL_DROPSET_H
#define SCANWALL_DROPSET_H

#include <scanwall/abi.h>

#define SW_INLINE static inline __attribute__((always_inline))

/* What an insertion came to. */
enum sw_put {
	SW_PUT_NEW,  /* it was not there */
	SW_PUT_OLD,  /* it was there and now ends as asked */
	SW_PUT_FULL, /* no place in the bucket */
};

/* Multiply-shift hashing with secret odd multipliers: a stranger cannot
 * choose addresses that share a bucket. (Dietzfelbinger et al. 1997) */
SW_INLINE __u64 sw_hash64(__u64 x, const volatile __u64 *seed)
{
	__u64 h = (x ^ seed[0]) * (seed[1] | 1);

	h ^= h >> 32;
	return h * (seed[2] | 1);
}

SW_INLINE __u32 sw_hash4(__u32 addr, const volatile __u64 *seed)
{
	return sw_hash64(addr, seed) >> 32;
}

SW_INLINE __u32 sw_hash6(__u64 high, __u64 low, const volatile __u64 *seed)
{
	return sw_hash64(high + (low ^ seed[3]) * (seed[1] | 1), seed) >> 32;
}

/* now: ticks. A permanent entry never ends. */
SW_INLINE int sw_live(__u32 expires_tick, __u32 now)
{
	return (expires_tick & SW_EXPIRES_TICKS) > now;
}

SW_INLINE __u64 sw_entry4_word(__u32 addr, __u32 expires_tick)
{
	struct sw_drop4_entry e = {.addr = addr, .expires_tick = expires_tick};
	__u64 word;

	__builtin_memcpy(&word, &e, sizeof(word));
	return word;
}

/* Replace *e, seen as `seen`, by (addr, until) in one step; 1 when done. */
SW_INLINE int sw_entry4_swap(struct sw_drop4_entry *e, struct sw_drop4_entry seen, __u32 addr,
			     __u32 expires_tick)
{
	__u64 old = sw_entry4_word(seen.addr, seen.expires_tick);

	return __sync_val_compare_and_swap((__u64 *)e, old, sw_entry4_word(addr, expires_tick)) ==
	       old;
}

#define SW_EXPIRES_BUSY (SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY)

/* Claim a free IPv6 entry, then fill it; readers skip it until `until` says
 * more than busy. 1 when done. */
SW_INLINE int sw_entry6_claim(struct sw_drop6_entry *e, __u64 high, __u64 low, __u8 plen,
			      __u32 expires_tick)
{
	if (__sync_val_compare_and_swap(&e->expires_tick, 0, SW_EXPIRES_BUSY) != 0)
		return 0;
	e->high = high;
	e->low = low;
	e->plen = plen;
	e->hits = 0;
	__sync_val_compare_and_swap(&e->expires_tick, SW_EXPIRES_BUSY, expires_tick);
	return 1;
}

SW_INLINE int sw_entry6_is(const struct sw_drop6_entry *e, __u64 high, __u64 low, __u8 plen)
{
	return e->high == high && e->low == low && e->plen == plen &&
	       (e->expires_tick & SW_EXPIRES_TICKS);
}

#endif
