// SPDX-License-Identifier: GPL-2.0-only
/* Resizes a drop set: as few lines as the list needs, so that a short list stays in the
 * nearest cache. dropset.h describes the steps. */
#include <bpf/bpf.h>
#include "blocklist/internal.h"
#include "engine/settings.h"

#define SAMPLE 1024	/* lines sampled */
#define SHRINK_FACTOR 4 /* hysteresis, so that small changes cost nothing */

/* One resize, with everything mapped. */
struct change {
	struct sw_ctx *ctx;
	struct sw_maps m;
	struct sw_table t;
	struct sw_arrays arrays;
	size_t copied; /* entries of the overflow map that a line has, too */
	struct sw_err *e;
};

static __u32 home(const struct change *c, __u64 key)
{
	return sw_home(sw_table_hash(&c->ctx->engine, &c->t, key)) & *c->t.mask;
}

/* Removes copies that a resize has left behind, and what an interrupted one has left
 * beyond the lines in use. */
static void clear_strays(const struct change *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sw_line l = sw_line_of(&c->t, &c->arrays, i);

		for (__u32 k = 0; k < l.ways; k++) {
			__u64 key = sw_slot_key(&l, k);

			if (key && home(c, key) != i)
				sw_line_clear(&l, k, c->ctx->engine.state);
		}
	}
}

static int carry(struct change *c, const struct sw_prefix *p, __u64 key, __u32 expires_tick,
		 __u32 hits)
{
	struct sw_line l = sw_line_of(&c->t, &c->arrays, home(c, key));
	__u32 conflict;

	/* a conflict is a longer block just made by the kernel: it stays */
	if (sw_held_write(&c->m, p, expires_tick, expires_tick, &conflict, c->e) < 0)
		return -1;
	sw_line_credit(&l, key, hits);
	return 0;
}

static int carry_entries(struct change *c, size_t n)
{
	__u32 now = sw_ticks_now();

	for (size_t i = 0; i < n; i++) {
		struct sw_line l = sw_line_of(&c->t, &c->arrays, i);

		for (__u32 k = 0; k < l.ways; k++) {
			__u64 key = sw_slot_key(&l, k);
			__u32 expires_tick = sw_slot_expiry(&l, k);
			struct sw_prefix p;

			if (!key || !sw_live(expires_tick, now) || home(c, key) == i)
				continue;
			p = sw_slot_prefix(&l, k, key);
			if (carry(c, &p, key, expires_tick, sw_hits(l.hits[k])))
				return -1;
		}
	}
	return 0;
}

struct spilled { /* an entry of the overflow map */
	struct sw_prefix prefix;
	__u64 key;
	struct sw_overflow o;
};

static struct spilled spilled_of(const struct change *c, const void *key, const void *value)
{
	struct spilled s = {.prefix = {.plen = 32, .v4 = true}};
	struct sw_overflow6_key k;
	__u32 addr;

	memcpy(&s.o, value, sizeof(s.o));
	if (c->t.v4) {
		memcpy(&addr, key, sizeof(addr));
		s.key = addr;
		s.prefix.addr = sw_addr_from4(addr);
		return s;
	}
	memcpy(&k, key, sizeof(k));
	s.key = sw_key6(k.high, k.low, k.plen, c->ctx->engine.settings->seed);
	s.prefix = sw_prefix_of_halves(k.high, k.low, k.plen);
	return s;
}

/* Copies an entry of the overflow map to its line if there is room, or marks the line. The
 * entry stays where it was: a packet may have read the line before, and look there next. */
static int copy_to_line(const void *key, const void *value, void *arg)
{
	struct change *c = arg;
	struct spilled s = spilled_of(c, key, value);
	struct sw_line l = sw_line_of(&c->t, &c->arrays, home(c, s.key));
	__u64 hash = sw_table_hash(&c->ctx->engine, &c->t, s.key);
	__u32 now = sw_ticks_now(), conflict;
	enum sw_put put;

	if (!sw_live(s.o.expires_tick, now))
		return 0;
	put = sw_line_put(&l, c->ctx->engine.state, s.key, hash, c->t.v4 ? NULL : key,
			  s.o.expires_tick, s.o.expires_tick, now, &conflict);
	if (put == SW_PUT_NEW)
		sw_line_credit(&l, s.key, s.o.hits);
	if (put == SW_PUT_FULL)
		sw_head_overflow(&l);
	else
		c->copied++;
	return 0;
}

