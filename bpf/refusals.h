/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What local services refuse: wrong passwords, missing pages, SSH connections without a
 * session. The receiver of such a reply has completed a handshake, so the right source
 * is charged. Intent shows in how many *different* ones it tries, how fast, and how few
 * succeed.
 *
 * A program of its own, behind `learn`, for packets from watched ports.
 */
#ifndef REFUSALS_H
#define REFUSALS_H

#include "server_answer.h"
#include "speakers.h"

#define PART 1 /* of a page: 16 broken images are one broken link */
#define FRACTION_SHIFT 8
#define FRACTION_MOST (4 << FRACTION_SHIFT) /* of the threshold for one piece of evidence */
#define TOLD_TICKS HOUR_TICKS
#define ENDING_TICKS MINUTE_TICKS /* requests from before the block are answered by then */

/* Decay per kind, in units and ticks of 0.27 s. A new guess: one in ten minutes, since
 * a program that keeps trying an old password counts once. Guesses that cannot be told
 * apart: one in two seconds, since a service with an old password retries that often
 * and a guesser is faster. A page: one a second, which crawlers with old links do not
 * exceed. An SSH connection: one in thirty seconds. */
static __always_inline __u32 forgotten(enum sw_refused kind, __u32 since)
{
	switch (kind) {
	case SW_REFUSED_LOGIN:
		return since / 140;
	case SW_REFUSED_PAGE:
		return since * 4;
	case SW_REFUSED_UNTOLD:
		return since * 2;
	default:
		return since / 7;
	}
}

/* The ticks that this much decay takes. */
static __always_inline __u32 ticks_forgotten(enum sw_refused kind, __u32 units)
{
	switch (kind) {
	case SW_REFUSED_LOGIN:
		return units * 140;
	case SW_REFUSED_PAGE:
		return units / 4;
	case SW_REFUSED_UNTOLD:
		return units / 2;
	default:
		return units * 7;
	}
}

static __always_inline void clear_kind(struct sw_refusals *r, enum sw_refused kind)
{
	r->level[kind] = r->count[kind] = 0;
	if (kind < SW_REFUSED_MARKED)
		__builtin_memset(r->marks[kind], 0, sizeof(r->marks[kind]));
}

static __always_inline bool is_quiet(const struct sw_refusals *r)
{
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < SW_REFUSED_COUNT; i++)
		sum |= r->level[i];
	return !sum;
}

static __always_inline void forget_kind(struct sw_refusals *r, enum sw_refused kind, __u32 tick)
{
	__u32 units = forgotten(kind, tick - r->when[kind]);

	if (!units)
		return;
	if (units < r->level[kind]) {
		r->level[kind] -= units;
		r->when[kind] += ticks_forgotten(kind, units);
		return;
	}
	clear_kind(r, kind);
	r->when[kind] = tick;
}

static __always_inline void forget_refusals(struct sw_refusals *r, __u32 tick)
{
#pragma unroll
	for (int i = 0; i < SW_REFUSED_COUNT; i++)
		forget_kind(r, i, tick);
	if (is_quiet(r))
		r->since = tick;
}

