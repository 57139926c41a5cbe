/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon does with more events than it can record. */
#ifndef BENCH_FLOOD_H
#define BENCH_FLOOD_H

#include "cases.h"
#include "costs.h"

/* 100,000 sources a second cross the threshold for three seconds, with one
 * packet each, in each round; then once with the limits on automatic blocks as
 * high as they go; then once as a default configuration takes it, which challenges
 * all strangers. Fills the COST_EVENTS* and COST_SPRAY* of c. */
int flood_run(struct field *f, struct cost *c, const char *scanwall, const char *dir, int rounds,
	      struct sw_err *e);

#endif
