// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes entries of a drop-set line while the program does the same on other CPUs
 * (dropset.h). A lost cmpxchg means that somebody else made progress, so the loops end.
 * A key may be in a line twice; each change leaves one copy.
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

/* Expiry and flags of the slot if it holds the key, else 0. The word is read before and
 * after the key: a slot that changes owners in between has a different word, because
 * only we release live entries. */
static __u32 entry_in(const struct sw_line *l, __u32 i, __u64 key)
{
	__u32 seen;
	bool same;

	if (sw_slot_key(l, i) !=
	    key) /* usually it does not, and the cold array may be a cache miss */
		return 0;
	seen = __atomic_load_n(&l->expires_tick[i], __ATOMIC_ACQUIRE);
	same = sw_slot_key(l, i) == key;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return same && sw_slot_expiry(l, i) == seen ? seen : 0;
}

/* Frees a slot that is half written. If it still is after all packets in flight have
 * left, its writer was killed. There is no other writer: we hold the lock. */
static void mend(const struct sw_line *l, __u32 i, struct sw_state *st)
{
	__u32 seen = sw_slot_expiry(l, i);

	if (!seen || (seen != SW_EXPIRES_BUSY && sw_slot_key(l, i)))
		return;
	sw_wait_for_packets();
	if (seen == SW_EXPIRES_BUSY) {
		if (sw_slot_expiry(l, i) != seen)
			return;
		sw_slot_set_key(l, i, 0);
		sw_slot_swap(l, i, seen, 0);
		return;
	}
	if (!sw_slot_key(l, i) && sw_slot_take(l, i, seen))
		sw_count_auto(st, seen, 0);
}

struct sw_held sw_line_read(const struct sw_line *l, __u64 key, __u32 now)
{
	struct sw_held h = {0};

	for (__u32 i = 0; i < l->ways; i++) {
		__u32 seen = entry_in(l, i, key);

		if (sw_live(seen, now))
			sw_held_add(&h, seen, sw_hits(l->hits[i]));
	}
	return h;
}

/* Rewrites slot i, if its entry still ends as seen; 0 frees it. */
static bool rewrite_slot(const struct sw_line *l, __u32 i, struct sw_state *st, __u32 seen,
			 __u32 expires_tick)
{
	if (expires_tick && !sw_slot_swap(l, i, seen, expires_tick))
		return false;
	if (expires_tick)
		sw_head_note(l, i, expires_tick);
	else if (!sw_slot_take(l, i, seen))
		return false;
	sw_count_auto(st, seen, expires_tick);
	return true;
}

/* The first entry of the key gets `expires_tick`, the others are removed; 0 removes
 * all. */
static enum sw_put rewrite(const struct sw_line *l, struct sw_state *st, __u64 key,
			   __u32 expires_tick, __u32 known, __u32 now, __u32 *conflict)
{
	enum sw_put put = SW_PUT_NEW;

	for (__u32 i = 0; i < l->ways; i++) {
		__u32 seen = entry_in(l, i, key);
		/* an expired one may be removed and reused at any moment */
		bool keep = expires_tick && put == SW_PUT_NEW && sw_live(seen, now);

		if (seen == SW_EXPIRES_BUSY)
			mend(l, i, st);
		if (!(seen & SW_EXPIRES_TICKS))
			continue;
		if (sw_conflicts(seen, known, now)) {
			*conflict = seen;
			return SW_PUT_SURPRISE;
		}
		if (!rewrite_slot(l, i, st, seen, keep ? expires_tick : 0)) {
			i--;
			continue;
		}
		if (keep || !expires_tick)
			put = SW_PUT_OLD;
	}
	return put;
}

/* Computes the earliest expiry of the head where it is unknown, so that the first hit
 * does not have to; as bpf/blocked.h does, and as safely. */
