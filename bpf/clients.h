/* SPDX-License-Identifier: GPL-2.0-only */
/* Known clients: sources that completed a handshake, whose connection carried data, or
 * that exchange UDP with this host, within the last hour. Packets forged with their
 * address must not cut them off, so they cannot be evicted by others either: an entry
 * is kept for an hour, and one network can take two of the four places at most. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "flow_state.h"

#define CLIENT_HOUR (HOUR_TICKS >> SW_CLIENT_SHIFT)
#define CLIENT_FRESH (CLIENT_HOUR / 8) /* written again no earlier than this */

/* By the key that scores go by: one address of an IPv6 /64 speaks for all. */
static __always_inline __u64 client_hash(const struct flow_key *e, __u64 key, bool service)
{
	return service ? sw_service_hash(key, e->local, e->dport, seed) : sw_hash64(key, seed);
}

static __always_inline struct sw_client_set *client_set(__u64 hash)
{
	return entry_of(&known_clients, hash >> 32 & client_mask);
}

/* One byte of the tag for each place of the set, four together. */
static __always_inline __u8 *client_tags_of(__u64 hash)
{
	__u32 set = hash >> 32 & client_mask;
	struct sw_client_tags *m = entry_of(&client_tags, set >> 1);

	return m ? m->way[set & 1] : NULL;
}

static __always_inline __u8 client_tag(__u64 hash)
{
	return hash >> 24;
}

/* False: no client with this hash is known. Tests whether a byte of the word is 0
 * (Hacker's Delight 6-1). */
static __always_inline bool has_client_tag(__u64 hash)
{
	const __u8 *tags = client_tags_of(hash);
	__u32 x;

	if (!tags)
		return false;
	x = *(const volatile __u32 *)tags ^ client_tag(hash) * 0x01010101u;
	return (x - 0x01010101u) & ~x & 0x80808080u;
}

static __always_inline __u16 client_time(__u32 tick)
{
	__u16 when = tick >> SW_CLIENT_SHIFT;

	return when ? when : 1;
}

/* Whoever controls many addresses has them in one network. */
static __always_inline __u64 network_of(__u64 key)
{
	return is_key4(key) ? key >> 8 : 1ull << 63 | key >> 16;
}

struct newcomer {
	__u16 now;
	__u8 net, flags;
};

/* How badly a place is needed by whom it has: 0: by nobody. */
static __always_inline bool has_expired(const struct sw_known_client *c, __u16 now)
{
	return !c->when || (__u16)(now - c->when) >= CLIENT_HOUR;
}

/* Does the set hold another of its network? */
static __always_inline bool has_sibling(const struct sw_client_set *b, int i)
{
	int same = 0;

#pragma unroll
	for (int k = 0; k < SW_CLIENT_WAYS; k++)
		same += b->way[k].net == b->way[i].net;
	return same > 1;
}

/* May the newcomer take place i? In this order: expired entries; entries known by UDP
 * alone, if the newcomer is proven; one of the newcomer's own network or, if there is
 * none, of a network that has two. */
static __always_inline bool gives_place(const struct sw_client_set *b, int i,
					const struct newcomer *n, int own)
{
	const struct sw_known_client *c = &b->way[i];

	if (has_expired(c, n->now))
		return true;
	if (c->flags & SW_CLIENT_UNPROVEN && !(n->flags & SW_CLIENT_UNPROVEN))
		return true;
	if (n->flags & SW_CLIENT_UNPROVEN && !(c->flags & SW_CLIENT_UNPROVEN))
		return false;
	return own > 1 ? c->net == n->net : has_sibling(b, i);
}

