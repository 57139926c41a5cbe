// SPDX-License-Identifier: GPL-2.0-only
/* Reports the result of reading rules, for `rules check` and `rules load`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "views/human.h"
#include "views/text_table.h"
#include "cli/verbs/rules_verb.h"

static long count_refused(const struct sw_rules *r, enum sw_refusal why)
{
	long n = 0;

	for (size_t i = 0; i < r->refusals; i++)
		n += r->refused[i].why == why;
	return n;
}

static int put_classes(const struct sw_globals *g, const struct sw_rules *r, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "NOT TAKEN", .right = true},
		{.title = "BECAUSE", .gives = true},
	};
	struct sw_table *t = sw_table_new(columns, 2);
	int rc;

	for (int why = 0; why < SW_REFUSAL_COUNT; why++) {
		long n = count_refused(r, why);

		if (!n)
			continue;
		sw_table_cell(t, SW_YELLOW, "%s", sw_cli_count(n));
		sw_table_cell(t, SW_PLAIN, "%s", sw_refusal_name(why));
	}
	putchar('\n');
	rc = sw_table_print(t, g, 0, sw_human_width(), e);
	sw_table_free(t);
	return rc;
}

static void put_place(const char *file, unsigned line, __u32 sid, const char *text)
{
	char lead[16] = "  ", number[32] = "", *all;

	if (sid)
		snprintf(number, sizeof(number), " sid %u:", sid);
	if (asprintf(&all, "%s:%u:%s %s", file, line, number, text) < 0)
		return;
	sw_text_wrap(lead, all, sw_human_terminal() ? sw_human_width() : 0);
	free(all);
}

static void put_rest(long shown, long all)
{
	if (all > shown)
		printf("  ... and %s more; --limit 0 shows all\n", sw_cli_count(all - shown));
}

static void put_refused(const struct sw_rules *r, long limit)
{
	long shown = 0;

	putchar('\n');
	for (size_t i = 0; i < r->refusals && (!limit || shown < limit); i++, shown++)
		put_place(r->refused[i].file, r->refused[i].line, r->refused[i].sid,
			  r->refused[i].reason);
	put_rest(shown, r->refusals);
}

static void put_warnings(const struct sw_globals *g, const struct sw_rules *r, long limit)
{
	long shown = 0, all = 0;

	for (size_t i = 0; i < r->rules; i++)
		all += r->rule[i].warning != NULL;
	if (!all)
		return;
	printf("\n%s%s of those accepted may cost or report more than they should:%s\n",
	       sw_style_code(g, SW_YELLOW), sw_cli_count(all), sw_style_code(g, SW_PLAIN));
	for (size_t i = 0; i < r->rules && (!limit || shown < limit); i++) {
		if (!r->rule[i].warning)
			continue;
		put_place(r->rule[i].file, r->rule[i].line, r->rule[i].sid, r->rule[i].warning);
		shown++;
	}
	put_rest(shown, all);
}

int sw_rules_tell(const struct sw_globals *g, const struct sw_rules *r, long limit,
		  struct sw_err *e)
{
	size_t all = r->rules + r->refusals;

	printf("%s rule%s read: %s accepted (%.1f %%), %s refused\n", sw_cli_count(all),
	       all == 1 ? "" : "s", sw_cli_count(r->rules), all ? 100.0 * r->rules / all : 100.0,
	       sw_cli_count(r->refusals));
	if (r->refusals && put_classes(g, r, e))
		return -1;
	if (r->refusals)
		put_refused(r, limit);
	put_warnings(g, r, limit);
	return 0;
}

void sw_rules_tell_json(json_t *root, const struct sw_rules *r)
{
	json_t *classes = json_object(), *refusals = json_array(), *warnings = json_array();

	for (int why = 0; why < SW_REFUSAL_COUNT; why++)
		if (count_refused(r, why))
			json_object_set_new(classes, sw_refusal_name(why),
					    json_integer(count_refused(r, why)));
	for (size_t i = 0; i < r->refusals; i++) {
		const struct sw_rule_refused *x = &r->refused[i];

		json_array_append_new(refusals, json_pack("{s:o, s:i, s:I, s:s, s:o}", "file",
							  sw_cli_text(x->file), "line", x->line,
							  "signature_id", (json_int_t)x->sid,
							  "class", sw_refusal_name(x->why), "why",
							  sw_cli_text(x->reason)));
	}
	for (size_t i = 0; i < r->rules; i++) {
		const struct sw_rule_text *x = &r->rule[i];

		if (x->warning)
			json_array_append_new(warnings,
					      json_pack("{s:o, s:i, s:I, s:o}", "file",
							sw_cli_text(x->file), "line", x->line,
							"signature_id", (json_int_t)x->sid,
							"warning", sw_cli_text(x->warning)));
	}
	json_object_set_new(root, "accepted", json_integer(r->rules));
	json_object_set_new(root, "classes", classes);
	json_object_set_new(root, "refusals", refusals);
	json_object_set_new(root, "warnings", warnings);
}
