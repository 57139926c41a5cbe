// SPDX-License-Identifier: GPL-2.0-only
/* The daemon's main function: start, event loop, stop. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "daemon/internal.h"

/* Blocks signals at the start, so that an early one waits for the event loop. */
static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static const char *join(const struct sw_names *names, char *buf, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < names->count && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s", i ? ", " : "", names->name[i]);
	return buf;
}

static int open_outputs(struct sw_daemon *d, struct sw_err *e)
{
	struct sw_outputs none = {.sinks = sw_sinks, .count = sw_sink_count};

	return sw_outputs_open(&d->outputs, &none, d->opt, &d->ctx.config, false, e);
}

static int open_loop(struct sw_daemon *d, struct sw_err *e)
{
	int rc = sd_event_new(&d->loop);

	if (rc < 0)
		return sw_fail(e, SW_EXIT_FAILED, "cannot create the event loop: %s",
			       strerror(-rc));
	return sw_watch_open(d, e);
}

static void log_start(struct sw_daemon *d, int64_t adopted)
{
	unsigned int parts = sw_engine_parts(d->ctx.pin_dir);
	const char *missing;
	char names[512];

	sw_log("%s is in %s mode on %s", SW_VERSION, sw_mode_name(sw_engine_mode(&d->ctx.engine)),
	       join(&d->names, names, sizeof(names)));
	for (int i = 0; i < d->names.count; i++)
		if (d->names.awaited[i])
			sw_log("%s does not exist; it is attached as soon as it appears",
			       d->names.name[i]);
	for (int i = 0; (missing = sw_parts_missing(parts, i)); i++)
		sw_log("%s", missing);
	if (d->ctx.record_aside[0])
		sw_log("the record was damaged: moved to %s, and a new one was made",
		       d->ctx.record_aside);
	if (d->ctx.record_trouble.text[0])
		sw_log("RUNNING WITHOUT THE RECORD: %s", d->ctx.record_trouble.text);
	sw_log_state_files(&d->ctx);
	if (d->ctx.adopted)
		sw_log("%lld block%s in force that the record did not know: kept until they "
		       "expire, under the origin " SW_ORIGIN_UNRECORDED,
		       (long long)d->ctx.adopted, d->ctx.adopted == 1 ? "" : "s");
	if (adopted)
		sw_log("%lld block%s that the kernel made while no daemon ran, recorded now",
		       (long long)adopted, adopted == 1 ? "" : "s");
}

static int start(struct sw_daemon *d, struct sw_err *e)
{
	int64_t adopted = 0;

	if (open_outputs(d, e) || sw_start_program(d, &adopted, e) || open_loop(d, e) ||
	    sw_start_drop_privileges(d, e) || sw_take_open(d, e))
		return -1;
	sw_notices_open(d);
	sw_closer_open(d);
	sw_closer_alive(d);
	sw_tls_open(d);
	sw_pins_remember(d);
	if (sw_ready_open(d, e))
		return -1;
	sw_give_back();
	log_start(d, adopted);
	sd_notify(0, "READY=1");
	sw_log_status(d);
	return 0;
}

/* Drains the ring before exit: the next reader may start much later. */
static void stop(struct sw_daemon *d)
{
	sd_notify(0, "STOPPING=1\nSTATUS=stopping; the program stays attached");
	sw_admit_close(d);
	sw_tls_close(d);
	sw_closer_close(d);
	sw_take_rest(d);
	if (d->ctx.loaded)
		sw_log("stopped; the program stays attached until `scanwall detach --all`");
	else
		sw_log("stopped");
}

static int run(struct sw_daemon *d, struct sw_err *e)
{
	char names[512];
	int rc;

	if (sw_single_take(d, e) || sw_start_choose(d, &d->ctx.config, &d->names, e))
		return -1;
	if (d->opt->dry_run) {
		printf("would attach to %s in %s mode\n", join(&d->names, names, sizeof(names)),
		       sw_mode_name(d->ctx.config.mode));
		return 0;
	}
	if (start(d, e))
		return -1;
	rc = sd_event_loop(d->loop);
	if (rc < 0)
		return sw_fail(e, SW_EXIT_FAILED, "event loop failed: %s", strerror(-rc));
	stop(d);
	return 0;
}

int sw_daemon_run(const struct sw_run_options *opt, struct sw_err *e)
{
	struct sw_daemon *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	d->opt = opt;
	d->single_fd = d->pins_fd = d->closer = -1;
	hold_signals();
	sw_log_init(opt->utc);
	rc = sw_ctx_open(&d->ctx, opt->pin_dir, opt->state_dir, opt->config_file, e);
	if (!rc) {
		d->settings_sum = sw_settings_sum(d);
		rc = run(d, e);
		sw_tls_close(d);
		sw_closer_close(d);
		sw_take_close(d);
		sd_event_source_unref(d->guard_timer);
		sd_event_unref(d->loop);
		sw_outputs_close(&d->outputs, NULL);
		sw_origins_close(d);
		sw_ctx_close(&d->ctx);
	}
	if (d->single_fd >= 0)
		close(d->single_fd);
	if (d->pins_fd >= 0)
		close(d->pins_fd);
	free(d);
	return rc;
}
