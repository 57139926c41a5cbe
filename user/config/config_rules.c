// SPDX-License-Identifier: GPL-2.0-only
/* The lists that signatures are read with: rules.files, .home_net and ports. */
#include <stdlib.h>
#include <string.h>
#include "config/internal.h"

void sw_texts_free(struct sw_texts *t)
{
	for (int i = 0; i < t->count; i++)
		free(t->item[i]);
	free(t->item);
	*t = (struct sw_texts){0};
}

static bool is_port(const char *text, char **end)
{
	long n = strtol(text, end, 10);

	return *end != text && *text >= '0' && *text <= '9' && n >= 1 && n <= 65535;
}

static bool is_ports(const char *text)
{
	char *end;

	if (!is_port(text, &end))
		return false;
	return !*end || (*end == ':' && is_port(end + 1, &end) && !*end);
}

static bool is_right(const struct sw_config_key *k, const char *text)
{
	struct sw_prefix p;

	if (k->offset == offsetof(struct sw_config, rule_files))
		return text[0] == '/' && !strpbrk(text, "\t\n");
	if (k->offset == offsetof(struct sw_config, home_net))
		return !sw_prefix_parse(text, &p, NULL);
	return is_ports(text);
}

int sw_config_set_texts(struct sw_config *c, const struct sw_config_key *k,
			const char *const *items, int n, struct sw_err *e)
{
	struct sw_texts *at = (void *)((char *)c + k->offset);
	struct sw_texts fresh = {calloc(n + 1, sizeof(char *)), 0};

	for (int i = 0; fresh.item && i < n; i++) {
		if (!is_right(k, items[i])) {
			sw_texts_free(&fresh);
			return sw_fail(e, SW_EXIT_USAGE, "%s: \"%s\" is not right; write %s",
				       k->name, items[i], k->range);
		}
		fresh.item[fresh.count] = strdup(items[i]);
		if (!fresh.item[fresh.count])
			break;
		fresh.count++;
	}
	if (fresh.count < n || !fresh.item) {
		sw_texts_free(&fresh);
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	}
	sw_texts_free(at);
	*at = fresh;
	return 0;
}
