// SPDX-License-Identifier: GPL-2.0-only
/* What the program asks before the allowlist itself: is an entry near, and which
 * lengths are there? Marks stay: one too much costs a look-up. */
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
	return sw_hash_32(be64toh(high), g->settings->seed) & 0xffff;
}

static bool is_link_local(const struct sw_prefix *p)
{
	return p->plen >= 10 && p->addr.byte[0] == 0xfe && (p->addr.byte[1] & 0xc0) == 0x80;
}

static void mark(__u64 *word, __u64 bit)
{
	if (!(*word & bit))
		__sync_fetch_and_or(word, bit);
}

int sw_allow_announce(const struct sw_engine *g, const struct sw_prefix *p, struct sw_err *e)
{
	const struct sw_settings *set = g->settings;
	__u32 word = (128 - p->plen) / 64;
	struct sw_window w;
	__u32 from, to;
	__u64 *words;

	if (p->v4)
		sw_setting_store(g, allow_lengths4,
				 set->allow_lengths4 | sw_lengths4_bit(p->plen));
	else
		sw_setting_store(g, allow_lengths6[word],
				 set->allow_lengths6[word] | 1ull << (128 - p->plen) % 64);
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
	if (sw_window_open(g, SW_MAP_allow_filter, 0, SW_ALLOW_FILTER_WORDS, &w, e))
		return -1;
	words = p->v4 ? w.at : (__u64 *)w.at + SW_ALLOW_FILTER6;
	for (__u32 n = from; n <= to; n++)
		mark(&words[n >> 6], 1ull << (n & 63));
	sw_window_close(&w);
	return 0;
}
