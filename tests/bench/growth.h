/* SPDX-License-Identifier: GPL-2.0-only */
/* The cost of a packet from a blocked address as the list grows, and the cost of the list, for
 * scanwall and each peer. */
#ifndef BENCH_GROWTH_H
#define BENCH_GROWTH_H

#include <jansson.h>
#include "cases.h"

/* One run of all peers at each size up to `largest`; rounds are interleaved, and
 * fewer where a list is long: loading and reading it takes minutes.
 * A peer that refuses a size is told of in its stead, once, in the result. */
struct growth;

/* tries: so often the rounds of a size are run until the floor is quiet. */
struct growth *growth_run(struct field *f, int rounds, int tries, __u32 largest, const char *dir,
			  struct sw_err *e);
/* Each size's floor, by report_floor. */
void growth_floors(const struct growth *g, struct report *r);
/* scanwall with MOST addresses, as a case and a cost of their own; nothing when
 * `largest` was less. */
#define MOST 10000000u
void growth_most(const struct growth *g, struct result *r, struct cost *memory);
void growth_print(const struct growth *g);
void growth_goals(const struct growth *g); /* its lines of report_goals */
json_t *growth_json(const struct growth *g);
void growth_free(struct growth *g);

#endif
