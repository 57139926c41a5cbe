/* SPDX-License-Identifier: GPL-2.0-only */
/* Confined sources: past the threshold, but not blocked, since they have used a service before
 * or a limit on automatic blocks was reached. What they can still reach, and why. */
#ifndef SCANWALL_CONFINED_H
#define SCANWALL_CONFINED_H

#include "host/endpoints.h"
#include "views/watched.h"

#define SW_CONFINED_TEXT 256

/* v: from sw_lookup(). */
bool sw_is_confined(const struct sw_ctx *ctx, const struct sw_verdict *v);
/* "blocked", "confined" or "watched": the source's current state in the maps. */
const char *sw_watched_state(const struct sw_ctx *ctx, const struct sw_watched *x);
/* The services that it has used within the hour, "tcp/80 tcp/443", or "nothing". */
const char *sw_confined_reaches(const struct sw_ctx *ctx, const struct sw_source *s,
				const struct sw_exposure *served, char buf[SW_CONFINED_TEXT]);
/* The same as an array. */
json_t *sw_confined_json(const struct sw_ctx *ctx, const struct sw_source *s,
			 const struct sw_exposure *served);
/* What happens to its packets to other services. */
const char *sw_confined_beyond(const struct sw_ctx *ctx, enum sw_mode mode);

#endif
