// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, sizes and times for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <scanwall/abi.h>
#include "base/duration.h"
#include "views/output.h"
#include "views/human.h"

#define SECOND INT64_C(1000000)
#define DEFAULT_WIDTH 80
#define NARROWEST 20

static const char *scaled(double n, double step, const char *const *unit, char buf[SW_HUMAN_TEXT])
{
	int i = 0;

	/* 999.96 would be printed as "1000.0". */
	while (n >= step - 0.05 && unit[i + 1]) {
		n /= step;
		i++;
	}
	snprintf(buf, SW_HUMAN_TEXT, "%.1f%s", n, unit[i]);
	return buf;
}

const char *sw_human_count(uint64_t n, char buf[SW_HUMAN_TEXT])
{
	static const char *const unit[] = {"", "k", "M", "G", "T", "P", NULL};

	if (n >= 10000)
		return scaled(n, 1000, unit, buf);
	snprintf(buf, SW_HUMAN_TEXT, "%s", sw_cli_count(n));
	return buf;
}

/* The program counts exactly up to some 240 a second, and adds SW_HITS_SCALE at
 * once beyond that: less than this was never sampled. */
const char *sw_human_hits(uint64_t n, char buf[SW_HUMAN_TEXT])
{
	char count[SW_HUMAN_TEXT];

	sw_human_count(n, count);
	snprintf(buf, SW_HUMAN_TEXT, "%s%.30s", n < SW_HITS_SCALE ? "" : "~", count);
	return buf;
}

const char *sw_human_bytes(uint64_t n, char buf[SW_HUMAN_TEXT])
{
	static const char *const unit[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", NULL};

	if (n >= 1024)
		return scaled(n, 1024, unit, buf);
	snprintf(buf, SW_HUMAN_TEXT, "%" PRIu64 " B", n);
	return buf;
}

const char *sw_human_ago(int64_t us, char buf[SW_HUMAN_TEXT])
{
	int64_t s = (sw_now() - us) / SECOND;

	if (s < 1)
		return strcpy(buf, "just now");
	if (s < 60)
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 " s ago", s);
	else if (s < 3600)
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 " min ago", s / 60);
	else if (s < 2 * 86400)
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 " h ago", s / 3600);
	else
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 " d ago", s / 86400);
	return buf;
}

const char *sw_human_age(int64_t us, char buf[SW_HUMAN_TEXT])
{
	int64_t s = (sw_now() - us) / SECOND;

	if (s < 60)
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 "s", s < 0 ? 0 : s);
	else if (s < 3600)
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 "m", s / 60);
	else if (s < 2 * 86400)
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 "h", s / 3600);
	else
		snprintf(buf, SW_HUMAN_TEXT, "%" PRId64 "d", s / 86400);
	return buf;
}

const char *sw_human_left(int64_t expires, char buf[SW_HUMAN_TEXT])
{
	int64_t left = expires - sw_now();

	if (expires == SW_FOREVER)
		return strcpy(buf, "never");
	if (left <= 0)
		return strcpy(buf, "over");
	left = (left + SECOND - 1) / SECOND * SECOND;
	return sw_duration_text(left, buf);
}

const char *sw_human_clock(int64_t us, bool utc, char buf[SW_HUMAN_TEXT])
{
	time_t s = us / SECOND;
	struct tm tm;

	if (utc)
		gmtime_r(&s, &tm);
	else
		localtime_r(&s, &tm);
	strftime(buf, SW_HUMAN_TEXT, "%F %T", &tm);
	return buf;
}

const char *sw_human_points(int quarters, char buf[SW_HUMAN_TEXT])
{
	snprintf(buf, SW_HUMAN_TEXT, "%g", (double)quarters / SW_POINT);
	return buf;
}

int sw_human_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w;
	int n = columns ? atoi(columns) : 0;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &w))
		n = w.ws_col;
	return n < NARROWEST ? DEFAULT_WIDTH : n;
}

bool sw_human_terminal(void)
{
	return isatty(STDOUT_FILENO);
}
