/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a port flooded with SYNs? Packets are counted, never sources, which are forged in
 * a flood: nobody is charged, limited or blocked for it.
 *
 * Watermarks with hysteresis: more than guard.syn_flood_begins SYNs a second to a port
 * start a flood, and ten seconds at no more than guard.syn_flood_ends end it. ACKs
 * without a connection are counted the same way, all ports together.
 */
#ifndef FLOODS_H
#define FLOODS_H

#include "evidence.h"

#define FLOOD_QUIET 38 /* ticks: 10 s */
#define STRAY_ACKS 0   /* their index in `floods` */

/* One packet in so many is counted, with that weight: the shared cache line is rarely
 * written, and no packet pays for a counter of its own. */
#define FLOOD_SAMPLE 16

static __always_inline bool lasts(__u32 until, __u32 tick)
{
	return until && (__s32)(until - tick) > 0;
}

static __always_inline bool any_flood(__u32 tick)
{
	const struct sw_state *st = entry_of(&state, 0);

	return st && lasts(st->flood_until, tick);
}

static __always_inline bool is_flooded(__u32 port, __u32 tick)
{
	const struct sw_flood *f = entry_of(&floods, port & (SW_FLOODS - 1));

	return any_flood(tick) && f && lasts(f->until, tick);
}

static __always_inline void tell_flood(struct xdp_md *ctx, const struct pkt_meta *meta,
				       const struct sw_settings *set, __u32 port, __u32 seen)
{
	struct verdict_ctx t = {.ctx = ctx, .meta = meta, .set = set};
	struct sw_event *ev;

	t.kind = port == STRAY_ACKS ? SW_EVIDENCE_STRAY_ACK : SW_EVIDENCE_SYN_RATE;
	ev = new_event(&t, SW_EVENT_SYN_FLOOD);
	if (!ev)
		return;
	ev->kinds = 1 << t.kind;
	ev->port[0] = port;
	ev->flood_seen = seen;
	bpf_ringbuf_submit(ev, 0);
}

/* Adds FLOOD_SAMPLE. A global function, so it is verified once. */
__noinline int add_to_flood(struct xdp_md *ctx, const struct pkt_meta *meta, __u32 port)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct sw_flood *f = entry_of(&floods, port & (SW_FLOODS - 1));
	struct sw_state *st = entry_of(&state, 0);
	__u32 second, tick, seen;
	bool lasting;

	if (!meta || !set || !f || !st)
		return 0;
	second = meta->ns >> SECOND_SHIFT;
	tick = ticks(meta->ns);
	if (f->second != second) {
		f->rate = f->seen;
		f->second = second;
		f->seen = 0;
	}
	seen = __sync_fetch_and_add(&f->seen, FLOOD_SAMPLE) + FLOOD_SAMPLE;
	lasting = lasts(f->until, tick);
	if (seen <= (lasting ? set->flood_ends : set->flood_begins))
		return 0;
	if (!lasting) {
		f->since = tick;
		f->until = tick + FLOOD_QUIET;
		tell_flood(ctx, meta, set, port, seen);
	}
	if (f->until != tick + FLOOD_QUIET)
		f->until = tick + FLOOD_QUIET;
	if (st->flood_until != tick + FLOOD_QUIET)
		st->flood_until = tick + FLOOD_QUIET;
	return 0;
}

/* Picked by fields that differ between the packets of a flood, and a secret. */
static __always_inline bool is_sample(const struct pkt_meta *meta)
{
	__u64 x = meta->flow.remote ^ (__u64)meta->flow.sport << 32 ^ (__u64)meta->seq << 24;

	return x * seed[1] >> 60 == 0;
}

/* Is there anything to do? For most SYNs this is the only check. */
static __always_inline bool concerns_floods(const struct pkt_meta *meta,
					    const struct sw_settings *set, __u32 tick)
{
	return is_sample(meta) || any_flood(tick) || set->syn_flood == SW_SYN_FLOOD_ON;
}

/* A SYN to a listening port: should it be answered with a cookie? */
static __always_inline bool is_flood_syn(struct xdp_md *ctx, const struct pkt_meta *meta,
					 const struct sw_settings *set, __u32 tick)
{
	if (is_sample(meta))
		add_to_flood(ctx, meta, meta->port);
	if (set->syn_flood == SW_SYN_FLOOD_AUTO && !is_flooded(meta->port, tick))
		return false;
	return set->syn_cookies;
}

/* Where a socket was found, the address is known to be local without a search for it. */
static __always_inline bool is_to_this_host(const struct pkt_meta *meta)
{
	const struct sw_served *s = served_entry(&meta->flow);

	return (s && s->own && is_entry_of(s, &meta->flow)) || is_local_addr(meta);
}

/* An ACK or RST without a connection and without a valid cookie. While there is a flood
 * of them all ports stay silent, served or not, whatever the sender put into the
 * packet. On a host that forwards, it may belong to a connection without a local
 * socket. */
static __always_inline bool is_flood_junk(struct xdp_md *ctx, const struct pkt_meta *meta,
					  const struct sw_settings *set, __u32 tick)
{
	if (set->forwards || !is_to_this_host(meta))
		return false;
	if (meta->tcp_flags & TCP_RST)
		return any_flood(tick);
	if (is_sample(meta))
		add_to_flood(ctx, meta, STRAY_ACKS);
	return is_flooded(STRAY_ACKS, tick);
}

/* 1: a SYN to be answered with a cookie, or an ACK or RST to be dropped. A global
 * function, so its caller's stack stays small. */
__noinline int see_flood(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 tick;
	bool found;

	if (!meta || !set || set->syn_flood == SW_SYN_FLOOD_OFF || replaying)
		return 0;
	tick = ticks(meta->ns);
	found = meta->syn ? is_flood_syn(ctx, meta, set, tick)
			  : is_flood_junk(ctx, meta, set, tick);
	return found && enforcing(set);
}

#endif
