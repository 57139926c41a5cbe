/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hashes, and the life of a drop-set entry: the same code for the XDP program and for
 * user space, which write concurrently without a lock.
 *
 * A line (one cache line) has what a packet needs that may be blocked: the keys, and in
 * its head the earliest expiry among them and which of them cover new connections only.
 * The cold array has the rest. While the earliest expiry lies ahead, a hit reads one line
 * and writes none; once it has passed, settle() in bpf/blocked.h reads the cold array,
 * removes expired entries and computes the next expiry.
 *
 * Clean packets mostly read no line, but its Bloom filter: a word in an array an eighth as
 * large, with two bits set for each key that is in the line, or in the overflow map for lack of
 * room in it. A packet goes on to the line if both of its bits are set. They are the lowest
 * of the hash that selects the line, and the secret seeds keep others from choosing them.
 *
 * Order of writes, each visible before the next (a BPF atomic that returns the old
 * value is a full barrier, and so are these in user space):
 *   add:     the bits of the filter, with an atomic or;
 *            expires_tick from 0 to the expiry, which claims the slot;
 *            hits and address; flag and expiry in the head; the key;
 *            without a free slot: the flag in the head; the entry in the overflow map
 *   extend:  expires_tick; the head
 *   remove:  expires_tick to SW_EXPIRES_BUSY by cmpxchg; the key to 0;
 *            expires_tick to 0, which frees the slot
 * So a key is only visible while its slot is claimed, and only the claimer writes the
 * slot. settle() must not raise the earliest expiry above that of an entry added
 * concurrently: it reads the head, then the cold array, then swaps the head if it is
 * unchanged. A writer that adds an entry bumps the version in the head after storing
 * the expiry: either settle() sees the expiry, or its swap fails because of the
 * version. In that case the head only says that the expiry is unknown.
 *
 * Two writers may add a key to its line twice (both found it absent); removing a key
 * therefore removes all copies. A slot that a killed process left half written is
 * repaired by the next sweep (user/blocklist/line.c).
 *
 * Entries of the overflow map go to their lines when others have left them: user space
 * copies them, waits for all packets in flight, and removes what it copied.
 *
 * A table uses only as many lines as the list needs, so a short list stays in the
 * nearest cache. User space resizes it under traffic:
 *   1. the mask becomes the new one: new entries go by it, and a reader that
 *      finds nothing there also looks by the last mask;
 *   2. every entry is copied to where the new mask puts it;
 *   3. the last mask becomes the new one, and the old copies are removed.
 * Between the steps user space waits for all packets in flight, so every packet finds
 * every entry throughout.
 *
 * A key that is removed leaves its bits, since another may have the same. They cost clean
 * packets a look at the line, nothing else. After a resize, and when many have gone, user
 * space rebuilds all filters (user/blocklist/bloom.c):
 *   1. drop4_bloom_off becomes all ones: packets ask the line, whatever its filter;
 *   2. the words become 0;
 *   3. each gets the bits of the keys in its line, with an atomic or, and all 64 where the
 *      line has overflowed;
 *   4. drop4_bloom_off becomes 0.
 * Between the steps it waits for all packets in flight: those of before step 1 have read
 * their word when it is cleared, and those that read it incomplete are gone at step 4. No
 * bits of a concurrent add are lost, although it may have set them before step 2: then it
 * ended before step 3, which finds the key in the line, or the line overflowed. If it sets
 * them later, they stay. Other processes wait for the writers' lock. One that is killed
 * half-way leaves drop4_bloom_off set, and the next one that takes the lock begins anew.
 */
#ifndef SCANWALL_DROPSET_H
#define SCANWALL_DROPSET_H

#include <scanwall/abi.h>

#define SW_INLINE static inline __attribute__((always_inline))

/* Result of an insertion. */
enum sw_put {
	SW_PUT_NEW,  /* was not present */
	SW_PUT_OLD,  /* was present and now expires as requested */
	SW_PUT_FULL, /* no free slot in the line */
};

/* Multiply-shift hashing with secret odd multipliers, so nobody can choose addresses
 * that collide (Dietzfelbinger et al. 1997). */
SW_INLINE __u64 sw_hash64(__u64 x, const volatile __u64 *seed)
{
	__u64 h = (x ^ seed[0]) * (seed[1] | 1);

	h ^= h >> 32;
	return h * (seed[2] | 1);
}

/* An own IPv6 address in hashes: two of different networks may end alike. */
SW_INLINE __u64 sw_local6(__u64 high, __u64 low, const volatile __u64 *seed)
{
	return high * (seed[2] | 1) ^ low;
}

/* Hash of a source at a local service, for known_clients. local: the address, for IPv6 by
 * sw_local6(); port: network order. */
SW_INLINE __u64 sw_service_hash(__u64 key, __u64 local, __u16 port, const volatile __u64 *seed)
{
	return sw_hash64(key ^ (local << 16 ^ port) * (seed[3] | 1), seed);
}

SW_INLINE __u64 sw_hash4(__u32 addr, const volatile __u64 *seed)
{
	return sw_hash64(addr, seed);
}

