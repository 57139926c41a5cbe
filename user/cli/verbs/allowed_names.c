// SPDX-License-Identifier: GPL-2.0-only
/* Allowed host names. `allow name:...` edits the key allow_names; `names list` prints their
 * addresses, `names run` starts the resolver. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/control.h"
#include "cli/policy.h"
#include "config/crawlers.h"
#include "host/resolver.h"
#include "store/host_names.h"
#include "views/human.h"
#include "views/text_table.h"

/* ---- allow name:... or bot:..., unallow likewise */

static const struct kind {
	const char *prefix, *key, *example;
	bool (*check)(const char *text);
	size_t list; /* into struct sw_config */
	int most;
} kinds[] = {
	{"name:", "allow_names", "name:partner.example.org", sw_is_host_name,
	 offsetof(struct sw_config, allow_names), SW_HOST_NAMES},
	{"bot:", "allow_bots",
	 "bot:googlebot, bingbot, applebot, yandexbot, baiduspider, petalbot or seznambot",
	 sw_is_bot, offsetof(struct sw_config, allow_bots), 16},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind_of(const char *operand)
{
	for (size_t i = 0; i < KINDS; i++)
		if (!strncmp(operand, kinds[i].prefix, strlen(kinds[i].prefix)))
			return &kinds[i];
	return NULL;
}

static const char *name_of(const char *operand)
{
	return strchr(operand, ':') + 1;
}

int sw_names_asked(const struct sw_args *a, const char *verb, struct sw_err *e)
{
	const struct kind *k = NULL;
	int names = 0;

	for (int i = 0; i < a->count; i++) {
		const struct kind *one = kind_of(a->operand[i]);

		names += one && (!k || one == k);
		k = one ? one : k;
	}
	if (!k)
		return 0;
	if (names < a->count)
		return sw_fail(e, SW_EXIT_USAGE,
			       "%s cannot be mixed with other operands in one command", k->prefix);
	for (int i = 0; i < SW_OPTIONS_MAX; i++)
		if (a->option[i])
			return sw_fail(e, SW_EXIT_USAGE,
				       "%s is the key %s and takes no options (expected: scanwall "
				       "%s %s)",
				       k->prefix, k->key, verb, a->operand[0]);
	for (int i = 0; i < a->count; i++)
		if (!k->check(name_of(a->operand[i])))
			return sw_fail(e, SW_EXIT_USAGE, "invalid name \"%s\" (expected %s)",
				       a->operand[i], k->example);
	return 1;
}

static bool is_among(const struct sw_args *a, const char *name)
{
	for (int i = 0; i < a->count; i++)
		if (!strcasecmp(name_of(a->operand[i]), name))
			return true;
	return false;
}

static void add_item(FILE *out, const char *name)
{
	if (ftell(out) > 0)
		fputc(',', out);
	for (; *name; name++)
		fputc(tolower((unsigned char)*name), out);
}

static bool is_listed(const struct sw_texts *l, const char *name)
{
	for (int i = 0; i < l->count; i++)
		if (!strcasecmp(l->item[i], name))
			return true;
	return false;
}

/* The new value of the list; *n is the number of names added or removed. */
static char *make_list(const struct sw_texts *l, const struct sw_args *a, bool adds, int *n,
		       int *count)
{
	char *value = NULL;
	size_t size;
	FILE *out = open_memstream(&value, &size);

	*n = *count = 0;
	if (!out)
		return NULL;
	for (int i = 0; i < l->count; i++) {
		if (!adds && is_among(a, l->item[i])) {
			++*n;
			continue;
		}
		add_item(out, l->item[i]);
		++*count;
	}
	for (int i = 0; adds && i < a->count; i++) {
		if (is_listed(l, name_of(a->operand[i])))
			continue;
		add_item(out, name_of(a->operand[i]));
		++*n;
		++*count;
	}
	fclose(out);
	return value;
}

static void tell(const struct kind *k, bool adds, bool dry, int n)
{
	printf("%d %.*s%s %s%s%s\n", n, (int)strlen(k->prefix) - 1, k->prefix, n == 1 ? "" : "s",
	       dry ? "would be " : "", adds ? "allowed" : "taken off the allowlist",
	       !adds || !n || dry      ? ""
	       : k->check == sw_is_bot ? ", when one is blocked and its name is confirmed"
				       : "; `scanwall names list` shows what they are");
}

int sw_names_change(struct sw_call *c, bool adds, struct sw_err *e)
{
	const struct kind *k = kind_of(c->a->operand[0]);
	const struct sw_globals *g = c->g;
	int n, count, rc;
	char *value;

	if (c->ctx->config_trouble.text[0]) { /* the list of names is the configuration's */
		*e = c->ctx->config_trouble;
		c->ctx->config_trouble.text[0] = '\0';
		return -1;
	}
	value = make_list((const void *)((const char *)&c->ctx->config + k->list), c->a, adds, &n,
			  &count);
	if (!value)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (count > k->most)
		rc = sw_fail(e, SW_EXIT_USAGE, "%d names (expected %d at most)", count, k->most);
	else
		rc = n || g->json ? sw_config_change(c, k->key, value, NULL, e) : 0;
	free(value);
	if (rc < 0)
		return rc;
	if (!g->json && !g->quiet)
		tell(k, adds, g->dry_run, n);
	return !n && g->strict ? SW_EXIT_ABSENT : rc;
}

/* ---- names */

static json_t *name_json(const char *name, const struct sw_host_name *n)
{
	json_t *addresses = json_array();
	char text[SW_PREFIX_TEXT];

	for (int i = 0; n && i < n->count; i++)
		json_array_append_new(addresses, json_string(sw_addr_text(&n->addr[i], text)));
	return json_pack("{s:s, s:o, s:o, s:o}", "name", name, "addresses", addresses, "resolved",
			 n && n->when ? sw_cli_time(n->when) : json_null(), "why_not",
			 n && n->trouble[0] ? sw_cli_text(n->trouble) : json_null());
}

static void put_name(struct sw_table *t, const char *name, const struct sw_host_name *n)
{
	char human[SW_HUMAN_TEXT], text[SW_PREFIX_TEXT], all[512] = "";
	size_t used = 0;

	for (int i = 0; n && i < n->count && used < sizeof(all); i++)
		used += snprintf(all + used, sizeof(all) - used, "%s%s", i ? " " : "",
				 sw_addr_text(&n->addr[i], text));
	sw_table_cell(t, SW_PLAIN, "%s", name);
	sw_table_cell(t, SW_PLAIN, "%s", n && n->when ? sw_human_ago(n->when, human) : "-");
	sw_table_cell(t, SW_PLAIN, "%s", all[0] ? all : "-");
	sw_table_cell(t, SW_YELLOW, "%s", n ? n->trouble : "not looked up yet");
}

static int show(struct sw_call *c, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "NAME", .most = 40},
		{.title = "ANSWERED"},
		{.title = "ADDRESSES", .gives = true},
		{.title = "TROUBLE", .gives = true},
	};
	const struct sw_texts *l = &c->ctx->config.allow_names;
	struct sw_host_names *kept = sw_host_names_kept(c->ctx->state_dir, e);
	struct sw_table *t = c->g->json || !kept ? NULL : sw_table_new(columns, 4);
	json_t *root = sw_cli_json(), *list = json_array();
	int rc = kept ? 0 : -1;

	for (int i = 0; kept && i < l->count; i++) {
		const struct sw_host_name *n = sw_host_names_find(kept, l->item[i]);

		json_array_append_new(list, name_json(l->item[i], n));
		if (t)
			put_name(t, l->item[i], n);
	}
	json_object_set(root, "names", list);
	if (!rc && c->g->json)
		rc = sw_cli_print(c->g, json_incref(root), e);
	else if (!rc && !l->count && !c->g->quiet)
		puts("no name is allowed: scanwall allow name:partner.example.org");
	else if (!rc && !c->g->quiet)
		rc = sw_table_print(t, c->g, 0, sw_human_width(), e);
	sw_table_free(t);
	json_decref(list);
	json_decref(root);
	free(kept);
	return rc;
}

static int look_up(struct sw_call *c, struct sw_err *e)
{
	char user[64];
	struct sw_ctx ctx;
	struct sw_config config;
	int rc;

	/* Not c->ctx: nothing that root opened may stay open after the switch of users. */
	if (sw_cli_open(&ctx, c->g, e))
		return -1;
	rc = sw_ctx_config(&ctx, &config, e);
	sw_ctx_close(&ctx);
	if (rc)
		return -1;
	snprintf(user, sizeof(user), "%s", config.notify_user);
	sw_config_free(&config);
	return sw_resolver_run(c->g->state_dir, user, e);
}

const struct sw_verb_ops sw_names_list_ops = {.run = show};
const struct sw_verb_ops sw_names_run_ops = {.run = look_up};
