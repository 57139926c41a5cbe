// SPDX-License-Identifier: GPL-2.0-only
/* Where text is wrapped to fit the columns of a terminal (views/text_table.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "views/text_table.h"

/* The first line is `head`, and the next one begins with `tail`. */
static void breaks(const char *text, int width, const char *head, const char *tail)
{
	size_t next, n = sw_text_break(text, width, &next);

	assert_int_equal(n, strlen(head));
	assert_memory_equal(text, head, n);
	assert_string_equal(text + next, tail);
}

static void between_words(void **state)
{
	(void)state;
	breaks("ten words", 20, "ten words", "");
	breaks("ten words", 9, "ten words", "");
	breaks("ten words", 8, "ten", "words");
	breaks("ten   words", 4, "ten", "words");
	breaks("ten\nwords", 20, "ten", "words");
}

/* What is to be copied stays whole as long as it can: items of a list do. */
static void within_a_word(void **state)
{
	(void)state;
	breaks("tcp/7000,tcp/8000", 12, "tcp/7000,", "tcp/8000");
	breaks("tcp/7000,tcp/8000", 9, "tcp/7000,", "tcp/8000");
	breaks("tcp/7000,tcp/8000", 8, "tcp/7000", ",tcp/8000");
	breaks("tcp/7000,tcp/8000", 17, "tcp/7000,tcp/8000", "");
	breaks("0123456789", 4, "0123", "456789");
	breaks("a tcp/7000,tcp/8000", 12, "a", "tcp/7000,tcp/8000");
}

/* Columns are counted, not bytes. */
static void wide_characters(void **state)
{
	(void)state;
	breaks("\xc3\xa4\xc3\xb6\xc3\xbc x", 3, "\xc3\xa4\xc3\xb6\xc3\xbc", "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(between_words),
		cmocka_unit_test(within_a_word),
		cmocka_unit_test(wide_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