/* True if it was not counted before; it is now. */
static __always_inline bool is_untried(struct sw_refusals *r, enum sw_refused kind, __u64 mark)
{
	__u64 h = sw_hash64(mark, seed), bit = 1ull << (h >> 58), *word;

	if (kind >= SW_REFUSED_MARKED)
		return true;
	word = &r->marks[kind & (SW_REFUSED_MARKED - 1)][h >> 32 & (SW_REFUSED_MARKS - 1)];
	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

static __always_inline void forgive(struct sw_refusals *r, enum outcome o)
{
	__u32 pages = r->level[SW_REFUSED_PAGE];

	if (o == SESSION_GRANTED)
		clear_kind(r, SW_REFUSED_SESSION);
	if (o == LOGIN_GRANTED) {
		/* not to zero: an account of one's own would cover guesses at others */
		r->level[SW_REFUSED_LOGIN] /= 4;
		r->level[SW_REFUSED_UNTOLD] /= 4;
	}
	if (o == LOGIN_GRANTED || o == PAGE_GRANTED)
		r->level[SW_REFUSED_PAGE] = pages > 2 * ONE ? pages - 2 * ONE : 0;
}

static __always_inline bool is_granted(enum outcome o)
{
	return o == LOGIN_GRANTED || o == PAGE_GRANTED || o == SESSION_GRANTED;
}

static __always_inline enum sw_refused kind_of(enum outcome o)
{
	switch (o) {
	case LOGIN_REFUSED:
		return SW_REFUSED_LOGIN;
	case LOGIN_UNTOLD:
		return SW_REFUSED_UNTOLD;
	case SESSION_REFUSED:
		return SW_REFUSED_SESSION;
	default:
		return SW_REFUSED_PAGE;
	}
}

static __always_inline __u32 limit_for(const struct sw_settings *set, enum sw_refused kind)
{
	switch (kind) {
	case SW_REFUSED_PAGE:
		return set->refused_pages;
	case SW_REFUSED_SESSION:
		return set->refused_sessions;
	default:
		return set->refused_logins;
	}
}

/* Sum over all kinds, as a fraction of one piece of evidence in 1 << FRACTION_SHIFT.
 * Decay during the attack is neglected. */
static __always_inline __u32 fraction_of(const struct sw_refusals *r, const struct sw_settings *set)
{
	__u32 sum = 0, limit;

#pragma unroll
	for (int i = 0; i < SW_REFUSED_COUNT; i++) {
		limit = limit_for(set, i) * ONE;
		if (limit && r->level[i])
			sum += ((r->level[i] + ONE - 1) << FRACTION_SHIFT) / limit;
	}
	return sum < FRACTION_MOST ? sum : FRACTION_MOST;
}

/* ---- what it adds up to */

struct refusal_verdict {
	const struct pkt_meta *meta;
	const struct sw_settings *set;
	struct sw_refusals *r;
	struct sw_source *s;
	__u64 ns;
	__u32 tick, ifindex;
	enum sw_refused kind;
	int score;
};

static __always_inline void tell_refused(const struct refusal_verdict *v, enum sw_event_type type,
					 __u32 expires_tick)
{
	struct sw_event *ev = reserve_event(v->meta, v->ns, v->ifindex, type);

	if (!ev)
		return;
	ev->evidence = SW_EVIDENCE_REFUSED;
	ev->kinds = v->s->kinds;
	ev->tool = v->s->tool;
	ev->score = v->score;
	ev->span_ms = (v->tick - v->r->since) << (SW_TICK_SHIFT - SW_MS_SHIFT);
	ev->expires_tick = expires_tick;
	ev->port[0] = v->meta->port;
	ev->refused = v->kind;
	ev->refused_count = v->r->count[v->kind];
	bpf_ringbuf_submit(ev, 0);
}

/* For a source that is not blocked; once an hour. */
static __always_inline void tell_spared(const struct refusal_verdict *v, enum sw_event_type type)
{
	if (v->r->spared && v->tick - v->r->spared < TOLD_TICKS)
		return;
	tell_refused(v, type, 0);
	v->r->spared = v->tick ? v->tick : 1;
}

__noinline int count_connections_at_egress(struct __sk_buff *skb, __u32 before)
{
	return open_connections(skb, entry_of(&pkt_metas, META_LEAVING), before);
}

static __always_inline void clear_all(struct sw_refusals *r)
{
#pragma unroll
	for (int i = 0; i < SW_REFUSED_COUNT; i++)
		clear_kind(r, i);
}

static __always_inline void block_refused(const struct refusal_verdict *v)
{
	__u64 end = (__u64)v->tick + v->set->proven_ticks;
	__u32 expires_tick = end >= SW_EXPIRES_TICKS ? SW_EXPIRES_TICKS - 1 : end;
	struct block_target target = target_of(v->meta);

	expires_tick |= SW_EXPIRES_AUTO;
	if (!block_source(&target, v->set, v->ns, expires_tick, true)) {
		tell_spared(v, SW_EVENT_CAPPED);
		return;
	}
	tell_refused(v, enforcing(v->set) ? SW_EVENT_BLOCK : SW_EVENT_WOULD_BLOCK, expires_tick);
	/* when the block expires, one more point renews it */
	v->s->score = v->set->threshold > SW_POINT ? v->set->threshold - SW_POINT : 0;
	v->s->notified = 0;
	clear_all(v->r);
	v->r->blocked = v->tick ? v->tick : 1;
}

/* A customer keeps the services it used before (respond.h). */
static __always_inline void confine_refused(const struct refusal_verdict *v)
{
	v->s->score = v->set->threshold > SCORE_MAX ? SCORE_MAX : v->set->threshold;
	v->s->targets = 0;
	tell_spared(v, SW_EVENT_CONFINED);
}

static __always_inline void judge_refused(struct __sk_buff *skb, struct refusal_verdict *v)
{
	const struct sw_speaker *sp = find_speaker(v->meta->key);
	int weight = v->set->weight[SW_EVIDENCE_REFUSED];
	bool detected;

	v->s = source_of(v->meta->key, v->set, millis(v->ns));
	if (!v->s || weight <= 0)
		return;
	v->score = v->s->score > 0 ? v->s->score : 0;
	v->score += (weight * fraction_of(v->r, v->set)) >> FRACTION_SHIFT;
	if (v->score < (__s32)v->set->threshold)
		return;
	detected = detects_only(v->set, v->meta, SW_EVIDENCE_REFUSED);
	if (!detected) {
		v->s->kinds |= 1 << SW_EVIDENCE_REFUSED;
		v->s->last_ms = millis(v->ns);
	}
	if (allowed(v->meta->key, &v->meta->src, v->tick))
		tell_spared(v, SW_EVENT_SPARED);
	else if (sp &&
		 (names_many(sp, v->tick) ||
		  count_connections_at_egress(skb, v->r->since - MINUTE_TICKS) >= MANY_CONNECTIONS))
		tell_spared(v, SW_EVENT_SPARED);
	else if (detected && !is_customer(sp, v->tick))
		tell_spared(v, SW_EVENT_WOULD_BLOCK);
	else if (detected)
		return;
	else if (is_customer(sp, v->tick))
		confine_refused(v);
	else
		block_refused(v);
}

/* ---- the program */

/* Copies the reply, without packet pointers; false if there is nothing to read. */
static __always_inline bool load_answer(struct __sk_buff *skb, struct answer *a)
{
	__u32 length = a->left < ANSWER_BYTES ? a->left : ANSWER_BYTES;

	__builtin_memset(a->byte, 0, WORDS_BYTES);
	a->length = 0;
	if (!length)
		return true;
	length = masked(length - 1, ANSWER_BYTES - 1) + 1;
	if (bpf_skb_load_bytes(skb, a->at, a->byte, length))
		return false;
	a->length = length;
	return true;
}

static __always_inline __u32 tos_of(const struct packet *p)
{
	const struct ipv6hdr *ip6 = p->ip;

	if (p->family == AF_INET)
		return ((const struct iphdr *)p->ip)->tos >> 2;
	return (ip6->priority << 2 | ip6->flow_lbl[0] >> 6) & 0x3f;
}

/* Ends swapped, as in `learn`. */
__noinline int describe_answer(struct __sk_buff *skb)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct pkt_meta *meta = entry_of(&pkt_metas, META_LEAVING);
	struct answer *a = entry_of(&answer_texts, 0);
	struct packet p = {};

	if (!set || !meta || !a)
		return 0;
	a->at = parse_leaving(skb, &p, set);
	if (!a->at)
		return 0;
	describe(&p, meta, set);
	a->left = left_of(skb, &p, a->at);
	a->tag = flow_tag(&meta->flow);
	a->mark = 0;
	a->tos = tos_of(&p);
	a->tick = ticks(now_ns(set));
	return load_answer(skb, a);
}

