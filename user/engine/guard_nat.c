// SPDX-License-Identifier: GPL-2.0-only
/* Is there a rule of nftables, iptables or IPVS by which a packet gets to a socket of another
 * port or address? */
#include <net/if.h>
#include <netinet/in.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "engine/guard_internal.h"

#define ENTRIES_MOST (64 << 20) /* bytes of one table that are looked through */

/* Names of nft expressions and of iptables targets, as a rule has them. */
static const char *const names[] = {"redir",  "tproxy", "nat",	  "REDIRECT",
				    "TPROXY", "DNAT",	"NETMAP", "DNPT"};

static bool moves(const void *rules, size_t bytes)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (memmem(rules, bytes, names[i], strlen(names[i]) + 1))
			return true;
	return false;
}

/* ---- nftables, and iptables on top of it */

static int find_nft(const struct nlmsghdr *h, void *arg)
{
	bool *found = arg;

	*found |= moves(NLMSG_DATA(h), NLMSG_PAYLOAD(h, 0));
	return 0;
}

static bool has_nft(void)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg m;
	} request = {
		.h = {.nlmsg_len = sizeof(request),
		      .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE},
		.m = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0},
	};
	struct sw_err none; /* no nf_tables, so no rules in it */
	bool found = false;

	sw_netlink_dump(NETLINK_NETFILTER, &request.h, find_nft, &found, &none);
	return found;
}

/* ---- iptables by itself ("legacy") */

/* The same for IPv4 and IPv6 but for the numbers of the calls. */
static const struct {
	const char *tables;
	int family, level, info, entries;
} legacy[] = {
	{"/proc/net/ip_tables_names", AF_INET, SOL_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES},
	{"/proc/net/ip6_tables_names", AF_INET6, SOL_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES},
};

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "one layout");
_Static_assert(offsetof(struct ipt_get_entries, entrytable) ==
		       offsetof(struct ip6t_get_entries, entrytable),
	       "one layout");

/* A table that cannot be read may hold such a rule. */
static bool table_moves(int fd, int k, const char *table)
{
	struct ipt_getinfo info = {0};
	socklen_t length = sizeof(info);
	struct ipt_get_entries *e;
	bool found = true;

	snprintf(info.name, sizeof(info.name), "%s", table);
	if (getsockopt(fd, legacy[k].level, legacy[k].info, &info, &length) ||
	    info.size > ENTRIES_MOST)
		return true;
	length = sizeof(*e) + info.size;
	e = calloc(1, length);
	if (!e)
		return true;
	snprintf(e->name, sizeof(e->name), "%s", table);
	e->size = info.size;
	if (!getsockopt(fd, legacy[k].level, legacy[k].entries, e, &length))
		found = moves(e->entrytable, info.size);
	free(e);
	return found;
}

/* Only of tables that are there: asked for another, the kernel would load its module. */
static bool has_legacy(int k)
{
	FILE *f = fopen(legacy[k].tables, "re");
	int fd = f ? socket(legacy[k].family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	char table[XT_TABLE_MAXNAMELEN];
	bool found = false;

	while (f && !found && fscanf(f, "%31s", table) == 1)
		if (!strcmp(table, "nat") || !strcmp(table, "mangle"))
			found = table_moves(fd, k, table);
	if (f)
		fclose(f);
	if (fd >= 0)
		close(fd);
	return found;
}

/* ---- IPVS */

static bool has_ipvs(void)
{
	FILE *f = fopen("/proc/net/ip_vs", "re");
	char line[256];
	int lines = 0;

	while (f && lines <= 3 && fgets(line, sizeof(line), f))
		lines++;
	if (f)
		fclose(f);
	return lines > 3; /* three are of the header */
}

bool sw_guard_has_nat(void)
{
	return has_legacy(0) || has_legacy(1) || has_ipvs() || has_nft();
}
