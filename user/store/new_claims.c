// SPDX-License-Identifier: GPL-2.0-only
/*
 * The new claims of a list. SQLite takes them from a virtual table that is the list: bound
 * row by row, a fifth of their price is binding and beginning and ending statements. Where
 * there are many, a thread does it, while the caller notes them and writes the maps. Whatever
 * asks the record for something waits for it first (settle() of store.c).
 */
#include <pthread.h>
#include <stdlib.h>
#include "store/internal.h"
#include "store/notes.h"

#define WORTH_A_THREAD 4096

struct new_claim {
	const struct sw_claim *claim;
	sqlite3_int64 origin;
};

struct sw_new_claims {
	struct sw_store *s;
	struct new_claim *item;
	size_t count;
	pthread_t thread;
	bool running, failed;
	struct sw_err why;
};

/* ---- the list as a table */

struct list_table {
	sqlite3_vtab base;
	struct sw_store *s;
};

struct list_cursor {
	sqlite3_vtab_cursor base;
	const struct sw_new_claims *list;
	size_t at;
	unsigned char key[KEY_BYTES]; /* written to the record before the next one is read */
};

static int table_connect(sqlite3 *db, void *arg, int argc, const char *const *argv,
			 sqlite3_vtab **out, char **why)
{
	struct list_table *t = sqlite3_malloc(sizeof(*t));

	(void)argc;
	(void)argv;
	(void)why;
	if (!t)
		return SQLITE_NOMEM;
	*t = (struct list_table){.s = arg};
	*out = &t->base;
	return sqlite3_declare_vtab(
		db, "CREATE TABLE t(key, origin, comment, since, expires, new_only)");
}

static int table_disconnect(sqlite3_vtab *t)
{
	sqlite3_free(t);
	return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *t, sqlite3_index_info *info)
{
	(void)t;
	(void)info;
	return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
	struct list_cursor *c = sqlite3_malloc(sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	*c = (struct list_cursor){.list = ((struct list_table *)t)->s->new_claims};
	*out = &c->base;
	return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *c)
{
	sqlite3_free(c);
	return SQLITE_OK;
}

static int cursor_first(sqlite3_vtab_cursor *base, int index, const char *name, int argc,
			sqlite3_value **argv)
{
	(void)index;
	(void)name;
	(void)argc;
	(void)argv;
	((struct list_cursor *)base)->at = 0;
	return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
	((struct list_cursor *)base)->at++;
	return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
	const struct list_cursor *c = (const struct list_cursor *)base;

	return c->at >= c->list->count;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *to, int column)
{
	struct list_cursor *c = (struct list_cursor *)base;
	const struct sw_claim *claim = c->list->item[c->at].claim;

	switch (column) {
	case 0:
		sw_key_of(&claim->prefix, c->key);
		sqlite3_result_blob(to, c->key, KEY_BYTES, SQLITE_STATIC);
		break;
	case 1:
		sqlite3_result_int64(to, c->list->item[c->at].origin);
		break;
	case 2:
		sqlite3_result_text(to, claim->comment, -1, SQLITE_STATIC);
		break;
	case 3:
		sqlite3_result_int64(to, claim->since);
		break;
	case 4:
		sqlite3_result_int64(to, claim->expires);
		break;
	default:
		sqlite3_result_int(to, claim->new_only);
	}
	return SQLITE_OK;
}

static int cursor_row(sqlite3_vtab_cursor *base, sqlite3_int64 *row)
{
	*row = ((struct list_cursor *)base)->at;
	return SQLITE_OK;
}

/* No xCreate: an eponymous table, which exists without being created. */
static const sqlite3_module module = {
	.xConnect = table_connect,
	.xDisconnect = table_disconnect,
	.xBestIndex = table_plan,
	.xOpen = cursor_open,
	.xClose = cursor_close,
	.xFilter = cursor_first,
	.xNext = cursor_next,
	.xEof = cursor_eof,
	.xColumn = cursor_column,
	.xRowid = cursor_row,
};

/* ---- written */

/* Not sw_store_run(), which would wait for this thread. */
static void *write_all(void *arg)
{
	struct sw_new_claims *n = arg;

	if (sqlite3_exec(n->s->db,
			 "INSERT INTO claim(key, origin, comment, since, expires, new_only)"
			 " SELECT key, origin, comment, since, expires, new_only FROM new_claims",
			 NULL, NULL, NULL) == SQLITE_OK)
		return NULL;
	n->failed = true;
	sw_store_failed(n->s, &n->why);
	return NULL;
}

static int list_claims(struct sw_store *s, const struct sw_claim *const *c, size_t n,
		       struct sw_err *e)
{
	struct sw_new_claims *to = calloc(1, sizeof(*to));

	if (to)
		to->item = malloc(n * sizeof(*to->item));
	if (!to || !to->item) {
		free(to);
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu claims", n);
	}
	to->s = s;
	to->count = n;
	for (size_t i = 0; i < n; i++) {
		to->item[i].claim = c[i];
		if (sw_store_origin_id(s, c[i]->origin, &to->item[i].origin, e) < 0) {
			free(to->item);
			free(to);
			return -1;
		}
	}
	s->new_claims = to;
	return 0;
}

/* SQLite's preupdate hook would take as long as all the rest. */
static void note_all(struct sw_store *s)
{
	const struct sw_new_claims *n = s->new_claims;
	unsigned char key[KEY_BYTES];

	for (size_t i = 0; i < n->count; i++) {
		sw_key_of(&n->item[i].claim->prefix, key);
		sw_note_new_claim(s, key, n->item[i].origin, n->item[i].claim);
	}
}

/* Reports in e why they could not be written; with e NULL the failure is ignored. */
static int settle(struct sw_store *s, struct sw_err *e)
{
	struct sw_new_claims *n = s->new_claims;

	if (!n)
		return 0;
	if (n->item) {
		if (n->running)
			pthread_join(n->thread, NULL);
		free(n->item);
		n->item = NULL;
		sw_notes_resume(s);
		if (n->failed && sqlite3_get_autocommit(s->db))
			sw_notes_forget(s); /* SQLite has already rolled back */
	}
	if (n->failed && e)
		return sw_fail(e, n->why.exit, "%s", n->why.text);
	s->new_claims = NULL;
	free(n);
	return 0;
}

static int make_table(struct sw_store *s, struct sw_err *e)
{
	if (!s->has_list_table &&
	    sqlite3_create_module(s->db, "new_claims", &module, s) != SQLITE_OK)
		return sw_store_failed(s, e);
	s->has_list_table = true;
	return 0;
}

int sw_store_claims_new(struct sw_store *s, const struct sw_claim *const *c, size_t n,
			struct sw_err *e)
{
	struct sw_new_claims *list;

	if (n < SW_CLAIMS_PUT)
		return sw_store_claims_put(s, c, n, e);
	if (make_table(s, e) < 0 || list_claims(s, c, n, e) < 0)
		return -1;
	list = s->new_claims;
	s->settle = settle;
	sw_notes_pause(s);
	if (n >= WORTH_A_THREAD)
		list->running = !pthread_create(&list->thread, NULL, write_all, list);
	if (!list->running)
		write_all(list);
	note_all(s);
	return list->running ? 0 : settle(s, e);
}
