// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall unblock`: removes claims. */
#include <stdlib.h>
#include <string.h>
#include "cli/policy.h"

static const char *const counts[] = {
	[SW_REMOVED] = "unblocked",
	[SW_WAS_ABSENT] = "not blocked",
};

struct removal {
	struct sw_items items;
	struct sw_prefix *prefix;
	enum sw_change *change;
	const char *origin; /* NULL: see all */
	bool all;
};

static int add_holder(const struct sw_claim *c, void *arg)
{
	json_array_append_new(arg, json_string(c->origin));
	return 0;
}

/* The origins that still claim it; a new reference. */
static json_t *find_holders(struct sw_ctx *ctx, const struct sw_prefix *p)
{
	struct sw_claim_filter f = {.prefix = p, .live_at = sw_now()};
	json_t *all = json_array();

	sw_store_claims(ctx->store, &f, add_holder, all, NULL);
	return all;
}

static int count_claims(struct sw_ctx *ctx, const struct sw_prefix *p, const char *origin,
			struct sw_err *e)
{
	struct sw_claim c;
	struct sw_claim_filter f = {.prefix = p};
	int64_t n;

	if (origin)
		return sw_store_claim_get(ctx->store, p, origin, &c, e);
	n = sw_store_claim_count(ctx->store, &f, e);
	return n < 0 ? -1 : n > 0;
}

/* Is it blocked by the kernel and not yet recorded? */
static bool kernel_holds(const struct sw_ctx *ctx, const struct sw_prefix *p)
{
	struct sw_verdict v;

	return ctx->loaded && sw_lookup(ctx, &p->addr, &v, NULL) == 0 && v.blocked &&
	       (v.expires_tick & SW_EXPIRES_AUTO) && sw_prefix_cmp(&v.by, p) == 0;
}

static int remove_foresee(struct sw_ctx *ctx, struct removal *r, const char *origin,
			  enum sw_change *change, struct sw_err *e)
{
	int found;

	for (size_t i = 0; i < r->items.count; i++) {
		found = count_claims(ctx, &r->prefix[i], origin, e);
		if (found < 0)
			return -1;
		if (!found && (!origin || strcmp(origin, SW_ORIGIN_KERNEL) == 0))
			found = kernel_holds(ctx, &r->prefix[i]);
		change[i] = found ? SW_REMOVED : SW_WAS_ABSENT;
	}
	return 0;
}

static int remove_of(struct sw_ctx *ctx, const struct sw_globals *g, struct removal *r,
		     const char *origin, enum sw_change *change, struct sw_err *e)
{
	if (g->dry_run)
		return remove_foresee(ctx, r, origin, change, e);
	return sw_unblock(ctx, r->prefix, r->items.count, origin, change, e);
}

/* Without an origin, removes claims of operator and kernel; other managers (fail2ban, feeds)
 * remove their own. */
static int remove_claims(struct sw_ctx *ctx, const struct sw_globals *g, struct removal *r,
			 struct sw_err *e)
{
	static const char *const more[] = {SW_ORIGIN_KERNEL, SW_ORIGIN_UNRECORDED};
	size_t n = r->items.count;
	enum sw_change *other;
	int rc;

	if (r->origin || r->all)
		return remove_of(ctx, g, r, r->origin, r->change, e);
	other = calloc(n + 1, sizeof(*other));
	if (!other)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	rc = remove_of(ctx, g, r, SW_ORIGIN_OPERATOR, r->change, e);
	for (size_t o = 0; !rc && o < sizeof(more) / sizeof(more[0]); o++) {
		/* While the record is unreadable, the origin is unknown. */
		if (o && (!sw_store_is_volatile(ctx->store) || sw_store_is_copy(ctx->store)))
			break;
		rc = remove_of(ctx, g, r, more[o], other, e);
		for (size_t i = 0; i < n; i++)
			if (other[i] == SW_REMOVED)
				r->change[i] = SW_REMOVED;
	}
	free(other);
	return rc;
}

