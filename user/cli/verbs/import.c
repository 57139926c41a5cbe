// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall import`: blocks the addresses of a list. */
#include <stdlib.h>
#include <string.h>
#include "cli/policy.h"
#include "lists/lists.h"

#define DEFAULT_TTL (86400 * INT64_C(1000000))
#define DEFAULT_ORIGIN "import"
#define REFUSALS_SHOWN 5

static const char *const counts[] = {
	[SW_ADDED] = "blocked",
	[SW_PROLONGED] = "extended",
	[SW_UNCHANGED] = "blocked already",
};

#define SKIPPED "expired, let through, of one port only, simulated or no address"

struct import {
	const char *name, *format, *origin, *comment;
	int64_t ttl;
	long width4, width6; /* shortest prefix lengths accepted; 0: those of guard.min_prefix* */
	bool replace;
	struct sw_list list;
	struct sw_items items;
	struct sw_claim *claim;
	enum sw_change *change;
	size_t count; /* claims that may be made */
	int64_t removed;
	long refused;
	char *refusal[REFUSALS_SHOWN];
};

/* "13", "/13", "13,24": shortest prefix of IPv4, and optionally of IPv6. */
static int read_width(struct import *m, const char *text, struct sw_err *e)
{
	const char *comma = text ? strchr(text, ',') : NULL;
	char four[16];

	if (!text)
		return 0;
	snprintf(four, sizeof(four), "%.*s", (int)strcspn(text, ","), text + (*text == '/'));
	four[strcspn(four, ",")] = '\0';
	if (sw_cli_number(four, "--max-width", 1, 32, &m->width4, e))
		return -1;
	if (!comma)
		return 0;
	comma++;
	return sw_cli_number(comma + (*comma == '/'), "--max-width", 1, 128, &m->width6, e);
}

static int read_options(struct import *m, const struct sw_args *a, struct sw_err *e)
{
	m->origin = a->option[SW_IMPORT_ORIGIN] ? a->option[SW_IMPORT_ORIGIN] : DEFAULT_ORIGIN;
	m->comment = a->option[SW_IMPORT_COMMENT] ? a->option[SW_IMPORT_COMMENT] : "";
	m->name = sw_input_name(a->operand[0]);
	m->replace = a->option[SW_IMPORT_REPLACE];
	m->format = a->option[SW_IMPORT_FORMAT] ? a->option[SW_IMPORT_FORMAT] : "auto";
	if (!sw_list_has_format(m->format))
		return sw_fail(e, SW_EXIT_USAGE,
			       "--format: invalid value \"%s\" (expected one of %s)", m->format,
			       sw_list_formats());
	if (sw_origin_check(m->origin, "--origin", e) ||
	    sw_comment_check(m->comment, "--comment", e) ||
	    read_width(m, a->option[SW_IMPORT_MAX_WIDTH], e))
		return -1;
	return sw_span_option(a->option[SW_IMPORT_TTL], "--ttl", DEFAULT_TTL, &m->ttl, e);
}

struct taker {
	struct import *m;
	struct sw_err *e;
};

static int take_entry(const struct sw_list_entry *entry, void *arg)
{
	struct taker *t = arg;
	struct sw_items *l = &t->m->items;

	if (sw_items_add(l, &entry->prefix, entry->ttl, entry->comment, t->e))
		return -1;
	l->item[l->count - 1].number = entry->line;
	return 0;
}

/* Rejects a file that is not a list: any invalid line with --strict, else more than 10 %. */
static int refuse_odd(const struct import *m, bool strict, struct sw_err *e)
{
	const struct sw_list *l = &m->list;

	if (!l->odd || (!strict && l->odd * 10 <= l->lines))
		return 0;
	if (l->odd == 1)
		return sw_fail(e, SW_EXIT_USAGE, "%s; nothing was changed", l->odd_text[0]);
	for (int i = 0; i < l->odd && i < SW_LIST_ODD_SHOWN; i++)
		fprintf(stderr, "scanwall import: %s\n", l->odd_text[i] ? l->odd_text[i] : "?");
	return sw_fail(e, SW_EXIT_USAGE,
		       "%s (%s): %s of %s lines are invalid%s%s; nothing was changed", m->name,
		       l->format, sw_cli_count(l->odd), sw_cli_count(l->lines),
		       strict ? "" : ": not a list",
		       l->odd > SW_LIST_ODD_SHOWN ? " (the first 20 are shown above)" : "");
}

