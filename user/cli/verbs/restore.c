// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall restore`: reads what `save` has written. */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "cli/policy.h"

struct state {
	struct sw_claim *claim;
	long *line; /* where each claim stood */
	size_t claims, claim_room, line_room;
	struct sw_allow_entry *allow;
	size_t allows, allow_room;
};

static void state_free(void *request)
{
	struct state *s = request;

	free(s->claim);
	free(s->line);
	free(s->allow);
}

static int add_claim(struct state *s, const struct sw_claim *c, long number, struct sw_err *e)
{
	if (sw_grow((void **)&s->claim, &s->claim_room, s->claims, sizeof(*s->claim), e) ||
	    sw_grow((void **)&s->line, &s->line_room, s->claims, sizeof(*s->line), e))
		return -1;
	s->line[s->claims] = number;
	s->claim[s->claims++] = *c;
	return 0;
}

static int add_allow(struct state *s, const struct sw_allow_entry *a, struct sw_err *e)
{
	if (sw_grow((void **)&s->allow, &s->allow_room, s->allows, sizeof(*s->allow), e))
		return -1;
	s->allow[s->allows++] = *a;
	return 0;
}

static int read_line(const struct sw_verb *verbs, struct state *s, char *text, const char *name,
		     long number, int64_t now, struct sw_faults *f, struct sw_err *e)
{
	struct sw_dump_line line;
	struct sw_err bad;
	int column = 1;

	if (sw_dump_parse(verbs, text, now, &line, &column, &bad)) {
		sw_fault(f, "%s:%ld:%d: %s", name, number, column, bad.text);
		return 0;
	}
	if (line.kind == SW_LINE_BLOCK)
		return add_claim(s, &line.claim, number, e);
	return line.kind == SW_LINE_ALLOW ? add_allow(s, &line.allow, e) : 0;
}

static int read_state(const struct sw_verb *verbs, struct state *s, const char *file,
		      struct sw_err *e)
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
			rc = read_line(verbs, s, line, name, number, now, &f, e) ? -1 : 1;
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

/* A claim that already exists is not refused, so that a saved state can always be restored,
 * even where an allow entry covers a block. */
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

static int replace(struct sw_ctx *ctx, const struct state *s, bool merge, bool on_trial,
		   struct sw_err *e)
{
	int rc = sw_replace(ctx, s->claim, s->claims, s->allow, s->allows, merge, e);

	if (rc && on_trial)
		sw_trial_undo(ctx);
	return rc;
}

static int restore(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	const struct state *s = c->request;
	struct sw_ctx *ctx = c->ctx;
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
		rc = replace(ctx, s, merge, confirm, e);
	sw_progress_end();
	if (rc || print_result(g, ctx, s, blocks, allows, merge, e))
		return -1;
	sw_trial_print(g, confirm);
	sw_audit_say("restore %s: %zu blocks and %zu allows %s %ld and %ld", a->operand[0],
		     s->claims, s->allows, merge ? "added to" : "in place of", blocks, allows);
	return SW_EXIT_OK;
}

/* An empty (truncated) file would remove every block. */
static bool is_accident(const struct state *s, const struct sw_globals *g, const struct sw_args *a)
{
	return s->claims + s->allows == 0 && !g->force && !a->option[SW_RESTORE_MERGE] &&
	       !a->option[SW_RESTORE_CONFIRM];
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	struct state *s = c->request;

	if (read_state(c->verbs, s, c->a->operand[0], e))
		return -1;
	if (!is_accident(s, c->g, c->a))
		return 0;
	return sw_fail(e, SW_EXIT_GUARD,
		       "%s: empty; to remove every block, run scanwall flush --all",
		       sw_input_name(c->a->operand[0]));
}

const struct sw_verb_ops sw_restore_ops = {
	.request = sizeof(struct state),
	.read = read_request,
	.run = restore,
	.release = state_free,
};
