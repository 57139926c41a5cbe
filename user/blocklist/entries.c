// SPDX-License-Identifier: GPL-2.0-only
/* Walks all entries of the maps, and sweeps expired ones. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

/* Arrays are walked in pieces of this many elements: mapped pages count as our memory. */
#define WINDOW 8192

struct walk {
	const struct sw_engine *g;
	__u32 now;
	bool v4;
	sw_held_fn fn;
	void *arg;
};

/* Was this key reported for an earlier slot of its line? */
static bool is_told(const struct sw_line *l, __u32 i, __u64 key, __u32 now)
{
	for (__u32 j = 0; j < i; j++)
		if (sw_slot_key(l, j) == key && sw_live(sw_slot_expiry(l, j), now))
			return true;
	return false;
}

static int walk_line(const struct walk *k, const struct sw_table *t, size_t at,
		     const struct sw_line *l)
{
	for (__u32 i = 0; i < l->ways; i++) {
		__u64 key = sw_slot_key(l, i);
		struct sw_prefix p;
		struct sw_held h;
		int ret;

		if (!key || !sw_live(sw_slot_expiry(l, i), k->now) || is_told(l, i, key, k->now) ||
		    !sw_table_holds(t, at, sw_table_hash(k->g, t, key)))
			continue;
		p = sw_slot_prefix(l, i, key);
		h = sw_line_read(l, key, k->now);
		if (!h.expires_tick)
			continue;
		ret = k->fn(&p, &h, k->arg);
		if (ret)
			return ret;
	}
	return 0;
}

/* Maps elements from i on, one piece at most; *count: how many. */
static void *window(struct sw_maps *m, enum sw_map map, size_t i, size_t n, size_t *count,
		    struct sw_err *e)
{
	*count = n - i < WINDOW ? n - i : WINDOW;
	return sw_maps_at(m, map, i, *count, e);
}

typedef int (*line_fn)(const struct sw_table *t, size_t at, const struct sw_line *l, void *arg);

static int each_line(struct sw_maps *m, bool v4, line_fn fn, void *arg, struct sw_err *e)
{
	struct sw_table t = sw_table_of(m->g, v4);
	size_t n = sw_table_used(&t), count;
	int ret = 0;

	for (size_t i = 0; i < n; i += count) {
		struct sw_arrays a;

		count = n - i < WINDOW ? n - i : WINDOW;
		if (sw_arrays_at(m, &t, i, count, &a, e))
			return -1;
		for (size_t j = 0; !ret && j < count; j++) {
			struct sw_line l = sw_line_of(&t, &a, j);

			ret = fn(&t, i + j, &l, arg);
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_one(const struct sw_table *t, size_t at, const struct sw_line *l, void *arg)
{
	return walk_line(arg, t, at, l);
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

static int walk_prefix(const void *key, const void *value, void *arg)
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

/* The program may create a record again at the same time; it then starts with that
 * packet. */
int sw_source_forget(const struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e)
{
	size_t n = (size_t)ctx->engine.source_mask + 1, count;
	struct sw_maps m;
	int ret = 0;

	sw_maps_open(&m, &ctx->engine, false);
	for (size_t i = 0; !ret && i < n; i += count) {
		struct sw_source_set *set = window(&m, SW_MAP_sources, i, n, &count, e);

		if (!set)
			ret = -1;
		for (size_t j = 0; !ret && j < count * SW_SOURCE_WAYS; j++) {
			struct sw_source *s = &set[j / SW_SOURCE_WAYS].source[j % SW_SOURCE_WAYS];
			struct sw_prefix of = sw_source_prefix(s);

			if (s->key && sw_prefix_overlaps(p, &of))
				memset(s, 0, sizeof(*s));
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
	ret = each_line(&m, true, walk_one, &k4, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_overflow4, walk_overflow, &k4, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_prefix4, walk_prefix, &k4, e);
	if (!ret)
		ret = each_line(&m, false, walk_one, &k6, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_overflow6, walk_overflow, &k6, e);
	if (!ret)
		ret = sw_map_each(g, SW_MAP_prefix6, walk_prefix, &k6, e);
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

static int sweep_prefix(const void *key, const void *value, void *arg)
{
	const struct broom *s = arg;

	if (!sw_live(((const struct sw_prefix_block *)value)->expires_tick, s->now))
		bpf_map_delete_elem(s->g->fd[s->map], key);
	return 0;
}

static int sweep_allow(const void *key, const void *value, void *arg)
{
	const struct sw_allow *a = value;
	const struct broom *s = arg;

	if (!sw_live(a->expires_tick, s->now))
		sw_allow_expire(s->g, s->map, key, a);
	return 0;
}

static int sweep_line(const struct sw_table *t, size_t at, const struct sw_line *l, void *arg)
{
	const struct broom *s = arg;

	(void)t;
	(void)at;
	sw_line_sweep(l, s->g->state, s->now);
	return 0;
}

static int sweep_lines(struct broom *s, struct sw_err *e)
{
	struct sw_maps m;
	int ret;

	sw_maps_open(&m, s->g, false);
	ret = each_line(&m, true, sweep_line, s, e);
	if (!ret)
		ret = each_line(&m, false, sweep_line, s, e);
	sw_maps_close(&m);
	return ret;
}

int sw_maps_sweep(struct sw_ctx *ctx, struct sw_err *e)
{
	static const struct {
		enum sw_map map;
		sw_each_fn fn;
	} maps[] = {
		{SW_MAP_overflow4, sweep_overflow}, {SW_MAP_overflow6, sweep_overflow},
		{SW_MAP_prefix4, sweep_prefix},	    {SW_MAP_prefix6, sweep_prefix},
		{SW_MAP_allow4, sweep_allow},	    {SW_MAP_allow6, sweep_allow},
	};
	struct broom s = {.g = &ctx->engine, .now = sw_ticks_now()};

	if (sweep_lines(&s, e))
		return -1;
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		s.map = maps[i].map;
		if (sw_map_each(s.g, s.map, maps[i].fn, &s, e))
			return -1;
	}
	return 0;
}

struct sw_prefix sw_source_prefix(const struct sw_source *s)
{
	struct sw_prefix p = {.plen = 32, .v4 = true};

	if (s->key >> 32 != SW_SOURCE_V4 >> 32)
		return sw_prefix_of_halves(s->key, 0, 64);
	p.addr = sw_addr_from4(htonl((__u32)s->key));
	return p;
}
