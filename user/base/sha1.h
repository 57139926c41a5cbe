/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-1 (FIPS 180-4) of short texts, for identifiers; not for secrets. */
#ifndef SCANWALL_SHA1_H
#define SCANWALL_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SW_SHA1_BYTES 20
#define SW_SHA1_MAX 55 /* one block, less its padding */

/* n: up to SW_SHA1_MAX. */
void sw_sha1(const void *text, size_t n, uint8_t out[SW_SHA1_BYTES]);

#endif
