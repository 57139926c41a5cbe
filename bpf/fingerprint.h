/* SPDX-License-Identifier: GPL-2.0-only */
/* SYN headers that only scanners send. Scanners build them by hand; a stack that means
 * to connect offers window scaling, SACK or timestamps, and sets DF. docs/detection.md
 * lists the source of each signature and the real stacks it was checked against. A
 * scanner can be patched, so a header never counts for more than a closed port. */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include "pkt_meta.h"

#define ZMAP_ID 54321 /* zmap up to 4.0, src/probe_modules/packet.c */

/* MSS 1460 alone: nmap's tcp options for -sS, masscan's from 2023 on. */
#define MSS_ONLY bpf_htonl(0x020405b4)

/* masscan is stateless: its IP ID is derived from fields that the reply repeats. */
static __always_inline bool is_masscan_id(const struct pkt_meta *p)
{
	__u32 mark = bpf_ntohl(p->flow.local) ^ p->port ^ bpf_ntohl(p->seq);

	return p->ip_id == (__u16)mark;
}

static __always_inline enum sw_tool tool_without_options(const struct pkt_meta *p)
{
	bool v4 = p->family == AF_INET;

	if (v4 && p->seq == (__be32)p->flow.local)
		return SW_TOOL_MIRAI;
	if (p->window == 1024)
		return v4 && !is_masscan_id(p) ? SW_TOOL_NMAP : SW_TOOL_MASSCAN;
	if (v4 && p->window == 65535 && p->ip_id == ZMAP_ID)
		return SW_TOOL_ZMAP;
	return p->window == 512 ? SW_TOOL_HPING : SW_TOOL_UNKNOWN;
}

static __always_inline enum sw_tool tool_with_mss(const struct pkt_meta *p)
{
	if (p->first_option != MSS_ONLY || p->dont_fragment)
		return SW_TOOL_UNKNOWN;
	if (p->window == 1024)
		return SW_TOOL_NMAP;
	return p->window == 1025 ? SW_TOOL_MASSCAN : SW_TOOL_UNKNOWN;
}

/* The windows of nmap's OS detection, S1 to S6, ECN and T5 (osscan2.cc). */
static __always_inline bool is_os_window(__u16 window)
{
	return window == 1 || window == 3 || window == 4 || window == 16 || window == 63 ||
	       window == 512 || window == 31337;
}

/* Identifies the tool behind a plain SYN. */
static __always_inline enum sw_tool tool_of_syn(const struct pkt_meta *p)
{
	switch (p->doff) {
	case 5:
		return tool_without_options(p);
	case 6:
		return tool_with_mss(p);
	case 8:
	case 10:
		return is_os_window(p->window) ? SW_TOOL_NMAP_OS : SW_TOOL_UNKNOWN;
	}
	return SW_TOOL_UNKNOWN;
}

/* For a probe that its flags already reveal. */
static __always_inline enum sw_tool tool_of_probe(const struct pkt_meta *p)
{
	if (p->doff >= 8)
		return SW_TOOL_NMAP_OS;
	if (p->doff != 5)
		return SW_TOOL_UNKNOWN;
	if (p->window == 1024)
		return SW_TOOL_NMAP;
	return p->window == 512 ? SW_TOOL_HPING : SW_TOOL_UNKNOWN;
}

#endif
