// SPDX-License-Identifier: GPL-2.0-only
/* Targets that are programs: they get the message on standard input. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/duration.h"
#include "notifier/internal.h"

#define PATIENCE 60000000000ll /* ns */

/* In memory, so that a child that does not read blocks nothing. */
static int body_file(const char *body)
{
	size_t size = strlen(body);
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, body, size) == (ssize_t)size && !lseek(fd, 0, SEEK_SET))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void become(const char *const argv[], int in)
{
	static const char *const env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
					  "/sbin:/bin",
					  "LC_ALL=C.UTF-8", NULL};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid(); /* what it starts is ended with it */
	dup2(in, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execve(argv[0], (char **)argv, (char **)env);
	_exit(127);
}

static int start(struct sw_target *t, const char *const argv[], const char *body, struct sw_err *e)
{
	int in;

	if (access(argv[0], X_OK))
		return sw_fail(e, SW_EXIT_FAILED, "%s cannot be run: %s", argv[0], strerror(errno));
	in = body_file(body);
	if (in < 0)
		return sw_fail(e, SW_EXIT_FAILED, "no memory for a message");
	t->pid = fork();
	if (!t->pid)
		become(argv, in);
	close(in);
	if (t->pid < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s cannot be started: %s", argv[0],
			       strerror(errno));
	t->child = syscall(SYS_pidfd_open, t->pid, 0);
	t->deadline = sw_monotonic() + PATIENCE;
	if (t->child >= 0)
		return 0;
	kill(-t->pid, SIGKILL);
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
	return sw_fail(e, SW_EXIT_FAILED, "%s cannot be waited for", argv[0]);
}

int sw_begin_run(struct sw_target *t, const struct sw_item *item, struct sw_err *e)
{
	const char *argv[] = {t->path, item->kind ? item->kind : "message", NULL};

	return start(t, argv, item->body, e);
}

int sw_begin_sendmail(struct sw_target *t, const struct sw_item *item, struct sw_err *e)
{
	const char *argv[] = {t->path, "-oi", "-f", t->from, "--", t->to, NULL};

	return start(t, argv, item->body, e);
}

static void tell_end(char *why, size_t size, const struct sw_target *t, int status)
{
	if (WIFSIGNALED(status))
		snprintf(why, size, "%s was ended by signal %d", t->path, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		snprintf(why, size, "%s cannot be run", t->path);
	else if (WEXITSTATUS(status))
		snprintf(why, size, "%s ended with exit code %d", t->path, WEXITSTATUS(status));
}

void sw_child_take(struct sw_notifier *n, struct sw_target *t, int64_t now)
{
	char why[300] = "";
	int status;

	if (t->child < 0)
		return;
	if (now >= t->deadline)
		kill(-t->pid, SIGKILL);
	if (waitpid(t->pid, &status, WNOHANG) != t->pid)
		return;
	close(t->child);
	t->child = -1;
	tell_end(why, sizeof(why), t, status);
	sw_target_done(n, t, why[0] ? why : NULL);
}
