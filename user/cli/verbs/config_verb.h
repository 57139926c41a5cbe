/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the verb `config`. */
#ifndef SCANWALL_CONTROL_CONFIG_H
#define SCANWALL_CONTROL_CONFIG_H

#include "cli/control.h"

/* Fails, naming the nearest key there is; NULL. */
const struct sw_config_key *sw_cli_config_key(const char *name, struct sw_err *e);

/* file NULL: the one in use. */
int sw_cli_config_check(const struct sw_globals *g, const char *file, struct sw_err *e);
/* all: defaults, too. */
int sw_cli_config_show(const struct sw_globals *g, bool all, struct sw_err *e);
int sw_cli_config_get(const struct sw_globals *g, const char *name, struct sw_err *e);

#endif
