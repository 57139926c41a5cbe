/* SPDX-License-Identifier: GPL-2.0-only */
/* Hidden services: open only to the allowlist, to their known clients, and to sources
 * that knocked with a valid key in the last 30 s (docs/hidden.md). */
#ifndef KNOCK_H
#define KNOCK_H

#include <scanwall/siphash.h>
#include "clients.h"
#include "prefixes.h"
#include "sockets.h"

#define KNOCK_SETS 1024
#define OPENINGS 4096
#define OPEN_TICKS ((SW_KNOCK_OPENS * 1000000000ull) >> SW_TICK_SHIFT)
#define SECOND_BITS 0xffffffull /* of struct sw_knocks_seen */

static __always_inline bool in_hidden(__u16 port)
{
	const __u64 *word = entry_of(&hidden, port >> 6);

	return word && *word >> (port & 63) & 1;
}

static __always_inline struct sw_opening *opening_of(__u64 remote, __u16 port, __u32 *tag)
{
	__u64 h = sw_hash64(remote ^ (__u64)(port + 1) * (seed[3] | 1), seed);

	*tag = h;
	return entry_of(&openings, h >> 40 & (OPENINGS - 1));
}

static __always_inline bool was_let_in(const struct pkt_meta *p, __u32 tick)
{
	const struct sw_opening *o;
	__u32 tag;

	o = opening_of(p->flow.remote, p->port, &tag);
	return o && o->until && o->tag == tag && (__s32)(o->until - tick) > 0;
}

/* A client known by UDP alone does not count: that can be forged. */
static __always_inline bool has_used(const struct pkt_meta *p, __u32 tick)
{
	__u8 flags = client_flags(&p->flow, p->key, tick, true);

	return flags && !(flags & SW_CLIENT_UNPROVEN);
}

enum hidden { SHOWN, HIDDEN, LIMITED };

SW_HOLDS(pkt_meta, hidden, LIMITED);

/* 1 if the port is limited and not open to this source. A function of its own, because
 * the stack cannot hold both its key and what `allowed` needs. */
__noinline int out_of_reach(const struct pkt_meta *p)
{
	struct sw_reach key = {.plen = SW_REACH_PORT_BITS + 128};
	const __u64 *word;

	if (!p)
		return 0;
	key.limited = p->flow.proto == IPPROTO_TCP   ? SW_LIMITED_TCP
		      : p->flow.proto == IPPROTO_UDP ? SW_LIMITED_UDP
						     : SW_LIMITED_SCTP;
	word = entry_of(&limited, key.limited * SW_HIDDEN_WORDS + (p->port >> 6));
	if (!word || !(*word >> (p->port & 63) & 1))
		return 0;
	key.port = p->port;
	key.addr = p->src;
	return !bpf_map_lookup_elem(&reach, &key);
}

/* enum hidden: state of the port for this source, unless the source is allowed. A
 * global function, so it is verified once. */
__noinline int hidden_from(const struct pkt_meta *p)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 tick;

	if (!p || !set)
		return SHOWN;
	/* Packets of known connections never get here: they continue. */
	if (set->any_hidden & SW_ANY_LIMITED && out_of_reach(p))
		return LIMITED;
	if (p->flow.proto != IPPROTO_TCP || !(set->any_hidden & SW_ANY_HIDDEN) ||
	    !in_hidden(p->port))
		return SHOWN;
	tick = ticks(p->ns);
	return was_let_in(p, tick) || has_used(p, tick) ? SHOWN : HIDDEN;
}

/* A separate call, so that the stack of `allowed` is not added to that of the above. */
static __always_inline int hides(const struct pkt_meta *p, __u32 tick)
{
	int hidden = hidden_from(p);

	return hidden && allowed(p->key, &p->src, tick) ? SHOWN : hidden;
}

static __always_inline int hidden_reason(const struct pkt_meta *p)
{
	return p->hidden == LIMITED ? SW_REASON_LIMITED_PORT : SW_REASON_CLOSED_PORT;
}

/* Served, as far as the source can tell. */
static __always_inline bool shows(const struct pkt_meta *p, const struct sw_settings *set,
				  __u32 tick)
{
	return !p->hidden && is_served(&p->flow, set, tick);
}

/* False if it was used before, or its set is full of others that are still valid, which
 * only the holder of a key can cause. One cmpxchg decides between two CPUs. */
static __always_inline bool take_knock(__u64 mac, __u64 second, __u64 now)
{
	struct sw_knocks_seen *b = entry_of(&knocks_seen, mac >> 30 & (KNOCK_SETS - 1));
	__u64 knock = (mac & ~SECOND_BITS) | (second & SECOND_BITS), old, free = 0;
	__u64 *place = NULL;
	__s32 age;

	if (!b)
		return false;
#pragma unroll
	for (int i = 0; i < SW_KNOCK_WAYS; i++) {
		old = *(volatile __u64 *)&b->knock[i];
		if (old == knock)
			return false;
		age = (__s32)((__u32)(now - old) << 8) >> 8;
		if (!place && (!old || age > SW_KNOCK_SPAN || age < -SW_KNOCK_SPAN)) {
			place = &b->knock[i];
			free = old;
		}
	}
	return place && __sync_val_compare_and_swap(place, free, knock) == free;
}

/* The MAC of the datagram is valid, for the current time and a hidden port. */
static __always_inline bool is_sound(const struct sw_knock *k, const __u64 *word, __u64 now)
{
	const struct sw_knock_key *key = bpf_map_lookup_elem(&knock_keys, &k->key_id);

	if (!key || now - (word[1] >> 16) + SW_KNOCK_SPAN > 2 * SW_KNOCK_SPAN)
		return false;
	return sw_siphash(word, SW_KNOCK_WORDS, key->key[0], key->key[1]) ==
		       bpf_be64_to_cpu(k->mac) &&
	       in_hidden(word[1]);
}

/* 1: a valid knock, and its source is let in. Called for UDP to a port without a
 * listener. */
__noinline int take_if_knock(struct xdp_md *ctx, const struct pkt_meta *p)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u64 word[SW_KNOCK_WORDS], now;
	struct sw_opening *o;
	struct sw_knock k;
	__u32 tag;

	if (!p || !set || bpf_xdp_load_bytes(ctx, p->payload, &k, sizeof(k)))
		return 0;
	word[0] = bpf_be64_to_cpu(k.key_id);
	word[1] = bpf_be64_to_cpu(k.when);
	word[2] = bpf_be64_to_cpu(k.nonce);
	now = (p->ns + set->wall_ns) / 1000000000;
	if (!is_sound(&k, word, now) || !take_knock(bpf_be64_to_cpu(k.mac), word[1] >> 16, now))
		return 0;
	o = opening_of(p->flow.remote, word[1], &tag);
	if (!o)
		return 0;
	*o = (struct sw_opening){tag, ticks(p->ns) + OPEN_TICKS};
	return 1;
}

static __always_inline bool is_knock(struct xdp_md *ctx, const struct pkt_meta *p,
				     const struct sw_settings *set)
{
	return set->any_key && p->payload && take_if_knock(ctx, p);
}

#endif
