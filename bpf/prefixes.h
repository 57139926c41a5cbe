/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocked prefixes and the allowlist: hash maps, looked up once for each prefix length
 * in use near the source (abi.h). */
#ifndef PREFIXES_H
#define PREFIXES_H

#include "clock.h"

struct query {
	const struct sw_settings *set;
	bool again; /* a repeated lookup for this packet: count no hit */
};

/* How a source is blocked; the strictest of several entries wins. */
enum held {
	NOT_HELD,
	HELD_NEW_ONLY, /* open connections continue */
	HELD_PROVEN,   /* possibly blocked by this program: replies to this host pass */
	HELD,
};

static __always_inline enum held harder(enum held a, enum held b)
{
	return a > b ? a : b;
}

#define EXACT_HITS 64u /* per tick and CPU: 240 a second */

/* The number of events that this one stands for, 0 if it is not sampled. Counting every
 * packet of a flood would write a cache line shared by all CPUs (docs/performance.md),
 * so beyond EXACT_HITS one in 64 counts as 64. */
static __always_inline __u32 sampled_weight(enum sampled what, __u32 now)
{
	struct sample_rate *r = entry_of(&sample_rates, what);
	__u32 n;

	if (!r)
		return 0;
	if (r->tick != now) {
		r->tick = now;
		r->count = 0;
	}
	n = r->count++;
	if (n < EXACT_HITS)
		return 1;
	return n % 64 == 63 ? 64 : 0;
}

static __always_inline __u32 hit_weight(const struct query *q, __u32 now)
{
	return q->again ? 0 : sampled_weight(SAMPLED_HITS, now);
}

/* Index of the set bit: its product with a de Bruijn sequence starts with six bits
 * unique to it (Leiserson et al. 1998). */
