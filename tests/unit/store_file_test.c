// SPDX-License-Identifier: GPL-2.0-only
/* The file of the record: concurrent processes, damage, permissions, and how it looks in
 * sqlite3. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sqlite3.h>
#include "test_store.h"

#define NOBODY 65534

/* ---- several processes */

static void wait_for(pid_t *pid, size_t n)
{
	int status;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static int write_some(int who)
{
	struct sw_store *s = sw_store_open(store_dir, &store_err);
	struct sw_claim c = {.since = T, .expires = T};

	if (!s)
		return 1;
	for (int i = 0; i < 40; i++) {
		snprintf(c.origin, sizeof(c.origin), "origin/%d", i);
		c.prefix = sw_prefix_of(&(struct sw_addr){.byte = {0x20, who, i}}, 128);
		if (sw_store_claim_put(s, &c, &store_err))
			return 2;
		if (sw_store_begin(s, &store_err))
			return 3;
		c.prefix.addr.byte[15] = 1;
		if (sw_store_claim_put(s, &c, &store_err) || sw_store_commit(s, &store_err))
			return 4;
	}
	sw_store_close(s);
	return 0;
}

static void opening_first_together(void **state)
{
	pid_t pid[8];
	int start[2];
	char c;

	(void)state;
	for (int round = 0; round < 25; round++) {
		store_remove();
		assert_int_equal(pipe(start), 0);
		for (size_t i = 0; i < COUNT(pid); i++) {
			pid[i] = fork();
			if (pid[i])
				continue;
			close(start[1]);
			if (read(start[0], &c, 1) != 0)
				_exit(1);
			store = sw_store_open(store_dir, &store_err);
			if (!store)
				_exit(2);
			sw_store_close(store);
			_exit(0);
		}
		close(start[0]);
		close(start[1]);
		wait_for(pid, COUNT(pid));
	}
}

static void several_at_once_from_the_first(void **state)
{
	pid_t pid[8];

	(void)state;
	store_remove();
	for (size_t i = 0; i < COUNT(pid); i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			int code = write_some(i);

			if (code)
				fprintf(stderr, "%d: %s\n", code, store_err.text);
			_exit(code);
		}
	}
	wait_for(pid, COUNT(pid));
	store = sw_store_open(store_dir, &store_err);
	assert_non_null(store);
	assert_int_equal(sw_store_claim_count(store, &(struct sw_claim_filter){0}, &store_err),
			 COUNT(pid) * 80);
	assert_int_equal(sw_store_claim_count(store,
					      &(struct sw_claim_filter){.origin = "origin/7"},
					      &store_err),
			 COUNT(pid) * 2);
}

