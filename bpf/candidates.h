/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules that may match a text: collected first, then tried one after another. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "match.h"

/* A global function, so its loop is verified once. */
__noinline int names_port(__u32 index, __u32 port)
{
	const struct sw_rule *r = entry_of(&rules, index);
	bool listed;

	if (!r)
		return 0;
	listed = !r->dports;
	for (int i = 0; i < SW_RULE_PORTS; i++)
		listed |= i < r->dports && port >= r->dport[i].low && port <= r->dport[i].high;
	return listed;
}

/* The port of the connection, or that of the protocol spoken on it. */
static __always_inline bool has_port(const struct scratch *s, const struct sw_rule *r, __u32 index)
{
	if (r->flags & SW_RULE_NOT_PORTS)
		return !names_port(index, s->port);
	return names_port(index, s->port) ||
	       (s->as_port != s->port && names_port(index, s->as_port));
}

static __always_inline bool concerns(const struct scratch *s, const struct pkt_meta *meta,
				     const struct sw_rule *r, __u32 index)
{
	__u16 sport = bpf_ntohs(meta->flow.sport);

	if (r->flags & SW_RULE_OFF || (r->proto && r->proto != s->proto))
		return false;
	if (s->proto == IPPROTO_ICMP)
		return true;
	if ((sport >= r->sport.low && sport <= r->sport.high) == !!(r->flags & SW_RULE_NOT_SPORT))
		return false;
	return has_port(s, r, index);
}

/* The last slot goes to the strictest rule: alerts must not save a packet. */
static __always_inline void add_match(struct scratch *s, __u32 rule, const struct sw_rule *r,
				      __u8 sure)
{
	__u8 action = r->action;
	__u32 n = s->matches < MATCHES ? s->matches : MATCHES - 1;
	/* clang sees that n needs no mask and drops it; 6.1 does not see it */
	struct match *m = &s->match[masked(n, MATCHES - 1)];

	if (n < s->matches && action <= m->action)
		return;
	m->rule = rule;
	m->at = s->at;
	m->length = s->length;
	m->action = action;
	m->asks = !!(r->flags & SW_RULE_ASKS);
	m->sure = sure;
	if (s->matches < MATCHES)
		s->matches++;
}

/* A foreign page can make its visitor's browser send a GET, a HEAD or a simple POST
 * (Fetch, "CORS-safelisted"): any path, query and body, and of the headers the Referer.
 * Anything else was sent deliberately. */
static __always_inline bool is_deliberate(const struct scratch *s, const struct sw_rule *r)
{
	return !s->head || (r->flags & SW_RULE_DELIBERATE && !s->referred);
}

/* Both ports of a connection may list it. */
__noinline int is_listed_already(__u32 rule)
{
	const struct scratch *s = scratch();

	for (__u32 i = 0; s && i < RULES_TRIED && i < s->listed; i++)
		if (s->rule[i] == rule)
			return 1;
	return 0;
}

static __always_inline void list_rule(struct scratch *s, __u16 rule)
{
	if (s->listed < RULES_TRIED) {
		s->rule[masked(s->listed, RULES_TRIED - 1)] = rule;
		s->listed++;
		return;
	}
	count_unfinished();
}

/* Collected before any is tried, because calls may only nest eight deep. */
__noinline int list_window(__u64 key)
{
	struct scratch *s = scratch();
	struct sw_window_rules *w;

	if (!s)
		return 0;
	w = bpf_map_lookup_elem(&windows, &key);
	for (__u32 i = 0; w && i < SW_WINDOW_RULES && i < w->count; i++)
		list_rule(s, w->rule[i]);
	return 0;
}

__noinline int list_port(__u32 port, __u32 proto)
{
	struct scratch *s = scratch();
	struct sw_port_key key = {};
	struct sw_port_rules *p;

	if (!s)
		return 0;
	key.port = port;
	key.proto = proto;
	key.half = s->table;
	p = bpf_map_lookup_elem(&port_rules, &key);
	for (__u32 i = 0; p && i < SW_PORT_RULES && i < p->count; i++)
		if (port == s->port || !is_listed_already(p->rule[i]))
			list_rule(s, p->rule[i]);
	return 0;
}

