/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 1: parse the headers into one description, filled once and passed down. A cursor
 * moves over them; every parser checks bounds first. */
#ifndef PARSE_H
#define PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "maps.h"

#define AF_INET 2 /* <sys/socket.h> does not compile for BPF */
#define AF_INET6 10

/* The stack strips any number of tags, so anything behind a deeper one would pass
 * uninspected. No legitimate sender stacks more than this. */
#define VLAN_TAGS 8
/* RFC 8200 4.1 lists seven, each at most once but one; RFC 8504 5.3 allows a host to
 * set a limit. No legitimate sender chains more. */
#define IPV6_HEADERS 8

#define IP_OFFSET 0x1fff
#define IP_MORE 0x2000
#define IP_DF 0x4000
#define IP6_OFFSET 0xfff8
#define IP6_MORE 0x0001

/* RFC 792; <linux/icmp.h> would pull in <sys/socket.h>. */
#define ICMP_ECHO_REPLY 0
#define ICMP_DEST_UNREACH 3
#define ICMP_PROT_UNREACH 2
#define ICMP_PORT_UNREACH 3
#define ICMP_ECHO 8
#define ICMP_TIMESTAMP 13
#define ICMP_INFO_REQUEST 15
#define ICMP_ADDRESS 17

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20

struct packet {
	void *at; /* cursor */
	void *end;
	void *ip;
	struct tcphdr *tcp;
	__u32 bytes; /* length of the IP packet according to its header */
	__u32 left;  /* bytes left behind the IP headers */
	__u16 family;
	__u8 proto;
	__u8 tcp_flags;
	bool fragment;	 /* more fragments follow */
	bool proven;	 /* its source is fully blocked, possibly by this program */
	__u16 at_offset; /* fragment offset in units of 8 bytes; 0: first fragment */
	union {
		__u8 icmp_type;
		__u8 first; /* TCP: the connection has carried no data so far */
	};
	__u8 icmp_code;
	__be16 icmp_id;
	__be16 sport, dport;
	__be32 saddr4, daddr4;
	__u64 high, low; /* IPv6 source, host order */
	struct in6_addr *saddr6, *daddr6;
	__u64 ns; /* packet_ns(); 0: clock not read yet */
};

/* Not a reason: keep looking. */
#define CONTINUE (-1)

static __always_inline int parse_ethernet(struct packet *p, __be16 *type)
{
	struct ethhdr *eth = p->at;

	if ((void *)(eth + 1) > p->end)
		return SW_REASON_TRUNCATED;
	*type = eth->h_proto;
	p->at = eth + 1;
	return CONTINUE;
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
	if (*type == bpf_htons(ETH_P_8021Q) || *type == bpf_htons(ETH_P_8021AD))
		return SW_REASON_TOO_DEEP;
	return CONTINUE;
}

static __always_inline int parse_ipv4(struct packet *p)
{
	struct iphdr *ip = p->at;
	__u32 header;

	if ((void *)(ip + 1) > p->end)
		return SW_REASON_TRUNCATED;
	header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip) || bpf_ntohs(ip->tot_len) < header)
		return SW_REASON_MALFORMED;
	p->family = AF_INET;
	p->saddr4 = ip->saddr;
	p->daddr4 = ip->daddr;
	p->proto = ip->protocol;
	p->bytes = bpf_ntohs(ip->tot_len);
	p->left = p->bytes - header;
	p->fragment = ip->frag_off & bpf_htons(IP_MORE);
	p->at_offset = bpf_ntohs(ip->frag_off) & IP_OFFSET;
	p->ip = ip;
	p->at += header;
	return CONTINUE;
}

struct extension {
	__u8 next;
	__u8 length;
	__be16 offset; /* in a fragment header */
	__u32 rest;
};

struct walk {
	__u32 offset; /* from the start of the frame */
	__u8 next;    /* type of the header at offset */
	__u8 fragment;
	__u16 at_offset;
};

static __always_inline bool is_extension(__u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_AH;
}

static __always_inline __u32 extension_length(const struct extension *ext, __u8 kind)
{
	if (kind == IPPROTO_FRAGMENT)
		return sizeof(*ext);
	if (kind == IPPROTO_AH)
		return (ext->length + 2) * 4; /* RFC 4302 2.2 */
	return (ext->length + 1) * 8;
}

