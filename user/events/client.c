// SPDX-License-Identifier: GPL-2.0-only
/* The address of the client in the header that a proxy adds (Forwarded, X-Forwarded-For ...). */
#include <stdlib.h>
#include <string.h>
#include "events/describe.h"

/* "for=192.0.2.7;proto=http", "[2001:db8::1]:4711" */
static void cut_out(char *text)
{
	char *at = strrchr(text, ','), *end;

	if (at)
		memmove(text, at + 1, strlen(at + 1) + 1);
	at = strcasestr(text, "for=");
	if (at)
		memmove(text, at + 4, strlen(at + 4) + 1);
	at = text + strspn(text, " \t\"[");
	memmove(text, at, strlen(at) + 1);
	end = text + strcspn(text, " \t\"];");
	*end = 0;
	end = strchr(text, ':');
	if (end && strchr(text, '.') && !strchr(end + 1, ':'))
		*end = 0; /* an IPv4 address with a port */
}

/* The proxy itself wrote the last address of the header; earlier ones came with the request. */
bool sw_event_client(const struct sw_event *ev, char text[SW_PREFIX_TEXT])
{
	char value[SW_CLIENT_BYTES + 1] = "";
	struct sw_prefix p;

	memcpy(value, ev->client, SW_CLIENT_BYTES);
	value[strcspn(value, "\r\n")] = 0;
	cut_out(value);
	if (strchr(value, '/') || sw_prefix_parse(value, &p, NULL))
		return false;
	sw_addr_text(&p.addr, text);
	return true;
}
