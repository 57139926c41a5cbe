/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 4: what the evidence against a source adds up to. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "block.h"
#include "clients.h"
#include "detect_only.h"
#include "pkt_meta.h"
#include "suspects.h"

#define NETWORK_SOURCES 8      /* sources in one /24 or /48 that make a distributed scan */
#define PORT_SOURCES 16	       /* sources that miss it before a closed port is excused */
#define GOES_ON (2 * SW_POINT) /* margin above the threshold of a source that continues */
#define CREDITS 2	       /* services that a source gets credit for */
#define FREE_ADDRESSES 3       /* local addresses that a source may try for free */

struct verdict_ctx {
	struct xdp_md *ctx;
	const struct pkt_meta *meta;
	const struct sw_settings *set;
	__u32 tick;
	enum sw_evidence kind;
	int reason;	/* verdict on the packet as long as the source is not blocked */
	bool elsewhere; /* a port that it has missed before, on another local address */
};

static __always_inline struct sw_event *reserve_event(const struct pkt_meta *meta, __u64 ns,
						      __u32 ifindex, enum sw_event_type type)
{
	struct sw_event *ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);
	struct sw_state *st;

	if (!ev) {
		st = entry_of(&state, 0);
		if (st)
			__sync_fetch_and_add(&st->lost_events, 1);
		return NULL;
	}
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->time_ns = ns;
	ev->type = type;
	ev->ifindex = ifindex;
	ev->src = meta->src;
	ev->dst = meta->dst;
	ev->sport = meta->flow.sport;
	ev->dport = meta->flow.dport;
	ev->family = meta->family;
	ev->in_tls = decrypted;
	ev->proto = meta->flow.proto;
	ev->plen = is_key4(meta->key) ? 32 : is_single_key(meta->key) ? 128 : 64;
	return ev;
}

static __always_inline struct sw_event *new_event(const struct verdict_ctx *t,
						  enum sw_event_type type)
{
	struct sw_event *ev = reserve_event(t->meta, t->meta->ns, t->ctx->ingress_ifindex, type);

	if (ev)
		ev->evidence = t->kind;
	return ev;
}

static __always_inline void emit_event(const struct verdict_ctx *t, const struct sw_source *s,
				       enum sw_event_type type, __u32 expires_tick)
{
	struct sw_event *ev = new_event(t, type);

	if (!ev)
		return;
	ev->kinds = s->kinds;
	ev->tool = s->tool;
	ev->score = s->score;
	ev->span_ms = millis(t->meta->ns) - s->first_ms;
	ev->expires_tick = expires_tick;
	__builtin_memcpy(ev->port, s->port, sizeof(ev->port));
	bpf_ringbuf_submit(ev, 0);
}

/* Reports many sources of one network, or one probe sent from several addresses. */
static __always_inline void emit_group_event(const struct verdict_ctx *t, enum sw_event_type type,
					     __u32 sources)
{
	struct sw_event *ev = new_event(t, type);

	if (!ev)
		return;
	ev->kinds = 1 << t->meta->kind;
	ev->tool = t->meta->tool;
	ev->sources = sources;
	ev->port[0] = t->meta->target;
	if (type == SW_EVENT_DISTRIBUTED)
		ev->plen = is_key4(t->meta->key) ? 24 : 48;
	bpf_ringbuf_submit(ev, 0);
}

/* If the source has established connections, drop only its misses and keep the services
 * it already uses, so CGNAT users and victims of spoofing keep working. */
static __always_inline int confine(const struct verdict_ctx *t, struct sw_source *s)
{
	s->score = t->set->threshold > SCORE_MAX ? SCORE_MAX : t->set->threshold;
	if (!s->notified)
		emit_event(t, s, SW_EVENT_CONFINED, 0);
	s->notified = 1;
	forget_targets(s, &t->meta->flow);
	return t->reason;
}

/* What gets blocked: the address, or the /64 even if sources are counted per wider
 * prefix. */
static __always_inline struct block_target target_of(const struct pkt_meta *meta)
{
	struct block_target b = {.key = meta->key};

	if (is_key4(meta->key))
		return b;
	b.key = half_of((const struct in6_addr *)&meta->src, 0);
	if (is_single_key(meta->key))
		b.low = half_of((const struct in6_addr *)&meta->src, 1);
	return b;
}