static const __u8 bit_number[64] = {
	0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28, 62, 5,	39, 46, 44, 42,
	22, 9,	24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

static __always_inline __u32 bit_index(__u64 bit)
{
	return bit_number[bit * 0x022fdd63cc95386dull >> 58];
}

/* Removes the lowest bit of *lengths, which is the longest prefix. */
static __always_inline __u32 next_length(__u64 *lengths)
{
	__u64 lowest = *lengths & -*lengths;

	*lengths ^= lowest;
	return bit_index(lowest);
}

/* True if a shorter prefix could still be stricter: the one found blocks new
 * connections only, or none was found. */
static __always_inline bool may_be_harder(__u32 expires_tick)
{
	return !expires_tick || expires_tick & SW_EXPIRES_NEW_ONLY;
}

/* 0: not blocked; else expiry and flags of the prefix. */
static __always_inline __u32 count_prefix(struct sw_prefix_block *b, __u32 now,
					  const struct query *q)
{
	__u32 weight;

	if (!b || !sw_live(b->expires_tick, now))
		return 0;
	weight = hit_weight(q, now);
	if (weight)
		__sync_fetch_and_add(&b->hits, weight);
	return b->expires_tick;
}

/* lengths: the word of lengths4. A global function, so it is verified once: inlined,
 * its iterations took a third of the verifier's instruction limit. */
__noinline __u32 in_prefix4(__be32 addr, __u64 lengths, __u32 now, __u32 again)
{
	struct query q = {.again = again};
	__u32 expires_tick, found = 0;
	struct sw_prefix4 key;

#pragma clang loop unroll(disable)
	for (int i = 0; i <= 32 && lengths; i++) {
		key.plen = 32 - next_length(&lengths);
		key.addr = addr & bpf_htonl(~0ull << (32 - key.plen));
		expires_tick = count_prefix(bpf_map_lookup_elem(&prefix4, &key), now, &q);
		if (!may_be_harder(expires_tick))
			return expires_tick;
		found |= expires_tick;
	}
	return found;
}

/* The first n bits, 0 to 64, of half an address. Two shifts, because BPF cannot shift
 * by 64, and no branch, because the verifier would follow both outcomes through the
 * rest of the program. */
static __always_inline __u64 first_bits(__u64 half, __u32 n)
{
	__u32 one = (64 - n) / 2, other = 64 - n - one;

	return half >> one >> other << one << other;
}

/* longer: than 64 bits. */
static __always_inline void set_key6(struct sw_prefix6 *key, __u64 high, __u64 low, __u32 plen,
				     bool longer)
{
	__be64 half[2];

	half[0] = bpf_cpu_to_be64(longer ? high : first_bits(high, plen));
	half[1] = longer ? bpf_cpu_to_be64(first_bits(low, plen - 64)) : 0;
	key->plen = plen;
	__builtin_memcpy(&key->addr, half, sizeof(half));
}

/* Walks the lengths in use, longest first. */
struct prefix_walk6 {
	__u64 high, low;
	__u64 lengths;
	__u32 longest; /* length of its lowest bit */
	__u32 step;    /* lengths per bit; 2: all are longer than the half */
	__u32 now;
	__u32 found; /* flags of the strictest so far */
	struct query q;
};

static __always_inline void try_prefix6(struct prefix_walk6 *w, __u32 plen)
{
	struct sw_prefix6 key;
	__u32 expires_tick;

	set_key6(&key, w->high, w->low, plen, w->step == 2);
	expires_tick = count_prefix(bpf_map_lookup_elem(&prefix6, &key), w->now, &w->q);
	w->found = may_be_harder(expires_tick) ? w->found | expires_tick : expires_tick;
}

static long next_prefix6(__u64 n, void *ctx)
{
	struct prefix_walk6 *w = ctx;
	__u32 plen;

	(void)n;
	if (!w->lengths || !may_be_harder(w->found))
		return 1;
	plen = w->longest - w->step * next_length(&w->lengths);
	try_prefix6(w, plen);
	if (w->step == 2 && may_be_harder(w->found))
		try_prefix6(w, plen - 1);
	return 0;
}

#define LENGTHS_LONGER 0xffffffffull /* upper bits of lengths6: two lengths per bit */

/* The same for lengths6, with bpf_loop(): three unrolled loops would exceed the
 * verifier's limit. */
__noinline __u32 in_prefix6(__u64 high, __u64 low, __u64 lengths, __u32 now, __u32 again)
{
	struct prefix_walk6 w = {
		.high = high,
		.low = low,
		.lengths = lengths & LENGTHS_LONGER,
		.longest = 127,
		.step = 2,
		.now = now,
		.q = {.set = entry_of(&settings, 0), .again = again},
	};

	if (!w.q.set)
		return 0;
	bpf_loop(32, next_prefix6, &w, 0);
	w.lengths = lengths & ~LENGTHS_LONGER;
	w.longest = 95;
	w.step = 1;
	bpf_loop(32, next_prefix6, &w, 0);
	w.lengths = w.q.set->wide_prefix6;
	w.longest = 31;
	bpf_loop(32, next_prefix6, &w, 0);
	return w.found;
}

/* 0: not blocked; else flags of the strictest block, including an expiry. */
static __always_inline __u32 near_prefix4(__be32 addr, const struct query *q, __u32 now)
{
	__u32 host = bpf_ntohl(addr);
	__u64 *lengths = entry_of(&lengths4, host >> 16);

	if (!lengths || !(*lengths & sw_lengths4_part(host)))
		return 0;
	return in_prefix4(addr, *lengths & SW_LENGTHS4_PLEN, now, q->again);
}

static __always_inline __u32 near_prefix6(__u64 high, __u64 low, const struct query *q, __u32 now)
{
	__u64 *lengths = entry_of(&lengths6, sw_hash_32(high, seed) & (SW_LENGTHS6 - 1));

	if (!lengths || !(*lengths | q->set->wide_prefix6))
		return 0;
	return in_prefix6(high, low, *lengths, now, q->again);
}

static __always_inline enum held in_blocked_prefix(struct packet *p, const struct query *q)
{
	__u32 expires_tick = 0;

	if (p->family == AF_INET && q->set->any_prefix4)
		expires_tick = near_prefix4(p->saddr4, q, ticks(packet_ns(p, q->set)));
	else if (p->family == AF_INET6 && q->set->any_prefix6)
		expires_tick = near_prefix6(p->high, p->low, q, ticks(packet_ns(p, q->set)));
	if (!expires_tick)
		return NOT_HELD;
	return expires_tick & SW_EXPIRES_NEW_ONLY ? HELD_NEW_ONLY : HELD;
}

#define LINK_LOCAL (0xfe80u >> 6) /* the first ten bits; always allowed */

/* May the source be allowed? A cheap filter before allowed(). A wide IPv6 prefix has no
 * bit of its own: setting those of all its /32s would send every blocked packet to the
 * hash maps. */
static __always_inline bool near_allowed(__u64 key)
{
	const struct sw_settings *set;
	__u32 n, part = 0;
	__u64 *word;

	if (is_key4(key)) {
		n = key >> 16 & 0xffff;
	} else {
		n = sw_hash_32(key, seed) & 0xffff;
		part = SW_ALLOW_FILTER6;
	}
	word = entry_of(&allow_filter, part + (n >> 6));
	if (word && *word >> (n & 63) & 1)
		return true;
	if (is_key4(key))
		return false;
	set = entry_of(&settings, 0);
	return key >> 54 == LINK_LOCAL || (set && set->wide_allow6);
}

static __always_inline int in_allow4(__u32 host, __u64 lengths, __u32 now)
{
	struct sw_prefix4 key;
	struct sw_allow *a;
	__u32 kind;

#pragma clang loop unroll(disable)
	for (int i = 0; i <= 32 && lengths; i++) {
		key.plen = 32 - next_length(&lengths);
		key.addr = bpf_htonl(host & ~0ull << (32 - key.plen));
		a = bpf_map_lookup_elem(&allow4, &key);
		kind = a ? sw_allow_now(a, now) : 0;
		if (kind)
			return kind;
	}
	return 0;
}

static __always_inline int in_allow6(__u64 high, __u64 low, __u64 lengths, __u32 most, __u32 now)
{
	struct sw_prefix6 key;
	struct sw_allow *a;
	__u32 kind;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 64 && lengths; i++) {
		set_key6(&key, high, low, most - next_length(&lengths), most > 64);
		a = bpf_map_lookup_elem(&allow6, &key);
		kind = a ? sw_allow_now(a, now) : 0;
		if (kind)
			return kind;
	}
	return 0;
}

/* Returns enum sw_allow_kind + 1 of the longest matching allow entry, 0 if there is
 * none. A global function, so it is verified once. */
__noinline int allowed(__u64 key, const struct sw_addr *src, __u32 now)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u64 high, low;
	int kind = 0;

	if (!src || !set)
		return 0;
	if (is_key4(key))
		return near_allowed(key) ? in_allow4(key, set->allow_lengths4, now) : 0;
	high = half_of((const struct in6_addr *)src, 0);
	low = half_of((const struct in6_addr *)src, 1);
	if (!near_allowed(high)) /* the key may stand for a single address */
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 3 && !kind; i++)
		kind = in_allow6(high, low, set->allow_lengths6[i], 128 - 64 * i, now);
	return kind;
}

#endif
