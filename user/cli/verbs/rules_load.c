// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall rules check, load, enable, disable`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/verbs.h"
#include "cli/verbs/rules_verb.h"

#define SHOWN 20 /* refusals and warnings, without --limit */

static int read_limit(struct sw_call *c, struct sw_err *e)
{
	const char *text = c->a->option[SW_RULES_LIMIT];
	long *limit = c->request;

	*limit = SHOWN;
	return text ? sw_cli_number(text, "--limit", 0, 1000000000, limit, e) : 0;
}

/* ---- check: files alone, without the built-in rules, and nothing changed */

static int check_files(const struct sw_globals *g, const struct sw_args *a, struct sw_rules *r,
		       long limit, struct sw_err *e)
{
	json_t *root;

	for (int i = 0; i < a->count; i++)
		if (sw_rules_read_file(r, a->operand[i], e))
			return -1;
	if (sw_rules_compile(r, e))
		return -1;
	if (g->json) {
		root = sw_cli_json();
		sw_rules_tell_json(root, r);
		if (sw_cli_print(g, root, e))
			return -1;
	} else if (!g->quiet && sw_rules_tell(g, r, limit, e)) {
		return -1;
	}
	return g->strict && r->refusals ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

static int check(struct sw_call *call, struct sw_err *e)
{
	const struct sw_globals *g = call->g;
	const long *limit = call->request;
	bool may_miss = !strcmp(g->config_file, SW_CONFIG_FILE);
	struct sw_rules_variables v = {};
	struct sw_rules_options options;
	struct sw_config c;
	struct sw_rules r;
	int rc = -1;

	sw_config_init(&c);
	if (sw_config_load(g->config_file, may_miss, &c, e) ||
	    sw_rules_options_of(&c, &options, &v, e))
		goto out;
	options.lenient |= call->a->option[SW_RULES_LENIENT] != NULL;
	if (sw_rules_init(&r, &options, e))
		goto out;
	rc = check_files(g, call->a, &r, *limit, e);
	sw_rules_free(&r);
out:
	sw_rules_variables_free(&v);
	sw_config_free(&c);
	return rc;
}

const struct sw_verb_ops sw_rules_check_ops = {
	.request = sizeof(long),
	.read = read_limit,
	.run = check,
};

/* ---- load */

/* As one value of rules.files, with absolute paths. */
static int join_files(const struct sw_args *a, char **out, struct sw_err *e)
{
	char *path;
	size_t size;
	FILE *f = open_memstream(out, &size);

	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (int i = 0; i < a->count; i++) {
		path = realpath(a->operand[i], NULL);
		if (!path || strpbrk(path, ", ")) {
			fclose(f);
			if (path)
				sw_fail(e, SW_EXIT_USAGE,
					"%s: path must not contain commas or blanks; rename "
					"it",
					a->operand[i]);
			else
				sw_fail(e, sw_exit_of_file(errno), "%s: %s", a->operand[i],
					strerror(errno));
			free(path);
			return -1;
		}
		fprintf(f, "%s%s", i ? "," : "", path);
		free(path);
	}
	fclose(f);
	return 0;
}

static int print_load(const struct sw_globals *g, const struct sw_ctx *ctx,
		      const struct sw_rules *r, long limit, struct sw_err *e)
{
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		sw_rules_tell_json(root, r);
		json_object_set_new(root, "in_force",
				    json_boolean(ctx->loaded && !g->dry_run &&
						 sw_engine_inspects(ctx->pin_dir)));
		return sw_cli_print(g, root, e);
	}
	if (g->quiet)
		return 0;
	if (sw_rules_tell(g, r, limit, e))
		return -1;
	if (g->dry_run)
		puts("\nnothing was changed");
	else if (ctx->loaded && !sw_engine_inspects(ctx->pin_dir))
		printf("\n%s\n", SW_NO_SIGNATURES);
	else if (ctx->loaded)
		printf("\n%s rules are in force\n", sw_cli_count(r->rules));
	else
		puts("\nnothing is attached; they are in force from the next attach on");
	return 0;
}