#define PAIR_BYTES 64 /* of a text, per iteration: as many as fit */
#define PAIR_STEPS 32

/* Does the pair start in the PAIR_BYTES at text? */
static __always_inline bool starts_in(const __u8 *text, __u64 first, __u64 second)
{
	__u64 any = 0, w;

#pragma unroll
	for (int at = 0; at < PAIR_BYTES; at += 8) {
		w = (*(const __u64 *)(text + at) | BLANKS) ^ first;
		w |= (*(const __u64 *)(text + at + 1) | BLANKS) ^ second;
		any |= mark_zero(w);
	}
	return any;
}

/* Most parts of a text lack the second byte. As search(): no bpf_loop(), for it is called
 * for most payloads. */
__noinline int find_pair(__u32 pair, __u32 from, __u32 to)
{
	const struct scratch *s = scratch();
	__u64 first = (pair & 0xff) * ONES, second = (pair >> 8 & 0xff) * ONES, any;
	const __u8 *text;

	if (!s)
		return 0;
	for (int n = 0; n < PAIR_STEPS && from < to; n++, from += PAIR_BYTES) {
		text = s->byte + (from & TEXT_MASK);
		any = 0;
#pragma unroll
		for (int at = 0; at < PAIR_BYTES; at += 8)
			any |= mark_zero((*(const __u64 *)(text + at + 1) | BLANKS) ^ second);
		if (any && starts_in(text, first, second))
			return 1;
	}
	return 0;
}

/* A cheap check before trying a rule that has no window. */
__noinline int has_pair(__u32 pair)
{
	struct scratch *s = scratch();

	/* of several requests only one is decoded at a time */
	if (!s || s->several)
		return 1;
	s->pair = pair;
	s->has_pair = find_pair(pair, s->start, s->end) ||
		      (s->decoded > DECODED && find_pair(pair, DECODED, s->decoded)) ||
		      (s->form && find_pair(pair, s->form, s->form_end));
	return s->has_pair;
}

/* A call costs more than what it finds out, for the next rule with the same pair. */
static __always_inline bool lacks_pair(const struct scratch *s, const struct sw_rule *r)
{
	if (!r->pair)
		return false;
	return s->pair == r->pair && !s->several ? !s->has_pair : !has_pair(r->pair);
}

static __always_inline bool tries(const struct scratch *s, const struct sw_rule *r, __u32 first)
{
	if (s->table & SW_ANSWERS && r->flags & SW_RULE_HTTP)
		return try_answer(first, r->conditions);
	if (r->flags & SW_RULE_HTTP)
		return try_requests(first, r->conditions);
	if (s->speech && !(r->flags & SW_RULE_FIRST))
		return try_commands(first, r->conditions);
	return try_payload(first, r->conditions);
}

static long try_rule(__u64 n, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct sw_rule_count *count;
	__u32 index, first, rule = s->rule[n & (RULES_TRIED - 1)];
	struct sw_rule *r;

	if (!meta || rule >= rules_max)
		return 0;
	index = s->half * rules_max + rule;
	r = entry_of(&rules, index);
	/* Cheapest checks first: a rule has up to 32 port ranges. */
	if (!r || (r->flags & SW_RULE_HTTP && !s->head) ||
	    (r->flags & SW_RULE_FIRST ? !s->first : s->only_first) || lacks_pair(s, r) ||
	    !concerns(s, meta, r, index))
		return 0;
	count = entry_of(&rule_counts, index);
	if (!count)
		return 0;
	__sync_fetch_and_add(&count->candidates, 1);
	first = s->half * conditions_max + r->first;
	if (tries(s, r, first))
		add_match(s, rule, r, is_deliberate(s, r));
	return 0;
}

static __always_inline void try_listed(struct scratch *s)
{
	bpf_loop(s->listed, try_rule, &s, 0);
	if (s->work >= WORK_MAX)
		count_unfinished();
}

#endif
