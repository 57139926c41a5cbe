/* SPDX-License-Identifier: GPL-2.0-only */
/* Costs other than packets: time to load a list, memory, single commands. */
#ifndef BENCH_COSTS_H
#define BENCH_COSTS_H

#include <sched.h>
#include "series.h"
#include "site.h"

enum cost_id {
	COST_MAPS,    /* the list into the maps */
	COST_REMOVE,  /* and out of them again */
	COST_RESTORE, /* out of the record into new maps */
	COST_BLOCK,   /* into record and maps */
	COST_IMPORT,  /* the same by `scanwall import` */
	COST_GROW_PASSED,
	COST_GROW_LONGEST,
	COST_REPLACE, /* by another list, half of which was in the first */
	COST_REPLACE_PASSED,
	COST_REPLACE_WHOLE,
	COST_ONE, /* one `scanwall block` beside it */
	COST_ONE_WHOLE,
	COST_START,
	COST_MEMORY,
	COST_MEMORY_MOST,
	COST_DAEMON,
	COST_EVENTS_RATE, /* with the default limits: these three in a row */
	COST_EVENTS_LOST,
	COST_EVENTS_CPU,
	COST_EVENTS_ALL_RATE, /* and with the highest */
	COST_EVENTS_ALL_LOST,
	COST_EVENTS_ALL_CPU,
	COST_SPRAY_RATE, /* and with sources challenged, as by default */
	COST_SPRAY_LOST,
	COST_SPRAY_CPU,
	COST_CPUS_MANY, /* two CPUs, 8,192 sources */
	COST_CPUS_ONE,	/* two CPUs, one source */
	COST_CPUS_CLEAN,
	COST_CPUS_NEW,
	COST_CPUS_REASONS,
	COST_CPUS_HITS,
	COST_CPUS_PASSED,
	COST_COUNT,
};

struct cost {
	const char *id, *title, *unit;
	enum { NO_GOAL, AT_MOST, AT_LEAST } want;
	double goal;
	struct series value;
};

/* Fills titles and goals; the measurements follow. */
void costs_init(struct cost c[COST_COUNT]);
/* Fills COST_MAPS and COST_REMOVE. */
int cost_maps(struct cost *c, __u32 n, __u32 seed, const char *dir, struct sw_err *e);
int cost_restore(struct cost *c, const struct site *of, struct sw_err *e);
/* Fills COST_ONE, COST_ONE_WHOLE and COST_START of c. */
int cost_one(struct cost *c, const char *scanwall, struct site *beside, __u32 seed,
	     const cpu_set_t *may, struct sw_err *e);
/* Fills COST_IMPORT, COST_GROW* and COST_REPLACE*. */
int cost_lists(struct cost *c, const char *scanwall, __u32 n, __u32 seed, const char *dir,
	       const cpu_set_t *may, int rounds, struct sw_err *e);
int cost_daemon(struct cost *c, const char *scanwall, const char *dir, struct sw_err *e);

#endif
