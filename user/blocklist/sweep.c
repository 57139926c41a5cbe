// SPDX-License-Identifier: GPL-2.0-only
/* The periodic clean-up of record and maps. */
#include "blocklist/internal.h"

static int drop_expired(struct sw_ctx *ctx, struct sw_err *e)
{
	int64_t first;

	if (sw_store_first_expiry(ctx->store, &first, e) < 0)
		return -1;
	return first > sw_now() ? 0 : sw_flush(ctx, NULL, true, false, NULL, e);
}

int sw_sweep(struct sw_ctx *ctx, struct sw_err *e)
{
	int64_t step;

	if (sw_clock_reconcile(ctx, &step, e))
		return -1;
	/* A clock that is ahead must not make the record drop what has not expired. */
	if (sw_clock_is_settled() && drop_expired(ctx, e))
		return -1;
	if (ctx->loaded &&
	    (sw_maps_sweep(ctx, e) || sw_clients_sweep(&ctx->engine, sw_ticks_now(), e) ||
	     sw_drop_fit(ctx, true, 0, e) || sw_drop_fit(ctx, false, 0, e) ||
	     sw_drop_tidy(ctx, e) || sw_allow_sync(ctx, e) || sw_lengths_rebuild(ctx, e)))
		return -1;
	return sw_clock_is_settled() ? sw_store_prune(ctx->store, sw_now() - ctx->config.keep, e)
				     : 0;
}
