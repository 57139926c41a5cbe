// SPDX-License-Identifier: GPL-2.0-only
/*
 * A note is: kind, flags, then three parts with their lengths: the key, and the other
 * columns before and after. A number is 8 bytes; a text or blob its length and bytes.
 * Packed, columns that are those of the last note that had some are left out: a list's
 * entries mostly came together and end together.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/grow.h"
#include "base/sort.h"
#include "store/internal.h"
#include "store/notes.h"

#define WAS 1
#define BECAME 2
#define SAME 4	/* what it has of columns before and after, is as it was last */
#define PARTS 3 /* key, before, after */
#define HEAD (2 + PARTS * sizeof(uint16_t))

/* Which columns are a key and which are the rest: n number, t text, b blob. */
static const struct table {
	const char *name, *keys, *values;
} tables[] = {
	[SW_ROW_CLAIM] = {"claim", "bn", "tnnn"},
	[SW_ROW_ALLOW] = {"allow", "b", "tnnn"},
	[SW_ROW_SETTING] = {"setting", "t", "t"},
	[SW_ROW_RULE_OFF] = {"rule_off", "n", ""},
};
#define TABLES ((int)(sizeof(tables) / sizeof(tables[0])))

struct sw_notes {
	unsigned char *data;
	size_t size, room;
	/* Where the last commit came, and what of that is certain: one that fails ends in a
	 * rollback before anything else is noted. */
	size_t committing, committed;
	bool failed;
};

/* ---- noted */

static void put_bytes(struct sw_notes *n, const void *from, size_t size)
{
	struct sw_err ignored;

	while (!n->failed && n->size + size > n->room)
		n->failed = sw_grow((void **)&n->data, &n->room, n->room, 1, &ignored) != 0;
	if (n->failed || !size) /* SQLite has NULL for what is empty */
		return;
	memcpy(n->data + n->size, from, size);
	n->size += size;
}

static void put_value(struct sw_notes *n, char type, sqlite3_value *v)
{
	int64_t number;
	uint16_t size;

	if (type == 'n') {
		number = sqlite3_value_int64(v);
		put_bytes(n, &number, sizeof(number));
		return;
	}
	size = sqlite3_value_bytes(v);
	put_bytes(n, &size, sizeof(size));
	/* Of a text as well: asked for as one, it is copied to get a NUL. */
	put_bytes(n, sqlite3_value_blob(v), size);
}

static uint16_t put_columns(struct sw_notes *n, sqlite3 *db, const char *types, int from, bool old)
{
	size_t begin = n->size;
	sqlite3_value *v;

	for (int i = 0; types[i]; i++) {
		v = NULL;
		if (old)
			sqlite3_preupdate_old(db, from + i, &v);
		else
			sqlite3_preupdate_new(db, from + i, &v);
		if (!v) {
			n->failed = true;
			return 0;
		}
		put_value(n, types[i], v);
	}
	return n->size - begin;
}

static size_t begin_note(struct sw_notes *n)
{
	static const unsigned char head[HEAD];
	size_t begin = n->size;

	n->committed = n->committing;
	put_bytes(n, head, HEAD);
	return begin;
}

static void end_note(struct sw_notes *n, size_t begin, int kind, int flags,
		     const uint16_t part[PARTS])
{
	unsigned char *head = n->data + begin;

	if (n->failed)
		return;
	head[0] = kind;
	head[1] = flags;
	memcpy(head + 2, part, PARTS * sizeof(*part));
}

static int table_of(const char *name)
{
	for (int i = 0; i < TABLES; i++)
		if (!strcmp(name, tables[i].name))
			return i;
	return -1;
}

