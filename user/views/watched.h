/* SPDX-License-Identifier: GPL-2.0-only */
/* The source table with current scores: scores decay over time, but the program updates one
 * only at the source's next packet. */
#ifndef SCANWALL_WATCHED_H
#define SCANWALL_WATCHED_H

#include <jansson.h>
#include "blocklist/blocklist.h"

struct sw_watched {
	struct sw_prefix prefix;
	struct sw_source source;
	int score;	     /* quarter points, now */
	int64_t first, last; /* of evidence; wall clock, us */
};

struct sw_watched_list {
	struct sw_watched *item; /* the most suspicious first */
	size_t count, room;
};

/* Sources with a score; within NULL: all. */
int sw_watched_load(const struct sw_ctx *ctx, const struct sw_prefix *within,
		    struct sw_watched_list *l, struct sw_err *e);
void sw_watched_free(struct sw_watched_list *l);
/* One record, from sw_lookup(). */
struct sw_watched sw_watched_of(const struct sw_ctx *ctx, const struct sw_source *s);
/* "closed-port, null"; "22 23 3389", oldest first. */
void sw_watched_kinds(const struct sw_source *s, char *buf, size_t size);
void sw_watched_ports(const struct sw_source *s, char *buf, size_t size);
/* What it did, in words: sw_event_why. */
void sw_watched_why(const struct sw_source *s, char *buf, size_t size);
/* With the members that entries of all lists have, and the state. */
json_t *sw_watched_json(const struct sw_watched *x, const char *state);

#endif
