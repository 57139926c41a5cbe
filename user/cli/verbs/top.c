// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall top`: the busiest blocked sources, suspects and signatures. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "events/events.h"
#include "views/blocked_list.h"
#include "views/confined.h"
#include "views/human.h"
#include "views/source_column.h"
#include "views/watched.h"
#include "cli/control.h"
#include "cli/verbs/rules_verb.h"
#include "cli/verbs/top_screen.h"

#define ROWS 8
#define LEAST_EVERY 1000000 /* us */

struct request {
	long rows;
	int64_t every; /* us; 0: once */
	bool screen;
};

struct top {
	const struct sw_globals *g;
	struct sw_ctx *ctx;
	struct sw_blocked_list blocked;
	struct sw_watched_list watched;
	struct sw_counter sum;
	size_t rows;
	struct sw_geoip *geoip; /* NULL: no database, no column of it */
};

static int gather(struct top *t, struct sw_err *e)
{
	struct sw_counter c[SW_REASON_COUNT];

	if (!t->ctx->loaded)
		return sw_no_program(t->ctx, e);
	if (sw_engine_counters(&t->ctx->engine, c, e) ||
	    sw_blocked_load(t->ctx, NULL, &t->blocked, e) ||
	    sw_watched_load(t->ctx, NULL, &t->watched, e))
		return -1;
	sw_blocked_sort(&t->blocked, SW_BY_HITS);
	t->sum = (struct sw_counter){0};
	for (int r = 0; r < SW_REASON_COUNT; r++) {
		t->sum.passed += c[r].passed;
		t->sum.dropped += c[r].dropped;
	}
	return 0;
}

static size_t shown(const struct top *t, size_t count)
{
	return count < t->rows ? count : t->rows;
}

static void put_title(const struct top *t, const char *title, size_t count)
{
	printf("\n%s%s%s, %s in all\n", sw_style_code(t->g, SW_BOLD), title,
	       sw_style_code(t->g, SW_PLAIN), sw_cli_count(count));
}

static int put_blocked(const struct top *t, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "SOURCE", .most = SW_SOURCE_WIDTH},
		{.title = "HITS", .right = true},
		{.title = "EXPIRES", .right = true},
		{.title = "AGE", .right = true},
		{.title = "WHY", .gives = true},
	};
	struct sw_column room[SW_COLUMNS_MAX];
	struct sw_table *table = sw_source_table(t->geoip, columns, 5, room);
	char human[SW_HUMAN_TEXT];
	int rc;

	for (size_t i = 0; i < shown(t, t->blocked.count); i++) {
		const struct sw_blocked *b = &t->blocked.item[i];
		const struct sw_blocked_claim *c = &t->blocked.claim[b->first];
		const char *why = b->count && c->comment ? c->comment : "";

		sw_source_cells(table, t->geoip, &b->prefix);
		sw_table_cell(table, b->hits ? SW_RED : SW_PLAIN, "%s",
			      b->hits ? sw_human_hits(b->hits, human) : "-");
		sw_table_cell(table, SW_PLAIN, "%s", sw_human_left(b->expires, human));
		sw_table_cell(table, SW_PLAIN, "%s",
			      b->since ? sw_human_age(b->since, human) : "new");
		sw_table_cell(table, SW_DIM, "%s", why);
	}
	put_title(t, "Blocked sources by hits", t->blocked.count);
	rc = t->blocked.count ? sw_table_print(table, t->g, 0, sw_human_width(), e) : 0;
	sw_table_free(table);
	return rc;
}

static int put_watched(const struct top *t, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "SOURCE", .most = SW_SOURCE_WIDTH},
		{.title = "SCORE", .right = true},
		{.title = "LAST SEEN"},
		{.title = "WHY", .gives = true},
	};
	struct sw_column room[SW_COLUMNS_MAX];
	struct sw_table *table = sw_source_table(t->geoip, columns, 4, room);
	char human[SW_HUMAN_TEXT], why[512];
	int rc;

	for (size_t i = 0; i < shown(t, t->watched.count); i++) {
		const struct sw_watched *x = &t->watched.item[i];

		sw_watched_why(&x->source, why, sizeof(why));
		sw_source_cells(table, t->geoip, &x->prefix);
		sw_table_cell(table, SW_YELLOW, "%s", sw_human_points(x->score, human));
		sw_table_cell(table, SW_PLAIN, "%s", sw_human_ago(x->last, human));
		sw_table_cell(table, SW_DIM, "%s", why);
	}
	put_title(t, "Watched sources by score", t->watched.count);
	rc = t->watched.count ? sw_table_print(table, t->g, 0, sw_human_width(), e) : 0;
	sw_table_free(table);
	return rc;
}

