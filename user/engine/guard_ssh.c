// SPDX-License-Identifier: GPL-2.0-only
/* The peers of established SSH sessions with a login, and of the session this command
 * was started from. */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "engine/guard_internal.h"

#define PORTS_MAX 16
#define SSH_PORT 22

static int add_peer(const struct nlmsghdr *h, void *arg)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct sw_prefix p;
	struct sw_addr a;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY || m->idiag_state != TCP_ESTABLISHED)
		return 0;
	a = sw_guard_addr(m->idiag_family, m->id.idiag_dst);
	p = sw_prefix_of(&a, sw_addr_is4(&a) ? 32 : 128);
	if (!sw_guard_wants(arg, &p) || !sw_logged_in(&a))
		return 0;
	return sw_guard_add(arg, &a, p.plen, SW_GUARD_SSH, "SSH session", NULL);
}

static int add_peers(struct sw_guard *g, int family, __u16 port, struct sw_err *e)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} request = {
		.h = {.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY},
		.r = {.sdiag_family = family,
		      .sdiag_protocol = IPPROTO_TCP,
		      .idiag_states = 1 << TCP_ESTABLISHED,
		      .id.idiag_sport = htons(port)}, /* the kernel filters by it */
	};
	struct sw_err why;

	if (!sw_netlink_dump(NETLINK_SOCK_DIAG, &request.h, add_peer, g, &why))
		return 0;
	return sw_fail(
		e, why.exit,
		"%s; SSH sessions cannot be protected (set guard.keep_ssh = false to do without)",
		why.text);
}

/* "203.0.113.9 50000 192.0.2.1 22": client and server. */
static int add_own_session(struct sw_guard *g, __u16 *port, struct sw_err *e)
{
	const char *connection = getenv("SSH_CONNECTION");
	char client[SW_PREFIX_TEXT];
	unsigned int served;

	*port = SSH_PORT;
	if (!connection || sscanf(connection, "%63s %*u %*s %u", client, &served) != 2)
		return 0;
	if (served > 0 && served < 65536)
		*port = served;
	return sw_guard_add_text(g, client, SW_GUARD_SSH, "SSH session", e);
}

int sw_guard_ssh(struct sw_guard *g, struct sw_err *e)
{
	__u16 port[PORTS_MAX + 2] = {SSH_PORT};
	int count = 2;

	if (add_own_session(g, &port[1], e))
		return -1;
	if (!sw_anybody_logged_in()) /* a dump walks the whole connection table */
		return 0;
	count += sw_sshd_ports(port + count, PORTS_MAX);
	for (int i = 0; i < count; i++) {
		bool asked = false;

		for (int j = 0; j < i; j++)
			asked |= port[j] == port[i];
		if (!asked &&
		    (add_peers(g, AF_INET, port[i], e) || add_peers(g, AF_INET6, port[i], e)))
			return -1;
	}
	return 0;
}
