/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 1: read the packet's headers into one description, filled once and
 * handed down. A cursor moves over them; every parser checks bounds first. */
#ifndef PACKET_H
#define PACKET_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "maps.h"

#define AF_INET 2 /* <sys/socket.h> is not for BPF */
#define AF_INET6 10

#define VLAN_TAGS 2    /* 802.1Q in 802.1ad */
#define IPV6_HEADERS 6 /* RFC 8200 4.1 lists no more in a sane packet */

#define IP_OFFSET 0x1fff
#define IP6_OFFSET 0xfff8

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20

struct packet {
	void *at; /* the cursor */
	void *end;
	__u32 bytes; /* of the IP packet, as its header says */
	__u16 family;
	__u8 proto;
	bool later_fragment;
	__u8 tcp_flags;
	__be16 sport, dport;
	__be32 saddr4, daddr4;
	__u64 high, low; /* IPv6 source, host order */
	struct in6_addr *saddr6, *daddr6;
};

/* A reason not to look further, or GO_ON. */
#define GO_ON (-1)

static __always_inline int parse_ethernet(struct packet *p, __be16 *type)
{
	struct ethhdr *eth = p->at;

	if ((void *)(eth + 1) > p->end)
		return SW_REASON_TRUNCATED;
	*type = eth->h_proto;
	p->at = eth + 1;
	return GO_ON;
}

struct vlan_tag {
	__be16 control;
	__be16 type;
};

static __always_inline int parse_vlan(struct packet *p, __be16 *type)
{
	struct vlan_tag *tag;

#pragma unroll
	for (int i = 0; i < VLAN_TAGS; i++) {
		if (*type != bpf_htons(ETH_P_8021Q) && *type != bpf_htons(ETH_P_8021AD))
			break;
		tag = p->at;
		if ((void *)(tag + 1) > p->end)
			return SW_REASON_TRUNCATED;
		*type = tag->type;
		p->at = tag + 1;
	}
	return GO_ON;
}

static __always_inline int parse_ipv4(struct packet *p)
{
	struct iphdr *ip = p->at;
	__u32 header;

	if ((void *)(ip + 1) > p->end)
		return SW_REASON_TRUNCATED;
	header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip))
		return SW_REASON_MALFORMED;
	p->family = AF_INET;
	p->saddr4 = ip->saddr;
	p->daddr4 = ip->daddr;
	p->proto = ip->protocol;
	p->bytes = bpf_ntohs(ip->tot_len);
	p->later_fragment = ip->frag_off & bpf_htons(IP_OFFSET);
	p->at += header;
	return GO_ON;
}

struct extension {
	__u8 next;
	__u8 length;
	__be16 offset; /* in a fragment header */
	__u32 rest;
};

/* Moves past the extension headers of RFC 8200 4; what follows the last one
 * is p->proto. */
static __always_inline int parse_extensions(struct packet *p)
{
	struct extension *ext;
	__u8 next = p->proto;

	for (int i = 0; i < IPV6_HEADERS; i++) {
		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
			break;
		default:
			p->proto = next;
			return GO_ON;
		}
		ext = p->at;
		if ((void *)(ext + 1) > p->end)
			return SW_REASON_TRUNCATED;
		if (next == IPPROTO_FRAGMENT) {
			if (ext->offset & bpf_htons(IP6_OFFSET)) {
				p->proto = ext->next;
				p->later_fragment = true;
				return GO_ON;
			}
			p->at += sizeof(*ext);
		} else if (next == IPPROTO_AH) {
			p->at += (ext->length + 2) * 4; /* RFC 4302 2.2 */
		} else {
			p->at += (ext->length + 1) * 8;
		}
		next = ext->next;
	}
	return SW_REASON_TOO_DEEP;
}

static __always_inline __u64 half_of(const struct in6_addr *a, int i)
{
	const __be32 *word = (const __be32 *)a;

	return (__u64)bpf_ntohl(word[2 * i]) << 32 | bpf_ntohl(word[2 * i + 1]);
}

static __always_inline int parse_ipv6(struct packet *p)
{
	struct ipv6hdr *ip = p->at;

	if ((void *)(ip + 1) > p->end)
		return SW_REASON_TRUNCATED;
	if (ip->version != 6)
		return SW_REASON_MALFORMED;
	p->family = AF_INET6;
	p->saddr6 = &ip->saddr;
	p->daddr6 = &ip->daddr;
	p->high = half_of(&ip->saddr, 0);
	p->low = half_of(&ip->saddr, 1);
	p->proto = ip->nexthdr;
	p->bytes = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	p->at = ip + 1;
	return GO_ON;
}

/* Up to the source address: all that the blocked need. */
static __always_inline int parse_network(struct xdp_md *ctx, struct packet *p)
{
	__be16 type;
	int reason;

	p->at = (void *)(long)ctx->data;
	p->end = (void *)(long)ctx->data_end;
	p->bytes = p->end - p->at;

	reason = parse_ethernet(p, &type);
	if (reason != GO_ON)
		return reason;
	reason = parse_vlan(p, &type);
	if (reason != GO_ON)
		return reason;
	if (type == bpf_htons(ETH_P_IP))
		return parse_ipv4(p);
	if (type == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(p);
	return SW_REASON_NOT_IP;
}

static __always_inline int parse_tcp(struct packet *p)
{
	struct tcphdr *tcp = p->at;

	if ((void *)(tcp + 1) > p->end)
		return SW_REASON_TRUNCATED;
	if (tcp->doff < 5)
		return SW_REASON_MALFORMED;
	p->sport = tcp->source;
	p->dport = tcp->dest;
	p->tcp_flags = ((__u8 *)tcp)[13];
	return GO_ON;
}

/* From the source address on: what the evidence needs. */
static __always_inline int parse_transport(struct packet *p)
{
	int reason;

	if (p->family == AF_INET6) {
		reason = parse_extensions(p);
		if (reason != GO_ON)
			return reason;
	}
	if (p->later_fragment)
		return SW_REASON_LATER_FRAGMENT;
	if (p->proto != IPPROTO_TCP)
		return SW_REASON_CLEAN;
	return parse_tcp(p);
}

/* The two ends in the one form that keys and events use. */
static __always_inline struct sw_addr addr_of(const struct packet *p, bool source)
{
	struct sw_addr a = {};

	if (p->family == AF_INET) {
		a.byte[10] = 0xff;
		a.byte[11] = 0xff;
		__builtin_memcpy(&a.byte[12], source ? &p->saddr4 : &p->daddr4, 4);
	} else {
		__builtin_memcpy(&a, source ? p->saddr6 : p->daddr6, 16);
	}
	return a;
}

#endif
