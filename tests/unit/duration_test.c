// SPDX-License-Identifier: GPL-2.0-only
/* Durations as text, and times between the wall clock and the kernel's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <scanwall/abi.h>
#include "base/duration.h"
#include "base/visible.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define S 1000000ll
#define TICK_US (((1ll << SW_TICK_SHIFT) + 999) / 1000)
/* A test may be held up between two looks at the clock. */
#define HELD_UP (2 * S)

static void durations_taken(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{"90", 90 * S},
		{"1", S},
		{"090", 90 * S},
		{"90s", 90 * S},
		{"500ms", S / 2},
		{"1m", 60 * S},
		{"1min", 60 * S},
		{"1h30m", 5400 * S},
		{"1h30min", 5400 * S},
		{"2d", 172800 * S},
		{"1w", 604800 * S},
		{"1w2d3h4m5s6ms", 788645 * S + 6000},
		{"90m", 5400 * S},
		{"0h5m", 300 * S},
		{"-1", SW_FOREVER},
		{"permanent", SW_FOREVER},
		{"2305843009213", 2305843009213 * S},
	};
	struct sw_err e = {0};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (sw_duration_parse(good[i].text, "--ttl", &us, &e))
			fail_msg("%s", e.text);
		assert_int_equal(us, good[i].us);
	}
}

static void durations_refused(void **state)
{
	static const char *const no_duration[] = {
		"",	     " ",    "x",	    "5x",      "h",   "1hm",   "1h30",
		"30 s",	     " 5m",  "5m ",	    "1.5h",    "1H",  "+5m",   "-2",
		"-5m",	     "0x10", "5us",	    "5mo",     "5y",  "1h-5m", "--1",
		"Permanent", "5m\n", "permanently", "forever", "1e3", "5m,3s",
	};
	static const char *const nothing[] = {"0", "0s", "0h0m", "0ms"};
	static const char *const too_long[] = {
		"99999999999999999999", "9223372036854775807",		"9223372036854775807ms",
		"300000000000h",	"2305843009213s2305843009213s", "18446744073709551616",
		"18446744073710s",
	};
	int64_t us = 77;
	struct sw_err e;

	(void)state;
	for (size_t i = 0; i < COUNT(no_duration); i++) {
		char says[160], shown[32];

		if (!sw_duration_parse(no_duration[i], "--ttl", &us, &e))
			fail_msg("\"%s\" was taken", no_duration[i]);
		sw_visible(shown, sizeof(shown), no_duration[i]);
		snprintf(says, sizeof(says),
			 "--ttl: invalid duration \"%s\" (expected 90, 1h30m, 2d or permanent)",
			 shown);
		assert_string_equal(e.text, says);
		assert_int_equal(e.exit, SW_EXIT_USAGE);
	}
	for (size_t i = 0; i < COUNT(nothing); i++) {
		assert_int_equal(sw_duration_parse(nothing[i], "--ttl", &us, &e), -1);
		assert_non_null(strstr(e.text, "is too short"));
	}
	for (size_t i = 0; i < COUNT(too_long); i++) {
		if (!sw_duration_parse(too_long[i], "--ttl", &us, &e))
			fail_msg("\"%s\" was taken", too_long[i]);
		assert_non_null(strstr(e.text, "is too long (write permanent for no end)"));
	}
	assert_int_equal(us, 77);
}

static void long_text_is_cut(void **state)
{
	struct sw_err e;
	char text[5000];
	int64_t us;

	(void)state;
	memset(text, '7', sizeof(text));
	text[sizeof(text) - 1] = 0;
	assert_int_equal(sw_duration_parse(text, "block.ttl", &us, &e), -1);
	assert_true(strlen(e.text) < 80);
	assert_non_null(strstr(e.text, "block.ttl: invalid duration \"7777"));
	assert_int_equal(sw_duration_parse(text, "block.ttl", &us, NULL), -1);
}

static void durations_written(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} good[] = {
		{850000, "850ms"},
		{1500000, "1500ms"},
		{S, "1s"},
		{59 * S, "59s"},
		{60 * S, "1m"},
		{3492 * S, "58m12s"},
		{3600 * S, "1h"},
		{5400 * S, "1h30m"},
		{5430 * S, "1h30m"},
		{3605 * S, "1h"},
		{86400 * S, "1d"},
		{273600 * S, "3d4h"},
		{604800 * S, "7d"},
		{SW_FOREVER, "permanent"},
		{90 * S + 1, "1m30s"},
		{2305843009213 * S, "26687997d19h"},
	};
	char buf[SW_DURATION_TEXT];
	int64_t us;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_string_equal(sw_duration_text(good[i].us, buf), good[i].text);
		assert_int_equal(sw_duration_parse(buf, "it", &us, NULL), 0);
	}
}

