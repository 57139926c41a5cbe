// SPDX-License-Identifier: GPL-2.0-only
/* The record: what is written is read back, and in order. */
#include <stdio.h>
#include <sys/stat.h>
#include "test_store.h"

static void claims_come_back_whole(void **state)
{
	static const char *const where[] = {
		"0.0.0.0", "203.0.113.9", "203.0.113.0/24", "255.255.255.255", "0.0.0.0/0",
		"::",	   "::/0",	  "2001:db8::/64",  "2001:db8::9"};
	struct sw_claim in, out;

	(void)state;
	for (size_t i = 0; i < COUNT(where); i++) {
		in = claim_of(where[i], "fail2ban/sshd", T + (int64_t)i);
		in.new_only = i & 1;
		snprintf(in.comment, sizeof(in.comment), "it's \"%s\" \xe2\x82\xac;--", where[i]);
		OK(sw_store_claim_put(store, &in, &store_err));
		store_reopen();
		memset(&out, 0x55, sizeof(out));
		assert_int_equal(sw_store_claim_get(store, &in.prefix, in.origin, &out, &store_err),
				 1);
		assert_int_equal(sw_prefix_cmp(&in.prefix, &out.prefix), 0);
		assert_string_equal(in.origin, out.origin);
		assert_string_equal(in.comment, out.comment);
		assert_true(in.since == out.since && in.expires == out.expires);
		assert_int_equal(in.new_only, out.new_only);
	}
}

static void longest_texts_fit(void **state)
{
	struct sw_claim in = claim_of("203.0.113.9", "", SW_FOREVER), out;

	(void)state;
	memset(in.origin, 'o', sizeof(in.origin) - 1);
	memset(in.comment, 'c', sizeof(in.comment) - 1);
	OK(sw_store_claim_put(store, &in, &store_err));
	store_reopen();
	assert_int_equal(sw_store_claim_get(store, &in.prefix, in.origin, &out, &store_err), 1);
	assert_string_equal(in.origin, out.origin);
	assert_string_equal(in.comment, out.comment);
	assert_true(out.expires == SW_FOREVER);
}

static void origins_hold_apart(void **state)
{
	struct sw_prefix p = prefix_of("203.0.113.9"), wider = prefix_of("203.0.113.0/24");
	struct sw_claim c;
	int n = 77;

	(void)state;
	put_claim("203.0.113.9", "operator", T);
	put_claim("203.0.113.9", "kernel", T + 1);
	put_claim("203.0.113.9", "operator", T + 2);
	assert_walk(&(struct sw_claim_filter){.prefix = &p},
		    "203.0.113.9 operator, 203.0.113.9 kernel", 2);
	assert_int_equal(sw_store_claim_get(store, &p, "operator", &c, &store_err), 1);
	assert_true(c.expires == T + 2);
	assert_int_equal(sw_store_claim_get(store, &p, "fleet/a", &c, &store_err), 0);
	assert_int_equal(sw_store_claim_get(store, &wider, "operator", &c, &store_err), 0);

	OK(sw_store_claim_del(store, &p, "fleet/a", &n, &store_err));
	assert_int_equal(n, 0);
	OK(sw_store_claim_del(store, &wider, NULL, &n, &store_err));
	assert_int_equal(n, 0);
	OK(sw_store_claim_del(store, &p, "operator", &n, &store_err));
	assert_int_equal(n, 1);
	assert_walk(&(struct sw_claim_filter){0}, "203.0.113.9 kernel", 1);
	put_claim("203.0.113.9", "operator", T);
	OK(sw_store_claim_del(store, &p, NULL, &n, &store_err));
	assert_int_equal(n, 2);
	OK(sw_store_claim_del(store, &p, NULL, NULL, &store_err));
	assert_walk(&(struct sw_claim_filter){0}, "", 0);
}

