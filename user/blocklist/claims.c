// SPDX-License-Identifier: GPL-2.0-only
/* Blocking, unblocking and replacing: each a plan of what goes and comes. */
#include "internal.h"

int sw_block(struct sw_wall *w, const struct sw_claim *c, size_t n, enum sw_change *change,
	     struct sw_err *e)
{
	struct sw_plan p = {.claim_change = change};
	int ret = sw_plan_claims(&p, c, n, e);

	if (!ret)
		ret = sw_plan_run(w, &p, e);
	sw_plan_free(&p);
	return ret;
}

int sw_unblock(struct sw_wall *w, const struct sw_prefix *p, size_t n, const char *origin,
	       enum sw_change *change, struct sw_err *e)
{
	struct sw_plan plan = {.doomed_change = change};
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++)
		ret = sw_plan_doom(&plan, &p[i], origin, e);
	if (!ret)
		ret = sw_plan_run(w, &plan, e);
	sw_plan_free(&plan);
	return ret;
}

struct gatherer {
	struct sw_plan *plan;
	bool every; /* whatever its origin */
	bool count_expired;
	int64_t now, count;
	struct sw_err *e;
};

static int gather(const struct sw_claim *c, void *arg)
{
	struct gatherer *g = arg;
	struct sw_plan *p = g->plan;

	if (g->count_expired || c->expires > g->now)
		g->count++;
	/* In order of prefix: the claims of one stand together. */
	if (g->every && p->doomed_count &&
	    !sw_prefix_cmp(&p->doomed[p->doomed_count - 1].prefix, &c->prefix))
		return 0;
	return sw_plan_doom(p, &c->prefix, g->every ? NULL : c->origin, g->e);
}

static int gather_held(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	struct gatherer *g = arg;

	(void)h;
	return sw_targets_add(&g->plan->targets, p, g->e);
}

/* Everything goes, also what only the maps know. */
static int gather_all(struct sw_wall *w, struct gatherer *g)
{
	struct sw_claim_filter every = {0};

	g->every = true;
	if (sw_store_claims(w->store, &every, gather, g, g->e))
		return -1;
	return w->loaded ? sw_held_each(&w->engine, gather_held, g, g->e) : 0;
}

int sw_flush(struct sw_wall *w, const char *origin, bool expired_only, int64_t *n, struct sw_err *e)
{
	struct sw_plan plan = {.expired_only = expired_only};
	struct gatherer g = {.plan = &plan, .count_expired = expired_only, .now = sw_now(), .e = e};
	struct sw_claim_filter f = {.origin = origin, .expired_at = expired_only ? g.now : 0};
	int ret = 0;

	/* The kernel's blocks count as its claims, recorded yet or not. */
	if (!expired_only && (!origin || !strcmp(origin, SW_ORIGIN_KERNEL)))
		ret = sw_adopt_kernel_blocks(w, NULL, e);
	if (!ret && !origin && !expired_only)
		ret = gather_all(w, &g);
	else if (!ret)
		ret = sw_store_claims(w->store, &f, gather, &g, e);
	if (!ret)
		ret = sw_plan_run(w, &plan, e);
	if (!ret && n)
		*n = g.count;
	sw_plan_free(&plan);
	return ret;
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

int sw_replace_with(struct sw_wall *w, struct sw_plan *p, bool merge, struct sw_err *e)
{
	struct gatherer g = {.plan = p, .now = sw_now(), .e = e};
	struct old_allows old = {.e = e};
	int ret = 0;

	p->touches_allow = true;
	if (!merge) {
		ret = sw_adopt_kernel_blocks(w, NULL, e);
		if (!ret)
			ret = gather_all(w, &g);
		if (!ret)
			ret = sw_store_allows(w->store, gather_allow, &old, e);
	}
	p->disallow = old.item;
	p->disallow_count = old.count;
	if (!ret)
		ret = sw_plan_run(w, p, e);
	free(old.item);
	return ret;
}

int sw_replace(struct sw_wall *w, const struct sw_claim *c, size_t n,
	       const struct sw_allow_entry *a, size_t na, bool merge, struct sw_err *e)
{
	struct sw_plan p = {.allow = a, .allow_count = na};
	int ret = sw_plan_claims(&p, c, n, e);

	if (!ret)
		ret = sw_replace_with(w, &p, merge, e);
	sw_plan_free(&p);
	return ret;
}
