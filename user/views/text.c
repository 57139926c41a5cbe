// SPDX-License-Identifier: GPL-2.0-only
/* Text on a screen: how wide it is, where it breaks, its colour. */
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "views/human.h"
#include "views/text_table.h"

/* Text is UTF-8, whatever the caller's locale. */
static int char_width(const char *text, size_t bytes, size_t *used)
{
	static locale_t utf8;
	mbstate_t state = {0};
	locale_t before;
	wchar_t c;
	size_t n;
	int width;

	*used = 1;
	if (*(const unsigned char *)text < 0x80)
		return 1;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return 1;
	before = uselocale(utf8);
	n = mbrtowc(&c, text, bytes, &state);
	width = n && n < (size_t)-2 ? wcwidth(c) : 1;
	uselocale(before);
	if (n && n < (size_t)-2)
		*used = n;
	return width < 0 ? 1 : width;
}

int sw_text_width(const char *text, size_t bytes)
{
	int width = 0;

	for (size_t at = 0, used; at < bytes; at += used)
		width += char_width(text + at, bytes - at, &used);
	return width;
}

size_t sw_text_break(const char *text, int width, size_t *next)
{
	size_t len = strlen(text), at = 0, used, space = 0, comma = 0;
	int column = 0;

	while (at < len && text[at] != '\n') {
		column += char_width(text + at, len - at, &used);
		if (column > width && text[at] != ' ')
			break;
		if (text[at] == ' ' && at)
			space = at;
		if (text[at] == ',' && column <= width)
			comma = at + 1;
		at += used;
	}
	if (at == len || text[at] == '\n') {
		*next = at + (at < len);
		return at;
	}
	if (!space) { /* a word wider than the line */
		*next = comma ? comma : at ? at : used;
		return *next;
	}
	*next = space + strspn(text + space, " ");
	while (space && text[space - 1] == ' ')
		space--;
	return space;
}

/* The cursor is already at `indent`. */
static void put_broken(const char *text, int indent, int width)
{
	size_t n, next;

	for (;;) {
		n = sw_text_break(text, width - indent < 20 ? 20 : width - indent, &next);
		printf("%.*s\n", (int)n, text);
		text += next;
		if (!*text)
			return;
		printf("%*s", indent, "");
	}
}

void sw_text_wrap(const char *lead, const char *text, int width)
{
	if (!width) {
		printf("%s%s\n", lead, text);
		return;
	}
	fputs(lead, stdout);
	put_broken(text, sw_text_width(lead, strlen(lead)), width);
}

void sw_text_field(const struct sw_globals *g, const char *label, int width, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	printf("%s%-*s%s", sw_style_code(g, SW_BOLD), width, label, sw_style_code(g, SW_PLAIN));
	put_broken(text ? text : "", width, sw_human_width());
	free(text);
}

const char *sw_style_code(const struct sw_globals *g, enum sw_style style)
{
	static const char *const code[] = {
		[SW_PLAIN] = "\033[m",	 [SW_BOLD] = "\033[1m",	   [SW_DIM] = "\033[2m",
		[SW_GREEN] = "\033[32m", [SW_YELLOW] = "\033[33m", [SW_RED] = "\033[1;31m",
	};

	return g->color ? code[style] : "";
}
