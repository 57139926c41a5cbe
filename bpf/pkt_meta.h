/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet of no known connection, without pointers into it: whoever reads it
 * on is verified once, and not behind each of the ways it can be parsed. */
#ifndef SUSPECT_H
#define SUSPECT_H

#include "flow_state.h"

enum verdict {
	SCORED,
	AT_OPEN_PORT, /* a SYN: too many, or to too many addresses? */
	PINGING,      /* too many addresses? */
	STALE,	      /* an ACK without a connection: is its source trusted? */
};

struct pkt_meta {
	struct sw_addr src, dst;
	struct flow_key flow;
	__u64 key; /* its source's */
	__u64 ns;  /* when it came */
	__be32 seq, ack_seq;
	__be32 first_option; /* the first four bytes of TCP options */
	__u16 window, doff;
	__u16 family;
	__u16 port; /* dport, host order */
	__u16 ip_id;
	__be16 icmp_id;
	__u8 dont_fragment;
	__u8 tcp_flags;
	__u8 has_tcp; /* 0: its TCP header is in another fragment */
	__u8 has_data;
	__u8 hidden;   /* enum hidden: its port, from its source */
	__u16 payload; /* of a UDP datagram as long as a knock: where it stands in the frame */
	__u8 icmp_type, icmp_code;
	__u8 deceived;	   /* a SYN that is to be answered at once, as at an open port */
	__u8 ttl;	   /* or hop limit, as it arrived */
	__s8 block_reason; /* enum sw_reason: its source is blocked, but what is open goes on */
	/* What it is charged with. */
	__u8 verdict; /* enum verdict */
	__u8 kind;    /* enum sw_evidence */
	__s8 reason;  /* enum sw_reason */
	__u8 tool;    /* enum sw_tool */
	__u16 target; /* a port or an IP protocol, host order */
	__u8 syn;
	__u8 again;	 /* counts although its target was counted before */
	__u8 mild;	 /* counts for little, and alone gets nobody blocked */
	__u8 asks;	 /* one such packet a minute is let through to find out */
	__u8 unseen;	 /* may be served by a socket that is not found */
	__u8 port_found; /* enum port_state: by its socket, just now */
	__u8 own;	 /* 1: it is known to go to an address of ours */
	__u8 restricted; /* UDP of a source that is shown no service that it does not use */
	__u8 flooded;	 /* a SYN to a listener that may be answered with a cookie */
};

SW_HOLDS(pkt_meta, block_reason, SW_REASON_COUNT);
SW_HOLDS(pkt_meta, verdict, STALE);
SW_HOLDS(pkt_meta, kind, SW_EVIDENCE_COUNT);
SW_HOLDS(pkt_meta, reason, SW_REASON_COUNT);
SW_HOLDS(pkt_meta, tool, SW_TOOL_COUNT);
SW_HOLDS(pkt_meta, port_found, PORT_CLOSED);

/* The stack has no room for it. One for packets, one for what leaves. Not pinned:
 * it means nothing from one packet to the next. */
#define META_LEAVING 1

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct pkt_meta);
} pkt_metas SEC(".maps");

static __always_inline bool has_data(const struct packet *p)
{
	return p->left > p->tcp->doff * 4u;
}

static __always_inline void describe_tcp(const struct packet *p, struct pkt_meta *meta)
{
	const struct tcphdr *tcp = p->tcp;
	const __be32 *option = (const void *)(tcp + 1);

	meta->has_tcp = 1;
	meta->tcp_flags = p->tcp_flags;
	meta->seq = tcp->seq;
	meta->ack_seq = tcp->ack_seq;
	meta->window = bpf_ntohs(tcp->window);
	meta->doff = tcp->doff;
	meta->has_data = has_data(p);
	if ((void *)(option + 1) <= p->end)
		meta->first_option = *option;
}

static __always_inline void describe(const struct packet *p, struct pkt_meta *meta,
				     const struct sw_settings *set)
{
	const struct iphdr *ip = p->ip;

	__builtin_memset(meta, 0, sizeof(*meta));
	meta->src = addr_of(p, true);
	meta->dst = addr_of(p, false);
	meta->flow = flow_key_of(p);
	meta->key = suspect_key(p, set);
	meta->family = p->family;
	meta->port = bpf_ntohs(p->dport);
	meta->icmp_type = p->icmp_type;
	meta->icmp_code = p->icmp_code;
	meta->icmp_id = p->icmp_id;
	if (p->family == AF_INET) {
		meta->ttl = ip->ttl;
		meta->ip_id = bpf_ntohs(ip->id);
		meta->dont_fragment = !!(ip->frag_off & bpf_htons(IP_DF));
	}
	if (p->family == AF_INET6)
		meta->ttl = ((const struct ipv6hdr *)p->ip)->hop_limit;
	if (p->tcp)
		describe_tcp(p, meta);
}

/* Whose rules hold, host order. The window of a frame made of what was read out of TLS
 * is the port that such text belongs to. */
static __always_inline __u16 service_port(const struct pkt_meta *meta)
{
	return decrypted ? meta->window : meta->port;
}

/* There is a charge: CONTINUE to judge_evidence(). */
static __always_inline int score_probe(struct pkt_meta *meta, enum sw_evidence kind, int reason,
				       __u16 target)
{
	meta->kind = kind;
	meta->reason = reason;
	meta->target = target;
	return CONTINUE;
}

/* May a port be served where the program finds no socket: by a container, behind
 * a NAT rule, bound to another device? */
static __always_inline bool may_be_unseen(const struct sw_settings *set)
{
	return set->forwards || set->asks;
}

/* A closed port is silent, unless the operator wants the kernel's answer. */
static __always_inline int closed(const struct sw_settings *set)
{
	return set->closed_silent ? SW_REASON_CLOSED_PORT : SW_REASON_PASSED_MISS;
}

#endif
