/* SPDX-License-Identifier: GPL-2.0-only */
/* SYN floods (bpf/floods.h, bpf/syncookie.h), seen from user space. */
#ifndef SCANWALL_SYN_FLOOD_H
#define SCANWALL_SYN_FLOOD_H

#include "engine/engine.h"

struct sw_flooded {
	int port;	/* 0: ACKs of no connection, to any port */
	__u32 since;	/* tick */
	__u32 a_second; /* packets */
};

/* Why SYNs are not answered under a flood, as a sentence; NULL: they are. */
const char *sw_syn_flood_hindrance(const struct sw_engine *g);
/* What connections lose that begin under a flood; NULL: nothing. Without a flood:
 * what they would lose if no daemon ran. */
const char *sw_syn_flood_loss(const struct sw_engine *g);
/* Whether any port is flooded, and which; how many of them (max at most), or -1. */
bool sw_engine_flooded(const struct sw_engine *g);
#define SW_FLOODED_MOST 64
int sw_floods_now(const struct sw_engine *g, struct sw_flooded *out, int max, struct sw_err *e);

/* net.ipv4.tcp_syncookies from 0 to 1, noted in the state directory: 1 done, 0 it was
 * not 0, -1 and errno. */
int sw_syncookies_set(const char *state_dir);
/* Restores the value noted there, unless it has been set by others since. 1: done, 0: nothing to
 * do, -1 with errno. */
int sw_syncookies_put_back(const char *state_dir);

#endif
