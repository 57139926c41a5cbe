// SPDX-License-Identifier: GPL-2.0-only
/* Tables of `config set` values, events, the audit trail, and offences. */
#include <stdio.h>
#include <string.h>
#include "store/internal.h"

int sw_store_setting_put(struct sw_store *s, const char *key, const char *value, struct sw_err *e)
{
	sqlite3_stmt *q =
		sw_store_prepare(s,
				 value ? "INSERT OR REPLACE INTO setting(key, value) VALUES(?, ?)"
				       : "DELETE FROM setting WHERE key = ?",
				 e);

	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	if (value)
		sqlite3_bind_text(q, 2, value, -1, SQLITE_STATIC);
	return sw_store_finish(s, q, e);
}

int sw_store_setting_get(struct sw_store *s, const char *key, char **value, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "SELECT value FROM setting WHERE key = ?", e);
	int rc, ret = 0;

	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		*value = strdup((const char *)sqlite3_column_text(q, 0));
		ret = *value ? 1 : sw_fail(e, SW_EXIT_FAILED, "out of memory");
	} else if (rc != SQLITE_DONE) {
		ret = sw_store_failed(s, e);
	}
	sqlite3_finalize(q);
	return ret;
}

int sw_store_settings(struct sw_store *s, sw_setting_fn fn, void *arg, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "SELECT key, value FROM setting ORDER BY key", e);
	int rc, stop = 0;

	if (!q)
		return -1;
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW)
		stop = fn((const char *)sqlite3_column_text(q, 0),
			  (const char *)sqlite3_column_text(q, 1), arg);
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}

int sw_store_event_add(struct sw_store *s, const struct sw_record *r, struct sw_err *e)
{
	sqlite3_stmt *q;

	if (sw_store_reuse(s, &s->event_add,
			   "INSERT INTO event(time, type, source, json) VALUES(?, ?, ?, ?)", e))
		return -1;
	q = s->event_add;
	sqlite3_bind_int64(q, 1, r->time);
	sqlite3_bind_text(q, 2, r->type, -1, SQLITE_STATIC);
	sw_bind_prefix(q, 3, &r->source);
	sqlite3_bind_text(q, 4, r->json, -1, SQLITE_STATIC);
	return sw_store_step(s, q, e);
}

/* The newest `limit` rows, oldest first. */
int sw_store_events(struct sw_store *s, int64_t since, const struct sw_prefix *source, int limit,
		    sw_record_fn fn, void *arg, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s,
		source ? "SELECT * FROM (SELECT id, time, type, source, json FROM event"
			 " WHERE source = ?3 AND time >= ?1 ORDER BY id DESC LIMIT ?2)"
			 " ORDER BY id"
		       : "SELECT * FROM (SELECT id, time, type, source, json FROM event"
			 " WHERE time >= ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id",
		e);
	struct sw_record r;
	int rc, stop = 0;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, since);
	sqlite3_bind_int(q, 2, limit > 0 ? limit : -1);
	if (source)
		sw_bind_prefix(q, 3, source);
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		r.id = sqlite3_column_int64(q, 0);
		r.time = sqlite3_column_int64(q, 1);
		sw_copy_text(r.type, sizeof(r.type), q, 2);
		r.source = sw_key_prefix(sqlite3_column_blob(q, 3));
		r.json = (char *)sqlite3_column_text(q, 4);
		stop = fn(&r, arg);
	}
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}

int sw_store_audit_add(struct sw_store *s, struct sw_audit *a, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s,
		"INSERT INTO audit(time, uid, login_uid, pid, ssh_client, argv, what, exit)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		e);

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, a->time);
	sqlite3_bind_int64(q, 2, a->uid);
	sqlite3_bind_int64(q, 3, a->login_uid);
	sqlite3_bind_int(q, 4, a->pid);
	sqlite3_bind_text(q, 5, a->ssh_client, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 6, a->argv ? a->argv : "", -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 7, a->what ? a->what : "", -1, SQLITE_STATIC);
	sqlite3_bind_int(q, 8, a->exit);
	if (sw_store_finish(s, q, e))
		return -1;
	a->id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int sw_store_audits(struct sw_store *s, int64_t since, int limit, sw_audit_fn fn, void *arg,
		    struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s,
		"SELECT * FROM (SELECT id, time, uid, login_uid, pid, ssh_client, argv, what,"
		" exit FROM audit WHERE time >= ? ORDER BY id DESC LIMIT ?) ORDER BY id",
		e);
	struct sw_audit a;
	int rc, stop = 0;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, since);
	sqlite3_bind_int(q, 2, limit > 0 ? limit : -1);
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		a.id = sqlite3_column_int64(q, 0);
		a.time = sqlite3_column_int64(q, 1);
		a.uid = sqlite3_column_int64(q, 2);
		a.login_uid = sqlite3_column_int64(q, 3);
		a.pid = sqlite3_column_int(q, 4);
		sw_copy_text(a.ssh_client, sizeof(a.ssh_client), q, 5);
		a.argv = (char *)sqlite3_column_text(q, 6);
		a.what = (char *)sqlite3_column_text(q, 7);
		a.exit = sqlite3_column_int(q, 8);
		stop = fn(&a, arg);
	}
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}

