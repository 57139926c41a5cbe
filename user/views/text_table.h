/* SPDX-License-Identifier: GPL-2.0-only */
/* A table that measures its columns and fits the screen. Nothing is cut off:
 * what does not fit goes on in the next line of its column. */
#ifndef SCANWALL_TEXT_TABLE_H
#define SCANWALL_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include "views/output.h"

enum sw_style { SW_PLAIN, SW_BOLD, SW_DIM, SW_GREEN, SW_YELLOW, SW_RED };

struct sw_column {
	const char *title;
	bool right; /* numbers */
	bool gives; /* may be made narrower */
	int most;   /* of the first column: a wider cell gets a line of its own */
};

#define SW_COLUMNS_MAX 10

struct sw_table;

/* `column` is kept by reference; n at most SW_COLUMNS_MAX. */
struct sw_table *sw_table_new(const struct sw_column *column, int n);
/* Adds the next cell, row by row. A NULL table, or one that is out of memory, ignores them;
 * printing then fails. */
void sw_table_cell(struct sw_table *t, enum sw_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* `indent` columns from the left; width 0: no limit. */
int sw_table_print(const struct sw_table *t, const struct sw_globals *g, int indent, int width,
		   struct sw_err *e);
void sw_table_free(struct sw_table *t);

/* Columns that the text takes on a terminal. */
int sw_text_width(const char *text, size_t bytes);
/* How many bytes of text go into a line of `width` columns; *next is where the
 * following line begins. */
size_t sw_text_break(const char *text, int width, size_t *next);
/* `lead`, then text, wrapped and indented below it. width 0: one line. */
void sw_text_wrap(const char *lead, const char *text, int width);

/* A bold label in `width` columns, then text, wrapped below itself. */
void sw_text_field(const struct sw_globals *g, const char *label, int width, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The escape sequence of a style, for SW_PLAIN its reset; "" without colour. */
const char *sw_style_code(const struct sw_globals *g, enum sw_style style);

#endif
