// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closes connections that a rule has ended: the kernel's SOCK_DESTROY (Linux
 * 4.9) tells the application at once and sends a RST to the peer. While this
 * works, the program in the kernel leaves it to us; else it makes a RST of the
 * segment itself (bpf/respond.h).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "daemon/internal.h"
#include "engine/settings.h"

#define THERE 112 /* ticks, half a minute, without a word from us */

struct request {
	struct nlmsghdr h;
	struct inet_diag_req_v2 r;
};

void sw_closer_open(struct sw_daemon *d)
{
	d->closer = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/* Once a second: we are here, and able. */
void sw_closer_alive(struct sw_daemon *d)
{
	if (d->closer >= 0 && d->ctx.loaded)
		sw_setting_store(&d->ctx.engine, closer_until, sw_ticks_now() + THERE);
}

void sw_closer_close(struct sw_daemon *d)
{
	if (d->closer >= 0)
		close(d->closer);
	d->closer = -1;
	if (d->ctx.loaded)
		sw_setting_store(&d->ctx.engine, closer_until, 0);
}

static void put_addr(__be32 to[4], const struct sw_addr *a, int family)
{
	if (family == AF_INET)
		to[0] = sw_addr_to4(a);
	else
		memcpy(to, a, sizeof(*a));
}

static int answer_of(int fd)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[256];
	} answer;
	ssize_t n = recv(fd, &answer, sizeof(answer), 0);

	if (n < (ssize_t)(sizeof(answer.h) + sizeof(answer.e)) ||
	    answer.h.nlmsg_type != NLMSG_ERROR)
		return EIO;
	return -answer.e.error;
}

/* A socket that is gone already needs nothing; a kernel that cannot is asked
 * no more. */
void sw_closer_end(struct sw_daemon *d, const struct sw_event *ev)
{
	struct request q = {
		.h = {.nlmsg_len = sizeof(q),
		      .nlmsg_type = SOCK_DESTROY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.r = {.sdiag_family = ev->family,
		      .sdiag_protocol = IPPROTO_TCP,
		      .idiag_states = ~0u,
		      .id = {.idiag_sport = ev->dport,
			     .idiag_dport = ev->sport,
			     .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
	};
	int error;

	if (!ev->ends || d->closer < 0)
		return;
	put_addr(q.r.id.idiag_src, &ev->dst, ev->family);
	put_addr(q.r.id.idiag_dst, &ev->src, ev->family);
	error = send(d->closer, &q, sizeof(q), 0) < 0 ? errno : answer_of(d->closer);
	if (error != EOPNOTSUPP && error != EPERM)
		return;
	sw_log("the kernel closes no connection for us (%s); the program sends resets itself",
	       strerror(error));
	sw_closer_close(d);
}
