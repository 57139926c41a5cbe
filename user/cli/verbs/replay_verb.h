/* SPDX-License-Identifier: GPL-2.0-only */
/* Output of a replay: as lines and tables, or as JSON lines. */
#ifndef SCANWALL_REPLAY_VERB_H
#define SCANWALL_REPLAY_VERB_H

#include "replay/replay.h"
#include "views/text_table.h"
#include "cli/verbs.h"

struct sw_replay_view {
	const struct sw_globals *g;
	const char *file;
	bool several;  /* JSON names the file only where there are more */
	bool notified; /* an event was */
};

/* sw_replay_fn; arg is the view. */
void sw_replay_event_line(const struct sw_replay_event *ev, void *arg);
void sw_replay_event_json(const struct sw_replay_event *ev, void *arg);

int sw_replay_summary(const struct sw_replay *r, const struct sw_replay_view *v, struct sw_err *e);
int sw_replay_summary_json(const struct sw_replay *r, const struct sw_replay_view *v,
			   struct sw_err *e);

#endif