/* The key that judge_known() looks up. */
static __always_inline __u64 suspect_id(const struct pkt_meta *meta)
{
	if (is_key4(meta->key))
		return (__u32)meta->key;
	return half_of((const struct in6_addr *)&meta->src, 0) & source6_mask;
}

/* Not inlined: the caller has little stack left. */
static __noinline void note_source(const struct pkt_meta *meta)
{
	note_suspect(suspect_id(meta), ticks(meta->ns));
}

static __always_inline bool is_over_network_threshold(int score, const struct sw_settings *set)
{
	return set->network_threshold && score >= (__s32)set->network_threshold;
}

/* What is forged in a network's name is forgotten soon after it ends. The margin is what
 * the block of one source takes off. */
static __always_inline int bounded_network_score(int score, const struct sw_settings *set)
{
	int most = set->network_threshold + set->threshold;

	if (most > SCORE_MAX)
		most = SCORE_MAX;
	return score < 0 ? 0 : score > most ? most : score;
}

/* Prefetches the two tables that a source's evidence is looked up in; neither lookup
 * depends on the other. A global function, so its stack is not added to its caller's. */
__noinline int expect_source(__u64 key)
{
	expect(source_set(key));
	expect(network_set(network_of(key)));
	return 0;
}

/* Charges the network of the source, except for known clients, who make mistakes of
 * their own. points: quarter points. Points that got a source blocked by itself are
 * refunded, because that source cannot scan any more. A global function, so it is
 * verified once. */
__noinline int charge_network(const struct pkt_meta *meta, int points)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct sw_source *n;
	struct sw_state *st;
	__u64 network;

	if (!meta || !set || is_single_key(meta->key) ||
	    is_known_client(&meta->flow, meta->key, ticks(meta->ns)))
		return 0;
	network = network_of(meta->key);
	n = source_in(network_set(network), network, set, millis(meta->ns));
	if (!n)
		return 0;
	if (points < 0)
		forget_targets(n, &meta->flow);
	else if (novelty_of(n, &meta->flow, meta->target, true) == KNOWN_TARGET)
		return 0; /* many sources missing one port are no scan */
	/* Looked up again: each value kept across the calls takes some of the 512 bytes
	 * of stack that 6.1 allows for a call chain. */
	set = entry_of(&settings, 0);
	if (!set)
		return 0;
	n->score = bounded_network_score(n->score + points, set);
	n->last_ms = millis(meta->ns);
	st = entry_of(&state, 0);
	if (st && is_over_network_threshold(n->score, set) && st->network_tick != ticks(meta->ns))
		st->network_tick = ticks(meta->ns);
	return 0;
}

/* A scan distributed over the addresses of a network, a probe or two from each. Checked
 * only while any such network is known. */
static __always_inline bool is_network_suspicious(const struct pkt_meta *meta,
						  const struct sw_settings *set, __u32 tick)
{
	__u64 network = network_of(meta->key);
	struct sw_state *st = entry_of(&state, 0);
	struct sw_source_set *b;
	struct sw_source *n;

	if (!st || !st->network_tick || tick - st->network_tick >= HOUR_TICKS)
		return false;
	b = network_set(network);
	n = b ? find_source(b, network) : NULL;
	return n && is_over_network_threshold(score_at(n, set, millis(meta->ns)), set);
}

/* From now on all strangers are challenged; emits one event. */
static __always_inline void begin_spray(const struct verdict_ctx *t, enum sw_spray why)
{
	struct sw_event *ev;

	if (!challenge_strangers(t->set, t->tick, why))
		return;
	ev = new_event(t, SW_EVENT_SPRAY);
	if (!ev)
		return;
	ev->kinds = 1 << t->kind;
	ev->spray = why;
	bpf_ringbuf_submit(ev, 0);
}

static __always_inline enum sw_spray limit_reached(const struct sw_settings *set)
{
	const struct sw_state *st = entry_of(&state, 0);

	return st && st->auto_blocked >= (__s32)(set->auto_max - set->auto_max / 4)
		       ? SW_SPRAY_NUMBER
		       : SW_SPRAY_RATE;
}

