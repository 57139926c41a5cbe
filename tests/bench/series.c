// SPDX-License-Identifier: GPL-2.0-only
/* Median and spread of repeated measurements. */
#include <stdlib.h>
#include "series.h"

void series_add(struct series *s, double v)
{
	s->v[s->n++] = v;
}

static int cmp_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread series_spread(const struct series *s)
{
	struct series sorted = *s;
	struct spread p = {0};

	if (!s->n)
		return p;
	qsort(sorted.v, s->n, sizeof(s->v[0]), cmp_double);
	p.min = sorted.v[0];
	p.median = (sorted.v[(s->n - 1) / 2] + sorted.v[s->n / 2]) / 2;
	p.max = sorted.v[s->n - 1];
	return p;
}

double series_apart(const struct series *s)
{
	struct spread p = series_spread(s);

	return p.min > 0 ? p.max / p.min - 1 : 0;
}

json_t *series_json(const struct series *s)
{
	struct spread p = series_spread(s);

	return json_pack("{s:f, s:f, s:f}", "min", p.min, "median", p.median, "max", p.max);
}
