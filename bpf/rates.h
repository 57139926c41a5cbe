/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits independent of evidence: how much new traffic a source or a service gets per
 * second (rates.*), and, while `known_only` is in effect, that only known clients get
 * anything new. Known clients and allowed sources have no limit. Called by the main
 * program directly, so the calls below have more of the stack.
 */
#ifndef RATES_H
#define RATES_H

#include "probes.h"

#define RATE_BUCKETS 16384
#define RATE_SHIFT 10 /* ns per unit of a bucket, about a microsecond */
#define RATE_SECOND (1000000000u >> RATE_SHIFT)

/* For this protocol: by default only ICMP is limited, and SYNs should not pay for it. */
static __always_inline bool any_rate(const struct sw_settings *set, __u8 proto)
{
	if (proto == IPPROTO_TCP)
		return set->syn_rate | set->rate_tcp_service;
	if (proto == IPPROTO_UDP)
		return set->rate_udp_source | set->rate_udp_service;
	return set->rate_icmp_source;
}

/* UDP to a service returns early from the main program unless one of these is set. */
static __always_inline bool any_udp_rate(const struct sw_settings *set)
{
	return set->known_only | set->rate_udp_source | set->rate_udp_service;
}

static __always_inline bool is_known_only(const struct sw_settings *set, __u32 tick)
{
	const struct sw_state *st = entry_of(&state, 0);

	if (set->known_only != SW_KNOWN_ONLY_AUTO)
		return set->known_only;
	return st && (strangers_challenged(st, tick) || any_flood(tick));
}

/* A token bucket with a burst of one second, in the form of the generic cell rate
 * algorithm (ITU-T I.371): the theoretical arrival time of the next packet. */
static __always_inline struct sw_rate_bucket *over_rate(__u64 id, __u32 a_second, __u64 ns)
{
	__u64 h = sw_hash64(id, seed);
	struct sw_rate_bucket *b = entry_of(&rate_buckets, h >> 40 & (RATE_BUCKETS - 1));
	__u32 now = ns >> RATE_SHIFT, step = RATE_SECOND / a_second, ahead = 0;

	if (!b)
		return NULL;
	if (b->tag != (__u32)h) {
		b->tag = h;
		b->told = 0;
	} else if (b->next - now <= RATE_SECOND) { /* otherwise in the past */
		ahead = b->next - now;
	}
	if (ahead + step > RATE_SECOND)
		return b;
	b->next = now + ahead + step;
	return NULL;
}

/* At most once per minute and bucket. */
static __always_inline void tell_limit(struct xdp_md *ctx, const struct pkt_meta *meta,
				       struct sw_rate_bucket *b, enum sw_rate rate, __u32 tick)
{
	struct verdict_ctx t = {.ctx = ctx, .meta = meta, .kind = meta->kind};
	struct sw_event *ev;

	if (b->told && tick - b->told < MINUTE_TICKS)
		return;
	b->told = tick ? tick : 1;
	ev = new_event(&t, SW_EVENT_LIMITED);
	if (!ev)
		return;
	ev->port[0] = meta->port;
	ev->rate = rate;
	bpf_ringbuf_submit(ev, 0);
}

struct asked_rate {
	enum sw_rate rate;
	__u32 a_second; /* 0: unlimited */
	__u64 id;
};

static __always_inline bool exceeds(struct xdp_md *ctx, const struct pkt_meta *meta,
				    const struct asked_rate *r, __u32 tick)
{
	struct sw_rate_bucket *b;

	if (!r->a_second)
		return false;
	b = over_rate(r->id ^ (__u64)(r->rate + 1) * (seed[3] | 1), r->a_second, meta->ns);
	if (!b)
		return false;
	tell_limit(ctx, meta, b, r->rate, tick);
	return true;
}

static __always_inline struct asked_rate source_rate(const struct pkt_meta *meta,
						     const struct sw_settings *set)
{
	if (meta->flow.proto == IPPROTO_TCP)
		return (struct asked_rate){SW_RATE_SYN_SOURCE, set->syn_rate, meta->key};
	if (meta->flow.proto == IPPROTO_UDP)
		return (struct asked_rate){SW_RATE_UDP_SOURCE, set->rate_udp_source, meta->key};
	return (struct asked_rate){SW_RATE_ICMP_SOURCE, set->rate_icmp_source, meta->key};
}

/* CONTINUE, or a reason to drop the packet. */
static __always_inline int judge_limits(struct xdp_md *ctx, const struct pkt_meta *meta,
					const struct sw_settings *set, __u32 tick)
{
	bool udp = meta->flow.proto == IPPROTO_UDP, tcp = meta->flow.proto == IPPROTO_TCP;
	struct asked_rate rate = source_rate(meta, set);

	if (exceeds(ctx, meta, &rate, tick))
		return tcp ? SW_REASON_SYN_RATE : SW_REASON_RATE_LIMIT;
	rate = (struct asked_rate){udp ? SW_RATE_UDP_SERVICE : SW_RATE_TCP_SERVICE,
				   udp ? set->rate_udp_service : set->rate_tcp_service,
				   target_hash(&meta->flow)};
	if ((tcp || udp) && exceeds(ctx, meta, &rate, tick))
		return SW_REASON_RATE_LIMIT;
	return CONTINUE;
}

/* Something new to a local address: a connection, a datagram to a service, a ping. */
static __always_inline bool asks_for_new(const struct pkt_meta *meta, int reason)
{
	if (meta->flow.proto == IPPROTO_TCP)
		return meta->syn && meta->verdict == AT_OPEN_PORT;
	if (meta->flow.proto == IPPROTO_UDP)
		return reason == SW_REASON_OPEN_PORT;
	return meta->verdict == PINGING;
}

/* reason: the result of judge_unknown(), or CONTINUE. Returns the same, or a reason to
 * drop the packet. A global function, so it is verified once. */
__noinline int judge_rates(struct xdp_md *ctx, const struct pkt_meta *meta, int reason)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	bool challenged = reason == SW_REASON_CHALLENGED || reason == SW_REASON_STRANGER;
	bool known_only;
	__u32 tick;
	int over;

	if (!meta || !set)
		return reason;
	tick = ticks(meta->ns);
	known_only = is_known_only(set, tick);
	challenged = challenged && known_only && meta->flow.proto == IPPROTO_TCP &&
		     segment_of(meta->tcp_flags) == SYN;
	if (!challenged && !asks_for_new(meta, reason))
		return reason;
	if (!known_only && !any_rate(set, meta->flow.proto))
		return reason;
	if (has_shaken_hands(&meta->flow, meta->key, tick) ||
	    uses_service(&meta->flow, meta->key, tick) || in_known_talk(meta) ||
	    (set->any_key && was_let_in(meta, tick)) || allowed(meta->key, &meta->src, tick))
		return reason;
	if (known_only)
		return SW_REASON_KNOWN_ONLY;
	over = judge_limits(ctx, meta, set, tick);
	return over == CONTINUE ? reason : over;
}

#endif
