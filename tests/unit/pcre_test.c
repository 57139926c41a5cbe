// SPDX-License-Identifier: GPL-2.0-only
/* Rules with pcre in the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/regex.h"
#include "test_rules.h"

#define HEAD "GET /index HTTP/1.1\r\nHost: www.Example.org\r\nUser-Agent: tool/1.0\r\n"
#define END "\r\n"
#define FILLER_50 "01234567890123456789012345678901234567890123456789"

static const struct rule_example examples[] = {
	{"content:\"evil-word\"; pcre:\"/evil-word[0-9]{2,4}$/\";", "an evil-word123",
	 "an evil-word12345"},
	{"content:\"evil-word\"; pcre:\"/^EVIL-(?:WORD|thing)/i\";", "evil-word", "an evil-word"},
	{"content:\"evil-word\"; nocase; pcre:\"/EVIL-word/\";", "EVIL-word", "evil-word"},
	{"content:\"evil-word\"; pcre:!\"/x[0-9]+y/\";", "evil-word x1z", "evil-word x12y"},
	{"content:\"evil-word\"; pcre:\"/a.c/\"; pcre:\"/d\\d+e/\";", "evil-word abc d1e",
	 "evil-word abc de"},
	{"content:\"evil-word\"; pcre:\"/a.c/\"; pcre:!\"/d\\d+e/\";", "evil-word abc de",
	 "evil-word abc d1e"},
	{"content:\"evil-word\"; pcre:\"/^a\\x3b.c/R\";", "evil-worda;bc", "evil-word a;bc"},
	{"content:\"evil-word\"; pcre:\"/^[^a]*a/R\";", "evil-word bcda", "a evil-word bcd"},
	{"content:\"evil-word\"; pcre:\"/^\\d+/R\"; content:\"x\"; within:1;", "evil-word123x",
	 "evil-word123yx"},
	{"content:\"evil-word\"; pcre:\"/^\\d/R\"; content:\"x\"; distance:0;",
	 "evil-word evil-word1x", "x evil-word evil-word1"},
	{"content:\"evil-word\"; pcre:\"/a.b/s\";", "evil-word a\nb", "evil-word a\n\nb"},
	{"content:\"evil-word\"; pcre:\"/a.b/\";", "evil-word a b", "evil-word a\nb"},
	{"content:\"evil-word\"; pcre:\"/^next$/m\";", "evil-word\nnext\nline",
	 "evil-word\nnext line"},
	{"content:\"evil-word\"; pcre:\"/\\bword\\b/\";", "evil-word", "evil-words"},
	{"content:\"evil-word\"; pcre:\"/word$/\";", "evil-word\n", "evil-word\nx"},
	{"content:\"evil-word\"; pcre:\"/[\\x80-\\xff]{3}/\";", "evil-word \xe4\xf6\xfc",
	 "evil-word \xe4\xf6"},
	{"content:\"evil-word\"; pcre:\"/a\\/b\\;c/\";", "evil-word a/b;c", "evil-word a/bc"},
	{"http.uri; content:\"/old-app\"; pcre:\"/^\\/old-app\\/\\.\\.\\/[a-z]+$/\";",
	 "GET /old-app/%2e%2e/etc HTTP/1.1\r\n\r\n", "GET /old-app/%2e%2e/etc1 HTTP/1.1\r\n\r\n"},
	{"content:\"/old-app\"; http_uri; pcre:\"/app\\?x=\\d+$/U\";",
	 "GET /old%2dapp?x=12 HTTP/1.1\r\n\r\n",
	 "GET /old%2dapp?x=1a HTTP/1.1\r\nX: app?x=1\r\n\r\n"},
	{"content:\"/old-app\"; http_uri; pcre:\"/%2d/I\";", "GET /old%2dapp HTTP/1.1\r\n\r\n",
	 "GET /old-app HTTP/1.1\r\nX: %2d\r\n\r\n"},
	{"content:\"evil-word\"; pcre:\"/^X-Evil\\x3a [0-9]+\\r$/Hm\";",
	 HEAD "X-Evil: 12\r\nY: evil-word\r\n" END, HEAD "X-Evil: 1a\r\nY: evil-word\r\n" END},
	{"content:\"evil-word\"; pcre:\"/^(?:a|b)=evil/P\";", "POST / HTTP/1.1\r\n\r\nb=evil-word",
	 "POST /?b=evil HTTP/1.1\r\n\r\nc=evil-word"},
	{"content:\"evil-word\"; pcre:\"/^PO/M\";", "POST / HTTP/1.1\r\n\r\nevil-word",
	 "GET / HTTP/1.1\r\n\r\nPOevil-word"},
	{"content:\"evil-word\"; pcre:\"/^id=[a-f]+/C\";", HEAD "Cookie: id=abc; evil-word\r\n" END,
	 HEAD "Cookie: id=xyz; evil-word\r\nX: id=a\r\n" END},
	{"content:\"evil-word\"; pcre:\"/^tool\\/\\d/V\";", HEAD "X: evil-word\r\n" END,
	 "GET / HTTP/1.1\r\nUser-Agent: x tool/1\r\nX: evil-word\r\n\r\n"},
	{"content:\"evil-word\"; pcre:\"/^www\\.[a-z]+\\.org$/Wi\";", HEAD "X: evil-word\r\n" END,
	 "GET / HTTP/1.1\r\nHost: www.1.org\r\nX: evil-word\r\n\r\n"},
	{"http.request_line; content:\"/old-app\"; pcre:\"/^(GE|POS)T \\/old/\";",
	 "POST /old-app HTTP/1.1\r\n\r\n", "PUT /old-app HTTP/1.1\r\nX: GET /old-app\r\n\r\n"},
	{"http.header_names; content:\"|0d 0a|X-Evil-Word|0d 0a|\"; "
	 "pcre:\"/X-Evil-Word\\r\\nX-[A-Z]/\";",
	 HEAD "X-Evil-Word: 1\r\nX-A: 1\r\n" END, HEAD "X-Evil-Word: 1\r\nY-A: 1\r\n" END},
	/* Too large to go through the text once. */
	{"content:\"evil-word\"; pcre:\"/x[^y]{60}.{0,40}z/\";",
	 "evil-word x" FILLER_50 "012345678901234567z", "evil-word x" FILLER_50 "z"},
	{"content:\"evil-word\"; pcre:\"/[\\x22\\x27][^\\x22\\x27]{48}/\";",
	 "evil-word '" FILLER_50,
	 "evil-word '0123456789'"
	 "0123456789012345678901234567"},
};

