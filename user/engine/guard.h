/* SPDX-License-Identifier: GPL-2.0-only */
/* Who must never be blocked, found on the host itself: its own addresses,
 * gateways, resolvers, time servers and the peers of SSH sessions that somebody
 * has logged in by. */
#ifndef SCANWALL_GUARD_H
#define SCANWALL_GUARD_H

#include "engine/engine.h"

enum sw_guard_kind {
	SW_GUARD_OWN,
	SW_GUARD_GATEWAY,
	SW_GUARD_RESOLVER,
	SW_GUARD_SSH,
	SW_GUARD_LINK_LOCAL /* loopback, too */,
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
	const struct sw_prefix *only; /* while it is found: what touches this; NULL: all */
};

/* rtnetlink, /etc/resolv.conf, sock_diag, SSH_CONNECTION. only: whom a block of
 * this prefix would hit, which is sooner found; NULL: everybody. */
int sw_guard_find(bool keep_ssh, const struct sw_prefix *only, struct sw_guard *out,
		  struct sw_err *e);
void sw_guard_free(struct sw_guard *g);
/* The guard that p touches, or NULL. */
const struct sw_guarded *sw_guard_hit(const struct sw_guard *g, const struct sw_prefix *p);

/* Tells the program: own addresses into `own`, all of it into the allow maps
 * as SW_ALLOW_GUARD, local ports of outgoing connections into settings.
 * Entries of a guard no longer found go. */
int sw_guard_apply(struct sw_engine *g, const struct sw_guard *guard, struct sw_err *e);

/* Devices whose packets begin with the IP header, by their ARPHRD_* type: the
 * program reads those as such. */
bool sw_guard_is_raw_type(int type);

#endif
