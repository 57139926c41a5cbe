/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures, for people and for machines. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include "costs.h"

#define ROUNDS_MAX 99

struct series {
	double v[ROUNDS_MAX * 16];
	int n;
};

struct result {
	const char *id, *title;
	double goal;	  /* ratio to the floor; or, with like: to that case's ratio */
	const char *like; /* id, or NULL */
	struct series ratio, ns, alone;
};

struct report {
	__u32 packets, seed;
	int rounds;
	struct series floor, floor_alone; /* ns */
	struct result *result;
	int results;
	struct cost cost[COST_COUNT];
};

struct spread {
	double min, median, max;
};

void series_add(struct series *s, double v);
struct spread series_spread(const struct series *s);
json_t *series_json(const struct series *s);

/* How far the floor's runs lie apart, as a part of the least. */
double report_spread(const struct report *r);
void report_print(const struct report *r);
/* Takes growth over. */
int report_json(const struct report *r, json_t *growth, const char *file, struct sw_err *e);

#endif
