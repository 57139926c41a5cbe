/* SPDX-License-Identifier: GPL-2.0-only */
/* What flood.bpf.c sends and counts. */
#ifndef PROOF_FORGED_H
#define PROOF_FORGED_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/types.h>

#define FORGED_NET 0x0a000000u /* 10.0.0.0/8 */
#define FORGED_HOSTS 0x00ffffffu
#define FRAME_PADDING 6 /* to the 60 bytes of Ethernet's shortest */

struct segment {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

struct forged {
	__u64 gap_ns, due_ns, end_ns; /* CLOCK_MONOTONIC */
	__u64 sent, syn_acks, resets;
	__u32 source; /* network order; 0: one of FORGED_NET after the other */
	__u32 each;   /* so many segments in one name */
	__u32 seed;
	__u32 ip_sum, tcp_sum; /* of what stays the same, the pseudo header included */
	__u16 port, spread;    /* to port .. port + spread, a power of two less one */
	__u32 acks;	       /* 1: with a random acknowledgement number */
};

#endif
