/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SCANWALL_CONFIG_INTERNAL_H
#define SCANWALL_CONFIG_INTERNAL_H

#include "config/config.h"

static inline bool sw_config_is_list(const struct sw_config_key *k)
{
	return k->type == SW_KEY_LIST || k->type == SW_KEY_TEXTS;
}

/* One value; *c is touched only on success. Nothing across keys is checked. */
int sw_config_set_one(struct sw_config *c, const struct sw_config_key *k, const char *value,
		      struct sw_err *e);
int sw_config_set_list(struct sw_config *c, const struct sw_config_key *k, const char *const *items,
		       int n, struct sw_err *e);
/* Of SW_KEY_TEXTS; config_rules.c. */
int sw_config_set_texts(struct sw_config *c, const struct sw_config_key *k,
			const char *const *items, int n, struct sw_err *e);
void sw_texts_free(struct sw_texts *t);
const char *sw_config_key_near(const char *name);

#endif
