/* SPDX-License-Identifier: GPL-2.0-only */
/* `scanwall run` as users run it, on a wire of its own. */
#ifndef BENCH_SERVICE_H
#define BENCH_SERVICE_H

#include <sys/types.h>
#include "engine/engine.h"
#include "wire.h"

struct service {
	struct wire wire;
	pid_t pid; /* 0: not running */
	char pins[64], state[128];
};

/* Starts it and waits until it is attached. more: lines of its configuration;
 * its events go to DIR/NAME/events. */
int service_start(struct service *s, const char *scanwall, const char *name, const char *dir,
		  const char *more, struct sw_err *e);
/* CPU time of all its threads so far, in seconds; or -1. */
double service_cpu(const struct service *s, struct sw_err *e);
/* Resident memory in MiB; or -1. */
double service_resident(const struct service *s, struct sw_err *e);
/* Ends it and detaches its program. */
void service_stop(struct service *s);

#endif
