// SPDX-License-Identifier: GPL-2.0-only
/* Loads the program, or replaces the loaded one by this binary's, with everything that it
 * needs before the first packet: blocks, allowlist, guards, settings, signatures. */
#include <stdio.h>
#include "blocklist/past.h"
#include "engine/syn_flood.h"
#include "rules/enforce.h"

/* Writes guards, settings and signatures to the maps. `restore`: also the record's blocks. */
static int tell_program(struct sw_ctx *ctx, struct sw_rules *rules, bool restore, struct sw_err *e)
{
	const struct sw_guard *guard = sw_ctx_guard(ctx, e);

	/* A failure is reported by status and doctor: everything else works without. */
	if (ctx->config.set_syncookies)
		sw_syncookies_set(ctx->state_dir);
	if (!guard || sw_guard_apply(&ctx->engine, guard, &ctx->config.nat64, e))
		return -1;
	if (restore && sw_restore_maps(ctx, e))
		return -1;
	return sw_apply_config(ctx, e) || sw_rules_enforce(ctx, rules, e) ? -1 : 0;
}

static int load(struct sw_ctx *ctx, const struct sw_config *sized, struct sw_rules *rules,
		bool fresh, struct sw_err *e)
{
	struct sw_err ignored;

	if (sw_engine_load(&ctx->engine, ctx->pin_dir, sized, e))
		return -1;
	ctx->loaded = true;
	if (!tell_program(ctx, rules, fresh, e))
		return 0;
	if (fresh) {
		sw_engine_close(&ctx->engine);
		sw_engine_remove(ctx->pin_dir, &ignored);
		ctx->loaded = false;
	}
	return -1;
}

static int fill_and_switch(struct sw_ctx *ctx, const struct sw_past *past, struct sw_rules *rules,
			   struct sw_err *e)
{
	if (sw_carry_over(ctx, past, e) || tell_program(ctx, rules, true, e) ||
	    sw_engine_switch(&ctx->engine, ctx->pin_dir, e))
		return -1;
	sw_wait_for_packets();
	if (!past->first && sw_tables_keep_counts(&past->engine, &ctx->engine, e))
		return -1;
	return sw_carry_rest(ctx, past, e);
}

/* Next to the maps in force, which stay unchanged if anything fails. */
static int upgrade(struct sw_ctx *ctx, const struct sw_config *sized, struct sw_rules *rules,
		   enum sw_pinned kind, struct sw_err *e)
{
	struct sw_past past;
	int rc;

	if (sw_past_open(&past, ctx->pin_dir, kind, e))
		return -1;
	rc = sw_engine_stage(&ctx->engine, ctx->pin_dir, sized, past.seed, e);
	if (!rc) {
		ctx->loaded = true;
		rc = fill_and_switch(ctx, &past, rules, e);
		sw_engine_forget(ctx->pin_dir);
	}
	if (rc && ctx->loaded) {
		sw_engine_close(&ctx->engine);
		ctx->loaded = false;
	}
	sw_past_close(&past);
	return rc;
}

static int bring_up(struct sw_ctx *ctx, struct sw_rules *rules, struct sw_err *e)
{
	struct sw_config sized;
	int kind;

	sized = ctx->config; /* which keeps what it points to */
	if (sw_rules_size(rules, &sized, e))
		return -1;
	kind = sw_engine_pinned(ctx->pin_dir, &sized, e);
	if (kind < 0)
		return -1;
	/* What loads opens the maps anew. */
	if (ctx->loaded)
		sw_engine_close(&ctx->engine);
	ctx->loaded = false;
	ctx->foreign = false;
	if (kind == SW_PINNED_NONE || kind == SW_PINNED_FITS)
		return load(ctx, &sized, rules, kind == SW_PINNED_NONE, e);
	return upgrade(ctx, &sized, rules, kind, e);
}

int sw_ctx_bring_up(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_rules rules;
	int rc;

	/* First, as the files may be wrong. */
	if (sw_rules_configured(&rules, &ctx->config, e))
		return -1;
	rc = bring_up(ctx, &rules, e);
	sw_rules_free(&rules);
	if (!rc)
		sw_engine_set_owner(ctx->pin_dir, ctx->state_dir);
	return rc;
}

/* The maps in force are known to be this layout's, or ctx would not be loaded. Asking
 * for their types takes CAP_SYS_ADMIN, which a daemon has given up. */
static int grow(struct sw_ctx *ctx, struct sw_rules *rules, struct sw_err *e)
{
	struct sw_config sized;
	struct sw_err ignored;
	int rc;

	sized = ctx->config; /* which keeps what it points to */
	if (sw_rules_size(rules, &sized, e))
		return -1;
	sw_engine_close(&ctx->engine);
	ctx->loaded = false;
	rc = upgrade(ctx, &sized, rules, SW_PINNED_SHAPED, e);
	if (!rc)
		sw_engine_set_owner(ctx->pin_dir, ctx->state_dir);
	else /* what was in force still is */
		ctx->loaded = !sw_engine_open(&ctx->engine, ctx->pin_dir, &ignored);
	return rc;
}

int sw_ctx_enforce(struct sw_ctx *ctx, struct sw_rules *rules, struct sw_err *e)
{
	if (sw_tables_fit(&ctx->engine, &rules->tables) ||
	    rules->tables.ports_listed > sw_map_entries(&ctx->engine, SW_MAP_port_rules) / 2)
		return sw_rules_enforce(ctx, rules, e);
	return grow(ctx, rules, e);
}
