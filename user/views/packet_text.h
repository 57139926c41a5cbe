/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame in a line, and in JSON. */
#ifndef SCANWALL_PACKET_TEXT_H
#define SCANWALL_PACKET_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define SW_PACKET_TEXT 256

/* "198.51.100.7:40000 > 192.0.2.1:23 TCP SYN"; "60 bytes, not IP". Of an Ethernet
 * frame, or the beginning of one. */
const char *sw_packet_text(const uint8_t *frame, size_t size, char buf[SW_PACKET_TEXT]);
/* Adds addresses, ports, protocol and flags to `o`, named as in events; nothing if it is not IP.
 * Adds addresses, ports, protocol and flags to `o`, named as in events; nothing if it is not IP. */
void sw_packet_add_json(json_t *o, const uint8_t *frame, size_t size);

#endif
