/* SPDX-License-Identifier: GPL-2.0-only */
/* The headers that a replay needs to pair packets with connections. Whether a packet is
 * evidence is judged by the BPF program alone. */
#ifndef SCANWALL_HEADERS_H
#define SCANWALL_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <scanwall/abi.h>

enum sw_headers_error {
	SW_HEADERS_NONE,
	SW_HEADERS_UNREACHABLE, /* ICMP: port or protocol unreachable */
	SW_HEADERS_OTHER_ERROR, /* another ICMP error */
};

struct sw_headers {
	struct sw_addr src, dst;
	uint16_t sport, dport; /* host order; 0 where there are none */
	uint8_t proto;
	uint8_t flags;		     /* of TCP */
	bool group;		     /* to a multicast or broadcast address */
	bool later_fragment;	     /* has no ports */
	bool refusal;		     /* an SCTP ABORT */
	bool data;		     /* data follows the transport header */
	enum sw_headers_error error; /* then `quoted` is the packet it is about */
	const uint8_t *quoted;
	size_t transport; /* where in the frame the transport header begins, */
	size_t needed;	  /* how many bytes of the frame are headers, */
	size_t ends;	  /* and where the IP packet ends, by its length field */
};

/* Reads an Ethernet frame. False: not IP, or truncated headers; transport, needed and ends are
 * then set as far as possible. */
bool sw_headers_read(const uint8_t *frame, size_t size, struct sw_headers *h);
/* The packet that an ICMP error quotes, which is cut short: ports are enough. */
bool sw_headers_quoted(const struct sw_headers *h, const uint8_t *end, struct sw_headers *inner);

#endif
