// SPDX-License-Identifier: GPL-2.0-only
/* Which of a rule's windows it is searched for: that which adds the least to the filter,
 * given all other rules. A payload's price is how often the filter stops. */
#include <stdlib.h>
#include "rules/internal.h"

#define GRAMS 4 /* of a window */

static __u32 gram_at(const struct kept *k, int window, int at)
{
	return k->window[window] >> (8 * at);
}

static __u32 price(const struct sw_rules_internal *in, const __u16 *users, const struct kept *k,
		   int window)
{
	__u32 sum = k->cost[window], gram;

	for (int at = 0; at < GRAMS; at++) {
		gram = gram_at(k, window, at);
		if (users[sw_gram_bit(gram)])
			sum -= sw_gram_cost(in, gram);
		else
			sum++;
	}
	return sum;
}

static void use(__u16 *users, const struct kept *k, int by)
{
	for (int at = 0; at < GRAMS; at++)
		users[sw_gram_bit(gram_at(k, k->chosen, at))] += by;
}

static void choose(const struct sw_rules_internal *in, const __u16 *users, struct kept *k)
{
	__u32 best = ~0u, p;

	for (int i = 0; i < k->windows; i++) {
		p = price(in, users, k, i);
		if (p >= best)
			continue;
		best = p;
		k->chosen = i;
	}
}

int sw_rules_choose(struct sw_rules *r, struct sw_err *e)
{
	struct sw_rules_internal *in = r->internal;
	__u16 *users[SW_FILTERS]; /* of each bit */
	int rc = 0;

	for (int f = 0; f < SW_FILTERS; f++) {
		users[f] = calloc(SW_GRAM_BITS, sizeof(*users[f]));
		rc = users[f] ? rc : sw_fail(e, SW_EXIT_FAILED, "out of memory for rules");
	}
	/* First the rarest of each: those are the bits that are needed anyway. */
	for (size_t i = 0; !rc && i < r->rules; i++)
		if (in->kept[i].windows)
			use(users[!!(in->kept[i].rule.flags & SW_RULE_ANSWER)], &in->kept[i], 1);
	for (size_t i = 0; !rc && i < r->rules; i++) {
		struct kept *k = &in->kept[i];
		__u16 *u = users[!!(k->rule.flags & SW_RULE_ANSWER)];

		if (!k->windows)
			continue;
		use(u, k, -1);
		choose(in, u, k);
		use(u, k, 1);
	}
	for (int f = 0; f < SW_FILTERS; f++)
		free(users[f]);
	return rc;
}
