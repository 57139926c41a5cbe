/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs one verb: opens, locks, calls, audits, closes. */
#ifndef SCANWALL_RUNNER_H
#define SCANWALL_RUNNER_H

#include "cli/command_line.h"

/* Runs the verb or subcommand of c->row as that row says. Returns an enum sw_exit, or -1
 * with e filled; what it had opened is closed again. */
int sw_run(struct sw_command *command, struct sw_err *e);

#endif
