/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule that matched does: to the packet, to its source, to the screen. */
#ifndef ACT_H
#define ACT_H

#include "candidates.h"
#include "evidence.h"
#include "sockets.h"

/* Fields of the kernel's struct, found by name when the program is loaded. */
struct tcp_sock {
	__u32 rcv_nxt, snd_nxt, snd_una, rcv_wnd;
} __attribute__((preserve_access_index));

static __always_inline bool in_window(struct bpf_sock *sk, const struct pkt_meta *meta)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u32 seq = bpf_ntohl(meta->seq), ack = bpf_ntohl(meta->ack_seq);

	return tp && seq - tp->rcv_nxt <= tp->rcv_wnd &&
	       ack - tp->snd_una <= tp->snd_nxt - tp->snd_una;
}

enum fit {
	NO_WINDOW, /* no connection of a socket here */
	OUTSIDE,
	INSIDE,
};

static __always_inline enum fit fit_of(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	struct bpf_sock_tuple t = {};
	enum fit fit = NO_WINDOW;
	struct bpf_sock *sk;

	socket_tuple(meta, &t);
	sk = bpf_skc_lookup_tcp(ctx, &t, meta->family == AF_INET ? sizeof(t.ipv4) : sizeof(t.ipv6),
				BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return NO_WINDOW;
	if (sk->state != BPF_TCP_LISTEN && sk->state != BPF_TCP_NEW_SYN_RECV)
		fit = in_window(sk, meta) ? INSIDE : OUTSIDE;
	bpf_sk_release(sk);
	return fit;
}

/* Did the connection's own peer send it? Whoever forges a segment knows the
 * ports at best, not the numbers (RFC 5961 5.2 asks for the same). */
static __always_inline bool is_proven(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	if (!meta->has_tcp)
		return false;
	if (replaying)
		return replayed_socket() == CONNECTED;
	return fit_of(ctx, meta) == INSIDE;
}

/* False: the host throws the segment away, so it hides nothing that came before.
 * Asked only of those that do not go on where the last one ended. */
__noinline int may_be_taken(struct xdp_md *ctx)
{
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);

	return !meta || !meta->has_tcp || replaying || fit_of(ctx, meta) != OUTSIDE;
}

static __always_inline struct sw_rule_tally *limit_of(const struct sw_rule *r,
						      const struct pkt_meta *meta, __u32 tick)
{
	__u64 h = sw_hash64(meta->key ^ (__u64)r->sid * (seed[3] | 1), seed);
	struct sw_rule_tally *l = entry_of(&rule_limits, h >> 20 & (RULE_LIMITS - 1));

	if (l && l->tag != (__u32)(h >> 32))
		*l = (struct sw_rule_tally){.tag = h >> 32, .since = tick};
	return l;
}

struct decision {
	bool acts, tells;
};

/* threshold and detection_filter, by source. */
static __always_inline struct decision decide(const struct sw_rule *r, struct sw_rule_tally *l,
					      __u32 tick)
{
	__u32 ticks_long = (r->limit_seconds * 3815u) >> 10; /* of 2^28 ns */
	bool now;

	if (r->limit == SW_LIMIT_NONE)
		return (struct decision){true, replaying || !l->notified ||
						       tick - l->notified >= MINUTE_TICKS};
	if (tick - l->since >= ticks_long) {
		l->since = tick;
		l->count = 0;
	}
	l->count++;
	switch (r->limit) {
	case SW_LIMIT_LIMIT:
		return (struct decision){true, l->count <= r->limit_count};
	case SW_LIMIT_THRESHOLD:
		now = l->count >= r->limit_count;
		if (now)
			l->count = 0;
		return (struct decision){now, now};
	case SW_LIMIT_BOTH:
		return (struct decision){l->count >= r->limit_count, l->count == r->limit_count};
	}
	now = l->count > r->limit_count;
	return (struct decision){now, now && (!l->notified || tick - l->notified >= MINUTE_TICKS)};
}

static __always_inline void copy_match(struct sw_event *ev, const struct scratch *s,
				       const struct match *m)
{
	ev->matched_length = m->length < SW_MATCHED_BYTES ? m->length : SW_MATCHED_BYTES;
#pragma unroll
	for (int n = 0; n < SW_MATCHED_BYTES / 8; n++)
		((__u64 *)ev->matched)[n] = load8(s, m->at + 8 * n);
}

struct ruling {
	const struct sw_rule *r;
	const struct match *m;
	bool drops;
};