/* Evidence that clients produce while their server, or its connection state, is not
 * there yet. */
#define EARLY                                                                                    \
	(1u << SW_EVIDENCE_CLOSED_PORT | 1u << SW_EVIDENCE_COMMON_PORT |                         \
	 1u << SW_EVIDENCE_TRAP_PORT | 1u << SW_EVIDENCE_STRAY_ACK | 1u << SW_EVIDENCE_FIN_ACK | \
	 1u << SW_EVIDENCE_SWEEP | 1u << SW_EVIDENCE_PING_SWEEP)

/* A freshly started program knows neither services nor earlier requests, so what that
 * makes look like a scan counts little. Sources past the threshold are still challenged
 * (is_restricted()), so nothing is gained by scanning during the grace period. */
static __always_inline bool in_grace(const struct verdict_ctx *t, const struct sw_source *s)
{
	const __u32 late = ~(EARLY | 1u << SW_EVIDENCE_CLOSED_UDP);

	return t->tick - t->set->up_tick < t->set->grace_ticks && !(s->kinds & late);
}

/* During the grace period a charge past the threshold counts a quarter point, and it
 * takes a whole point to be blocked. Not so while the host boots (ticks start at boot):
 * its services are still starting, and legitimate clients may miss any number of them. */
static __always_inline bool is_spared_in_grace(const struct verdict_ctx *t,
					       const struct sw_source *s)
{
	return in_grace(t, s) &&
	       (t->tick < t->set->grace_ticks || s->score < (__s32)t->set->threshold + SW_POINT);
}

/* Did the source miss this very port, which is served by now? Not applied to evidence
 * that an open port can produce as well, or sending that first would earn forgiveness. */
static __always_inline bool was_early(const struct pkt_meta *meta, const struct sw_source *s)
{
	return !(s->kinds & ~EARLY) && has_missed(s, meta->port) &&
	       s->targets & group_bit(&meta->flow,
				      port_family(meta->port, meta->flow.proto == IPPROTO_UDP));
}

/* Nobody can make this host serve a port, so forgiveness tells a scanner nothing. */
static __always_inline void forgive_early(__u16 port, struct sw_source *s,
					  const struct sw_settings *set)
{
	int score;

	score = s->score - set->weight[is_trap(port)	 ? SW_EVIDENCE_TRAP_PORT
				       : is_common(port) ? SW_EVIDENCE_COMMON_PORT
							 : SW_EVIDENCE_CLOSED_PORT];
	if (s->score > 0)
		s->score = score < 0 ? 0 : score;
#pragma unroll
	for (int i = 0; i < SW_SOURCE_PORTS; i++)
		s->port[i] = s->port[i] == port ? 0 : s->port[i];
}

/* The score of the source has reached the threshold. */
static __always_inline int block_soft(const struct verdict_ctx *t, struct sw_source *s)
{
	const struct sw_settings *set = t->set;
	__u64 end = (__u64)t->tick + set->block_ticks;
	__u32 expires_tick = end >= SW_EXPIRES_TICKS ? SW_EXPIRES_TICKS - 1 : end;
	bool goes_on = s->score >= (__s32)set->threshold + GOES_ON;
	struct block_target target = target_of(t->meta);

	if (is_known_client(&t->meta->flow, t->meta->key, t->tick))
		return confine(t, s);
	if (is_spared_in_grace(t, s))
		return t->reason;
	/* The evidence can be forged, so open connections continue. */
	expires_tick |= SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY;
	if (!block_source(&target, set, t->meta->ns, expires_tick, goes_on)) {
		if (!s->notified)
			emit_event(t, s, SW_EVENT_CAPPED, 0);
		s->notified = 1;
		begin_spray(t, limit_reached(set));
		return t->reason;
	}
	emit_event(t, s, enforcing(set) ? SW_EVENT_BLOCK : SW_EVENT_WOULD_BLOCK, expires_tick);
	charge_network(t->meta, -s->score);
	/* When the block expires, one more miss renews it. If a source is wider than
	 * what is blocked, the rest of it stays suspicious. */
	if (is_key4(t->meta->key) || source6_mask == ~0ull)
		s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 0;
	s->notified = 0;
	forget_targets(s, &t->meta->flow);
	return SW_REASON_NEW_BLOCK;
}