static void times_taken(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{"2026-11-27T12:00Z", 1795780800 * S},
		{"2026-11-27T12:00:01Z", 1795780801 * S},
		{"2026-11-27T12:00:01.25Z", 1795780801 * S + S / 4},
		{"2026-11-27T12:00+01:00", 1795777200 * S},
		{"2026-11-27T12:00-0530", 1795800600 * S},
		{"2026-11-27T12:00", 1795777200 * S}, /* local */
		{"2026-11-27", 1795734000 * S},
		{"permanent", 0},
	};
	struct sw_err e = {0};
	int64_t us;

	(void)state;
	setenv("TZ", "XXX-1", 1);
	for (size_t i = 0; i < COUNT(good); i++) {
		if (sw_time_parse(good[i].text, "--since", &us, &e))
			fail_msg("%s", e.text);
		if (us != good[i].us)
			fail_msg("%s is %lld", good[i].text, (long long)us);
	}
	assert_int_equal(sw_time_parse("1h", "--since", &us, &e), 0);
	assert_in_range(sw_now() - 3600 * S - us, 0, HELD_UP);
}

static void times_refused(void **state)
{
	static const char *const bad[] = {
		"2026-02-30",
		"2026-13-01",
		"2026-11-27T25:00",
		"2026-11-27T",
		"2026-11-27T12:00z",
		"2026-11-27T12:00+",
		"2026-11-27T12:00+1",
		"2026-11-27 noon",
		"2026-11-27T12:00+99:00",
		"26-11",
		"a-b",
		"2026-11-27T12:00Z ",
		"2 hours ago",
		"tomorrow",
		"-1h",
		"5x",
		"",
	};
	struct sw_err e;
	int64_t us = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (!sw_time_parse(bad[i], "--until", &us, &e))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(strstr(e.text, "--until: \""));
		assert_int_equal(e.exit, SW_EXIT_USAGE);
	}
	assert_int_equal(us, 77);
}

/* The kernel lets an entry live while its tick is above the present one. */
static void expiry_is_never_early(void **state)
{
	(void)state;
	for (int64_t left = 1; left < 3600 * S; left = left * 5 / 4 + 7) {
		int64_t before = sw_monotonic();
		int64_t at = sw_now() + left;
		int64_t end = (int64_t)sw_ticks_from_time(at) << SW_TICK_SHIFT;
		int64_t late = end - (before + left * 1000);

		if (sw_now() >= at)
			continue;
		/* It counts whole microseconds. */
		assert_true(late >= -1000);
		assert_true(late <= (1ll << SW_TICK_SHIFT) + HELD_UP * 1000);
	}
}

static void past_and_forever(void **state)
{
	int64_t now = sw_now();

	(void)state;
	assert_true(sw_ticks_from_time(now) <= sw_ticks_now());
	assert_true(sw_ticks_from_time(now - 3600 * S) <= sw_ticks_now());
	assert_true(sw_ticks_from_time(0) <= sw_ticks_now());
	assert_int_equal(sw_ticks_from_time(SW_FOREVER), SW_EXPIRES_TICKS);
	assert_true(sw_time_from_ticks(SW_EXPIRES_TICKS) == SW_FOREVER);
	assert_true(sw_time_from_ticks(SW_EXPIRES_TICKS | SW_EXPIRES_AUTO) == SW_FOREVER);
	/* Beyond what ticks can count: the last tick, and not "permanent". */
	assert_int_equal(sw_ticks_from_time(now + 36500 * (86400 * S)), SW_EXPIRES_TICKS - 1);
	assert_int_equal(sw_ticks_from_time(SW_FOREVER - 1), SW_EXPIRES_TICKS - 1);
}

static void there_and_back(void **state)
{
	(void)state;
	for (int64_t left = 1; left < 5 * 365 * 86400 * S; left = left * 3 + 1) {
		int64_t at = sw_now() + left;
		int64_t back = sw_time_from_ticks(sw_ticks_from_time(at) | SW_EXPIRES_NEW_ONLY);

		assert_in_range(back - at + HELD_UP, 0, TICK_US + 2 * HELD_UP);
	}
	assert_in_range(sw_now() - sw_time_from_monotonic(sw_monotonic()) + HELD_UP, 0,
			2 * HELD_UP);
	assert_in_range(sw_now() - sw_time_from_monotonic(sw_monotonic() - 5 * S * 1000),
			5 * S - HELD_UP, 5 * S + HELD_UP);
}

static void rfc3339(void **state)
{
	char buf[SW_TIME_TEXT];

	(void)state;
	assert_string_equal(sw_time_rfc3339(0, buf), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(sw_time_rfc3339(1795416012123456, buf), "2026-11-23T06:40:12.123456Z");
	assert_string_equal(sw_time_rfc3339(1709251199000001, buf), "2024-02-29T23:59:59.000001Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_taken),	 cmocka_unit_test(durations_refused),
		cmocka_unit_test(long_text_is_cut),	 cmocka_unit_test(durations_written),
		cmocka_unit_test(times_taken),		 cmocka_unit_test(times_refused),
		cmocka_unit_test(expiry_is_never_early), cmocka_unit_test(past_and_forever),
		cmocka_unit_test(there_and_back),	 cmocka_unit_test(rfc3339),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
