// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall stats`: packets by reason. */
#include <stdio.h>
#include "events/events.h"
#include "views/human.h"
#include "views/text_table.h"
#include "cli/control.h"
#include "cli/verbs/rules_verb.h"

#define RULES_SHOWN 10

static bool occurred(const struct sw_counter *c)
{
	return c->passed || c->dropped;
}

static void put_count(struct sw_table *t, enum sw_style style, __u64 n)
{
	char text[SW_HUMAN_TEXT];

	sw_table_cell(t, n ? style : SW_PLAIN, "%s", n ? sw_human_count(n, text) : "-");
}

static void put_bytes(struct sw_table *t, __u64 n)
{
	char text[SW_HUMAN_TEXT];

	sw_table_cell(t, SW_PLAIN, "%s", n ? sw_human_bytes(n, text) : "-");
}

static void put_reason(struct sw_table *t, const char *name, const char *text, bool drops,
		       const struct sw_counter *c)
{
	sw_table_cell(t, SW_PLAIN, "%s", name);
	put_count(t, SW_PLAIN, drops ? 0 : c->passed);
	put_count(t, SW_YELLOW, drops ? c->passed : 0);
	put_count(t, SW_RED, c->dropped);
	sw_table_cell(t, SW_DIM, "%s", text);
}

static void add(struct sw_counter *sum, const struct sw_counter *c)
{
	sum->passed += c->passed;
	sum->passed_bytes += c->passed_bytes;
	sum->dropped += c->dropped;
	sum->dropped_bytes += c->dropped_bytes;
}

static void put_all(struct sw_table *t, const struct sw_counter *pass,
		    const struct sw_counter *drop)
{
	sw_table_cell(t, SW_BOLD, "packets");
	put_count(t, SW_PLAIN, pass->passed);
	put_count(t, SW_YELLOW, drop->passed);
	put_count(t, SW_RED, drop->dropped);
	sw_table_cell(t, SW_PLAIN, "in all");
	sw_table_cell(t, SW_BOLD, "bytes");
	put_bytes(t, pass->passed_bytes);
	put_bytes(t, drop->passed_bytes);
	put_bytes(t, drop->dropped_bytes);
	sw_table_cell(t, SW_PLAIN, "in all");
}

static int print_result(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_counter *c,
			bool all, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "REASON"},
		{.title = "PASSED", .right = true},
		{.title = "WOULD DROP", .right = true},
		{.title = "DROPPED", .right = true},
		{.title = "MEANING", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 5);
	struct sw_counter pass = {0}, drop = {0};
	int rc;

	for (int r = 0; r < SW_REASON_COUNT; r++) {
		add(sw_reason_drops(r) ? &drop : &pass, &c[r]);
		if (all || occurred(&c[r]))
			put_reason(t, sw_reason_name(r), sw_reason_text(r), sw_reason_drops(r),
				   &c[r]);
	}
	put_all(t, &pass, &drop);
	rc = sw_table_print(t, g, 0, sw_human_width(), e);
	sw_table_free(t);
	return rc ? rc : sw_rules_put_hits(ctx, g, RULES_SHOWN, e);
}

static json_t *reason_json(int r, const struct sw_counter *c)
{
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I}", "reason", sw_reason_name(r), "text",
			 sw_reason_text(r), "drops", sw_reason_drops(r), "passed",
			 (json_int_t)c->passed, "passed_bytes", (json_int_t)c->passed_bytes,
			 "dropped", (json_int_t)c->dropped, "dropped_bytes",
			 (json_int_t)c->dropped_bytes);
}

static int print_json(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_counter *c,
		      struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array(), *rules;

	for (int r = 0; r < SW_REASON_COUNT; r++)
		json_array_append_new(list, reason_json(r, &c[r]));
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(ctx))));
	json_object_set_new(root, "reasons", list);
	rules = sw_rules_hits_json(ctx, e);
	if (!rules) {
		json_decref(root);
		return -1;
	}
	json_object_set_new(root, "rules", rules);
	return sw_cli_print(g, root, e);
}

static int stats(struct sw_call *call, struct sw_err *e)
{
	struct sw_counter c[SW_REASON_COUNT] = {0};
	struct sw_ctx *ctx = call->ctx;

	if (!ctx->loaded)
		return sw_no_program(ctx, e);
	if (sw_engine_counters(&ctx->engine, c, e))
		return -1;
	return call->g->json ? print_json(ctx, call->g, c, e)
			     : print_result(ctx, call->g, c, call->a->option[SW_STATS_ALL], e);
}

const struct sw_verb_ops sw_stats_ops = {.run = stats};
