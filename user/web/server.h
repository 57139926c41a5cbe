/* SPDX-License-Identifier: GPL-2.0-only */
/* The report and the metrics over HTTP, read only: on loopback or a UNIX socket,
 * in a program of its own that nothing depends on. */
#ifndef SCANWALL_SERVER_H
#define SCANWALL_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

struct sw_web {
	const char *pin_dir, *state_dir, *config_file;
	const char *listen; /* "127.0.0.1:9814", "[::1]:9814", "unix:/run/x.sock" */
	int64_t span;	    /* of the report, us */
	bool quiet;
	void (*ready)(const struct sw_web *w); /* it listens now */
};

/* Until SIGTERM or SIGINT. */
int sw_web_run(const struct sw_web *w, struct sw_err *e);

#endif
