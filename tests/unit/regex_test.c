// SPDX-License-Identifier: GPL-2.0-only
/* Regular expressions, random and real ones, compared with libpcre2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pcre2.h>
#include "rules/regex.h"

#define EXPRESSIONS 6000
#define TEXTS 40
#define TEXT_BYTES 24

static const int flag_of[][2] = {
	{SW_REGEX_NOCASE, PCRE2_CASELESS},	   {SW_REGEX_DOTALL, PCRE2_DOTALL},
	{SW_REGEX_MULTILINE, PCRE2_MULTILINE},	   {SW_REGEX_ANCHORED, PCRE2_ANCHORED},
	{SW_REGEX_END_ONLY, PCRE2_DOLLAR_ENDONLY}, {SW_REGEX_EXTENDED, PCRE2_EXTENDED},
	{SW_REGEX_UNGREEDY, PCRE2_UNGREEDY},
};

static pcre2_code *theirs_of(const char *text, int flags)
{
	uint32_t options = 0;
	size_t offset;
	int error;

	for (size_t i = 0; i < sizeof(flag_of) / sizeof(flag_of[0]); i++)
		if (flags & flag_of[i][0])
			options |= flag_of[i][1];
	return pcre2_compile((PCRE2_SPTR)text, strlen(text), options, &error, &offset, NULL);
}

#define GIVES_UP -2 /* it tries too many ways */

/* Where the match ends, or -1. */
static long run_theirs(const pcre2_code *code, const char *text, size_t length)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	int n = pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, data, NULL);
	long end = n > 0 ? (long)pcre2_get_ovector_pointer(data)[1] : -1;

	pcre2_match_data_free(data);
	if (n == PCRE2_ERROR_MATCHLIMIT)
		return GIVES_UP;
	assert_true(n > 0 || n == PCRE2_ERROR_NOMATCH);
	return end;
}

/* ---- expressions */

static char *put(char *at, const char *text)
{
	return stpcpy(at, text);
}

static char *make(char *at, int depth);

static char *make_atom(char *at, int depth)
{
	static const char *const atoms[] = {"a",
					    "b",
					    "c",
					    "A",
					    ".",
					    "\\d",
					    "\\w",
					    "\\s",
					    "\\W",
					    "[ab]",
					    "[^a]",
					    "[a-c1]",
					    "\\x61",
					    "[^\\n]",
					    "\\b",
					    "\\B",
					    "^",
					    "$",
					    "\\A",
					    "\\z",
					    "\\Z",
					    "[\\da]",
					    "\\.",
					    "ab",
					    "\\D",
					    "\\n",
					    "[\\]-b]",
					    "[[:alpha:]]",
					    "[[:^digit:]]",
					    "1",
					    " ",
					    "\\141"};
	static const char *const groups[] = {"(", "(?:", "(?i:", "(?P<n>", "(?s-i:", "(?m:"};

	if (depth && rand() % 4 == 0) {
		at = put(at, groups[rand() % 6]);
		at = make(at, depth - 1);
		return put(at, ")");
	}
	return put(at, atoms[rand() % (sizeof(atoms) / sizeof(atoms[0]))]);
}

static char *make(char *at, int depth)
{
	static const char *const repeats[] = {"*",     "+",	"?",  "{2}", "{1,}",
					      "{0,2}", "{1,3}", "*?", "+?",  "??"};
	int n = 1 + rand() % 3, alternatives = 1 + (rand() % 4 == 0);

	for (int a = 0; a < alternatives; a++) {
		if (a)
			at = put(at, "|");
		for (int i = 0; i < n; i++) {
			char *start = at;

			at = make_atom(at, depth);
			/* PCRE2 repeats no assertion. */
			if (rand() % 3 == 0 && !strchr("^$", *start) &&
			    !(*start == '\\' && strchr("bBAzZ", start[1])))
				at = put(at, repeats[rand() % 10]);
		}
	}
	return at;
}

static size_t make_text(char text[TEXT_BYTES])
{
	size_t n = rand() % TEXT_BYTES;

	for (size_t i = 0; i < n; i++)
		text[i] = "aabbcAB1 \n._\xe4"[rand() % 13];
	return n;
}

static void compare(const struct sw_regex *r, const pcre2_code *code, const char *expression,
		    int flags, const char *text, size_t length)
{
	long mine = sw_regex_run(r, (const __u8 *)text, 0, length);
	long theirs = run_theirs(code, text, length);

	if (theirs != GIVES_UP && (mine < 0) != (theirs < 0))
		fail_msg("/%s/ %#x on \"%.*s\": %ld, PCRE2: %ld", expression, flags, (int)length,
			 text, mine, theirs);
}

