// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall pardon`: undoes a block that hit the wrong source. Removes the claims of all
 * origins and the score, and allows the address for a while, so that its next probe does not
 * block it again. */
#include <stdio.h>
#include <string.h>
#include "cli/policy.h"

#define QUIET "1h"

/* The score goes with the source's record; the program makes a new one. */
static int forget(struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e)
{
	return ctx->loaded ? sw_source_forget(ctx, p, e) : 0;
}

static int pardon_one(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_prefix *p,
		      int64_t quiet, enum sw_change *change, struct sw_err *e)
{
	struct sw_allow_entry allow = {
		.prefix = *p, .since = sw_now(), .expires = sw_expiry(sw_now(), quiet)};
	enum sw_change ignored;

	snprintf(allow.comment, sizeof(allow.comment), "pardon");
	/* Allowed first, so that nothing blocks it between the steps. */
	if (g->dry_run)
		return 0;
	if (sw_allow_add(ctx, &allow, 1, &ignored, e) || sw_unblock(ctx, p, 1, NULL, change, e))
		return -1;
	return forget(ctx, p, e);
}

static json_t *one_json(const struct sw_prefix *p, enum sw_change change, int64_t quiet)
{
	char text[SW_PREFIX_TEXT];

	return json_pack("{s:s, s:b, s:o}", "prefix", sw_cli_prefix(p, text), "was_blocked",
			 change == SW_REMOVED, "expires", sw_cli_time(sw_expiry(sw_now(), quiet)));
}

struct request {
	struct sw_items items;
	int64_t quiet;
};

static int pardon(struct sw_call *c, struct sw_err *e)
{
	const struct request *r = c->request;
	const struct sw_items *items = &r->items;
	const struct sw_globals *g = c->g;
	int64_t quiet = r->quiet;
	char text[SW_PREFIX_TEXT], span[SW_DURATION_TEXT];
	json_t *root = sw_cli_json(), *list = json_array();
	int rc = 0;

	for (size_t i = 0; !rc && i < items->count; i++) {
		const struct sw_prefix *p = &items->item[i].prefix;
		enum sw_change change = SW_WAS_ABSENT;

		rc = pardon_one(c->ctx, g, p, quiet, &change, e);
		if (!rc && !g->json && !g->quiet)
			printf("%s %spardoned: %s, its score is reset, and it is allowed for %s\n",
			       sw_prefix_text(p, text), g->dry_run ? "would be " : "",
			       change == SW_REMOVED ? "unblocked" : "it was not blocked",
			       sw_duration_text(quiet, span));
		json_array_append_new(list, one_json(p, change, quiet));
	}
	json_object_set_new(root, "pardoned", list);
	sw_audit_say("pardon: %zu addresses", items->count);
	if (!rc && g->json)
		return sw_cli_print(g, root, e);
	json_decref(root);
	return rc;
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;

	return sw_duration_parse(QUIET, "pardon", &r->quiet, e) ||
			       sw_span_option(c->a->option[SW_PARDON_FOR], "--for", r->quiet,
					      &r->quiet, e) ||
			       sw_items_read(&r->items, c->a, NULL, "pardon", e)
		       ? -1
		       : 0;
}

static void release(void *request)
{
	sw_items_free(&((struct request *)request)->items);
}

const struct sw_verb_ops sw_pardon_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = pardon,
	.release = release,
};
