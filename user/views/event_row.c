// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"
#include "views/event_row.h"

static enum sw_evidence read_kind(const json_t *name)
{
	const char *text = json_string_value(name);

	for (int k = 0; text && k < SW_EVIDENCE_COUNT; k++) {
		if (strcmp(text, sw_evidence_name(k)) == 0)
			return k;
	}
	return SW_EVIDENCE_COUNT;
}

static uint32_t read_kinds(const json_t *names)
{
	uint32_t kinds = 0;
	json_t *name;
	size_t i;

	json_array_foreach (names, i, name)
		kinds |= 1u << read_kind(name);
	return kinds & ((1 << SW_EVIDENCE_COUNT) - 1);
}

static enum sw_tool read_tool(const json_t *name)
{
	const char *text = json_string_value(name);

	for (int t = 0; text && t < SW_TOOL_COUNT; t++) {
		if (strcmp(text, sw_tool_name(t)) == 0)
			return t;
	}
	return SW_TOOL_UNKNOWN;
}

static int read_type(const char *name)
{
	for (int t = 0; t < SW_EVENT_COUNT; t++) {
		if (strcmp(name, sw_event_name(t)) == 0)
			return t;
	}
	return -1;
}

/* As sw_time_rfc3339 writes it, with six digits of a second. */
static int64_t read_time(const char *text)
{
	struct tm tm = {0};
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	if (!end)
		return 0;
	return timegm(&tm) * INT64_C(1000000) + (*end == '.' ? atoi(end + 1) : 0);
}

/* Back to what sw_event_line wants, so that the record and the daemon tell an
 * event in the same words. */
static void read_event(const struct sw_record *r, const json_t *o, int type, struct sw_event *ev)
{
	const json_t *ports = json_object_get(o, "ports");
	int64_t expires = read_time(json_string_value(json_object_get(o, "expires")));
	size_t n = json_array_size(ports);

	memset(ev, 0, sizeof(*ev));
	ev->type = type;
	ev->src = r->source.addr;
	ev->plen = r->source.plen;
	ev->evidence = read_kind(json_object_get(o, "evidence"));
	ev->kinds = read_kinds(json_object_get(o, "kinds"));
	ev->score = json_number_value(json_object_get(o, "score")) * SW_POINT;
	ev->tool = read_tool(json_object_get(o, "tool"));
	ev->span_ms = json_integer_value(json_object_get(o, "span_ms")) * 1000000 >> SW_MS_SHIFT;
	if (json_is_null(json_object_get(o, "expires")))
		ev->expires_tick = SW_EXPIRES_TICKS;
	else if (expires > r->time)
		ev->expires_tick = ((expires - r->time) * 1000 >> SW_TICK_SHIFT) & SW_EXPIRES_TICKS;
	if (json_is_true(json_object_get(o, "new_only")))
		ev->expires_tick |= SW_EXPIRES_NEW_ONLY;
	for (size_t i = 0; i < n && i < SW_SOURCE_PORTS; i++)
		ev->port[i] = json_integer_value(json_array_get(ports, n - 1 - i));
}

/* Back from sw_event_matched(). */
static void read_matched(const char *text, struct sw_event *ev)
{
	unsigned b;

	while (text && *text && ev->matched_length < SW_MATCHED_BYTES) {
		b = (unsigned char)*text;
		text += b == '\\' && sscanf(text, "\\x%2x", &b) == 1 ? 4 : 1;
		ev->matched[ev->matched_length++] = b;
	}
}

/* Strings stay the JSON's. False: no signature had part in it. */
static bool read_signature(json_t *o, struct sw_event *ev, struct sw_signature *sig)
{
	static const char *const word[] = {"alert", "drop", "would-drop"};
	json_t *s = json_object_get(o, "signature");
	const char *msg = json_string_value(json_object_get(s, "msg"));
	const char *action = json_string_value(json_object_get(s, "action"));

	if (!s)
		return false;
	ev->sid = json_integer_value(json_object_get(s, "sid"));
	ev->dport =
		htons(json_integer_value(json_object_get(json_object_get(o, "packet"), "dport")));
	for (int v = 0; action && v <= SW_RULE_WOULD_DROP; v++)
		if (!strcmp(action, word[v]))
			ev->verdict = v;
	read_matched(json_string_value(json_object_get(s, "matched")), ev);
	*sig = (struct sw_signature){.sid = ev->sid, .msg = (char *)(msg ? msg : "")};
	return true;
}

void sw_record_line(const struct sw_record *r, char *buf, size_t size)
{
	json_t *o = json_loads(r->json, 0, NULL);
	int type = read_type(r->type);
	char prefix[SW_PREFIX_TEXT];
	struct sw_signature sig;
	struct sw_event ev;

	if (o && type >= 0) {
		read_event(r, o, type, &ev);
		sw_event_line(&ev, read_signature(o, &ev, &sig) ? &sig : NULL, buf, size);
	} else {
		snprintf(buf, size, "%s %s", r->type, sw_prefix_text(&r->source, prefix));
	}
	json_decref(o);
}

void sw_record_why(const struct sw_record *r, char *buf, size_t size)
{
	json_t *o = json_loads(r->json, 0, NULL);
	struct sw_signature sig;
	struct sw_event ev;

	if (size)
		*buf = 0;
	if (o) {
		read_event(r, o, read_type(r->type), &ev);
		sw_event_why(&ev, read_signature(o, &ev, &sig) ? &sig : NULL, buf, size);
	}
	json_decref(o);
}

json_t *sw_record_json(const struct sw_record *r)
{
	json_t *o = json_loads(r->json, 0, NULL);

	return o ? o : json_object();
}
