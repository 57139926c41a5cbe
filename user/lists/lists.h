/* SPDX-License-Identifier: GPL-2.0-only */
/* Published lists of addresses: detects the format and parses each line. */
#ifndef SCANWALL_LISTS_H
#define SCANWALL_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/err.h"

#define SW_LIST_ODD_SHOWN 20
#define SW_LIST_COMMENT 256 /* with NUL */

/* One prefix of a list; a range has several. The comment is one line of clean UTF-8, never NULL,
 * and valid during the call only. */
struct sw_list_entry {
	struct sw_prefix prefix;
	int64_t ttl; /* us; 0: the list does not say */
	const char *comment;
	long line; /* line number, from 1 */
};
typedef int (*sw_list_fn)(const struct sw_list_entry *entry, void *arg);

struct sw_list {
	const char *format;		   /* its name, detected or as requested */
	long lines;			   /* lines other than comments and empty ones */
	long entries;			   /* prefixes they gave */
	long masked;			   /* of these, prefixes with host bits set */
	long skipped;			   /* lines that by their content block nothing */
	long odd;			   /* lines that could not be parsed */
	char *odd_text[SW_LIST_ODD_SHOWN]; /* "NAME:LINE: why", for the first ones */
};

/* The valid names of formats, "auto" first. */
const char *sw_list_formats(void);
bool sw_list_has_format(const char *name);

/* Reads text (changed on the way, of `size` bytes and a NUL behind them) and hands
 * every entry to fn. `format`: "auto" or one of the names. 0, what fn returned,
 * or -1 when it is no text, packed, a web page, or e has another reason. */
int sw_list_read(char *text, size_t size, const char *name, const char *format, struct sw_list *l,
		 sw_list_fn fn, void *arg, struct sw_err *e);
void sw_list_free(struct sw_list *l);

#endif
