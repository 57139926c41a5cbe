/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of verbs, and what a verb is given to work with. */
#ifndef SCANWALL_CLI_H
#define SCANWALL_CLI_H

#include <getopt.h>
#include "blocklist/blocklist.h"
#include "views/output.h"

struct sw_option {
	const char *name;  /* long name */
	char letter;	   /* or 0 */
	const char *value; /* what it takes, as help prints it ("SPAN"); NULL: nothing */
	const char *text;
};

#define SW_OPTIONS_MAX 12

struct sw_args { /* what the parser found for one verb */
	const char
		*option[SW_OPTIONS_MAX]; /* by place in verb->option; "" for a flag; NULL: absent */
	int count;			 /* operands */
	char **operand;
};

struct sw_verb {
	const char *name;
	const char *synopsis; /* "ADDR[/LEN]... [--ttl SPAN]" */
	const char *text;     /* one line */
	const char *more;     /* paragraphs for `help VERB` and the man page; may be NULL */
	const char *
		complete; /* what operands are: "iface", "blocked", "allowed", "mode", "file", "" */
	struct sw_option option[SW_OPTIONS_MAX];
	int min_operands, max_operands; /* max -1: any number */
	bool changes;			/* audited */
	int (*run)(const struct sw_globals *g, const struct sw_args *a, struct sw_err *e);
};

/* Each returns an enum sw_exit, or -1 with e filled. */
extern const struct sw_verb sw_verbs[];
extern const int sw_verb_count;

#endif
