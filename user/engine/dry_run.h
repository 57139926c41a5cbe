/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What would the program in force do with a frame? Runs the very same instructions with
 * BPF_PROG_RUN on a copy of all state that a packet can change. Maps that are read-only
 * for the program (rules, allowlist, local addresses) are the pinned ones. So the
 * verdict is the program's own, whatever it depends on, and leaves no trace.
 */
#ifndef SCANWALL_DRY_RUN_H
#define SCANWALL_DRY_RUN_H

#include "engine/sandbox.h"

/* The shortest frame that the kernel accepts for a test run. */
#define SW_DRY_RUN_LEAST 14

struct sw_dry_run {
	struct sw_sandbox copy;
	const struct sw_engine *real;
	bool payloads; /* include payload inspection */
};

struct sw_dry_verdict {
	int reason; /* enum sw_reason */
	bool dropped;
};

/* Copies `real`, whose program is this file descriptor; real must stay open as long as
 * *d. payloads: also loads payload inspection, which takes as long as the rest; without
 * it no packet has the reason `signature`. Fails if the program is of another build
 * than this binary. Close *d in any case. */
int sw_dry_run_open(struct sw_dry_run *d, const struct sw_engine *real, int program, bool payloads,
		    struct sw_err *e);
/* The same for the program pinned in real->dir. */
int sw_dry_run_open_pinned(struct sw_dry_run *d, const struct sw_engine *real, bool payloads,
			   struct sw_err *e);
void sw_dry_run_close(struct sw_dry_run *d);
/* Undoes the state changes of the frames so far. */
int sw_dry_run_refresh(struct sw_dry_run *d, struct sw_err *e);

/* Runs one frame as if received now on ifindex (0: any), after those before it. */
int sw_dry_run_frame(struct sw_dry_run *d, int ifindex, const void *frame, size_t bytes,
		     struct sw_dry_verdict *v, struct sw_err *e);

#endif
