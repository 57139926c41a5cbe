// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a flood lasts, `admit` (bpf/admit.h) reads the kernel what clients had offered
 * in the SYNs that were answered with cookies. It costs every packet a little, so it
 * is attached for that time only, by links that end with this process. That it is
 * there is said to the XDP program for a few seconds at a time.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "daemon/internal.h"
#include "engine/settings.h"
#include "engine/syn_flood.h"

#define BPF_TCX_INGRESS 46 /* Linux 6.6; not in Debian 12's <linux/bpf.h> */

#define THERE 16    /* ticks, four seconds; then the program assumes that we are gone */
#define LINGER 480  /* ticks, two minutes: how long a cookie may still come back */
#define LAST_ACKS 1 /* s, for the ACKs of cookies sent just before */

static void detach_all(struct sw_daemon *d)
{
	for (int i = 0; i < d->admit.count; i++)
		close(d->admit.link[i]);
	d->admit.count = 0;
}

static bool is_attached(const struct sw_daemon *d, int ifindex)
{
	for (int i = 0; i < d->admit.count; i++)
		if (d->admit.ifindex[i] == ifindex)
			return true;
	return false;
}

/* 0, or -errno. */
static int attach(struct sw_daemon *d, int prog, int ifindex)
{
	int link;

	if (!ifindex || is_attached(d, ifindex) || d->admit.count == SW_INTERFACES)
		return 0;
	link = bpf_link_create(prog, ifindex, BPF_TCX_INGRESS, NULL);
	if (link < 0)
		return link;
	d->admit.ifindex[d->admit.count] = ifindex;
	d->admit.link[d->admit.count++] = link;
	return 0;
}

/* To all interfaces or none: the flag that it sets applies to all. */
static bool attach_all(struct sw_daemon *d)
{
	struct sw_attachment at[SW_INTERFACES];
	char path[sizeof(d->ctx.pin_dir) + 8];
	struct sw_err ignored;
	int n, prog, rc = 0;

	snprintf(path, sizeof(path), "%s/admit", d->ctx.pin_dir);
	prog = bpf_obj_get(path);
	if (prog < 0)
		return false;
	n = sw_engine_attachments(d->ctx.pin_dir, at, SW_INTERFACES, &ignored);
	for (int i = 0; !rc && i < n && i < SW_INTERFACES; i++)
		rc = attach(d, prog, at[i].ifindex);
	close(prog);
	return n > 0 && !rc;
}

static bool timestamps(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_timestamps", "re");
	int n = 0;

	if (f && fscanf(f, "%d", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n > 0;
}

static void log_flood(struct sw_daemon *d, bool flooded)
{
	const char *text;

	if (!flooded && d->admit.flooded)
		sw_log("the SYN flood has ended: ten seconds without one");
	if (flooded && !d->admit.flooded) {
		text = sw_syn_flood_hindrance(&d->ctx.engine);
		if (text)
			sw_log("the SYN flood is left to the kernel: %s", text);
		else if ((text = sw_syn_flood_loss(&d->ctx.engine)))
			sw_log("SYNs of the flood are answered with cookies; %s", text);
	}
	d->admit.flooded = flooded;
}

void sw_admit_tick(struct sw_daemon *d)
{
	bool flooded = d->ctx.loaded && sw_engine_flooded(&d->ctx.engine);
	__u32 now = sw_ticks_now();

	if (!d->ctx.loaded) {
		detach_all(d);
		d->admit.flooded = false;
		return;
	}
	if (flooded && timestamps() && attach_all(d)) {
		sw_setting_store(&d->ctx.engine, admit_until, now + THERE);
		d->admit.needed_until = now + LINGER;
	} else if (d->admit.count && (__s32)(d->admit.needed_until - now) <= 0) {
		detach_all(d);
	}
	log_flood(d, flooded);
}

void sw_admit_close(struct sw_daemon *d)
{
	if (!d->admit.count)
		return;
	if (d->ctx.loaded && d->admit.flooded) {
		sw_setting_store(&d->ctx.engine, admit_until, 0);
		sleep(LAST_ACKS);
	}
	detach_all(d);
}
