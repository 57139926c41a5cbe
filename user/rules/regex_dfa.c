// SPDX-License-Identifier: GPL-2.0-only
/* From an automaton with several ways at once to one with a single way: its states
 * are sets of the other's (M. Rabin, D. Scott: Finite Automata and Their Decision
 * Problems, 1959). A set holds the nodes that are reached by a byte; what they lead to
 * without one is worked out when the next is known, for assertions look at both. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/regex_tree.h"

#define STATES_MAX 4096
#define CELLS_MAX 49152
#define SEARCH_STATES_MAX 512 /* more, and it is better begun at each place anew */
#define SEARCH_CELLS_MAX 8192
#define SLOTS 16384 /* of a hash; more than twice the states */
#define WORDS (REGEX_NODES_MAX / 64)

enum kind { /* of a neighbour; the first four are as enum sw_regex_start */
	    TEXT = SW_REGEX_AT_TEXT,
	    LINE = SW_REGEX_AT_LINE,
	    WORD = SW_REGEX_AT_WORD,
	    ELSE = SW_REGEX_AT_ELSE,
	    LAST_LINE, /* the end of the last line, which the text's end follows */
	    KINDS,
};

struct set {
	__u32 first, count; /* in nodes[] */
	__u8 before;	    /* enum kind */
};

struct subsets {
	const struct regex_tree *t;
	const struct regex_nfa *n;
	struct sw_regex *out;
	bool searches, longest;
	bool asserts, sees_text, sees_line, sees_word; /* which neighbours matter */
	__u32 states_max, cells_max;
	__u8 kind[258];	   /* of each class */
	__u16 member[258]; /* a byte of each class */
	struct set set[STATES_MAX + 1];
	__u16 *nodes;
	size_t used, room;
	__u16 slot[SLOTS];
	__u64 mark[WORDS]; /* nodes that a closure has come by */
	__u64 moved[WORDS];
	__u16 stack[2 * REGEX_NODES_MAX];
	__u16 closure[REGEX_NODES_MAX];
	__u32 closed;
	bool alive[STATES_MAX + 1];
	bool accepts;
	bool nomem;
};

static bool is_word(int b)
{
	return isalnum(b) || b == '_';
}

/* ---- classes of bytes that nothing tells apart */

static bool same_class(const struct subsets *x, int a, int b)
{
	for (int i = 0; i < x->t->sets; i++)
		if (sw_regex_has(&x->t->set[i], a) != sw_regex_has(&x->t->set[i], b))
			return false;
	return (a == '\n') == (b == '\n') && (!x->sees_word || is_word(a) == is_word(b));
}

static void make_classes(struct subsets *x)
{
	struct sw_regex *r = x->out;
	__u32 c;

	r->classes = 0;
	for (int b = 0; b < 256; b++) {
		for (c = 0; c < r->classes && !same_class(x, x->member[c], b); c++)
			;
		r->class[b] = c;
		if (c < r->classes)
			continue;
		x->member[c] = b;
		x->kind[c] = b == '\n' ? LINE : is_word(b) ? WORD : ELSE;
		r->classes++;
	}
	x->kind[r->classes++] = TEXT; /* its end */
	x->member[r->classes] = '\n';
	x->kind[r->classes++] = LAST_LINE;
}

/* ---- closures */

static bool holds(enum regex_assertion which, enum kind before, enum kind next)
{
	switch (which) {
	case REGEX_TEXT_BEGINS:
		return before == TEXT;
	case REGEX_LINE_BEGINS: /* not behind the last line's end: pcre2pattern(3) */
		return before == TEXT || (before == LINE && next != TEXT);
	case REGEX_TEXT_ENDS:
		return next == TEXT;
	case REGEX_TEXT_OR_LAST_LINE_ENDS:
		return next == TEXT || next == LAST_LINE;
	case REGEX_LINE_ENDS:
		return next == TEXT || next == LAST_LINE || next == LINE;
	case REGEX_WORD_EDGE:
		return (before == WORD) != (next == WORD);
	case REGEX_NO_WORD_EDGE:
		return (before == WORD) == (next == WORD);
	}
	return false;
}

