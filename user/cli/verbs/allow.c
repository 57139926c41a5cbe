// SPDX-License-Identifier: GPL-2.0-only
/* allow and unallow. */
#include <stdlib.h>
#include <string.h>
#include "cli/policy.h"

static const char *const counts[] = {
	[SW_ADDED] = "allowed",
	[SW_PROLONGED] = "allowed for longer",
	[SW_UNCHANGED] = "allowed already",
	[SW_REMOVED] = "taken off the allowlist",
	[SW_WAS_ABSENT] = "not on the allowlist",
};

struct request {
	struct sw_items items;
	struct sw_allow_entry *entry;
	struct sw_prefix *prefix;
	enum sw_change *change;
	bool adds;
};

struct search {
	const struct sw_prefix *prefix;
	struct sw_allow_entry entry;
	bool found;
};

static int match(const struct sw_allow_entry *a, void *arg)
{
	struct search *s = arg;

	if (sw_prefix_cmp(&a->prefix, s->prefix) != 0)
		return 0;
	s->entry = *a;
	s->found = true;
	return 1;
}

static int find(struct sw_ctx *ctx, const struct sw_prefix *p, struct search *s, struct sw_err *e)
{
	*s = (struct search){.prefix = p};
	return sw_store_allows(ctx->store, match, s, e) < 0 ? -1 : 0;
}

/* --dry-run: what the change would answer. */
static int foresee(struct sw_ctx *ctx, struct request *r, struct sw_err *e)
{
	struct search s;

	for (size_t i = 0; i < r->items.count; i++) {
		if (find(ctx, &r->prefix[i], &s, e))
			return -1;
		if (s.entry.expires <= sw_now())
			s.found = false;
		if (!r->adds)
			r->change[i] = s.found ? SW_REMOVED : SW_WAS_ABSENT;
		else if (!s.found)
			r->change[i] = SW_ADDED;
		else
			r->change[i] = s.entry.expires >= r->entry[i].expires ? SW_UNCHANGED
									      : SW_PROLONGED;
	}
	return 0;
}

static int change(struct sw_ctx *ctx, const struct sw_globals *g, struct request *r,
		  struct sw_err *e)
{
	size_t n = r->items.count;

	if (g->dry_run)
		return foresee(ctx, r, e);
	return r->adds ? sw_allow_add(ctx, r->entry, n, r->change, e)
		       : sw_allow_remove(ctx, r->prefix, n, r->change, e);
}

static void print_added(struct sw_ctx *ctx, const struct sw_globals *g,
			const struct sw_allow_entry *a, enum sw_change c)
{
	char prefix[SW_PREFIX_TEXT], span[SW_DURATION_TEXT], until[SW_EXPIRY_TEXT];
	const char *would = g->dry_run ? "would be " : "";
	int64_t expires = a->expires;
	struct search s;

	sw_prefix_text(&a->prefix, prefix);
	if (c == SW_UNCHANGED) {
		if (find(ctx, &a->prefix, &s, NULL) == 0 && s.found)
			expires = s.entry.expires;
		printf("%s is allowed already, %s\n", prefix, sw_expiry_text(g, expires, until));
	} else if (expires == SW_FOREVER) {
		printf("%s %s%s permanently\n", prefix, would, counts[c]);
	} else {
		printf("%s %s%s for %s\n", prefix, would, counts[c],
		       sw_duration_text(expires - a->since, span));
	}
}

static void print_removed(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_prefix *p,
			  enum sw_change c)
{
	char prefix[SW_PREFIX_TEXT], by[SW_PREFIX_TEXT];
	struct sw_verdict v;

	sw_prefix_text(p, prefix);
	if (c == SW_REMOVED)
		printf("%s %s%s", prefix, g->dry_run ? "would be " : "", counts[c]);
	else
		printf("%s is %s", prefix, counts[c]);
	if (!g->dry_run && ctx->loaded && sw_lookup(ctx, &p->addr, &v, NULL) == 0 && v.allowed)
		printf(", still allowed: %s (%s)", sw_prefix_text(&v.allowed_by, by),
		       v.allow_kind == SW_ALLOW_GUARD ? "guarded" : "allowlist or configuration");
	putchar('\n');
}

