// SPDX-License-Identifier: GPL-2.0-only
/* Statements and transactions, and their error messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "store/internal.h"

static int wait_ms = 5000;

void sw_store_wait(int ms)
{
	wait_ms = ms;
}

int sw_store_waits(void)
{
	return wait_ms;
}

static bool unreadable;

bool sw_store_was_unreadable(void)
{
	return unreadable;
}

int sw_store_failed(struct sw_store *s, struct sw_err *e)
{
	int code = sqlite3_errcode(s->db);

	unreadable |= code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_IOERR;
	switch (code) {
	case SQLITE_BUSY:
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s: another process kept it locked for %d s; try again", s->path,
			       wait_ms / 1000);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s is damaged or not a scanwall record (%s); stop the daemon and "
			       "move it away with its -wal and -shm; a new one is created",
			       s->path, sqlite3_errmsg(s->db));
	case SQLITE_READONLY:
		return sw_fail(e, SW_EXIT_PERM, "the record %s cannot be written", s->path);
	default:
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", s->path, sqlite3_errmsg(s->db));
	}
}

/* Waits until new claims are written. -1: they could not be, and every call fails until the
 * rollback. */
static int settle(struct sw_store *s, struct sw_err *e)
{
	return s->settle ? s->settle(s, e) : 0;
}

void sw_store_settle_failure(struct sw_store *s)
{
	settle(s, NULL);
}

sqlite3_stmt *sw_store_prepare(struct sw_store *s, const char *sql, struct sw_err *e)
{
	sqlite3_stmt *q = NULL;

	if (settle(s, e) < 0)
		return NULL;
	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		sw_store_failed(s, e);
	return q;
}

int sw_store_number(struct sw_store *s, const char *sql, int64_t *n, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, sql, e);
	int ret = 0, rc;

	if (!q)
		return -1;
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*n = sqlite3_column_int64(q, 0);
	else if (rc != SQLITE_DONE)
		ret = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return ret;
}

int sw_store_reuse(struct sw_store *s, sqlite3_stmt **q, const char *sql, struct sw_err *e)
{
	if (settle(s, e) < 0)
		return -1;
	if (!*q)
		*q = sw_store_prepare(s, sql, e);
	else
		sqlite3_reset(*q);
	return *q ? 0 : -1;
}

int sw_store_step(struct sw_store *s, sqlite3_stmt *q, struct sw_err *e)
{
	int rc = sqlite3_step(q);
	int ret = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : sw_store_failed(s, e);

	sqlite3_reset(q);
	return ret;
}

int sw_store_finish(struct sw_store *s, sqlite3_stmt *q, struct sw_err *e)
{
	int rc = sqlite3_step(q);
	int ret = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : sw_store_failed(s, e);

	sqlite3_finalize(q);
	return ret;
}

int sw_store_run(struct sw_store *s, const char *sql, struct sw_err *e)
{
	if (settle(s, e) < 0)
		return -1;
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sw_store_failed(s, e);
}

void sw_key_of(const struct sw_prefix *p, unsigned char key[KEY_BYTES])
{
	key[0] = p->v4 ? 4 : 6;
	memcpy(key + 1, p->addr.byte, 16);
	key[17] = p->plen;
}

struct sw_prefix sw_key_prefix(const unsigned char *key)
{
	struct sw_prefix p = {.v4 = key[0] == 4, .plen = key[17]};

	memcpy(p.addr.byte, key + 1, 16);
	return p;
}

void sw_bind_prefix(sqlite3_stmt *q, int at, const struct sw_prefix *p)
{
	unsigned char key[KEY_BYTES];

	sw_key_of(p, key);
	sqlite3_bind_blob(q, at, key, KEY_BYTES, SQLITE_TRANSIENT);
}

void sw_copy_text(char *to, size_t size, sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	snprintf(to, size, "%s", text ? text : "");
}

/* SQLite waits for some of the locks that this takes and not for others (it
 * would risk a deadlock), so the waiting is done here, against one deadline. */
int sw_store_use_wal(struct sw_store *s, struct sw_err *e)
{
	int64_t end = sw_monotonic() + wait_ms * INT64_C(1000000);
	int rc;

	sqlite3_busy_timeout(s->db, 0);
	while ((rc = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL)) ==
		       SQLITE_BUSY &&
	       sw_monotonic() < end)
		sqlite3_sleep(5);
	sqlite3_busy_timeout(s->db, wait_ms);
	return rc == SQLITE_OK ? 0 : sw_store_failed(s, e);
}

int sw_store_begin(struct sw_store *s, struct sw_err *e)
{
	return sw_store_run(s, "BEGIN IMMEDIATE", e);
}

bool sw_store_begun(const struct sw_store *s)
{
	return s->new_claims || !sqlite3_get_autocommit(s->db);
}

int sw_store_commit(struct sw_store *s, struct sw_err *e)
{
	return sw_store_run(s, "COMMIT", e);
}

void sw_store_rollback(struct sw_store *s)
{
	sw_store_settle_failure(s);
	s->origin_id = 0; /* its row may have been rolled back with the transaction */
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}