/* Prints the claims that still block it, if any. */
static void print_rest(struct sw_ctx *ctx, const struct sw_prefix *p, const json_t *holders)
{
	char by[SW_PREFIX_TEXT];
	struct sw_verdict v;
	const json_t *h;
	size_t i;

	json_array_foreach (holders, i, h)
		printf("%s %s", i ? "," : ", still held by", json_string_value(h));
	if (json_array_size(holders))
		printf(" (--all-origins removes all)");
	else if (ctx->loaded && sw_lookup(ctx, &p->addr, &v, NULL) == 0 && v.blocked &&
		 sw_prefix_cmp(&v.by, p) != 0)
		printf(", but %s covers it and is blocked", sw_prefix_text(&v.by, by));
}

static void print_one(struct sw_ctx *ctx, const struct sw_globals *g, const struct removal *r,
		      size_t i)
{
	json_t *holders = find_holders(ctx, &r->prefix[i]);
	char prefix[SW_PREFIX_TEXT];

	sw_prefix_text(&r->prefix[i], prefix);
	if (r->change[i] == SW_REMOVED)
		printf("%s %sunblocked", prefix, g->dry_run ? "would be " : "");
	else if (r->origin)
		printf("%s is not blocked by %s", prefix, r->origin);
	else
		printf("%s is not blocked%s", prefix,
		       json_array_size(holders) ? " by you or the kernel" : "");
	if (!g->dry_run)
		print_rest(ctx, &r->prefix[i], holders);
	putchar('\n');
	json_decref(holders);
}

static int print_json(struct sw_ctx *ctx, const struct sw_globals *g, const struct removal *r,
		      struct sw_err *e)
{
	json_t *all = json_array(), *one;

	for (size_t i = 0; i < r->items.count; i++) {
		one = sw_change_json(&r->prefix[i], r->change[i]);
		json_object_set_new(one, "claimed_by", find_holders(ctx, &r->prefix[i]));
		json_array_append_new(all, one);
	}
	return sw_print_json(g, ctx, all, e);
}

static int print_unblock(struct sw_ctx *ctx, const struct sw_globals *g, const struct removal *r,
			 struct sw_err *e)
{
	size_t n = r->items.count;

	if (g->json)
		return print_json(ctx, g, r, e);
	if (g->quiet)
		return 0;
	if (!sw_print_few(g, r->change, n, counts))
		return 0;
	for (size_t i = 0; i < n; i++)
		print_one(ctx, g, r, i);
	return 0;
}

static int unblock(struct sw_call *c, struct sw_err *e)
{
	struct removal *r = c->request;
	size_t n = r->items.count;
	int rc;

	sw_progress_begin(c->g, "unblocking", n);
	rc = remove_claims(c->ctx, c->g, r, e);
	sw_progress_end();
	if (rc || print_unblock(c->ctx, c->g, r, e))
		return -1;
	sw_audit_counts("unblock", r->prefix, n);
	return sw_change_exit(c->g, r->change, n);
}

static int read_removal(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct removal *r = c->request;

	r->origin = a->option[SW_UNBLOCK_ORIGIN];
	r->all = a->option[SW_UNBLOCK_ALL_ORIGINS];
	if (r->origin && r->all)
		return sw_fail(e, SW_EXIT_USAGE, "--origin %s conflicts with --all-origins",
			       r->origin);
	if (r->origin && sw_origin_check(r->origin, "--origin", e))
		return -1;
	if (!a->count && !a->option[SW_UNBLOCK_FILE])
		return sw_fail(e, SW_EXIT_USAGE,
			       "missing address (expected ADDR[/LEN] or --file FILE; to remove "
			       "every block: scanwall flush --all)");
	if (sw_items_read(&r->items, a, a->option[SW_UNBLOCK_FILE], "unblock", e))
		return -1;
	return sw_items_changes(&r->items, &r->prefix, &r->change, e);
}

static void release(void *request)
{
	struct removal *r = request;

	sw_items_free(&r->items);
	free(r->prefix);
	free(r->change);
}

const struct sw_verb_ops sw_unblock_ops = {
	.request = sizeof(struct removal),
	.read = read_removal,
	.run = unblock,
	.release = release,
};