static int item_cmp(const struct sw_item *a, const struct sw_item *b)
{
	return sw_prefix_cmp(&a->prefix, &b->prefix);
}

/* Of duplicate prefixes, keeps the one that expires last. */
static void merge_doubles(struct sw_items *l)
{
	size_t kept = 0;

	sw_items_sort(l);
	for (size_t i = 1; i < l->count; i++) {
		struct sw_item *last = &l->item[kept], *one = &l->item[i];

		if (item_cmp(last, one)) {
			l->item[++kept] = *one;
			continue;
		}
		if (last->ttl && (!one->ttl || one->ttl > last->ttl))
			last->ttl = one->ttl;
		free(one->comment);
	}
	l->count = l->count ? kept + 1 : 0;
}

static int read_list(struct import *m, const struct sw_globals *g, const struct sw_args *a,
		     struct sw_err *e)
{
	struct taker t = {m, e};
	size_t size;
	char *text = sw_input_read(a->operand[0], &size, e);
	int rc;

	if (!text)
		return -1;
	rc = sw_list_read(text, size, m->name, m->format, &m->list, take_entry, &t, e);
	free(text);
	if (rc || refuse_odd(m, g->strict, e))
		return -1;
	if (m->items.count == 0 && m->list.skipped)
		return sw_fail(e, SW_EXIT_USAGE, "%s: blocks no address: %s skipped: " SKIPPED,
			       m->name, sw_cli_count(m->list.skipped));
	if (m->items.count == 0)
		return sw_fail(e, SW_EXIT_USAGE, "%s: contains no address", m->name);
	merge_doubles(&m->items);
	m->claim = calloc(m->items.count + 1, sizeof(*m->claim));
	m->change = calloc(m->items.count + 1, sizeof(*m->change));
	if (!m->claim || !m->change)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu addresses",
			       m->items.count);
	return 0;
}

/* Drops what the guards refuse, counting them and listing the first. */
static int sift(struct sw_ctx *ctx, const struct sw_globals *g, struct import *m, struct sw_err *e)
{
	struct sw_items *l = &m->items;
	size_t kept = 0;
	struct sw_err no;

	/* For this list only: changes our copy of the configuration. */
	if (m->width4)
		ctx->config.min_prefix4 = m->width4;
	if (m->width6)
		ctx->config.min_prefix6 = m->width6;
	for (size_t i = 0; i < l->count; i++) {
		if (g->force || !sw_block_check(ctx, &l->item[i].prefix, &no)) {
			struct sw_item it = l->item[kept];

			l->item[kept++] = l->item[i];
			l->item[i] = it;
			continue;
		}
		if (no.exit != SW_EXIT_GUARD)
			return sw_fail(e, no.exit, "%s", no.text);
		if (m->refused < REFUSALS_SHOWN)
			m->refusal[m->refused] = strdup(no.text);
		m->refused++;
	}
	m->count = kept;
	if (kept)
		return 0;
	return sw_fail(e, SW_EXIT_GUARD, "%s: all %s entries are refused; the first: %s", m->name,
		       sw_cli_count(m->refused), m->refusal[0]);
}

static int take(struct sw_ctx *ctx, const struct sw_globals *g, struct import *m, struct sw_err *e)
{
	struct sw_items kept = m->items;
	int64_t now = sw_now();
	const char *comment;

	if (sift(ctx, g, m, e))
		return -1;
	kept.count = m->count;
	sw_items_sort(&kept);
	for (size_t i = 0; i < m->count; i++) {
		const struct sw_item *it = &m->items.item[i];
		struct sw_claim *c = &m->claim[i];

		c->prefix = it->prefix;
		c->since = now;
		c->expires = sw_expiry(now, it->ttl ? it->ttl : m->ttl);
		strcpy(c->origin, m->origin); /* sw_origin_check */
		comment = it->comment ? it->comment : m->comment;
		memcpy(c->comment, comment, strnlen(comment, sizeof(c->comment) - 1));
	}
	return 0;
}

/* ---- a list that differs too much from the one it replaces */

struct before {
	const char *origin;
	int64_t claims;
};

