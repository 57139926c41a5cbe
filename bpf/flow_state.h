/* SPDX-License-Identifier: GPL-2.0-only */
/* State kept from earlier packets: connections, services, decoys, sketches. Each is an
 * array indexed by a keyed hash, in which a newer entry replaces an older one. Memory
 * never grows, and a lost entry costs a lookup or a point of score at most. */
#ifndef FLOW_STATE_H
#define FLOW_STATE_H

#include "clock.h"
#include "parse.h"

#define MINUTE_TICKS 224 /* 60 s in ticks of 2^28 ns */
#define HOUR_TICKS (60 * MINUTE_TICKS)

/* ---- flows: connections confirmed by a socket, or by what we sent. The low bits of an
 * entry, beside the tag: */
#define FLOW_DATA 1ull	     /* carried data from the remote side */
#define FLOW_OURS 2ull	     /* opened by this host */
#define FLOW_HALF_OPEN 4ull  /* the source may be forged: a SYN came or a SYN-ACK left */
#define FLOW_EPOCH 0xff00ull /* when data was last noted */
#define FLOW_BITS 0xffffull

/* What a tag stands for. Each kind has tags of its own: anybody may send from port 0 to port
 * 0, or anything else that a note could look like. */
enum flow_kind {
	FLOW_CONNECTION,
	FLOW_ASKED,    /* asked_tag() */
	FLOW_TRANSFER, /* transfer_tag() */
	FLOW_CAME,     /* came_before() */
	FLOW_PING,     /* ping_tag() */
};

static __always_inline __u64 tag_of(const struct flow_key *e, enum flow_kind kind, __be16 sport,
				    __be16 dport)
{
	__u64 addrs = e->remote << 32 ^ e->remote >> 32 ^ e->local * (seed[3] | 1);
	__u64 ports = (__u64)kind << 40 | (__u64)e->proto << 32 | (__u64)sport << 16 | dport;

	return sw_hash64(addrs ^ ports * (seed[1] | 1), seed) & ~FLOW_BITS;
}

static __always_inline __u64 flow_tag(const struct flow_key *e)
{
	return tag_of(e, FLOW_CONNECTION, e->sport, e->dport);
}

static __always_inline __u64 *flow_entry(__u64 tag)
{
	return entry_of(&flows, tag >> 32 & flow_mask);
}

static __always_inline bool is_flow(const __u64 *flow, __u64 tag)
{
	return flow && !((*flow ^ tag) & ~FLOW_BITS);
}

/* About ten minutes. A memory read; reading the clock for every packet with data would
 * be a call. */
static __always_inline __u64 epoch_bits(void)
{
	const struct sw_settings *set;
	__u64 epoch;

	if (!made_up_clock) {
		epoch = bpf_jiffies64() >> epoch_shift;
	} else {
		set = entry_of(&settings, 0);
		epoch = set ? set->clock_ns >> 39 : 0;
	}
	return epoch << 8 & FLOW_EPOCH;
}

static __always_inline void note_flow(__u64 tag)
{
	__u64 *flow = flow_entry(tag);

	if (flow && !is_flow(flow, tag))
		*flow = tag | epoch_bits();
}

#define EPOCHS(n) ((__u64)(n) << 8)

static __always_inline bool is_younger(__u64 flow, __u64 epochs)
{
	return ((epoch_bits() - (flow & FLOW_EPOCH)) & FLOW_EPOCH) <= epochs;
}

/* A connection of a socket that the program cannot find. Its packets pass, but they make
 * nobody a known client until the service has sent data (prove_flow()). */
static __always_inline void note_half_open(__u64 tag)
{
	__u64 *flow = flow_entry(tag);

	if (flow && !is_flow(flow, tag))
		*flow = tag | FLOW_HALF_OPEN | epoch_bits();
}

/* The service sends data or a FIN, so its handshake is complete. A bare ACK would not
 * do: the kernel sends one for a segment outside the window of a half-open connection
 * (RFC 9293 3.10.7.4). True if the remote side has already sent data. */
static __always_inline bool prove_flow(__u64 tag)
{
	__u64 *flow = flow_entry(tag);

	if (!is_flow(flow, tag) || !(*flow & FLOW_HALF_OPEN))
		return false;
	*flow &= ~FLOW_HALF_OPEN;
	return *flow & FLOW_DATA;
}

/* In this epoch or the previous one. */
static __always_inline bool is_recent(__u64 flow)
{
	return is_younger(flow, EPOCHS(1));
}

/* Something we sent: replies to it are no evidence and always pass. */
static __always_inline void remember_question(__u64 tag)
{
	__u64 *flow = flow_entry(tag), bits = FLOW_OURS | epoch_bits();

	if (!flow)
		return;
	if (is_flow(flow, tag))
		bits |= *flow & FLOW_DATA;
	if (*flow != (tag | bits))
		*flow = tag | bits;
}

static __always_inline bool is_answer(__u64 tag)
{
	__u64 *flow = flow_entry(tag);

	return is_flow(flow, tag) && *flow & FLOW_OURS;
}

/* Did we send to that remote port lately, from any port of ours? Replies may arrive
 * after the socket that sent the request is closed. */
