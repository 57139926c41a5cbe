// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall abuse`: reports about proven attackers for their networks' abuse contacts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "notify/notify.h"
#include "cli/verbs.h"

#define SINCE (86400 * INT64_C(1000000))

struct reports {
	bool csv;
	char host[256], from[320];
	json_t *seen; /* addresses */
	json_t *list; /* with --json; else NULL */
	int count;
};

static void add(struct reports *r, const json_t *event)
{
	char comment[1024];

	json_array_append_new(r->list, json_pack("{s:O, s:O, s:s, s:s}", "src_ip",
						 json_object_get(event, "src_ip"), "timestamp",
						 json_object_get(event, "timestamp"), "categories",
						 sw_abuse_categories(event), "comment",
						 sw_abuse_comment(event, comment)));
}

static void print_report(const struct reports *r, const json_t *event)
{
	char *text = r->csv ? sw_abuse_csv(event) : sw_abuse_xarf(event, r->host, r->from, NULL);

	printf("%s%s\n", r->count && !r->csv ? "\n" : "", text ? text : "");
	free(text);
}

/* Keeps the first event of each address; later ones add nothing. */
static int print_one(const struct sw_record *rec, void *arg)
{
	struct reports *r = arg;
	json_t *event = json_loads(rec->json, 0, NULL);
	const char *source = json_string_value(json_object_get(event, "src_ip"));

	if (event && sw_abuse_is_due(event) && !json_object_get(r->seen, source)) {
		json_object_set_new(r->seen, source, json_true());
		if (r->list)
			add(r, event);
		else
			print_report(r, event);
		r->count++;
	}
	json_decref(event);
	return 0;
}

struct request {
	int64_t span;
	struct sw_prefix one; /* if there is an operand */
};

static int read_words(struct sw_call *c, struct sw_err *e)
{
	const char *since = c->a->option[SW_ABUSE_SINCE];
	struct request *q = c->request;

	q->span = SINCE;
	if (since && sw_duration_parse(since, "--since", &q->span, e))
		return -1;
	if (q->span == SW_FOREVER)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--since: invalid duration \"%s\" (expected 24h, 7d)", since);
	return c->a->count ? sw_prefix_parse(c->a->operand[0], &q->one, e) : 0;
}

static int abuse(struct sw_call *c, struct sw_err *e)
{
	const char *form = c->a->option[SW_ABUSE_FORM], *from = c->ctx->config.notify_from;
	struct reports r = {.csv = !form || !strcmp(form, "csv"), .seen = json_object()};
	const struct request *q = c->request;
	json_t *root = c->g->json ? sw_cli_json() : NULL;
	int rc;

	r.list = root ? json_array() : NULL;
	json_object_set_new(root, "reports", r.list);
	gethostname(r.host, sizeof(r.host) - 1);
	snprintf(r.from, sizeof(r.from), from[0] ? "%s" : "scanwall@%s", from[0] ? from : r.host);
	if (r.csv && !root)
		puts(SW_ABUSE_CSV_HEAD);
	rc = sw_store_events(c->ctx->store, sw_now() - q->span, c->a->count ? &q->one : NULL, 0,
			     print_one, &r, e);
	json_decref(r.seen);
	if (root && !rc)
		return sw_cli_print(c->g, root, e);
	json_decref(root);
	if (!rc && !r.count)
		fprintf(stderr, "no source was blocked on proof in that time\n");
	return rc < 0 ? -1 : SW_EXIT_OK;
}

const struct sw_verb_ops sw_abuse_ops = {
	.request = sizeof(struct request),
	.read = read_words,
	.run = abuse,
};
