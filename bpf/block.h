/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 5, rarely reached: the program itself blocks a source and emits the event. */
#ifndef BLOCK_H
#define BLOCK_H

#include "blocked.h"
#include "sources.h"
#include "strangers.h"

#define SWEEP_LINES 4

/* As `expires_tick` says, but neither shorter nor weaker than the block in force. */
static __always_inline __u32 max_expiry(__u32 seen, __u32 expires_tick)
{
	__u32 end =
		(seen & SW_EXPIRES_TICKS) > (expires_tick & SW_EXPIRES_TICKS) ? seen : expires_tick;

	return (end & SW_EXPIRES_TICKS) |
	       (seen & expires_tick & (SW_EXPIRES_NEW_ONLY | SW_EXPIRES_AUTO));
}

/* The source is already blocked, for new connections only. */
static __always_inline bool prolong(const struct sw_line *l, __u64 key, __u32 expires_tick,
				    __u32 now)
{
#pragma unroll
	for (__u32 i = 0; i < SW_DROP4_WAYS && i < l->ways; i++) {
		__u32 seen = sw_slot_expiry(l, i), end = max_expiry(seen, expires_tick);

		if (sw_slot_key(l, i) != key || !sw_live(seen, now) ||
		    !sw_slot_swap(l, i, seen, end))
			continue;
		sw_head_note(l, i, end);
		return true;
	}
	return false;
}

static __always_inline enum sw_put put(const struct sw_line *l, __u64 key, __u64 hash,
				       const struct sw_overflow6_key *k, __u32 expires_tick,
				       __u32 now)
{
	if (prolong(l, key, expires_tick, now))
		return SW_PUT_OLD;
	sw_bloom_add(l, hash);
#pragma unroll
	for (__u32 i = 0; i < SW_DROP4_WAYS && i < l->ways; i++) {
		__u32 seen = sw_slot_expiry(l, i);

		if (seen & SW_EXPIRES_TICKS && !sw_live(seen, now) && sw_slot_take(l, i, seen))
			count_ended(seen);
		if (sw_slot_add(l, i, key, k, expires_tick))
			return SW_PUT_NEW;
	}
	sw_head_overflow(l);
	return SW_PUT_FULL;
}

/* The line is full: into the overflow map, which may hold the source already, blocked for new
 * connections only. */
static __always_inline enum sw_put put_overflow(void *map, const void *key, __u32 expires_tick)
{
	struct sw_overflow o = {.expires_tick = expires_tick}, *held;
	__u32 seen;

	if (!bpf_map_update_elem(map, key, &o, BPF_NOEXIST))
		return SW_PUT_NEW;
	held = bpf_map_lookup_elem(map, key);
	if (!held)
		return SW_PUT_FULL;
	seen = held->expires_tick;
	return __sync_val_compare_and_swap(&held->expires_tick, seen,
					   max_expiry(seen, expires_tick)) == seen
		       ? SW_PUT_OLD
		       : SW_PUT_FULL;
}

/* Global functions, so they are verified once. Return an enum sw_put. */
__noinline int put4(__be32 addr, __u32 expires_tick, __u32 now)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u64 hash = sw_hash4(addr, seed);
	__u32 at = set ? sw_home(hash) & set->drop4_mask : 0;
	struct sw_drop4_line *line = entry_of(&drop4, at);
	struct sw_drop4_cold *cold = entry_of(&drop4_cold, at);
	__u64 *bloom = entry_of(&drop4_bloom, at);
	struct sw_line l;
	enum sw_put done;

	if (!line || !cold || !bloom)
		return SW_PUT_FULL;
	l = sw_line_of4(line, cold, bloom);
	done = put(&l, addr, hash, NULL, expires_tick, now);
	return done == SW_PUT_FULL ? put_overflow(&overflow4, &addr, expires_tick) : done;
}

