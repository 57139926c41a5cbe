// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall list`: blocks, allow entries, watched sources. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "views/allow_list.h"
#include "views/blocked_list.h"
#include "views/confined.h"
#include "views/human.h"
#include "views/source_column.h"
#include "views/stream.h"
#include "views/text_table.h"
#include "views/watched.h"
#include "cli/control.h"
#include "cli/policy.h"

#define SCREENFUL 50 /* rows on a terminal, unless --limit says otherwise */

enum kind { BLOCKED, ALLOWED, WATCHED, CONFINED, KINDS };

static const char *const kinds[] = {"blocked", "allowed", "watched", "confined"};

struct request {
	const struct sw_globals *g;
	enum kind kind;
	const char *origin;
	struct sw_prefix within_prefix;
	const struct sw_prefix *within; /* NULL: everywhere */
	enum sw_blocked_sort sort;
	size_t limit;		/* 0: all */
	struct sw_geoip *geoip; /* NULL: no database, no column of it */
};

static int read_kind(const struct sw_args *a, struct request *r, struct sw_err *e)
{
	const char *near;

	for (int k = 0; a->count && k < KINDS; k++) {
		if (strcmp(a->operand[0], kinds[k]) == 0) {
			r->kind = k;
			return 0;
		}
	}
	if (!a->count)
		return 0;
	near = sw_nearest(a->operand[0], kinds, KINDS);
	if (near)
		return sw_fail(e, SW_EXIT_USAGE, "unknown list \"%s\"; did you mean %s?",
			       a->operand[0], near);
	return sw_fail(e, SW_EXIT_USAGE,
		       "unknown list \"%s\" (expected blocked, allowed, watched or confined)",
		       a->operand[0]);
}

static enum sw_blocked_sort sort_of(const char *text)
{
	if (!text)
		return SW_BY_PREFIX;
	if (strcmp(text, "hits") == 0)
		return SW_BY_HITS;
	return strcmp(text, "expires") == 0 ? SW_BY_EXPIRES : SW_BY_ADDED;
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct request *r = c->request;
	long limit = c->g->json || !sw_human_terminal() ? 0 : SCREENFUL;

	r->g = c->g;
	if (read_kind(a, r, e))
		return -1;
	if (a->option[SW_LIST_LIMIT] &&
	    sw_cli_number(a->option[SW_LIST_LIMIT], "--limit", 0, 1000000000, &limit, e))
		return -1;
	r->limit = limit;
	r->origin = a->option[SW_LIST_ORIGIN];
	r->sort = sort_of(a->option[SW_LIST_SORT]);
	if (a->option[SW_LIST_IN]) {
		if (sw_prefix_option(a->option[SW_LIST_IN], "--in", &r->within_prefix, e))
			return -1;
		r->within = &r->within_prefix;
	}
	if (r->origin && r->kind != BLOCKED)
		return sw_fail(
			e, SW_EXIT_USAGE,
			"--origin %s: only blocked entries have an origin; try scanwall list "
			"blocked --origin %s",
			r->origin, r->origin);
	if (a->option[SW_LIST_SORT] && (r->kind == WATCHED || r->kind == CONFINED))
		return sw_fail(e, SW_EXIT_USAGE, "--sort: %s sources are always sorted by score",
			       kinds[r->kind]);
	if (r->sort == SW_BY_HITS && r->kind == ALLOWED)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--sort hits: allowed entries have no hits (expected "
			       "expires or added)");
	return 0;
}

static size_t shown(const struct request *r, size_t count)
{
	return r->limit && r->limit < count ? r->limit : count;
}

/* The table, and what it leaves out. */
static int finish(const struct request *r, struct sw_table *t, size_t count, struct sw_err *e)
{
	size_t left = count - shown(r, count);
	int rc = 0;

	if (count)
		rc = sw_table_print(t, r->g, 0, sw_human_width(), e);
	if (!rc && left)
		printf("... %s more, --limit 0 shows all\n", sw_cli_count(left));
	sw_table_free(t);
	return rc;
}

static void stream_item(const struct request *r, json_t *o, const struct sw_prefix *p)
{
	sw_geoip_add(o, r->geoip, p);
	sw_stream_item(r->g, o);
}

static json_t *json_head(const struct request *r, const struct sw_ctx *ctx, size_t count)
{
	return json_pack("{s:I, s:I, s:b}", "total", (json_int_t)count, "shown",
			 (json_int_t)shown(r, count), "enforced", !*sw_not_enforced(ctx));
}

