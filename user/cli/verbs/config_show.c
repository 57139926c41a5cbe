// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall config check, show, get, sample`: prints the configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "views/human.h"
#include "views/text_table.h"
#include "cli/verbs.h"

const struct sw_config_key *sw_cli_config_key(const char *name, struct sw_config_key *row,
					      struct sw_err *e)
{
	const struct sw_config_key *key = sw_config_key_read(name, row);
	char buf[SW_KEY_TEXT_MOST];
	const char *near;

	if (key)
		return key;
	near = sw_config_key_near(name, buf);
	if (near)
		sw_fail(e, SW_EXIT_USAGE, "unknown key \"%s\"; did you mean %s?", name, near);
	else
		sw_fail(e, SW_EXIT_USAGE,
			"unknown key \"%s\" (`scanwall config show --effective` lists them)", name);
	return NULL;
}

/* ---- check */

static int check(struct sw_call *call, struct sw_err *e)
{
	const char *file = call->a->count ? call->a->operand[0] : NULL;
	const struct sw_globals *g = call->g;
	const char *name = file ? file : g->config_file;
	bool may_miss = !file && strcmp(name, SW_CONFIG_FILE) == 0;
	struct sw_config c;
	json_t *root;

	sw_config_init(&c);
	if (sw_config_load(name, may_miss, &c, e)) {
		sw_config_free(&c);
		return -1;
	}
	sw_config_free(&c);
	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "file", sw_cli_text(name));
		json_object_set_new(root, "valid", json_true());
		return sw_cli_print(g, root, e);
	}
	if (!g->quiet)
		printf("%s: good\n", name);
	return 0;
}

/* ---- show */

enum source { BY_DEFAULT, BY_FILE, BY_HAND };

static const char *const sources[] = {"default", "file", "set by hand"};
static const char *const setters[] = {"default", "file", "operator"};

struct shown {
	const struct sw_config_key *key;
	char *value;
	enum source source;
};

/* Attributed to the file if it differs from the default. */
static int find_source(struct sw_ctx *ctx, const struct sw_config *fallback, struct shown *s,
		       struct sw_err *e)
{
	char *by_hand = NULL, *standard;
	int found = sw_store_setting_get(ctx->store, s->key->name, &by_hand, e);

	free(by_hand);
	if (found < 0)
		return -1;
	s->value = sw_config_get(&ctx->config, s->key->name);
	standard = sw_config_get(fallback, s->key->name);
	if (!s->value || !standard) {
		free(standard);
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	}
	s->source = found ? BY_HAND : strcmp(s->value, standard) ? BY_FILE : BY_DEFAULT;
	free(standard);
	return 0;
}

static json_t *shown_json(const struct shown *s)
{
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:b}", "key", s->key->name, "value",
			 sw_cli_text(s->value), "unit", s->key->unit ? s->key->unit : "", "set_by",
			 setters[s->source], "default", s->key->fallback, "live", s->key->live);
}

static void put_shown(struct sw_table *t, const struct shown *s)
{
	sw_table_cell(t, SW_PLAIN, "%s", s->key->name);
	sw_table_cell(t, SW_BOLD, "%s", s->value[0] ? s->value : "-");
	sw_table_cell(t, SW_PLAIN, "%s", s->key->unit ? s->key->unit : "");
	sw_table_cell(t, s->source == BY_HAND ? SW_YELLOW : SW_PLAIN, "%s", sources[s->source]);
}

struct gathered {
	const struct sw_config *fallback;
	bool all;
	struct sw_table *t; /* this, or the list */
	json_t *list;
	int n;
};

static int gather_one(struct sw_ctx *ctx, struct gathered *g, const struct sw_config_key *key,
		      struct sw_err *e)
{
	struct shown s = {.key = key};
	int rc = find_source(ctx, g->fallback, &s, e);

	if (!rc && (g->all || s.source != BY_DEFAULT)) {
		g->n++;
		if (g->list)
			json_array_append_new(g->list, shown_json(&s));
		else
			put_shown(g->t, &s);
	}
	free(s.value);
	return rc;
}

