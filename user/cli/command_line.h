/* SPDX-License-Identifier: GPL-2.0-only */
/* A command line, or a line of a saved file, read by the table of verbs. */
#ifndef SCANWALL_COMMAND_LINE_H
#define SCANWALL_COMMAND_LINE_H

#include "cli/cli.h"

extern const struct sw_option sw_global_options[];
extern const int sw_global_count;

struct sw_command {
	const struct sw_verb *verbs;
	const struct sw_verb *verb; /* NULL: none was named */
	const struct sw_verb *row;  /* the row to run: the verb, or its subcommand */
	struct sw_globals globals;
	struct sw_args args;
	bool help;		      /* -h */
	int at;			      /* after a failure: index of the bad argument */
	char *joined[SW_OPTIONS_MAX]; /* values of repeated options */
};

/* The whole command line; options may stand anywhere. Fills *c also on
 * failure, as far as it got, so that the caller knows verb and --json. */
int sw_parse(const struct sw_verb *verbs, int argc, char **argv, struct sw_command *c,
	     struct sw_err *e);
void sw_command_free(struct sw_command *c);

/* In a table of verbs or of subcommands; NULL: no such row. */
const struct sw_verb *sw_verb_find(const struct sw_verb *verbs, const char *name);
/* Fails, naming the verb that was probably meant. (unknown_verb.c) */
int sw_verb_unknown(const struct sw_verb *verbs, const char *word, struct sw_err *e);
int sw_verb_options(const struct sw_verb *v); /* how many it has */
/* Its synopsis, or those of its subcommands. */
#define SW_SYNOPSIS_TEXT 512
const char *sw_verb_synopsis(const struct sw_verb *v, char buf[SW_SYNOPSIS_TEXT]);

/* Options and operands of one verb, without globals; argv[0] is the verb, and
 * argv[argc] NULL. The parts of *a point into argv; operands are in argv's
 * order from argv[1] on. `at` says which argument was bad. */
int sw_parse_line(const struct sw_verb *v, int argc, char **argv, struct sw_args *a, int *at,
		  struct sw_err *e);

/* Splits a line into words in place, as a shell would: quotes, backslashes, "#" begins a
 * comment. column[i] is the column of word i, from 1. Returns the number of words, or -1 with
 * *bad the column of the error. */
int sw_words(char *line, char **word, int *column, int max, int *bad, struct sw_err *e);
/* The reverse: text as one shell word, quoted if necessary; malloc'ed. */
char *sw_quote(const char *text);

#endif