static void a_killed_writer_loses_only_its_own(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	put_claim("10.0.0.1", "a", T);
	pid = fork();
	if (pid == 0) {
		struct sw_store *s = sw_store_open(store_dir, &store_err);
		struct sw_claim c = {.prefix = {.v4 = true, .plen = 32}, .origin = "b"};

		if (!s || sw_store_begin(s, &store_err))
			_exit(1);
		for (unsigned int i = 0; i < 30000; i++) {
			memcpy(&c.prefix.addr.byte[12], &i, 4);
			if (sw_store_claim_put(s, &c, &store_err))
				_exit(2);
		}
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_walk(&(struct sw_claim_filter){0}, "10.0.0.1 a", 1);
	put_claim("10.0.0.2", "b", T);
	store_reopen();
	assert_walk(&(struct sw_claim_filter){0}, "10.0.0.1 a, 10.0.0.2 b", 2);
}

/* ---- the file itself */

static void sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(store_file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int note_row(void *arg, int n, char **column, char **name)
{
	(void)arg;
	(void)name;
	for (int i = 0; i < n; i++) {
		strcat(store_seen, column[i]);
		strcat(store_seen, i + 1 < n ? "|" : "\n");
	}
	return 0;
}

/* With nothing but SQLite, as the operator's sqlite3 is. */
static void views_read_as_text(void **state)
{
	static const char *const where[] = {
		"0.0.0.0/0",
		"0.0.0.0",
		"9.10.99.255",
		"203.0.113.0/24",
		"203.0.113.9",
		"255.255.255.255",
		"::/0",
		"::",
		"::1",
		"::2:0:0:3",
		"1::/16",
		"1:0:0:2::/64",
		"1:0:0:2:0:0:0:3",
		"1:0:2:3:4:5:6:7",
		"2001:db8::/32",
		"2001:db8::9",
		"2001:db8:f:1:a0:b00:c:1234",
		"fe80::/10",
	};
	struct sw_prefix p;
	char expected[2048] = "", buf[SW_PREFIX_TEXT];
	sqlite3 *db;

	(void)state;
	for (size_t i = 0; i < COUNT(where); i++) {
		put_claim(where[i], "feed/x", i & 1 ? SW_FOREVER : T);
		p = prefix_of(where[i]);
		sprintf(expected + strlen(expected), "%s|feed/x||2026-11-23 06:40:12|%s|0\n",
			sw_prefix_text(&p, buf), i & 1 ? "permanent" : "2026-11-23 06:40:12");
	}
	put_allow("203.0.113.0/24", "office", SW_FOREVER);
	store_seen[0] = 0;
	assert_int_equal(sqlite3_open(store_file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "SELECT * FROM claims", note_row, NULL, NULL), SQLITE_OK);
	assert_string_equal(store_seen, expected);
	store_seen[0] = 0;
	sqlite3_exec(db, "SELECT origin FROM claims WHERE prefix = '2001:db8::/32'", note_row, NULL,
		     NULL);
	assert_string_equal(store_seen, "feed/x\n");
	store_seen[0] = 0;
	sqlite3_exec(db, "SELECT prefix, comment, expires FROM allows", note_row, NULL, NULL);
	assert_string_equal(store_seen, "203.0.113.0/24|office|permanent\n");
	sqlite3_close(db);
}

static void assert_no_open(enum sw_exit code, const char *says)
{
	sw_store_close(store);
	store = sw_store_open(store_dir, &store_err);
	assert_null(store);
	assert_int_equal(store_err.exit, code);
	if (!strstr(store_err.text, says) || !strstr(store_err.text, store_dir))
		fail_msg("\"%s\" does not say \"%s\" of %s", store_err.text, says, store_dir);
	assert_null(strchr(store_err.text, '\n'));
}

static void overwrite(const char *text)
{
	FILE *f = fopen(store_file, "r+");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void other_schema_is_refused(void **state)
{
	(void)state;
	sql("PRAGMA user_version = 5");
	assert_no_open(
		SW_EXIT_FAILED,
		"was written by another version of scanwall (schema 5, this one supports 4)");
	sql("PRAGMA user_version = -1");
	assert_no_open(SW_EXIT_FAILED, "schema -1");
}

static int no_rule(const struct sw_rule_row *r, void *arg)
{
	(void)r;
	(void)arg;
	return 1;
}

static int is_trusted(const struct sw_allow_entry *a, void *arg)
{
	(void)arg;
	return a->trusted || strcmp(a->comment, "office");
}

/* A record of before there were signatures is taken up as it is. */
static void the_first_schema_is_brought_up(void **state)
{
	(void)state;
	put_allow("203.0.113.0/24", "office", SW_FOREVER);
	sql("DROP TABLE rule; DROP TABLE rule_off; DROP TABLE change; DROP VIEW allows;"
	    "ALTER TABLE allow DROP COLUMN trusted; CREATE VIEW allows AS SELECT 1;"
	    "PRAGMA user_version = 1");
	sw_store_close(store);
	store = sw_store_open(store_dir, &store_err);
	assert_non_null(store);
	assert_int_equal(sw_store_rules(store, 0, no_rule, NULL, &store_err), 0);
	store_seen[0] = 0;
	assert_int_equal(sw_store_rule_off(store, 7, true, &store_err), 0);
	/* What was allowed is, and is not trusted. */
	assert_int_equal(sw_store_allows(store, is_trusted, NULL, &store_err), 0);
}

static void no_database_is_refused(void **state)
{
	(void)state;
	sw_store_close(store);
	store = NULL;
	sql("PRAGMA journal_mode = DELETE");
	overwrite("This is a letter to my aunt, and not a database of any kind.");
	assert_no_open(SW_EXIT_FAILED, "scanwall.db is damaged or not a scanwall record");
}

/* A daemon had it open when somebody emptied it: its lock stays on what is now
 * an empty file, and the switch to WAL can never be had. */
static void an_emptied_file_in_use_ends_in_a_sentence(void **state)
{
	struct sw_err e = {0};

	(void)state;
	put_allow("203.0.113.0/24", "office", SW_FOREVER); /* it is open */
	assert_int_equal(truncate(store_file, 0), 0);
	alarm(60); /* it took 83 minutes */
	assert_null(sw_store_open(store_dir, &e));
	alarm(0);
	assert_int_equal(e.exit, SW_EXIT_FAILED);
	assert_non_null(strstr(e.text, "scanwall.db"));
}

static void keys_of_a_wrong_length_are_refused(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(store_file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO claim VALUES(x'04', 1, '', 0, 0, 0)", NULL,
				      NULL, NULL),
			 SQLITE_CONSTRAINT);
	sqlite3_close(db);
}

static void a_file_in_the_way(void **state)
{
	(void)state;
	store_remove();
	assert_int_equal(symlink("/dev/null", store_dir), 0);
	assert_no_open(SW_EXIT_FAILED, "cannot open the record");
	strcat(store_dir, "/none/below");
	assert_no_open(SW_EXIT_FAILED, "cannot make the state directory");
	*strstr(store_dir, "/none") = 0;
}

static void others_are_kept_out(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(stat(store_dir, &st), 0);
	assert_int_equal(st.st_mode & 07027, 0);
	assert_int_equal(stat(store_file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	sw_store_close(store);
	store = NULL;

	assert_int_equal(seteuid(NOBODY), 0);
	store = sw_store_open(store_dir, &store_err);
	assert_int_equal(seteuid(0), 0);
	assert_null(store);
	assert_int_equal(store_err.exit, SW_EXIT_PERM);

	assert_int_equal(chmod(store_top, 0755) | chmod(store_dir, 0755) | chmod(store_file, 0644),
			 0);
	assert_int_equal(seteuid(NOBODY), 0);
	store = sw_store_open(store_dir, &store_err);
	assert_int_equal(seteuid(0), 0);
	assert_null(store);
	assert_int_equal(store_err.exit, SW_EXIT_PERM);
	assert_non_null(strstr(store_err.text, "scanwall.db cannot be written"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opening_first_together),
		TEST(several_at_once_from_the_first),
		TEST(a_killed_writer_loses_only_its_own),
		TEST(views_read_as_text),
		TEST(other_schema_is_refused),
		TEST(the_first_schema_is_brought_up),
		TEST(no_database_is_refused),
		TEST(an_emptied_file_in_use_ends_in_a_sentence),
		TEST(keys_of_a_wrong_length_are_refused),
		TEST(a_file_in_the_way),
		TEST(others_are_kept_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
