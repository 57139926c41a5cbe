// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall notify run` executes scanwall-notify from its own directory; `test` and `daily`
 * send it a message. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "notify/notify.h"
#include "cli/verbs.h"

#define PATIENCE 70000 /* ms: what a program may take, and more */

static int become(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	char self[PATH_MAX] = "", path[PATH_MAX + 20];

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return sw_fail(e, SW_EXIT_FAILED, "/proc/self/exe: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/scanwall-notify", dirname(self));
	execl(path, path, g->pin_dir, g->state_dir, g->config_file, NULL);
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be started: %s", path, strerror(errno));
}

/* ---- test */

struct told {
	json_t *list;
	int failed, all;
};

/* "webhook hooks.example.org\nwhy not, or nothing". */
static void note(const struct sw_globals *g, struct told *t, char *line)
{
	char *why = strchr(line, '\n');

	if (!why)
		return;
	*why++ = 0;
	t->all++;
	t->failed += *why != 0;
	json_array_append_new(t->list, json_pack("{s:s, s:b, s:o}", "target", line, "sent", !*why,
						 "why_not", *why ? sw_cli_text(why) : json_null()));
	if (!g->json && !g->quiet)
		printf("%s: %s\n", line, *why ? why : "sent");
}

/* The peer closes the connection after its last answer; false: not within the timeout. */
static bool collect(const struct sw_globals *g, int fd, struct told *t)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char line[1024];
	ssize_t n;

	while (poll(&p, 1, PATIENCE) > 0) {
		n = recv(fd, line, sizeof(line) - 1, 0);
		if (n <= 0)
			return true;
		line[n] = 0;
		note(g, t, line);
		fflush(stdout);
	}
	return false;
}

static int test(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	struct told t = {.list = json_array()};
	json_t *root = sw_cli_json();
	int fd = sw_notify_send(g->state_dir, SW_NOTIFY_TEST,
				"a test, sent by `scanwall notify test`", e);
	bool whole;
	int rc = -1;

	if (fd < 0)
		goto out;
	whole = collect(g, fd, &t);
	close(fd);
	json_object_set(root, "notify", t.list);
	rc = g->json ? sw_cli_print(g, json_incref(root), e) : 0;
	if (!rc && !t.all)
		rc = sw_fail(e, SW_EXIT_FAILED,
			     "no answer: either no target is set (notify.run, notify.webhook, "
			     "notify.mail), or none could be reached in time");
	if (!rc && t.all && !whole)
		rc = sw_fail(e, SW_EXIT_FAILED, "not all have answered within %d seconds",
			     PATIENCE / 1000);
	if (!rc && t.failed)
		rc = SW_EXIT_FAILED;
out:
	json_decref(t.list);
	json_decref(root);
	return rc;
}

/* ---- daily */

static int report(const struct sw_call *c, const struct sw_globals *g, struct sw_err *e)
{
	const struct sw_args args = {.option = {[SW_REPORT_SINCE] = "24h"}};
	int64_t span;
	struct sw_call call = {.g = g, .a = &args, .ctx = c->ctx, .request = &span};

	return sw_report_ops.read(&call, e) || sw_report_ops.run(&call, e) ? -1 : 0;
}

static int report_into(int fd, const struct sw_call *c, struct sw_err *e)
{
	struct sw_globals plain = *c->g;
	int out = dup(STDOUT_FILENO), rc;

	plain.json = false;
	plain.color = 0;
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	rc = report(c, &plain, e);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return rc;
}

static int daily(struct sw_call *c, struct sw_err *e)
{
	char text[SW_NOTIFY_PACKET / 4];
	int memory, fd;
	ssize_t n;

	if (c->g->dry_run && c->g->json)
		return report(c, c->g, e);
	memory = memfd_create("report", MFD_CLOEXEC);
	if (memory < 0)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (report_into(memory, c, e)) {
		close(memory);
		return -1;
	}
	n = pread(memory, text, sizeof(text) - 1, 0);
	close(memory);
	text[n > 0 ? n : 0] = 0;
	if (c->g->dry_run) {
		printf("%s", text);
		return 0;
	}
	fd = sw_notify_send(c->g->state_dir, SW_NOTIFY_DAILY, text, e);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

const struct sw_verb_ops sw_notify_run_ops = {.run = become};
const struct sw_verb_ops sw_notify_test_ops = {.run = test};
const struct sw_verb_ops sw_notify_daily_ops = {.run = daily};
