/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures for Prometheus, in its text format 0.0.4. */
#ifndef SCANWALL_GAUGES_H
#define SCANWALL_GAUGES_H

#include <stdio.h>
#include "blocklist/blocklist.h"

/* Claims by origin: the only figure whose cost grows with the list, so a server caches it
 * instead of counting for each scrape. */
struct sw_claim_counts {
	struct {
		char origin[SW_ORIGIN_MAX];
		int64_t claims;
	} item[32]; /* the rest is in the last, "other" */
	int count;
};

int sw_claim_counts(const struct sw_ctx *ctx, struct sw_claim_counts *out, struct sw_err *e);
/* daemon: whether it runs. */
int sw_metrics_write(FILE *out, const struct sw_ctx *ctx, const struct sw_claim_counts *claims,
		     bool daemon, struct sw_err *e);

#endif