static int drop_copied(const void *key, const void *value, void *arg)
{
	struct change *c = arg;
	struct spilled s = spilled_of(c, key, value);
	struct sw_line l = sw_line_of(&c->t, &c->arrays, home(c, s.key));
	const struct sw_engine *g = &c->ctx->engine;

	if (sw_line_read(&l, s.key, sw_ticks_now()).expires_tick &&
	    !bpf_map_lookup_and_delete_elem(g->fd[c->t.overflow], key, &s.o))
		sw_count_auto(g->state, s.o.expires_tick, 0);
	return 0;
}

/* Entries of the overflow map go where what has been removed left room. Otherwise they
 * would pile up there: a list of which a part is replaced every day needs four times the
 * room of one that is not. */
static int empty_overflow(struct change *c)
{
	const struct sw_engine *g = &c->ctx->engine;

	c->copied = 0;
	if (sw_map_each(g, c->t.overflow, copy_to_line, c, c->e))
		return -1;
	if (!c->copied)
		return 0;
	sw_wait_for_packets();
	return sw_map_each(g, c->t.overflow, drop_copied, c, c->e);
}

static int open_table(struct change *c, size_t n)
{
	sw_maps_open(&c->m, &c->ctx->engine, true);
	return sw_arrays_at(&c->m, &c->t, 0, n, &c->arrays, c->e);
}

struct marked { /* a line marked as overflowed */
	size_t line;
	__u64 head;
};

struct tidier {
	struct change c;
	struct marked *marked;
	size_t count, room;
	__u8 *needed; /* a byte per line */
	size_t visited;
};

static int note_needed(const void *key, const void *value, void *arg)
{
	struct tidier *t = arg;
	struct spilled s = spilled_of(&t->c, key, value);

	t->needed[home(&t->c, s.key)] = 1;
	t->visited++;
	return 0;
}

static int find_marked(struct tidier *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sw_line l = sw_line_of(&t->c.t, &t->c.arrays, i);
		__u64 head = __atomic_load_n(l.head, __ATOMIC_ACQUIRE);

		if (!(head & SW_HEAD_OVERFLOWED))
			continue;
		if (sw_grow((void **)&t->marked, &t->room, t->count, sizeof(*t->marked), t->c.e))
			return -1;
		t->marked[t->count++] = (struct marked){i, head};
	}
	return 0;
}

/* A writer bumps the version of a line before it adds to the overflow map. So entries
 * under way when the heads were read have arrived when the overflow map is read, and
 * later ones show by a changed head. */
static int tidy(struct sw_ctx *ctx, bool v4, struct sw_err *e)
{
	struct tidier t = {.c = {.ctx = ctx, .t = sw_table_of(&ctx->engine, v4), .e = e}};
	size_t n = sw_table_used(&t.c.t), most;
	int ret = open_table(&t.c, n);

	if (!ret)
		ret = empty_overflow(&t.c);
	if (!ret)
		ret = find_marked(&t, n);
	if (ret || !t.count)
		goto out;
	ret = -1;
	t.needed = calloc(n, 1);
	if (!t.needed) {
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		goto out;
	}
	sw_wait_for_packets();
	ret = sw_map_each(&ctx->engine, t.c.t.overflow, note_needed, &t, e);
	most = sw_map_entries(&ctx->engine, t.c.t.overflow);
	for (size_t i = 0; !ret && t.visited <= most && i < t.count; i++) {
		struct sw_line l = sw_line_of(&t.c.t, &t.c.arrays, t.marked[i].line);
		__u64 head = t.marked[i].head;

		if (!t.needed[t.marked[i].line])
			__sync_bool_compare_and_swap(l.head, head, head & ~SW_HEAD_OVERFLOWED);
	}
out:
	free(t.needed);
	free(t.marked);
	sw_maps_close(&t.c.m);
	return ret;
}

