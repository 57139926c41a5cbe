/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 4: what a charge against a source adds up to. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "block.h"
#include "clients.h"
#include "pkt_meta.h"

#define NETWORK_SOURCES 8      /* sources of one /24 or /48 that make a distributed scan */
#define PORT_SOURCES 16	       /* sources that excuse a closed port */
#define GOES_ON (2 * SW_POINT) /* past the threshold, and still at it */
#define CREDITS 2	       /* services a source gets credit for */

struct verdict_ctx {
	struct xdp_md *ctx;
	const struct pkt_meta *meta;
	const struct sw_settings *set;
	__u64 ns;
	__u32 tick;
	enum sw_evidence kind;
	int reason; /* what becomes of the packet while the source is not blocked */
};

static __always_inline struct sw_event *new_event(const struct verdict_ctx *t,
						  enum sw_event_type type)
{
	struct sw_event *ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);
	const struct pkt_meta *meta = t->meta;
	struct sw_state *st;

	if (!ev) {
		st = entry_of(&state, 0);
		if (st)
			__sync_fetch_and_add(&st->lost_events, 1);
		return NULL;
	}
	__builtin_memset(ev, 0, sizeof(*ev));
	ev->time_ns = t->ns;
	ev->type = type;
	ev->ifindex = t->ctx->ingress_ifindex;
	ev->src = meta->src;
	ev->dst = meta->dst;
	ev->sport = meta->flow.sport;
	ev->dport = meta->flow.dport;
	ev->family = meta->family;
	ev->proto = meta->flow.proto;
	ev->plen = is_key4(meta->key) ? 32 : 64;
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
	ev->span_ms = millis(t->ns) - s->first_ms;
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
	s->targets = 0; /* a full sketch would hide what comes when it is no regular any more */
	return t->reason;
}

