/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 4: what a charge against a source adds up to. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "block.h"
#include "suspect.h"

#define CROWD_OF_A_NETWORK 8   /* sources of one /24 or /48 that make a distributed scan */
#define CROWD_AT_A_PORT 16     /* sources that excuse a closed port */
#define GOES_ON (2 * SW_POINT) /* past the threshold, and still at it */
#define CREDITS 2	       /* services a source gets credit for */

struct trial {
	struct xdp_md *ctx;
	const struct suspect *who;
	const struct sw_settings *set;
	__u64 ns;
	__u32 tick;
	enum sw_evidence kind;
	int reason; /* what becomes of the packet while the source is not blocked */
};

static __always_inline struct sw_event *new_event(const struct trial *t, enum sw_event_type type)
{
	struct sw_event *ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);
	const struct suspect *who = t->who;
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
	ev->src = who->src;
	ev->dst = who->dst;
	ev->sport = who->ends.sport;
	ev->dport = who->ends.dport;
	ev->family = who->family;
	ev->proto = who->ends.proto;
	ev->plen = is_key4(who->key) ? 32 : 64;
	ev->evidence = t->kind;
	return ev;
}

static __always_inline void tell(const struct trial *t, const struct sw_source *s,
				 enum sw_event_type type, __u32 until)
{
	struct sw_event *ev = new_event(t, type);

	if (!ev)
		return;
	ev->kinds = s->kinds;
	ev->tool = s->tool;
	ev->score = s->score;
	ev->span_ms = millis(t->ns) - s->first_ms;
	ev->until = until;
	__builtin_memcpy(ev->port, s->port, sizeof(ev->port));
	bpf_ringbuf_submit(ev, 0);
}

/* Many sources of one network, or one probe in several names. */
static __always_inline void tell_many(const struct trial *t, enum sw_event_type type, __u32 sources)
{
	struct sw_event *ev = new_event(t, type);

	if (!ev)
		return;
	ev->kinds = 1 << t->who->kind;
	ev->tool = t->who->tool;
	ev->sources = sources;
	ev->port[0] = t->who->target;
	if (type == SW_EVENT_DISTRIBUTED)
		ev->plen = is_key4(t->who->key) ? 24 : 48;
	bpf_ringbuf_submit(ev, 0);
}

/* Has it working connections, its misses are dropped and it reaches what it
 * used before, nothing else: a carrier's NAT, or a customer in whose name
 * somebody forges probes, must not lose its service. */
static __always_inline int confine(const struct trial *t, struct sw_source *s)
{
	s->score = t->set->threshold > SCORE_MAX ? SCORE_MAX : t->set->threshold;
	if (!s->told)
		tell(t, s, SW_EVENT_CONFINED, 0);
	s->told = 1;
	s->targets = 0; /* a full sketch would hide what comes when it is no regular any more */
	return t->reason;
}

/* What is blocked: the address, or the /64, however wide a source is. */
static __always_inline __u64 block_key(const struct suspect *who)
{
	const __be32 *word = (const __be32 *)&who->src;

	if (is_key4(who->key))
		return who->key;
	return (__u64)bpf_ntohl(word[0]) << 32 | bpf_ntohl(word[1]);
}

/* The source's score has reached the threshold. */
static __always_inline int convict(const struct trial *t, struct sw_source *s)
{
	const struct sw_settings *set = t->set;
	__u64 end = (__u64)t->tick + set->block_ticks;
	__u32 until = end >= SW_UNTIL_TICKS ? SW_UNTIL_TICKS - 1 : end;
	bool goes_on = s->score >= (__s32)set->threshold + GOES_ON;

	if (is_regular(&t->who->ends, t->tick, false))
		return confine(t, s);
	/* Evidence of packets that anybody can forge: connections go on. */
	until |= SW_UNTIL_AUTO | SW_UNTIL_NEW_ONLY;
	if (!block_source(block_key(t->who), set, t->ns, until, goes_on)) {
		if (!s->told)
			tell(t, s, SW_EVENT_CAPPED, 0);
		s->told = 1;
		return t->reason;
	}
	tell(t, s, enforcing(set) ? SW_EVENT_BLOCK : SW_EVENT_WOULD_BLOCK, until);
	/* When the block ends, one more miss renews it. */
	s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 0;
	s->told = 0;
	return SW_REASON_NEW_BLOCK;
}

/* The allowed are never dropped, but the operator hears of it, once. */
static __always_inline int spare(const struct trial *t, struct sw_source *s)
{
	if (s->score >= (__s32)t->set->threshold && !s->told) {
		tell(t, s, SW_EVENT_SPARED, 0);
		s->told = 1;
	}
	return SW_REASON_ALLOWED;
}

/* Misses that whole crowds make when a service has moved. */
static __always_inline bool is_excusable(enum sw_evidence kind)
{
	return kind == SW_EVIDENCE_CLOSED_PORT || kind == SW_EVIDENCE_COMMON_PORT ||
	       kind == SW_EVIDENCE_CLOSED_UDP;
}

