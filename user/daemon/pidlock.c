// SPDX-License-Identifier: GPL-2.0-only
/* One daemon per state directory: a lock that the kernel releases when its holder dies. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "daemon/internal.h"

#define PATH_BYTES 300

static int open_lock(const char *state_dir, int flags, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/daemon.lock", state_dir);
	return open(path, flags | O_CLOEXEC | O_NONBLOCK, 0640);
}

/* A directory, a socket or a link to nowhere in its place is put aside. */
static int open_or_make(const char *state_dir, char path[PATH_BYTES])
{
	int fd = open_lock(state_dir, O_RDWR | O_CREAT, path);
	char aside[PATH_BYTES + 8];
	struct stat st;

	if (fd >= 0 || lstat(path, &st) || S_ISREG(st.st_mode))
		return fd;
	snprintf(aside, sizeof(aside), "%s.bad", path);
	/* Beside an earlier one, which may hold something, an empty one is removed. */
	if (rename(path, aside) && remove(path))
		return -1;
	sw_log("%s was no regular file, and was put aside", path);
	return open_lock(state_dir, O_RDWR | O_CREAT, path);
}

static pid_t holder(int fd)
{
	struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_GETLK, &f) || f.l_type == F_UNLCK ? 0 : f.l_pid;
}

/* Not for the daemon itself: closing this file would release its own lock. */
pid_t sw_daemon_pid(const char *state_dir)
{
	char path[PATH_BYTES];
	int fd = open_lock(state_dir, O_RDWR, path);
	pid_t pid;

	if (fd < 0)
		return 0;
	pid = holder(fd);
	close(fd);
	return pid;
}

/* Only one process may read a ring: binds an abstract socket name, which the kernel releases
 * with its holder, in the network namespace of the interfaces. */
static int take_pins(struct sw_daemon *d, struct sw_err *e)
{
	struct sockaddr_un name;
	socklen_t length = sw_ready_name(d->ctx.pin_dir, &name);

	d->pins_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->pins_fd < 0 || !bind(d->pins_fd, (struct sockaddr *)&name, length))
		return 0; /* no AF_UNIX here: the state directory's lock remains */
	if (errno != EADDRINUSE)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "another daemon with another state directory uses the maps of %s; stop it "
		       "first, or use another --pin-dir",
		       d->ctx.pin_dir);
}

int sw_single_take(struct sw_daemon *d, struct sw_err *e)
{
	struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_BYTES];

	d->single_fd = open_or_make(d->ctx.state_dir, path);
	if (d->single_fd < 0 && d->ctx.record_trouble.text[0])
		return take_pins(d, e);
	if (d->single_fd < 0)
		return sw_fail(e, errno == EACCES ? SW_EXIT_PERM : SW_EXIT_FAILED,
			       "%s could not be opened: %s", path, strerror(errno));
	if (!fcntl(d->single_fd, F_SETLK, &f))
		return take_pins(d, e) || sw_engine_check_owner(d->ctx.pin_dir, d->ctx.state_dir, e)
			       ? -1
			       : 0;
	if (errno == EACCES || errno == EAGAIN)
		return sw_fail(e, SW_EXIT_FAILED,
			       "a daemon (pid %d) is already running for the state directory %s",
			       holder(d->single_fd), d->ctx.state_dir);
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be locked: %s", path, strerror(errno));
}
