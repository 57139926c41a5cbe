/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles a packet that matched rules, its connection and its source. A program of its
 * own, behind `inspect`.
 *
 * Two separate questions. Is the sender proven: did the peer of the connection send
 * this? Is it intended: could a foreign page have made a browser send it, and does the
 * source speak only for itself? The packet is dropped in either case; the source is
 * blocked only if both hold.
 */
#ifndef RESPOND_H
#define RESPOND_H

#include "checksum.h"
#include "rule_action.h"
#include "speakers.h"
#include "stream_tail.h"

struct response {
	struct verdict_ctx t;
	struct scratch *s;
	struct sw_speaker *speaker;
	struct sw_source *source;
};

static __always_inline bool open_response(struct xdp_md *ctx, struct response *r)
{
	r->t = (struct verdict_ctx){.ctx = ctx,
				    .meta = entry_of(&pkt_metas, 0),
				    .set = entry_of(&settings, 0),
				    .kind = SW_EVIDENCE_SIGNATURE};
	r->s = scratch();
	r->speaker = NULL;
	r->source = NULL;
	if (!r->t.meta || !r->t.set || !r->s)
		return false;
	r->t.tick = ticks(r->t.meta->ns);
	return true;
}

/* True if this rule was not counted for the source before; it is now. */
static __always_inline bool is_distinct(struct sw_speaker *sp, __u32 sid)
{
	bool known = false;

	if (!sp)
		return true;
#pragma unroll
	for (int i = 0; i < SW_SPEAKER_SIGNATURES; i++)
		known |= sp->signature[i] == sid;
	if (!known)
		sp->signature[masked(sp->signatures++, SW_SPEAKER_SIGNATURES - 1)] = sid;
	return !known;
}

static __always_inline void forget_signatures(struct sw_speaker *sp)
{
	if (sp)
		__builtin_memset(sp->signature, 0, sizeof(sp->signature));
}

/* Points of the rules not counted for this source yet; for rules that block, every
 * time. What a page can make a browser send yields ALERT_POINTS per request, so it
 * takes three different requests. */
static __always_inline int new_points(struct response *r)
{
	int meant = 0, forced = 0;

	for (__u32 i = 0; i < CHARGES && i < r->s->charges; i++) {
		const struct charge *c = &r->s->charge[i];
		bool distinct = is_distinct(r->speaker, c->sid);

		if (!distinct && !c->blocks)
			continue;
		if (c->sure)
			meant += c->weight;
		else
			forced = c->weight;
	}
	return meant + forced;
}

static __always_inline struct sw_event *begin_event(const struct response *r)
{
	struct sw_event *ev = new_event(&r->t, r->s->event);
	const struct culprit *c = &r->s->culprit;

	if (!ev)
		return NULL;
	ev->kinds = 1 << SW_EVIDENCE_SIGNATURE;
	ev->port[0] = r->t.meta->port;
	ev->expires_tick = r->s->expires_tick;
	ev->sid = c->sid;
	ev->matched_length = matched_length(c->length);
	ev->shared = r->s->shared;
	__builtin_memcpy(ev->matched, c->matched, sizeof(ev->matched));
	__builtin_memcpy(ev->client, r->s->client, sizeof(ev->client));
	ev->verdict = !r->s->drops			       ? SW_RULE_TOLD
		      : enforcing(r->t.set) && !r->s->detected ? SW_RULE_DROPPED
							       : SW_RULE_WOULD_DROP;
	return ev;
}

static __always_inline struct sw_source *known_source(__u64 key)
{
	struct sw_source_set *b = source_set(key);

	return b ? find_source(b, key) : NULL;
}

/* Emits the one event for this packet. `closes`: user space shall close the connection. */
__noinline int tell_response(struct xdp_md *ctx, bool closes)
{
	const struct sw_source *source;
	struct sw_event *ev;
	struct response r;

	if (!open_response(ctx, &r) || r.s->event >= SW_EVENT_COUNT)
		return 0;
	ev = begin_event(&r);
	if (!ev)
		return 0;
	ev->ends = closes;
	source = r.s->detected ? find_detected(r.t.meta->key) : known_source(r.t.meta->key);
	if (source && r.s->event != SW_EVENT_SIGNATURE) {
		ev->kinds = source->kinds;
		ev->tool = source->tool;
		ev->score = r.s->score;
		ev->span_ms = millis(r.t.meta->ns) - source->first_ms;
		__builtin_memcpy(ev->port, source->port, sizeof(ev->port));
	}
	bpf_ringbuf_submit(ev, 0);
	return 0;
}