static int note_origin(const char *origin, int64_t claims, void *arg)
{
	struct before *b = arg;

	if (!strcmp(origin, b->origin))
		b->claims = claims;
	return 0;
}

/* A replacement must resemble the old list: it may be half a download, an error page, or a
 * file that was generated twice. */
static int refuse_odd_size(const struct sw_ctx *ctx, const struct sw_globals *g,
			   const struct import *m, struct sw_err *e)
{
	struct before before = {.origin = m->origin};
	int64_t now = (int64_t)m->count;

	if (!m->replace || g->yes || g->force)
		return 0;
	if (sw_store_origins(ctx->store, sw_now(), note_origin, &before, e))
		return -1;
	if (!before.claims || (2 * now >= before.claims && now <= 10 * before.claims))
		return 0;
	return sw_fail(e, SW_EXIT_GUARD,
		       "%s has %s entries, %s %s that %s has now: %s; nothing was changed, and if "
		       "it is right, add --yes",
		       m->name, sw_cli_count(now), now < before.claims ? "of" : "after",
		       sw_cli_count(before.claims), m->origin,
		       now < before.claims ? "less than half" : "more than ten times as many");
}

static int foresee(struct sw_ctx *ctx, struct import *m, struct sw_err *e)
{
	struct sw_claim old;
	int found;

	for (size_t i = 0; i < m->count; i++) {
		found = sw_store_claim_get(ctx->store, &m->claim[i].prefix, m->origin, &old, e);
		if (found < 0)
			return -1;
		if (!found || old.expires <= m->claim[i].since)
			m->change[i] = SW_ADDED;
		else
			m->change[i] =
				old.expires >= m->claim[i].expires ? SW_UNCHANGED : SW_PROLONGED;
	}
	if (m->replace)
		m->removed = sw_block_list_leavers(ctx, m->claim, m->count, m->origin, e);
	return m->removed < 0 ? -1 : 0;
}

/* Adds what became of the lines and, in a dry run, the prefix of each. */
static void add_lines(json_t *import, const struct sw_globals *g, const struct import *m)
{
	json_t *odd = json_array(), *entries = g->dry_run ? json_array() : NULL;
	char prefix[SW_PREFIX_TEXT];

	for (int i = 0; i < m->list.odd && i < SW_LIST_ODD_SHOWN; i++)
		json_array_append_new(odd, sw_cli_text(m->list.odd_text[i] ?: ""));
	json_object_set_new(import, "lines", json_integer(m->list.lines));
	json_object_set_new(import, "invalid", json_integer(m->list.odd));
	json_object_set_new(import, "first_invalid", odd);
	json_object_set_new(import, "masked", json_integer(m->list.masked));
	json_object_set_new(import, "removed", json_integer(m->removed));
	for (size_t i = 0; entries && i < m->items.count; i++)
		json_array_append_new(entries,
				      json_pack("{s:I, s:s}", "line",
						(json_int_t)m->items.item[i].number, "prefix",
						sw_cli_prefix(&m->items.item[i].prefix, prefix)));
	if (entries)
		json_object_set_new(import, "entries", entries);
}

static int print_json(const struct sw_globals *g, const struct sw_ctx *ctx, const struct import *m,
		      struct sw_err *e)
{
	json_t *root = sw_cli_json(), *first = json_array();
	long n[SW_WAS_ABSENT + 1];

	sw_count_changes(m->change, m->count, n);
	for (int i = 0; i < m->refused && i < REFUSALS_SHOWN; i++)
		json_array_append_new(first, sw_cli_text(m->refusal[i] ? m->refusal[i] : ""));
	json_object_set_new(root, "import",
			    json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "file",
				      sw_cli_text(m->name), "format", m->list.format, "origin",
				      m->origin, "added", (json_int_t)n[SW_ADDED], "prolonged",
				      (json_int_t)n[SW_PROLONGED], "unchanged",
				      (json_int_t)n[SW_UNCHANGED], "refused",
				      (json_int_t)m->refused, "skipped",
				      (json_int_t)m->list.skipped, "first_refusals", first));
	add_lines(json_object_get(root, "import"), g, m);
	json_object_set_new(root, "enforced", json_boolean(!*sw_not_enforced(ctx)));
	return sw_cli_print(g, root, e);
}

