// SPDX-License-Identifier: GPL-2.0-only
/* Trials. The program itself falls back to the old mode, at a deadline in its settings;
 * everything else is restored from a snapshot by the next process. */
#include "blocklist/internal.h"

static void arm(struct sw_ctx *ctx, enum sw_mode back_to, int64_t span_us)
{
	if (ctx->loaded)
		sw_settings_revert(&ctx->engine, back_to, sw_monotonic() + span_us * 1000);
}

static bool armed(const struct sw_ctx *ctx)
{
	return ctx->loaded && ctx->engine.settings->revert_at;
}

static void disarm(struct sw_ctx *ctx)
{
	if (armed(ctx))
		sw_settings_no_revert(&ctx->engine);
}

/* The program's own deadline is used if there is one, because the wall clock can jump. */
static bool is_over(const struct sw_ctx *ctx, const struct sw_dump *s)
{
	if (armed(ctx))
		return sw_settings_reverted(&ctx->engine);
	return sw_now() >= s->deadline;
}

int sw_trial_begin(struct sw_ctx *ctx, enum sw_mode back_to, int64_t span_us, struct sw_err *e)
{
	struct sw_dump running;
	char span[SW_DURATION_TEXT];
	int found;

	if (span_us <= 0 || span_us > INT64_MAX / 1000 - sw_monotonic() / 1000)
		return sw_fail(e, SW_EXIT_USAGE,
			       "invalid trial duration %s (expected a limited one, such as 10m)",
			       sw_duration_text(span_us, span));
	found = sw_snapshot_read(ctx, true, &running, e);
	if (found < 0)
		return -1;
	if (found)
		return sw_fail(e, SW_EXIT_FAILED,
			       "a trial is running for %s more; confirm it first: scanwall confirm",
			       sw_duration_text(running.deadline - sw_now(), span));
	/* blocks by the kernel are part of the state to restore */
	if (sw_adopt_kernel_blocks(ctx, NULL, e) ||
	    sw_snapshot_write(ctx, back_to, sw_now() + span_us, e))
		return -1;
	arm(ctx, back_to, span_us);
	return 0;
}

static int keep_mode(struct sw_ctx *ctx, struct sw_err *e)
{
	int mode = ctx->loaded ? (int)ctx->engine.settings->mode : ctx->config.mode;

	if (mode == ctx->config.mode)
		return 0;
	if (sw_store_setting_put(ctx->store, "mode", mode == SW_ENFORCE ? "enforce" : "detect", e))
		return -1;
	ctx->config.mode = mode;
	return 0;
}

int sw_trial_confirm(struct sw_ctx *ctx, bool *was_running, struct sw_err *e)
{
	struct sw_dump s;
	int found = sw_snapshot_read(ctx, true, &s, e);

	*was_running = false;
	if (found < 0)
		return -1;
	if (!found || is_over(ctx, &s))
		return 0;
	/* The snapshot is removed before the deadline: a deadline alone is cleared by
	 * sw_trial_settle, a snapshot alone would be restored. */
	if (keep_mode(ctx, e) || sw_snapshot_remove(ctx, e))
		return -1;
	disarm(ctx);
	*was_running = true;
	return 0;
}

struct old_settings {
	char **key;
	size_t count, room;
	struct sw_err *e;
};

static int note_setting(const char *key, const char *value, void *arg)
{
	struct old_settings *o = arg;

	(void)value;
	if (sw_grow((void **)&o->key, &o->room, o->count, sizeof(*o->key), o->e))
		return -1;
	o->key[o->count] = strdup(key);
	if (!o->key[o->count])
		return sw_fail(o->e, SW_EXIT_FAILED, "out of memory");
	o->count++;
	return 0;
}

/* Runs in the transaction that restores claims and allow entries. */
static int restore_settings(struct sw_ctx *ctx, void *arg, struct sw_err *e)
{
	const struct sw_dump *s = arg;
	struct old_settings old = {.e = e};
	int ret = sw_store_settings(ctx->store, note_setting, &old, e);

	for (size_t i = 0; i < old.count; i++) {
		if (!ret)
			ret = sw_store_setting_put(ctx->store, old.key[i], NULL, e);
		free(old.key[i]);
	}
	free(old.key);
	for (size_t i = 0; !ret && i < s->setting_count; i++)
		ret = sw_store_setting_put(ctx->store, s->setting[i].key, s->setting[i].value, e);
	return ret;
}

static int restore(struct sw_ctx *ctx, struct sw_dump *s, struct sw_err *e)
{
	struct sw_changeset p = {.allow = s->allow,
				 .allow_count = s->allow_count,
				 .also = restore_settings,
				 .also_arg = s};
	struct sw_config fresh;
	int ret = sw_changeset_claims(&p, s->claim, s->claim_count, e);

	if (!ret)
		ret = sw_replace_with(ctx, &p, false, e);
	sw_changeset_free(&p);
	if (ret)
		return -1;
	if (ctx->config_trouble.text[0]) /* the record has them for the next reload */
		return 0;
	if (sw_ctx_config(ctx, &fresh, e))
		return -1;
	sw_config_free(&ctx->config);
	ctx->config = fresh;
	return sw_apply_config(ctx, e);
}

static void settle_mode(struct sw_ctx *ctx, enum sw_mode mode)
{
	if (ctx->loaded)
		sw_settings_mode(&ctx->engine, mode);
}

/* There is nothing to restore from; reported once, then removed. */
static int give_up(struct sw_ctx *ctx, const struct sw_err *why, struct sw_err *e)
{
	char aside[SW_SAVE_PATH];

	if (sw_snapshot_set_aside(ctx, aside))
		return sw_fail(e, why->exit, "%s", why->text);
	if (armed(ctx))
		settle_mode(ctx, ctx->engine.settings->revert_mode);
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s and was put aside as %s: the trial's mode is undone, but its blocks, "
		       "allows and settings stay; check them with `scanwall list`",
		       why->text, aside);
}

/* Frees s. */
static int roll_back(struct sw_ctx *ctx, struct sw_dump *s, struct sw_err *e)
{
	int ret = restore(ctx, s, e);

	if (!ret)
		settle_mode(ctx, s->mode);
	sw_dump_free(s);
	return ret ? ret : sw_snapshot_remove(ctx, e);
}

int sw_trial_settle(struct sw_ctx *ctx, bool *rolled_back, struct sw_err *e)
{
	struct sw_err why = {.exit = SW_EXIT_FAILED};
	struct sw_dump s;
	int found = sw_snapshot_read(ctx, true, &s, &why);

	*rolled_back = false;
	if (!found) {
		disarm(ctx);
		return 0;
	}
	if (found > 0 && !is_over(ctx, &s)) {
		/* loaded again since: set the deadline again */
		if (!armed(ctx))
			arm(ctx, s.mode, s.deadline - sw_now());
		return 0;
	}
	if (found > 0)
		found = sw_snapshot_read(ctx, false, &s, &why);
	if (found < 0)
		return why.exit == SW_EXIT_PERM ? sw_fail(e, why.exit, "%s", why.text)
						: give_up(ctx, &why, e);
	if (roll_back(ctx, &s, e))
		return -1;
	*rolled_back = true;
	return 0;
}

void sw_trial_undo(struct sw_ctx *ctx)
{
	struct sw_err e = {0};
	struct sw_dump s;

	if (sw_snapshot_read(ctx, false, &s, &e) > 0)
		roll_back(ctx, &s, &e);
}
