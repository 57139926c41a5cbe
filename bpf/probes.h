/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 3, everything but TCP: UDP to closed ports, ICMP queries, SCTP, and protocols
 * that this host does not speak. */
#ifndef PROBES_H
#define PROBES_H

#include "proven.h"

#define ICMP_NODE_QUERY 139 /* RFC 4620 */

/* Served by programs that open no UDP socket. */
static __always_inline bool is_dhcp(__u16 port)
{
	return port == 68 || port == 546;
}

#define TRACE_TTL 30	  /* the limit of traces, which nothing here ends by a reply */
#define TRACE_PORT 33000u /* mtr starts here, traceroute at 33434, tracepath at 44444 */

/* Misses that legitimate clients cause: traceroute; QUIC to a TCP-only server (RFC 9000
 * 17.2 leaves the client to find out); late replies to our own queries. */
static __always_inline bool is_harmless_udp(const struct pkt_meta *p, const struct sw_settings *set)
{
	if ((p->port >= 33434 && p->port <= 33534) ||
	    (p->port >= TRACE_PORT && p->ttl <= TRACE_TTL))
		return true;
	if (p->port == 443 || p->port == 80)
		return true;
	return p->port >= set->ephemeral_low && (was_asked(&p->flow) || may_be_transfer(&p->flow));
}

/* Looks like a reply, although no request of ours is on record: it was sent before the
 * program was attached, or by another interface. */
static __always_inline bool may_be_answer(const struct pkt_meta *p, const struct sw_settings *set)
{
	__u16 from = bpf_ntohs(p->flow.sport);

	return p->port >= set->ephemeral_low && (from == 53 || from == 123 || from == 443);
}

/* A reply to a request of ours, or part of an exchange in which this host replies. */
static __always_inline bool in_known_talk(const struct pkt_meta *p)
{
	__u64 tag = flow_tag(&p->flow);

	return is_flow(flow_entry(tag), tag);
}

static __always_inline int read_udp_miss(struct xdp_md *ctx, struct pkt_meta *p,
					 const struct sw_settings *set, __u32 tick)
{
	if (is_knock(ctx, p, set))
		return SW_REASON_KNOCK;
	if (!p->port)
		return score_probe(p, SW_EVIDENCE_PORT_ZERO, SW_REASON_PORT_ZERO, 0);
	/* A masqueraded container may have sent the request. */
	if (set->forwards && p->port >= set->ephemeral_low)
		return SW_REASON_NO_FLOW;
	/* A container may listen there; see read_closed_syn(). */
	p->asks = may_be_unseen(set);
	p->mild = may_be_answer(p, set);
	if (!is_harmless_udp(p, set))
		return score_probe(p, SW_EVIDENCE_CLOSED_UDP, closed(set), p->port);
	if (!is_local_addr(p))
		return SW_REASON_NOT_OURS;
	if (p->restricted)
		return SW_REASON_CLOSED_PORT;
	return p->asks && may_ask(&p->flow, tick) ? SW_REASON_PASSED_MISS : closed(set);
}

/* The source is blocked for new connections only. */
static __always_inline int read_blocked_udp(struct xdp_md *ctx, const struct pkt_meta *p,
					    const struct sw_settings *set, __u32 tick,
					    enum socket_state found)
{
	if (found == CONNECTED || in_known_talk(p))
		return SW_REASON_SPARED_FLOW;
	if (found == LISTENING && (was_asked(&p->flow) || may_be_transfer(&p->flow)))
		return SW_REASON_SPARED_FLOW;
	if (found == NO_SOCKET && is_knock(ctx, p, set))
		return SW_REASON_KNOCK;
	/* Challenged sources keep QUIC and DNS, because a datagram cannot be asked to
	 * come twice. A source past the threshold gains nothing by also being a
	 * stranger. */
	if (set->challenge && (found == LISTENING || is_served(&p->flow, set, tick)) &&
	    (p->block_reason != SW_REASON_STRANGER || !p->restricted))
		return SW_REASON_SPARED_SERVICE;
	return uses_service(&p->flow, p->key, tick) ? SW_REASON_SPARED_SERVICE : p->block_reason;
}

/* A client that is not permitted may retry for long; that is no attack. */
static __always_inline int read_limited(const struct pkt_meta *p)
{
	if (p->block_reason != CONTINUE)
		return p->block_reason;
	return is_local_addr(p) ? SW_REASON_LIMITED_PORT : SW_REASON_NOT_OURS;
}

static __always_inline int read_udp(struct xdp_md *ctx, struct pkt_meta *p,
				    const struct sw_settings *set, __u32 tick)
{
	enum socket_state found;

	if (is_dhcp(p->port))
		return SW_REASON_CLEAN;
	p->restricted = is_udp_restricted(p, set, tick);
	found = udp_socket(ctx, p);
	if (p->hidden && found != CONNECTED && !in_known_talk(p))
		return read_limited(p);
	if (p->block_reason != CONTINUE)
		return read_blocked_udp(ctx, p, set, tick, found);
	if (found == LISTENING)
		remember_served(&p->flow, tick);
	if (found == CONNECTED || (found == NO_SOCKET && in_known_talk(p)))
		return SW_REASON_FLOW;
	if (found != LISTENING && !is_served(&p->flow, set, tick))
		return read_udp_miss(ctx, p, set, tick);
	if (!p->restricted || in_known_talk(p) || was_asked(&p->flow) || may_be_transfer(&p->flow))
		return SW_REASON_OPEN_PORT;
	return set->challenge ? SW_REASON_CHALLENGED : SW_REASON_CONFINED;
}