/* The packet ends within its headers. Those of a first fragment go on in the next one, and
 * hosts put the two together, unless they drop it as RFC 7112 5 allows. */
static __always_inline int cut_short(bool fragment)
{
	return fragment ? SW_REASON_SCAN_FRAGMENT : SW_REASON_TRUNCATED;
}

/* Skips the extension headers of RFC 8200 4. A global function, or the verifier would
 * follow every combination of them through the rest of the program. */
__noinline int walk_extensions(struct xdp_md *ctx, struct walk *w)
{
	struct extension ext = {};
	__u8 kind;

	if (!w)
		return SW_REASON_TOO_DEEP;
	for (int i = 0; i < IPV6_HEADERS; i++) {
		kind = w->next;
		if (!is_extension(kind))
			return CONTINUE;
		if (bpf_xdp_load_bytes(ctx, w->offset, &ext, sizeof(ext)))
			return cut_short(w->fragment);
		if (kind == IPPROTO_FRAGMENT) {
			w->fragment |= !!(ext.offset & bpf_htons(IP6_MORE));
			w->at_offset = bpf_ntohs(ext.offset) >> 3;
		}
		w->offset += extension_length(&ext, kind);
		w->next = ext.next;
		if (w->at_offset)
			return CONTINUE;
	}
	return is_extension(w->next) ? SW_REASON_TOO_DEEP : CONTINUE;
}

#define FARTHEST 0x3fff /* largest offset of a header from the start of the frame */

static __always_inline int parse_extensions(struct xdp_md *ctx, struct packet *p)
{
	void *data = (void *)(long)ctx->data;
	struct walk w = {.offset = p->at - data, .next = p->proto};
	__u32 start = w.offset;
	int reason = walk_extensions(ctx, &w);

	if (reason != CONTINUE)
		return reason;
	/* What follows the packet in the frame is not part of it. */
	if (w.fragment && !w.at_offset && w.offset - start > p->left)
		return SW_REASON_SCAN_FRAGMENT;
	p->proto = w.next;
	p->fragment = w.fragment;
	p->at_offset = w.at_offset;
	p->left -= w.offset - start;
	p->at = data + (w.offset & FARTHEST);
	return CONTINUE;
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
	p->left = bpf_ntohs(ip->payload_len);
	p->bytes = sizeof(*ip) + p->left;
	p->ip = ip;
	p->at = ip + 1;
	return CONTINUE;
}

/* For devices without an Ethernet header: tun, WireGuard, IP in IP. */
static __always_inline int parse_version(struct packet *p, __be16 *type)
{
	const __u8 *first = p->at;

	if ((void *)(first + 1) > p->end)
		return SW_REASON_TRUNCATED;
	*type = *first >> 4 == 4   ? bpf_htons(ETH_P_IP)
		: *first >> 4 == 6 ? bpf_htons(ETH_P_IPV6)
				   : 0;
	return CONTINUE;
}

static __always_inline bool is_raw_device(const struct sw_settings *set, __u32 ifindex)
{
	bool raw = false;

#pragma unroll
	for (int i = 0; i < SW_RAW_DEVICES; i++)
		raw |= set->raw_device[i] == ifindex;
	return raw;
}

