// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of messages, by name. */
#include <string.h>
#include "notify/notify.h"

static bool is(const json_t *event, const char *member, const char *value)
{
	const char *text = json_string_value(json_object_get(event, member));

	return text && !strcmp(text, value);
}

static unsigned of_block(const json_t *event)
{
	unsigned kinds = 1u << SW_NOTIFY_BLOCK;

	if (json_is_false(json_object_get(event, "new_only")))
		kinds |= 1u << SW_NOTIFY_PROVEN_BLOCK;
	if (json_object_get(event, "alert"))
		kinds |= 1u << SW_NOTIFY_SIGNATURE_BLOCK;
	return kinds;
}

unsigned sw_notify_kinds(const json_t *event)
{
	static const enum sw_notify_kind same[] = {SW_NOTIFY_WOULD_BLOCK, SW_NOTIFY_DISTRIBUTED,
						   SW_NOTIFY_SPRAY, SW_NOTIFY_CAPPED};

	if (is(event, "event_type", "block"))
		return of_block(event);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (is(event, "event_type", sw_notify_name(same[i])))
			return 1u << same[i];
	if (!is(event, "event_type", "notice"))
		return 0;
	for (int k = 0; k < SW_NOTIFY_COUNT; k++)
		if (is(event, "kind", sw_notify_name(k)))
			return 1u << k;
	return 0;
}

unsigned sw_notify_wanted(const struct sw_texts *when)
{
	unsigned kinds = 0;

	for (int i = 0; i < when->count; i++)
		kinds |= 1u << sw_notify_find(when->item[i]);
	return kinds;
}

unsigned sw_notify_wanted_anywhere(const struct sw_config *c)
{
	unsigned kinds = sw_notify_wanted(&c->notify_when);

	for (int i = 0; i < c->notify_count; i++)
		kinds |= sw_notify_wanted(&c->notify[i].keys->notify_when);
	return kinds;
}

enum sw_notify_kind sw_notify_gravest(unsigned kinds)
{
	return __builtin_ctz(kinds);
}
