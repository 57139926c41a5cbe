// SPDX-License-Identifier: GPL-2.0-only
/* Loads, fills and detaches a scanwall of the bench's own. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "blocklist/internal.h"
#include "engine/settings.h"
#include "site.h"
#include "subject.skel.h"

/* Addresses, as by default. */
#define ROOM4 1048576u
#define ROOM6 65536u

double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

struct sw_prefix listed(__u32 number, __u32 seed)
{
	struct sw_addr a = sw_addr_from4(htonl(address_number(number, seed)));

	return sw_prefix_of(&a, 32);
}

static const char *limits = "";

void site_limits(const char *lines)
{
	limits = lines;
}

static int write_config(const char *path, __u32 room4, __u32 room6, struct sw_err *e)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	/* A spray would have every source challenged, a flood every SYN answered. */
	fputs("mode = enforce\nsyn_flood = off\nguard { strangers_per_second = 0 }\nlimits {\n", f);
	if (room4 > ROOM4)
		fprintf(f, "blocked4 = %u\n", room4);
	if (room6 > ROOM6)
		fprintf(f, "blocked6 = %u\n", room6);
	fprintf(f, "%s\n}\n", limits);
	if (ferror(f) | fclose(f))
		return sw_fail(e, SW_EXIT_FAILED, "cannot write %s", path);
	return 0;
}

int site_open(struct site *s, const char *name, const char *dir, __u32 room4, __u32 room6,
	      struct sw_err *e)
{
	char pins[128], state[128], config[160];
	int rc;

	memset(s, 0, sizeof(*s));
	snprintf(pins, sizeof(pins), "/sys/fs/bpf/sw-bench-%s", name);
	snprintf(state, sizeof(state), "%s/%s", dir, name);
	snprintf(config, sizeof(config), "%s/scanwall.conf", state);
	if (mkdir(state, 0700) && errno != EEXIST)
		return sw_fail(e, SW_EXIT_FAILED, "cannot make %s: %s", state, strerror(errno));
	if (write_config(config, room4, room6, e) || sw_ctx_open(&s->ctx, pins, state, config, e))
		return -1;
	rc = sw_ctx_lock(&s->ctx, e);
	if (!rc)
		rc = sw_ctx_bring_up(&s->ctx, e);
	sw_ctx_unlock(&s->ctx);
	if (rc)
		sw_ctx_close(&s->ctx);
	else /* as after its first minute */
		sw_setting_store(&s->ctx.engine, grace_ticks, 0);
	return rc;
}

__u32 scattered(__u32 i, __u32 n)
{
	return i * 2654435761ull % n; /* a prime */
}

struct sw_prefix listed_in(enum list list, __u32 i, __u32 seed)
{
	__u64 half[2] = {htobe64(address_high(i, seed)), htobe64(LOW6)};
	struct sw_prefix p = listed(i, seed);
	struct sw_addr a;

	memcpy(&a, half, sizeof(a));
	switch (list) {
	case LIST_ADDRESS4:
		return p;
	case LIST_PREFIX4:
		return sw_prefix_of(&p.addr, 20 + i % 9);
	case LIST_ADDRESS6:
		return sw_prefix_of(&a, 128);
	case LIST_PREFIX6:
		return sw_prefix_of(&a, 64);
	}
	return p;
}

static int fill(struct site *s, enum list list, __u32 n, __u32 seed, __u32 expires_tick,
		struct sw_err *e)
{
	struct sw_maps maps;
	__u32 conflict;
	int rc = 0;

	if (list == LIST_ADDRESS4)
		rc = sw_drop_fit(&s->ctx, true, n, e);
	else if (list != LIST_PREFIX4)
		rc = sw_drop_fit(&s->ctx, false, n, e);

	sw_maps_open(&maps, &s->ctx.engine, true);
	for (__u32 i = 0; rc >= 0 && i < n; i++) {
		struct sw_prefix p = listed_in(list, scattered(i, n), seed);

		rc = sw_held_write(&maps, &p, expires_tick, SW_EXPIRES_TICKS, &conflict, e);
	}
	sw_maps_close(&maps);
	s->blocked = n;
	return rc < 0 ? -1 : 0;
}

int site_fill(struct site *s, enum list list, __u32 n, __u32 seed, struct sw_err *e)
{
	return fill(s, list, n, seed, SW_EXPIRES_TICKS, e);
}

