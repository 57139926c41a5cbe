// SPDX-License-Identifier: GPL-2.0-only
/*
 * One event as JSON: the only maker of it, whoever shows it (daemon, events,
 * show, replay, record). Names are those of Suricata's EVE where it has one;
 * docs/schema.json has them all; tests/e2e/schema.sh holds them to it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "events/describe.h"

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

const char *sw_proto_name(__u8 proto, char buf[SW_PROTO_TEXT])
{
	static const struct {
		__u8 proto;
		const char *name;
	} known[] = {
		{IPPROTO_TCP, "TCP"},	       {IPPROTO_UDP, "UDP"},   {IPPROTO_ICMP, "ICMP"},
		{IPPROTO_ICMPV6, "IPv6-ICMP"}, {IPPROTO_SCTP, "SCTP"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].proto == proto)
			return known[i].name;
	snprintf(buf, SW_PROTO_TEXT, "%03u", proto); /* as EVE writes it */
	return buf;
}

/* Name of an interface, cached for a second, since each look-up costs a socket. NULL: the
 * interface is gone. */
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
static void add_packet(json_t *o, const struct sw_event *ev)
{
	char addr[SW_PREFIX_TEXT], proto[SW_PROTO_TEXT], id[SW_COMMUNITY_ID_TEXT];
	bool ports =
		ev->proto == IPPROTO_TCP || ev->proto == IPPROTO_UDP || ev->proto == IPPROTO_SCTP;
	const char *interface = interface_name(ev->ifindex);

	json_object_set_new(o, "in_iface", interface ? json_string(interface) : json_null());
	json_object_set_new(o, "src_ip", json_string(sw_addr_text(&ev->src, addr)));
	if (ports)
		json_object_set_new(o, "src_port", json_integer(ntohs(ev->sport)));
	json_object_set_new(o, "dest_ip", json_string(sw_addr_text(&ev->dst, addr)));
	if (ports)
		json_object_set_new(o, "dest_port", json_integer(ntohs(ev->dport)));
	json_object_set_new(o, "proto", json_string(sw_proto_name(ev->proto, proto)));
	if (ports)
		json_object_set_new(o, "community_id", json_string(sw_community_id(ev, id)));
}

/* Of what was blocked. */
static void add_block(json_t *o, const struct sw_event *ev, int64_t time)
{
	int64_t seconds = sw_event_seconds(ev);
	char text[SW_TIME_TEXT];

	if (!ev->expires_tick)
		return;
	sw_time_rfc3339(time + seconds * 1000000, text);
	json_object_set_new(o, "expires", seconds < 0 ? json_null() : json_string(text));
	json_object_set_new(o, "ttl_seconds", seconds < 0 ? json_null() : json_integer(seconds));
	json_object_set_new(o, "new_only", json_boolean(ev->expires_tick & SW_EXPIRES_NEW_ONLY));
}

/* What EVE calls an alert. */
static json_t *alert_json(const struct sw_event *ev, const struct sw_signature *sig)
{
	static const char *const word[] = {"alert", "drop", "would-drop", "answered"};
	char matched[SW_MATCHED_TEXT];
	json_t *o =
		json_pack("{s:s, s:I, s:s}", "action",
			  word[ev->verdict <= SW_RULE_ANSWERED ? ev->verdict : 0], "signature_id",
			  (json_int_t)ev->sid, "matched", sw_event_matched(ev, matched));

	if (!o || !sig)
		return o;
	json_object_set_new(o, "rev", json_integer(sig->rev));
	json_object_set_new(o, "signature", json_string(sig->msg));
	json_object_set_new(o, "category", json_string(sig->classtype));
	json_object_set_new(o, "reference", json_string(sig->reference));
	json_object_set_new(o, "severity", json_integer(sig->priority));
	return o;
}