/* Allowed sources are never dropped, but the operator is told once. */
static __always_inline int skip_drop(const struct verdict_ctx *t, struct sw_source *s)
{
	if (s->score >= (__s32)t->set->threshold && !s->notified) {
		emit_event(t, s, SW_EVENT_SPARED, 0);
		s->notified = 1;
	}
	return SW_REASON_ALLOWED;
}

/* Misses that many sources produce when a service has moved. */
static __always_inline bool is_excusable(enum sw_evidence kind)
{
	return kind == SW_EVIDENCE_CLOSED_PORT || kind == SW_EVIDENCE_COMMON_PORT ||
	       kind == SW_EVIDENCE_CLOSED_UDP;
}

/* On a source's first charge: is it one of many? A global function, so its stack is not
 * added to its caller's. */
__noinline int count_distinct(struct xdp_md *ctx, const struct pkt_meta *meta, __u32 kind)
{
	struct verdict_ctx t = {
		.ctx = ctx, .meta = meta, .set = entry_of(&settings, 0), .kind = kind};
	__u64 network;

	if (!meta || !t.set)
		return 0;
	network = network_of(meta->key);
	t.tick = ticks(meta->ns);

	if (too_many_strangers(t.set, meta->ns))
		begin_spray(&t, SW_SPRAY_SOURCES);
	if (!is_single_key(meta->key) &&
	    sketch_add(network << 1 | 1, meta->key, t.tick) == NETWORK_SOURCES)
		emit_group_event(&t, SW_EVENT_DISTRIBUTED, NETWORK_SOURCES);
	if (is_excusable(t.kind) && was_ever_served(&meta->flow) &&
	    sketch_add((__u64)port_mark(&meta->flow) << 1, meta->key, t.tick) == PORT_SOURCES)
		excuse_port(&meta->flow, t.tick);
	return 0;
}

/* Attempts at ports that nobody serves, which a distributed scan consists of. */
static __always_inline bool is_miss(enum sw_evidence kind)
{
	return kind == SW_EVIDENCE_CLOSED_PORT || kind == SW_EVIDENCE_TRAP_PORT ||
	       kind == SW_EVIDENCE_CLOSED_UDP || kind == SW_EVIDENCE_STRAY_ACK ||
	       kind == SW_EVIDENCE_FIN_ACK;
}

/* A quarter point, up to the threshold. */
static __always_inline int mild_score(const struct sw_source *s, const struct sw_settings *set)
{
	return s->score < (__s32)set->threshold ? s->score + 1 : s->score;
}

/* One port on each local address, as monitoring does, counts as half a sweep. */
static __always_inline int charge_of(const struct verdict_ctx *t)
{
	int weight = t->set->weight[t->kind & (SW_EVIDENCE_MAX - 1)];

	return t->elsewhere ? (weight + 1) >> 1 : weight;
}

static __always_inline int add_score(const struct verdict_ctx *t, struct sw_source *s)
{
	/* For IPv4 checked inline without the call, which nearly always answers it. */
	bool is_allowed = (!is_key4(t->meta->key) || near_allowed(t->meta->key)) &&
			  allowed(t->meta->key, &t->meta->src, t->tick);
	int score = s->score;

	if (!s->kinds)
		count_distinct(t->ctx, t->meta, t->kind);
	s->kinds |= 1 << t->kind;
	if (!s->score)
		s->first_ms = millis(t->meta->ns);
	if (t->meta->mild)
		score = mild_score(s, t->set);
	else if (!is_excusable(t->meta->kind) || !is_excused(&t->meta->flow, t->tick))
		score += in_grace(t, s) && score >= (__s32)t->set->threshold ? 1 : charge_of(t);
	score = score > SCORE_MAX ? SCORE_MAX : score;
	s->charged = score - s->score;
	s->score = score;
	s->last_ms = millis(t->meta->ns);
	if (t->meta->tool)
		s->tool = t->meta->tool;
	if (is_miss(t->kind))
		charge_network(t->meta, t->set->weight[t->kind & (SW_EVIDENCE_MAX - 1)]);
	if (s->score >= (__s32)t->set->threshold)
		note_source(t->meta);
	if (replaying)
		emit_event(t, s, SW_EVENT_EVIDENCE, 0);
	if (is_allowed)
		return skip_drop(t, s);
	if (s->score < (__s32)t->set->threshold || t->meta->mild)
		return t->reason;
	return block_soft(t, s);
}

