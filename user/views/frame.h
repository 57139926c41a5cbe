/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds the frame of a packet described by `scanwall test`. */
#ifndef SCANWALL_FRAME_H
#define SCANWALL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <scanwall/abi.h>
#include "base/err.h"

#define SW_FRAME_MAX 128

struct sw_packet {
	struct sw_addr src, dst; /* of one family */
	__u8 proto;		 /* IPPROTO_TCP, _UDP or _ICMP (v6: ICMPv6) */
	__u16 sport, dport;	 /* host order */
	__u8 flags;		 /* of TCP, as in its header */
};

/* "syn,ack", "none". */
int sw_flags_parse(const char *text, __u8 *flags, struct sw_err *e);
/* "SYN,ACK", "no flags". */
const char *sw_flags_text(__u8 flags, char buf[48]);

/* Ethernet, IP and TCP, UDP or an ICMP echo request; returns its length. */
size_t sw_frame_build(const struct sw_packet *p, unsigned char frame[SW_FRAME_MAX]);

/* An address of this host for a packet of that family to go to: of interface
 * `ifname` if it has one, else of any; 0 found, -1 none. */
int sw_frame_own_address(bool v4, const char *ifname, struct sw_addr *out);

#endif
