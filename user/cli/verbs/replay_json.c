// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "cli/verbs/replay_verb.h"

static int put(json_t *o)
{
	int rc = json_dumpf(o, stdout, JSON_COMPACT);

	json_decref(o);
	return rc || putchar('\n') == EOF ? -1 : 0;
}

static const char *type_of(const struct sw_event *ev)
{
	return ev->type == SW_EVENT_EVIDENCE ? "detection" : sw_event_name(ev->type);
}

static void name_file(json_t *o, const struct sw_replay_view *v)
{
	if (v->several)
		json_object_set_new(o, "file", sw_cli_text(v->file));
}

void sw_replay_event_json(const struct sw_replay_event *x, void *arg)
{
	const struct sw_event *ev = x->event;
	struct sw_replay_view *v = arg;
	char time[SW_TIME_TEXT];
	json_t *o = sw_event_json(ev, x->signature), *packet = json_object_get(o, "packet"), *line;

	line = json_pack(
		"{s:s, s:O, s:O, s:O, s:O, s:O, s:s, s:I, s:s, s:b}", "type", type_of(ev), "src",
		json_object_get(packet, "src"), "dst", json_object_get(packet, "dst"), "proto",
		json_object_get(packet, "proto"), "sport", json_object_get(packet, "sport"),
		"dport", json_object_get(packet, "dport"), "kind", sw_evidence_name(ev->evidence),
		"packet", (json_int_t)x->packet, "time", sw_time_rfc3339(x->time / 1000, time),
		"proven", ev->expires_tick && !(ev->expires_tick & SW_EXPIRES_NEW_ONLY));
	json_object_set(line, "kinds", json_object_get(o, "kinds"));
	json_object_set(line, "ports", json_object_get(o, "ports"));
	json_object_set(line, "score", json_object_get(o, "score"));
	if (json_object_get(o, "tool"))
		json_object_set(line, "tool", json_object_get(o, "tool"));
	if (ev->sid)
		json_object_set(line, "signature", json_object_get(o, "signature"));
	if (ev->type != SW_EVENT_EVIDENCE)
		json_object_set(line, "why", json_object_get(o, "why"));
	if (ev->expires_tick)
		json_object_set_new(line, "seconds", json_integer(sw_event_seconds(ev)));
	name_file(line, v);
	json_decref(o);
	put(line);
}

static json_t *reasons_json(const struct sw_replay *r)
{
	json_t *list = json_array();

	for (int i = 0; i < SW_REASON_COUNT; i++) {
		const struct sw_counter *c = &r->reason[i];

		if (c->passed || c->dropped)
			json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "reason",
							      sw_reason_name(i), "passed",
							      (json_int_t)c->passed, "dropped",
							      (json_int_t)c->dropped));
	}
	return list;
}

static json_t *blocked_json(const struct sw_replay *r)
{
	json_t *list = json_array();
	char addr[SW_PREFIX_TEXT];

	for (size_t i = 0; i < r->source.count; i++) {
		const struct sw_replay_source *s = sw_hash_at(&r->source, i);

		if (s->blocks)
			json_array_append_new(
				list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "src",
						sw_addr_text(&s->addr, addr), "packet",
						(json_int_t)s->blocked_at, "after_packets",
						(json_int_t)s->packets_before, "after_evidence",
						(json_int_t)s->evidence_before, "blocks",
						(json_int_t)s->blocks, "dropped",
						(json_int_t)s->dropped));
	}
	return list;
}

int sw_replay_summary_json(const struct sw_replay *r, const struct sw_replay_view *v,
			   struct sw_err *e)
{
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			      "type", "summary", "packets", (json_int_t)r->packets, "judged",
			      (json_int_t)r->judged, "answers", (json_int_t)r->from, "aside",
			      (json_int_t)r->aside, "cut", (json_int_t)r->cut, "signatures",
			      (json_int_t)r->matched, "detections", (json_int_t)r->detections,
			      "blocks", (json_int_t)r->blocks, "dropped", (json_int_t)r->dropped,
			      "reasons", reasons_json(r), "blocked", blocked_json(r));

	name_file(o, v);
	return put(o) ? sw_fail(e, SW_EXIT_FAILED, "standard output: %s", strerror(errno)) : 0;
}
