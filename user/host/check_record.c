// SPDX-License-Identifier: GPL-2.0-only
/* Doctor's checks of configuration, record, clock and notifications. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>
#include "notify/notify.h"
#include "store/key_file.h"
#include "host/doctor_checks.h"

#define LEAST_FREE 100		/* MiB for the record */
#define FUTURE (60ll * 1000000) /* us; a newer record means that the clock was set back */

void sw_check_config(struct sw_doctor *d)
{
	struct sw_config c;
	struct sw_err e;

	sw_config_init(&c); /* since it is freed below */
	if (sw_config_load(d->p->config_file, true, &c, &e)) {
		sw_doctor_say(d, SW_WRONG, "configuration", NULL, "%s", e.text);
		return;
	}
	sw_doctor_say(d, SW_GOOD, "configuration", NULL, "%s is good", d->p->config_file);
	sw_config_free(&c);
}

static int newest(const struct sw_record *r, void *arg)
{
	int64_t *latest = arg;

	if (r->time > *latest)
		*latest = r->time;
	return 0;
}

static void check_keys(struct sw_doctor *d)
{
	struct sw_key *k;
	struct sw_err e;

	if (sw_keys_read(d->p->state_dir, &k, &e) >= 0) {
		free(k);
		return;
	}
	sw_doctor_say(d, SW_WRONG, "keys", NULL,
		      "%s; hidden ports are open where no other keys are loaded: restore the file, "
		      "or remove it and make new keys",
		      e.text);
}

void sw_check_record(struct sw_doctor *d, const struct sw_err *why)
{
	struct statvfs fs;
	int64_t latest = 0;
	struct sw_err e;

	if (!d->open) {
		sw_doctor_say(d, SW_WRONG, "record", NULL, "%s", why->text);
		return;
	}
	if (sw_store_events(d->ctx.store, 0, NULL, 1, newest, &latest, &e))
		sw_doctor_say(d, SW_WRONG, "record", NULL, "%s", e.text);
	else if (latest > sw_now() + FUTURE)
		sw_doctor_say(d, SW_DOUBTFUL, "record", NULL,
			      "an event in it is from the future: the clock was set back; --since "
			      "may miss events");
	else
		sw_doctor_say(d, SW_GOOD, "record", NULL, "can be read");
	if (!statvfs(d->p->state_dir, &fs) && fs.f_bavail * fs.f_frsize >> 20 < LEAST_FREE)
		sw_doctor_say(d, SW_WRONG, "disk", NULL,
			      "%llu MiB left at %s: free some space, or events and changes cannot "
			      "be recorded",
			      (unsigned long long)(fs.f_bavail * fs.f_frsize >> 20),
			      d->p->state_dir);
	check_keys(d);
}

void sw_check_clock(struct sw_doctor *d)
{
	struct timex t = {0};

	if (adjtimex(&t) < 0)
		return;
	if (t.status & STA_UNSYNC)
		sw_doctor_say(
			d, SW_DOUBTFUL, "clock", NULL,
			"the clock is not synchronized (NTP): blocks last as long as they should, "
			"but times in events may be wrong; install chrony or systemd-timesyncd");
	else
		sw_doctor_say(d, SW_GOOD, "clock", NULL, "synchronized");
}

/* A section without kinds or without a target is probably incomplete. */
static void check_section(struct sw_doctor *d, const char *name, const struct sw_config *keys)
{
	bool way = keys->notify_run[0] || keys->notify_webhook[0] || keys->notify_mail[0];

	if (way == (keys->notify_when.count > 0))
		return;
	if (way)
		sw_doctor_say(d, SW_DOUBTFUL, "notify", NULL,
			      "notify%s%s has a target, but no kinds of message: set its when",
			      name[0] ? " " : "", name);
	else
		sw_doctor_say(d, SW_WRONG, "notify", NULL,
			      "notify%s%s has kinds of message, but no target: set its run, "
			      "webhook or mail",
			      name[0] ? " " : "", name);
}

static void check_sections(struct sw_doctor *d)
{
	const struct sw_config *c = &d->ctx.config;

	check_section(d, "", c);
	for (int i = 0; i < c->notify_count; i++)
		check_section(d, c->notify[i].name, c->notify[i].keys);
}

/* Returns how many targets the last message did not get to. */
static int check_targets(struct sw_doctor *d, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char line[600];
	ssize_t size;
	int n = 0;

	if (send(fd, SW_NOTIFY_QUESTION, strlen(SW_NOTIFY_QUESTION), MSG_NOSIGNAL) < 0)
		return 0;
	for (; poll(&p, 1, 1000) > 0; n++) {
		size = recv(fd, line, sizeof(line) - 1, 0);
		if (size <= 0)
			break;
		line[size] = '\0';
		sw_doctor_say(d, SW_WRONG, "notify", NULL,
			      "%.*s: %s; its messages wait and are tried again for a day: mend "
			      "that, then scanwall notify test",
			      (int)strcspn(line, "\n"), line, line + strcspn(line, "\n") + 1);
	}
	return n;
}

void sw_check_notify(struct sw_doctor *d)
{
	struct sockaddr_un to;
	int fd;

	if (!d->open)
		return;
	check_sections(d);
	if (!sw_notify_wanted_anywhere(&d->ctx.config) ||
	    sw_notify_address(d->p->state_dir, &to, NULL))
		return;
	fd = sw_notify_connect(&to);
	if (fd < 0) {
		sw_doctor_say(d, SW_WRONG, "notify", NULL,
			      "notify.when is set, but nothing delivers the messages: systemctl "
			      "enable --now scanwall-notify, then scanwall notify test");
		return;
	}
	if (!check_targets(d, fd))
		sw_doctor_say(d, SW_GOOD, "notify", NULL,
			      "messages are delivered; scanwall notify test sends one");
	close(fd);
}
