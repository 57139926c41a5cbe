// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path of a packet, on one screen. Each step is a file:
 *   parse.h          1. parse the headers
 *   blocked.h        2. is the source blocked?
 *   tcp.h, probes.h  3. what does the packet say about its source (with pkt_meta.h,
 *                       sockets.h, flow_state.h and fingerprint.h)
 *   evidence.h       4. what does the evidence add up to
 *   block.h          5. block the source and emit the event,
 *   challenge.h      or challenge it (with answer.h)
 *   rates.h          rate limits on new traffic, and known clients only
 *   proven.h         what passes of a fully blocked source: replies to this host
 *   floods.h         is the port flooded? If so:
 *   syncookie.h      SYN cookies sent in place of the kernel (with admit.h)
 *   learn.h          what outgoing packets teach,
 *   refusals.h       what local services refuse (requests.h, server_answer.h),
 *   reply.h          and which rules their replies match
 * Every packet leaves with one reason (abi.h), counted in finish().
 */
#include <linux/pkt_cls.h>
#include "admit.h"
#include "challenge.h"
#include "inspect.h"
#include "monitor.h"
#include "refusals.h"
#include "rates.h"
#include "reply.h"
#include "syncookie.h"

char _license[] SEC("license") = "GPL";

/* Traffic that the host needs to stay on its link, whatever is listed: address
 * configuration (RFC 2131, RFC 8415) and neighbour discovery (RFC 4861: hop limit 255
 * proves that the sender is on the link). */
static __always_inline bool is_lifeline(const struct packet *p)
{
	const struct ports *ports = p->at;
	const __u8 *icmp = p->at;

	if (p->proto == IPPROTO_ICMPV6 && p->family == AF_INET6)
		return (void *)(icmp + 1) <= p->end && *icmp >= 133 && *icmp <= 137 &&
		       ((const struct ipv6hdr *)p->ip)->hop_limit == 255;
	if (p->proto != IPPROTO_UDP || p->at_offset || (void *)(ports + 1) > p->end)
		return false;
	if (p->family == AF_INET6)
		return ports->source == bpf_htons(547) && ports->dest == bpf_htons(546);
	return ports->source == bpf_htons(67) && ports->dest == bpf_htons(68);
}

/* CONTINUE: not blocked, or only in part. Then *block_reason is set: open connections
 * go on because the source is unproven and may be forged, or, with p->proven, only
 * replies to this host pass. */
static __always_inline int judge_blocked(struct packet *p, const struct query *q, int *block_reason)
{
	enum held held = NOT_HELD;
	int reason = blocked(p, q, &held);
	struct pkt_meta *meta;

	if (reason == CONTINUE)
		return CONTINUE;
	/* Not on the stack, which is shared by all nested calls. */
	meta = near_allowed(source_key(p)) ? entry_of(&pkt_metas, 0) : NULL;
	if (meta) {
		meta->src = addr_of(p, true);
		if (allowed(source_key(p), &meta->src, ticks(packet_ns(p, q->set))))
			return SW_REASON_ALLOWED;
	}
	if (is_lifeline(p))
		return SW_REASON_LIFELINE;
	if (held == HELD)
		return reason;
	*block_reason = reason;
	p->proven = held == HELD_PROVEN;
	return CONTINUE;
}

/* The bulk of the traffic: known connections, and UDP to a service. */
static __always_inline int judge_known(struct packet *p, const struct query *q, int block_reason)
{
	struct flow_key e;
	__u32 tick;
	__u64 id;

	if (p->tcp && segment_of(p->tcp_flags) == ACK && in_known_flow(p, q->set))
		return block_reason == CONTINUE ? SW_REASON_FLOW : SW_REASON_SPARED_FLOW;
	if (p->proto != IPPROTO_UDP || block_reason != CONTINUE || any_udp_rate(q->set) ||
	    q->set->any_hidden & SW_ANY_LIMITED)
		return CONTINUE;
	e = flow_key_of(p);
	tick = ticks(packet_ns(p, q->set));
	id = p->family == AF_INET ? bpf_ntohl(p->saddr4) : p->high & source6_mask;
	if (!was_served(&e, tick, SERVED_LATELY) ||
	    (suspects_about(tick) && may_be_suspect(id, tick)))
		return CONTINUE;
	return SW_REASON_OPEN_PORT;
}

