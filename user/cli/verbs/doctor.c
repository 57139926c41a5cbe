// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall doctor`: checks the installation. */
#include <stdio.h>
#include "daemon/daemon.h"
#include "host/findings.h"
#include "views/human.h"
#include "views/text_table.h"
#include "cli/verbs.h"

static const char *const words[] = {
	[SW_GOOD] = "good",
	[SW_DOUBTFUL] = "doubtful",
	[SW_WRONG] = "wrong",
};

static int print_json(const struct sw_globals *g, const struct sw_checkup *l, const int *count,
		      struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();

	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "check",
						      l->item[i].name, "about", l->item[i].about,
						      "finding", words[l->item[i].finding], "text",
						      sw_cli_text(l->item[i].text)));
	json_object_set_new(root, "checks", list);
	for (int f = SW_GOOD; f <= SW_WRONG; f++)
		json_object_set_new(root, words[f], json_integer(count[f]));
	return sw_cli_print(g, root, e);
}

static int print_text(const struct sw_globals *g, const struct sw_checkup *l, const int *count,
		      struct sw_err *e)
{
	static const enum sw_style style[] = {SW_GREEN, SW_YELLOW, SW_RED};
	static const struct sw_column columns[] = {
		{.title = "CHECK"},
		{.title = "FINDING"},
		{.title = "WHAT, AND WHAT TO DO", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 3);
	int rc;

	for (size_t i = 0; i < l->count; i++) {
		const struct sw_check *c = &l->item[i];

		if (g->quiet && c->finding == SW_GOOD)
			continue;
		sw_table_cell(t, SW_PLAIN, "%s%s%s", c->name, c->about[0] ? " " : "", c->about);
		sw_table_cell(t, style[c->finding], "%s", words[c->finding]);
		sw_table_cell(t, SW_PLAIN, "%s", c->text);
	}
	rc = g->quiet && !count[SW_DOUBTFUL] && !count[SW_WRONG]
		     ? 0
		     : sw_table_print(t, g, 0, sw_human_width(), e);
	sw_table_free(t);
	if (!rc && !g->quiet)
		printf("%d good, %d doubtful, %d wrong\n", count[SW_GOOD], count[SW_DOUBTFUL],
		       count[SW_WRONG]);
	return rc;
}

static int doctor(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	struct sw_patient p = {g->pin_dir, g->state_dir, g->config_file,
			       sw_daemon_pid(g->state_dir)};
	int count[SW_WRONG + 1] = {0};
	struct sw_checkup l;
	int rc;

	if (sw_doctor(&p, &l, e))
		return -1;
	for (size_t i = 0; i < l.count; i++)
		count[l.item[i].finding]++;
	rc = g->json ? print_json(g, &l, count, e) : print_text(g, &l, count, e);
	sw_doctor_free(&l);
	if (rc)
		return -1;
	if (count[SW_WRONG])
		return SW_EXIT_FAILED;
	return count[SW_DOUBTFUL] && g->strict ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

const struct sw_verb_ops sw_doctor_ops = {.run = doctor};
