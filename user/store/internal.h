/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the record. */
#ifndef SCANWALL_STORE_INTERNAL_H
#define SCANWALL_STORE_INTERNAL_H

/* Debian's library is built with it; the header declares it only if this is defined. */
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>
#include "base/duration.h"
#include "store/store.h"

/* A prefix as a key whose byte order is sw_prefix_cmp's: family, address,
 * length. */
#define KEY_BYTES 18

struct sw_store {
	sqlite3 *db;
	char *path;
	bool is_volatile; /* in memory */
	bool copied;	  /* and what the file held */
	bool is_new;	  /* made just now */
	uint64_t inode;	  /* of the file; 0: none */
	/* Kept prepared, because a list may have a million rows. */
	sqlite3_stmt *claim_put, *claims_put;
	sqlite3_stmt *claim_get, *claim_del, *claim_del_all;
	sqlite3_stmt *origin_find, *origin_add, *origin_name;
	sqlite3_stmt *event_add, *offence;
	struct sw_notes *notes; /* of what is changed; NULL: none are taken */
	/* Claims being written, or that could not be; NULL: none. */
	struct sw_new_claims *new_claims;
	/* Waits for them; see settle() in store.c. With e NULL a failure is ignored. */
	int (*settle)(struct sw_store *s, struct sw_err *e);
	bool has_list_table;
	/* The last origin looked up: adjacent claims mostly share it. */
	char origin[SW_ORIGIN_MAX];
	sqlite3_int64 origin_id; /* 0: none */
	/* When the first claim ends, as long as nothing is written: `version` counts what other
	 * connections wrote, `changes` what this one did. */
	struct {
		bool known;
		int64_t at, version, changes;
	} first_expiry;
};

/* How long a call waits for locks held by others, in ms. */
int sw_store_waits(void);
/* Sets e to SQLite's last error. Always -1. */
int sw_store_failed(struct sw_store *s, struct sw_err *e);
int sw_store_run(struct sw_store *s, const char *sql, struct sw_err *e);
int sw_store_use_wal(struct sw_store *s, struct sw_err *e);
/* Creates the tables in a new file; refuses an unknown schema. */
int sw_store_schema(struct sw_store *s, struct sw_err *e);
/* Of any version but 0. */
bool sw_store_has_tables(sqlite3 *db);
/* NULL with e filled. */
sqlite3_stmt *sw_store_prepare(struct sw_store *s, const char *sql, struct sw_err *e);
/* *n: the result of a query; unchanged if it returns no row. */
int sw_store_number(struct sw_store *s, const char *sql, int64_t *n, struct sw_err *e);
/* A cached statement, prepared at first use and ready to be bound. */
int sw_store_reuse(struct sw_store *s, sqlite3_stmt **q, const char *sql, struct sw_err *e);
/* Runs a cached statement to its end. */
int sw_store_step(struct sw_store *s, sqlite3_stmt *q, struct sw_err *e);
/* Runs a statement to its end and finalizes it. */
int sw_store_finish(struct sw_store *s, sqlite3_stmt *q, struct sw_err *e);

/* Inserts it if it is absent. */
int sw_store_origin_id(struct sw_store *s, const char *name, sqlite3_int64 *id, struct sw_err *e);
/* The same before a rollback. */
void sw_store_settle_failure(struct sw_store *s);
/* "" if there is none; valid until the next call. */
const char *sw_store_origin_name(struct sw_store *s, sqlite3_int64 id);
void sw_store_unwatch(struct sw_store *s);

void sw_key_of(const struct sw_prefix *p, unsigned char key[KEY_BYTES]);
struct sw_prefix sw_key_prefix(const unsigned char *key);
void sw_bind_prefix(sqlite3_stmt *q, int at, const struct sw_prefix *p);
void sw_copy_text(char *to, size_t size, sqlite3_stmt *q, int column);

#endif
