// SPDX-License-Identifier: GPL-2.0-only
/* Loads the rules that the configuration names. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/builtin.h"
#include "rules/enforce.h"

/* ---- what is asked for */

/* NAME=[one,two]; NULL in *out where the list is empty. */
static int variable(const char *name, const struct sw_texts *t, char **out, struct sw_err *e)
{
	size_t size;
	FILE *f;

	*out = NULL;
	if (!t->count)
		return 0;
	f = open_memstream(out, &size);
	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	fprintf(f, "%s=[", name);
	for (int i = 0; i < t->count; i++)
		fprintf(f, "%s%s", i ? "," : "", t->item[i]);
	fputc(']', f);
	fclose(f);
	return *out ? 0 : sw_fail(e, SW_EXIT_FAILED, "out of memory");
}

int sw_rules_options_of(const struct sw_config *c, struct sw_rules_options *o,
			struct sw_rules_variables *v, struct sw_err *e)
{
	int n = 0;

	memset(v, 0, sizeof(*v));
	*o = (struct sw_rules_options){.variable = v->list, .lenient = c->lenient_rules};
	if (variable("HOME_NET", &c->home_net, &v->text[0], e) ||
	    variable("HTTP_PORTS", &c->http_ports, &v->text[1], e) ||
	    variable("TLS_PORTS", &c->tls_ports, &v->text[2], e) ||
	    variable("ANSWER_PORTS", &c->answer_ports, &v->text[3], e))
		return -1;
	for (int i = 0; i < 4; i++)
		if (v->text[i])
			v->list[n++] = v->text[i];
	return 0;
}

void sw_rules_variables_free(struct sw_rules_variables *v)
{
	for (int i = 0; i < 4; i++)
		free(v->text[i]);
}

static int read_files(struct sw_rules *r, const char *pattern, struct sw_err *e)
{
	glob_t found;
	int rc = 0;

	if (glob(pattern, GLOB_NOCHECK, NULL, &found))
		return sw_fail(e, SW_EXIT_FAILED, "rules.files: cannot read %s", pattern);
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		rc = sw_rules_read_file(r, found.gl_pathv[i], e);
	globfree(&found);
	return rc;
}

static int read_all(struct sw_rules *r, const struct sw_config *c, struct sw_err *e)
{
	const char *text;
	size_t length;

	if (c->builtin_rules) {
		text = sw_rules_builtin(&length);
		if (sw_rules_read_text(r, "built-in", text, length, e))
			return -1;
	}
	for (int i = 0; i < c->rule_files.count; i++)
		if (read_files(r, c->rule_files.item[i], e))
			return -1;
	return sw_rules_compile(r, e);
}

int sw_rules_configured(struct sw_rules *r, const struct sw_config *c, struct sw_err *e)
{
	struct sw_rules_options options;
	struct sw_rules_variables v;
	int rc = sw_rules_options_of(c, &options, &v, e);

	if (!rc)
		rc = sw_rules_init(r, &options, e);
	if (!rc && read_all(r, c, e)) {
		sw_rules_free(r);
		rc = -1;
	}
	sw_rules_variables_free(&v);
	return rc;
}

#define STEP 128 /* by which the maps of rules grow */

/* Entries of a map that is to hold so many. */
static size_t room_for(size_t need, size_t there)
{
	return need > there ? (need + STEP - 1) / STEP * STEP : there;
}

/* Each map by itself: the built-in rules are many, but short. */
int sw_rules_size(const struct sw_rules *r, struct sw_config *c, struct sw_err *e)
{
	const struct sw_tables *t = &r->tables;
	size_t rules = t->rules > t->windows ? t->rules : t->windows;

	if (rules > SW_RULES_MOST || t->conditions > SW_RULE_ROOM || t->pages > SW_RULE_ROOM)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%zu rules, %zu conditions and %zu pages of expressions are more "
			       "than there can be room for (at most %d, %d and %d)",
			       rules, t->conditions, t->pages, SW_RULES_MOST, SW_RULE_ROOM,
			       SW_RULE_ROOM);
	c->rule_conditions = room_for(t->conditions, SW_CONDITIONS_A_RULE * c->rules);
	c->rule_pages = room_for(t->pages, c->rules / SW_RULES_A_REGEX_PAGE);
	c->rules = room_for(rules, c->rules);
	return 0;
}

/* ---- in force */

static const char *action_name(enum sw_rule_action a)
{
	static const char *const name[] = {"alert", "drop", "block"};

	return name[a];
}

static int switch_off(uint32_t sid, void *arg)
{
	struct sw_tables *t = arg;

	for (size_t i = 0; i < t->rules; i++)
		if (t->rule[i].sid == sid)
			t->rule[i].flags |= SW_RULE_OFF;
	return 0;
}

static int record(struct sw_ctx *ctx, const struct sw_rules *r, struct sw_err *e)
{
	struct sw_rule_row *row = calloc(r->rules ? r->rules : 1, sizeof(*row));
	int rc;

	if (!row)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < r->rules; i++) {
		const struct sw_rule_text *t = &r->rule[i];

		row[i] = (struct sw_rule_row){
			.sid = t->sid,
			.rev = t->rev,
			.priority = t->priority,
			.line = t->line,
			.action = action_name(t->action),
			.msg = t->msg,
			.classtype = t->classtype,
			.reference = t->reference,
			.file = t->file,
			.warning = t->warning,
			.text = t->source,
		};
	}
	rc = sw_store_rules_put(ctx->store, row, r->rules, e);
	free(row);
	return rc;
}

/* The rules' texts are the largest part of a new record, and only for display: a full disk
 * must not prevent attaching. */
static void record_texts(struct sw_ctx *ctx, const struct sw_rules *r)
{
	struct sw_err *why = &ctx->rules_unrecorded;

	why->text[0] = '\0';
	if (sw_store_begin(ctx->store, why))
		return;
	if (record(ctx, r, why) || sw_store_commit(ctx->store, why))
		sw_store_rollback(ctx->store);
}

int sw_rules_enforce(struct sw_ctx *ctx, struct sw_rules *r, struct sw_err *e)
{
	if (sw_store_rules_off(ctx->store, switch_off, &r->tables, e) ||
	    sw_tables_load(&ctx->engine, &r->tables, e))
		return -1;
	record_texts(ctx, r);
	return 0;
}
