// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the daemon itself, and its state for systemctl. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/visible.h"
#include "daemon/internal.h"

static bool in_utc, in_journal;
static void (*watcher)(const char *text, void *arg);
static void *watcher_arg;

/* systemd.exec(5): standard output or error goes to the journal. */
static bool goes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%lu:%lu", &dev, &ino) == 2 && !fstat(STDERR_FILENO, &st) &&
	       st.st_dev == dev && st.st_ino == ino;
}

void sw_log_init(bool utc)
{
	in_utc = utc;
	in_journal = goes_to_journal();
}

bool sw_log_in_journal(void)
{
	return in_journal;
}

const char *sw_log_time(int64_t us, char buf[SW_TIME_TEXT])
{
	time_t s = us / 1000000;
	struct tm tm;

	buf[0] = 0;
	if (in_journal)
		return buf;
	if (in_utc)
		gmtime_r(&s, &tm);
	else
		localtime_r(&s, &tm);
	strftime(buf, SW_TIME_TEXT, in_utc ? "%Y-%m-%d %H:%M:%SZ " : "%Y-%m-%d %H:%M:%S ", &tm);
	return buf;
}

static void say(const char *priority, const char *text)
{
	char time[SW_TIME_TEXT], visible[1200];

	sw_visible(visible, sizeof(visible), text);
	fprintf(stderr, "%s%sscanwall: %s\n", in_journal ? priority : "",
		sw_log_time(sw_now(), time), visible);
}

void sw_log(const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(SD_NOTICE, text);
}

void sw_log_trouble(bool *notified, const char *what, const struct sw_err *e)
{
	char text[1200];

	if (!e && !*notified)
		return;
	if (!e) {
		*notified = false;
		sw_log("%s works again", what);
		return;
	}
	if (*notified)
		return;
	*notified = true;
	snprintf(text, sizeof(text), "%s failed: %s", what, e->text);
	say(SD_ERR, text);
	if (watcher)
		watcher(text, watcher_arg);
}

void sw_log_watch(void (*fn)(const char *text, void *arg), void *arg)
{
	watcher = fn;
	watcher_arg = arg;
}

void sw_log_status(struct sw_daemon *d)
{
	struct sw_claim_filter live = {.live_at = sw_now()};
	struct sw_attachment at[SW_INTERFACES];
	int n = sw_engine_attachments(d->ctx.pin_dir, at, SW_INTERFACES, NULL);
	char names[512] = "nothing";
	size_t used = 0;

	if (!d->ctx.loaded) {
		sd_notify(0, "STATUS=not attached: scanwall attach IFACE");
		return;
	}
	for (int i = 0; i < n && i < SW_INTERFACES && used < sizeof(names); i++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s%s", i ? ", " : "",
				 at[i].ifname,
				 at[i].ifindex	   ? ""
				 : at[i].elsewhere ? " (moved away)"
						   : " (gone)");
	sd_notifyf(0, "STATUS=%s mode on %s; %lld claims%s",
		   sw_mode_name(sw_engine_mode(&d->ctx.engine)), names,
		   (long long)sw_store_claim_count(d->ctx.store, &live, NULL),
		   d->ctx.engine.settings->panic ? "; PANIC: everything passes" : "");
}