/* The source is past the threshold without being blocked (it has connections, or a
 * limit held), was named among decoys within the minute, or its network is suspicious:
 * it gets no service that it does not use already. */
static __always_inline bool is_restricted(const struct pkt_meta *meta, const struct sw_source *s,
					  const struct sw_settings *set, __u32 tick)
{
	if (s->score < (__s32)set->threshold && !(s->decoyed && decoys_about(tick)) &&
	    (meta->verdict == PINGING || !is_network_suspicious(meta, set, tick)))
		return false;
	return !uses_service(&meta->flow, meta->key, tick) && !allowed(meta->key, &meta->src, tick);
}

/* UDP to a served port, which is otherwise not judged by the source's record. The
 * challenge cannot ask for a datagram to be repeated, so neither the record of a network
 * is held against its other members, nor a place among decoys against anybody: two
 * forged SYNs a minute would cut off a resolver, which asks again from another port. */
static __always_inline bool is_udp_restricted(const struct pkt_meta *meta,
					      const struct sw_settings *set, __u32 tick)
{
	const struct sw_source *s;
	struct sw_source_set *b;

	if (!suspects_about(tick) || !may_be_suspect(suspect_id(meta), tick))
		return false;
	b = source_set(meta->key);
	s = b ? find_source(b, meta->key) : NULL;
	if (!s || score_at(s, set, millis(meta->ns)) < (__s32)set->threshold)
		return false;
	return !uses_service(&meta->flow, meta->key, tick) && !allowed(meta->key, &meta->src, tick);
}

/* Estimated number of local addresses it has tried; misses on them set a bit as well. */
static __always_inline __u32 addresses_of(const struct sw_source *s)
{
	__u32 bits = count_bits(s->targets);

	return s->port[0] ? (bits + 1) / 2 : bits;
}

/* The first few local addresses are free, and all are to known clients. The first
 * packet to each further one is dropped: a monitoring system retransmits or pings
 * again. */
static __always_inline int judge_address(struct verdict_ctx *t, struct sw_source *s)
{
	const struct flow_key *e = &t->meta->flow;
	__u16 bit = address_bit(e);
	bool seen = s->targets & bit, before;
	__u32 addresses;

	s->targets |= bit;
	addresses = addresses_of(s);
	before = addresses > 1 && came_before(e);
	if (before || addresses <= FREE_ADDRESSES || is_known_client(e, t->meta->key, t->tick))
		return t->meta->reason;
	t->reason = SW_REASON_SWEEP;
	return seen ? SW_REASON_SWEEP : CONTINUE;
}

/* A decision, or CONTINUE if the charge stands. */
static __always_inline int judge_open(struct verdict_ctx *t, struct sw_source *s)
{
	bool early = t->meta->verdict == AT_OPEN_PORT && was_early(t->meta, s);

	if (early)
		forgive_early(t->meta->port, s, t->set);
	else if (is_restricted(t->meta, s, t->set, t->tick))
		return t->set->challenge && t->meta->has_tcp ? SW_REASON_CHALLENGED
							     : SW_REASON_CONFINED;
	return t->meta->verdict == STALE ? t->meta->reason : judge_address(t, s);
}

/* The source that sent the same probe before is not charged, but neither learns
 * anything more. What it was charged last is refunded once: it may have sent this probe
 * before, uncharged, and the other one itself. */
static __always_inline void excuse_decoy(const struct verdict_ctx *t, struct sw_source *s,
					 __u64 first)
{
	struct sw_source_set *b = source_set(first);
	struct sw_source *other = b ? find_source(b, first) : NULL;
	struct sw_state *st = entry_of(&state, 0);
	int score;

	s->decoyed = 1;
	note_source(t->meta);
	if (!other || !st)
		return;
	if (!decoys_about(t->tick))
		emit_group_event(t, SW_EVENT_DECOYS, 2);
	if (st->decoy_tick != t->tick)
		st->decoy_tick = t->tick;
	score = other->score - other->charged;
	other->charged = 0;
	other->score = score < 0 ? 0 : score;
	forget_targets(other, &t->meta->flow);
	other->decoyed = 1;
	note_suspect(is_key4(first) ? (__u32)first : first, t->tick);
}

