// SPDX-License-Identifier: GPL-2.0-only
/* The parts of the blocklist that need no kernel: where a prefix is kept, how claims merge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include "blocklist/internal.h"

static struct sw_prefix prefix(const char *text)
{
	struct sw_prefix p;
	struct sw_err e;

	assert_int_equal(sw_prefix_parse(text, &p, &e), 0);
	return p;
}

static void places(void **s)
{
	static const struct {
		const char *text;
		enum sw_block_map place;
	} want[] = {
		{"203.0.113.9", SW_IN_DROP4},	   {"0.0.0.0", SW_IN_PREFIX4},
		{"203.0.113.0/24", SW_IN_PREFIX4}, {"2001:db8::/64", SW_IN_DROP6},
		{"2001:db8::1", SW_IN_DROP6},	   {"2001:db8::/63", SW_IN_PREFIX6},
		{"2001:db8::/127", SW_IN_PREFIX6}, {"::/0", SW_IN_PREFIX6},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct sw_prefix p = prefix(want[i].text);

		assert_int_equal(sw_block_map_of(&p), want[i].place);
	}
}

static void halves_are_host_order(void **s)
{
	struct sw_prefix p = prefix("2001:db8:1:2::3"), back;

	(void)s;
	assert_true(sw_half(&p.addr, 0) == 0x20010db800010002ull);
	assert_true(sw_half(&p.addr, 1) == 3);
	back = sw_prefix_of_halves(0x20010db800010002ull, 3, 128);
	assert_int_equal(sw_prefix_cmp(&p, &back), 0);
}

static void source_prefixes(void **s)
{
	struct sw_source four = {.key = SW_SOURCE_V4 | 0xcb007109};
	struct sw_source six = {.key = 0x20010db800010002ull};
	struct sw_prefix p = sw_source_prefix(&four), want = prefix("203.0.113.9");

	(void)s;
	assert_int_equal(sw_prefix_cmp(&p, &want), 0);
	p = sw_source_prefix(&six);
	want = prefix("2001:db8:1:2::/64");
	assert_int_equal(sw_prefix_cmp(&p, &want), 0);
}

static __u32 sum_of(const struct sw_claim *c, int n)
{
	struct sw_sum sum = {0};

	for (int i = 0; i < n; i++)
		sw_sum_add(&sum, &c[i]);
	return sw_sum_word(&sum, sw_ticks_now());
}

static void claims_add_up(void **s)
{
	int64_t now = sw_now(), hour = 3600 * INT64_C(1000000);
	struct sw_claim c[2] = {
		{.origin = SW_ORIGIN_KERNEL, .expires = now + hour / 60, .new_only = true},
		{.origin = SW_ORIGIN_OPERATOR, .expires = now + hour},
	};
	__u32 word;

	(void)s;
	assert_int_equal(sum_of(c, 0), 0);
	word = sum_of(c, 1);
	assert_int_equal(word & ~SW_EXPIRES_TICKS, SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	assert_in_range(word & SW_EXPIRES_TICKS, sw_ticks_now() + 220, sw_ticks_now() + 226);
	word = sum_of(c, 2);
	assert_int_equal(word & ~SW_EXPIRES_TICKS, SW_EXPIRES_AUTO);
	assert_in_range(word & SW_EXPIRES_TICKS, sw_ticks_now() + 13400, sw_ticks_now() + 13420);
	assert_int_equal(sum_of(c + 1, 1) & ~SW_EXPIRES_TICKS, 0);
	c[1].expires = SW_FOREVER;
	assert_int_equal(sum_of(c, 2), SW_EXPIRES_TICKS | SW_EXPIRES_AUTO);
	c[1].expires = now - hour;
	assert_int_equal(sum_of(c + 1, 1), 0);
}

static void targets_are_sorted_once_each(void **s)
{
	struct sw_prefix a = prefix("203.0.113.9"), b = prefix("198.51.100.0/24"),
			 c = prefix("2001:db8::/64");
	struct sw_targets t = {0};

	(void)s;
	for (int i = 0; i < 40; i++) {
		assert_int_equal(sw_targets_add(&t, &c, NULL), 0);
		assert_int_equal(sw_targets_add(&t, &a, NULL), 0);
		assert_int_equal(sw_targets_add(&t, &b, NULL), 0);
	}
	t.item[42].own_claim = true; /* c */
	sw_targets_sort(&t);
	assert_int_equal(t.count, 3);
	assert_ptr_equal(sw_targets_find(&t, &b), &t.item[0]);
	assert_ptr_equal(sw_targets_find(&t, &a), &t.item[1]);
	assert_true(t.item[2].own_claim);
	assert_false(t.item[0].own_claim);
	sw_targets_free(&t);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(places),	  T(halves_are_host_order),	   T(source_prefixes),
		T(claims_add_up), T(targets_are_sorted_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
