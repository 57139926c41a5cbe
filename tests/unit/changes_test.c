// SPDX-License-Identifier: GPL-2.0-only
/* The rows that one command changed, before and after, also if most share the same columns,
 * which are stored once. */
#include <stdio.h>
#include "store/changes.h"
#include "store/notes.h"
#include "test_store.h"

#define CHANGE 7
#define MANY 5000

static void put(const char *where, const char *comment, int64_t expires)
{
	struct sw_claim c = claim_of(where, "import", expires);

	snprintf(c.comment, sizeof(c.comment), "%s", comment);
	OK(sw_store_claim_put(store, &c, &store_err));
}

static void begin(void)
{
	store_reopen();
	OK(sw_store_watch(store, &store_err));
	OK(sw_store_begin(store, &store_err));
}

static void keep(int rows)
{
	assert_int_equal(sw_store_change_keep(store, CHANGE, NULL, 0, &store_err), rows);
	OK(sw_store_commit(store, &store_err));
	store_reopen();
}

static int write_row(const struct sw_row *row, void *arg)
{
	const struct sw_claim *was = &row->before.claim, *is = &row->after.claim;
	char *to = arg, text[SW_PREFIX_TEXT];

	if (row->kind == SW_ROW_RULE_OFF) {
		sprintf(to + strlen(to), "[rule %u%s]", row->sid, row->became ? " off" : "");
		return 0;
	}
	sw_prefix_text(&was->prefix, text);
	sprintf(to + strlen(to), "[%s", text);
	if (row->was)
		sprintf(to + strlen(to), " %s %lld", was->comment, (long long)(was->expires - T));
	if (row->became)
		sprintf(to + strlen(to), " > %s %lld", is->comment, (long long)(is->expires - T));
	strcat(to, "]");
	return 0;
}

static void assert_rows(const char *right)
{
	char text[4096] = "";

	OK(sw_store_change_rows(store, CHANGE, write_row, text, &store_err));
	assert_string_equal(text, right);
}

static void rows_with_the_same_columns(void **state)
{
	(void)state;
	put("198.51.100.1", "a", T);
	put("198.51.100.2", "a", T);
	put("198.51.100.3", "b", T);
	put("198.51.100.5", "b", T);
	begin();
	put("198.51.100.1", "a", T + 1);
	put("198.51.100.2", "a", T + 1);
	put("198.51.100.3", "b", T + 1);
	put("198.51.100.4", "b", T + 1);
	put("198.51.100.5", "b", T);
	put("198.51.100.6", "b", T + 1);
	OK(sw_store_rule_off(store, 41, true, &store_err));
	keep(1);
	assert_rows("[198.51.100.1 a 0 > a 1][198.51.100.2 a 0 > a 1][198.51.100.3 b 0 > b 1]"
		    "[198.51.100.4 > b 1][198.51.100.6 > b 1][rule 41 off]");
}

static void all_claims_gone_and_some_come_back(void **state)
{
	(void)state;
	put("198.51.100.1", "a", T);
	put("198.51.100.2", "a", T);
	put("198.51.100.3", "", T);
	begin();
	put("198.51.100.9", "", T);
	OK(sw_store_claims_clear(store, &store_err));
	put("198.51.100.1", "a", T);
	put("198.51.100.3", "", T + 5);
	put("198.51.100.4", "", T + 5);
	keep(1);
	assert_rows("[198.51.100.2 a 0][198.51.100.3  0 >  5][198.51.100.4 >  5]");
}

/* The hook is set again behind it, and what is rolled back is forgotten. */
static void clearing_that_is_rolled_back(void **state)
{
	(void)state;
	put("198.51.100.1", "a", T);
	begin();
	OK(sw_store_claims_clear(store, &store_err));
	sw_store_rollback(store);
	OK(sw_store_begin(store, &store_err));
	put("198.51.100.2", "b", T);
	keep(1);
	assert_rows("[198.51.100.2 > b 0]");
}

static int count_row(const struct sw_row *row, void *arg)
{
	size_t *n = arg;

	assert_true(row->was && row->became);
	assert_true(row->before.claim.expires == T && row->after.claim.expires == T + 9);
	++*n;
	return 0;
}

static void many(void **state)
{
	char text[SW_PREFIX_TEXT];
	size_t n = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			sprintf(text, "198.18.%d.%d", i >> 8, i & 255);
			put(text, "", T + 9 * round);
		}
		if (!round)
			begin();
		if (!round)
			OK(sw_store_claims_clear(store, &store_err));
	}
	keep(1);
	OK(sw_store_change_rows(store, CHANGE, count_row, &n, &store_err));
	assert_int_equal(n, MANY);
}

/* Steps of one byte and more, others in between, and what has other columns or another
 * length or origin. */
