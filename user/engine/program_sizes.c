// SPDX-License-Identifier: GPL-2.0-only
/* Map sizes and constants, set before a program is loaded. */
#include <bpf/libbpf.h>
#include <string.h>
#include <time.h>
#include "engine/internal.h"
#include "scanwall.skel.h"

static __u32 power_of_two(__u32 n)
{
	__u32 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

static __u32 rule_conditions(const struct sw_config *c)
{
	return c->rule_conditions ? c->rule_conditions : SW_CONDITIONS_A_RULE * c->rules;
}

static __u32 rule_pages(const struct sw_config *c)
{
	return c->rule_pages ? c->rule_pages : c->rules / SW_RULES_A_REGEX_PAGE;
}

#define MONITOR_RING (1 << 17) /* some 400 packets; it is read as they come */

/* With nine addresses in a line on average, the most before a table grows, one in 107
 * overflows: of half the lines 0.042 a line of them all. If the last ones hold at most
 * eight, there are never more; of ten, one in 53. */
static __u32 overflow4(__u32 addresses, __u32 lines)
{
	__u32 room = addresses > 8 * lines ? addresses / 32 : lines / 16;

	return room < 4096 ? 4096 : room;
}

/* At most ten addresses per line of 14, five per line of seven (docs/performance.md
 * says how many overflow). */
void sw_engine_set_sizes(struct scanwall_bpf *skel, const struct sw_config *c)
{
	__u32 narrow = c->blocked6 / 16;
	__u32 lines4 = power_of_two(c->blocked4 / 10), lines6 = power_of_two(c->blocked6 / 5);

	bpf_map__set_max_entries(skel->maps.drop4, lines4);
	bpf_map__set_max_entries(skel->maps.drop4_cold, lines4);
	bpf_map__set_max_entries(skel->maps.drop4_bloom, lines4);
	bpf_map__set_max_entries(skel->maps.drop6, lines6);
	bpf_map__set_max_entries(skel->maps.drop6_cold, lines6);
	bpf_map__set_max_entries(skel->maps.drop6_bloom, lines6);
	bpf_map__set_max_entries(skel->maps.overflow4, overflow4(c->blocked4, lines4));
	bpf_map__set_max_entries(skel->maps.overflow6, narrow < 4096 ? 4096 : narrow);
	bpf_map__set_max_entries(skel->maps.prefix4, c->prefixes);
	bpf_map__set_max_entries(skel->maps.prefix6, c->prefixes);
	bpf_map__set_max_entries(skel->maps.sources, power_of_two(c->sources / SW_SOURCE_WAYS));
	bpf_map__set_max_entries(skel->maps.events, c->ring_bytes);
	bpf_map__set_max_entries(skel->maps.packets, MONITOR_RING);
	/* Doubled, because the old rules stay in force while new ones are loaded
	 * (rule.h). */
	bpf_map__set_max_entries(skel->maps.rules, 2 * c->rules);
	bpf_map__set_max_entries(skel->maps.rule_counts, 2 * c->rules);
	bpf_map__set_max_entries(skel->maps.windows, 2 * c->rules);
	bpf_map__set_max_entries(skel->maps.conditions, 2 * rule_conditions(c));
	bpf_map__set_max_entries(skel->maps.regexes, 2 * rule_pages(c));
}

/* Log2 of jiffies in seven to fifteen minutes. The resolution of the coarse clock is a
 * jiffy. */
static __u32 epoch_shift(void)
{
	struct timespec step;
	__u64 jiffies;
	__u32 shift = 0;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &step) || step.tv_sec || !step.tv_nsec)
		return 17; /* of 250 Hz */
	for (jiffies = 900ull * 1000000000 / step.tv_nsec; jiffies > 1; jiffies >>= 1)
		shift++;
	return shift;
}

void sw_engine_set_constants(struct scanwall_bpf *skel, const struct sw_config *c,
			     const __u64 seed[4])
{
	skel->rodata->source_mask = bpf_map__max_entries(skel->maps.sources) - 1;
	skel->rodata->served_mask = bpf_map__max_entries(skel->maps.served) - 1;
	skel->rodata->flow_mask = bpf_map__max_entries(skel->maps.flows) - 1;
	skel->rodata->client_mask = bpf_map__max_entries(skel->maps.known_clients) - 1;
	skel->rodata->speaker_mask = bpf_map__max_entries(skel->maps.speakers) - 1;
	skel->rodata->request_mask = bpf_map__max_entries(skel->maps.requests) - 1;
	skel->rodata->refusal_mask = bpf_map__max_entries(skel->maps.refusals) - 1;
	skel->rodata->decoy_mask = bpf_map__max_entries(skel->maps.decoys) - 1;
	skel->rodata->sketch_mask = bpf_map__max_entries(skel->maps.sketches) - 1;
	skel->rodata->syn_cells_mask = bpf_map__max_entries(skel->maps.syn_cells) - 1;
	skel->rodata->tail_mask = bpf_map__max_entries(skel->maps.tails) - 1;
	skel->rodata->rules_max = bpf_map__max_entries(skel->maps.rules) / 2;
	skel->rodata->conditions_max = bpf_map__max_entries(skel->maps.conditions) / 2;
	skel->rodata->regexes_max = bpf_map__max_entries(skel->maps.regexes) / 2;
	skel->rodata->source6_mask = ~0ull << (64 - c->source_prefix6);
	skel->rodata->epoch_shift = epoch_shift();
	memcpy((void *)skel->rodata->seed, seed, sizeof(skel->rodata->seed));
}
