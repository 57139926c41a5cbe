/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps 3 and 4: what a packet says about its source, and what that adds up
 * to. Everything here is asked of packets that start or break a connection;
 * those inside one leave at flow_known(). */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "block.h"

enum socket_state {
	NO_SOCKET,
	LISTENING,
	CONNECTED, /* established, half-open or TIME_WAIT */
};

static __always_inline enum socket_state tcp_socket(struct xdp_md *ctx, const struct packet *p)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;
	enum socket_state found;

	if (p->family == AF_INET) {
		t.ipv4.saddr = p->saddr4;
		t.ipv4.daddr = p->daddr4;
		t.ipv4.sport = p->sport;
		t.ipv4.dport = p->dport;
		sk = bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	} else {
		__builtin_memcpy(t.ipv6.saddr, p->saddr6, 16);
		__builtin_memcpy(t.ipv6.daddr, p->daddr6, 16);
		t.ipv6.sport = p->sport;
		t.ipv6.dport = p->dport;
		sk = bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	if (!sk)
		return NO_SOCKET;
	found = sk->state == BPF_TCP_LISTEN ? LISTENING : CONNECTED;
	bpf_sk_release(sk);
	return found;
}

static __always_inline __u64 flow_tag(const struct packet *p)
{
	__u64 ends, ports = (__u64)p->sport << 16 | p->dport;

	if (p->family == AF_INET)
		ends = (__u64)p->saddr4 << 32 | p->daddr4;
	else
		ends = p->high * (seed[2] | 1) ^ p->low ^ half_of(p->daddr6, 1) * (seed[3] | 1);
	return sw_hash64(ends ^ ports * (seed[1] | 1), seed);
}

/* Is there a connection? Remembered, so that only its first packets ask. */
static __always_inline enum socket_state flow_known(struct xdp_md *ctx, const struct packet *p)
{
	__u64 tag = flow_tag(p);
	__u64 *known = entry_of(&flows, tag & flow_mask);
	enum socket_state found;

	if (known && *known == tag)
		return CONNECTED;
	found = tcp_socket(ctx, p);
	if (known && found == CONNECTED)
		*known = tag;
	return found;
}

static __always_inline bool is_own(const struct packet *p)
{
	struct sw_addr a = addr_of(p, false);

	return bpf_map_lookup_elem(&own, &a);
}

static __always_inline __u32 own_tag(const struct packet *p)
{
	__u64 addr = p->family == AF_INET ? p->daddr4 : half_of(p->daddr6, 1);

	return sw_hash64(addr, seed) >> 32;
}

static __always_inline struct sw_served *served_entry(const struct packet *p)
{
	return entry_of(&served, target_hash(p) & served_mask);
}

static __always_inline void remember_served(const struct packet *p, __u32 tick)
{
	struct sw_served *s = served_entry(p);

	/* At most a write a second or so: the line stays shared between CPUs. */
	if (!s || (s->port == bpf_ntohs(p->dport) && tick - s->last_open < 4 &&
		   s->addr_tag == own_tag(p)))
		return;
	s->addr_tag = own_tag(p);
	s->port = bpf_ntohs(p->dport);
	s->last_open = tick;
}

/* Served without a socket of ours: by configuration, or until a short while
 * ago, so that the restart of a service accuses none of its customers. */
static __always_inline bool is_served(const struct packet *p, const struct sw_settings *set,
				      __u32 tick)
{
	struct sw_service key = {bpf_ntohs(p->dport), p->proto};
	struct sw_served *s = served_entry(p);

	if (s && s->last_open && s->port == key.port && s->addr_tag == own_tag(p) &&
	    tick - s->last_open < set->served_ticks)
		return true;
	return bpf_map_lookup_elem(&services, &key);
}

/* What a packet is held against its source for. */
struct charge {
	enum sw_evidence kind;
	int reason; /* what becomes of the packet */
	bool again; /* counts although its target was counted before */
};

