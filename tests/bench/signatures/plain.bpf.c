// SPDX-License-Identifier: GPL-2.0-only
/* The naive matcher: every word at every byte. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define WORDS 100
#define BYTES 1460

char _license[] SEC("license") = "GPL";

__u64 word[WORDS];

struct text {
	__u8 byte[2048];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct text);
} texts SEC(".maps");

struct place {
	struct text *t;
	__u64 found;
};

static long look(__u64 at, void *ctx)
{
	struct place *p = ctx;
	__u64 here = *(__u64 *)(p->t->byte + (at & 1535)), found = 0, d;

	/* The highest bit is set where d is 0: a branch here, and the verifier
	 * would walk every path. */
	for (int i = 0; i < WORDS; i++) {
		d = here ^ word[i];
		found |= (d - 1) & ~d;
	}
	p->found |= found >> 63;
	return 0;
}

SEC("xdp")
int plain(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct place p = {.t = bpf_map_lookup_elem(&texts, &zero)};

	if (!p.t || bpf_xdp_load_bytes(ctx, 54, p.t->byte, BYTES))
		return XDP_ABORTED;
	bpf_loop(BYTES, look, &p, 0);
	return p.found ? XDP_DROP : XDP_PASS;
}
