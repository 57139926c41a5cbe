// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall panic` and `scanwall confirm`: passing everything, and keeping a trial. */
#include "cli/policy.h"
#include "events/events.h"

static int print_panic(const struct sw_globals *g, bool on, bool was, struct sw_err *e)
{
	const char *would = g->dry_run ? "would be " : "";
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "panic", json_boolean(on));
		json_object_set_new(root, "changed", json_boolean(on != was));
		return sw_cli_print(g, root, e);
	}
	if (g->quiet)
		return 0;
	if (on == was)
		printf("panic is already %s\n", on ? "on" : "off");
	else if (on)
		printf("panic is %son: all packets pass; `scanwall panic --off` ends it\n", would);
	else
		printf("panic is %soff: the configured mode is in force again\n", would);
	return 0;
}

/* Uses no lock, record or configuration: it must work when they do not. */
static int panic(struct sw_call *c, struct sw_err *e)
{
	bool on = !c->a->option[SW_PANIC_OFF], was;

	if (sw_engine_panic(c->g->pin_dir, c->g->dry_run ? -1 : on, &was, e))
		return -1;
	sw_audit_say("panic %s", on ? "on" : "off");
	if (!on || was)
		sw_audit_instead(on == was ? "" : "scanwall panic");
	if (print_panic(c->g, on, was, e))
		return -1;
	return on == was && c->g->strict ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

const struct sw_verb_ops sw_panic_ops = {.run = panic};

static int print_confirm(const struct sw_ctx *ctx, const struct sw_globals *g, bool was,
			 struct sw_err *e)
{
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "confirmed", json_boolean(was));
		return sw_cli_print(g, root, e);
	}
	if (g->quiet)
		return 0;
	if (!was)
		puts("no trial is running; nothing to confirm");
	else if (g->dry_run)
		puts("a trial is running; it would be confirmed");
	else if (ctx->loaded)
		printf("confirmed: the change is kept, mode is %s\n",
		       sw_mode_name(sw_engine_mode(&ctx->engine)));
	else
		puts("confirmed: the change is kept");
	return 0;
}

static int confirm(struct sw_call *c, struct sw_err *e)
{
	struct sw_ctx *ctx = c->ctx;
	bool was = false;

	if (ctx->trial_undone)
		return sw_fail(e, SW_EXIT_FAILED, "too late: the trial has ended");
	if (c->g->dry_run)
		was = ctx->loaded && ctx->engine.settings->revert_at > (__u64)sw_monotonic();
	else if (sw_trial_confirm(ctx, &was, e))
		return -1;
	if (print_confirm(ctx, c->g, was, e))
		return -1;
	sw_audit_say(was ? "confirm" : "confirm: no trial was running");
	return !was && c->g->strict ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

const struct sw_verb_ops sw_confirm_ops = {.run = confirm};
