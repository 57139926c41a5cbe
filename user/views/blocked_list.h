/* SPDX-License-Identifier: GPL-2.0-only */
/* The claims of the record and the entries of the kernel's maps, joined: what
 * is blocked, by whom, until when, and how often it was hit. */
#ifndef SCANWALL_BLOCKED_LIST_H
#define SCANWALL_BLOCKED_LIST_H

#include <jansson.h>
#include "blocklist/blocklist.h"

/* Origins of blocks that are in the maps only. */
#define SW_ORIGIN_UNRECORDED "unrecorded"

struct sw_blocked_claim {
	int64_t since; /* 0: not known */
	int64_t expires;
	char *comment; /* NULL: none */
	int origin;    /* in sw_blocked_list.origin */
	bool new_only;
};

struct sw_blocked {
	struct sw_prefix prefix;
	int64_t since;	 /* the earliest claim's; 0: not known */
	int64_t expires; /* the latest */
	uint64_t hits;
	size_t first; /* its claims: list->claim[first..first+count-1] */
	int count;
	bool in_kernel;
};

struct sw_blocked_list {
	struct sw_blocked *item; /* in order of prefix */
	size_t count, room;
	struct sw_blocked_claim *claim;
	size_t claims, claim_room;
	char (*origin)[SW_ORIGIN_MAX];
	size_t origins, origin_room;
};

enum sw_blocked_sort { SW_BY_PREFIX, SW_BY_HITS, SW_BY_EXPIRES, SW_BY_ADDED };

/* within NULL: all. */
int sw_blocked_load(const struct sw_ctx *ctx, const struct sw_prefix *within,
		    struct sw_blocked_list *l, struct sw_err *e);
void sw_blocked_free(struct sw_blocked_list *l);
/* Keeps blocks claimed by this origin or a sub-origin. */
void sw_blocked_keep_origin(struct sw_blocked_list *l, const char *origin);
void sw_blocked_sort(struct sw_blocked_list *l, enum sw_blocked_sort by);
json_t *sw_blocked_json(const struct sw_blocked_list *l, const struct sw_blocked *b);

#endif