/* "--in 192.0.2.0/24" and the like, for a list that is empty. */
static void print_empty(const struct request *r, const char *what)
{
	char prefix[SW_PREFIX_TEXT];

	printf("nothing is %s", what);
	if (r->within)
		printf(" in %s", sw_prefix_text(r->within, prefix));
	if (r->origin)
		printf(" by %s", r->origin);
	putchar('\n');
}

/* ---- confined */

/* Confined: watched sources past the threshold that are not blocked. */
static int load_confined(const struct request *r, struct sw_ctx *ctx, struct sw_watched_list *l,
			 struct sw_exposure *served, struct sw_err *e)
{
	size_t kept = 0;

	memset(served, 0, sizeof(*served));
	if (sw_watched_load(ctx, r->within, l, e))
		return -1;
	for (size_t i = 0; i < l->count; i++) {
		struct sw_verdict v;

		if (sw_lookup(ctx, &l->item[i].prefix.addr, &v, e))
			goto fail;
		if (sw_is_confined(ctx, &v))
			l->item[kept++] = l->item[i];
	}
	l->count = kept;
	if (!kept || (sw_ctx_guard(ctx, e) && !sw_exposure_served(ctx, served, e)))
		return 0;
fail:
	sw_watched_free(l);
	return -1;
}

static int table_confined(const struct request *r, const struct sw_ctx *ctx,
			  const struct sw_watched_list *l, const struct sw_exposure *served,
			  struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "CONFINED", .most = SW_SOURCE_WIDTH},
		{.title = "SCORE", .right = true},
		{.title = "LAST SEEN"},
		{.title = "REACHES", .gives = true},
		{.title = "WHY", .gives = true},
	};
	char human[SW_HUMAN_TEXT], words[SW_CONFINED_TEXT];
	struct sw_column room[SW_COLUMNS_MAX];
	struct sw_table *t = sw_source_table(r->geoip, columns, 5, room);
	int rc;

	for (size_t i = 0; i < shown(r, l->count); i++) {
		const struct sw_watched *x = &l->item[i];

		sw_source_cells(t, r->geoip, &x->prefix);
		sw_table_cell(t, SW_PLAIN, "%s", sw_human_points(x->score, human));
		sw_table_cell(t, SW_PLAIN, "%s", sw_human_ago(x->last, human));
		sw_table_cell(t, SW_PLAIN, "%s",
			      sw_confined_reaches(ctx, &x->source, served, words));
		sw_watched_why(&x->source, words, sizeof(words));
		sw_table_cell(t, SW_PLAIN, "%s", words);
	}
	rc = finish(r, t, l->count, e);
	if (!rc && l->count && !r->g->no_header)
		printf("Beyond that: %s.\n", sw_confined_beyond(ctx, sw_mode_now(ctx)));
	return rc;
}

static json_t *confined_json(const struct sw_ctx *ctx, const struct sw_watched *x,
			     const struct sw_exposure *served)
{
	json_t *o = sw_watched_json(x, "confined");
	char why[SW_CONFINED_TEXT];

	sw_watched_why(&x->source, why, sizeof(why));
	json_object_set_new(o, "reaches", sw_confined_json(ctx, &x->source, served));
	json_object_set_new(o, "why", json_string(why));
	return o;
}

static int list_confined(const struct request *r, struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_exposure served;
	struct sw_watched_list l;
	int rc = 0;

	if (load_confined(r, ctx, &l, &served, e))
		return -1;
	if (!r->g->json) {
		if (!l.count)
			print_empty(r, "confined");
		rc = table_confined(r, ctx, &l, &served, e);
	} else {
		sw_stream_begin(r->g, json_head(r, ctx, l.count), "confined");
		for (size_t i = 0; i < shown(r, l.count); i++)
			stream_item(r, confined_json(ctx, &l.item[i], &served), &l.item[i].prefix);
		rc = sw_stream_end(r->g, e);
	}
	sw_exposure_free(&served);
	sw_watched_free(&l);
	return rc;
}

/* ---- blocked */

/* "kernel: closed-port, ports 22 23; operator" */
static void put_claims(struct sw_table *t, const struct sw_blocked_list *l,
		       const struct sw_blocked *b)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	for (int i = 0; f && i < b->count; i++) {
		const struct sw_blocked_claim *c = &l->claim[b->first + i];

		fprintf(f, "%s%s%s%s", i ? "; " : "", l->origin[c->origin], c->comment ? ": " : "",
			c->comment ? c->comment : "");
	}
	if (f)
		fclose(f);
	sw_table_cell(t, SW_PLAIN, "%s", text ? text : "");
	free(text);
}

