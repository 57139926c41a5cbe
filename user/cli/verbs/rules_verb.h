/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands of `rules` share. */
#ifndef SCANWALL_CLI_RULES_H
#define SCANWALL_CLI_RULES_H

#include "rules/enforce.h"
#include "cli/verbs.h"

/* How many were taken and not, why not, and what is doubtful. */
int sw_rules_tell(const struct sw_globals *g, const struct sw_rules *r, long limit,
		  struct sw_err *e);
void sw_rules_tell_json(json_t *root, const struct sw_rules *r);

/* What each rule of w in force has done, in order of sid; to be freed. */
long sw_rules_counted(struct sw_ctx *ctx, struct sw_rule_stat **out, struct sw_err *e);

/* `stats`: the rules that were hit, as a table of at most `limit` rows; nothing
 * where there are none. */
int sw_rules_put_hits(struct sw_ctx *ctx, const struct sw_globals *g, long limit, struct sw_err *e);
json_t *sw_rules_hits_json(struct sw_ctx *ctx, struct sw_err *e);

#endif
