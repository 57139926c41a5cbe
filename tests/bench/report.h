/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures, for people and for machines. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include "costs.h"

#define ROUNDS_MAX 99

struct series {
	double v[ROUNDS_MAX * 16];
	int n;
};

struct result {
	const char *id, *title;
	double goal; /* ratio to the floor; 0: none */
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

void series_add(struct series *s, double v);

/* How far the floor's runs lie apart, as a part of the least. */
double report_spread(const struct report *r);
void report_print(const struct report *r);
int report_json(const struct report *r, const char *file, struct sw_err *e);

#endif
