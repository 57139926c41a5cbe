// SPDX-License-Identifier: GPL-2.0-only
/* Measures load times, memory, and single commands. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "costs.h"
#include "service.h"
#include "watcher.h"

#define ONES 9 /* single blocks */
#define DAEMON_SETTLE_MS 1000

void costs_init(struct cost c[COST_COUNT])
{
	static const struct cost all[COST_COUNT] = {
		[COST_MAPS] = {.id = "load-maps",
			       .title = "1 M list into the maps",
			       .unit = "s",
			       .want = AT_MOST,
			       .goal = 0.3},
		[COST_REMOVE] = {.id = "unload-maps", .title = "  out of them again", .unit = "s"},
		[COST_RESTORE] = {.id = "load-record",
				  .title = "out of the record, program loaded anew",
				  .unit = "s"},
		[COST_BLOCK] = {.id = "load-block",
				.title = "into record and maps, sorted and checked",
				.unit = "s"},
		[COST_IMPORT] = {.id = "import",
				 .title = "`scanwall import` of 1 M, the whole command",
				 .unit = "s",
				 .want = AT_MOST,
				 .goal = 1.5},
		[COST_GROW_PASSED] = {.id = "grow-passed",
				      .title = "  grown from 1 k under traffic: listed passed",
				      .unit = "",
				      .want = AT_MOST,
				      .goal = 0},
		[COST_GROW_LONGEST] = {.id = "grow-longest",
				       .title = "  and one packet was judged for, at most",
				       .unit = "ms",
				       .want = AT_MOST,
				       .goal = 1},
		[COST_REPLACE] = {.id = "replace",
				  .title = "`restore` of another 1 M: maps, first to last",
				  .unit = "s",
				  .want = AT_MOST,
				  .goal = 1},
		[COST_REPLACE_PASSED] = {.id = "replace-passed",
					 .title = "  packets from both lists that passed",
					 .unit = "",
					 .want = AT_MOST,
					 .goal = 0},
		[COST_REPLACE_WHOLE] = {.id = "replace-whole",
					.title = "  the whole command, record included",
					.unit = "s",
					.want = AT_MOST,
					.goal = 3},
		[COST_ONE] = {.id = "block-one",
			      .title = "one `block` beside 1 M: to its first drop",
			      .unit = "ms",
			      .want = AT_MOST,
			      .goal = 3},
		[COST_ONE_WHOLE] = {.id = "block-whole",
				    .title = "  to the end of the command",
				    .unit = "ms"},
		[COST_START] = {.id = "start",
				.title = "  of which starting: `scanwall version`",
				.unit = "ms"},
		[COST_MEMORY] = {.id = "memory",
				 .title = "kernel memory of all maps, with that list",
				 .unit = "MiB",
				 .want = AT_MOST,
				 .goal = 48},
		[COST_MEMORY_MOST] = {.id = "memory-10m",
				      .title = "kernel memory, with 10,000,000 blocked",
				      .unit = "MiB",
				      .want = AT_MOST,
				      .goal = 256},
		[COST_DAEMON] = {.id = "daemon",
				 .title = "daemon, resident, with an empty list",
				 .unit = "MiB",
				 .want = AT_MOST,
				 .goal = 16},
		[COST_EVENTS_RATE] = {.id = "events-rate",
				      .title = "state changes, 3 s, thousands a second",
				      .unit = "k/s",
				      .want = AT_LEAST,
				      .goal = 100},
		[COST_EVENTS_LOST] = {.id = "events-lost",
				      .title = "  events of them lost, default ring",
				      .unit = "",
				      .want = AT_MOST,
				      .goal = 0},
		[COST_EVENTS_CPU] = {.id = "events-cpu",
				     .title = "  daemon's share of a core",
				     .unit = "%",
				     .want = AT_MOST,
				     .goal = 25},
		[COST_EVENTS_ALL_RATE] = {.id = "events-all-rate",
					  .title = "the same, limits on blocks at their highest",
					  .unit = "k/s"},
		[COST_EVENTS_ALL_LOST] = {.id = "events-all-lost",
					  .title = "  events of them lost, default ring",
					  .unit = "",
					  .want = AT_MOST,
					  .goal = 0},
		[COST_EVENTS_ALL_CPU] = {.id = "events-all-cpu",
					 .title = "  daemon's share, recording after it too",
					 .unit = "%"},
		[COST_SPRAY_RATE] = {.id = "spray-rate",
				     .title = "the same by default: strangers challenged",
				     .unit = "k/s"},
		[COST_SPRAY_LOST] = {.id = "spray-lost",
				     .title = "  events of them lost, default ring",
				     .unit = "",
				     .want = AT_MOST,
				     .goal = 0},
		[COST_SPRAY_CPU] = {.id = "spray-cpu",
				    .title = "  daemon's share of a core",
				    .unit = "%",
				    .want = AT_MOST,
				    .goal = 25},
		[COST_CPUS_MANY] = {.id = "cpus-many",
				    .title = "two CPUs receive from 8,192 blocked: throughput",
				    .unit = "x",
				    .want = AT_LEAST,
				    .goal = 1.9},
		[COST_CPUS_CLEAN] = {.id = "cpus-clean",
				     .title = "  both clean traffic: throughput",
				     .unit = "x",
				     .want = AT_LEAST,
				     .goal = 1.9},
		[COST_CPUS_NEW] = {.id = "cpus-new",
				   .title = "  both SYNs of new sources: throughput",
				   .unit = "x",
				   .want = AT_LEAST,
				   .goal = 1.9},
		[COST_CPUS_ONE] = {.id = "cpus-one",
				   .title = "  both from one blocked source: throughput",
				   .unit = "x",
				   .want = AT_LEAST,
				   .goal = 1.8},
		[COST_CPUS_REASONS] = {.id = "cpus-reasons",
				       .title = "  its packets by reason, off by",
				       .unit = "%",
				       .want = AT_MOST,
				       .goal = 1},
		[COST_CPUS_HITS] = {.id = "cpus-hits",
				    .title = "  its hits, off by",
				    .unit = "%",
				    .want = AT_MOST,
				    .goal = 1},
		[COST_CPUS_PASSED] = {.id = "cpus-passed",
				      .title = "  before its block, of 60,000, there passed",
				      .unit = "",
				      .want = AT_MOST,
				      .goal = 64},
	};

	memcpy(c, all, sizeof(all));
}

