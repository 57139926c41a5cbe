// SPDX-License-Identifier: GPL-2.0-only
/* One key at a time: text to value and back, by the table of keys. The file
 * (config_file.c) comes through here, too. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/nearest.h"
#include "base/duration.h"
#include "config/internal.h"

const struct sw_config_key *sw_config_key_find(const char *name)
{
	for (int i = 0; i < sw_config_key_count; i++)
		if (!strcmp(sw_config_keys[i].name, name))
			return &sw_config_keys[i];
	return NULL;
}

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

/* ---- what a value may be */

static void words_range(const struct sw_config_key *k, char buf[SW_RANGE_TEXT])
{
	size_t n = 0;

	for (int i = 0; k->words[i] && n < SW_RANGE_TEXT; i++)
		n += snprintf(buf + n, SW_RANGE_TEXT - n, "%s%s",
			      !i		? ""
			      : k->words[i + 1] ? ", "
						: " or ",
			      k->words[i]);
}

/* Exact, so that setting what was got changes nothing. */
static char *span_value(int64_t us)
{
	static const struct {
		int64_t us;
		const char *unit;
	} units[] = {{86400000000, "d"}, {3600000000, "h"}, {60000000, "m"}, {1000000, "s"}};
	char *out = NULL;

	if (us == SW_FOREVER)
		return strdup("permanent");
	for (int i = 0; i < 4; i++)
		if (us % units[i].us == 0)
			return asprintf(&out, "%" PRId64 "%s", us / units[i].us, units[i].unit) < 0
				       ? NULL
				       : out;
	return asprintf(&out, "%" PRId64 "ms", us / 1000) < 0 ? NULL : out;
}

static void span_range(const struct sw_config_key *k, char buf[SW_RANGE_TEXT])
{
	char *min = span_value(k->min), *max = span_value(k->max);

	snprintf(buf, SW_RANGE_TEXT, "%s to %s%s", min ? min : "?", max ? max : "?",
		 k->forever ? ", or permanent" : "");
	free(min);
	free(max);
}

const char *sw_config_range(const struct sw_config_key *k, char buf[SW_RANGE_TEXT])
{
	switch (k->type) {
	case SW_KEY_WORD:
		words_range(k, buf);
		break;
	case SW_KEY_INT:
	case SW_KEY_NUMBER:
		snprintf(buf, SW_RANGE_TEXT, "%.10g to %.10g%s", k->min, k->max,
			 k->power_of_two ? ", a power of two" : "");
		break;
	case SW_KEY_BOOL:
		snprintf(buf, SW_RANGE_TEXT, "true or false");
		break;
	case SW_KEY_SPAN:
		span_range(k, buf);
		break;
	default:
		snprintf(buf, SW_RANGE_TEXT, "%s", k->form);
	}
	return buf;
}

int sw_config_refuse(const struct sw_config_key *k, const char *value, struct sw_err *e)
{
	char range[SW_RANGE_TEXT];

	return sw_fail(e, SW_EXIT_USAGE, "%s: invalid value \"%s\" (expected %s)", k->name, value,
		       sw_config_range(k, range));
}

/* ---- text to value */

static int set_word(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	for (int i = 0; k->words[i]; i++) {
		if (strcmp(k->words[i], value))
			continue;
		*(int *)sw_config_field(c, k) = i;
		return 0;
	}
	return sw_config_refuse(k, value, e);
}

static int set_number(const struct sw_config_key *k, const char *value, struct sw_config *c,
		      struct sw_err *e)
{
	char *end;
	double n = strtod(value, &end);

	if (end == value || *end || !isfinite(n) || strpbrk(value, "xXpPnNiI") || n < k->min ||
	    n > k->max || (k->type == SW_KEY_INT && n != floor(n)))
		return sw_config_refuse(k, value, e);
	if (k->power_of_two && ((int)n & ((int)n - 1)))
		return sw_config_refuse(k, value, e);
	if (k->type == SW_KEY_INT)
		*(int *)sw_config_field(c, k) = n;
	else
		*(double *)sw_config_field(c, k) = n;
	return 0;
}

static int set_bool(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	bool yes = !strcmp(value, "true") || !strcmp(value, "yes") || !strcmp(value, "on");

	if (!yes && strcmp(value, "false") && strcmp(value, "no") && strcmp(value, "off"))
		return sw_config_refuse(k, value, e);
	*(bool *)sw_config_field(c, k) = yes;
	return 0;
}

