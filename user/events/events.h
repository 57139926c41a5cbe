/* SPDX-License-Identifier: GPL-2.0-only */
/* Events: from the ring buffer to text and JSON. */
#ifndef SCANWALL_EVENTS_H
#define SCANWALL_EVENTS_H

#include <jansson.h>
#include <stdio.h>
#include "blocklist/blocklist.h"
#include "events/signatures.h"

const char *sw_evidence_name(enum sw_evidence k);
const char *sw_reason_name(enum sw_reason r);
const char *sw_reason_text(enum sw_reason r);
bool sw_reason_drops(enum sw_reason r);
const char *sw_event_name(enum sw_event_type t);
const char *sw_tool_name(enum sw_tool t);
const char *sw_spray_text(enum sw_spray why); /* "": unknown */
const char *sw_rate_text(enum sw_rate r);     /* the name of its key, or "" */
const char *sw_mode_name(enum sw_mode m);     /* "detect", "enforce" */

/* In the next four functions `sig` is the signature of ev->sid, or NULL. */

/* One line of text, without time and newline: "blocked 203.0.113.9 for 1m: tried 3 closed
 * ports (23, 3389, 8080) in 40ms; forgeable, so new connections only". */
void sw_event_line(const struct sw_event *ev, const struct sw_signature *sig, char *buf,
		   size_t size);
/* What the source did: "tried 3 closed ports (23, 3389, 8080) in 40ms". */
void sw_event_why(const struct sw_event *ev, const struct sw_signature *sig, char *buf,
		  size_t size);
/* What the rule found, printable: other bytes as \xNN. */
#define SW_MATCHED_TEXT (4 * SW_MATCHED_BYTES + 1)
const char *sw_event_matched(const struct sw_event *ev, char buf[SW_MATCHED_TEXT]);
/* How long the block of an event lasts, to the nearest second; -1: for good. */
int64_t sw_event_seconds(const struct sw_event *ev);
/* Is it of a source that was not blocked only because of detect_only.*? */
bool sw_event_detect_only(const struct sw_event *ev);
/* The same of one in the record. */
bool sw_record_detect_only(const struct sw_record *r);
/* The JSON object of docs/schema.json; a new reference. time: wall clock us, which for a
 * capture is not the event's own. */
json_t *sw_event_json(const struct sw_event *ev, const struct sw_signature *sig, int64_t time);
/* "TCP", "UDP", "ICMP", "IPv6-ICMP", "SCTP", or the number in three digits. */
#define SW_PROTO_TEXT 8
const char *sw_proto_name(__u8 proto, char buf[SW_PROTO_TEXT]);
/* NULL but for TCP, UDP and SCTP. */
#define SW_COMMUNITY_ID_TEXT 32
const char *sw_community_id(const struct sw_event *ev, char buf[SW_COMMUNITY_ID_TEXT]);
/* Country and network of an event's source, from the caller's databases. */
struct sw_event_place {
	const char *words; /* "Germany (DE), AS64500 Example Net" */
	json_t *geoip;	   /* borrowed */
};
/* p NULL: not known. */
void sw_event_add_place(json_t *o, const struct sw_event_place *p);
/* The event as recorded; r->json is malloc'ed. place NULL: unknown. */
void sw_event_record(const struct sw_event *ev, const struct sw_signature *sig,
		     const struct sw_event_place *place, struct sw_record *r);

/* Reads what the ring holds and hands each event on, until fn returns non-zero;
 * returns how many, or -1. */
typedef int (*sw_event_fn)(const struct sw_event *ev, void *arg);
struct sw_ring;
struct sw_ring *sw_ring_open(const struct sw_engine *g, sw_event_fn fn, void *arg,
			     struct sw_err *e);
int sw_ring_fd(const struct sw_ring *r); /* for epoll */
int sw_ring_consume(struct sw_ring *r, struct sw_err *e);
void sw_ring_close(struct sw_ring *r);

#endif