static int print_json(struct sw_ctx *ctx, const struct sw_globals *g, const struct request *r,
		      struct sw_err *e)
{
	json_t *all = json_array(), *one, *root = sw_cli_json();
	struct search s;

	for (size_t i = 0; i < r->items.count; i++) {
		one = sw_change_json(&r->prefix[i], r->change[i]);
		if (r->adds) {
			int64_t expires = r->entry[i].expires;

			if (r->change[i] == SW_UNCHANGED &&
			    find(ctx, &r->prefix[i], &s, NULL) == 0 && s.found)
				expires = s.entry.expires;
			json_object_set_new(one, "expires", sw_cli_time(expires));
		}
		json_array_append_new(all, one);
	}
	json_object_set_new(root, "changes", all);
	json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
	return sw_cli_print(g, root, e);
}

static int print_result(struct sw_ctx *ctx, const struct sw_globals *g, const struct request *r,
			struct sw_err *e)
{
	size_t n = r->items.count;

	if (g->json)
		return print_json(ctx, g, r, e);
	if (g->quiet)
		return 0;
	if (!sw_print_few(g, r->change, n, counts))
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (r->adds)
			print_added(ctx, g, &r->entry[i], r->change[i]);
		else
			print_removed(ctx, g, &r->prefix[i], r->change[i]);
	}
	return 0;
}

static int apply(const struct sw_globals *g, struct request *r, struct sw_err *e)
{
	size_t n = r->items.count;
	struct sw_ctx ctx;
	int rc;

	if (g->dry_run ? sw_cli_open(&ctx, g, e) : sw_cli_open_locked(&ctx, g, e))
		return -1;
	sw_progress_begin(g, r->adds ? "allowing" : "removing", n);
	rc = change(&ctx, g, r, e);
	sw_progress_end();
	if (rc == 0)
		rc = print_result(&ctx, g, r, e);
	if (rc == 0)
		rc = sw_change_exit(g, r->change, n);
	if (rc >= 0 && !g->dry_run) {
		sw_audit_counts(r->adds ? "allow" : "unallow", r->prefix, n);
		if (sw_audit_write(ctx.store, g, rc, e))
			rc = -1;
	}
	sw_ctx_close(&ctx);
	return rc;
}

static int read_request(struct request *r, const struct sw_args *a, const char *file,
			const char *verb, struct sw_err *e)
{
	if (sw_items_read(&r->items, a, file, verb, e) ||
	    sw_items_changes(&r->items, &r->prefix, &r->change, e))
		return -1;
	r->entry = calloc(r->items.count + 1, sizeof(*r->entry));
	return r->entry ? 0 : sw_fail(e, SW_EXIT_FAILED, "out of memory");
}

static void free_request(struct request *r)
{
	sw_items_free(&r->items);
	free(r->entry);
	free(r->prefix);
	free(r->change);
}

static int fill_entries(struct request *r, const struct sw_args *a, struct sw_err *e)
{
	const char *comment = a->option[SW_ALLOW_COMMENT] ? a->option[SW_ALLOW_COMMENT] : "";
	int64_t now = sw_now(), ttl;

	if (sw_comment_check(comment, "--comment", e) ||
	    sw_ttl_option(a->option[SW_ALLOW_TTL], SW_FOREVER, &ttl, e))
		return -1;
	for (size_t i = 0; i < r->items.count; i++) {
		const struct sw_item *it = &r->items.item[i];
		struct sw_allow_entry *to = &r->entry[i];

		to->prefix = it->prefix;
		to->since = now;
		to->expires = sw_expiry(now, it->ttl ? it->ttl : ttl);
		snprintf(to->comment, sizeof(to->comment), "%s",
			 it->comment ? it->comment : comment);
	}
	return 0;
}

SW_VERB(allow)
{
	struct request r = {.adds = true};
	int rc = read_request(&r, a, a->option[SW_ALLOW_FILE], "allow", e);

	if (rc == 0)
		rc = fill_entries(&r, a, e);
	if (rc == 0)
		rc = apply(g, &r, e);
	free_request(&r);
	return rc;
}

SW_VERB(unallow)
{
	struct request r = {.adds = false};
	int rc = read_request(&r, a, a->option[SW_UNALLOW_FILE], "unallow", e);

	if (rc == 0)
		rc = apply(g, &r, e);
	free_request(&r);
	return rc;
}
