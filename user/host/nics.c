// SPDX-License-Identifier: GPL-2.0-only
/* Network interfaces, their drivers, and which support native XDP. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/grow.h"
#include "engine/guard_internal.h"
#include "host/host.h"

struct search {
	struct sw_interfaces *out;
	struct sw_err *e;
};

static void read_kind(const struct rtattr *info, struct sw_interface *i)
{
	const struct rtattr *a = RTA_DATA(info);

	for (int bytes = RTA_PAYLOAD(info); RTA_OK(a, bytes); a = RTA_NEXT(a, bytes))
		if (a->rta_type == IFLA_INFO_KIND)
			snprintf(i->kind, sizeof(i->kind), "%s", (const char *)RTA_DATA(a));
}

static int add_link(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(m);
	struct search *s = arg;
	struct sw_interface *i;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (sw_grow((void **)&s->out->item, &s->out->room, s->out->count, sizeof(*i), s->e))
		return -1;
	i = &s->out->item[s->out->count++];
	*i = (struct sw_interface){
		.index = m->ifi_index, .flags = m->ifi_flags, .type = m->ifi_type};
	for (int bytes = IFLA_PAYLOAD(h); RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if (a->rta_type == IFLA_IFNAME)
			snprintf(i->name, sizeof(i->name), "%s", (const char *)RTA_DATA(a));
		if (a->rta_type == IFLA_MTU)
			memcpy(&i->mtu, RTA_DATA(a), sizeof(i->mtu));
		if (a->rta_type == IFLA_MASTER)
			memcpy(&i->master, RTA_DATA(a), sizeof(i->master));
		if (a->rta_type == IFLA_LINK)
			memcpy(&i->lower, RTA_DATA(a), sizeof(i->lower));
		if (a->rta_type == IFLA_LINKINFO)
			read_kind(a, i);
		if (a->rta_type == IFLA_LINK_NETNSID)
			i->lower_elsewhere = true;
	}
	if (i->lower_elsewhere) /* the number is another device's here, if it is any's */
		i->lower = 0;
	return 0;
}

static void mark_outward(struct sw_interfaces *l, const void *index)
{
	int n;

	memcpy(&n, index, sizeof(n));
	for (size_t k = 0; k < l->count; k++)
		if (l->item[k].index == n)
			l->item[k].outward = true;
}

static int add_default_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = RTM_RTA(m);
	const struct rtnexthop *hop;

	if (h->nlmsg_type != RTM_NEWROUTE || m->rtm_dst_len || m->rtm_type != RTN_UNICAST)
		return 0;
	for (int bytes = RTM_PAYLOAD(h); RTA_OK(a, bytes); a = RTA_NEXT(a, bytes)) {
		if (a->rta_type == RTA_OIF)
			mark_outward(arg, RTA_DATA(a));
		if (a->rta_type != RTA_MULTIPATH)
			continue;
		hop = RTA_DATA(a);
		for (int left = RTA_PAYLOAD(a); RTNH_OK(hop, left);
		     left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
			mark_outward(arg, &hop->rtnh_ifindex);
	}
	return 0;
}

static int ethtool(int fd, const char *name, void *command)
{
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	r.ifr_data = command;
	return ioctl(fd, SIOCETHTOOL, &r);
}

static void ask_driver(int fd, struct sw_interface *i)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};

	if (!ethtool(fd, i->name, &driver))
		snprintf(i->driver, sizeof(i->driver), "%s", driver.driver);
	if (!ethtool(fd, i->name, &channels)) {
		i->queues = channels.combined_count ?: channels.rx_count;
		i->queues_rx = !channels.max_combined;
		i->queues_most = channels.max_combined ?: channels.max_rx;
	}
	if (!ethtool(fd, i->name, &flags)) {
		i->lro = flags.data & ETH_FLAG_LRO;
		i->strips_vlan = flags.data & ETH_FLAG_RXVLAN;
	}
}

static void ask_xdp(struct sw_interface *i)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int fd;

	if (bpf_xdp_query(i->index, 0, &q))
		return;
	i->xdp_id = q.prog_id ?: q.drv_prog_id ?: q.skb_prog_id ?: q.hw_prog_id;
	fd = i->xdp_id ? bpf_prog_get_fd_by_id(i->xdp_id) : -1;
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		snprintf(i->xdp_name, sizeof(i->xdp_name), "%s", info.name);
	close(fd);
}

