// SPDX-License-Identifier: GPL-2.0-only
/* Prefixes whose claims change: reads their map entries, and merges the record's claims. */
#include "base/sort.h"
#include "blocklist/internal.h"

#define CLOCK_SLACK 2000000 /* us that wall clock and ticks may drift apart */

void sw_sum_add(struct sw_sum *s, const struct sw_claim *c)
{
	if (!s->any || c->expires > s->latest)
		s->latest = c->expires;
	s->any = true;
	s->kernel |= !strcmp(c->origin, SW_ORIGIN_KERNEL);
	s->open |= !c->new_only;
}

__u32 sw_sum_word(const struct sw_sum *s, __u32 now)
{
	__u32 expires_tick;

	if (!s->any)
		return 0;
	expires_tick = sw_ticks_from_time(s->latest) & SW_EXPIRES_TICKS;
	if (!sw_live(expires_tick, now))
		return 0;
	return expires_tick | (s->kernel ? SW_EXPIRES_AUTO : 0) |
	       (s->open ? 0 : SW_EXPIRES_NEW_ONLY);
}

int sw_targets_add(struct sw_targets *t, const struct sw_prefix *p, struct sw_err *e)
{
	if (sw_grow((void **)&t->item, &t->room, t->count, sizeof(*t->item), e))
		return -1;
	t->item[t->count++] = (struct sw_target){.prefix = *p};
	return 0;
}

static int target_cmp(const void *a, const void *b)
{
	const struct sw_target *x = a, *y = b;

	return sw_prefix_cmp(&x->prefix, &y->prefix);
}

void sw_targets_sort(struct sw_targets *t)
{
	size_t kept = 0;

	if (!t->count)
		return;
	sw_sort(t->item, t->count, sizeof(*t->item), target_cmp);
	for (size_t i = 1; i < t->count; i++) {
		if (target_cmp(&t->item[kept], &t->item[i])) {
			t->item[++kept] = t->item[i];
			continue;
		}
		t->item[kept].claimed |= t->item[i].claimed;
		t->item[kept].own_claim |= t->item[i].own_claim;
	}
	t->count = kept + 1;
}

struct sw_target *sw_targets_find(const struct sw_targets *t, const struct sw_prefix *p)
{
	struct sw_target key = {.prefix = *p};

	return bsearch(&key, t->item, t->count, sizeof(*t->item), target_cmp);
}

void sw_targets_free(struct sw_targets *t)
{
	free(t->item);
	memset(t, 0, sizeof(*t));
}

static int add_to_sum(const struct sw_claim *c, void *arg)
{
	sw_sum_add(arg, c);
	return 0;
}

/* An entry that ends with a live claim of somebody else was merged from it, and
 * says AUTO for a kernel claim that has run out since: the program does not
 * block what is blocked. */
int sw_kernel_explained(struct sw_ctx *ctx, const struct sw_prefix *p, __u32 expires_tick,
			struct sw_err *e)
{
	struct sw_claim_filter f = {.prefix = p, .live_at = sw_now()};
	struct sw_sum live = {0};

	if (sw_store_claims(ctx->store, &f, add_to_sum, &live, e) < 0)
		return -1;
	if (live.kernel || (live.any && live.latest == SW_FOREVER))
		return 1;
	return live.any && live.latest >= sw_time_from_ticks(expires_tick) - CLOCK_SLACK;
}

int sw_kernel_adopt(struct sw_ctx *ctx, const struct sw_prefix *p, __u32 expires_tick,
		    struct sw_err *e)
{
	struct sw_claim c = {.prefix = *p,
			     .origin = SW_ORIGIN_KERNEL,
			     .since = sw_now(),
			     .expires = sw_time_from_ticks(expires_tick),
			     .new_only = expires_tick & SW_EXPIRES_NEW_ONLY};
	struct sw_claim old;
	int found = sw_store_claim_get(ctx->store, p, SW_ORIGIN_KERNEL, &old, e);

	if (found < 0)
		return -1;
	if (found && old.expires >= c.expires)
		return 0;
	if (found && old.expires > c.since) {
		c.since = old.since;
		memcpy(c.comment, old.comment, sizeof(c.comment));
	}
	return sw_store_claim_put(ctx->store, &c, e);
}

