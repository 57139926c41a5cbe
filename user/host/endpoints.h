/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports of this host that are reachable from outside, and sources that have probed them. */
#ifndef SCANWALL_ENDPOINTS_H
#define SCANWALL_ENDPOINTS_H

#include "blocklist/blocklist.h"
#include "host/host.h"

struct sw_exposed {
	struct sw_endpoint endpoint;
	bool learned; /* no socket or rule is known, but it has replied to a client */
	long probes;  /* recorded events that name the port */
	int64_t first_probe, last_probe; /* wall clock us; 0: none */
};

struct sw_exposure {
	struct sw_exposed *item;
	size_t count, room;
};

/* From sockets, NAT rules, `services`, and ports learned from replies. */
int sw_exposure_served(struct sw_ctx *ctx, struct sw_exposure *out, struct sw_err *e);
/* Adds the recorded probes of each. */
int sw_exposure_find(struct sw_ctx *ctx, struct sw_exposure *out, struct sw_err *e);
void sw_exposure_free(struct sw_exposure *l);

#endif
