/* SPDX-License-Identifier: GPL-2.0-only */
/* Signatures compiled into the tables of rule.h, and loading of these tables into the maps. */
#ifndef SCANWALL_TABLES_H
#define SCANWALL_TABLES_H

#include <scanwall/rule.h>
#include "engine/engine.h"

#define SW_FILTERS 2

struct sw_window_entry {
	/* Folded, the first byte in the lowest; in the highest SW_ANSWERS, and no half. */
	__u64 window;
	struct sw_window_rules rules;
};

struct sw_port_entry {
	struct sw_port_key key; /* its half is 0 or SW_ANSWERS */
	struct sw_port_rules rules;
};

/* Everything is owned by the caller that filled it. */
struct sw_tables {
	const struct sw_filter *filter; /* SW_FILTERS: of requests, of answers */
	const struct sw_inspect_ports *ports;
	struct sw_rule *rule;
	const struct sw_condition *condition;
	const struct sw_regex_page *page;
	const struct sw_window_entry *window;
	const struct sw_port_entry *port;
	size_t rules, conditions, pages, windows, ports_listed;
};

/* Whether the maps have room for them. */
bool sw_tables_fit(const struct sw_engine *g, const struct sw_tables *t);

/* Puts them in force in one step: they go into the half that is not in use,
 * then the generation changes. What was counted for a sid that stays is kept.
 * Refused with a sentence where the maps are too small. */
int sw_tables_load(const struct sw_engine *g, const struct sw_tables *t, struct sw_err *e);

struct sw_rule_stat {
	__u32 index; /* in `rules` */
	struct sw_rule rule;
	struct sw_rule_count count;
};

/* Counters of the rules in force in *out, which the caller frees. Returns the number, or -1. */
long sw_tables_stats(const struct sw_engine *g, struct sw_rule_stat **out, struct sw_err *e);

/* Carries over the counters that other maps have of the same sids. */
int sw_tables_keep_counts(const struct sw_engine *from, const struct sw_engine *to,
			  struct sw_err *e);

/* Enables or disables every rule with this sid, until the next load. Returns 0 if there is
 * none. */
int sw_tables_switch(const struct sw_engine *g, __u32 sid, bool on, struct sw_err *e);

#endif
