/* SPDX-License-Identifier: GPL-2.0-only */
/* Activity in a span of time: gathered once, printed as text, JSON or an HTML page. */
#ifndef SCANWALL_REPORT_H
#define SCANWALL_REPORT_H

#include <jansson.h>
#include <stdio.h>
#include "base/hash.h"
#include "host/endpoints.h"

#define SW_REPORT_BARS 56 /* of the charts over time */
#define SW_REPORT_NAME 72

enum sw_report_series {
	SW_SERIES_BLOCK,
	SW_SERIES_WOULD,
	SW_SERIES_SIGNATURE,
	SW_SERIES_OTHER,
	SW_SERIES_COUNT
};

struct sw_tally { /* how often each name occurred */
	struct sw_tally_item {
		char name[SW_REPORT_NAME];
		long count;
	} * item; /* of the names, once sorted */
	size_t count;
	struct sw_hash names;
	bool full; /* there may be more */
};

struct sw_report {
	int64_t from, until; /* wall clock us */
	const char *mode;
	bool loaded;
	long events, sources, would_sources; /* different ones */
	long series[SW_REPORT_BARS][SW_SERIES_COUNT];
	int64_t growth[SW_REPORT_BARS]; /* blocks in force now that had begun by then */
	struct sw_tally kinds, tools, ports, networks, signatures, sources_by;
	struct sw_tally countries, asns; /* empty without databases (host/geoip.h) */
	/* From the first evidence against a source to its block, ms: */
	long *lead;
	size_t leads, lead_room;
	struct sw_counter counter[SW_REASON_COUNT]; /* since the program was loaded */
	struct sw_exposure exposure;
	int64_t claims;
	int64_t blocked; /* prefixes, each with one or more claims */
};

int sw_report_gather(struct sw_ctx *ctx, int64_t span, struct sw_report *out, struct sw_err *e);
void sw_report_free(struct sw_report *r);

/* Percentile of the leads, in ms: 50 is the median; -1: none. */
long sw_report_lead(const struct sw_report *r, int percent);
/* "at once" (less than 1 ms), "within 40 ms", "within 2m5s"; "–": there is none. Returns buf. */
#define SW_LEAD_TEXT (SW_DURATION_TEXT + 8)
const char *sw_report_lead_text(const struct sw_report *r, int percent, char buf[SW_LEAD_TEXT]);
__u64 sw_report_dropped(const struct sw_report *r);
/* Packets that enforce mode would have dropped. */
__u64 sw_report_would(const struct sw_report *r);
const char *sw_series_name(enum sw_report_series s);

json_t *sw_report_json(const struct sw_report *r);
/* Writes a self-contained HTML page without scripts or external links. live: refreshes itself
 * every minute. */
void sw_report_html(FILE *out, const struct sw_report *r, bool live);

#endif
