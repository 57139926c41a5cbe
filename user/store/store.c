// SPDX-License-Identifier: GPL-2.0-only
/* The file itself: opened, written ahead, transactions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "store/internal.h"

static int wait_ms = 5000;
#define LOG_PAGES 128

void sw_store_wait(int ms)
{
	wait_ms = ms;
}

int sw_store_failed(struct sw_store *s, struct sw_err *e)
{
	switch (sqlite3_errcode(s->db)) {
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

sqlite3_stmt *sw_store_prepare(struct sw_store *s, const char *sql, struct sw_err *e)
{
	sqlite3_stmt *q = NULL;

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

/* Whoever opens the file first reads the whole log, so a command has to find
 * it short. A reader may be in the way; the next commit tries again. */
static int shorten_log(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)arg;
	if (pages < LOG_PAGES)
		return SQLITE_OK;
	sqlite3_busy_timeout(db, 0);
	sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db, wait_ms);
	return SQLITE_OK;
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

static int open_file(struct sw_store *s, struct sw_err *e)
{
	struct stat st;
	int err;

	if (sqlite3_open_v2(s->path, &s->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		err = sqlite3_system_errno(s->db);
		return sw_fail(e, err == EACCES || err == EPERM ? SW_EXIT_PERM : SW_EXIT_FAILED,
			       "cannot open the record %s: %s", s->path,
			       err ? strerror(err) : sqlite3_errmsg(s->db));
	}
	/* It then opened what it could only read. */
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return sw_fail(e, SW_EXIT_PERM, "the record %s cannot be written", s->path);
	sqlite3_busy_timeout(s->db, wait_ms);
	/* The end of a command would otherwise wait for the disk. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_wal_hook(s->db, shorten_log, NULL);
	if (sw_store_schema(s, e) < 0)
		return -1;
	if (!stat(s->path, &st))
		s->inode = st.st_ino;
	return sw_store_run(s, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4096", e);
}

struct sw_store *sw_store_open(const char *state_dir, struct sw_err *e)
{
	struct sw_store *s;

	if (mkdir(state_dir, 0750) && errno != EEXIST) {
		sw_fail(e, errno == EACCES || errno == EPERM ? SW_EXIT_PERM : SW_EXIT_FAILED,
			"cannot make the state directory %s: %s", state_dir, strerror(errno));
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s || asprintf(&s->path, "%s/scanwall.db", state_dir) < 0) {
		free(s);
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	if (open_file(s, e) == 0)
		return s;
	sw_store_close(s);
	return NULL;
}

void sw_store_close(struct sw_store *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->claim_put);
	sqlite3_finalize(s->claims_put);
	sqlite3_finalize(s->claims_new);
	sqlite3_finalize(s->claim_get);
	sqlite3_finalize(s->claim_del);
	sqlite3_finalize(s->claim_del_all);
	sqlite3_finalize(s->origin_find);
	sqlite3_finalize(s->origin_add);
	sqlite3_finalize(s->origin_name);
	sqlite3_finalize(s->event_add);
	sqlite3_finalize(s->offence);
	sw_store_unwatch(s);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

int sw_store_begin(struct sw_store *s, struct sw_err *e)
{
	return sw_store_run(s, "BEGIN IMMEDIATE", e);
}

bool sw_store_begun(const struct sw_store *s)
{
	return !sqlite3_get_autocommit(s->db);
}

int sw_store_commit(struct sw_store *s, struct sw_err *e)
{
	return sw_store_run(s, "COMMIT", e);
}

void sw_store_rollback(struct sw_store *s)
{
	s->origin_id = 0; /* its row may be gone with the transaction */
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}