static void note_row(void *arg, sqlite3 *db, int op, const char *base, const char *name,
		     sqlite3_int64 old_id, sqlite3_int64 new_id)
{
	int kind = table_of(name), keys;
	struct sw_notes *n = arg;
	uint16_t part[PARTS] = {0};
	size_t begin;

	(void)base;
	(void)old_id;
	(void)new_id;
	if (kind < 0)
		return;
	begin = begin_note(n);
	keys = (int)strlen(tables[kind].keys);
	part[0] = put_columns(n, db, tables[kind].keys, 0, op != SQLITE_INSERT);
	if (op != SQLITE_INSERT)
		part[1] = put_columns(n, db, tables[kind].values, keys, true);
	if (op != SQLITE_DELETE)
		part[2] = put_columns(n, db, tables[kind].values, keys, false);
	end_note(n, begin, kind,
		 (op != SQLITE_INSERT ? WAS : 0) | (op != SQLITE_DELETE ? BECAME : 0), part);
}

void sw_notes_pause(struct sw_store *s)
{
	sqlite3_preupdate_hook(s->db, NULL, NULL);
}

void sw_notes_resume(struct sw_store *s)
{
	if (s->notes)
		sqlite3_preupdate_hook(s->db, note_row, s->notes);
}

/* As the columns of tables[SW_ROW_CLAIM]. */
void sw_note_new_claim(struct sw_store *s, const unsigned char *key, int64_t origin,
		       const struct sw_claim *c)
{
	const uint16_t key_size = KEY_BYTES, comment_size = strlen(c->comment);
	const int64_t new_only = c->new_only;
	struct sw_notes *n = s->notes;
	uint16_t part[PARTS] = {0};
	size_t begin;

	if (!n)
		return;
	begin = begin_note(n);
	put_bytes(n, &key_size, sizeof(key_size));
	put_bytes(n, key, key_size);
	put_bytes(n, &origin, sizeof(origin));
	part[0] = n->size - begin - HEAD;
	put_bytes(n, &comment_size, sizeof(comment_size));
	put_bytes(n, c->comment, comment_size);
	put_bytes(n, &c->since, sizeof(c->since));
	put_bytes(n, &c->expires, sizeof(c->expires));
	put_bytes(n, &new_only, sizeof(new_only));
	part[2] = n->size - begin - HEAD - part[0];
	end_note(n, begin, SW_ROW_CLAIM, BECAME, part);
}

static uint16_t put_selected(struct sw_notes *n, sqlite3_stmt *q, const char *types, int from)
{
	size_t begin = n->size;
	int64_t number;
	uint16_t size;

	for (int i = from; *types; types++, i++) {
		if (*types == 'n') {
			number = sqlite3_column_int64(q, i);
			put_bytes(n, &number, sizeof(number));
			continue;
		}
		size = sqlite3_column_bytes(q, i);
		put_bytes(n, &size, sizeof(size));
		put_bytes(n, sqlite3_column_blob(q, i), size);
	}
	return n->size - begin;
}

static int note_all_claims(struct sw_store *s, struct sw_err *e)
{
	static const struct table *t = &tables[SW_ROW_CLAIM];
	struct sw_notes *n = s->notes;
	uint16_t part[PARTS] = {0};
	sqlite3_stmt *q = sw_store_prepare(
		s, "SELECT key, origin, comment, since, expires, new_only FROM claim", e);
	size_t begin;
	int rc;

	if (!q)
		return -1;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		begin = begin_note(n);
		part[0] = put_selected(n, q, t->keys, 0);
		part[1] = put_selected(n, q, t->values, (int)strlen(t->keys));
		end_note(n, begin, SW_ROW_CLAIM, WAS, part);
	}
	if (rc != SQLITE_DONE)
		sw_store_failed(s, e);
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* Without a WHERE, SQLite gives the pages back and reads no row, but not while its hook is
 * set: so a walk notes the rows first. */
int sw_store_claims_clear(struct sw_store *s, struct sw_err *e)
{
	int ret;

	if (!s->notes)
		return sw_store_run(s, "DELETE FROM claim", e);
	if (note_all_claims(s, e))
		return -1;
	sw_notes_pause(s);
	ret = sw_store_run(s, "DELETE FROM claim", e);
	sw_notes_resume(s);
	return ret;
}

