/* SPDX-License-Identifier: GPL-2.0-only */
/* Metadata of a packet without a known connection. It holds no packet pointers, so the
 * global functions that take it are verified once and not once per way of parsing the
 * packet. */
#ifndef PKT_META_H
#define PKT_META_H

#include "flow_state.h"

enum verdict {
	SCORED,
	AT_OPEN_PORT, /* SYN to an open port: check rate and number of targets */
	PINGING,      /* echo request: check number of targets */
	STALE,	      /* ACK without a connection: is its source known? */
};

struct pkt_meta {
	struct sw_addr src, dst;
	struct flow_key flow;
	__u64 key; /* key of the source */
	__u64 ns;  /* arrival time */
	__be32 seq, ack_seq;
	__be32 first_option; /* first four bytes of the TCP options */
	__u16 window, doff;
	__u16 family;
	__u16 port; /* dport in host order */
	__u16 ip_id;
	__be16 icmp_id;
	__u8 dont_fragment;
	__u8 tcp_flags;
	__u8 has_tcp; /* 0: the TCP header is in another fragment */
	__u8 has_data;
	__u8 received; /* its connection had received data before */
	__u8 hidden;   /* enum hidden: is the port hidden from this source? */
	__u16 payload; /* offset of a UDP payload that has the length of a knock, else 0 */
	__u8 icmp_type, icmp_code;
	__u8 deceived; /* SYN to be answered at once, as if the port were open */
	__u8 ttl;      /* TTL or hop limit on arrival */
	__s8 block_reason; /* enum sw_reason if the source is blocked for new connections, else CONTINUE */
	/* The evidence found. */
	__u8 verdict; /* enum verdict */
	__u8 kind;    /* enum sw_evidence */
	__s8 reason;  /* enum sw_reason */
	__u8 tool;    /* enum sw_tool */
	__u16 target; /* port or IP protocol, host order */
	__u8 syn;
	__u8 again;	 /* counts even if this target was counted before */
	__u8 mild;	 /* low weight; never gets a source blocked by itself */
	__u8 asks;	 /* let one such packet per minute through to find out */
	__u8 unseen;	 /* may be served by a socket the program cannot find */
	__u8 port_found; /* enum port_state from the socket lookup just done */
	__u8 own;	 /* 1: the destination is known to be a local address */
	__u8 restricted; /* UDP from a source confined to the services it already uses */
	__u8 flooded;	 /* SYN to a listener that may be answered with a cookie */
};

SW_HOLDS(pkt_meta, block_reason, SW_REASON_COUNT);
SW_HOLDS(pkt_meta, verdict, STALE);
SW_HOLDS(pkt_meta, kind, SW_EVIDENCE_COUNT);
SW_HOLDS(pkt_meta, reason, SW_REASON_COUNT);
SW_HOLDS(pkt_meta, tool, SW_TOOL_COUNT);
SW_HOLDS(pkt_meta, port_found, PORT_CLOSED);

/* Too large for the stack. One entry for incoming packets, one for outgoing. Not
 * pinned: nothing in it outlives the packet. */
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

/* The local port whose rules apply, host order. For a frame built from TLS plaintext,
 * the window field carries that port. */
static __always_inline __u16 service_port(const struct pkt_meta *meta)
{
	return decrypted ? meta->window : meta->port;
}

/* Records the evidence and returns CONTINUE, so judge_evidence() decides. */
static __always_inline int score_probe(struct pkt_meta *meta, enum sw_evidence kind, int reason,
				       __u16 target)
{
	meta->kind = kind;
	meta->reason = reason;
	meta->target = target;
	return CONTINUE;
}

/* May the port be served although no local socket is found: by a container, through a
 * NAT rule, or by a socket bound to another device? */
static __always_inline bool may_be_unseen(const struct sw_settings *set)
{
	return set->forwards || set->asks;
}

/* Closed ports stay silent unless the operator wants the kernel to answer. */
static __always_inline int closed(const struct sw_settings *set)
{
	return set->closed_silent ? SW_REASON_CLOSED_PORT : SW_REASON_PASSED_MISS;
}

#endif
