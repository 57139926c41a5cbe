// SPDX-License-Identifier: GPL-2.0-only
#include "generator.h"

char _license[] SEC("license") = "GPL";

/* Run with live frames on one end of a veth pair, sends to the other. */
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	return next_packet(ctx) ? XDP_TX : XDP_ABORTED;
}

/* The floor of what subject.bpf.c's `alone` does. */
SEC("xdp")
int alone(struct xdp_md *ctx)
{
	return next_packet(ctx) ? XDP_DROP : XDP_ABORTED;
}
