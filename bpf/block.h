/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 5, the rare part: the program itself blocks a source, and tells. */
#ifndef BLOCK_H
#define BLOCK_H

#include "blocked.h"
#include "sources.h"

#define RETRIES 3 /* against other writers of the same bucket */
#define SWEEP_BUCKETS 4

/* As `until` says, but neither shorter nor less than what is in force. */
static __always_inline __u32 max_expiry(__u32 seen, __u32 expires_tick)
{
	__u32 end =
		(seen & SW_EXPIRES_TICKS) > (expires_tick & SW_EXPIRES_TICKS) ? seen : expires_tick;

	return (end & SW_EXPIRES_TICKS) |
	       (seen & expires_tick & (SW_EXPIRES_NEW_ONLY | SW_EXPIRES_AUTO));
}

/* Its source is blocked already, for new connections only. */
static __always_inline bool raise4(struct sw_drop4_entry *e, __be32 addr, __u32 expires_tick,
				   __u32 now)
{
	struct sw_drop4_entry seen = {e->addr, e->expires_tick};

	return seen.addr == addr && sw_live(seen.expires_tick, now) &&
	       sw_entry4_swap(e, seen, addr, max_expiry(seen.expires_tick, expires_tick));
}

static __always_inline bool raise6(struct sw_drop6_entry *e, __u64 high, __u32 expires_tick,
				   __u32 now)
{
	__u32 seen = e->expires_tick;

	return sw_entry6_is(e, high, 0, 64) && sw_live(seen, now) &&
	       __sync_val_compare_and_swap(&e->expires_tick, seen,
					   max_expiry(seen, expires_tick)) == seen;
}

static __always_inline enum sw_put put4(__be32 addr, const struct sw_settings *set,
					__u32 expires_tick, __u32 now)
{
	struct sw_drop4_bucket *b = entry_of(&drop4, sw_hash4(addr, seed) & set->drop4_mask);
	struct sw_overflow o = {.expires_tick = expires_tick};

	if (!b)
		return SW_PUT_FULL;
	for (int i = 0; i < SW_DROP4_WAYS; i++)
		if (raise4(&b->entry[i], addr, expires_tick, now))
			return SW_PUT_OLD;
	for (int try = 0; try < RETRIES; try++) {
		for (int i = 0; i < SW_DROP4_WAYS; i++) {
			struct sw_drop4_entry seen = {b->entry[i].addr, b->entry[i].expires_tick};

			if (seen.addr && sw_live(seen.expires_tick, now))
				continue;
			if (!sw_entry4_swap(&b->entry[i], seen, addr, expires_tick))
				continue;
			b->hits[i] = 0;
			count_ended(seen.expires_tick);
			return SW_PUT_NEW;
		}
	}
	b->overflowed = 1;
	return bpf_map_update_elem(&overflow4, &addr, &o, BPF_NOEXIST) ? SW_PUT_FULL : SW_PUT_NEW;
}

static __always_inline enum sw_put put6(__u64 high, __u32 expires_tick, __u32 now)
{
	struct sw_overflow6_key key = {high, 0, 64};
	struct sw_drop6_bucket *b = entry_of(&drop6, sw_hash6(high, 0, seed) & drop6_mask);
	struct sw_overflow o = {.expires_tick = expires_tick};

	if (!b)
		return SW_PUT_FULL;
	for (int i = 0; i < SW_DROP6_WAYS; i++)
		if (raise6(&b->entry[i], high, expires_tick, now))
			return SW_PUT_OLD;
	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		__u32 seen = b->entry[i].expires_tick;

		if (seen & SW_EXPIRES_TICKS && !sw_live(seen, now))
			reap6(&b->entry[i], seen);
		if (sw_entry6_claim(&b->entry[i], high, 0, 64, expires_tick))
			return SW_PUT_NEW;
	}
	b->overflowed = 1;
	return bpf_map_update_elem(&overflow6, &key, &o, BPF_NOEXIST) ? SW_PUT_FULL : SW_PUT_NEW;
}

/* Automatic blocks that nobody sends to any more still count against
 * auto_max; with no daemon to sweep them, each new one clears a few. */
static __always_inline void sweep(struct sw_state *st, const struct sw_settings *set, __u32 now)
{
	__u32 at = __sync_fetch_and_add(&st->sweep, SWEEP_BUCKETS);
	struct sw_drop4_bucket *b;

	for (int n = 0; n < SWEEP_BUCKETS; n++) {
		b = entry_of(&drop4, (at + n) & set->drop4_mask);
		if (!b)
			return;
		for (int i = 0; i < SW_DROP4_WAYS; i++) {
			struct sw_drop4_entry seen = {b->entry[i].addr, b->entry[i].expires_tick};

			if (seen.addr && !sw_live(seen.expires_tick, now))
				reap4(&b->entry[i], seen);
		}
	}
}

/* A token bucket of auto_per_minute, and auto_max in all: what a spray of
 * forged packets can make the program block. A quarter of both is kept for
 * sources that go on although a limit held: what is forged comes once. Tokens
 * are kept times 60, so that a second's share is a whole number. */
static __always_inline bool may_block(struct sw_state *st, const struct sw_settings *set, __u64 ns,
				      bool goes_on)
{
	__u32 full = set->auto_per_minute * 60, least = goes_on ? 0 : full / 4;
	__s32 most = goes_on ? set->auto_max : set->auto_max - set->auto_max / 4;
	__u64 seconds = (ns - st->token_ns) >> 30;
	__u64 tokens = st->auto_tokens;

	if (!st->token_ns || seconds) {
		tokens += seconds > 60 ? full : seconds * set->auto_per_minute;
		if (!st->token_ns || tokens > full)
			tokens = full;
		st->token_ns = ns;
	}
	st->auto_tokens = tokens;
	if (tokens < least + 60 || st->auto_blocked >= most)
		return false;
	st->auto_tokens = tokens - 60;
	return true;
}

/* False when a limit forbids it or there is no room. */
static __always_inline bool block_source(__u64 key, const struct sw_settings *set, __u64 ns,
					 __u32 expires_tick, bool goes_on)
{
	struct sw_state *st = entry_of(&state, 0);
	enum sw_put put;

	if (!st)
		return false;
	if (!may_block(st, set, ns, goes_on)) {
		__sync_fetch_and_add(&st->capped_blocks, 1);
		return false;
	}
	/* The gate first: an entry behind a closed gate would not block. */
	if (is_key4(key)) {
		gate_open(&gate4, 0, (__u32)key >> 8);
		gate_open(&near, SW_NEAR_ADDRESS, wider(key));
		put = put4(bpf_htonl(key), set, expires_tick, ticks(ns));
	} else {
		gate_open(&gate6, 0, neighbourhood6(key));
		put = put6(key, expires_tick, ticks(ns));
	}
	if (put == SW_PUT_FULL) {
		__sync_fetch_and_add(&st->overflow_full, 1);
		return false;
	}
	if (put == SW_PUT_NEW)
		__sync_fetch_and_add(&st->auto_blocked, 1);
	sweep(st, set, ticks(ns));
	return true;
}

#endif