static void settle(const struct sw_line *l)
{
	__u64 head = __atomic_load_n(l->head, __ATOMIC_RELAXED);
	__u32 earliest = SW_EXPIRES_TICKS;

	if (sw_head_expiry(head))
		return;
	head = __sync_add_and_fetch(l->head, SW_HEAD_VERSION);
	for (__u32 i = 0; i < l->ways; i++) {
		__u32 end = sw_slot_expiry(l, i) & SW_EXPIRES_TICKS;

		if (end && end < earliest)
			earliest = end;
	}
	__sync_bool_compare_and_swap(
		l->head, head, (head & ~SW_HEAD_EXPIRY) | (__u64)earliest << SW_HEAD_EXPIRY_SHIFT);
}

static enum sw_put put(const struct sw_line *l, struct sw_state *st, __u64 key, __u64 hash,
		       const struct sw_overflow6_key *k, __u32 expires_tick, __u32 known, __u32 now,
		       __u32 *conflict)
{
	enum sw_put done = rewrite(l, st, key, expires_tick, known, now, conflict);

	if (done != SW_PUT_NEW)
		return done;
	sw_bloom_add(l, hash);
	for (__u32 i = 0; i < l->ways; i++) {
		__u32 seen = sw_slot_expiry(l, i);

		if (seen & SW_EXPIRES_TICKS && !sw_live(seen, now))
			rewrite_slot(l, i, st, seen, 0);
		if (!sw_slot_add(l, i, key, k, expires_tick))
			continue;
		sw_count_auto(st, 0, expires_tick);
		return SW_PUT_NEW;
	}
	return SW_PUT_FULL;
}

enum sw_put sw_line_put(const struct sw_line *l, struct sw_state *st, __u64 key, __u64 hash,
			const struct sw_overflow6_key *k, __u32 expires_tick, __u32 known,
			__u32 now, __u32 *conflict)
{
	enum sw_put done = put(l, st, key, hash, k, expires_tick, known, now, conflict);

	settle(l);
	return done;
}

enum sw_put sw_line_remove(const struct sw_line *l, struct sw_state *st, __u64 key, __u32 known,
			   __u32 now, __u32 *conflict)
{
	return rewrite(l, st, key, 0, known, now, conflict);
}

void sw_line_sweep(const struct sw_line *l, struct sw_state *st, __u32 now)
{
	for (__u32 i = 0; i < l->ways; i++) {
		__u32 seen = sw_slot_expiry(l, i);

		if (!seen)
			continue;
		mend(l, i, st);
		if (seen & SW_EXPIRES_TICKS && !sw_live(seen, now))
			rewrite_slot(l, i, st, seen, 0);
	}
}

void sw_line_clear(const struct sw_line *l, __u32 i, struct sw_state *st)
{
	__u32 seen = sw_slot_expiry(l, i);

	while (seen & SW_EXPIRES_TICKS && !rewrite_slot(l, i, st, seen, 0))
		seen = sw_slot_expiry(l, i);
}

/* Not atomic: a concurrent hit may be lost. */
void sw_line_credit(const struct sw_line *l, __u64 key, __u32 hits)
{
	for (__u32 i = 0; i < l->ways; i++) {
		__u64 sum = (__u64)hits + sw_hits(l->hits[i]);

		if (!entry_in(l, i, key))
			continue;
		if (sum > SW_HITS_EXACT)
			sum = SW_HITS_EXACT + (sum - SW_HITS_EXACT) / SW_HITS_SCALE;
		l->hits[i] = sum < SW_HITS_MOST ? sum : SW_HITS_MOST;
		return;
	}
}

struct sw_prefix sw_slot_prefix(const struct sw_line *l, __u32 i, __u64 key)
{
	const struct sw_drop6_cold *c = l->cold6;

	if (l->addr)
		return (struct sw_prefix){.addr = sw_addr_from4(key), .plen = 32, .v4 = true};
	return sw_prefix_of_halves(c->high[i], c->low[i], c->plen[i]);
}