SW_INLINE __u32 sw_hash6(__u64 high, __u64 low, const volatile __u64 *seed)
{
	return sw_hash64(high + (low ^ seed[3]) * (seed[1] | 1), seed) >> 32;
}

/* The keys of an IPv6 source in drop6: of its /64, and of the address itself, which is
 * derived from the former. One source in 2^44 collides with one of a million others. */
SW_INLINE __u64 sw_key6_net(__u64 high, const volatile __u64 *seed)
{
	__u64 key = sw_hash64(high, seed);

	return key ? key : 1;
}

SW_INLINE __u64 sw_key6_host(__u64 net, __u64 low, const volatile __u64 *seed)
{
	__u64 key = sw_hash64(net ^ (low ^ seed[3]) * (seed[1] | 1), seed);

	return key ? key : 1;
}

/* The key for evidence against a single IPv6 address. */
SW_INLINE __u64 sw_single_key(__u64 high, __u64 low, const volatile __u64 *seed)
{
	return SW_SOURCE_SINGLE | sw_key6_host(sw_key6_net(high, seed), low, seed) >> 8;
}

SW_INLINE __u64 sw_key6(__u64 high, __u64 low, __u32 plen, const volatile __u64 *seed)
{
	__u64 net = sw_key6_net(high, seed);

	return plen == 64 ? net : sw_key6_host(net, low, seed);
}

/* Of a key of drop6, or of sw_hash4(): masked, the number of its line. */
SW_INLINE __u32 sw_home(__u64 hash)
{
	return hash >> 32;
}

/* Of the same: its bits in the filter of its line. They are those below the number of the
 * line, so that they tell keys of one line apart. */
SW_INLINE __u64 sw_bloom_bits(__u64 hash)
{
	return 1ull << (hash & 63) | 1ull << (hash >> 6 & 63);
}

/* now: ticks. A permanent entry never expires. */
SW_INLINE int sw_live(__u32 expires_tick, __u32 now)
{
	return (expires_tick & SW_EXPIRES_TICKS) > now;
}

/* enum sw_allow_kind + 1 of what the entry is now; 0: nothing any more. */
SW_INLINE __u32 sw_allow_now(const struct sw_allow *a, __u32 now)
{
	return sw_live(a->expires_tick, now) ? a->kind + 1 : a->behind;
}

/* Is the key in the line? Computed without branches: which slot matches is random, so a
 * branch per slot would be mispredicted for nearly every packet, and only after the
 * cache miss. x - 1 has its highest bit set only for x = 0, if x has 32 bits; x | -x
 * has it for all but 0. clang would turn this back into branches, so each x is hidden
 * from it; tests/unit/object_test.c checks the result. */
SW_INLINE int sw_has4(const struct sw_drop4_line *line, __u32 addr)
{
	__u64 any = 0;

#pragma GCC unroll 14
	for (int i = 0; i < SW_DROP4_WAYS; i++) {
		__u64 differs = line->addr[i] ^ addr;

		asm volatile("" : "+r"(differs));
		any |= differs - 1;
	}
	return any >> 63;
}

SW_INLINE int sw_has6(const struct sw_drop6_line *line, __u64 key)
{
	__u64 all = ~0ull;

#pragma GCC unroll 7
	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		__u64 differs = line->key[i] ^ key;

		asm volatile("" : "+r"(differs));
		all &= differs | -differs;
	}
	return !(all >> 63);
}

/* Bitmap of the slots that hold this key, for callers that know one does. */
SW_INLINE __u32 sw_match4(const struct sw_drop4_line *line, __u32 addr)
{
	__u32 match = 0;

#pragma GCC unroll 14
	for (int i = 0; i < SW_DROP4_WAYS; i++)
		match |= (__u32)(line->addr[i] == addr) << i;
	return match;
}

SW_INLINE __u32 sw_match6(const struct sw_drop6_line *line, __u64 key)
{
	__u32 match = 0;

#pragma GCC unroll 7
	for (int i = 0; i < SW_DROP6_WAYS; i++)
		match |= (__u32)(line->key[i] == key) << i;
	return match;
}

/* A line of either family, with its entry of the cold array. */
struct sw_line {
	__u32 ways;
	__u32 *addr; /* IPv4, else NULL */
	__u64 *key;  /* IPv6 */
	__u64 *head;
	__u64 *bloom; /* NULL: not for adding */
	__u32 *expires_tick;
	__u16 *hits;
	struct sw_drop6_cold *cold6;
};

SW_INLINE struct sw_line sw_line_of4(struct sw_drop4_line *line, struct sw_drop4_cold *cold,
				     __u64 *bloom)
{
	return (struct sw_line){.ways = SW_DROP4_WAYS,
				.addr = line->addr,
				.head = &line->head,
				.bloom = bloom,
				.expires_tick = cold->expires_tick,
				.hits = cold->hits};
}

SW_INLINE struct sw_line sw_line_of6(struct sw_drop6_line *line, struct sw_drop6_cold *cold,
				     __u64 *bloom)
{
	return (struct sw_line){.ways = SW_DROP6_WAYS,
				.key = line->key,
				.head = &line->head,
				.bloom = bloom,
				.expires_tick = cold->expires_tick,
				.hits = cold->hits,
				.cold6 = cold};
}

