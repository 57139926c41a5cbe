/* SPDX-License-Identifier: GPL-2.0-only */
/* Under a spray of forged sources neither a list nor a table can tell them apart. So
 * while one lasts, every source that is not a known client is challenged (challenge.h),
 * without an entry of its own. */
#ifndef STRANGERS_H
#define STRANGERS_H

#include "clients.h"
#include "sockets.h"

#define QUIET_TICKS 38	/* 10 s without a spray end it */
#define COUNTED_EACH 8	/* during a spray, packets are sampled */
#define SECOND_SHIFT 30 /* of ns: a second or so */
#define NOISE 64	/* misses per second */

static __always_inline bool strangers_challenged(const struct sw_state *st, __u32 tick)
{
	return st->strangers_until && (__s32)(st->strangers_until - tick) > 0;
}

/* Returns true if they were not challenged before. */
static __always_inline bool challenge_strangers(const struct sw_settings *set, __u32 tick,
						enum sw_spray why)
{
	struct sw_state *st = entry_of(&state, 0);
	bool begins;

	if (!st || !set->challenge)
		return false;
	begins = !strangers_challenged(st, tick);
	if (begins) {
		st->strangers_since = tick;
		st->strangers_why = why;
	}
	if (st->strangers_until != tick + QUIET_TICKS)
		st->strangers_until = tick + QUIET_TICKS;
	return begins;
}

/* Counts `weight` sources never suspected before, or packets of them. True if there are
 * more than `most` in this second; what comes after that is not counted, as in a spray
 * all CPUs would write this line. */
static __always_inline bool count_strangers(__u64 ns, __u32 weight, __u32 most)
{
	struct sw_state *st = entry_of(&state, 0);
	__u32 second = ns >> SECOND_SHIFT;

	if (!st)
		return false;
	if (st->strangers_second != second) {
		st->strangers_second = second;
		st->strangers_seen = 0;
	}
	if (st->strangers_seen > most)
		return true;
	return __sync_fetch_and_add(&st->strangers_seen, weight) + weight > most;
}

static __always_inline bool too_many_strangers(const struct sw_settings *set, __u64 ns)
{
	return set->strangers_per_second && count_strangers(ns, 1, set->strangers_per_second);
}

/* Misses per second with which a spray goes on: ten for each block per second that
 * guard.auto_per_minute lets, as it would reach that limit again; but not what is sent to
 * any host all day. */
static __always_inline __u32 spray_goes_on(const struct sw_settings *set)
{
	__u32 most = set->auto_per_minute / 6;

	most = most < NOISE ? NOISE : most;
	return set->strangers_per_second && set->strangers_per_second < most
		       ? set->strangers_per_second
		       : most;
}

/* A challenged stranger missed: if there are many, the spray goes on. */
static __always_inline void count_stranger(const struct sw_settings *set, __u64 ns)
{
	if (bpf_get_prandom_u32() % COUNTED_EACH)
		return;
	if (count_strangers(ns, COUNTED_EACH, spray_goes_on(set)))
		challenge_strangers(set, ticks(ns), SW_SPRAY_SOURCES);
}

/* Forwarded packets may belong to connections whose start was not seen here. */
static __always_inline bool may_be_stranger(const struct pkt_meta *p, const struct sw_settings *set)
{
	return p->flow.proto != IPPROTO_TCP || !set->forwards ||
	       (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static __always_inline bool is_stranger(const struct pkt_meta *p, const struct sw_settings *set,
					__u32 tick)
{
	const struct sw_state *st = entry_of(&state, 0);

	if (!st || !strangers_challenged(st, tick) || !enforcing(set))
		return false;
	return may_be_stranger(p, set) && is_local_addr(p) &&
	       !is_known_client(&p->flow, p->key, tick) && !allowed(p->key, &p->src, tick);
}

#endif