int site_fill_until(struct site *s, __u32 n, __u32 seed, int seconds, struct sw_err *e)
{
	__u32 ticks = (__u64)seconds * 1000000000 >> SW_TICK_SHIFT;

	return fill(s, LIST_ADDRESS4, n, seed, sw_ticks_now() + ticks, e);
}

double site_empty(struct site *s, __u32 n, __u32 seed, struct sw_err *e)
{
	double start = now_seconds();

	return fill(s, LIST_ADDRESS4, n, seed, 0, e) ? -1 : now_seconds() - start;
}

int site_block(struct site *s, __u32 n, __u32 seed, double *seconds, struct sw_err *e)
{
	struct sw_claim *c = calloc(n, sizeof(*c));
	double start;
	int rc;

	if (!c)
		return sw_fail(e, SW_EXIT_FAILED, "no memory for a list of %u addresses", n);
	for (__u32 i = 0; i < n; i++) {
		c[i].prefix = listed(i, seed);
		snprintf(c[i].origin, sizeof(c[i].origin), SW_ORIGIN_OPERATOR);
		c[i].since = sw_now();
		c[i].expires = SW_FOREVER;
	}
	start = now_seconds();
	rc = sw_ctx_lock(&s->ctx, e);
	if (!rc)
		rc = sw_block(&s->ctx, c, n, NULL, e);
	sw_ctx_unlock(&s->ctx);
	if (seconds)
		*seconds = now_seconds() - start;
	free(c);
	s->blocked = n;
	return rc;
}

static void set_constants(struct subject_bpf *skel, const struct sw_engine *g)
{
	skel->rodata->source_mask = g->source_mask;
	skel->rodata->served_mask = sw_map_entries(g, SW_MAP_served) - 1;
	skel->rodata->flow_mask = sw_map_entries(g, SW_MAP_flows) - 1;
	memcpy((void *)skel->rodata->seed, g->settings->seed, sizeof(skel->rodata->seed));
}

int site_load_subject(struct site *s, struct sw_err *e)
{
	const struct sw_engine *g = &s->ctx.engine;
	struct subject_bpf *skel = subject_bpf__open();

	s->subject = skel;
	if (!skel)
		goto failed;
	set_constants(skel, g);
	for (int i = 0; i < SW_MAP_COUNT; i++)
		if (bpf_map__reuse_fd(bpf_object__find_map_by_name(skel->obj, sw_map_name(i)),
				      g->fd[i]))
			goto failed;
	bpf_program__set_autoload(skel->progs.scanwall, false);
	if (!subject_bpf__load(skel))
		return 0;
failed:
	return sw_fail(e, SW_EXIT_FAILED, "tests/bench/subject.bpf.c does not load: %s",
		       strerror(errno));
}

int site_attach_dropping(const struct site *s, const struct wire *w, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);

	if (bpf_link_create(bpf_program__fd(s->subject->progs.receive), w->rx_index, BPF_XDP,
			    &native) >= 0)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "cannot attach to %s: %s", w->rx, strerror(errno));
}

int site_attach(struct site *s, const char *name, struct sw_err *e)
{
	char second[16];

	snprintf(second, sizeof(second), "%s-d", name);
	if (wire_make(&s->wire, name, e) || wire_make(&s->dropping, second, e) ||
	    sw_engine_attach(&s->ctx.engine, s->wire.rx, SW_XDP_NATIVE, e) ||
	    site_load_subject(s, e))
		return -1;
	return site_attach_dropping(s, &s->dropping, e);
}

void site_detach(struct site *s)
{
	wire_remove(&s->wire);
	wire_remove(&s->dropping);
}

int site_count(const struct site *s, enum sw_reason r, struct sw_counter *one,
	       unsigned long long *all, struct sw_err *e)
{
	struct sw_counter each[SW_REASON_COUNT];

	if (sw_engine_counters(&s->ctx.engine, each, e))
		return -1;
	*one = each[r];
	*all = 0;
	for (int i = 0; i < SW_REASON_COUNT; i++)
		*all += each[i].passed + each[i].dropped;
	return 0;
}

void site_close(struct site *s)
{
	struct sw_err ignored;

	subject_bpf__destroy(s->subject);
	if (!s->ctx.store)
		return;
	if (s->ctx.loaded)
		sw_engine_remove(s->ctx.pin_dir, &ignored);
	sw_ctx_close(&s->ctx);
}