int sw_drop_tidy(struct sw_ctx *ctx, struct sw_err *e)
{
	if (!ctx->loaded || sw_drop_settle(ctx, e))
		return ctx->loaded ? -1 : 0;
	for (int v4 = 1; v4 >= 0; v4--)
		if (tidy(ctx, v4, e) || sw_bloom_tidy(ctx, v4, e))
			return -1;
	return 0;
}

/* Steps 2 and 3; also resumes where a killed process stopped. */
static int settle(struct change *c)
{
	const struct sw_engine *g = &c->ctx->engine;
	size_t used = sw_table_used(&c->t);

	if (carry_entries(c, (size_t)*c->t.last_mask + 1) ||
	    sw_map_each(g, c->t.overflow, copy_to_line, c, c->e))
		return -1;
	if (c->t.v4)
		sw_setting_store(g, drop4_last_mask, *c->t.mask);
	else
		sw_setting_store(g, drop6_last_mask, *c->t.mask);
	sw_wait_for_packets();
	clear_strays(c, used);
	return empty_overflow(c);
}

static int resize(struct sw_ctx *ctx, bool v4, __u32 lines, struct sw_err *e)
{
	struct change c = {.ctx = ctx, .t = sw_table_of(&ctx->engine, v4), .e = e};
	size_t used = sw_table_used(&c.t), most = lines > used ? lines : used;
	int ret = open_table(&c, most);

	if (ret)
		goto out;
	if (*c.t.mask == *c.t.last_mask) {
		clear_strays(&c, most);
		if (v4)
			sw_setting_store(&ctx->engine, drop4_mask, lines - 1);
		else
			sw_setting_store(&ctx->engine, drop6_mask, lines - 1);
	}
	sw_wait_for_packets();
	ret = settle(&c);
out:
	sw_maps_close(&c.m);
	if (ret || tidy(ctx, v4, e))
		return -1;
	return sw_bloom_rebuild(ctx, v4, e);
}

/* Keys are hashed evenly, so a sample of lines is representative. Until the table grows, blocks
 * made by the program may be in the overflow map. */
static int estimate(const struct sw_ctx *ctx, bool v4, size_t *entries, struct sw_err *e)
{
	struct sw_table t = sw_table_of(&ctx->engine, v4);
	size_t used = sw_table_used(&t), n = used < SAMPLE ? used : SAMPLE;
	__s32 automatic = ctx->engine.state->auto_blocked;
	__u32 now = sw_ticks_now();
	bool overflowed = false;
	struct sw_maps m;
	struct sw_line l;
	size_t count = 0;
	struct sw_arrays a;
	int ret;

	sw_maps_open(&m, &ctx->engine, false);
	ret = sw_arrays_at(&m, &t, 0, n, &a, e);
	for (size_t i = 0; !ret && i < n; i++) {
		l = sw_line_of(&t, &a, i);
		overflowed |= !!(*l.head & SW_HEAD_OVERFLOWED);
		for (__u32 k = 0; k < l.ways; k++)
			count += sw_live(sw_slot_expiry(&l, k), now);
	}
	sw_maps_close(&m);
	*entries = count * (used / n);
	if (overflowed && automatic > 0 && *entries < (size_t)automatic)
		*entries = automatic;
	return ret;
}

int sw_drop_settle(struct sw_ctx *ctx, struct sw_err *e)
{
	for (int v4 = 1; ctx->loaded && v4 >= 0; v4--) {
		struct sw_table t = sw_table_of(&ctx->engine, v4);

		if (*t.mask != *t.last_mask && resize(ctx, v4, *t.mask + 1, e))
			return -1;
		if (*t.bloom_off && sw_bloom_rebuild(ctx, v4, e))
			return -1;
	}
	return 0;
}

int sw_drop_fit(struct sw_ctx *ctx, bool v4, size_t more, struct sw_err *e)
{
	struct sw_table t = sw_table_of(&ctx->engine, v4);
	size_t all = sw_map_entries(&ctx->engine, t.lines), used, entries, want;

	if (sw_drop_settle(ctx, e) || estimate(ctx, v4, &entries, e))
		return -1;
	used = sw_table_used(&t);
	want = all < t.least ? all : t.least;
	while (want < all && want * t.per_line < entries + more)
		want *= 2;
	if (want <= used && want * SHRINK_FACTOR > used)
		return 0;
	return resize(ctx, v4, want, e);
}
