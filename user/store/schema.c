// SPDX-License-Identifier: GPL-2.0-only
/* The tables, and views for reading the record with sqlite3. */
#include <sys/stat.h>
#include "store/internal.h"

#define VERSION 4
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* A column of its own for the text would lengthen every insertion; the views
 * spell the key out instead, as sw_prefix_text does. h is the key in hex, g
 * the address as ":2001:db8:0:0:0:0:0:7:". */
#define DIGIT(at) "instr('123456789ABCDEF', substr(h, " at ", 1))"
#define BYTE(at) "((" DIGIT(at) " << 4) + " DIGIT(at " + 1") ")"
#define DOTTED "group_concat(" BYTE("column1") ", '.') FROM (VALUES (27), (29), (31), (33))"

#define GROUP "ifnull(nullif(ltrim(lower(substr(h, column1, 4)), '0'), ''), '0')"
#define GROUPS_AT "(VALUES (3), (7), (11), (15), (19), (23), (27), (31))"
#define GROUPS "':' || (SELECT group_concat(" GROUP ", ':') FROM " GROUPS_AT ") || ':'"

/* The first of the longest runs of zeros becomes "::". */
#define RUNS_A "(':0:0:0:0:0:0:0:0:'), (':0:0:0:0:0:0:0:'), (':0:0:0:0:0:0:')"
#define RUNS_B "(':0:0:0:0:0:'), (':0:0:0:0:'), (':0:0:0:'), (':0:0:')"
#define BEFORE "ltrim(substr(g, 1, instr(g, column1) - 1), ':')"
#define AFTER "rtrim(substr(g, instr(g, column1) + length(column1)), ':')"
#define FIRST_RUN "FROM (VALUES " RUNS_A ", " RUNS_B ") WHERE instr(g, column1) LIMIT 1"
#define COLONS "ifnull((SELECT " BEFORE " || '::' || " AFTER " " FIRST_RUN "), trim(g, ':'))"

#define ADDRESS "CASE WHEN h LIKE '04%' THEN (SELECT " DOTTED ") ELSE " COLONS " END"
#define WHOLE "h LIKE '04%20' OR h LIKE '06%80'"
#define PREFIX ADDRESS " || CASE WHEN " WHOLE " THEN '' ELSE '/' || " BYTE("35") " END AS prefix"
#define SPELT(table) "(SELECT " GROUPS " AS g, * FROM (SELECT hex(key) AS h, * FROM " table "))"

#define CLOCK(us) "datetime(" us " / 1000000, 'unixepoch')"
#define NEVER "9223372036854775807 THEN 'permanent'"
#define EXPIRES "CASE expires WHEN " NEVER " ELSE " CLOCK("expires") " END AS expires"
#define TIMES CLOCK("since") " AS since, " EXPIRES

#define CLAIM_ORIGIN "(SELECT name FROM origin WHERE id = origin) AS origin"
#define CLAIMS PREFIX ", " CLAIM_ORIGIN ", comment, " TIMES ", new_only FROM " SPELT("claim")
#define ALLOWS PREFIX ", comment, " TIMES " FROM " SPELT("allow")
#define TRUSTED PREFIX ", comment, " TIMES ", trusted FROM " SPELT("allow")

/* sw_key_prefix() reads this many bytes of any key. */
#define KEY "BLOB NOT NULL CHECK(length(key) = " TEXT(KEY_BYTES) ")"
#define SOURCE "BLOB NOT NULL CHECK(length(source) = " TEXT(KEY_BYTES) ")"
#define INT "INTEGER NOT NULL"
#define STR "TEXT NOT NULL"

