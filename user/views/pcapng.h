/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture file (draft-ietf-opsawg-pcapng) of packets with comments. */
#ifndef SCANWALL_PCAPNG_H
#define SCANWALL_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sw_pcapng_packet {
	uint32_t interface; /* in the order of calls of sw_pcapng_interface(), from 0 */
	int64_t time;	    /* ns since 1970 */
	const uint8_t *data;
	uint32_t captured, length; /* bytes of data, and of the packet */
	bool leaves;
	uint64_t action; /* verdict of XDP, or of tc for outgoing packets */
	const char *comment;
};

/* All return -1 if the stream has failed. */
int sw_pcapng_begin(FILE *f);
/* raw: frames start with an IP header. */
int sw_pcapng_interface(FILE *f, const char *name, bool raw, uint32_t snap_length);
int sw_pcapng_packet(FILE *f, const struct sw_pcapng_packet *p);
/* Writes how many packets are missing, at the end. time: ns since 1970. */
int sw_pcapng_losses(FILE *f, uint32_t interface, int64_t time, uint64_t lost);

#endif
