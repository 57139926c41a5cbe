// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's end of the notifier's socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/duration.h"
#include "notify/notify.h"

#define ROOM (4 << 20) /* bytes of socket buffer, for while scanwall-notify is busy */

int sw_notify_address(const char *state_dir, struct sockaddr_un *to, struct sw_err *e)
{
	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((size_t)snprintf(to->sun_path, sizeof(to->sun_path), "%s/notify.sock", state_dir) <
	    sizeof(to->sun_path))
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "the path of the state directory %s is too long for a socket in it",
		       state_dir);
}

int sw_notify_connect(const struct sockaddr_un *to)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), was;
	int room = ROOM;

	if (fd < 0)
		return -1;
	/* More than net.core.wmem_max, where we may. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (!connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return fd;
	was = errno;
	close(fd);
	errno = was;
	return -1;
}

static char *notice(enum sw_notify_kind kind, const char *text)
{
	char time[SW_TIME_TEXT], *out;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "event_type", "notice", "kind",
			      sw_notify_name(kind), "timestamp", sw_time_rfc3339(sw_now(), time),
			      "text", text);

	out = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return out;
}

int sw_notify_send(const char *state_dir, enum sw_notify_kind kind, const char *text,
		   struct sw_err *e)
{
	char *packet = notice(kind, text);
	struct sockaddr_un to;
	int fd;

	if (!packet)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (sw_notify_address(state_dir, &to, e)) {
		free(packet);
		return -1;
	}
	fd = sw_notify_connect(&to);
	if (fd >= 0 && send(fd, packet, strlen(packet), MSG_NOSIGNAL) < 0) {
		int was = errno;

		close(fd);
		errno = was;
		fd = -1;
	}
	free(packet);
	if (fd >= 0)
		return fd;
	return sw_fail(e, SW_EXIT_NOT_THERE,
		       "nothing takes messages at %s (%s); start it: systemctl start "
		       "scanwall-notify, or scanwall notify run",
		       to.sun_path, strerror(errno));
}
