// SPDX-License-Identifier: GPL-2.0-only
/* Claims and the allowlist. */
#include <stdio.h>
#include <string.h>
#include "store/internal.h"

/* 1: found, 0: not found, -1: failed. */
static int find_origin(struct sw_store *s, const char *name, sqlite3_int64 *id, struct sw_err *e)
{
	int rc;

	if (sw_store_reuse(s, &s->origin_find, "SELECT id FROM origin WHERE name = ?", e) < 0)
		return -1;
	sqlite3_bind_text(s->origin_find, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(s->origin_find);
	if (rc == SQLITE_ROW)
		*id = sqlite3_column_int64(s->origin_find, 0);
	else if (rc != SQLITE_DONE)
		sw_store_failed(s, e);
	sqlite3_reset(s->origin_find);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

/* Outside a transaction, another process may add it meanwhile. */
static int add_origin(struct sw_store *s, const char *name, sqlite3_int64 *id, struct sw_err *e)
{
	if (sw_store_reuse(s, &s->origin_add,
			   "INSERT INTO origin(name) VALUES(?) ON CONFLICT DO NOTHING", e) < 0)
		return -1;
	sqlite3_bind_text(s->origin_add, 1, name, -1, SQLITE_STATIC);
	if (sw_store_step(s, s->origin_add, e) < 0)
		return -1;
	return find_origin(s, name, id, e);
}

int sw_store_origin_id(struct sw_store *s, const char *name, sqlite3_int64 *id, struct sw_err *e)
{
	int found;

	if (s->origin_id && !strcmp(name, s->origin)) {
		*id = s->origin_id;
		return 0;
	}
	found = find_origin(s, name, id, e);
	if (found == 0)
		found = add_origin(s, name, id, e);
	if (found < 0)
		return -1;
	snprintf(s->origin, sizeof(s->origin), "%s", name);
	s->origin_id = *id;
	return 0;
}

/* Looked up here, because a join would cost more than the walk. */
const char *sw_store_origin_name(struct sw_store *s, sqlite3_int64 id)
{
	if (s->origin_id == id)
		return s->origin;
	if (sw_store_reuse(s, &s->origin_name, "SELECT name FROM origin WHERE id = ?", NULL) < 0)
		return "";
	sqlite3_bind_int64(s->origin_name, 1, id);
	s->origin_id = 0;
	s->origin[0] = 0;
	if (sqlite3_step(s->origin_name) == SQLITE_ROW) {
		sw_copy_text(s->origin, sizeof(s->origin), s->origin_name, 0);
		s->origin_id = id;
	}
	sqlite3_reset(s->origin_name);
	return s->origin;
}

#define PUT_CLAIM \
	"INSERT OR REPLACE INTO claim(key, origin, comment, since, expires, new_only) VALUES"
#define ROW "(?, ?, ?, ?, ?, ?)"
#define ROW_COLUMNS 6
#define FOUR_ROWS ROW ", " ROW ", " ROW ", " ROW
#define SIXTEEN_ROWS FOUR_ROWS ", " FOUR_ROWS ", " FOUR_ROWS ", " FOUR_ROWS

/* Binds row `row` of a statement; key and claim must stay valid until it is stepped. */
static int bind_claim(struct sw_store *s, sqlite3_stmt *q, int row, unsigned char key[KEY_BYTES],
		      const struct sw_claim *c, struct sw_err *e)
{
	int at = row * ROW_COLUMNS;
	sqlite3_int64 origin = 0;

	if (sw_store_origin_id(s, c->origin, &origin, e) < 0)
		return -1;
	sw_key_of(&c->prefix, key);
	sqlite3_bind_blob(q, at + 1, key, KEY_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(q, at + 2, origin);
	sqlite3_bind_text(q, at + 3, c->comment, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, at + 4, c->since);
	sqlite3_bind_int64(q, at + 5, c->expires);
	sqlite3_bind_int(q, at + 6, c->new_only);
	return 0;
}

int sw_store_claim_put(struct sw_store *s, const struct sw_claim *c, struct sw_err *e)
{
	unsigned char key[KEY_BYTES];

	if (sw_store_reuse(s, &s->claim_put, PUT_CLAIM ROW, e) < 0 ||
	    bind_claim(s, s->claim_put, 0, key, c, e) < 0)
		return -1;
	return sw_store_step(s, s->claim_put, e);
}

static int put_sixteen(struct sw_store *s, const struct sw_claim *const *c, struct sw_err *e)
{
	unsigned char key[SW_CLAIMS_PUT][KEY_BYTES];

	_Static_assert(SW_CLAIMS_PUT == 16, "the statement has as many rows");
	if (sw_store_reuse(s, &s->claims_put, PUT_CLAIM SIXTEEN_ROWS, e) < 0)
		return -1;
	for (int i = 0; i < SW_CLAIMS_PUT; i++)
		if (bind_claim(s, s->claims_put, i, key[i], c[i], e) < 0)
			return -1;
	return sw_store_step(s, s->claims_put, e);
}

/* Half the cost of a row is starting and ending its statement. */
int sw_store_claims_put(struct sw_store *s, const struct sw_claim *const *c, size_t n,
			struct sw_err *e)
{
	for (; n >= SW_CLAIMS_PUT; n -= SW_CLAIMS_PUT, c += SW_CLAIMS_PUT)
		if (put_sixteen(s, c, e) < 0)
			return -1;
	for (; n; n--, c++)
		if (sw_store_claim_put(s, *c, e) < 0)
			return -1;
	return 0;
}

int sw_store_claim_del(struct sw_store *s, const struct sw_prefix *p, const char *origin, int *n,
		       struct sw_err *e)
{
	sqlite3_stmt **q = origin ? &s->claim_del : &s->claim_del_all;
	unsigned char key[KEY_BYTES];

	if (sw_store_reuse(s, q,
			   origin ? "DELETE FROM claim WHERE key = ?"
				    " AND origin = (SELECT id FROM origin WHERE name = ?)"
				  : "DELETE FROM claim WHERE key = ?",
			   e) < 0)
		return -1;
	sw_key_of(p, key);
	sqlite3_bind_blob(*q, 1, key, KEY_BYTES, SQLITE_STATIC);
	if (origin)
		sqlite3_bind_text(*q, 2, origin, -1, SQLITE_STATIC);
	if (sw_store_step(s, *q, e) < 0)
		return -1;
	if (n)
		*n = sqlite3_changes(s->db);
	return 0;
}

#define CLAIM_COLUMNS "key, origin, comment, since, expires, new_only"

static void read_claim(struct sw_store *s, sqlite3_stmt *q, struct sw_claim *c)
{
	const char *comment = (const char *)sqlite3_column_text(q, 2);

	c->prefix = sw_key_prefix(sqlite3_column_blob(q, 0));
	strcpy(c->origin, sw_store_origin_name(s, sqlite3_column_int64(q, 1)));
	c->comment[0] = 0;
	if (comment && comment[0])
		snprintf(c->comment, sizeof(c->comment), "%s", comment);
	c->since = sqlite3_column_int64(q, 3);
	c->expires = sqlite3_column_int64(q, 4);
	c->new_only = sqlite3_column_int(q, 5);
}

int sw_store_claim_get(struct sw_store *s, const struct sw_prefix *p, const char *origin,
		       struct sw_claim *c, struct sw_err *e)
{
	unsigned char key[KEY_BYTES];
	int rc;

	if (sw_store_reuse(s, &s->claim_get,
			   "SELECT " CLAIM_COLUMNS " FROM claim WHERE key = ?"
			   " AND origin = (SELECT id FROM origin WHERE name = ?)",
			   e) < 0)
		return -1;
	sw_key_of(p, key);
	sqlite3_bind_blob(s->claim_get, 1, key, KEY_BYTES, SQLITE_STATIC);
	sqlite3_bind_text(s->claim_get, 2, origin, -1, SQLITE_STATIC);
	rc = sqlite3_step(s->claim_get);
	if (rc == SQLITE_ROW)
		read_claim(s, s->claim_get, c);
	else if (rc != SQLITE_DONE)
		sw_store_failed(s, e);
	sqlite3_reset(s->claim_get);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

/* Greater than every key inside the prefix. */
static struct sw_prefix last_of(const struct sw_prefix *p)
{
	struct sw_prefix last = *p;
	int bit = p->plen + (p->v4 ? 96 : 0);

	for (; bit < 128; bit++)
		last.addr.byte[bit / 8] |= 0x80 >> bit % 8;
	last.plen = 255;
	return last;
}

static sqlite3_stmt *filtered(struct sw_store *s, const char *what, const char *order,
			      const struct sw_claim_filter *f, struct sw_err *e)
{
	struct sw_prefix high;
	char sql[768];
	sqlite3_stmt *q;

	snprintf(sql, sizeof(sql), "SELECT %s FROM claim WHERE 1%s%s%s%s%s%s", what,
		 f->prefix ? " AND key = :prefix" : "",
		 f->within ? " AND key BETWEEN :low AND :high" : "",
		 f->origin ? " AND origin IN (SELECT id FROM origin WHERE name = :origin OR "
			     "substr(name, 1, length(:origin) + 1) = :origin || '/')"
			   : "",
		 f->live_at ? " AND expires > :live" : "",
		 f->expired_at ? " AND expires <= :expired" : "", order);
	q = sw_store_prepare(s, sql, e);
	if (!q)
		return NULL;
	if (f->prefix)
		sw_bind_prefix(q, sqlite3_bind_parameter_index(q, ":prefix"), f->prefix);
	if (f->within) {
		/* A wider prefix with the same address sorts before :low. */
		high = last_of(f->within);
		sw_bind_prefix(q, sqlite3_bind_parameter_index(q, ":low"), f->within);
		sw_bind_prefix(q, sqlite3_bind_parameter_index(q, ":high"), &high);
	}
	if (f->origin)
		sqlite3_bind_text(q, sqlite3_bind_parameter_index(q, ":origin"), f->origin, -1,
				  SQLITE_TRANSIENT);
	if (f->live_at)
		sqlite3_bind_int64(q, sqlite3_bind_parameter_index(q, ":live"), f->live_at);
	if (f->expired_at)
		sqlite3_bind_int64(q, sqlite3_bind_parameter_index(q, ":expired"), f->expired_at);
	return q;
}

int sw_store_claims(struct sw_store *s, const struct sw_claim_filter *f, sw_claim_fn fn, void *arg,
		    struct sw_err *e)
{
	const char *by_name = " ORDER BY key, (SELECT name FROM origin WHERE id = claim.origin)";
	const char *order = f->by_name ? by_name : " ORDER BY key, origin";
	sqlite3_stmt *q = filtered(s, CLAIM_COLUMNS, order, f, e);
	struct sw_claim c;
	int rc, stop = 0;

	if (!q)
		return -1;
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		read_claim(s, q, &c);
		stop = fn(&c, arg);
	}
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}

int sw_store_claim_prefixes(struct sw_store *s, int (*fn)(const struct sw_prefix *p, void *arg),
			    void *arg, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "SELECT key FROM claim ORDER BY key", e);
	struct sw_prefix p;
	int rc = SQLITE_DONE, stop = 0;

	if (!q)
		return -1;
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		p = sw_key_prefix(sqlite3_column_blob(q, 0));
		stop = fn(&p, arg);
	}
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}

int64_t sw_store_claim_count(struct sw_store *s, const struct sw_claim_filter *f, struct sw_err *e)
{
	sqlite3_stmt *q = filtered(s, "count(*)", "", f, e);
	int64_t n = -1;

	if (!q)
		return -1;
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	else
		sw_store_failed(s, e);
	sqlite3_finalize(q);
	return n;
}

int sw_store_origins(struct sw_store *s, int64_t live_at, sw_origin_fn fn, void *arg,
		     struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s,
		"SELECT name, n FROM (SELECT origin, count(*) AS n FROM claim WHERE expires > ? "
		"GROUP BY origin) JOIN origin ON origin.id = origin ORDER BY name",
		e);
	int rc = SQLITE_ROW, ret = 0;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, live_at);
	while (!ret && (rc = sqlite3_step(q)) == SQLITE_ROW)
		ret = fn((const char *)sqlite3_column_text(q, 0), sqlite3_column_int64(q, 1), arg);
	if (!ret && rc != SQLITE_DONE)
		ret = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return ret;
}

