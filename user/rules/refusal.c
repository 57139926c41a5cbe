// SPDX-License-Identifier: GPL-2.0-only
/* Messages about refused rules, and trimming of text, for all parsers of rules. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "rules/internal.h"

const char *sw_refusal_name(enum sw_refusal why)
{
	static const char *const name[] = {
#define X(id, text) text,
		SW_REFUSALS(X)
#undef X
	};

	return why < SW_REFUSAL_COUNT ? name[why] : "unknown";
}

void sw_refusal_set(struct refusal *no, enum sw_refusal why, const char *fmt, ...)
{
	va_list ap;

	no->why = why;
	va_start(ap, fmt);
	vsnprintf(no->text, sizeof(no->text), fmt, ap);
	va_end(ap);
}

char *sw_rule_trim(char *text)
{
	size_t n;

	while (isspace((unsigned char)*text))
		text++;
	n = strlen(text);
	while (n && isspace((unsigned char)text[n - 1]))
		text[--n] = 0;
	return text;
}
