/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SCANWALL_CONFIG_INTERNAL_H
#define SCANWALL_CONFIG_INTERNAL_H

#include "config.h"

/* One value; *c is touched only on success. Nothing across keys is checked. */
int sw_config_set_one(struct sw_config *c, const struct sw_config_key *k, const char *value,
		      struct sw_err *e);
int sw_config_set_list(struct sw_config *c, const struct sw_config_key *k, const char *const *items,
		       int n, struct sw_err *e);
const char *sw_config_key_near(const char *name);

#endif
