// SPDX-License-Identifier: GPL-2.0-only
/* Country and network of event sources, from the operator's databases (host/geoip.h). They
 * stay open: a look-up takes about a microsecond, far less than the event's JSON. */
#include "daemon/internal.h"

#define LOOK_NS 60000000000ll /* how often a newer database is looked for */

void sw_origins_renew(struct sw_daemon *d)
{
	int64_t now = sw_monotonic();

	if (now < d->origins.next)
		return;
	d->origins.databases = sw_geoip_renew(d->origins.databases, &d->ctx.config);
	d->origins.next = now + LOOK_NS;
}

bool sw_origins_find(struct sw_daemon *d, const struct sw_event *ev, struct sw_place *out)
{
	struct sw_prefix source = sw_prefix_of(&ev->src, ev->plen);
	struct sw_origin o;

	if (!sw_geoip_find(d->origins.databases, &source, &o))
		return false;
	out->place.words = sw_origin_words(&o, out->words);
	out->place.geoip = sw_origin_json(&o);
	return true;
}

void sw_origins_close(struct sw_daemon *d)
{
	sw_geoip_close(d->origins.databases);
	d->origins.databases = NULL;
}
