// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall replay`: its text report. */
#include <stdio.h>
#include "views/human.h"
#include "cli/verbs/replay_verb.h"

#define LABEL 10
#define NOTICED_SHOWN 10

/* "+1m30s": since the capture began. */
static const char *offset_text(int64_t ns, char buf[SW_DURATION_TEXT + 1])
{
	char span[SW_DURATION_TEXT];

	if (ns < 1000000)
		snprintf(buf, SW_DURATION_TEXT + 1, "+0s");
	else
		snprintf(buf, SW_DURATION_TEXT + 1, "+%s",
			 sw_duration_text(ns / 1000000 * 1000, span));
	return buf;
}

/* Evidence without a block is only counted, in the tables. */
void sw_replay_event_line(const struct sw_replay_event *x, void *arg)
{
	struct sw_replay_view *v = arg;
	char offset[SW_DURATION_TEXT + 1], packet[24], lead[64], line[512];

	if (x->event->type == SW_EVENT_EVIDENCE)
		return;
	if (!v->notified)
		printf("%s%-10s %10s  %s%s\n", sw_style_code(v->g, SW_BOLD), "TIME", "PACKET",
		       "EVENT", sw_style_code(v->g, SW_PLAIN));
	v->notified = true;
	snprintf(packet, sizeof(packet), "%llu", (unsigned long long)x->packet);
	snprintf(lead, sizeof(lead), "%-10s %10s  ", offset_text(x->offset, offset), packet);
	sw_event_line(x->event, x->signature, line, sizeof(line));
	sw_text_wrap(lead, line, sw_human_width());
}

static int put_reasons(const struct sw_replay *r, const struct sw_globals *g, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "REASON"},
		{.title = "PASSED", .right = true},
		{.title = "DROPPED", .right = true},
		{.title = "MEANING", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 4);
	int rc;

	for (int i = 0; i < SW_REASON_COUNT; i++) {
		const struct sw_counter *c = &r->reason[i];

		if (!c->passed && !c->dropped)
			continue;
		sw_table_cell(t, SW_PLAIN, "%s", sw_reason_name(i));
		sw_table_cell(t, SW_PLAIN, "%s", c->passed ? sw_cli_count(c->passed) : "-");
		sw_table_cell(t, SW_RED, "%s", c->dropped ? sw_cli_count(c->dropped) : "-");
		sw_table_cell(t, SW_DIM, "%s", sw_reason_text(i));
	}
	rc = sw_table_print(t, g, 0, sw_human_width(), e);
	sw_table_free(t);
	return rc;
}

static int put_blocked(const struct sw_replay *r, const struct sw_globals *g, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "BLOCKED", .most = 24},      {.title = "FIRST SEEN", .right = true},
		{.title = "AT PACKET", .right = true}, {.title = "PROBES", .right = true},
		{.title = "DROPPED", .right = true},   {.title = "WHY", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 6);
	char addr[SW_PREFIX_TEXT], offset[SW_DURATION_TEXT + 1], why[512];
	int rc;

	for (size_t i = 0; i < r->source.count; i++) {
		const struct sw_replay_source *s = sw_hash_at(&r->source, i);
		struct sw_prefix p = sw_prefix_of(&s->addr, sw_addr_is4(&s->addr) ? 32 : 64);

		if (!s->blocks)
			continue;
		sw_event_why(&s->why, sw_signature_find(&r->signatures, s->why.sid), why,
			     sizeof(why));
		sw_table_cell(t, SW_RED, "%s", sw_prefix_text(&p, addr));
		sw_table_cell(t, SW_PLAIN, "%s", offset_text(s->first, offset));
		sw_table_cell(t, SW_PLAIN, "%s", sw_cli_count(s->blocked_at));
		sw_table_cell(t, SW_PLAIN, "%s", sw_cli_count(s->evidence_before));
		sw_table_cell(t, SW_PLAIN, "%s", sw_cli_count(s->dropped));
		sw_table_cell(t, SW_PLAIN, "%s", why);
	}
	putchar('\n');
	rc = sw_table_print(t, g, 0, sw_human_width(), e);
	sw_table_free(t);
	return rc;
}

/* Suspected, but not enough. */
static void put_noticed(const struct sw_replay *r, const struct sw_globals *g)
{
	char addr[SW_PREFIX_TEXT], list[1024] = "";
	size_t n = 0, used = 0;

	for (size_t i = 0; i < r->source.count; i++) {
		const struct sw_replay_source *s = sw_hash_at(&r->source, i);

		if (s->blocks || !s->evidence || ++n > NOTICED_SHOWN)
			continue;
		used += snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
				 sw_addr_text(&s->addr, addr));
	}
	if (n)
		sw_text_field(g, "noticed", LABEL, "%s source%s below the threshold: %s%s",
			      sw_cli_count(n), n == 1 ? "" : "s", list,
			      n > NOTICED_SHOWN ? ", ... (all: --json)" : "");
}

static void put_totals(const struct sw_replay *r, const struct sw_replay_view *v)
{
	char clock[SW_HUMAN_TEXT], span[SW_DURATION_TEXT] = "0s";
	int64_t us = (r->end - r->begin) / 1000;

	if (us)
		sw_duration_text(us, span);
	sw_text_field(v->g, "capture", LABEL, "%s packets in %s, from %s", sw_cli_count(r->packets),
		      span, sw_human_clock(r->begin / 1000, v->g->utc, clock));
	sw_text_field(v->g, "judged", LABEL,
		      "%s to %s protected address%s; %s answers of theirs, %s neither",
		      sw_cli_count(r->judged), sw_cli_count(r->own.count),
		      r->own.count == 1 ? "" : "es", sw_cli_count(r->from), sw_cli_count(r->aside));
	if (r->cut)
		sw_text_field(
			v->g, "cut", LABEL,
			"%s packets without all of their headers (snap length) were not judged",
			sw_cli_count(r->cut));
	sw_text_field(v->g, "blocked", LABEL, "%s time%s; %s packets dropped, %s of them later on",
		      sw_cli_count(r->blocks), r->blocks == 1 ? "" : "s", sw_cli_count(r->dropped),
		      sw_cli_count(r->later));
	put_noticed(r, v->g);
}

int sw_replay_summary(const struct sw_replay *r, const struct sw_replay_view *v, struct sw_err *e)
{
	if (v->notified)
		putchar('\n');
	put_totals(r, v);
	if (r->judged) {
		putchar('\n');
		if (put_reasons(r, v->g, e))
			return -1;
	}
	return r->blocks ? put_blocked(r, v->g, e) : 0;
}
