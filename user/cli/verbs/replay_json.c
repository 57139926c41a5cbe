// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall replay --json`: one object per line. */
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

/* The daemon's event object, with EVE's members for capture file and packet number. */
void sw_replay_event_json(const struct sw_replay_event *x, void *arg)
{
	const struct sw_replay_view *v = arg;
	json_t *o = sw_event_json(x->event, x->signature, x->time / 1000);

	json_object_del(o, "in_iface");
	json_object_set_new(o, "pcap_cnt", json_integer(x->packet));
	json_object_set_new(o, "pcap_filename", sw_cli_text(v->file));
	put(o);
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
				list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "src_ip",
						sw_addr_text(&s->addr, addr), "pcap_cnt",
						(json_int_t)s->blocked_at, "after_packets",
						(json_int_t)s->packets_before, "after_evidence",
						(json_int_t)s->evidence_before, "times_blocked",
						(json_int_t)s->blocks, "dropped",
						(json_int_t)s->dropped));
	}
	return list;
}

int sw_replay_summary_json(const struct sw_replay *r, const struct sw_replay_view *v,
			   struct sw_err *e)
{
	json_t *o = json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "event_type",
		"summary", "packets", (json_int_t)r->packets, "incoming", (json_int_t)r->judged,
		"outgoing", (json_int_t)r->from, "other", (json_int_t)r->aside, "truncated",
		(json_int_t)r->cut, "signature_hits", (json_int_t)r->matched, "detections",
		(json_int_t)r->detections, "blocks", (json_int_t)r->blocks, "dropped",
		(json_int_t)r->dropped, "reasons", reasons_json(r), "blocked", blocked_json(r));

	json_object_set_new(o, "pcap_filename", sw_cli_text(v->file));
	return put(o) ? sw_fail(e, SW_EXIT_FAILED, "standard output: %s", strerror(errno)) : 0;
}
