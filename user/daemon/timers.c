// SPDX-License-Identifier: GPL-2.0-only
/* Everything that is not an event of the program: timers, changes of the host's addresses, and
 * other processes that load, unload or reconfigure the program. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "engine/settings.h"
#include "context/record.h"
#include "daemon/internal.h"

#define RECORD_RETRY_NS 10000000000ll
#define SECOND 1000000ull /* us */
#define TICK (1 * SECOND)
#define GUARD (10 * SECOND)
#define SWEEP (60 * SECOND)
#define SETTLE (SECOND / 10) /* addresses rarely change one at a time */

static bool same_guard(const struct sw_guard *a, const struct sw_guard *b)
{
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
		if (sw_prefix_cmp(&a->item[i].prefix, &b->item[i].prefix))
			return false;
	return true;
}

/* With the writers' lock held: collects the guarded addresses again. */
static int watch_guard(struct sw_daemon *d, struct sw_err *e)
{
	struct sw_ctx *ctx = &d->ctx;
	struct sw_guard fresh;
	bool same;

	if (sw_guard_find(ctx->config.keep_ssh, NULL, &fresh, e))
		return -1;
	same = ctx->guard_found && same_guard(&ctx->guard, &fresh);
	if (ctx->guard_found)
		sw_guard_free(&ctx->guard);
	ctx->guard = fresh;
	ctx->guard_found = true;
	if (!ctx->loaded)
		return 0;
	if (sw_guard_apply(&ctx->engine, &ctx->guard, &ctx->config.nat64, e))
		return -1;
	/* An operator's entry may have been covered by a guard that is gone now. */
	return same ? 0 : sw_allow_sync(ctx, e);
}

static void let_go(struct sw_daemon *d, bool replaced)
{
	sw_tls_pause(d);
	sw_take_rest(d);
	sw_take_close(d);
	sw_engine_close(&d->ctx.engine);
	d->ctx.loaded = false;
	d->pin = 0;
	if (replaced)
		return;
	sw_log("the program was detached by another process; nothing is seen or blocked");
	sw_notice(d, SW_NOTIFY_TROUBLE,
		  "the program was detached by another process; nothing is seen or blocked");
	sw_log_status(d);
}

/* With the lock held, so that no other process is loading. */
static int take_up(struct sw_daemon *d, struct sw_err *e)
{
	struct sw_ctx *ctx = &d->ctx;
	struct sw_err why;
	int rc;

	if (sw_ctx_lock(ctx, e))
		return -1;
	rc = sw_engine_open(&ctx->engine, ctx->pin_dir, e);
	ctx->loaded = !rc;
	if (!rc)
		rc = watch_guard(d, e);
	/* The events queued meanwhile were recorded with the old maps. */
	if (!rc && sw_restore_maps(ctx, &why))
		sw_log("bringing the record's blocks into the new maps failed: %s", why.text);
	sw_ctx_unlock(ctx);
	if (!rc)
		rc = sw_take_open(d, e);
	if (!rc)
		return 0;
	if (ctx->loaded)
		sw_engine_close(&ctx->engine);
	ctx->loaded = false;
	return -1;
}

static void follow_pins(struct sw_daemon *d)
{
	ino_t pin = sw_pins_inode(d);
	struct sw_err e;

	if (d->ctx.loaded && pin != d->pin)
		let_go(d, pin);
	if (d->ctx.loaded || !pin)
		return;
	if (take_up(d, &e)) {
		sw_log_trouble(&d->notified.attach, "attaching again", &e);
		return;
	}
	d->notified.attach = false;
	sw_pins_remember(d);
	sw_log("attached again");
	sw_log_status(d);
}