static void walks_are_in_order(void **state)
{
	(void)state;
	put_claim("2001:db8::", "a", T);
	put_claim("10.0.0.0", "a", T);
	put_claim("::/0", "a", T);
	put_claim("255.0.0.0/8", "a", T);
	put_claim("10.0.0.0/9", "a", T);
	put_claim("127.0.0.1", "a", T);
	put_claim("10.0.0.0/8", "a", T);
	put_claim("2001:db8::/32", "a", T);
	put_claim("128.0.0.1", "a", T);
	assert_walk(
		&(struct sw_claim_filter){0},
		"10.0.0.0/8 a, 10.0.0.0/9 a, 10.0.0.0 a, 127.0.0.1 a, 128.0.0.1 a, 255.0.0.0/8 a, "
		"::/0 a, 2001:db8::/32 a, 2001:db8:: a",
		9);
}

static void walk_inside_a_prefix(void **state)
{
	struct sw_prefix p;

	(void)state;
	put_claim("10.0.0.0/7", "a", T);
	put_claim("10.0.0.0/8", "a", T);
	put_claim("10.0.0.0", "a", T);
	put_claim("10.255.255.255", "a", T);
	put_claim("9.255.255.255", "a", T);
	put_claim("11.0.0.0", "a", T);
	put_claim("2001:db8::/31", "a", T);
	put_claim("2001:db8::/32", "a", T);
	put_claim("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "a", T);
	put_claim("2001:db9::", "a", T);

	p = prefix_of("10.0.0.0/8");
	assert_walk(&(struct sw_claim_filter){.within = &p},
		    "10.0.0.0/8 a, 10.0.0.0 a, 10.255.255.255 a", 3);
	p = prefix_of("10.0.0.0");
	assert_walk(&(struct sw_claim_filter){.within = &p}, "10.0.0.0 a", 1);
	p = prefix_of("2001:db8::/32");
	assert_walk(&(struct sw_claim_filter){.within = &p},
		    "2001:db8::/32 a, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff a", 2);
	p = prefix_of("0.0.0.0/0");
	assert_int_equal(
		sw_store_claim_count(store, &(struct sw_claim_filter){.within = &p}, &store_err),
		6);
	p = prefix_of("::/0");
	assert_int_equal(
		sw_store_claim_count(store, &(struct sw_claim_filter){.within = &p}, &store_err),
		4);
}

static void walk_by_origin_and_time(void **state)
{
	struct sw_prefix inside = prefix_of("10.0.0.0/8"), one = prefix_of("10.0.0.2");

	(void)state;
	put_claim("10.0.0.1", "fail2ban", T);
	put_claim("10.0.0.2", "fail2ban/sshd", T + 1);
	put_claim("10.0.0.3", "fail2banana", T + 2);
	put_claim("10.0.0.4", "fail2ban_sshd", SW_FOREVER);
	put_claim("192.0.2.1", "fail2ban/nginx/x", T + 3);
	assert_walk(&(struct sw_claim_filter){.origin = "fail2ban"},
		    "10.0.0.1 fail2ban, 10.0.0.2 fail2ban/sshd, 192.0.2.1 fail2ban/nginx/x", 3);
	assert_walk(&(struct sw_claim_filter){.origin = "fail2ban/nginx"},
		    "192.0.2.1 fail2ban/nginx/x", 1);
	assert_walk(&(struct sw_claim_filter){.origin = "fail2ban_"}, "", 0);
	assert_walk(&(struct sw_claim_filter){.origin = "%"}, "", 0);
	assert_walk(&(struct sw_claim_filter){.origin = "' OR 1 --"}, "", 0);
	assert_walk(&(struct sw_claim_filter){.live_at = T + 2},
		    "10.0.0.4 fail2ban_sshd, 192.0.2.1 fail2ban/nginx/x", 2);
	assert_walk(&(struct sw_claim_filter){.expired_at = T + 2},
		    "10.0.0.1 fail2ban, 10.0.0.2 fail2ban/sshd, 10.0.0.3 fail2banana", 3);
	assert_walk(
		&(struct sw_claim_filter){.origin = "fail2ban", .within = &inside, .live_at = T},
		"10.0.0.2 fail2ban/sshd", 1);
	assert_walk(&(struct sw_claim_filter){.prefix = &one, .within = &inside},
		    "10.0.0.2 fail2ban/sshd", 1);
}

static int stop_at_second(const struct sw_claim *c, void *arg)
{
	(void)c;
	return ++*(int *)arg == 2 ? 42 : 0;
}

/* A walk may change what it walks over. */
static int prolong(const struct sw_claim *c, void *arg)
{
	struct sw_claim longer = *c;

	(void)arg;
	longer.expires++;
	return sw_store_claim_put(store, &longer, &store_err);
}

static void walks_stop_and_write(void **state)
{
	int n = 0;

	(void)state;
	put_claim("10.0.0.1", "a", T);
	put_claim("10.0.0.2", "b", T);
	put_claim("10.0.0.3", "a", T);
	assert_int_equal(sw_store_claims(store, &(struct sw_claim_filter){0}, stop_at_second, &n,
					 &store_err),
			 42);
	assert_int_equal(n, 2);
	OK(sw_store_claims(store, &(struct sw_claim_filter){0}, prolong, NULL, &store_err));
	assert_walk(&(struct sw_claim_filter){.live_at = T}, "10.0.0.1 a, 10.0.0.2 b, 10.0.0.3 a",
		    3);
	assert_walk(&(struct sw_claim_filter){.live_at = T + 1}, "", 0);
}

static void transactions(void **state)
{
	struct sw_prefix p = prefix_of("10.0.0.1");

	(void)state;
	sw_store_rollback(store);
	OK(sw_store_begin(store, &store_err));
	assert_int_equal(sw_store_begin(store, &store_err), -1);
	put_claim("10.0.0.1", "new-origin", T);
	OK(sw_store_setting_put(store, "mode", "enforce", &store_err));
	sw_store_rollback(store);
	assert_walk(&(struct sw_claim_filter){0}, "", 0);
	/* The origin went with it, and is made again. */
	put_claim("10.0.0.1", "new-origin", T);
	store_reopen();
	put_claim("10.0.0.1", "other-origin", T);
	assert_walk(&(struct sw_claim_filter){.prefix = &p},
		    "10.0.0.1 new-origin, 10.0.0.1 other-origin", 2);
	OK(sw_store_begin(store, &store_err));
	OK(sw_store_claim_del(store, &p, NULL, NULL, &store_err));
	OK(sw_store_commit(store, &store_err));
	sw_store_rollback(store);
	assert_walk(&(struct sw_claim_filter){0}, "", 0);
}

static void the_log_stays_short(void **state)
{
	struct sw_claim c = claim_of("10.0.0.0", "operator", SW_FOREVER);
	char log[160];
	struct stat st;

	(void)state;
	OK(sw_store_begin(store, &store_err));
	for (unsigned int i = 0; i < 50000; i++) {
		memcpy(&c.prefix.addr.byte[12], &i, 4);
		OK(sw_store_claim_put(store, &c, &store_err));
	}
	OK(sw_store_commit(store, &store_err));
	snprintf(log, sizeof(log), "%s-wal", store_file);
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size < 1 << 20);
	for (unsigned int i = 0; i < 1000; i++) {
		memcpy(&c.prefix.addr.byte[12], &i, 4);
		OK(sw_store_claim_put(store, &c, &store_err));
		store_reopen();
	}
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size < 1 << 20);
	assert_int_equal(sw_store_claim_count(store, &(struct sw_claim_filter){0}, &store_err),
			 50000);
}

