// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities of each attached interface. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "engine/guard_internal.h"
#include "engine/internal.h"

#define ANSWER_BYTES 32768

/* Between guests of one machine, checksums may be left to hardware that packets never
 * reach. */
static const char *const virtual_drivers[] = {"veth", "virtio_net", "tun", "vif", "xen-netfront"};

static bool driver_of(const char *ifname, char driver[32])
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq r = {.ifr_data = (char *)&info};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%.*s", IF_NAMESIZE - 1, ifname);
	rc = fd < 0 ? -1 : ioctl(fd, SIOCETHTOOL, &r);
	if (fd >= 0)
		close(fd);
	memcpy(driver, info.driver, 32);
	driver[31] = 0;
	return !rc;
}

/* ---- the peer of a veth, wherever it is */

struct link_request {
	struct nlmsghdr h;
	struct ifinfomsg m;
	struct rtattr a;
	__s32 nsid;
};

struct link_facts {
	int peer; /* its peer's ifindex, 0: none */
	int nsid; /* namespace of the peer, -1: this one */
	bool xdp;
};

static void read_link(const struct nlmsghdr *h, struct link_facts *facts)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(m), *in;
	int bytes = IFLA_PAYLOAD(h), inner;

	*facts = (struct link_facts){.nsid = -1};
	for (; RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if (a->rta_type == IFLA_LINK)
			facts->peer = *(int *)RTA_DATA(a);
		if (a->rta_type == IFLA_LINK_NETNSID)
			facts->nsid = *(int *)RTA_DATA(a);
		if ((a->rta_type & NLA_TYPE_MASK) != IFLA_XDP)
			continue;
		inner = RTA_PAYLOAD(a);
		for (in = RTA_DATA(a); RTA_OK(in, inner); in = RTA_NEXT(in, inner))
			if (in->rta_type == IFLA_XDP_ATTACHED)
				facts->xdp = *(__u8 *)RTA_DATA(in) == XDP_ATTACHED_DRV;
	}
}

/* nsid: -1 for here. */
static bool ask_link(int ifindex, int nsid, struct link_facts *facts)
{
	struct link_request q = {
		.h = {.nlmsg_len = sizeof(q),
		      .nlmsg_type = RTM_GETLINK,
		      .nlmsg_flags = NLM_F_REQUEST},
		.m = {.ifi_index = ifindex},
		.a = {.rta_len = RTA_LENGTH(sizeof(q.nsid)), .rta_type = IFLA_TARGET_NETNSID},
		.nsid = nsid,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct nlmsghdr *h = malloc(ANSWER_BYTES);
	bool told = false;
	ssize_t n;

	if (nsid < 0)
		q.h.nlmsg_len = NLMSG_LENGTH(sizeof(q.m));
	if (fd >= 0 && h && send(fd, &q, q.h.nlmsg_len, 0) > 0) {
		n = recv(fd, h, ANSWER_BYTES, 0);
		told = n > 0 && NLMSG_OK(h, (size_t)n) && h->nlmsg_type == RTM_NEWLINK;
		if (told)
			read_link(h, facts);
	}
	free(h);
	if (fd >= 0)
		close(fd);
	return told;
}

/* veth drops XDP_TX frames if the peer has no XDP program. */
static bool peer_takes_xdp(int ifindex)
{
	struct link_facts here, there;

	return ask_link(ifindex, -1, &here) && here.peer &&
	       ask_link(here.peer, here.nsid, &there) && there.xdp;
}

/* A router advertisement sets the hop limit of the interface that it came by (RFC 4861 6.3.4).
 * Labels: 0 and 2 leave them to each socket. */
static __u32 ipv6_of(const char *ifname)
{
	char name[64];
	__u32 able;

	snprintf(name, sizeof(name), "ipv6/conf/%.15s/hop_limit", ifname);
	able = (sw_sysctl(name, 0) & 0xff) << 8;
	return sw_sysctl("ipv6/auto_flowlabels", 1) & 1 ? able : able | SW_IFACE_NO_LABEL;
}

static __u32 ability_of(const struct sw_attachment *a)
{
	__u32 able = ipv6_of(a->ifname);
	char driver[32];

	/* In generic mode a reply passes through most of the stack twice. */
	if (a->xdp == SW_XDP_NATIVE)
		able |= SW_IFACE_ANSWERS;
	if (!driver_of(a->ifname, driver))
		return able | SW_IFACE_PARTIAL;
	for (size_t i = 0; i < sizeof(virtual_drivers) / sizeof(virtual_drivers[0]); i++)
		if (!strcmp(driver, virtual_drivers[i]))
			able |= SW_IFACE_PARTIAL;
	if (!strcmp(driver, "veth") && !peer_takes_xdp(a->ifindex))
		able &= ~SW_IFACE_ANSWERS;
	return able;
}

static void forget_gone(const struct sw_engine *g, const struct sw_attachment *at, int n)
{
	__u32 key, next;
	int fd = g->fd[SW_MAP_interfaces], more = !bpf_map_get_next_key(fd, NULL, &next);

	while (more) {
		bool there = false;

		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
		for (int i = 0; i < n; i++)
			there |= (__u32)at[i].ifindex == key;
		if (!there)
			bpf_map_delete_elem(fd, &key);
	}
}

int sw_interfaces_sync(struct sw_engine *g, struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MOST];
	int n = sw_engine_attachments(g->dir, at, SW_LINKS_MOST, e);
	__u32 key, able;

	if (n < 0)
		return -1;
	n = n < SW_LINKS_MOST ? n : SW_LINKS_MOST;
	for (int i = 0; i < n; i++) {
		key = at[i].ifindex;
		able = ability_of(&at[i]);
		if (key && bpf_map_update_elem(g->fd[SW_MAP_interfaces], &key, &able, BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED, "cannot write %s/%s: %s", g->dir,
				       sw_map_name(SW_MAP_interfaces), strerror(errno));
	}
	forget_gone(g, at, n);
	return 0;
}
