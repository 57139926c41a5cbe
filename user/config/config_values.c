// SPDX-License-Identifier: GPL-2.0-only
/* Converts text to values by the table of keys, and values to settings of the program. The
 * file's values (config_file.c) are converted here, too. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "config/internal.h"

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

void sw_config_free_values(struct sw_config *c)
{
	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];

		if (sw_config_is_list(k))
			sw_config_free_list(c, k);
		else if (k->type == SW_KEY_TEXT)
			free(*(char **)sw_config_field(c, k));
	}
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