static int note_allow(const struct sw_allow_entry *a, void *arg)
{
	char buf[SW_PREFIX_TEXT];
	size_t n = strlen(store_seen);

	(void)arg;
	snprintf(store_seen + n, sizeof(store_seen) - n, "%s \"%s\" %d %d\n",
		 sw_prefix_text(&a->prefix, buf), a->comment, (int)(a->since - T),
		 a->expires == SW_FOREVER ? -1 : (int)(a->expires - T));
	return 0;
}

static void allows(void **state)
{
	struct sw_prefix p = prefix_of("2001:db8::/32");
	int n;

	(void)state;
	put_allow("2001:db8::/32", "office", SW_FOREVER);
	put_allow("203.0.113.9", "", T + 9);
	put_allow("203.0.113.9", "again", T + 10);
	store_seen[0] = 0;
	OK(sw_store_allows(store, note_allow, NULL, &store_err));
	assert_string_equal(store_seen,
			    "203.0.113.9 \"again\" 1 10\n2001:db8::/32 \"office\" 1 -1\n");
	OK(sw_store_allow_del(store, &p, &n, &store_err));
	assert_int_equal(n, 1);
	OK(sw_store_allow_del(store, &p, &n, &store_err));
	assert_int_equal(n, 0);
	store_seen[0] = 0;
	OK(sw_store_allows(store, note_allow, NULL, &store_err));
	assert_string_equal(store_seen, "203.0.113.9 \"again\" 1 10\n");
}

