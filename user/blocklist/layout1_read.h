/* SPDX-License-Identifier: GPL-2.0-only */
/* How the maps of scanwall 0.1.0 are read; see past.h. */
#ifndef SCANWALL_LAYOUT1_READ_H
#define SCANWALL_LAYOUT1_READ_H

#include "blocklist/past.h"

int sw_layout1_open(struct sw_past *past, struct sw_err *e);
int sw_layout1_held(const struct sw_past *past, sw_held_fn fn, void *arg, struct sw_err *e);
int sw_layout1_sources(const struct sw_past *past, sw_source_fn fn, void *arg, struct sw_err *e);
int sw_layout1_counters(const struct sw_past *past, struct sw_counter *out, struct sw_err *e);
int sw_layout1_state(const struct sw_past *past, struct sw_state *out, struct sw_err *e);

#endif
