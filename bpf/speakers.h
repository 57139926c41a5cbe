/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has spoken to us, and for how many people: a proxy, a carrier's NAT or an office
 * has one address and many users, of whom one may be an attacker. Such a source is
 * never blocked for a payload; the connection is reset instead.
 *
 * Written once per connection. A newer source replaces an older one.
 */
#ifndef SPEAKERS_H
#define SPEAKERS_H

#include "sockets.h"

#define MANY_AGENTS 6	    /* different User-Agents within an hour */
#define MANY_CONNECTIONS 12 /* of SW_SPEAKER_CONNECTIONS, opened before it was suspicious */
#define CUSTOMER_TICKS (10 * MINUTE_TICKS) /* a source seen for this long is a customer */

static __always_inline struct sw_speaker *speaker_entry(__u64 key, __u32 *tag)
{
	__u64 h = sw_hash64(key ^ seed[2], seed);

	*tag = h >> 32 ? h >> 32 : 1;
	return entry_of(&speakers, h & speaker_mask);
}

static __always_inline struct sw_speaker *find_speaker(__u64 key)
{
	__u32 tag;
	struct sw_speaker *s = speaker_entry(key, &tag);

	return s && s->tag == tag ? s : NULL;
}

static __always_inline struct sw_speaker *make_speaker(__u64 key, __u32 tick)
{
	__u32 tag;
	struct sw_speaker *s = speaker_entry(key, &tag);

	if (!s)
		return NULL;
	if (s->tag != tag || tick - s->last >= HOUR_TICKS) {
		__builtin_memset(s, 0, sizeof(*s));
		s->tag = tag;
		s->since = tick;
	}
	s->last = tick;
	return s;
}

/* A connection of this source carries its first data. */
static __always_inline void note_connection(const struct flow_key *e, __u64 key, __u32 tick)
{
	struct sw_speaker *s = make_speaker(key, tick);
	__u32 at;

	if (!s)
		return;
	at = masked(s->connections++, SW_SPEAKER_CONNECTIONS - 1);
	s->connection[at] = (struct sw_speaker_connection){e->sport, e->dport, tick};
}

/* Hash of the User-Agent. */
static __always_inline void note_agent(__u64 key, __u64 agent, __u32 tick)
{
	struct sw_speaker *s = make_speaker(key, tick);
	__u64 bit = 1ull << (agent & 63);

	if (!s)
		return;
	if (tick - s->agents_since >= HOUR_TICKS) {
		s->agents_since = tick;
		s->agents = 0;
	}
	if (!(s->agents & bit))
		s->agents |= bit;
}

/* It sent a header that only proxies send. */
static __always_inline void note_proxy(__u64 key, __u32 tick)
{
	struct sw_speaker *s = make_speaker(key, tick);

	if (s)
		s->proxy = tick ? tick : 1;
}

/* Was it a client long before it became suspicious? */
static __always_inline bool is_customer(const struct sw_speaker *s, __u32 tick)
{
	return s && tick - s->last < HOUR_TICKS && s->last - s->since >= CUSTOMER_TICKS;
}

static __always_inline bool is_open(void *ctx, struct bpf_sock_tuple *t, __u32 size)
{
	struct bpf_sock *sk = bpf_skc_lookup_tcp(ctx, t, size, BPF_F_CURRENT_NETNS, 0);
	bool open;

	if (!sk)
		return false;
	open = sk->state == BPF_TCP_ESTABLISHED;
	bpf_sk_release(sk);
	return open;
}

/* Number of its connections still open that carried data before this tick. */
static __always_inline int open_connections(void *ctx, const struct pkt_meta *meta, __u32 before)
{
	const struct sw_speaker_connection *n;
	struct bpf_sock_tuple t = {};
	struct sw_speaker *s;
	int open = 0;

	if (!meta || replaying)
		return 0;
	s = find_speaker(meta->key);
	if (!s)
		return 0;
	socket_tuple(meta, &t);
	for (int i = 0; i < SW_SPEAKER_CONNECTIONS; i++) {
		n = &s->connection[i];
		if (!n->sport || (__s32)(before - n->tick) <= 0)
			continue;
		if (meta->family == AF_INET) {
			t.ipv4.sport = n->sport;
			t.ipv4.dport = n->dport;
			open += is_open(ctx, &t, sizeof(t.ipv4));
		} else {
			t.ipv6.sport = n->sport;
			t.ipv6.dport = n->dport;
			open += is_open(ctx, &t, sizeof(t.ipv6));
		}
	}
	return open;
}

/* A global function has the type of its context among its arguments, so there is one
 * for XDP and one for tc (refusals.h). */
__noinline int count_connections(struct xdp_md *ctx, __u32 before)
{
	return open_connections(ctx, entry_of(&pkt_metas, 0), before);
}

/* By its headers, or by the number of different User-Agents. */
static __always_inline bool names_many(const struct sw_speaker *s, __u32 tick)
{
	if (s->proxy && tick - s->proxy < HOUR_TICKS)
		return true;
	return tick - s->agents_since < HOUR_TICKS && count_bits(s->agents) >= MANY_AGENTS;
}

/* `suspicious`: the tick of the first evidence against it. */
static __always_inline bool speaks_for_many(struct xdp_md *ctx, const struct sw_speaker *s,
					    __u32 tick, __u32 suspicious)
{
	if (!s)
		return false;
	return names_many(s, tick) || count_connections(ctx, suspicious) >= MANY_CONNECTIONS;
}

#endif
