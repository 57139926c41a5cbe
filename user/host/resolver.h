/* SPDX-License-Identifier: GPL-2.0-only */
/* `scanwall names run`: resolves the names of allow_names in an unprivileged process. */
#ifndef SCANWALL_RESOLVER_H
#define SCANWALL_RESOLVER_H

#include "base/err.h"

/* As root: makes STATE_DIR/names, goes there, and becomes `user` for good. Then looks up
 * what is wanted until SIGTERM. */
int sw_resolver_run(const char *state_dir, const char *user, struct sw_err *e);

#endif