static void made_up_expressions_match_as_pcre2(void **unused)
{
	char expression[512], error[SW_REGEX_ERROR], text[TEXT_BYTES];
	int compared = 0, flags;
	struct sw_regex r;
	pcre2_code *code;
	bool nomem;
	size_t n;

	(void)unused;
	srand(1);
	for (int i = 0; i < EXPRESSIONS; i++) {
		*make(expression, 2) = 0;
		flags = rand() % 3 ? rand() & 0x0f : rand() & 0x7f;
		code = theirs_of(expression, flags);
		if (!code)
			continue;
		/* Both forms of the table. */
		if (sw_regex_compile(expression, strlen(expression), flags,
				     i & 1 ? SW_REGEX_END : SW_REGEX_ANY, &r, error, &nomem)) {
			if (!strstr(error, "states"))
				fail_msg("/%s/: %s", expression, error);
			pcre2_code_free(code);
			continue;
		}
		for (int t = 0; t < TEXTS; t++) {
			n = make_text(text);
			compare(&r, code, expression, flags, text, n);
			compared++;
		}
		free(r.cell);
		pcre2_code_free(code);
	}
	assert_true(compared > EXPRESSIONS * TEXTS * 8 / 10);
}

/* ---- those of public rules, in kind */

static const struct {
	const char *expression;
	int flags;
	const char *hit, *miss;
} known[] = {
	{"UNION\\s+SELECT", SW_REGEX_NOCASE, "x=union \t select 1", "union+select"},
	{"SELECT.+FROM", SW_REGEX_NOCASE, "select a from", "selectfrom"},
	{"^\\s*(?:ftps?|https?|php)\\:\\//", SW_REGEX_NOCASE, " HTTPS://", "xhttp://"},
	{"<?(java|vb)?script>?.*<.+\\/script>?", 0, "script><a/script", "script</script>"},
	{"^[^&]{10,}$", 0, "0123456789", "012345678&9"},
	{"name=[^&\\x00]{20}", 0, "&name=01234567890123456789", "&name=0123456789&0123456789"},
	{"(\\.\\.\\/){2,}", 0, "a/../../b", "a/..//../b"},
	{"[\\x22\\x27][^\\x22\\x27\\r\\n]{8}", 0, "'abcdefgh", "'abcdefg'"},
	{"^(?:\\w{2,6}://|\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})", 0, "192.0.2.1", "192.0.2."},
	{"^(j|\\x24\\x7b(lower|upper)\\x3aj\\x7d)(n|N)", SW_REGEX_NOCASE, "${LOWER:j}n",
	 "${lower:k}n"},
	{"^Host\\x3a[^\\r\\n]+evil", SW_REGEX_MULTILINE, "GET\r\nHost: evil",
	 "GET\r\nHost:\r\nevil"},
	{"a  b # c\n d", SW_REGEX_EXTENDED, "abd", "a  bd"},
};

static void known_expressions_hit_and_miss(void **unused)
{
	char error[SW_REGEX_ERROR];
	struct sw_regex r;
	bool nomem;

	(void)unused;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *x = known[i].expression;

		for (int use = SW_REGEX_ANY; use <= SW_REGEX_END; use++) {
			if (sw_regex_compile(x, strlen(x), known[i].flags, use, &r, error, &nomem))
				fail_msg("/%s/: %s", x, error);
			if (sw_regex_run(&r, (const __u8 *)known[i].hit, 0, strlen(known[i].hit)) <
			    0)
				fail_msg("/%s/ misses %s", x, known[i].hit);
			if (sw_regex_run(&r, (const __u8 *)known[i].miss, 0,
					 strlen(known[i].miss)) >= 0)
				fail_msg("/%s/ hits %s", x, known[i].miss);
			free(r.cell);
		}
	}
}

/* Of expressions without alternatives that are read from the left: PCRE2's match is
 * the longest, or the shortest where all is lazy. */
static void ends_are_those_of_pcre2(void **unused)
{
	static const char *const expressions[] = {"a+b*",  "a.*b", "a.*?b",	"[ab]{2,4}", "\\w+",
						  "\\s*a", "b+?",  "a(?:bc?)+", ".+\\d",     "x*"};
	char error[SW_REGEX_ERROR], text[TEXT_BYTES];
	long mine, theirs;
	struct sw_regex r;
	pcre2_code *code;
	bool nomem;
	size_t n;

	(void)unused;
	srand(2);
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		code = theirs_of(expressions[i], 0);
		assert_non_null(code);
		assert_int_equal(sw_regex_compile(expressions[i], strlen(expressions[i]), 0,
						  SW_REGEX_END, &r, error, &nomem),
				 0);
		for (int t = 0; t < 400; t++) {
			n = make_text(text);
			mine = sw_regex_run(&r, (const __u8 *)text, 0, n);
			theirs = run_theirs(code, text, n);
			if (mine != theirs)
				fail_msg("/%s/ on \"%.*s\" ends at %ld, PCRE2: %ld", expressions[i],
					 (int)n, text, mine, theirs);
		}
		free(r.cell);
		pcre2_code_free(code);
	}
}

