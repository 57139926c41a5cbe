/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 4: what a charge against a source adds up to. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "block.h"
#include "clients.h"
#include "detect_only.h"
#include "pkt_meta.h"
#include "suspects.h"

#define NETWORK_SOURCES 8      /* sources of one /24 or /48 that make a distributed scan */
#define PORT_SOURCES 16	       /* sources that excuse a closed port */
#define GOES_ON (2 * SW_POINT) /* past the threshold, and still at it */
#define CREDITS 2	       /* services a source gets credit for */
#define FREE_ADDRESSES 3       /* of ours that a source may try */

struct verdict_ctx {
	struct xdp_md *ctx;
	const struct pkt_meta *meta;
	const struct sw_settings *set;
	__u32 tick;
	enum sw_evidence kind;
	int reason;	/* what becomes of the packet while the source is not blocked */
	bool elsewhere; /* a port that it has missed before, at another of our addresses */
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

/* Many sources of one network, or one probe in several names. */
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

/* Has it working connections, its misses are dropped and it reaches what it
 * used before, nothing else: a carrier's NAT, or a customer in whose name
 * somebody forges probes, must not lose its service. */
static __always_inline int confine(const struct verdict_ctx *t, struct sw_source *s)
{
	s->score = t->set->threshold > SCORE_MAX ? SCORE_MAX : t->set->threshold;
	if (!s->notified)
		emit_event(t, s, SW_EVENT_CONFINED, 0);
	s->notified = 1;
	forget_targets(s, &t->meta->flow);
	return t->reason;
}

/* What is blocked: the address, or the /64, however wide a source is. */
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

/* As the main program asks for it (judge_known()). */
static __always_inline __u64 suspect_id(const struct pkt_meta *meta)
{
	if (is_key4(meta->key))
		return (__u32)meta->key;
	return half_of((const struct in6_addr *)&meta->src, 0) & source6_mask;
}

/* Not inline: its caller's stack is short. */
static __noinline void note_source(const struct pkt_meta *meta)
{
	note_suspect(suspect_id(meta), ticks(meta->ns));
}

static __always_inline bool is_over_network_threshold(const struct sw_source *n,
						      const struct sw_settings *set)
{
	return set->network_threshold && n->score >= (__s32)set->network_threshold;
}

/* What a source that may be charged with something is looked up in: lines of two
 * tables, of which neither depends on what the other says. A global function: its stack
 * is not its caller's. */
__noinline int expect_source(__u64 key)
{
	expect(source_set(key));
	expect(network_set(network_of(key)));
	return 0;
}

/* Whoever works with us makes mistakes of his own. points: quarters; what of them
 * got a source blocked by itself is given back, as that one scans no more. A global
 * function, so that the verifier reads it once. */
__noinline int charge_network(const struct pkt_meta *meta, int points)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct sw_source *n;
	struct sw_state *st;
	__u64 network;
	int score;

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
		return 0; /* what all of them miss is no scan */
	score = n->score + points;
	n->score = score < 0 ? 0 : score > SCORE_MAX ? SCORE_MAX : score;
	n->last_ms = millis(meta->ns);
	/* Looked up anew, as each word that is kept takes of the 512 bytes that 6.1 has
	 * for a chain of calls. */
	set = entry_of(&settings, 0);
	st = entry_of(&state, 0);
	if (set && st && is_over_network_threshold(n, set))
		st->network_tick = ticks(meta->ns);
	return 0;
}

/* A scan spread over its addresses, a probe or two each. Asked only while there
 * is such a network anywhere. */
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
	return n && is_over_network_threshold(n, set);
}

/* From now on all strangers are challenged: told once. */
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

/* What clients do whose server, or whose connection to it, is not there yet. */
#define EARLY                                                                                    \
	(1u << SW_EVIDENCE_CLOSED_PORT | 1u << SW_EVIDENCE_COMMON_PORT |                         \
	 1u << SW_EVIDENCE_TRAP_PORT | 1u << SW_EVIDENCE_STRAY_ACK | 1u << SW_EVIDENCE_FIN_ACK | \
	 1u << SW_EVIDENCE_SWEEP | 1u << SW_EVIDENCE_PING_SWEEP)

/* The program has just started, and remembers neither what was served nor what was asked
 * before: what that makes look like a scan counts little. Who is past the threshold is
 * challenged all the same (is_restricted()), so that nothing is learned meanwhile. */
static __always_inline bool in_grace(const struct verdict_ctx *t, const struct sw_source *s)
{
	const __u32 late = ~(EARLY | 1u << SW_EVIDENCE_CLOSED_UDP);

	return t->tick - t->set->up_tick < t->set->grace_ticks && !(s->kinds & late);
}