static int note_setting(const char *key, const char *value, void *arg)
{
	size_t n = strlen(store_seen);

	(void)arg;
	snprintf(store_seen + n, sizeof(store_seen) - n, "%s=%s\n", key, value);
	return 0;
}

static void settings(void **state)
{
	char *value = NULL;

	(void)state;
	assert_int_equal(sw_store_setting_get(store, "mode", &value, &store_err), 0);
	OK(sw_store_setting_put(store, "mode", "detect", &store_err));
	OK(sw_store_setting_put(store, "detect.threshold", "3", &store_err));
	OK(sw_store_setting_put(store, "mode", "enforce", &store_err));
	store_reopen();
	assert_int_equal(sw_store_setting_get(store, "mode", &value, &store_err), 1);
	assert_string_equal(value, "enforce");
	free(value);
	store_seen[0] = 0;
	OK(sw_store_settings(store, note_setting, NULL, &store_err));
	assert_string_equal(store_seen, "detect.threshold=3\nmode=enforce\n");
	OK(sw_store_setting_put(store, "mode", NULL, &store_err));
	OK(sw_store_setting_put(store, "mode", NULL, &store_err));
	assert_int_equal(sw_store_setting_get(store, "mode", &value, &store_err), 0);
}

static int note_record(const struct sw_record *r, void *arg)
{
	char buf[SW_PREFIX_TEXT];
	size_t n = strlen(store_seen);

	(void)arg;
	snprintf(store_seen + n, sizeof(store_seen) - n, "%d %d %s %s %s\n", (int)r->id,
		 (int)(r->time - T), r->type, sw_prefix_text(&r->source, buf), r->json);
	return 0;
}

static void add_event(int64_t time, const char *source, const char *json)
{
	struct sw_record r = {.time = time, .type = "would-block", .source = prefix_of(source)};

	r.json = (char *)json;
	OK(sw_store_event_add(store, &r, &store_err));
}

static void assert_events(int64_t since, const char *source, int limit, const char *expected)
{
	struct sw_prefix p = prefix_of(source ? source : "::");

	store_seen[0] = 0;
	OK(sw_store_events(store, since, source ? &p : NULL, limit, note_record, NULL, &store_err));
	assert_string_equal(store_seen, expected);
}

#define EVENT1 "1 1 would-block 203.0.113.9 {\"n\":1}\n"
#define EVENT2 "2 2 would-block 2001:db8::/64 {}\n"
#define EVENT3 "3 3 would-block 203.0.113.9 {\"n\":\"\xc3\xa9\"}\n"

static void events(void **state)
{
	(void)state;
	add_event(T + 1, "203.0.113.9", "{\"n\":1}");
	add_event(T + 2, "2001:db8::/64", "{}");
	add_event(T + 3, "203.0.113.9", "{\"n\":\"\xc3\xa9\"}");
	store_reopen();
	assert_events(0, NULL, 0, EVENT1 EVENT2 EVENT3);
	assert_events(T + 2, NULL, 0, EVENT2 EVENT3);
	assert_events(T + 4, NULL, 0, "");
	assert_events(0, NULL, 2, EVENT2 EVENT3);
	assert_events(0, NULL, 99, EVENT1 EVENT2 EVENT3);
	assert_events(0, "203.0.113.9", 0, EVENT1 EVENT3);
	assert_events(0, "203.0.113.9", 1, EVENT3);
	assert_events(T + 2, "203.0.113.9", 5, EVENT3);
	assert_events(0, "203.0.113.0/24", 0, "");
}