static void runs(void **state)
{
	struct sw_claim other = claim_of("198.51.100.200", "other", T);

	(void)state;
	put("192.0.2.1", "", T);
	put("198.51.100.1", "", T);
	put("198.51.100.9", "", T);
	begin();
	OK(sw_store_claims_clear(store, &store_err));
	put("192.0.2.1", "", T + 1);
	put("192.0.2.1/32", "", T + 1);
	put("192.0.2.129", "", T + 1);
	put("192.0.3.1", "", T + 1);
	put("192.1.0.0", "", T + 1);
	put("198.51.100.0", "", T + 1);
	put("198.51.100.1", "", T + 1);
	put("198.51.100.2/31", "", T + 1);
	put("198.51.100.4/31", "", T + 1);
	put("198.51.100.4", "", T + 1);
	put("198.51.100.5", "x", T + 1);
	put("198.51.100.6", "x", T + 1);
	OK(sw_store_claim_put(store, &other, &store_err));
	other = claim_of("198.51.100.5", "other", T);
	OK(sw_store_claim_put(store, &other, &store_err));
	other = claim_of("198.51.100.5", "more", T);
	OK(sw_store_claim_put(store, &other, &store_err));
	put("198.51.100.201", "x", T + 1);
	put("255.255.255.255", "x", T + 1);
	put("2001:db8::7", "x", T + 1);
	put("2001:db8::ffff:ffff", "x", T + 1);
	put("2001:db8::1:0:1", "x", T + 1);
	keep(1);
	assert_rows("[192.0.2.1  0 >  1][192.0.2.129 >  1][192.0.3.1 >  1][192.1.0.0 >  1]"
		    "[198.51.100.0 >  1][198.51.100.1  0 >  1][198.51.100.2/31 >  1]"
		    "[198.51.100.4/31 >  1][198.51.100.4 >  1][198.51.100.5 > x 1]"
		    "[198.51.100.5 >  0][198.51.100.5 >  0][198.51.100.6 > x 1][198.51.100.9  "
		    "0][198.51.100.200 >  0]"
		    "[198.51.100.201 > x 1][255.255.255.255 > x 1][2001:db8::7 > x 1]"
		    "[2001:db8::ffff:ffff > x 1][2001:db8::1:0:1 > x 1]");
}

/* What is cut off or is no number is told, and not read beyond its end. */
static void damaged_runs(void **state)
{
	static const unsigned char head[] = {SW_ROW_CLAIM, 2, SW_NOTE_CLAIM_KEY, 0, 0, 0, 26, 0};
	unsigned char bytes[256] = {0};
	size_t start = sizeof(head) + SW_NOTE_CLAIM_KEY + 26, at;

	(void)state;
	memcpy(bytes, head, sizeof(head));
	bytes[sizeof(head)] = 18;
	bytes[start + 1] = 8;
	memset(bytes + start + 2, 0xff, 8);
	for (size_t size = start; size < start + 10; size++) {
		struct sw_note n = {0};

		at = 0;
		OK(sw_note_read(bytes, size, &at, &n));
		assert_int_equal(at, start);
		assert_int_equal(sw_note_read(bytes, size, &at, &n), -1);
	}
}

/* SW_CLAIMS_PUT of them, the first few with comments. */
static void claims_of(struct sw_claim *c, const struct sw_claim **list)
{
	char text[SW_PREFIX_TEXT];

	for (int i = 0; i < SW_CLAIMS_PUT; i++) {
		sprintf(text, "198.51.100.%d", i);
		c[i] = claim_of(text, i % 2 ? "import" : "operator", T + i);
		c[i].new_only = i == 3;
		if (i < 4)
			sprintf(c[i].comment, "no. %d, \xc3\xa9", i);
		list[i] = &c[i];
	}
}

static void copy_notes(struct sw_packed *p, bool fresh)
{
	const struct sw_claim *list[SW_CLAIMS_PUT];
	struct sw_claim c[SW_CLAIMS_PUT];

	claims_of(c, list);
	OK(sw_store_begin(store, &store_err));
	if (fresh)
		OK(sw_store_claims_new(store, list, SW_CLAIMS_PUT, &store_err));
	else
		OK(sw_store_claims_put(store, list, SW_CLAIMS_PUT, &store_err));
	OK(sw_notes_pack(store, p, &store_err));
	sw_store_rollback(store);
}

/* What is new is noted without SQLite's hook, and exactly as by it. */
static void new_claims_are_noted_alike(void **state)
{
	struct sw_packed hook, own;

	(void)state;
	store_reopen();
	OK(sw_store_watch(store, &store_err));
	copy_notes(&hook, false);
	copy_notes(&own, true);
	assert_true(hook.size > 0);
	assert_int_equal(own.full, hook.full);
	assert_int_equal(own.size, hook.size);
	assert_memory_equal(own.bytes, hook.bytes, own.size);
	free(hook.bytes);
	free(own.bytes);
}

/* Where one of them is there all the same, nothing is lost: the statement fails. */
static void new_claims_replace_nothing(void **state)
{
	const struct sw_claim *list[SW_CLAIMS_PUT];
	struct sw_claim c[SW_CLAIMS_PUT], have;

	(void)state;
	claims_of(c, list);
	c[5].expires += 100;
	OK(sw_store_claim_put(store, &c[5], &store_err));
	c[5].expires -= 100;
	begin();
	assert_int_equal(sw_store_claims_new(store, list, SW_CLAIMS_PUT, &store_err), -1);
	sw_store_rollback(store);
	assert_int_equal(sw_store_claim_get(store, &c[5].prefix, "import", &have, &store_err), 1);
	assert_true(have.expires == T + 105);
	assert_int_equal(sw_store_claim_get(store, &c[6].prefix, "operator", &have, &store_err), 0);
	/* And the hook is set again. */
	OK(sw_store_begin(store, &store_err));
	put("198.51.100.5", "b", T);
	keep(1);
	assert_rows("[198.51.100.5  105 > b 0]");
}