static __always_inline __u64 asked_tag(const struct flow_key *e)
{
	return tag_of(e, FLOW_ASKED, e->sport, 0);
}

static __always_inline bool was_asked(const struct flow_key *e)
{
	__u64 tag = asked_tag(e), *flow = flow_entry(tag);

	return is_flow(flow, tag) && is_recent(*flow);
}

/* RFC 1350 4: a TFTP server answers from a port that it picks, to the one that asked. */
#define TFTP_PORT 69

static __always_inline __u64 transfer_tag(const struct flow_key *e)
{
	return tag_of(e, FLOW_TRANSFER, 0, e->dport);
}

static __always_inline bool may_be_transfer(const struct flow_key *e)
{
	__u64 tag = transfer_tag(e), *flow = flow_entry(tag);

	return is_flow(flow, tag) && is_recent(*flow);
}

/* Has this source sent to this local address within the hour? Records that it has. */
static __always_inline bool came_before(const struct flow_key *e)
{
	__u64 tag = tag_of(e, FLOW_CAME, 0, 0), *flow = flow_entry(tag), now = tag | epoch_bits();
	bool before = is_flow(flow, tag) && is_younger(*flow, EPOCHS(7));

	if (flow && *flow != now)
		*flow = now;
	return before;
}

/* Echo request and reply share the identifier, so one tag serves both directions. */
static __always_inline __u64 ping_tag(const struct flow_key *e, __be16 id)
{
	return tag_of(e, FLOW_PING, id, id);
}

/* ---- served: local (address, port, protocol) tuples with a listener */
static __always_inline __u32 own_tag(const struct flow_key *e)
{
	return sw_hash64(e->local, seed) >> 32;
}

static __always_inline __u32 hash_target(const struct flow_key *e, __be16 dport)
{
	__u64 port = (__u64)e->proto << 48 ^ dport;

	return sw_hash64(e->local << 16 ^ port, seed) >> 32;
}

static __always_inline __u32 target_hash(const struct flow_key *e)
{
	return hash_target(e, e->dport);
}

static __always_inline struct sw_served *served_entry(const struct flow_key *e)
{
	return entry_of(&served, target_hash(e) & served_mask);
}

static __always_inline bool is_entry_of(const struct sw_served *s, const struct flow_key *e)
{
	return s->port == bpf_ntohs(e->dport) && s->proto == e->proto && s->addr_tag == own_tag(e);
}

static __always_inline void remember_served(const struct flow_key *e, __u32 tick)
{
	struct sw_served *s = served_entry(e);

	/* Written about once a second at most: the cache line stays shared between
	 * CPUs. */
	if (!s || (tick - s->last_open < 4 && is_entry_of(s, e)))
		return;
	*s = (struct sw_served){own_tag(e), bpf_ntohs(e->dport), e->proto,
				.own = is_entry_of(s, e) && s->own, .last_open = tick};
}

/* A reply came from there, although the program finds no socket. */
static __always_inline void remember_unseen(const struct flow_key *e, __u32 tick)
{
	struct sw_served *s = served_entry(e);

	if (!s || (tick - s->last_open < 4 && s->unseen && is_entry_of(s, e)))
		return;
	*s = (struct sw_served){own_tag(e),  bpf_ntohs(e->dport),
				e->proto,    .own = is_entry_of(s, e) && s->own,
				.unseen = 1, .last_open = tick};
}

/* Was a socket found there recently? */
static __always_inline bool was_found(const struct flow_key *e, __u32 tick)
{
	struct sw_served *s = served_entry(e);

	return s && s->last_open && !s->unseen && tick - s->last_open < HOUR_TICKS &&
	       is_entry_of(s, e);
}

/* Was a socket seen there within the last `age` ticks? */
static __always_inline bool was_served(const struct flow_key *e, __u32 tick, __u32 age)
{
	struct sw_served *s = served_entry(e);

	return s && s->last_open && tick - s->last_open < age && is_entry_of(s, e);
}

static __always_inline bool was_ever_served(const struct flow_key *e)
{
	struct sw_served *s = served_entry(e);

	return s && s->last_open && is_entry_of(s, e);
}

/* Served without a local socket: by configuration, or until recently, so that the
 * restart of a service is not held against its clients. */
static __always_inline bool is_served(const struct flow_key *e, const struct sw_settings *set,
				      __u32 tick)
{
	struct sw_service key = {bpf_ntohs(e->dport), e->proto};

	if (was_served(e, tick, set->served_ticks))
		return true;
	return set->any_service && bpf_map_lookup_elem(&services, &key);
}

/* True once a minute for a port that is not known to be served. */
static __always_inline bool may_ask(const struct flow_key *e, __u32 tick)
{
	struct sw_served *s = served_entry(e);

	if (!s || (s->asked && tick - s->asked < MINUTE_TICKS && is_entry_of(s, e)))
		return false;
	*s = (struct sw_served){own_tag(e), bpf_ntohs(e->dport), e->proto, .asked = tick};
	return true;
}

/* A SYN flood hits few ports, so the kernel's tables need not be searched for every
 * SYN. */
