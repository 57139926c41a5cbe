/* SPDX-License-Identifier: GPL-2.0-only */
/* What `scanwall status` has found, and its two forms. */
#ifndef SCANWALL_STATUS_VERB_H
#define SCANWALL_STATUS_VERB_H

#include <sys/types.h>
#include "engine/syn_flood.h"
#include "views/blocked_list.h"
#include "cli/control.h"

struct sw_status_packets {
	__u64 passed, passed_bytes, dropped, dropped_bytes, would, would_bytes, detect_only;
};

struct sw_status {
	const struct sw_globals *g;
	struct sw_ctx *ctx;
	struct sw_attachment at[SW_LINKS_MAX];
	int attached;
	pid_t daemon;
	struct sw_blocked_list blocked;
	long *by_origin; /* claims, by number of blocked.origin */
	size_t watched;
	struct sw_status_packets packets;
	const struct sw_guard *guard;
	struct sw_flooded flooded[SW_FLOODED_MOST];
	int floods;
};

bool sw_status_panic(const struct sw_status *s);
/* What is left of the grace in seconds, rounded up: the program counts in ticks, and the last
 * one has begun. */
int64_t sw_status_grace(const struct sw_status *s);
/* Who gets new connections, if not everybody; else NULL. */
const char *sw_status_known_only(const struct sw_status *s);

int sw_status_print(const struct sw_status *s, struct sw_err *e);
int sw_status_print_json(const struct sw_status *s, struct sw_err *e);

#endif
