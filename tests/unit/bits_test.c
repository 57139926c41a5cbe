// SPDX-License-Identifier: GPL-2.0-only
/* flowbits, xbits and noalert: rules that set bits, and rules that ask for them. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>
#include "test_rules.h"

#define OTHER4 0xc6336405 /* 198.51.100.5 */
#define SETTER 1000002
#define RULE(sid, options) \
	"alert tcp any any -> any any (msg:\"test\"; " options " sid:" #sid ";)\n"
#define SETS(bits) RULE(1000002, "content:\"first-word\"; " bits "")
#define ASKS(bits) RULE(1000001, "content:\"second-word\"; " bits "")

static struct stream opened(uint32_t src)
{
	return stream_open(src, OPEN_PORT);
}

#define assert_hits(n) assert_int_equal(sig_hits(SID), n)

/* ---- of a connection */

static void connections_have_bits_of_their_own(void **unused)
{
	struct stream a, b;

	(void)unused;
	rules_load(SETS("flowbits:set,one;") ASKS("flowbits:isset,one;"));
	a = opened(CLIENT4);
	b = opened(CLIENT4);
	stream_say(&a, "second-word");
	assert_hits(0);
	stream_say(&a, "first-word");
	stream_say(&b, "second-word");
	assert_hits(0);
	stream_say(&a, "second-word");
	assert_hits(1);
}

static void an_answer_knows_what_was_asked(void **unused)
{
	struct stream a, b;

	(void)unused;
	rules_load(SETS(
		"flow:to_server; flowbits:set,one; flowbits:noalert;") "alert tcp $HOME_NET any -> "
								       "$EXTERNAL_NET any "
								       "(msg:\"test\"; "
								       "flow:to_client; "
								       "flowbits:isset,one; "
								       "content:\"second-word\"; "
								       "sid:1000001;)");
	a = opened(CLIENT4);
	b = opened(CLIENT4);
	stream_say(&a, "first-word");
	stream_answer(&b, "second-word");
	assert_hits(0);
	stream_answer(&a, "second-word");
	assert_hits(1);
}

static void a_bit_that_is_unset_or_toggled_is_gone(void **unused)
{
	struct stream t;

	(void)unused;
	rules_load(SETS("flowbits:toggle,one;") ASKS("flowbits:isset,one;")
			   RULE(1000003, "content:\"third-word\"; flowbits:unset,one;"));
	t = opened(CLIENT4);
	stream_say(&t, "first-word");
	stream_say(&t, "second-word");
	assert_hits(1);
	stream_say(&t, "first-word");
	stream_say(&t, "second-word");
	assert_hits(1);
	stream_say(&t, "first-word");
	stream_say(&t, "third-word");
	stream_say(&t, "second-word");
	assert_hits(1);
}

static void a_rule_may_ask_that_a_bit_is_not_set(void **unused)
{
	struct stream t;

	(void)unused;
	rules_load(SETS("flowbits:set,one;")
			   ASKS("flowbits:isnotset,one; flowbits:isset,two; flowbits:unset,two;")
				   RULE(1000003, "content:\"third-word\"; flowbits:set,two;"));
	t = opened(CLIENT4);
	stream_say(&t, "second-word");
	assert_hits(0);
	stream_say(&t, "third-word");
	stream_say(&t, "second-word");
	assert_hits(1);
	stream_say(&t, "second-word");
	assert_hits(1);
	stream_say(&t, "third-word");
	stream_say(&t, "first-word");
	stream_say(&t, "second-word");
	assert_hits(1);
}

/* In whichever order they stand in the text or among the rules. */
static void one_segment_may_set_and_ask(void **unused)
{
	static const char *const rules[] = {
		SETS("flowbits:set,one;") ASKS("flowbits:isset,one;"),
		ASKS("flowbits:isset,one;") SETS("flowbits:set,one;"),
	};
	static const char *const texts[] = {"first-word, second-word", "second-word, first-word"};
	struct stream t;

	(void)unused;
	for (int i = 0; i < 4; i++) {
		signatures_reset(NULL);
		rules_load(rules[i & 1]);
		t = opened(CLIENT4);
		stream_say(&t, texts[i >> 1]);
		assert_hits(1);
	}
}

/* A drop that asks waits for its bit, too. */
static void a_drop_may_ask(void **unused)
{
	struct stream t;

	(void)unused;
	rules_load(SETS("flowbits:set,one; noalert;") "drop tcp any any -> any any (msg:\"test\"; "
						      "content:\"second-word\"; "
						      "flowbits:isset,one; sid:1000001;)");
	t = opened(CLIENT4);
	assert_not_seen(&t, "second-word");
	assert_not_seen(&t, "first-word");
	assert_seen(&t, "second-word");
}

