// SPDX-License-Identifier: GPL-2.0-only
/* Rules as text: which are accepted, how others are refused, and that no broken text does
 * harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rules/builtin.h"
#include "rules/rules.h"

#define RULE(options) "alert tcp any any -> any 80 (msg:\"x\"; " options " sid:7;)"

static struct sw_rules r;
static const char *const no_variables[] = {NULL};

static void read_with(const struct sw_rules_options *options, const char *text, size_t length)
{
	struct sw_err e;

	if (sw_rules_init(&r, options, &e) ||
	    sw_rules_read_text(&r, "own.rules", text, length, &e) || sw_rules_compile(&r, &e))
		fail_msg("%s", e.text);
}

static void read_rules(const char *text)
{
	const struct sw_rules_options options = {.variable = no_variables};

	read_with(&options, text, strlen(text));
}

static void refused(const char *line, enum sw_refusal why, const char *says)
{
	read_rules(line);
	if (r.rules || r.refusals != 1)
		fail_msg("%zu taken, %zu refused: %s", r.rules, r.refusals, line);
	if (r.refused[0].why != why || !strstr(r.refused[0].reason, says))
		fail_msg("%s: %s: \"%s\" does not say \"%s\"", line,
			 sw_refusal_name(r.refused[0].why), r.refused[0].reason, says);
	assert_int_equal(r.refused[0].line, 1);
	assert_string_equal(r.refused[0].file, "own.rules");
	sw_rules_free(&r);
}

static void each_refusal_says_what_and_why(void **unused)
{
	static const struct {
		const char *line;
		enum sw_refusal why;
		const char *says;
	} wrong[] = {
		{"nonsense", SW_REFUSAL_SYNTAX, "a rule is: alert tcp"},
		{"pass tcp any any -> any 80 (content:\"evil-word\"; sid:7;)", SW_REFUSAL_SYNTAX,
		 "unknown action \"pass\" (expected alert, drop or reject)"},
		{"alert quic any any -> any 443 (content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_PROTOCOL, "\"quic\""},
		{RULE("content:\"evil-word\"; flags:SX;"), SW_REFUSAL_SYNTAX, "unknown flag \"X\""},
		{RULE("flow:not_established; content:\"evil-word\"; flags:!S;"), SW_REFUSAL_KEYWORD,
		 "flow:not_established"},
		{RULE("flags:A;"), SW_REFUSAL_KEYWORD, "only SYNs"},
		{"alert udp any any -> any 80 (flags:S; sid:7;)", SW_REFUSAL_SYNTAX,
		 "flags requires the protocol tcp"},
		{RULE("content:\"evil-word\"; stream_size:client,<;"), SW_REFUSAL_SYNTAX,
		 "stream_size: expected client"},
		{RULE("content:\"evil-word\"; stream_size:client,<,0;"), SW_REFUSAL_SYNTAX,
		 "stream_size: expected client"},
		{RULE("content:\"evil-word\"; stream_size:client,<,-1;"), SW_REFUSAL_SYNTAX,
		 "stream_size: expected client"},
		{RULE("content:\"evil-word\"; isdataat:2000,relative;"), SW_REFUSAL_SIZE,
		 "isdataat: 2000"},
		{"alert tcp any any <- any 80 (content:\"evil-word\"; sid:7;)", SW_REFUSAL_SYNTAX,
		 "invalid direction \"<-\""},
		{"alert tcp 300.0.0.1 any -> any 80 (content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_SYNTAX, "invalid address \"300.0.0.1\""},
		{"alert tcp any any -> any 70000 (content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_SYNTAX, "invalid port \"70000\""},
		{"alert tcp any any -> any $NOWHERE (content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_SYNTAX, "undefined variable $NOWHERE"},
		{"alert tcp any any -> any [80,443 (content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_SYNTAX, ""},
		{"alert tcp $HOME_NET any -> $EXTERNAL_NET 80 (content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_OUTGOING, "$HOME_NET to $EXTERNAL_NET"},
		{"alert tcp $EXTERNAL_NET 80 -> $HOME_NET any (flow:to_client; "
		 "content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_RESPONSE, "what servers elsewhere answer"},
		{"alert udp any 53 -> any any (flow:to_client; content:\"evil-word\"; sid:7;)",
		 SW_REFUSAL_RESPONSE, "of TCP only"},
		{RULE("flow:to_client; http.uri; content:\"evil-word\";"), SW_REFUSAL_BUFFER,
		 "a buffer of requests"},
		{RULE("flow:to_client; content:\"evil-word\"; urilen:>5;"), SW_REFUSAL_BUFFER,
		 "a buffer of requests"},
		{RULE("flow:to_server; http.stat_code; content:\"404\";"), SW_REFUSAL_BUFFER,
		 "a buffer of answers"},
		{RULE("flow:to_client; content:\"evil-word\"; stream_size:client,>,5;"),
		 SW_REFUSAL_KEYWORD, "stream_size"},
		{RULE("content:\"evil-word\"; pcre:\"/(x)\\1/\";"), SW_REFUSAL_PCRE,
		 "pcre: the back-reference \\1"},
		{RULE("content:\"evil-word\"; pcre:\"/x(?!y)z/\";"), SW_REFUSAL_PCRE,
		 "pcre: the look-ahead (?!"},
		{RULE("content:\"evil-word\"; pcre:\"/x/L\";"), SW_REFUSAL_PCRE,
		 "pcre: unknown flag \"L\""},
		{RULE("content:\"evil-word\"; pcre:\"/x/S\";"), SW_REFUSAL_BUFFER,
		 "a buffer of answers"},
		{RULE("content:\"evil-word\"; pcre:\"x\";"), SW_REFUSAL_SYNTAX,
		 "pcre: \"x\" does not stand between slashes"},
		{RULE("content:\"evil-word\"; pcre:x;"), SW_REFUSAL_SYNTAX,
		 "pcre: \"x\" is not quoted"},
		{RULE("pcre:\"/evil-word/\";"), SW_REFUSAL_PCRE, "pcre without a content"},
		{RULE("content:!\"evil-word\"; pcre:\"/evil-word/\";"), SW_REFUSAL_PCRE,
		 "pcre without a content"},
		{RULE("http.accept; content:\"evil-word\"; pcre:\"/^evil/\";"), SW_REFUSAL_BUFFER,
		 "pcre: a place in"},
		{RULE("content:\"evil-word\"; flowbits:isset;"), SW_REFUSAL_FLOWBITS,
		 "flowbits: \"isset\""},
		{RULE("content:\"evil-word\"; flowbits:isset,a|b;"), SW_REFUSAL_FLOWBITS,
		 "one name"},
		{RULE("content:\"evil-word\"; xbits:set,a,track tx;"), SW_REFUSAL_FLOWBITS,
		 "unknown option \"track\""},
		{RULE("content:\"evil-word\"; flowint:a,+,1;"), SW_REFUSAL_FLOWBITS, "flowint"},
		{"drop tcp any any -> any 80 (content:\"evil-word\"; flowbits:set,a; noalert; "
		 "sid:7;)",
		 SW_REFUSAL_FLOWBITS, "whose action is alert"},
		{RULE("content:\"evil-word\"; noalert;"), SW_REFUSAL_FLOWBITS, "noalert"},
		{RULE("file.data; content:\"evil-word\"; startswith;"), SW_REFUSAL_BUFFER,
		 "a place in"},
		{RULE("file.name; content:\"evil-word\";"), SW_REFUSAL_BUFFER, "file.name"},
		{RULE("dns.query; content:\"evil-word\";"), SW_REFUSAL_BUFFER, "dns.query"},
		{RULE("tls.sni; content:\"evil-word\";"), SW_REFUSAL_BUFFER, "tls.sni"},
		{RULE("http.accept; content:\"evil-word\"; content:!\"x\"; distance:0;"),
		 SW_REFUSAL_BUFFER, "a place in"},
		{RULE("http.accept; content:\"evil-word\"; content:\"x\"; distance:-3;"),
		 SW_REFUSAL_BUFFER, "a place in"},
		{RULE("content:\"evil-word\"; luajit:x;"), SW_REFUSAL_KEYWORD, "\"luajit\""},
		{RULE("dsize:x; content:\"evil-word\";"), SW_REFUSAL_SYNTAX,
		 "dsize: invalid value \"x\" (expected 10"},
		{RULE("content:\"evil-word\"; byte_extract:1,0,a; byte_extract:1,1,b;"),
		 SW_REFUSAL_BYTES, "byte_extract: b is a second value"},
		{RULE("content:\"evil-word\"; byte_extract:1,0,a; byte_test:1,=,b,0;"),
		 SW_REFUSAL_BYTES, "names of values"},
		{RULE("content:\"evil-word\"; byte_math:bytes 1;"), SW_REFUSAL_BYTES, "byte_math"},
		{RULE("content:\"evil-word\"; base64_data; content:\"a\";"), SW_REFUSAL_SYNTAX,
		 "base64_data must follow"},
		{RULE("content:\"evil-word\"; base64_decode; base64_data; pcre:\"/a/\";"),
		 SW_REFUSAL_BUFFER, "base64_data: only contents"},
		{RULE("content:\"evil-word\"; base64_decode:lines 3;"), SW_REFUSAL_SYNTAX,
		 "base64_decode: unknown option \"lines 3\""},
		{RULE("content:\"evil-word\"; app-layer-event:http.x;"), SW_REFUSAL_KEYWORD,
		 "unknown event \"http.x\""},
		{RULE("content:\"evil-word\"; byte_test:1,~,1,0;"), SW_REFUSAL_BYTES, "\"~\""},
		{RULE("content:\"evil-word\"; byte_test:8,=,1,0;"), SW_REFUSAL_BYTES, "8 bytes"},
		{RULE("content:\"evil-word\"; byte_jump:1,0,from_end;"), SW_REFUSAL_BYTES,
		 "from_end"},
		{RULE("content:\"evil|4\";"), SW_REFUSAL_SYNTAX, "invalid hex byte"},
		{RULE("content:evil-word;"), SW_REFUSAL_SYNTAX, "is not quoted"},
		{RULE("content:\"\";"), SW_REFUSAL_SYNTAX, "content is empty"},
		{RULE("nocase; content:\"evil-word\";"), SW_REFUSAL_SYNTAX,
		 "nocase must follow a content"},
		{RULE("content:\"evil-word\"; depth:3;"), SW_REFUSAL_SYNTAX, "depth of 3"},
		{RULE("content:\"evil-word\"; offset:1; distance:1;"), SW_REFUSAL_SYNTAX,
		 "offset or depth beside"},
		{RULE("content:\"evil-word\"; offset:99999;"), SW_REFUSAL_SIZE, "offset: 99999"},
		{RULE("content:\"evil-word\"; threshold:type both,track by_net,count 1,seconds 1;"),
		 SW_REFUSAL_KEYWORD, "track by_src, by_dst"},
		{"alert tcp any any -> any 80 (content:\"evil-word\";)", SW_REFUSAL_SYNTAX,
		 "missing sid"},
		{RULE("flow:established;"), SW_REFUSAL_KEYWORD, "no payload condition"},
		{RULE("http.header; content:\"Mozilla\";"), SW_REFUSAL_COMMON, "\"Mozilla\""},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refused(wrong[i].line, wrong[i].why, wrong[i].says);
}

static void taken(const char *text, size_t rules)
{
	read_rules(text);
	if (r.rules != rules || r.refusals)
		fail_msg("%zu taken, %zu refused (%s): %s", r.rules, r.refusals,
			 r.refusals ? r.refused[0].reason : "", text);
}

static void lines_as_they_come(void **unused)
{
	(void)unused;
	taken("# a comment\n\n" RULE("content:\"evil-word\";") "\r\n", 1);
	assert_int_equal(r.rule[0].line, 3);
	assert_int_equal(r.rule[0].sid, 7);
	assert_string_equal(r.rule[0].msg, "x");
	sw_rules_free(&r);
	taken("alert tcp any any -> \\\n  any 80 (content:\"evil-word\"; \\\r\n sid:7;)", 1);
	assert_int_equal(r.rule[0].line, 1);
	sw_rules_free(&r);
	taken("var WEB [80,8080]\nportvar BOTH [$WEB,443]\n"
	      "alert tcp any any -> any $BOTH (content:\"evil-word\"; sid:7;)\n",
	      1);
	assert_int_equal(r.tables.rule[0].dports, 3);
	sw_rules_free(&r);
	read_rules(RULE("content:\"evil-word\";") "\n" RULE("content:\"evil-word\";"));
	assert_int_equal(r.rules, 1);
	assert_int_equal(r.refused[0].why, SW_REFUSAL_DUPLICATE);
	assert_int_equal(r.refused[0].line, 2);
	sw_rules_free(&r);
	/* A variable of itself is no way to hang. */
	read_rules(
		"var A $B\nvar B $A\nalert tcp any any -> any $A (content:\"evil-word\"; sid:7;)");
	assert_int_equal(r.rules, 0);
	sw_rules_free(&r);
}