/* An unserved port that the source missed before, on another local address: counts by
 * the address, like an open one. */
static __always_inline bool is_charged_elsewhere(struct verdict_ctx *t, const struct sw_source *s)
{
	t->kind = SW_EVIDENCE_SWEEP;
	t->elsewhere = true;
	return addresses_of(s) > FREE_ADDRESSES && !came_before(&t->meta->flow);
}

/* Is this charge a new one? */
static __always_inline bool is_charged(struct verdict_ctx *t, struct sw_source *s)
{
	const struct pkt_meta *meta = t->meta;
	bool miss = is_excusable(meta->kind);
	enum novelty new = novelty_of(s, &meta->flow, meta->target, miss);

	if (new == KNOWN_PORT && miss)
		return is_charged_elsewhere(t, s);
	return new != KNOWN_TARGET;
}

static __always_inline int judge_scored(struct verdict_ctx *t, struct sw_source *s)
{
	const struct pkt_meta *meta = t->meta;
	enum decoy decoy = NO_DECOY;
	int reason = meta->reason;
	__u64 first = 0;

	/* UDP carries nothing that a scanner repeats and others do not. */
	if (meta->flow.proto == IPPROTO_TCP && meta->seq)
		decoy = decoy_of(&meta->flow, meta->seq, meta->key, t->tick, &first);
	if (decoy != NO_DECOY) {
		excuse_decoy(t, s, first);
		reason = SW_REASON_DECOY;
	} else if (meta->mild || is_charged(t, s)) {
		return CONTINUE;
	}
	return allowed(meta->key, &meta->src, t->tick) ? SW_REASON_ALLOWED : reason;
}

/* A connection that carried data earns credit for its source, once per service.
 * Browsing first and scanning later therefore gains two points at most. */
static __always_inline void credit(const struct flow_key *e, __u64 key,
				   const struct sw_settings *set)
{
	struct sw_source_set *b = source_set(key);
	struct sw_source *s = b ? find_source(b, key) : NULL;
	__u8 bit = 1 << (target_hash(e) & 7);
	int score;

	if (!s || s->services & bit || count_bits(s->services) >= CREDITS)
		return;
	s->services |= bit;
	score = s->score + set->weight[SW_EVIDENCE_OPEN_PORT];
	if (s->score > 0)
		s->score = score < 0 ? 0 : score;
}

/* The same as at a served port: the challenge makes both replies alike. */
static __always_inline bool is_silent_miss(int reason)
{
	return reason == SW_REASON_CLOSED_PORT || reason == SW_REASON_STRAY_ACK ||
	       reason == SW_REASON_DECOY;
}

/* The final verdict on a closed port. A source past the threshold gets no reply that
 * would distinguish it from a served one. */
static __always_inline int last_word(const struct verdict_ctx *t, const struct sw_source *s,
				     int reason)
{
	const struct pkt_meta *meta = t->meta;
	bool suspicious = s->score >= (__s32)t->set->threshold || s->decoyed;

	if (reason == SW_REASON_PASSED_MISS && suspicious)
		reason = SW_REASON_CLOSED_PORT;
	if (is_silent_miss(reason) && meta->has_tcp && t->set->challenge &&
	    is_restricted(meta, s, t->set, t->tick))
		return SW_REASON_CHALLENGED;
	if (reason == SW_REASON_CLOSED_PORT && meta->asks && !suspicious &&
	    may_ask(&meta->flow, t->tick))
		reason = SW_REASON_PASSED_MISS;
	/* The SYN-ACK may leave by another interface, so the ACK must be recognized. */
	if (meta->unseen && (reason == SW_REASON_PASSED_MISS || reason == SW_REASON_OPEN_PORT))
		note_half_open(flow_tag(&meta->flow));
	return reason;
}

