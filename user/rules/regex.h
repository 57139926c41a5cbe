/* SPDX-License-Identifier: GPL-2.0-only */
/* Regular expressions in PCRE's notation, without what needs memory of the text
 * (back-references, look-around, atomic groups), compiled into the automata that
 * bpf/expression.h runs.
 *
 *   regex_parse.c  text into a tree
 *   regex_nfa.c    the tree into states and what they lead to (Thompson)
 *   regex_dfa.c    those into one table (subset construction)
 */
#ifndef SCANWALL_REGEX_H
#define SCANWALL_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include <scanwall/rule.h>

#define SW_REGEX_ERROR 160 /* of a sentence about an expression */

enum sw_regex_flags {
	SW_REGEX_NOCASE = 0x01,	   /* i */
	SW_REGEX_DOTALL = 0x02,	   /* s */
	SW_REGEX_MULTILINE = 0x04, /* m */
	SW_REGEX_ANCHORED = 0x08,  /* A */
	SW_REGEX_EXTENDED = 0x10,  /* x */
	SW_REGEX_UNGREEDY = 0x20,  /* G */
	SW_REGEX_END_ONLY = 0x40,  /* E: $ is not before a last line's end */
};

/* What the automaton is for. */
enum sw_regex_use {
	SW_REGEX_ANY, /* whether it matches at all */
	SW_REGEX_END, /* and where the match that begins first ends, as later conditions
		       * count from there: its longest, or its shortest if its first
		       * repetition is lazy */
};

struct sw_regex {
	__u8 class[256]; /* of a byte */
	__u16 *cell;	 /* [state - 1][class]: SW_REGEX_ACCEPTS and the next state */
	__u32 classes;	 /* with the text's end and its last line's end */
	__u32 states;
	__u16 start[SW_REGEX_STARTS];
	__u8 how;    /* SW_REGEX_* of rule.h */
	bool placed; /* asks where the text or its lines begin or end */
};

/* Fills *out, whose cells are to be freed. -1 and a sentence: it cannot be run so;
 * *nomem: for want of memory. */
int sw_regex_compile(const char *text, size_t length, int flags, enum sw_regex_use use,
		     struct sw_regex *out, char error[SW_REGEX_ERROR], bool *nomem);

/* Where a match ends in text[from, length), or -1. As bpf/expression.h does it, without
 * its bound. */
long sw_regex_run(const struct sw_regex *r, const __u8 *text, size_t from, size_t length);

#endif
