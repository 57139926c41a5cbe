/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet of no known connection, without pointers into it: whoever reads it
 * on is verified once, and not behind each of the ways it can be parsed. */
#ifndef SUSPECT_H
#define SUSPECT_H

#include "memory.h"

enum suspicion {
	CHARGED,
	AT_OPEN_PORT, /* a SYN: too many, or to too many addresses? */
	PINGING,      /* too many addresses? */
};

struct suspect {
	struct sw_addr src, dst;
	struct ends ends;
	__u64 key; /* its source's */
	__be32 seq, ack_seq;
	__be32 first_option; /* the first four bytes of TCP options */
	__u16 window, doff;
	__u16 family;
	__u16 port; /* dport, host order */
	__u16 ip_id;
	__u8 dont_fragment;
	__u8 tcp_flags;
	__u8 has_tcp; /* 0: its TCP header is in another fragment */
	__u8 has_data;
	__u8 icmp_type, icmp_code;
	__u8 dry;  /* answer a question, change nothing */
	__s8 held; /* the reason its source is blocked for, where what is open goes on */
	/* What it is charged with. */
	__u8 suspicion;
	__u8 kind; /* enum sw_evidence */
	__s8 reason;
	__u8 tool;
	__u16 target; /* a port or an IP protocol, host order */
	__u8 syn;
	__u8 again;	 /* counts although its target was counted before */
	__u8 port_found; /* enum port_state: by its socket, just now */
	__u8 own;	 /* 1: it is known to go to an address of ours */
};

/* The stack has no room for it. One for packets, one for questions, which a
 * packet may interrupt. Not pinned: it means nothing from one packet to the
 * next. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct suspect);
} suspects SEC(".maps");

static __always_inline bool has_data(const struct packet *p)
{
	return p->left > p->tcp->doff * 4u;
}

static __always_inline void describe_tcp(const struct packet *p, struct suspect *who)
{
	const struct tcphdr *tcp = p->tcp;
	const __be32 *option = (const void *)(tcp + 1);

	who->has_tcp = 1;
	who->tcp_flags = p->tcp_flags;
	who->seq = tcp->seq;
	who->ack_seq = tcp->ack_seq;
	who->window = bpf_ntohs(tcp->window);
	who->doff = tcp->doff;
	who->has_data = has_data(p);
	if ((void *)(option + 1) <= p->end)
		who->first_option = *option;
}

static __always_inline void describe(const struct packet *p, struct suspect *who)
{
	const struct iphdr *ip = p->ip;

	__builtin_memset(who, 0, sizeof(*who));
	who->src = addr_of(p, true);
	who->dst = addr_of(p, false);
	who->ends = ends_of(p);
	who->key = source_key(p);
	who->family = p->family;
	who->port = bpf_ntohs(p->dport);
	who->icmp_type = p->icmp_type;
	who->icmp_code = p->icmp_code;
	if (p->family == AF_INET) {
		who->ip_id = bpf_ntohs(ip->id);
		who->dont_fragment = !!(ip->frag_off & bpf_htons(IP_DF));
	}
	if (p->tcp)
		describe_tcp(p, who);
}

/* There is a charge: GO_ON to judge_suspect(). */
static __always_inline int charge(struct suspect *who, enum sw_evidence kind, int reason,
				  __u16 target)
{
	who->kind = kind;
	who->reason = reason;
	who->target = target;
	return GO_ON;
}

/* A closed port is silent, unless the operator wants the kernel's answer. */
static __always_inline int closed(const struct sw_settings *set)
{
	return set->closed_silent ? SW_REASON_CLOSED_PORT : SW_REASON_PASSED_MISS;
}

#endif