static int table_blocked(const struct request *r, const struct sw_blocked_list *l, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "SOURCE", .most = SW_SOURCE_WIDTH},
		{.title = "EXPIRES", .right = true},
		{.title = "HITS", .right = true},
		{.title = "AGE", .right = true},
		{.title = "CLAIMED BY", .gives = true},
	};
	struct sw_column room[SW_COLUMNS_MAX];
	struct sw_table *t = sw_source_table(r->geoip, columns, 5, room);
	char left[SW_HUMAN_TEXT];

	if (!l->count)
		print_empty(r, "blocked");
	for (size_t i = 0; i < shown(r, l->count); i++) {
		const struct sw_blocked *b = &l->item[i];

		sw_source_cells(t, r->geoip, &b->prefix);
		sw_table_cell(t, SW_PLAIN, "%s", sw_human_left(b->expires, left));
		sw_table_cell(t, SW_PLAIN, "%s", b->hits ? sw_human_hits(b->hits, left) : "-");
		sw_table_cell(t, SW_PLAIN, "%s", b->since ? sw_human_age(b->since, left) : "new");
		put_claims(t, l, b);
	}
	return finish(r, t, l->count, e);
}

static void print_not_enforced(const struct sw_ctx *ctx)
{
	const char *not_enforced = sw_not_enforced(ctx);

	if (*not_enforced)
		printf("Not enforced: %s.\n", strchr(not_enforced, ':') + 2);
}

static int print_blocked(const struct request *r, struct sw_ctx *ctx,
			 const struct sw_blocked_list *l, struct sw_err *e)
{
	struct sw_exposure served;
	struct sw_watched_list w;
	int rc = table_blocked(r, l, e);

	if (!rc && l->count && !r->g->no_header)
		print_not_enforced(ctx);
	if (rc || r->origin)
		return rc;
	if (load_confined(r, ctx, &w, &served, e))
		return -1;
	if (w.count) {
		putchar('\n');
		rc = table_confined(r, ctx, &w, &served, e);
	}
	sw_exposure_free(&served);
	sw_watched_free(&w);
	return rc;
}

/* Confined sources are listed with the blocked ones, since both are restricted. */
static int stream_blocked(const struct request *r, struct sw_ctx *ctx,
			  const struct sw_blocked_list *l, struct sw_err *e)
{
	json_t *head = json_head(r, ctx, l->count), *confined = json_array();
	struct sw_exposure served;
	struct sw_watched_list w;

	if (load_confined(r, ctx, &w, &served, e)) {
		json_decref(head);
		json_decref(confined);
		return -1;
	}
	for (size_t i = 0; i < shown(r, w.count) && !r->origin; i++) {
		json_t *o = confined_json(ctx, &w.item[i], &served);

		sw_geoip_add(o, r->geoip, &w.item[i].prefix);
		json_array_append_new(confined, o);
	}
	sw_exposure_free(&served);
	sw_watched_free(&w);
	json_object_set_new(head, "confined", confined);
	sw_stream_begin(r->g, head, "blocked");
	for (size_t i = 0; i < shown(r, l->count); i++)
		stream_item(r, sw_blocked_json(l, &l->item[i]), &l->item[i].prefix);
	return sw_stream_end(r->g, e);
}

static int list_blocked(const struct request *r, struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_blocked_list l;
	int rc;

	if (sw_blocked_load(ctx, r->within, &l, e))
		return -1;
	if (r->origin)
		sw_blocked_keep_origin(&l, r->origin);
	if (r->sort != SW_BY_PREFIX)
		sw_blocked_sort(&l, r->sort);
	rc = r->g->json ? stream_blocked(r, ctx, &l, e) : print_blocked(r, ctx, &l, e);
	sw_blocked_free(&l);
	return rc;
}

/* ---- allowed */

static int table_allowed(const struct request *r, const struct sw_allowed_list *l, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "ALLOWED", .most = SW_SOURCE_WIDTH},
		{.title = "EXPIRES", .right = true},
		{.title = "AGE", .right = true},
		{.title = "BY"},
		{.title = "COMMENT", .gives = true},
	};
	struct sw_column room[SW_COLUMNS_MAX];
	struct sw_table *t = sw_source_table(r->geoip, columns, 5, room);
	char human[SW_HUMAN_TEXT];

	if (!l->count)
		print_empty(r, "allowed");
	for (size_t i = 0; i < shown(r, l->count); i++) {
		const struct sw_allowed *x = &l->item[i];

		sw_source_cells(t, r->geoip, &x->entry.prefix);
		sw_table_cell(t, SW_PLAIN, "%s", sw_human_left(x->entry.expires, human));
		sw_table_cell(t, SW_PLAIN, "%s",
			      x->configured ? "-" : sw_human_age(x->entry.since, human));
		sw_table_cell(t, SW_PLAIN, "%s%s",
			      x->named	      ? "name"
			      : x->configured ? "configuration"
					      : "operator",
			      x->entry.trusted ? ", trusted" : "");
		sw_table_cell(t, SW_PLAIN, "%s", x->entry.comment);
	}
	return finish(r, t, l->count, e);
}