/* ---- of addresses */

static void a_bit_of_a_source_is_of_all_its_connections(void **unused)
{
	struct stream a, b, other;

	(void)unused;
	rules_load(SETS("xbits:set,one,track ip_src,expire 20;")
			   ASKS("xbits:isset,one,track ip_src;"));
	a = opened(CLIENT4);
	b = opened(CLIENT4);
	other = opened(OTHER4);
	stream_say(&a, "first-word");
	stream_say(&other, "second-word");
	assert_hits(0);
	stream_say(&b, "second-word");
	assert_hits(1);
}

static void a_bit_expires(void **unused)
{
	struct stream t;

	(void)unused;
	rules_load(SETS("xbits:set,one,track ip_pair,expire 20;")
			   ASKS("xbits:isset,one,track ip_pair,expire 20;"));
	t = opened(CLIENT4);
	stream_say(&t, "first-word");
	advance(18000000000ull);
	stream_say(&t, "second-word");
	assert_hits(1);
	advance(4000000000ull);
	stream_say(&t, "second-word");
	assert_hits(1);
}

/* An answer's source is this host. */
static void a_bit_of_this_host_is_asked_for_by_answers(void **unused)
{
	struct stream a, other;

	(void)unused;
	rules_load(SETS("xbits:set,one,track ip_dst;") "alert tcp $HOME_NET any -> $EXTERNAL_NET "
						       "any (msg:\"test\"; flow:to_client; "
						       "xbits:isset,one,track ip_src; "
						       "content:\"second-word\"; sid:1000001;)");
	a = opened(CLIENT4);
	other = opened(OTHER4);
	stream_answer(&other, "second-word");
	assert_hits(0);
	stream_say(&a, "first-word");
	stream_answer(&other, "second-word");
	assert_hits(1);
}

/* ---- what is told */

static void a_rule_without_an_alert_tells_nothing(void **unused)
{
	struct stream t;

	(void)unused;
	rules_load(SETS("flowbits:set,one; flowbits:noalert;") ASKS("flowbits:isset,one;"));
	t = opened(CLIENT4);
	stream_say(&t, "first-word");
	assert_int_equal(sig_hits(SETTER), 1);
	read_events();
	for (int i = 0; i < prog.events; i++)
		assert_int_not_equal(prog.event[i].sid, SETTER);
	stream_say(&t, "second-word");
	read_events();
	assert_int_equal(prog.event[prog.events - 1].sid, SID);
}

static void warned(const char *text, const char *says)
{
	struct sw_rules_options none = {0};
	struct sw_rules r;
	struct sw_err e;

	assert_int_equal(sw_rules_init(&r, &none, &e), 0);
	assert_int_equal(sw_rules_read_text(&r, "test", text, strlen(text), &e), 0);
	assert_int_equal(sw_rules_compile(&r, &e), 0);
	assert_int_equal(r.refusals, 0);
	if (!r.rule[0].warning || !strstr(r.rule[0].warning, says))
		fail_msg("%s: %s", text, r.rule[0].warning ? r.rule[0].warning : "no warning");
	sw_rules_free(&r);
}

static void bits_that_nobody_sets_or_asks_for_are_told(void **unused)
{
	(void)unused;
	warned("alert tcp any any -> any 80 (content:\"evil-word\"; flowbits:isset,one; sid:7;)",
	       "no rule sets the bit \"one\"");
	warned("alert tcp any any -> any 80 (content:\"evil-word\"; flowbits:set,one; noalert; "
	       "sid:7;)",
	       "no rule asks for the bit \"one\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(connections_have_bits_of_their_own, signatures_reset),
		cmocka_unit_test_setup(an_answer_knows_what_was_asked, signatures_reset),
		cmocka_unit_test_setup(a_bit_that_is_unset_or_toggled_is_gone, signatures_reset),
		cmocka_unit_test_setup(a_rule_may_ask_that_a_bit_is_not_set, signatures_reset),
		cmocka_unit_test_setup(one_segment_may_set_and_ask, signatures_reset),
		cmocka_unit_test_setup(a_drop_may_ask, signatures_reset),
		cmocka_unit_test_setup(a_bit_of_a_source_is_of_all_its_connections,
				       signatures_reset),
		cmocka_unit_test_setup(a_bit_expires, signatures_reset),
		cmocka_unit_test_setup(a_bit_of_this_host_is_asked_for_by_answers,
				       signatures_reset),
		cmocka_unit_test_setup(a_rule_without_an_alert_tells_nothing, signatures_reset),
		cmocka_unit_test_setup(bits_that_nobody_sets_or_asks_for_are_told,
				       signatures_reset),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
