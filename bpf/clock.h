/* SPDX-License-Identifier: GPL-2.0-only */
/* The time, in the units of abi.h, and what depends on nothing else. */
#ifndef CLOCK_H
#define CLOCK_H

#include "parse.h"

/* Set at load for tests and replay, which move the clock by hand. */
const volatile bool made_up_clock;

/* Set for a replay: the sockets of this host must not answer for those of the
 * capture's, and each piece of evidence is told. */
const volatile bool replaying;

static __always_inline __u64 now_ns(const struct sw_settings *set)
{
	/* The precise clock costs 29 ns a call, this one 3 (docs/performance.md);
	 * its step of one to four milliseconds is finer than any use of it. */
	return made_up_clock ? set->clock_ns : bpf_ktime_get_coarse_ns();
}

/* The reasons that drop, as one constant. */
static __always_inline bool drops(int reason)
{
#define X(id, drop, name, text) | (__u64)(drop) << SW_REASON_##id
	return (0ull SW_REASONS(X)) >> reason & 1;
#undef X
}

/* One packet, one time. */
static __always_inline __u64 packet_ns(struct packet *p, const struct sw_settings *set)
{
	if (!p->ns)
		p->ns = now_ns(set);
	return p->ns;
}

static __always_inline __u32 ticks(__u64 ns)
{
	return ns >> SW_TICK_SHIFT;
}

static __always_inline __u32 millis(__u64 ns)
{
	return ns >> SW_MS_SHIFT;
}

/* The tick of a time in ms that is not far from now. */
static __always_inline __u32 tick_of_ms(__u64 ns, __u32 ms)
{
	return ticks(ns) - ((millis(ns) - ms) >> (SW_TICK_SHIFT - SW_MS_SHIFT));
}

/* A trial's deadline is kept here, so that it ends with no process alive, and that of the
 * daemon's heartbeat, so that its end is noticed by no process. */
static __always_inline bool enforcing(const struct sw_settings *set)
{
	if (set->enforce_until && (__s32)(set->enforce_until - ticks(now_ns(set))) <= 0)
		return false;
	if (set->revert_at && now_ns(set) >= set->revert_at)
		return set->revert_mode == SW_ENFORCE;
	return set->mode == SW_ENFORCE;
}

#endif
