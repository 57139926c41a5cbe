/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from files, arguments and packets, made safe for a terminal: a list
 * fetched from a stranger must not move the operator's cursor, set the title
 * or hide half of a sentence (CWE-150).
 */
#ifndef SCANWALL_VISIBLE_H
#define SCANWALL_VISIBLE_H

#include <stddef.h>

/* Copies at most size - 1 bytes and a NUL. Control characters (C0, DEL, C1),
 * bytes that are not UTF-8, and marks that turn or hide text (Unicode's bidi
 * controls, zero-width characters) become \n, \t, \r, \xNN or \u{NNNN}; no
 * escape is cut in two. `from` and `to` must not overlap. */
void sw_visible(char *to, size_t size, const char *from);

#endif
