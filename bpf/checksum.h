/* SPDX-License-Identifier: GPL-2.0-only */
/* Internet checksums (RFC 1071) of headers that the program writes. */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include "maps.h"

/* To 16 bits, not complemented. */
static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline __u64 sum_words(const void *at, int words)
{
	__u64 sum = 0;
	__u32 word;

#pragma unroll
	for (int i = 0; i < words; i++) {
		__builtin_memcpy(&word, at + 4 * i, sizeof(word));
		sum += word;
	}
	return sum;
}

#endif
