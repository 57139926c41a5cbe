// SPDX-License-Identifier: GPL-2.0-only
/* detect_only.* for people and machines. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"
#include "views/detect_only_text.h"

#define SHOWN 8 /* services */

static const char *service_text(const struct sw_service *s, char buf[16])
{
	snprintf(buf, 16, "%s/%u",
		 s->proto == IPPROTO_TCP   ? "tcp"
		 : s->proto == IPPROTO_UDP ? "udp"
					   : "sctp",
		 s->port);
	return buf;
}

bool sw_detect_only_text(const struct sw_config *c, char *buf, size_t size)
{
	const struct sw_service_list *l = &c->detect_services;
	char *kinds = sw_config_get(c, "detect_only.kinds"), name[16];
	FILE *f = fmemopen(buf, size, "w");

	buf[0] = 0;
	for (int i = 0; f && kinds && kinds[i]; i++)
		fprintf(f, kinds[i] == ',' ? ", " : "%c", kinds[i]);
	for (int i = 0; f && i < l->count && i < SHOWN; i++)
		fprintf(f, "%s%s", i || (kinds && kinds[0]) ? ", " : "",
			service_text(&l->item[i], name));
	if (f && l->count > SHOWN)
		fprintf(f, " and %d services more", l->count - SHOWN);
	if (f)
		fclose(f);
	free(kinds);
	return buf[0];
}

json_t *sw_detect_only_json(const struct sw_config *c, __u64 passed)
{
	json_t *kinds = json_array(), *services = json_array();
	char name[16];

	for (int i = 0; i < c->detect_kinds.count; i++)
		json_array_append_new(kinds, json_string(c->detect_kinds.item[i]));
	for (int i = 0; i < c->detect_services.count; i++)
		json_array_append_new(services,
				      json_string(service_text(&c->detect_services.item[i], name)));
	return json_pack("{s:o, s:o, s:I}", "kinds", kinds, "services", services, "passed",
			 (json_int_t)passed);
}
