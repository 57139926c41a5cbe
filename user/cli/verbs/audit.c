// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall audit`: who did what. */
#include <stdio.h>
#include <stdlib.h>
#include "views/human.h"
#include "cli/verbs.h"
#include "cli/log_list.h"

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
			 sw_cli_text(a->argv), "text", sw_cli_text(a->what), "exit", a->exit);
}

static int note(const struct sw_audit *a, void *arg)
{
	struct sw_log_list *l = arg;
	char clock[SW_HUMAN_TEXT], name[128], *command;

	if (!sw_log_shows(l))
		return 0;
	if (l->list) {
		json_array_append_new(l->list, entry_json(a));
		return 0;
	}
	sw_audit_who(a, name, sizeof(name));
	sw_table_cell(l->table, SW_PLAIN, "%lld", (long long)a->id);
	sw_table_cell(l->table, SW_PLAIN, "%s", sw_human_clock(a->time, l->g->utc, clock));
	sw_table_cell(l->table, SW_PLAIN, "%s", name);
	sw_table_cell(l->table, a->exit ? SW_YELLOW : SW_PLAIN, "%s", outcome_name(a->exit));
	command = sw_audit_command(a->argv);
	sw_table_cell(l->table, SW_PLAIN, "%s%s%s", command ? command : "",
		      a->exit && a->what[0] ? ": " : "", a->exit ? a->what : "");
	free(command);
	return 0;
}

static int walk(struct sw_store *s, int64_t since, struct sw_log_list *l, struct sw_err *e)
{
	return sw_store_audits(s, since, 0, note, l, e);
}

static int audit(struct sw_call *c, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "ID", .right = true},	     {.title = "TIME"},
		{.title = "WHO", .gives = true},     {.title = "RESULT"},
		{.title = "COMMAND", .gives = true},
	};
	struct sw_log_list l = {.name = "audit",
				.none = "no audit records",
				.columns = columns,
				.column_count = 5,
				.walk = walk};

	return sw_log_print(c, &l, e);
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	return sw_log_request(c, c->a->option[SW_AUDIT_SINCE], c->a->option[SW_AUDIT_LIMIT], e);
}

const struct sw_verb_ops sw_audit_ops = {
	.request = sizeof(struct sw_log_request),
	.read = read_request,
	.run = audit,
};
