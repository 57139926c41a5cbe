// SPDX-License-Identifier: GPL-2.0-only
/* What one command changed, row by row, kept so that it can be undone. SQLite's
 * preupdate hook shows each row before it changes; its session extension would do the
 * rest, but reads each row once more, in no order: a minute for a million. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "store/changes.h"
#include "store/internal.h"
#include "store/notes.h"

/* At the limit, the oldest changes are dropped first. */
#define KEEP_BYTES "268435456"
#define PRUNE_FROM 65536 /* small changes do not fill the limit, and counting takes milliseconds */

static int insert(struct sw_store *s, int64_t id, const char *how, const struct sw_packed *data,
		  struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s,
					   "INSERT INTO change(id, undone, shift, how, size, data)"
					   " VALUES(?, 0, 0, ?, ?, ?)",
					   e);

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, id);
	sqlite3_bind_text(q, 2, how ? how : "", -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 3, data->full);
	sqlite3_bind_blob(q, 4, data->bytes, data->size, SQLITE_STATIC);
	return sw_store_finish(s, q, e);
}

static int prune(struct sw_store *s, struct sw_err *e)
{
	return sw_store_run(
		s,
		"DELETE FROM change WHERE id < (SELECT max(id) FROM change) AND id <= "
		"(SELECT max(id) FROM (SELECT id, sum(length(data)) OVER (ORDER BY id DESC) AS "
		"size FROM change) WHERE size > " KEEP_BYTES ")",
		e);
}

static int mark(struct sw_store *s, const char *sql, int64_t id, int64_t by, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, sql, e);

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, id);
	sqlite3_bind_int64(q, 2, by);
	return sw_store_finish(s, q, e);
}

/* A change is in force again if its rollback was itself undone. */
static int mark_undone(struct sw_store *s, int64_t id, int64_t by, struct sw_err *e)
{
	if (mark(s, "UPDATE change SET undone = ?2 WHERE id = ?1", id, by, e))
		return -1;
	return mark(s, "UPDATE change SET undone = 0 WHERE undone = ?1 AND id <> ?2", id, by, e);
}

int sw_store_change_keep(struct sw_store *s, int64_t id, const char *how, int64_t undoes,
			 struct sw_err *e)
{
	struct sw_packed data = {};
	int ret = sw_notes_pack(s, &data, e);

	if (!ret && (data.size || how))
		ret = insert(s, id, how, &data, e);
	free(data.bytes);
	if (!ret && undoes)
		ret = mark_undone(s, undoes, id, e);
	if (!ret && data.size > PRUNE_FROM)
		ret = prune(s, e);
	return ret || !data.size ? ret : 1;
}

/* ---- read back */

struct reader {
	struct sw_store *s;
	struct sw_note note;
	int64_t shift;
	struct sw_err *e;
};

/* The row before or after the change; NULL: there was none. */
static const struct sw_value *column(const struct reader *r, bool before, int at)
{
	if (before ? !r->note.was : !r->note.became)
		return NULL;
	return before ? &r->note.before[at] : &r->note.after[at];
}

static void take_text(const struct reader *r, bool before, int at, char *to, size_t size)
{
	const struct sw_value *v = column(r, before, at);

	if (v)
		snprintf(to, size, "%.*s", v->size, v->bytes);
}

/* Times recorded before the clock was stepped. */
static void take_time(const struct reader *r, bool before, int at, int64_t *to)
{
	const struct sw_value *v = column(r, before, at);

	if (!v)
		return;
	*to = v->number;
	if (*to != SW_FOREVER)
		*to += r->shift;
}

static int take_prefix(const struct reader *r, struct sw_prefix *p)
{
	const struct sw_value *v = &r->note.key[0];

	if (v->size != KEY_BYTES)
		return -1;
	*p = sw_key_prefix((const unsigned char *)v->bytes);
	return 0;
}

static void take_claim(const struct reader *r, bool before, struct sw_claim *c)
{
	const struct sw_value *soft = column(r, before, 3);

	take_text(r, before, 0, c->comment, sizeof(c->comment));
	take_time(r, before, 1, &c->since);
	take_time(r, before, 2, &c->expires);
	if (soft)
		c->new_only = soft->number;
}

static int read_claim_row(const struct reader *r, struct sw_row *row)
{
	struct sw_claim c = {0};
	int found;

	if (take_prefix(r, &c.prefix))
		return -1;
	snprintf(c.origin, sizeof(c.origin), "%s",
		 sw_store_origin_name(r->s, r->note.key[1].number));
	found = sw_store_claim_get(r->s, &c.prefix, c.origin, &row->now.claim, r->e);
	if (found < 0)
		return -1;
	row->there = found;
	row->before.claim = row->after.claim = found ? row->now.claim : c;
	take_claim(r, true, &row->before.claim);
	take_claim(r, false, &row->after.claim);
	return 0;
}

static void take_allow(const struct reader *r, bool before, struct sw_allow_entry *a)
{
	const struct sw_value *trusted = column(r, before, 3);

	take_text(r, before, 0, a->comment, sizeof(a->comment));
	take_time(r, before, 1, &a->since);
	take_time(r, before, 2, &a->expires);
	if (trusted)
		a->trusted = trusted->number;
}

