/* SPDX-License-Identifier: GPL-2.0-only */
/* Link headers other than Ethernet's. */
#ifndef SCANWALL_LINK_H
#define SCANWALL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_link_header {
	uint16_t type; /* as in an Ethernet header */
	size_t size;   /* bytes before the network header */
	bool group;    /* broadcast or multicast */
};

/* Is this link type of libpcap (DLT_...) supported? */
bool sw_link_known(int link);
/* False: too short, or a payload without an Ethernet type. */
bool sw_link_read(int link, const uint8_t *data, size_t size, struct sw_link_header *h);

#endif
