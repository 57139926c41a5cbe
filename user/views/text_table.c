// SPDX-License-Identifier: GPL-2.0-only
/* Tables that fit the terminal. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "views/text_table.h"

#define GAP 2
#define NARROWEST 8

struct cell {
	size_t at; /* in text */
	enum sw_style style;
};

struct sw_table {
	const struct sw_column *column;
	int columns;
	struct cell *cell;
	size_t count, room;
	char *text; /* text of all cells, each with its NUL */
	size_t used, bytes;
	int widest[SW_COLUMNS_MAX];
	int alone;   /* the widest of the cells that would get a line of their own */
	bool fitted; /* none has to */
	bool failed;
};

struct sw_table *sw_table_new(const struct sw_column *column, int n)
{
	struct sw_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->column = column;
	t->columns = n;
	for (int i = 0; i < n; i++)
		t->widest[i] = strlen(column[i].title);
	return t;
}

static bool grow(struct sw_table *t, size_t more)
{
	size_t room = t->room ? 2 * t->room : 64, bytes = t->bytes ? t->bytes : 1024;
	void *grown;

	if (t->count == t->room) {
		grown = reallocarray(t->cell, room, sizeof(*t->cell));
		if (!grown)
			return false;
		t->cell = grown;
		t->room = room;
	}
	while (bytes < t->used + more)
		bytes *= 2;
	if (bytes != t->bytes) {
		grown = realloc(t->text, bytes);
		if (!grown)
			return false;
		t->text = grown;
		t->bytes = bytes;
	}
	return true;
}

/* A comment must not contain characters that a terminal takes for commands. */
static void tame(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

/* Is this text of column i so wide that it would push the others away? */
static bool stands_alone(const struct sw_table *t, int i, int width)
{
	return i == 0 && t->column[0].most && width > t->column[0].most && !t->fitted;
}

void sw_table_cell(struct sw_table *t, enum sw_style style, const char *fmt, ...)
{
	char small[128], *text = small;
	va_list ap;
	int len, width;

	if (!t || t->failed)
		return;
	va_start(ap, fmt);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(small)) {
		va_start(ap, fmt);
		len = vasprintf(&text, fmt, ap);
		va_end(ap);
	}
	if (len < 0 || !grow(t, len + 1)) {
		t->failed = true;
		return;
	}
	tame(text);
	memcpy(t->text + t->used, text, len + 1);
	t->cell[t->count] = (struct cell){t->used, style};
	t->used += len + 1;
	width = sw_text_width(text, len);
	if (stands_alone(t, t->count % t->columns, width))
		t->alone = width > t->alone ? width : t->alone;
	else if (width > t->widest[t->count % t->columns])
		t->widest[t->count % t->columns] = width;
	t->count++;
	if (text != small)
		free(text);
}

/* Do all columns fit at their full width? room 0: always. */
static bool fits_whole(const struct sw_table *t, int room)
{
	int sum = GAP * (t->columns - 1) + t->alone;

	for (int i = 1; i < t->columns; i++)
		sum += t->widest[i];
	return !room || sum <= room;
}

/* The widest column that may shrink does, one character at a time. */
static void fit(const struct sw_table *t, int room, int width[SW_COLUMNS_MAX])
{
	int sum = GAP * (t->columns - 1), give;

	for (int i = 0; i < t->columns; i++) {
		width[i] = t->widest[i];
		sum += width[i];
	}
	while (room && sum > room) {
		give = -1;
		for (int i = 0; i < t->columns; i++) {
			if (t->column[i].gives && width[i] > NARROWEST &&
			    (give < 0 || width[i] > width[give]))
				give = i;
		}
		if (give < 0)
			return;
		width[give]--;
		sum--;
	}
}

static void put_cell(const struct sw_globals *g, const struct sw_column *c, enum sw_style style,
		     const char *text, size_t bytes, int width, bool last)
{
	int pad = width - sw_text_width(text, bytes);

	if (pad < 0)
		pad = 0;
	if (c->right)
		printf("%*s", pad, "");
	if (style != SW_PLAIN && bytes)
		printf("%s%.*s%s", sw_style_code(g, style), (int)bytes, text,
		       sw_style_code(g, SW_PLAIN));
	else
		printf("%.*s", (int)bytes, text);
	if (!last)
		printf("%*s", (c->right ? 0 : pad) + GAP, "");
}

/* The last cell of this line with text left, or -1. */
static int last_filled(char *const rest[], int n)
{
	while (n && !*rest[n - 1])
		n--;
	return n - 1;
}

static void put_row(const struct sw_table *t, const struct sw_globals *g, int indent, char *rest[],
		    const enum sw_style *style, const int *width)
{
	size_t n = strlen(rest[0]), next;
	int last;

	if (stands_alone(t, 0, sw_text_width(rest[0], n))) {
		printf("%*s%s\n", indent, "", rest[0]);
		rest[0] += n;
	}
	while ((last = last_filled(rest, t->columns)) >= 0) {
		printf("%*s", indent, "");
		for (int i = 0; i <= last; i++) {
			n = sw_text_break(rest[i], width[i], &next);
			put_cell(g, &t->column[i], style[i], rest[i], n, width[i], i == last);
			rest[i] += next;
		}
		putchar('\n');
	}
}

static void put_header(const struct sw_table *t, const struct sw_globals *g, int indent,
		       const int *width)
{
	enum sw_style style[SW_COLUMNS_MAX];
	char *rest[SW_COLUMNS_MAX];

	for (int i = 0; i < t->columns; i++) {
		rest[i] = (char *)t->column[i].title;
		style[i] = SW_BOLD;
	}
	put_row(t, g, indent, rest, style, width);
}

int sw_table_print(const struct sw_table *t, const struct sw_globals *g, int indent, int width,
		   struct sw_err *e)
{
	enum sw_style style[SW_COLUMNS_MAX];
	char *rest[SW_COLUMNS_MAX];
	int fitted[SW_COLUMNS_MAX];
	struct sw_table whole;

	if (!t || t->failed)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for the table");
	if (t->alone && fits_whole(t, width ? width - indent : 0)) {
		whole = *t;
		whole.widest[0] = t->alone;
		whole.fitted = true;
		t = &whole;
	}
	fit(t, width ? width - indent : 0, fitted);
	if (!g->no_header && t->column[0].title[0])
		put_header(t, g, indent, fitted);
	for (size_t at = 0; at + t->columns <= t->count; at += t->columns) {
		for (int i = 0; i < t->columns; i++) {
			rest[i] = t->text + t->cell[at + i].at;
			style[i] = t->cell[at + i].style;
		}
		put_row(t, g, indent, rest, style, fitted);
	}
	return 0;
}

void sw_table_free(struct sw_table *t)
{
	if (!t)
		return;
	free(t->cell);
	free(t->text);
	free(t);
}
