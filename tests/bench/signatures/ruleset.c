// SPDX-License-Identifier: GPL-2.0-only
/* Rules of made-up words: paths, parameters and agents, as public ones have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/builtin.h"
#include "inspect_bench.h"

static const char *word(char buf[24])
{
	static const char *const part[] = {"ka",  "lo",	 "mir", "su",  "ten", "vo",
					   "pra", "chi", "ner", "gu",  "bel", "dox",
					   "fy",  "wan", "zir", "hum", "jet", "qua"};
	int n = 2 + drawn() % 3;

	buf[0] = 0;
	for (int i = 0; i < n; i++)
		strcat(buf, part[drawn() % (sizeof(part) / sizeof(part[0]))]);
	return buf;
}

static void put_rule(FILE *f, int sid)
{
	char a[24], b[24], c[24];

	fprintf(f,
		"alert tcp any any -> any [$HTTP_PORTS,$TLS_PORTS] (msg:\"%d\"; "
		"flow:to_server,established; ",
		sid);
	word(a), word(b), word(c);
	switch (drawn() % 4) {
	case 0:
		fprintf(f, "http.uri; content:\"/%s/%s.php?%s=\"; nocase; ", a, b, c);
		break;
	case 1:
		fprintf(f, "http.method; content:\"POST\"; http.uri; content:\"/%s/%s\"; ", a, b);
		break;
	case 2:
		fprintf(f, "content:\"%s: %s\"; content:\"%s\"; distance:0; ", a, b, c);
		break;
	case 3:
		fprintf(f, "content:\"|%02x %02x %02x|%s|%02x|\"; ", drawn() & 0xff, drawn() & 0xff,
			drawn() & 0xff, a, drawn() & 0xff);
		fprintf(f, "content:\"%s\"; ", b);
		break;
	}
	fprintf(f, "sid:%d; rev:1;)\n", sid);
}

int rules_make(struct sw_rules *r, int n, struct sw_err *e)
{
	static const struct sw_rules_options options;
	const char *builtin;
	char *text = NULL;
	size_t length;
	FILE *f;
	int rc;

	if (sw_rules_init(r, &options, e))
		return -1;
	if (!n) {
		builtin = sw_rules_builtin(&length);
		rc = sw_rules_read_text(r, "built-in", builtin, length, e);
		return rc ? rc : sw_rules_compile(r, e);
	}
	f = open_memstream(&text, &length);
	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	draw_from(n);
	for (int i = 0; i < n; i++)
		put_rule(f, 1000 + i);
	fclose(f);
	rc = sw_rules_read_text(r, "made up", text, length, e);
	free(text);
	if (!rc)
		rc = sw_rules_compile(r, e);
	if (!rc && r->rules < (size_t)n * 9 / 10)
		rc = sw_fail(e, SW_EXIT_FAILED, "only %zu of %d made-up rules were taken: %s",
			     r->rules, n, r->refusals ? r->refused[0].reason : "");
	return rc;
}