static __always_inline int judge(struct xdp_md *ctx, struct packet *p,
				 const struct sw_settings *set)
{
	struct query q = {.set = set};
	int reason, block_reason = CONTINUE;
	struct pkt_meta *meta;

	if (set->panic)
		return SW_REASON_PANIC;
	reason = parse_frame(ctx, p, set);
	if (reason == CONTINUE && may_be_odd(p))
		reason = odd_source(p);
	if (reason != CONTINUE)
		return reason;
	reason = judge_blocked(p, &q, &block_reason);
	if (reason != CONTINUE)
		return reason;
	reason = CONTINUE;
	if (p->family == AF_INET6 && is_extension(p->proto))
		reason = parse_extensions(ctx, p);
	if (reason == CONTINUE)
		reason = parse_transport(p);
	/* Answers and open connections may be fragmented; the first fragment decides. */
	if (reason == SW_REASON_LATER_FRAGMENT && !p->proven)
		return reason;
	if (reason != CONTINUE)
		return block_reason == CONTINUE ? reason : block_reason;
	if (p->proven && !looks_like_answer(p))
		return block_reason;
	reason = p->proven ? CONTINUE : judge_known(p, &q, block_reason);
	if (reason != CONTINUE)
		return reason;
	meta = entry_of(&pkt_metas, 0);
	if (!meta)
		return SW_REASON_CLEAN;
	describe(p, meta, set);
	if (p->proto == IPPROTO_UDP && p->left == sizeof(struct udphdr) + sizeof(struct sw_knock))
		meta->payload = p->at + sizeof(struct udphdr) - (void *)(long)ctx->data;
	meta->ns = packet_ns(p, set);
	meta->block_reason = block_reason;
	if (p->proven)
		return judge_proven(ctx, meta);
	reason = judge_unknown(ctx, meta);
	if (set->known_only || any_rate(set, p->proto))
		reason = judge_rates(ctx, meta, reason);
	if (reason == CONTINUE && set->detect_only)
		reason = judge_detected(ctx, meta);
	if (reason == CONTINUE)
		reason = judge_evidence(ctx, meta);
	if (meta->has_tcp && segment_of(meta->tcp_flags) == SYN && !drops(reason) &&
	    reason != SW_REASON_SYN_FLOOD)
		note_free_syn(meta);
	return reason;
}

/* True if the frame now holds the reply. */
static __always_inline bool holds_answer(int reason)
{
	return reason == SW_REASON_CHALLENGE_ANSWERED || reason == SW_REASON_CLOSED_HANDSHAKE ||
	       reason == SW_REASON_SYN_COOKIE;
}

/* Counts the packet. Returns true if it is to be dropped. */
static __always_inline bool finish(__u32 bytes, const struct sw_settings *set, int reason)
{
	struct sw_counter *c = entry_of(&counters, reason);

	if (!c)
		return false;
	if (drops(reason) && enforcing(set)) {
		c->dropped++;
		c->dropped_bytes += bytes;
		return true;
	}
	c->passed++;
	c->passed_bytes += bytes;
	return false;
}

/* Returns only if there is no program to continue with. */
static __always_inline void go_on(struct xdp_md *ctx, const struct sw_settings *set, int reason)
{
	if (reason == SW_REASON_CHALLENGED && enforcing(set))
		bpf_tail_call(ctx, &steps, SW_STEP_CHALLENGE);
	if (reason == SW_REASON_SYN_FLOOD)
		bpf_tail_call(ctx, &steps, SW_STEP_SYNCOOKIE);
}

/* True if another XDP program follows. A load-time constant: without one, the verifier
 * removes the branch. */
const volatile bool chained;

