/* SPDX-License-Identifier: GPL-2.0-only */
/* Notifications: which events are sent, and in which format. The daemon writes them to a
 * socket in its state directory without waiting; scanwall-notify, which is unprivileged, reads
 * and sends them. */
#ifndef SCANWALL_NOTIFY_H
#define SCANWALL_NOTIFY_H

#include <jansson.h>
#include <stdint.h>
#include "base/err.h"
#include "config/config.h"
#include "config/notify_kinds.h"

/* ---- socket.c: SOCK_SEQPACKET, one JSON object a packet */
#define SW_NOTIFY_PACKET 65536 /* bytes, at most */

struct sockaddr_un;
int sw_notify_address(const char *state_dir, struct sockaddr_un *to, struct sw_err *e);
/* Asked over a connection, which then brings "NAME\nwhy" for each target that the last
 * message did not reach, and is closed. */
#define SW_NOTIFY_QUESTION "{\"event_type\":\"question\"}"
/* A connected, non-blocking socket; -1 with errno. */
int sw_notify_connect(const struct sockaddr_un *to);
/* A notice {"event_type":"notice","kind":..,"timestamp":..,"text":..} over a
 * connection of its own, which is returned, or -1. */
int sw_notify_send(const char *state_dir, enum sw_notify_kind kind, const char *text,
		   struct sw_err *e);

/* ---- kinds.c: a bit for each enum sw_notify_kind */
unsigned sw_notify_kinds(const json_t *event);
/* Kinds in `when` of one section; of all sections. */
unsigned sw_notify_wanted(const struct sw_texts *when);
unsigned sw_notify_wanted_anywhere(const struct sw_config *c);
/* The gravest of the kinds, to title a message. kinds must not be 0. */
enum sw_notify_kind sw_notify_gravest(unsigned kinds);

/* ---- limit.c: at most so many an hour, and a digest of the rest */
#define SW_DIGEST_LINES 10

struct sw_notify_limit {
	int most;      /* an hour */
	int64_t since; /* start of the hour, sw_monotonic(); 0: none */
	int sent;
	long left[SW_NOTIFY_COUNT]; /* messages in the digest, by kind */
	char *line[SW_DIGEST_LINES];
	int lines;
};

/* True: send it; false: it was added to the digest. */
bool sw_notify_admit(struct sw_notify_limit *l, int64_t now, enum sw_notify_kind kind,
		     const char *text);
/* When the digest is due, ns; INT64_MAX: there is none. */
int64_t sw_notify_digest_due(const struct sw_notify_limit *l);
/* Returns the digest as text, malloc'ed, and starts a new hour with it; NULL: none. */
char *sw_notify_digest(struct sw_notify_limit *l, int64_t now);
void sw_notify_limit_free(struct sw_notify_limit *l);

/* ---- message.c; malloc'ed, NULL: out of memory */
struct sw_message {
	const char *host;    /* this one's name */
	const char *kind;    /* "proven-block", "digest" */
	const char *text;    /* one line or several */
	int64_t time;	     /* us */
	const json_t *event; /* the event that it is about, or NULL */
};

/* One object: host, kind, timestamp, text, event. For a webhook with `content` and
 * what keeps a chat from calling its members. */
char *sw_message_json(const struct sw_message *m, bool webhook);
/* A whole mail with its headers, lines ended by CR LF. */
char *sw_message_mail(const struct sw_message *m, const char *from, const char *to);

/* ---- abuse_report.c: reports to others; of proven sources only */
/* May it be reported to others? Only proven blocks of public addresses. */
bool sw_abuse_is_due(const json_t *event);
/* "14,15" of www.abuseipdb.com/categories. */
const char *sw_abuse_categories(const json_t *event);
/* What the source did, without our addresses; "": out of memory. */
const char *sw_abuse_comment(const json_t *event, char buf[1024]);
#define SW_ABUSE_CSV_HEAD "IP,Categories,ReportDate,Comment"
char *sw_abuse_csv(const json_t *event);
/* A mail in the form of X-ARF 0.2 (github.com/xarf). to NULL: without To and Date. */
char *sw_abuse_xarf(const json_t *event, const char *host, const char *from, const char *to);

#endif
