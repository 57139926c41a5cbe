// SPDX-License-Identifier: GPL-2.0-only
/* The packet generator: XDP programs run with BPF_F_TEST_XDP_LIVE_FRAMES. */
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

struct lane lane[LANES]; /* by CPU */
__u32 lanes_wanted, lane_packets;
__u32 lanes_ready __attribute__((aligned(128)));

/* From all CPUs that take part: not before each of them has come, then
 * lane_packets from each; whatever is more is not sent. */
SEC("xdp")
int generate_lane(struct xdp_md *ctx)
{
	struct lane *l = &lane[bpf_get_smp_processor_id() % LANES];
	struct port_pair *ports;

	if (!l->arrived) {
		l->arrived = 1;
		__sync_fetch_and_add(&lanes_ready, 1);
	}
	if (*(volatile __u32 *)&lanes_ready < lanes_wanted || l->sent == lane_packets)
		return XDP_DROP;
	if (!l->sent)
		l->begin_ns = bpf_ktime_get_ns();
	ports = write_source4(ctx, bpf_get_prandom_u32());
	if (!ports)
		return XDP_ABORTED;
	ports->source = bpf_htons(traffic.port + (l->sent & traffic.port_mask));
	if (++l->sent == lane_packets)
		l->end_ns = bpf_ktime_get_ns();
	return XDP_TX;
}

/* The floor of what subject.bpf.c's `alone` does. */
SEC("xdp")
int alone(struct xdp_md *ctx)
{
	return next_packet(ctx) ? XDP_DROP : XDP_ABORTED;
}
