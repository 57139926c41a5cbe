// SPDX-License-Identifier: GPL-2.0-only
/* When the record cannot be opened: blocking and allowing still work, but changes are
 * not kept. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "context/record.h"
#include "events/events.h"

/* For root only: a user who may not read the record may not work without it either. */
static int do_without(struct sw_ctx *ctx, const struct sw_err *why, struct sw_err *e)
{
	struct sw_store *fresh;

	if (geteuid())
		return sw_fail(e, why->exit, "%s", why->text);
	fresh = sw_store_open_volatile(ctx->state_dir, e);
	if (!fresh)
		fresh = sw_store_open_volatile(NULL, e);
	if (!fresh)
		return -1;
	sw_store_close(ctx->store);
	ctx->store = fresh;
	ctx->record_trouble = *why;
	return 0;
}

static struct sw_err distrusted; /* why the file is not opened again */

bool sw_record_distrust(const struct sw_err *why)
{
	if (distrusted.text[0] || !sw_store_was_unreadable())
		return false;
	distrusted = *why;
	return true;
}

int sw_record_open(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_err why;

	if (distrusted.text[0])
		return do_without(ctx, &distrusted, e);
	ctx->store = sw_store_open(ctx->state_dir, &why);
	return ctx->store ? 0 : do_without(ctx, &why, e);
}

/* The maps are all that is known, so their entries must not be removed as unclaimed. Blocks
 * are adopted by sw_restore_maps(). */
static int learn(struct sw_ctx *ctx, struct sw_err *e)
{
	enum sw_mode mode = sw_engine_wanted_mode(&ctx->engine);

	ctx->config.mode = mode;
	if (sw_adopt_allows(ctx, e))
		return -1;
	return sw_store_setting_put(ctx->store, "mode", sw_mode_name(mode), e);
}

int sw_record_learn(struct sw_ctx *ctx, struct sw_err *e)
{
	int64_t adopted;

	if (!ctx->loaded)
		return 0;
	if (!sw_store_is_volatile(ctx->store))
		return sw_store_is_new(ctx->store) ? learn(ctx, e) : 0;
	ctx->config.mode = sw_engine_wanted_mode(&ctx->engine);
	if (sw_store_is_copy(ctx->store))
		return 0;
	if (sw_adopt_kernel_blocks(ctx, NULL, e) || sw_adopt_unclaimed(ctx, &adopted, e))
		return -1;
	return learn(ctx, e);
}

int sw_record_reopen(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_store *fresh = sw_store_open(ctx->state_dir, e);

	if (!fresh)
		return -1;
	if (sw_store_probe(fresh, e)) {
		sw_store_close(fresh);
		return -1;
	}
	sw_store_close(ctx->store);
	ctx->store = fresh;
	ctx->record_trouble.text[0] = '\0';
	if (!ctx->loaded)
		return 0;
	if (sw_store_is_new(fresh) && learn(ctx, e))
		return -1;
	return sw_restore_maps(ctx, e);
}

int sw_record_check(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_err why;

	if (sw_store_is_volatile(ctx->store) || !sw_store_probe(ctx->store, &why))
		return 0;
	return do_without(ctx, &why, e);
}

int sw_record_mend(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_store *fresh;

	if (!sw_store_damaged(ctx->state_dir))
		return 0;
	if (sw_store_set_aside(ctx->state_dir, ctx->record_aside, e))
		return -1;
	fresh = sw_store_open(ctx->state_dir, e);
	if (!fresh)
		return -1;
	sw_store_close(ctx->store);
	ctx->store = fresh;
	ctx->record_trouble.text[0] = '\0';
	return ctx->loaded ? learn(ctx, e) : 0;
}