static void every_expression_hits_and_misses(void **unused)
{
	(void)unused;
	rules_try(examples, sizeof(examples) / sizeof(examples[0]));
}

/* Every place of a payload, and every length of it. */
static void expressions_are_found_at_any_place(void **unused)
{
	char text[1460];

	(void)unused;
	rules_load_options("content:\"evil-word\"; pcre:\"/<[a-z]{3}>/\";");
	for (size_t length = 20; length <= sizeof(text); length += 37) {
		for (size_t at = 9; at + 5 <= length; at += length / 3) {
			memset(text, 'a', length);
			memcpy(text, "evil-word", 9);
			assert_false(rules_see(text, length));
			memcpy(text + at, "<abc>", 5);
			if (!rules_see(text, length))
				fail_msg("not seen at %zu of %zu", at, length);
		}
		memset(text, 'a', length);
		memcpy(text, "evil-word", 9);
		memcpy(text + length - 5, "<abc>", 5);
		assert_true(rules_see(text, length));
		text[length - 1] = 'a';
		assert_false(rules_see(text, length));
	}
}

/* An expression that goes on in the next segment. */
static void what_is_cut_in_two_is_seen(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);

	(void)unused;
	rules_load_options("content:\"evil-word\"; pcre:\"/^a evil-word\\d+x$/\";");
	assert_not_seen(&t, "a evil-word12");
	assert_seen(&t, "34x");
	/* What a flow's last bytes begin with is no beginning. */
	t = stream_open(CLIENT4, OPEN_PORT);
	rules_load_options("content:\"evil-word\"; pcre:\"/^b{200}/\";");
	for (int i = 0; i < 8; i++)
		assert_not_seen(&t, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
	assert_not_seen(&t, "evil-word");
}

