// SPDX-License-Identifier: GPL-2.0-only
/* Lists in any order are sorted as by qsort, whichever way is taken. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/addr.h"
#include "base/sort.h"

struct entry {
	struct sw_prefix prefix;
	unsigned int number;
};

static int by_prefix(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int cmp = sw_prefix_cmp(&x->prefix, &y->prefix);

	return cmp ? cmp : x->number < y->number ? -1 : 1;
}

static uint64_t key_of(const void *e)
{
	return sw_prefix_number(&((const struct entry *)e)->prefix);
}

/* Of few values, so that many come twice, differ in their ends only, or by length. */
static struct sw_prefix any_prefix(void)
{
	struct sw_addr a = {0};
	int v4 = rand() % 2;

	if (v4)
		a = sw_addr_from4(htonl((unsigned int)rand() << (rand() % 2 ? 0 : 24)));
	for (int i = 0; !v4 && i < 16; i++)
		a.byte[i] = rand() % 4 ? 0 : rand();
	if (!v4)
		a.byte[0] = rand() % 2 ? 0x20 : 0xfe;
	return sw_prefix_of(&a, v4 ? 1 + rand() % 32 : 1 + rand() % 128);
}

static void assert_sorted(struct entry *e, size_t n)
{
	struct entry *expected = malloc(n * sizeof(*e));

	memcpy(expected, e, n * sizeof(*e));
	qsort(expected, n, sizeof(*e), by_prefix);
	sw_sort_by(e, n, sizeof(*e), key_of, by_prefix);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(e[i].number, expected[i].number);
	free(expected);
}

static void any_order(void **state)
{
	static const size_t sizes[] = {1, 2, 255, 256, 257, 5000};
	static struct entry e[5000];

	(void)state;
	srand(11);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		for (unsigned int i = 0; i < sizes[k]; i++)
			e[i] = (struct entry){any_prefix(), sizes[k] - i};
		assert_sorted(e, sizes[k]);
	}
}

static void in_order_or_nearly(void **state)
{
	static struct entry e[1000];

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct sw_addr a = sw_addr_from4(htonl(0x0a000000 + i % 500));

		e[i] = (struct entry){sw_prefix_of(&a, 32), i};
	}
	assert_sorted(e, 1000); /* two lists, each in order */
	assert_sorted(e, 1000);
	e[999].prefix = e[0].prefix;
	e[500].prefix = e[0].prefix;
	assert_sorted(e, 1000);
}

static void numbers_agree_with_the_order(void **state)
{
	(void)state;
	srand(12);
	for (int i = 0; i < 20000; i++) {
		struct sw_prefix a = any_prefix(), b = any_prefix();
		int cmp = sw_prefix_cmp(&a, &b);
		uint64_t x = sw_prefix_number(&a), y = sw_prefix_number(&b);

		if (x != y)
			assert_int_equal(x < y, cmp < 0);
		if (a.v4 && b.v4)
			assert_int_equal(x == y, cmp == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(in_order_or_nearly),
		cmocka_unit_test(numbers_agree_with_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
