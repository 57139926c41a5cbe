// SPDX-License-Identifier: GPL-2.0-only
/* Takes messages from the socket and queues them for the targets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/duration.h"
#include "notifier/internal.h"

#define CONNS ((int)(sizeof(((struct sw_notifier *)0)->conn) / sizeof(int)))

int sw_inbox_open(struct sw_notifier *n, const char *state_dir, struct sw_err *e)
{
	struct sockaddr_un at;
	int fd;

	for (int i = 0; i < CONNS; i++)
		n->conn[i] = -1;
	if (sw_notify_address(state_dir, &at, e))
		return -1;
	fd = sw_notify_connect(&at);
	if (fd >= 0) {
		close(fd);
		return sw_fail(e, SW_EXIT_FAILED, "another process already takes messages at %s",
			       at.sun_path);
	}
	unlink(at.sun_path); /* of one that is gone */
	umask(0177);	     /* root alone tells us anything */
	n->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->listener < 0 || bind(n->listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(n->listener, CONNS))
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", at.sun_path, strerror(errno));
	return 0;
}

void sw_inbox_accept(struct sw_notifier *n)
{
	int fd = accept4(n->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (int i = 0; fd >= 0 && i < CONNS; i++) {
		if (n->conn[i] >= 0)
			continue;
		n->conn[i] = fd;
		n->asked[i] = 0;
		return;
	}
	if (fd >= 0)
		close(fd);
}

/* To every target of the section; asked: a connection, or -1. */
static void send_all(struct sw_notifier *n, const struct sw_section *s, const struct sw_message *m,
		     int asked)
{
	for (int i = s->first; i < s->end; i++) {
		struct sw_target *t = &n->target[i];
		bool webhook = t->begin == sw_begin_webhook;

		if (webhook || t->begin == sw_begin_run)
			sw_target_add(t, sw_message_json(m, webhook), m->kind, asked);
		else
			sw_target_add(t, sw_message_mail(m, t->from, t->to), m->kind, asked);
		if (asked >= 0)
			n->asked[asked]++;
	}
}

void sw_inbox_digest(struct sw_notifier *n, int64_t due)
{
	for (int i = 0; i < n->sections; i++) {
		struct sw_section *s = &n->section[i];
		struct sw_message m = {n->host, "digest", NULL, sw_now(), NULL};
		char *text = NULL;

		if (sw_notify_digest_due(&s->limit) <= due)
			text = sw_notify_digest(&s->limit, sw_monotonic());
		m.text = text;
		if (text)
			send_all(n, s, &m, -1);
		free(text);
	}
}

/* ---- abuse reports: of an address once a day */
#define REPORTED 4096
#define DAY_NS 86400000000000ll

static bool reported_today(const char *address, int64_t now)
{
	static struct {
		char address[48];
		int64_t when;
	} seen[REPORTED];
	unsigned at = 5381;

	for (const char *c = address; *c; c++)
		at = at * 33 + (unsigned char)*c;
	at %= REPORTED;
	if (!strcmp(seen[at].address, address) && now - seen[at].when < DAY_NS)
		return true;
	snprintf(seen[at].address, sizeof(seen[at].address), "%s", address);
	seen[at].when = now;
	return false;
}

static char *abuse_form(const json_t *event)
{
	char comment[1024], *out = NULL, *ip, *told, *time;

	ip = curl_easy_escape(NULL, json_string_value(json_object_get(event, "src_ip")), 0);
	told = curl_easy_escape(NULL, sw_abuse_comment(event, comment), 0);
	time = curl_easy_escape(NULL, json_string_value(json_object_get(event, "timestamp")), 0);
	if (ip && told && time &&
	    asprintf(&out, "ip=%s&categories=%s&timestamp=%s&comment=%s", ip,
		     sw_abuse_categories(event), time, told) < 0)
		out = NULL;
	curl_free(ip);
	curl_free(told);
	curl_free(time);
	return out;
}

static void report_abuse(struct sw_notifier *n, const json_t *event)
{
	struct sw_target *mail = n->abuse[1];

	if ((!n->abuse[0] && !mail) || !sw_abuse_is_due(event) ||
	    reported_today(json_string_value(json_object_get(event, "src_ip")), sw_monotonic()))
		return;
	if (n->abuse[0])
		sw_target_add(n->abuse[0], abuse_form(event), "abuse", -1);
	if (mail)
		sw_target_add(mail, sw_abuse_xarf(event, n->host, mail->from, mail->to), "abuse",
			      -1);
}

/* ---- what comes in */

static void tell(struct sw_notifier *n, struct sw_section *s, struct sw_message *m, unsigned kinds)
{
	enum sw_notify_kind kind;

	kinds &= s->when;
	if (!kinds)
		return;
	kind = sw_notify_gravest(kinds);
	m->kind = sw_notify_name(kind);
	if (sw_notify_admit(&s->limit, sw_monotonic(), kind, m->text))
		send_all(n, s, m, -1);
}

/* Sent to all sections, whatever their `when`, and not counted against limits. */
static void test(struct sw_notifier *n, int at, struct sw_message *m)
{
	m->kind = sw_notify_name(SW_NOTIFY_TEST);
	for (int i = 0; i < n->sections; i++)
		send_all(n, &n->section[i], m, at);
	if (!n->asked[at])
		sw_conn_close(n, at); /* nobody is to be told */
}

static void take(struct sw_notifier *n, int at, const json_t *event)
{
	unsigned kinds = sw_notify_kinds(event);
	const char *text = json_string_value(json_object_get(event, "text"));
	struct sw_message m = {.host = n->host, .text = text, .time = sw_now()};

	report_abuse(n, event);
	if (!kinds || !text)
		return;
	if (!json_object_get(event, "kind"))
		m.event = event;
	if (kinds & 1u << SW_NOTIFY_TEST)
		test(n, at, &m);
	for (int i = 0; i < n->sections; i++)
		tell(n, &n->section[i], &m, kinds);
}

static bool is_question(const json_t *event)
{
	const char *type = json_string_value(json_object_get(event, "event_type"));

	return type && !strcmp(type, "question");
}

void sw_inbox_read(struct sw_notifier *n, int at)
{
	static char packet[SW_NOTIFY_PACKET];
	ssize_t size = recv(n->conn[at], packet, sizeof(packet), MSG_DONTWAIT);
	json_t *event;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* The client of a test has sent everything, and waits for the answer. */
	if (size <= 0) {
		sw_conn_close(n, at);
		return;
	}
	event = json_loadb(packet, size, 0, NULL);
	if (is_question(event))
		sw_conn_failures(n, at);
	else if (event)
		take(n, at, event);
	json_decref(event);
}
