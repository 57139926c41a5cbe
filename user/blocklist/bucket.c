// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of one drop-set bucket, changed while the program does the same on
 * other CPUs. A lost swap means that somebody else moved on, so the loops end.
 * An address may stand in a bucket twice (dropset.h); each change leaves one.
 */
#include "blocklist/internal.h"

void sw_count_auto(struct sw_state *st, __u32 was, __u32 is)
{
	int delta = !!(is & SW_EXPIRES_AUTO) - !!(was & SW_EXPIRES_AUTO);

	if (delta)
		__sync_fetch_and_add(&st->auto_blocked, delta);
}

bool sw_conflicts(__u32 expires_tick, __u32 known, __u32 now)
{
	return expires_tick & SW_EXPIRES_AUTO && sw_live(expires_tick, now) &&
	       (expires_tick & SW_EXPIRES_TICKS) > (known & SW_EXPIRES_TICKS);
}

void sw_held_add(struct sw_held *h, __u32 expires_tick, __u32 hits)
{
	if ((expires_tick & SW_EXPIRES_TICKS) > (h->expires_tick & SW_EXPIRES_TICKS))
		h->expires_tick = expires_tick;
	if (expires_tick & SW_EXPIRES_AUTO &&
	    (expires_tick & SW_EXPIRES_TICKS) > (h->kernel & SW_EXPIRES_TICKS))
		h->kernel = expires_tick;
	h->hits += hits;
}

static struct sw_drop4_entry load4(const struct sw_drop4_entry *e)
{
	struct sw_drop4_entry seen;
	__u64 word = __atomic_load_n((const __u64 *)e, __ATOMIC_ACQUIRE);

	memcpy(&seen, &word, sizeof(seen));
	return seen;
}

struct sw_held sw_bucket4_read(const struct sw_drop4_bucket *b, __u32 addr, __u32 now)
{
	struct sw_held h = {0};

	for (int i = 0; i < SW_DROP4_WAYS; i++) {
		struct sw_drop4_entry seen = load4(&b->entry[i]);

		if (seen.addr == addr && sw_live(seen.expires_tick, now))
			sw_held_add(&h, seen.expires_tick, b->hits[i]);
	}
	return h;
}

/* (addr, until) into place i in the stead of what it held. */
static bool swap4(struct sw_drop4_bucket *b, int i, struct sw_drop4_entry seen, struct sw_state *st,
		  __u32 addr, __u32 expires_tick)
{
	if (!sw_entry4_swap(&b->entry[i], seen, addr, expires_tick))
		return false;
	sw_count_auto(st, seen.expires_tick, expires_tick);
	return true;
}

/* The first entry of addr gets `until`, the others go; until 0: all go. */
static enum sw_put rewrite4(struct sw_drop4_bucket *b, struct sw_state *st, __u32 addr,
			    __u32 expires_tick, __u32 known, __u32 now, __u32 *conflict)
{
	enum sw_put put = SW_PUT_NEW;

	for (int i = 0; i < SW_DROP4_WAYS; i++) {
		struct sw_drop4_entry seen = load4(&b->entry[i]);
		bool keep = expires_tick && put == SW_PUT_NEW;

		if (seen.addr != addr)
			continue;
		if (sw_conflicts(seen.expires_tick, known, now)) {
			*conflict = seen.expires_tick;
			return SW_PUT_SURPRISE;
		}
		if (!swap4(b, i, seen, st, keep ? addr : 0, keep ? expires_tick : 0)) {
			i--;
			continue;
		}
		if (keep && !sw_live(seen.expires_tick, now))
			b->hits[i] = 0;
		put = SW_PUT_OLD;
	}
	return put;
}

enum sw_put sw_bucket4_put(struct sw_drop4_bucket *b, struct sw_state *st, __u32 addr,
			   __u32 expires_tick, __u32 known, __u32 now, __u32 *conflict)
{
	enum sw_put put = rewrite4(b, st, addr, expires_tick, known, now, conflict);

	if (put != SW_PUT_NEW)
		return put;
	for (int i = 0; i < SW_DROP4_WAYS; i++) {
		struct sw_drop4_entry seen = load4(&b->entry[i]);

		if (seen.addr && sw_live(seen.expires_tick, now))
			continue;
		if (!swap4(b, i, seen, st, addr, expires_tick)) {
			i--;
			continue;
		}
		b->hits[i] = 0;
		return SW_PUT_NEW;
	}
	return SW_PUT_FULL;
}

enum sw_put sw_bucket4_remove(struct sw_drop4_bucket *b, struct sw_state *st, __u32 addr,
			      __u32 known, __u32 now, __u32 *conflict)
{
	return rewrite4(b, st, addr, 0, known, now, conflict);
}

