// SPDX-License-Identifier: GPL-2.0-only
/* Prefix lengths in use (abi.h): set before the prefix that needs them is added,
 * cleared only here, by a rebuild. */
#include <arpa/inet.h>
#include "blocklist/internal.h"
#include "engine/settings.h"

/* A word read by packets: a fresh one, or the live one. */
static void mark(__u64 *word, __u64 bits)
{
	if ((__atomic_load_n(word, __ATOMIC_RELAXED) & bits) != bits)
		__atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

static void mark4(__u64 *words, const struct sw_prefix *p)
{
	__u32 host = ntohl(sw_addr_to4(&p->addr)), n = host >> 16;
	__u32 last = p->plen < 16 ? n | ((1u << (16 - p->plen)) - 1) : n;
	__u32 parts = p->plen < 16 ? 16 : p->plen < 20 ? 1u << (20 - p->plen) : 1;
	__u64 bits = sw_lengths4_bit(p->plen);

	if (p->plen <= 16)
		host = 0;
	for (__u32 i = 0; i < parts; i++)
		bits |= sw_lengths4_part(host + (i << 12));
	for (; n <= last; n++)
		mark(&words[n], bits);
}

/* Not for those shorter than /32. */
static void mark6(const struct sw_engine *g, __u64 *words, const struct sw_prefix *p)
{
	__u64 high = sw_half(&p->addr, 0);

	if (p->plen >= 32)
		mark(&words[sw_hash_32(high, g->settings->seed) & (SW_LENGTHS6 - 1)],
		     sw_lengths6_bit(p->plen));
}

static __u32 wide_bit(const struct sw_prefix *p)
{
	return p->plen < 32 ? 1u << (31 - p->plen) : 0;
}

int sw_lengths_announce(struct sw_maps *m, const struct sw_prefix *p, struct sw_err *e)
{
	const struct sw_settings *set = m->g->settings;
	__u64 *words = p->v4 ? sw_maps_at(m, SW_MAP_lengths4, 0, SW_LENGTHS4, e)
			     : sw_maps_at(m, SW_MAP_lengths6, 0, SW_LENGTHS6, e);

	if (!words)
		return -1;
	if (p->v4)
		mark4(words, p);
	else
		mark6(m->g, words, p);
	if (!p->v4 && p->plen < 32)
		sw_setting_store(m->g, wide_prefix6, set->wide_prefix6 | wide_bit(p));
	if (p->v4)
		sw_setting_store(m->g, any_prefix4, 1);
	else
		sw_setting_store(m->g, any_prefix6, 1);
	return 0;
}

struct wanted {
	const struct sw_engine *g;
	__u64 *words;
	__u32 wide;
	bool v4, any;
};

static int want_one(const void *key, const void *value, void *arg)
{
	const struct sw_prefix4 *key4 = key;
	const struct sw_prefix6 *key6 = key;
	struct wanted *k = arg;
	struct sw_prefix p = {.plen = key4->plen, .v4 = k->v4};

	(void)value;
	k->any = true;
	p.addr = k->v4 ? sw_addr_from4(key4->addr) : key6->addr;
	if (k->v4)
		mark4(k->words, &p);
	else
		mark6(k->g, k->words, &p);
	if (!k->v4)
		k->wide |= wide_bit(&p);
	return 0;
}

/* Only we add prefixes, and no bit in use is cleared. */
static int rebuild(struct sw_maps *m, bool v4, struct sw_err *e)
{
	size_t n = v4 ? SW_LENGTHS4 : SW_LENGTHS6;
	__u64 *live = sw_maps_at(m, v4 ? SW_MAP_lengths4 : SW_MAP_lengths6, 0, n, e);
	struct wanted k = {.g = m->g, .v4 = v4, .words = calloc(n, sizeof(*k.words))};
	int ret = -1;

	if (live && !k.words)
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (live && k.words)
		ret = sw_map_each(m->g, v4 ? SW_MAP_prefix4 : SW_MAP_prefix6, want_one, &k, e);
	for (size_t i = 0; !ret && i < n; i++)
		if (live[i] != k.words[i])
			__atomic_store_n(&live[i], k.words[i], __ATOMIC_RELAXED);
	if (!ret && v4)
		sw_setting_store(m->g, any_prefix4, k.any);
	if (!ret && !v4) {
		sw_setting_store(m->g, wide_prefix6, k.wide);
		sw_setting_store(m->g, any_prefix6, k.any);
	}
	free(k.words);
	return ret;
}

int sw_lengths_rebuild(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_maps m;
	int ret;

	if (!ctx->loaded)
		return 0;
	sw_maps_open(&m, &ctx->engine, true);
	ret = rebuild(&m, true, e);
	if (!ret)
		ret = rebuild(&m, false, e);
	sw_maps_close(&m);
	return ret;
}
