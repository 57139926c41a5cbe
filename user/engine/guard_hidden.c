// SPDX-License-Identifier: GPL-2.0-only
/* What the program cannot see by itself: ports served by sockets it does not find,
 * devices without an Ethernet header, and IPv6 prefixes on our links. */
#include <endian.h>
#include <net/if_arp.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "engine/guard_internal.h"
#include "engine/internal.h"
#include "engine/settings.h"

#define LOOPBACK_IFINDEX 1

struct search {
	const struct sw_engine *g;
	const struct sw_attachment *at;
	int attached;
	bool found;
};

static bool is_attached(const struct search *s, int ifindex)
{
	for (int i = 0; i < s->attached; i++)
		if (s->at[i].ifindex == ifindex)
			return true;
	return false;
}

static struct search attached_ones(const struct sw_engine *g, struct sw_attachment at[])
{
	struct sw_err none;
	int n = sw_engine_attachments(g->dir, at, SW_LINKS_MOST, &none);

	n = n < 0 ? 0 : n < SW_LINKS_MOST ? n : SW_LINKS_MOST;
	return (struct search){.g = g, .at = at, .attached = n};
}

/* ---- listeners bound to another device: bridge, VLAN, VRF, macvlan */

static int find_bound(const struct nlmsghdr *h, void *arg)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct search *s = arg;
	int device;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return 0;
	device = m->id.idiag_if;
	if (!device || device == LOOPBACK_IFINDEX || m->id.idiag_dport)
		return 0;
	s->found |= !is_attached(s, device);
	return 0;
}

static bool has_bound_listeners(const struct sw_engine *g)
{
	struct sw_attachment at[SW_LINKS_MOST];
	struct search s = attached_ones(g, at);
	struct sw_err none;
	static const int families[] = {AF_INET, AF_INET6}, protocols[] = {IPPROTO_TCP, IPPROTO_UDP};

	for (int i = 0; i < 4; i++) {
		struct {
			struct nlmsghdr h;
			struct inet_diag_req_v2 r;
		} request = {
			.h = {.nlmsg_len = sizeof(request), .nlmsg_type = SOCK_DIAG_BY_FAMILY},
			.r = {.sdiag_family = families[i & 1],
			      .sdiag_protocol = protocols[i >> 1],
			      .idiag_states = 1 << TCP_LISTEN | 1 << TCP_CLOSE},
		};

		sw_netlink_dump(NETLINK_SOCK_DIAG, &request.h, find_bound, &s, &none);
	}
	return s.found;
}

/* ---- devices */

bool sw_guard_is_raw_type(int type)
{
	switch (type) {
	case ARPHRD_NONE: /* tun, WireGuard */
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case 823: /* ARPHRD_IP6GRE */
	case ARPHRD_PPP:
	case 519: /* ARPHRD_RAWIP */
		return true;
	}
	return false;
}

/* -1: there is no such interface. */
static int type_of(int fd, const char *ifname)
{
	struct ifreq r = {0};

	memcpy(r.ifr_name, ifname, strnlen(ifname, IFNAMSIZ - 1));
	return ioctl(fd, SIOCGIFHWADDR, &r) ? -1 : r.ifr_hwaddr.sa_family;
}

/* Those attached first, then what may be attached next, as far as there is room. */
static void find_raw_devices(const struct sw_engine *g)
{
	struct sw_attachment at[SW_LINKS_MOST];
	struct search s = attached_ones(g, at);
	struct if_nameindex *all = if_nameindex(), *i;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), n = 0;

	for (int others = 0; others < 2; others++)
		for (i = all; i && fd >= 0 && i->if_index && n < SW_RAW_DEVICES; i++)
			if (is_attached(&s, i->if_index) != others &&
			    sw_guard_is_raw_type(type_of(fd, i->if_name)))
				sw_setting_store(g, raw_device[n++], i->if_index);
	sw_setting_store(g, raw_devices, n > 0);
	for (; n < SW_RAW_DEVICES; n++)
		sw_setting_store(g, raw_device[n], 0);
	if (all)
		if_freenameindex(all);
	if (fd >= 0)
		close(fd);
}

static int make_raw(const struct sw_engine *g, int ifindex, const char *ifname, struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MOST];
	struct search s = attached_ones(g, at);
	int place = -1;

	for (int i = 0; i < SW_RAW_DEVICES; i++) {
		if (*sw_setting_at(g, raw_device[i]) == (__u32)ifindex)
			return 0;
		if (!is_attached(&s, *sw_setting_at(g, raw_device[i])))
			place = i;
	}
	if (place < 0)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s has no Ethernet header, and %d such interfaces are attached "
			       "already, which is the most",
			       ifname, SW_RAW_DEVICES);
	sw_setting_store(g, raw_device[place], ifindex);
	sw_setting_store(g, raw_devices, 1);
	return 0;
}

int sw_guard_link_header(const struct sw_engine *g, int ifindex, const char *ifname,
			 struct sw_err *e)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int type = fd < 0 ? -1 : type_of(fd, ifname);

	if (fd >= 0)
		close(fd);
	if (type < 0 || type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK)
		return 0;
	if (sw_guard_is_raw_type(type))
		return make_raw(g, ifindex, ifname, e);
	return sw_fail(e, SW_EXIT_FAILED,
		       "packets at %s begin with a header that the program cannot parse (link type "
		       "%d): attach to the interface below it",
		       ifname, type);
}

/* ---- neighbours: the /64s of our addresses; and those where a translator shows IPv4 hosts,
 * which is said, not found */

static __u64 high_half(const struct sw_addr *a)
{
	__u64 high;

	memcpy(&high, a->byte, sizeof(high));
	return be64toh(high);
}

static void find_own_links(const struct sw_engine *g, const struct sw_prefix_list *nat64)
{
	FILE *f = fopen("/proc/net/if_inet6", "re");
	unsigned int plen, scope, high[2];
	__u64 link[SW_OWN_LINKS] = {0}, one;
	int n = 0, k;

	for (k = 0; k < nat64->count && k < SW_NAT64_MOST; k++)
		link[n++] = high_half(&nat64->item[k].addr);
	while (f && fscanf(f, "%8x%8x%*16[0-9a-f] %*x %x %x %*x %*s", &high[0], &high[1], &plen,
			   &scope) == 4) {
		one = (__u64)high[0] << 32 | high[1];
		if (scope || plen > 127 || n == SW_OWN_LINKS)
			continue;
		for (k = 0; k < n && link[k] != one; k++)
			;
		if (k == n)
			link[n++] = one;
	}
	if (f)
		fclose(f);
	for (k = 0; k < SW_OWN_LINKS; k++)
		sw_setting_store(g, own_link[k], link[k]);
}

void sw_guard_hidden(const struct sw_engine *g, const struct sw_prefix_list *nat64)
{
	sw_setting_store(g, asks, sw_guard_has_nat() || has_bound_listeners(g));
	find_raw_devices(g);
	find_own_links(g, nat64);
}