static void what_a_rule_says_of_itself(void **unused)
{
	const struct sw_rule_text *t;

	(void)unused;
	taken("reject tcp any any -> any 80 (msg:\"a \\\"quoted\\; text\"; content:\"evil-word\"; "
	      "classtype:attempted-admin; reference:cve,2014-0160; reference:url,example.org; "
	      "priority:1; sid:7; rev:3;)",
	      1);
	t = &r.rule[0];
	assert_string_equal(t->msg, "a \"quoted; text");
	assert_string_equal(t->classtype, "attempted-admin");
	assert_string_equal(t->reference, "cve:2014-0160, url:example.org");
	assert_int_equal(t->rev, 3);
	assert_int_equal(t->priority, 1);
	assert_int_equal(t->action, SW_RULE_BLOCK);
	assert_non_null(strstr(t->source, "reject tcp"));
	assert_null(t->warning);
	sw_rules_free(&r);
}

static void options_of_the_reader(void **unused)
{
	static const char *const web[] = {"HTTP_PORTS=[8080]", NULL};
	struct sw_rules_options options = {.lenient = true, .variable = web};
	const char *text =
		"portvar HTTP_PORTS 1\n"
		"drop http any any -> any any (content:\"evil-word\"; pcre:\"/(x)\\1/\"; sid:7;)";

	(void)unused;
	read_with(&options, text, strlen(text));
	assert_int_equal(r.rules, 1);
	assert_int_equal(r.rule[0].action, SW_RULE_ALERT);
	assert_non_null(strstr(r.rule[0].warning, "regular expression"));
	assert_int_equal(r.tables.rule[0].dport[0].low, 8080);
	assert_true(r.tables.ports->tcp[8080] & SW_INSPECT_SEARCH);
	assert_int_equal(r.tables.ports->tcp[80], 0);
	sw_rules_free(&r);
	options.only_alerts = true;
	options.lenient = false;
	text = "reject tcp any any -> any 80 (content:\"evil-word\"; sid:7;)";
	read_with(&options, text, strlen(text));
	assert_int_equal(r.tables.rule[0].action, SW_RULE_ALERT);
	sw_rules_free(&r);
}

