// SPDX-License-Identifier: GPL-2.0-only
/* The conditions of a rule, one kind after another. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "test_rules.h"

#define WEB SW_BUFFER_PAYLOAD
#define RELATIVE SW_CONDITION_RELATIVE
#define ENDS SW_CONDITION_ENDS
#define NOT SW_CONDITION_NOT

/* One rule, one payload, each over a connection of its own. */
static bool sees_bytes(const struct sig *s, const void *bytes, size_t length)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	int reason;

	signatures_load(s, 1, 0);
	reason = stream_send(&t, bytes, length);
	assert_true(reason == SW_REASON_SIGNATURE || reason == SW_REASON_FLOW);
	return reason == SW_REASON_SIGNATURE;
}

static bool sees(const struct sig *s, const char *text)
{
	return sees_bytes(s, text, strlen(text));
}

static struct sig with(const char *text, int flags, int offset, int depth)
{
	struct sig s = sig(SID, SW_RULE_DROP);

	sig_text_at(&s, WEB, text, flags, offset, depth);
	return s;
}

static void a_content_has_its_case(void **unused)
{
	struct sig s = with("Evil-Word", 0, 0, 0);
	(void)unused;
	assert_true(sees(&s, "an Evil-Word there"));
	assert_false(sees(&s, "an evil-word there"));
	assert_false(sees(&s, "an Evil-Wor"));
	/* 0x0d | 0x20 == '-': the filter folds it, the condition must not. */
	assert_false(sees(&s, "an Evil\rWord there"));
	s = with("Evil-Word", NOCASE, 0, 0);
	assert_true(sees(&s, "an eVIL-wORD there"));
	assert_false(sees(&s, "an eVIL\rwORD there"));
}

static void offset_and_depth_bound_a_content(void **unused)
{
	struct sig s = with("evilword", 0, 4, 10); /* begins at 4, 5 or 6 */
	(void)unused;
	assert_false(sees(&s, "...evilword"));
	assert_true(sees(&s, "....evilword"));
	assert_true(sees(&s, "......evilword..."));
	assert_false(sees(&s, ".......evilword"));
	s = with("evilword", 0, 0, 8); /* startswith */
	assert_true(sees(&s, "evilword"));
	assert_false(sees(&s, ".evilword"));
	s = with("evilword", 0, 3, 0);
	assert_false(sees(&s, "..evilword"));
	assert_true(sees(&s, "..evilword.evilword"));
}

static void a_content_may_have_to_end_the_payload(void **unused)
{
	struct sig s = with("evilword", ENDS, 0, 0);
	(void)unused;
	assert_true(sees(&s, "evilword"));
	assert_true(sees(&s, "evilword evilword"));
	assert_false(sees(&s, "evilword."));
	s = with("evilword", ENDS, 0, 12);
	assert_true(sees(&s, "....evilword"));
	assert_false(sees(&s, ".....evilword"));
}

static void relative_contents_follow_the_last(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	(void)unused;
	sig_text_at(&s, WEB, "tail", RELATIVE, 2, 6); /* distance 2, within 6 */
	assert_false(sees(&s, "evilword.tail"));
	assert_true(sees(&s, "evilword..tail"));
	assert_true(sees(&s, "evilword....tail"));
	assert_false(sees(&s, "evilword.....tail"));
	/* The first place fails, a later one does. */
	assert_true(sees(&s, "evilword evilword evilword...tail"));
	s = with("evilword", 0, 0, 0);
	sig_text_at(&s, WEB, "before", RELATIVE, -20, 0);
	assert_true(sees(&s, "before..evilword"));
	assert_false(sees(&s, "before........evilword"));
	s = with("evilword", 0, 0, 0);
	sig_text_at(&s, WEB, "end", RELATIVE | ENDS, 0, 0);
	assert_true(sees(&s, "evilword..end"));
	assert_false(sees(&s, "end evilword"));
	assert_false(sees(&s, "evilword end."));
}

static void a_chain_is_tried_again_eight_times(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	(void)unused;
	sig_text_at(&s, WEB, "tail", RELATIVE, 0, 4);
	assert_true(sees(&s, "evilword evilword evilword evilword evilword evilword evilword "
			     "evilword evilwordtail"));
	assert_false(sees(&s, "evilword evilword evilword evilword evilword evilword evilword "
			      "evilword evilword evilwordtail"));
}