/* A source's first charge: is it one of many? */
static __always_inline void count_crowd(const struct trial *t)
{
	const struct suspect *who = t->who;
	__u64 network = is_key4(who->key) ? (who->key & 0xffffffff) >> 8 : who->key >> 16;

	if (join_crowd(network << 1 | 1, who->key, t->tick) == CROWD_OF_A_NETWORK)
		tell_many(t, SW_EVENT_DISTRIBUTED, CROWD_OF_A_NETWORK);
	if (is_excusable(t->kind) &&
	    join_crowd((__u64)port_mark(&who->ends) << 1, who->key, t->tick) == CROWD_AT_A_PORT)
		excuse_port(&who->ends, t->tick);
}

static __always_inline int accuse(const struct trial *t, struct sw_source *s)
{
	bool innocent = allowed(t->who->key, &t->who->src, t->tick);
	int score = s->score;

	if (!s->kinds)
		count_crowd(t);
	if (!s->score)
		s->first_ms = millis(t->ns);
	if (!is_excusable(t->kind) || !is_excused(&t->who->ends, t->tick))
		score += t->set->weight[t->kind & (SW_EVIDENCE_MAX - 1)];
	s->score = score > SCORE_MAX ? SCORE_MAX : score;
	s->last_ms = millis(t->ns);
	s->kinds |= 1 << t->kind;
	if (t->who->tool)
		s->tool = t->who->tool;
	if (replaying)
		tell(t, s, SW_EVENT_EVIDENCE, 0);
	if (innocent)
		return spare(t, s);
	if (s->score < (__s32)t->set->threshold)
		return t->reason;
	return convict(t, s);
}

/* One more of our addresses, at a port that is open, or pinged: the first is
 * free, and so are all to whoever has a working connection. */
static __always_inline bool one_more_address(const struct trial *t, struct sw_source *s)
{
	__u16 bit = address_bit(&t->who->ends);
	bool first = !s->targets;

	if (s->targets & bit)
		return false;
	s->targets |= bit;
	return !first && !is_regular(&t->who->ends, t->tick, false);
}

/* Confined: suspicious, with working connections, and this is none of them. */
static __always_inline bool is_confined(const struct trial *t, const struct sw_source *s)
{
	const struct ends *e = &t->who->ends;

	return s->score >= (__s32)t->set->threshold && is_regular(e, t->tick, false) &&
	       !is_regular(e, t->tick, true) && !allowed(t->who->key, &t->who->src, t->tick);
}

/* A decision, or GO_ON: the charge stands. */
static __always_inline int judge_open(const struct trial *t, struct sw_source *s)
{
	if (is_confined(t, s))
		return SW_REASON_CONFINED;
	return one_more_address(t, s) ? GO_ON : t->who->reason;
}

static __always_inline bool has_mark(const struct suspect *who)
{
	return who->ends.proto == IPPROTO_TCP ? who->seq != 0 : who->ends.proto == IPPROTO_UDP;
}

static __always_inline int judge_charge(const struct trial *t, struct sw_source *s)
{
	const struct suspect *who = t->who;
	enum decoy decoy = NO_DECOY;
	int reason = who->reason;

	if (has_mark(who))
		decoy = decoy_of(&who->ends, who->seq, who->key, t->tick);
	if (decoy == FIRST_DECOY)
		tell_many(t, SW_EVENT_DECOYS, 2);
	if (decoy != NO_DECOY)
		reason = SW_REASON_DECOY;
	else if (new_target(s, &who->ends, who->target))
		return GO_ON;
	return allowed(who->key, &who->src, t->tick) ? SW_REASON_ALLOWED : reason;
}

/* More SYNs than one source may send are held against it once a tick. */
static __always_inline int judge_rate(const struct trial *t, bool first)
{
	if (first)
		return GO_ON;
	return allowed(t->who->key, &t->who->src, t->tick) ? SW_REASON_ALLOWED : SW_REASON_SYN_RATE;
}

/* A connection that carried data speaks for its source, once a service; who
 * browses first and scans then has no more than two points for it. */
static __always_inline void credit(const struct ends *e, __u64 key, const struct sw_settings *set)
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
__noinline int judge_suspect(struct xdp_md *ctx, const struct suspect *who)
{
	struct trial t = {.ctx = ctx, .who = who, .set = entry_of(&settings, 0)};
	struct sw_source *s;
	bool first = false;
	int reason;

	if (!who || !t.set)
		return SW_REASON_CLEAN;
	t.ns = now_ns(t.set);
	t.tick = ticks(t.ns);
	s = source_of(who->key, t.set, millis(t.ns));
	if (!s)
		return SW_REASON_CLEAN;
	if (who->syn && syn_too_many(s, t.set, t.tick, &first)) {
		t.kind = SW_EVIDENCE_SYN_RATE;
		t.reason = SW_REASON_SYN_RATE;
		reason = judge_rate(&t, first);
	} else {
		t.kind = who->kind;
		t.reason = who->reason;
		reason = who->suspicion == CHARGED ? judge_charge(&t, s) : judge_open(&t, s);
	}
	return reason == GO_ON ? accuse(&t, s) : reason;
}

#endif