static const char *const version1[] = {
	"CREATE TABLE origin(id INTEGER PRIMARY KEY, name " STR " UNIQUE)",
	"CREATE TABLE claim(key " KEY ", origin " INT ", comment " STR ", since " INT
	", expires " INT ", new_only " INT ", PRIMARY KEY(key, origin)) WITHOUT ROWID",
	"CREATE TABLE allow(key " KEY " PRIMARY KEY, comment " STR ", since " INT ", expires " INT
	") WITHOUT ROWID",
	"CREATE TABLE setting(key TEXT PRIMARY KEY, value " STR ") WITHOUT ROWID",
	"CREATE TABLE event(id INTEGER PRIMARY KEY, time " INT ", type " STR ", source " SOURCE
	", json " STR ")",
	"CREATE INDEX event_source ON event(source)",
	"CREATE INDEX event_time ON event(time)",
	"CREATE TABLE audit(id INTEGER PRIMARY KEY, time " INT ", uid " INT ", login_uid " INT
	", pid " INT ", ssh_client " STR ", argv " STR ", what " STR ", exit " INT ")",
	"CREATE TABLE offence(key " KEY " PRIMARY KEY, count " INT ", last " INT ") WITHOUT ROWID",
	"CREATE VIEW claims AS SELECT " CLAIMS,
	"CREATE VIEW allows AS SELECT " ALLOWS,
	NULL,
};

static const char *const version2[] = {
	"CREATE TABLE rule(sid INTEGER PRIMARY KEY, rev " INT ", priority " INT ", line " INT
	", action " STR ", msg " STR ", classtype " STR ", reference " STR ", file " STR
	", warning " STR ", text " STR ")",
	"CREATE TABLE rule_off(sid INTEGER PRIMARY KEY)",
	NULL,
};

/* undone: by which change, or 0. shift: by how much the clock was set since, us. how: what
 * takes back what the record does not hold. */
static const char *const version3[] = {
	"CREATE TABLE change(id INTEGER PRIMARY KEY, undone " INT ", shift " INT ", how " STR
	", size " INT ", data BLOB)",
	NULL,
};

/* Earlier change records have one column less for an allow. */
static const char *const version4[] = {
	"DROP VIEW allows",
	"ALTER TABLE allow ADD COLUMN trusted " INT " DEFAULT 0",
	"CREATE VIEW allows AS SELECT " TRUSTED,
	"DELETE FROM change",
	NULL,
};

/* The upgrade from each version to the next. */
static const char *const *const steps[VERSION] = {version1, version2, version3, version4};

static int read_version(struct sw_store *s, int *version, struct sw_err *e)
{
	int64_t n = 0;
	int ret = sw_store_number(s, "PRAGMA user_version", &n, e);

	*version = n;
	return ret;
}

static bool is_older(int version)
{
	return version >= 0 && version < VERSION;
}

/* Two processes may be first at the same time: check again inside. */
static int make_tables(struct sw_store *s, int *version, struct sw_err *e)
{
	if (!s->is_volatile) {
		chmod(s->path, 0640); /* its WAL file takes the same mode */
		if (sw_store_use_wal(s, e) < 0)
			return -1;
	}
	if (sw_store_begin(s, e) < 0)
		return -1;
	if (read_version(s, version, e) < 0)
		goto undo;
	if (is_older(*version) && sw_store_run(s, "PRAGMA user_version = " TEXT(VERSION), e) < 0)
		goto undo;
	for (; is_older(*version); ++*version)
		for (const char *const *sql = steps[*version]; *sql; sql++)
			if (sw_store_run(s, *sql, e) < 0)
				goto undo;
	if (sw_store_commit(s, e) == 0)
		return 0;
undo:
	sw_store_rollback(s);
	return -1;
}

/* Those that all versions have. */
bool sw_store_has_tables(sqlite3 *db)
{
	static const char sql[] =
		"SELECT count(*) = 7 FROM sqlite_master WHERE type = 'table' AND name IN"
		"('origin', 'claim', 'allow', 'setting', 'event', 'audit', 'offence')";
	sqlite3_stmt *q = NULL;
	bool whole = false;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK)
		whole = sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return whole;
}

int sw_store_schema(struct sw_store *s, struct sw_err *e)
{
	int version;

	if (read_version(s, &version, e) < 0)
		return -1;
	s->is_new = version == 0;
	if (is_older(version) && make_tables(s, &version, e) < 0)
		return -1;
	if (version != VERSION)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s was written by another version of scanwall (schema %d, this one "
			       "supports %d)",
			       s->path, version, VERSION);
	if (!sw_store_has_tables(s->db))
		return sw_fail(e, SW_EXIT_FAILED, "%s is damaged: tables are missing", s->path);
	return 0;
}
