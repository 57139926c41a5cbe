/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands of `rules` share. */
#ifndef SCANWALL_RULES_VERB_H
#define SCANWALL_RULES_VERB_H

#include "rules/enforce.h"
#include "cli/verbs.h"

/* Prints how many rules were accepted and refused, the reasons, and the warnings. */
int sw_rules_tell(const struct sw_globals *g, const struct sw_rules *r, long limit,
		  struct sw_err *e);
void sw_rules_tell_json(json_t *root, const struct sw_rules *r);

/* `stats`: prints the rules that were hit, at most `limit` rows; nothing if there are none. */
int sw_rules_put_hits(struct sw_ctx *ctx, const struct sw_globals *g, long limit, struct sw_err *e);
json_t *sw_rules_hits_json(struct sw_ctx *ctx, struct sw_err *e);

#endif