/* A waiting login has been answered, whatever the result. */
static __always_inline void end_wait(const struct answer *a, const struct pkt_meta *meta)
{
	struct sw_request *r = request_entry(a->tag);
	struct sw_refusals *refused;

	if (!r || r->tag != a->tag || !r->waits || !a->length)
		return;
	r->waits = 0;
	refused = find_refusals(meta->key);
	if (refused && refused->waiting)
		refused->waiting--;
}

/* ---- the answer to SMTP's DATA */

static long find_last_line(__u64 i, void *ctx)
{
	struct word_search *f = ctx;

	if (i + 1 >= f->end)
		return 1;
	if (f->a->byte[masked(i, ANSWER_BYTES - 1)] == '\n')
		f->found = i + 1;
	return 0;
}

/* A mail that is refused before it is sent (RFC 5321 3.3) does not follow: what the client
 * says next is a command. Answers to commands sent together with DATA come before its own,
 * perhaps in segments of their own, so a later 354 has the last word. */
static __always_inline void note_mail_answer(const struct answer *a)
{
	struct word_search f = {.a = a, .end = a->length};
	struct sw_tail *t = entry_of(&tails, a->tag >> 32 & tail_mask);
	__u8 kind;

	if (!t || t->tag != a->tag || t->state != SW_HEAD_COMMANDS ||
	    t->ciphered != SW_SPEECH_SMTP || !(t->flags & (SW_PHASE_ASKED | SW_PHASE_REFUSED)))
		return;
	bpf_loop(ANSWER_BYTES, find_last_line, &f, 0);
	kind = a->byte[masked(f.found, ANSWER_BYTES - 1)];
	if (kind == '4' || kind == '5')
		t->flags = SW_PHASE_REFUSED;
	else if (kind == '3')
		t->flags = SW_PHASE_MAIL;
}

