/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the maps pinned by another version, in terms of this one, while its program runs: for
 * upgrades and downgrades. */
#ifndef SCANWALL_PAST_H
#define SCANWALL_PAST_H

#include "blocklist/internal.h"

enum {
	SW1_SETTINGS,
	SW1_STATE,
	SW1_COUNTERS,
	SW1_DROP4,
	SW1_DROP6,
	SW1_OVERFLOW4,
	SW1_OVERFLOW6,
	SW1_PREFIX4,
	SW1_PREFIX6,
	SW1_SOURCES,
	SW1_MAPS
};

struct sw_past {
	bool first; /* layout 1, in fd; else today's shape, in engine */
	struct sw_engine engine;
	int fd[SW1_MAPS];
	char dir[SW_NEXT_BYTES];
	/* what the program obeys */
	__u32 mode, revert_mode;
	__u64 revert_at;
	__u32 up_tick; /* 0 of layout 1 */
	bool panic;
	__u64 seed[4];
};

/* kind: SW_PINNED_SHAPED or SW_PINNED_FIRST; others fail with a sentence. */
int sw_past_open(struct sw_past *past, const char *pin_dir, enum sw_pinned kind, struct sw_err *e);
void sw_past_close(struct sw_past *past);

/* Every live block. */
int sw_past_held(const struct sw_past *past, sw_held_fn fn, void *arg, struct sw_err *e);
/* Every source under suspicion. */
int sw_past_sources(const struct sw_past *past, sw_source_fn fn, void *arg, struct sw_err *e);
/* Counters by today's reasons; what its program has lost and not done. */
int sw_past_counters(const struct sw_past *past, struct sw_counter *out, struct sw_err *e);
int sw_past_state(const struct sw_past *past, struct sw_state *out, struct sw_err *e);

/* ---- carry.c */
/* Into ctx's fresh maps, before they are in force. */
int sw_carry_over(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e);
/* What the old program blocked until the new one took its place. */
int sw_carry_rest(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e);

#endif
