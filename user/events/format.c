// SPDX-License-Identifier: GPL-2.0-only
/* One event as a line for people. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "events/describe.h"

/* Rounds away the coarseness of ticks. */
int64_t sw_event_seconds(const struct sw_event *ev)
{
	__u32 ticks = ev->expires_tick & SW_EXPIRES_TICKS;
	int64_t ns = ((int64_t)ticks << SW_TICK_SHIFT) - (int64_t)ev->time_ns;

	return ticks == SW_EXPIRES_TICKS ? -1 : (ns + 500000000) / 1000000000;
}

/* Detect mode records a block with its duration; detect_only does not. */
bool sw_event_detect_only(const struct sw_event *ev)
{
	return ev->type == SW_EVENT_WOULD_BLOCK && !ev->expires_tick;
}

/* Safe on the JSON text: quotes inside strings are always escaped. */
bool sw_record_detect_only(const struct sw_record *r)
{
	return strstr(r->json, "\"only_detected\":true") != NULL;
}

static void add_duration(struct sw_text *t, const struct sw_event *ev)
{
	int64_t seconds = sw_event_seconds(ev);
	char span[SW_DURATION_TEXT];

	if (!ev->expires_tick)
		return;
	if (seconds < 0)
		sw_text_add(t, " for good");
	else
		sw_text_add(t, " for %s", sw_duration_text(seconds * 1000000, span));
}

/* What happened to the packet, if its source was not blocked. */
static const char *verdict(const struct sw_event *ev)
{
	static const char *const word[] = {
		[SW_RULE_TOLD] = "noticed",
		[SW_RULE_DROPPED] = "dropped a packet of",
		[SW_RULE_WOULD_DROP] = "would drop a packet of",
		[SW_RULE_ANSWERED] = "answered",
	};

	return ev->verdict <= SW_RULE_ANSWERED ? word[ev->verdict] : word[SW_RULE_TOLD];
}

/* No source has done it: they are forged. */
static void add_flood(struct sw_text *t, const struct sw_event *ev)
{
	__u32 seen = ev->flood_seen / ((double)(1 << 30) / 1e9);

	if (ev->port[0])
		sw_text_add(t, "port %u is flooded: more than %u SYNs a second, from any address",
			    ev->port[0], seen);
	else
		sw_text_add(t, "a flood of ACKs without a connection: more than %u a second", seen);
}

void sw_event_line(const struct sw_event *ev, const struct sw_signature *sig, char *buf,
		   size_t size)
{
	static const struct {
		const char *before, *after;
	} word[SW_EVENT_COUNT] = {
		[SW_EVENT_BLOCK] = {"blocked", ""},
		[SW_EVENT_WOULD_BLOCK] = {"would block", ""},
		[SW_EVENT_SPARED] = {"spared", ", which is allowed or shared by many"},
		[SW_EVENT_CAPPED] = {"did not block", ", at the limit of automatic blocks"},
		[SW_EVENT_CONFINED] = {"confined", " to the services it uses"},
		[SW_EVENT_DECOYS] = {"one probe in several names, one of them", ""},
		[SW_EVENT_DISTRIBUTED] = {"many sources of", " probe one after the other"},
		[SW_EVENT_LIMITED] = {"limited", ""},
		[SW_EVENT_EVIDENCE] = {"noticed", ""},
		[SW_EVENT_SPRAY] = {"all strangers are challenged; the last was", ""},
		[SW_EVENT_SIGNATURE] = {"", ""},
	};
	struct sw_prefix p = sw_prefix_of(&ev->src, ev->plen);
	struct sw_text t = {buf, size, 0};
	char source[SW_PREFIX_TEXT];
	bool known = ev->type < SW_EVENT_COUNT;
	const char *before = "event of";

	if (ev->type == SW_EVENT_SYN_FLOOD) {
		add_flood(&t, ev);
		return;
	}
	if (ev->type == SW_EVENT_SIGNATURE)
		before = verdict(ev);
	else if (known)
		before = word[ev->type].before;
	sw_text_add(&t, "%s %s", before, sw_prefix_text(&p, source));
	add_duration(&t, ev);
	sw_text_add(&t, "%s%s: ", known ? word[ev->type].after : "",
		    sw_event_detect_only(ev) ? " but for detect_only" : "");
	if (ev->type == SW_EVENT_SPRAY)
		sw_text_add(&t, "%s, it ", sw_spray_text(ev->spray));
	sw_why_add(&t, ev, sig);
	if (ev->expires_tick & SW_EXPIRES_NEW_ONLY)
		sw_text_add(&t, "; forgeable, so new connections only");
}
