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

struct turn {
	__u32 cost;
	size_t rule;
};

static int dearest_first(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? 1 : -1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static __u16 *users_of(__u16 **users, const struct kept *k)
{
	return users[!!(k->rule.flags & SW_RULE_ANSWER)];
}

/* First the rarest of each. Then each gives up its bits and chooses anew: the dearest
 * first, or what only they use would look free to others. */
static void choose_all(struct sw_rules_internal *in, __u16 **users, struct turn *turn, size_t rules)
{
	size_t turns = 0;

	for (size_t i = 0; i < rules; i++) {
		if (!in->kept[i].windows)
			continue;
		use(users_of(users, &in->kept[i]), &in->kept[i], 1);
		turn[turns++] = (struct turn){in->kept[i].cost[0], i};
	}
	qsort(turn, turns, sizeof(*turn), dearest_first);
	for (size_t i = 0; i < turns; i++) {
		struct kept *k = &in->kept[turn[i].rule];
		__u16 *u = users_of(users, k);

		use(u, k, -1);
		choose(in, u, k);
		use(u, k, 1);
	}
}

int sw_rules_choose(struct sw_rules *r, struct sw_err *e)
{
	struct turn *turn = calloc(r->rules + 1, sizeof(*turn));
	__u16 *users[SW_FILTERS]; /* of each bit */
	int rc = 0;

	for (int f = 0; f < SW_FILTERS; f++)
		users[f] = calloc(SW_GRAM_BITS, sizeof(*users[f]));
	for (int f = 0; f < SW_FILTERS; f++)
		if (!users[f] || !turn)
			rc = sw_fail(e, SW_EXIT_FAILED, "out of memory for rules");
	if (!rc)
		choose_all(r->internal, users, turn, r->rules);
	for (int f = 0; f < SW_FILTERS; f++)
		free(users[f]);
	free(turn);
	return rc;
}
