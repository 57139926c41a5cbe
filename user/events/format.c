// SPDX-License-Identifier: GPL-2.0-only
/* One event as a line for people, as JSON for machines, as a row of the record. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "events/describe.h"

static struct sw_prefix source_of(const struct sw_event *ev)
{
	return sw_prefix_of(&ev->src, ev->plen);
}

/* Ticks are coarser than what was asked for. */
int64_t sw_event_seconds(const struct sw_event *ev)
{
	__u32 ticks = ev->expires_tick & SW_EXPIRES_TICKS;
	int64_t ns = ((int64_t)ticks << SW_TICK_SHIFT) - (int64_t)ev->time_ns;

	return ticks == SW_EXPIRES_TICKS ? -1 : (ns + 500000000) / 1000000000;
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

/* What became of the packet, where no source was blocked for it. */
static const char *verdict(const struct sw_event *ev)
{
	static const char *const word[] = {
		[SW_RULE_TOLD] = "noticed",
		[SW_RULE_DROPPED] = "dropped a packet of",
		[SW_RULE_WOULD_DROP] = "would drop a packet of",
	};

	return ev->verdict <= SW_RULE_WOULD_DROP ? word[ev->verdict] : word[SW_RULE_TOLD];
}

void sw_event_line(const struct sw_event *ev, const struct sw_signature *sig, char *buf,
		   size_t size)
{
	static const struct {
		const char *before, *after;
	} word[SW_EVENT_COUNT] = {
		[SW_EVENT_BLOCK] = {"blocked", ""},
		[SW_EVENT_WOULD_BLOCK] = {"would block", ""},
		[SW_EVENT_SPARED] = {"spared", ", which is allowed"},
		[SW_EVENT_CAPPED] = {"did not block", ", at the limit of automatic blocks"},
		[SW_EVENT_CONFINED] = {"confined", " to the services it uses"},
		[SW_EVENT_DECOYS] = {"one probe in several names, one of them", ""},
		[SW_EVENT_DISTRIBUTED] = {"many sources of", " probe one after the other"},
		[SW_EVENT_EVIDENCE] = {"noticed", ""},
		[SW_EVENT_SIGNATURE] = {"", ""},
	};
	struct sw_prefix p = source_of(ev);
	struct sw_text t = {buf, size, 0};
	char source[SW_PREFIX_TEXT];
	bool known = ev->type < SW_EVENT_COUNT;
	const char *before = "event of";

	if (ev->type == SW_EVENT_SIGNATURE)
		before = verdict(ev);
	else if (known)
		before = word[ev->type].before;
	sw_text_add(&t, "%s %s", before, sw_prefix_text(&p, source));
	add_duration(&t, ev);
	sw_text_add(&t, "%s: ", known ? word[ev->type].after : "");
	sw_why_add(&t, ev, sig);
	if (ev->expires_tick & SW_EXPIRES_NEW_ONLY)
		sw_text_add(&t, "; forgeable, so new connections only");
}

static json_t *kinds_json(const struct sw_event *ev)
{
	json_t *list = json_array();

	for (int k = 0; k < SW_EVIDENCE_COUNT; k++)
		if (ev->kinds & 1 << k)
			json_array_append_new(list, json_string(sw_evidence_name(k)));
	return list;
}

static json_t *ports_json(const struct sw_event *ev)
{
	__u16 port[SW_SOURCE_PORTS];
	int n = sw_event_ports(ev, port);
	json_t *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_integer(port[i]));
	return list;
}

static json_t *proto_json(__u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return json_string("tcp");
	case IPPROTO_UDP:
		return json_string("udp");
	case IPPROTO_ICMP:
		return json_string("icmp");
	case IPPROTO_ICMPV6:
		return json_string("icmpv6");
	case IPPROTO_SCTP:
		return json_string("sctp");
	}
	return json_integer(proto);
}

/* Asking the kernel costs a socket; of many events a second, all but the first
 * take its answer. NULL: the interface is gone. */
