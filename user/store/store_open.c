// SPDX-License-Identifier: GPL-2.0-only
/* Opens the record's file, upgrades its tables, and closes it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "store/internal.h"

#define LOG_PAGES 128

/* Whoever opens the file first reads the whole log, so a command has to find
 * it short. A reader may be in the way; the next commit tries again. */
static int shorten_log(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)arg;
	if (pages < LOG_PAGES)
		return SQLITE_OK;
	sqlite3_busy_timeout(db, 0);
	sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db, sw_store_waits());
	return SQLITE_OK;
}

static int open_file(struct sw_store *s, struct sw_err *e)
{
	struct stat st;
	int err;

	if (sqlite3_open_v2(s->path, &s->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		err = sqlite3_system_errno(s->db);
		return sw_fail(e, err == EACCES || err == EPERM ? SW_EXIT_PERM : SW_EXIT_FAILED,
			       "cannot open the record %s: %s", s->path,
			       err ? strerror(err) : sqlite3_errmsg(s->db));
	}
	/* It could then be opened read-only. */
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return sw_fail(e, SW_EXIT_PERM, "the record %s cannot be written", s->path);
	sqlite3_busy_timeout(s->db, sw_store_waits());
	/* Otherwise the command would wait for the disk at its end. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_wal_hook(s->db, shorten_log, NULL);
	if (sw_store_schema(s, e) < 0)
		return -1;
	if (!stat(s->path, &st))
		s->inode = st.st_ino;
	return sw_store_run(s, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4096", e);
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
	if (!s || asprintf(&s->path, "%s/scanwall.db", state_dir) < 0) {
		free(s);
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	if (open_file(s, e) == 0)
		return s;
	sw_store_close(s);
	return NULL;
}

void sw_store_close(struct sw_store *s)
{
	if (!s)
		return;
	sw_store_settle_failure(s);
	sqlite3_finalize(s->claim_put);
	sqlite3_finalize(s->claims_put);
	sqlite3_finalize(s->claim_get);
	sqlite3_finalize(s->claim_del);
	sqlite3_finalize(s->claim_del_all);
	sqlite3_finalize(s->origin_find);
	sqlite3_finalize(s->origin_add);
	sqlite3_finalize(s->origin_name);
	sqlite3_finalize(s->event_add);
	sqlite3_finalize(s->offence);
	sw_store_unwatch(s);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}
