/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs every case once per round, and repeats disturbed ones. */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include "cases.h"

/* Adds the rounds' figures to r. A case whose floor, measured right before and right
 * after it, is far from the quickest is run again, up to `tries` times in all: only
 * the floor decides, never what the case itself took. */
int rounds_run(struct field *f, struct report *r, int tries, struct sw_err *e);

#endif
