// SPDX-License-Identifier: GPL-2.0-only
/* Records blocks that only the maps hold: the kernel's own, made while no daemon ran, and
 * those that a crash or a lost record left unexplained. */
#include "blocklist/internal.h"

struct found_kernel {
	struct sw_targets t; /* known: its word */
	struct sw_err *e;
};

static int note_kernel(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	struct found_kernel *f = arg;

	if (!h->kernel)
		return 0;
	if (sw_targets_add(&f->t, p, f->e))
		return -1;
	f->t.item[f->t.count - 1].known = h->kernel;
	return 0;
}

static int adopt_all(struct sw_ctx *ctx, const struct sw_targets *t, int64_t *n, struct sw_err *e)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct sw_target *one = &t->item[i];
		int known = sw_kernel_explained(ctx, &one->prefix, one->known, e);

		if (known < 0 || (!known && sw_kernel_adopt(ctx, &one->prefix, one->known, e)))
			return -1;
		*n += !known;
	}
	return 0;
}

int sw_adopt_kernel_blocks(struct sw_ctx *ctx, int64_t *n, struct sw_err *e)
{
	struct found_kernel f = {.e = e};
	int64_t adopted = 0;
	int ret = 0;

	if (ctx->loaded)
		ret = sw_held_each(&ctx->engine, note_kernel, &f, e);
	if (!ret && f.t.count) {
		ret = sw_store_begin(ctx->store, e);
		if (!ret) {
			ret = adopt_all(ctx, &f.t, &adopted, e);
			if (!ret)
				ret = sw_store_commit(ctx->store, e);
			if (ret)
				sw_store_rollback(ctx->store);
		}
	}
	sw_targets_free(&f.t);
	if (!ret && n)
		*n = adopted;
	return ret;
}

static int note_held(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	struct found_kernel *f = arg;

	if (sw_targets_add(&f->t, p, f->e))
		return -1;
	f->t.item[f->t.count - 1].known = h->expires_tick;
	return 0;
}

/* Ends so soon that its claim may just have been swept. */
#define NEARLY_OVER (5 * INT64_C(1000000))

static int adopt_unclaimed(struct sw_ctx *ctx, const struct sw_target *t, size_t n,
			   int64_t *adopted, struct sw_err *e)
{
	struct sw_claim c = {.origin = SW_ORIGIN_UNRECORDED,
			     .comment = "found in force, and not in the record",
			     .since = sw_now()};

	for (size_t i = 0; i < n; i++) {
		struct sw_claim_filter any = {.prefix = &t[i].prefix};
		int64_t claims = sw_store_claim_count(ctx->store, &any, e);

		if (claims < 0)
			return -1;
		/* It is known, and over; the clock said otherwise when it was written. */
		if (claims)
			continue;
		c.prefix = t[i].prefix;
		c.expires = sw_time_from_ticks(t[i].known);
		c.new_only = t[i].known & SW_EXPIRES_NEW_ONLY;
		if (c.expires <= c.since + NEARLY_OVER)
			continue;
		if (sw_store_claim_put(ctx->store, &c, e))
			return -1;
		++*adopted;
	}
	return 0;
}

/* Maps that outlived a crash, or their record, may hold what the record does not
 * know. It stays until its time, under an origin that can be listed and flushed:
 * nothing that was blocked opens in silence. */
int sw_adopt_unclaimed(struct sw_ctx *ctx, int64_t *adopted, struct sw_err *e)
{
	struct found_kernel f = {.e = e};
	size_t kept = 0;
	int ret = ctx->loaded ? sw_held_each(&ctx->engine, note_held, &f, e) : 0;

	*adopted = 0;
	sw_targets_sort(&f.t);
	if (!ret)
		ret = sw_targets_merge(ctx, f.t.item, f.t.count, e);
	for (size_t i = 0; i < f.t.count; i++)
		if (!f.t.item[i].expires_tick)
			f.t.item[kept++] = f.t.item[i];
	f.t.count = kept;
	if (!ret && kept) {
		ret = sw_store_begin(ctx->store, e);
		if (!ret)
			ret = adopt_unclaimed(ctx, f.t.item, kept, adopted, e);
		if (!ret)
			ret = sw_store_commit(ctx->store, e);
		if (ret)
			sw_store_rollback(ctx->store);
		/* What is over goes; what was adopted stays. */
		if (!ret)
			ret = sw_targets_settle(ctx, &f.t, e);
	}
	sw_targets_free(&f.t);
	return ret;
}
