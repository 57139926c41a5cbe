// SPDX-License-Identifier: GPL-2.0-only
/* Guarded addresses: how they are added and matched, and what this host yields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "engine/guard_internal.h"

static struct sw_prefix prefix(const char *text)
{
	struct sw_prefix p;
	struct sw_err e;

	assert_int_equal(sw_prefix_parse(text, &p, &e), 0);
	return p;
}

static void add(struct sw_guard *g, const char *text)
{
	struct sw_err e;

	assert_int_equal(sw_guard_add_text(g, text, SW_GUARD_RESOLVER, "resolver", &e), 0);
}

static bool hits(const struct sw_guard *g, const char *text)
{
	struct sw_prefix p = prefix(text);

	return sw_guard_hit(g, &p);
}

static void what_is_added(void **s)
{
	struct sw_guard g = {0};

	(void)s;
	add(&g, "192.0.2.53");
	add(&g, "2001:db8::53");
	assert_int_equal(g.count, 2);
	add(&g, "192.0.2.53"); /* known */
	add(&g, "::ffff:192.0.2.53");
	add(&g, "127.0.0.53");
	add(&g, "::1");
	add(&g, "0.0.0.0");
	add(&g, "::");
	add(&g, "0.debian.pool.ntp.org");
	add(&g, "iburst");
	add(&g, "192.0.2.0/24");
	add(&g, "fe80::1%eth0");
	assert_int_equal(g.count, 2);
	for (int i = 1; i < 100; i++) {
		char text[32];

		snprintf(text, sizeof(text), "203.0.113.%d", i);
		add(&g, text);
	}
	assert_int_equal(g.count, 101);
	sw_guard_free(&g);
	assert_int_equal(g.count, 0);
}

static void what_is_hit(void **s)
{
	struct sw_guard g = {0};

	(void)s;
	add(&g, "192.0.2.53");
	add(&g, "2001:db8::53");
	assert_true(hits(&g, "192.0.2.53"));
	assert_true(hits(&g, "192.0.2.0/24"));
	assert_true(hits(&g, "0.0.0.0/0"));
	assert_true(hits(&g, "2001:db8::/64"));
	assert_false(hits(&g, "192.0.2.54"));
	assert_false(hits(&g, "192.0.2.54/31"));
	assert_false(hits(&g, "2001:db8:0:1::/64"));
	sw_guard_free(&g);
}

static void what_this_host_tells(void **s)
{
	struct sw_guard g;
	struct sw_err e = {0};
	int own = 0;

	(void)s;
	assert_int_equal(sw_guard_find(true, NULL, &g, &e), 0);
	assert_true(hits(&g, "127.0.0.1"));
	assert_true(hits(&g, "::1"));
	assert_true(hits(&g, "fe80::1234"));
	assert_true(hits(&g, "169.254.10.1"));
	assert_false(hits(&g, "203.0.113.77"));
	for (int i = 0; i < g.count; i++) {
		assert_true(strlen(g.item[i].text) > 0);
		own += g.item[i].kind == SW_GUARD_OWN;
		if (g.item[i].kind == SW_GUARD_OWN)
			assert_true(sw_prefix_is_host(&g.item[i].prefix));
	}
	assert_true(own > 0);
	sw_guard_free(&g);
}

/* Of one prefix, what it touches is all that is found. */
static void what_one_prefix_touches(void **s)
{
	struct sw_prefix stranger = prefix("203.0.113.77"), near = prefix("127.0.0.0/30");
	struct sw_guard all, g;
	struct sw_err e = {0};

	(void)s;
	assert_int_equal(sw_guard_find(true, &stranger, &g, &e), 0);
	assert_int_equal(g.count, 0);
	sw_guard_free(&g);
	assert_int_equal(sw_guard_find(true, &near, &g, &e), 0);
	assert_true(hits(&g, "127.0.0.1"));
	sw_guard_free(&g);
	assert_int_equal(sw_guard_find(true, NULL, &all, &e), 0);
	for (int i = 0; i < all.count; i++) {
		const struct sw_guarded *one = &all.item[i];

		assert_int_equal(sw_guard_find(true, &one->prefix, &g, &e), 0);
		assert_non_null(sw_guard_hit(&g, &one->prefix));
		for (int j = 0; j < g.count; j++)
			assert_true(sw_prefix_overlaps(&g.item[j].prefix, &one->prefix));
		sw_guard_free(&g);
	}
	sw_guard_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added),
		cmocka_unit_test(what_is_hit),
		cmocka_unit_test(what_this_host_tells),
		cmocka_unit_test(what_one_prefix_touches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