/* Number of packets that a counter value stands for. */
SW_INLINE __u32 sw_hits(__u16 count)
{
	return count <= SW_HITS_EXACT ? count
				      : SW_HITS_EXACT + (count - SW_HITS_EXACT) * SW_HITS_SCALE;
}

SW_INLINE __u32 sw_head_expiry(__u64 head)
{
	return head >> SW_HEAD_EXPIRY_SHIFT & SW_EXPIRES_TICKS;
}

SW_INLINE __u32 sw_slot_expiry(const struct sw_line *l, __u32 i)
{
	return *(const volatile __u32 *)&l->expires_tick[i];
}

SW_INLINE int sw_slot_swap(const struct sw_line *l, __u32 i, __u32 seen, __u32 expires_tick)
{
	return __sync_val_compare_and_swap(&l->expires_tick[i], seen, expires_tick) == seen;
}

SW_INLINE __u64 sw_slot_key(const struct sw_line *l, __u32 i)
{
	return l->addr ? *(const volatile __u32 *)&l->addr[i] : *(const volatile __u64 *)&l->key[i];
}

SW_INLINE void sw_slot_set_key(const struct sw_line *l, __u32 i, __u64 key)
{
	if (l->addr)
		*(volatile __u32 *)&l->addr[i] = key;
	else
		*(volatile __u64 *)&l->key[i] = key;
}

/* Blocked by the program itself, on evidence that cannot be forged. */
SW_INLINE int sw_is_proven(__u32 expires_tick)
{
	return (expires_tick & (SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY)) == SW_EXPIRES_AUTO;
}

/* Updates the head for slot i, just written. */
SW_INLINE void sw_head_note(const struct sw_line *l, __u32 i, __u32 expires_tick)
{
	__u64 head;

	if (expires_tick & SW_EXPIRES_NEW_ONLY)
		__sync_fetch_and_or(l->head, 1ull << i);
	else
		__sync_fetch_and_and(l->head, ~(1ull << i));
	if (sw_is_proven(expires_tick))
		__sync_fetch_and_or(l->head, SW_HEAD_PROVEN);
	head = __sync_fetch_and_add(l->head, SW_HEAD_VERSION);
	if (sw_head_expiry(head) > (expires_tick & SW_EXPIRES_TICKS))
		__sync_fetch_and_and(l->head, ~SW_HEAD_EXPIRY);
}

/* To be called before a key is added to the line, or its entry goes into the overflow
 * map. hash: as for sw_home(). */
SW_INLINE void sw_bloom_add(const struct sw_line *l, __u64 hash)
{
	__sync_fetch_and_or(l->bloom, sw_bloom_bits(hash));
}

/* 1: slot i was free and now holds the key, whose bits have been set. */
SW_INLINE int sw_slot_add(const struct sw_line *l, __u32 i, __u64 key,
			  const struct sw_overflow6_key *k, __u32 expires_tick)
{
	if (!sw_slot_swap(l, i, 0, expires_tick))
		return 0;
	l->hits[i] = 0;
	if (l->cold6 && k) {
		l->cold6->high[i] = k->high;
		l->cold6->low[i] = k->low;
		l->cold6->plen[i] = k->plen;
	}
	sw_head_note(l, i, expires_tick);
	sw_slot_set_key(l, i, key);
	return 1;
}

/* 1: slot i, whose entry expired as seen, is now free. */
SW_INLINE int sw_slot_take(const struct sw_line *l, __u32 i, __u32 seen)
{
	if (!sw_slot_swap(l, i, seen, SW_EXPIRES_BUSY))
		return 0;
	sw_slot_set_key(l, i, 0);
	sw_slot_swap(l, i, SW_EXPIRES_BUSY, 0);
	return 1;
}

/* To be called before an entry, whose bits have been set, goes into the overflow map. */
SW_INLINE void sw_head_overflow(const struct sw_line *l)
{
	__sync_fetch_and_or(l->head, SW_HEAD_OVERFLOWED);
	__sync_fetch_and_add(l->head, SW_HEAD_VERSION);
}

/* ---- prefix lengths in use: the longest has the lowest bit */
SW_INLINE __u64 sw_lengths4_bit(__u32 plen)
{
	return 1ull << (32 - plen);
}

/* plen: 32 to 127. From 64 on, two lengths share a bit. */
SW_INLINE __u64 sw_lengths6_bit(__u32 plen)
{
	return 1ull << (plen >= 64 ? (127 - plen) / 2 : 95 - plen);
}

/* host: the address in host order. The bit for its /20 in the word of its /16. */
SW_INLINE __u64 sw_lengths4_part(__u32 host)
{
	return 1ull << (SW_LENGTHS4_PART + (host >> 12 & 15));
}

/* Hash of an IPv6 /32, as index of lengths6 and of the allow filter. */
SW_INLINE __u32 sw_hash_32(__u64 high, const volatile __u64 *seed)
{
	return sw_hash64(high >> 32, seed) >> 32;
}

#endif