static int note_audit(const struct sw_audit *a, void *arg)
{
	size_t n = strlen(store_seen);

	(void)arg;
	snprintf(store_seen + n, sizeof(store_seen) - n, "%d %d %u %u %d [%s] [%s] [%s] %d\n",
		 (int)a->id, (int)(a->time - T), a->uid, a->login_uid, a->pid, a->ssh_client,
		 a->argv, a->what, a->exit);
	return 0;
}

static void assert_audits(int64_t since, int limit, const char *expected)
{
	store_seen[0] = 0;
	OK(sw_store_audits(store, since, limit, note_audit, NULL, &store_err));
	assert_string_equal(store_seen, expected);
}

#define AUDIT1 "1 1 0 4294967295 4194304 [] [scanwall block 203.0.113.9] [blocked] 0\n"
#define AUDIT2 "2 2 4294967294 1000 7 [198.51.100.7] [] [] 6\n"

static void audits(void **state)
{
	struct sw_audit a = {.time = T + 1,
			     .login_uid = UINT32_MAX,
			     .pid = 4194304,
			     .argv = "scanwall block 203.0.113.9",
			     .what = "blocked"};
	struct sw_audit b = {.time = T + 2,
			     .uid = UINT32_MAX - 1,
			     .login_uid = 1000,
			     .pid = 7,
			     .ssh_client = "198.51.100.7",
			     .exit = SW_EXIT_GUARD};

	(void)state;
	OK(sw_store_audit_add(store, &a, &store_err));
	OK(sw_store_audit_add(store, &b, &store_err));
	store_reopen();
	assert_audits(0, 0, AUDIT1 AUDIT2);
	assert_audits(T + 2, 0, AUDIT2);
	assert_audits(0, 1, AUDIT2);
}

static void offences(void **state)
{
	struct sw_prefix p = prefix_of("203.0.113.9"), other = prefix_of("2001:db8::/64");
	int64_t last;

	(void)state;
	assert_int_equal(sw_store_offence(store, &p, T, 100, &store_err), 1);
	assert_int_equal(sw_store_offence(store, &p, T + 100, 100, &store_err), 2);
	assert_int_equal(sw_store_offence(store, &other, T + 100, 100, &store_err), 1);
	store_reopen();
	assert_int_equal(sw_store_offence(store, &p, T + 150, 100, &store_err), 3);
	assert_int_equal(sw_store_offence(store, &p, T + 251, 100, &store_err), 1);
	assert_int_equal(sw_store_offence(store, &p, T + 99999999, SW_FOREVER, &store_err), 2);
	assert_int_equal(sw_store_offences(store, &p, T + 99999999, 100, &last, &store_err), 2);
	assert_true(last == T + 99999999);
	assert_int_equal(sw_store_offences(store, &p, T + 100000099, 100, &last, &store_err), 2);
	assert_int_equal(sw_store_offences(store, &p, T + 100000100, 100, &last, &store_err), 0);
	assert_int_equal(sw_store_offences(store, &p, T + 999999999, SW_FOREVER, &last, &store_err),
			 2);
	p = prefix_of("203.0.113.10");
	assert_int_equal(sw_store_offences(store, &p, T, SW_FOREVER, &last, &store_err), 0);
}

