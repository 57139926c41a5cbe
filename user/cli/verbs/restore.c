// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "cli/policy.h"

struct state {
	struct sw_claim *claim;
	long *line; /* where each claim stood */
	size_t claims, claim_room;
	struct sw_allow_entry *allow;
	size_t allows, allow_room;
};

static void state_free(struct state *s)
{
	free(s->claim);
	free(s->line);
	free(s->allow);
}

static int add_claim(struct state *s, const struct sw_claim *c, long number)
{
	void *claim, *line;

	if (s->claims == s->claim_room) {
		s->claim_room = s->claim_room ? 2 * s->claim_room : 64;
		claim = realloc(s->claim, s->claim_room * sizeof(*s->claim));
		if (claim)
			s->claim = claim;
		line = realloc(s->line, s->claim_room * sizeof(*s->line));
		if (line)
			s->line = line;
		if (!claim || !line)
			return -1;
	}
	s->line[s->claims] = number;
	s->claim[s->claims++] = *c;
	return 0;
}

static int add_allow(struct state *s, const struct sw_allow_entry *a)
{
	void *grown;

	if (s->allows == s->allow_room) {
		s->allow_room = s->allow_room ? 2 * s->allow_room : 64;
		grown = realloc(s->allow, s->allow_room * sizeof(*s->allow));
		if (!grown)
			return -1;
		s->allow = grown;
	}
	s->allow[s->allows++] = *a;
	return 0;
}

static int read_line(struct state *s, char *text, const char *name, long number, int64_t now,
		     struct sw_faults *f, struct sw_err *e)
{
	struct sw_dump_line line;
	struct sw_err bad;
	int column = 1, rc = 0;

	if (sw_dump_parse(text, now, &line, &column, &bad)) {
		sw_fault(f, "%s:%ld:%d: %s", name, number, column, bad.text);
		return 0;
	}
	if (line.kind == SW_LINE_BLOCK)
		rc = add_claim(s, &line.claim, number);
	else if (line.kind == SW_LINE_ALLOW)
		rc = add_allow(s, &line.allow);
	return rc ? sw_fail(e, SW_EXIT_FAILED, "%s: out of memory", name) : 0;
}

static int read_state(struct state *s, const char *file, struct sw_err *e)
{
	const char *name = sw_input_name(file);
	FILE *in = sw_input_open(file, e);
	struct sw_faults f = {0};
	int64_t now = sw_now();
	char *line = NULL;
	size_t room = 0;
	int rc;

	if (!in)
		return -1;
	for (long number = 1;; number++) {
		rc = sw_input_line(in, name, number, &line, &room, &f, e);
		if (rc > 0)
			rc = read_line(s, line, name, number, now, &f, e) ? -1 : 1;
		if (rc <= 0)
			break;
	}
	free(line);
	sw_input_close(in);
	if (rc == 0)
		return sw_faults_end(&f, "restore", SW_EXIT_USAGE, e);
	sw_faults_free(&f);
	return -1;
}

/* A claim that stands already brings nothing new in, so that what `save`
 * wrote always comes back, also where an allow was said over a block. */
static int guard(struct sw_ctx *ctx, const struct sw_globals *g, const struct state *s,
		 const char *name, struct sw_err *e)
{
	struct sw_faults f = {0};
	struct sw_err refusal = {0};
	struct sw_claim old;

	for (size_t i = 0; !g->force && i < s->claims; i++) {
		if (sw_block_check(ctx, &s->claim[i].prefix, &refusal) == 0)
			continue;
		if (refusal.exit != SW_EXIT_GUARD) {
			sw_faults_free(&f);
			return sw_fail(e, refusal.exit, "%s", refusal.text);
		}
		if (sw_store_claim_get(ctx->store, &s->claim[i].prefix, s->claim[i].origin, &old,
				       NULL) != 1)
			sw_fault(&f, "%s:%ld: %s", name, s->line[i], refusal.text);
	}
	return sw_faults_end(&f, "restore", SW_EXIT_GUARD, e);
}

