// SPDX-License-Identifier: GPL-2.0-only
/* Durations ("1h30m") and the clocks. */
#include <ctype.h>
#include <inttypes.h>
#include <scanwall/abi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"

#define SECOND 1000000ll /* microseconds */
#define LONGEST 64

static const struct {
	const char *name;
	int64_t us;
} units[] = {
	{"ms", 1000},	      {"s", SECOND},	     {"min", 60 * SECOND},   {"m", 60 * SECOND},
	{"h", 3600 * SECOND}, {"d", 86400 * SECOND}, {"w", 604800 * SECOND},
};

static int64_t unit_of(const char *text, size_t n)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == n && !strncmp(units[i].name, text, n))
			return units[i].us;
	return 0;
}

static int refuse(const char *text, const char *what, struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_USAGE,
		       "%s: invalid duration \"%s\" (expected 90, 1h30m, 2d or permanent)", what,
		       text);
}

int sw_duration_parse(const char *text, const char *what, int64_t *us, struct sw_err *e)
{
	const char *at = text;
	int64_t sum = 0, n, unit;
	size_t letters;
	char *end;

	if (!strcmp(text, "-1") || !strcmp(text, "permanent")) {
		*us = SW_FOREVER;
		return 0;
	}
	if (strlen(text) > LONGEST)
		return sw_fail(e, SW_EXIT_USAGE, "%s: invalid duration \"%.40s...\"", what, text);
	while (*at) {
		if (!isdigit((unsigned char)*at))
			return refuse(text, what, e);
		n = strtoll(at, &end, 10);
		letters = strspn(end, "abcdefghijklmnopqrstuvwxyz");
		/* A bare number is seconds, and stands alone. */
		unit = letters ? unit_of(end, letters) : at == text && !*end ? SECOND : 0;
		if (!unit)
			return refuse(text, what, e);
		if (__builtin_mul_overflow(n, unit, &n) || __builtin_add_overflow(sum, n, &sum) ||
		    sum > SW_FOREVER / 4)
			return sw_fail(
				e, SW_EXIT_USAGE,
				"%s: duration \"%s\" is too long (write permanent for no end)",
				what, text);
		at = end + letters;
	}
	if (sum <= 0)
		return at == text
			       ? refuse(text, what, e)
			       : sw_fail(e, SW_EXIT_USAGE,
					 "%s: duration \"%s\" is too short (expected 1s or more)",
					 what, text);
	*us = sum;
	return 0;
}

/* What follows the date and time, or NULL. */
static const char *read_clock(const char *text, struct tm *tm)
{
	static const char *const format[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
					     "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
	const char *end = NULL;

	for (size_t i = 0; !end && i < sizeof(format) / sizeof(format[0]); i++) {
		*tm = (struct tm){.tm_isdst = -1};
		end = strptime(text, format[i], tm);
	}
	return end;
}

/* Seconds east of UTC; false: that is no zone. */
static bool read_zone(const char *text, int *east)
{
	unsigned int hours, minutes;
	int n = 0;

	*east = 0;
	if (!strcmp(text, "Z"))
		return true;
	if ((*text != '+' && *text != '-') || strspn(text + 1, "0123456789:") != strlen(text + 1) ||
	    (sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &n) != 2 &&
	     sscanf(text + 1, "%2u%2u%n", &hours, &minutes, &n) != 2) ||
	    text[1 + n] || hours > 14 || minutes > 59)
		return false;
	*east = (*text == '-' ? -1 : 1) * (int)(hours * 3600 + minutes * 60);
	return true;
}

static bool read_time(const char *text, int64_t *us)
{
	int64_t fraction = 0, unit = SECOND / 10;
	const char *at;
	struct tm tm;
	int day, east = 0;
	time_t s;

	at = isdigit((unsigned char)*text) ? read_clock(text, &tm) : NULL;
	if (!at)
		return false;
	if (at[0] == '.' && isdigit((unsigned char)at[1]))
		for (at++; isdigit((unsigned char)*at); at++, unit /= 10)
			fraction += (*at - '0') * unit;
	if (*at && !read_zone(at, &east))
		return false;
	day = tm.tm_mday;
	s = *at ? timegm(&tm) : mktime(&tm);
	if (tm.tm_mday != day) /* the 30th of February */
		return false;
	*us = (s - east) * SECOND + fraction;
	return true;
}

