// SPDX-License-Identifier: GPL-2.0-only
/* Addresses and prefixes as text: which are accepted, and how others are refused. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/addr.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct sw_prefix parsed(const char *text)
{
	struct sw_err e = {0};
	struct sw_prefix p;

	if (sw_prefix_parse(text, &p, &e))
		fail_msg("%s", e.text);
	return p;
}

static void taken_and_written_back(void **state)
{
	static const char *const same[] = {
		"0.0.0.0",
		"255.255.255.255",
		"203.0.113.9",
		"0.0.0.0/0",
		"203.0.113.0/24",
		"203.0.113.8/31",
		"128.0.0.0/1",
		"::",
		"::/0",
		"::1",
		"2001:db8::/32",
		"2001:db8::9",
		"2001:db8::/64",
		"8000::/1",
		"2001:db8:0:1::/127",
		"fe80::1:2:3:4/126",
	};
	char buf[SW_PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct sw_prefix p = parsed(same[i]);

		assert_string_equal(sw_prefix_text(&p, buf), same[i]);
		assert_int_equal(p.v4, !strchr(same[i], ':'));
	}
}

static void written_shorter(void **state)
{
	static const struct {
		const char *from, *to;
	} text[] = {
		{"203.0.113.9/32", "203.0.113.9"},
		{"2001:db8::9/128", "2001:db8::9"},
		{"2001:0DB8:0:0:0:0:0:9", "2001:db8::9"},
		{"::ffff:203.0.113.9", "203.0.113.9"},
		{"::ffff:cb00:7109", "203.0.113.9"},
		{"::ffff:203.0.113.0/120", "203.0.113.0/24"},
		{"::ffff:0:0/96", "0.0.0.0/0"},
	};
	char buf[SW_PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(text); i++) {
		struct sw_prefix p = parsed(text[i].from);

		assert_string_equal(sw_prefix_text(&p, buf), text[i].to);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "invalid address \"\""},
		{"/", "invalid address \"/\""},
		{"/24", "invalid address \"/24\""},
		{"localhost", "invalid address \"localhost\" (expected 203.0.113.9"},
		{"203.0.113", "invalid address"},
		{"203.0.113.9.1", "invalid address \"203.0.113.9.1\" (expected"},
		{"203.0.113.256", "invalid address"},
		{"3405803785", "invalid address"},
		{"0xcb.0.113.9", "invalid address \"0xcb.0.113.9\" (expected"},
		{" 203.0.113.9", "invalid address \" 203.0.113.9\": write 203.0.113.9"},
		{"203.0.113.9 ", "write 203.0.113.9"},
		{"203.0.113.9.", "write 203.0.113.9"},
		{"203.0.113.9,", "write 203.0.113.9"},
		{"https://203.0.113.9/a", "write 203.0.113.9"},
		{"https://[2001:db8::1]:8443/", "write 2001:db8::1"},
		{"src=203.0.113.9", "write 203.0.113.9"},
		{"203.0.113.9.example.org", "(expected 203.0.113.9"},
		{"ip-203.0.113.9", "(expected 203.0.113.9"},
		{"203.0.113.9\n", "invalid address"},
		{"2001:db8:::1", "invalid address"},
		{"2001:db8::12345", "invalid address"},
		{"[2001:db8::1]", "invalid address \"[2001:db8::1]\": write 2001:db8::1"},
		{"203.0.113.9:80", "invalid address \"203.0.113.9:80\": write 203.0.113.9"},
		{"203.0.113.0-203.0.113.9",
		 "invalid address \"203.0.113.0-203.0.113.9\" (expected"},
		{"203.0.113.1,203.0.113.9", "(expected 203.0.113.9"},
		{"203.0.113.09", "\"203.0.113.09\": leading zeros are ambiguous"},
		{"010.0.0.1", "\"010.0.0.1\": leading zeros are ambiguous"},
		{"10.0.0.0001", "invalid address"},
		{"fe80::1%eth0", "\"fe80::1%eth0\": an address with a zone cannot be blocked or "
				 "allowed; write it without \"%eth0\""},
		{"203.0.113.9/", "invalid prefix length \"\" (expected 0 to 32)"},
		{"203.0.113.9/33",
		 "\"203.0.113.9/33\": invalid prefix length \"33\" (expected 0 to 32)"},
		{"203.0.113.0/024", "invalid prefix length \"024\" (expected 0 to 32)"},
		{"203.0.113.0/+24", "invalid prefix length \"+24\""},
		{"203.0.113.0/-1", "invalid prefix length \"-1\""},
		{"203.0.113.0/ 24", "invalid prefix length \" 24\""},
		{"203.0.113.0/24 ", "invalid prefix length \"24 \""},
		{"203.0.113.0/24/24", "invalid prefix length \"24/24\""},
		{"203.0.113.0/255.255.255.0", "invalid prefix length \"255.255.255.0\""},
		{"203.0.113.0/4294967320", "invalid prefix length \"4294967320\""},
		{"203.0.113.0/99999999999999999999", "(expected 0 to 32)"},
		{"2001:db8::/129", "invalid prefix length \"129\" (expected 0 to 128)"},
		{"203.0.113.9/24",
		 "\"203.0.113.9/24\": host bits set beyond /24; write 203.0.113.0/24"},
		{"203.0.113.9/31", "write 203.0.113.8/31"},
		{"203.0.113.9/0", "write 0.0.0.0/0"},
		{"2001:db8::1/64", "host bits set beyond /64; write 2001:db8::/64"},
		{"2001:db8::1/127", "write 2001:db8::/127"},
		{"::ffff:203.0.113.0/24", "host bits set beyond /24; write ::/24"},
	};
	struct sw_prefix p;
	struct sw_err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (!sw_prefix_parse(bad[i].text, &p, &e))
			fail_msg("\"%s\" was taken", bad[i].text);
		assert_int_equal(e.exit, SW_EXIT_USAGE);
		if (!strstr(e.text, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", e.text, bad[i].says);
	}
}

static void refused_when_long(void **state)
{
	struct sw_prefix p;
	struct sw_err e;
	char text[5000];

	(void)state;
	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = 0;
	assert_int_equal(sw_prefix_parse(text, &p, &e), -1);
	assert_non_null(strstr(e.text, "1...\""));
	assert_true(strlen(e.text) < 80);
	memcpy(text, "1.2.3.4/", 8);
	assert_int_equal(sw_prefix_parse(text, &p, &e), -1);
	assert_true(strlen(e.text) < 80);
	assert_int_equal(sw_prefix_parse(text, &p, NULL), -1);
}

static void refusal_changes_nothing(void **state)
{
	struct sw_prefix p = parsed("203.0.113.9"), before = p;

	(void)state;
	assert_int_equal(sw_prefix_parse("2001:db8::1/64", &p, NULL), -1);
	assert_memory_equal(&p, &before, sizeof(p));
}

static void between_forms(void **state)
{
	struct sw_addr a = sw_addr_from4(htonl(0xcb007109));
	struct sw_prefix six = parsed("2001:db8:1:2:3:4:5:6"), p;
	char buf[SW_PREFIX_TEXT];

	(void)state;
	assert_true(sw_addr_is4(&a));
	assert_false(sw_addr_is4(&six.addr));
	assert_int_equal(sw_addr_to4(&a), htonl(0xcb007109));
	assert_string_equal(sw_addr_text(&a, buf), "203.0.113.9");
	assert_string_equal(sw_addr_text(&six.addr, buf), "2001:db8:1:2:3:4:5:6");
	p = sw_prefix_of(&a, 24);
	assert_string_equal(sw_prefix_text(&p, buf), "203.0.113.0/24");
	p = sw_prefix_of(&a, 0);
	assert_string_equal(sw_prefix_text(&p, buf), "0.0.0.0/0");
	p = sw_prefix_of(&a, 32);
	assert_true(sw_prefix_is_host(&p));
	p = sw_prefix_of(&six.addr, 61);
	assert_string_equal(sw_prefix_text(&p, buf), "2001:db8:1::/61");
	assert_false(sw_prefix_is_host(&p));
	p = sw_prefix_of(&six.addr, 32);
	assert_false(sw_prefix_is_host(&p));
	p = sw_prefix_of(&six.addr, 128);
	assert_true(sw_prefix_is_host(&p));
}

static void covering(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool covers, overlaps;
	} pair[] = {
		{"203.0.113.0/24", "203.0.113.9", true, true},
		{"203.0.113.0/24", "203.0.113.0/24", true, true},
		{"203.0.113.0/24", "203.0.112.0/23", false, true},
		{"203.0.113.0/24", "203.0.112.255", false, false},
		{"203.0.113.8/31", "203.0.113.9", true, true},
		{"203.0.113.8/31", "203.0.113.10", false, false},
		{"0.0.0.0/0", "255.255.255.255", true, true},
		{"0.0.0.0/0", "2001:db8::1", false, false},
		{"::/0", "203.0.113.9", false, false},
		{"::/0", "2001:db8::/32", true, true},
		{"2001:db8::/33", "2001:db8:8000::/33", false, false},
		{"2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true, true},
		{"2001:db8:0:1::/64", "2001:db8:0:1:8000::1", true, true},
		{"2001:db8:0:2::/64", "2001:db8:0:3::/64", false, false},
		{"2001:db8::/65", "2001:db8::8000:0:0:1", false, false},
		{"2001:db8::1", "2001:db8::1", true, true},
		{"2001:db8::2", "2001:db8::3", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pair); i++) {
		struct sw_prefix a = parsed(pair[i].outer), b = parsed(pair[i].inner);

		assert_int_equal(sw_prefix_covers(&a, &b), pair[i].covers);
		assert_int_equal(sw_prefix_overlaps(&a, &b), pair[i].overlaps);
		assert_int_equal(sw_prefix_overlaps(&b, &a), pair[i].overlaps);
	}
}

/* Over texts that are an address with one thing changed: as inet_pton, which knows best. */
static void four_numbers(void **state)
{
	static const char *const begin[] = {"203.0.113.9", "0.0.0.0", "255.255.255.255",
					    "1.22.133.0",  "9.9.9.9", "010.1.1.1"};
	static const char changes[] = "0123456789. /:-+x\n";
	char text[32];
	__u32 addr, right;
	bool is;

	(void)state;
	for (size_t i = 0; i < COUNT(begin); i++)
		for (size_t at = 0; at <= strlen(begin[i]); at++)
			for (size_t k = 0; k < sizeof(changes) * 3; k++) {
				char c = changes[k / 3]; /* NUL, too */
				size_t n = k % 3;	 /* taken out, replaced, put in between */

				snprintf(text, sizeof(text), "%.*s%.*s%s", (int)at, begin[i],
					 n ? 1 : 0, &c, begin[i] + at + (n < 2 && begin[i][at]));
				is = inet_pton(AF_INET, text, &right) == 1;
				if (sw_addr_parse4(text, &addr) != is || (is && addr != right))
					fail_msg("\"%s\"", text);
			}
	assert_false(sw_addr_parse4("", &addr));
	assert_false(sw_addr_parse4("1.2.3.4.5", &addr));
	assert_false(sw_addr_parse4("1.2.3", &addr));
	assert_false(sw_addr_parse4("4294967297.0.0.1", &addr));
}

static void order(void **state)
{
	static const char *const sorted[] = {
		"0.0.0.0/0",	 "0.0.0.0/8",
		"0.0.0.0",	 "10.0.0.0/8",
		"10.0.0.0/9",	 "127.255.255.255",
		"128.0.0.0",	 "255.255.255.255",
		"::/0",		 "::",
		"::1",		 "2001:db8::/32",
		"2001:db8::/64", "ffff::",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t j = 0; j < COUNT(sorted); j++) {
			struct sw_prefix a = parsed(sorted[i]), b = parsed(sorted[j]);
			int d = sw_prefix_cmp(&a, &b);

			assert_int_equal((d > 0) - (d < 0), (i > j) - (i < j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_and_written_back),
		cmocka_unit_test(written_shorter),
		cmocka_unit_test(refused),
		cmocka_unit_test(refused_when_long),
		cmocka_unit_test(refusal_changes_nothing),
		cmocka_unit_test(between_forms),
		cmocka_unit_test(covering),
		cmocka_unit_test(four_numbers),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
