// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall rollback`: undoes a command by the ID that `changes` lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "blocklist/undo.h"
#include "engine/settings.h"
#include "rules/enforce.h"
#include "cli/control.h"
#include "cli/policy.h"

struct request {
	int64_t id;
};

struct found {
	bool there, has_rows;
	int64_t undone;
	char *command, *how;
};

static int note(const struct sw_change_row *c, void *arg)
{
	struct found *f = arg;

	f->there = true;
	f->has_rows = c->has_rows;
	f->undone = c->undone;
	f->command = sw_audit_command(c->audit.argv);
	f->how = strdup(c->how);
	return f->command && f->how ? 0 : -1;
}

static int find(struct sw_ctx *ctx, int64_t id, struct found *f, struct sw_err *e)
{
	if (sw_store_changes(ctx->store, 0, id, note, f, e) < 0)
		return -1;
	if (!f->there)
		return sw_fail(e, SW_EXIT_ABSENT,
			       "no change %lld is kept (`scanwall changes` lists those that are)",
			       (long long)id);
	if (f->undone)
		return sw_fail(e, SW_EXIT_ABSENT,
			       "change %lld has already been undone by change %lld", (long long)id,
			       (long long)f->undone);
	if (f->how[0])
		return sw_fail(e, SW_EXIT_GUARD,
			       "change %lld (%s) is not all in the record, so rollback cannot undo "
			       "it; instead: %s",
			       (long long)id, f->command, f->how);
	return 0;
}

static bool is_of_rules(const char *key)
{
	return strncmp(key, "rules.", 6) == 0;
}

static bool has_setting(const struct sw_undo *u, bool (*is)(const char *key))
{
	for (size_t i = 0; i < u->setting_count; i++)
		if (is(u->setting[i].key))
			return true;
	return false;
}

static bool is_mode(const char *key)
{
	return strcmp(key, "mode") == 0;
}

struct asked {
	const struct sw_globals *g;
	const struct sw_undo *u;
};

/* Restored settings are checked like new ones. */
static int check_settings(struct sw_ctx *ctx, const struct sw_config *fresh, void *arg,
			  struct sw_err *e)
{
	const struct asked *a = arg;
	struct sw_rules rules;

	(void)ctx;
	if (sw_reach_guard(a->g, fresh, e))
		return -1;
	if (!has_setting(a->u, is_of_rules))
		return 0;
	if (sw_rules_configured(&rules, fresh, e))
		return -1;
	sw_rules_free(&rules);
	return 0;
}

static int apply(struct sw_ctx *ctx, const struct sw_undo *u, struct sw_err *e)
{
	int mode = ctx->config.mode;

	if (u->setting_count && sw_control_apply(ctx, e))
		return -1;
	if (ctx->loaded && has_setting(u, is_mode))
		sw_setting_store(&ctx->engine, mode, mode);
	return u->rule_count || has_setting(u, is_of_rules) ? sw_control_rules(ctx, e) : 0;
}

static int print_json(const struct sw_globals *g, const struct sw_undo *u, const struct found *f,
		      struct sw_err *e)
{
	json_t *root = sw_cli_json(), *settings = json_array(), *rules = json_array();

	for (size_t i = 0; i < u->setting_count; i++)
		json_array_append_new(
			settings, json_pack("{s:s, s:o}", "key", u->setting[i].key, "value",
					    u->setting[i].value ? sw_cli_text(u->setting[i].value)
								: json_null()));
	for (size_t i = 0; i < u->rule_count; i++)
		json_array_append_new(rules, json_integer(u->rule[i].sid));
	json_object_set_new(root, "rollback",
			    json_pack("{s:I, s:o, s:I, s:I, s:o, s:o, s:I}", "id",
				      (json_int_t)u->id, "command", sw_cli_text(f->command),
				      "blocks", (json_int_t)u->claims, "allows",
				      (json_int_t)u->allows, "settings", settings, "signature_ids",
				      rules, "gone", (json_int_t)u->over));
	return sw_cli_print(g, root, e);
}

static void print_text(const struct sw_globals *g, const struct sw_undo *u, const struct found *f)
{
	const char *is = g->dry_run ? "would be" : "is";

	printf("change %lld %s undone: %s\n", (long long)u->id, is, f->command);
	if (u->claims)
		printf("%s block%s as before\n", sw_cli_count(u->claims),
		       u->claims == 1 ? "" : "s");
	if (u->allows)
		printf("%s allow%s as before\n", sw_cli_count(u->allows),
		       u->allows == 1 ? "" : "s");
	for (size_t i = 0; i < u->setting_count; i++)
		printf("%s %s %s\n", u->setting[i].key, is,
		       !u->setting[i].value	? "again what the configuration says"
		       : u->setting[i].value[0] ? u->setting[i].value
						: "empty");
	for (size_t i = 0; i < u->rule_count; i++)
		printf("rule %u %s %s\n", u->rule[i].sid, is,
		       u->rule[i].off ? "disabled" : "enabled");
	if (u->over)
		printf("%s ended or removed meanwhile\n", sw_cli_count(u->over));
}

static void say(const struct sw_undo *u, const struct found *f)
{
	sw_audit_undoes(u->id);
	sw_audit_say("rollback of change %lld (%.200s): %lld blocks, %lld allows, %zu settings, "
		     "%zu rules",
		     (long long)u->id, f->command, (long long)u->claims, (long long)u->allows,
		     u->setting_count, u->rule_count);
}

static int rollback(struct sw_call *c, struct sw_err *e)
{
	const struct request *r = c->request;
	struct sw_undo u = {.id = r->id, .force = c->g->force, .accept = check_settings};
	struct asked asked = {c->g, &u};
	struct found f = {};
	int rc;

	u.accept_arg = &asked;
	rc = find(c->ctx, r->id, &f, e);
	if (!rc)
		rc = sw_undo(c->ctx, &u, c->g->dry_run, e);
	if (!rc && !c->g->dry_run) {
		say(&u, &f);
		rc = apply(c->ctx, &u, e);
	}
	if (!rc && c->g->json)
		rc = print_json(c->g, &u, &f, e);
	else if (!rc && !c->g->quiet)
		print_text(c->g, &u, &f);
	free(f.command);
	free(f.how);
	sw_undo_free(&u);
	return rc;
}

static int read_id(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;
	long id;

	if (sw_cli_number(c->a->operand[0], "the number of a change", 1, INT32_MAX, &id, e))
		return -1;
	r->id = id;
	return 0;
}

const struct sw_verb_ops sw_rollback_ops = {
	.request = sizeof(struct request),
	.read = read_id,
	.run = rollback,
};
