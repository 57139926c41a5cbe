// SPDX-License-Identifier: GPL-2.0-only
/* Range checks of keys, and their error messages. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "config/internal.h"

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

char *sw_config_span_text(int64_t us)
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
	char *min = sw_config_span_text(k->min), *max = sw_config_span_text(k->max);

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
