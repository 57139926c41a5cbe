// SPDX-License-Identifier: GPL-2.0-only
/* Notifications of floods, trouble and the daily report, which are not events. */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "daemon/internal.h"
#include "notify/notify.h"

#define LOOK_NS 5000000000ll /* address changes trigger the timer early */

void sw_notice(struct sw_daemon *d, enum sw_notify_kind kind, const char *fmt, ...)
{
	char text[1200];
	struct sw_err e;
	va_list ap;
	int fd;

	if (!(sw_notify_wanted_anywhere(&d->ctx.config) & 1u << kind))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = sw_notify_send(d->opt->state_dir, kind, text, &e);
	if (fd < 0 && !d->notices.failing)
		sw_log("%s", e.text);
	d->notices.failing = fd < 0;
	if (fd >= 0)
		close(fd);
}

static void on_trouble(const char *text, void *arg)
{
	sw_notice(arg, SW_NOTIFY_TROUBLE, "%s", text);
}

/* ---- floods: from the packet counters */

static bool count_dropped(const struct sw_daemon *d, __u64 *packets)
{
	struct sw_counter c[SW_REASON_COUNT];

	if (!d->ctx.loaded || sw_engine_counters(&d->ctx.engine, c, NULL))
		return false;
	*packets = 0;
	for (int r = 0; r < SW_REASON_COUNT; r++)
		*packets += c[r].dropped + (sw_reason_drops(r) ? c[r].passed : 0);
	return true;
}

static void look_for_flood(struct sw_daemon *d, int64_t now)
{
	struct sw_notices *n = &d->notices;
	int64_t since = n->looked, rate;
	__u64 packets, before = n->dropped;
	bool flood;

	if (!count_dropped(d, &packets))
		return;
	n->dropped = packets;
	n->looked = now;
	if (!since || packets < before) /* first call, or reloaded */
		return;
	rate = (double)(packets - before) * 1e9 / (now - since);
	flood = rate >= d->ctx.config.notify_flood;
	if (flood != n->flood)
		sw_notice(d, SW_NOTIFY_FLOOD, "%s: %lld packets a second %s dropped",
			  flood ? "a flood has begun" : "the flood is over", (long long)rate,
			  sw_engine_mode(&d->ctx.engine) == SW_ENFORCE ? "are" : "would be");
	n->flood = flood;
}

/* ---- the daily report, made by a process of its own */

static const char *stamp_path(const struct sw_daemon *d, char buf[PATH_MAX])
{
	snprintf(buf, PATH_MAX, "%s/notify.day", d->opt->state_dir);
	return buf;
}

static void read_stamp(struct sw_daemon *d)
{
	char path[PATH_MAX];
	FILE *f = fopen(stamp_path(d, path), "r");

	if (!f)
		return;
	if (!fgets(d->notices.day, sizeof(d->notices.day), f))
		d->notices.day[0] = 0;
	d->notices.day[strcspn(d->notices.day, "\n")] = 0;
	fclose(f);
}

static void write_stamp(struct sw_daemon *d)
{
	char path[PATH_MAX];
	FILE *f = fopen(stamp_path(d, path), "w");

	if (!f)
		return;
	fprintf(f, "%s\n", d->notices.day);
	fclose(f);
}

static void start_daily(struct sw_daemon *d)
{
	char self[PATH_MAX] = "";
	char *argv[] = {"scanwall",
			"--pin-dir",
			(char *)d->opt->pin_dir,
			"--state-dir",
			(char *)d->opt->state_dir,
			"--config",
			(char *)d->opt->config_file,
			"notify",
			"daily",
			NULL};
	posix_spawnattr_t attr;
	sigset_t none;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	if (posix_spawn(&d->notices.daily_child, self, NULL, &attr, argv, environ)) {
		d->notices.daily_child = 0;
		sw_log("the daily report could not be started: %s", strerror(errno));
	}
	posix_spawnattr_destroy(&attr);
}

static void look_for_day(struct sw_daemon *d)
{
	struct sw_notices *n = &d->notices;
	time_t now = sw_now() / 1000000;
	char day[16];
	struct tm tm;

	if (n->daily_child && waitpid(n->daily_child, NULL, WNOHANG) == n->daily_child)
		n->daily_child = 0;
	localtime_r(&now, &tm);
	strftime(day, sizeof(day), "%F", &tm);
	if (n->daily_child || tm.tm_hour != d->ctx.config.notify_daily_hour ||
	    !strcmp(day, n->day) ||
	    !(sw_notify_wanted_anywhere(&d->ctx.config) & 1u << SW_NOTIFY_DAILY))
		return;
	memcpy(n->day, day, sizeof(day));
	write_stamp(d);
	start_daily(d);
}

void sw_notices_look(struct sw_daemon *d)
{
	int64_t now = sw_monotonic();

	if (now - d->notices.looked >= LOOK_NS)
		look_for_flood(d, now);
	look_for_day(d);
}

void sw_notices_open(struct sw_daemon *d)
{
	read_stamp(d);
	sw_log_watch(on_trouble, d);
}
