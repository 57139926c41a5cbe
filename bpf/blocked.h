/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 2: is the source blocked? Checks the drop set, then prefixes. dropset.h
 * describes the layout of a line and how it is written. */
#ifndef BLOCKED_H
#define BLOCKED_H

#include "prefixes.h"

/* An automatic block is gone from the drop set. */
static __always_inline void count_ended(__u32 expires_tick)
{
	struct sw_state *st;

	if (!(expires_tick & SW_EXPIRES_AUTO))
		return;
	st = entry_of(&state, 0);
	if (st)
		__sync_fetch_and_add(&st->auto_blocked, -1);
}

/* flags: those of an expires_tick. */
static __always_inline enum held held_by(__u32 flags)
{
	if (flags & SW_EXPIRES_NEW_ONLY)
		return HELD_NEW_ONLY;
	return flags & SW_EXPIRES_AUTO ? HELD_PROVEN : HELD;
}

/* Loops over the slots of a line are unrolled: clang may lay one out so that its end
 * falls through to its head, which 6.1 rejects as a back-edge.
 *
 * Called when the earliest expiry of a line is due or unknown: removes expired entries
 * and computes the next one. Returns how the key is blocked now. dry: changes nothing. */
static __always_inline enum held settle(const struct sw_line *l, __u64 key, __u32 now, bool dry)
{
	__u32 earliest = SW_EXPIRES_TICKS, flags = SW_EXPIRES_NEW_ONLY | SW_EXPIRES_AUTO;
	__u64 head = 0, proven = 0;
	bool held = false;

	/* full barrier before reading the cold array; see dropset.h */
	if (!dry)
		head = __sync_fetch_and_add(l->head, SW_HEAD_VERSION) + SW_HEAD_VERSION;
#pragma unroll
	for (__u32 i = 0; i < SW_DROP4_WAYS && i < l->ways; i++) {
		__u32 expires_tick = sw_slot_expiry(l, i), end = expires_tick & SW_EXPIRES_TICKS;

		if (!end)
			continue;
		if (end <= now) {
			if (!dry && sw_slot_take(l, i, expires_tick))
				count_ended(expires_tick);
			continue;
		}
		if (end < earliest)
			earliest = end;
		if (sw_is_proven(expires_tick))
			proven = SW_HEAD_PROVEN;
		if (sw_slot_key(l, i) == key) {
			held = true;
			flags &= expires_tick;
		}
	}
	if (!dry)
		__sync_val_compare_and_swap(l->head, head,
					    (head & ~(SW_HEAD_EXPIRY | SW_HEAD_PROVEN)) | proven |
						    (__u64)earliest << SW_HEAD_EXPIRY_SHIFT);
	return held ? held_by(flags) : NOT_HELD;
}

/* Called if the key is in the line and its entry may have expired or may cover new
 * connections only. Global functions, so they are verified once. */
__noinline int settle4(__u32 at, __be32 addr, __u32 now, __u32 dry)
{
	struct sw_drop4_line *line = entry_of(&drop4, at);
	struct sw_drop4_cold *cold = entry_of(&drop4_cold, at);
	struct sw_line l;

	if (!line || !cold)
		return NOT_HELD;
	l = sw_line_of4(line, cold, NULL);
	return settle(&l, addr, now, dry);
}

__noinline int settle6(__u32 at, __u64 key, __u32 now, __u32 dry)
{
	struct sw_drop6_line *line = entry_of(&drop6, at);
	struct sw_drop6_cold *cold = entry_of(&drop6_cold, at);
	struct sw_line l;

	if (!line || !cold)
		return NOT_HELD;
	l = sw_line_of6(line, cold, NULL);
	return settle(&l, key, now, dry);
}

/* What the head alone says, without the cold array: NEW_ONLY if all entries of the key
 * are; otherwise it does not say whether the block is ours. */
static __always_inline enum held held_of(__u64 head, __u32 match)
{
	if (!(match & ~head))
		return HELD_NEW_ONLY;
	return head & SW_HEAD_PROVEN ? HELD_PROVEN : HELD;
}

