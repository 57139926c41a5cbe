/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon: reads the program's events, keeps the record, and follows changes of
 * the clock, the addresses and the interfaces. Detection and blocking work without it.
 */
#ifndef SCANWALL_DAEMON_H
#define SCANWALL_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/err.h"

struct sw_run_options {
	const char *pin_dir, *state_dir, *config_file;
	const char *interfaces;	 /* joined by commas; NULL: the configured ones */
	const char *events_file; /* NULL: the configured one */
	int xdp;		 /* enum sw_xdp_mode; -1: the configured one */
	bool tls;		 /* whatever the configuration says */
	bool json, quiet, utc, dry_run;
};

/* Runs until SIGTERM or SIGINT. 0, or -1 when it could not start. */
int sw_daemon_run(const struct sw_run_options *opt, struct sw_err *e);

/* The process that serves this state directory; 0: none. */
pid_t sw_daemon_pid(const char *state_dir);

/* Asks the daemon that serves these maps: 0 when it answers, records, and all its
 * interfaces are attached; else -1 (SW_EXIT_NOT_THERE) with what is missing. */
int sw_daemon_ready(const char *pin_dir, struct sw_err *e);
/* Does the daemon attach that interface when it returns? */
bool sw_daemon_awaits(const char *pin_dir, const char *ifname);

#endif
