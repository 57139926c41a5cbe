// SPDX-License-Identifier: GPL-2.0-only
/* Reads the examples of tests/rules and builds their packets. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include "examples.h"

static int digit(const struct example *x, char c)
{
	const char *all = "0123456789abcdef",
		   *at = c ? strchr(all, tolower((unsigned char)c)) : NULL;

	if (!at)
		fail_msg("%s:%u: \\x wants two hexadecimal digits", x->file, x->line);
	return at - all;
}

static uint8_t escaped(const struct example *x, const char **at)
{
	char c = *(*at)++;

	switch (c) {
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '\\':
		return '\\';
	case 'x':
		*at += 2;
		return digit(x, (*at)[-2]) << 4 | digit(x, (*at)[-1]);
	}
	fail_msg("%s:%u: \\%c is not known; write \\r, \\n, \\t, \\\\ or \\xNN", x->file, x->line,
		 c);
	return 0;
}

static void add_line(struct example *x, const char *text)
{
	while (*text && *text != '\n') {
		char c = *text++;

		if (x->length == sizeof(x->payload))
			fail_msg("%s:%u: more than %d bytes", x->file, x->line, EXAMPLE_BYTES);
		x->payload[x->length++] = c == '\\' ? escaped(x, &text) : (uint8_t)c;
	}
}

static enum example_kind kind_of(const struct example *x, const char *word)
{
	if (!strcmp(word, "hit"))
		return EXAMPLE_HIT;
	if (!strcmp(word, "miss"))
		return EXAMPLE_MISS;
	if (strcmp(word, "pass"))
		fail_msg("%s:%u: \"%s\" is neither hit, miss nor pass", x->file, x->line, word);
	return EXAMPLE_PASS;
}

/* hit 9000001 9000002 tcp 80 times 3 */
static void begin(struct example *x, char *line)
{
	char *word = strtok(line, " \n");

	x->kind = kind_of(x, word);
	x->sids = 0;
	x->length = x->cut = 0;
	x->times = 1;
	while ((word = strtok(NULL, " \n")) && isdigit((unsigned char)*word)) {
		assert_true(x->sids < EXAMPLE_SIDS);
		x->sid[x->sids++] = strtoul(word, NULL, 10);
	}
	if (!word || (strcmp(word, "tcp") && strcmp(word, "udp")))
		fail_msg("%s:%u: neither tcp nor udp", x->file, x->line);
	x->proto = *word == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	word = strtok(NULL, " \n");
	x->port = word ? strtoul(word, NULL, 10) : 0;
	if (!x->port)
		fail_msg("%s:%u: no port", x->file, x->line);
	word = strtok(NULL, " \n");
	if (word && !strcmp(word, "times") && (word = strtok(NULL, " \n")))
		x->times = strtoul(word, NULL, 10);
}

void examples_read(const char *path, void (*each)(const struct example *x, void *arg), void *arg)
{
	static struct example x;
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	unsigned n = 0;
	bool any = false;

	if (!f)
		fail_msg("cannot read %s", path);
	x.file = path;
	while (getline(&line, &room, f) >= 0) {
		n++;
		if (*line == '\t') {
			add_line(&x, line + 1);
			continue;
		}
		if (*line == '#' || *line == '\n')
			continue;
		if (!strcmp(line, "----\n")) {
			x.cut = x.length;
			continue;
		}
		if (any)
			each(&x, arg);
		any = true;
		x.line = n;
		begin(&x, line);
	}
	if (any)
		each(&x, arg);
	free(line);
	fclose(f);
}
