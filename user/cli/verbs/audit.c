// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "views/human.h"
#include "views/text_table.h"
#include "cli/control.h"

#define SCREENFUL 20

struct walk {
	const struct sw_globals *g;
	struct sw_table *t;
	json_t *list;
	long match, skip;
	bool count;
};

static const char *const outcome[] = {
	[SW_EXIT_OK] = "ok",
	[SW_EXIT_FAILED] = "failed",
	[SW_EXIT_USAGE] = "bad value",
	[SW_EXIT_ABSENT] = "no change",
	[SW_EXIT_NOT_THERE] = "not attached",
	[SW_EXIT_PERM] = "not permitted",
	[SW_EXIT_GUARD] = "refused",
};

static const char *outcome_name(int exit)
{
	if (exit < 0 || exit >= (int)(sizeof(outcome) / sizeof(outcome[0])) || !outcome[exit])
		return "failed";
	return outcome[exit];
}

static json_t *entry_json(const struct sw_audit *a)
{
	return json_pack("{s:I, s:o, s:I, s:o, s:i, s:o, s:o, s:o, s:i}", "id", (json_int_t)a->id,
			 "timestamp", sw_cli_time(a->time), "uid", (json_int_t)a->uid, "login_uid",
			 a->login_uid == UINT32_MAX ? json_null() : json_integer(a->login_uid),
			 "pid", (int)a->pid, "ssh_client",
			 a->ssh_client[0] ? sw_cli_text(a->ssh_client) : json_null(), "command",
			 sw_cli_text(a->argv), "what", sw_cli_text(a->what), "exit", a->exit);
}

/* The command without where record, pins and configuration are, which is the same in each
 * line; --json has it whole. */
static char *without_places(const char *command)
{
	static const char *const places[] = {" --pin-dir ", " --state-dir ", " -c ", " --config "};
	char *text = strdup(command), *at;

	for (size_t i = 0; text && i < sizeof(places) / sizeof(places[0]); i++) {
		at = strstr(text, places[i]);
		if (at) {
			char *end = at + strlen(places[i]);

			end += strcspn(end, " ");
			memmove(at, end, strlen(end) + 1);
		}
	}
	return text;
}

static int note(const struct sw_audit *a, void *arg)
{
	struct walk *k = arg;
	char clock[SW_HUMAN_TEXT], name[128], *command;

	k->match++;
	if (k->count || k->match <= k->skip)
		return 0;
	if (k->list) {
		json_array_append_new(k->list, entry_json(a));
		return 0;
	}
	sw_audit_who(a, name, sizeof(name));
	sw_table_cell(k->t, SW_PLAIN, "%lld", (long long)a->id);
	sw_table_cell(k->t, SW_PLAIN, "%s", sw_human_clock(a->time, k->g->utc, clock));
	sw_table_cell(k->t, SW_PLAIN, "%s", name);
	sw_table_cell(k->t, a->exit ? SW_YELLOW : SW_PLAIN, "%s", outcome_name(a->exit));
	command = without_places(sw_audit_command(a->argv));
	sw_table_cell(k->t, SW_PLAIN, "%s%s%s", command ? command : "",
		      a->exit && a->what[0] ? ": " : "", a->exit ? a->what : "");
	free(command);
	return 0;
}

static int print_result(struct sw_ctx *ctx, struct walk *k, int64_t since, struct sw_err *e)
{
	json_t *root;

	if (sw_store_audits(ctx->store, since, 0, note, k, e))
		return -1;
	if (k->list) {
		root = sw_cli_json();
		json_object_set_new(root, "total", json_integer(k->match));
		json_object_set(root, "audit", k->list);
		return sw_cli_print(k->g, root, e);
	}
	if (!k->match)
		puts("no audit records");
	else if (k->skip)
		printf("... %s earlier, --limit 0 shows all\n", sw_cli_count(k->skip));
	if (!k->match)
		return 0;
	return sw_table_print(k->t, k->g, 0, sw_human_terminal() ? sw_human_width() : 0, e);
}

static int count(struct sw_ctx *ctx, struct walk *k, int64_t since, long limit, struct sw_err *e)
{
	k->count = true;
	if (sw_store_audits(ctx->store, since, 0, note, k, e))
		return -1;
	k->count = false;
	k->skip = limit && k->match > limit ? k->match - limit : 0;
	k->match = 0;
	return 0;
}

struct request {
	int64_t since; /* 0: from the beginning */
	long limit;
};

static int read_request(struct sw_call *c, struct sw_err *e)
{
	const char *since = c->a->option[SW_AUDIT_SINCE], *limit = c->a->option[SW_AUDIT_LIMIT];
	struct request *r = c->request;
	int64_t span = SW_FOREVER;

	r->limit = sw_human_terminal() && !c->g->json && !since ? SCREENFUL : 0;
	if ((since && sw_duration_parse(since, "--since", &span, e)) ||
	    (limit && sw_cli_number(limit, "--limit", 0, 1000000000, &r->limit, e)))
		return -1;
	r->since = span == SW_FOREVER ? 0 : sw_now() - span;
	return 0;
}

static int audit(struct sw_call *c, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "ID", .right = true},	     {.title = "TIME"},
		{.title = "WHO", .gives = true},     {.title = "RESULT"},
		{.title = "COMMAND", .gives = true},
	};
	const struct request *r = c->request;
	struct walk k = {.g = c->g};
	int rc;

	if (c->g->json)
		k.list = json_array();
	else
		k.t = sw_table_new(columns, 5);
	rc = count(c->ctx, &k, r->since, r->limit, e);
	if (!rc)
		rc = print_result(c->ctx, &k, r->since, e);
	json_decref(k.list);
	sw_table_free(k.t);
	return rc;
}

const struct sw_verb_ops sw_audit_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = audit,
};
