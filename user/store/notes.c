// SPDX-License-Identifier: GPL-2.0-only
/* Notes of changed rows, made by SQLite's preupdate hook or by bulk writers. */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "store/internal.h"
#include "store/note_format.h"
#include "store/notes.h"

/* Which columns are a key and which are the rest: n number, t text, b blob. */
const struct sw_note_table sw_note_tables[SW_NOTE_TABLES] = {
	[SW_ROW_CLAIM] = {"claim", "bn", "tnnn"},
	[SW_ROW_ALLOW] = {"allow", "b", "tnnn"},
	[SW_ROW_SETTING] = {"setting", "t", "t"},
	[SW_ROW_RULE_OFF] = {"rule_off", "n", ""},
};

void sw_notes_add(struct sw_notes *n, const void *from, size_t size)
{
	struct sw_err ignored;

	while (!n->failed && n->size + size > n->room)
		n->failed = sw_grow((void **)&n->data, &n->room, n->room, 1, &ignored) != 0;
	if (n->failed || !size) /* SQLite returns NULL for an empty value */
		return;
	memcpy(n->data + n->size, from, size);
	n->size += size;
}

static void put_bytes(struct sw_notes *n, const void *bytes, uint32_t size)
{
	const uint16_t shown = size < SW_NOTE_LONG ? size : SW_NOTE_LONG;

	sw_notes_add(n, &shown, sizeof(shown));
	if (shown == SW_NOTE_LONG)
		sw_notes_add(n, &size, sizeof(size));
	sw_notes_add(n, bytes, size);
}

static void put_value(struct sw_notes *n, char type, sqlite3_value *v)
{
	int64_t number;
	uint32_t size;

	if (type == 'n') {
		number = sqlite3_value_int64(v);
		sw_notes_add(n, &number, sizeof(number));
		return;
	}
	size = sqlite3_value_bytes(v);
	/* As a blob even if it is text, which SQLite would copy to append a NUL. */
	put_bytes(n, sqlite3_value_blob(v), size);
}

static uint32_t put_columns(struct sw_notes *n, sqlite3 *db, const char *types, int from, bool old)
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
	static const unsigned char head[SW_NOTE_HEAD];
	size_t begin = n->size;

	n->committed = n->committing;
	sw_notes_add(n, head, SW_NOTE_HEAD);
	return begin;
}

bool sw_note_is_wide(const uint32_t part[SW_NOTE_PARTS])
{
	for (int i = 0; i < SW_NOTE_PARTS; i++)
		if (part[i] > UINT16_MAX)
			return true;
	return false;
}

size_t sw_note_put_head(unsigned char *to, int kind, int flags, const uint32_t part[SW_NOTE_PARTS])
{
	unsigned char *at = to;
	uint16_t narrow;

	*at++ = kind;
	*at++ = flags;
	for (int i = 0; i < SW_NOTE_PARTS; i++) {
		narrow = part[i];
		if (flags & SW_NOTE_WIDE)
			memcpy(at, &part[i], sizeof(part[i]));
		else
			memcpy(at, &narrow, sizeof(narrow));
		at += flags & SW_NOTE_WIDE ? sizeof(part[i]) : sizeof(narrow);
	}
	return at - to;
}

static bool is_at(const struct sw_notes *n, size_t was, uint32_t was_size, size_t at, uint32_t size)
{
	return was && was_size == size && !memcmp(n->data + was, n->data + at, size);
}

/* A note with the same columns as the previous one is flagged and leaves them out. */
static bool take_same(struct sw_notes *n, size_t before, int flags, const uint32_t *part)
{
	struct sw_noted_last *last = &n->last;
	size_t after = before + part[1];

	if ((!(flags & SW_NOTE_WAS) ||
	     is_at(n, last->before, last->before_size, before, part[1])) &&
	    (!(flags & SW_NOTE_BECAME) ||
	     is_at(n, last->after, last->after_size, after, part[2]))) {
		n->size = before;
		return true;
	}
	if (flags & SW_NOTE_WAS) {
		last->before = before;
		last->before_size = part[1];
	}
	if (flags & SW_NOTE_BECAME) {
		last->after = after;
		last->after_size = part[2];
	}
	return false;
}

/* Makes room for the longer lengths of a wide note. */
static void widen(struct sw_notes *n, size_t begin)
{
	static const unsigned char more[SW_NOTE_WIDE_HEAD - SW_NOTE_HEAD];
	size_t body = begin + SW_NOTE_HEAD, size = n->size - body;

	sw_notes_add(n, more, sizeof(more));
	if (!n->failed)
		memmove(n->data + body + sizeof(more), n->data + body, size);
}

static void end_note(struct sw_notes *n, size_t begin, int kind, int flags,
		     uint32_t part[SW_NOTE_PARTS])
{
	size_t head = SW_NOTE_HEAD;

	if (!n->failed && sw_note_is_wide(part)) {
		widen(n, begin);
		flags |= SW_NOTE_WIDE;
		head = SW_NOTE_WIDE_HEAD;
	}
	if (n->failed)
		return;
	if (n->last.kind != kind)
		n->last = (struct sw_noted_last){.kind = kind};
	if (take_same(n, begin + head + part[0], flags, part)) {
		flags |= SW_NOTE_SAME;
		part[1] = part[2] = 0;
	}
	sw_note_put_head(n->data + begin, kind, flags, part);
}

