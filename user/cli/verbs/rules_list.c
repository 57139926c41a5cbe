// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall rules list, show, stats`: the rules in force and their counters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "views/human.h"
#include "views/text_table.h"
#include "cli/control.h"
#include "cli/verbs.h"
#include "cli/verbs/rules_verb.h"

struct view {
	const struct sw_globals *g;
	struct sw_rule_stat *stat; /* by sid */
	long stats, rows, limit;
	bool loaded;
	struct sw_table *t;
	json_t *list;
};

static int by_sid(const void *a, const void *b)
{
	const struct sw_rule_stat *x = a, *y = b;

	return (x->rule.sid > y->rule.sid) - (x->rule.sid < y->rule.sid);
}

/* Counters of each rule in force, by sid; the caller frees them. */
static long rules_counted(struct sw_ctx *ctx, struct sw_rule_stat **out, struct sw_err *e)
{
	long n;

	*out = NULL;
	if (!ctx->loaded)
		return 0;
	n = sw_tables_stats(&ctx->engine, out, e);
	if (n > 0)
		qsort(*out, n, sizeof(**out), by_sid);
	return n;
}

static const struct sw_rule_stat *stat_of(const struct view *v, __u32 sid)
{
	struct sw_rule_stat wanted = {.rule.sid = sid};

	return v->stats ? bsearch(&wanted, v->stat, v->stats, sizeof(*v->stat), by_sid) : NULL;
}

static enum sw_style style_of(const char *action)
{
	if (!strcmp(action, "block"))
		return SW_RED;
	return !strcmp(action, "drop") ? SW_YELLOW : SW_PLAIN;
}

static json_t *row_json(const struct sw_rule_row *r, const struct sw_rule_stat *s)
{
	json_t *o =
		json_pack("{s:I, s:I, s:s, s:b, s:o, s:o, s:o, s:i, s:o, s:i}", "signature_id",
			  (json_int_t)r->sid, "rev", (json_int_t)r->rev, "action", r->action,
			  "enabled", !r->off, "signature", sw_cli_text(r->msg), "category",
			  sw_cli_text(r->classtype), "reference", sw_cli_text(r->reference),
			  "severity", r->priority, "file", sw_cli_text(r->file), "line", r->line);

	if (!o || !s)
		return o;
	json_object_set_new(o, "tried", json_integer(s->count.candidates));
	json_object_set_new(o, "hits", json_integer(s->count.hits));
	json_object_set_new(o, "dropped", json_integer(s->count.dropped));
	json_object_set_new(o, "last_hit",
			    s->count.last_ns ? sw_cli_time(sw_time_from_monotonic(s->count.last_ns))
					     : json_null());
	return o;
}

/* ---- list */

static int put_rule(const struct sw_rule_row *r, void *arg)
{
	const struct sw_rule_stat *s = stat_of(arg, r->sid);
	struct view *v = arg;
	char hits[SW_HUMAN_TEXT];

	v->rows++;
	if (v->list) {
		json_array_append_new(v->list, row_json(r, s));
		return 0;
	}
	sw_table_cell(v->t, SW_PLAIN, "%u", r->sid);
	sw_table_cell(v->t, r->off ? SW_DIM : style_of(r->action), "%s",
		      r->off ? "off" : r->action);
	sw_table_cell(v->t, SW_PLAIN, "%s",
		      s && s->count.hits ? sw_human_count(s->count.hits, hits) : "-");
	sw_table_cell(v->t, SW_DIM, "%s", r->classtype);
	sw_table_cell(v->t, SW_PLAIN, "%s", r->msg);
	return 0;
}

static int print_list(struct view *v, struct sw_err *e)
{
	json_t *root;

	if (v->list) {
		root = sw_cli_json();
		json_object_set(root, "rules", v->list);
		return sw_cli_print(v->g, root, e);
	}
	if (!v->rows)
		puts("no rules are loaded; run scanwall rules load");
	else if (sw_table_print(v->t, v->g, 0, sw_human_width(), e))
		return -1;
	if (v->loaded && !sw_engine_inspects(v->g->pin_dir))
		puts(SW_NO_SIGNATURES);
	return 0;
}

static int list(struct sw_call *c, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "SID", .right = true},     {.title = "ACTION"},
		{.title = "HITS", .right = true},    {.title = "CLASS", .gives = true},
		{.title = "MESSAGE", .gives = true},
	};
	struct view v = {.g = c->g, .loaded = c->ctx->loaded};
	int rc = -1;

	v.stats = rules_counted(c->ctx, &v.stat, e);
	if (c->g->json)
		v.list = json_array();
	else
		v.t = sw_table_new(columns, 5);
	if (v.stats >= 0 && !sw_store_rules(c->ctx->store, 0, put_rule, &v, e))
		rc = print_list(&v, e);
	json_decref(v.list);
	sw_table_free(v.t);
	free(v.stat);
	return rc;
}

const struct sw_verb_ops sw_rules_list_ops = {.run = list};

/* ---- show */

#define LABEL 11

