// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall config set` and `unset`: changes one key, in the running program as well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "daemon/daemon.h"
#include "engine/settings.h"
#include "views/human.h"
#include "cli/control.h"
#include "cli/policy.h"

struct change { /* the request of set and unset */
	const struct sw_globals *g;
	const struct sw_config_key *key;
	struct sw_config_key row;
	const char *value;    /* NULL: unset */
	const char *confirm;  /* --confirm, or NULL */
	char *before, *after; /* values, as text */
	char *recorded;	      /* the previous value of `config set`; NULL: none */
};

static void change_free(void *request)
{
	struct change *c = request;

	free(c->before);
	free(c->after);
	free(c->recorded);
}

/* Reads the file's value of this key alone into *to. */
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

/* Changes ctx->config only. */
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

static int put_in_force(struct sw_ctx *ctx, const struct change *c, struct sw_err *e)
{
	int mode = ctx->config.mode, rc;

	if (sw_store_setting_put(ctx->store, c->key->name, c->value ? c->after : NULL, e))
		return -1;
	rc = sw_control_apply(ctx, e) || (is_of_rules(c->key) && sw_control_rules(ctx, e)) ? -1 : 0;
	/* A mode set explicitly overrides that of a running trial until the trial ends. */
	if (!rc && ctx->loaded && strcmp(c->key->name, "mode") == 0)
		sw_setting_store(&ctx->engine, mode, mode);
	if (rc)
		sw_store_setting_put(ctx->store, c->key->name, c->recorded, NULL);
	if (rc && c->confirm)
		sw_trial_undo(ctx);
	return rc;
}

/* When the change takes effect; NULL: at once. */
static const char *when_in_force(const struct sw_ctx *ctx, const struct sw_config_key *key)
{
	if (ctx->loaded && strncmp(key->name, "limits.", 7) == 0)
		return "Maps keep their size until: scanwall detach --all, then attach.";
	if (strstr(key->lands, "notify") && !key->live)
		return "Takes effect with: systemctl restart scanwall-notify.";
	if (!ctx->loaded)
		return "Takes effect at the next attach.";
	if (!strcmp(key->name, "guard.heartbeat") && ctx->config.heartbeat != SW_FOREVER &&
	    !sw_daemon_pid(ctx->state_dir))
		return "The daemon is not running: unless it starts, the program falls back "
		       "to detect after that time.";
	return key->live ? NULL : "Takes effect at the next attach or daemon start.";
}

static int print_json(const struct sw_ctx *ctx, const struct change *c, struct sw_err *e)
{
	json_t *root = sw_cli_json();

	json_object_set_new(root, "key", json_string(c->key->name));
	json_object_set_new(root, "before", sw_cli_text(c->before));
	json_object_set_new(root, "value", sw_cli_text(c->after));
	json_object_set_new(root, "live", json_boolean(c->key->live && ctx->loaded));
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
		printf("A trial is running: this too is rolled back in %s unless you run `scanwall "
		       "confirm`.\n",
		       sw_human_left(sw_now() + left, span));
	return 0;
}

static int change(struct sw_ctx *ctx, struct change *c, struct sw_err *e)
{
	if (prepare(ctx, c, e) ||
	    (!strcmp(c->key->name, "port_allow") && sw_reach_guard(c->g, &ctx->config, e)) ||
	    sw_trial_option(ctx, c->g, c->confirm, e) ||
	    (!c->g->dry_run && put_in_force(ctx, c, e)) || print_result(ctx, c, e))
		return -1;
	sw_audit_say("config: %s from \"%s\" to \"%s\"", c->key->name, c->before, c->after);
	return c->g->strict && strcmp(c->before, c->after) == 0 ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

static int read_change(struct sw_call *call, struct sw_err *e)
{
	struct change *c = call->request;
	const struct sw_args *a = call->a;

	c->g = call->g;
	c->value = a->count > 1 ? a->operand[1] : NULL;
	c->confirm = a->option[SW_CONFIG_CONFIRM];
	c->key = sw_cli_config_key(a->operand[0], &c->row, e);
	return c->key ? 0 : -1;
}

static int run_change(struct sw_call *call, struct sw_err *e)
{
	return change(call->ctx, call->request, e);
}

int sw_config_change(struct sw_call *call, const char *key, const char *value, const char *confirm,
		     struct sw_err *e)
{
	struct sw_globals inner = *call->g;
	struct change c = {.g = &inner, .value = value, .confirm = confirm};
	int rc = -1;

	inner.quiet = !call->g->json || call->g->quiet; /* the caller has its own words */
	c.key = sw_cli_config_key(key, &c.row, e);
	if (c.key)
		rc = change(call->ctx, &c, e);
	change_free(&c);
	return rc;
}

const struct sw_verb_ops sw_config_set_ops = {
	.request = sizeof(struct change),
	.read = read_change,
	.run = run_change,
	.release = change_free,
};