static __always_inline bool is_echo(const struct pkt_meta *p)
{
	if (p->flow.proto == IPPROTO_ICMPV6)
		return p->icmp_type == 128; /* RFC 4443 4.1 */
	return p->icmp_type == ICMP_ECHO;
}

static __always_inline bool is_odd_question(const struct pkt_meta *p)
{
	if (p->flow.proto == IPPROTO_ICMPV6)
		return p->icmp_type == ICMP_NODE_QUERY;
	return p->icmp_type == ICMP_TIMESTAMP || p->icmp_type == ICMP_INFO_REQUEST ||
	       p->icmp_type == ICMP_ADDRESS;
}

/* The source is blocked for new connections only. Its open connections need ICMP errors
 * (path MTU, RFC 8201), the link needs neighbour discovery (RFC 4861), and we need
 * replies to our own pings; none of these makes the host reply. */
static __always_inline int read_blocked_icmp(const struct pkt_meta *p)
{
	if (is_echo_reply(p))
		return is_answer(ping_tag(&p->flow, p->icmp_id)) ? SW_REASON_SPARED_FLOW
								 : p->block_reason;
	/* A monitor of more addresses than it may ping as a stranger is back in a minute. */
	if (is_echo(p))
		came_before(&p->flow);
	return is_echo(p) || is_odd_question(p) ? p->block_reason : SW_REASON_SPARED_FLOW;
}

/* Errors, replies and neighbour discovery are no evidence. */
static __always_inline int read_icmp(struct pkt_meta *p)
{
	if (is_odd_question(p))
		return score_probe(p, SW_EVIDENCE_ICMP_PROBE, SW_REASON_ICMP_PROBE, p->icmp_type);
	if (!is_echo(p))
		return SW_REASON_CLEAN;
	if (p->icmp_code) { /* IE1 of nmap's osscan2.cc; RFC 792 only defines code 0 */
		p->tool = SW_TOOL_NMAP_OS;
		return score_probe(p, SW_EVIDENCE_OS_PROBE, SW_REASON_ICMP_PROBE, ICMP_ECHO);
	}
	p->verdict = PINGING;
	return score_probe(p, SW_EVIDENCE_PING_SWEEP, SW_REASON_CLEAN, 0);
}

static __always_inline bool is_spoken(const struct sw_settings *set, __u8 proto)
{
	return set->protocols[proto >> 6] >> (proto & 63) & 1;
}

static __always_inline int read_protocol(struct pkt_meta *p, const struct sw_settings *set,
					 __u32 tick)
{
	if (p->hidden && p->flow.proto == IPPROTO_SCTP)
		return score_probe(p, SW_EVIDENCE_SCTP, SW_REASON_LIMITED_PORT, p->port);
	if (is_spoken(set, p->flow.proto))
		return SW_REASON_CLEAN;
	if (p->flow.proto != IPPROTO_SCTP)
		return score_probe(p, SW_EVIDENCE_PROTOCOL, SW_REASON_PROTOCOL, p->flow.proto);
	if (is_served(&p->flow, set, tick))
		return SW_REASON_OPEN_PORT;
	return score_probe(p, SW_EVIDENCE_SCTP, SW_REASON_PROTOCOL, p->port);
}

/* The source is blocked for new connections only. Tunnels, routing and failover go on:
 * these protocols have no ports to scan, and whoever forges SYNs in the name of a tunnel's
 * other end, or of a router, must not cut it off. */
static __always_inline int read_blocked_protocol(const struct pkt_meta *p,
						 const struct sw_settings *set)
{
	return p->flow.proto != IPPROTO_SCTP && is_spoken(set, p->flow.proto)
		       ? SW_REASON_SPARED_FLOW
		       : p->block_reason;
}

static __always_inline int read_other(struct xdp_md *ctx, struct pkt_meta *p,
				      const struct sw_settings *set, __u32 tick)
{
	if (p->flow.proto == IPPROTO_UDP)
		return read_udp(ctx, p, set, tick);
	if (p->flow.proto == (p->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return p->block_reason == CONTINUE ? read_icmp(p) : read_blocked_icmp(p);
	if (p->block_reason != CONTINUE)
		return read_blocked_protocol(p, set);
	return read_protocol(p, set, tick);
}

#define LOOPBACK_IFINDEX 1

/* A local address, or a broadcast address of our links, as source from outside. */
static __always_inline bool is_own_source(const struct xdp_md *ctx, const struct pkt_meta *p)
{
	struct sw_addr src = p->src; /* 6.1 accepts no map key that points into an argument */

	return !made_up_clock && ctx->ingress_ifindex != LOOPBACK_IFINDEX &&
	       bpf_map_lookup_elem(&local_addrs, &src);
}

/* Handles every packet that belongs to no known connection. Returns its enum sw_reason,
 * or CONTINUE if judge_evidence() has to decide. A global function, so it is verified
 * once. */
__noinline int judge_unknown(struct xdp_md *ctx, struct pkt_meta *p)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 tick;
	int reason;

	if (!p || !set)
		return SW_REASON_CLEAN;
	tick = ticks(p->ns);
	if (p->block_reason == CONTINUE && is_stranger(p, set, tick))
		p->block_reason = SW_REASON_STRANGER;
	if (set->any_hidden)
		p->hidden = hides(p, tick);
	if (p->flow.proto == IPPROTO_TCP)
		reason = read_tcp(ctx, p, set, tick);
	else
		reason = read_other(ctx, p, set, tick);
	if (reason != CONTINUE)
		return reason;
	if (!p->own && !is_local_addr(p))
		return SW_REASON_NOT_OURS;
	if (p->verdict == SCORED && is_own_source(ctx, p))
		return SW_REASON_MARTIAN;
	if (!p->own && p->port_found)
		remember_port(&p->flow, p->port_found, tick);
	return CONTINUE;
}

#endif