static const char *interface_name(__u32 ifindex)
{
	static char name[IF_NAMESIZE];
	static __u32 of;
	static time_t asked;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (of != ifindex || asked != now.tv_sec)
		of = if_indextoname(ifindex, name) ? ifindex : 0;
	asked = now.tv_sec;
	return of ? name : NULL;
}

/* The packet that crossed. */
static json_t *packet_json(const struct sw_event *ev)
{
	char src[SW_PREFIX_TEXT], dst[SW_PREFIX_TEXT];

	return json_pack("{s:s?, s:o, s:s, s:i, s:s, s:i}", "interface",
			 interface_name(ev->ifindex), "proto", proto_json(ev->proto), "src",
			 sw_addr_text(&ev->src, src), "sport", ntohs(ev->sport), "dst",
			 sw_addr_text(&ev->dst, dst), "dport", ntohs(ev->dport));
}

static json_t *expires_json(const struct sw_event *ev)
{
	int64_t end = sw_time_from_ticks(ev->expires_tick);
	char text[SW_TIME_TEXT];

	return end == SW_FOREVER ? json_null() : json_string(sw_time_rfc3339(end, text));
}

static json_t *signature_json(const struct sw_event *ev, const struct sw_signature *sig)
{
	static const char *const word[] = {"alert", "drop", "would-drop"};
	char matched[SW_MATCHED_TEXT];
	json_t *o = json_pack("{s:I, s:s, s:s}", "sid", (json_int_t)ev->sid, "action",
			      word[ev->verdict <= SW_RULE_WOULD_DROP ? ev->verdict : 0], "matched",
			      sw_event_matched(ev, matched));

	if (!o || !sig)
		return o;
	json_object_set_new(o, "rev", json_integer(sig->rev));
	json_object_set_new(o, "msg", json_string(sig->msg));
	json_object_set_new(o, "class", json_string(sig->classtype));
	json_object_set_new(o, "reference", json_string(sig->reference));
	json_object_set_new(o, "priority", json_integer(sig->priority));
	return o;
}

json_t *sw_event_json(const struct sw_event *ev, const struct sw_signature *sig)
{
	struct sw_prefix p = source_of(ev);
	char time[SW_TIME_TEXT], source[SW_PREFIX_TEXT], why[512];
	json_t *o;

	/* As lists show it: always with its length. */
	snprintf(source + strlen(sw_addr_text(&p.addr, source)), 5, "/%u", p.plen);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:f, s:I, s:o}", "time",
		      sw_time_rfc3339(sw_time_from_monotonic(ev->time_ns), time), "event",
		      sw_event_name(ev->type), "source", source, "family",
		      ev->family == AF_INET ? "ipv4" : "ipv6", "evidence",
		      sw_evidence_name(ev->evidence), "kinds", kinds_json(ev), "ports",
		      ports_json(ev), "score", (double)ev->score / SW_POINT, "span_ms",
		      (json_int_t)(sw_event_span(ev) / 1000), "packet", packet_json(ev));
	sw_event_why(ev, sig, why, sizeof(why));
	if (o)
		json_object_set_new(o, "why", json_string(why));
	if (o && ev->tool)
		json_object_set_new(o, "tool", json_string(sw_tool_name(ev->tool)));
	if (o && ev->sid)
		json_object_set_new(o, "signature", signature_json(ev, sig));
	if (o && ev->sources)
		json_object_set_new(o, "sources", json_integer(ev->sources));
	if (o && ev->expires_tick) {
		json_object_set_new(o, "expires", expires_json(ev));
		json_object_set_new(o, "new_only",
				    json_boolean(ev->expires_tick & SW_EXPIRES_NEW_ONLY));
	}
	return o;
}

void sw_event_record(const struct sw_event *ev, const struct sw_signature *sig, struct sw_record *r)
{
	json_t *o = sw_event_json(ev, sig);

	memset(r, 0, sizeof(*r));
	r->time = sw_time_from_monotonic(ev->time_ns);
	snprintf(r->type, sizeof(r->type), "%s", sw_event_name(ev->type));
	r->source = source_of(ev);
	r->json = json_dumps(o, JSON_COMPACT);
	json_decref(o);
}
