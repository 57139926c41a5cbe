/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads the configured signatures into the kernel, and compares them with those in force. */
#ifndef SCANWALL_ENFORCE_H
#define SCANWALL_ENFORCE_H

#include "blocklist/blocklist.h"
#include "rules/rules.h"

/* Room for what sw_rules_options_of() says. */
struct sw_rules_variables {
	char *text[4];
	const char *list[5]; /* NULL at its end */
};

/* *v is to be freed in any case, and must live as long as the options. */
int sw_rules_options_of(const struct sw_config *c, struct sw_rules_options *o,
			struct sw_rules_variables *v, struct sw_err *e);
void sw_rules_variables_free(struct sw_rules_variables *v);

/* Compiles the built-in rules and the configured files. A missing file is an error; refused
 * rules are listed in r. The caller frees *r after success. */
int sw_rules_configured(struct sw_rules *r, const struct sw_config *c, struct sw_err *e);

/* c->rules (limits.rules), where it is less, to what has room for these, and some more. */
int sw_rules_size(const struct sw_rules *r, struct sw_config *c, struct sw_err *e);

/* Writes them to the maps, in one step, and to the record, except disabled ones. Requires the
 * writers' lock and ctx->loaded. */
int sw_rules_enforce(struct sw_ctx *ctx, struct sw_rules *r, struct sw_err *e);

/* The same, and where the maps have too little room larger ones take their place, with all
 * that they hold, and the programs over them; no packet meets neither. Other processes
 * find them by their pins. In bring_up.c. */
int sw_ctx_enforce(struct sw_ctx *ctx, struct sw_rules *r, struct sw_err *e);

#endif
