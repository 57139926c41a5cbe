// SPDX-License-Identifier: GPL-2.0-only
/* Signatures: what conditions hold on, and what a match does. */
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include "signatures.h"

#define SID 1000001
#define WEB SW_BUFFER_PAYLOAD

#define assert_seen(t, text) assert_string_equal(reason_name(stream_say(t, text)), "signature")
#define assert_not_seen(t, text) assert_string_equal(reason_name(stream_say(t, text)), "flow")

static int reset(void **state)
{
	program_reset(state);
	prog.set->rules_generation = 0;
	return 0;
}

static void a_content_is_found_anywhere(void **unused)
{
	struct sig s = sig(SID, SW_RULE_DROP);
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char text[1400];

	(void)unused;
	sig_text(&s, WEB, "evil-word", 0);
	signatures_load(&s, 1, 0);
	for (size_t at = 0; at < sizeof(text) - 9; at++) {
		memset(text, '.', sizeof(text));
		memcpy(text + at, "evil-word", 9);
		t.seq += 10000;
		if (stream_send(&t, text, sizeof(text)) != SW_REASON_SIGNATURE)
			fail_msg("not seen at %zu", at);
	}
	assert_int_equal(prog.verdict, 1 /* XDP_DROP */);
	assert_int_equal(sig_hits(SID), sizeof(text) - 9);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
		CASE(a_content_is_found_anywhere),
	};

	return cmocka_run_group_tests(tests, program_setup, program_teardown);
}
