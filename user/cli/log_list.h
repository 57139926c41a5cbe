/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists of audit records and of changes, newest last. */
#ifndef SCANWALL_LOG_LIST_H
#define SCANWALL_LOG_LIST_H

#include "views/text_table.h"
#include "cli/verbs.h"

struct sw_log_request { /* of such a verb */
	int64_t since;	/* us; 0: from the beginning */
	long limit;	/* rows; 0: all */
};

struct sw_log_list {
	const char *name; /* of the list in JSON */
	const char *none; /* printed if it is empty */
	const struct sw_column *columns;
	int column_count;
	int (*walk)(struct sw_store *s, int64_t since, struct sw_log_list *l, struct sw_err *e);

	/* Where a row goes: one of the two. */
	struct sw_table *table;
	json_t *list;

	const struct sw_globals *g;
	long match, skip;
	bool counting;
};

/* Reads --since and --limit (NULL: not given) into c->request, a struct sw_log_request;
 * by default a terminal gets one screenful. */
int sw_log_request(struct sw_call *c, const char *since, const char *limit, struct sw_err *e);
/* Called for each row of walk(): should it be shown? */
bool sw_log_shows(struct sw_log_list *l);
/* Walks twice, since the newest N are known only after counting, and prints. */
int sw_log_print(struct sw_call *c, struct sw_log_list *l, struct sw_err *e);

#endif