__noinline int put6(__u64 high, __u64 low, __u32 expires_tick, __u32 now)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 plen = low ? 128 : 64;
	__u64 key = sw_key6(high, low, plen, seed);
	__u32 at = set ? sw_home(key) & set->drop6_mask : 0;
	struct sw_drop6_line *line = entry_of(&drop6, at);
	struct sw_drop6_cold *cold = entry_of(&drop6_cold, at);
	__u64 *bloom = entry_of(&drop6_bloom, at);
	struct sw_overflow6_key k = {high, low, plen};
	struct sw_line l;
	enum sw_put done;

	if (!line || !cold || !bloom)
		return SW_PUT_FULL;
	l = sw_line_of6(line, cold, bloom);
	done = put(&l, key, key, &k, expires_tick, now);
	return done == SW_PUT_FULL ? put_overflow(&overflow6, &k, expires_tick) : done;
}

/* Automatic blocks that receive no more packets still count against auto_max. In case
 * no daemon sweeps them, each new block clears a few. */
static __always_inline void sweep(struct sw_state *st, const struct sw_settings *set, __u32 now)
{
	__u32 at = __sync_fetch_and_add(&st->sweep, SWEEP_LINES);

#pragma clang loop unroll(disable)
	for (int n = 0; n < SWEEP_LINES; n++)
		settle4((at + n) & set->drop4_mask, 0, now, false);
}

/* A token bucket of auto_per_minute, and auto_max in total, bound what a spray of
 * forged packets can make the program block. A quarter of both is reserved for sources
 * that continue despite a limit, since forged ones appear once. Tokens are scaled by
 * 60, so the refill per second is a whole number. */
static __always_inline bool may_block(struct sw_state *st, const struct sw_settings *set, __u64 ns,
				      bool goes_on)
{
	__u32 full = set->auto_per_minute * 60, least = goes_on ? 0 : full / 4;
	__s32 most = goes_on ? set->auto_max : set->auto_max - set->auto_max / 4;
	__u64 last = *(volatile __u64 *)&st->token_ns, seconds = (ns - last) >> 30;
	__u64 tokens = *(volatile __u32 *)&st->auto_tokens;
	bool first = !last, refills = first || seconds, may;

	if (refills)
		tokens += seconds > 60 ? full : seconds * set->auto_per_minute;
	if (first || tokens > full)
		tokens = full;
	may = tokens >= least + 60 && st->auto_blocked < most;
	if (may)
		tokens -= 60;
	/* The time is read first and written last: before the first tokens it would tell
	 * another CPU that none are left. */
	if (may || refills)
		*(volatile __u32 *)&st->auto_tokens = tokens;
	if (refills)
		*(volatile __u64 *)&st->token_ns = ns;
	return may;
}

/* An IPv4 key, or an IPv6 /64 and, for a single address in it, the lower half. */
struct block_target {
	__u64 key, low;
};

/* A limit prevented a block. A global function, so its stack is not added to its
 * caller's. */
__noinline int count_capped(__u32 now)
{
	struct sw_state *st = entry_of(&state, 0);
	__u32 weight = sampled_weight(SAMPLED_CAPPED, now);

	if (st && weight)
		__sync_fetch_and_add(&st->capped_blocks, weight);
	return 0;
}

/* False if a limit prevents it or there is no room. */
static __always_inline bool block_source(const struct block_target *b,
					 const struct sw_settings *set, __u64 ns,
					 __u32 expires_tick, bool goes_on)
{
	struct sw_state *st = entry_of(&state, 0);
	enum sw_put done;

	if (!st)
		return false;
	/* evidence that cannot be forged needs no limit */
	if (expires_tick & SW_EXPIRES_NEW_ONLY && !may_block(st, set, ns, goes_on)) {
		count_capped(ticks(ns));
		return false;
	}
	if (is_key4(b->key))
		done = put4(bpf_htonl(b->key), expires_tick, ticks(ns));
	else
		done = put6(b->key, b->low, expires_tick, ticks(ns));
	if (done == SW_PUT_FULL) {
		__sync_fetch_and_add(&st->overflow_full, 1);
		return false;
	}
	if (done == SW_PUT_NEW)
		__sync_fetch_and_add(&st->auto_blocked, 1);
	sweep(st, set, ticks(ns));
	return true;
}

#endif