static int gather_named(struct sw_ctx *ctx, struct gathered *g, const char *section,
			struct sw_err *e)
{
	char full[SW_KEY_TEXT_MOST];
	struct sw_config_key row;
	int rc = 0;

	for (int i = 0; !rc && i < sw_config_key_count; i++)
		if (sw_config_keys[i].named)
			rc = gather_one(ctx, g,
					sw_config_key_read(sw_config_key_full(&sw_config_keys[i],
									      section, full),
							   &row),
					e);
	return rc;
}

/* Table or list, whichever is there. */
static int gather(struct sw_ctx *ctx, bool all, struct sw_table *t, json_t *list, int *n,
		  struct sw_err *e)
{
	struct gathered g = {.all = all, .t = t, .list = list};
	struct sw_config fallback;
	int rc = 0;

	sw_config_init(&fallback);
	g.fallback = &fallback;
	for (int i = 0; !rc && i < sw_config_key_count; i++)
		rc = gather_one(ctx, &g, &sw_config_keys[i], e);
	for (int s = 0; !rc && s < ctx->config.notify_count; s++)
		rc = gather_named(ctx, &g, ctx->config.notify[s].name, e);
	sw_config_free(&fallback);
	*n = g.n;
	return rc;
}

static int show_json(struct sw_ctx *ctx, const struct sw_globals *g, bool all, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();
	int n = 0;

	json_object_set_new(root, "file", sw_cli_text(g->config_file));
	json_object_set_new(root, "config", list);
	if (!gather(ctx, all, NULL, list, &n, e))
		return sw_cli_print(g, root, e);
	json_decref(root);
	return -1;
}

static int show_table(struct sw_ctx *ctx, const struct sw_globals *g, bool all, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "KEY"},
		{.title = "VALUE", .gives = true},
		{.title = "UNIT", .gives = true},
		{.title = "FROM"},
	};
	struct sw_table *t = sw_table_new(columns, 4);
	int n = 0, rc = gather(ctx, all, t, NULL, &n, e);

	if (!rc && n)
		rc = sw_table_print(t, g, 0, sw_human_width(), e);
	if (!rc && !all && !g->no_header)
		printf("%s; `config show --effective` shows all\n",
		       n ? "All other keys have their default" : "Every key has its default");
	sw_table_free(t);
	return rc;
}

static int show(struct sw_call *c, struct sw_err *e)
{
	bool all = c->a->option[SW_CONFIG_EFFECTIVE];

	return c->g->json ? show_json(c->ctx, c->g, all, e) : show_table(c->ctx, c->g, all, e);
}

/* ---- get */

static int read_key(struct sw_call *c, struct sw_err *e)
{
	struct sw_config_key row;

	return sw_cli_config_key(c->a->operand[0], &row, e) ? 0 : -1;
}

static int get(struct sw_call *c, struct sw_err *e)
{
	struct sw_config_key row;
	struct shown s = {.key = sw_config_key_read(c->a->operand[0], &row)};
	struct sw_config fallback;
	json_t *root;
	int rc;

	sw_config_init(&fallback);
	rc = find_source(c->ctx, &fallback, &s, e);
	if (!rc && c->g->json) {
		root = sw_cli_json();
		json_object_update_new(root, shown_json(&s));
		rc = sw_cli_print(c->g, root, e);
	} else if (!rc) {
		puts(s.value);
	}
	free(s.value);
	sw_config_free(&fallback);
	return rc;
}

/* ---- sample */

static int sample(struct sw_call *c, struct sw_err *e)
{
	(void)c;
	(void)e;
	sw_config_write_sample(stdout);
	return 0;
}

const struct sw_verb_ops sw_config_check_ops = {.run = check};
const struct sw_verb_ops sw_config_show_ops = {.run = show};
const struct sw_verb_ops sw_config_get_ops = {.read = read_key, .run = get};
const struct sw_verb_ops sw_config_sample_ops = {.run = sample};
