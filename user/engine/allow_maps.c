// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only writer of allow4 and allow6, and of the filter and the list of lengths that
 * the program checks first. Their bits are never cleared: a stale one costs a lookup.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <endian.h>
#include <errno.h>
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

/* Called before the entry is added to its map. */
static int announce(const struct sw_engine *g, const struct sw_prefix *p, struct sw_err *e)
{
	const struct sw_settings *set = g->settings;
	__u32 word = (128 - p->plen) / 64;
	struct sw_window w;
	__u32 from, to;
	__u64 *words;

	if (p->v4)
		sw_setting_store(g, allow_lengths4, set->allow_lengths4 | sw_lengths4_bit(p->plen));
	else
		sw_setting_store(g, allow_lengths6[word],
				 set->allow_lengths6[word] | 1ull << (128 - p->plen) % 64);
	if (!p->v4 && p->plen < 32) {
		/* the program knows link-local by itself */
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

static enum sw_map allow_key(const struct sw_prefix *p, struct sw_prefix6 *key)
{
	struct sw_prefix4 key4 = {.plen = p->plen};

	key->plen = p->plen;
	key->addr = p->addr;
	if (!p->v4)
		return SW_MAP_allow6;
	key4.addr = sw_addr_to4(&p->addr);
	memcpy(key, &key4, sizeof(key4));
	return SW_MAP_allow4;
}

bool sw_allow_get(const struct sw_engine *g, const struct sw_prefix *p, struct sw_allow *have)
{
	struct sw_prefix6 key;
	enum sw_map map = allow_key(p, &key);

	return !bpf_map_lookup_elem(g->fd[map], &key, have) && have->plen == p->plen;
}

static int put(const struct sw_engine *g, const struct sw_prefix *p, const struct sw_allow *value,
	       struct sw_err *e)
{
	char text[SW_PREFIX_TEXT];
	struct sw_prefix6 key;
	enum sw_map map = allow_key(p, &key);

	if (announce(g, p, e))
		return -1;
	if (!bpf_map_update_elem(g->fd[map], &key, value, BPF_ANY))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be allowed: map %s (%zu entries): %s",
		       sw_prefix_text(p, text), sw_map_name(map), sw_map_entries(g, map),
		       strerror(errno));
}

int sw_allow_put(const struct sw_engine *g, const struct sw_prefix *p, __u32 expires_tick,
		 enum sw_allow_kind kind, struct sw_err *e)
{
	struct sw_allow value = {.expires_tick = expires_tick, .plen = p->plen, .kind = kind};

	return put(g, p, &value, e);
}

int sw_allow_put_guarded(const struct sw_engine *g, const struct sw_prefix *p, __u32 expires_tick,
			 enum sw_allow_kind kind, struct sw_err *e)
{
	struct sw_allow value = {.expires_tick = expires_tick,
				 .plen = p->plen,
				 .kind = kind,
				 .behind = SW_ALLOW_GUARD + 1};

	return put(g, p, &value, e);
}

int sw_allow_delete(const struct sw_engine *g, const struct sw_prefix *p, struct sw_err *e)
{
	char text[SW_PREFIX_TEXT];
	struct sw_prefix6 key;
	enum sw_map map = allow_key(p, &key);

	if (!bpf_map_delete_elem(g->fd[map], &key) || errno == ENOENT)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be taken out of map %s: %s",
		       sw_prefix_text(p, text), sw_map_name(map), strerror(errno));
}

void sw_allow_expire(const struct sw_engine *g, enum sw_map map, const void *key,
		     const struct sw_allow *a)
{
	struct sw_allow behind = {.expires_tick = SW_EXPIRES_TICKS, .plen = a->plen};

	if (!a->behind) {
		bpf_map_delete_elem(g->fd[map], key);
		return;
	}
	behind.kind = a->behind - 1;
	bpf_map_update_elem(g->fd[map], key, &behind, BPF_EXIST);
}
