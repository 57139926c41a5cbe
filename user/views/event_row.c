// SPDX-License-Identifier: GPL-2.0-only
/* Events from the record as text and JSON. */
#include <stdio.h>
#include "views/event_row.h"

static void copy_member(const struct sw_record *r, const char *member, char *buf, size_t size)
{
	json_t *o = sw_record_json(r);
	const char *text = json_string_value(json_object_get(o, member));

	snprintf(buf, size, "%s", text ? text : "");
	json_decref(o);
}

void sw_record_line(const struct sw_record *r, char *buf, size_t size)
{
	char prefix[SW_PREFIX_TEXT];

	copy_member(r, "text", buf, size);
	if (!buf[0])
		snprintf(buf, size, "%s %s", r->type, sw_prefix_text(&r->source, prefix));
}

void sw_record_why(const struct sw_record *r, char *buf, size_t size)
{
	copy_member(r, "why", buf, size);
}

json_t *sw_record_json(const struct sw_record *r)
{
	json_t *o = json_loads(r->json, 0, NULL);

	return o ? o : json_object();
}