/* Past the threshold each charge is a quarter point in the grace, and a whole point of them
 * blocks. Not while the host itself boots (ticks begin when it does): its services are
 * starting, so that honest clients miss any number of them. */
static __always_inline bool is_spared_in_grace(const struct verdict_ctx *t,
					       const struct sw_source *s)
{
	return in_grace(t, s) &&
	       (t->tick < t->set->grace_ticks || s->score < (__s32)t->set->threshold + SW_POINT);
}

/* Has it missed this very port, served by now? Not of evidence that an open port may give
 * as well, or whoever sent that first would be let in for it. */
static __always_inline bool was_early(const struct pkt_meta *meta, const struct sw_source *s)
{
	return !(s->kinds & ~EARLY) && has_missed(s, meta->port) &&
	       s->targets & group_bit(&meta->flow, port_family(meta->port));
}

/* Nobody can make us serve a port, so it tells nothing to be forgiven for it. */
static __always_inline void forgive_early(const struct pkt_meta *meta, struct sw_source *s,
					  const struct sw_settings *set)
{
	__u16 port = meta->port;
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

/* The source's score has reached the threshold. */
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
	/* Evidence of packets that anybody can forge: connections go on. */
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
	/* When the block ends, one more miss renews it. Of a source wider than what
	 * is blocked, the rest is still suspicious. */
	if (is_key4(t->meta->key) || source6_mask == ~0ull)
		s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 0;
	s->notified = 0;
	forget_targets(s, &t->meta->flow);
	return SW_REASON_NEW_BLOCK;
}

/* The allowed are never dropped, but the operator hears of it, once. */
static __always_inline int skip_drop(const struct verdict_ctx *t, struct sw_source *s)
{
	if (s->score >= (__s32)t->set->threshold && !s->notified) {
		emit_event(t, s, SW_EVENT_SPARED, 0);
		s->notified = 1;
	}
	return SW_REASON_ALLOWED;
}

/* Misses that whole sketches make when a service has moved. */
static __always_inline bool is_excusable(enum sw_evidence kind)
{
	return kind == SW_EVIDENCE_CLOSED_PORT || kind == SW_EVIDENCE_COMMON_PORT ||
	       kind == SW_EVIDENCE_CLOSED_UDP;
}

/* A source's first charge: is it one of many? A global function: its stack is not
 * its caller's. */
__noinline int count_distinct(struct xdp_md *ctx, const struct pkt_meta *meta, __u32 kind)
{
	struct verdict_ctx t = {
		.ctx = ctx, .meta = meta, .set = entry_of(&settings, 0), .kind = kind};
	__u64 network;

	if (!meta || !t.set)
		return 0;
	network = network_of(meta->key);
	t.tick = ticks(meta->ns);

	if (too_many_strangers(t.set, meta->ns, 1))
		begin_spray(&t, SW_SPRAY_SOURCES);
	if (!is_single_key(meta->key) &&
	    sketch_add(network << 1 | 1, meta->key, t.tick) == NETWORK_SOURCES)
		emit_group_event(&t, SW_EVENT_DISTRIBUTED, NETWORK_SOURCES);
	if (is_excusable(t.kind) && was_ever_served(&meta->flow) &&
	    sketch_add((__u64)port_mark(&meta->flow) << 1, meta->key, t.tick) == PORT_SOURCES)
		excuse_port(&meta->flow, t.tick);
	return 0;
}

/* Ports that nobody serves, tried: what a scan spread over a network adds up to. */
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

/* One port at each of our addresses, as a monitor has it, is half a sweep. */
static __always_inline int charge_of(const struct verdict_ctx *t)
{
	int weight = t->set->weight[t->kind & (SW_EVIDENCE_MAX - 1)];

	return t->elsewhere ? (weight + 1) >> 1 : weight;
}

