/* SPDX-License-Identifier: GPL-2.0-only */
/* Capture files of the newer format (draft-ietf-opsawg-pcapng). libpcap refuses those
 * whose interfaces differ in snap length or link type, as all of a router do. */
#ifndef SCANWALL_PCAPNG_READER_H
#define SCANWALL_PCAPNG_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include "base/err.h"

struct sw_pcapng_reader;

struct sw_captured {
	struct timeval time; /* tv_usec: ns */
	uint32_t size, whole_size;
	int link;	     /* DLT_... */
	const uint8_t *data; /* until the next one */
};

bool sw_is_pcapng(const char *file);
/* NULL: why says it. */
struct sw_pcapng_reader *sw_pcapng_open(const char *file, struct sw_err *why);
void sw_pcapng_close(struct sw_pcapng_reader *r);
/* 1, 0 at the end, -1 with why. */
int sw_pcapng_next(struct sw_pcapng_reader *r, struct sw_captured *p, struct sw_err *why);

#endif
