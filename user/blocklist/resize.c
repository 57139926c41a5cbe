// SPDX-License-Identifier: GPL-2.0-only
/* How much of drop4 is in use: as few buckets as the list needs, so that a
 * short list stays in the nearest cache. The steps stand in dropset.h. */
#include <bpf/bpf.h>
#include "blocklist/internal.h"

#define SAMPLE 1024	/* buckets that are counted */
#define PER_BUCKET 2	/* addresses: then one bucket in two hundred overflows */
#define SHRINK_FACTOR 4 /* so that a list does not pay for every change of its length */

static __u32 home(const struct sw_engine *g, __u32 addr, __u32 mask)
{
	return sw_hash4(addr, g->settings->seed) & mask;
}

bool sw_drop4_holds(const struct sw_engine *g, size_t bucket, __u32 addr)
{
	const struct sw_settings *set = g->settings;

	return home(g, addr, set->drop4_mask) == bucket ||
	       home(g, addr, set->drop4_last_mask) == bucket;
}

size_t sw_drop4_used(const struct sw_engine *g)
{
	const struct sw_settings *set = g->settings;
	__u32 mask =
		set->drop4_mask > set->drop4_last_mask ? set->drop4_mask : set->drop4_last_mask;

	return (size_t)mask + 1;
}

/* Copies of entries that a change of size has put elsewhere, and what one that
 * was cut short has left beyond the buckets in use. */
static void clear_strays(struct sw_ctx *ctx, struct sw_drop4_bucket *b, size_t n, __u32 mask)
{
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < SW_DROP4_WAYS; k++) {
			__u32 addr = b[i].entry[k].addr;

			if (addr && home(&ctx->engine, addr, mask) != i)
				sw_bucket4_clear(&b[i], k, ctx->engine.state);
		}
}

static int carry(struct sw_maps *m, __u32 addr, __u32 expires_tick, __u32 hits, struct sw_err *e)
{
	struct sw_prefix p = {.addr = sw_addr_from4(addr), .plen = 32, .v4 = true};
	struct sw_drop4_bucket *b;
	__u32 conflict;

	/* A surprise is a longer block that the kernel has just made: it stays. */
	if (sw_held_write(m, &p, expires_tick, expires_tick, &conflict, e) < 0)
		return -1;
	b = sw_maps_at(m, SW_MAP_drop4, home(m->g, addr, m->g->settings->drop4_mask), 1, e);
	if (!b)
		return -1;
	sw_bucket4_credit(b, addr, hits);
	return 0;
}

static int carry_entries(struct sw_maps *m, const struct sw_drop4_bucket *b, size_t n,
			 struct sw_err *e)
{
	__u32 mask = m->g->settings->drop4_mask, now = sw_ticks_now();

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < SW_DROP4_WAYS; k++) {
			struct sw_drop4_entry x = b[i].entry[k];

			if (x.addr && sw_live(x.expires_tick, now) &&
			    home(m->g, x.addr, mask) != i &&
			    carry(m, x.addr, x.expires_tick, b[i].hits[k], e))
				return -1;
		}
	return 0;
}

struct carrier {
	struct sw_maps *m;
	struct sw_err *e;
};

static int carry_overflow(const void *key, const void *value, void *arg)
{
	struct carrier *c = arg;
	struct sw_overflow o;
	__u32 addr;

	memcpy(&addr, key, sizeof(addr));
	memcpy(&o, value, sizeof(o));
	return sw_live(o.expires_tick, sw_ticks_now())
		       ? carry(c->m, addr, o.expires_tick, o.hits, c->e)
		       : 0;
}

static int clear_overflow(const void *key, const void *value, void *arg)
{
	struct carrier *c = arg;
	const struct sw_engine *g = c->m->g;
	struct sw_drop4_bucket *b;
	struct sw_overflow o;
	__u32 addr;

	(void)value;
	memcpy(&addr, key, sizeof(addr));
	b = sw_maps_at(c->m, SW_MAP_drop4, home(g, addr, g->settings->drop4_mask), 1, c->e);
	if (!b)
		return -1;
	if (sw_bucket4_read(b, addr, sw_ticks_now()).expires_tick &&
	    !bpf_map_lookup_and_delete_elem(g->fd[SW_MAP_overflow4], key, &o))
		sw_count_auto(g->state, o.expires_tick, 0);
	return 0;
}

