// SPDX-License-Identifier: GPL-2.0-only
/* Shifts the times of this boot after a step of the clock. */
#include <stdio.h>

#include "base/duration.h"
#include "store/internal.h"

int sw_store_shift(struct sw_store *s, int64_t from, int64_t to, int64_t by, struct sw_err *e)
{
	static const char *const tables[] = {"claim", "allow"};
	char sql[256];
	sqlite3_stmt *q;

	if (sw_store_begin(s, e))
		return -1;
	for (int i = 0; i < 2; i++) {
		snprintf(sql, sizeof(sql),
			 "UPDATE %s SET since = since + ?3, expires = CASE WHEN expires = ?4 "
			 "THEN expires ELSE expires + ?3 END WHERE since BETWEEN ?1 AND ?2",
			 tables[i]);
		q = sw_store_prepare(s, sql, e);
		if (!q)
			goto undo;
		sqlite3_bind_int64(q, 1, from);
		sqlite3_bind_int64(q, 2, to);
		sqlite3_bind_int64(q, 3, by);
		sqlite3_bind_int64(q, 4, SW_FOREVER);
		if (sw_store_finish(s, q, e))
			goto undo;
	}
	q = sw_store_prepare(s,
			     "UPDATE change SET shift = shift + ?3 WHERE id IN (SELECT id FROM "
			     "audit WHERE time BETWEEN ?1 AND ?2)",
			     e);
	if (!q)
		goto undo;
	sqlite3_bind_int64(q, 1, from);
	sqlite3_bind_int64(q, 2, to);
	sqlite3_bind_int64(q, 3, by);
	if (sw_store_finish(s, q, e))
		goto undo;
	if (!sw_store_commit(s, e))
		return 0;
undo:
	sw_store_rollback(s);
	return -1;
}