int sw_store_offence(struct sw_store *s, const struct sw_prefix *p, int64_t now, int64_t forget_us,
		     struct sw_err *e)
{
	sqlite3_stmt *q;
	int n = -1;

	if (sw_store_reuse(
		    s, &s->offence,
		    "INSERT INTO offence(key, count, last) VALUES(?1, 1, ?2) ON CONFLICT(key) DO"
		    " UPDATE SET count = CASE WHEN last < ?3 THEN 1 ELSE count + 1 END, last = ?2"
		    " RETURNING count",
		    e))
		return -1;
	q = s->offence;
	sw_bind_prefix(q, 1, p);
	sqlite3_bind_int64(q, 2, now);
	sqlite3_bind_int64(q, 3, forget_us == SW_FOREVER ? 0 : now - forget_us);
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int(q, 0);
	/* The row is inserted first, then updated. */
	if (n < 0 || sqlite3_step(q) != SQLITE_DONE)
		n = sw_store_failed(s, e);
	sqlite3_reset(q);
	return n;
}

int sw_store_offences(struct sw_store *s, const struct sw_prefix *p, int64_t now, int64_t forget_us,
		      int64_t *last, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s, "SELECT count, last FROM offence WHERE key = ? AND last >= ?", e);
	int rc, n = 0;

	if (!q)
		return -1;
	sw_bind_prefix(q, 1, p);
	sqlite3_bind_int64(q, 2, forget_us == SW_FOREVER ? 0 : now - forget_us);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW) {
		n = sqlite3_column_int(q, 0);
		*last = sqlite3_column_int64(q, 1);
	} else if (rc != SQLITE_DONE) {
		n = sw_store_failed(s, e);
	}
	sqlite3_finalize(q);
	return n;
}

static int delete_before(struct sw_store *s, const char *sql, int64_t time, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, sql, e);

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, time);
	return sw_store_finish(s, q, e);
}

/* Bytes of the record in use, an upper bound for events. */
static int used_bytes(struct sw_store *s, int64_t *bytes, struct sw_err *e)
{
	return sw_store_number(s,
			       "SELECT (page_count - freelist_count) * page_size"
			       " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
			       bytes, e);
}

/* Deletes the oldest rows beyond `most` bytes, plus an eighth so that the next run is not due at
 * once; the newest stays. */
static int cut_oldest(struct sw_store *s, const char *sizes, const char *cut, int64_t most,
		      int64_t *gone, struct sw_err *e)
{
	int64_t bytes = 0, last = 0;
	sqlite3_stmt *q = sw_store_prepare(s, sizes, e);
	int rc;

	if (!q)
		return -1;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW && bytes <= most) {
		bytes += sqlite3_column_int64(q, 1);
		if (bytes <= most / 8 * 7 || !last)
			last = sqlite3_column_int64(q, 0);
	}
	sqlite3_finalize(q);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sw_store_failed(s, e);
	if (bytes <= most)
		return 0;
	if (delete_before(s, cut, last, e) < 0)
		return -1;
	*gone += sqlite3_changes64(s->db);
	return 0;
}

#define ROW "128" /* bytes of a row and its index entries, without its text */

int sw_store_bound(struct sw_store *s, int64_t most, int64_t *gone, struct sw_err *e)
{
	int64_t used = 0;

	*gone = 0;
	if (used_bytes(s, &used, e) < 0)
		return -1;
	if (used <= most)
		return 0;
	if (cut_oldest(s, "SELECT id, length(json) + " ROW " FROM event ORDER BY id DESC",
		       "DELETE FROM event WHERE id < ?", most, gone, e) < 0)
		return -1;
	return cut_oldest(
		s, "SELECT id, length(argv) + length(what) + " ROW " FROM audit ORDER BY id DESC",
		"DELETE FROM audit WHERE id < ?", most, gone, e);
}

int sw_store_prune(struct sw_store *s, int64_t older_than, struct sw_err *e)
{
	int64_t now = sw_now(), first;

	if (sw_store_first_expiry(s, &first, e) < 0 ||
	    (first <= now && delete_before(s, "DELETE FROM claim WHERE expires <= ?", now, e) < 0))
		return -1;
	if (delete_before(s, "DELETE FROM event WHERE time < ?", older_than, e) < 0 ||
	    delete_before(s, "DELETE FROM audit WHERE time < ?", older_than, e) < 0 ||
	    sw_store_run(
		    s, "DELETE FROM change WHERE id < ifnull((SELECT min(id) FROM audit), id + 1)",
		    e) < 0 ||
	    delete_before(s, "DELETE FROM offence WHERE last < ?", older_than, e) < 0)
		return -1;
	return delete_before(s, "DELETE FROM allow WHERE expires <= ?", now, e);
}
