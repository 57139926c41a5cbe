// SPDX-License-Identifier: GPL-2.0-only
/* The sinks in use. A full disk or a reader that went away is reported once;
 * neither blocking nor the other sinks depend on it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "daemon/internal.h"

static int open_one(const struct sw_sink *s, struct sw_output *o, const struct sw_output *old,
		    const char *where, bool anew, struct sw_err *e)
{
	*o = (struct sw_output){.fd = -1};
	if (!where)
		return 0;
	if (strlen(where) >= sizeof(o->where))
		return sw_fail(e, SW_EXIT_USAGE,
			       "the name of the events file is %zu bytes long (at most %zu)",
			       strlen(where), sizeof(o->where) - 1);
	if (strcmp(where, old->where)) {
		snprintf(o->where, sizeof(o->where), "%s", where);
		return s->open(o, e);
	}
	*o = *old;
	return anew && s->reopen ? s->reopen(o, e) : 0;
}

int sw_outputs_open(struct sw_outputs *out, const struct sw_outputs *old,
		    const struct sw_run_options *opt, const struct sw_config *c, bool anew,
		    struct sw_err *e)
{
	*out = (struct sw_outputs){.sinks = old->sinks};
	for (; out->count < old->count; out->count++) {
		const struct sw_sink *s = &old->sinks[out->count];

		if (!open_one(s, &out->at[out->count], &old->at[out->count], s->wanted(opt, c),
			      anew, e))
			continue;
		sw_outputs_close(out, old);
		return -1;
	}
	return 0;
}

void sw_outputs_close(struct sw_outputs *out, const struct sw_outputs *other)
{
	for (int i = 0; i < out->count; i++) {
		struct sw_output *o = &out->at[i];

		if (o->where[0] && !(other && other->at[i].where[0] && other->at[i].fd == o->fd))
			out->sinks[i].close(o);
		o->where[0] = 0;
	}
}

static void failed(struct sw_output *o)
{
	o->missing++;
	if (!o->failing)
		sw_log("EVENTS ARE NOT WRITTEN to %s: %s; the record still takes them", o->where,
		       strerror(errno));
	o->failing = true;
}

static void worked(struct sw_output *o)
{
	if (o->failing)
		sw_log("events are written to %s again; %ld are missing there", o->where,
		       o->missing);
	o->failing = false;
	o->missing = 0;
}

void sw_outputs_write(struct sw_outputs *out, const struct sw_sink_event *t)
{
	for (int i = 0; i < out->count; i++) {
		struct sw_output *o = &out->at[i];

		if (!o->where[0])
			continue;
		if (out->sinks[i].write(o, t))
			failed(o);
		else
			worked(o);
	}
}
