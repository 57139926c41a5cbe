// SPDX-License-Identifier: GPL-2.0-only
/* Answers `status --ready` from the event loop: a process that merely holds a lock may be
 * stopped, starting or failing. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "daemon/internal.h"

#define BACKLOG 16
#define PATIENCE 2 /* seconds */
#define READY "ready"
#define NOT_ATTACHED "configured but not attached"

socklen_t sw_ready_name(const char *pin_dir, struct sockaddr_un *name)
{
	char *real = realpath(pin_dir, NULL);
	int n;

	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	n = snprintf(name->sun_path + 1, sizeof(name->sun_path) - 1, "scanwall:%.90s",
		     real ? real : pin_dir);
	free(real);
	return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

static int check_interfaces(const struct sw_daemon *d, struct sw_err *e)
{
	struct sw_attachment at[SW_INTERFACES];
	const struct sw_attachment *found;
	char missing[sizeof(e->text) / 2] = "";
	size_t used = 0, count = 0;
	int n = sw_engine_attachments(d->ctx.pin_dir, at, SW_INTERFACES, e);

	if (n < 0)
		return -1;
	n = n < SW_INTERFACES ? n : SW_INTERFACES;
	for (int i = 0; i < d->names.count; i++) {
		found = sw_attachment_find(at, n, d->names.name[i]);
		if (found && found->ifindex)
			continue;
		if (used < sizeof(missing))
			used += snprintf(missing + used, sizeof(missing) - used, "%s%s",
					 count ? ", " : "", d->names.name[i]);
		count++;
	}
	if (!count)
		return 0;
	return sw_fail(e, SW_EXIT_NOT_THERE, "%s %s " NOT_ATTACHED, missing,
		       count > 1 ? "are" : "is");
}

static int check(const struct sw_daemon *d, struct sw_err *e)
{
	if (!d->ctx.loaded)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "the daemon does not use the attached program yet");
	if (d->stalled || d->notified.record || d->notified.sweep ||
	    sw_store_is_volatile(d->ctx.store) || !sw_store_is_there(d->ctx.store) ||
	    !sw_store_is_whole(d->ctx.store))
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "events cannot be recorded; see the daemon's log");
	return check_interfaces(d, e);
}

static int on_question(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct sw_err e = {.text = READY};
	int asker = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)s;
	(void)events;
	if (asker < 0)
		return 0;
	check(arg, &e);
	send(asker, e.text, strlen(e.text), MSG_NOSIGNAL);
	close(asker);
	return 0;
}

int sw_ready_open(struct sw_daemon *d, struct sw_err *e)
{
	int rc;

	if (listen(d->pins_fd, BACKLOG))
		return sw_fail(e, SW_EXIT_FAILED, "the socket for status --ready: %s",
			       strerror(errno));
	rc = sd_event_add_io(d->loop, NULL, d->pins_fd, EPOLLIN, on_question, d);
	if (rc < 0)
		return sw_fail(e, SW_EXIT_FAILED, "the socket for status --ready: %s",
			       strerror(-rc));
	return 0;
}

static ssize_t ask(const char *pin_dir, char *answer, size_t size)
{
	const struct timeval patience = {.tv_sec = PATIENCE};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name;
	socklen_t length = sw_ready_name(pin_dir, &name);
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) &&
	    !connect(fd, (struct sockaddr *)&name, length))
		n = recv(fd, answer, size, 0);
	close(fd);
	return n;
}

int sw_daemon_ready(const char *pin_dir, struct sw_err *e)
{
	char answer[sizeof(e->text)];
	ssize_t n = ask(pin_dir, answer, sizeof(answer) - 1);

	if (n < 0 && errno == ECONNREFUSED)
		return sw_fail(e, SW_EXIT_NOT_THERE, "the daemon is still starting");
	if (n <= 0)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "the daemon runs, but does not answer within %d seconds", PATIENCE);
	answer[n] = 0;
	return strcmp(answer, READY) ? sw_fail(e, SW_EXIT_NOT_THERE, "%s", answer) : 0;
}

bool sw_daemon_awaits(const char *pin_dir, const char *ifname)
{
	struct sw_err missing;
	char *end, *save = NULL, *one;

	if (!sw_daemon_ready(pin_dir, &missing))
		return false;
	end = strstr(missing.text, NOT_ATTACHED);
	if (!end)
		return false;
	*end = '\0';
	for (one = strtok_r(missing.text, ", ", &save); one; one = strtok_r(NULL, ", ", &save))
		if (!strcmp(one, ifname))
			return true;
	return false;
}