static int print_result(struct top *t, struct sw_err *e)
{
	char a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT], clock[SW_HUMAN_TEXT];

	printf("%s  %s mode, %s packets passed, %s%s dropped%s\n",
	       sw_human_clock(sw_now(), t->g->utc, clock), sw_mode_name(sw_mode_now(t->ctx)),
	       sw_human_count(t->sum.passed, a),
	       sw_style_code(t->g, t->sum.dropped ? SW_RED : SW_PLAIN),
	       sw_human_count(t->sum.dropped, b), sw_style_code(t->g, SW_PLAIN));
	if (put_blocked(t, e) || put_watched(t, e))
		return -1;
	return sw_rules_put_hits(t->ctx, t->g, t->rows, e);
}

static void append(const struct top *t, json_t *list, json_t *o, const struct sw_prefix *p)
{
	sw_geoip_add(o, t->geoip, p);
	json_array_append_new(list, o);
}

static int print_json(struct top *t, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *blocked = json_array(), *watched = json_array();
	json_t *rules = sw_rules_hits_json(t->ctx, e);

	if (!rules)
		return -1;
	for (size_t i = 0; i < shown(t, t->blocked.count); i++) {
		const struct sw_blocked *x = &t->blocked.item[i];

		append(t, blocked, sw_blocked_json(&t->blocked, x), &x->prefix);
	}
	for (size_t i = 0; i < shown(t, t->watched.count); i++) {
		const struct sw_watched *x = &t->watched.item[i];

		append(t, watched, sw_watched_json(x, sw_watched_state(t->ctx, x)), &x->prefix);
	}
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(t->ctx))));
	json_object_set_new(root, "passed", json_integer(t->sum.passed));
	json_object_set_new(root, "dropped", json_integer(t->sum.dropped));
	json_object_set_new(root, "blocked", blocked);
	json_object_set_new(root, "watched", watched);
	json_object_set_new(root, "rules", rules);
	return sw_cli_print(t->g, root, e);
}

static int once(struct sw_call *c, size_t rows, struct sw_err *e)
{
	struct top t = {.g = c->g, .ctx = c->ctx, .rows = rows};
	int rc;

	t.geoip = sw_geoip_open(&c->ctx->config);
	rc = gather(&t, e);

	if (!rc)
		rc = c->g->json ? print_json(&t, e) : print_result(&t, e);
	sw_geoip_close(t.geoip);
	sw_blocked_free(&t.blocked);
	sw_watched_free(&t.watched);
	return rc;
}

static int read_options(struct sw_call *c, struct sw_err *e)
{
	const char *const *option = c->a->option;
	const char *every = option[SW_TOP_EVERY];
	struct request *q = c->request;

	q->rows = ROWS;
	if (option[SW_TOP_LIMIT] &&
	    sw_cli_number(option[SW_TOP_LIMIT], "--limit", 1, 1000000, &q->rows, e))
		return -1;
	if (every && sw_duration_parse(every, "--every", &q->every, e))
		return -1;
	if (every && (q->every == SW_FOREVER || q->every < LEAST_EVERY))
		return sw_fail(e, SW_EXIT_USAGE,
			       "--every: invalid duration \"%s\" (expected 1s or more)", every);
	q->screen = !every && !option[SW_TOP_ONCE] && !option[SW_TOP_LIMIT] && !c->g->json &&
		    sw_human_terminal() && isatty(STDIN_FILENO);
	return 0;
}

static int top(struct sw_call *c, struct sw_err *e)
{
	const struct request *q = c->request;
	struct timespec pause = {q->every / 1000000, q->every % 1000000 * 1000};
	int rc;

	if (q->screen && sw_top_screen_works())
		return sw_top_screen(c, e);
	if (q->screen)
		fprintf(stderr,
			"scanwall top: this terminal (TERM=%s) cannot move its cursor, so there is "
			"no live screen; --every 2s repeats this\n",
			getenv("TERM") ? getenv("TERM") : "");
	for (;;) {
		if (q->every && sw_human_terminal() && !c->g->json)
			fputs("\033[H\033[2J", stdout);
		rc = once(c, q->rows, e);
		if (rc || !q->every)
			return rc;
		fflush(stdout);
		nanosleep(&pause, NULL);
		if (sw_call_look_again(c, e))
			return -1;
	}
}

const struct sw_verb_ops sw_top_ops = {
	.request = sizeof(struct request),
	.read = read_options,
	.run = top,
};