/* A customer, whose address or account was used: it keeps the services it used before. */
static __always_inline void confine_source(struct response *r)
{
	struct sw_source *s = r->source;

	s->score = r->t.set->threshold > SCORE_MAX ? SCORE_MAX : r->t.set->threshold;
	s->targets = 0;
	if (!s->notified)
		r->s->event = SW_EVENT_CONFINED;
	s->notified = 1;
}

/* Evidence that cannot be forged: all packets of the source are dropped, those of open
 * connections too. */
static __always_inline void block_hard(struct response *r)
{
	const struct sw_settings *set = r->t.set;
	__u64 end = (__u64)r->t.tick + set->proven_ticks;
	struct block_target target = target_of(r->t.meta);
	struct sw_source *s = r->source;

	r->s->expires_tick = end >= SW_EXPIRES_TICKS ? SW_EXPIRES_TICKS - 1 : end;
	r->s->expires_tick |= SW_EXPIRES_AUTO;
	if (!block_source(&target, set, r->t.meta->ns, r->s->expires_tick, true)) {
		r->s->expires_tick = 0;
		if (!s->notified)
			r->s->event = SW_EVENT_CAPPED;
		s->notified = 1;
		return;
	}
	r->s->event = enforcing(set) ? SW_EVENT_BLOCK : SW_EVENT_WOULD_BLOCK;
	r->s->drops = 1;
	/* when the block expires, one more point renews it */
	s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 0;
	s->notified = 0;
	forget_signatures(r->speaker);
}

/* detect_only: points of rules not counted yet, tracked in a sketch of their own,
 * because the list in the speaker's record is for those that block. */
static __always_inline int detected_points(const struct response *r, struct sw_source *s)
{
	int points = 0;

	for (__u32 i = 0; i < CHARGES && i < r->s->charges; i++) {
		const struct charge *c = &r->s->charge[i];
		__u16 bit = 1 << ((c->sid * 0x9e3779b1u) >> 28);

		if (!(s->targets & bit) || c->blocks)
			points += c->weight;
		s->targets |= bit;
	}
	return points;
}

__noinline int score_detected(struct xdp_md *ctx)
{
	struct response response, *r = &response;
	const struct pkt_meta *meta;
	struct sw_source *s;
	int points;

	asm volatile("" ::"r"(ctx)); /* as in score_source() */
	if (!open_response(ctx, r))
		return 0;
	meta = r->t.meta;
	s = source_in(detected_set(meta->key), meta->key, r->t.set, millis(meta->ns));
	if (!s)
		return 0;
	points = detected_points(r, s);
	list_target(s, meta->port);
	if (!points || allowed(meta->key, &meta->src, r->t.tick) ||
	    is_customer(find_speaker(meta->key), r->t.tick) ||
	    !add_detected(s, meta, r->t.set, SW_EVIDENCE_SIGNATURE, points))
		return 0;
	r->s->event = SW_EVENT_WOULD_BLOCK;
	r->s->score = s->score;
	detected_told(s, meta, r->t.set);
	return 0;
}