static void put_field(const struct view *v, const char *label, const char *text)
{
	if (text[0])
		sw_text_field(v->g, label, LABEL, "%s", text);
}

static void put_counts(const struct view *v, const struct sw_rule_stat *s)
{
	char hits[SW_HUMAN_TEXT], dropped[SW_HUMAN_TEXT], tried[SW_HUMAN_TEXT], ago[SW_HUMAN_TEXT];

	if (!s)
		return;
	sw_text_field(v->g, "hits", LABEL, "%s, %s packet%s dropped; tried %s time%s",
		      sw_human_count(s->count.hits, hits),
		      sw_human_count(s->count.dropped, dropped), s->count.dropped == 1 ? "" : "s",
		      sw_human_count(s->count.candidates, tried),
		      s->count.candidates == 1 ? "" : "s");
	if (s->count.last_ns)
		sw_text_field(v->g, "last hit", LABEL, "%s",
			      sw_human_ago(sw_time_from_monotonic(s->count.last_ns), ago));
}

static int show_rule(const struct sw_rule_row *r, void *arg)
{
	struct view *v = arg;
	const struct sw_rule_stat *s = stat_of(v, r->sid);
	char place[512];
	json_t *o;

	v->rows++;
	if (v->list) {
		o = row_json(r, s);
		json_object_set_new(o, "text", sw_cli_text(r->text));
		json_object_set_new(o, "warning",
				    r->warning[0] ? sw_cli_text(r->warning) : json_null());
		json_object_set_new(v->list, "rule", o);
		return 0;
	}
	snprintf(place, sizeof(place), "%s:%u, revision %u", r->file, r->line, r->rev);
	printf("%s%u%s %s\n", sw_style_code(v->g, SW_BOLD), r->sid, sw_style_code(v->g, SW_PLAIN),
	       r->msg);
	sw_text_field(v->g, "action", LABEL, "%s%s", r->action,
		      r->off ? ", but it is disabled" : "");
	put_counts(v, s);
	put_field(v, "category", r->classtype);
	put_field(v, "reference", r->reference);
	put_field(v, "from", place);
	put_field(v, "warning", r->warning);
	put_field(v, "text", r->text);
	return 0;
}

static int read_sid(struct sw_call *c, struct sw_err *e)
{
	return sw_cli_number(c->a->operand[0], "the number of a rule", 1, 4294967295, c->request,
			     e);
}

static int show(struct sw_call *c, struct sw_err *e)
{
	const long *sid = c->request;
	struct view v = {.g = c->g};
	int rc = -1;

	v.list = c->g->json ? sw_cli_json() : NULL;
	v.stats = rules_counted(c->ctx, &v.stat, e);
	if (v.stats >= 0 && !sw_store_rules(c->ctx->store, *sid, show_rule, &v, e))
		rc = 0;
	if (!rc && !v.rows)
		rc = sw_fail(e, SW_EXIT_FAILED,
			     "no such rule: %ld (`scanwall rules list` shows them)", *sid);
	if (!rc && c->g->json)
		rc = sw_cli_print(c->g, json_incref(v.list), e);
	json_decref(v.list);
	free(v.stat);
	return rc;
}

const struct sw_verb_ops sw_rules_show_ops = {
	.request = sizeof(long),
	.read = read_sid,
	.run = show,
};

/* ---- stats */

struct named {
	struct sw_rule_stat stat;
	char *msg;
};

struct names {
	struct named *item;
	long count;
};

static int by_hits(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	const struct sw_rule_count *m = &x->stat.count, *n = &y->stat.count;

	if (m->hits != n->hits)
		return m->hits < n->hits ? 1 : -1;
	if (m->candidates != n->candidates)
		return m->candidates < n->candidates ? 1 : -1;
	return (x->stat.rule.sid > y->stat.rule.sid) - (x->stat.rule.sid < y->stat.rule.sid);
}

static int by_number(const void *key, const void *item)
{
	__u32 sid = *(const __u32 *)key, other = ((const struct named *)item)->stat.rule.sid;

	return (sid > other) - (sid < other);
}

static int name_one(const struct sw_rule_row *r, void *arg)
{
	struct names *l = arg;
	struct named *found = bsearch(&r->sid, l->item, l->count, sizeof(*l->item), by_number);

	if (found)
		found->msg = strdup(r->msg);
	return 0;
}

static void names_free(struct names *l)
{
	for (long i = 0; i < l->count; i++)
		free(l->item[i].msg);
	free(l->item);
}

/* By hits, then by tries, descending. */
static int names_of(struct sw_ctx *ctx, struct names *l, struct sw_err *e)
{
	struct sw_rule_stat *stat;

	l->item = NULL;
	l->count = rules_counted(ctx, &stat, e);
	if (l->count < 0)
		return -1;
	l->item = calloc(l->count + 1, sizeof(*l->item));
	if (!l->item) {
		free(stat);
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	}
	for (long i = 0; i < l->count; i++)
		l->item[i].stat = stat[i];
	free(stat);
	if (sw_store_rules(ctx->store, 0, name_one, l, e)) {
		names_free(l);
		return -1;
	}
	qsort(l->item, l->count, sizeof(*l->item), by_hits);
	return 0;
}