enum port_state {
	PORT_UNKNOWN,
	PORT_OPEN,
	PORT_CLOSED,
};

#define SERVED_LATELY 4 /* ticks; remember_served() writes no more often */
#define CLOSED_LATELY 2 /* half a second, until a new service is noticed */

/* State of a local port as its sockets show it. A service behind a NAT rule or in a
 * container only shows by its replies and has to be probed for. */
static __always_inline enum port_state port_state(const struct flow_key *e, __u32 tick)
{
	struct sw_served *s = served_entry(e);

	if (!s || !s->own || s->unseen || !is_entry_of(s, e))
		return PORT_UNKNOWN;
	if (s->last_open && tick - s->last_open < SERVED_LATELY)
		return PORT_OPEN;
	return s->closed && tick - s->closed < CLOSED_LATELY ? PORT_CLOSED : PORT_UNKNOWN;
}

/* Records the result of a lookup, once the address is known to be local. A closed port
 * never evicts one that is or was served. */
static __always_inline void remember_port(const struct flow_key *e, enum port_state state,
					  __u32 tick)
{
	struct sw_served *s = served_entry(e);

	if (!s)
		return;
	/* No redundant writes: the cache line is shared between CPUs. */
	if (is_entry_of(s, e)) {
		if (!s->own)
			s->own = 1;
	} else if (!s->last_open && !s->asked) {
		*s = (struct sw_served){own_tag(e), bpf_ntohs(e->dport), e->proto, .own = 1};
	} else {
		return;
	}
	if (state == PORT_CLOSED && s->closed != tick)
		s->closed = tick;
}

/* ---- decoys: nmap -D repeats every probe from each decoy address with the same source
 * port and sequence number, within microseconds. */
#define DECOY_TICKS 4 /* a second */

enum decoy {
	NO_DECOY,
	DECOY,
	SECOND_DECOY, /* this packet reveals them */
};

/* Finds several sources with the same mark within a second. `mine`: key of this source;
 * *first: the source that sent it first. */
static __always_inline enum decoy decoy_of(const struct flow_key *e, __be32 seq, __u64 mine,
					   __u32 tick, __u64 *first)
{
	__u64 mark = (__u64)seq << 32 | e->sport;
	__u64 h = sw_hash64(mark ^ target_hash(e) * (seed[3] | 1), seed);
	struct sw_decoy *d = entry_of(&decoys, h >> 32 & decoy_mask);

	if (!d)
		return NO_DECOY;
	if (d->tag != (__u32)h || tick - d->tick >= DECOY_TICKS) {
		*d = (struct sw_decoy){h, tick, mine};
		return NO_DECOY;
	}
	if (d->source == mine)
		return NO_DECOY;
	*first = d->source;
	d->source = 0;
	return *first ? SECOND_DECOY : DECOY;
}

/* Have there been any in the last minute? */
static __always_inline bool decoys_about(__u32 tick)
{
	struct sw_state *st = entry_of(&state, 0);

	return st && st->decoy_tick && tick - st->decoy_tick < MINUTE_TICKS;
}

/* ---- sketches: distinct sources of one network, or at one closed port */
static __always_inline __u32 count_bits(__u64 x)
{
	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	return ((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;
}

/* Adds `source`; returns the estimated number of sources, or 0 if it was counted
 * before. */
static __always_inline __u32 sketch_add(__u64 group, __u64 source, __u32 tick)
{
	__u64 h = sw_hash64(group, seed), bit = 1ull << (sw_hash64(source, seed) >> 58);
	struct sw_sketch *c = entry_of(&sketches, h & sketch_mask);

	if (!c)
		return 0;
	if (c->tag != (__u32)(h >> 32) || tick - c->tick >= HOUR_TICKS)
		*c = (struct sw_sketch){h >> 32, tick, 0};
	if (c->sources & bit)
		return 0;
	c->sources |= bit;
	return count_bits(c->sources);
}

/* A closed port that many sources miss and that used to be served: its service has
 * moved. The number of such ports is limited, or a spray of forged packets could excuse
 * every port. */
static __always_inline __u32 port_mark(const struct flow_key *e)
{
	return (__u32)e->proto << 16 | e->dport;
}

static __always_inline __u32 excuse_slot(const struct flow_key *e)
{
	return sw_hash64(port_mark(e), seed) >> 61;
}

static __always_inline void excuse_port(const struct flow_key *e, __u32 tick)
{
	struct sw_state *st = entry_of(&state, 0);
	__u32 slot = excuse_slot(e);

	if (!st)
		return;
	if (st->missed_tick[slot] && tick - st->missed_tick[slot] < HOUR_TICKS)
		return;
	st->missed_port[slot] = port_mark(e);
	st->missed_tick[slot] = tick;
}

static __always_inline bool is_excused(const struct flow_key *e, __u32 tick)
{
	struct sw_state *st = entry_of(&state, 0);
	__u32 slot = excuse_slot(e);

	return st && st->missed_port[slot] == port_mark(e) && st->missed_tick[slot] &&
	       tick - st->missed_tick[slot] < HOUR_TICKS;
}

#endif
