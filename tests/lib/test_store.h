/* SPDX-License-Identifier: GPL-2.0-only */
/* A temporary record for each test, and the results of walks over it. */
#ifndef TESTS_TEST_STORE_H
#define TESTS_TEST_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/duration.h"
#include "store/store.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define T INT64_C(1795416012123456)
#define OK(call)                                        \
	do {                                            \
		if (call)                               \
			fail_msg("%s", store_err.text); \
	} while (0)
#define TEST(f) cmocka_unit_test_setup_teardown(f, store_set_up, store_tear_down)

extern char store_top[64], store_dir[96], store_file[128]; /* top/state/scanwall.db */
extern struct sw_store *store;
extern struct sw_err store_err;
extern char store_seen[4096];

int store_set_up(void **state);
int store_tear_down(void **state);
void store_remove(void); /* closed, and its directory gone */
void store_reopen(void);

struct sw_prefix prefix_of(const char *text);
struct sw_claim claim_of(const char *text, const char *origin, int64_t expires);
void put_claim(const char *text, const char *origin, int64_t expires);
void put_allow(const char *text, const char *comment, int64_t expires);
/* The walk as "PREFIX ORIGIN, PREFIX ORIGIN", and the count. */
void assert_walk(const struct sw_claim_filter *f, const char *expected, int n);

#endif