/* Seven bytes that few share; those that all share are the last choice. */
static void the_rarest_window_is_taken(void **unused)
{
	uint64_t w = 0;

	(void)unused;
	taken(RULE("content:\"User-Agent: zqxjkvb-9\";"), 1);
	assert_int_equal(r.tables.windows, 1);
	w = r.tables.window[0].window;
	assert_null(memmem("user-agent: ", 12, &w, SW_WINDOW_BYTES));
	sw_rules_free(&r);
}

/* What another rule has put into the filter costs nothing. */
static void rules_share_windows_where_they_can(void **unused)
{
	(void)unused;
	taken("alert tcp any any -> any 80 (content:\"zqxjkvb-9\"; content:\"wvjqzx7vkpqj\"; "
	      "sid:7;)\n"
	      "alert tcp any any -> any 80 (content:\"jqzx7vk\"; sid:8;)\n",
	      2);
	assert_int_equal(r.tables.windows, 1);
	assert_int_equal(r.tables.window[0].rules.count, 2);
	sw_rules_free(&r);
}

static void many_rules_share_what_they_must(void **unused)
{
	char *text = calloc(1, 200 * 128), *at = text;

	(void)unused;
	for (int i = 0; i < 100; i++)
		at += sprintf(at, "alert tcp any any -> any 80 (content:\"evil7wd\"; sid:%d;)\n",
			      i + 1);
	read_rules(text);
	assert_int_equal(r.rules, SW_WINDOW_RULES);
	assert_int_equal(r.refusals, 100 - SW_WINDOW_RULES);
	assert_int_equal(r.refused[0].why, SW_REFUSAL_SEARCH);
	sw_rules_free(&r);
	at = text;
	for (int i = 0; i < 100; i++)
		at += sprintf(at, "alert tcp any any -> any 99 (content:\"evil\"; sid:%d;)\n",
			      i + 1);
	read_rules(text);
	assert_int_equal(r.rules, SW_PORT_RULES);
	sw_rules_free(&r);
	free(text);
}

