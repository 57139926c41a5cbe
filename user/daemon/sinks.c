// SPDX-License-Identifier: GPL-2.0-only
/* The table of sinks, and their functions. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
#include "base/visible.h"
#include "daemon/internal.h"
#include "notify/notify.h"

#define LINE 700 /* of an event, with where its source is */

static void close_fd(struct sw_output *o)
{
	close(o->fd);
	o->fd = -1;
}

/* Starts on a new line, even if the file ends in a partial one. */
static int write_line(struct sw_output *o, const char *time, const char *line)
{
	struct iovec part[4] = {{"\n", o->torn ? 1 : 0},
				{(char *)time, strlen(time)},
				{(char *)line, strlen(line)},
				{"\n", 1}};
	size_t size = part[0].iov_len + part[1].iov_len + part[2].iov_len + 1;
	ssize_t n;

	do
		n = writev(o->fd, part, 4);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	o->torn = (size_t)n < size;
	if (!o->torn)
		return 0;
	errno = ENOSPC;
	return -1;
}

static int write_json(struct sw_output *o, const struct sw_sink_event *t)
{
	if (t->json)
		return write_line(o, "", t->json);
	errno = ENOMEM;
	return -1;
}

/* ---- standard output */

static int open_stdout(struct sw_output *o, struct sw_err *e)
{
	(void)e;
	o->fd = STDOUT_FILENO;
	return 0;
}

static void leave_stdout(struct sw_output *o)
{
	o->fd = -1;
}

static bool prints_json(const struct sw_run_options *opt, const struct sw_config *c)
{
	return opt->json || c->event_json;
}

/* Skips standard output if that is the journal, which would get the event twice. */
static const char *text_wanted(const struct sw_run_options *opt, const struct sw_config *c)
{
	bool twice = c->event_journal && sw_log_in_journal();

	return prints_json(opt, c) || opt->quiet || twice ? NULL : "standard output";
}

static const char *json_wanted(const struct sw_run_options *opt, const struct sw_config *c)
{
	return prints_json(opt, c) ? "standard output" : NULL;
}

/* As the member "text" has it. */
static void put_line(const struct sw_sink_event *t, char *buf, size_t size)
{
	size_t n;

	sw_event_line(t->ev, t->sig, buf, size);
	n = strlen(buf);
	if (t->place)
		snprintf(buf + n, size - n, "; from %s", t->place->words);
}

static int write_text(struct sw_output *o, const struct sw_sink_event *t)
{
	char time[SW_TIME_TEXT], line[LINE];

	sw_log_time(sw_time_from_monotonic(t->ev->time_ns), time);
	put_line(t, line, sizeof(line));
	return write_line(o, time, line);
}

/* ---- a file */

static const char *file_wanted(const struct sw_run_options *opt, const struct sw_config *c)
{
	const char *path = opt->events_file ? opt->events_file : c->event_file;

	return path && path[0] ? path : NULL;
}

/* Nobody is waited for who should read it, if it is a pipe: not to come, nor to read. */
static int open_file(struct sw_output *o, struct sw_err *e)
{
	int fd = open(o->where, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		      0640);

	if (fd < 0)
		return sw_fail(e, errno == EACCES ? SW_EXIT_PERM : SW_EXIT_FAILED,
			       "the events file %s could not be opened: %s", o->where,
			       strerror(errno));
	o->fd = fd;
	o->torn = false;
	return 0;
}

/* ---- sockets of loggers */

/* The socket is not connected, so that a restarted logger gets the next event. */
static int open_socket(struct sw_output *o, struct sw_err *e)
{
	o->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (o->fd < 0)
		return sw_fail(e, SW_EXIT_FAILED, "no socket for events to %s: %s", o->where,
			       strerror(errno));
	return 0;
}

