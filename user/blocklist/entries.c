// SPDX-License-Identifier: GPL-2.0-only
/* All that the maps hold: walked, and cleared of what has ended. */
#include <bpf/bpf.h>
#include "blocklist/internal.h"

/* Arrays are walked through a window of so many entries: a mapped page counts
 * as memory of ours. */
#define WINDOW 8192

struct walk {
	const struct sw_engine *g;
	__u32 now;
	bool v4;
	sw_held_fn fn;
	void *arg;
};

/* Was this address told of at an earlier place of its bucket? */
static bool told4(const struct sw_drop4_bucket *b, int i, __u32 now)
{
	for (int j = 0; j < i; j++)
		if (b->entry[j].addr == b->entry[i].addr && sw_live(b->entry[j].expires_tick, now))
			return true;
	return false;
}

static int walk_bucket4(const struct walk *k, size_t at, const struct sw_drop4_bucket *b)
{
	for (int i = 0; i < SW_DROP4_WAYS; i++) {
		__u32 addr = b->entry[i].addr;
		struct sw_prefix p;
		struct sw_held h;
		int ret;

		if (!addr || !sw_live(b->entry[i].expires_tick, k->now) || told4(b, i, k->now) ||
		    !sw_drop4_holds(k->g, at, addr))
			continue;
		h = sw_bucket4_read(b, addr, k->now);
		if (!h.expires_tick)
			continue;
		p = (struct sw_prefix){.addr = sw_addr_from4(addr), .plen = 32, .v4 = true};
		ret = k->fn(&p, &h, k->arg);
		if (ret)
			return ret;
	}
	return 0;
}

static bool told6(const struct sw_drop6_bucket *b, int i, __u32 now)
{
	const struct sw_drop6_entry *e = &b->entry[i];

	for (int j = 0; j < i; j++)
		if (sw_live(b->entry[j].expires_tick, now) &&
		    sw_entry6_is(&b->entry[j], e->high, e->low, e->plen))
			return true;
	return false;
}

static int walk_bucket6(const struct walk *k, const struct sw_drop6_bucket *b)
{
	for (int i = 0; i < SW_DROP6_WAYS; i++) {
		const struct sw_drop6_entry *e = &b->entry[i];
		struct sw_overflow6_key key = {e->high, e->low, e->plen};
		struct sw_prefix p;
		struct sw_held h;
		int ret;

		if (!sw_live(e->expires_tick, k->now) || told6(b, i, k->now))
			continue;
		h = sw_bucket6_read(b, &key, k->now);
		if (!h.expires_tick)
			continue;
		p = sw_prefix_of_halves(key.high, key.low, key.plen);
		ret = k->fn(&p, &h, k->arg);
		if (ret)
			return ret;
	}
	return 0;
}

/* Entries i.. of an array of n, at most a window full; *count how many. */
static void *window(struct sw_maps *m, enum sw_map map, size_t i, size_t n, size_t *count,
		    struct sw_err *e)
{
	*count = n - i < WINDOW ? n - i : WINDOW;
	return sw_maps_at(m, map, i, *count, e);
}

