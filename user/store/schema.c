// SPDX-License-Identifier: GPL-2.0-only
/* The tables, and the views for whoever looks with sqlite3. */
#include <sys/stat.h>
#include "internal.h"

#define VERSION 1
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* A column of its own for the text would lengthen every insertion; the views
 * spell the key out instead, as sw_prefix_text does. h is the key in hex, g
 * the address as ":2001:db8:0:0:0:0:0:7:". */
#define BYTE(at)                                                                                  \
	"((instr('123456789ABCDEF', substr(h, " at ", 1)) << 4) +"                                 \
	" instr('123456789ABCDEF', substr(h, " at " + 1, 1)))"
#define IN_HEX(table) "(SELECT hex(key) AS h, * FROM " table ")"
#define IN_GROUPS(table)                                                                          \
	"(SELECT ':' || (SELECT group_concat(ifnull(nullif(ltrim(lower(substr(h, column1, 4)),"    \
	" '0'), ''), '0'), ':') FROM (VALUES (3), (7), (11), (15), (19), (23), (27), (31))) || ':'" \
	" AS g, * FROM " IN_HEX(table) ")"
#define PREFIX                                                                                    \
	"CASE WHEN h LIKE '04%' THEN"                                                              \
	" (SELECT group_concat(" BYTE("column1") ", '.') FROM (VALUES (27), (29), (31), (33)))"    \
	" ELSE ifnull((SELECT ltrim(substr(g, 1, instr(g, column1) - 1), ':') || '::' ||"          \
	" rtrim(substr(g, instr(g, column1) + length(column1)), ':') FROM (VALUES"                 \
	" (':0:0:0:0:0:0:0:0:'), (':0:0:0:0:0:0:0:'), (':0:0:0:0:0:0:'), (':0:0:0:0:0:'),"         \
	" (':0:0:0:0:'), (':0:0:0:'), (':0:0:')) WHERE instr(g, column1) LIMIT 1), trim(g, ':'))"  \
	" END || CASE WHEN h LIKE '04%20' OR h LIKE '06%80' THEN '' ELSE '/' || " BYTE("35")       \
	" END AS prefix"
#define TIMES                                                                                     \
	"datetime(since / 1000000, 'unixepoch') AS since,"                                         \
	" CASE expires WHEN 9223372036854775807 THEN 'permanent' ELSE"                             \
	" datetime(expires / 1000000, 'unixepoch') END AS expires"
/* sw_key_prefix reads this many bytes, whoever wrote them. */
#define KEY(name) name " BLOB NOT NULL CHECK(length(" name ") = " TEXT(KEY_BYTES) ")"

static const char schema[] =
	"CREATE TABLE origin(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE claim(" KEY("key") ", origin INTEGER NOT NULL,"
	" comment TEXT NOT NULL, since INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" new_only INTEGER NOT NULL, PRIMARY KEY(key, origin)) WITHOUT ROWID;"
	"CREATE TABLE allow(" KEY("key") " PRIMARY KEY, comment TEXT NOT NULL,"
	" since INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" type TEXT NOT NULL, " KEY("source") ", json TEXT NOT NULL);"
	"CREATE INDEX event_source ON event(source);"
	"CREATE INDEX event_time ON event(time);"
	"CREATE TABLE audit(id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" uid INTEGER, login_uid INTEGER, pid INTEGER, ssh_client TEXT,"
	" argv TEXT, what TEXT, exit INTEGER);"
	"CREATE TABLE offence(" KEY("key") " PRIMARY KEY, count INTEGER NOT NULL,"
	" last INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE VIEW claims AS SELECT " PREFIX ", (SELECT name FROM origin WHERE id = origin) AS"
	" origin, comment, " TIMES ", new_only FROM " IN_GROUPS("claim") ";"
	"CREATE VIEW allows AS SELECT " PREFIX ", comment, " TIMES " FROM " IN_GROUPS("allow") ";"
	"PRAGMA user_version = " TEXT(VERSION) ";";

static int read_version(struct sw_store *s, int *version, struct sw_err *e)
{
	sqlite3_stmt *q = sw_store_prepare(s, "PRAGMA user_version", e);
	int ret = 0;

	if (!q)
		return -1;
	if (sqlite3_step(q) == SQLITE_ROW)
		*version = sqlite3_column_int(q, 0);
	else
		ret = sw_store_failed(s, e);
	sqlite3_finalize(q);
	return ret;
}

/* Two processes may come first at the same time: look again inside. */
static int make_tables(struct sw_store *s, int *version, struct sw_err *e)
{
	chmod(s->path, 0640); /* the log beside it takes the same mode */
	if (sw_store_use_wal(s, e) < 0 || sw_store_begin(s, e) < 0)
		return -1;
	if (read_version(s, version, e) < 0)
		goto undo;
	if (*version == 0) {
		if (sw_store_run(s, schema, e) < 0)
			goto undo;
		*version = VERSION;
	}
	if (sw_store_commit(s, e) == 0)
		return 0;
undo:
	sw_store_rollback(s);
	return -1;
}

int sw_store_schema(struct sw_store *s, struct sw_err *e)
{
	int version;

	if (read_version(s, &version, e) < 0)
		return -1;
	if (version == 0 && make_tables(s, &version, e) < 0)
		return -1;
	if (version != VERSION)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s was written by another scanwall (schema %d, this one knows %d)",
			       s->path, version, VERSION);
	return 0;
}