static int on_commit(void *arg)
{
	struct sw_notes *n = arg;

	n->committing = n->size;
	return 0;
}

static void on_rollback(void *arg)
{
	struct sw_notes *n = arg;

	n->size = n->committing = n->committed;
}

int sw_store_watch(struct sw_store *s, struct sw_err *e)
{
	if (s->notes)
		return 0;
	s->notes = calloc(1, sizeof(*s->notes));
	if (!s->notes)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	sqlite3_preupdate_hook(s->db, note_row, s->notes);
	sqlite3_commit_hook(s->db, on_commit, s->notes);
	sqlite3_rollback_hook(s->db, on_rollback, s->notes);
	return 0;
}

void sw_store_unwatch(struct sw_store *s)
{
	if (!s->notes)
		return;
	sqlite3_preupdate_hook(s->db, NULL, NULL);
	sqlite3_commit_hook(s->db, NULL, NULL);
	sqlite3_rollback_hook(s->db, NULL, NULL);
	free(s->notes->data);
	free(s->notes);
	s->notes = NULL;
}

/* ---- read */

static int read_values(const unsigned char *at, size_t size, const char *types, struct sw_value *v)
{
	const unsigned char *end = at + size;
	uint16_t length;

	for (int i = 0; types[i]; i++) {
		size_t head = types[i] == 'n' ? sizeof(v->number) : sizeof(length);

		if ((size_t)(end - at) < head)
			return -1;
		if (types[i] == 'n') {
			memcpy(&v[i].number, at, head);
			at += head;
			continue;
		}
		memcpy(&length, at, head);
		at += head;
		if (end - at < length)
			return -1;
		v[i].bytes = (const char *)at;
		v[i].size = length;
		at += length;
	}
	return at == end ? 0 : -1;
}

/* How long the note at p is; 0: none is there. */
static size_t measure(const unsigned char *p, size_t left, uint16_t part[PARTS])
{
	size_t size = HEAD;

	if (left < HEAD || p[0] >= TABLES)
		return 0;
	memcpy(part, p + 2, PARTS * sizeof(*part));
	for (int i = 0; i < PARTS; i++)
		size += part[i];
	return size <= left ? size : 0;
}

int sw_note_read(const unsigned char *bytes, size_t size, size_t *at, struct sw_note *n)
{
	const unsigned char *p = bytes + *at, *body = p + HEAD;
	uint16_t part[PARTS];
	size_t length = measure(p, size - *at, part);
	const struct table *t;

	if (!length)
		return -1;
	if (n->kind != (enum sw_row_kind)p[0])
		memset(n, 0, sizeof(*n));
	t = &tables[p[0]];
	n->kind = (enum sw_row_kind)p[0];
	n->was = p[1] & WAS;
	n->became = p[1] & BECAME;
	*at += length;
	if (read_values(body, part[0], t->keys, n->key))
		return -1;
	if (p[1] & SAME)
		return 0;
	if ((n->was && read_values(body + part[0], part[1], t->values, n->before)))
		return -1;
	return n->became ? read_values(body + part[0] + part[1], part[2], t->values, n->after) : 0;
}

/* ---- one note a row: what it was at first and became at last */

struct entry {
	const unsigned char *at;
	uint16_t part[PARTS];
};

static int entry_cmp(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t shorter = x->part[0] < y->part[0] ? x->part[0] : y->part[0];
	int cmp = x->at[0] - y->at[0];

	if (!cmp)
		cmp = memcmp(x->at + HEAD, y->at + HEAD, shorter);
	return cmp ? cmp : x->part[0] - y->part[0];
}

/* The same row's are then in the order in which they were noted. */
static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int cmp = entry_cmp(a, b);

	return cmp ? cmp : x->at < y->at ? -1 : 1;
}

static struct entry *list_entries(const struct sw_notes *n, size_t *count, bool *ordered)
{
	size_t at = 0, room = 0, length;
	struct entry *list = NULL;
	struct sw_err ignored;

