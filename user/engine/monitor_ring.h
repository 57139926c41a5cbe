/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream of packets with verdicts, for one listener at a time. */
#ifndef SCANWALL_MONITOR_RING_H
#define SCANWALL_MONITOR_RING_H

#include "base/addr.h"
#include "engine/engine.h"

struct sw_monitor_filter {
	__u64 reasons; /* bit per enum sw_reason requested */
	bool by_source;
	struct sw_prefix source;
	__u32 per_second; /* 0: any number */
};

typedef int (*sw_monitored_fn)(const struct sw_monitored *p, void *arg);
struct sw_listener;

/* Starts to listen; fn gets each packet in sw_listener_wait(), and stops that by
 * returning non-zero. NULL: another listener is active, or an error. g stays open. */
struct sw_listener *sw_listener_open(const struct sw_engine *g, const struct sw_monitor_filter *f,
				     sw_monitored_fn fn, void *arg, struct sw_err *e);
/* Renews the lease and delivers what has arrived, waiting at most ms. 0, or -1. */
int sw_listener_wait(struct sw_listener *l, int ms, struct sw_err *e);
/* Packets not reported since the start: over the limit, and with a full ring. */
void sw_listener_losses(const struct sw_listener *l, __u64 *limited, __u64 *lost);
void sw_listener_close(struct sw_listener *l);

#endif
