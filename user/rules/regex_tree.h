/* SPDX-License-Identifier: GPL-2.0-only */
/* The parsed form of a regular expression, and the automaton that is made of it. */
#ifndef SCANWALL_REGEX_TREE_H
#define SCANWALL_REGEX_TREE_H

#include "rules/regex.h"

#define REGEX_TREE_MAX 4096
#define REGEX_SETS_MAX 512
#define REGEX_REPEAT_MAX 2048 /* of {n,m} */
#define REGEX_NODES_MAX 8192  /* of what a repetition comes to */

struct regex_set {
	__u64 bit[4]; /* of the bytes in it */
};

enum regex_type {
	REGEX_EMPTY,
	REGEX_SET,
	REGEX_CAT,
	REGEX_ALT,
	REGEX_REPEAT,
	REGEX_ASSERT,
};

enum regex_assertion {
	REGEX_TEXT_BEGINS,
	REGEX_LINE_BEGINS,
	REGEX_TEXT_ENDS,
	REGEX_TEXT_OR_LAST_LINE_ENDS,
	REGEX_LINE_ENDS,
	REGEX_WORD_EDGE,
	REGEX_NO_WORD_EDGE,
};

struct regex_item {
	__u8 type;
	int left, right; /* items; SET: the set; ASSERT: which; REPEAT: left */
	int min, max;	 /* max -1: without end */
};

struct regex_tree {
	struct regex_item item[REGEX_TREE_MAX];
	int items;
	struct regex_set set[REGEX_SETS_MAX];
	int sets;
	int root;
	bool lazy;  /* its first repetition is */
	bool peeks; /* it reads on behind its end, for a (?!...) */
};

/* 0, or -1 and a sentence. */
int sw_regex_parse(const char *text, size_t length, int flags, struct regex_tree *t,
		   char error[SW_REGEX_ERROR]);

enum regex_node_type {
	REGEX_NODE_SET,
	REGEX_NODE_SPLIT, /* to both */
	REGEX_NODE_ASSERT,
	REGEX_NODE_MATCH,
};

struct regex_node {
	__u8 type;
	__u16 arg; /* the set, or which assertion */
	__u16 to, other;
};

struct regex_nfa {
	struct regex_node node[REGEX_NODES_MAX];
	int nodes;
	__u16 start;
};

/* 0, or -1: too large. */
int sw_regex_nfa(const struct regex_tree *t, struct regex_nfa *n);

/* ---- regex_sets.c */
/* Adds the bytes low..high. */
void sw_regex_set_put(struct regex_set *s, int low, int high);
/* Adds the bytes of the other set or, inverted, those that are not in it. */
void sw_regex_set_join(struct regex_set *s, const struct regex_set *other, bool inverted);
/* Adds each letter's other case. */
void sw_regex_set_fold(struct regex_set *s);
/* Adds the set of an escape, \d or the like; false: the letter names none. */
bool sw_regex_set_letter(struct regex_set *s, char letter);
/* Adds the POSIX class of that name, or all but it; false: there is none. *cased: it tells
 * lower from upper case. */
bool sw_regex_set_posix(struct regex_set *s, const char *name, size_t length, bool inverted,
			bool *cased);

static inline bool sw_regex_has(const struct regex_set *s, int byte)
{
	return s->bit[byte >> 6] >> (byte & 63) & 1;
}

#endif
