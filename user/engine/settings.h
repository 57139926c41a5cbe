/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The settings map. The program reads it at any time, so every write is an atomic store
 * of a single field, through sw_setting_store(); elsewhere the mapping is const. Fields
 * are never copied between structs: each has one writer.
 */
#ifndef SCANWALL_SETTINGS_H
#define SCANWALL_SETTINGS_H

#include "engine/engine.h"

#define sw_setting_at(g, field) (&((struct sw_settings *)(g)->settings)->field)
#define sw_setting_store(g, field, value) \
	__atomic_store_n(sw_setting_at(g, field), (value), __ATOMIC_SEQ_CST)

/* Initializes new maps: the configuration, the seeds, and drop sets of so many lines.
 * challenges: the kernel accepted that program. abi is set by the caller that publishes the
 * maps. */
void sw_settings_first(struct sw_settings *s, const struct sw_config *c, __u32 lines4, __u32 lines6,
		       const __u64 seed[4], bool challenges);

/* Every key with a setting into the running program, but for the mode. */
void sw_settings_configure(const struct sw_engine *g, const struct sw_config *c);
/* The mode, and no deadline for it any more. */
void sw_settings_mode(const struct sw_engine *g, enum sw_mode mode);
/* Falls back to back_to at a CLOCK_MONOTONIC time in ns, without any process running. */
void sw_settings_revert(const struct sw_engine *g, enum sw_mode back_to, __u64 at_ns);
void sw_settings_no_revert(const struct sw_engine *g);
/* Passes the wall-clock time to the program, which checks knocks; repeat when the clock is
 * set. */
void sw_settings_clock(const struct sw_engine *g);
/* Heartbeat: dropping continues for span_us; SW_FOREVER: no heartbeat needed. */
void sw_settings_heartbeat(const struct sw_engine *g, int64_t span_us);
/* Whether the last one is too long ago. */
bool sw_settings_heartbeat_missed(const struct sw_engine *g);
/* Whether the deadline has passed. */
bool sw_settings_reverted(const struct sw_engine *g);

#endif
