/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 2: is the source blocked? Gate first, then drop set or prefix trie;
 * the allowlist only after a hit. */
#ifndef BLOCKED_H
#define BLOCKED_H

#include "clock.h"
#include "parse.h"

#define NESTED_PREFIXES 4 /* how many expired ones may hide a live one */

struct hit {
	__u32 expires_tick;
	bool count; /* a packet, not a question: counts as a hit */
};

/* Bit number `neighbourhood` of the part of a gate that begins at word `part`. */
static __always_inline bool gate_bit(void *gate, __u32 part, __u32 neighbourhood)
{
	__u64 *word = entry_of(gate, part + (neighbourhood >> 6));

	return word && *word >> (neighbourhood & 63) & 1;
}

static __always_inline void gate_open(void *gate, __u32 part, __u32 neighbourhood)
{
	__u64 *word = entry_of(gate, part + (neighbourhood >> 6));
	__u64 bit = 1ull << (neighbourhood & 63);

	if (word && !(*word & bit))
		__sync_fetch_and_or(word, bit);
}

static __always_inline __u32 neighbourhood4(__be32 addr)
{
	return bpf_ntohl(addr) >> 8;
}

/* Where `near` keeps the wider neighbourhood of a source. */
static __always_inline __u32 wider(__u64 key)
{
	if (is_key4(key))
		return key >> 16 & 0xffff;
	return sw_hash6(key & 0xffffffff00000000, 0, seed) & 0xffff;
}

static __always_inline __u32 neighbourhood6(__u64 high)
{
	return sw_hash6(high, 0, seed) & gate6_mask;
}

/* An automatic block has left the drop set. */
static __always_inline void count_ended(__u32 expires_tick)
{
	struct sw_state *st;

	if (!(expires_tick & SW_EXPIRES_AUTO))
		return;
	st = entry_of(&state, 0);
	if (st)
		__sync_fetch_and_add(&st->auto_blocked, -1);
}

static __always_inline void reap4(struct sw_drop4_entry *e, struct sw_drop4_entry seen)
{
	if (sw_entry4_swap(e, seen, 0, 0))
		count_ended(seen.expires_tick);
}

static __always_inline void reap6(struct sw_drop6_entry *e, __u32 expires_tick)
{
	if (__sync_val_compare_and_swap(&e->expires_tick, expires_tick, 0) == expires_tick)
		count_ended(expires_tick);
}

/* now: ticks; on a hit fills h. */
static __always_inline bool in_overflow(void *map, const void *key, __u32 now, struct hit *h)
{
	struct sw_overflow *o = bpf_map_lookup_elem(map, key);

	if (!o)
		return false;
	h->expires_tick = o->expires_tick;
	if (!sw_live(o->expires_tick, now)) {
		if (!bpf_map_delete_elem(map, key))
			count_ended(h->expires_tick);
		return false;
	}
	if (h->count)
		__sync_fetch_and_add(&o->hits, 1);
	return true;
}

/* Atomically, as one source may come to several CPUs; and there is no such
 * addition to 16 bits, so it is made to the word they stand in. Stops short of
 * 65,535, so that CPUs that looked at once do not carry into the other half. */
static __always_inline void count_hit(__u32 *word, int second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	int shift = second ? 16 : 0;
#else
	int shift = second ? 0 : 16;
#endif

	if ((*word >> shift & 0xffff) < SW_HITS_MOST)
		__sync_fetch_and_add(word, 1u << shift);
}

static __always_inline bool in_bucket4(__u32 i, __be32 addr, __u32 now, struct hit *h)
{
	struct sw_drop4_bucket *b = entry_of(&drop4, i);

	if (!b)
		return false;
#pragma unroll
	for (int i = 0; i < SW_DROP4_WAYS; i++) {
		struct sw_drop4_entry seen;

		if (b->entry[i].addr != addr)
			continue;
		seen.addr = addr;
		seen.expires_tick = b->entry[i].expires_tick;
		if (!sw_live(seen.expires_tick, now)) {
			reap4(&b->entry[i], seen);
			continue;
		}
		if (h->count)
			count_hit((__u32 *)&b->hits[i & ~1], i & 1);
		h->expires_tick = seen.expires_tick;
		return true;
	}
	return b->overflowed && in_overflow(&overflow4, &addr, now, h);
}

static __always_inline bool in_drop4(__be32 addr, const struct sw_settings *set, __u32 now,
				     struct hit *h)
{
	__u32 hash = sw_hash4(addr, seed), mask = set->drop4_mask;

	for (int i = 0; i < 2; i++) {
		if (in_bucket4(hash & mask, addr, now, h))
			return true;
		if (mask == set->drop4_last_mask)
			return false;
		mask = set->drop4_last_mask; /* the table changes its size: dropset.h */
	}
	return false;
}

static __always_inline bool in_drop6(__u64 high, __u64 low, __u8 plen, __u32 now, struct hit *h)
{
	struct sw_overflow6_key key = {high, low, plen};
	struct sw_drop6_bucket *b = entry_of(&drop6, sw_hash6(high, low, seed) & drop6_mask);

	if (!b)
		return false;
	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		struct sw_drop6_entry *e = &b->entry[i];
		__u32 expires_tick = e->expires_tick;

		if (!sw_entry6_is(e, high, low, plen))
			continue;
		if (!sw_live(expires_tick, now)) {
			reap6(e, expires_tick);
			continue;
		}
		if (h->count)
			count_hit((__u32 *)&e->hits, 0);
		h->expires_tick = expires_tick;
		return true;
	}
	return b->overflowed && in_overflow(&overflow6, &key, now, h);
}

