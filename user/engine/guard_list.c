// SPDX-License-Identifier: GPL-2.0-only
/* The list of guarded addresses, which guard_*.c fill. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/guard_internal.h"

bool sw_guard_wants(const struct sw_guard *g, const struct sw_prefix *p)
{
	return !g->only || sw_prefix_overlaps(g->only, p);
}

int sw_guard_add(struct sw_guard *g, const struct sw_addr *a, int plen, enum sw_guard_kind kind,
		 const char *text, struct sw_err *e)
{
	struct sw_guarded one = {.prefix = sw_prefix_of(a, plen), .kind = kind};
	struct sw_guarded *grown;

	if (!sw_guard_wants(g, &one.prefix))
		return 0;
	for (int i = 0; i < g->count; i++)
		if (!sw_prefix_cmp(&g->item[i].prefix, &one.prefix))
			return 0;
	if (!(g->count & (g->count - 1))) { /* full at every power of two */
		grown = reallocarray(g->item, g->count ? 2 * g->count : 1, sizeof(*grown));
		if (!grown)
			return sw_fail(e, SW_EXIT_FAILED, "out of memory");
		g->item = grown;
	}
	snprintf(one.text, sizeof(one.text), "%s", text);
	g->item[g->count++] = one;
	return 0;
}

static bool answers_itself(const struct sw_addr *a)
{
	const struct in6_addr *six = (const struct in6_addr *)a->byte;

	if (sw_addr_is4(a))
		return a->byte[12] == 127 || !sw_addr_to4(a);
	return IN6_IS_ADDR_LOOPBACK(six) || IN6_IS_ADDR_UNSPECIFIED(six);
}

int sw_guard_add_text(struct sw_guard *g, const char *text, enum sw_guard_kind kind,
		      const char *what, struct sw_err *e)
{
	struct sw_prefix p;

	if (strchr(text, '/') || sw_prefix_parse(text, &p, NULL) || answers_itself(&p.addr))
		return 0;
	return sw_guard_add(g, &p.addr, p.plen, kind, what, e);
}

void sw_guard_free(struct sw_guard *g)
{
	free(g->item);
	memset(g, 0, sizeof(*g));
}

const struct sw_guarded *sw_guard_hit(const struct sw_guard *g, const struct sw_prefix *p)
{
	for (int i = 0; i < g->count; i++)
		if (sw_prefix_overlaps(&g->item[i].prefix, p))
			return &g->item[i];
	return NULL;
}