/* A global function, like those below, so it is verified once. */
__noinline int score_source(struct xdp_md *ctx)
{
	struct response response, *r = &response;
	const struct pkt_meta *meta;
	struct sw_source *s;
	int score, points;

	/* Otherwise unused: clang 22 would pass nothing, and every verifier rejects the
	 * call. */
	asm volatile("" ::"r"(ctx));
	if (!open_response(ctx, r))
		return 0;
	meta = r->t.meta;
	r->speaker = find_speaker(meta->key);
	s = r->source = source_of(meta->key, r->t.set, millis(r->t.meta->ns));
	if (!s)
		return 0;
	if (s->score <= 0) {
		s->first_ms = millis(r->t.meta->ns);
		forget_signatures(r->speaker);
	}
	points = new_points(r);
	if (!points)
		return 0;
	s->services |=
		1 << (target_hash(&meta->flow) & 7); /* no credit() for the attacked service */
	score = s->score + points;
	s->score = score > SCORE_MAX ? SCORE_MAX : score;
	s->last_ms = millis(r->t.meta->ns);
	s->kinds |= 1 << SW_EVIDENCE_SIGNATURE;
	r->s->score = s->score;
	list_target(s, meta->port);
	if (s->score < (__s32)r->t.set->threshold)
		return 0;
	if (allowed(meta->key, &meta->src, r->t.tick)) {
		if (!s->notified)
			r->s->event = SW_EVENT_SPARED;
		s->notified = 1;
	} else if (is_customer(r->speaker, r->t.tick)) {
		confine_source(r);
	} else {
		block_hard(r);
	}
	return 0;
}

static __always_inline enum sw_shared is_shared(struct response *r)
{
	__u32 since = r->t.tick;

	if (allowed(r->t.meta->key, &r->t.meta->src, r->t.tick) == SW_ALLOW_PROXY + 1)
		return SW_SHARED_CONFIGURED;
	if (r->s->proxied || r->s->relayed)
		return SW_SHARED_SEEN;
	if (r->source && r->source->score > 0)
		since = tick_of_ms(r->t.meta->ns, r->source->first_ms);
	return speaks_for_many(r->t.ctx, r->speaker, r->t.tick, since) ? SW_SHARED_SEEN
								       : SW_SHARED_NOT;
}

static __always_inline void decide_response(struct response *r)
{
	struct scratch *s = r->s;

	s->event = s->culprit.tells ? SW_EVENT_SIGNATURE : SW_EVENT_COUNT;
	s->drops = s->bad;
	s->proven = is_proven(r->t.ctx, r->t.meta);
	if (!s->charges || !s->proven)
		return;
	r->speaker = make_speaker(r->t.meta->key, r->t.tick);
	r->source = known_source(r->t.meta->key);
	s->shared = is_shared(r);
	if (s->shared)
		return;
	if (s->detected)
		score_detected(r->t.ctx);
	else
		score_source(r->t.ctx);
}

/* ---- ending the connection */

struct headers {
	struct iphdr ip;
	struct ipv6hdr ip6;
	struct { /* what the TCP checksum covers (RFC 9293 3.1, RFC 8200 8.1) */
		struct sw_addr src, dst; /* IPv4-mapped addresses add ffff, which sums to nothing */
		__be32 length, proto;
		struct tcphdr tcp;
	} sum;
};

/* Too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct headers);
} closings SEC(".maps");

static __always_inline bool set_ip_length(struct xdp_md *ctx, struct headers *h, __u32 ip_at,
					  __u32 length, __u16 family)
{
	if (family == AF_INET6) {
		__be16 payload = bpf_htons(length - sizeof(h->ip6));

		return !bpf_xdp_store_bytes(ctx, ip_at + 4, &payload, sizeof(payload));
	}
	if (bpf_xdp_load_bytes(ctx, ip_at, &h->ip, sizeof(h->ip)))
		return false;
	/* RFC 1624: subtract the old length, add the new */
	h->ip.check = ~fold((__u64)(__u16)~h->ip.check + (__u16)~h->ip.tot_len + bpf_htons(length));
	h->ip.tot_len = bpf_htons(length);
	return !bpf_xdp_store_bytes(ctx, ip_at, &h->ip, sizeof(h->ip));
}