/* What is blocked: the address, or the /64, however wide a source is. */
static __always_inline __u64 block_key(const struct pkt_meta *meta)
{
	const __be32 *word = (const __be32 *)&meta->src;

	if (is_key4(meta->key))
		return meta->key;
	return (__u64)bpf_ntohl(word[0]) << 32 | bpf_ntohl(word[1]);
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

/* The source's score has reached the threshold. */
static __always_inline int block_soft(const struct verdict_ctx *t, struct sw_source *s)
{
	const struct sw_settings *set = t->set;
	__u64 end = (__u64)t->tick + set->block_ticks;
	__u32 expires_tick = end >= SW_EXPIRES_TICKS ? SW_EXPIRES_TICKS - 1 : end;
	bool goes_on = s->score >= (__s32)set->threshold + GOES_ON;

	if (is_known_client(&t->meta->flow, t->meta->key, t->tick))
		return confine(t, s);
	/* Evidence of packets that anybody can forge: connections go on. */
	expires_tick |= SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY;
	if (!block_source(block_key(t->meta), set, t->ns, expires_tick, goes_on)) {
		if (!s->notified)
			emit_event(t, s, SW_EVENT_CAPPED, 0);
		s->notified = 1;
		begin_spray(t, limit_reached(set));
		return t->reason;
	}
	emit_event(t, s, enforcing(set) ? SW_EVENT_BLOCK : SW_EVENT_WOULD_BLOCK, expires_tick);
	/* When the block flow, one more miss renews it. */
	s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 0;
	s->notified = 0;
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

/* A source's first charge: is it one of many? */
static __always_inline void count_distinct(const struct verdict_ctx *t)
{
	const struct pkt_meta *meta = t->meta;
	__u64 network = is_key4(meta->key) ? (meta->key & 0xffffffff) >> 8 : meta->key >> 16;

	if (too_many_strangers(t->set, t->ns, 1))
		begin_spray(t, SW_SPRAY_SOURCES);
	if (sketch_add(network << 1 | 1, meta->key, t->tick) == NETWORK_SOURCES)
		emit_group_event(t, SW_EVENT_DISTRIBUTED, NETWORK_SOURCES);
	if (is_excusable(t->kind) &&
	    sketch_add((__u64)port_mark(&meta->flow) << 1, meta->key, t->tick) == PORT_SOURCES)
		excuse_port(&meta->flow, t->tick);
}

/* A quarter point, up to the threshold. */
static __always_inline int mild_score(const struct sw_source *s, const struct sw_settings *set)
{
	return s->score < (__s32)set->threshold ? s->score + 1 : s->score;
}

static __always_inline int add_score(const struct verdict_ctx *t, struct sw_source *s)
{
	bool is_allowed = allowed(t->meta->key, &t->meta->src, t->tick);
	int score = s->score;

	if (!s->kinds)
		count_distinct(t);
	if (!s->score)
		s->first_ms = millis(t->ns);
	if (t->meta->mild)
		score = mild_score(s, t->set);
	else if (!is_excusable(t->kind) || !is_excused(&t->meta->flow, t->tick))
		score += t->set->weight[t->kind & (SW_EVIDENCE_MAX - 1)];
	s->score = score > SCORE_MAX ? SCORE_MAX : score;
	s->last_ms = millis(t->ns);
	s->kinds |= 1 << t->kind;
	if (t->meta->tool)
		s->tool = t->meta->tool;
	if (replaying)
		emit_event(t, s, SW_EVENT_EVIDENCE, 0);
	if (is_allowed)
		return skip_drop(t, s);
	if (s->score < (__s32)t->set->threshold || t->meta->mild)
		return t->reason;
	return block_soft(t, s);
}

/* One more of our addresses, at a port that is open, or pinged: the first is
 * free, and so are all to whoever has a working connection. */
static __always_inline bool one_more_address(const struct verdict_ctx *t, struct sw_source *s)
{
	__u16 bit = address_bit(&t->meta->flow);
	bool first = !s->targets;

	if (s->targets & bit)
		return false;
	s->targets |= bit;
	return !first && !is_known_client(&t->meta->flow, t->meta->key, t->tick);
}

/* Confined: suspicious, with working connections, and this is none of them. */
static __always_inline bool is_confined(const struct verdict_ctx *t, const struct sw_source *s)
{
	const struct pkt_meta *meta = t->meta;

	return s->score >= (__s32)t->set->threshold &&
	       is_known_client(&meta->flow, meta->key, t->tick) &&
	       !uses_service(&meta->flow, meta->key, t->tick) &&
	       !allowed(meta->key, &meta->src, t->tick);
}

/* A decision, or CONTINUE: the charge stands. */
static __always_inline int judge_open(const struct verdict_ctx *t, struct sw_source *s)
{
	if (is_confined(t, s))
		return SW_REASON_CONFINED;
	return one_more_address(t, s) ? CONTINUE : t->meta->reason;
}

static __always_inline bool has_mark(const struct pkt_meta *meta)
{
	return meta->flow.proto == IPPROTO_TCP ? meta->seq != 0 : meta->flow.proto == IPPROTO_UDP;
}

static __always_inline int judge_scored(const struct verdict_ctx *t, struct sw_source *s)
{
	const struct pkt_meta *meta = t->meta;
	enum decoy decoy = NO_DECOY;
	int reason = meta->reason;

	if (has_mark(meta))
		decoy = decoy_of(&meta->flow, meta->seq, meta->key, t->tick);
	if (decoy == FIRST_DECOY)
		emit_group_event(t, SW_EVENT_DECOYS, 2);
	if (decoy != NO_DECOY)
		reason = SW_REASON_DECOY;
	else if (meta->mild || new_target(s, &meta->flow, meta->target))
		return CONTINUE;
	return allowed(meta->key, &meta->src, t->tick) ? SW_REASON_ALLOWED : reason;
}

/* More SYNs than one source may send are held against it once a tick. */
static __always_inline int judge_rate(const struct verdict_ctx *t, bool first)
{
	if (first)
		return CONTINUE;
	return allowed(t->meta->key, &t->meta->src, t->tick) ? SW_REASON_ALLOWED
							     : SW_REASON_SYN_RATE;
}

/* Whoever reached the threshold and is not blocked, for its working connections
 * or for a limit, is challenged as well: at open and at closed ports alike. */
static __always_inline bool is_held(const struct verdict_ctx *t, const struct sw_source *s,
				    int reason)
{
	return t->set->challenge && t->meta->syn && !t->meta->dry &&
	       s->score >= (__s32)t->set->threshold &&
	       (reason == SW_REASON_CONFINED || reason == SW_REASON_CLOSED_PORT);
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

/* Returns the packet's enum sw_reason. A global function, so that
 * the verifier reads it once. */
__noinline int judge_evidence(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	struct verdict_ctx t = {.ctx = ctx, .meta = meta, .set = entry_of(&settings, 0)};
	struct sw_source *s;
	bool first = false;
	int reason;

	if (!meta || !t.set)
		return SW_REASON_CLEAN;
	t.ns = meta->ns;
	t.tick = ticks(t.ns);
	s = source_of(meta->key, t.set, millis(t.ns));
	if (!s)
		return SW_REASON_CLEAN;
	if (meta->syn && syn_too_many(s, t.set, t.tick, &first)) {
		t.kind = SW_EVIDENCE_SYN_RATE;
		t.reason = SW_REASON_SYN_RATE;
		reason = judge_rate(&t, first);
	} else {
		t.kind = meta->kind;
		t.reason = meta->reason;
		reason = meta->verdict == SCORED ? judge_scored(&t, s) : judge_open(&t, s);
	}
	if (reason == CONTINUE)
		reason = add_score(&t, s);
	return is_held(&t, s, reason) ? SW_REASON_CHALLENGED : reason;
}

#endif
