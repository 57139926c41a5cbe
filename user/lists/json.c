// SPDX-License-Identifier: GPL-2.0-only
/* JSON: one value, or one a line. Wherever an object has a member with the name
 * of an address, that is an entry; so are the addresses of a bare array. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "lists/internal.h"

#define DEPTH 32

static const char *member(const json_t *o, const char *const *names)
{
	for (; *names; names++) {
		const char *text = json_string_value(json_object_get(o, *names));

		if (text)
			return text;
	}
	return NULL;
}

static bool blocks(const json_t *o, const char *scope)
{
	const char *type = json_string_value(json_object_get(o, "type"));

	return sw_is_address_scope(scope, strlen(scope)) &&
	       !json_is_true(json_object_get(o, "simulated")) &&
	       (!type || !strcasecmp(type, "ban") || !strncasecmp(type, "ip", 2));
}

static void put_object(struct sw_reading *r, const json_t *o, const char *value)
{
	static const char *const spans[] = {"duration", "ttl", NULL};
	static const char *const scopes[] = {"scope", NULL};
	static const char *const reasons[] = {"reason",	 "scenario", "comment", "sblid",
					      "malware", "threat",   NULL};
	const char *span = member(o, spans), *scope = member(o, scopes);
	int64_t ttl = 0;
	int runs = span ? sw_go_span(span, &ttl) : 1;

	r->list->lines++;
	value = sw_without_scope(value);
	if (runs < 0)
		sw_list_odd(r, "invalid duration \"%.60s\"", span);
	else if (!runs || !value || !blocks(o, scope ? scope : ""))
		sw_list_skip(r);
	else
		sw_list_put(r, value, ttl, member(o, reasons));
}

/* The elements of a map of `nft -j` are pairs. True: its value drops the address. */
static bool maps_to_drop(const json_t *pair)
{
	const json_t *value = json_array_get(pair, 1);

	return (json_object_get(value, "drop") || json_object_get(value, "reject")) &&
	       !json_object_get(json_array_get(pair, 0), "concat");
}

static bool is_pair(const json_t *j)
{
	return json_is_array(j) && json_array_size(j) == 2;
}

/* Reads an address as written by `nft -j` and STIX. True: it was one. */
static bool put_others(struct sw_reading *r, const json_t *o)
{
	const char *addr, *first = NULL, *last = NULL, *pattern, *name;
	char text[128];
	int length;

	if (!json_unpack((json_t *)o, "{s:{s:s, s:i}}", "prefix", "addr", &addr, "len", &length))
		snprintf(text, sizeof(text), "%.60s/%d", addr, length);
	else if (!json_unpack((json_t *)o, "{s:[s, s!]}", "range", &first, &last))
		snprintf(text, sizeof(text), "%.60s-%.60s", first, last);
	else if (!json_unpack((json_t *)o, "{s:s}", "pattern", &pattern) &&
		 sscanf(pattern, "[ipv%*1[46]-addr:value = '%100[^']']", text) == 1)
		;
	else if (!json_unpack((json_t *)o, "{s:s, s:o}", "name", &name, "elem", &(json_t *){0}) &&
		 sw_list_lets_through(name)) {
		sw_list_skip(r);
		return true;
	} else {
		return false;
	}
	r->list->lines++;
	sw_list_put(r, text, 0, NULL);
	return true;
}

static void walk(struct sw_reading *r, const json_t *j, int depth);

static void walk_elements(struct sw_reading *r, const json_t *elements, int depth)
{
	json_t *one;
	size_t i;

	json_array_foreach (elements, i, one) {
		if (!is_pair(one)) {
			walk(r, one, depth);
		} else if (maps_to_drop(one)) {
			walk(r, json_array_get(one, 0), depth);
		} else {
			r->list->lines++;
			sw_list_skip(r);
		}
	}
}

static void walk(struct sw_reading *r, const json_t *j, int depth)
{
	static const char *const values[] = {"value",	   "cidr",	"ip",	      "ip_address",
					     "ipAddress",  "ip_prefix", "ipv4Prefix", "ipv6_prefix",
					     "ipv6Prefix", "network",	"prefix",     "dst_ip",
					     "address",	   "ip_str",	"val",	      NULL};
	const char *name, *value;
	struct sw_range range;
	json_t *one;
	size_t i;

	if (depth > DEPTH || r->stop)
		return;
	if (json_is_string(j)) {
		/* "countries": ["DE"] is not a list of addresses. */
		if (depth > 1 && !sw_range_parse(json_string_value(j), &range, NULL))
			return;
		r->list->lines++;
		sw_list_put(r, json_string_value(j), 0, NULL);
	} else if (json_is_array(j)) {
		json_array_foreach (j, i, one)
			walk(r, one, depth + 1);
	} else if (json_is_object(j) && !put_others(r, j)) {
		value = member(j, values);
		/* cscli's alerts also name their source; only their decisions count. */
		if (value && !json_object_get(j, "decisions")) {
			put_object(r, j, value);
			return;
		}
		json_object_foreach ((json_t *)j, name, one)
			if (!strcmp(name, "elem") && json_is_array(one))
				walk_elements(r, one, depth + 2);
			/* A rule of nft: its verdict is elsewhere in it. */
			else if (strcmp(name, "rule") &&
				 (json_is_array(one) ||
				  (json_is_object(one) && strcmp(name, "source"))))
				walk(r, one, depth + 1);
	}
}

/* Up to the end of the line, over NUL bytes, too. */
static size_t rest_of_line(const char *text, const char *end)
{
	const char *newline = memchr(text, '\n', end - text);

	return (newline ? newline : end) - text;
}

/* A broken line among others is counted as odd; if there is no valid one, the text is not
 * JSON. */
int sw_json_read(struct sw_reading *r, const char *text, const char *end, struct sw_err *e)
{
	size_t flags = JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, used;
	long line = r->line, good = 0;
	struct sw_err first = {0};
	json_error_t why;
	json_t *j;

	for (text += strspn(text, ","); text < end && !r->stop; text += used) {
		used = strspn(text, " \t\r\n,");
		if (!used && (j = json_loads(text, flags, &why))) {
			used = why.position;
			good++;
			r->line = line + 1;
			walk(r, j, 0);
			json_decref(j);
		} else if (!used) {
			used = rest_of_line(text, end);
			r->line = line + why.line;
			r->list->lines++;
			if (memchr(text, '\0', used))
				snprintf(why.text, sizeof(why.text), "NUL byte");
			sw_list_odd(r, "not JSON: %s", why.text);
			if (!first.text[0])
				sw_fail(&first, SW_EXIT_USAGE, "%s:%ld:%d: not JSON: %s", r->name,
					r->line, why.column, why.text);
		}
		for (size_t i = 0; i < used; i++)
			line += text[i] == '\n';
	}
	if (good || !first.text[0])
		return r->stop;
	*e = first;
	return -1;
}