static void reach(struct subsets *x, __u16 node, __u32 *depth)
{
	if (x->mark[node / 64] >> (node % 64) & 1)
		return;
	x->mark[node / 64] |= 1ull << (node % 64);
	x->stack[(*depth)++] = node;
}

/* What the set leads to without a byte, between these neighbours. */
static void close_set(struct subsets *x, const struct set *s, enum kind next)
{
	const struct regex_node *node;
	__u32 depth = 0;

	memset(x->mark, 0, sizeof(x->mark));
	x->closed = 0;
	x->accepts = false;
	for (__u32 i = 0; i < s->count; i++)
		reach(x, x->nodes[s->first + i], &depth);
	if (x->searches)
		reach(x, x->n->start, &depth);
	while (depth) {
		__u16 at = x->stack[--depth];

		node = &x->n->node[at];
		switch (node->type) {
		case REGEX_NODE_SET:
			x->closure[x->closed++] = at;
			break;
		case REGEX_NODE_MATCH:
			x->accepts = true;
			break;
		case REGEX_NODE_SPLIT:
			reach(x, node->to, &depth);
			reach(x, node->other, &depth);
			break;
		case REGEX_NODE_ASSERT:
			if (holds(node->arg, s->before, next))
				reach(x, node->to, &depth);
			break;
		}
	}
}

/* ---- sets */

/* As far as it makes a difference. */
static enum kind seen_as(const struct subsets *x, enum kind before)
{
	if (before == TEXT && x->sees_text)
		return TEXT;
	if (before == LINE && x->sees_line)
		return LINE;
	if (before == WORD && x->sees_word)
		return WORD;
	return ELSE;
}

static __u32 hash_of(const __u16 *nodes, __u32 count, __u8 before)
{
	__u32 h = 2166136261u ^ before;

	for (__u32 i = 0; i < count; i++)
		h = (h ^ nodes[i]) * 16777619u;
	return h ^ h >> 15;
}

static bool make_room(struct subsets *x, size_t more)
{
	size_t room = x->room ? 2 * x->room : 4096;
	__u16 *grown;

	if (x->used + more <= x->room)
		return true;
	while (room < x->used + more)
		room *= 2;
	grown = reallocarray(x->nodes, room, sizeof(*grown));
	if (!grown) {
		x->nomem = true;
		return false;
	}
	x->nodes = grown;
	x->room = room;
	return true;
}

/* The state of the set that stands behind those there are; 0: too many. */
static __u32 state_of(struct subsets *x, __u32 count, enum kind before)
{
	const __u16 *nodes = x->nodes + x->used;
	__u32 at = hash_of(nodes, count, before);
	const struct set *s;

	for (;; at++) {
		at &= SLOTS - 1;
		if (!x->slot[at])
			break;
		s = &x->set[x->slot[at]];
		if (s->count == count && s->before == before &&
		    !memcmp(x->nodes + s->first, nodes, count * sizeof(*nodes)))
			return x->slot[at];
	}
	if (x->out->states == x->states_max)
		return 0;
	x->slot[at] = ++x->out->states;
	x->set[x->out->states] = (struct set){x->used, count, before};
	x->used += count;
	return x->out->states;
}

/* Where the closure goes with a byte: -1: too many states. */
static int move(struct subsets *x, __u32 class)
{
	__u32 count = 0, state;
	__u64 word;

	memset(x->moved, 0, sizeof(x->moved));
	for (__u32 i = 0; i < x->closed; i++) {
		const struct regex_node *node = &x->n->node[x->closure[i]];

		if (sw_regex_has(&x->t->set[node->arg], x->member[class]))
			x->moved[node->to / 64] |= 1ull << (node->to % 64);
	}
	if (!make_room(x, REGEX_NODES_MAX))
		return -1;
	for (int w = 0; w < WORDS; w++)
		for (word = x->moved[w]; word; word &= word - 1)
			x->nodes[x->used + count++] = 64 * w + __builtin_ctzll(word);
	if (!count && !x->searches)
		return 0;
	state = state_of(x, count, seen_as(x, x->kind[class] == LAST_LINE ? LINE : x->kind[class]));
	return state ? (int)state : -1;
}

