// SPDX-License-Identifier: GPL-2.0-only
/* Block, unblock, allow, flush and replace: each as a changeset of what to add and what
 * to remove. */
#include "blocklist/internal.h"

int sw_block(struct sw_ctx *ctx, const struct sw_claim *c, size_t n, enum sw_change *change,
	     struct sw_err *e)
{
	struct sw_changeset p = {.claim_change = change};
	int ret = sw_changeset_claims(&p, c, n, e);

	if (!ret)
		ret = sw_changeset_run(ctx, &p, e);
	sw_changeset_free(&p);
	return ret;
}

struct recording {
	struct sw_claim *claim;
	int (*record)(struct sw_claim *claim, size_t *n, void *arg, struct sw_err *e);
	void *arg;
};

static int record_first(struct sw_changeset *p, void *arg, struct sw_err *e)
{
	struct recording *r = arg;
	size_t n = 0;

	return r->record(r->claim, &n, r->arg, e) ? -1 : sw_changeset_claims(p, r->claim, n, e);
}

int sw_block_recording(struct sw_ctx *ctx, struct sw_claim *claim,
		       int (*record)(struct sw_claim *claim, size_t *n, void *arg,
				     struct sw_err *e),
		       void *arg, struct sw_err *e)
{
	struct recording r = {claim, record, arg};
	struct sw_changeset p = {.first = record_first, .first_arg = &r};
	int ret = sw_changeset_run(ctx, &p, e);

	sw_changeset_free(&p);
	return ret;
}

struct leavers {
	struct sw_changeset *plan;
	struct sw_targets list; /* the new one, in order */
	const char *origin;
	int64_t now, count;
	struct sw_err *e;
};

/* Claims of its sub-origins stay. */
static int gather_leaver(const struct sw_claim *c, void *arg)
{
	struct leavers *k = arg;

	if (strcmp(c->origin, k->origin) || sw_targets_find(&k->list, &c->prefix))
		return 0;
	k->count += c->expires > k->now;
	return sw_changeset_delete(k->plan, &c->prefix, c->origin, k->e);
}

static int gather_leavers(struct sw_ctx *ctx, struct leavers *k, const struct sw_claim *c, size_t n)
{
	struct sw_claim_filter f = {.origin = k->origin};
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++)
		ret = sw_targets_add(&k->list, &c[i].prefix, k->e);
	sw_targets_sort(&k->list);
	if (!ret)
		ret = sw_store_claims(ctx->store, &f, gather_leaver, k, k->e);
	sw_targets_free(&k->list);
	return ret;
}

int64_t sw_block_list_leavers(struct sw_ctx *ctx, const struct sw_claim *c, size_t n,
			      const char *origin, struct sw_err *e)
{
	struct sw_changeset p = {0};
	struct leavers k = {.plan = &p, .origin = origin, .now = sw_now(), .e = e};
	int ret = gather_leavers(ctx, &k, c, n);

	sw_changeset_free(&p);
	return ret ? -1 : (int64_t)k.count;
}

int sw_block_list(struct sw_ctx *ctx, const struct sw_claim *c, size_t n, const char *origin,
		  enum sw_change *change, int64_t *removed, struct sw_err *e)
{
	struct sw_changeset p = {.claim_change = change};
	struct leavers k = {.plan = &p, .origin = origin, .now = sw_now(), .e = e};
	int ret = origin ? gather_leavers(ctx, &k, c, n) : 0;

	if (!ret)
		ret = sw_changeset_claims(&p, c, n, e);
	if (!ret)
		ret = sw_changeset_run(ctx, &p, e);
	if (!ret && removed)
		*removed = k.count;
	sw_changeset_free(&p);
	return ret;
}

int sw_unblock(struct sw_ctx *ctx, const struct sw_prefix *p, size_t n, const char *origin,
	       enum sw_change *change, struct sw_err *e)
{
	struct sw_changeset plan = {.doomed_change = change};
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++)
		ret = sw_changeset_delete(&plan, &p[i], origin, e);
	if (!ret)
		ret = sw_changeset_run(ctx, &plan, e);
	sw_changeset_free(&plan);
	return ret;
}

int sw_allow_add(struct sw_ctx *ctx, const struct sw_allow_entry *a, size_t n,
		 enum sw_change *change, struct sw_err *e)
{
	struct sw_changeset p = {
		.allow = a, .allow_count = n, .allow_change = change, .touches_allow = true};

	return sw_changeset_run(ctx, &p, e);
}

