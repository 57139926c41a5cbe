// SPDX-License-Identifier: GPL-2.0-only
/* Random contents, offsets and flags, compared with a simple matcher. */
#include <stdlib.h>
#include "test_rules.h"

#define WEB SW_BUFFER_PAYLOAD
#define RELATIVE SW_CONDITION_RELATIVE
#define ENDS SW_CONDITION_ENDS
#define NOT SW_CONDITION_NOT

static bool plain_at(const struct sw_condition *c, const uint8_t *at)
{
	const uint8_t *fold = (const void *)c->content.fold;
	const uint8_t *pattern = (const void *)c->content.pattern;

	for (int i = 0; i < c->length; i++)
		if ((at[i] | fold[i]) != pattern[i])
			return false;
	return true;
}

static bool plain(const struct sig *s, const uint8_t *text, int size, int n, int cursor)
{
	const struct sw_condition *c = &s->condition[n];
	int from, to;

	if (n == s->rule.conditions)
		return true;
	from = (c->flags & RELATIVE ? cursor : 0) + c->offset;
	to = c->depth ? from + c->depth : size;
	if (to > size)
		to = size;
	for (int at = from < 0 ? 0 : from; at + c->length <= to; at++) {
		if (c->flags & ENDS && at + c->length != size)
			continue;
		if (!plain_at(c, text + at))
			continue;
		if (c->flags & NOT)
			return false;
		if (plain(s, text, size, n + 1, at + c->length))
			return true;
	}
	return c->flags & NOT && plain(s, text, size, n + 1, cursor);
}

static struct sig random_sig(uint32_t sid)
{
	static const int flags[] = {0, 0, 0, RELATIVE, RELATIVE, NOCASE, NOT, NOT | RELATIVE, ENDS};
	int n = 1 + rand() % 2, flag, offset, depth, length;
	struct sig s = sig(sid, SW_RULE_ALERT);
	char text[6];

	for (int i = 0; i < n; i++) {
		flag = flags[rand() % 9];
		if (!i)
			flag &= ~RELATIVE;
		length = 1 + rand() % 3;
		for (int b = 0; b < length; b++)
			text[b] = "abAB"[rand() % 4];
		offset = rand() % 3 ? 0 : rand() % 8 - (flag & RELATIVE ? 4 : 0);
		depth = rand() % 2 ? 0 : length + rand() % 6;
		sig_bytes(&s, WEB, text, length, flag, offset, depth);
	}
	return s;
}

#define ROUNDS 60
#define TOGETHER 8 /* rules that one packet can match */

static void random_conditions_are_judged_as_by_hand(void **unused)
{
	uint64_t held = 0, all = 0, before[TOGETHER];
	struct sig s[TOGETHER];
	uint8_t text[16];
	struct stream t;
	(void)unused;
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < TOGETHER; i++)
			s[i] = random_sig(round * TOGETHER + i + 1);
		signatures_load(s, TOGETHER, 0);
		for (int n = 0; n < 24; n++) {
			int size = 1 + rand() % sizeof(text);

			for (int b = 0; b < size; b++)
				text[b] = "abAB."[rand() % 5];
			for (int i = 0; i < TOGETHER; i++)
				before[i] = sig_hits(s[i].rule.sid);
			t = stream_open(CLIENT4, OPEN_PORT);
			stream_send(&t, text, size);
			for (int i = 0; i < TOGETHER; i++) {
				bool holds = plain(&s[i], text, size, 0, 0);

				all++;
				held += holds;
				if (sig_hits(s[i].rule.sid) - before[i] != holds)
					fail_msg("round %d, rule %d, \"%.*s\"", round, i, size,
						 text);
			}
		}
	}
	assert_in_range(held, all / 5, all * 4 / 5); /* both happen */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(random_conditions_are_judged_as_by_hand, signatures_reset),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
