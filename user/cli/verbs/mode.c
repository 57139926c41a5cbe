// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall mode`: detect or enforce, permanently or on trial. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "events/events.h"
#include "views/detect_only_text.h"
#include "views/human.h"
#include "engine/settings.h"
#include "cli/control.h"

struct request {
	const struct sw_globals *g;
	const char *name;
	enum sw_mode mode;
	int64_t span;	    /* of the trial; 0: for good */
	bool ended_a_trial; /* that was running before */
};

static int read_mode(const char *text, enum sw_mode *mode, struct sw_err *e)
{
	static const char *const known[] = {"detect", "enforce"};
	const char *near = sw_nearest(text, known, 2);

	for (int m = SW_DETECT; m <= SW_ENFORCE; m++) {
		if (strcmp(text, sw_mode_name(m)) == 0) {
			*mode = m;
			return 0;
		}
	}
	if (near)
		return sw_fail(e, SW_EXIT_USAGE, "invalid mode \"%s\"; did you mean %s?", text,
			       near);
	return sw_fail(e, SW_EXIT_USAGE, "invalid mode \"%s\" (expected detect or enforce)", text);
}

/* --for and --confirm are synonyms. */
static int read_span(const struct sw_args *a, int64_t *span, struct sw_err *e)
{
	bool by_for = a->option[SW_MODE_FOR];
	const char *text = a->option[by_for ? SW_MODE_FOR : SW_MODE_CONFIRM];
	const char *name = by_for ? "--for" : "--confirm";

	*span = 0;
	if (by_for && a->option[SW_MODE_CONFIRM])
		return sw_fail(e, SW_EXIT_USAGE,
			       "--for conflicts with --confirm: both start a trial");
	if (!text)
		return 0;
	if (sw_duration_parse(text, name, span, e))
		return -1;
	if (*span != SW_FOREVER)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "%s: invalid duration \"%s\" (expected a limited one, such as 10m)", name,
		       text);
}

/* ---- without an operand */

static int show_json(const struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e)
{
	int64_t left = sw_trial_left(ctx);
	enum sw_mode then = left ? ctx->engine.settings->revert_mode : SW_DETECT;
	json_t *root = sw_cli_json();

	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(ctx))));
	json_object_set_new(root, "loaded", json_boolean(ctx->loaded));
	json_object_set_new(root, "panic",
			    json_boolean(ctx->loaded && ctx->engine.settings->panic));
	json_object_set_new(root, "trial", sw_trial_json(left, then));
	return sw_cli_print(g, root, e);
}

static int show(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_ctx *ctx = c->ctx;
	int64_t left = sw_trial_left(ctx);
	char span[SW_HUMAN_TEXT];

	if (g->json)
		return show_json(ctx, g, e);
	if (ctx->loaded && ctx->engine.settings->panic)
		puts("PANIC: all packets pass; `scanwall panic --off` ends it");
	else if (left)
		printf("%s, on trial for %s more, then %s\n", sw_mode_name(sw_mode_now(ctx)),
		       sw_human_left(sw_now() + left, span),
		       sw_mode_name(ctx->engine.settings->revert_mode));
	else if (!ctx->loaded)
		printf("%s, once an interface is attached\n", sw_mode_name(sw_mode_now(ctx)));
	else
		puts(sw_mode_name(sw_mode_now(ctx)));
	return 0;
}

/* ---- change */

static int change_on_trial(struct sw_ctx *ctx, const struct request *r, struct sw_err *e)
{
	if (sw_trial_begin(ctx, sw_engine_wanted_mode(&ctx->engine), r->span, e))
		return -1;
	sw_setting_store(&ctx->engine, mode, r->mode);
	return 0;
}

/* A permanent change ends an earlier trial, whose rollback would undo it. */
static int change_for_good(struct sw_ctx *ctx, struct request *r, struct sw_err *e)
{
	if (sw_trial_confirm(ctx, &r->ended_a_trial, e) ||
	    sw_store_setting_put(ctx->store, "mode", r->name, e))
		return -1;
	ctx->config.mode = r->mode;
	return sw_control_apply(ctx, e);
}

