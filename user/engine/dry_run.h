/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the program in force would do with a frame: the very same instructions,
 * run by BPF_PROG_RUN over a copy of all that a packet may change. Maps that the
 * program only reads (rules, allowlist, own addresses) are the pinned ones. So the
 * answer is the program's own, whatever it depends on, and leaves no trace.
 */
#ifndef SCANWALL_DRY_RUN_H
#define SCANWALL_DRY_RUN_H

#include "engine/sandbox.h"

/* The shortest frame that the kernel runs a program on. */
#define SW_DRY_RUN_LEAST 14

struct sw_dry_run {
	struct sw_sandbox copy;
	const struct sw_engine *real;
	bool payloads; /* signatures are looked for */
};

struct sw_dry_verdict {
	int reason; /* enum sw_reason */
	bool dropped;
};

/* Copies `real`, whose program is the one of this file descriptor; real stays
 * open as long as *d. payloads: load what looks into payloads as well, which takes
 * as long as all the rest; without it no packet has the reason `signature`. Fails
 * where the program is of another build than this binary's. *d is to be closed in
 * any case. */
int sw_dry_run_open(struct sw_dry_run *d, const struct sw_engine *real, int program, bool payloads,
		    struct sw_err *e);
/* The same for the program pinned in real->dir. */
int sw_dry_run_open_pinned(struct sw_dry_run *d, const struct sw_engine *real, bool payloads,
			   struct sw_err *e);
void sw_dry_run_close(struct sw_dry_run *d);
/* Forgets what the frames so far have changed. */
int sw_dry_run_refresh(struct sw_dry_run *d, struct sw_err *e);

/* One frame as if it came in now on ifindex (0: any), behind those before it. */
int sw_dry_run_frame(struct sw_dry_run *d, int ifindex, const void *frame, size_t bytes,
		     struct sw_dry_verdict *v, struct sw_err *e);

#endif
