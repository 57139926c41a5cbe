// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall allow` and `unallow`: adds and removes allow entries. */
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
	bool names; /* name:... instead of addresses */
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

/* --dry-run: predicts the result of each change. */
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
		else if (!s.found || (r->entry[i].trusted && !s.entry.trusted))
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
	const char *would = g->dry_run ? "would be " : "", *trusted = a->trusted ? ", trusted" : "";
	int64_t expires = a->expires;
	struct search s;

	sw_prefix_text(&a->prefix, prefix);
	if (c == SW_UNCHANGED) {
		if (find(ctx, &a->prefix, &s, NULL) == 0 && s.found)
			expires = s.entry.expires;
		printf("%s is allowed already, %s\n", prefix, sw_expiry_text(g, expires, until));
	} else if (expires == SW_FOREVER) {
		printf("%s %s%s permanently%s\n", prefix, would, counts[c], trusted);
	} else {
		printf("%s %s%s for %s%s\n", prefix, would, counts[c],
		       sw_duration_text(expires - a->since, span), trusted);
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
			json_object_set_new(one, "trusted", json_boolean(r->entry[i].trusted));
		}
		json_array_append_new(all, one);
	}
	json_object_set_new(root, "prefixes", all);
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

static int apply(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;
	size_t n = r->items.count;
	int rc;

	if (r->names)
		return sw_names_change(c, r->adds, e);
	sw_progress_begin(c->g, r->adds ? "allowing" : "removing", n);
	rc = change(c->ctx, c->g, r, e);
	sw_progress_end();
	if (rc || print_result(c->ctx, c->g, r, e))
		return -1;
	sw_audit_counts(r->adds ? "allow" : "unallow", r->prefix, n);
	return sw_change_exit(c->g, r->change, n);
}

static int read_items(struct request *r, const struct sw_args *a, const char *file,
		      const char *verb, struct sw_err *e)
{
	return sw_items_read(&r->items, a, file, verb, e) ||
			       sw_items_changes(&r->items, &r->prefix, &r->change, e)
		       ? -1
		       : 0;
}

static void release(void *request)
{
	struct request *r = request;

	sw_items_free(&r->items);
	free(r->entry);
	free(r->prefix);
	free(r->change);
}

static int fill_entries(struct request *r, const struct sw_args *a, struct sw_err *e)
{
	const char *comment = a->option[SW_ALLOW_COMMENT] ? a->option[SW_ALLOW_COMMENT] : "";
	int64_t now = sw_now(), ttl;

	r->entry = calloc(r->items.count + 1, sizeof(*r->entry));
	if (!r->entry)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (sw_comment_check(comment, "--comment", e) ||
	    sw_span_option(a->option[SW_ALLOW_TTL], "--ttl", SW_FOREVER, &ttl, e))
		return -1;
	for (size_t i = 0; i < r->items.count; i++) {
		const struct sw_item *it = &r->items.item[i];
		struct sw_allow_entry *to = &r->entry[i];

		to->prefix = it->prefix;
		to->since = now;
		to->trusted = a->option[SW_ALLOW_TRUST];
		to->expires = sw_expiry(now, it->ttl ? it->ttl : ttl);
		snprintf(to->comment, sizeof(to->comment), "%s",
			 it->comment ? it->comment : comment);
	}
	return 0;
}

static int read_allow(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;
	int names = sw_names_asked(c->a, "allow", e);

	r->adds = true;
	r->names = names > 0;
	if (names)
		return names < 0 ? -1 : 0;
	return read_items(r, c->a, c->a->option[SW_ALLOW_FILE], "allow", e) ||
			       fill_entries(r, c->a, e)
		       ? -1
		       : 0;
}

static int read_unallow(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;
	int names = sw_names_asked(c->a, "unallow", e);

	r->names = names > 0;
	if (names)
		return names < 0 ? -1 : 0;
	return read_items(r, c->a, c->a->option[SW_UNALLOW_FILE], "unallow", e);
}

const struct sw_verb_ops sw_allow_ops = {
	.request = sizeof(struct request),
	.read = read_allow,
	.run = apply,
	.release = release,
};

const struct sw_verb_ops sw_unallow_ops = {
	.request = sizeof(struct request),
	.read = read_unallow,
	.run = apply,
	.release = release,
};
