// SPDX-License-Identifier: GPL-2.0-only
/* Closes connections of fully blocked sources: their packets are dropped, so the server
 * would keep them until its timeout, which may take hours. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/grow.h"
#include "engine/connections.h"
#include "engine/guard_internal.h"

/* States in which a process still waits for the peer. */
#define STATES                                                                                \
	(1 << TCP_ESTABLISHED | 1 << TCP_SYN_RECV | 1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 | \
	 1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK | 1 << TCP_CLOSING)

struct doomed {
	int family;
	struct inet_diag_sockid id;
};

struct search {
	const struct sw_prefix *prefix;
	size_t count;
	struct doomed *item;
	size_t found, room;
	struct sw_err *e;
};

static bool is_of(const struct search *s, const struct sw_addr *peer)
{
	struct sw_prefix host = sw_prefix_of(peer, sw_addr_is4(peer) ? 32 : 128);

	for (size_t i = 0; i < s->count; i++)
		if (sw_prefix_covers(&s->prefix[i], &host))
			return true;
	return false;
}

static int consider(const struct nlmsghdr *h, void *arg)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct search *s = arg;
	struct sw_addr peer;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return 0;
	peer = sw_guard_addr(m->idiag_family, m->id.idiag_dst);
	if (!is_of(s, &peer))
		return 0;
	if (sw_grow((void **)&s->item, &s->room, s->found, sizeof(*s->item), s->e))
		return -1;
	s->item[s->found++] = (struct doomed){m->idiag_family, m->id};
	return 0;
}

static int find(struct search *s, int family, struct sw_err *e)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} request = {
		.h = {.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY},
		.r = {.sdiag_family = family,
		      .sdiag_protocol = IPPROTO_TCP,
		      .idiag_states = STATES},
	};

	return sw_netlink_dump(NETLINK_SOCK_DIAG, &request.h, consider, s, e);
}

/* True if the kernel has closed it; the application is notified at once. */
static bool destroy(int fd, const struct doomed *d)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} request = {
		.h = {.nlmsg_len = sizeof(request),
		      .nlmsg_type = SOCK_DESTROY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.r = {.sdiag_family = d->family,
		      .sdiag_protocol = IPPROTO_TCP,
		      .idiag_states = ~0u,
		      .id = d->id},
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[256];
	} answer;

	return send(fd, &request, sizeof(request), 0) > 0 &&
	       recv(fd, &answer, sizeof(answer), 0) > 0 && answer.h.nlmsg_type == NLMSG_ERROR &&
	       !answer.e.error;
}

int sw_connections_end(const struct sw_prefix *prefix, size_t count, struct sw_err *e)
{
	struct search s = {.prefix = prefix, .count = count, .e = e};
	int ended = 0, fd;

	if (find(&s, AF_INET, e) || find(&s, AF_INET6, e)) {
		free(s.item);
		return -1;
	}
	fd = s.found ? socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG) : -1;
	for (size_t i = 0; fd >= 0 && i < s.found; i++)
		ended += destroy(fd, &s.item[i]);
	if (fd >= 0)
		close(fd);
	free(s.item);
	return ended;
}
