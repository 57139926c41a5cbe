/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What leaves the host teaches what is served without a socket of its own
 * (containers, DNAT, IPVS): after un-NATing, the answer bears our address and
 * the published port. Packets of local sockets say nothing new and leave at
 * once. In enforce mode the kernel's own word that a port is closed stays here.
 */
#ifndef LEARN_H
#define LEARN_H

#include "probes.h"

/* The packet that would answer this one, as the XDP program will see it. */
static __always_inline void turn_round(struct packet *p)
{
	struct in6_addr *src6 = p->saddr6;
	__be32 src4 = p->saddr4;
	__be16 sport = p->sport;

	p->saddr4 = p->daddr4;
	p->daddr4 = src4;
	p->sport = p->dport;
	p->dport = sport;
	if (p->family == AF_INET6) {
		p->saddr6 = p->daddr6;
		p->daddr6 = src6;
		p->high = half_of(p->saddr6, 0);
		p->low = half_of(p->saddr6, 1);
	}
}

static __always_inline void learn_flow(const struct flow_key *e)
{
	__u64 tag = flow_tag(e), *flow = flow_entry(tag);

	if (flow && (*flow & ~FLOW_DATA) != tag)
		*flow = tag;
}

static __always_inline bool is_icmp(const struct packet *p)
{
	return p->proto == (p->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* RFC 792 type 3: no such protocol, no such port. RFC 4443: 1.4, no such port;
 * 4.1, no such next header. */
static __always_inline bool tells_closed(const struct packet *p)
{
	if (p->proto == IPPROTO_ICMP)
		return p->icmp_type == ICMP_DEST_UNREACH &&
		       (p->icmp_code == ICMP_PROT_UNREACH || p->icmp_code == ICMP_PORT_UNREACH);
	return (p->icmp_type == 1 && p->icmp_code == 4) || (p->icmp_type == 4 && p->icmp_code == 1);
}

static __always_inline void learn_from(struct packet *p, const struct sw_settings *set)
{
	struct flow_key e;

	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return;
	if (p->proto == IPPROTO_TCP && (!p->tcp || p->tcp_flags & TCP_RST))
		return;
	turn_round(p);
	e = flow_key_of(p);
	learn_flow(&e);
	if (p->proto == IPPROTO_TCP ? (p->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)
				    : bpf_ntohs(p->dport) < set->ephemeral_low)
		remember_served(&e, ticks(now_ns(set)));
}

#endif
