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
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "daemon/internal.h"
#include "engine/settings.h"

#define THERE 112 /* ticks, half a minute; then the program assumes that we are gone */

struct request {
	struct nlmsghdr h;
	struct inet_diag_req_v2 r;
};

void sw_closer_open(struct sw_daemon *d)
{
	d->closer = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/* Once a second: tells the program that we close connections. */
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

/* Reads one answer into *found, which may be NULL. 0, or errno. */
static int answer_of(int fd, struct inet_diag_msg *found)
{
	struct {
		struct nlmsghdr h;
		union {
			struct nlmsgerr e;
			struct inet_diag_msg m;
		};
		char rest[1024];
	} answer;
	ssize_t n = recv(fd, &answer, sizeof(answer), 0);

	if (n < (ssize_t)(sizeof(answer.h) + sizeof(answer.e)))
		return EIO;
	if (answer.h.nlmsg_type == NLMSG_ERROR)
		return -answer.e.error;
	if (answer.h.nlmsg_type != SOCK_DIAG_BY_FAMILY || !found ||
	    n < (ssize_t)(sizeof(answer.h) + sizeof(answer.m)))
		return EIO;
	*found = answer.m;
	return 0;
}

static int ask(int fd, const struct request *q, struct inet_diag_msg *found)
{
	return send(fd, q, sizeof(*q), 0) < 0 ? errno : answer_of(fd, found);
}

/* If the connection is gone, the kernel would find and close the listener instead. So the
 * socket is looked up first and closed by its cookie. */
int sw_closer_destroy(int fd, const struct sw_event *ev)
{
	struct request q = {
		.h = {.nlmsg_len = sizeof(q),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST},
		.r = {.sdiag_family = ev->family,
		      .sdiag_protocol = IPPROTO_TCP,
		      .idiag_states = ~0u,
		      .id = {.idiag_sport = ev->dport,
			     .idiag_dport = ev->sport,
			     .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
	};
	struct inet_diag_msg found = {0};
	int error;

	put_addr(q.r.id.idiag_src, &ev->dst, ev->family);
	put_addr(q.r.id.idiag_dst, &ev->src, ev->family);
	error = ask(fd, &q, &found);
	if (error)
		return error;
	if (found.idiag_state == TCP_LISTEN || found.id.idiag_dport != ev->sport)
		return ENOENT;
	memcpy(q.r.id.idiag_cookie, found.id.idiag_cookie, sizeof(found.id.idiag_cookie));
	q.h.nlmsg_type = SOCK_DESTROY;
	q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	return ask(fd, &q, NULL);
}

/* A socket that is already gone is no error; a kernel without SOCK_DESTROY is not asked again. */
void sw_closer_end(struct sw_daemon *d, const struct sw_event *ev)
{
	int error;

	if (!ev->ends || d->closer < 0)
		return;
	error = sw_closer_destroy(d->closer, ev);
	if (error != EOPNOTSUPP && error != EPERM)
		return;
	sw_log("the kernel cannot close connections for us (%s); the program sends "
	       "resets instead",
	       strerror(error));
	sw_closer_close(d);
}