static void pruning(void **state)
{
	struct sw_audit a = {.time = T + 5, .login_uid = 1};
	int64_t now = sw_now();

	(void)state;
	put_claim("10.0.0.1", "a", now - 1);
	put_claim("10.0.0.2", "a", now + 3600000000);
	put_claim("10.0.0.3", "a", SW_FOREVER);
	put_allow("203.0.113.1", "gone", now - 1);
	put_allow("203.0.113.2", "stays", SW_FOREVER);
	add_event(T + 1, "203.0.113.9", "{\"n\":1}");
	add_event(T + 2, "2001:db8::/64", "{}");
	OK(sw_store_audit_add(store, &a, &store_err));
	a.time = T + 1;
	OK(sw_store_audit_add(store, &a, &store_err));
	OK(sw_store_prune(store, T + 2, &store_err));
	assert_walk(&(struct sw_claim_filter){0}, "10.0.0.2 a, 10.0.0.3 a", 2);
	assert_events(0, NULL, 0, EVENT2);
	assert_audits(0, 0, "1 5 0 1 0 [] [] [] 0\n");
	store_seen[0] = 0;
	OK(sw_store_allows(store, note_allow, NULL, &store_err));
	assert_string_equal(store_seen, "203.0.113.2 \"stays\" 1 -1\n");
}

static int last_id(const struct sw_record *r, void *arg)
{
	int64_t *seen = arg;

	seen[0]++;
	seen[1] = r->id;
	return 0;
}

/* However many there are within their time, and whoever writes them. */
static void bounded_in_bytes(void **state)
{
	struct sw_audit a = {.time = T, .login_uid = 1};
	char json[1000] = "", argv[20000] = "";
	int64_t gone, seen[2] = {0};

	(void)state;
	memset(json, ' ', sizeof(json) - 1);
	memset(argv, 'x', sizeof(argv) - 1);
	a.argv = argv;
	OK(sw_store_begin(store, &store_err));
	for (int i = 0; i < 3000; i++)
		add_event(T + i, "203.0.113.9", json);
	for (int i = 0; i < 200; i++)
		OK(sw_store_audit_add(store, &a, &store_err));
	OK(sw_store_commit(store, &store_err));
	OK(sw_store_bound(store, 100 << 20, &gone, &store_err));
	assert_int_equal(gone, 0);
	OK(sw_store_bound(store, 1 << 20, &gone, &store_err));
	OK(sw_store_events(store, 0, NULL, 0, last_id, seen, &store_err));
	assert_in_range(seen[0], 700, 1000); /* some 1,127 bytes each */
	assert_int_equal(seen[1], 3000);
	assert_in_range(gone, 3000 - seen[0] + 100, 3000 - seen[0] + 199);
	OK(sw_store_bound(store, 1 << 20, &gone, &store_err));
	assert_int_equal(gone, 0);
	OK(sw_store_bound(store, 10, &gone, &store_err)); /* the newest stays */
	memset(seen, 0, sizeof(seen));
	OK(sw_store_events(store, 0, NULL, 0, last_id, seen, &store_err));
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 3000);
}

static int64_t first_expiry(void)
{
	int64_t at = 77;

	OK(sw_store_first_expiry(store, &at, &store_err));
	return at;
}

static void the_first_expiry_follows_every_writer(void **state)
{
	struct sw_claim c = claim_of("10.0.0.3", "a", T - 2);
	struct sw_store *other = sw_store_open(store_dir, &store_err);

	(void)state;
	assert_non_null(other);
	assert_true(first_expiry() == SW_FOREVER);
	put_claim("10.0.0.1", "a", SW_FOREVER);
	assert_true(first_expiry() == SW_FOREVER);
	put_claim("10.0.0.2", "a", T);
	assert_true(first_expiry() == T && first_expiry() == T);
	OK(sw_store_claim_put(other, &c, &store_err));
	assert_true(first_expiry() == T - 2);
	OK(sw_store_begin(store, &store_err));
	put_claim("10.0.0.4", "a", T - 3);
	assert_true(first_expiry() == T - 3);
	sw_store_rollback(store);
	assert_true(first_expiry() == T - 2);
	sw_store_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(claims_come_back_whole),
		TEST(longest_texts_fit),
		TEST(origins_hold_apart),
		TEST(walks_are_in_order),
		TEST(walk_inside_a_prefix),
		TEST(walk_by_origin_and_time),
		TEST(walks_stop_and_write),
		TEST(transactions),
		TEST(the_log_stays_short),
		TEST(allows),
		TEST(settings),
		TEST(events),
		TEST(audits),
		TEST(offences),
		TEST(pruning),
		TEST(the_first_expiry_follows_every_writer),
		TEST(bounded_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