/* Midnight of today, or of the day before. */
static int64_t midnight(int days_ago)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_mday -= days_ago;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return mktime(&tm) * SECOND;
}

int sw_time_parse(const char *text, const char *what, int64_t *us, struct sw_err *e)
{
	struct sw_err ignored;
	int64_t span;

	if (!strcmp(text, "today") || !strcmp(text, "yesterday")) {
		*us = midnight(*text == 'y');
		return 0;
	}
	if (!sw_duration_parse(text, what, &span, &ignored)) {
		*us = span == SW_FOREVER ? 0 : sw_now() - span;
		return 0;
	}
	if (strlen(text) <= LONGEST && read_time(text, us))
		return 0;
	return sw_fail(
		e, SW_EXIT_USAGE,
		"%s: \"%.40s\" is not a time; write 1h, today, or 2026-11-27T12:00, with Z or "
		"+01:00 if it is not local",
		what, text);
}

const char *sw_duration_text(int64_t us, char buf[SW_DURATION_TEXT])
{
	int64_t s = us / SECOND;

	if (us == SW_FOREVER)
		snprintf(buf, SW_DURATION_TEXT, "permanent");
	else if (us < 10 * SECOND && us % SECOND)
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "ms", us / 1000);
	else if (s < 60)
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "s", s);
	else if (s < 3600 && s % 60)
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "m%" PRId64 "s", s / 60, s % 60);
	else if (s < 3600)
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "m", s / 60);
	else if (s < 86400 && s / 60 % 60)
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "h%" PRId64 "m", s / 3600, s / 60 % 60);
	else if (s < 86400)
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "h", s / 3600);
	else if (s / 3600 % 24)
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "d%" PRId64 "h", s / 86400,
			 s / 3600 % 24);
	else
		snprintf(buf, SW_DURATION_TEXT, "%" PRId64 "d", s / 86400);
	return buf;
}

int64_t sw_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

int64_t sw_monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

uint32_t sw_ticks_now(void)
{
	struct timespec t;

	/* The coarse clock, as in the program: ten times cheaper, and still finer than a tick. */
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (t.tv_sec * INT64_C(1000000000) + t.tv_nsec) >> SW_TICK_SHIFT;
}

/* Rounded up: a block never ends before its time. */
uint32_t sw_ticks_from_time(int64_t us)
{
	int64_t left, ticks;

	if (us == SW_FOREVER)
		return SW_EXPIRES_TICKS;
	left = us - sw_now();
	if (left <= 0)
		return sw_ticks_now();
	if (left > (int64_t)SW_EXPIRES_TICKS << SW_TICK_SHIFT >> 10)
		return SW_EXPIRES_TICKS - 1;
	ticks = (sw_monotonic() + left * 1000 + (1ll << SW_TICK_SHIFT) - 1) >> SW_TICK_SHIFT;
	return ticks >= SW_EXPIRES_TICKS ? SW_EXPIRES_TICKS - 1 : ticks;
}

int64_t sw_time_from_ticks(uint32_t until)
{
	int64_t ticks = until & SW_EXPIRES_TICKS;

	if (ticks == SW_EXPIRES_TICKS)
		return SW_FOREVER;
	return sw_now() + ((ticks << SW_TICK_SHIFT) - sw_monotonic()) / 1000;
}

int64_t sw_time_from_monotonic(uint64_t ns)
{
	return sw_now() + ((int64_t)ns - sw_monotonic()) / 1000;
}

const char *sw_time_rfc3339(int64_t us, char buf[SW_TIME_TEXT])
{
	time_t s = us / SECOND;
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(buf, SW_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, SW_TIME_TEXT - n, ".%06dZ", (int)(us % SECOND));
	return buf;
}