static void settle_trial(struct sw_daemon *d)
{
	bool rolled_back = false;
	struct sw_err e;
	int rc = sw_ctx_lock(&d->ctx, &e);

	if (!rc) {
		rc = sw_trial_settle(&d->ctx, &rolled_back, &e);
		if (rolled_back) /* otherwise a command was quicker, and the next tick reads it */
			d->settings_sum = sw_settings_sum(d);
		sw_ctx_unlock(&d->ctx);
	}
	sw_log_trouble(&d->notified.trial, "undoing the trial", rc ? &e : NULL);
	if (!rolled_back)
		return;
	sw_log("the trial was not confirmed: its changes were rolled back, mode is %s",
	       sw_mode_name(d->ctx.config.mode));
	sw_log_status(d);
}

/* The program reports the start of a flood as an event; its end is detected here. */
static void log_strangers(struct sw_daemon *d)
{
	bool challenged = d->ctx.loaded && sw_engine_strangers(&d->ctx.engine);

	if (d->strangers && !challenged)
		sw_log("the spray has ended, so new sources are no longer challenged");
	d->strangers = challenged;
}

/* The file of the record was removed, was truncated, or could not be used. */
static void follow_record(struct sw_daemon *d)
{
	bool there = sw_store_is_there(d->ctx.store), whole = sw_store_is_whole(d->ctx.store);
	struct sw_err e;
	bool same;
	int rc;

	if (there && whole &&
	    (!sw_store_is_volatile(d->ctx.store) || sw_monotonic() < d->record_retry))
		return;
	d->record_retry = sw_monotonic() + RECORD_RETRY_NS;
	if (sw_ctx_lock(&d->ctx, &e))
		return;
	d->ctx.record_aside[0] = '\0';
	rc = sw_record_mend(&d->ctx, &e);
	same = there && !sw_store_is_volatile(d->ctx.store) && !d->ctx.record_aside[0];
	if (!rc && !same)
		rc = sw_record_reopen(&d->ctx, &e);
	if (!same && sw_store_is_new(d->ctx.store)) /* it has no settings: they stay as they are */
		d->settings_sum = sw_settings_sum(d);
	sw_ctx_unlock(&d->ctx);
	if (rc || same)
		return;
	sw_log("the record %s; %lld block%s in force that it did not know are kept under the "
	       "origin " SW_ORIGIN_UNRECORDED,
	       d->ctx.record_aside[0] ? "was damaged and moved away: a new one was made"
	       : there		      ? "works again"
				      : "was taken away: a new one was made",
	       (long long)d->ctx.adopted, d->ctx.adopted == 1 ? "" : "s");
}

static void tick(struct sw_daemon *d)
{
	follow_record(d);
	sw_take_again(d);
	follow_pins(d);
	if (d->ctx.loaded && sw_settings_reverted(&d->ctx.engine))
		settle_trial(d);
	if (sw_settings_sum(d) != d->settings_sum)
		sw_reload(d, true);
	log_strangers(d);
	sw_admit_tick(d);
	sw_tls_look(d);
	sw_allow_names_tick(d);
}

/* Written only a few times per period, since every packet reads that cache line. */
static void heartbeat(struct sw_daemon *d)
{
	const struct sw_engine *g = &d->ctx.engine;
	int64_t span = d->ctx.config.heartbeat;
	bool missed = sw_settings_heartbeat_missed(g);

	if (span == SW_FOREVER || (!missed && sw_monotonic() - d->heartbeat_ns < span * 1000 / 4))
		return;
	d->heartbeat_ns = sw_monotonic();
	sw_settings_heartbeat(g, span);
	if (!missed || d->ctx.config.mode != SW_ENFORCE)
		return;
	sw_log("the heartbeat was missed, so nothing was dropped; it is back, and mode is enforce");
	sw_notice(d, SW_NOTIFY_TROUBLE,
		  "the heartbeat was missed, so nothing was dropped; it is back");
	sw_log_status(d);
}

static void log_growth(__u64 *notified, __u64 now, const char *what, const char *advice)
{
	if (now > *notified)
		sw_log("%s: %llu; %s", what, (unsigned long long)(now - *notified), advice);
	*notified = now;
}

