// SPDX-License-Identifier: GPL-2.0-only
/* The blockers that everybody writes first: one look-up of the source in one
 * map. Each is loaded by itself, its map as large as its list. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

__u64 dropped; /* the bench sends from one CPU */

/* Beside a case of scanwall's: what passes is dropped as well, as it is there. */
const volatile bool drop_misses;

struct lpm_key {
	__u32 plen;
	__be32 addr;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct lpm_key);
	__type(value, __u32);
} lpm_list SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __be32);
	__type(value, __u32);
} hash_list SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __be32);
	__type(value, __u32);
} lru_list SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct in6_addr);
	__type(value, __u32);
} hash6_list SEC(".maps");

static __always_inline struct iphdr *ipv4(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return NULL;
	return eth->h_proto == bpf_htons(ETH_P_IP) ? ip : NULL;
}

static __always_inline int verdict(const void *found)
{
	if (!found)
		return drop_misses ? XDP_DROP : XDP_PASS;
	dropped++;
	return XDP_DROP;
}

SEC("xdp")
int lpm(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	struct lpm_key key = {.plen = 32};

	if (!ip)
		return XDP_PASS;
	key.addr = ip->saddr;
	return verdict(bpf_map_lookup_elem(&lpm_list, &key));
}

SEC("xdp")
int hash(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	__be32 key;

	if (!ip)
		return XDP_PASS;
	key = ip->saddr;
	return verdict(bpf_map_lookup_elem(&hash_list, &key));
}

SEC("xdp")
int lru(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	__be32 key;

	if (!ip)
		return XDP_PASS;
	key = ip->saddr;
	return verdict(bpf_map_lookup_elem(&lru_list, &key));
}

SEC("xdp")
int hash6(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct ipv6hdr *ip = (void *)(eth + 1);
	struct in6_addr key;

	if ((void *)(ip + 1) > (void *)(long)ctx->data_end || eth->h_proto != bpf_htons(ETH_P_IPV6))
		return XDP_PASS;
	key = ip->saddr;
	return verdict(bpf_map_lookup_elem(&hash6_list, &key));
}
