// SPDX-License-Identifier: GPL-2.0-only
/* Limiting a port must not lock out the SSH session that the command runs in. */
#include <stdio.h>
#include <stdlib.h>
#include "cli/control.h"

/* SSH_CONNECTION, "203.0.113.9 50000 192.0.2.1 22": the client of this session and our port. */
static bool own_session(struct sw_prefix *peer, unsigned *port)
{
	const char *ssh = getenv("SSH_CONNECTION");
	char from[SW_PREFIX_TEXT];

	return ssh && sscanf(ssh, "%63s %*s %*s %u", from, port) == 2 &&
	       !sw_prefix_parse(from, peer, NULL);
}

static bool may_reach(const struct sw_config *c, const struct sw_prefix *peer, unsigned port)
{
	struct sw_reach_item item;
	bool limited = false;

	for (int i = 0; i < c->allow.count; i++)
		if (sw_prefix_covers(&c->allow.item[i], peer))
			return true;
	for (int i = 0; i < c->port_allow.count; i++) {
		if (sw_reach_parse(c->port_allow.item[i], &item, NULL) || item.port != port ||
		    item.limited != SW_LIMITED_TCP)
			continue;
		if (sw_prefix_covers(&item.from, peer))
			return true;
		limited = true;
	}
	return !limited;
}

int sw_reach_guard(const struct sw_globals *g, const struct sw_config *c, struct sw_err *e)
{
	char text[SW_PREFIX_TEXT];
	struct sw_prefix peer;
	unsigned port;

	if (g->force || !own_session(&peer, &port) || may_reach(c, &peer, port))
		return 0;
	return sw_fail(e, SW_EXIT_GUARD,
		       "this would shut out %s, the address of this SSH session: add it for "
		       "tcp/%u, or use --force",
		       sw_prefix_text(&peer, text), port);
}