static int print_json(const struct sw_ctx *ctx, const struct request *r, enum sw_mode before,
		      struct sw_err *e)
{
	json_t *root = sw_cli_json();

	json_object_set_new(root, "mode", json_string(r->name));
	json_object_set_new(root, "changed", json_boolean(before != r->mode));
	json_object_set_new(root, "loaded", json_boolean(ctx->loaded));
	json_object_set_new(root, "trial", sw_trial_json(r->span, before));
	return sw_cli_print(r->g, root, e);
}

static void print_trial(const struct request *r, enum sw_mode before)
{
	char span[SW_DURATION_TEXT];

	if (r->g->dry_run)
		printf("it would revert to %s after %s\n", sw_mode_name(before),
		       sw_duration_text(r->span, span));
	else
		printf("it reverts to %s in %s unless you run `scanwall confirm`\n",
		       sw_mode_name(before), sw_duration_text(r->span, span));
}

static int print_result(const struct sw_ctx *ctx, const struct request *r, enum sw_mode before,
			struct sw_err *e)
{
	char text[SW_DETECT_ONLY_TEXT];

	if (r->g->json)
		return print_json(ctx, r, before, e);
	if (r->g->quiet)
		return 0;
	if (r->ended_a_trial)
		puts("the trial is over; its other changes are kept");
	if (r->g->dry_run)
		printf("mode would be %s\n", r->name);
	else if (!ctx->loaded)
		printf("mode is %s, once an interface is attached\n", r->name);
	else if (r->mode == SW_ENFORCE)
		printf("mode is %s%s: packets from blocked sources are dropped\n",
		       before == r->mode ? "still " : "", r->name);
	else
		printf("mode is %s%s: nothing is dropped, only counted\n",
		       before == r->mode ? "still " : "", r->name);
	if (r->mode == SW_ENFORCE && sw_detect_only_text(&ctx->config, text, sizeof(text)))
		printf("only reported, not blocked (detect_only): %s\n", text);
	if (r->span)
		print_trial(r, before);
	if (ctx->loaded && ctx->engine.settings->panic)
		puts("PANIC is on: all packets pass until `scanwall panic --off`");
	return 0;
}

static int change(struct sw_call *c, struct sw_err *e)
{
	struct sw_ctx *ctx = c->ctx;
	struct request *r = c->request;
	enum sw_mode before = ctx->loaded ? sw_engine_wanted_mode(&ctx->engine) : sw_mode_now(ctx);
	char span[SW_DURATION_TEXT];
	int rc = 0;

	if (r->span && !ctx->loaded)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "nothing is attached, so nothing would enforce a trial's deadline; "
			       "run scanwall attach IFACE first");
	if (r->mode == SW_ENFORCE && before != SW_ENFORCE && !r->g->json && !r->g->quiet)
		rc = sw_preview_print(ctx, r->g, e);
	if (!rc && !r->g->dry_run)
		rc = r->span ? change_on_trial(ctx, r, e) : change_for_good(ctx, r, e);
	if (rc || print_result(ctx, r, before, e))
		return -1;
	sw_audit_say("mode: %s to %s%s%s", sw_mode_name(before), r->name,
		     r->span ? " on trial for " : "",
		     r->span ? sw_duration_text(r->span, span) : "");
	return r->g->strict && before == r->mode ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;
	const struct sw_args *a = c->a;

	if (!a->count && (a->option[SW_MODE_FOR] || a->option[SW_MODE_CONFIRM]))
		return sw_fail(e, SW_EXIT_USAGE,
			       "missing mode (expected detect or enforce, as in: scanwall mode "
			       "enforce --for 10m)");
	if (!a->count) {
		sw_call_shows(c);
		return 0;
	}
	r->g = c->g;
	r->name = a->operand[0];
	return read_mode(r->name, &r->mode, e) || read_span(a, &r->span, e) ? -1 : 0;
}

static int run(struct sw_call *c, struct sw_err *e)
{
	return c->a->count ? change(c, e) : show(c, e);
}

const struct sw_verb_ops sw_mode_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = run,
};