static int find_links(struct sw_interfaces *out, struct sw_err *e)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg m;
	} links = {.h = {.nlmsg_len = sizeof(links), .nlmsg_type = RTM_GETLINK}};
	struct {
		struct nlmsghdr h;
		struct rtmsg m;
	} routes = {.h = {.nlmsg_len = sizeof(routes), .nlmsg_type = RTM_GETROUTE}};
	struct search s = {out, e};

	if (sw_netlink_dump(NETLINK_ROUTE, &links.h, add_link, &s, e))
		return -1;
	return sw_netlink_dump(NETLINK_ROUTE, &routes.h, add_default_route, out, e);
}

int sw_interfaces_find(struct sw_interfaces *out, struct sw_err *e)
{
	int fd;

	memset(out, 0, sizeof(*out));
	if (find_links(out, e)) {
		sw_interfaces_free(out);
		return -1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t k = 0; k < out->count; k++) {
		if (fd >= 0)
			ask_driver(fd, &out->item[k]);
		ask_xdp(&out->item[k]);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

void sw_interfaces_free(struct sw_interfaces *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}

const struct sw_interface *sw_interfaces_get(const struct sw_interfaces *l, const char *name)
{
	for (size_t k = 0; k < l->count; k++)
		if (!strcmp(l->item[k].name, name))
			return &l->item[k];
	return NULL;
}

static const struct sw_interface *interface_at(const struct sw_interfaces *l, int index)
{
	for (size_t k = 0; k < l->count; k++)
		if (l->item[k].index == index)
			return &l->item[k];
	return NULL;
}

/* ---- stacked devices */

int sw_interfaces_members(const struct sw_interfaces *l, const struct sw_interface *i, bool ends,
			  const struct sw_interface *member[SW_FIRST_MAX])
{
	int n = 0;

	for (size_t k = 0; k < l->count && n < SW_FIRST_MAX; k++)
		if (l->item[k].master == i->index &&
		    (ends || (strcmp(l->item[k].kind, "veth") && strcmp(l->item[k].kind, "tun"))))
			member[n++] = &l->item[k];
	return n;
}

static bool is_one_of(const char *kind, const char *const *kinds)
{
	while (*kinds && strcmp(*kinds, kind) != 0)
		kinds++;
	return *kinds;
}

/* Not of tunnels and MACsec: what is below them carries their packets wrapped. */
int sw_interfaces_first(const struct sw_interfaces *l, const struct sw_interface *i,
			const struct sw_interface *first[SW_FIRST_MAX])
{
	static const char *const on_top[] = {"vlan",	"macvlan", "ipvlan",
					     "macvtap", "ipvtap",  NULL};
	static const char *const over[] = {"bridge", "vrf", "team", NULL};
	const struct sw_interface *lower;
	int n = 0;

	for (int depth = 0; depth < 8 && is_one_of(i->kind, on_top); depth++) {
		lower = interface_at(l, i->lower);
		if (!lower)
			break;
		i = lower;
	}
	if (is_one_of(i->kind, over))
		n = sw_interfaces_members(l, i, false, first);
	if (!n)
		first[n++] = i;
	return n;
}

/* Drivers with an ndo_bpf that takes XDP_SETUP_PROG in Linux 6.1 or before,
 * and those that have come since. */
bool sw_driver_native(const char *driver)
{
	static const char *const known[] = {
		"atlantic",  "bnxt_en",	   "bonding",	"cpsw",	       "dpaa2-eth",    "ena",
		"enetc",     "fec",	   "fsl_dpa",	"gve",	       "hv_netvsc",    "i40e",
		"iavf",	     "ice",	   "igb",	"igc",	       "ixgbe",	       "ixgbevf",
		"mana",	     "mlx4_en",	   "mlx5_core", "mtk_soc_eth", "mvneta",       "mvpp2",
		"netdevsim", "netsec",	   "nfp",	"nicvf",       "octeontx2",    "qede",
		"sfc",	     "st_gmac",	   "stmmac",	"thunderx",    "tsnep",	       "tun",
		"veth",	     "virtio_net", "vmxnet3",	"xennet",      "xen_netfront",
	};

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
		if (!strcmp(known[k], driver))
			return true;
	return false;
}

const char *sw_driver_slow_tx(const struct sw_interface *i)
{
	if (!strcmp(i->driver, "virtio_net") && i->queues_most && i->queues_most < 2)
		return "one queue pair: the driver sends under a lock that the stack shares";
	if (!strcmp(i->driver, "ena"))
		return "the driver's ring for what XDP sends is short (amzn-drivers#264)";
	return NULL;
}
