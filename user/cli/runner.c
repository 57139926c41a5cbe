// SPDX-License-Identifier: GPL-2.0-only
/* Runs a verb: opens what its row needs, audits and closes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "cli/control.h"
#include "cli/runner.h"
#include "context/record.h"
#include "store/changes.h"

void sw_call_shows(struct sw_call *c)
{
	c->needs = SW_NEEDS_LOOK;
	c->audited = false;
	c->changes = false;
}

/* Packets pass unjudged until the program is loaded, so a busy record is not waited for
 * long. */
#define LOAD_WAIT_MS 2000

static int open_to_load(struct sw_call *c, struct sw_err *e)
{
	sw_store_wait(LOAD_WAIT_MS);
	return sw_cli_open_to_load(c->ctx, c->g, e);
}

/* Nothing known is not the same as nothing there. */
static int check_known(const struct sw_verb *v, const struct sw_ctx *ctx, struct sw_err *e)
{
	if (!ctx->record_trouble.text[0] || sw_store_is_copy(ctx->store))
		return 0;
	if (v->from_record)
		return sw_fail(e, SW_EXIT_FAILED,
			       "the record cannot be read, so there is nothing to show");
	if (!ctx->unusable.text[0] || v->degrades)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "neither the record nor the maps can be read, so there is nothing to show");
}

/* A dry run takes no lock and does not roll back expired trials: it changes nothing. */
static int open_needed(const struct sw_verb *v, struct sw_call *c, bool dry, struct sw_err *e)
{
	if (c->needs == SW_NEEDS_NOTHING)
		return 0;
	if (dry)
		return sw_cli_open(c->ctx, c->g, e);
	if (c->needs == SW_NEEDS_LOOK)
		return sw_view_open(c->ctx, c->g, e) || check_known(v, c->ctx, e) ? -1 : 0;
	if (c->needs == SW_NEEDS_LOCK)
		return sw_cli_open_locked(c->ctx, c->g, e);
	return open_to_load(c, e);
}

int sw_call_look_again(struct sw_call *c, struct sw_err *e)
{
	sw_ctx_close(c->ctx);
	return sw_view_open(c->ctx, c->g, e);
}

int sw_call_lock(struct sw_call *c, struct sw_err *e)
{
	sw_ctx_close(c->ctx);
	if (open_to_load(c, e))
		return -1;
	return c->audited && c->ctx->store ? sw_store_watch(c->ctx->store, e) : 0;
}

/* Starts recording changes here: what opening has rolled back is not this command's change. */
static void watch(const struct sw_verb *v, const struct sw_call *c, bool dry)
{
	struct sw_err why = {0};

	if (c->audited && !dry && c->ctx->store && sw_store_watch(c->ctx->store, &why))
		fprintf(stderr, "scanwall %s: %s\n", v->name, why.text);
}

static int open_and_run(const struct sw_verb *v, struct sw_call *c, bool dry, struct sw_err *e)
{
	struct sw_err why = {0};
	int rc;

	if (open_needed(v, c, dry, v->without_record ? &why : e)) {
		if (!v->without_record && sw_record_distrust(e))
			return open_and_run(v, c, dry, e);
		if (!v->without_record)
			return -1;
		fprintf(stderr, "scanwall %s: done without the record: %s\n", v->name, why.text);
	}
	watch(v, c, dry);
	rc = v->ops->run(c, e);
	/* SQLite finds a damaged page when it comes to it. The operator's hands do not
	 * depend on it: what failed has changed nothing, and goes without the record. */
	if (rc != -1 || c->needs == SW_NEEDS_NOTHING || !sw_record_distrust(e))
		return rc;
	sw_ctx_close(c->ctx);
	return open_and_run(v, c, dry, e);
}

static void warn(const struct sw_verb *v, const struct sw_ctx *ctx)
{
	const struct {
		const struct sw_err *why;
		const char *what;
	} part[] = {
		{&ctx->config_trouble, "done without the configuration, which CANNOT BE READ"},
		{&ctx->rules_unrecorded, "the rules are in force, but NOT RECORDED"},
		{&ctx->keys_unread, "keys for hidden services CANNOT BE READ"},
		{&ctx->names_unread, "addresses of allowed names CANNOT BE READ"},
	};

	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++)
		if (part[i].why->text[0])
			fprintf(stderr, "scanwall %s: %s: %s\n", v->name, part[i].what,
				part[i].why->text);
}

int sw_run(struct sw_command *command, struct sw_err *e)
{
	const struct sw_verb *v = command->row;
	struct sw_globals *g = &command->globals;
	struct sw_ctx ctx = {.lock_fd = -1};
	struct sw_call c = {
		.g = g,
		.a = &command->args,
		.verbs = command->verbs,
		.needs = v->needs,
		.audited = v->audited,
		.changes = v->dry_run,
		.ctx = &ctx,
		.request = calloc(1, v->ops->request + 1),
	};
	int rc;
	bool dry;

	if (!c.request)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	rc = v->ops->read ? v->ops->read(&c, e) : 0;
	dry = g->dry_run && c.changes;
	g->tells_dry_run = c.changes;
	sw_ctx_spare_config(v->without_config);
	/* A closed pipe must not end the process in the middle of a change. */
	if (c.changes)
		signal(SIGPIPE, SIG_IGN);
	if (!rc)
		rc = open_and_run(v, &c, dry, e);
	warn(v, &ctx);
	if (c.audited && !dry)
		sw_audit(ctx.store, g, v->undo, rc, e);
	if (v->ops->release)
		v->ops->release(c.request);
	sw_ctx_close(&ctx);
	free(c.request);
	return rc;
}
