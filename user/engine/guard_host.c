// SPDX-License-Identifier: GPL-2.0-only
/* Facts about the host, so that its normal traffic is not taken for probes. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "engine/guard_internal.h"
#include "engine/settings.h"

#define PORT_RANGE_FILE "/proc/sys/net/ipv4/ip_local_port_range"
#define EPHEMERAL_LOW 32768 /* its default */

/* Protocols used by hosts and routers; the kernel replies "protocol unreachable" to
 * others, which is what nmap -sO looks for (IANA numbers). */
static const __u8 common[] = {
	IPPROTO_ICMP,	IPPROTO_IGMP,	 IPPROTO_IPIP,	IPPROTO_TCP, IPPROTO_UDP,
	IPPROTO_IPV6,	IPPROTO_GRE,	 IPPROTO_ESP,	IPPROTO_AH,  IPPROTO_ICMPV6,
	IPPROTO_NONE,	88 /* EIGRP */,	 89 /* OSPF */, IPPROTO_PIM, 112 /* VRRP */,
	115 /* L2TP */, IPPROTO_UDPLITE,
};

static void speak(__u64 protocols[4], unsigned int proto)
{
	if (proto < 256)
		protocols[proto >> 6] |= 1ull << (proto & 63);
}

void sw_guard_common(__u64 protocols[4])
{
	memset(protocols, 0, 4 * sizeof(*protocols));
	for (size_t i = 0; i < sizeof(common); i++)
		speak(protocols, common[i]);
}

/* Raw sockets are listed with their protocol as local port, after the colon of the
 * second column. */
static void add_raw_sockets(__u64 protocols[4], const char *file)
{
	char line[256];
	unsigned int proto;
	FILE *f = fopen(file, "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x", &proto) == 1)
			speak(protocols, proto);
	if (f)
		fclose(f);
}

static int read_number(const char *file, unsigned int *n)
{
	FILE *f = fopen(file, "re");
	int got = f ? fscanf(f, "%u", n) : 0;

	if (f)
		fclose(f);
	return got == 1 ? 0 : -1;
}

static bool forwards(void)
{
	unsigned int four = 0, six = 0;

	read_number("/proc/sys/net/ipv4/ip_forward", &four);
	read_number("/proc/sys/net/ipv6/conf/all/forwarding", &six);
	return four || six;
}

void sw_guard_host(const struct sw_engine *g, const struct sw_prefix_list *nat64)
{
	__u64 found[4];
	unsigned int low = EPHEMERAL_LOW;

	/* The program must load without /proc, too: in a container or a rescue system. */
	read_number(PORT_RANGE_FILE, &low);
	sw_guard_common(found);
	add_raw_sockets(found, "/proc/net/raw");
	add_raw_sockets(found, "/proc/net/raw6");
	/* XDP cannot look up SCTP sockets, so a loaded module counts as use. */
	if (!access("/proc/net/sctp", F_OK))
		speak(found, IPPROTO_SCTP);
	sw_setting_store(g, ephemeral_low, low);
	sw_setting_store(g, forwards, forwards());
	for (int w = 0; w < 4; w++)
		sw_setting_store(g, protocols[w], found[w]);
	sw_guard_hidden(g, nat64);
	sw_syn_flood_host(g);
}