static int list_allowed(const struct request *r, struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_allowed_list l;
	int rc = 0;

	if (sw_allowed_load(ctx, r->within, &l, e))
		return -1;
	if (r->sort != SW_BY_PREFIX)
		sw_allowed_sort(&l, r->sort == SW_BY_EXPIRES);
	if (!r->g->json) {
		rc = table_allowed(r, &l, e);
		if (!rc && !r->g->quiet && !r->g->no_header)
			puts("Guarded addresses are not blocked either; `scanwall status` lists "
			     "them.");
	} else {
		sw_stream_begin(r->g, json_head(r, ctx, l.count), "allowed");
		for (size_t i = 0; i < shown(r, l.count); i++)
			stream_item(r, sw_allowed_json(&l.item[i]), &l.item[i].entry.prefix);
		rc = sw_stream_end(r->g, e);
	}
	sw_allowed_free(&l);
	return rc;
}

/* ---- watched */

static void put_watched(const struct request *r, struct sw_table *t, const struct sw_watched *x,
			const char *state)
{
	char human[SW_HUMAN_TEXT], words[256];

	sw_source_cells(t, r->geoip, &x->prefix);
	sw_table_cell(t, SW_PLAIN, "%s", sw_human_points(x->score, human));
	sw_table_cell(t, *state == 'b' ? SW_RED : SW_PLAIN, "%s", state);
	sw_table_cell(t, SW_PLAIN, "%s", sw_human_ago(x->last, human));
	sw_watched_kinds(&x->source, words, sizeof(words));
	sw_table_cell(t, SW_PLAIN, "%s", words);
	sw_watched_ports(&x->source, words, sizeof(words));
	sw_table_cell(t, SW_PLAIN, "%s", words);
}

static int table_watched(const struct request *r, const struct sw_ctx *ctx,
			 const struct sw_watched_list *l, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "SOURCE", .most = SW_SOURCE_WIDTH},
		{.title = "SCORE", .right = true},
		{.title = "STATE"},
		{.title = "LAST SEEN"},
		{.title = "EVIDENCE", .gives = true},
		{.title = "LAST PORTS", .gives = true},
	};
	struct sw_column room[SW_COLUMNS_MAX];
	struct sw_table *t = sw_source_table(r->geoip, columns, 6, room);

	if (!l->count)
		print_empty(r, "watched");
	for (size_t i = 0; i < shown(r, l->count); i++)
		put_watched(r, t, &l->item[i], sw_watched_state(ctx, &l->item[i]));
	return finish(r, t, l->count, e);
}

static int list_watched(const struct request *r, const struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_watched_list l;
	int rc = 0;

	if (sw_watched_load(ctx, r->within, &l, e))
		return -1;
	if (!r->g->json) {
		rc = table_watched(r, ctx, &l, e);
	} else {
		sw_stream_begin(r->g, json_head(r, ctx, l.count), "watched");
		for (size_t i = 0; i < shown(r, l.count); i++) {
			const struct sw_watched *x = &l.item[i];

			stream_item(r, sw_watched_json(x, sw_watched_state(ctx, x)), &x->prefix);
		}
		rc = sw_stream_end(r->g, e);
	}
	sw_watched_free(&l);
	return rc;
}

static int list_kind(const struct request *r, struct sw_call *c, struct sw_err *e)
{
	if (r->kind == BLOCKED)
		return list_blocked(r, c->ctx, e);
	if (r->kind == CONFINED)
		return list_confined(r, c->ctx, e);
	return r->kind == ALLOWED ? list_allowed(r, c->ctx, e) : list_watched(r, c->ctx, e);
}

static int list(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;
	int rc;

	r->geoip = sw_geoip_open(&c->ctx->config);
	rc = list_kind(r, c, e);
	sw_geoip_close(r->geoip);
	return rc;
}

const struct sw_verb_ops sw_list_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = list,
};
