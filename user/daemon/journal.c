// SPDX-License-Identifier: GPL-2.0-only
/*
 * An event as an entry of the journal (systemd.io/JOURNAL_NATIVE_PROTOCOL): its
 * JSON members are fields, so that `journalctl SCANWALL_SRC_IP=203.0.113.9` finds
 * it. Members of members are joined by "_"; a list is a field several times.
 */
#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "daemon/sinks.h"

#define FIELD_NAME 65 /* journald takes 64 bytes */

/* A value that is preceded by its length may contain any bytes. */
static void add_field(FILE *f, const char *name, const char *value)
{
	size_t size = strlen(value);
	__u64 length = htole64(size);

	fprintf(f, "%s\n", name);
	fwrite(&length, sizeof(length), 1, f);
	fwrite(value, 1, size, f);
	fputc('\n', f);
}

static void add_value(FILE *f, const char *name, const json_t *v);

static void add_members(FILE *f, const char *prefix, const json_t *o)
{
	char name[FIELD_NAME];
	const char *member;
	json_t *v;

	json_object_foreach ((json_t *)o, member, v) {
		snprintf(name, sizeof(name), "%s_%s", prefix, member);
		for (char *at = name; *at; at++)
			*at = toupper((unsigned char)*at);
		add_value(f, name, v);
	}
}

static void add_value(FILE *f, const char *name, const json_t *v)
{
	char *text;
	json_t *item;
	size_t i;

	if (json_is_object(v)) {
		add_members(f, name, v);
	} else if (json_is_array(v)) {
		json_array_foreach (v, i, item)
			add_value(f, name, item);
	} else if (json_is_string(v)) {
		add_field(f, name, json_string_value(v));
	} else if (!json_is_null(v)) {
		text = json_dumps(v, JSON_ENCODE_ANY);
		if (text)
			add_field(f, name, text);
		free(text);
	}
}

static void add_entry(FILE *f, const struct sw_sink_event *t, json_t *o)
{
	char priority[8];

	sw_event_add_place(o, t->place);
	snprintf(priority, sizeof(priority), "%d", LOG_NOTICE);
	add_value(f, "MESSAGE", json_object_get(o, "text"));
	add_field(f, "PRIORITY", priority);
	add_field(f, "SYSLOG_IDENTIFIER", "scanwall");
	json_object_del(o, "text"); /* is the message */
	add_members(f, "SCANWALL", o);
}

char *sw_journal_entry(const struct sw_sink_event *t, size_t *size)
{
	json_t *o = sw_event_json(t->ev, t->sig, sw_time_from_monotonic(t->ev->time_ns));
	char *entry = NULL;
	FILE *f = o ? open_memstream(&entry, size) : NULL;
	bool failed;

	if (!f) {
		json_decref(o);
		return NULL;
	}
	add_entry(f, t, o);
	json_decref(o);
	failed = ferror(f);
	if (!fclose(f) && !failed)
		return entry;
	free(entry);
	return NULL;
}