static const char *plural(long n)
{
	return n == 1 ? "" : "s";
}

static int count_allow(const struct sw_allow_entry *a, void *arg)
{
	(void)a;
	++*(long *)arg;
	return 0;
}

static int print_result(const struct sw_globals *g, const struct sw_ctx *ctx, const struct state *s,
			long blocks, long allows, bool merge, struct sw_err *e)
{
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(
			root, "restored",
			json_pack("{s:I, s:I, s:b, s:I, s:I}", "blocks", (json_int_t)s->claims,
				  "allows", (json_int_t)s->allows, "merge", merge, "blocks_before",
				  (json_int_t)blocks, "allows_before", (json_int_t)allows));
		json_object_set_new(root, "enforced", json_boolean(!*sw_not_enforced(ctx)));
		json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
		return sw_cli_print(g, root, e);
	}
	if (!g->quiet)
		printf("%s block%s and %s allow%s %s %s %s block%s and %s allow%s%s\n",
		       sw_cli_count(s->claims), plural(s->claims), sw_cli_count(s->allows),
		       plural(s->allows), g->dry_run ? "would be" : "are",
		       merge ? "added to" : "put in place of", sw_cli_count(blocks), plural(blocks),
		       sw_cli_count(allows), plural(allows), sw_not_enforced(ctx));
	return 0;
}

static int restore(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_args *a,
		   const struct state *s, struct sw_err *e)
{
	const char *confirm = a->option[SW_RESTORE_CONFIRM];
	struct sw_claim_filter live = {.live_at = sw_now()};
	bool merge = a->option[SW_RESTORE_MERGE];
	long blocks = sw_store_claim_count(ctx->store, &live, e), allows = 0;
	int rc;

	if (blocks < 0 || sw_store_allows(ctx->store, count_allow, &allows, e))
		return -1;
	sw_progress_begin(g, "restoring", s->claims + s->allows);
	rc = guard(ctx, g, s, sw_input_name(a->operand[0]), e);
	if (rc == 0)
		rc = sw_trial_option(ctx, g, confirm, e);
	if (rc == 0 && !g->dry_run)
		rc = sw_replace(ctx, s->claim, s->claims, s->allow, s->allows, merge, e);
	sw_progress_end();
	if (rc || print_result(g, ctx, s, blocks, allows, merge, e))
		return -1;
	sw_trial_print(g, confirm);
	if (g->dry_run)
		return SW_EXIT_OK;
	sw_audit_say("restore %s: %zu blocks and %zu allows %s %ld and %ld", a->operand[0],
		     s->claims, s->allows, merge ? "added to" : "in place of", blocks, allows);
	return sw_audit_write(ctx->store, g, SW_EXIT_OK, e) ? -1 : SW_EXIT_OK;
}

/* A file cut off before its first line would open the wall. */
static bool is_accident(const struct state *s, const struct sw_globals *g, const struct sw_args *a)
{
	return s->claims + s->allows == 0 && !g->force && !a->option[SW_RESTORE_MERGE] &&
	       !a->option[SW_RESTORE_CONFIRM];
}

SW_VERB(restore)
{
	struct state s = {0};
	struct sw_ctx ctx;
	int rc = -1;

	if (read_state(&s, a->operand[0], e))
		goto out;
	if (is_accident(&s, g, a)) {
		sw_fail(e, SW_EXIT_GUARD,
			"%s: nothing in it; `scanwall flush --all` removes every block",
			sw_input_name(a->operand[0]));
		goto out;
	}
	if (g->dry_run ? sw_cli_open(&ctx, g, e) : sw_cli_open_locked(&ctx, g, e))
		goto out;
	rc = restore(&ctx, g, a, &s, e);
	sw_ctx_close(&ctx);
out:
	state_free(&s);
	return rc;
}
