// SPDX-License-Identifier: GPL-2.0-only
/* Sets one key by its name, in a named section as well, and checks it against the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "base/nearest.h"
#include "config/internal.h"

#define KEYS_MAX 256

const char *sw_config_key_near(const char *name, char buf[SW_KEY_TEXT_MOST])
{
	char text[SW_KEY_TEXT_MOST];
	const char *names[KEYS_MAX], *near, *plain = sw_config_key_plain(name, text);
	int n = 0;

	while (n < sw_config_key_count && n < KEYS_MAX) {
		names[n] = sw_config_keys[n].name;
		n++;
	}
	near = sw_nearest(plain, names, n);
	if (!near || plain == name || !strchr(near, '.'))
		return near;
	/* Of a named section: the one in the same. */
	snprintf(buf, SW_KEY_TEXT_MOST, "%.*s%s", (int)(strrchr(name, '.') - name), name,
		 strchr(near, '.'));
	return buf;
}

/* With other lengths RFC 6052 puts a part of the IPv4 address before the last 64 bits. */
static int check_nat64(const struct sw_prefix_list *l, struct sw_err *e)
{
	char text[SW_PREFIX_TEXT];

	for (int i = 0; i < l->count; i++)
		if (l->item[i].v4 || (l->item[i].plen != 64 && l->item[i].plen != 96))
			return sw_fail(e, SW_EXIT_USAGE,
				       "guard.nat64: %s (expected an IPv6 prefix of /64 or /96)",
				       sw_prefix_text(&l->item[i], text));
	if (l->count <= SW_NAT64_MOST)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE, "guard.nat64: %d prefixes (expected %d at most)", l->count,
		       SW_NAT64_MOST);
}

int sw_config_check(const struct sw_config *c, struct sw_err *e)
{
	char a[SW_DURATION_TEXT], b[SW_DURATION_TEXT];

	if (c->flood_ends > c->flood_begins)
		return sw_fail(e, SW_EXIT_USAGE,
			       "guard.syn_flood_ends (%d) is more than guard.syn_flood_begins (%d)",
			       c->flood_ends, c->flood_begins);
	if (c->block_ttl > c->block_ttl_max)
		return sw_fail(e, SW_EXIT_USAGE,
			       "detect.block_ttl (%s) is longer than detect.block_ttl_max (%s)",
			       sw_duration_text(c->block_ttl, a),
			       sw_duration_text(c->block_ttl_max, b));
	return check_nat64(&c->nat64, e);
}

static int prefix_sentence(const char *where, const struct sw_err *why, struct sw_err *e)
{
	return sw_fail(e, why->exit, "%s%s%.900s", where, where[0] ? ": " : "", why->text);
}

int sw_config_set_key(struct sw_config *c, const char *key, const char *value, const char *where,
		      struct sw_err *e)
{
	struct sw_config_key row;
	const struct sw_config_key *k = sw_config_key_read(key, &row);
	int sections = c->notify_count;
	struct sw_config *in;
	char buf[SW_KEY_TEXT_MOST];
	const char *near;
	struct sw_err why;

	if (!k) {
		near = sw_config_key_near(key, buf);
		return sw_fail(e, SW_EXIT_USAGE,
			       "%s%sno key \"%s\"%s%s%s; `scanwall config show` lists them", where,
			       where[0] ? ": " : "", key, near ? "; did you mean \"" : "",
			       near ? near : "", near ? "\"?" : "");
	}
	in = sw_config_section_make(c, key, &why);
	if (in && !sw_config_set_one(in, k, value, &why))
		return 0;
	sw_config_sections_keep(c, sections);
	return prefix_sentence(where, &why, e);
}

int sw_config_set(struct sw_config *c, const char *key, const char *value, const char *where,
		  struct sw_err *e)
{
	char *before = sw_config_get(c, key);
	struct sw_err why;
	int rc = sw_config_set_key(c, key, value, where, e);

	if (rc == 0 && sw_config_check(c, &why) < 0) {
		sw_config_set_key(c, key, before, "", NULL);
		rc = prefix_sentence(where, &why, e);
	}
	free(before);
	return rc;
}

char *sw_config_get(const struct sw_config *c, const char *key)
{
	struct sw_config_key row;
	const struct sw_config_key *k = sw_config_key_read(key, &row);
	char *out = NULL;
	void *field;
	int n = 0;

	if (!k)
		return NULL;
	c = sw_config_section(c, key);
	if (!c)
		return strdup(k->fallback);
	field = sw_config_field(c, k);
	switch (k->type) {
	case SW_KEY_WORD:
		return strdup(k->words[*(int *)field]);
	case SW_KEY_INT:
		n = asprintf(&out, "%d", *(int *)field);
		break;
	case SW_KEY_NUMBER:
		n = asprintf(&out, "%g", *(double *)field);
		break;
	case SW_KEY_BOOL:
		return strdup(*(bool *)field ? "true" : "false");
	case SW_KEY_SPAN:
		return sw_config_span_text(*(int64_t *)field);
	case SW_KEY_TEXT:
		return strdup(*(char **)field);
	default:
		return sw_config_join_list(c, k);
	}
	return n < 0 ? NULL : out;
}
