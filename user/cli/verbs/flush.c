// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>
#include "cli/policy.h"

/* Asks before the lock is held: a person may take a while. */
static int read_request(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	const char *origin = a->option[SW_FLUSH_ORIGIN];
	int said = !!origin + !!a->option[SW_FLUSH_EXPIRED] + !!a->option[SW_FLUSH_ALL];

	if (said == 0)
		return sw_fail(e, SW_EXIT_USAGE,
			       "missing option (expected --origin NAME, --expired or --all)");
	if (said > 1)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--origin, --expired and --all are mutually exclusive");
	if (a->option[SW_FLUSH_ALL] && !c->g->dry_run && isatty(STDIN_FILENO) &&
	    !sw_cli_ask(c->g, "Remove every block of every origin?"))
		return sw_fail(e, SW_EXIT_FAILED, "nothing was removed");
	return origin ? sw_origin_check(origin, "--origin", e) : 0;
}

static int count(struct sw_ctx *ctx, const struct sw_args *a, int64_t *n, struct sw_err *e)
{
	struct sw_claim_filter f = {.origin = a->option[SW_FLUSH_ORIGIN]};

	if (a->option[SW_FLUSH_EXPIRED])
		f.expired_at = sw_now();
	*n = sw_store_claim_count(ctx->store, &f, e);
	return *n < 0 ? -1 : 0;
}

static int print_result(const struct sw_globals *g, int64_t n, struct sw_err *e)
{
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "removed", json_integer(n));
		return sw_cli_print(g, root, e);
	}
	if (!g->quiet)
		printf("%s claim%s %s\n", sw_cli_count(n), n == 1 ? "" : "s",
		       g->dry_run ? "would be removed" : "removed");
	return 0;
}

static int flush(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	int64_t n = 0;
	int rc;

	if (g->dry_run)
		rc = count(c->ctx, a, &n, e);
	else
		rc = sw_flush(c->ctx, a->option[SW_FLUSH_ORIGIN], a->option[SW_FLUSH_EXPIRED], &n,
			      e);
	if (rc || print_result(g, n, e))
		return -1;
	sw_audit_say("flush: %lld claims removed", (long long)n);
	return n == 0 && g->strict ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

const struct sw_verb_ops sw_flush_ops = {.read = read_request, .run = flush};
