// SPDX-License-Identifier: GPL-2.0-only
/* Record and maps brought together again: after a load, after a crash, and
 * when time has passed. */
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

struct pusher {
	struct sw_maps maps;
	struct sw_targets later; /* where the kernel has an entry of its own */
	int64_t failed;
	struct sw_err first; /* why the first one failed */
	struct sw_err *e;
};

/* One block without a place must not keep the others out. */
static int push_word(const struct sw_prefix *p, __u32 expires_tick, void *arg)
{
	struct pusher *k = arg;
	struct sw_err why;
	__u32 conflict;
	int ret = sw_held_write(&k->maps, p, expires_tick, 0, &conflict, &why);

	if (ret > 0)
		return sw_targets_add(&k->later, p, k->e);
	if (ret < 0 && !k->failed++)
		k->first = why;
	return 0;
}

static int push_record(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_prefix every4 = {.v4 = true, .addr = sw_addr_from4(0)};
	struct sw_claim_filter live = {.live_at = sw_now()};
	struct pusher k = {.e = e};
	int64_t all = sw_store_claim_count(ctx->store, &live, e), claims4;
	int ret;

	live.within = &every4;
	claims4 = all < 0 ? -1 : sw_store_claim_count(ctx->store, &live, e);
	if (claims4 < 0 || sw_drop_fit(ctx, true, claims4, e) ||
	    sw_drop_fit(ctx, false, all - claims4, e))
		return -1;
	sw_maps_open(&k.maps, &ctx->engine, true);
	ret = sw_merged_each(ctx, push_word, &k, e);
	sw_maps_close(&k.maps);
	if (!ret)
		ret = sw_targets_settle(ctx, &k.later, e);
	sw_targets_free(&k.later);
	if (!ret && k.failed)
		ret = sw_fail(e, k.first.exit, "%lld recorded blocks are not in force: %s",
			      (long long)k.failed, k.first.text);
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

static int stop_at_first(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	(void)p;
	(void)h;
	(void)arg;
	return 1;
}

int sw_restore_maps(struct sw_ctx *ctx, struct sw_err *e)
{
	int used;

	if (!ctx->loaded)
		return 0;
	used = sw_held_each(&ctx->engine, stop_at_first, NULL, e);
	if (used < 0)
		return -1;
	/* Before anything can pass for lost: whom nobody may block. */
	if (sw_allow_sync(ctx, e))
		return -1;
	if (used && sw_adopt_kernel_blocks(ctx, NULL, e))
		return -1;
	/* A record that was set aside knows nothing of what was being changed. */
	if (used && !ctx->record_aside[0] && sw_intent_settle(ctx, e))
		return -1;
	if (used && sw_adopt_unclaimed(ctx, &ctx->adopted, e))
		return -1;
	if (push_record(ctx, e))
		return -1;
	sw_intent_end(ctx);
	return 0;
}

int sw_sweep(struct sw_ctx *ctx, struct sw_err *e)
{
	int64_t step;

	if (sw_clock_reconcile(ctx, &step, e))
		return -1;
	/* A clock that is ahead must not make the record forget what is not over. */
	if (sw_clock_is_settled() && sw_flush(ctx, NULL, true, false, NULL, e))
		return -1;
	if (ctx->loaded && (sw_maps_sweep(ctx, e) || sw_drop_fit(ctx, true, 0, e) ||
			    sw_drop_fit(ctx, false, 0, e) || sw_drop_tidy(ctx, e) ||
			    sw_allow_sync(ctx, e) || sw_lengths_rebuild(ctx, e)))
		return -1;
	return sw_clock_is_settled() ? sw_store_prune(ctx->store, sw_now() - ctx->config.keep, e)
				     : 0;
}
