// SPDX-License-Identifier: GPL-2.0-only
/* Lists of past actions, for `audit` and `changes`. */
#include <stdio.h>
#include "views/human.h"
#include "cli/verbs.h"
#include "cli/log_list.h"

#define SCREENFUL 20

int sw_log_request(struct sw_call *c, const char *since, const char *limit, struct sw_err *e)
{
	struct sw_log_request *r = c->request;
	int64_t span = SW_FOREVER;

	r->limit = sw_human_terminal() && !c->g->json && !since ? SCREENFUL : 0;
	if ((since && sw_duration_parse(since, "--since", &span, e)) ||
	    (limit && sw_cli_number(limit, "--limit", 0, 1000000000, &r->limit, e)))
		return -1;
	r->since = span == SW_FOREVER ? 0 : sw_now() - span;
	return 0;
}

bool sw_log_shows(struct sw_log_list *l)
{
	l->match++;
	return !l->counting && l->match > l->skip;
}

static int print(const struct sw_log_list *l, struct sw_err *e)
{
	json_t *root;

	if (l->list) {
		root = sw_cli_json();
		json_object_set_new(root, "total", json_integer(l->match));
		json_object_set(root, l->name, l->list);
		return sw_cli_print(l->g, root, e);
	}
	if (!l->match) {
		puts(l->none);
		return 0;
	}
	if (l->skip)
		printf("... %s earlier, --limit 0 shows all\n", sw_cli_count(l->skip));
	return sw_table_print(l->table, l->g, 0, sw_human_terminal() ? sw_human_width() : 0, e);
}

int sw_log_print(struct sw_call *c, struct sw_log_list *l, struct sw_err *e)
{
	const struct sw_log_request *r = c->request;
	int rc;

	l->g = c->g;
	if (c->g->json)
		l->list = json_array();
	else
		l->table = sw_table_new(l->columns, l->column_count);
	l->counting = true;
	rc = l->walk(c->ctx->store, r->since, l, e);
	l->skip = r->limit && l->match > r->limit ? l->match - r->limit : 0;
	l->match = 0;
	l->counting = false;
	if (!rc)
		rc = l->walk(c->ctx->store, r->since, l, e);
	if (!rc)
		rc = print(l, e);
	json_decref(l->list);
	sw_table_free(l->table);
	return rc;
}
