/* SPDX-License-Identifier: GPL-2.0-only */
/* One program, run on two CPUs at once. */
#ifndef BENCH_CPUS_H
#define BENCH_CPUS_H

#include <sched.h>
#include "cases.h"
#include "costs.h"

/* Fills the COST_CPUS* of c; with one CPU in `may` there is nothing to fill. */
int cpus_run(struct field *f, struct cost *c, const cpu_set_t *may, const char *dir, int rounds,
	     struct sw_err *e);

#endif