void sw_bucket4_sweep(struct sw_drop4_bucket *b, struct sw_state *st, __u32 now)
{
	for (int i = 0; i < SW_DROP4_WAYS; i++) {
		struct sw_drop4_entry seen = load4(&b->entry[i]);

		if (seen.addr && !sw_live(seen.expires_tick, now))
			swap4(b, i, seen, st, 0, 0);
	}
}

void sw_bucket4_clear(struct sw_drop4_bucket *b, int i, struct sw_state *st)
{
	struct sw_drop4_entry seen = load4(&b->entry[i]);

	while (seen.addr && !swap4(b, i, seen, st, 0, 0))
		seen = load4(&b->entry[i]);
}

void sw_bucket4_credit(struct sw_drop4_bucket *b, __u32 addr, __u32 hits)
{
	for (int i = 0; i < SW_DROP4_WAYS; i++)
		if (load4(&b->entry[i]).addr == addr) {
			b->hits[i] = b->hits[i] + hits > 0xffff ? 0xffff : b->hits[i] + hits;
			return;
		}
}

/* The entry's word if it is k's, else 0. The word is read on both sides of
 * the key: a place that changes hands in between shows a different one, for a
 * live entry is not given back, and a dead one's expiry lies before any new. */
static __u32 word6(const struct sw_drop6_entry *e, const struct sw_overflow6_key *k)
{
	__u32 expires_tick = __atomic_load_n(&e->expires_tick, __ATOMIC_ACQUIRE);
	bool same = sw_entry6_is(e, k->high, k->low, k->plen);

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return same && __atomic_load_n(&e->expires_tick, __ATOMIC_RELAXED) == expires_tick
		       ? expires_tick
		       : 0;
}

static bool swap6(struct sw_drop6_entry *e, __u32 seen, struct sw_state *st, __u32 expires_tick)
{
	if (__sync_val_compare_and_swap(&e->expires_tick, seen, expires_tick) != seen)
		return false;
	sw_count_auto(st, seen, expires_tick);
	return true;
}

struct sw_held sw_bucket6_read(const struct sw_drop6_bucket *b, const struct sw_overflow6_key *k,
			       __u32 now)
{
	struct sw_held h = {0};

	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		__u32 expires_tick = word6(&b->entry[i], k);

		if (sw_live(expires_tick, now))
			sw_held_add(&h, expires_tick, b->entry[i].hits);
	}
	return h;
}

static enum sw_put rewrite6(struct sw_drop6_bucket *b, struct sw_state *st,
			    const struct sw_overflow6_key *k, __u32 expires_tick, __u32 known,
			    __u32 now, __u32 *conflict)
{
	enum sw_put put = SW_PUT_NEW;

	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		__u32 seen = word6(&b->entry[i], k);
		/* One that has ended may be reaped and reused at any moment. */
		bool keep = expires_tick && put == SW_PUT_NEW && sw_live(seen, now);

		if (!seen)
			continue;
		if (sw_conflicts(seen, known, now)) {
			*conflict = seen;
			return SW_PUT_SURPRISE;
		}
		if (!swap6(&b->entry[i], seen, st, keep ? expires_tick : 0)) {
			i--;
			continue;
		}
		if (keep || !expires_tick)
			put = SW_PUT_OLD;
	}
	return put;
}

enum sw_put sw_bucket6_put(struct sw_drop6_bucket *b, struct sw_state *st,
			   const struct sw_overflow6_key *k, __u32 expires_tick, __u32 known,
			   __u32 now, __u32 *conflict)
{
	enum sw_put put = rewrite6(b, st, k, expires_tick, known, now, conflict);

	if (put != SW_PUT_NEW)
		return put;
	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		__u32 seen = __atomic_load_n(&b->entry[i].expires_tick, __ATOMIC_ACQUIRE);

		if (seen & SW_EXPIRES_TICKS && !sw_live(seen, now))
			swap6(&b->entry[i], seen, st, 0);
		if (!sw_entry6_claim(&b->entry[i], k->high, k->low, k->plen, expires_tick))
			continue;
		sw_count_auto(st, 0, expires_tick);
		return SW_PUT_NEW;
	}
	return SW_PUT_FULL;
}

enum sw_put sw_bucket6_remove(struct sw_drop6_bucket *b, struct sw_state *st,
			      const struct sw_overflow6_key *k, __u32 known, __u32 now,
			      __u32 *conflict)
{
	return rewrite6(b, st, k, 0, known, now, conflict);
}

void sw_bucket6_sweep(struct sw_drop6_bucket *b, struct sw_state *st, __u32 now)
{
	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		__u32 seen = __atomic_load_n(&b->entry[i].expires_tick, __ATOMIC_ACQUIRE);

		if (seen & SW_EXPIRES_TICKS && !sw_live(seen, now))
			swap6(&b->entry[i], seen, st, 0);
	}
}