static __always_inline bool in_prefix4(__be32 addr, __u32 now, struct hit *h)
{
	__u64 *lengths = entry_of(&lengths4, bpf_ntohl(addr) >> 16);
	__u64 all = lengths ? *lengths : 0;
	struct sw_prefix_block *b;
	struct sw_prefix4 key;

#pragma clang loop unroll(disable)
	for (int plen = 32; plen >= 0; plen--) {
		if (!(all >> plen & 1))
			continue;
		key.plen = plen;
		key.addr = addr & bpf_htonl(~0ull << (32 - plen));
		b = bpf_map_lookup_elem(&prefix4, &key);
		if (!b || !sw_live(b->expires_tick, now))
			continue;
		if (h->count)
			__sync_fetch_and_add(&b->hits, 1);
		h->expires_tick = b->expires_tick;
		return true;
	}
	return false;
}

/* The longest match may have expired and hide a live shorter one, so the
 * look-up goes on from there. */
static __always_inline bool in_prefix6(const struct packet *p, __u32 now, struct hit *h)
{
	struct sw_prefix6 key = {128, addr_of(p, true)};
	struct sw_prefix_block *b;

	for (int i = 0; i < NESTED_PREFIXES; i++) {
		b = bpf_map_lookup_elem(&prefix6, &key);
		if (!b)
			return false;
		if (sw_live(b->expires_tick, now))
			goto hit;
		if (!b->plen)
			return false;
		key.plen = b->plen - 1;
	}
	return false;
hit:
	if (h->count)
		__sync_fetch_and_add(&b->hits, 1);
	h->expires_tick = b->expires_tick;
	return true;
}

static __always_inline int blocked4(const struct packet *p, const struct sw_settings *set,
				    struct hit *h)
{
	__u32 n = neighbourhood4(p->saddr4), now;
	bool address = gate_bit(&near, SW_NEAR_ADDRESS, n >> 8);
	bool prefix = gate_bit(&near, SW_NEAR_PREFIX, n >> 8);

	if (address && set->drop4_mask >= SW_GATE4_SPARES_NONE)
		address = gate_bit(&gate4, 0, n);
	if (prefix)
		prefix = gate_bit(&gate4, SW_GATE4_PREFIX, n);
	if (set->gate_bypass)
		address = prefix = true;
	if (!address && !prefix)
		return CONTINUE;
	now = ticks(now_ns(set));
	if (address && in_drop4(p->saddr4, set, now, h))
		return SW_REASON_BLOCKED_ADDRESS;
	if (prefix && in_prefix4(p->saddr4, now, h))
		return SW_REASON_BLOCKED_PREFIX;
	return CONTINUE;
}

static __always_inline int blocked6(const struct packet *p, const struct sw_settings *set,
				    struct hit *h)
{
	bool address = gate_bit(&gate6, 0, neighbourhood6(p->high)), prefix = false;
	__u32 now;

	if (set->any_prefix6) /* prefixes stand in the neighbourhood of their /32 */
		prefix = gate_bit(&gate6, (gate6_mask + 1) >> 6,
				  neighbourhood6(p->high & 0xffffffff00000000));
	if (set->gate_bypass)
		address = prefix = true;
	if (!address && !prefix)
		return CONTINUE;
	now = ticks(now_ns(set));
	if (address && (in_drop6(p->high, 0, 64, now, h) || in_drop6(p->high, p->low, 128, now, h)))
		return SW_REASON_BLOCKED_ADDRESS;
	if (prefix && in_prefix6(p, now, h))
		return SW_REASON_BLOCKED_PREFIX;
	return CONTINUE;
}

static __always_inline int blocked(const struct packet *p, const struct sw_settings *set,
				   struct hit *h)
{
	return p->family == AF_INET ? blocked4(p, set, h) : blocked6(p, set, h);
}

#define LINK_LOCAL (0xfe80u >> 6) /* the first ten bits; always guarded */

/* Is there an allow entry about? Asked before all that `allowed` needs. A wide
 * IPv6 prefix has no neighbourhood of its own: in the bits of all of them it
 * would send every blocked packet to the trie. */
static __always_inline bool near_allowed(__u64 key)
{
	const struct sw_settings *set;

	if (gate_bit(&near, SW_NEAR_ALLOW, wider(key)))
		return true;
	if (is_key4(key))
		return false;
	set = entry_of(&settings, 0);
	return key >> 54 == LINK_LOCAL || (set && set->wide_allow6);
}

/* 1: never to be dropped. A global function, so that the verifier reads it once. */
__noinline int allowed(__u64 key, const struct sw_addr *src, __u32 now)
{
	struct sw_prefix4 key4 = {32, bpf_htonl(key)};
	struct sw_prefix6 key6 = {.plen = 128};
	struct sw_allow *a;

	if (!src)
		return 0;
	key6.addr = *src;
	if (!near_allowed(key))
		return 0;
	for (int i = 0; i < NESTED_PREFIXES; i++) {
		if (is_key4(key))
			a = bpf_map_lookup_elem(&allow4, &key4);
		else
			a = bpf_map_lookup_elem(&allow6, &key6);
		if (!a)
			return 0;
		if (sw_live(a->expires_tick, now))
			return 1;
		if (!a->plen)
			return 0;
		key4.plen = key6.plen = a->plen - 1;
	}
	return 0;
}

#endif
