/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client offered, encoded in the low bits of the timestamp that it echoes with
 * our cookie. The upper bits are the time, so it never goes backwards. Nobody else
 * reads these bits: `admit` tells the kernel to offset its own timestamps from it. */
#ifndef STAMP_H
#define STAMP_H

#include "maps.h"

#define NO_SCALE 15
#define SCALE_MOST 14 /* RFC 7323 2.3 */
#define STAMP_BITS 7  /* MSS 2, SACK 1, window scale 4 */

struct sw_offer {
	__u16 mss;  /* one that a cookie can encode */
	__u8 scale; /* NO_SCALE: none */
	bool sack;
};

/* net/ipv4/syncookies.c and net/ipv6/syncookies.c, msstab[] */
static __always_inline __u16 mss_at(bool v6, __u32 i)
{
	if (v6)
		return i == 0 ? 1220 : i == 1 ? 1420 : i == 2 ? 1440 : 8940;
	return i == 0 ? 536 : i == 1 ? 1300 : i == 2 ? 1440 : 1460;
}

static __always_inline __u32 mss_index(__u16 mss)
{
	if (mss <= 1220)
		return 0;
	if (mss <= 1420)
		return 1;
	return mss == 1440 ? 2 : 3;
}

static __always_inline __u32 stamp_of(const struct sw_offer *o, __u32 ms)
{
	return (ms & ~((1u << STAMP_BITS) - 1)) | mss_index(o->mss) << 5 | (__u32)o->sack << 4 |
	       (o->scale & 15);
}

static __always_inline struct sw_offer offer_in(__u32 stamp, bool v6)
{
	return (struct sw_offer){
		.mss = mss_at(v6, stamp >> 5 & 3), .scale = stamp & 15, .sack = stamp >> 4 & 1};
}

#endif
