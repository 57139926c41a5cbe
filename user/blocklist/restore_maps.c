// SPDX-License-Identifier: GPL-2.0-only
/* Writes the record's blocks to the maps: after a load, after a crash, and after a
 * step of the clock. */
#include "blocklist/internal.h"

struct pusher {
	struct sw_maps maps;
	struct sw_targets later; /* where the kernel has an entry of its own */
	int64_t failed;
	struct sw_err first; /* why the first one failed */
	struct sw_err *e;
};

/* One block without a place must not keep the others out. */
static int push_merged(const struct sw_prefix *p, __u32 expires_tick, void *arg)
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
	ret = sw_merged_each(ctx, push_merged, &k, e);
	sw_maps_close(&k.maps);
	if (!ret)
		ret = sw_targets_settle(ctx, &k.later, e);
	sw_targets_free(&k.later);
	if (!ret && k.failed)
		ret = sw_fail(e, k.first.exit, "%lld recorded blocks are not in force: %s",
			      (long long)k.failed, k.first.text);
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
	/* First the guarded addresses, before anything can be taken for lost. */
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

int sw_restore_interrupted(struct sw_ctx *ctx, bool *mended, struct sw_err *e)
{
	*mended = sw_intent_left(ctx);
	return *mended ? sw_restore_maps(ctx, e) : 0;
}