static __always_inline void tell_rule(const struct verdict_ctx *t, const struct ruling *v,
				      const struct sw_source *source, enum sw_event_type type,
				      __u32 expires_tick)
{
	struct sw_event *ev = new_event(t, type);
	const struct scratch *s = scratch();

	if (!ev)
		return;
	ev->kinds = 1 << SW_EVIDENCE_SIGNATURE;
	ev->port[0] = t->meta->port;
	ev->expires_tick = expires_tick;
	ev->sid = v->r->sid;
	ev->verdict = !v->drops		  ? SW_RULE_TOLD
		      : enforcing(t->set) ? SW_RULE_DROPPED
					  : SW_RULE_WOULD_DROP;
	if (s)
		copy_match(ev, s, v->m);
	if (source) {
		ev->kinds = source->kinds;
		ev->tool = source->tool;
		ev->score = source->score;
		ev->span_ms = millis(t->ns) - source->first_ms;
		__builtin_memcpy(ev->port, source->port, sizeof(ev->port));
	}
	bpf_ringbuf_submit(ev, 0);
}

/* Evidence that nobody can forge: all of the source's packets are dropped, its
 * open connections' too, and for longer. False: not blocked (yet). */
static __always_inline bool block_hard(const struct verdict_ctx *t, const struct ruling *v)
{
	const struct sw_settings *set = t->set;
	__u64 end = (__u64)t->tick + set->proven_ticks;
	__u32 expires_tick = end >= SW_EXPIRES_TICKS ? SW_EXPIRES_TICKS - 1 : end;
	struct sw_source *s = source_of(t->meta->key, set, millis(t->ns));
	int score;

	if (!s)
		return false;
	if (!s->score)
		s->first_ms = millis(t->ns);
	score = s->score + set->weight[SW_EVIDENCE_SIGNATURE];
	s->score = score > SCORE_MAX ? SCORE_MAX : score;
	s->last_ms = millis(t->ns);
	s->kinds |= 1 << SW_EVIDENCE_SIGNATURE;
	list_target(s, t->meta->port);
	if (s->score < (__s32)set->threshold)
		return false;
	expires_tick |= SW_EXPIRES_AUTO;
	if (!block_source(block_key(t->meta), set, t->ns, expires_tick, true)) {
		if (!s->notified)
			tell_rule(t, v, s, SW_EVENT_CAPPED, 0);
		s->notified = 1;
		return false;
	}
	tell_rule(t, v, s, enforcing(set) ? SW_EVENT_BLOCK : SW_EVENT_WOULD_BLOCK, expires_tick);
	s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 0;
	s->notified = 0;
	return true;
}

static __always_inline bool may_convict(const struct sw_rule *r, const struct pkt_meta *meta)
{
	return r->action == SW_RULE_BLOCK && !(r->flags & SW_RULE_UNPROVABLE) && meta->has_tcp;
}

/* The n-th match; 1: it drops the packet. */
__noinline int act(struct xdp_md *ctx, __u32 n)
{
	struct verdict_ctx t = {
		.ctx = ctx, .meta = entry_of(&pkt_metas, 0), .set = entry_of(&settings, 0)};
	struct scratch *s = scratch();
	struct sw_rule_count *count;
	struct sw_rule_tally *l;
	struct decision d;
	struct ruling v;
	__u32 index;

	if (!t.meta || !t.set || !s)
		return 0;
	v.m = &s->match[masked(n, MATCHES - 1)];
	index = s->half * rules_max + v.m->rule;
	v.r = entry_of(&rules, index);
	count = entry_of(&rule_counts, index);
	t.ns = now_ns(t.set);
	t.tick = ticks(t.ns);
	t.kind = SW_EVIDENCE_SIGNATURE;
	if (!v.r || !count)
		return 0;
	l = limit_of(v.r, t.meta, t.tick);
	if (!l)
		return 0;
	d = decide(v.r, l, t.tick);
	if (!d.acts)
		return 0;
	v.drops = v.r->action != SW_RULE_ALERT && !allowed(t.meta->key, &t.meta->src, t.tick);
	__sync_fetch_and_add(&count->hits, 1);
	count->last_ns = t.ns;
	if (v.drops)
		__sync_fetch_and_add(&count->dropped, 1);
	if (v.drops && may_convict(v.r, t.meta) && is_proven(ctx, t.meta) && block_hard(&t, &v))
		return 1;
	if (d.tells) {
		l->notified = t.tick ? t.tick : 1;
		tell_rule(&t, &v, NULL, SW_EVENT_SIGNATURE, 0);
	}
	return v.drops;
}

#endif