int cost_maps(struct cost *c, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	struct site s;
	double start, seconds;
	int rc = site_open(&s, "maps", dir, 0, 0, e);

	if (rc)
		return rc;
	start = now_seconds();
	rc = site_fill(&s, LIST_ADDRESS4, n, seed, e);
	series_add(&c[COST_MAPS].value, now_seconds() - start);
	seconds = rc ? -1 : site_empty(&s, n, seed, e);
	series_add(&c[COST_REMOVE].value, seconds);
	site_close(&s);
	return seconds < 0 ? -1 : 0;
}

int cost_restore(struct cost *c, const struct site *of, struct sw_err *e)
{
	struct sw_ctx ctx;
	struct sw_err ignored;
	double start;
	int rc;

	if (sw_ctx_open(&ctx, "/sys/fs/bpf/sw-bench-again", of->ctx.state_dir, of->ctx.config_file,
			e))
		return -1;
	rc = sw_ctx_lock(&ctx, e);
	start = now_seconds();
	if (!rc)
		rc = sw_ctx_bring_up(&ctx, e);
	series_add(&c->value, now_seconds() - start);
	sw_ctx_unlock(&ctx);
	sw_engine_remove(ctx.pin_dir, &ignored);
	sw_ctx_close(&ctx);
	return rc;
}