static int load(struct sw_call *c, struct sw_err *e)
{
	const long *limit = c->request;
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	struct sw_ctx *ctx = c->ctx;
	char *files = NULL;
	struct sw_rules r;
	int rc = -1;

	if (a->count &&
	    (join_files(a, &files, e) || sw_config_set(&ctx->config, "rules.files", files, "", e)))
		goto out;
	if (sw_rules_configured(&r, &ctx->config, e))
		goto out;
	rc = 0;
	if (!g->dry_run && ctx->loaded)
		rc = sw_ctx_enforce(ctx, &r, e);
	if (!rc && !g->dry_run && files)
		rc = sw_store_setting_put(ctx->store, "rules.files", files, e);
	if (!rc)
		rc = print_load(g, ctx, &r, *limit, e);
	sw_audit_say("%zu rules in force, %zu not taken", r.rules, r.refusals);
	sw_rules_free(&r);
out:
	free(files);
	return rc;
}

const struct sw_verb_ops sw_rules_load_ops = {
	.request = sizeof(long),
	.read = read_limit,
	.run = load,
};

/* ---- enable, disable */

static int read_sid(const char *text, __u32 *sid, struct sw_err *e)
{
	long n;

	if (sw_cli_number(text, "the number of a rule", 1, 4294967295, &n, e))
		return -1;
	*sid = n;
	return 0;
}

static int was_off(const struct sw_rule_row *r, void *arg)
{
	*(int *)arg = r->off;
	return 0;
}

static int find_all(struct sw_ctx *ctx, const struct sw_args *a, bool *same, bool off,
		    struct sw_err *e)
{
	__u32 sid;
	int now;

	for (int i = 0; i < a->count; i++) {
		now = -1;
		if (read_sid(a->operand[i], &sid, e) ||
		    sw_store_rules(ctx->store, sid, was_off, &now, e))
			return -1;
		if (now < 0)
			return sw_fail(e, SW_EXIT_USAGE,
				       "no such rule: %u (`scanwall rules list` shows them)", sid);
		same[i] = now == off;
	}
	return 0;
}

static int switch_all(struct sw_ctx *ctx, const struct sw_args *a, bool off, struct sw_err *e)
{
	__u32 sid;

	if (sw_store_begin(ctx->store, e))
		return -1;
	for (int i = 0; i < a->count; i++)
		if (read_sid(a->operand[i], &sid, e) ||
		    sw_store_rule_off(ctx->store, sid, off, e) ||
		    (ctx->loaded && sw_tables_switch(&ctx->engine, sid, !off, e) < 0))
			goto undo;
	if (!sw_store_commit(ctx->store, e))
		return 0;
undo:
	sw_store_rollback(ctx->store);
	return -1;
}

static int print_switch(const struct sw_globals *g, const struct sw_args *a, const bool *same,
			bool off, struct sw_err *e)
{
	const char *state = off ? "disabled" : "enabled";
	json_t *root, *list;

	if (g->json) {
		root = sw_cli_json();
		list = json_array();
		for (int i = 0; i < a->count; i++)
			json_array_append_new(list,
					      json_pack("{s:I, s:b, s:b}", "signature_id",
							(json_int_t)atoll(a->operand[i]), "enabled",
							!off, "changed", !same[i]));
		json_object_set_new(root, "rules", list);
		return sw_cli_print(g, root, e);
	}
	for (int i = 0; !g->quiet && i < a->count; i++)
		printf("%s %s %s%s\n", a->operand[i], g->dry_run ? "would be" : "is", state,
		       same[i] ? ", as before" : "");
	return 0;
}

static int toggle(struct sw_call *c, bool off, struct sw_err *e)
{
	bool *same = calloc(c->a->count, sizeof(*same)), all = true;
	int rc = -1;

	if (!same)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (!find_all(c->ctx, c->a, same, off, e) &&
	    (c->g->dry_run || !switch_all(c->ctx, c->a, off, e)) &&
	    !print_switch(c->g, c->a, same, off, e))
		rc = SW_EXIT_OK;
	for (int i = 0; i < c->a->count; i++)
		all &= same[i];
	if (rc == SW_EXIT_OK && c->g->strict && all)
		rc = SW_EXIT_ABSENT;
	free(same);
	return rc;
}

static int enable(struct sw_call *c, struct sw_err *e)
{
	return toggle(c, false, e);
}

static int disable(struct sw_call *c, struct sw_err *e)
{
	return toggle(c, true, e);
}

const struct sw_verb_ops sw_rules_enable_ops = {.run = enable};
const struct sw_verb_ops sw_rules_disable_ops = {.run = disable};