int sw_allow_remove(struct sw_ctx *ctx, const struct sw_prefix *p, size_t n, enum sw_change *change,
		    struct sw_err *e)
{
	struct sw_changeset plan = {.disallow = p,
				    .disallow_count = n,
				    .disallow_change = change,
				    .touches_allow = true};

	return sw_changeset_run(ctx, &plan, e);
}

struct gatherer {
	struct sw_changeset *plan;
	bool count_expired, dry;
	int64_t now;
	struct sw_flushed count;
	struct sw_prefix last; /* that was counted */
	struct sw_err *e;
};

/* They come ordered by prefix. */
static void count_claim(struct gatherer *g, const struct sw_claim *c)
{
	if (!g->count_expired && c->expires <= g->now)
		return;
	if (!g->count.claims++ || sw_prefix_cmp(&g->last, &c->prefix))
		g->count.addresses++;
	g->last = c->prefix;
}

static int gather(const struct sw_claim *c, void *arg)
{
	struct gatherer *g = arg;
	struct sw_changeset *p = g->plan;

	count_claim(g, c);
	if (g->dry)
		return 0;
	if (p->clear)
		return sw_targets_add(&p->targets, &c->prefix, g->e);
	return sw_changeset_delete(p, &c->prefix, c->origin, g->e);
}

static int gather_all(struct sw_ctx *ctx, struct gatherer *g)
{
	struct sw_claim_filter every = {0};

	g->plan->clear = true;
	return sw_store_claims(ctx->store, &every, gather, g, g->e);
}

int sw_flush(struct sw_ctx *ctx, const char *origin, bool expired_only, bool dry,
	     struct sw_flushed *n, struct sw_err *e)
{
	struct sw_changeset plan = {.expired_only = expired_only};
	struct gatherer g = {
		.plan = &plan, .count_expired = expired_only, .dry = dry, .now = sw_now(), .e = e};
	struct sw_claim_filter f = {.origin = origin, .expired_at = expired_only ? g.now : 0};
	int64_t adopted;
	int ret = 0;

	/* Blocks by the kernel count as its claims, recorded or not. */
	if (!dry && !expired_only && (!origin || !strcmp(origin, SW_ORIGIN_KERNEL)))
		ret = sw_adopt_kernel_blocks(ctx, NULL, e);
	if (!ret && !dry && !expired_only && origin && !strcmp(origin, SW_ORIGIN_UNRECORDED))
		ret = sw_adopt_unclaimed(ctx, &adopted, e);
	if (!ret && !origin && !expired_only)
		ret = gather_all(ctx, &g);
	else if (!ret)
		ret = sw_store_claims(ctx->store, &f, gather, &g, e);
	if (!ret && !dry)
		ret = sw_changeset_run(ctx, &plan, e);
	if (!ret && n)
		*n = g.count;
	sw_changeset_free(&plan);
	return ret;
}

struct goers {
	struct sw_targets *t;
	struct sw_err *e;
};

static int gather_prefix(const struct sw_prefix *p, void *arg)
{
	struct goers *g = arg;

	return sw_targets_add(g->t, p, g->e);
}

struct old_allows {
	struct sw_prefix *item;
	size_t count, room;
	struct sw_err *e;
};

static int gather_allow(const struct sw_allow_entry *a, void *arg)
{
	struct old_allows *o = arg;

	if (sw_grow((void **)&o->item, &o->room, o->count, sizeof(*o->item), o->e))
		return -1;
	o->item[o->count++] = a->prefix;
	return 0;
}

int sw_replace_with(struct sw_ctx *ctx, struct sw_changeset *p, bool merge, struct sw_err *e)
{
	struct goers g = {&p->targets, e};
	struct old_allows old = {.e = e};
	int ret = 0;

	p->touches_allow = true;
	if (!merge) {
		ret = sw_adopt_kernel_blocks(ctx, NULL, e);
		p->clear = true;
		if (!ret)
			ret = sw_store_claim_prefixes(ctx->store, gather_prefix, &g, e);
		if (!ret)
			ret = sw_store_allows(ctx->store, gather_allow, &old, e);
	}
	p->disallow = old.item;
	p->disallow_count = old.count;
	if (!ret)
		ret = sw_changeset_run(ctx, p, e);
	free(old.item);
	return ret;
}

int sw_replace(struct sw_ctx *ctx, const struct sw_claim *c, size_t n,
	       const struct sw_allow_entry *a, size_t na, bool merge, struct sw_err *e)
{
	struct sw_changeset p = {.allow = a, .allow_count = na};
	int ret = sw_changeset_claims(&p, c, n, e);

	if (!ret)
		ret = sw_replace_with(ctx, &p, merge, e);
	sw_changeset_free(&p);
	return ret;
}
