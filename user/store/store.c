// SPDX-License-Identifier: GPL-2.0-only
/* The file itself: opened, its tables made, transactions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "internal.h"

#define SCHEMA_VERSION 1

/* key: see sw_key_of. The views spell it out for whoever looks with sqlite3. */
static const char schema[] =
	"CREATE TABLE origin(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE claim(key BLOB NOT NULL, origin INTEGER NOT NULL,"
	" comment TEXT NOT NULL, since INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" new_only INTEGER NOT NULL, PRIMARY KEY(key, origin)) WITHOUT ROWID;"
	"CREATE TABLE allow(key BLOB PRIMARY KEY, comment TEXT NOT NULL,"
	" since INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" type TEXT NOT NULL, source BLOB NOT NULL, json TEXT NOT NULL);"
	"CREATE INDEX event_source ON event(source, id);"
	"CREATE INDEX event_time ON event(time);"
	"CREATE TABLE audit(id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" uid INTEGER, login_uid INTEGER, pid INTEGER, ssh_client TEXT,"
	" argv TEXT, what TEXT, exit INTEGER);"
	"CREATE TABLE offence(key BLOB PRIMARY KEY, count INTEGER NOT NULL,"
	" last INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE VIEW claims AS SELECT prefix_text(key) AS prefix, name AS origin, comment,"
	" since, expires, new_only FROM claim JOIN origin ON origin.id = claim.origin;"
	"PRAGMA user_version = 1;";

int sw_store_failed(struct sw_store *s, struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

sqlite3_stmt *sw_store_prepare(struct sw_store *s, const char *sql, struct sw_err *e)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		sw_store_failed(s, e);
	return q;
}

int sw_store_finish(struct sw_store *s, sqlite3_stmt *q, struct sw_err *e)
{
	int rc = sqlite3_step(q);

	if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
		sw_store_failed(s, e);
		sqlite3_finalize(q);
		return -1;
	}
	sqlite3_finalize(q);
	return 0;
}

void sw_key_of(const struct sw_prefix *p, unsigned char key[KEY_BYTES])
{
	key[0] = p->v4 ? 4 : 6;
	memcpy(key + 1, p->addr.byte, 16);
	key[17] = p->plen;
}

struct sw_prefix sw_key_prefix(const unsigned char *key)
{
	struct sw_prefix p = { .v4 = key[0] == 4, .plen = key[17] };

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

static int run(struct sw_store *s, const char *sql, struct sw_err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sw_store_failed(s, e);
}

static int version(struct sw_store *s, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "PRAGMA user_version", e);
	int v = -1;

	if (!q)
		return -1;
	if (sqlite3_step(q) == SQLITE_ROW)
		v = sqlite3_column_int(q, 0);
	else
		sw_store_failed(s, e);
	sqlite3_finalize(q);
	return v;
}

/* Two processes may come first at the same time: look again inside. */
static int make_tables(struct sw_store *s, struct sw_err *e)
{
	int v;

	if (run(s, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE", e) < 0)
		return -1;
	v = version(s, e);
	if (v == 0 && run(s, schema, e) < 0)
		v = -1;
	if (v < 0) {
		sw_store_rollback(s);
		return -1;
	}
	return sw_store_commit(s, e);
}

static void prefix_text(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	const unsigned char *key = sqlite3_value_blob(v[0]);
	char buf[SW_PREFIX_TEXT];
	struct sw_prefix p;

	if (n != 1 || !key || sqlite3_value_bytes(v[0]) != KEY_BYTES)
		return;
	p = sw_key_prefix(key);
	sqlite3_result_text(ctx, sw_prefix_text(&p, buf), -1, SQLITE_TRANSIENT);
}

static int prepare_tables(struct sw_store *s, struct sw_err *e)
{
	int v = version(s, e);

	if (v == 0) {
		if (make_tables(s, e) < 0)
			return -1;
		v = version(s, e);
	}
	if (v < 0)
		return -1;
	if (v > SCHEMA_VERSION)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s was written by a newer scanwall (schema %d, this one knows %d)",
			       s->path, v, SCHEMA_VERSION);
	return run(s, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1024", e);
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
	if (!s) {
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	snprintf(s->path, sizeof(s->path), "%s/scanwall.db", state_dir);
	if (sqlite3_open_v2(s->path, &s->db, 
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		sw_fail(e, SW_EXIT_PERM, "cannot open the record %s: %s", s->path,
			sqlite3_errmsg(s->db));
		goto fail;
	}
	sqlite3_busy_timeout(s->db, 5000);
	/* Ending a command would otherwise copy the log back and wait for the
	 * disk three times; every thousandth page does that anyway. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_create_function(s->db, "prefix_text", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
				prefix_text, NULL, NULL);
	if (prepare_tables(s, e) < 0)
		goto fail;
	return s;
fail:
	sw_store_close(s);
	return NULL;
}

void sw_store_close(struct sw_store *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->claim_put);
	sqlite3_finalize(s->claim_get);
	sqlite3_finalize(s->claim_del);
	sqlite3_finalize(s->claim_del_all);
	sqlite3_finalize(s->origin_find);
	sqlite3_finalize(s->origin_add);
	sqlite3_finalize(s->origin_name);
	sqlite3_close(s->db);
	free(s);
}

int sw_store_begin(struct sw_store *s, struct sw_err *e)
{
	return run(s, "BEGIN IMMEDIATE", e);
}

int sw_store_commit(struct sw_store *s, struct sw_err *e)
{
	return run(s, "COMMIT", e);
}

void sw_store_rollback(struct sw_store *s)
{
	s->origin_id = 0; /* its row may be gone with the transaction */
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}
