// SPDX-License-Identifier: GPL-2.0-only
#include "generator.h"

char _license[] SEC("license") = "GPL";

/* Run with live frames on one end of a veth pair, sends to the other. */
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	return next_packet(ctx) ? XDP_TX : XDP_ABORTED;
}

/* The same at a pace: one packet every gap_ns, in which the CPU is kept busy. */
__u64 gap_ns, due_ns;

SEC("xdp")
int generate_paced(struct xdp_md *ctx)
{
	__u64 now = bpf_ktime_get_ns();

	if (!due_ns)
		due_ns = now;
	for (int i = 0; i < 8192 && now < due_ns; i++)
		now = bpf_ktime_get_ns();
	due_ns += gap_ns;
	return next_packet(ctx) ? XDP_TX : XDP_ABORTED;
}

/* The floor of what subject.bpf.c's `alone` does. */
SEC("xdp")
int alone(struct xdp_md *ctx)
{
	return next_packet(ctx) ? XDP_DROP : XDP_ABORTED;
}