/* ---- the table */

static int fill_row(struct subsets *x, __u32 state)
{
	__u32 classes = x->out->classes, c;
	__u16 *row = x->out->cell + (size_t)(state - 1) * classes;
	int closed_for = -1, to;

	for (int kind = 0; kind < KINDS; kind++) {
		for (c = 0; c < classes; c++) {
			if (x->kind[c] != kind)
				continue;
			if (closed_for < 0 || (x->asserts && closed_for != kind))
				close_set(x, &x->set[state], kind);
			closed_for = kind;
			to = x->kind[c] == TEXT || (x->accepts && !x->longest) ? 0 : move(x, c);
			if (to < 0)
				return -1;
			row[c] = to | (x->accepts ? SW_REGEX_ACCEPTS : 0);
		}
	}
	return 0;
}

static int start_at(struct subsets *x, enum kind before)
{
	__u32 state;

	if (!make_room(x, REGEX_NODES_MAX))
		return -1;
	x->nodes[x->used] = x->n->start;
	state = state_of(x, x->searches ? 0 : 1, seen_as(x, before));
	x->out->start[before] = state;
	return state ? 0 : -1;
}

static bool leads_on(const struct subsets *x, const __u16 *row)
{
	for (__u32 c = 0; c < x->out->classes; c++)
		if (row[c] & SW_REGEX_ACCEPTS || x->alive[row[c]])
			return true;
	return false;
}

/* What leads to no match becomes the dead state. Most states lead to later ones, so
 * from the last to the first it takes few rounds. */
static void bury(struct subsets *x)
{
	struct sw_regex *r = x->out;
	size_t cells = (size_t)r->states * r->classes;
	bool grows = true;

	memset(x->alive, 0, sizeof(x->alive));
	while (grows) {
		grows = false;
		for (__u32 s = r->states; s; s--) {
			if (x->alive[s] || !leads_on(x, r->cell + (size_t)(s - 1) * r->classes))
				continue;
			x->alive[s] = grows = true;
		}
	}
	for (size_t i = 0; i < cells; i++)
		if (!x->alive[r->cell[i] & ~SW_REGEX_ACCEPTS])
			r->cell[i] &= SW_REGEX_ACCEPTS;
	for (int k = 0; k < SW_REGEX_STARTS; k++)
		if (!x->alive[r->start[k]])
			r->start[k] = 0;
}

static void note_assertions(struct subsets *x)
{
	for (int i = 0; i < x->n->nodes; i++) {
		if (x->n->node[i].type != REGEX_NODE_ASSERT)
			continue;
		x->asserts = true;
		if (x->n->node[i].arg < REGEX_WORD_EDGE)
			x->out->placed = true;
		switch (x->n->node[i].arg) {
		case REGEX_TEXT_BEGINS:
			x->sees_text = true;
			break;
		case REGEX_LINE_BEGINS:
			x->sees_text = x->sees_line = true;
			break;
		case REGEX_WORD_EDGE:
		case REGEX_NO_WORD_EDGE:
			x->sees_word = true;
			break;
		}
	}
}

static int build(struct subsets *x, bool searches)
{
	struct sw_regex *r = x->out;

	x->searches = searches;
	x->states_max = searches ? SEARCH_STATES_MAX : STATES_MAX;
	x->cells_max = searches ? SEARCH_CELLS_MAX : CELLS_MAX;
	x->used = 0;
	memset(x->slot, 0, sizeof(x->slot));
	r->states = 0;
	for (int k = 0; k < SW_REGEX_STARTS; k++)
		if (start_at(x, k))
			return -1;
	for (__u32 state = 1; state <= r->states; state++)
		if (state * r->classes > x->cells_max || fill_row(x, state))
			return -1;
	bury(x);
	r->how = (searches ? SW_REGEX_SEARCHES : 0) | (x->longest ? SW_REGEX_LONGEST : 0);
	return 0;
}