static const struct sw_claim **long_list(struct sw_claim *c)
{
	const struct sw_claim **list = calloc(MANY, sizeof(*list));
	char text[SW_PREFIX_TEXT];

	for (int i = 0; i < MANY; i++) {
		sprintf(text, "198.18.%d.%d", i >> 8, i & 255);
		c[i] = claim_of(text, "import", T);
		list[i] = &c[i];
	}
	return list;
}

/* So many that a thread writes them: whoever looks next finds them all. */
static void many_new_claims(void **state)
{
	struct sw_claim *c = calloc(MANY, sizeof(*c)), have;
	const struct sw_claim **list = long_list(c);
	struct sw_claim_filter every = {0};

	(void)state;
	begin();
	OK(sw_store_claims_new(store, list, MANY, &store_err));
	assert_int_equal(
		sw_store_claim_get(store, &c[MANY - 1].prefix, "import", &have, &store_err), 1);
	put("198.18.0.0/15", "", T);
	assert_int_equal(sw_store_claim_count(store, &every, &store_err), MANY + 1);
	keep(1);
	assert_int_equal(sw_store_claim_count(store, &every, &store_err), MANY + 1);
	free(list);
	free(c);
}

/* One is there all the same: all that follows fails, until it is rolled back. */
static void many_new_claims_that_fail(void **state)
{
	struct sw_claim *c = calloc(MANY, sizeof(*c));
	const struct sw_claim **list = long_list(c);
	struct sw_claim_filter every = {0};

	(void)state;
	put("198.18.9.9", "", T);
	begin();
	OK(sw_store_claims_new(store, list, MANY, &store_err));
	assert_int_equal(sw_store_commit(store, &store_err), -1);
	assert_int_equal(sw_store_claim_put(store, c, &store_err), -1);
	assert_true(sw_store_begun(store));
	sw_store_rollback(store);
	assert_int_equal(sw_store_claim_count(store, &every, &store_err), 1);
	OK(sw_store_begin(store, &store_err));
	put("198.18.9.9", "b", T + 1);
	keep(1);
	assert_rows("[198.18.9.9  0 > b 1]");
	free(list);
	free(c);
}

/* A setting's value of that length; it ends in c. */
static char *long_value(size_t length, char c)
{
	char *value = malloc(length + 1);

	memset(value, 'p', length);
	value[length - 1] = c;
	value[length] = '\0';
	return value;
}

struct lengths {
	const char *before, *after;
	int rows;
};

static int check_setting(const struct sw_row *row, void *arg)
{
	struct lengths *l = arg;

	l->rows++;
	if (row->kind != SW_ROW_SETTING)
		return 0;
	assert_string_equal(row->before.value, l->before);
	assert_string_equal(row->after.value, l->after);
	assert_string_equal(row->now.value, l->after);
	return 0;
}

static void change_settings(const char *before, const char *after, int64_t change)
{
	struct lengths l = {before, after, 0};

	OK(sw_store_setting_put(store, "port_allow", before, &store_err));
	OK(sw_store_setting_put(store, "syslog", before, &store_err));
	begin();
	put("198.51.100.1", "a", T + change);
	OK(sw_store_setting_put(store, "port_allow", "between", &store_err));
	OK(sw_store_setting_put(store, "port_allow", after, &store_err));
	OK(sw_store_setting_put(store, "syslog", after, &store_err));
	OK(sw_store_rule_off(store, change, true, &store_err));
	assert_int_equal(sw_store_change_keep(store, change, NULL, 0, &store_err), 1);
	OK(sw_store_commit(store, &store_err));
	store_reopen();
	OK(sw_store_change_rows(store, change, check_setting, &l, &store_err));
	assert_int_equal(l.rows, 4);
}

/* port_allow may have 16,384 entries. */
static void long_settings(void **state)
{
	static const size_t length[] = {8, 65533, 65534, 65535, 65536, 65600, 400000};
	int n = sizeof(length) / sizeof(length[0]);
	char *before, *after;

	(void)state;
	for (int i = 0; i < n * n; i++) {
		before = long_value(length[i / n], 'b');
		after = long_value(length[i % n], 'a');
		change_settings(before, after, i + 1);
		free(before);
		free(after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_claims_are_noted_alike),
		TEST(new_claims_replace_nothing),
		TEST(rows_with_the_same_columns),
		TEST(all_claims_gone_and_some_come_back),
		TEST(clearing_that_is_rolled_back),
		TEST(many),
		TEST(runs),
		TEST(damaged_runs),
		TEST(many_new_claims),
		TEST(many_new_claims_that_fail),
		TEST(long_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
