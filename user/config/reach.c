// SPDX-License-Identifier: GPL-2.0-only
/* "tcp/22=198.51.100.0/24": who may reach a port. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/internal.h"

static const char *const protocols[] = {
	[SW_LIMITED_TCP] = "tcp", [SW_LIMITED_UDP] = "udp", [SW_LIMITED_SCTP] = "sctp"};

const char *sw_reach_port_text(const struct sw_reach_item *i, char buf[SW_REACH_PORT_TEXT])
{
	snprintf(buf, SW_REACH_PORT_TEXT, "%s/%u", protocols[i->limited], i->port);
	return buf;
}

static int refuse(const char *text, struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_USAGE,
		       "invalid port \"%s\" (expected 22, tcp/22, udp/53, sctp/36412)", text);
}

int sw_reach_port(const char *text, struct sw_reach_item *out, struct sw_err *e)
{
	const char *slash = strchr(text, '/'), *number = slash ? slash + 1 : text;
	size_t n = slash ? (size_t)(slash - text) : 0;

	if (!sw_is_port(number))
		return refuse(text, e);
	out->port = atoi(number);
	out->limited = SW_LIMITED_TCP;
	for (int i = 0; slash && i <= SW_LIMITED_COUNT; i++) {
		if (i == SW_LIMITED_COUNT)
			return refuse(text, e);
		if (strlen(protocols[i]) != n || strncmp(text, protocols[i], n))
			continue;
		out->limited = i;
		break;
	}
	return 0;
}

int sw_reach_parse(const char *text, struct sw_reach_item *out, struct sw_err *e)
{
	const char *equals = strchr(text, '=');
	char port[32];

	if (!equals)
		return sw_fail(e, SW_EXIT_USAGE,
			       "missing address in \"%s\" (expected PORT=ADDR[/LEN])", text);
	snprintf(port, sizeof(port), "%.*s", (int)(equals - text), text);
	return sw_reach_port(port, out, e) || sw_prefix_parse(equals + 1, &out->from, e) ? -1 : 0;
}

bool sw_is_reach(const char *text)
{
	struct sw_reach_item item;

	return !sw_reach_parse(text, &item, NULL);
}
