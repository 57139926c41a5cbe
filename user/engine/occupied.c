// SPDX-License-Identifier: GPL-2.0-only
/* Says which program keeps an interface from getting ours: one at it, or at a device that
 * stands on it. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "engine/guard_internal.h"
#include "engine/internal.h"

/* The link by which that program occupies the interface; 0: none. Only its owner or bpftool
 * can remove it: `ip link set ... xdp off` is refused. Links of other network namespaces have
 * the same indices. */
static __u32 link_at(int ifindex, __u32 prog_id)
{
	struct bpf_link_info info;
	__u32 id = 0, size;
	int fd, rc;

	while (prog_id && !bpf_link_get_next_id(id, &id)) {
		fd = bpf_link_get_fd_by_id(id);
		if (fd < 0)
			continue;
		size = sizeof(info);
		memset(&info, 0, sizeof(info));
		rc = bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
		if (!rc && info.type == BPF_LINK_TYPE_XDP && (int)info.xdp.ifindex == ifindex &&
		    info.prog_id == prog_id)
			return id;
	}
	return 0;
}

struct upper {
	int ifindex, master; /* of the interface, and what it is a member of */
	char name[IF_NAMESIZE];
};

static bool has_program(const struct rtattr *xdp)
{
	const struct rtattr *a = RTA_DATA(xdp);

	for (int bytes = RTA_PAYLOAD(xdp); RTA_OK(a, bytes); a = RTA_NEXT(a, bytes))
		if (a->rta_type == IFLA_XDP_ATTACHED)
			return *(const unsigned char *)RTA_DATA(a) != XDP_ATTACHED_NONE;
	return false;
}

static int note_upper(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(m);
	const char *name = "";
	struct upper *u = arg;
	bool elsewhere = false, program = false;
	int lower = 0;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	for (int bytes = IFLA_PAYLOAD(h); RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if (a->rta_type == IFLA_IFNAME)
			name = RTA_DATA(a);
		if (a->rta_type == IFLA_LINK)
			memcpy(&lower, RTA_DATA(a), sizeof(lower));
		if (a->rta_type == IFLA_LINK_NETNSID)
			elsewhere = true;
		if (a->rta_type == IFLA_XDP)
			program = has_program(a);
		if (a->rta_type == IFLA_MASTER && m->ifi_index == u->ifindex)
			memcpy(&u->master, RTA_DATA(a), sizeof(u->master));
	}
	if (program && ((lower == u->ifindex && !elsewhere) || m->ifi_index == u->master))
		snprintf(u->name, sizeof(u->name), "%s", name);
	return 0;
}

/* The device on top of it that has a program; "" if none is found here. */
static void find_upper(struct upper *u)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg m;
	} links = {.h = {.nlmsg_len = sizeof(links), .nlmsg_type = RTM_GETLINK}};
	struct sw_err ignored;

	/* A master may come before its member, hence twice. */
	for (int i = 0; i < 2 && !u->name[0]; i++)
		sw_netlink_dump(NETLINK_ROUTE, &links.h, note_upper, u, &ignored);
}

static int refuse_upper(int ifindex, const char *ifname, struct sw_err *e)
{
	struct upper u = {.ifindex = ifindex};

	find_upper(&u);
	if (u.name[0])
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s can have no XDP program while %s, which stands on it, has one; "
			       "remove that first (scanwall detach %s, or the tool that attached "
			       "it)",
			       ifname, u.name, u.name);
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s can have no XDP program while a device that stands on it has one, "
		       "perhaps in another network namespace; remove that first",
		       ifname);
}

int sw_refuse_occupied(int ifindex, const char *ifname, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info), id = 0, link;
	int fd;

	if (bpf_xdp_query(ifindex, 0, &q) == 0)
		id = q.prog_id ?: q.drv_prog_id ?: q.skb_prog_id ?: q.hw_prog_id;
	if (!id)
		return refuse_upper(ifindex, ifname, e);
	fd = bpf_prog_get_fd_by_id(id);
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
	}
	link = link_at(ifindex, id);
	if (link)
		return sw_fail(
			e, SW_EXIT_FAILED,
			"%s already has an XDP program, \"%s\" (id %u), attached by a link; remove "
			"it first with the tool that attached it (%sor: bpftool link detach id %u)",
			ifname, info.name[0] ? info.name : "unnamed", id,
			strcmp(info.name, "scanwall") ? ""
						      : "scanwall detach with its own --pin-dir, ",
			link);
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s already has an XDP program, \"%s\" (id %u); remove it first (ip link "
		       "set dev %s xdp off, or the tool that attached it)",
		       ifname, info.name[0] ? info.name : "unnamed", id, ifname);
}
