// SPDX-License-Identifier: GPL-2.0-only
/* Lines to a file or to standard output. A disk that is full or a reader that
 * went away is told once; the wall does not depend on either. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "daemon/internal.h"

int sw_sink_open(struct sw_sink *s, const char *path, struct sw_err *e)
{
	struct sw_sink fresh = {.fd = -1};

	snprintf(fresh.name, sizeof(fresh.name), "%s", path);
	fresh.fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (fresh.fd < 0)
		return sw_fail(e, errno == EACCES ? SW_EXIT_PERM : SW_EXIT_FAILED,
			       "the events file %s could not be opened: %s", path, strerror(errno));
	*s = fresh;
	return 0;
}

void sw_sink_close(struct sw_sink *s)
{
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	s->fd = -1;
}

/* Whatever part of a line stands there already, it begins on a line of its own. */
static int write_line(struct sw_sink *s, const char *line)
{
	struct iovec part[3] = {{"\n", s->torn ? 1 : 0}, {(char *)line, strlen(line)}, {"\n", 1}};
	size_t size = part[0].iov_len + part[1].iov_len + 1;
	ssize_t n;

	do
		n = writev(s->fd, part, 3);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	s->torn = (size_t)n < size;
	if (!s->torn)
		return 0;
	errno = ENOSPC;
	return -1;
}

void sw_sink_line(struct sw_sink *s, const char *line)
{
	if (s->fd < 0)
		return;
	if (write_line(s, line)) {
		s->missing++;
		if (!s->failing)
			sw_log("EVENTS ARE NOT WRITTEN to %s: %s; the record still takes them",
			       s->name, strerror(errno));
		s->failing = true;
		return;
	}
	if (s->failing)
		sw_log("events are written to %s again; %ld are missing there", s->name,
		       s->missing);
	s->failing = false;
	s->missing = 0;
}