static void print_lines(const struct sw_globals *g, const struct import *m)
{
	const struct sw_list *l = &m->list;
	char prefix[SW_PREFIX_TEXT];

	if (m->removed)
		printf("%s %sremoved: no longer in the list\n", sw_cli_count(m->removed),
		       g->dry_run ? "would be " : "");
	if (l->masked)
		printf("%s with host bits set: taken as the network\n", sw_cli_count(l->masked));
	for (size_t i = 0; g->dry_run && i < m->items.count && i < SW_LISTED_MAX; i++)
		printf("  line %u: %s\n", m->items.item[i].number,
		       sw_prefix_text(&m->items.item[i].prefix, prefix));
	if (l->odd)
		printf("%s invalid line%s skipped%s\n", sw_cli_count(l->odd),
		       l->odd == 1 ? "" : "s",
		       l->odd > SW_LIST_ODD_SHOWN ? ", the first ones:" : ":");
	for (int i = 0; i < l->odd && i < SW_LIST_ODD_SHOWN; i++)
		printf("  %s\n", l->odd_text[i] ?: "?");
}

static int print_result(const struct sw_globals *g, const struct sw_ctx *ctx,
			const struct import *m, struct sw_err *e)
{
	if (g->json)
		return print_json(g, ctx, m, e);
	if (g->quiet)
		return 0;
	printf("%s (%s)%s: ", m->name, m->list.format, g->dry_run ? ", dry run" : "");
	sw_print_counts(m->change, m->count, counts, sw_not_enforced(ctx));
	if (m->list.skipped)
		printf("%s skipped: " SKIPPED "\n", sw_cli_count(m->list.skipped));
	print_lines(g, m);
	if (m->refused)
		printf("%s skipped: refused by a guard%s\n", sw_cli_count(m->refused),
		       m->refused > REFUSALS_SHOWN ? ", the first ones:" : ":");
	for (int i = 0; i < m->refused && i < REFUSALS_SHOWN; i++)
		printf("  %s\n", m->refusal[i] ? m->refusal[i] : "");
	return 0;
}

static int block(struct sw_ctx *ctx, struct import *m, bool on_trial, struct sw_err *e)
{
	int rc = sw_block_list(ctx, m->claim, m->count, m->replace ? m->origin : NULL, m->change,
			       &m->removed, e);

	if (rc && on_trial)
		sw_trial_undo(ctx);
	return rc;
}

static int import(struct sw_call *c, struct sw_err *e)
{
	const char *confirm = c->a->option[SW_IMPORT_CONFIRM];
	const struct sw_globals *g = c->g;
	struct import *m = c->request;
	struct sw_ctx *ctx = c->ctx;
	int rc;

	sw_progress_begin(g, "importing", m->items.count);
	rc = take(ctx, g, m, e);
	if (rc == 0 && !g->dry_run)
		rc = refuse_odd_size(ctx, g, m, e);
	if (rc == 0)
		rc = sw_trial_option(ctx, g, confirm, e);
	if (rc == 0)
		rc = g->dry_run ? foresee(ctx, m, e) : block(ctx, m, confirm, e);
	sw_progress_end();
	if (rc || print_result(g, ctx, m, e))
		return -1;
	/* A dry run prints what would change before it reports the refusal. */
	if (g->dry_run && refuse_odd_size(ctx, g, m, e))
		return -1;
	sw_trial_print(g, confirm);
	rc = sw_change_exit(g, m->change, m->count);
	if (m->refused) /* done, but not all that was asked for */
		rc = SW_EXIT_GUARD;
	sw_audit_say("import %s: %zu entries under %s, %ld refused, %ld odd", m->name, m->count,
		     m->origin, m->refused, m->list.odd);
	return rc;
}

static void import_free(void *request)
{
	struct import *m = request;

	sw_items_free(&m->items);
	sw_list_free(&m->list);
	free(m->claim);
	free(m->change);
	for (int i = 0; i < REFUSALS_SHOWN; i++)
		free(m->refusal[i]);
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	struct import *m = c->request;

	return read_options(m, c->a, e) || read_list(m, c->g, c->a, e) ? -1 : 0;
}

const struct sw_verb_ops sw_import_ops = {
	.request = sizeof(struct import),
	.read = read_request,
	.run = import,
	.release = import_free,
};