static __always_inline int add_score(const struct verdict_ctx *t, struct sw_source *s)
{
	/* Of IPv4 asked here first, without a call: that is nearly always the answer. */
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
	s->score = score > SCORE_MAX ? SCORE_MAX : score;
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

/* It is past the threshold without being blocked (it works with us, or a limit
 * held), its name is among decoys of the minute, or its network is suspicious: it
 * gets no service that it does not use already. */
static __always_inline bool is_restricted(const struct pkt_meta *meta, const struct sw_source *s,
					  const struct sw_settings *set, __u32 tick)
{
	if (s->score < (__s32)set->threshold && !(s->decoyed && decoys_about(tick)) &&
	    (meta->verdict == PINGING || !is_network_suspicious(meta, set, tick)))
		return false;
	return !uses_service(&meta->flow, meta->key, tick) && !allowed(meta->key, &meta->src, tick);
}

/* UDP to a port that is served, which is not judged by its source's record
 * otherwise. The challenge has no way to ask for a datagram again, so what a whole
 * network did is not held against the others in it. */
static __always_inline bool is_udp_restricted(const struct pkt_meta *meta,
					      const struct sw_settings *set, __u32 tick)
{
	const struct sw_source *s;
	struct sw_source_set *b;

	if (!suspects_about(tick) || !may_be_suspect(suspect_id(meta), tick))
		return false;
	b = source_set(meta->key);
	s = b ? find_source(b, meta->key) : NULL;
	if (!s || (score_at(s, set, millis(meta->ns)) < (__s32)set->threshold &&
		   !(s->decoyed && decoys_about(tick))))
		return false;
	return !uses_service(&meta->flow, meta->key, tick) && !allowed(meta->key, &meta->src, tick);
}

/* How many of ours it has tried, about: what it has missed there has set a bit, too. */
static __always_inline __u32 addresses_of(const struct sw_source *s)
{
	__u32 bits = count_bits(s->targets);

	return s->port[0] ? (bits + 1) / 2 : bits;
}

/* The first few of our addresses are free, and all are to whom works with us. Of
 * each further one the first packet is dropped: a monitor's kernel, or its next
 * ping, asks again. */
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

/* A decision, or CONTINUE: the charge stands. */
static __always_inline int judge_open(struct verdict_ctx *t, struct sw_source *s)
{
	bool early = t->meta->verdict == AT_OPEN_PORT && was_early(t->meta, s);

	if (early)
		forgive_early(t->meta, s, t->set);
	else if (is_restricted(t->meta, s, t->set, t->tick))
		return t->set->challenge && t->meta->has_tcp ? SW_REASON_CHALLENGED
							     : SW_REASON_CONFINED;
	return t->meta->verdict == STALE ? t->meta->reason : judge_address(t, s);
}

/* Who sent the same before is no worse for it; but neither learns anything more. */
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
	st->decoy_tick = t->tick;
	score = other->score - t->set->weight[t->kind & (SW_EVIDENCE_MAX - 1)];
	other->score = score < 0 ? 0 : score;
	forget_targets(other, &t->meta->flow);
	other->decoyed = 1;
	note_suspect(is_key4(first) ? (__u32)first : first, t->tick);
}

/* Again a port that nobody serves, at another of our addresses: as an open one there,
 * it counts by the address. */
static __always_inline bool is_charged_elsewhere(struct verdict_ctx *t, const struct sw_source *s)
{
	t->kind = SW_EVIDENCE_SWEEP;
	t->elsewhere = true;
	return addresses_of(s) > FREE_ADDRESSES && !came_before(&t->meta->flow);
}

/* Is what it is charged with new? */
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

	/* UDP has nothing in it that a scanner leaves the same and others do not. */
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

/* A connection that carried data speaks for its source, once a service; who
 * browses first and scans then has no more than two points for it. */
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

/* As at a served port: the challenge has one answer for both. */
static __always_inline bool is_silent_miss(int reason)
{
	return reason == SW_REASON_CLOSED_PORT || reason == SW_REASON_STRAY_ACK ||
	       reason == SW_REASON_DECOY;
}

/* What a closed port says in the end. Who is past the threshold gets no answer
 * that would tell it from a served one. */
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
	/* Whose SYN-ACK may leave by another interface: its ACK must be known. */
	if (meta->unseen && (reason == SW_REASON_PASSED_MISS || reason == SW_REASON_OPEN_PORT))
		note_flow(flow_tag(&meta->flow));
	return reason;
}

/* Is there anything against its source that keeps a service from it? A flood must fill
 * no table, so no record is made, and none is looked for: of each forged name that would
 * wait for memory. A global function: its stack is not its caller's. */
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

/* What its source did besides comes first. */
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

/* As judge_evidence() where one is only told of the charge; CONTINUE: it is another one.
 * A port that is shut to its source stays shut. Behind settings.detect_only. A global
 * function: its stack is not its caller's. */
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
		note_flow(flow_tag(&meta->flow));
	return drops(reason) && !meta->hidden ? SW_REASON_DETECT_ONLY : reason;
}

/* Returns the packet's enum sw_reason. A global function, so that
 * the verifier reads it once. */
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