/* `scanwall VERB OPERAND`, on the site's maps and record. */
static int command_beside(int busy, const char *scanwall, const struct site *s, const char *verb,
			  const char *operand, struct sw_err *e)
{
	const struct sw_ctx *ctx = &s->ctx;
	const char *const argv[] = {
		scanwall,     verb,	     operand,	     "--yes",	 "--pin-dir",
		ctx->pin_dir, "--state-dir", ctx->state_dir, "--config", ctx->config_file,
		NULL};

	return bench_command_beside(busy, argv, e);
}

static int command(const char *scanwall, const struct site *s, const char *verb,
		   const char *operand, struct sw_err *e)
{
	return command_beside(-1, scanwall, s, verb, operand, e);
}

static double since(double start, __u64 ns)
{
	return ns / 1e9 - start;
}

int cost_one(struct cost *c, const char *scanwall, struct site *beside, __u32 seed,
	     const cpu_set_t *may, struct sw_err *e)
{
	const char *const nothing[] = {scanwall, "version", NULL};
	struct seen seen[GROUPS];
	struct watcher ctx;

	for (int i = 0; i < ONES; i++) {
		struct range range[GROUPS] = {{beside->blocked + i, 1}};
		struct sw_prefix p = listed(beside->blocked + i, seed);
		char text[SW_PREFIX_TEXT];
		double start;
		int rc, busy;

		if (watcher_start(&ctx, beside, range, seed, may, e))
			return -1;
		busy = CPU_COUNT(may) > 1 ? ctx.cpu : -1;
		start = now_seconds();
		rc = command_beside(busy, scanwall, beside, "block", sw_prefix_text(&p, text), e);
		series_add(&c[COST_ONE_WHOLE].value, (now_seconds() - start) * 1e3);
		if (watcher_end(&ctx, seen, e) || rc)
			return -1;
		if (!seen[0].passed || !seen[0].dropped)
			return sw_fail(e, SW_EXIT_FAILED, "`scanwall block %s` changed nothing",
				       text);
		series_add(&c[COST_ONE].value, since(start, seen[0].first_drop_ns) * 1e3);
		start = now_seconds();
		if (bench_command(nothing, e))
			return -1;
		series_add(&c[COST_START].value, (now_seconds() - start) * 1e3);
	}
	return 0;
}