/* Does anything on record keep this source from a service? No record is created or
 * searched: in a flood every forged source would wait for memory. A global function, so
 * its stack is not added to its caller's. */
__noinline int is_suspect(const struct pkt_meta *meta)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 tick;

	if (!meta || !set)
		return 0;
	tick = ticks(meta->ns);
	return (suspects_about(tick) && may_be_suspect(suspect_id(meta), tick)) ||
	       is_network_suspicious(meta, set, tick);
}

static __always_inline void charge_detected(const struct verdict_ctx *t, struct sw_source *s)
{
	const struct pkt_meta *meta = t->meta;

	if (allowed(meta->key, &meta->src, t->tick) ||
	    is_known_client(&meta->flow, meta->key, t->tick) ||
	    (is_excusable(meta->kind) && is_excused(&meta->flow, t->tick)))
		return;
	if (!add_detected(s, meta, t->set, t->kind, charge_of(t)))
		return;
	emit_event(t, s, SW_EVENT_WOULD_BLOCK, 0);
	detected_told(s, meta, t->set);
}

/* What the source did before comes first. */
static __always_inline int judge_restricted(const struct verdict_ctx *t)
{
	const struct pkt_meta *meta = t->meta;
	const struct sw_source *s = source_of(meta->key, t->set, millis(meta->ns));
	bool asks = meta->verdict != SCORED;

	if (!asks && !is_silent_miss(t->reason) && t->reason != SW_REASON_PASSED_MISS)
		return CONTINUE;
	if (!s || !is_restricted(meta, s, t->set, t->tick))
		return CONTINUE;
	if (meta->has_tcp && t->set->challenge)
		return SW_REASON_CHALLENGED;
	return asks ? SW_REASON_CONFINED : CONTINUE;
}

/* Like judge_evidence() for evidence that is only reported (settings.detect_only);
 * CONTINUE if this is not such evidence. A port closed to the source stays closed. A
 * global function, so its stack is not added to its caller's. */
__noinline int judge_detected(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	struct verdict_ctx t = {.ctx = ctx, .meta = meta, .set = entry_of(&settings, 0)};
	struct sw_source *s;
	int reason;

	if (!meta || !t.set)
		return SW_REASON_CLEAN;
	t.kind = meta->kind;
	if (meta->verdict == STALE || !is_detected_only(meta, t.kind))
		return CONTINUE;
	t.tick = ticks(meta->ns);
	t.reason = meta->reason;
	reason = judge_restricted(&t);
	if (reason != CONTINUE)
		return reason;
	if (meta->flooded)
		return SW_REASON_SYN_FLOOD;
	s = source_in(detected_set(meta->key), meta->key, t.set, millis(meta->ns));
	if (!s)
		return t.reason;
	if (meta->verdict != SCORED)
		reason = judge_address(&t, s);
	else if (meta->mild || !is_charged(&t, s))
		reason = t.reason;
	if (reason == CONTINUE) {
		charge_detected(&t, s);
		reason = t.reason;
	}
	if (meta->unseen) /* as in last_word() */
		note_half_open(flow_tag(&meta->flow));
	return drops(reason) && !meta->hidden ? SW_REASON_DETECT_ONLY : reason;
}

/* Returns the packet's enum sw_reason. A global function, so it is verified once. */
__noinline int judge_evidence(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	struct verdict_ctx t = {.ctx = ctx, .meta = meta, .set = entry_of(&settings, 0)};
	struct sw_source *s;
	int reason;

	if (!meta || !t.set)
		return SW_REASON_CLEAN;
	t.tick = ticks(meta->ns);
	if (meta->flooded && !is_suspect(meta))
		return SW_REASON_SYN_FLOOD;
	s = source_of(meta->key, t.set, millis(meta->ns));
	if (!s)
		return SW_REASON_CLEAN;
	t.kind = meta->kind;
	t.reason = meta->reason;
	if (meta->verdict == SCORED)
		reason = judge_scored(&t, s);
	else
		reason = judge_open(&t, s);
	if (reason == CONTINUE)
		reason = add_score(&t, s);
	if (meta->flooded && reason == SW_REASON_OPEN_PORT)
		return SW_REASON_SYN_FLOOD;
	return last_word(&t, s, reason);
}

#endif
