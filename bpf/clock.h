/* SPDX-License-Identifier: GPL-2.0-only */
/* Time in the units of abi.h, and helpers without other dependencies. */
#ifndef CLOCK_H
#define CLOCK_H

#include "parse.h"

/* Set at load for tests and replay, which control the clock. */
const volatile bool made_up_clock;

/* Set for replay: local sockets must not be mistaken for those of the capture, and
 * every piece of evidence emits an event. */
const volatile bool replaying;

static __always_inline __u64 now_ns(const struct sw_settings *set)
{
	/* bpf_ktime_get_ns() costs 29 ns a call, the coarse clock 3
	 * (docs/performance.md); its resolution of 1 to 4 ms is enough for every use
	 * here. */
	return made_up_clock ? set->clock_ns : bpf_ktime_get_coarse_ns();
}

/* The set of dropping reasons as a constant bitmap. */
static __always_inline bool drops(int reason)
{
#define X(id, drop, name, text) | (__u64)(drop) << SW_REASON_##id
	return (0ull SW_REASONS(X)) >> reason & 1;
#undef X
}

/* The clock is read at most once per packet. */
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

/* Converts a recent time in ms to ticks. */
static __always_inline __u32 tick_of_ms(__u64 ns, __u32 ms)
{
	return ticks(ns) - ((millis(ns) - ms) >> (SW_TICK_SHIFT - SW_MS_SHIFT));
}

/* Deadlines of a trial and of the daemon's heartbeat are checked here, so they hold
 * even when no process is alive. */
static __always_inline bool enforcing(const struct sw_settings *set)
{
	if (set->enforce_until && (__s32)(set->enforce_until - ticks(now_ns(set))) <= 0)
		return false;
	if (set->revert_at && now_ns(set) >= set->revert_at)
		return set->revert_mode == SW_ENFORCE;
	return set->mode == SW_ENFORCE;
}

#endif
