/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs one verb: opens, locks, calls, audits, closes. */
#ifndef SCANWALL_RUNNER_H
#define SCANWALL_RUNNER_H

#include "cli/cli.h"

/* One verb, or subcommand, as its row says. Returns an enum sw_exit, or -1 with e
 * filled; what it had opened is closed again. */
int sw_run(const struct sw_verb *v, struct sw_globals *g, const struct sw_args *a,
	   struct sw_err *e);

#endif