static int table_of(const char *name)
{
	for (int i = 0; i < SW_NOTE_TABLES; i++)
		if (!strcmp(name, sw_note_tables[i].name))
			return i;
	return -1;
}

static void note_row(void *arg, sqlite3 *db, int op, const char *base, const char *name,
		     sqlite3_int64 old_id, sqlite3_int64 new_id)
{
	int kind = table_of(name), keys;
	struct sw_notes *n = arg;
	uint32_t part[SW_NOTE_PARTS] = {0};
	size_t begin;

	(void)base;
	(void)old_id;
	(void)new_id;
	if (kind < 0)
		return;
	begin = begin_note(n);
	keys = (int)strlen(sw_note_tables[kind].keys);
	part[0] = put_columns(n, db, sw_note_tables[kind].keys, 0, op != SQLITE_INSERT);
	if (op != SQLITE_INSERT)
		part[1] = put_columns(n, db, sw_note_tables[kind].values, keys, true);
	if (op != SQLITE_DELETE)
		part[2] = put_columns(n, db, sw_note_tables[kind].values, keys, false);
	end_note(n, begin, kind,
		 (op != SQLITE_INSERT ? SW_NOTE_WAS : 0) |
			 (op != SQLITE_DELETE ? SW_NOTE_BECAME : 0),
		 part);
}

void sw_notes_pause(struct sw_store *s)
{
	sqlite3_preupdate_hook(s->db, NULL, NULL);
	sqlite3_rollback_hook(s->db, NULL, NULL);
}

static unsigned char *append(unsigned char *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	return to + size;
}

/* As the columns of sw_note_tables[SW_ROW_CLAIM]. */
void sw_note_new_claim(struct sw_store *s, const unsigned char *key, int64_t origin,
		       const struct sw_claim *c)
{
	const uint16_t key_size = KEY_BYTES, comment_size = strlen(c->comment);
	unsigned char row[SW_NOTE_CLAIM_KEY + SW_COMMENT_MAX + 32], *at = row;
	const int64_t new_only = c->new_only;
	struct sw_notes *n = s->notes;
	uint32_t part[SW_NOTE_PARTS] = {SW_NOTE_CLAIM_KEY};
	size_t begin;

	if (!n)
		return;
	at = append(at, &key_size, sizeof(key_size));
	at = append(at, key, KEY_BYTES);
	at = append(at, &origin, sizeof(origin));
	at = append(at, &comment_size, sizeof(comment_size));
	at = append(at, c->comment, comment_size);
	at = append(at, &c->since, sizeof(c->since));
	at = append(at, &c->expires, sizeof(c->expires));
	at = append(at, &new_only, sizeof(new_only));
	part[2] = at - row - part[0];
	begin = begin_note(n);
	sw_notes_add(n, row, at - row);
	end_note(n, begin, SW_ROW_CLAIM, SW_NOTE_BECAME, part);
}

static uint32_t put_selected(struct sw_notes *n, sqlite3_stmt *q, const char *types, int from)
{
	size_t begin = n->size;
	int64_t number;

	for (int i = from; *types; types++, i++) {
		if (*types == 'n') {
			number = sqlite3_column_int64(q, i);
			sw_notes_add(n, &number, sizeof(number));
			continue;
		}
		put_bytes(n, sqlite3_column_blob(q, i), sqlite3_column_bytes(q, i));
	}
	return n->size - begin;
}

static int note_all_claims(struct sw_store *s, struct sw_err *e)
{
	static const struct sw_note_table *t = &sw_note_tables[SW_ROW_CLAIM];
	struct sw_notes *n = s->notes;
	uint32_t part[SW_NOTE_PARTS] = {0};
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
		end_note(n, begin, SW_ROW_CLAIM, SW_NOTE_WAS, part);
	}
	if (rc != SQLITE_DONE)
		sw_store_failed(s, e);
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* Without a WHERE, SQLite frees whole pages and reads no row, unless its hook is set: so the
 * rows are noted in a walk first. */
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
	n->last = SW_NOTED_NOTHING;
}

void sw_notes_resume(struct sw_store *s)
{
	if (!s->notes)
		return;
	sqlite3_preupdate_hook(s->db, note_row, s->notes);
	sqlite3_rollback_hook(s->db, on_rollback, s->notes);
}

void sw_notes_forget(struct sw_store *s)
{
	if (s->notes)
		on_rollback(s->notes);
}

int sw_store_watch(struct sw_store *s, struct sw_err *e)
{
	if (s->notes)
		return 0;
	s->notes = calloc(1, sizeof(*s->notes));
	if (!s->notes)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	s->notes->last = SW_NOTED_NOTHING;
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
