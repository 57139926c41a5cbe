// SPDX-License-Identifier: GPL-2.0-only
/* Builds the frame that `scanwall test` describes. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include "base/addr.h"
#include "views/frame.h"

#define WINDOW 64240
#define HOPS 64

static const char *const flag_names[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};

#define FLAGS ((int)(sizeof(flag_names) / sizeof(flag_names[0])))

static int flag_of(const char *word, size_t len)
{
	for (int i = 0; i < FLAGS; i++) {
		if (strlen(flag_names[i]) == len && strncasecmp(word, flag_names[i], len) == 0)
			return i;
	}
	return -1;
}

int sw_flags_parse(const char *text, __u8 *flags, struct sw_err *e)
{
	size_t len;
	int bit;

	*flags = 0;
	if (strcasecmp(text, "none") == 0)
		return 0;
	for (const char *at = text;; at += len + 1) {
		len = strcspn(at, ",");
		bit = flag_of(at, len);
		if (bit < 0)
			return sw_fail(
				e, SW_EXIT_USAGE,
				"--flags: unknown TCP flag \"%.*s\" (expected none, or any of "
				"syn,ack,fin,rst,psh,urg,ece,cwr)",
				(int)len, at);
		*flags |= 1 << bit;
		if (!at[len])
			return 0;
	}
}

const char *sw_flags_text(__u8 flags, char buf[48])
{
	size_t at = 0;

	if (!flags)
		return strcpy(buf, "no flags");
	for (int i = 0; i < FLAGS; i++) {
		if (!(flags & 1 << i))
			continue;
		at += snprintf(buf + at, 48 - at, "%s%s", at ? "," : "", flag_names[i]);
	}
	for (char *c = buf; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c;
	return buf;
}

static size_t put_transport(const struct sw_packet *p, bool v4, unsigned char *at)
{
	struct tcphdr tcp = {0};
	struct udphdr udp = {0};
	struct icmphdr icmp = {.type = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST};

	if (p->proto == IPPROTO_TCP) {
		tcp.th_sport = htons(p->sport);
		tcp.th_dport = htons(p->dport);
		tcp.th_off = sizeof(tcp) / 4;
		tcp.th_flags = p->flags;
		tcp.th_win = htons(WINDOW);
		memcpy(at, &tcp, sizeof(tcp));
		return sizeof(tcp);
	}
	if (p->proto == IPPROTO_UDP) {
		udp.uh_sport = htons(p->sport);
		udp.uh_dport = htons(p->dport);
		udp.uh_ulen = htons(sizeof(udp));
		memcpy(at, &udp, sizeof(udp));
		return sizeof(udp);
	}
	memcpy(at, &icmp, sizeof(icmp));
	return sizeof(icmp);
}

static void put_ip4(const struct sw_packet *p, unsigned char *at, size_t payload)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(sizeof(ip) + payload),
		.ttl = HOPS,
		.protocol = p->proto,
		.saddr = sw_addr_to4(&p->src),
		.daddr = sw_addr_to4(&p->dst),
	};

	memcpy(at, &ip, sizeof(ip));
}

static void put_ip6(const struct sw_packet *p, unsigned char *at, size_t payload)
{
	struct ip6_hdr ip = {0};

	ip.ip6_flow = htonl(6u << 28);
	ip.ip6_plen = htons(payload);
	ip.ip6_nxt = p->proto == IPPROTO_ICMP ? IPPROTO_ICMPV6 : p->proto;
	ip.ip6_hlim = HOPS;
	memcpy(&ip.ip6_src, p->src.byte, 16);
	memcpy(&ip.ip6_dst, p->dst.byte, 16);
	memcpy(at, &ip, sizeof(ip));
}

/* Without checksums: the program runs before they are checked. */
size_t sw_frame_build(const struct sw_packet *p, unsigned char frame[SW_FRAME_MAX])
{
	bool v4 = sw_addr_is4(&p->src);
	size_t head = v4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr), payload, bytes;
	struct ether_header eth = {.ether_type = htons(v4 ? ETHERTYPE_IP : ETHERTYPE_IPV6)};

	memset(frame, 0, SW_FRAME_MAX);
	memcpy(frame, &eth, sizeof(eth));
	payload = put_transport(p, v4, frame + sizeof(eth) + head);
	if (v4)
		put_ip4(p, frame + sizeof(eth), payload);
	else
		put_ip6(p, frame + sizeof(eth), payload);
	bytes = sizeof(eth) + head + payload;
	return bytes < ETHER_MIN_LEN - ETHER_CRC_LEN ? ETHER_MIN_LEN - ETHER_CRC_LEN : bytes;
}

static bool read_address(const struct ifaddrs *i, bool v4, struct sw_addr *out)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)i->ifa_addr;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)i->ifa_addr;

	if (!i->ifa_addr || i->ifa_flags & IFF_LOOPBACK)
		return false;
	if (v4 && i->ifa_addr->sa_family == AF_INET) {
		*out = sw_addr_from4(four->sin_addr.s_addr);
		return true;
	}
	if (v4 || i->ifa_addr->sa_family != AF_INET6 || IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
		return false;
	memcpy(out->byte, &six->sin6_addr, 16);
	return true;
}

int sw_frame_own_address(bool v4, const char *ifname, struct sw_addr *out)
{
	struct ifaddrs *all, *i;
	struct sw_addr a;
	int found = -1;

	if (getifaddrs(&all))
		return -1;
	for (i = all; i; i = i->ifa_next) {
		if (!read_address(i, v4, &a))
			continue;
		if (ifname && strcmp(i->ifa_name, ifname) == 0) {
			*out = a;
			found = 0;
			break;
		}
		if (found)
			*out = a;
		found = 0;
	}
	freeifaddrs(all);
	return found;
}
