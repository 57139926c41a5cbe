/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that keep coming while a command changes what is blocked. */
#ifndef BENCH_WATCHER_H
#define BENCH_WATCHER_H

#include <pthread.h>
#include <sched.h>
#include "site.h"

struct range {
	__u32 first, count; /* numbers of sources; count 0: none */
};

struct watcher {
	struct site *site;
	struct range range[GROUPS];
	__u32 seed;
	int cpu;
	pthread_t thread;
	int stop;
	struct sw_err e;
	bool failed;
};

/* Judges packets of these ranges in turn, on the first CPU of `may` (the bench
 * and its commands are on the last), until it is ended. */
int watcher_start(struct watcher *w, struct site *s, const struct range range[GROUPS], __u32 seed,
		  const cpu_set_t *may, struct sw_err *e);
/* When of each range a packet was dropped, or a second after it was not. */
int watcher_end(struct watcher *w, struct seen seen[GROUPS], struct sw_err *e);

#endif
