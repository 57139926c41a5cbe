// SPDX-License-Identifier: GPL-2.0-only
/* Output shared by all verbs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "views/output.h"

#define JSON_SCHEMA 1

json_t *sw_cli_json(void)
{
	return json_pack("{s:{s:s, s:i}}", "scanwall", "version", SW_VERSION, "schema",
			 JSON_SCHEMA);
}

int sw_cli_print(const struct sw_globals *g, json_t *root, struct sw_err *e)
{
	size_t form = g->json_pretty ? JSON_INDENT(2) : JSON_COMPACT;
	int rc;

	if (g->tells_dry_run)
		json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
	rc = json_dumpf(root, stdout, form);
	json_decref(root);
	if (rc || putchar('\n') == EOF)
		return sw_fail(e, SW_EXIT_FAILED, "standard output: %s", strerror(errno));
	return 0;
}

json_t *sw_cli_text(const char *text)
{
	json_t *j = json_string(text);
	char *clean, *at;

	if (j)
		return j;
	/* Not UTF-8: non-ASCII bytes become question marks. */
	clean = strdup(text);
	for (at = clean; at && *at; at++) {
		if (*at & 0x80)
			*at = '?';
	}
	j = json_string(clean ? clean : "");
	free(clean);
	return j;
}

json_t *sw_cli_time(int64_t us)
{
	char buf[SW_TIME_TEXT];

	return us == SW_FOREVER ? json_null() : json_string(sw_time_rfc3339(us, buf));
}

const char *sw_cli_prefix(const struct sw_prefix *p, char buf[SW_PREFIX_TEXT])
{
	size_t len;

	sw_prefix_text(p, buf);
	len = strlen(buf);
	if (sw_prefix_is_host(p))
		snprintf(buf + len, SW_PREFIX_TEXT - len, "/%d", p->plen);
	return buf;
}

const char *sw_cli_count(long long n)
{
	static char ring[8][32];
	static unsigned int next;
	char *buf = ring[next++ % 8];
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", n < 0 ? -n : n);
	char *to = buf;

	if (n < 0)
		*to++ = '-';
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return buf;
}