static void a_content_may_have_to_be_missing(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	(void)unused;
	sig_text_at(&s, WEB, "harmless", NOT, 0, 0);
	assert_true(sees(&s, "evilword"));
	assert_false(sees(&s, "evilword harmless"));
	assert_false(sees(&s, "harmless evilword"));
	s = with("evilword", 0, 0, 0);
	sig_text_at(&s, WEB, "ok", NOT | RELATIVE, 0, 4);
	assert_false(sees(&s, "evilword ok"));
	assert_true(sees(&s, "evilword   ok"));
	assert_true(sees(&s, "evilword"));
	/* isdataat:!1,relative, as it can be written */
	s = with("evilword", 0, 0, 0);
	sig_text_at(&s, WEB, "GET ", NOT, 0, 4);
	assert_true(sees(&s, ".GET evilword"));
	assert_false(sees(&s, "GET evilword"));
}

static void short_and_long_patterns_are_exact(void **unused)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyz012345";
	char wrong[33];
	struct sig s;
	(void)unused;
	for (size_t length = 1; length <= SW_PATTERN_BYTES; length++) {
		s = sig(SID, SW_RULE_DROP);
		sig_bytes(&s, WEB, text, length, 0, 0, 0);
		assert_true(sees(&s, text));
		memcpy(wrong, text, 33);
		wrong[length - 1] = '.';
		assert_false(sees(&s, wrong));
	}
}

static void all_conditions_must_hold(void **unused)
{
	struct sig s = sig(SID, SW_RULE_DROP);
	char text[] = "word-a word-b word-c word-d word-e word-f word-g word-h word-i word-j "
		      "word-k word-l word-m word-n word-o word-p";
	char one[] = "word-a";
	(void)unused;
	for (int i = 0; i < SW_RULE_CONDITIONS; i++) {
		one[5] = 'a' + i;
		sig_text(&s, WEB, one, 0);
	}
	assert_true(sees(&s, text));
	for (int i = 0; i < SW_RULE_CONDITIONS; i++) {
		text[7 * i] = 'W';
		assert_false(sees(&s, text));
		text[7 * i] = 'w';
	}
}

static struct sw_condition *byte_test(struct sig *s, int length, int flags, enum sw_compare compare,
				      uint32_t low)
{
	struct sw_condition *c = sig_number(s, SW_CONDITION_BYTE_TEST, compare, low, 0);

	c->length = length;
	c->flags = flags;
	return c;
}

static void byte_test_compares(void **unused)
{
	static const uint8_t bytes[] = {1, 2, 3, 4};
	static const struct {
		enum sw_compare compare;
		uint32_t low, high;
		bool holds;
	} rows[] = {
		{SW_COMPARE_EQUAL, 0x0102, 0, true},
		{SW_COMPARE_EQUAL, 0x0103, 0, false},
		{SW_COMPARE_LESS, 0x0103, 0, true},
		{SW_COMPARE_LESS, 0x0102, 0, false},
		{SW_COMPARE_GREATER, 0x0101, 0, true},
		{SW_COMPARE_GREATER, 0x0102, 0, false},
		{SW_COMPARE_AND, 0x0100, 0, true},
		{SW_COMPARE_AND, 0x0200, 0, false},
		{SW_COMPARE_BETWEEN, 0x0102, 0x0102, true},
		{SW_COMPARE_BETWEEN, 0x0103, 0x0200, false},
	};
	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sig s = sig(SID, SW_RULE_DROP);
		struct sw_condition *c = byte_test(&s, 2, 0, rows[i].compare, rows[i].low);

		c->number.high = rows[i].high;
		assert_int_equal(sees_bytes(&s, bytes, sizeof(bytes)), rows[i].holds);
		c->flags = NOT;
		assert_int_equal(sees_bytes(&s, bytes, sizeof(bytes)), !rows[i].holds);
	}
}