static int send_to(struct sw_output *o, const char *bytes, size_t size)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	ssize_t n;

	memcpy(to.sun_path, o->where, strnlen(o->where, sizeof(to.sun_path) - 1));
	do
		n = sendto(o->fd, bytes, size, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

static const char *journal_wanted(const struct sw_run_options *opt, const struct sw_config *c)
{
	(void)opt;
	return c->event_journal ? "/run/systemd/journal/socket" : NULL;
}

/* Not sd_journal_sendv(), which blocks while journald is stuck and hides that it is missing. */
static int write_journal(struct sw_output *o, const struct sw_sink_event *t)
{
	size_t size;
	char *entry = sw_journal_entry(t, &size);
	int rc;

	if (!entry) {
		errno = ENOMEM;
		return -1;
	}
	rc = send_to(o, entry, size);
	free(entry);
	return rc;
}

static const char *syslog_wanted(const struct sw_run_options *opt, const struct sw_config *c)
{
	(void)opt;
	return c->event_syslog ? "/dev/log" : NULL;
}

/* The format of syslog(3), which itself would block on a stuck logger. */
static int write_syslog(struct sw_output *o, const struct sw_sink_event *t)
{
	time_t when = sw_time_from_monotonic(t->ev->time_ns) / 1000000;
	char time[32], line[LINE], visible[1200], message[1300];
	struct tm tm;
	int n;

	strftime(time, sizeof(time), "%h %e %T", localtime_r(&when, &tm));
	put_line(t, line, sizeof(line));
	sw_visible(visible, sizeof(visible), line);
	n = snprintf(message, sizeof(message), "<%d>%s scanwall[%d]: %s", LOG_DAEMON | LOG_NOTICE,
		     time, (int)getpid(), visible);
	return send_to(o, message, n);
}

/* ---- scanwall-notify */

static const char *notify_wanted(const struct sw_run_options *opt, const struct sw_config *c)
{
	static struct sockaddr_un to;

	if (!sw_notify_wanted_anywhere(c) && !c->abuse_key[0] && !c->abuse_xarf_to[0])
		return NULL;
	return sw_notify_address(opt->state_dir, &to, NULL) ? NULL : to.sun_path;
}

static int open_later(struct sw_output *o, struct sw_err *e)
{
	(void)e;
	o->fd = -1;
	return 0;
}

/* It may be started after us, and again. */
static int reconnect(struct sw_output *o)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (o->fd >= 0)
		close_fd(o);
	memcpy(to.sun_path, o->where, strnlen(o->where, sizeof(to.sun_path) - 1));
	o->fd = sw_notify_connect(&to);
	return o->fd < 0 ? -1 : 0;
}

static bool is_notified(enum sw_event_type type)
{
	return type == SW_EVENT_BLOCK || type == SW_EVENT_WOULD_BLOCK || type == SW_EVENT_CAPPED ||
	       type == SW_EVENT_DISTRIBUTED || type == SW_EVENT_SPRAY;
}

static int write_notify(struct sw_output *o, const struct sw_sink_event *t)
{
	size_t size = t->json ? strlen(t->json) : 0;

	if (!is_notified(t->ev->type))
		return 0;
	if (o->fd >= 0 && send(o->fd, t->json, size, MSG_NOSIGNAL) >= 0)
		return 0;
	if (o->fd >= 0 && errno == EAGAIN)
		return -1;
	return reconnect(o) || send(o->fd, t->json, size, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void close_notify(struct sw_output *o)
{
	if (o->fd >= 0)
		close_fd(o);
}

const struct sw_sink sw_sinks[] = {
	{"text", text_wanted, open_stdout, write_text, NULL, leave_stdout},
	{"json", json_wanted, open_stdout, write_json, NULL, leave_stdout},
	{"file", file_wanted, open_file, write_json, open_file, close_fd},
	{"journal", journal_wanted, open_socket, write_journal, NULL, close_fd},
	{"syslog", syslog_wanted, open_socket, write_syslog, NULL, close_fd},
	{"notify", notify_wanted, open_later, write_notify, NULL, close_notify},
};
const int sw_sink_count = sizeof(sw_sinks) / sizeof(sw_sinks[0]);
_Static_assert(sizeof(sw_sinks) / sizeof(sw_sinks[0]) <= SW_OUTPUTS, "SW_OUTPUTS is too small");