/* Whatever stands in a file, reading it ends, and well. */
static void broken_texts_do_no_harm(void **unused)
{
	static const char spice[] = "\0\\\"|;:()[]!$,\n \xff%";
	const struct sw_rules_options options = {.variable = no_variables};
	uint32_t x = 1;
	size_t length, most = 3000;
	const char *builtin = sw_rules_builtin(&length);
	char *text = malloc(most);

	(void)unused;
	for (int round = 0; round < 1000; round++) {
		x = x * 1664525 + 1013904223;
		memcpy(text, builtin + (x >> 8) % (length - most), most);
		for (int i = 0; i < 12; i++) {
			x = x * 1664525 + 1013904223;
			text[(x >> 8) % most] = spice[(x >> 3) % (sizeof(spice) - 1)];
		}
		read_with(&options, text, most);
		sw_rules_free(&r);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refusal_says_what_and_why),
		cmocka_unit_test(lines_as_they_come),
		cmocka_unit_test(what_a_rule_says_of_itself),
		cmocka_unit_test(options_of_the_reader),
		cmocka_unit_test(the_rarest_window_is_taken),
		cmocka_unit_test(rules_share_windows_where_they_can),
		cmocka_unit_test(many_rules_share_what_they_must),
		cmocka_unit_test(broken_texts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
