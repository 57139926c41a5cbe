// SPDX-License-Identifier: GPL-2.0-only
/* Sends each evasion and compares the result with docs/evasions.md. */
#include <stdio.h>
#include "evasions.h"

/* Of both lists; NULL: there are no more. */
static const struct evasion *row_at(size_t n)
{
	size_t i = 0;

	for (; packet_evasions[i].name; i++)
		if (i == n)
			return &packet_evasions[i];
	n -= i;
	for (i = 0; http_evasions[i].name; i++)
		if (i == n)
			return &http_evasions[i];
	return NULL;
}

static void each_row_has_its_answer(void **unused)
{
	const struct evasion *row;
	enum answer a;
	int wrong = 0;
	(void)unused;
	for (size_t n = 0; (row = row_at(n)); n++) {
		signatures_reset(NULL);
		a = row->send();
		if (a == row->answer)
			continue;
		print_error("%s: %s, not %s\n", row->name, answer_text[a],
			    answer_text[row->answer]);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* The first two cells of a line of the table, or false. */
static bool cells(char *line, char **name, char **answer)
{
	char *end;

	if (strncmp(line, "| ", 2) != 0)
		return false;
	*name = line + 2;
	end = strstr(*name, " | ");
	if (!end)
		return false;
	*end = '\0';
	*answer = end + 3;
	end = strstr(*answer, " |");
	if (!end)
		return false;
	*end = '\0';
	return strcmp(*name, "What is sent") != 0;
}

static void the_documented_table_is_this_one(void **unused)
{
	FILE *f = fopen("docs/evasions.md", "r");
	char line[512], *name, *answer;
	const struct evasion *row;
	size_t n = 0;
	(void)unused;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (!cells(line, &name, &answer))
			continue;
		row = row_at(n++);
		assert_non_null(row);
		assert_string_equal(name, row->name);
		assert_string_equal(answer, answer_text[row->answer]);
	}
	fclose(f);
	assert_null(row_at(n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_has_its_answer),
		cmocka_unit_test(the_documented_table_is_this_one),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