/* The source's score has reached the threshold. */
static __always_inline int convict(struct xdp_md *ctx, const struct packet *p,
				   const struct sw_settings *set, struct sw_source *s,
				   const struct charge *c, __u64 ns)
{
	__u64 end = (__u64)ticks(ns) + set->block_ticks;
	__u32 until = end >= SW_UNTIL_TICKS ? SW_UNTIL_TICKS - 1 : end;

	/* Evidence of packets that anybody can forge: connections go on. */
	until |= SW_UNTIL_AUTO | SW_UNTIL_NEW_ONLY;
	if (!block_source(p, set, ns, until)) {
		if (!(s->kinds & SW_SOURCE_TOLD))
			tell(ctx, p, s, SW_EVENT_CAPPED, c->kind, ns, 0);
		s->kinds |= SW_SOURCE_TOLD;
		return c->reason;
	}
	tell(ctx, p, s, enforcing(set) ? SW_EVENT_BLOCK : SW_EVENT_WOULD_BLOCK, c->kind, ns, until);
	/* When the block ends, one more miss renews it. */
	s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 0;
	s->kinds &= ~SW_SOURCE_TOLD;
	return SW_REASON_NEW_BLOCK;
}

/* The allowed are never dropped, but the operator hears of it, once. */
static __always_inline int spare(struct xdp_md *ctx, const struct packet *p,
				 const struct sw_settings *set, struct sw_source *s,
				 const struct charge *c, __u64 ns)
{
	if (s->score >= (__s32)set->threshold && !(s->kinds & SW_SOURCE_TOLD)) {
		tell(ctx, p, s, SW_EVENT_SPARED, c->kind, ns, 0);
		s->kinds |= SW_SOURCE_TOLD;
	}
	return SW_REASON_ALLOWED;
}

static __always_inline int accuse(struct xdp_md *ctx, const struct packet *p,
				  const struct sw_settings *set, struct sw_source *s,
				  const struct charge *c, __u64 ns)
{
	bool innocent = allowed(p, ticks(ns));
	int score;

	if (!new_target(s, p) && !c->again)
		return innocent ? SW_REASON_ALLOWED : c->reason;
	if (!s->score)
		s->first_ms = millis(ns);
	score = s->score + set->weight[c->kind & (SW_EVIDENCE_MAX - 1)];
	s->score = score > SCORE_MAX ? SCORE_MAX : score;
	s->last_ms = millis(ns);
	s->kinds |= 1 << c->kind;
	if (innocent)
		return spare(ctx, p, set, s, c, ns);
	if (s->score < (__s32)set->threshold)
		return c->reason;
	return convict(ctx, p, set, s, c, ns);
}

/* A served port answered for: less suspicious, once per service. */
static __always_inline void credit(struct sw_source *s, const struct packet *p,
				   const struct sw_settings *set)
{
	__u8 bit = 1 << (target_hash(p) & 7);
	int score = s->score + set->weight[SW_EVIDENCE_OPEN_PORT];

	if (s->services & bit)
		return;
	s->services |= bit;
	if (s->score > 0)
		s->score = score < 0 ? 0 : score;
}

/* GO_ON: there is a charge. */
static __always_inline int read_syn(struct xdp_md *ctx, const struct packet *p,
				    const struct sw_settings *set, bool dry, struct charge *c)
{
	bool open = tcp_socket(ctx, p) != NO_SOCKET;
	__u32 tick = ticks(now_ns(set));

	if (open && !dry)
		remember_served(p, tick);
	if (open || is_served(p, set, tick)) {
		c->kind = SW_EVIDENCE_OPEN_PORT;
		c->reason = SW_REASON_OPEN_PORT;
	} else {
		c->kind = SW_EVIDENCE_CLOSED_PORT;
		c->reason = set->closed_silent ? SW_REASON_CLOSED_PORT : SW_REASON_PASSED_MISS;
	}
	return GO_ON;
}