static void put_stat(struct sw_table *t, const struct named *n)
{
	const struct sw_rule_count *c = &n->stat.count;
	char text[SW_HUMAN_TEXT];

	sw_table_cell(t, SW_PLAIN, "%u", n->stat.rule.sid);
	sw_table_cell(t, c->hits ? SW_YELLOW : SW_PLAIN, "%s",
		      c->hits ? sw_human_count(c->hits, text) : "-");
	sw_table_cell(t, SW_RED, "%s", c->dropped ? sw_human_count(c->dropped, text) : "-");
	sw_table_cell(t, SW_PLAIN, "%s", c->candidates ? sw_human_count(c->candidates, text) : "-");
	sw_table_cell(t, SW_PLAIN, "%s",
		      c->last_ns ? sw_human_age(sw_time_from_monotonic(c->last_ns), text) : "-");
	sw_table_cell(t, SW_PLAIN, "%s", n->msg ? n->msg : "");
}

static int put_stats(const struct sw_globals *g, const struct names *l, bool all, bool tried,
		     long limit, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "SID", .right = true},     {.title = "HITS", .right = true},
		{.title = "DROPPED", .right = true}, {.title = "TRIED", .right = true},
		{.title = "LAST", .right = true},    {.title = "MESSAGE", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 6);
	long rows = 0, more = 0;
	int rc = 0;

	for (long i = 0; i < l->count; i++) {
		const struct sw_rule_count *c = &l->item[i].stat.count;

		if (!all && !c->hits && !(tried && c->candidates))
			continue;
		if (limit && rows >= limit) {
			more++;
			continue;
		}
		put_stat(t, &l->item[i]);
		rows++;
	}
	if (rows)
		rc = sw_table_print(t, g, 0, sw_human_width(), e);
	if (!rc && more)
		printf("... and %s more\n", sw_cli_count(more));
	sw_table_free(t);
	return rc ? rc : rows ? 1 : 0;
}

static json_t *stats_json(const struct names *l)
{
	json_t *list = json_array();

	for (long i = 0; i < l->count; i++) {
		const struct sw_rule_count *c = &l->item[i].stat.count;

		json_array_append_new(
			list, json_pack("{s:I, s:o, s:I, s:I, s:I, s:o}", "signature_id",
					(json_int_t)l->item[i].stat.rule.sid, "signature",
					sw_cli_text(l->item[i].msg ? l->item[i].msg : ""), "hits",
					(json_int_t)c->hits, "dropped", (json_int_t)c->dropped,
					"tried", (json_int_t)c->candidates, "last_hit",
					c->last_ns ? sw_cli_time(sw_time_from_monotonic(c->last_ns))
						   : json_null()));
	}
	return list;
}

int sw_rules_put_hits(struct sw_ctx *ctx, const struct sw_globals *g, long limit, struct sw_err *e)
{
	struct names l;
	int rc;

	if (names_of(ctx, &l, e))
		return -1;
	if (l.count && l.item[0].stat.count.hits)
		putchar('\n');
	rc = put_stats(g, &l, false, false, limit, e);
	names_free(&l);
	return rc < 0 ? -1 : 0;
}

json_t *sw_rules_hits_json(struct sw_ctx *ctx, struct sw_err *e)
{
	struct names l;
	json_t *list;

	if (names_of(ctx, &l, e))
		return NULL;
	list = stats_json(&l);
	names_free(&l);
	return list;
}

static int print_stats(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_args *a,
		       long limit, struct sw_err *e)
{
	struct names l;
	json_t *root;
	int rc;

	if (names_of(ctx, &l, e))
		return -1;
	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "rules", stats_json(&l));
		json_object_set_new(root, "unfinished",
				    json_integer(ctx->engine.state->unfinished));
		rc = sw_cli_print(g, root, e);
		goto out;
	}
	rc = put_stats(g, &l, a->option[SW_RULES_ALL], true, limit, e);
	if (!rc)
		printf("%s rules are loaded; none has been tried yet\n", sw_cli_count(l.count));
	if (rc >= 0 && ctx->engine.state->unfinished)
		printf("%s payloads had more candidate rules than are tried\n",
		       sw_cli_count(ctx->engine.state->unfinished));
	rc = rc < 0 ? -1 : 0;
out:
	names_free(&l);
	return rc;
}

static int read_limit(struct sw_call *c, struct sw_err *e)
{
	const char *text = c->a->option[SW_RULES_LIMIT];

	return text ? sw_cli_number(text, "--limit", 0, 1000000000, c->request, e) : 0;
}

static int stats(struct sw_call *c, struct sw_err *e)
{
	const long *limit = c->request;

	if (c->ctx->loaded)
		return print_stats(c->ctx, c->g, c->a, *limit, e);
	return sw_no_program(c->ctx, e);
}

const struct sw_verb_ops sw_rules_stats_ops = {
	.request = sizeof(long),
	.read = read_limit,
	.run = stats,
};
