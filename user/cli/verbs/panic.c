// SPDX-License-Identifier: GPL-2.0-only
/* panic and confirm: the two verbs for when something goes wrong. */
#include "cli/policy.h"
#include "engine/settings.h"
#include "events/events.h"

static int print_panic(const struct sw_globals *g, bool on, bool was, struct sw_err *e)
{
	const char *would = g->dry_run ? "would be " : "";
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "panic", json_boolean(on));
		json_object_set_new(root, "changed", json_boolean(on != was));
		json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
		return sw_cli_print(g, root, e);
	}
	if (g->quiet)
		return 0;
	if (on == was)
		printf("panic is %s already\n", on ? "on" : "off");
	else if (on)
		printf("panic is %son: everything passes; `scanwall panic --off` ends it\n", would);
	else
		printf("panic is %soff: the mode that was set is in force again\n", would);
	return 0;
}

/* No lock, no record, no configuration: it must work when those do not. */
SW_VERB(panic)
{
	bool on = !a->option[SW_PANIC_OFF], was;

	if (sw_engine_panic(g->pin_dir, g->dry_run ? -1 : on, &was, e))
		return -1;
	sw_audit_say("panic %s", on ? "on" : "off");
	if (print_panic(g, on, was, e))
		return -1;
	return on == was && g->strict ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

static int print_confirm(const struct sw_ctx *ctx, const struct sw_globals *g, bool was,
			 struct sw_err *e)
{
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "confirmed", json_boolean(was));
		json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
		return sw_cli_print(g, root, e);
	}
	if (g->quiet)
		return 0;
	if (!was)
		puts("no trial is running; nothing to confirm");
	else if (g->dry_run)
		puts("a trial is running; it would be confirmed");
	else if (ctx->loaded)
		printf("confirmed: the change stays, mode is %s\n",
		       sw_mode_name(sw_engine_mode(&ctx->engine)));
	else
		puts("confirmed: the change stays");
	return 0;
}

static int confirm(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e)
{
	bool was = false, too_late = false;
	int rc;

	if (g->dry_run) {
		was = ctx->loaded && ctx->engine.settings->revert_at > (__u64)sw_monotonic();
	} else {
		if (sw_ctx_lock(ctx, e) || sw_trial_settle(ctx, &too_late, e))
			return -1;
		if (too_late)
			return sw_fail(e, SW_EXIT_FAILED,
				       "too late: the trial ran out and what it changed has been "
				       "undone");
		if (sw_trial_confirm(ctx, &was, e))
			return -1;
	}
	if (print_confirm(ctx, g, was, e))
		return -1;
	rc = !was && g->strict ? SW_EXIT_ABSENT : SW_EXIT_OK;
	if (g->dry_run)
		return rc;
	sw_audit_say(was ? "confirm" : "confirm: no trial was running");
	return sw_audit_write(ctx->store, g, rc, e) ? -1 : rc;
}

SW_VERB(confirm)
{
	struct sw_ctx ctx;
	int rc;

	(void)a;
	if (sw_cli_open(&ctx, g, e))
		return -1;
	rc = confirm(&ctx, g, e);
	sw_ctx_close(&ctx);
	return rc;
}
