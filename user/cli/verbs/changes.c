// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall changes`: lists what `rollback` can undo and what it has undone. */
#include "blocklist/undo.h"
#include "views/human.h"
#include "cli/verbs.h"
#include "cli/log_list.h"

static json_t *change_json(const struct sw_change_row *c)
{
	const struct sw_audit *a = &c->audit;

	return json_pack("{s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)a->id,
			 "timestamp", sw_cli_time(a->time), "uid", (json_int_t)a->uid, "login_uid",
			 a->login_uid == UINT32_MAX ? json_null() : json_integer(a->login_uid),
			 "ssh_client", a->ssh_client[0] ? sw_cli_text(a->ssh_client) : json_null(),
			 "command", sw_cli_text(a->argv), "text", sw_cli_text(a->what), "undone_by",
			 c->undone ? json_integer(c->undone) : json_null(), "undo_with",
			 c->how[0] ? sw_cli_text(c->how) : json_null());
}

static int show_one(const struct sw_change_row *c, void *arg)
{
	struct sw_log_list *l = arg;
	char ago[SW_HUMAN_TEXT], name[128], *command;

	if (!sw_log_shows(l))
		return 0;
	if (l->list) {
		json_array_append_new(l->list, change_json(c));
		return 0;
	}
	sw_audit_who(&c->audit, name, sizeof(name));
	sw_table_cell(l->table, SW_PLAIN, "%lld", (long long)c->audit.id);
	sw_table_cell(l->table, SW_PLAIN, "%s", sw_human_ago(c->audit.time, ago));
	sw_table_cell(l->table, SW_PLAIN, "%s", name);
	command = sw_audit_command(c->audit.argv);
	sw_table_cell(l->table, c->undone ? SW_DIM : SW_PLAIN, "%s", command ? command : "");
	free(command);
	if (c->undone)
		sw_table_cell(l->table, SW_DIM, "undone by %lld", (long long)c->undone);
	else
		sw_table_cell(l->table, SW_PLAIN, "%s%s", c->how[0] ? "undo: " : "in force",
			      c->how);
	return 0;
}

static int walk(struct sw_store *s, int64_t since, struct sw_log_list *l, struct sw_err *e)
{
	return sw_store_changes(s, since, 0, show_one, l, e);
}

static int changes(struct sw_call *c, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "ID", .right = true},	   {.title = "WHEN"},
		{.title = "WHO", .gives = true},   {.title = "COMMAND", .gives = true},
		{.title = "STATE", .gives = true},
	};
	struct sw_log_list l = {.name = "changes",
				.none = "no changes",
				.columns = columns,
				.column_count = 5,
				.walk = walk};

	return sw_log_print(c, &l, e);
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	return sw_log_request(c, c->a->option[SW_CHANGES_SINCE], c->a->option[SW_CHANGES_LIMIT], e);
}

const struct sw_verb_ops sw_changes_ops = {
	.request = sizeof(struct sw_log_request),
	.read = read_request,
	.run = changes,
};
