// SPDX-License-Identifier: GPL-2.0-only
/* The signatures in force, as loaded, and those disabled with `rules disable`. */
#include "store/internal.h"

static int put(struct sw_store *s, sqlite3_stmt *q, const struct sw_rule_row *r, struct sw_err *e)
{
	const char *const text[] = {r->action, r->msg,	   r->classtype, r->reference,
				    r->file,   r->warning, r->text};

	sqlite3_bind_int64(q, 1, r->sid);
	sqlite3_bind_int64(q, 2, r->rev);
	sqlite3_bind_int(q, 3, r->priority);
	sqlite3_bind_int(q, 4, r->line);
	for (int i = 0; i < 7; i++)
		sqlite3_bind_text(q, 5 + i, text[i] ? text[i] : "", -1, SQLITE_STATIC);
	if (sqlite3_step(q) != SQLITE_DONE)
		return sw_store_failed(s, e);
	sqlite3_reset(q);
	return 0;
}

int sw_store_rules_put(struct sw_store *s, const struct sw_rule_row *r, size_t n, struct sw_err *e)
{
	sqlite3_stmt *q;
	int rc = sw_store_run(s, "DELETE FROM rule", e);

	if (rc)
		return rc;
	q = sw_store_prepare(s,
			     "INSERT OR REPLACE INTO rule(sid, rev, priority, line, action, msg,"
			     " classtype, reference, file, warning, text)"
			     " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			     e);
	if (!q)
		return -1;
	for (size_t i = 0; !rc && i < n; i++)
		rc = put(s, q, &r[i], e);
	sqlite3_finalize(q);
	return rc;
}

static const char *text_at(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text ? text : "";
}

int sw_store_rules(struct sw_store *s, uint32_t sid, sw_rule_fn fn, void *arg, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s,
		"SELECT sid, rev, priority, line, action, msg, classtype, reference, file, warning,"
		" text, sid IN (SELECT sid FROM rule_off) FROM rule WHERE ?1 IN (0, sid)"
		" ORDER BY sid",
		e);
	int rc = SQLITE_DONE, stop = 0;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, sid);
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct sw_rule_row r = {
			.sid = sqlite3_column_int64(q, 0),
			.rev = sqlite3_column_int64(q, 1),
			.priority = sqlite3_column_int(q, 2),
			.line = sqlite3_column_int(q, 3),
			.action = text_at(q, 4),
			.msg = text_at(q, 5),
			.classtype = text_at(q, 6),
			.reference = text_at(q, 7),
			.file = text_at(q, 8),
			.warning = text_at(q, 9),
			.text = text_at(q, 10),
			.off = sqlite3_column_int(q, 11),
		};

		stop = fn(&r, arg);
	}
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}

int sw_store_rule_off(struct sw_store *s, uint32_t sid, bool off, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s,
					   off ? "INSERT OR REPLACE INTO rule_off(sid) VALUES(?)"
					       : "DELETE FROM rule_off WHERE sid = ?",
					   e);

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, sid);
	return sw_store_finish(s, q, e);
}

int sw_store_rules_off(struct sw_store *s, sw_sid_fn fn, void *arg, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "SELECT sid FROM rule_off ORDER BY sid", e);
	int rc = SQLITE_DONE, stop = 0;

	if (!q)
		return -1;
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW)
		stop = fn(sqlite3_column_int64(q, 0), arg);
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}

int sw_store_rule_is_off(struct sw_store *s, uint32_t sid, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "SELECT 1 FROM rule_off WHERE sid = ?", e);
	int rc;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, sid);
	rc = sqlite3_step(q);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		sw_store_failed(s, e);
	sqlite3_finalize(q);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}
