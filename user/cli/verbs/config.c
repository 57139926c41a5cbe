// SPDX-License-Identifier: GPL-2.0-only
/* config: its sub-verbs, and those that change something. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "engine/settings.h"
#include "rules/enforce.h"
#include "views/human.h"
#include "cli/verbs/config_verb.h"
#include "cli/policy.h"

struct change {
	const struct sw_globals *g;
	const struct sw_config_key *key;
	const char *value;    /* NULL: unset */
	const char *confirm;  /* --confirm, or NULL */
	char *before, *after; /* values, as text */
	char *recorded;	      /* what was set by hand before; NULL: nothing */
};

static void change_free(struct change *c)
{
	free(c->before);
	free(c->after);
	free(c->recorded);
}

/* What the file says of this key alone, into *to. */
static int take_from_file(const struct sw_ctx *ctx, const struct sw_config_key *key,
			  struct sw_config *to, struct sw_err *e)
{
	bool may_miss = strcmp(ctx->config_file, SW_CONFIG_FILE) == 0;
	struct sw_config file;
	char *value;
	int rc;

	sw_config_init(&file);
	rc = sw_config_load(ctx->config_file, may_miss, &file, e);
	if (!rc) {
		value = sw_config_get(&file, key->name);
		rc = value ? sw_config_set(to, key->name, value, "", e)
			   : sw_fail(e, SW_EXIT_FAILED, "out of memory");
		free(value);
	}
	sw_config_free(&file);
	return rc;
}

/* ctx->config as it shall be; nothing else is touched. */
static int prepare(struct sw_ctx *ctx, struct change *c, struct sw_err *e)
{
	c->before = sw_config_get(&ctx->config, c->key->name);
	if (sw_store_setting_get(ctx->store, c->key->name, &c->recorded, e) < 0)
		return -1;
	if (c->value ? sw_config_set(&ctx->config, c->key->name, c->value, "", e)
		     : take_from_file(ctx, c->key, &ctx->config, e))
		return -1;
	c->after = sw_config_get(&ctx->config, c->key->name);
	return c->before && c->after ? 0 : sw_fail(e, SW_EXIT_FAILED, "out of memory");
}

static bool is_of_rules(const struct sw_config_key *key)
{
	return strncmp(key->name, "rules.", 6) == 0;
}

static int renew_rules(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_rules rules;
	int rc;

	if (sw_rules_configured(&rules, &ctx->config, e))
		return -1;
	rc = ctx->loaded ? sw_rules_enforce(ctx, &rules, e) : 0;
	sw_rules_free(&rules);
	return rc;
}

static int put_in_force(struct sw_ctx *ctx, const struct change *c, struct sw_err *e)
{
	int mode = ctx->config.mode, rc;

	if (sw_store_setting_put(ctx->store, c->key->name, c->value ? c->after : NULL, e))
		return -1;
	rc = sw_control_apply(ctx, e) || (is_of_rules(c->key) && renew_rules(ctx, e)) ? -1 : 0;
	/* A mode named by hand wins over that of a trial, until the trial ends. */
	if (!rc && ctx->loaded && strcmp(c->key->name, "mode") == 0)
		sw_setting_store(&ctx->engine, mode, mode);
	if (rc)
		sw_store_setting_put(ctx->store, c->key->name, c->recorded, NULL);
	return rc;
}

/* A sentence of its own, or NULL: at once. */
static const char *when_in_force(const struct sw_ctx *ctx, const struct sw_config_key *key)
{
	if (ctx->loaded && strncmp(key->name, "limits.", 7) == 0)
		return "The maps keep their size until: scanwall detach --all, then attach.";
	if (!ctx->loaded)
		return "It is in force from the next attach on.";
	return key->live ? NULL : "It is in force from the next attach or start of the daemon on.";
}

static int print_json(const struct sw_ctx *ctx, const struct change *c, struct sw_err *e)
{
	json_t *root = sw_cli_json();

	json_object_set_new(root, "key", json_string(c->key->name));
	json_object_set_new(root, "before", sw_cli_text(c->before));
	json_object_set_new(root, "value", sw_cli_text(c->after));
	json_object_set_new(root, "live", json_boolean(c->key->live && ctx->loaded));
	json_object_set_new(root, "dry_run", json_boolean(c->g->dry_run));
	return sw_cli_print(c->g, root, e);
}