/* What must not follow at the end, and repetitions that give nothing back. */
static void absences_are_those_of_pcre2(void **unused)
{
	static const char *const expressions[] = {
		"a(?!b)",	"a+(?!b)",	   "b(?!ab)",  "[ab]+(?!\\d|c)", "a[bc]$|b(?!a)",
		"^a{1,2}(?!.)", "a\\w*(?!1a[^b])", "\\d++b",   "[ab]*+c",	 "a++(?!a|b)",
		"a{1,2}+b",	"(?:ab|[ac]++b)c", "b[^b]++b", "x?a++"};
	char error[SW_REGEX_ERROR], text[TEXT_BYTES];
	struct sw_regex r;
	pcre2_code *code;
	bool nomem;
	size_t n;

	(void)unused;
	srand(4);
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		code = theirs_of(expressions[i], 0);
		assert_non_null(code);
		if (sw_regex_compile(expressions[i], strlen(expressions[i]), 0, SW_REGEX_ANY, &r,
				     error, &nomem))
			fail_msg("/%s/: %s", expressions[i], error);
		for (int t = 0; t < 2000; t++) {
			n = make_text(text);
			compare(&r, code, expressions[i], 0, text, n);
		}
		free(r.cell);
		pcre2_code_free(code);
	}
}

/* ---- what is refused */

static void each_refusal_names_what(void **unused)
{
	static const char *const wrong[][2] = {
		{"(a)\\1", "back-reference \\1"},
		{"(?P<x>a)(?P=x)", "back-reference (?P="},
		{"(a)\\g1", "back-reference \\g"},
		{"(?<x>a)\\k<x>", "back-reference \\k"},
		{"a(?=b)", "look-ahead (?="},
		{"a(?!b)", "look-ahead (?!"},
		{"(?<=a)b", "look-behind (?<="},
		{"(?<!a)b", "look-behind (?<!"},
		{"(?>a)b", "atomic group"},
		{"a(?!b)c", "look-ahead (?!"},
		{"(a(?!b))", "look-ahead (?!"},
		{"a(?!b*)", "look-ahead (?!"},
		{"a(?!bc|d)", "look-ahead (?!"},
		{"a(?!)", "look-ahead (?!"},
		{"a++[ab]", "possessive"},
		{"a++b?a", "possessive"},
		{"(?:ab)++c", "possessive"},
		{"(a++)b", "possessive"},
		{"\\d{2}+(?!x)", "possessive"},
		{"(?(1)a|b)", "condition (?("},
		{"(?R)", "(?R"},
		{"(*UTF8)a", "verb (*"},
		{"\\p{L}", "\\p is not known"},
		{"\\Qa\\E", "\\Q is not known"},
		{"a{3000}", "repetition of more than"},
		{"a{3,2}", "{3,2}"},
		{"(a", "without its )"},
		{"a)", "without its group"},
		{"[a", "without its ]"},
		{"[b-a]", "ends before it begins"},
		{"[[:word:]]", "class in a set"},
		{"*a", "repeats nothing"},
		{"a\\", "ends in a backslash"},
		{"\\x{100}", "is no byte"},
		{"(?:(?:a{1,1000}){1,1000}){1,1000}", "places"},
		{"a.*(?:b|c).{20}d", "states"},
	};
	char error[SW_REGEX_ERROR];
	struct sw_regex r;
	bool nomem;

	(void)unused;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!sw_regex_compile(wrong[i][0], strlen(wrong[i][0]), 0, SW_REGEX_END, &r, error,
				      &nomem))
			fail_msg("/%s/ is taken", wrong[i][0]);
		assert_false(nomem);
		if (!strstr(error, wrong[i][1]))
			fail_msg("/%s/: \"%s\" does not say \"%s\"", wrong[i][0], error,
				 wrong[i][1]);
	}
}

static void no_text_does_harm(void **unused)
{
	static const char bytes[] = "ab()[]{}|*+?^$\\.-:<>=!#,0129xdwsbPi\n \xff";
	char text[24], error[SW_REGEX_ERROR];
	struct sw_regex r;
	bool nomem;
	size_t n;

	(void)unused;
	srand(3);
	for (int i = 0; i < 30000; i++) {
		n = rand() % sizeof(text);
		for (size_t b = 0; b < n; b++)
			text[b] = bytes[rand() % (sizeof(bytes) - 1)];
		if (!sw_regex_compile(text, n, rand() & 0x7f, i & 1 ? SW_REGEX_END : SW_REGEX_ANY,
				      &r, error, &nomem))
			free(r.cell);
		else
			assert_true(error[0] && !nomem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_expressions_match_as_pcre2),
		cmocka_unit_test(known_expressions_hit_and_miss),
		cmocka_unit_test(ends_are_those_of_pcre2),
		cmocka_unit_test(absences_are_those_of_pcre2),
		cmocka_unit_test(each_refusal_names_what),
		cmocka_unit_test(no_text_does_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