static __always_inline enum held held4(const struct sw_drop4_line *line, __u64 head, __be32 addr)
{
	if (!(head & (SW_HEAD_NEW_ONLY | SW_HEAD_PROVEN)))
		return HELD;
	/* Forces a reload. Otherwise clang keeps what sw_has4() has read in registers
	 * and spills it, which overflows the stack. */
	asm volatile("" : "+r"(line));
	return held_of(head, sw_match4(line, addr));
}

static __always_inline enum held held6(const struct sw_drop6_line *line, __u64 head, __u64 key)
{
	if (!(head & (SW_HEAD_NEW_ONLY | SW_HEAD_PROVEN)))
		return HELD;
	asm volatile("" : "+r"(line));
	return held_of(head, sw_match6(line, key));
}

/* The increment that `weight` hits make to a counter now at `count`. */
static __always_inline __u32 hits_step(__u32 count, __u32 weight)
{
	if (count >= SW_HITS_MOST)
		return 0;
	if (count < SW_HITS_EXACT)
		return weight;
	return weight == SW_HITS_SCALE || !(bpf_get_prandom_u32() % SW_HITS_SCALE);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HALF_SHIFT(i) ((i) % 2 * 16)
#else
#define HALF_SHIFT(i) (((i) + 1) % 2 * 16)
#endif

/* Atomic, because a source may arrive on several CPUs. BPF has no 16-bit atomic add, so
 * it is done on the word that holds the counter. */
static __always_inline void add_hits(const struct sw_line *l, __u64 key, __u32 weight)
{
#pragma unroll
	for (__u32 i = 0; i < SW_DROP4_WAYS && i < l->ways; i++) {
		__u32 step;

		if (sw_slot_key(l, i) != key)
			continue;
		step = hits_step(l->hits[i], weight);
		if (step)
			__sync_fetch_and_add((__u32 *)&l->hits[i & ~1u], step << HALF_SHIFT(i));
		return;
	}
}

__noinline int count_hits4(__u32 at, __be32 addr, __u32 weight)
{
	struct sw_drop4_line *line = entry_of(&drop4, at);
	struct sw_drop4_cold *cold = entry_of(&drop4_cold, at);
	struct sw_line l;

	if (!line || !cold)
		return 0;
	l = sw_line_of4(line, cold, NULL);
	add_hits(&l, addr, weight);
	return 0;
}

__noinline int count_hits6(__u32 at, __u64 key, __u32 weight)
{
	struct sw_drop6_line *line = entry_of(&drop6, at);
	struct sw_drop6_cold *cold = entry_of(&drop6_cold, at);
	struct sw_line l;

	if (!line || !cold)
		return 0;
	l = sw_line_of6(line, cold, NULL);
	add_hits(&l, key, weight);
	return 0;
}

static __always_inline enum held in_overflow(void *map, const void *key, __u32 now,
					     const struct query *q)
{
	struct sw_overflow *o = bpf_map_lookup_elem(map, key);
	__u32 expires_tick, weight;

	if (!o)
		return NOT_HELD;
	expires_tick = o->expires_tick;
	if (!sw_live(expires_tick, now)) {
		if (!bpf_map_delete_elem(map, key))
			count_ended(expires_tick);
		return NOT_HELD;
	}
	weight = hit_weight(q, now);
	if (weight)
		__sync_fetch_and_add(&o->hits, weight);
	return held_by(expires_tick);
}

static __always_inline enum held in_line4(__u32 at, struct packet *p, const struct query *q)
{
	struct sw_drop4_line *line = entry_of(&drop4, at);
	enum held held = NOT_HELD;
	__be32 addr = p->saddr4;
	__u32 now, weight;
	__u64 head;
	bool has;

	if (!line)
		return NOT_HELD;
	has = sw_has4(line, addr);
	head = *(volatile __u64 *)&line->head;
	if (!has && !(head & SW_HEAD_OVERFLOWED))
		return NOT_HELD;
	now = ticks(packet_ns(p, q->set));
	if (has)
		held = sw_head_expiry(head) > now ? held4(line, head, addr)
						  : settle4(at, addr, now, false);
	if (held != HELD && head & SW_HEAD_OVERFLOWED)
		held = harder(held, in_overflow(&overflow4, &addr, now, q));
	if (!has || held == NOT_HELD)
		return held;
	weight = hit_weight(q, now);
	if (weight)
		count_hits4(at, addr, weight);
	return held;
}

/* If not, neither the line nor the overflow map has the key. */
static __always_inline bool may_hold(const __u64 *bloom, __u64 off, __u64 hash)
{
	return bloom && !(sw_bloom_bits(hash) & ~(*bloom | off));
}

static __always_inline enum held in_drop4(struct packet *p, const struct query *q)
{
	__u64 hash = sw_hash4(p->saddr4, seed);
	__u32 mask = q->set->drop4_mask;
	enum held held = NOT_HELD;

#pragma unroll
	for (int i = 0; i < 2; i++) {
		__u32 at = sw_home(hash) & mask;

		if (may_hold(entry_of(&drop4_bloom, at), q->set->drop4_bloom_off, hash))
			held = in_line4(at, p, q);
		if (held != NOT_HELD || mask == q->set->drop4_last_mask)
			return held;
		mask = q->set->drop4_last_mask; /* the table is being resized: dropset.h */
	}
	return NOT_HELD;
}

/* Returns an enum held. A global function, so that its key is not on its caller's stack. */
__noinline int in_overflow6(__u64 high, __u64 low, __u32 plen, __u32 now, __u32 again)
{
	struct sw_overflow6_key key = {high, low, plen};
	struct query q = {.again = again};

	return in_overflow(&overflow6, &key, now, &q);
}

/* plen: of what id is the key of. */
static __always_inline enum held in_line6(__u64 id, __u32 mask, __u64 high, __u64 low, __u32 plen,
					  const struct query *q)
{
	__u32 at = sw_home(id) & mask, now, weight;
	struct sw_drop6_line *line = entry_of(&drop6, at);
	enum held held = NOT_HELD;
	__u64 head;
	bool has;

	if (!line || !may_hold(entry_of(&drop6_bloom, at), q->set->drop6_bloom_off, id))
		return NOT_HELD;
	has = sw_has6(line, id);
	head = *(volatile __u64 *)&line->head;
	if (!has && !(head & SW_HEAD_OVERFLOWED))
		return NOT_HELD;
	now = ticks(now_ns(q->set));
	if (has)
		held = sw_head_expiry(head) > now ? held6(line, head, id)
						  : settle6(at, id, now, false);
	if (held != HELD && head & SW_HEAD_OVERFLOWED)
		held = harder(held, in_overflow6(high, low, plen, now, q->again));
	if (!has || held == NOT_HELD)
		return held;
	weight = hit_weight(q, now);
	if (weight)
		count_hits6(at, id, weight);
	return held;
}

static __always_inline enum held in_lines6(__u64 high, __u64 low, __u64 net, __u64 host, __u32 mask,
					   const struct query *q)
{
	enum held held = in_line6(net, mask, high, 0, 64, q);

	if (held == HELD)
		return held;
	return harder(held, in_line6(host, mask, high, low, 128, q));
}

/* Returns an enum held. A global function, so its stack is not added to its caller's. */
__noinline int in_drop6(__u64 high, __u64 low, __u32 again)
{
	__u64 net = sw_key6_net(high, seed), host = sw_key6_host(net, low, seed);
	struct query q = {.set = entry_of(&settings, 0), .again = again};
	enum held held;
	__u32 mask;

	if (!q.set)
		return NOT_HELD;
	mask = q.set->drop6_mask;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 2; i++) {
		held = in_lines6(high, low, net, host, mask, &q);
		if (held != NOT_HELD || mask == q.set->drop6_last_mask)
			return held;
		mask = q.set->drop6_last_mask;
	}
	return NOT_HELD;
}

/* CONTINUE: not blocked. A soft block of the address does not weaken a full block of a
 * prefix that contains it. */
static __always_inline int blocked(struct packet *p, const struct query *q, enum held *held)
{
	enum held by_prefix;

	*held = p->family == AF_INET ? in_drop4(p, q) : in_drop6(p->high, p->low, q->again);
	if (*held == HELD)
		return SW_REASON_BLOCKED_ADDRESS;
	by_prefix = in_blocked_prefix(p, q);
	if (by_prefix > *held) {
		*held = by_prefix;
		return SW_REASON_BLOCKED_PREFIX;
	}
	return *held == NOT_HELD ? CONTINUE : SW_REASON_BLOCKED_ADDRESS;
}

#endif
