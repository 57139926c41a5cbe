/* SPDX-License-Identifier: GPL-2.0-only */
/* One figure, measured several times. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <jansson.h>

#define ROUNDS_MAX 99

struct series {
	double v[ROUNDS_MAX * 20];
	int n;
};

struct spread {
	double min, median, max;
};

void series_add(struct series *s, double v);
struct spread series_spread(const struct series *s);
/* How far they lie apart, as a part of the least. */
double series_apart(const struct series *s);
/* {"min":, "median":, "max":}; a new reference. */
json_t *series_json(const struct series *s);

#endif