static __always_inline int outcome_of(struct __sk_buff *skb, const struct pkt_meta *meta)
{
	struct answer *a = entry_of(&answer_texts, 0);
	int o = read_ssh(skb);

	if (a)
		end_wait(a, meta);
	if (o >= 0 || !a || !a->length)
		return o < 0 ? NO_OUTCOME : o;
	if (word_at(a, 0) == word8("HTTP/1.1") || word_at(a, 0) == word8("HTTP/1.0"))
		return read_http(a, find_refusals(meta->key) != NULL);
	if (a->byte[0] >= '2' && a->byte[0] <= '5')
		note_mail_answer(a);
	return read_command(a);
}

/* A global function, so it is verified once. */
__noinline int count_outcome(struct __sk_buff *skb, __u32 o)
{
	struct refusal_verdict v = {.meta = entry_of(&pkt_metas, META_LEAVING),
				    .set = entry_of(&settings, 0),
				    .ifindex = skb->ifindex};
	const struct answer *a = entry_of(&answer_texts, 0);

	if (!v.meta || !v.set || !a || o == NO_OUTCOME)
		return 0;
	v.ns = now_ns(v.set);
	v.tick = ticks(v.ns);
	v.r = is_granted(o) ? find_refusals(v.meta->key) : make_refusals(v.meta->key, v.tick);
	if (!v.r)
		return 0;
	forget_refusals(v.r, v.tick);
	if (is_granted(o)) {
		forgive(v.r, o);
		return 0;
	}
	if (v.r->blocked && v.tick - v.r->blocked < ENDING_TICKS)
		return 0;
	v.kind = kind_of(o);
	if (!limit_for(v.set, v.kind) || !is_untried(v.r, v.kind, a->mark))
		return 0;
	if (v.r->level[v.kind] < 0x7fff)
		v.r->level[v.kind] += o == PART_REFUSED ? PART : ONE;
	v.r->count[v.kind]++;
	judge_refused(skb, &v);
	return 0;
}

#endif
