/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits that a matching rule sets and other rules ask for: flowbits of a connection, xbits
 * and hostbits of addresses. They share `rule_limits`, where newer entries replace older
 * ones, so a bit may be lost but never appears by itself. */
#ifndef MARKS_H
#define MARKS_H

#include "candidates.h"

static __always_inline __u64 mark_owner(const struct sw_condition *c, const struct pkt_meta *meta)
{
	__u64 here = ((const __u64 *)&meta->dst)[1];

	switch (c->mark.of) {
	case SW_MARK_OF_SOURCE:
		return meta->key;
	case SW_MARK_OF_DESTINATION:
		return here;
	case SW_MARK_OF_PAIR:
		return meta->key ^ here * (seed[1] | 1);
	}
	return flow_tag(&meta->flow);
}

static __always_inline struct sw_rule_tally *mark_entry(const struct sw_condition *c,
							const struct pkt_meta *meta, __u32 *tag)
{
	__u64 name = (__u64)c->mark.name << 32 | c->mark.of;
	__u64 h = sw_hash64(mark_owner(c, meta) ^ name * (seed[3] | 1), seed);

	*tag = h >> 32;
	return entry_of(&rule_limits, h >> 20 & (RULE_LIMITS - 1));
}

static __always_inline bool is_marked(const struct sw_condition *c, const struct sw_rule_tally *l,
				      __u32 tag, __u32 tick)
{
	__u32 age = (c->mark.seconds * 3815ull) >> 10; /* in ticks of 2^28 ns */

	return l->tag == tag && l->count == SW_MARK_SET_NOW && tick - l->since < age;
}

static __always_inline void put_mark(const struct sw_condition *c, struct sw_rule_tally *l,
				     __u32 tag, __u32 tick)
{
	bool there = is_marked(c, l, tag, tick);

	if (c->mark.use == SW_MARK_SET || (c->mark.use == SW_MARK_TOGGLE && !there))
		*l = (struct sw_rule_tally){.tag = tag, .since = tick, .count = SW_MARK_SET_NOW};
	else if (there)
		l->count = 0;
}

/* Asks for one of the rule's bits, or changes it. False: it is not as the rule wants it. */
__noinline int use_mark(__u32 index, bool asking)
{
	const struct sw_condition *c = entry_of(&conditions, index);
	const struct sw_settings *set = entry_of(&settings, 0);
	const struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct sw_rule_tally *l;
	__u32 tag, tick;

	if (!c || !set || !meta)
		return 0;
	if ((c->mark.use == SW_MARK_ASK) != asking)
		return 1;
	l = mark_entry(c, meta, &tag);
	tick = ticks(meta->ns);
	if (!l)
		return 0;
	if (asking)
		return is_marked(c, l, tag, tick) != is_not(c);
	put_mark(c, l, tag, tick);
	return 1;
}

/* The n-th match, by its rule's bits; true if they are as it wants them, and then they are
 * what it makes of them. */
__noinline int use_marks(__u32 rule)
{
	const struct sw_rule *r = entry_of(&rules, rule);
	const struct scratch *s = scratch();
	__u32 first;

	if (!r || !s)
		return 0;
	first = s->half * conditions_max + r->first + r->conditions;
	for (__u32 i = 0; i < SW_RULE_MARKS && i < r->marks; i++)
		if (!use_mark(first + i, true))
			return 0;
	for (__u32 i = 0; i < SW_RULE_MARKS && i < r->marks; i++)
		use_mark(first + i, false);
	return 1;
}

#endif