int sw_store_first_expiry(struct sw_store *s, int64_t *at, struct sw_err *e)
{
	int64_t version = 0, changes = sqlite3_total_changes64(s->db);

	if (sw_store_number(s, "PRAGMA data_version", &version, e) < 0)
		return -1;
	if (s->first_expiry.known && s->first_expiry.version == version &&
	    s->first_expiry.changes == changes) {
		*at = s->first_expiry.at;
		return 0;
	}
	*at = SW_FOREVER;
	if (sw_store_number(s, "SELECT ifnull(min(expires), 9223372036854775807) FROM claim", at,
			    e) < 0)
		return -1;
	/* What a transaction has written may yet be rolled back. */
	s->first_expiry.known = sqlite3_get_autocommit(s->db);
	s->first_expiry.at = *at;
	s->first_expiry.version = version;
	s->first_expiry.changes = changes;
	return 0;
}

int sw_store_allow_put(struct sw_store *s, const struct sw_allow_entry *a, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s,
		"INSERT OR REPLACE INTO allow(key, comment, since, expires, trusted) "
		"VALUES(?, ?, ?, ?, ?)",
		e);

	if (!q)
		return -1;
	sw_bind_prefix(q, 1, &a->prefix);
	sqlite3_bind_text(q, 2, a->comment, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 3, a->since);
	sqlite3_bind_int64(q, 4, a->expires);
	sqlite3_bind_int(q, 5, a->trusted);
	return sw_store_finish(s, q, e);
}

