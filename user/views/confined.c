// SPDX-License-Identifier: GPL-2.0-only
/* What a confined source can still reach. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "views/confined.h"

bool sw_is_confined(const struct sw_ctx *ctx, const struct sw_verdict *v)
{
	if (!ctx->loaded || !v->watched || v->blocked || v->allowed)
		return false;
	return sw_watched_of(ctx, &v->source).score >= (int)ctx->engine.settings->threshold;
}

const char *sw_watched_state(const struct sw_ctx *ctx, const struct sw_watched *x)
{
	struct sw_verdict v;

	if (sw_lookup(ctx, &x->prefix.addr, &v, NULL))
		return "watched";
	if (v.blocked)
		return "blocked";
	return sw_is_confined(ctx, &v) ? "confined" : "watched";
}

/* At any address of ours. */
static bool uses(const struct sw_ctx *ctx, const struct sw_source *s, uint16_t port)
{
	bool v4 = s->key >> 32 == SW_SOURCE_V4 >> 32;

	for (int i = 0; ctx->guard_found && i < ctx->guard.count; i++) {
		const struct sw_guarded *own = &ctx->guard.item[i];

		if (own->kind == SW_GUARD_OWN && own->prefix.v4 == v4 &&
		    sw_uses_service(ctx, s, &own->prefix.addr, port))
			return true;
	}
	return false;
}

const char *sw_confined_reaches(const struct sw_ctx *ctx, const struct sw_source *s,
				const struct sw_exposure *served, char buf[SW_CONFINED_TEXT])
{
	size_t at = 0;

	snprintf(buf, SW_CONFINED_TEXT, "nothing");
	for (size_t i = 0; i < served->count && at + 12 < SW_CONFINED_TEXT; i++) {
		const struct sw_endpoint *e = &served->item[i].endpoint;

		if (uses(ctx, s, e->port))
			at += snprintf(buf + at, SW_CONFINED_TEXT - at, "%s%s/%u", at ? " " : "",
				       e->proto == IPPROTO_TCP ? "tcp" : "udp", e->port);
	}
	return buf;
}

json_t *sw_confined_json(const struct sw_ctx *ctx, const struct sw_source *s,
			 const struct sw_exposure *served)
{
	json_t *list = json_array();
	char one[16];

	for (size_t i = 0; i < served->count; i++) {
		const struct sw_endpoint *e = &served->item[i].endpoint;

		if (!uses(ctx, s, e->port))
			continue;
		snprintf(one, sizeof(one), "%s/%u", e->proto == IPPROTO_TCP ? "tcp" : "udp",
			 e->port);
		json_array_append_new(list, json_string(one));
	}
	return list;
}

const char *sw_confined_beyond(const struct sw_ctx *ctx, enum sw_mode mode)
{
	if (mode == SW_DETECT)
		return "everything, as mode is detect";
	return ctx->engine.settings->challenge
		       ? "other served ports by a SYN or datagram sent again a second later"
		       : "no other port";
}
