/* SPDX-License-Identifier: GPL-2.0-only */
/* Allow entries of the operator and the configuration, as table and JSON. */
#ifndef SCANWALL_ALLOW_LIST_H
#define SCANWALL_ALLOW_LIST_H

#include <jansson.h>
#include "blocklist/blocklist.h"

struct sw_allowed {
	struct sw_allow_entry entry;
	bool configured; /* from the file; since is then 0 */
	bool named;	 /* an address of a name; since: time of its last good answer */
};

struct sw_allowed_list {
	struct sw_allowed *item; /* in order of prefix */
	size_t count, room;
};

/* Loads the live entries; within NULL: all. */
int sw_allowed_load(const struct sw_ctx *ctx, const struct sw_prefix *within,
		    struct sw_allowed_list *l, struct sw_err *e);
/* Earliest expiry first, or newest first. */
void sw_allowed_sort(struct sw_allowed_list *l, bool by_expires);
void sw_allowed_free(struct sw_allowed_list *l);
json_t *sw_allowed_json(const struct sw_allowed *x);

#endif
