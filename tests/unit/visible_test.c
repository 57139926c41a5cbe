// SPDX-License-Identifier: GPL-2.0-only
/* Text from outside is harmless on the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/err.h"
#include "base/visible.h"

static void shows(const char *from, const char *wanted)
{
	char got[128];

	sw_visible(got, sizeof(got), from);
	assert_string_equal(got, wanted);
}

static void plain_text_stays(void **state)
{
	(void)state;
	shows("", "");
	shows("203.0.113.9 \"x\" 100 %s", "203.0.113.9 \"x\" 100 %s");
	shows("Grüße, 世界 \xf0\x9f\x98\x80", "Grüße, 世界 \xf0\x9f\x98\x80");
}

static void what_moves_the_cursor_is_written_out(void **state)
{
	(void)state;
	shows("\x1b[2J", "\\x1b[2J");
	shows("a\rb\nc\td", "a\\rb\\nc\\td");
	shows("\x1b]0;x\a", "\\x1b]0;x\\x07");
	shows("\x7f\x08", "\\x7f\\x08");
	shows("\xc2\x9b"
	      "31m",
	      "\\x9b31m"); /* CSI of C1 */
}

static void what_is_no_utf8_is_written_out(void **state)
{
	(void)state;
	shows("Gr\xfc\xdf"
	      "e",
	      "Gr\\xfc\\xdfe");
	shows("\xc0\xaf", "\\xc0\\xaf");
	shows("\xed\xa0\x80", "\\xed\\xa0\\x80");
	shows("\x9b"
	      "31m",
	      "\\x9b31m");
	shows("x\xe4\xb8", "x\\xe4\\xb8");
}

static void what_turns_or_hides_text_is_written_out(void **state)
{
	(void)state;
	shows("a\xe2\x80\xae"
	      "b",
	      "a\\u{202e}b");
	shows("a\xe2\x80\x8b"
	      "b",
	      "a\\u{200b}b");
	shows("\xef\xbb\xbf"
	      "1",
	      "\\u{feff}1");
}

static void an_escape_is_never_cut(void **state)
{
	char got[8];

	(void)state;
	sw_visible(got, sizeof(got), "12345\x1b");
	assert_string_equal(got, "12345");
	sw_visible(got, sizeof(got), "123\x1b");
	assert_string_equal(got, "123\\x1b");
	sw_visible(got, sizeof(got), "123456\xc3\xbc");
	assert_string_equal(got, "123456");
}

static void every_sentence_is_safe(void **state)
{
	struct sw_err e;

	(void)state;
	sw_fail(&e, SW_EXIT_USAGE, "\"%s\" is bad", "\x1b[31mred");
	assert_string_equal(e.text, "\"\\x1b[31mred\" is bad");
	sw_fail(&e, SW_EXIT_USAGE, "%s: again", e.text);
	assert_string_equal(e.text, "\"\\x1b[31mred\" is bad: again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(what_moves_the_cursor_is_written_out),
		cmocka_unit_test(what_is_no_utf8_is_written_out),
		cmocka_unit_test(what_turns_or_hides_text_is_written_out),
		cmocka_unit_test(an_escape_is_never_cut),
		cmocka_unit_test(every_sentence_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
