/* SPDX-License-Identifier: GPL-2.0-only */
/* The record (SQLite): opened, replaced by one in memory, repaired. */
#ifndef SCANWALL_RECORD_H
#define SCANWALL_RECORD_H

#include "blocklist/blocklist.h"

/* Opens the record, or one in memory if that fails (ctx->record_trouble says why). */
int sw_record_open(struct sw_ctx *ctx, struct sw_err *e);
/* Why a command failed: was it the file, found unreadable in the middle? Then it is not
 * opened any more, and the command can be run again without. True once. */
bool sw_record_distrust(const struct sw_err *why);
/* Replaces the open record by the file as it is now, and makes record and maps agree. */
int sw_record_reopen(struct sw_ctx *ctx, struct sw_err *e);
/* Before a change, with the writers' lock held: if the record cannot be written, continues
 * with one in memory. */
int sw_record_check(struct sw_ctx *ctx, struct sw_err *e);
/* Fills a record in memory that is no copy of the file with what is in force. */
int sw_record_learn(struct sw_ctx *ctx, struct sw_err *e);
/* With the writers' lock, and no daemon but ourselves: a damaged file is moved
 * aside (ctx->record_aside) and a new one made, with the allows that are in force;
 * blocks are taken up by sw_restore_maps. */
int sw_record_mend(struct sw_ctx *ctx, struct sw_err *e);

#endif