static void byte_test_reads_both_orders_and_digits(void **unused)
{
	static const uint8_t bytes[] = {1, 2, 3, 4};
	static const uint32_t big[] = {1, 0x102, 0x10203, 0x1020304};
	static const uint32_t little[] = {1, 0x201, 0x30201, 0x4030201};
	struct sw_condition *c;
	struct sig s;
	(void)unused;
	for (int length = 1; length <= 4; length++) {
		s = sig(SID, SW_RULE_DROP);
		byte_test(&s, length, 0, SW_COMPARE_EQUAL, big[length - 1]);
		assert_true(sees_bytes(&s, bytes, 4));
		s = sig(SID, SW_RULE_DROP);
		byte_test(&s, length, SW_CONDITION_LITTLE, SW_COMPARE_EQUAL, little[length - 1]);
		assert_true(sees_bytes(&s, bytes, 4));
		/* Not all of it is there. */
		assert_false(sees_bytes(&s, bytes, length - 1 ? length - 1 : 0));
	}
	s = sig(SID, SW_RULE_DROP);
	c = byte_test(&s, 2, 0, SW_COMPARE_EQUAL, 0x02);
	c->number.mask = 0xff;
	assert_true(sees_bytes(&s, bytes, 4));
	s = with("Content-Length:", NOCASE, 0, 0);
	byte_test(&s, 10, RELATIVE | SW_CONDITION_DECIMAL, SW_COMPARE_GREATER, 65535);
	assert_true(sees(&s, "Content-Length: 123456\r\n.."));
	assert_false(sees(&s, "Content-Length: 12345\r\n..."));
	s = with("size=", 0, 0, 0);
	byte_test(&s, 4, RELATIVE | SW_CONDITION_HEX, SW_COMPARE_EQUAL, 0xbeef);
	assert_true(sees(&s, "size=bEeF"));
	assert_false(sees(&s, "size=beee"));
}

static void byte_test_stands_where_it_is_told(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	struct sw_condition *c = byte_test(&s, 1, RELATIVE, SW_COMPARE_EQUAL, 'X');
	(void)unused;
	c->offset = 2;
	assert_true(sees(&s, "evilword..X"));
	assert_false(sees(&s, "evilword.X."));
	/* The chain goes on from the next place. */
	assert_true(sees(&s, "evilword...evilword..X"));
	c->flags = 0; /* from the start */
	assert_true(sees(&s, "..X evilword"));
	assert_false(sees(&s, ".X. evilword"));
	c->offset = -9;
	c->flags = RELATIVE;
	assert_true(sees(&s, "Xevilword"));
	assert_false(sees(&s, "evilword"));
}

static void byte_jump_moves_what_follows(void **unused)
{
	struct sig s = with("\x01\x02head", 0, 0, 6);
	struct sw_condition *c = sig_number(&s, SW_CONDITION_BYTE_JUMP, SW_COMPARE_EQUAL, 0, 0);
	(void)unused;
	c->length = 1;
	c->flags = RELATIVE;
	sig_text_at(&s, WEB, "goal", RELATIVE, 0, 4);
	assert_true(sees(&s, "\x01\x02head\x03...goal"));
	assert_false(sees(&s, "\x01\x02head\x02...goal"));
	c->number.jump = 1; /* post_offset */
	assert_true(sees(&s, "\x01\x02head\x02...goal"));
	c->number.jump = 0;
	c->number.multiply = 2;
	assert_true(sees(&s, "\x01\x02head\x02....goal"));
	c->number.multiply = 1;
	c->number.align = 1;
	assert_true(sees(&s, "\x01\x02head\x03....goal"));
	c->number.align = 0;
	c->number.from_start = 1;
	assert_true(sees(&s, "\x01\x02head\x09..goal"));
	assert_false(sees(&s, "\x01\x02head\x08..goal"));
	c->number.from_start = 0;
	assert_false(sees(&s, "\x01\x02head\xff...goal")); /* past the end */
}

static void the_size_of_the_payload_compares(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	(void)unused;
	sig_number(&s, SW_CONDITION_SIZE, SW_COMPARE_BETWEEN, 10, 12);
	assert_false(sees(&s, "evilword."));
	assert_true(sees(&s, "evilword.."));
	assert_true(sees(&s, "evilword...."));
	assert_false(sees(&s, "evilword....."));
	s.condition[1].flags = NOT;
	assert_true(sees(&s, "evilword."));
	assert_false(sees(&s, "evilword.."));
}

static void add_address(struct sig *s, enum sw_condition_type type, uint32_t addr, uint32_t plen,
			int flags)
{
	struct sw_condition *c = sig_condition(s, type, WEB);
	uint32_t be = htonl(addr);

	c->flags = flags;
	c->address.plen = 96 + plen;
	c->address.byte[10] = c->address.byte[11] = 0xff;
	memcpy(c->address.byte + 12, &be, 4);
}

