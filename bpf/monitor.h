/* SPDX-License-Identifier: GPL-2.0-only */
/* `scanwall monitor`: a stream of packets with their reasons. While nobody listens, a
 * packet pays for one branch. The listener holds a lease, settings.monitor_until; if it
 * dies, the first packet after the lease clears it. */
#ifndef MONITOR_H
#define MONITOR_H

#include "clock.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sw_monitor);
} monitor SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 19);
} packets SEC(".maps");

/* A copy of the frame, taken where a reply may overwrite it. */
struct kept_frame {
	struct sw_addr peer;
	__u32 length; /* 0: nothing kept */
	__u32 captured;
	__u32 bytes; /* of the IP packet */
	__u8 reason, dropped;
	__u8 action;  /* XDP action */
	__u8 counted; /* 1: `dropped` and `action` are final */
	__u8 byte[SW_MONITOR_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kept_frame);
} kept_frames SEC(".maps");

static __always_inline bool listens(struct sw_settings *set)
{
	__u32 until = set->monitor_until;

	if (until && (__s32)(until - ticks(now_ns(set))) > 0)
		return true;
	__sync_val_compare_and_swap(&set->monitor_until, until, 0);
	return false;
}

/* Number of bytes kept, 1 to SW_MONITOR_BYTES. */
static __always_inline __u32 captured_of(__u32 length)
{
	__u32 captured = length < SW_MONITOR_BYTES ? length : SW_MONITOR_BYTES;

	return masked(captured - 1, SW_MONITOR_BYTES - 1) + 1;
}

/* A global function, so its stack is not added to its caller's. */
__noinline int keep_frame(struct xdp_md *ctx)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct kept_frame *k = entry_of(&kept_frames, 0);
	struct packet p = {};

	if (!set || !k)
		return 0;
	k->length = bpf_xdp_get_buff_len(ctx);
	k->captured = captured_of(k->length);
	if (bpf_xdp_load_bytes(ctx, 0, k->byte, captured_of(k->length)))
		__builtin_memset(k->byte, 0, sizeof(k->byte));
	__builtin_memset(&k->peer, 0, sizeof(k->peer));
	if (parse_frame(ctx, &p, set) == CONTINUE)
		k->peer = addr_of(&p, true);
	return 0;
}

static __always_inline bool is_wanted(const struct sw_monitor *m, const struct kept_frame *k,
				      __u32 reason)
{
	bool same = true;

	if (!(m->reasons >> (reason & 63) & 1))
		return false;
#pragma unroll
	for (int i = 0; i < 2; i++)
		same &= ((((const __u64 *)&k->peer)[i] ^ ((const __u64 *)&m->source)[i]) &
			 ((const __u64 *)&m->source_mask)[i]) == 0;
	return same;
}

static __always_inline bool too_many(struct sw_monitor *m, __u64 ns)
{
	__u32 second = ns >> 30;

	if (!m->per_second)
		return false;
	if (m->second != second) {
		m->second = second;
		m->seen = 0;
	}
	return __sync_fetch_and_add(&m->seen, 1) >= m->per_second;
}

struct head {
	__u64 time_ns;
	__u32 ifindex;
	__u8 reason, dropped, leaves;
};

static __always_inline void emit_packet(struct sw_monitor *m, const struct kept_frame *k,
					const struct head *head)
{
	struct sw_monitored *r;

	if (too_many(m, head->time_ns)) {
		__sync_fetch_and_add(&m->limited, 1);
		return;
	}
	r = bpf_ringbuf_reserve(&packets, sizeof(*r), 0);
	if (!r) {
		__sync_fetch_and_add(&m->lost, 1);
		return;
	}
	r->time_ns = head->time_ns;
	r->ifindex = head->ifindex;
	r->length = k->length;
	r->captured = k->captured;
	r->reason = head->reason;
	r->dropped = head->dropped;
	r->leaves = head->leaves;
	r->pad[0] = r->pad[1] = r->pad[2] = 0;
	__builtin_memcpy(r->byte, k->byte, sizeof(r->byte));
	bpf_ringbuf_submit(r, 0);
}

/* Continues with `monitor_packet`, which counts and reports the packet; returns only if
 * that program is missing. Called before counting, to save registers and stack in the
 * path without a listener. */
static __always_inline void go_monitor(struct xdp_md *ctx, __u32 bytes, int reason)
{
	struct kept_frame *k = entry_of(&kept_frames, 0);

	if (!k)
		return;
	k->length = 0;
	k->counted = 0;
	k->bytes = bytes;
	k->reason = reason;
	bpf_tail_call(ctx, &steps, SW_STEP_MONITOR);
}

/* The same after keep_frame() and finish(). */
static __always_inline void go_monitor_counted(struct xdp_md *ctx, int reason, bool dropped,
					       int action)
{
	struct kept_frame *k = entry_of(&kept_frames, 0);

	if (!k)
		return;
	k->counted = 1;
	k->reason = reason;
	k->dropped = dropped;
	k->action = action;
	bpf_tail_call(ctx, &steps, SW_STEP_MONITOR);
}

static __always_inline void tell_packet(struct xdp_md *ctx, struct sw_settings *set,
					struct kept_frame *k)
{
	struct sw_monitor *m = entry_of(&monitor, 0);
	struct head head = {.ifindex = ctx->ingress_ifindex};

	if (!m || !listens(set))
		return;
	if (!k->length)
		keep_frame(ctx);
	head.time_ns = made_up_clock ? set->clock_ns : bpf_ktime_get_ns();
	head.reason = k->reason;
	head.dropped = k->dropped;
	if (is_wanted(m, k, k->reason))
		emit_packet(m, k, &head);
}

/* The same for an outgoing packet; the peer is its destination. */
__noinline int tell_leaving(struct __sk_buff *skb, __u32 reason, __u32 dropped)
{
	struct sw_settings *set = entry_of(&settings, 0);
	struct kept_frame *k = entry_of(&kept_frames, 0);
	struct sw_monitor *m = entry_of(&monitor, 0);
	struct head head = {.ifindex = skb->ifindex, .leaves = 1};
	struct packet p = {};
	bool raw;

	if (!set || !m || !k || !listens(set))
		return 0;
	raw = set->raw_devices && is_raw_device(set, skb->ifindex);
	if (parse_link((void *)(long)skb->data, (void *)(long)skb->data_end, &p, raw) != CONTINUE)
		return 0;
	k->peer = addr_of(&p, false);
	k->length = skb->len;
	k->captured = captured_of(k->length);
	if (bpf_skb_load_bytes(skb, 0, k->byte, captured_of(k->length)))
		__builtin_memset(k->byte, 0, sizeof(k->byte));
	head.time_ns = made_up_clock ? set->clock_ns : bpf_ktime_get_ns();
	head.reason = reason;
	head.dropped = dropped;
	if (is_wanted(m, k, reason))
		emit_packet(m, k, &head);
	return 0;
}

#endif