	*count = 0;
	*ordered = true;
	for (; at < n->size; at += length) {
		if (sw_grow((void **)&list, &room, *count, sizeof(*list), &ignored)) {
			free(list);
			return NULL;
		}
		list[*count].at = n->data + at;
		length = measure(n->data + at, n->size - at, list[*count].part);
		if (*count && entry_cmp(&list[*count - 1], &list[*count]) >= 0)
			*ordered = false;
		++*count;
	}
	return list;
}

/* What is packed, and the columns that the last note had. */
struct packing {
	struct sw_notes out;
	unsigned char kind;
	const unsigned char *before, *after; /* NULL: none had any */
	uint16_t before_size, after_size;
};

/* Is it as the last one? From now on it is the last. */
static bool as_last(const unsigned char **last, uint16_t *last_size, const unsigned char *now,
		    uint16_t size)
{
	bool same = *last && *last_size == size && !memcmp(*last, now, size);

	*last = now;
	*last_size = size;
	return same;
}

static bool same_values(const struct entry *a, const struct entry *b)
{
	return a->part[1] == b->part[2] &&
	       !memcmp(a->at + HEAD + a->part[0], b->at + HEAD + b->part[0] + b->part[1],
		       a->part[1]);
}

static void merge(struct packing *k, const struct entry *first, const struct entry *last)
{
	const unsigned char *before = first->at + HEAD + first->part[0];
	const unsigned char *after = last->at + HEAD + last->part[0] + last->part[1];
	uint16_t part[PARTS] = {first->part[0], first->part[1], last->part[2]};
	struct sw_notes *out = &k->out;
	bool same = true;
	unsigned char head[HEAD] = {first->at[0], (first->at[1] & WAS) | (last->at[1] & BECAME)};

	if (!head[1] || (head[1] == (WAS | BECAME) && same_values(first, last)))
		return;
	if (k->kind != head[0])
		k->before = k->after = NULL;
	k->kind = head[0];
	if (head[1] & WAS)
		same &= as_last(&k->before, &k->before_size, before, part[1]);
	if (head[1] & BECAME)
		same &= as_last(&k->after, &k->after_size, after, part[2]);
	if (same) {
		head[1] |= SAME;
		part[1] = part[2] = 0;
	}
	memcpy(head + 2, part, sizeof(part));
	put_bytes(out, head, HEAD);
	put_bytes(out, first->at + HEAD, part[0]);
	put_bytes(out, before, part[1]);
	put_bytes(out, after, part[2]);
}

static int merge_rows(struct sw_notes *n)
{
	struct packing k = {0};
	size_t count, last;
	bool ordered;
	struct entry *list = list_entries(n, &count, &ordered);

	if (!list)
		return -1;
	if (!ordered)
		sw_sort(list, count, sizeof(*list), entry_order); /* two orders, often */
	for (size_t i = 0; i < count; i = last + 1) {
		for (last = i; last + 1 < count && !entry_cmp(&list[i], &list[last + 1]);)
			last++;
		merge(&k, &list[i], &list[last]);
	}
	free(list);
	free(n->data);
	*n = k.out;
	return n->failed ? -1 : 0;
}

int sw_notes_pack(struct sw_store *s, struct sw_packed *out, struct sw_err *e)
{
	struct sw_notes *n = s->notes;
	uLongf size;

	memset(out, 0, sizeof(*out));
	if (!n || (!n->size && !n->failed))
		return 0;
	if (n->failed || merge_rows(n))
		return sw_fail(e, SW_EXIT_FAILED,
			       "what was changed could not be noted, so it cannot be undone");
	if (!n->size)
		return 0;
	size = compressBound(n->size);
	out->bytes = malloc(size);
	if (!out->bytes || compress2(out->bytes, &size, n->data, n->size, Z_BEST_SPEED) != Z_OK)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	out->size = size;
	out->full = n->size;
	n->size = n->committing = n->committed = 0;
	return 0;
}
