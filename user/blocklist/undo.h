/* SPDX-License-Identifier: GPL-2.0-only */
/* Undoes one change (user/store/changes.h). */
#ifndef SCANWALL_UNDO_H
#define SCANWALL_UNDO_H

#include "blocklist/blocklist.h"
#include "store/changes.h"

struct sw_undo {
	int64_t id;
	bool force; /* whatever has become of its rows since, and whatever the guards say */
	/* Asked before settings come back, with the configuration that then is in force; a
	 * failure undoes nothing. May be NULL. */
	int (*accept)(struct sw_ctx *ctx, const struct sw_config *fresh, void *arg,
		      struct sw_err *e);
	void *accept_arg;
	/* What it came to. */
	int64_t claims, allows;
	int64_t over; /* rows that have run out, or are gone, meanwhile */
	struct {
		char *key, *value; /* value NULL: as the file says */
	} * setting;
	size_t setting_count, setting_room;
	struct {
		uint32_t sid;
		bool off;
	} * rule;
	size_t rule_count, rule_room;
};

/* All or nothing: SW_EXIT_GUARD if a later change touches one of its rows, or a guard forbids a
 * block that would return. dry: changes nothing. Afterwards settings are in ctx->config and
 * still to be applied. Needs the writers' lock. */
int sw_undo(struct sw_ctx *ctx, struct sw_undo *u, bool dry, struct sw_err *e);
void sw_undo_free(struct sw_undo *u);

#endif