static __always_inline int leave(struct xdp_md *ctx, int action)
{
	if (chained && action == XDP_PASS)
		bpf_tail_call(ctx, &steps, SW_STEP_NEXT);
	return action;
}

/* The last step for an incoming packet. */
static __always_inline int finish_packet(struct xdp_md *ctx, __u32 bytes,
					 const struct sw_settings *set, int reason)
{
	if (__builtin_expect(set->monitor_until, 0))
		go_monitor(ctx, bytes, reason);
	return leave(ctx, finish(bytes, set, reason) ? XDP_DROP : XDP_PASS);
}

SEC("xdp.frags")
int scanwall(struct xdp_md *ctx)
{
	struct packet p = {};
	const struct sw_settings *set = entry_of(&settings, 0);
	int reason;

	if (!set)
		return XDP_PASS;
	reason = judge(ctx, &p, set);
	/* The packets that go_on() takes are never inspected, and the verifier of 6.12
	 * forgets all packet pointers after a tail call that may return. */
	if (reason >= SW_REASON_CHALLENGED)
		go_on(ctx, set, reason);
	else if (set->rules_generation)
		go_inspect(ctx, &p, set, reason);
	return finish_packet(ctx, p.bytes, set, reason);
}

/* Tail-called by scanwall for a passing packet whose payload some rule may match. */
SEC("xdp.frags")
int inspect(struct xdp_md *ctx)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct scratch *s = scratch();
	int reason;

	if (!set || !s || !set_scene(ctx))
		return XDP_PASS;
	s->ended = was_ended(s, ticks(now_ns(set)));
	if (!s->ended && s->inspect & SW_INSPECT_ANSWERS && keep_request(ctx))
		return finish_packet(ctx, s->bytes, set, SW_REASON_GUESS_WAITS);
	s->detected = !s->ended && detects_signatures(set);
	if (s->inspect & SW_INSPECT_SYN)
		s->bad = inspect_syn(ctx);
	if (!s->ended && !s->bad)
		s->bad = inspect_payload(ctx, s);
	if (s->ended || s->bad || s->charges)
		bpf_tail_call(ctx, &steps, SW_STEP_RESPOND);
	reason = s->bad ? bad_reason(s) : s->reason;
	return finish_packet(ctx, s->bytes, set, reason);
}

/* Tail-called by inspect for a packet that matched a rule. */
SEC("xdp.frags")
int respond(struct xdp_md *ctx)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct scratch *s = scratch();
	bool dropped, keeps;
	int reason, action;

	if (!set || !s)
		return XDP_PASS;
	keeps = set->monitor_until;
	if (keeps)
		keep_frame(ctx); /* the frame may be rewritten into an RST */
	begin_response(ctx);
	reason = s->drops ? bad_reason(s) : s->reason;
	dropped = finish(s->bytes, set, reason);
	action = end_response(ctx, dropped);
	if (keeps)
		go_monitor_counted(ctx, reason, dropped, action);
	return leave(ctx, action);
}

/* Tail-called by scanwall in enforce mode for a packet from a challenged source. */
SEC("xdp.frags")
int challenge(struct xdp_md *ctx)
{
	__u32 bytes = bpf_xdp_get_buff_len(ctx);
	const struct sw_settings *set = entry_of(&settings, 0);
	int reason, action = XDP_PASS;
	bool dropped, keeps;

	if (!set)
		return XDP_PASS;
	keeps = set->monitor_until;
	if (keeps)
		keep_frame(ctx); /* before the reply overwrites it */
	reason = challenge_packet(ctx);
	dropped = finish(bytes, set, reason);
	if (dropped)
		action = holds_answer(reason) ? XDP_TX : XDP_DROP;
	if (keeps)
		go_monitor_counted(ctx, reason, dropped, action);
	return leave(ctx, action);
}

