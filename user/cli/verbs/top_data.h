/* SPDX-License-Identifier: GPL-2.0-only */
/* Data of the live screen, refreshed every second. */
#ifndef SCANWALL_TOP_DATA_H
#define SCANWALL_TOP_DATA_H

#include "blocklist/blocklist.h"
#include "host/geoip.h"
#include "cli/control.h"

#define SW_TOP_HISTORY 60 /* seconds */
#define SW_TOP_EVENTS 4
#define SW_TOP_ALARMS 3

enum sw_top_sort { SW_TOP_DROPS, SW_TOP_TOTAL, SW_TOP_SCORE, SW_TOP_LEFT, SW_TOP_SORTS };

struct sw_top_row {
	struct sw_prefix prefix;
	bool blocked;
	__u64 hits;
	double rate;		    /* of hits, a second */
	int score;		    /* quarter points */
	int64_t expires;	    /* 0: not blocked */
	char from[SW_ORIGIN_BRIEF]; /* "": no database */
	char why[160];
};

struct sw_top_data {
	/* since the last second */
	double passed, dropped, would; /* packets a second */
	double history_in[SW_TOP_HISTORY], history_out[SW_TOP_HISTORY];
	struct sw_counter sum;
	__u64 would_sum;
	int64_t counted; /* monotonic ns; 0: never */
	/* Reading a long list is costly: it is refreshed so rarely that it takes at most 2 %
	 * of one CPU. */
	struct sw_top_row *row;
	size_t rows, room;
	size_t blocked, watched;
	struct sw_geoip *geoip; /* NULL: no database */
	int64_t listed, next_list;
	char event[SW_TOP_EVENTS][512]; /* newest first */
	__u64 lost, capped;
	char alarm[SW_TOP_ALARMS][160]; /* missing interfaces, floods, sprays; ended by "" */
	enum sw_mode mode;
	bool panic, has_daemon;
	int64_t trial_left; /* us */
};

int sw_top_take(struct sw_top_data *d, struct sw_ctx *ctx, struct sw_err *e);
void sw_top_sort(struct sw_top_data *d, enum sw_top_sort by);
void sw_top_free(struct sw_top_data *d);

#endif
