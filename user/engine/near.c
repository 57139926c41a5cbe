// SPDX-License-Identifier: GPL-2.0-only
/* Marks where allow entries are. Marks stay: a stale one costs a look-up. */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>
#include <scanwall/dropset.h>
#include "engine/internal.h"
#include "engine/settings.h"

static __u32 hash_of_32(const struct sw_engine *g, const struct sw_addr *a)
{
	__u64 high;

	memcpy(&high, a->byte, sizeof(high));
	return sw_hash6(be64toh(high) & 0xffffffff00000000ull, 0, g->settings->seed) & 0xffff;
}

static bool is_link_local(const struct sw_prefix *p)
{
	return p->plen >= 10 && p->addr.byte[0] == 0xfe && (p->addr.byte[1] & 0xc0) == 0x80;
}

int sw_near_allow(const struct sw_engine *g, const struct sw_prefix *p, struct sw_err *e)
{
	__u32 from, to;
	struct sw_window w;
	__u64 *words, bit;

	if (!p->v4 && p->plen < 32) {
		/* The program knows this one by itself, as it always stands there. */
		if (!is_link_local(p))
			sw_setting_store(g, wide_allow6, 1);
		return 0;
	}
	if (p->v4) {
		from = ntohl(sw_addr_to4(&p->addr)) >> 16;
		to = p->plen < 16 ? from | ((1u << (16 - p->plen)) - 1) : from;
	} else {
		from = to = hash_of_32(g, &p->addr);
	}
	if (sw_window_open(g, SW_MAP_near, SW_NEAR_ALLOW, SW_NEAR_WORDS - SW_NEAR_ALLOW, &w, e))
		return -1;
	words = w.at;
	for (__u32 n = from; n <= to; n++) {
		bit = 1ull << (n & 63);
		if (!(words[n >> 6] & bit))
			__sync_fetch_and_or(&words[n >> 6], bit);
	}
	sw_window_close(&w);
	return 0;
}