static void log_counts(struct sw_daemon *d)
{
	const struct sw_state *st = d->ctx.engine.state;
	long unkept = d->reader ? sw_reader_unkept(d->reader) : 0;

	if (unkept)
		sw_log("spared or not blocked, beyond %d a minute only counted: %ld more",
		       d->ctx.config.auto_per_minute, unkept);
	if (!d->ctx.loaded)
		return;
	if (st->lost_events > d->lost)
		sw_notice(d, SW_NOTIFY_LOST_EVENTS,
			  "%llu events lost: the ring was full; raise limits.ring",
			  (unsigned long long)(st->lost_events - d->lost));
	log_growth(&d->lost, st->lost_events, "events lost: the ring was full",
		   "raise limits.ring");
	log_growth(&d->capped, st->capped_blocks, "automatic blocks not made, at a limit",
		   "see guard.auto_per_minute and guard.auto_max");
	log_growth(&d->full, st->overflow_full, "automatic blocks not made: no room left",
		   "raise limits.blocked4 or limits.blocked6 and reload");
}

static void guard(struct sw_daemon *d)
{
	struct sw_err e;
	int rc = sw_ctx_lock(&d->ctx, &e);

	if (!rc) {
		rc = watch_guard(d, &e);
		sw_log_trouble(&d->notified.guard, "looking up guarded addresses", rc ? &e : NULL);
		rc = d->ctx.loaded ? sw_interfaces_mend(d, &e) : 0;
		sw_log_trouble(&d->notified.attach, "attaching again", rc ? &e : NULL);
		sw_ctx_unlock(&d->ctx);
	} else {
		sw_log_trouble(&d->notified.guard, "looking up guarded addresses", &e);
	}
	log_counts(d);
	sw_notices_look(d);
}

static void sweep(struct sw_daemon *d)
{
	struct sw_err e;
	int64_t gone = 0;
	int rc = sw_ctx_lock(&d->ctx, &e);

	if (!rc) {
		bool mended;

		rc = sw_restore_interrupted(&d->ctx, &mended, &e);
		if (!rc && mended)
			sw_log("a command was interrupted; record and maps agree again");
		if (!rc)
			rc = sw_sweep(&d->ctx, &e);
		if (!rc)
			rc = sw_store_bound(d->ctx.store, d->ctx.config.keep_bytes, &gone, &e);
		sw_ctx_unlock(&d->ctx);
	}
	if (gone)
		sw_log("the oldest %lld events and audit records were deleted; events.max_bytes is "
		       "%d",
		       (long long)gone, d->ctx.config.keep_bytes);
	sw_log_trouble(&d->notified.sweep, "removing expired entries", rc ? &e : NULL);
	sw_log_status(d);
	sw_give_back();
}

/* ---- in the loop */

