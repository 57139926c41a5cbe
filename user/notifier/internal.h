/* SPDX-License-Identifier: GPL-2.0-only */
/* scanwall-notify: takes messages from a socket and sends them, as an unprivileged user, in a
 * process that nothing waits for. */
#ifndef SCANWALL_NOTIFIER_INTERNAL_H
#define SCANWALL_NOTIFIER_INTERNAL_H

#include <curl/curl.h>
#include <sys/types.h>
#include "notify/notify.h"

#define SW_QUEUE 256 /* messages queued for one target */

/* What is sent to one place. */
struct sw_item {
	char *body;    /* as it is sent */
	char *kind;    /* what `run` gets as its argument */
	int64_t since; /* ns: when it was queued */
	int asked;     /* of `notify test`: the connection waiting for an answer, or -1 */
};

struct sw_target {
	char name[200]; /* without anything secret: "chat: webhook hooks.example.org" */
	/* Starts sending; `busy` until sw_target_done(). -1: could not start. */
	int (*begin)(struct sw_target *t, const struct sw_item *item, struct sw_err *e);
	const char *url, *path, *to, *from;
	char *key; /* of an API */
	struct sw_item item[SW_QUEUE];
	int first, count;
	long missing; /* messages dropped, for lack of room or by age */
	bool busy, failing;
	char why[200]; /* while failing */
	int attempts;  /* at the first */
	int64_t next;  /* ns: not before */
	/* one of these is set while busy */
	CURL *easy;
	struct curl_slist *headers;
	const char *mail; /* the part not yet read */
	size_t mail_left;
	char error[CURL_ERROR_SIZE];
	int child; /* pidfd; -1: none */
	pid_t pid;
	int64_t deadline; /* ns, of the child */
};

/* `notify { }` or `notify NAME { }`: kinds, targets and limits. */
struct sw_section {
	const char *name; /* "": the plain one */
	unsigned when;	  /* kinds */
	struct sw_notify_limit limit;
	int first, end; /* its targets */
};

#define SW_SECTIONS (1 + SW_NOTIFY_SECTIONS)
#define SW_TARGETS (3 * SW_SECTIONS + 2)

struct sw_notifier {
	struct sw_config config;
	char host[256], from[320];
	struct sw_section section[SW_SECTIONS];
	int sections;
	struct sw_target target[SW_TARGETS];
	int targets;
	struct sw_target *abuse[2]; /* of those: AbuseIPDB and X-ARF; NULL: off */
	CURLM *multi;
	int listener, signals;
	int conn[16];  /* -1: free */
	int asked[16]; /* targets that have not answered `notify test` yet */
	bool ending;
};

/* ---- target.c: queue and retries of one target */
/* Takes body over, which may be NULL for want of memory. */
void sw_target_add(struct sw_target *t, char *body, const char *kind, int asked);
/* The first message was delivered (why NULL), or failed. */
void sw_target_done(struct sw_notifier *n, struct sw_target *t, const char *why);
/* When to continue, ns; INT64_MAX: nothing to do. */
int64_t sw_target_due(const struct sw_target *t);
void sw_target_free(struct sw_target *t);

/* ---- http.c: webhook, AbuseIPDB, SMTP */
int sw_begin_webhook(struct sw_target *t, const struct sw_item *item, struct sw_err *e);
int sw_begin_form(struct sw_target *t, const struct sw_item *item, struct sw_err *e);
int sw_begin_smtp(struct sw_target *t, const struct sw_item *item, struct sw_err *e);
/* Starts new transfers and finishes completed ones. */
void sw_http_start(struct sw_notifier *n, struct sw_target *t);
void sw_http_take(struct sw_notifier *n);
/* The host of a URL; its path is often a secret. */
void sw_http_host(const char *url, char *buf, size_t size);

/* ---- child.c: `run`, sendmail */
int sw_begin_run(struct sw_target *t, const struct sw_item *item, struct sw_err *e);
int sw_begin_sendmail(struct sw_target *t, const struct sw_item *item, struct sw_err *e);
/* Has it ended, or exceeded its time? */
void sw_child_take(struct sw_notifier *n, struct sw_target *t, int64_t now);

/* ---- inbox.c: from the socket to the targets */
int sw_inbox_open(struct sw_notifier *n, const char *state_dir, struct sw_err *e);
void sw_inbox_accept(struct sw_notifier *n);
void sw_inbox_read(struct sw_notifier *n, int at);
/* Sends digests due at that time; INT64_MAX: all. */
void sw_inbox_digest(struct sw_notifier *n, int64_t due);

/* ---- answer.c: the connections of `notify test`, and of `doctor` */
void sw_conn_failures(struct sw_notifier *n, int at);
void sw_conn_answer(struct sw_notifier *n, int at, const char *target, const char *why);
void sw_conn_close(struct sw_notifier *n, int at);

/* ---- send.c: begins what is due */
void sw_target_go(struct sw_notifier *n, struct sw_target *t, int64_t now);

/* ---- prepare.c */
int sw_notifier_setup(struct sw_notifier *n, struct sw_err *e);
int sw_notifier_drop(const struct sw_notifier *n, struct sw_err *e);

/* ---- say.c: a line on standard error */
void sw_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
