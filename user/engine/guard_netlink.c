// SPDX-License-Identifier: GPL-2.0-only
/* From the kernel: the addresses of this host and its default gateways, in the current
 * network namespace. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "engine/guard_internal.h"

#define ANSWER_BYTES 32768 /* the kernel's maximum per datagram */
#define TRIES 5		   /* in case of changes during a dump */

struct sw_addr sw_guard_addr(int family, const void *bytes)
{
	struct sw_addr a;
	__u32 four;

	if (family == AF_INET) {
		memcpy(&four, bytes, sizeof(four));
		return sw_addr_from4(four);
	}
	memcpy(&a, bytes, sizeof(a));
	return a;
}

/* 1 done, 0 more to come, -1 and errno. */
static int read_answers(const struct nlmsghdr *h, int bytes, sw_netlink_fn fn, void *arg,
			bool *interrupted)
{
	for (; NLMSG_OK(h, (unsigned int)bytes); h = NLMSG_NEXT(h, bytes)) {
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			errno = -((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			return -1;
		}
		if (fn(h, arg)) {
			errno = ENOMEM;
			return -1;
		}
	}
	return 0;
}

static int dump_once(int fd, const struct nlmsghdr *request, void *answer, sw_netlink_fn fn,
		     void *arg, bool *interrupted)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK}, from = {0};
	socklen_t size;
	ssize_t n;
	int rc = 0;

	*interrupted = false;
	if (sendto(fd, request, request->nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	    0)
		return -1;
	while (rc == 0) {
		size = sizeof(from);
		n = recvfrom(fd, answer, ANSWER_BYTES, 0, (struct sockaddr *)&from, &size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (from.nl_pid == 0)
			rc = read_answers(answer, n, fn, arg, interrupted);
	}
	return rc < 0 ? -1 : 0;
}

int sw_netlink_dump(int protocol, struct nlmsghdr *request, sw_netlink_fn fn, void *arg,
		    struct sw_err *e)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	void *answer = malloc(ANSWER_BYTES);
	bool interrupted = true;
	int rc = fd < 0 || !answer ? -1 : 0;

	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	/* Duplicates are dropped, so a second round is harmless. */
	for (int i = 0; rc == 0 && interrupted && i < TRIES; i++)
		rc = dump_once(fd, request, answer, fn, arg, &interrupted);
	if (rc)
		sw_fail(e, SW_EXIT_FAILED, "cannot ask the kernel for the %s of this host: %s",
			protocol == NETLINK_ROUTE ? "addresses and routes" : "connections",
			strerror(errno));
	free(answer);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int add_of_link(struct sw_guard *g, const struct ifaddrmsg *m, const void *bytes,
		       enum sw_guard_kind kind)
{
	struct sw_addr addr = sw_guard_addr(m->ifa_family, bytes);
	struct sw_prefix p = sw_prefix_of(&addr, m->ifa_family == AF_INET ? 32 : 128);
	char ifname[IF_NAMESIZE] = "?", text[64];

	if (!sw_guard_wants(g, &p)) /* looking up its name takes another socket */
		return 0;
	if_indextoname(m->ifa_index, ifname);
	snprintf(text, sizeof(text), "%s of %s",
		 kind == SW_GUARD_OWN ? "own address" : "broadcast address", ifname);
	return sw_guard_add(g, &p.addr, p.plen, kind, text, NULL);
}

/* The link's broadcast address, which the kernel derives if none is set
 * (fib_add_ifaddr()). Packets in its name are forged; a block would only fill the list. */
static int add_broadcast(struct sw_guard *g, const struct ifaddrmsg *m, const void *local)
{
	__u32 addr;

	if (m->ifa_family != AF_INET || m->ifa_prefixlen > 30)
		return 0;
	memcpy(&addr, local, sizeof(addr));
	if (ntohl(addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET) /* all of 127.0.0.0/8 is guarded */
		return 0;
	addr |= htonl(0xffffffffu >> m->ifa_prefixlen);
	return add_of_link(g, m, &addr, SW_GUARD_BROADCAST);
}

static int add_own(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = IFA_RTA(m);
	int bytes = IFA_PAYLOAD(h);
	const void *local = NULL, *address = NULL;

	if ((h->nlmsg_type != RTM_NEWADDR && h->nlmsg_type != RTM_GETANYCAST) ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
		return 0;
	for (; RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if (a->rta_type == IFA_LOCAL || a->rta_type == IFA_ANYCAST)
			local = RTA_DATA(a);
		if (a->rta_type == IFA_ADDRESS)
			address = RTA_DATA(a);
	}
	/* with a peer, IFA_ADDRESS is the peer's address */
	if (!local)
		local = address;
	if (!local)
		return 0;
	return add_of_link(arg, m, local, SW_GUARD_OWN) || add_broadcast(arg, m, local);
}

static int dump_addresses(struct sw_guard *g, __u16 type, __u8 family, struct sw_err *e)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg m;
	} request = {
		.h = {.nlmsg_len = sizeof(request), .nlmsg_type = type},
		.m = {.ifa_family = family},
	};

	return sw_netlink_dump(NETLINK_ROUTE, &request.h, add_own, g, e);
}

/* A host that forwards answers at the subnet-router anycast address (RFC 4291 2.6.1), too. */
int sw_guard_own(struct sw_guard *g, struct sw_err *e)
{
	struct sw_err ignored;

	if (dump_addresses(g, RTM_GETADDR, AF_UNSPEC, e))
		return -1;
	dump_addresses(g, RTM_GETANYCAST, AF_INET6, &ignored); /* none without IPv6 */
	return 0;
}

static int add_gateway(struct sw_guard *g, int family, const void *bytes)
{
	struct sw_addr a = sw_guard_addr(family, bytes);

	return sw_guard_add(g, &a, family == AF_INET ? 32 : 128, SW_GUARD_GATEWAY, "gateway", NULL);
}

static int add_gateways(struct sw_guard *g, int family, const struct rtattr *a, int bytes);

static int add_next_hops(struct sw_guard *g, int family, const struct rtattr *multi)
{
	const struct rtnexthop *hop = RTA_DATA(multi);
	int left = RTA_PAYLOAD(multi);

	for (; RTNH_OK(hop, left); left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		if (add_gateways(g, family, RTNH_DATA(hop), hop->rtnh_len - sizeof(*hop)))
			return -1;
	return 0;
}

static int add_gateways(struct sw_guard *g, int family, const struct rtattr *a, int bytes)
{
	const struct rtvia *via;
	int rc = 0;

	for (; rc == 0 && RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if (a->rta_type == RTA_GATEWAY)
			rc = add_gateway(g, family, RTA_DATA(a));
		if (a->rta_type == RTA_MULTIPATH)
			rc = add_next_hops(g, family, a);
		if (a->rta_type == RTA_VIA) { /* IPv4 through an IPv6 router */
			via = RTA_DATA(a);
			if (via->rtvia_family == AF_INET || via->rtvia_family == AF_INET6)
				rc = add_gateway(g, via->rtvia_family, via->rtvia_addr);
		}
	}
	return rc;
}

static int add_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *m = NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWROUTE || m->rtm_dst_len || m->rtm_type != RTN_UNICAST ||
	    (m->rtm_family != AF_INET && m->rtm_family != AF_INET6))
		return 0;
	return add_gateways(arg, m->rtm_family, RTM_RTA(m), RTM_PAYLOAD(h));
}

int sw_guard_gateways(struct sw_guard *g, struct sw_err *e)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg m;
	} request = {
		.h = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETROUTE},
		.m = {.rtm_family = AF_UNSPEC},
	};

	return sw_netlink_dump(NETLINK_ROUTE, &request.h, add_route, g, e);
}
