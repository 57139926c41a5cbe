// SPDX-License-Identifier: GPL-2.0-only
/* One event as a line for people, as JSON for machines, as a row of the record. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "events.h"

struct text {
	char *buf;
	size_t size, used;
};

/* Cuts off rather than overruns. */
static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->used >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->used += n;
}

static int64_t span_us(const struct sw_event *ev)
{
	return ((int64_t)ev->span_ms << SW_MS_SHIFT) / 1000;
}

/* The oldest first, as they were tried; each once. */
static int ports_in_order(const struct sw_event *ev, __u16 out[SW_SOURCE_PORTS])
{
	int n = 0, at;

	for (int i = SW_SOURCE_PORTS - 1; i >= 0; i--) {
		for (at = 0; at < n && out[at] != ev->port[i]; at++)
			;
		if (ev->port[i] && at == n)
			out[n++] = ev->port[i];
	}
	return n;
}

/* What crossed the threshold comes first. */
static void add_evidence(struct text *t, const struct sw_event *ev)
{
	add(t, "%s", sw_evidence_name(ev->evidence));
	for (int k = 0; k < SW_EVIDENCE_COUNT; k++)
		if (ev->kinds & 1 << k && k != ev->evidence && k != SW_EVIDENCE_OPEN_PORT)
			add(t, ", %s", sw_evidence_name(k));
}

static void add_why(struct text *t, const struct sw_event *ev)
{
	__u16 port[SW_SOURCE_PORTS];
	int n = ports_in_order(ev, port);
	char span[SW_SPAN_TEXT];

	add_evidence(t, ev);
	for (int i = 0; i < n; i++)
		add(t, "%s %u", i ? "" : n > 1 ? ", ports" : ", port", port[i]);
	if (ev->tool)
		add(t, ", headers of %s", sw_tool_name(ev->tool));
	if (ev->span_ms)
		add(t, " in %s", sw_span_text(span_us(ev), span));
}

void sw_event_why(const struct sw_event *ev, char *buf, size_t size)
{
	struct text t = {buf, size, 0};

	add_why(&t, ev);
}

static struct sw_prefix source_of(const struct sw_event *ev)
{
	return sw_prefix_of(&ev->src, ev->plen);
}

/* Ticks are coarser than what was asked for. */
int64_t sw_event_seconds(const struct sw_event *ev)
{
	__u32 ticks = ev->until & SW_UNTIL_TICKS;
	int64_t ns = ((int64_t)ticks << SW_TICK_SHIFT) - (int64_t)ev->time_ns;

	return ticks == SW_UNTIL_TICKS ? -1 : (ns + 500000000) / 1000000000;
}

static void add_duration(struct text *t, const struct sw_event *ev)
{
	int64_t seconds = sw_event_seconds(ev);
	char span[SW_SPAN_TEXT];

	if (!ev->until)
		return;
	if (seconds < 0)
		add(t, " for good");
	else
		add(t, " for %s", sw_span_text(seconds * 1000000, span));
}

void sw_event_line(const struct sw_event *ev, char *buf, size_t size)
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
	};
	struct sw_prefix p = source_of(ev);
	struct text t = {buf, size, 0};
	char source[SW_PREFIX_TEXT];
	bool known = ev->type < SW_EVENT_COUNT;

	add(&t, "%s %s", known ? word[ev->type].before : "event of", sw_prefix_text(&p, source));
	add_duration(&t, ev);
	add(&t, "%s: ", known ? word[ev->type].after : "");
	add_why(&t, ev);
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
	int n = ports_in_order(ev, port);
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

/* The packet that crossed. */
static json_t *packet_json(const struct sw_event *ev)
{
	char src[SW_PREFIX_TEXT], dst[SW_PREFIX_TEXT], ifname[IF_NAMESIZE];

	return json_pack("{s:s?, s:o, s:s, s:i, s:s, s:i}", "interface",
			 if_indextoname(ev->ifindex, ifname), "proto", proto_json(ev->proto), "src",
			 sw_addr_text(&ev->src, src), "sport", ntohs(ev->sport), "dst",
			 sw_addr_text(&ev->dst, dst), "dport", ntohs(ev->dport));
}

static json_t *expires_json(const struct sw_event *ev)
{
	int64_t end = sw_time_from_ticks(ev->until);
	char text[SW_TIME_TEXT];

	return end == SW_FOREVER ? json_null() : json_string(sw_time_rfc3339(end, text));
}

json_t *sw_event_json(const struct sw_event *ev)
{
	struct sw_prefix p = source_of(ev);
	char time[SW_TIME_TEXT], source[SW_PREFIX_TEXT];
	json_t *o;

	/* As lists show it: always with its length. */
	snprintf(source + strlen(sw_addr_text(&p.addr, source)), 5, "/%u", p.plen);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:f, s:I, s:o}", "time",
		      sw_time_rfc3339(sw_time_from_monotonic(ev->time_ns), time), "event",
		      sw_event_name(ev->type), "source", source, "family",
		      ev->family == AF_INET ? "ipv4" : "ipv6", "evidence",
		      sw_evidence_name(ev->evidence), "kinds", kinds_json(ev), "ports",
		      ports_json(ev), "score", (double)ev->score / SW_POINT, "span_ms",
		      (json_int_t)(span_us(ev) / 1000), "packet", packet_json(ev));
	if (o && ev->tool)
		json_object_set_new(o, "tool", json_string(sw_tool_name(ev->tool)));
	if (o && ev->sources)
		json_object_set_new(o, "sources", json_integer(ev->sources));
	if (o && ev->until) {
		json_object_set_new(o, "expires", expires_json(ev));
		json_object_set_new(o, "new_only", json_boolean(ev->until & SW_UNTIL_NEW_ONLY));
	}
	return o;
}

void sw_event_record(const struct sw_event *ev, struct sw_record *r)
{
	json_t *o = sw_event_json(ev);

	memset(r, 0, sizeof(*r));
	r->time = sw_time_from_monotonic(ev->time_ns);
	snprintf(r->type, sizeof(r->type), "%s", sw_event_name(ev->type));
	r->source = source_of(ev);
	r->json = json_dumps(o, JSON_COMPACT);
	json_decref(o);
}
