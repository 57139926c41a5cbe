/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the verbs that change blocks and allow entries. */
#ifndef SCANWALL_POLICY_H
#define SCANWALL_POLICY_H

#include <stdio.h>
#include "cli/verbs.h"

/* Errors in an input: the first are listed, the rest counted. */
#define SW_FAULTS_LISTED 20

struct sw_faults {
	long count;
	char *text[SW_FAULTS_LISTED];
};

void sw_fault(struct sw_faults *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Returns 0 if there are none. A single error becomes e; of several, the first are listed on
 * stderr and e gives the count. Always frees. */
int sw_faults_end(struct sw_faults *f, const char *verb, enum sw_exit code, struct sw_err *e);

/* Addresses from operands, files and lists. */
struct sw_item {
	struct sw_prefix prefix;
	uint32_t number; /* in the order of the input */
	int64_t ttl;	 /* 0: the line says nothing */
	char *comment;	 /* malloc'ed, or NULL */
};

struct sw_items {
	struct sw_item *item;
	size_t count, room;
};

int sw_items_add(struct sw_items *l, const struct sw_prefix *p, int64_t ttl, const char *comment,
		 struct sw_err *e);
void sw_items_free(struct sw_items *l);
/* By prefix, stable: the order in which the record is fastest to write. */
void sw_items_sort(struct sw_items *l);
/* Reads operands and lines "ADDR[/LEN] [SPAN] [# comment]" of --file (may be NULL). Reports
 * every error; an empty list is one. */
int sw_items_read(struct sw_items *l, const struct sw_args *a, const char *file, const char *verb,
		  struct sw_err *e);
/* Allocates arrays of the prefixes and of their results; the caller frees both, also after a
 * failure. */
int sw_items_changes(const struct sw_items *l, struct sw_prefix **prefix, enum sw_change **change,
		     struct sw_err *e);

/* "-" is standard input. A directory is refused. */
/* The whole file, NUL-terminated and malloc'ed. "-" is standard input. */
char *sw_input_read(const char *file, size_t *size, struct sw_err *e);
FILE *sw_input_open(const char *file, struct sw_err *e);
void sw_input_close(FILE *f);
const char *sw_input_name(const char *file);
/* getline without the newline: 1, 0 at the end, or -1. A line that contains a NUL is an error
 * and returned empty. */
int sw_input_line(FILE *in, const char *name, long number, char **line, size_t *room,
		  struct sw_faults *f, struct sw_err *e);

int sw_origin_check(const char *origin, const char *what, struct sw_err *e);
int sw_comment_check(const char *comment, const char *what, struct sw_err *e);
/* The value of an option that takes a time in us (`fallback` if it was not given), or a
 * prefix. An error begins with the option, such as "--ttl". */
int sw_span_option(const char *text, const char *option, int64_t fallback, int64_t *span,
		   struct sw_err *e);
int sw_prefix_option(const char *text, const char *option, struct sw_prefix *p, struct sw_err *e);
/* now + ttl; SW_FOREVER stays. */
int64_t sw_expiry(int64_t now, int64_t ttl);

/* A line of `save` and `restore`. */
enum sw_dump_kind { SW_LINE_NONE, SW_LINE_BLOCK, SW_LINE_ALLOW };

struct sw_dump_line {
	enum sw_dump_kind kind;
	struct sw_claim claim;
	struct sw_allow_entry allow;
};

/* Parses one by the rows of block and allow, modifying it; *column is where an error is. */
int sw_dump_parse(const struct sw_verb *verbs, char *line, int64_t now, struct sw_dump_line *out,
		  int *column, struct sw_err *e);
void sw_dump_block(FILE *out, const struct sw_claim *c, int64_t now);
void sw_dump_allow(FILE *out, const struct sw_allow_entry *a, int64_t now);

/* Why blocks are not enforced now, as ", not enforced: mode is detect", or "". */
const char *sw_not_enforced(const struct sw_ctx *ctx);
/* "until 14:32:10 (58m12s)", "permanently". */
#define SW_EXPIRY_TEXT 96
const char *sw_expiry_text(const struct sw_globals *g, int64_t expires, char buf[SW_EXPIRY_TEXT]);
/* 3 with --strict if something was already present (or absent), else 0. */
int sw_change_exit(const struct sw_globals *g, const enum sw_change *change, size_t n);
/* More entries than this are summarized in one line of counts. */
#define SW_LISTED_MAX 20
void sw_count_changes(const enum sw_change *change, size_t n, long count[SW_WAS_ABSENT + 1]);
void sw_print_counts(const enum sw_change *change, size_t n, const char *const *words,
		     const char *tail);
/* True if there are few enough to list each; otherwise prints their counts. */
bool sw_print_few(const struct sw_globals *g, const enum sw_change *change, size_t n,
		  const char *const *words);
void sw_audit_counts(const char *verb, const struct sw_prefix *first, size_t n);
/* The JSON of one changed entry. */
json_t *sw_change_json(const struct sw_prefix *p, enum sw_change c);
/* {"prefixes":[...],"enforced":..,"dry_run":..}, printed. */
int sw_print_json(const struct sw_globals *g, const struct sw_ctx *ctx, json_t *prefixes,
		  struct sw_err *e);

void sw_faults_free(struct sw_faults *f);

/* Checks each claim with the guards, unless --force: SW_EXIT_GUARD. */
int sw_claims_guard(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_claim *c,
		    size_t n, const char *verb, struct sw_err *e);
/* --confirm: starts the trial; 0 also without the option. */
int sw_trial_option(struct sw_ctx *ctx, const struct sw_globals *g, const char *option,
		    struct sw_err *e);
void sw_trial_print(const struct sw_globals *g, const char *option);

/* Prints on a terminal what takes longer than a second, until sw_progress_end(). */
void sw_progress_begin(const struct sw_globals *g, const char *what, size_t n);
void sw_progress_end(void);

#endif
