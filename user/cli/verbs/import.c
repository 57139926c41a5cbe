// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "cli/policy.h"

#define DEFAULT_TTL (86400 * INT64_C(1000000))
#define DEFAULT_ORIGIN "import"
#define REFUSALS_TOLD 5

static const char *const counts[] = {
	[SW_ADDED] = "blocked",
	[SW_PROLONGED] = "blocked for longer",
	[SW_UNCHANGED] = "blocked already",
};

struct import {
	const char *name, *format, *origin, *comment;
	int64_t ttl;
	struct sw_items items;
	long skipped;
	struct sw_claim *claim;
	enum sw_change *change;
	size_t count; /* claims that may be made */
	long refused;
	char *refusal[REFUSALS_TOLD];
};

static int read_options(struct import *m, const struct sw_args *a, struct sw_err *e)
{
	m->format = a->option[SW_IMPORT_FORMAT] ? a->option[SW_IMPORT_FORMAT] : "auto";
	m->origin = a->option[SW_IMPORT_ORIGIN] ? a->option[SW_IMPORT_ORIGIN] : DEFAULT_ORIGIN;
	m->comment = a->option[SW_IMPORT_COMMENT] ? a->option[SW_IMPORT_COMMENT] : "";
	m->name = sw_input_name(a->operand[0]);
	if (sw_origin_check(m->origin, "--origin", e) ||
	    sw_comment_check(m->comment, "--comment", e))
		return -1;
	return sw_ttl_option(a->option[SW_IMPORT_TTL], DEFAULT_TTL, &m->ttl, e);
}

static int read_list(struct import *m, const char *file, struct sw_err *e)
{
	struct sw_faults f = {0};
	FILE *in = sw_input_open(file, e);
	int rc;

	if (!in)
		return -1;
	rc = sw_list_read(in, m->name, &m->format, &m->items, &m->skipped, &f, e);
	sw_input_close(in);
	if (rc) {
		sw_faults_free(&f);
		return -1;
	}
	if (sw_faults_end(&f, "import", SW_EXIT_USAGE, e))
		return -1;
	if (m->items.count == 0 && m->skipped)
		return sw_fail(e, SW_EXIT_USAGE, "%s: none of its %s entries blocks an address",
			       m->name, sw_cli_count(m->skipped));
	if (m->items.count == 0)
		return sw_fail(e, SW_EXIT_USAGE, "%s: no address in it", m->name);
	m->claim = calloc(m->items.count, sizeof(*m->claim));
	m->change = calloc(m->items.count, sizeof(*m->change));
	if (!m->claim || !m->change)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu addresses",
			       m->items.count);
	return 0;
}

/* Only what the guards let pass stays; the rest is counted, the first are told. */
static int sift(struct sw_ctx *ctx, const struct sw_globals *g, struct import *m, struct sw_err *e)
{
	struct sw_items *l = &m->items;
	size_t kept = 0;
	struct sw_err no;

	for (size_t i = 0; i < l->count; i++) {
		if (g->force || !sw_block_check(ctx, &l->item[i].prefix, &no)) {
			struct sw_item it = l->item[kept];

			l->item[kept++] = l->item[i];
			l->item[i] = it;
			continue;
		}
		if (no.exit != SW_EXIT_GUARD)
			return sw_fail(e, no.exit, "%s", no.text);
		if (m->refused < REFUSALS_TOLD)
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
		snprintf(c->origin, sizeof(c->origin), "%s", m->origin);
		snprintf(c->comment, sizeof(c->comment), "%s",
			 it->comment ? it->comment : m->comment);
	}
	return 0;
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
	return 0;
}

static int print_json(const struct sw_globals *g, const struct sw_ctx *ctx, const struct import *m,
		      struct sw_err *e)
{
	json_t *root = sw_cli_json(), *first = json_array();
	long n[SW_WAS_ABSENT + 1];

	sw_count_changes(m->change, m->count, n);
	for (int i = 0; i < m->refused && i < REFUSALS_TOLD; i++)
		json_array_append_new(first, sw_cli_text(m->refusal[i] ? m->refusal[i] : ""));
	json_object_set_new(root, "import",
			    json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "file",
				      sw_cli_text(m->name), "format", m->format, "origin",
				      m->origin, "added", (json_int_t)n[SW_ADDED], "prolonged",
				      (json_int_t)n[SW_PROLONGED], "unchanged",
				      (json_int_t)n[SW_UNCHANGED], "refused",
				      (json_int_t)m->refused, "skipped", (json_int_t)m->skipped,
				      "first_refusals", first));
	json_object_set_new(root, "enforced", json_boolean(!*sw_not_enforced(ctx)));
	json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
	return sw_cli_print(g, root, e);
}

static int print_result(const struct sw_globals *g, const struct sw_ctx *ctx,
			const struct import *m, struct sw_err *e)
{
	if (g->json)
		return print_json(g, ctx, m, e);
	if (g->quiet)
		return 0;
	printf("%s (%s)%s: ", m->name, m->format, g->dry_run ? ", dry run" : "");
	sw_print_counts(m->change, m->count, counts, sw_not_enforced(ctx));
	if (m->skipped)
		printf("%s skipped: run out, simulated, no ban, or no address\n",
		       sw_cli_count(m->skipped));
	if (m->refused)
		printf("%s refused%s\n", sw_cli_count(m->refused),
		       m->refused > REFUSALS_TOLD ? ", first of all:" : ":");
	for (int i = 0; i < m->refused && i < REFUSALS_TOLD; i++)
		printf("  %s\n", m->refusal[i] ? m->refusal[i] : "");
	return 0;
}

static int import(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_args *a,
		  struct import *m, struct sw_err *e)
{
	const char *confirm = a->option[SW_IMPORT_CONFIRM];
	int rc;

	sw_progress_begin(g, "importing", m->items.count);
	rc = take(ctx, g, m, e);
	if (rc == 0)
		rc = sw_trial_option(ctx, g, confirm, e);
	if (rc == 0)
		rc = g->dry_run ? foresee(ctx, m, e)
				: sw_block(ctx, m->claim, m->count, m->change, e);
	sw_progress_end();
	if (rc || print_result(g, ctx, m, e))
		return -1;
	sw_trial_print(g, confirm);
	rc = sw_change_exit(g, m->change, m->count);
	if (g->dry_run)
		return rc;
	sw_audit_say("import %s: %zu entries under %s, %ld refused", m->name, m->count, m->origin,
		     m->refused);
	return sw_audit_write(ctx->store, g, rc, e) ? -1 : rc;
}

static void import_free(struct import *m)
{
	sw_items_free(&m->items);
	free(m->claim);
	free(m->change);
	for (int i = 0; i < REFUSALS_TOLD; i++)
		free(m->refusal[i]);
}

SW_VERB(import)
{
	struct import m = {0};
	struct sw_ctx ctx;
	int rc = -1;

	if (read_options(&m, a, e) || read_list(&m, a->operand[0], e))
		goto out;
	if (g->dry_run ? sw_cli_open(&ctx, g, e) : sw_cli_open_locked(&ctx, g, e))
		goto out;
	rc = import(&ctx, g, a, &m, e);
	sw_ctx_close(&ctx);
out:
	import_free(&m);
	return rc;
}