static void sources_and_destinations_are_prefixes(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	(void)unused;
	add_address(&s, SW_CONDITION_SOURCE, CLIENT4, 32, 0);
	assert_true(sees(&s, "evilword"));
	s.condition[1].address.byte[15] ^= 1;
	assert_false(sees(&s, "evilword"));
	s.condition[1].address.plen = 96 + 24;
	assert_true(sees(&s, "evilword"));
	s.condition[1].flags = NOT;
	assert_false(sees(&s, "evilword"));
	s.condition[1].type = SW_CONDITION_DESTINATION;
	assert_true(sees(&s, "evilword"));
	s.condition[1].flags = 0;
	assert_false(sees(&s, "evilword"));
	s = with("evilword", 0, 0, 0);
	add_address(&s, SW_CONDITION_DESTINATION, SERVER4, 32, 0);
	assert_true(sees(&s, "evilword"));
}

static void one_address_of_a_list_is_enough(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	(void)unused;
	add_address(&s, SW_CONDITION_SOURCE, CLIENT4, 32, SW_CONDITION_OR_NEXT);
	add_address(&s, SW_CONDITION_SOURCE, 0x0a000000, 8, SW_CONDITION_OR_NEXT);
	add_address(&s, SW_CONDITION_SOURCE, 0x0b000000, 8, 0);
	add_address(&s, SW_CONDITION_DESTINATION, 0x0a000000, 8, SW_CONDITION_OR_NEXT);
	add_address(&s, SW_CONDITION_DESTINATION, SERVER4, 32, 0);
	assert_true(sees(&s, "evilword"));
	s.condition[1].address.byte[12] = 1; /* none of the sources now */
	assert_false(sees(&s, "evilword"));
	s.condition[3].address.byte[12] = SERVER4 >> 24; /* but a destination must not help */
	s.condition[3].address.plen = 96 + 8;
	assert_false(sees(&s, "evilword"));
}

static void ports_bound_a_rule(void **unused)
{
	struct sig s = with("evilword", 0, 0, 0);
	(void)unused;
	s.rule.sport = (struct sw_ports){1, 1023};
	assert_false(sees(&s, "evilword"));
	s.rule.sport = (struct sw_ports){1024, 65535};
	assert_true(sees(&s, "evilword"));
	s.rule.flags = SW_RULE_NOT_PORTS;
	assert_false(sees(&s, "evilword"));
	s.rule.dports = 2;
	s.rule.dport[1] = (struct sw_ports){8000, 9000};
	s.rule.dport[0].high = 443;
	assert_false(sees(&s, "evilword"));
	s.rule.flags = 0;
	assert_true(sees(&s, "evilword"));
	s.rule.proto = IPPROTO_UDP;
	s.rule.dports = 1;
	assert_false(sees(&s, "evilword"));
}

/* A pattern that is nowhere, in 64 rules, costs 64 times the payload. */
static void work_that_is_cut_short_is_counted(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct sig s[SW_PORT_RULES];
	char text[1460];
	(void)unused;
	memset(text, 'a', sizeof(text));
	for (int i = 0; i < SW_PORT_RULES; i++) {
		s[i] = sig(SID + i, SW_RULE_DROP);
		sig_text(&s[i], WEB, "aab", 0);
		sig_text(&s[i], WEB, "aac", 0);
	}
	signatures_load(s, 8, 0);
	stream_send(&t, text, sizeof(text));
	assert_int_equal(prog.state->unfinished, 0);
	for (int i = 0; i < SW_PORT_RULES; i++)
		s[i].condition[0].flags = NOT;
	signatures_load(s, SW_PORT_RULES, 0);
	stream_send(&t, text, sizeof(text));
	assert_true(prog.state->unfinished > 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(a_content_has_its_case),
		CASE(offset_and_depth_bound_a_content),
		CASE(a_content_may_have_to_end_the_payload),
		CASE(relative_contents_follow_the_last),
		CASE(a_chain_is_tried_again_eight_times),
		CASE(a_content_may_have_to_be_missing),
		CASE(short_and_long_patterns_are_exact),
		CASE(all_conditions_must_hold),
		CASE(byte_test_compares),
		CASE(byte_test_reads_both_orders_and_digits),
		CASE(byte_test_stands_where_it_is_told),
		CASE(byte_jump_moves_what_follows),
		CASE(the_size_of_the_payload_compares),
		CASE(sources_and_destinations_are_prefixes),
		CASE(one_address_of_a_list_is_enough),
		CASE(ports_bound_a_rule),
		CASE(work_that_is_cut_short_is_counted),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
