// SPDX-License-Identifier: GPL-2.0-only
/*
 * scanwall itself, line by line, but for what becomes of a packet that it
 * passes. Through a veth pair that would go on into the stack, whose several
 * hundred nanoseconds hide what scanwall costs; here it is dropped, as the
 * floor's packets are. These programs work on the maps of a scanwall that was
 * loaded as always.
 */
#include "../../bpf/scanwall.bpf.c"
#include "generator.h"

static __always_inline int judge_and_drop(struct xdp_md *ctx)
{
	struct sw_settings *set = entry_of(&settings, 0);
	struct packet p = {};

	if (!set)
		return XDP_ABORTED;
	finish(p.bytes, set, judge(ctx, &p, set));
	return XDP_DROP;
}

SEC("xdp.frags")
int receive(struct xdp_md *ctx)
{
	return judge_and_drop(ctx);
}

/* Run without any device: a packet made and judged, and nothing else. */
SEC("xdp")
int alone(struct xdp_md *ctx)
{
	return next_packet(ctx) ? judge_and_drop(ctx) : XDP_ABORTED;
}

__u32 group;
struct seen seen[GROUPS];

/* The same, remembering what became of it. */
SEC("xdp")
int watch(struct xdp_md *ctx)
{
	struct sw_settings *set = entry_of(&settings, 0);
	struct seen *s = &seen[group % GROUPS];
	struct packet p = {};
	__u64 began, ended;
	bool drops;

	if (!set || !next_packet(ctx))
		return XDP_ABORTED;
	began = bpf_ktime_get_ns();
	drops = finish(p.bytes, set, judge(ctx, &p, set));
	ended = bpf_ktime_get_ns();
	if (ended - began > s->longest_ns)
		s->longest_ns = ended - began;
	if (drops) {
		s->dropped++;
		if (!s->first_drop_ns)
			s->first_drop_ns = ended;
	} else {
		s->passed++;
		s->last_pass_ns = ended;
	}
	return XDP_DROP;
}
