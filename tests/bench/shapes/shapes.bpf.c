// SPDX-License-Identifier: GPL-2.0-only
/* One look-up of a source that is made here, in lines of several shapes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "shapes.h"

char _license[] SEC("license") = "GPL";

__u32 first, count, number, list_seed;
__u64 keys[4];
__u32 whole_mask;
__u64 found;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sw_drop4_line);
} whole SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HALF_LINES);
	__type(key, __u32);
	__type(value, struct half_line);
} halves SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} words SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} list SEC(".maps");

static __always_inline __u32 next_address(void)
{
	return address_number(first + number++ % count, list_seed);
}

static __always_inline int in_whole(__u32 addr)
{
	__u32 at = sw_home(sw_hash4(addr, keys)) & whole_mask;
	struct sw_drop4_line *line = bpf_map_lookup_elem(&whole, &at);

	return line && sw_has4(line, addr);
}

SEC("xdp")
int make_only(struct xdp_md *ctx)
{
	(void)ctx;
	found += next_address() == 1;
	return XDP_DROP;
}

SEC("xdp")
int hash_has(struct xdp_md *ctx)
{
	__u32 addr = next_address();

	(void)ctx;
	found += !!bpf_map_lookup_elem(&list, &addr);
	return XDP_DROP;
}

SEC("xdp")
int whole_has(struct xdp_md *ctx)
{
	(void)ctx;
	found += in_whole(next_address());
	return XDP_DROP;
}

SEC("xdp")
int half_has(struct xdp_md *ctx)
{
	__u32 p = permuted(next_address(), keys[0]), at = p >> 16;
	struct half_line *line = bpf_map_lookup_elem(&halves, &at);

	(void)ctx;
	found += line && has_half(line, p);
	return XDP_DROP;
}

SEC("xdp")
int word_has(struct xdp_md *ctx)
{
	__u32 addr = next_address(), at;
	__u64 h = sw_hash64(addr, keys), bits = sw_bloom_bits(h), *word;

	(void)ctx;
	at = sw_home(h) & whole_mask;
	word = bpf_map_lookup_elem(&words, &at);
	if (word && (*word & bits) == bits)
		found += in_whole(addr);
	return XDP_DROP;
}
