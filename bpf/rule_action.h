/* SPDX-License-Identifier: GPL-2.0-only */
/* What a matching rule does: to the packet, to its source, and in events. */
#ifndef RULE_ACTION_H
#define RULE_ACTION_H

#include "evidence.h"
#include "flowbits.h"
#include "sockets.h"

/* quarter points; a rule that blocks has the weight of its evidence (abi.h) */
#define DROP_POINTS 6
#define ALERT_POINTS 4

static __always_inline bool in_window(struct bpf_sock *sk, const struct pkt_meta *meta)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u32 seq = bpf_ntohl(meta->seq), ack = bpf_ntohl(meta->ack_seq);

	return tp && seq - tp->rcv_nxt <= tp->rcv_wnd &&
	       ack - tp->snd_una <= tp->snd_nxt - tp->snd_una;
}

enum fit {
	NO_WINDOW, /* no local socket has this connection */
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

/* Do the bytes sent so far in both directions, including this segment, fit the rule?
 * Counted by the local socket. */
static __always_inline bool fits_stream(const struct sw_rule *r, __u64 client, __u64 server)
{
	bool by_client = client >= r->stream_low && client <= r->stream_high;
	bool by_server = server >= r->stream_low && server <= r->stream_high;
	bool fits;

	if (r->stream & SW_STREAM_EITHER)
		fits = by_client || by_server;
	else
		fits = (by_client || !(r->stream & SW_STREAM_CLIENT)) &&
		       (by_server || !(r->stream & SW_STREAM_SERVER));
	return fits != !!(r->stream & SW_STREAM_NOT);
}

__noinline int has_stream_size(struct xdp_md *ctx, __u32 rule)
{
	const struct sw_rule *r = entry_of(&rules, rule);
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct bpf_sock_tuple t = {};
	struct scratch *s = scratch();
	__u64 client, server;
	struct tcp_sock *tp;
	struct bpf_sock *sk;
	bool fits = false;

	if (!r || !meta || !s || !meta->has_tcp || replaying)
		return 0;
	socket_tuple(meta, &t);
	sk = bpf_skc_lookup_tcp(ctx, &t, meta->family == AF_INET ? sizeof(t.ipv4) : sizeof(t.ipv6),
				BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	tp = full_socket(sk);
	if (tp) {
		/* up to the end of the segment, even if out of order */
		client = tp->bytes_received +
			 (__s32)(s->seq + s->end - s->behind - FRESH - tp->rcv_nxt);
		server = tp->bytes_acked + (tp->snd_nxt - tp->snd_una);
		fits = fits_stream(r, client, server);
	}
	bpf_sk_release(sk);
	return fits;
}

/* Did the connection's own peer send it? A spoofer may know the ports, but not the
 * sequence numbers (RFC 5961 5.2 makes the same check). */
static __always_inline bool is_proven(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	if (!meta->has_tcp)
		return false;
	/* The server has read it. A synthetic frame is urgent if addresses were
	 * translated. */
	if (decrypted)
		return !(meta->tcp_flags & TCP_URG);
	if (replaying)
		return replayed_socket() == CONNECTED;
	return fit_of(ctx, meta) == INSIDE;
}

/* False if the host will discard the segment, so it hides nothing that came before.
 * Only for segments that do not continue the previous one. */
__noinline int may_be_taken(struct xdp_md *ctx)
{
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);

	return !meta || !meta->has_tcp || replaying || decrypted || fit_of(ctx, meta) != OUTSIDE;
}

/* The address that a rule counts by. */
static __always_inline __u64 counted_key(const struct sw_rule *r, const struct pkt_meta *meta)
{
	return r->limit_all ? ((const __u64 *)&meta->dst)[1] : meta->key;
}

static __always_inline struct sw_rule_tally *limit_of(const struct sw_rule *r,
						      const struct pkt_meta *meta, __u32 tick)
{
	__u64 h = sw_hash64(counted_key(r, meta) ^ (__u64)r->sid * (seed[3] | 1), seed);
	struct sw_rule_tally *l = entry_of(&rule_limits, h >> 20 & (RULE_LIMITS - 1));

	if (l && l->tag != (__u32)(h >> 32))
		*l = (struct sw_rule_tally){.tag = h >> 32, .since = tick};
	return l;
}

struct decision {
	bool acts, tells;
};

/* threshold and detection_filter, per source. */
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

static __always_inline void copy_match(__u64 matched[SW_MATCHED_BYTES / 8], const struct scratch *s,
				       const struct match *m)
{
#pragma unroll
	for (int n = 0; n < SW_MATCHED_BYTES / 8; n++)
		matched[n] = load8(s, m->at + 8 * n);
}

static __always_inline __u8 matched_length(__u32 length)
{
	return length < SW_MATCHED_BYTES ? length : SW_MATCHED_BYTES;
}

/* For a rule that lets the packet pass; `respond` reports the others. */
static __always_inline void tell_alert(const struct verdict_ctx *t, const struct sw_rule *r,
				       const struct scratch *s, const struct match *m)
{
	struct sw_event *ev = new_event(t, SW_EVENT_SIGNATURE);

	if (!ev)
		return;
	ev->kinds = 1 << SW_EVIDENCE_SIGNATURE;
	ev->port[0] = t->meta->port;
	ev->sid = r->sid;
	ev->verdict = SW_RULE_TOLD;
	ev->matched_length = matched_length(m->length);
	copy_match((__u64 *)ev->matched, s, m);
	bpf_ringbuf_submit(ev, 0);
}

/* Quarter points: of a rule that blocks, if the request was deliberate; of one that
 * drops; if a foreign page may have made a browser send it, no more than those of an
 * alert. */
static __always_inline int weight_of(const struct verdict_ctx *t, const struct sw_rule *r,
				     bool sure)
{
	if (r->flags & (SW_RULE_UNPROVABLE | SW_RULE_QUIET) || !t->meta->has_tcp)
		return 0;
	if (r->action == SW_RULE_BLOCK && sure)
		return t->set->weight[SW_EVIDENCE_SIGNATURE];
	return r->action == SW_RULE_ALERT || !sure ? ALERT_POINTS : DROP_POINTS;
}

static __always_inline void charge_packet(struct scratch *s, const struct sw_rule *r, int weight,
					  bool sure)
{
	struct charge *c = &s->charge[masked(s->charges, CHARGES - 1)];

	if (!weight || s->charges >= CHARGES)
		return;
	*c = (struct charge){r->sid, weight, sure, sure && r->action == SW_RULE_BLOCK};
	s->charges++;
}

/* The first of the most severe, since a drop outranks all alerts. */
static __always_inline void blame(struct scratch *s, const struct sw_rule *r, const struct match *m,
				  int weight)
{
	struct culprit *c = &s->culprit;
	bool drops = r->action != SW_RULE_ALERT;

	if (c->sid && (c->drops > drops || (c->drops == drops && c->weight >= weight)))
		return;
	c->sid = r->sid;
	c->length = m->length;
	c->weight = weight;
	c->drops = drops;
	copy_match(c->matched, s, m);
}

/* For the packet that set_scene() has described. */
static __always_inline bool detects_signatures(const struct sw_settings *set)
{
	const struct pkt_meta *meta = entry_of(&pkt_metas, 0);

	return meta && detects_only(set, meta, SW_EVIDENCE_SIGNATURE);
}

static __always_inline int bad_reason(const struct scratch *s)
{
	return s->detected ? SW_REASON_DETECT_ONLY : SW_REASON_SIGNATURE;
}

static __always_inline bool trusts(const struct verdict_ctx *t)
{
	return allowed(t->meta->key, &t->meta->src, t->tick) == SW_ALLOW_TRUSTED + 1;
}

/* Handles the n-th match; 1 if it drops the packet. */
__noinline int act(struct xdp_md *ctx, __u32 n)
{
	struct verdict_ctx t = {
		.ctx = ctx, .meta = entry_of(&pkt_metas, 0), .set = entry_of(&settings, 0)};
	struct scratch *s = scratch();
	struct sw_rule_count *count;
	const struct sw_rule *r;
	struct sw_rule_tally *l;
	const struct match *m;
	struct decision d;
	bool drops, sure;
	__u32 index;
	int weight;

	if (!t.meta || !t.set || !s)
		return 0;
	m = &s->match[masked(n, MATCHES - 1)];
	index = s->half * rules_max + m->rule;
	r = entry_of(&rules, index);
	count = entry_of(&rule_counts, index);
	t.tick = ticks(t.meta->ns);
	t.kind = SW_EVIDENCE_SIGNATURE;
	if (!r || !count)
		return 0;
	if ((r->stream && !has_stream_size(ctx, index)) || (r->bits && !use_bits(index)))
		return 0;
	l = limit_of(r, t.meta, t.tick);
	if (!l)
		return 0;
	d = decide(r, l, t.tick);
	if (!d.acts)
		return 0;
	drops = r->action != SW_RULE_ALERT && !trusts(&t);
	__sync_fetch_and_add(&count->hits, 1);
	count->last_ns = t.meta->ns;
	if (r->flags & SW_RULE_SILENT)
		return 0;
	if (drops)
		__sync_fetch_and_add(&count->dropped, 1);
	sure = m->sure;
	weight = weight_of(&t, r, sure);
	charge_packet(s, r, weight, sure);
	if (drops || weight)
		blame(s, r, m, weight);
	if (d.tells) {
		l->notified = t.tick ? t.tick : 1;
		if (!drops)
			tell_alert(&t, r, s, m);
		else
			s->culprit.tells = 1;
	}
	return drops;
}

#endif
