// SPDX-License-Identifier: GPL-2.0-only
/* Where a prefix is kept: drop sets for addresses and IPv6 /64s, hashes for
 * the rest. */
#include <endian.h>
#include "blocklist/internal.h"

enum sw_block_map sw_block_map_of(const struct sw_prefix *p)
{
	/* 0.0.0.0 is how a slot of drop4 says that there is nothing. */
	if (p->v4)
		return p->plen == 32 && sw_addr_to4(&p->addr) ? SW_IN_DROP4 : SW_IN_PREFIX4;
	return p->plen == 64 || p->plen == 128 ? SW_IN_DROP6 : SW_IN_PREFIX6;
}

__u64 sw_half(const struct sw_addr *a, int i)
{
	__u64 half;

	memcpy(&half, &a->byte[8 * i], sizeof(half));
	return be64toh(half);
}

struct sw_prefix sw_prefix_of_halves(__u64 high, __u64 low, __u8 plen)
{
	struct sw_prefix p = {.plen = plen};

	high = htobe64(high);
	low = htobe64(low);
	memcpy(&p.addr.byte[0], &high, sizeof(high));
	memcpy(&p.addr.byte[8], &low, sizeof(low));
	return p;
}

enum sw_map sw_prefix_key(const struct sw_prefix *p, bool allow, void *key)
{
	struct sw_prefix4 key4 = {.plen = p->plen};
	struct sw_prefix6 key6 = {.plen = p->plen, .addr = p->addr};

	if (!p->v4) {
		memcpy(key, &key6, sizeof(key6));
		return allow ? SW_MAP_allow6 : SW_MAP_prefix6;
	}
	key4.addr = sw_addr_to4(&p->addr);
	memcpy(key, &key4, sizeof(key4));
	return allow ? SW_MAP_allow4 : SW_MAP_prefix4;
}