static int walk_drop4(const struct walk *k, struct sw_maps *m, struct sw_err *e)
{
	size_t n = sw_drop4_used(k->g), count;
	int ret = 0;

	for (size_t i = 0; i < n; i += count) {
		const struct sw_drop4_bucket *b = window(m, SW_MAP_drop4, i, n, &count, e);

		if (!b)
			return -1;
		for (size_t j = 0; !ret && j < count; j++)
			ret = walk_bucket4(k, i + j, &b[j]);
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_drop6(const struct walk *k, struct sw_maps *m, struct sw_err *e)
{
	size_t n = (size_t)k->g->drop6_mask + 1, count;
	int ret = 0;

	for (size_t i = 0; i < n; i += count) {
		const struct sw_drop6_bucket *b = window(m, SW_MAP_drop6, i, n, &count, e);

		if (!b)
			return -1;
		for (size_t j = 0; !ret && j < count; j++)
			ret = walk_bucket6(k, &b[j]);
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_overflow(const void *key, const void *value, void *arg)
{
	const struct walk *k = arg;
	const struct sw_overflow *o = value;
	struct sw_overflow6_key key6;
	struct sw_prefix p = {.plen = 32, .v4 = true};
	struct sw_held h = {0};
	__u32 addr;

	if (!sw_live(o->expires_tick, k->now))
		return 0;
	sw_held_add(&h, o->expires_tick, o->hits);
	if (k->v4) {
		memcpy(&addr, key, sizeof(addr));
		p.addr = sw_addr_from4(addr);
	} else {
		memcpy(&key6, key, sizeof(key6));
		p = sw_prefix_of_halves(key6.high, key6.low, key6.plen);
	}
	return k->fn(&p, &h, k->arg);
}

static int walk_trie(const void *key, const void *value, void *arg)
{
	const struct walk *k = arg;
	const struct sw_prefix_block *b = value;
	const struct sw_prefix4 *key4 = key;
	const struct sw_prefix6 *key6 = key;
	struct sw_prefix p = {.plen = b->plen, .v4 = k->v4};
	struct sw_held h = {.expires_tick = b->expires_tick, .hits = b->hits};

	if (!sw_live(b->expires_tick, k->now))
		return 0;
	p.addr = k->v4 ? sw_addr_from4(key4->addr) : key6->addr;
	return k->fn(&p, &h, k->arg);
}

int sw_sources(const struct sw_ctx *ctx, sw_source_fn fn, void *arg, struct sw_err *e)
{
	size_t n = (size_t)ctx->engine.source_mask + 1, count;
	struct sw_maps m;
	int ret = 0;

	if (!ctx->loaded)
		return 0;
	sw_maps_open(&m, &ctx->engine, false);
	for (size_t i = 0; !ret && i < n; i += count) {
		const struct sw_source_set *set = window(&m, SW_MAP_sources, i, n, &count, e);

		if (!set)
			ret = -1;
		for (size_t j = 0; !ret && j < count * SW_SOURCE_WAYS; j++) {
			struct sw_source s = set[j / SW_SOURCE_WAYS].source[j % SW_SOURCE_WAYS];

			if (s.key)
				ret = fn(&s, arg);
		}
	}
	sw_maps_close(&m);
	return ret;
}

int sw_held_each(const struct sw_engine *g, sw_held_fn fn, void *arg, struct sw_err *e)
{
	struct walk k4 = {g, sw_ticks_now(), true, fn, arg};
	struct walk k6 = {g, k4.now, false, fn, arg};
	struct sw_maps m;
	int ret;

	sw_maps_open(&m, g, false);
	ret = walk_drop4(&k4, &m, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_overflow4, walk_overflow, &k4, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_prefix4, walk_trie, &k4, e);
	if (!ret)
		ret = walk_drop6(&k6, &m, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_overflow6, walk_overflow, &k6, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_prefix6, walk_trie, &k6, e);
	sw_maps_close(&m);
	return ret;
}

struct broom {
	const struct sw_engine *g;
	enum sw_map map;
	__u32 now;
};

static int sweep_overflow(const void *key, const void *value, void *arg)
{
	const struct broom *s = arg;
	struct sw_overflow o;

	memcpy(&o, value, sizeof(o));
	if (!sw_live(o.expires_tick, s->now) &&
	    !bpf_map_lookup_and_delete_elem(s->g->fd[s->map], key, &o))
		sw_count_auto(s->g->state, o.expires_tick, 0);
	return 0;
}

static int sweep_trie(const void *key, const void *value, void *arg)
{
	const struct broom *s = arg;

	/* struct sw_prefix_block and struct sw_allow both begin with `until`. */
	if (!sw_live(*(const __u32 *)value, s->now))
		bpf_map_delete_elem(s->g->fd[s->map], key);
	return 0;
}

static int sweep4(struct sw_maps *m, __u32 now, struct sw_err *e)
{
	size_t n = sw_drop4_used(m->g), count;

	for (size_t i = 0; i < n; i += count) {
		struct sw_drop4_bucket *b = window(m, SW_MAP_drop4, i, n, &count, e);

		if (!b)
			return -1;
		for (size_t j = 0; j < count; j++)
			sw_bucket4_sweep(&b[j], m->g->state, now);
	}
	return 0;
}

static int sweep6(struct sw_maps *m, __u32 now, struct sw_err *e)
{
	size_t n = (size_t)m->g->drop6_mask + 1, count;

	for (size_t i = 0; i < n; i += count) {
		struct sw_drop6_bucket *b = window(m, SW_MAP_drop6, i, n, &count, e);

		if (!b)
			return -1;
		for (size_t j = 0; j < count; j++)
			sw_bucket6_sweep(&b[j], m->g->state, now);
	}
	return 0;
}

static int sweep_buckets(struct sw_ctx *ctx, __u32 now, struct sw_err *e)
{
	struct sw_maps m;
	int ret;

	sw_maps_open(&m, &ctx->engine, false);
	ret = sweep4(&m, now, e);
	if (!ret)
		ret = sweep6(&m, now, e);
	sw_maps_close(&m);
	return ret;
}

int sw_maps_sweep(struct sw_ctx *ctx, struct sw_err *e)
{
	static const enum sw_map tries[] = {SW_MAP_prefix4, SW_MAP_prefix6, SW_MAP_allow4,
					    SW_MAP_allow6};
	struct broom s = {.g = &ctx->engine, .now = sw_ticks_now()};

	if (sweep_buckets(ctx, s.now, e))
		return -1;
	for (int i = 0; i < 2; i++) {
		s.map = i ? SW_MAP_overflow6 : SW_MAP_overflow4;
		if (sw_map_each(s.g, s.map, sweep_overflow, &s, e))
			return -1;
	}
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		s.map = tries[i];
		if (sw_map_each(s.g, s.map, sweep_trie, &s, e))
			return -1;
	}
	return 0;
}
