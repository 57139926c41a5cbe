/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Might this source be past the threshold without being blocked, or be among decoys?
 * UDP to a service asks this for each datagram, and `sources` is too large to stay in
 * the cache. This table of 32 KiB says no for nearly every source.
 */
#ifndef SUSPECTS_H
#define SUSPECTS_H

#include "flow_state.h"

static __always_inline __u16 *suspect_cell(__u64 key)
{
	__u32 h = sw_hash64(key, seed) >> 32 & (SW_SUSPECTS - 1);
	struct sw_suspects *s = entry_of(&suspects, h >> 2);

	return s ? &s->when[masked(h, 3)] : NULL;
}

static __always_inline __u16 suspect_time(__u32 tick)
{
	__u16 when = tick >> SW_SUSPECT_SHIFT;

	return when ? when : 1;
}

/* id: an IPv4 address or an IPv6 /64, host order. */
static __always_inline void note_suspect(__u64 id, __u32 tick)
{
	struct sw_state *st = entry_of(&state, 0);
	__u16 *when = suspect_cell(id), now = suspect_time(tick);

	if (!st || !when)
		return;
	if (*when != now)
		*when = now;
	if (st->suspect_tick != tick)
		st->suspect_tick = tick;
}

/* Are there any suspects? */
static __always_inline bool suspects_about(__u32 tick)
{
	const struct sw_state *st = entry_of(&state, 0);

	return st && st->suspect_tick && tick - st->suspect_tick < HOUR_TICKS;
}

/* Within the last hour. A source that was quiet for longer starts afresh. */
static __always_inline bool may_be_suspect(__u64 id, __u32 tick)
{
	__u16 *when = suspect_cell(id);

	return when && *when &&
	       (__u16)(suspect_time(tick) - *when) <= HOUR_TICKS >> SW_SUSPECT_SHIFT;
}

#endif