static int cmp_number(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* In no order, as a list of somebody's; or in order, as `save` writes it. */
static int write_list(const char *path, bool save, __u32 first, __u32 n, __u32 seed,
		      struct sw_err *e)
{
	__u32 *address = calloc(n, sizeof(*address));
	char text[SW_PREFIX_TEXT];
	struct sw_addr a;
	FILE *f;

	if (!address)
		return sw_fail(e, SW_EXIT_FAILED, "no memory for a list of %u addresses", n);
	f = fopen(path, "we");
	if (!f) {
		free(address);
		return sw_fail(e, SW_EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	}
	for (__u32 i = 0; i < n; i++)
		address[i] = address_number(first + i, seed);
	if (save)
		qsort(address, n, sizeof(*address), cmp_number);
	for (__u32 i = 0; i < n; i++) {
		a = sw_addr_from4(htonl(address[i]));
		fprintf(f, save ? "block %s --ttl permanent\n" : "%s\n", sw_addr_text(&a, text));
	}
	free(address);
	if (ferror(f) | fclose(f))
		return sw_fail(e, SW_EXIT_FAILED, "cannot write %s", path);
	return 0;
}

/* Half of the old list is in the new one. */
static int replace(struct cost *c, const char *scanwall, struct site *s, __u32 n, __u32 seed,
		   const char *file, const cpu_set_t *may, struct sw_err *e)
{
	struct range range[GROUPS] = {{n / 2, n / 2}, {n, n / 2}};
	struct seen seen[GROUPS];
	struct watcher ctx;
	double start;
	int rc;

	if (watcher_start(&ctx, s, range, seed, may, e))
		return -1;
	start = now_seconds();
	rc = command(scanwall, s, "restore", file, e);
	series_add(&c[COST_REPLACE_WHOLE].value, now_seconds() - start);
	if (watcher_end(&ctx, seen, e) || rc)
		return -1;
	if (!seen[0].dropped || !seen[1].dropped || !seen[1].passed)
		return sw_fail(e, SW_EXIT_FAILED, "`scanwall restore` changed nothing");
	series_add(&c[COST_REPLACE].value,
		   (seen[1].last_pass_ns - (double)seen[1].first_drop_ns) / 1e9);
	series_add(&c[COST_REPLACE_PASSED].value, seen[0].passed);
	return 0;
}

#define FEW 1000

/* A short list becomes the long one, while packets from the short one keep coming. */
static int grow(struct cost *c, const char *scanwall, struct site *s, const char *list, __u32 seed,
		const cpu_set_t *may, struct sw_err *e)
{
	struct range range[GROUPS] = {{0, FEW}};
	struct seen seen[GROUPS];
	struct watcher ctx;
	int rc;

	if (site_fill(s, LIST_ADDRESS4, FEW, seed, e) ||
	    watcher_start(&ctx, s, range, seed, may, e))
		return -1;
	rc = command(scanwall, s, "import", list, e);
	if (watcher_end(&ctx, seen, e) || rc)
		return -1;
	if (!seen[0].dropped)
		return sw_fail(e, SW_EXIT_FAILED, "no packet came while the list grew");
	series_add(&c[COST_GROW_PASSED].value, seen[0].passed);
	series_add(&c[COST_GROW_LONGEST].value, seen[0].longest_ns / 1e6);
	return 0;
}

static int cost_growing(struct cost *c, const char *scanwall, int i, const char *list, __u32 seed,
			const char *dir, const cpu_set_t *may, struct sw_err *e)
{
	struct site s;
	char name[16];
	int rc;

	snprintf(name, sizeof(name), "grow%d", i);
	if (site_open(&s, name, dir, 0, 0, e))
		return -1;
	rc = site_load_subject(&s, e);
	if (!rc)
		rc = grow(c, scanwall, &s, list, seed, may, e);
	site_close(&s);
	return rc;
}

int cost_lists(struct cost *c, const char *scanwall, __u32 n, __u32 seed, const char *dir,
	       const cpu_set_t *may, int rounds, struct sw_err *e)
{
	static int sites; /* whose records stay, also when the bench tries again */
	char list[160], saved[160];
	int rc = 0;

	snprintf(list, sizeof(list), "%s/list", dir);
	snprintf(saved, sizeof(saved), "%s/saved", dir);
	if (write_list(list, false, 0, n, seed, e) || write_list(saved, true, n / 2, n, seed, e))
		return -1;
	for (int i = 0; !rc && i < rounds; i++, sites++) {
		struct site s;
		char name[16];
		double start;

		snprintf(name, sizeof(name), "list%d", sites);
		if (site_open(&s, name, dir, 0, 0, e))
			return -1;
		rc = site_attach(&s, name, e);
		start = now_seconds();
		if (!rc)
			rc = command(scanwall, &s, "import", list, e);
		series_add(&c[COST_IMPORT].value, now_seconds() - start);
		if (!rc)
			rc = replace(c, scanwall, &s, n, seed, saved, may, e);
		site_detach(&s);
		site_close(&s);
		if (!rc)
			rc = cost_growing(c, scanwall, sites, list, seed, dir, may, e);
	}
	return rc;
}

int cost_daemon(struct cost *c, const char *scanwall, const char *dir, struct sw_err *e)
{
	struct service s;
	double mib;

	if (service_start(&s, scanwall, "daemon", dir, "", e))
		return -1;
	sleep_ms(DAEMON_SETTLE_MS);
	mib = service_resident(&s, e);
	service_stop(&s);
	if (mib < 0)
		return -1;
	series_add(&c->value, mib);
	return 0;
}
