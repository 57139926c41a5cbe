// SPDX-License-Identifier: GPL-2.0-only
/* A frame on one line, and as JSON. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "base/addr.h"
#include "events/events.h"
#include "replay/headers.h"
#include "views/frame.h"
#include "views/packet_text.h"

#define ENDPOINT_TEXT (SW_PREFIX_TEXT + 8)
#define ICMP_ECHO 8
#define ICMP6_ECHO 128

static bool is_icmp(const struct sw_headers *h)
{
	return h->proto == IPPROTO_ICMP || h->proto == IPPROTO_ICMPV6;
}

static bool has_ports(const struct sw_headers *h)
{
	return !h->later_fragment &&
	       (h->proto == IPPROTO_TCP || h->proto == IPPROTO_UDP || h->proto == IPPROTO_SCTP);
}

/* The addresses are read before anything that may be truncated. */
static bool has_addresses(const struct sw_headers *h)
{
	static const struct sw_addr none;

	return memcmp(&h->src, &none, sizeof(none)) != 0 ||
	       memcmp(&h->dst, &none, sizeof(none)) != 0;
}

static void put_endpoint(const struct sw_headers *h, const struct sw_addr *a, uint16_t port,
			 char buf[ENDPOINT_TEXT])
{
	char addr[SW_PREFIX_TEXT];

	sw_addr_text(a, addr);
	if (!has_ports(h))
		snprintf(buf, ENDPOINT_TEXT, "%s", addr);
	else if (sw_addr_is4(a))
		snprintf(buf, ENDPOINT_TEXT, "%s:%u", addr, port);
	else
		snprintf(buf, ENDPOINT_TEXT, "[%s]:%u", addr, port);
}

static void put_detail(const struct sw_headers *h, const uint8_t *frame, size_t size, char buf[48])
{
	uint8_t type = h->transport < size ? frame[h->transport] : 0;

	buf[0] = '\0';
	if (h->later_fragment)
		snprintf(buf, 48, "later fragment");
	else if (h->proto == IPPROTO_TCP)
		sw_flags_text(h->flags, buf);
	else if (is_icmp(h) && type == (h->proto == IPPROTO_ICMP ? ICMP_ECHO : ICMP6_ECHO))
		snprintf(buf, 48, "echo request");
	else if (is_icmp(h))
		snprintf(buf, 48, "type %u", type);
}

const char *sw_packet_text(const uint8_t *frame, size_t size, char buf[SW_PACKET_TEXT])
{
	char src[ENDPOINT_TEXT], dst[ENDPOINT_TEXT], proto[SW_PROTO_TEXT], detail[48];
	struct sw_headers h;
	bool whole = sw_headers_read(frame, size, &h);

	if (!has_addresses(&h)) {
		snprintf(buf, SW_PACKET_TEXT, "%zu bytes, no IP header", size);
		return buf;
	}
	put_endpoint(&h, &h.src, h.sport, src);
	put_endpoint(&h, &h.dst, h.dport, dst);
	put_detail(&h, frame, size, detail);
	snprintf(buf, SW_PACKET_TEXT, "%s > %s %s%s%s", src, dst, sw_proto_name(h.proto, proto),
		 whole && detail[0] ? " " : "", whole ? detail : "");
	return buf;
}

void sw_packet_add_json(json_t *o, const uint8_t *frame, size_t size)
{
	char addr[SW_PREFIX_TEXT], proto[SW_PROTO_TEXT], flags[48];
	struct sw_headers h;
	bool whole = sw_headers_read(frame, size, &h);

	if (!has_addresses(&h))
		return;
	json_object_set_new(o, "src_ip", json_string(sw_addr_text(&h.src, addr)));
	if (has_ports(&h))
		json_object_set_new(o, "src_port", json_integer(h.sport));
	json_object_set_new(o, "dest_ip", json_string(sw_addr_text(&h.dst, addr)));
	if (has_ports(&h))
		json_object_set_new(o, "dest_port", json_integer(h.dport));
	json_object_set_new(o, "proto", json_string(sw_proto_name(h.proto, proto)));
	if (whole && has_ports(&h) && h.proto == IPPROTO_TCP)
		json_object_set_new(o, "flags",
				    json_string(h.flags ? sw_flags_text(h.flags, flags) : "none"));
}