static int make_table(struct subsets *x, enum sw_regex_use use, char error[SW_REGEX_ERROR])
{
	struct sw_regex *r = x->out;
	__u16 *fitted;

	note_assertions(x);
	make_classes(x);
	r->cell = calloc(CELLS_MAX + 258, sizeof(*r->cell));
	if (!r->cell)
		return x->nomem = true, -1;
	if (use == SW_REGEX_END && x->t->peeks) {
		snprintf(error, SW_REGEX_ERROR,
			 "the look-ahead (?!, behind which another condition counts");
		return -1;
	}
	x->longest = use == SW_REGEX_END && !x->t->lazy;
	if ((use == SW_REGEX_END || build(x, true)) && build(x, false)) {
		snprintf(error, SW_REGEX_ERROR, "it needs more than %d states", STATES_MAX);
		return -1;
	}
	fitted = reallocarray(r->cell, (size_t)r->states * r->classes, sizeof(*fitted));
	r->cell = fitted ? fitted : r->cell;
	return 0;
}

int sw_regex_compile(const char *text, size_t length, int flags, enum sw_regex_use use,
		     struct sw_regex *out, char error[SW_REGEX_ERROR], bool *nomem)
{
	struct regex_tree *t = malloc(sizeof(*t));
	struct regex_nfa *n = malloc(sizeof(*n));
	struct subsets *x = calloc(1, sizeof(*x));
	int rc = -1;

	*nomem = !t || !n || !x;
	memset(out, 0, sizeof(*out));
	if (*nomem || sw_regex_parse(text, length, flags, t, error))
		goto out;
	if (sw_regex_nfa(t, n)) {
		snprintf(error, SW_REGEX_ERROR, "its repetitions come to more than %d places",
			 REGEX_NODES_MAX);
		goto out;
	}
	x->t = t;
	x->n = n;
	x->out = out;
	rc = make_table(x, use, error);
	*nomem = x->nomem;
out:
	if (rc) {
		free(out->cell);
		out->cell = NULL;
	}
	if (x)
		free(x->nodes);
	free(x);
	free(n);
	free(t);
	return rc;
}

/* ---- as bpf/expression.h */

static __u32 symbol_at(const struct sw_regex *r, const __u8 *text, size_t at, size_t length)
{
	if (at == length)
		return r->classes - 2;
	if (at + 1 == length && text[at] == '\n')
		return r->classes - 1;
	return r->class[text[at]];
}

static __u32 start_of(const struct sw_regex *r, const __u8 *text, size_t from, size_t at)
{
	if (at == from)
		return r->start[SW_REGEX_AT_TEXT];
	if (text[at - 1] == '\n')
		return r->start[SW_REGEX_AT_LINE];
	return r->start[is_word(text[at - 1]) ? SW_REGEX_AT_WORD : SW_REGEX_AT_ELSE];
}

long sw_regex_run(const struct sw_regex *r, const __u8 *text, size_t from, size_t length)
{
	size_t start = from, at;
	__u32 state, cell;
	long found = -1;

	for (; start <= length && found < 0; start++) {
		state = start_of(r, text, from, start);
		for (at = start; state && at <= length; at++) {
			cell = r->cell[(size_t)(state - 1) * r->classes +
				       symbol_at(r, text, at, length)];
			if (cell & SW_REGEX_ACCEPTS) {
				found = at;
				if (!(r->how & SW_REGEX_LONGEST))
					return found;
			}
			state = cell & ~SW_REGEX_ACCEPTS;
		}
		if (r->how & SW_REGEX_SEARCHES)
			break;
	}
	return found;
}
