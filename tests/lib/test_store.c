// SPDX-License-Identifier: GPL-2.0-only
/* Opens a temporary record for each test (test_store.h). */
#include <stdio.h>
#include <unistd.h>
#include "test_store.h"

char store_top[64], store_dir[96], store_file[128];
struct sw_store *store;
struct sw_err store_err;
char store_seen[4096];

int store_set_up(void **state)
{
	(void)state;
	memset(&store_err, 0, sizeof(store_err));
	strcpy(store_top, "/tmp/scanwall-store.XXXXXX");
	if (!mkdtemp(store_top))
		return -1;
	snprintf(store_dir, sizeof(store_dir), "%s/state", store_top);
	snprintf(store_file, sizeof(store_file), "%s/scanwall.db", store_dir);
	store = sw_store_open(store_dir, &store_err);
	return store ? 0 : -1;
}

void store_remove(void)
{
	static const char *const tail[] = {"", "-wal", "-shm", "-journal"};
	char path[160];

	sw_store_close(store);
	store = NULL;
	for (size_t i = 0; i < COUNT(tail); i++) {
		snprintf(path, sizeof(path), "%s%s", store_file, tail[i]);
		unlink(path);
	}
	if (rmdir(store_dir))
		unlink(store_dir);
}

int store_tear_down(void **state)
{
	(void)state;
	store_remove();
	return rmdir(store_top);
}

void store_reopen(void)
{
	sw_store_close(store);
	store = sw_store_open(store_dir, &store_err);
	if (!store)
		fail_msg("%s", store_err.text);
}

struct sw_prefix prefix_of(const char *text)
{
	struct sw_prefix p;

	OK(sw_prefix_parse(text, &p, &store_err));
	return p;
}

struct sw_claim claim_of(const char *text, const char *origin, int64_t expires)
{
	struct sw_claim c = {.prefix = prefix_of(text), .since = T, .expires = expires};

	strcpy(c.origin, origin);
	return c;
}

void put_claim(const char *text, const char *origin, int64_t expires)
{
	struct sw_claim c = claim_of(text, origin, expires);

	OK(sw_store_claim_put(store, &c, &store_err));
}

static int note_claim(const struct sw_claim *c, void *arg)
{
	char buf[SW_PREFIX_TEXT];
	size_t n = strlen(store_seen);

	(void)arg;
	snprintf(store_seen + n, sizeof(store_seen) - n, "%s%s %s", n ? ", " : "",
		 sw_prefix_text(&c->prefix, buf), c->origin);
	return 0;
}

void assert_walk(const struct sw_claim_filter *f, const char *expected, int n)
{
	store_seen[0] = 0;
	OK(sw_store_claims(store, f, note_claim, NULL, &store_err));
	assert_string_equal(store_seen, expected);
	assert_int_equal(sw_store_claim_count(store, f, &store_err), n);
}

void put_allow(const char *text, const char *comment, int64_t expires)
{
	struct sw_allow_entry a = {.prefix = prefix_of(text), .since = T + 1, .expires = expires};

	strcpy(a.comment, comment);
	OK(sw_store_allow_put(store, &a, &store_err));
}
