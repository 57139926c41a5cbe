/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source that the program has fully blocked, on evidence that nobody could forge.
 * What this host requests from it is the host's own business: an attacker behind the
 * address of a mail exchanger or a mirror must not cut us off from it. Blocks by an
 * operator or a list let nothing pass.
 *
 * The head of a line only says that one of its entries is such a block. So packets that
 * cannot be replies are dropped at once, and the cold array is read for replies only.
 */
#ifndef PROVEN_H
#define PROVEN_H

#include "tcp.h"

static __always_inline bool is_echo_reply_type(__u8 proto, __u8 type)
{
	return type == (proto == IPPROTO_ICMPV6 ? 129 : ICMP_ECHO_REPLY);
}

static __always_inline bool is_echo_reply(const struct pkt_meta *p)
{
	return is_echo_reply_type(p->flow.proto, p->icmp_type);
}

static __always_inline bool looks_like_answer(const struct packet *p)
{
	if (p->proto == IPPROTO_TCP)
		return p->tcp_flags & (TCP_ACK | TCP_RST);
	return p->proto == IPPROTO_UDP ||
	       (is_icmp(p) && is_echo_reply_type(p->proto, p->icmp_type));
}

/* A connection whose start has been forgotten: its local port is an ephemeral one that
 * nobody serves. */
static __always_inline bool began_here(struct xdp_md *ctx, const struct pkt_meta *p,
				       const struct sw_settings *set, __u32 tick)
{
	return p->has_tcp && p->port >= set->ephemeral_low && !is_served(&p->flow, set, tick) &&
	       tcp_socket(ctx, p) == CONNECTED;
}

static __always_inline bool answers_us(struct xdp_md *ctx, const struct pkt_meta *p,
				       const struct sw_settings *set, __u32 tick)
{
	if (p->flow.proto == IPPROTO_ICMP || p->flow.proto == IPPROTO_ICMPV6)
		return is_answer(ping_tag(&p->flow, p->icmp_id));
	if (is_answer(flow_tag(&p->flow)))
		return true;
	return p->flow.proto == IPPROTO_TCP && began_here(ctx, p, set, tick);
}

static __noinline bool is_own_block4(const struct pkt_meta *p)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 tick = ticks(p->ns);
	struct sw_overflow *o;
	__be32 addr;
	__u32 hash;
	int held;

	if (!set)
		return false;
	__builtin_memcpy(&addr, &p->src.byte[12], sizeof(addr));
	hash = sw_home(sw_hash4(addr, seed));
	held = settle4(hash & set->drop4_mask, addr, tick, true);
	if (held == NOT_HELD)
		held = settle4(hash & set->drop4_last_mask, addr, tick, true);
	if (held != NOT_HELD)
		return held == HELD_PROVEN;
	o = bpf_map_lookup_elem(&overflow4, &addr);
	return o && sw_is_proven(o->expires_tick);
}

/* plen: 64 or 128. */
static __noinline int held6_exactly(const struct pkt_meta *p, __u32 plen)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u64 high = half_of((const struct in6_addr *)&p->src, 0);
	__u64 low = half_of((const struct in6_addr *)&p->src, 1);
	struct sw_overflow6_key k = {high, plen == 64 ? 0 : low, plen};
	__u64 key = sw_key6(high, low, plen, seed);
	struct sw_overflow *o;
	int held;

	if (!set)
		return HELD;
	held = settle6(sw_home(key) & set->drop6_mask, key, ticks(p->ns), true);
	if (held == NOT_HELD)
		held = settle6(sw_home(key) & set->drop6_last_mask, key, ticks(p->ns), true);
	if (held != NOT_HELD)
		return held;
	o = bpf_map_lookup_elem(&overflow6, &k);
	return o ? held_by(o->expires_tick) : NOT_HELD;
}

/* Checks that the address has no other entry; blocked() has checked its prefixes. */
static __always_inline bool is_own_block(const struct pkt_meta *p)
{
	if (p->family == AF_INET)
		return is_own_block4(p);
	return held6_exactly(p, 64) != HELD && held6_exactly(p, 128) != HELD;
}

/* Returns the packet's enum sw_reason. A global function, so it is verified once. */
__noinline int judge_proven(struct xdp_md *ctx, const struct pkt_meta *p)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 tick;

	if (!p || !set)
		return SW_REASON_BLOCKED_ADDRESS;
	tick = ticks(p->ns);
	if (!answers_us(ctx, p, set, tick) || !is_own_block(p))
		return p->block_reason;
	return SW_REASON_SPARED_FLOW;
}

#endif
