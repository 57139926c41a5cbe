/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes: what one command did to claims, allows, settings and switched-off rules, under
 * the number of its audit record, so that it can be undone. They live as long as the audit
 * record; of more than 256 MiB the oldest go.
 */
#ifndef SCANWALL_CHANGES_H
#define SCANWALL_CHANGES_H

#include "store/store.h"

/* Records all changes made through this store until it is closed. */
int sw_store_watch(struct sw_store *s, struct sw_err *e);
/* Keeps what was noted so far as change `id`. how: what else takes back what the record does
 * not hold, or NULL. undoes: the change that this one took back, or 0. 1: rows were kept;
 * 0: the record is as it was; -1. In a transaction of the caller's. */
int sw_store_change_keep(struct sw_store *s, int64_t id, const char *how, int64_t undoes,
			 struct sw_err *e);

enum sw_row_kind { SW_ROW_CLAIM, SW_ROW_ALLOW, SW_ROW_SETTING, SW_ROW_RULE_OFF };

union sw_row_state {
	struct sw_claim claim;
	struct sw_allow_entry allow;
	char *value; /* value of a setting; NULL: not set */
};

/* One row before and after the change, and now. Columns that the change did not touch have
 * their current values. */
struct sw_row {
	enum sw_row_kind kind;
	bool was, became, there;
	union sw_row_state before, after, now;
	char key[64];
	uint32_t sid;
};

/* In no particular order; fn must not modify the record. Returns 0, fn's result, or -1. */
typedef int (*sw_row_fn)(const struct sw_row *row, void *arg);
int sw_store_change_rows(struct sw_store *s, int64_t id, sw_row_fn fn, void *arg, struct sw_err *e);

struct sw_change_row {
	struct sw_audit audit;
	int64_t undone;	 /* the change that undid it; 0: it is in force */
	const char *how; /* how to undo what the record does not hold; "": nothing */
	bool has_rows;
};

/* Oldest first; id 0: all. Returns 0, fn's result, or -1. */
typedef int (*sw_change_fn)(const struct sw_change_row *c, void *arg);
int sw_store_changes(struct sw_store *s, int64_t since, int64_t id, sw_change_fn fn, void *arg,
		     struct sw_err *e);

#endif
