// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall flush`: removes claims of an origin, or all. */
#include <unistd.h>
#include "cli/policy.h"

/* Prompts before taking the lock, which a slow answer would hold. */
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

static void say_count(char *out, size_t size, const struct sw_flushed *n)
{
	snprintf(out, size, "%s claim%s on %s %s", sw_cli_count(n->claims),
		 n->claims == 1 ? "" : "s", sw_cli_count(n->addresses),
		 n->addresses == 1 ? "address or prefix" : "addresses or prefixes");
}

static int print_result(const struct sw_globals *g, const struct sw_flushed *n, struct sw_err *e)
{
	char text[96];
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "removed", json_integer(n->claims));
		json_object_set_new(root, "prefix_count", json_integer(n->addresses));
		return sw_cli_print(g, root, e);
	}
	say_count(text, sizeof(text), n);
	if (!g->quiet)
		printf("%s %s\n", text, g->dry_run ? "would be removed" : "removed");
	return 0;
}

static int flush(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	struct sw_flushed n = {0};
	char text[96];

	if (sw_flush(c->ctx, a->option[SW_FLUSH_ORIGIN], a->option[SW_FLUSH_EXPIRED], g->dry_run,
		     &n, e) ||
	    print_result(g, &n, e))
		return -1;
	say_count(text, sizeof(text), &n);
	sw_audit_say("flush: %s removed", text);
	return n.claims == 0 && g->strict ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

const struct sw_verb_ops sw_flush_ops = {.read = read_request, .run = flush};
