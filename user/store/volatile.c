// SPDX-License-Identifier: GPL-2.0-only
/* When the file cannot be used: a record in memory, and moving a damaged file aside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "store/internal.h"

/* Could the next command write? A full disk, a read-only file system and a lock that is never
 * released do not show when reading. */
int sw_store_probe(struct sw_store *s, struct sw_err *e)
{
	if (sw_store_begin(s, e))
		return -1;
	if (!sw_store_run(s, "INSERT INTO origin(name) VALUES('~probe')", e) &&
	    !sw_store_run(s, "DELETE FROM origin WHERE name = '~probe'", e) &&
	    !sw_store_commit(s, e))
		return 0;
	sw_store_rollback(s);
	return -1;
}

static bool is_damage(int code)
{
	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_CONSTRAINT;
}

#define HEADER_BYTES 100
#define MAGIC "SQLite format 3"

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/* Through SQLite's own descriptor, as to close another would give up the locks of the
 * whole process (fcntl(2)). The header: sqlite.org/fileformat2.html, 1.3. */
bool sw_store_is_whole(const struct sw_store *s)
{
	unsigned char head[HEADER_BYTES];
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0, page;

	if (s->is_volatile)
		return true;
	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &f) || !f->pMethods ||
	    f->pMethods->xRead(f, head, sizeof(head), 0) || f->pMethods->xFileSize(f, &size) ||
	    memcmp(head, MAGIC, sizeof(MAGIC)))
		return false;
	page = head[16] << 8 | head[17];
	if (page == 1)
		page = 65536;
	return size >= page * get32(head + 28);
}

static bool has_no_header(const char *path)
{
	struct stat st;

	return !stat(path, &st) && st.st_size < HEADER_BYTES;
}

static int note_answer(void *good, int n, char **cell, char **name)
{
	(void)n;
	(void)name;
	*(bool *)good = cell[0] && !strcmp(cell[0], "ok");
	return 0;
}

/* Looks at every page, as SQLite notices a damaged one only when it is read. Of a file
 * without a header it knows no better than that it is new. */
bool sw_store_damaged(const char *state_dir)
{
	char path[300];
	sqlite3 *db = NULL;
	bool bad = false, good = true;
	int rc;

	snprintf(path, sizeof(path), "%s/scanwall.db", state_dir);
	if (access(path, F_OK))
		return false;
	if (has_no_header(path))
		return true;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 1000);
		rc = sqlite3_exec(db, "PRAGMA quick_check(1)", note_answer, &good, NULL);
		bad = is_damage(rc) || (rc == SQLITE_OK && (!good || !sw_store_has_tables(db)));
	}
	sqlite3_close(db);
	return bad;
}

int sw_store_set_aside(const char *state_dir, char aside[SW_STORE_ASIDE], struct sw_err *e)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char from[320], to[SW_STORE_ASIDE + 8];
	time_t now = time(NULL);
	struct tm tm;
	size_t n;

	gmtime_r(&now, &tm);
	n = snprintf(aside, SW_STORE_ASIDE, "%.250s/scanwall.db.damaged-", state_dir);
	strftime(aside + n, SW_STORE_ASIDE - n, "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 0; i < 3; i++) {
		snprintf(from, sizeof(from), "%.250s/scanwall.db%s", state_dir, parts[i]);
		snprintf(to, sizeof(to), "%s%s", aside, parts[i]);
		if (rename(from, to) && i == 0)
			return sw_fail(e, SW_EXIT_FAILED,
				       "the damaged record %s cannot be moved away: %m", from);
	}
	return 0;
}

/* A damaged copy would be no better than the file. */
static bool is_sound(sqlite3 *db)
{
	bool good = false, filled;

	filled = sqlite3_exec(db, "SELECT 1 FROM claim LIMIT 1", NULL, NULL, NULL) == SQLITE_OK;
	return filled &&
	       sqlite3_exec(db, "PRAGMA quick_check(1)", note_answer, &good, NULL) == SQLITE_OK &&
	       good;
}

static void copy_from(struct sw_store *to, const char *path)
{
	sqlite3_backup *b;
	sqlite3 *from = NULL;

	if (sqlite3_open_v2(path, &from, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(from, 1000);
		b = sqlite3_backup_init(to->db, "main", from, "main");
		if (b) {
			sqlite3_backup_step(b, -1);
			to->copied = sqlite3_backup_finish(b) == SQLITE_OK;
		}
	}
	sqlite3_close(from);
}

struct sw_store *sw_store_open_volatile(const char *copy_of, struct sw_err *e)
{
	struct sw_store *s = calloc(1, sizeof(*s));
	char path[300];

	if (!s || !(s->path = strdup("the record in memory"))) {
		free(s);
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	s->is_volatile = true;
	if (sqlite3_open(":memory:", &s->db) != SQLITE_OK) {
		sw_store_failed(s, e);
		sw_store_close(s);
		return NULL;
	}
	if (copy_of) {
		snprintf(path, sizeof(path), "%s/scanwall.db", copy_of);
		copy_from(s, path);
		if (!s->copied || !is_sound(s->db)) {
			sw_store_close(s);
			return sw_store_open_volatile(NULL, e);
		}
	}
	if (!sw_store_schema(s, e))
		return s;
	sw_store_close(s);
	return NULL;
}

bool sw_store_is_volatile(const struct sw_store *s)
{
	return s->is_volatile;
}

bool sw_store_is_copy(const struct sw_store *s)
{
	return s->copied;
}

bool sw_store_is_new(const struct sw_store *s)
{
	return s->is_new;
}

bool sw_store_is_there(const struct sw_store *s)
{
	struct stat st;

	return s->is_volatile || (!stat(s->path, &st) && st.st_ino == s->inode);
}