static int again(sd_event_source *s, uint64_t us)
{
	sd_event_source_set_time_relative(s, us);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_tick(sd_event_source *s, uint64_t now, void *arg)
{
	struct sw_daemon *d = arg;

	(void)now;
	tick(d);
	if (d->ctx.loaded) {
		sw_settings_clock(&d->ctx.engine);
		heartbeat(d);
	}
	return again(s, TICK);
}

static int on_guard(sd_event_source *s, uint64_t now, void *arg)
{
	(void)now;
	guard(arg);
	return again(s, GUARD);
}

static int on_sweep(sd_event_source *s, uint64_t now, void *arg)
{
	(void)now;
	sweep(arg);
	return again(s, SWEEP);
}

/* Only the fact of a change matters, so a lost message (ENOBUFS) counts as one. */
static int on_addresses(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct sw_daemon *d = arg;
	char message[8192];

	(void)s;
	(void)events;
	while (recv(fd, message, sizeof(message), MSG_DONTWAIT) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
	again(d->guard_timer, SETTLE);
	return 0;
}

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *arg)
{
	(void)s;
	(void)si;
	sw_reload(arg, false);
	return 0;
}

static int on_end(sd_event_source *s, const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
	return sd_event_exit(sd_event_source_get_event(s), 0);
}

static void follow_clock(struct sw_daemon *d)
{
	struct sw_err e;
	int64_t step = 0;
	int rc = sw_ctx_lock(&d->ctx, &e);

	if (!rc) {
		rc = sw_clock_reconcile(&d->ctx, &step, &e);
		sw_ctx_unlock(&d->ctx);
	}
	if (rc)
		sw_log("the clock was set, and record and maps could not be brought together: %s",
		       e.text);
	else if (step)
		sw_log("the clock was set by %+lld s; blocks still end when they were to end",
		       (long long)((step + (step > 0 ? 500000 : -500000)) / 1000000));
}

/* A timer that never runs out and is cancelled when the clock is set
 * (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). */
static int arm_clock(int fd)
{
	struct itimerspec never = {.it_value.tv_sec =
					   sizeof(time_t) > 4 ? INT64_C(1) << 40 : INT32_MAX};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static int on_clock(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	uint64_t ignored;

	(void)s;
	(void)events;
	if (read(fd, &ignored, sizeof(ignored)) < 0 && errno == ECANCELED)
		follow_clock(arg);
	arm_clock(fd);
	return 0;
}

static int watch_clock(struct sw_daemon *d)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC), rc;
	sd_event_source *s;

	if (fd < 0 || arm_clock(fd))
		return -errno;
	rc = sd_event_add_io(d->loop, &s, fd, EPOLLIN, on_clock, d);
	if (rc < 0)
		return rc;
	sd_event_source_set_io_fd_own(s, 1);
	sd_event_source_set_floating(s, 1);
	sd_event_source_unref(s);
	return 0;
}

static int watch_addresses(struct sw_daemon *d)
{
	struct sockaddr_nl me = {.nl_family = AF_NETLINK,
				 .nl_groups =
					 RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	sd_event_source *s;
	int rc;

	if (fd < 0)
		return -errno;
	rc = bind(fd, (struct sockaddr *)&me, sizeof(me)) ? -errno : 0;
	if (rc >= 0)
		rc = sd_event_add_io(d->loop, &s, fd, EPOLLIN, on_addresses, d);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	sd_event_source_set_io_fd_own(s, 1);
	sd_event_source_set_floating(s, 1);
	sd_event_source_unref(s);
	return 0;
}

int sw_watch_open(struct sw_daemon *d, struct sw_err *e)
{
	sd_event *loop = d->loop;
	int rc = watch_addresses(d);

	if (rc >= 0)
		rc = watch_clock(d);
	if (rc >= 0)
		rc = sd_event_add_time_relative(loop, NULL, CLOCK_MONOTONIC, TICK, 0, on_tick, d);
	if (rc >= 0)
		rc = sd_event_add_time_relative(loop, &d->guard_timer, CLOCK_MONOTONIC, GUARD, 0,
						on_guard, d);
	if (rc >= 0)
		rc = sd_event_add_time_relative(loop, NULL, CLOCK_MONOTONIC, SWEEP, 0, on_sweep, d);
	if (rc >= 0)
		rc = sd_event_add_signal(loop, NULL, SIGTERM, on_end, d);
	if (rc >= 0)
		rc = sd_event_add_signal(loop, NULL, SIGINT, on_end, d);
	if (rc >= 0)
		rc = sd_event_add_signal(loop, NULL, SIGHUP, on_hangup, d);
	if (rc >= 0)
		rc = sd_event_set_watchdog(loop, 1);
	return rc >= 0 ? 0
		       : sw_fail(e, SW_EXIT_FAILED, "the event loop cannot be set up: %s",
				 strerror(-rc));
}
