// SPDX-License-Identifier: GPL-2.0-only
/* main() of scanwall-notify, which `scanwall notify run` executes. A separate program, since
 * libcurl and its dependencies would make the daemon several times larger. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "base/duration.h"
#include "blocklist/blocklist.h"
#include "notifier/internal.h"

#define MS_NS 1000000
#define LAST_TRY 10000000000ll /* ns; how long the end waits for queued messages */
#define CONNS ((int)(sizeof(((struct sw_notifier *)0)->conn) / sizeof(int)))

static int read_config(struct sw_notifier *n, char **argv, struct sw_err *e)
{
	struct sw_ctx ctx;
	int rc;

	if (sw_ctx_open(&ctx, argv[1], argv[2], argv[3], e))
		return -1;
	rc = sw_ctx_config(&ctx, &n->config, e);
	sw_ctx_close(&ctx);
	return rc;
}

static int open_signals(struct sw_notifier *n)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	n->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return n->signals < 0 ? -1 : 0;
}

static int open_all(struct sw_notifier *n, char **argv, struct sw_err *e)
{
	if (read_config(n, argv, e) || sw_notifier_setup(n, e) || sw_inbox_open(n, argv[2], e) ||
	    sw_notifier_drop(n, e))
		return -1;
	if (!curl_global_init(CURL_GLOBAL_DEFAULT))
		n->multi = curl_multi_init();
	if (!n->multi || open_signals(n))
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	return 0;
}

/* ms until something is due of itself. */
static int wait_time(const struct sw_notifier *n, int64_t now)
{
	int64_t due = INT64_MAX, ms;

	for (int i = 0; i < n->sections; i++)
		if (sw_notify_digest_due(&n->section[i].limit) < due)
			due = sw_notify_digest_due(&n->section[i].limit);
	for (int i = 0; i < n->targets; i++)
		if (sw_target_due(&n->target[i]) < due)
			due = sw_target_due(&n->target[i]);
	if (due == INT64_MAX)
		return 60000;
	ms = (due - now) / MS_NS + 1;
	return ms < 0 ? 0 : ms > 60000 ? 60000 : (int)ms;
}

static int wait_set(const struct sw_notifier *n, struct curl_waitfd *fd)
{
	int count = 0;

	fd[count++] = (struct curl_waitfd){n->signals, CURL_WAIT_POLLIN, 0};
	fd[count++] = (struct curl_waitfd){n->listener, CURL_WAIT_POLLIN, 0};
	for (int i = 0; i < CONNS; i++)
		fd[count++] = (struct curl_waitfd){n->conn[i], CURL_WAIT_POLLIN, 0};
	for (int i = 0; i < n->targets; i++)
		if (n->target[i].child >= 0)
			fd[count++] = (struct curl_waitfd){n->target[i].child, CURL_WAIT_POLLIN, 0};
	return count;
}

static void work(struct sw_notifier *n)
{
	int64_t now = sw_monotonic();

	sw_http_take(n);
	for (int i = 0; i < n->targets; i++) {
		sw_child_take(n, &n->target[i], now);
		sw_target_go(n, &n->target[i], now);
	}
	sw_inbox_digest(n, now);
}

static bool has_work(const struct sw_notifier *n)
{
	for (int i = 0; i < n->targets; i++)
		if (n->target[i].count)
			return true;
	return false;
}

/* False: a signal has come. */
static bool turn(struct sw_notifier *n, int most)
{
	struct curl_waitfd fd[2 + CONNS + SW_TARGETS];
	int ms = wait_time(n, sw_monotonic()), count = wait_set(n, fd);

	curl_multi_poll(n->multi, fd, count, ms < most ? ms : most, NULL);
	if (fd[0].revents)
		return false;
	if (fd[1].revents)
		sw_inbox_accept(n);
	for (int i = 0; i < CONNS; i++)
		if (n->conn[i] >= 0 && fd[2 + i].fd == n->conn[i] && fd[2 + i].revents)
			sw_inbox_read(n, i);
	work(n);
	return true;
}

/* Tries queued messages once more, then sends the digest, even before it is due. */
static void end(struct sw_notifier *n)
{
	int64_t until = sw_monotonic() + LAST_TRY;
	struct signalfd_siginfo si;

	if (read(n->signals, &si, sizeof(si)) < 0)
		return;
	n->ending = true;
	sw_inbox_digest(n, INT64_MAX);
	work(n);
	while (has_work(n) && sw_monotonic() < until && turn(n, 100))
		;
}

static void loop(struct sw_notifier *n)
{
	work(n);
	while (turn(n, 60000))
		;
	end(n);
	for (int i = 0; i < n->targets; i++) {
		if (n->target[i].child >= 0)
			kill(-n->target[i].pid, SIGKILL);
		if (n->target[i].count)
			sw_say("%s: %d messages were not sent", n->target[i].name,
			       n->target[i].count);
	}
}

static void tell(const struct sw_notifier *n)
{
	char names[4096] = "";
	unsigned when = 0;
	size_t used = 0;

	for (int i = 0; i < n->targets && used < sizeof(names); i++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
				 n->target[i].name);
	sw_say("messages go to: %s; as the user %s", names, n->config.notify_user);
	for (int i = 0; i < n->sections; i++)
		when |= n->section[i].when;
	if (!when)
		sw_say("notify.when is empty: only `scanwall notify test` sends messages");
	sd_notify(0, "READY=1");
}

/* PIN_DIR STATE_DIR CONFIG, by the verb. */
int main(int argc, char **argv)
{
	struct sw_notifier *n = calloc(1, sizeof(*n));
	struct sw_err e;

	if (argc != 4 || !n) {
		fprintf(stderr, "scanwall-notify is started by: scanwall notify run\n");
		return SW_EXIT_USAGE;
	}
	n->listener = n->signals = -1;
	if (open_all(n, argv, &e)) {
		fprintf(stderr, "scanwall notify: %s\n", e.text);
		return e.exit;
	}
	tell(n);
	loop(n);
	for (int i = 0; i < n->targets; i++)
		sw_target_free(&n->target[i]);
	for (int i = 0; i < n->sections; i++)
		sw_notify_limit_free(&n->section[i].limit);
	sw_config_free(&n->config);
	free(n);
	return 0;
}