/* *begun: this started a transaction; within another one none is needed. */
static int observe_one(struct sw_ctx *ctx, struct sw_maps *m, struct sw_target *t, bool *begun,
		       struct sw_err *e)
{
	struct sw_held h;
	int known;

	if (sw_held_read(m, &t->prefix, &h, e))
		return -1;
	t->known = h.kernel;
	t->was_held = h.expires_tick;
	if (!h.kernel || t->own_claim)
		return 0;
	known = sw_kernel_explained(ctx, &t->prefix, h.kernel, e);
	if (known)
		return known < 0 ? -1 : 0;
	if (!sw_store_begun(ctx->store)) {
		if (sw_store_begin(ctx->store, e))
			return -1;
		*begun = true;
	}
	return sw_kernel_adopt(ctx, &t->prefix, h.kernel, e);
}

int sw_targets_observe(struct sw_ctx *ctx, struct sw_targets *t, struct sw_err *e)
{
	struct sw_maps m;
	bool begun = false;
	int ret = 0;

	if (!ctx->loaded)
		return 0;
	sw_maps_open(&m, &ctx->engine, t->count > SW_BULK);
	for (size_t i = 0; !ret && i < t->count; i++)
		ret = observe_one(ctx, &m, &t->item[i], &begun, e);
	sw_maps_close(&m);
	if (begun && !ret)
		ret = sw_store_commit(ctx->store, e);
	if (begun && ret)
		sw_store_rollback(ctx->store);
	return ret;
}

/* A walk over claims in order, cut into one sum for each prefix. */
struct words {
	struct sw_prefix prefix;
	struct sw_sum sum;
	__u32 now;
	sw_merged_fn fn;
	void *arg;
};

static int end_prefix(struct words *k)
{
	__u32 expires_tick = sw_sum_word(&k->sum, k->now);

	memset(&k->sum, 0, sizeof(k->sum));
	return expires_tick ? k->fn(&k->prefix, expires_tick, k->arg) : 0;
}

static int next_claim(const struct sw_claim *c, void *arg)
{
	struct words *k = arg;
	int ret;

	if (k->sum.any && sw_prefix_cmp(&k->prefix, &c->prefix)) {
		ret = end_prefix(k);
		if (ret)
			return ret;
	}
	k->prefix = c->prefix;
	sw_sum_add(&k->sum, c);
	return 0;
}

int sw_merged_each(const struct sw_ctx *ctx, sw_merged_fn fn, void *arg, struct sw_err *e)
{
	struct sw_claim_filter f = {.live_at = sw_now()};
	struct words k = {.now = sw_ticks_now(), .fn = fn, .arg = arg};
	int ret = sw_store_claims(ctx->store, &f, next_claim, &k, e);

	return ret ? ret : end_prefix(&k);
}

struct cursor {
	struct sw_target *at, *end;
	size_t rows_left;
};

/* Both the walk and the targets are in order, so one pass meets them all. */
static int meet(const struct sw_prefix *p, __u32 expires_tick, void *arg)
{
	struct cursor *k = arg;
	int cmp = -1;

	if (!k->rows_left--)
		return 1;
	while (k->at < k->end && (cmp = sw_prefix_cmp(&k->at->prefix, p)) < 0)
		k->at++;
	if (k->at < k->end && !cmp)
		k->at->expires_tick = expires_tick;
	return 0;
}

static int merge_one(struct sw_ctx *ctx, struct sw_target *t, struct sw_err *e)
{
	struct sw_claim_filter f = {.prefix = &t->prefix, .live_at = sw_now()};
	struct sw_sum sum = {0};

	if (sw_store_claims(ctx->store, &f, add_to_sum, &sum, e) < 0)
		return -1;
	t->expires_tick = sw_sum_word(&sum, sw_ticks_now());
	return 0;
}

int sw_targets_merge(struct sw_ctx *ctx, struct sw_target *t, size_t n, struct sw_err *e)
{
	struct cursor k = {t, t + n, SW_WALK_ROWS(n)};
	size_t left = 0;
	int ret = 1;

	for (size_t i = 0; i < n; i++) {
		if (!t[i].summed) {
			t[i].expires_tick = 0;
			left++;
		}
		t[i].summed = false;
	}
	if (!left)
		return 0;
	if (k.rows_left)
		ret = sw_merged_each(ctx, meet, &k, e);
	if (ret <= 0)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (merge_one(ctx, &t[i], e))
			return -1;
	return 0;
}