/* What a text makes slow is told of, and is no match. */
static void slow_texts_end(void **unused)
{
	uint64_t before = prog.state->unfinished;
	char text[1460];

	(void)unused;
	rules_load_options("content:\"evil-word\"; pcre:\"/a[^z]{900}.{0,400}z/\";");
	memset(text, 'a', sizeof(text));
	memcpy(text, "evil-word", 9);
	assert_false(rules_see(text, sizeof(text)));
	assert_true(prog.state->unfinished > before);
	/* Neither does it match what is not to be there. */
	rules_load_options("content:\"evil-word\"; pcre:!\"/a[^z]{900}.{0,400}z/\";");
	assert_false(rules_see(text, sizeof(text)));
}

/* ---- against the reference in user space, which regex_test.c holds against PCRE2 */

static char *make_expression(char *at)
{
	static const char *const atoms[] = {"a",	 "b",	"[ab]", "[^a]", ".", "(?:ab|ba)",
					    "(a|b[ab])", "\\n", "\\w",	"c",	"^", "$"};
	static const char *const repeats[] = {"*", "+", "?", "{2}", "{1,3}", "", "", "", ""};
	int n = 2 + rand() % 3, atom;

	for (int i = 0; i < n; i++) {
		atom = rand() % 12;
		at = stpcpy(at, atoms[atom]);
		if (atom < 10)
			at = stpcpy(at, repeats[rand() % 9]);
	}
	return at;
}

#define ROUNDS 120
#define TEXTS 12

static void random_expressions_match_as_in_user_space(void **unused)
{
	char expression[128], options[256], error[SW_REGEX_ERROR];
	uint8_t text[64];
	struct sw_regex r;
	int held = 0;
	bool nomem;

	(void)unused;
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		*make_expression(expression) = 0;
		snprintf(options, sizeof(options), "content:\"evil-word\"; pcre:\"/%s/\";",
			 expression);
		rules_load_options(options);
		assert_int_equal(sw_regex_compile(expression, strlen(expression), 0, SW_REGEX_ANY,
						  &r, error, &nomem),
				 0);
		for (int n = 0; n < TEXTS; n++) {
			size_t size = rand() % 20;
			bool holds;

			for (size_t b = 0; b < size; b++)
				text[b] = "aabbc\n"[rand() % 6];
			memcpy(text + size, "\nevil-word\n", 11);
			size += 11 - rand() % 2;
			holds = sw_regex_run(&r, text, 0, size) >= 0;
			held += holds;
			if (rules_see(text, size) != holds)
				fail_msg("/%s/ on \"%.*s\" should %shold", expression, (int)size,
					 text, holds ? "" : "not ");
		}
		free(r.cell);
	}
	assert_in_range(held, ROUNDS, ROUNDS * TEXTS - ROUNDS);
}

/* ---- into the maps */

static void rules_share_what_they_have_in_common(void **unused)
{
	static const char rules[] =
		"alert tcp any any -> any 80 (content:\"evil-one\"; pcre:\"/a[0-9]+/i\"; sid:1;)\n"
		"alert tcp any any -> any 80 (content:\"evil-two\"; pcre:\"/a[0-9]+/i\"; sid:2;)\n"
		"alert tcp any any -> any 80 (content:\"evil-six\"; pcre:\"/a[0-9]+/\"; sid:3;)\n";
	struct sw_rules_options options = {0};
	struct sw_rules r;
	struct sw_err e;

	(void)unused;
	assert_int_equal(sw_rules_init(&r, &options, &e), 0);
	assert_int_equal(sw_rules_read_text(&r, "test", rules, strlen(rules), &e), 0);
	assert_int_equal(sw_rules_compile(&r, &e), 0);
	assert_int_equal(r.rules, 3);
	assert_int_equal(r.tables.condition[1].regex.page, r.tables.condition[3].regex.page);
	assert_int_not_equal(r.tables.condition[1].regex.page, r.tables.condition[5].regex.page);
	assert_int_equal(r.tables.pages, 4); /* two of classes, two of cells */
	sw_rules_free(&r);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(every_expression_hits_and_misses),
		CASE(expressions_are_found_at_any_place),
		CASE(what_is_cut_in_two_is_seen),
		CASE(slow_texts_end),
		CASE(random_expressions_match_as_in_user_space),
		CASE(rules_share_what_they_have_in_common),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
