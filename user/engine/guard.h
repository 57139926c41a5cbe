/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses that must never be blocked, found on the host: its own addresses, gateways,
 * resolvers, time servers, and the peers of SSH sessions with a login. */
#ifndef SCANWALL_GUARD_H
#define SCANWALL_GUARD_H

#include "config/config.h"
#include "engine/engine.h"

enum sw_guard_kind {
	SW_GUARD_OWN,
	SW_GUARD_BROADCAST, /* of our links: nobody's address */
	SW_GUARD_GATEWAY,
	SW_GUARD_RESOLVER,
	SW_GUARD_SSH,
	SW_GUARD_LINK_LOCAL /* and loopback */,
	SW_GUARD_TIME
};

struct sw_guarded {
	struct sw_prefix prefix;
	enum sw_guard_kind kind;
	char text[64]; /* "own address of eth0", "gateway", "resolver", "SSH session" */
};

struct sw_guard {
	struct sw_guarded *item;
	int count;
	const struct sw_prefix *only; /* during collection: only what overlaps this; NULL: all */
};

/* Sources: rtnetlink, /etc/resolv.conf, sock_diag, SSH_CONNECTION. only: limits the
 * search to what a block of this prefix would hit; NULL: all. */
int sw_guard_find(bool keep_ssh, const struct sw_prefix *only, struct sw_guard *out,
		  struct sw_err *e);
void sw_guard_free(struct sw_guard *g);
/* The guarded address that p overlaps, or NULL. */
const struct sw_guarded *sw_guard_hit(const struct sw_guard *g, const struct sw_prefix *p);

/* Writes local addresses to `local_addrs`, all of it to the allow maps as
 * SW_ALLOW_GUARD, and ephemeral ports to the settings. Entries no longer guarded are
 * removed. nat64: guard.nat64. */
int sw_guard_apply(struct sw_engine *g, const struct sw_guard *guard,
		   const struct sw_prefix_list *nat64, struct sw_err *e);

/* Device types (ARPHRD_*) whose frames start with the IP header. */
bool sw_guard_is_raw_type(int type);

#endif
