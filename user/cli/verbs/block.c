// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall block`: adds claims. */
#include <stdlib.h>
#include <string.h>
#include "engine/connections.h"
#include "cli/policy.h"

#define DEFAULT_TTL (3600 * INT64_C(1000000))

static const char *const counts[] = {
	[SW_ADDED] = "blocked",
	[SW_PROLONGED] = "block extended",
	[SW_UNCHANGED] = "blocked already",
};

struct claims {
	struct sw_items items;
	struct sw_claim *claim;
	enum sw_change *change;
	int64_t now;
};

static void claims_free(void *request)
{
	struct claims *c = request;

	sw_items_free(&c->items);
	free(c->claim);
	free(c->change);
}

/* Parses the whole request before anything is opened. */
static int read_claims(struct sw_call *call, struct sw_err *e)
{
	const struct sw_args *a = call->a;
	struct claims *c = call->request;
	const char *origin =
		a->option[SW_BLOCK_ORIGIN] ? a->option[SW_BLOCK_ORIGIN] : SW_ORIGIN_OPERATOR;
	const char *comment = a->option[SW_BLOCK_COMMENT] ? a->option[SW_BLOCK_COMMENT] : "";
	int64_t ttl;

	if (sw_origin_check(origin, "--origin", e) || sw_comment_check(comment, "--comment", e) ||
	    sw_span_option(a->option[SW_BLOCK_TTL], "--ttl", DEFAULT_TTL, &ttl, e) ||
	    sw_items_read(&c->items, a, a->option[SW_BLOCK_FILE], "block", e))
		return -1;
	c->now = sw_now();
	c->claim = calloc(c->items.count + 1, sizeof(*c->claim));
	c->change = calloc(c->items.count + 1, sizeof(*c->change));
	if (!c->claim || !c->change)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu addresses",
			       c->items.count);
	for (size_t i = 0; i < c->items.count; i++) {
		const struct sw_item *it = &c->items.item[i];
		struct sw_claim *to = &c->claim[i];

		to->prefix = it->prefix;
		to->since = c->now;
		to->new_only = a->option[SW_BLOCK_NEW_ONLY];
		to->expires = sw_expiry(c->now, it->ttl ? it->ttl : ttl);
		snprintf(to->origin, sizeof(to->origin), "%s", origin);
		snprintf(to->comment, sizeof(to->comment), "%s",
			 it->comment ? it->comment : comment);
	}
	return 0;
}

/* --dry-run: what sw_block would answer. */
static int foresee(struct sw_ctx *ctx, struct claims *c, struct sw_err *e)
{
	struct sw_claim old;
	int found;

	for (size_t i = 0; i < c->items.count; i++) {
		found = sw_store_claim_get(ctx->store, &c->claim[i].prefix, c->claim[i].origin,
					   &old, e);
		if (found < 0)
			return -1;
		if (!found || old.expires <= c->now)
			c->change[i] = SW_ADDED;
		else
			c->change[i] =
				old.expires >= c->claim[i].expires ? SW_UNCHANGED : SW_PROLONGED;
	}
	return 0;
}

/* A block made with --force has no effect where an allow entry covers it. */
static bool is_allowed(const struct sw_ctx *ctx, const struct sw_globals *g,
		       const struct sw_prefix *p, char by[SW_PREFIX_TEXT])
{
	struct sw_verdict v;

	if (!g->force || !ctx->loaded || sw_lookup(ctx, &p->addr, &v, NULL) || !v.allowed)
		return false;
	sw_prefix_text(&v.allowed_by, by);
	return true;
}

static void print_one(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_claim *c,
		      enum sw_change change, const char *tail)
{
	char prefix[SW_PREFIX_TEXT], span[SW_DURATION_TEXT], until[SW_EXPIRY_TEXT];
	const char *would = g->dry_run ? "would be " : "";
	struct sw_claim old = *c;