static int set_span(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	int64_t us;

	if (sw_duration_parse(value, k->name, &us, e) < 0)
		return -1;
	if (us == SW_FOREVER ? !k->forever : us < k->min || us > k->max)
		return sw_config_refuse(k, value, e);
	*(int64_t *)sw_config_field(c, k) = us;
	return 0;
}

static int set_text(const struct sw_config_key *k, const char *value, struct sw_config *c,
		    struct sw_err *e)
{
	char **text = sw_config_field(c, k), *copy;

	if (k->check && value[0] && !k->check(value))
		return sw_config_refuse(k, value, e);
	copy = strdup(value);
	if (!copy)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	free(*text);
	*text = copy;
	return 0;
}

int sw_config_set_one(struct sw_config *c, const struct sw_config_key *k, const char *value,
		      struct sw_err *e)
{
	switch (k->type) {
	case SW_KEY_WORD:
		return set_word(k, value, c, e);
	case SW_KEY_INT:
	case SW_KEY_NUMBER:
		return set_number(k, value, c, e);
	case SW_KEY_BOOL:
		return set_bool(k, value, c, e);
	case SW_KEY_SPAN:
		return set_span(k, value, c, e);
	case SW_KEY_TEXT:
		return set_text(k, value, c, e);
	default:
		return sw_config_set_split(c, k, value, e);
	}
}

/* ---- one key, checked against the others */

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
	return 0;
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

/* ---- and back */

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
		return span_value(*(int64_t *)field);
	case SW_KEY_TEXT:
		return strdup(*(char **)field);
	default:
		return sw_config_join_list(c, k);
	}
	return n < 0 ? NULL : out;
}

void sw_config_init(struct sw_config *c)
{
	memset(c, 0, sizeof(*c));
	for (int i = 0; i < sw_config_key_count; i++)
		if (sw_config_keys[i].fallback[0] || sw_config_keys[i].type == SW_KEY_TEXT)
			sw_config_set_one(c, &sw_config_keys[i], sw_config_keys[i].fallback, NULL);
#define X(id, quarters, name, text) c->weight[SW_EVIDENCE_##id] = (double)(quarters) / SW_POINT;
	SW_EVIDENCE(X)
#undef X
}

void sw_config_free(struct sw_config *c)
{
	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];

		if (sw_config_is_list(k))
			sw_config_free_list(c, k);
		else if (k->type == SW_KEY_TEXT)
			free(*(char **)sw_config_field(c, k));
	}
	sw_config_sections_keep(c, 0);
	memset(c, 0, sizeof(*c));
}

int64_t sw_config_block_span(const struct sw_config *c, int n)
{
	int64_t span = c->block_ttl_proven;

	for (int i = 1; i < n && span < c->block_ttl_max; i++)
		span = 2 * span < c->block_ttl_max ? 2 * span : c->block_ttl_max;
	return span;
}

/* ---- what the program is told */

static double number_of(const struct sw_config *c, const struct sw_config_key *k)
{
	const void *field = sw_config_field(c, k);

	switch (k->type) {
	case SW_KEY_NUMBER:
		return *(const double *)field;
	case SW_KEY_BOOL:
		return *(const bool *)field;
	case SW_KEY_SPAN:
		return *(const int64_t *)field;
	default:
		return *(const int *)field;
	}
}

int64_t sw_config_setting(const struct sw_config *c, const struct sw_config_key *k)
{
	double n = number_of(c, k);

	switch (k->convert) {
	case SW_CONVERT_PLAIN:
		return n;
	case SW_CONVERT_TICKS:
		return ((int64_t)n * 1000 + (1ll << SW_TICK_SHIFT) - 1) >> SW_TICK_SHIFT;
	case SW_CONVERT_QUARTERS:
		return lround(n * SW_POINT);
	case SW_CONVERT_DECAY:
		return n == (double)SW_FOREVER ? 0 : (int64_t)n * 1000 / SW_POINT >> SW_MS_SHIFT;
	case SW_CONVERT_SECONDS:
		return ceil(n * (double)(1 << 30) / 1e9);
	}
	return 0;
}
