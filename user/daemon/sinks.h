/* SPDX-License-Identifier: GPL-2.0-only */
/* Sinks: where events go besides the record. The table, and those in use. */
#ifndef SCANWALL_SINKS_H
#define SCANWALL_SINKS_H

#include "config/config.h"
#include "daemon/daemon.h"
#include "events/events.h"

#define SW_OUTPUTS 8 /* sinks of a table, at most */

/* One event on its way out. */
struct sw_sink_event {
	const struct sw_event *ev;
	const struct sw_signature *sig;	    /* NULL: none, or not known */
	const struct sw_event_place *place; /* NULL: not known */
	const char *json;		    /* its EVE object in one line; NULL: out of memory */
};

/* A sink in use, or not. */
struct sw_output {
	int fd;		 /* -1: none */
	char where[256]; /* for messages; "": not in use */
	long missing;	 /* events since it began to fail */
	bool failing;
	bool torn; /* the last line got there in part */
};

struct sw_sink {
	const char *name;
	/* The target in this configuration (file, socket); NULL: the sink is off. */
	const char *(*wanted)(const struct sw_run_options *opt, const struct sw_config *c);
	/* Sets o->fd for o->where. */
	int (*open)(struct sw_output *o, struct sw_err *e);
	/* Never blocks, except on standard output. 0, or -1 with errno. */
	int (*write)(struct sw_output *o, const struct sw_sink_event *t);
	/* On SIGHUP: opens a new o->fd, leaving the old one open. NULL: nothing to reopen. */
	int (*reopen)(struct sw_output *o, struct sw_err *e);
	void (*close)(struct sw_output *o);
};

extern const struct sw_sink sw_sinks[];
extern const int sw_sink_count;

/* journal.c: the event as a systemd-journald entry, malloc'ed; NULL: out of memory. */
char *sw_journal_entry(const struct sw_sink_event *t, size_t *size);

/* ---- outputs.c */
struct sw_outputs {
	const struct sw_sink *sinks;
	int count;
	struct sw_output at[SW_OUTPUTS];
};

/* Opens the sinks of this configuration into *out, reusing or reopening those of *old. *old
 * stays valid, also on failure. */
int sw_outputs_open(struct sw_outputs *out, const struct sw_outputs *old,
		    const struct sw_run_options *opt, const struct sw_config *c, bool anew,
		    struct sw_err *e);
/* Closes what `other` does not use; NULL: everything. */
void sw_outputs_close(struct sw_outputs *out, const struct sw_outputs *other);
/* Writes to all; logs once when one fails, and once when it works again. */
void sw_outputs_write(struct sw_outputs *out, const struct sw_sink_event *t);

#endif
