// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include "costs.h"
#include "service.h"

#define ONES 9 /* single blocks */
#define DAEMON_SETTLE_MS 1000

void costs_init(struct cost c[COST_COUNT])
{
	static const struct cost all[COST_COUNT] = {
		[COST_MAPS] = {.id = "load-maps",
			       .title = "1 M list into the maps",
			       .unit = "s",
			       .want = AT_MOST,
			       .goal = 0.5},
		[COST_RESTORE] = {.id = "load-record",
				  .title = "out of the record, program loaded anew",
				  .unit = "s"},
		[COST_BLOCK] = {.id = "load-block",
				.title = "into record and maps, sorted and checked",
				.unit = "s"},
		[COST_ONE] = {.id = "block-one",
			      .title = "one `scanwall block` beside that list",
			      .unit = "ms",
			      .want = AT_MOST,
			      .goal = 5},
		[COST_MEMORY] = {.id = "memory",
				 .title = "kernel memory of all maps, with that list",
				 .unit = "MiB",
				 .want = AT_MOST,
				 .goal = 64},
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
		[COST_CPUS_MANY] = {.id = "cpus-many",
				    .title = "two CPUs receive from 8,192 blocked: throughput",
				    .unit = "x",
				    .want = AT_LEAST,
				    .goal = 1.8},
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
				      .goal = 4},
	};

	memcpy(c, all, sizeof(all));
}

int cost_maps(struct cost *c, __u32 n, __u32 seed, const char *dir, struct sw_err *e)
{
	struct site s;
	double start;
	int rc = site_open(&s, "maps", dir, 0, e);

	if (rc)
		return rc;
	start = now_seconds();
	rc = site_fill(&s, LIST_ADDRESS4, n, seed, e);
	series_add(&c->value, now_seconds() - start);
	site_close(&s);
	return rc;
}

int cost_restore(struct cost *c, const struct site *of, struct sw_err *e)
{
	struct sw_wall w;
	struct sw_err ignored;
	double start;
	int rc;

	if (sw_wall_open(&w, "/sys/fs/bpf/sw-bench-again", of->wall.state_dir, of->wall.config_file,
			 e))
		return -1;
	rc = sw_wall_lock(&w, e);
	start = now_seconds();
	if (!rc)
		rc = sw_wall_raise(&w, e);
	series_add(&c->value, now_seconds() - start);
	sw_wall_unlock(&w);
	sw_engine_remove(w.pin_dir, &ignored);
	sw_wall_close(&w);
	return rc;
}

int cost_one(struct cost *c, const char *scanwall, const struct site *beside, __u32 seed,
	     struct sw_err *e)
{
	for (int i = 0; i < ONES; i++) {
		struct sw_prefix p = listed(beside->blocked + i, seed);
		char text[SW_PREFIX_TEXT];
		const char *const argv[] = {scanwall,
					    "block",
					    sw_prefix_text(&p, text),
					    "--pin-dir",
					    beside->wall.pin_dir,
					    "--state-dir",
					    beside->wall.state_dir,
					    "--config",
					    beside->wall.config_file,
					    NULL};
		double start = now_seconds();

		if (bench_command(argv, e))
			return -1;
		series_add(&c->value, (now_seconds() - start) * 1e3);
	}
	return 0;
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