static __always_inline struct sw_known_client *client_place(struct sw_client_set *b,
							    const struct newcomer *n)
{
	struct sw_known_client *place = NULL;
	__u16 age, oldest = 0;
	int own = 0;

#pragma unroll
	for (int i = 0; i < SW_CLIENT_WAYS; i++)
		own += !has_expired(&b->way[i], n->now) && b->way[i].net == n->net;
	/* Forces a reload. Otherwise clang 22 spills the results, and nested calls
	 * share 512 bytes of stack. */
	asm volatile("" ::: "memory");
#pragma unroll
	for (int i = 0; i < SW_CLIENT_WAYS; i++) {
		if (!gives_place(b, i, n, own))
			continue;
		age = b->way[i].when ? n->now - b->way[i].when : 0xffff;
		if (place && age <= oldest)
			continue;
		place = &b->way[i];
		oldest = age;
	}
	return place;
}

static __always_inline struct sw_known_client *find_client(struct sw_client_set *b, __u32 tag)
{
#pragma unroll
	for (int i = 0; i < SW_CLIENT_WAYS; i++)
		if (b->way[i].tag == tag && b->way[i].when)
			return &b->way[i];
	return NULL;
}

static __always_inline void refresh_client(struct sw_known_client *c, const struct newcomer *n)
{
	__u16 age = n->now - c->when;

	if (age >= CLIENT_HOUR)
		c->flags = n->flags;
	else if (!(n->flags & SW_CLIENT_UNPROVEN))
		c->flags = (c->flags | n->flags) & ~SW_CLIENT_UNPROVEN;
	if (age >= CLIENT_FRESH)
		c->when = n->now;
}

/* Written after its entry, and again on refresh: if two CPUs take one place, the tag
 * may be from one and the entry from the other. */
static __always_inline void set_client_tag(const struct sw_client_set *b,
					   const struct sw_known_client *c, __u64 hash)
{
	__u8 *tags = client_tags_of(hash), *tag;

	if (!tags)
		return;
	tag = &tags[masked(c - b->way, SW_CLIENT_WAYS - 1)];
	if (*tag != client_tag(hash))
		*tag = client_tag(hash);
}

/* A global function, so it is verified once. flags: enum sw_client_flags; service: 0 or
 * 1. */
__noinline int note_client(const struct flow_key *e, __u64 key, __u32 flags, __u32 service)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct sw_client_set *b;
	struct sw_known_client *c;
	struct newcomer n;
	__u64 hash;

	if (!e || !set)
		return 0;
	n = (struct newcomer){.now = client_time(ticks(now_ns(set))),
			      .net = sw_hash64(network_of(key), seed) >> 56,
			      .flags = flags};
	hash = client_hash(e, key, service);
	b = client_set(hash);
	if (!b)
		return 0;
	c = find_client(b, hash);
	if (c) {
		refresh_client(c, &n);
		set_client_tag(b, c, hash);
		return 0;
	}
	c = client_place(b, &n);
	if (!c)
		return 0;
	*c = (struct sw_known_client){hash, n.now, n.net, n.flags};
	set_client_tag(b, c, hash);
	return 0;
}

/* enum sw_client_flags | 0x80, or 0 if not known within the last hour. */
static __always_inline __u8 client_flags(const struct flow_key *e, __u64 key, __u32 tick,
					 bool service)
{
	__u64 hash = client_hash(e, key, service);
	struct sw_client_set *b;
	struct sw_known_client *c;

	if (!has_client_tag(hash))
		return 0;
	b = client_set(hash);
	c = b ? find_client(b, hash) : NULL;
	if (!c || has_expired(c, client_time(tick)))
		return 0;
	return c->flags | 0x80;
}

/* Does the source use this local service? A completed handshake is enough. */
static __always_inline bool uses_service(const struct flow_key *e, __u64 key, __u32 tick)
{
	return client_flags(e, key, tick, true);
}

/* Is the source a client at all? A handshake alone only proves the address: a connect
 * scan has that, too. */
static __always_inline bool is_known_client(const struct flow_key *e, __u64 key, __u32 tick)
{
	return client_flags(e, key, tick, false) & (SW_CLIENT_DATA | SW_CLIENT_UNPROVEN);
}

static __always_inline bool has_shaken_hands(const struct flow_key *e, __u64 key, __u32 tick)
{
	return client_flags(e, key, tick, false);
}

#endif
