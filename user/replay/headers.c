// SPDX-License-Identifier: GPL-2.0-only
/* Ethernet, VLAN tags, IPv4 or IPv6 with extensions, TCP, UDP, SCTP, ICMP. */
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>
#include "base/addr.h"
#include "replay/headers.h"

#define VLAN_TAGS 2
#define EXTENSIONS 8
#define SCTP_ABORT 6 /* RFC 9260 3.2: the first chunk's type */

struct cursor {
	const uint8_t *at, *end;
};

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static size_t left(const struct cursor *c)
{
	return c->end - c->at;
}

static bool read_tcp(struct cursor *c, struct sw_headers *h, size_t length)
{
	size_t header;

	h->needed += 20;
	if (left(c) < 14)
		return left(c) >= 4; /* a first fragment: the ports at least */
	h->flags = c->at[13];
	header = (c->at[12] >> 4) * 4;
	h->data = length > header;
	return true;
}

static bool is_icmp_error(uint8_t proto, uint8_t type)
{
	if (proto == IPPROTO_ICMPV6)
		return type < 128; /* RFC 4443 2.1 */
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

static bool is_refusal(uint8_t proto, uint8_t type, uint8_t code)
{
	if (proto == IPPROTO_ICMPV6)
		return type == ICMP6_DST_UNREACH && code == ICMP6_DST_UNREACH_NOPORT;
	return type == ICMP_DEST_UNREACH &&
	       (code == ICMP_PORT_UNREACH || code == ICMP_PROT_UNREACH);
}

static bool read_icmp(struct cursor *c, struct sw_headers *h)
{
	h->needed += 8;
	if (left(c) < 8 || !is_icmp_error(h->proto, c->at[0]))
		return true;
	h->error = is_refusal(h->proto, c->at[0], c->at[1]) ? SW_HEADERS_UNREACHABLE
							    : SW_HEADERS_OTHER_ERROR;
	h->quoted = c->at + 8;
	return true;
}

/* length: of the transport header and what follows, as IP says. */
static bool read_transport(struct cursor *c, struct sw_headers *h, size_t length)
{
	if (h->later_fragment)
		return true;
	if (h->proto == IPPROTO_ICMP || h->proto == IPPROTO_ICMPV6)
		return read_icmp(c, h);
	if (h->proto != IPPROTO_TCP && h->proto != IPPROTO_UDP && h->proto != IPPROTO_SCTP)
		return true;
	if (left(c) >= 4) {
		h->sport = get16(c->at);
		h->dport = get16(c->at + 2);
	}
	if (h->proto == IPPROTO_TCP)
		return read_tcp(c, h, length);
	h->needed += h->proto == IPPROTO_UDP ? 8 : 12;
	h->data = length > 8;
	h->refusal = h->proto == IPPROTO_SCTP && left(c) > 12 && c->at[12] == SCTP_ABORT;
	return left(c) >= 4;
}

static bool read_ip4(struct cursor *c, struct sw_headers *h, size_t *length)
{
	size_t header;
	uint32_t addr;

	h->needed += 20;
	if (left(c) < 20)
		return false;
	header = (c->at[0] & 15) * 4;
	if (c->at[0] >> 4 != 4 || header < 20 || left(c) < header)
		return false;
	memcpy(&addr, c->at + 12, 4);
	h->src = sw_addr_from4(addr);
	memcpy(&addr, c->at + 16, 4);
	h->dst = sw_addr_from4(addr);
	h->group = c->at[16] >= 224;
	h->proto = c->at[9];
	h->later_fragment = get16(c->at + 6) & IP_OFFMASK;
	h->ends += get16(c->at + 2);
	*length = get16(c->at + 2) > header ? get16(c->at + 2) - header : 0;
	h->needed += header - 20;
	c->at += header;
	return true;
}

static size_t extension_size(uint8_t type, const uint8_t *at)
{
	if (type == IPPROTO_FRAGMENT)
		return 8;
	return type == IPPROTO_AH ? (at[1] + 2) * 4 : (at[1] + 1) * 8;
}

static bool read_extensions(struct cursor *c, struct sw_headers *h, size_t *length)
{
	uint8_t type;
	size_t size;

	for (int i = 0; i < EXTENSIONS; i++) {
		type = h->proto;
		if (type != IPPROTO_HOPOPTS && type != IPPROTO_ROUTING && type != IPPROTO_DSTOPTS &&
		    type != IPPROTO_FRAGMENT && type != IPPROTO_AH)
			return true;
		if (left(c) < 8)
			return false;
		size = extension_size(type, c->at);
		h->later_fragment = type == IPPROTO_FRAGMENT && get16(c->at + 2) & 0xfff8;
		h->proto = c->at[0];
		h->needed += size;
		if (left(c) < size)
			return false;
		*length -= size < *length ? size : *length;
		c->at += size;
		if (h->later_fragment)
			return true;
	}
	return false;
}

static bool read_ip6(struct cursor *c, struct sw_headers *h, size_t *length)
{
	h->needed += 40;
	if (left(c) < 40 || c->at[0] >> 4 != 6)
		return false;
	memcpy(&h->src, c->at + 8, 16);
	memcpy(&h->dst, c->at + 24, 16);
	h->group = c->at[24] == 0xff;
	h->proto = c->at[6];
	*length = get16(c->at + 4);
	h->ends += 40 + *length;
	c->at += 40;
	return read_extensions(c, h, length);
}

static bool read_ip(struct cursor *c, struct sw_headers *h, bool v4)
{
	const uint8_t *begin = c->at;
	size_t length = 0;

	if (!(v4 ? read_ip4(c, h, &length) : read_ip6(c, h, &length)))
		return false;
	h->transport += c->at - begin;
	return read_transport(c, h, length);
}

bool sw_headers_read(const uint8_t *frame, size_t size, struct sw_headers *h)
{
	struct cursor c = {frame + ETH_HLEN, frame + size};
	bool group, ok;
	uint16_t type;

	memset(h, 0, sizeof(*h));
	if (size < ETH_HLEN)
		return false;
	group = frame[0] & 1;
	type = get16(frame + 12);
	for (int i = 0; i < VLAN_TAGS && (type == ETH_P_8021Q || type == ETH_P_8021AD); i++) {
		if (left(&c) < 4)
			return false;
		type = get16(c.at + 2);
		c.at += 4;
	}
	h->transport = h->needed = h->ends = c.at - frame;
	if (type != ETH_P_IP && type != ETH_P_IPV6)
		return false;
	ok = read_ip(&c, h, type == ETH_P_IP);
	h->group |= group;
	return ok;
}

bool sw_headers_quoted(const struct sw_headers *h, const uint8_t *end, struct sw_headers *inner)
{
	struct cursor c = {h->quoted, end};

	memset(inner, 0, sizeof(*inner));
	if (!h->quoted || h->quoted >= end)
		return false;
	return read_ip(&c, inner, h->proto == IPPROTO_ICMP);
}