static void read_allow(sqlite3_stmt *q, struct sw_allow_entry *a)
{
	a->prefix = sw_key_prefix(sqlite3_column_blob(q, 0));
	sw_copy_text(a->comment, sizeof(a->comment), q, 1);
	a->since = sqlite3_column_int64(q, 2);
	a->expires = sqlite3_column_int64(q, 3);
	a->trusted = sqlite3_column_int(q, 4);
}

int sw_store_allow_get(struct sw_store *s, const struct sw_prefix *p, struct sw_allow_entry *a,
		       struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s, "SELECT key, comment, since, expires, trusted FROM allow WHERE key = ?", e);
	int rc;

	if (!q)
		return -1;
	sw_bind_prefix(q, 1, p);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		read_allow(q, a);
	else if (rc != SQLITE_DONE)
		sw_store_failed(s, e);
	sqlite3_finalize(q);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

int sw_store_allow_del(struct sw_store *s, const struct sw_prefix *p, int *n, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "DELETE FROM allow WHERE key = ?", e);

	if (!q)
		return -1;
	sw_bind_prefix(q, 1, p);
	if (sw_store_finish(s, q, e) < 0)
		return -1;
	if (n)
		*n = sqlite3_changes(s->db);
	return 0;
}

int sw_store_allows(struct sw_store *s, sw_allow_fn fn, void *arg, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(
		s, "SELECT key, comment, since, expires, trusted FROM allow ORDER BY key", e);
	struct sw_allow_entry a;
	int rc, stop = 0;

	if (!q)
		return -1;
	while (!stop && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		read_allow(q, &a);
		stop = fn(&a, arg);
	}
	if (!stop && rc != SQLITE_DONE)
		stop = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return stop;
}