/* Tail-called by the others while a monitor is listening. */
SEC("xdp.frags")
int monitor_packet(struct xdp_md *ctx)
{
	struct sw_settings *set = entry_of(&settings, 0);
	struct kept_frame *k = entry_of(&kept_frames, 0);

	if (!set || !k)
		return XDP_PASS;
	if (!k->counted) {
		k->dropped = finish(k->bytes, set, k->reason);
		k->action = k->dropped ? XDP_DROP : XDP_PASS;
	}
	tell_packet(ctx, set, k);
	return leave(ctx, k->action);
}

static __always_inline int finish_leaving(struct __sk_buff *skb, __u32 bytes,
					  const struct sw_settings *set, int reason)
{
	bool dropped = finish(bytes, set, reason);

	if (set->monitor_until)
		tell_leaving(skb, reason, dropped);
	return dropped ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* Tail-called by scanwall in enforce mode for a SYN to a flooded port. */
SEC("xdp.frags")
int syncookie(struct xdp_md *ctx)
{
	__u32 bytes = bpf_xdp_get_buff_len(ctx), keeps;
	const struct sw_settings *set = entry_of(&settings, 0);
	int reason, action;
	bool dropped;

	if (!set)
		return XDP_PASS;
	keeps = set->monitor_until;
	if (keeps)
		keep_frame(ctx); /* before the reply overwrites it */
	reason = answer_flood(ctx);
	dropped = finish(bytes, set, reason);
	action = dropped ? XDP_TX : XDP_PASS;
	if (keeps)
		go_monitor_counted(ctx, reason, dropped, action);
	return leave(ctx, action);
}

/* At tc ingress for the duration of a flood (user/daemon/admit.c). */
SEC("tc")
int admit(struct __sk_buff *skb)
{
	admit_cookie(skb);
	return TC_ACT_UNSPEC;
}

/* At tc egress: sees every outgoing packet. */
SEC("tc")
int learn(struct __sk_buff *skb)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct packet p = {};
	bool forwarded, raw;
	__u8 kind;

	if (!set || set->panic)
		return TC_ACT_UNSPEC;
	raw = set->raw_devices && is_raw_device(set, skb->ifindex);
	if (parse_link((void *)(long)skb->data, (void *)(long)skb->data_end, &p, raw) != CONTINUE)
		return TC_ACT_UNSPEC;
	if (parse_transport(&p) != CONTINUE)
		return TC_ACT_UNSPEC;
	if (is_icmp(&p) && set->closed_silent && tells_closed(&p))
		return finish_leaving(skb, p.bytes, set, SW_REASON_UNREACHABLE);
	/* BPF_PROG_RUN gives its packets a socket, so tests use the mark instead. */
	forwarded = made_up_clock ? !skb->mark : !skb->sk;
	turn_round(&p);
	if (lets_syns(set) && repeats_syn_ack(skb, &p, set))
		return finish_leaving(skb, p.bytes, set, SW_REASON_SYN_ACK_AGAIN);
	learn_from(skb, &p, set, forwarded);
	kind = answer_read(&p, set);
	if (kind & SW_INSPECT_ANSWERS)
		bpf_tail_call(skb, &egress_steps, SW_EGRESS_ANSWER);
	if (kind & SW_INSPECT_REPLIES)
		bpf_tail_call(skb, &egress_steps, SW_EGRESS_REPLY);
	return TC_ACT_UNSPEC;
}

/* Tail-called by learn for packets from a port whose replies are parsed. */
SEC("tc")
int answer(struct __sk_buff *skb)
{
	const struct pkt_meta *meta = entry_of(&pkt_metas, META_LEAVING);
	const struct sw_settings *set = entry_of(&settings, 0);

	if (!meta || !set || !describe_answer(skb))
		return TC_ACT_UNSPEC;
	count_outcome(skb, outcome_of(skb, meta));
	if (meta->has_data && answers_read(service_port(meta), set) & SW_INSPECT_REPLIES)
		bpf_tail_call(skb, &egress_steps, SW_EGRESS_REPLY);
	return TC_ACT_UNSPEC;
}

/* Tail-called by learn and answer when rules inspect what the service replies. */
SEC("tc")
int reply(struct __sk_buff *skb)
{
	inspect_answers(skb);
	return TC_ACT_UNSPEC;
}
