// SPDX-License-Identifier: GPL-2.0-only
/* Reads link headers other than Ethernet's, as https://www.tcpdump.org/linktypes.html has them. */
#include <linux/if_ether.h>
#include <pcap/dlt.h>
#include <string.h>
#include "replay/link.h"

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* Both cooked headers give 1 to broadcasts and 2 to multicasts. */
static bool cooked(const uint8_t *data, size_t size, size_t header, size_t type_at, size_t kind,
		   struct sw_link_header *h)
{
	if (size < header)
		return false;
	h->size = header;
	h->type = get16(data + type_at);
	h->group = kind == 1 || kind == 2;
	return true;
}

static bool raw_ip(const uint8_t *data, size_t size, size_t skip, struct sw_link_header *h)
{
	if (size <= skip)
		return false;
	h->size = skip;
	h->type = data[skip] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	return true;
}

/* The protocol family of the capturing system, in its byte order; the version field of the IP
 * header is more reliable. */
static bool loopback(const uint8_t *data, size_t size, struct sw_link_header *h)
{
	return size > 4 && (data[4] >> 4 == 4 || data[4] >> 4 == 6) && raw_ip(data, size, 4, h);
}

/* RFC 1661 2, RFC 1662 3.1 (address and control, where they were not left out). */
static bool ppp(const uint8_t *data, size_t size, struct sw_link_header *h)
{
	size_t at = size > 1 && data[0] == 0xff && data[1] == 3 ? 2 : 0;
	uint16_t protocol;

	if (size < at + 2)
		return false;
	protocol = get16(data + at);
	if (protocol != 0x0021 && protocol != 0x0057)
		return false;
	h->size = at + 2;
	h->type = protocol == 0x0021 ? ETH_P_IP : ETH_P_IPV6;
	return true;
}

bool sw_link_known(int link)
{
	switch (link) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
	case DLT_PPP:
	case DLT_PPP_SERIAL:
	case DLT_C_HDLC:
		return true;
	}
	return false;
}

bool sw_link_read(int link, const uint8_t *data, size_t size, struct sw_link_header *h)
{
	memset(h, 0, sizeof(*h));
	switch (link) {
	case DLT_LINUX_SLL:
		return size > 1 && cooked(data, size, 16, 14, get16(data), h);
	case DLT_LINUX_SLL2:
		return size > 10 && cooked(data, size, 20, 0, data[10], h);
	case DLT_C_HDLC:
		return cooked(data, size, 4, 2, 0, h);
	case DLT_NULL:
	case DLT_LOOP:
		return loopback(data, size, h);
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return ppp(data, size, h);
	}
	return raw_ip(data, size, 0, h);
}
