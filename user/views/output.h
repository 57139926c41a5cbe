/* SPDX-License-Identifier: GPL-2.0-only */
/* Global options, and output shared by all verbs. */
#ifndef SCANWALL_OUTPUT_H
#define SCANWALL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/duration.h"
#include "base/err.h"

/* Options of every verb. */
struct sw_globals {
	bool json, json_pretty, quiet, dry_run, yes, utc, no_header, strict, force;
	bool tells_dry_run; /* the verb changes something unless dry_run */
	int color;	    /* 1 yes, 0 no; resolved from --color, NO_COLOR and the terminal */
	const char *pin_dir, *state_dir, *config_file;
	int argc;
	char **argv; /* the whole command line, for the audit */
};

/* {"scanwall":{"version":..,"schema":1}}: a new reference to add members to. */
json_t *sw_cli_json(void);
/* Prints root as --json says, with a newline, and releases it. 0, or -1. */
int sw_cli_print(const struct sw_globals *g, json_t *root, struct sw_err *e);
/* A JSON string, never NULL, whatever the bytes. */
json_t *sw_cli_text(const char *text);
/* A time as RFC 3339, null for SW_FOREVER. */
json_t *sw_cli_time(int64_t us);

/* A prefix as JSON shows it, always with its length. */
const char *sw_cli_prefix(const struct sw_prefix *p, char buf[SW_PREFIX_TEXT]);
/* 1204 as "1,204"; one of eight buffers in turn. */
const char *sw_cli_count(long long n);
#endif
