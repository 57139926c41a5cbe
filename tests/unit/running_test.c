// SPDX-License-Identifier: GPL-2.0-only
/* What doctor reports about a program that runs, one that has nothing to do, and one that
 * packets bypass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "host/running.h"

static void said(__u64 received, __u64 runs, enum sw_finding finding, const char *part)
{
	struct sw_running r = {7, true, received, runs};
	char text[300];

	assert_int_equal(sw_running_say(&r, text, sizeof(text)), finding);
	assert_non_null(strstr(text, part));
	assert_non_null(strstr(text, "id 7"));
}

static void runs_or_not(void **s)
{
	(void)s;
	said(10, 10, SW_GOOD, "packets go through");
	said(0, 3, SW_GOOD, "packets go through"); /* a driver that counts late */
	said(0, 0, SW_GOOD, "none came in");
	said(12, 0, SW_WRONG, "12 packets came in and the program");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
