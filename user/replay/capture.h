/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture file, read by libpcap, as the Ethernet frames that the program
 * takes, whatever link it was taken on. */
#ifndef SCANWALL_CAPTURE_H
#define SCANWALL_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* Longest frame passed to the program: as much as a NIC may coalesce (GRO, LRO). */
#define SW_CAPTURE_FRAME 65536

struct sw_capture_frame {
	uint64_t number;     /* from 1, as Wireshark counts */
	int64_t time;	     /* ns since 1970 */
	const uint8_t *data; /* until the next is read */
	size_t size;
	bool cut; /* headers were cut by the snap length */
};

struct sw_capture;

/* NULL: no such file, not a capture, or an unsupported link type (802.11). */
struct sw_capture *sw_capture_open(const char *file, struct sw_err *e);
/* 1: read, 0: at the end, -1: the file is broken from here on. */
int sw_capture_next(struct sw_capture *c, struct sw_capture_frame *f, struct sw_err *e);
void sw_capture_close(struct sw_capture *c);

#endif
