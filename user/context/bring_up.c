// SPDX-License-Identifier: GPL-2.0-only
/* The program loaded, or replaced by this binary's, with everything it must
 * know before the first packet: blocks, allowlist, guards, thresholds,
 * signatures. */
#include <stdio.h>
#include "rules/enforce.h"

int sw_ctx_bring_up(struct sw_ctx *ctx, struct sw_err *e)
{
	bool fresh = !ctx->loaded;
	const struct sw_guard *guard;
	struct sw_err ignored;
	struct sw_rules rules;

	/* First, as the files may be wrong. */
	if (sw_rules_configured(&rules, &ctx->config, e))
		return -1;

	/* sw_engine_load opens the maps anew. */
	if (ctx->loaded)
		sw_engine_close(&ctx->engine);
	ctx->loaded = false;
	if (sw_engine_load(&ctx->engine, ctx->pin_dir, &ctx->config, e)) {
		sw_rules_free(&rules);
		return -1;
	}
	ctx->loaded = true;
	guard = sw_ctx_guard(ctx, e);
	if (!guard || sw_guard_apply(&ctx->engine, guard, e))
		goto fail;
	if (fresh && sw_restore_maps(ctx, e))
		goto fail;
	if (sw_apply_config(ctx, e) || sw_rules_enforce(ctx, &rules, e))
		goto fail;
	sw_rules_free(&rules);
	return 0;
fail:
	sw_rules_free(&rules);
	if (fresh) {
		sw_engine_close(&ctx->engine);
		sw_engine_remove(ctx->pin_dir, &ignored);
		ctx->loaded = false;
	}
	return -1;
}