	sw_prefix_text(&c->prefix, prefix);
	if (change == SW_UNCHANGED) {
		if (sw_store_claim_get(ctx->store, &c->prefix, c->origin, &old, NULL) != 1)
			old = *c;
		printf("%s is blocked already, %s%s\n", prefix,
		       sw_expiry_text(g, old.expires, until), tail);
		return;
	}
	if (change == SW_PROLONGED)
		printf("%s: block %sextended", prefix, would);
	else
		printf("%s %s%s", prefix, would, counts[change]);
	if (c->expires == SW_FOREVER)
		printf(" permanently");
	else if (change == SW_PROLONGED)
		printf(" %s", sw_expiry_text(g, c->expires, until));
	else
		printf(" for %s", sw_duration_text(c->expires - c->since, span));
	if (!*tail && is_allowed(ctx, g, &c->prefix, prefix))
		printf(", not enforced: %s is allowed", prefix);
	printf("%s\n", tail);
}

static int print_json(struct sw_ctx *ctx, const struct sw_globals *g, const struct claims *c,
		      struct sw_err *e)
{
	json_t *all = json_array(), *one;
	char by[SW_PREFIX_TEXT];

	for (size_t i = 0; i < c->items.count; i++) {
		struct sw_claim now = c->claim[i];

		if (c->change[i] == SW_UNCHANGED)
			sw_store_claim_get(ctx->store, &now.prefix, now.origin, &now, NULL);
		one = sw_change_json(&now.prefix, c->change[i]);
		json_object_set_new(one, "origin", json_string(now.origin));
		json_object_set_new(one, "expires", sw_cli_time(now.expires));
		if (is_allowed(ctx, g, &now.prefix, by))
			json_object_set_new(one, "allowed_by", json_string(by));
		json_array_append_new(all, one);
	}
	return sw_print_json(g, ctx, all, e);
}

static int print_result(struct sw_ctx *ctx, const struct sw_globals *g, const struct claims *c,
			struct sw_err *e)
{
	const char *tail;

	if (g->json)
		return print_json(ctx, g, c, e);
	if (g->quiet)
		return 0;
	tail = sw_not_enforced(ctx);
	if (c->items.count > SW_LISTED_MAX || !c->items.count) {
		if (g->dry_run)
			fputs("dry run: ", stdout);
		if (!c->items.count)
			puts("nothing to block");
		else
			sw_print_counts(c->change, c->items.count, counts, tail);
		return 0;
	}
	for (size_t i = 0; i < c->items.count; i++)
		print_one(ctx, g, &c->claim[i], c->change[i], tail);
	return 0;
}

#define ENDED_MOST 1024 /* connections of longer lists are not searched */

/* Closes their open connections, which servers would hold until a timeout. Not in detect mode,
 * and not those of allowed addresses. */
static void end_connections(struct sw_ctx *ctx, const struct sw_globals *g, const struct claims *c)
{
	struct sw_prefix *gone = calloc(c->items.count + 1, sizeof(*gone));
	char by[SW_PREFIX_TEXT];
	size_t count = 0;
	int ended = 0;

	if (gone && c->items.count <= ENDED_MOST && !*sw_not_enforced(ctx))
		for (size_t i = 0; i < c->items.count; i++)
			if (!is_allowed(ctx, g, &c->claim[i].prefix, by))
				gone[count++] = c->claim[i].prefix;
	if (count)
		ended = sw_connections_end(gone, count, NULL);
	free(gone);
	if (ended > 0 && !g->json && !g->quiet)
		printf("%d open connection%s ended\n", ended, ended == 1 ? "" : "s");
}

static int block(struct sw_call *call, struct sw_err *e)
{
	const struct sw_globals *g = call->g;
	struct sw_ctx *ctx = call->ctx;
	struct claims *c = call->request;
	size_t n = c->items.count;
	int rc;

	sw_progress_begin(g, "blocking", n);
	rc = sw_claims_guard(ctx, g, c->claim, n, "block", e);
	if (rc == 0)
		rc = g->dry_run ? foresee(ctx, c, e) : sw_block(ctx, c->claim, n, c->change, e);
	sw_progress_end();
	if (rc || print_result(ctx, g, c, e))
		return -1;
	if (!g->dry_run)
		end_connections(ctx, g, c);
	sw_audit_counts("block", &c->claim[0].prefix, n);
	return sw_change_exit(g, c->change, n);
}

const struct sw_verb_ops sw_block_ops = {
	.request = sizeof(struct claims),
	.read = read_claims,
	.run = block,
	.release = claims_free,
};
