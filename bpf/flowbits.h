/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits that a matching rule sets and other rules ask for: flowbits of a connection, xbits
 * and hostbits of addresses. They share `rule_limits`, where newer entries replace older
 * ones, so a bit may be lost but never appears by itself. */
#ifndef FLOWBITS_H
#define FLOWBITS_H

#include "candidates.h"

static __always_inline __u64 bit_owner(const struct sw_condition *c, const struct pkt_meta *meta)
{
	__u64 here = ((const __u64 *)&meta->dst)[1];

	switch (c->bit.of) {
	case SW_BIT_OF_SOURCE:
		return meta->key;
	case SW_BIT_OF_DESTINATION:
		return here;
	case SW_BIT_OF_PAIR:
		return meta->key ^ here * (seed[1] | 1);
	}
	return flow_tag(&meta->flow);
}

static __always_inline struct sw_rule_tally *bit_entry(const struct sw_condition *c,
						       const struct pkt_meta *meta, __u32 *tag)
{
	__u64 name = (__u64)c->bit.name << 32 | c->bit.of;
	__u64 h = sw_hash64(bit_owner(c, meta) ^ name * (seed[3] | 1), seed);

	*tag = h >> 32;
	return entry_of(&rule_limits, h >> 20 & (RULE_LIMITS - 1));
}

static __always_inline bool is_bit_set(const struct sw_condition *c, const struct sw_rule_tally *l,
				       __u32 tag, __u32 tick)
{
	__u32 age = (c->bit.seconds * 3815ull) >> 10; /* in ticks of 2^28 ns */

	return l->tag == tag && l->count == SW_BIT_IS_SET && tick - l->since < age;
}

static __always_inline void put_bit(const struct sw_condition *c, struct sw_rule_tally *l,
				    __u32 tag, __u32 tick)
{
	bool there = is_bit_set(c, l, tag, tick);

	if (c->bit.use == SW_BIT_SET || (c->bit.use == SW_BIT_TOGGLE && !there))
		*l = (struct sw_rule_tally){.tag = tag, .since = tick, .count = SW_BIT_IS_SET};
	else if (there)
		l->count = 0;
}

/* Asks for one of the rule's bits, or changes it. False: it is not as the rule wants it. */
__noinline int use_bit(__u32 index, bool asking)
{
	const struct sw_condition *c = entry_of(&conditions, index);
	const struct sw_settings *set = entry_of(&settings, 0);
	const struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct sw_rule_tally *l;
	__u32 tag, tick;

	if (!c || !set || !meta)
		return 0;
	if ((c->bit.use == SW_BIT_ASK) != asking)
		return 1;
	l = bit_entry(c, meta, &tag);
	tick = ticks(meta->ns);
	if (!l)
		return 0;
	if (asking)
		return is_bit_set(c, l, tag, tick) != is_not(c);
	put_bit(c, l, tag, tick);
	return 1;
}

/* The n-th match, by its rule's bits; true if they are as it wants them, and then they are
 * what it makes of them. */
__noinline int use_bits(__u32 rule)
{
	const struct sw_rule *r = entry_of(&rules, rule);
	const struct scratch *s = scratch();
	__u32 first;

	if (!r || !s)
		return 0;
	first = s->half * conditions_max + r->first + r->conditions;
	for (__u32 i = 0; i < SW_RULE_BITS && i < r->bits; i++)
		if (!use_bit(first + i, true))
			return 0;
	for (__u32 i = 0; i < SW_RULE_BITS && i < r->bits; i++)
		use_bit(first + i, false);
	return 1;
}

#endif