static __always_inline int read_ack(struct xdp_md *ctx, const struct packet *p,
				    const struct sw_settings *set, struct charge *c)
{
	enum socket_state found = flow_known(ctx, p);

	if (found == CONNECTED)
		return SW_REASON_FLOW;
	/* At a listener it may carry a SYN cookie, or a connection that the
	 * last restart forgot. Above ephemeral_low it may answer a connection
	 * that a container opened through us. Neither is a scan. */
	if (found == LISTENING || bpf_ntohs(p->dport) >= set->ephemeral_low ||
	    is_served(p, set, ticks(now_ns(set))))
		return SW_REASON_NO_FLOW;
	c->kind = SW_EVIDENCE_STRAY_ACK;
	c->reason = SW_REASON_STRAY_ACK;
	return GO_ON;
}

/* What is wrong with flags that are neither a SYN nor carry ACK or RST: RFC
 * 9293 3.10.7 gives every other segment an ACK. */
static __always_inline enum sw_evidence odd_flags(__u8 flags)
{
	if (flags & TCP_SYN)
		return flags & TCP_RST ? SW_EVIDENCE_SYN_RST : SW_EVIDENCE_SYN_FIN;
	if (!flags)
		return SW_EVIDENCE_NULL_FLAGS;
	if (flags == TCP_FIN)
		return SW_EVIDENCE_FIN;
	if (flags == (TCP_FIN | TCP_PSH | TCP_URG))
		return SW_EVIDENCE_XMAS;
	return SW_EVIDENCE_ODD_FLAGS;
}

static __always_inline bool is_plain_syn(__u8 flags)
{
	return (flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == TCP_SYN;
}

static __always_inline int read_tcp(struct xdp_md *ctx, const struct packet *p,
				    const struct sw_settings *set, bool dry, struct charge *c)
{
	__u8 flags = p->tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG);

	if ((flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK)
		return read_ack(ctx, p, set, c);
	if (is_plain_syn(flags))
		return read_syn(ctx, p, set, dry, c);
	/* A SYN-ACK or RST answers us, or is backscatter: evidence of nothing. */
	if ((flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == (TCP_SYN | TCP_ACK) ||
	    (flags & (TCP_SYN | TCP_RST)) == TCP_RST)
		return SW_REASON_CLEAN;
	if (flags == TCP_FIN && flow_known(ctx, p) == CONNECTED)
		return SW_REASON_FLOW;
	c->kind = odd_flags(flags);
	c->reason = SW_REASON_IMPOSSIBLE_FLAGS;
	return GO_ON;
}

static __always_inline int judge_tcp(struct xdp_md *ctx, const struct packet *p,
				     const struct sw_settings *set, bool dry)
{
	struct charge c = {};
	struct sw_source *s;
	bool first = false;
	__u64 ns;
	int reason = read_tcp(ctx, p, set, dry, &c);

	if (reason != GO_ON)
		return reason;
	ns = now_ns(set);
	if (c.kind != SW_EVIDENCE_OPEN_PORT && !is_own(p))
		return SW_REASON_NOT_OURS;
	if (dry)
		return c.kind != SW_EVIDENCE_OPEN_PORT && allowed(p, ticks(ns)) ? SW_REASON_ALLOWED
										: c.reason;
	s = source_of(p, set, millis(ns));
	if (!s)
		return SW_REASON_CLEAN;
	if (is_plain_syn(p->tcp_flags) && syn_too_many(s, set, ticks(ns), &first)) {
		if (!first) /* it is held against the source once a tick */
			return allowed(p, ticks(ns)) ? SW_REASON_ALLOWED : SW_REASON_SYN_RATE;
		c.kind = SW_EVIDENCE_SYN_RATE;
		c.reason = SW_REASON_SYN_RATE;
		c.again = true;
	} else if (c.kind == SW_EVIDENCE_OPEN_PORT) {
		credit(s, p, set);
		return SW_REASON_OPEN_PORT;
	}
	return accuse(ctx, p, set, s, &c, ns);
}

#endif