/* Parses up to the source address: enough for blocked sources. */
static __always_inline int parse_link(void *data, void *end, struct packet *p, bool raw)
{
	volatile __u8 offset;
	__be16 type;
	int reason;

	p->at = data;
	p->end = end;
	p->bytes = end - data;
	reason = raw ? parse_version(p, &type) : parse_ethernet(p, &type);
	if (reason == CONTINUE && !raw)
		reason = parse_vlan(p, &type);
	if (reason != CONTINUE)
		return reason;
	/* The offset is spilled to memory so that the verifier loses its value;
	 * otherwise it would follow each number of tags through the rest of the
	 * program. */
	offset = p->at - data;
	data += offset;
	asm volatile("" : "+r"(data)); /* keep it a pointer: clang must not fold the sum */
	p->at = data;
	if (type == bpf_htons(ETH_P_IP))
		return parse_ipv4(p);
	if (type == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(p);
	return SW_REASON_NOT_IP;
}

static __always_inline int parse_network(void *data, void *end, struct packet *p)
{
	return parse_link(data, end, p, false);
}

static __always_inline int parse_frame(struct xdp_md *ctx, struct packet *p,
				       const struct sw_settings *set)
{
	bool raw = set->raw_devices && is_raw_device(set, ctx->ingress_ifindex);

	return parse_link((void *)(long)ctx->data, (void *)(long)ctx->data_end, p, raw);
}

static __always_inline int parse_tcp(struct packet *p)
{
	struct tcphdr *tcp = p->at;

	if ((void *)(tcp + 1) > p->end)
		return SW_REASON_TRUNCATED;
	if (tcp->doff < 5)
		return SW_REASON_MALFORMED;
	p->tcp = tcp;
	p->sport = tcp->source;
	p->dport = tcp->dest;
	p->tcp_flags = ((__u8 *)tcp)[13];
	return CONTINUE;
}

/* UDP and SCTP headers start with the ports; so does a TCP header even when a fragment
 * cuts it short. */
struct ports {
	__be16 source, dest;
};

static __always_inline int parse_ports(struct packet *p)
{
	struct ports *ports = p->at;

	if ((void *)(ports + 1) > p->end || (p->fragment && p->left < sizeof(*ports)))
		return SW_REASON_TRUNCATED;
	p->sport = ports->source;
	p->dport = ports->dest;
	return CONTINUE;
}

struct icmp {
	__u8 type, code;
	__be16 checksum;
	__be16 id; /* echo identifier, the same in request and reply */
};

static __always_inline bool is_icmp(const struct packet *p)
{
	return p->proto == (p->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static __always_inline int parse_icmp(struct packet *p)
{
	struct icmp *icmp = p->at;

	if ((void *)(icmp + 1) > p->end)
		return SW_REASON_TRUNCATED;
	p->icmp_type = icmp->type;
	p->icmp_code = icmp->code;
	p->icmp_id = icmp->id;
	return CONTINUE;
}

/* True if the TCP header is split across fragments or starts in a later one. RFC 3128
 * drops both; a SYN fits any MTU, so no legitimate stack fragments it. */
static __always_inline bool hides_tcp(const struct packet *p)
{
	const struct tcphdr *tcp = p->at;

	if (p->at_offset)
		return p->at_offset == 1;
	if (p->left < sizeof(*tcp))
		return true;
	return (void *)(tcp + 1) <= p->end && ((const __u8 *)tcp)[13] & TCP_SYN;
}

static __always_inline int parse_upper(struct packet *p)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		return p->fragment && hides_tcp(p) ? parse_ports(p) : parse_tcp(p);
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		return parse_ports(p);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return parse_icmp(p);
	}
	return CONTINUE;
}

/* Parses what follows the addresses: what the evidence is based on. */
static __always_inline int parse_transport(struct packet *p)
{
	int reason;

	if (p->at_offset)
		return p->proto == IPPROTO_TCP && hides_tcp(p) ? CONTINUE
							       : SW_REASON_LATER_FRAGMENT;
	reason = parse_upper(p);
	return reason == SW_REASON_TRUNCATED ? cut_short(p->fragment) : reason;
}

/* What hashes are computed over: both addresses as numbers, and the ports. */
struct flow_key {
	__u64 remote, local;
	__be16 sport, dport;
	__u8 proto;
};

static __always_inline struct flow_key flow_key_of(const struct packet *p)
{
	struct flow_key e = {.sport = p->sport, .dport = p->dport, .proto = p->proto};

	if (p->family == AF_INET) {
		e.remote = p->saddr4;
		e.local = p->daddr4;
	} else {
		e.remote = p->high * (seed[2] | 1) ^ p->low;
		e.local = sw_local6(half_of(p->daddr6, 0), half_of(p->daddr6, 1), seed);
	}
	return e;
}

/* ---- source addresses */

/* Cheap pre-check for odd_source(): first byte 0, 127, or 224 and above; for IPv6 00,
 * 01 or ff. */
static __always_inline bool may_be_odd(const struct packet *p)
{
	__u8 first = p->family == AF_INET ? *(const __u8 *)&p->saddr4 : p->high >> 56;

	if (p->family == AF_INET)
		return (__u8)(first + 32) <= 32 || first == 127;
	return (__u8)(first + 1) <= 2;
}

/* 0.0.0.0 is used to request an address (RFC 2131 4.1) and for IGMP (RFC 4541 2.1.1);
 * loopback stays on lo. 240/4 is reserved but used in practice. */
static __always_inline int odd_source4(const struct packet *p)
{
	__u32 addr = bpf_ntohl(p->saddr4);
	const struct ports *ports = p->at;

	if (addr >> 24 == 127)
		return (bpf_ntohl(p->daddr4) >> 24) == 127 ? CONTINUE : SW_REASON_MARTIAN;
	if (addr >= 0xf0000000)
		return addr == 0xffffffff ? SW_REASON_MARTIAN : CONTINUE;
	if (addr)
		return SW_REASON_MARTIAN;
	if (p->proto == IPPROTO_IGMP)
		return SW_REASON_CLEAN;
	if (p->proto != IPPROTO_UDP || (void *)(ports + 1) > p->end)
		return SW_REASON_MARTIAN;
	return ports->dest == bpf_htons(67) ? SW_REASON_CLEAN : SW_REASON_MARTIAN;
}

#define TRANSLATED_HIGH 0x0064ff9bull /* 64:ff9b::/96 and 64:ff9b:1::/48 */
#define TRANSLATED_LOW 0xffff0000ull  /* ::ffff:0:a.b.c.d */

/* The only valid sources in ::/8 and 0100::/8 are the unspecified address (RFC 4862
 * 5.4, RFC 3590), ::1 on lo, and IPv4 addresses embedded by a translator (RFC 6052, RFC
 * 8215, RFC 6145). */
static __always_inline int odd_source6(const struct packet *p)
{
	if (p->high >> 32 == TRANSLATED_HIGH || (!p->high && p->low >> 32 == TRANSLATED_LOW))
		return CONTINUE;
	if (p->high)
		return SW_REASON_MARTIAN;
	if (!p->low)
		return p->proto == IPPROTO_ICMPV6 || p->proto == IPPROTO_HOPOPTS
			       ? SW_REASON_CLEAN
			       : SW_REASON_MARTIAN;
	if (p->low != 1 || half_of(p->daddr6, 0) || half_of(p->daddr6, 1) != 1)
		return SW_REASON_MARTIAN;
	return CONTINUE;
}

/* Returns a reason if no packet can have this source address, else CONTINUE. */
static __always_inline int odd_source(const struct packet *p)
{
	return p->family == AF_INET ? odd_source4(p) : odd_source6(p);
}

#define LINK_LOCAL6 (0xfe80u >> 6)

#define TEREDO_HIGH 0x20010000ull /* 2001::/32: then the server's address (RFC 4380 4) */

/* Neighbours on our own links belong to different people, and so do hosts behind a
 * translator or of a Teredo server, although each group shares a /64. */
static __always_inline bool stands_alone(const struct packet *p, const struct sw_settings *set)
{
	bool alone = false;

	if (p->family == AF_INET)
		return false;
	if (p->high >> 54 == LINK_LOCAL6 || p->high >> 32 == TRANSLATED_HIGH || !p->high ||
	    p->high >> 32 == TEREDO_HIGH)
		return true;
#pragma unroll
	for (int i = 0; i < SW_OWN_LINKS; i++)
		alone |= set->own_link[i] == p->high;
	return alone;
}

/* A host may rotate through its whole IPv6 /64 (RFC 8981), and a site may hold more
 * than one. */
static __always_inline __u64 source_key(const struct packet *p)
{
	if (p->family == AF_INET)
		return SW_SOURCE_V4 | bpf_ntohl(p->saddr4);
	return p->high & source6_mask;
}

/* The key that evidence is counted under. The three kinds of keys cannot collide:
 * odd_source6() admits no other sources in ::/8 and 0100::/8. */
static __always_inline __u64 suspect_key(const struct packet *p, const struct sw_settings *set)
{
	if (stands_alone(p, set))
		return sw_single_key(p->high, p->low, seed);
	return source_key(p);
}

static __always_inline bool is_single_key(__u64 key)
{
	return key >> 56 == SW_SOURCE_SINGLE >> 56;
}

static __always_inline bool is_key4(__u64 key)
{
	return key >> 32 == SW_SOURCE_V4 >> 32;
}

/* An address in the form that keys and events use. */
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
