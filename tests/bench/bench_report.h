/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints the figures, as tables and as JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include "costs.h"

struct result {
	const char *id, *title;
	double goal;	  /* ratio to the floor; or, with like: to that case's ratio */
	bool beside_map;  /* ratio to the peer of the same rounds */
	const char *like; /* id, or NULL */
	struct series ratio, ns, alone, rival, beside;
};

struct report {
	__u32 packets, seed;
	int rounds;
	int repeated;			  /* runs of cases beside which the floor was not quiet */
	struct series floor, floor_alone; /* of the cases, ns */
	double apart;			  /* the floor's runs of any one part, at most */
	struct result *result;
	int results;
	struct cost cost[COST_COUNT];
};

/* Too far apart to be believed. */
bool is_noisy(double apart);
/* The floor's runs in, or beside, one part of the bench. */
void report_floor(struct report *r, const struct series *floor);
void report_print(const struct report *r);
/* Every goal, and whether it is met; the lines of growth follow by report_goal. */
void report_goals(const struct report *r);
void report_goal(const char *title, int want, double goal, double is);
/* Last of all: whether to believe it. */
void report_end(const struct report *r);
/* Takes growth over. */
int report_json(const struct report *r, json_t *growth, const char *file, struct sw_err *e);

#endif
