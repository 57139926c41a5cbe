// SPDX-License-Identifier: GPL-2.0-only
/* POSIX shell quoting, for saved lines and for the audit trail. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "cli/command_line.h"

static int fail_at(int *bad, const char *line, const char *at, const char *what, struct sw_err *e)
{
	*bad = at - line + 1;
	return sw_fail(e, SW_EXIT_USAGE, "%s", what);
}

/* Unquotes one quoted part, from its opening quote; returns what follows it. */
static char *copy_quoted(char *from, char **to)
{
	char quote = *from++;

	while (*from && *from != quote) {
		if (quote == '"' && *from == '\\' && from[1] && strchr("\\\"$`", from[1]))
			from++;
		*(*to)++ = *from++;
	}
	return *from ? from + 1 : NULL;
}

/* Unquotes the word at *from in place and moves *from past it. */
static int copy_word(char *line, char **from, int *bad, struct sw_err *e)
{
	char *in = *from, *out = *from, *open;

	while (*in && !isspace((unsigned char)*in)) {
		if (*in == '"' || *in == '\'') {
			open = in;
			in = copy_quoted(in, &out);
			if (!in)
				return fail_at(bad, line, open, "a quote that is never closed", e);
			continue;
		}
		if (*in == '\\') {
			if (!in[1])
				return fail_at(bad, line, in, "a backslash with nothing after it",
					       e);
			in++;
		}
		*out++ = *in++;
	}
	*from = *in ? in + 1 : in;
	*out = '\0';
	return 0;
}

int sw_words(char *line, char **word, int *column, int max, int *bad, struct sw_err *e)
{
	char *at = line;
	int n = 0;

	for (;;) {
		while (isspace((unsigned char)*at))
			at++;
		if (!*at || *at == '#')
			return n;
		if (n == max)
			return fail_at(bad, line, at, "too many words", e);
		word[n] = at;
		column[n++] = at - line + 1;
		if (copy_word(line, &at, bad, e))
			return -1;
	}
}

char *sw_quote(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./:,=@%+";
	char *out, *to;

	if (*text && text[strspn(text, plain)] == '\0')
		return strdup(text);
	to = out = malloc(2 * strlen(text) + 3);
	if (!out)
		return NULL;
	*to++ = '"';
	for (; *text; text++) {
		if (strchr("\\\"$`", *text))
			*to++ = '\\';
		*to++ = *text;
	}
	*to++ = '"';
	*to = '\0';
	return out;
}
