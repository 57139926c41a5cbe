/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs that control the running program share. */
#ifndef SCANWALL_CONTROL_H
#define SCANWALL_CONTROL_H

#include "cli/verbs.h"

#define SW_LINKS_MAX 64

/* "native", "generic"; "gone" where the interface is no more, "elsewhere" where
 * it is in another network namespace. */
const char *sw_xdp_name(const struct sw_attachment *at);
/* Every attachment, by name, into at[SW_LINKS_MAX]. Returns the number, or -1. */
int sw_attached(const char *pin_dir, struct sw_attachment *at, struct sw_err *e);

/* {"program_id":..,"name":..}: the program chained after ours; null if there is none. */
json_t *sw_chained_json(const char *pin_dir);

/* Opens for reading. Unusable maps are reported on stderr, and answers then come from the
 * record. An expired trial is rolled back first, so that answers show what is in force. */
int sw_view_open(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);

/* Fails: there is no program to ask, or its maps cannot be used. */
int sw_no_program(const struct sw_ctx *ctx, struct sw_err *e);

/* The mode in force, ignoring panic; with nothing loaded, the mode of the next attach. */
enum sw_mode sw_mode_now(const struct sw_ctx *ctx);
/* us until the trial ends; 0: none is running. */
int64_t sw_trial_left(const struct sw_ctx *ctx);
/* {"reverts_at":..,"reverts_to":..}: when it does, `left` us from now, and the mode after it;
 * null when none is running. */
json_t *sw_trial_json(int64_t left, enum sw_mode then);
/* Applies ctx->config and the guards to the running program. A mode under trial stays. */
int sw_control_apply(struct sw_ctx *ctx, struct sw_err *e);
/* Replaces the signatures in force by those of ctx->config. */
int sw_control_rules(struct sw_ctx *ctx, struct sw_err *e);
/* What `config set KEY VALUE --confirm SPAN` does (confirm may be NULL), for a verb that
 * is a key's; prints with --json only. */
int sw_config_change(struct sw_call *call, const char *key, const char *value, const char *confirm,
		     struct sw_err *e);
/* Refuses (SW_EXIT_GUARD) what would limit the port of this SSH session to others. */
int sw_reach_guard(const struct sw_globals *g, const struct sw_config *c, struct sw_err *e);
/* Prints what enforce mode would have dropped so far. */
int sw_preview_print(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e);

#endif
