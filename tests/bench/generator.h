/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes each run's packet another one. */
#ifndef BENCH_GENERATOR_H
#define BENCH_GENERATOR_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "traffic.h"

struct traffic traffic;

struct port_pair { /* TCP and UDP begin alike */
	__be16 source, dest;
};

/* The stack, which some peers stand behind, drops a header that is wrong. */
static __always_inline __u16 checksum(__be32 source)
{
	__u32 sum = traffic.ip_sum + (source & 0xffff) + (source >> 16);

	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline struct port_pair *write_source4(struct xdp_md *ctx, __u32 n)
{
	struct iphdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	struct port_pair *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > (void *)(long)ctx->data_end)
		return NULL;
	ip->saddr = traffic.source;
	if (!traffic.source)
		ip->saddr =
			bpf_htonl(address_number(traffic.first + n % traffic.count, traffic.seed));
	ip->check = checksum(ip->saddr);
	return ports;
}

static __always_inline struct port_pair *write_source6(struct xdp_md *ctx, __u32 n)
{
	struct ipv6hdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	struct port_pair *ports = (void *)(ip + 1);
	__u64 high;

	if ((void *)(ports + 1) > (void *)(long)ctx->data_end)
		return NULL;
	high = address_high(traffic.first + n % traffic.count, traffic.seed);
	ip->saddr.in6_u.u6_addr32[0] = bpf_htonl(high >> 32);
	ip->saddr.in6_u.u6_addr32[1] = bpf_htonl(high);
	ip->saddr.in6_u.u6_addr32[2] = bpf_htonl(LOW6 >> 32);
	ip->saddr.in6_u.u6_addr32[3] = bpf_htonl(LOW6);
	return ports;
}

static __always_inline bool spread(struct xdp_md *ctx, struct port_pair *ports, __u32 n)
{
	__be32 *seq = (void *)(ports + 1);

	if ((void *)(seq + 1) > (void *)(long)ctx->data_end)
		return false;
	ports->dest = bpf_htons(traffic.to + (n & traffic.to_mask));
	*seq = bpf_get_prandom_u32();
	return true;
}

static __always_inline bool next_packet(struct xdp_md *ctx)
{
	__u32 n = traffic.sent++;
	struct port_pair *ports = traffic.v6 ? write_source6(ctx, n) : write_source4(ctx, n);

	if (!ports)
		return false;
	ports->source = bpf_htons(traffic.port + (n & traffic.port_mask));
	return traffic.to_mask ? spread(ctx, ports, n) : true;
}

#endif
