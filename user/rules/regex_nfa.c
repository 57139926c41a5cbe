// SPDX-License-Identifier: GPL-2.0-only
/* The tree of a regular expression into an automaton with several ways at once
 * (K. Thompson: Regular Expression Search Algorithm, CACM 11(6), 1968). Built from
 * the end, so that every node knows where it leads to. */
#include "rules/regex_tree.h"

struct build {
	const struct regex_tree *t;
	struct regex_nfa *n;
};

static int add(struct build *b, enum regex_node_type type, int arg, int to, int other)
{
	struct regex_nfa *n = b->n;

	if (to < 0 || other < 0 || n->nodes == REGEX_NODES_MAX)
		return -1;
	n->node[n->nodes] = (struct regex_node){type, arg, to, other};
	return n->nodes++;
}

/* The node that leads through an item to `to`. */
static int lead(struct build *b, int item, int to);

/* A loop: its split is there before what it leads to. */
static int lead_endless(struct build *b, int item, int to)
{
	int split = add(b, REGEX_NODE_SPLIT, 0, to, to), body;

	body = split < 0 ? -1 : lead(b, item, split);
	if (body < 0)
		return -1;
	b->n->node[split].to = body;
	return split;
}

static int lead_repeat(struct build *b, const struct regex_item *i, int to)
{
	int at = to;

	if (i->max < 0)
		at = lead_endless(b, i->left, to);
	for (int n = i->min; n < i->max && at >= 0; n++) {
		at = lead(b, i->left, at);
		at = at < 0 ? -1 : add(b, REGEX_NODE_SPLIT, 0, at, to);
	}
	for (int n = 0; n < i->min && at >= 0; n++)
		at = lead(b, i->left, at);
	return at;
}

static int lead(struct build *b, int item, int to)
{
	const struct regex_item *i = &b->t->item[item];
	int left;

	if (to < 0)
		return -1;
	switch (i->type) {
	case REGEX_SET:
		return add(b, REGEX_NODE_SET, i->left, to, 0);
	case REGEX_CAT:
		return lead(b, i->left, lead(b, i->right, to));
	case REGEX_ALT:
		left = lead(b, i->left, to);
		return add(b, REGEX_NODE_SPLIT, 0, left, lead(b, i->right, to));
	case REGEX_REPEAT:
		return lead_repeat(b, i, to);
	case REGEX_ASSERT:
		return add(b, REGEX_NODE_ASSERT, i->left, to, 0);
	}
	return to;
}

int sw_regex_nfa(const struct regex_tree *t, struct regex_nfa *n)
{
	struct build b = {t, n};
	int start;

	n->nodes = 0;
	start = lead(&b, t->root, add(&b, REGEX_NODE_MATCH, 0, 0, 0));
	if (start < 0)
		return -1;
	n->start = start;
	return 0;
}