static int read_allow_row(const struct reader *r, struct sw_row *row)
{
	struct sw_allow_entry a = {0};
	int found;

	if (take_prefix(r, &a.prefix))
		return -1;
	found = sw_store_allow_get(r->s, &a.prefix, &row->now.allow, r->e);
	if (found < 0)
		return -1;
	row->there = found;
	row->before.allow = row->after.allow = found ? row->now.allow : a;
	take_allow(r, true, &row->before.allow);
	take_allow(r, false, &row->after.allow);
	return 0;
}

static char *copy_column(const struct reader *r, bool before, int at)
{
	const struct sw_value *v = column(r, before, at);

	return v ? strndup(v->bytes, v->size) : NULL;
}

static int read_setting_row(const struct reader *r, struct sw_row *row)
{
	int found;

	const struct sw_value *key = &r->note.key[0];

	snprintf(row->key, sizeof(row->key), "%.*s", key->size, key->bytes);
	row->before.value = copy_column(r, true, 0);
	row->after.value = copy_column(r, false, 0);
	found = sw_store_setting_get(r->s, row->key, &row->now.value, r->e);
	row->there = found > 0;
	return found < 0 ? -1 : 0;
}

static int read_rule_row(const struct reader *r, struct sw_row *row)
{
	int found;

	row->sid = r->note.key[0].number;
	found = sw_store_rule_is_off(r->s, row->sid, r->e);
	row->there = found > 0;
	return found < 0 ? -1 : 0;
}

static int read_row(const struct reader *r, struct sw_row *row)
{
	memset(row, 0, sizeof(*row));
	row->kind = r->note.kind;
	row->was = r->note.was;
	row->became = r->note.became;
	switch (row->kind) {
	case SW_ROW_CLAIM:
		return read_claim_row(r, row);
	case SW_ROW_ALLOW:
		return read_allow_row(r, row);
	case SW_ROW_SETTING:
		return read_setting_row(r, row);
	case SW_ROW_RULE_OFF:
		return read_rule_row(r, row);
	}
	return -1;
}

static void row_free(struct sw_row *row)
{
	if (row->kind != SW_ROW_SETTING)
		return;
	free(row->before.value);
	free(row->after.value);
	free(row->now.value);
}

static int walk(struct reader *r, const struct sw_packed *data, sw_row_fn fn, void *arg)
{
	size_t at = 0;
	struct sw_row row;
	int ret = 0;

	r->e->text[0] = '\0';
	while (!ret && at < data->full) {
		ret = sw_note_read(data->bytes, data->full, &at, &r->note);
		if (ret)
			break;
		ret = read_row(r, &row) ? -1 : fn(&row, arg);
		row_free(&row);
	}
	if (ret < 0 && !r->e->text[0])
		ret = sw_fail(r->e, SW_EXIT_FAILED, "%s: what was changed cannot be read",
			      r->s->path);
	return ret;
}

static int unpack(sqlite3_stmt *q, struct sw_packed *data, struct sw_err *e)
{
	uLongf full = sqlite3_column_int64(q, 1);

	data->bytes = malloc(full + 1);
	if (!data->bytes)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (uncompress(data->bytes, &full, sqlite3_column_blob(q, 0), sqlite3_column_bytes(q, 0)) !=
	    Z_OK)
		return sw_fail(e, SW_EXIT_FAILED, "what was changed is damaged in the record");
	data->full = full;
	return 0;
}

int sw_store_change_rows(struct sw_store *s, int64_t id, sw_row_fn fn, void *arg, struct sw_err *e)
{
	sqlite3_stmt *q =
		sw_store_prepare(s, "SELECT data, size, shift FROM change WHERE id = ?", e);
	struct reader r = {.s = s, .e = e};
	struct sw_packed data = {};
	int ret = 0;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, id);
	if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_bytes(q, 0)) {
		r.shift = sqlite3_column_int64(q, 2);
		ret = unpack(q, &data, e);
	}
	sqlite3_finalize(q);
	if (!ret)
		ret = walk(&r, &data, fn, arg);
	free(data.bytes);
	return ret;
}

/* ---- listed */

int sw_store_changes(struct sw_store *s, int64_t since, int64_t id, sw_change_fn fn, void *arg,
		     struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s,
		"SELECT id, time, uid, login_uid, ssh_client, argv, what, undone, how, "
		"size FROM change JOIN audit USING(id) WHERE time >= ?1 AND ?2 IN (0, id) "
		"ORDER BY id",
		e);
	int rc = SQLITE_DONE, stop = 0;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, since);
	sqlite3_bind_int64(q, 2, id);
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct sw_change_row c = {
			.audit = {.id = sqlite3_column_int64(q, 0),
				  .time = sqlite3_column_int64(q, 1),
				  .uid = sqlite3_column_int64(q, 2),
				  .login_uid = sqlite3_column_int64(q, 3),
				  .argv = (char *)sqlite3_column_text(q, 5),
				  .what = (char *)sqlite3_column_text(q, 6)},
			.undone = sqlite3_column_int64(q, 7),
			.how = (const char *)sqlite3_column_text(q, 8),
			.has_rows = sqlite3_column_int64(q, 9) > 0,
		};

		sw_copy_text(c.audit.ssh_client, sizeof(c.audit.ssh_client), q, 4);
		stop = fn(&c, arg);
	}
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}
