// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet's way through scanwall, on one screen. Each step is a file:
 *   packet.h    1. what it is
 *   blocked.h   2. whether its source is blocked
 *   evidence.h  3. what it says about its source, and 4. what that adds up to
 *   block.h     5. blocking the source, and the event
 * Every packet leaves with one reason (abi.h), counted in finish().
 */
#include "evidence.h"

char _license[] SEC("license") = "GPL";

static __always_inline int judge_blocked(struct xdp_md *ctx, struct packet *p,
					 const struct sw_settings *set, int reason,
					 const struct hit *h)
{
	if (allowed(p, ticks(now_ns(set))))
		return SW_REASON_ALLOWED;
	if (!(h->until & SW_UNTIL_NEW_ONLY))
		return reason;
	/* Its sender proved nothing, so it may be forged: what it has open goes on. */
	if (parse_transport(p) == GO_ON && !(p->tcp_flags & TCP_SYN) &&
	    flow_known(ctx, p) == CONNECTED)
		return SW_REASON_SPARED_FLOW;
	return reason;
}

/* dry: answer a question, change nothing. */
static __always_inline int judge(struct xdp_md *ctx, struct packet *p,
				 const struct sw_settings *set, bool dry)
{
	struct hit h = {.count = !dry};
	int reason;

	if (set->panic)
		return SW_REASON_PANIC;
	reason = parse_network(ctx, p);
	if (reason != GO_ON)
		return reason;
	reason = blocked(p, set, &h);
	if (reason != GO_ON)
		return judge_blocked(ctx, p, set, reason, &h);
	reason = parse_transport(p);
	if (reason != GO_ON)
		return reason;
	return judge_tcp(ctx, p, set, dry);
}

/* The reasons that drop, as one constant. */
static __always_inline bool drops(int reason)
{
#define X(id, drop, name, text) | (__u64)(drop) << SW_REASON_##id
	return (0ull SW_REASONS(X)) >> reason & 1;
#undef X
}

static __always_inline int finish(const struct packet *p, const struct sw_settings *set, int reason)
{
	struct sw_counter *c = entry_of(&counters, reason);

	if (!c)
		return XDP_PASS;
	if (drops(reason) && enforcing(set)) {
		c->dropped++;
		c->dropped_bytes += p->bytes;
		return XDP_DROP;
	}
	c->passed++;
	c->passed_bytes += p->bytes;
	return XDP_PASS;
}

SEC("xdp.frags")
int scanwall(struct xdp_md *ctx)
{
	struct sw_settings *set = entry_of(&settings, 0);
	struct packet p = {};

	if (!set)
		return XDP_PASS;
	return finish(&p, set, judge(ctx, &p, set, false));
}

/* `scanwall test`: the reason for a packet, by the very same steps. Run by
 * BPF_PROG_RUN only. */
SEC("xdp.frags")
int explain(struct xdp_md *ctx)
{
	struct sw_settings *set = entry_of(&settings, 0);
	struct packet p = {};

	if (!set)
		return -1;
	return judge(ctx, &p, set, true);
}