/* Strips the segment to a header without options or data; true on success. */
static __always_inline bool empty_segment(struct xdp_md *ctx, const struct scratch *s,
					  const struct pkt_meta *meta, __be32 seq, bool reset)
{
	struct headers *h = entry_of(&closings, 0);
	__u32 tcp_at = s->payload_at - meta->doff * 4u, bytes;
	struct tcphdr *tcp;

	if (!h)
		return false;
	tcp = &h->sum.tcp;
	__builtin_memset(tcp, 0, sizeof(*tcp));
	h->sum.src = meta->src;
	h->sum.dst = meta->dst;
	h->sum.length = bpf_htonl(sizeof(*tcp));
	h->sum.proto = bpf_htonl(IPPROTO_TCP);
	tcp->source = meta->flow.sport;
	tcp->dest = meta->flow.dport;
	tcp->seq = seq;
	tcp->ack_seq = meta->ack_seq;
	tcp->doff = sizeof(*tcp) / 4;
	tcp->ack = 1;
	tcp->rst = reset;
	tcp->check = ~fold((__u32)bpf_csum_diff(NULL, 0, (__be32 *)&h->sum, sizeof(h->sum), 0));
	if (bpf_xdp_store_bytes(ctx, tcp_at, tcp, sizeof(*tcp)) ||
	    !set_ip_length(ctx, h, s->ip_at, tcp_at + sizeof(*tcp) - s->ip_at, meta->family))
		return false;
	bytes = bpf_xdp_get_buff_len(ctx) - (tcp_at + sizeof(*tcp));
	bpf_xdp_adjust_tail(ctx,
			    -(int)bytes); /* else the length in the IP header says where it ends */
	return true;
}

/* The next sequence number that the host expects; false if it has no such connection. */
static __always_inline bool next_expected(struct xdp_md *ctx, const struct pkt_meta *meta,
					  __be32 *seq)
{
	struct bpf_sock_tuple t = {};
	struct tcp_sock *tp;
	struct bpf_sock *sk;
	bool found = false;

	if (replaying)
		return false;
	socket_tuple(meta, &t);
	sk = bpf_skc_lookup_tcp(ctx, &t, meta->family == AF_INET ? sizeof(t.ipv4) : sizeof(t.ipv6),
				BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return false;
	tp = sk->state == BPF_TCP_LISTEN ? NULL : bpf_skc_to_tcp_sock(sk);
	if (tp) {
		*seq = bpf_htonl(tp->rcv_nxt);
		found = true;
	}
	bpf_sk_release(sk);
	return found;
}

/* Nobody should retransmit into silence, and no server wait for the rest: the segment
 * is passed on as an RST, which the server's socket takes as sent by its peer. The peer
 * gets no reply, retransmits, and receives the kernel's RST for an unknown connection.
 * Returns an XDP action. */
__noinline int end_connection(struct xdp_md *ctx)
{
	struct response r;
	__be32 seq;
	bool open;

	if (!open_response(ctx, &r))
		return XDP_DROP;
	seq = r.t.meta->seq;
	open = next_expected(ctx, r.t.meta, &seq);
	/* a forwarded connection cannot be looked up: reset it first, then drop the
	 * rest */
	if (!open && !r.s->ended)
		open = r.t.set->forwards;
	return empty_segment(ctx, r.s, r.t.meta, seq, open) ? XDP_PASS : XDP_DROP;
}

static __always_inline bool closer_is_there(const struct response *r)
{
	return !decrypted && (__s32)(r->t.set->closer_until - r->t.tick) > 0 && !r->t.set->forwards;
}

/* Decides, before the packet is counted. */
__noinline int begin_response(struct xdp_md *ctx)
{
	struct response r;

	if (!open_response(ctx, &r))
		return 0;
	r.s->event = SW_EVENT_COUNT;
	r.s->expires_tick = 0;
	r.s->proven = r.s->shared = 0;
	r.s->drops = 1;
	if (!r.s->ended)
		decide_response(&r);
	return 0;
}

/* Carries out the verdict and emits the event. */
static __always_inline int end_response(struct xdp_md *ctx, bool dropped)
{
	struct response r;
	bool ends, closes;

	if (!open_response(ctx, &r))
		return XDP_PASS;
	ends = dropped && r.t.meta->has_tcp && (r.s->proven || r.t.set->forwards) && !r.s->ended;
	closes = ends && r.s->event < SW_EVENT_COUNT && closer_is_there(&r);
	tell_response(ctx, closes);
	if (ends)
		end_tail(r.s, bpf_ntohl(r.t.meta->seq), r.t.tick);
	if (!dropped)
		return XDP_PASS;
	if ((!ends && !r.s->ended) || closes || decrypted) /* the daemon closes the connection */
		return XDP_DROP;
	return end_connection(ctx);
}

#endif