/* What the event says of its source. */
static void add_findings(json_t *o, const struct sw_event *ev, const struct sw_signature *sig)
{
	char text[512], client[SW_PREFIX_TEXT];

	json_object_set_new(o, "evidence", json_string(sw_evidence_name(ev->evidence)));
	json_object_set_new(o, "kinds", kinds_json(ev));
	json_object_set_new(o, "ports", ports_json(ev));
	json_object_set_new(o, "score", json_real((double)ev->score / SW_POINT));
	json_object_set_new(o, "span_ms", json_integer(sw_event_span(ev) / 1000));
	if (ev->tool)
		json_object_set_new(o, "tool", json_string(sw_tool_name(ev->tool)));
	if (ev->sid)
		json_object_set_new(o, "alert", alert_json(ev, sig));
	if (ev->in_tls)
		json_object_set_new(o, "in_tls", json_true());
	if (ev->shared)
		json_object_set_new(o, "shared", json_true());
	if (sw_event_client(ev, client))
		json_object_set_new(o, "client",
				    json_pack("{s:s, s:b}", "address", client, "believed",
					      ev->shared == SW_SHARED_CONFIGURED));
	if (ev->refused_count)
		json_object_set_new(o, "service_refusals",
				    json_pack("{s:s, s:I}", "what", sw_refused_name(ev->refused),
					      "count", (json_int_t)ev->refused_count));
	if (sw_event_detect_only(ev))
		json_object_set_new(o, "only_detected", json_true());
	if (ev->type == SW_EVENT_SPRAY)
		json_object_set_new(o, "spray_why", json_string(sw_spray_text(ev->spray)));
	if (ev->type == SW_EVENT_LIMITED)
		json_object_set_new(o, "limit_key", json_string(sw_rate_text(ev->rate)));
	if (ev->type == SW_EVENT_SYN_FLOOD)
		json_object_set_new(o, "flooded_port", json_integer(ev->port[0]));
	if (ev->sources)
		json_object_set_new(o, "sources", json_integer(ev->sources));
	sw_event_why(ev, sig, text, sizeof(text));
	json_object_set_new(o, "why", json_string(text));
	sw_event_line(ev, sig, text, sizeof(text));
	json_object_set_new(o, "text", json_string(text));
}

json_t *sw_event_json(const struct sw_event *ev, const struct sw_signature *sig, int64_t time)
{
	struct sw_prefix p = sw_prefix_of(&ev->src, ev->plen);
	char text[SW_TIME_TEXT], source[SW_PREFIX_TEXT];
	json_t *o;

	/* As lists print it: always with the prefix length. */
	snprintf(source + strlen(sw_addr_text(&p.addr, source)), 5, "/%u", p.plen);
	o = json_pack("{s:s, s:s, s:s, s:s}", "timestamp", sw_time_rfc3339(time, text),
		      "event_type", sw_event_name(ev->type), "source", source, "family",
		      ev->family == AF_INET ? "ipv4" : "ipv6");
	if (!o)
		return NULL;
	add_packet(o, ev);
	add_block(o, ev, time);
	add_findings(o, ev, sig);
	return o;
}

void sw_event_add_place(json_t *o, const struct sw_event_place *p)
{
	const char *text = json_string_value(json_object_get(o, "text"));

	if (!p)
		return;
	json_object_set(o, "geoip", p->geoip);
	json_object_set_new(o, "text", json_sprintf("%s; from %s", text ? text : "", p->words));
}

void sw_event_record(const struct sw_event *ev, const struct sw_signature *sig,
		     const struct sw_event_place *place, struct sw_record *r)
{
	int64_t time = sw_time_from_monotonic(ev->time_ns);
	json_t *o = sw_event_json(ev, sig, time);

	sw_event_add_place(o, place);
	memset(r, 0, sizeof(*r));
	r->time = time;
	snprintf(r->type, sizeof(r->type), "%s", sw_event_name(ev->type));
	r->source = sw_prefix_of(&ev->src, ev->plen);
	r->json = json_dumps(o, JSON_COMPACT);
	json_decref(o);
}