/* Steps 2 and 3; also where a process that was killed has left off. */
static int settle(struct sw_ctx *ctx, struct sw_maps *m, struct sw_drop4_bucket *b,
		  struct sw_err *e)
{
	const struct sw_settings *set = ctx->engine.settings;
	struct carrier c = {m, e};
	size_t used = sw_drop4_used(&ctx->engine);

	if (carry_entries(m, b, (size_t)set->drop4_last_mask + 1, e) ||
	    sw_map_each(&ctx->engine, SW_MAP_overflow4, carry_overflow, &c, e))
		return -1;
	sw_setting_store(&ctx->engine, drop4_last_mask, set->drop4_mask);
	sw_wait_for_packets();
	clear_strays(ctx, b, used, set->drop4_mask);
	return sw_map_each(&ctx->engine, SW_MAP_overflow4, clear_overflow, &c, e);
}

static int resize(struct sw_ctx *ctx, __u32 buckets, struct sw_err *e)
{
	const struct sw_settings *set = ctx->engine.settings;
	size_t used = sw_drop4_used(&ctx->engine);
	struct sw_drop4_bucket *b;
	struct sw_maps m;
	int ret = -1;

	sw_maps_open(&m, &ctx->engine, true);
	b = sw_maps_at(&m, SW_MAP_drop4, 0, buckets > used ? buckets : used, e);
	if (!b)
		goto out;
	if (set->drop4_mask == set->drop4_last_mask) {
		clear_strays(ctx, b, buckets > used ? buckets : used, set->drop4_mask);
		sw_setting_store(&ctx->engine, drop4_mask, buckets - 1);
	}
	sw_wait_for_packets();
	ret = settle(ctx, &m, b, e);
out:
	sw_maps_close(&m);
	return ret;
}

/* The hash spreads addresses evenly, so the first buckets speak for all. */
static int estimate(const struct sw_ctx *ctx, size_t *addresses, struct sw_err *e)
{
	size_t used = sw_drop4_used(&ctx->engine), n = used < SAMPLE ? used : SAMPLE;
	__u32 now = sw_ticks_now();
	const struct sw_drop4_bucket *b;
	struct sw_window win;

	if (sw_window_open(&ctx->engine, SW_MAP_drop4, 0, n, &win, e))
		return -1;
	b = win.at;
	*addresses = 0;
	for (size_t i = 0; i < n * SW_DROP4_WAYS; i++) {
		const struct sw_drop4_entry *x = &b[i / SW_DROP4_WAYS].entry[i % SW_DROP4_WAYS];

		*addresses += x->addr && sw_live(x->expires_tick, now);
	}
	*addresses *= used / n;
	sw_window_close(&win);
	return 0;
}

int sw_drop4_settle(struct sw_ctx *ctx, struct sw_err *e)
{
	const struct sw_settings *set = ctx->engine.settings;

	if (!ctx->loaded || set->drop4_mask == set->drop4_last_mask)
		return 0;
	return resize(ctx, set->drop4_mask + 1, e);
}

int sw_drop4_fit(struct sw_ctx *ctx, size_t more, struct sw_err *e)
{
	size_t all = sw_map_entries(&ctx->engine, SW_MAP_drop4), used, addresses, want;

	if (sw_drop4_settle(ctx, e) || estimate(ctx, &addresses, e))
		return -1;
	used = sw_drop4_used(&ctx->engine);
	want = all < SW_DROP4_LEAST ? all : SW_DROP4_LEAST;
	while (want < all && want * PER_BUCKET < addresses + more)
		want *= 2;
	if (want <= used && want * SHRINK_FACTOR > used)
		return 0;
	return resize(ctx, want, e);
}