static int print_result(const struct sw_ctx *ctx, const struct change *c, struct sw_err *e)
{
	const char *when = when_in_force(ctx, c->key);
	int64_t left = sw_trial_left(ctx);
	char span[SW_HUMAN_TEXT];

	if (c->g->json)
		return print_json(ctx, c, e);
	if (c->g->quiet)
		return 0;
	printf("%s %s %s%s%s", c->key->name, c->g->dry_run ? "would be" : "is",
	       c->after[0] ? c->after : "empty", c->key->unit ? " " : "",
	       c->key->unit ? c->key->unit : "");
	if (strcmp(c->before, c->after) == 0)
		puts(", as before");
	else
		printf(" (was %s)\n", c->before[0] ? c->before : "empty");
	if (when)
		puts(when);
	sw_trial_print(c->g, c->confirm);
	if (left && !c->confirm)
		printf("A trial is running: undone in %s, this too, unless you run `scanwall "
		       "confirm`.\n",
		       sw_human_left(sw_now() + left, span));
	return 0;
}

static int change(struct sw_ctx *ctx, struct change *c, struct sw_err *e)
{
	int rc;

	if (prepare(ctx, c, e) || sw_trial_option(ctx, c->g, c->confirm, e) ||
	    (!c->g->dry_run && put_in_force(ctx, c, e)) || print_result(ctx, c, e))
		return -1;
	rc = c->g->strict && strcmp(c->before, c->after) == 0 ? SW_EXIT_ABSENT : SW_EXIT_OK;
	if (c->g->dry_run)
		return rc;
	sw_audit_say("config: %s from \"%s\" to \"%s\"", c->key->name, c->before, c->after);
	return sw_audit_write(ctx->store, c->g, rc, e) ? -1 : rc;
}

static int set_or_unset(const struct sw_globals *g, const char *name, const char *value,
			const char *confirm, struct sw_err *e)
{
	struct change c = {.g = g, .value = value, .confirm = confirm};
	struct sw_ctx ctx;
	int rc;

	c.key = sw_cli_config_key(name, e);
	if (!c.key)
		return -1;
	if (g->dry_run ? sw_cli_open(&ctx, g, e) : sw_cli_open_locked(&ctx, g, e))
		return -1;
	rc = change(&ctx, &c, e);
	sw_ctx_close(&ctx);
	change_free(&c);
	return rc;
}

static int config_check(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e)
{
	sw_audit_skip();
	return sw_cli_config_check(g, a->count > 1 ? a->operand[1] : NULL, e);
}

static int config_show(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e)
{
	sw_audit_skip();
	return sw_cli_config_show(g, a->option[SW_CONFIG_EFFECTIVE], e);
}

static int config_get(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e)
{
	sw_audit_skip();
	return sw_cli_config_get(g, a->operand[1], e);
}

static int config_set(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e)
{
	return set_or_unset(g, a->operand[1], a->operand[2], a->option[SW_CONFIG_CONFIRM], e);
}

static int config_unset(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e)
{
	return set_or_unset(g, a->operand[1], NULL, a->option[SW_CONFIG_CONFIRM], e);
}

static int config_sample(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e)
{
	(void)g;
	(void)a;
	(void)e;
	sw_audit_skip();
	sw_config_write_sample(stdout);
	return 0;
}

static const struct part {
	const char *name, *operands;
	int least, most;
	bool takes_confirm, takes_effective;
	int (*run)(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e);
} parts[] = {
	{"check", "[FILE]", 1, 2, false, false, config_check},
	{"show", "[--effective]", 1, 1, false, true, config_show},
	{"get", "KEY", 2, 2, false, false, config_get},
	{"set", "KEY VALUE [--confirm SPAN]", 3, 3, true, false, config_set},
	{"unset", "KEY [--confirm SPAN]", 2, 2, true, false, config_unset},
	{"sample", "", 1, 1, false, false, config_sample},
};

#define PARTS ((int)(sizeof(parts) / sizeof(parts[0])))

static const struct part *find_part(const char *name, struct sw_err *e)
{
	const char *known[PARTS], *near;

	for (int i = 0; i < PARTS; i++) {
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
		known[i] = parts[i].name;
	}
	near = sw_nearest(name, known, PARTS);
	if (near)
		sw_fail(e, SW_EXIT_USAGE, "config cannot \"%s\"; did you mean config %s?", name,
			near);
	else
		sw_fail(e, SW_EXIT_USAGE,
			"config cannot \"%s\"; write check, show, get, set, unset or sample", name);
	return NULL;
}

SW_VERB(config)
{
	const struct part *p = find_part(a->operand[0], e);

	if (!p)
		return -1;
	if (a->count < p->least || a->count > p->most)
		return sw_fail(e, SW_EXIT_USAGE, "%s: scanwall config %s %s",
			       a->count < p->least ? "something is missing" : "that is too much",
			       p->name, p->operands);
	if (a->option[SW_CONFIG_CONFIRM] && !p->takes_confirm)
		return sw_fail(e, SW_EXIT_USAGE, "--confirm: config %s changes nothing", p->name);
	if (a->option[SW_CONFIG_EFFECTIVE] && !p->takes_effective)
		return sw_fail(e, SW_EXIT_USAGE, "--effective belongs to config show");
	return p->run(g, a, e);
}
