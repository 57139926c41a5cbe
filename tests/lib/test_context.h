/* SPDX-License-Identifier: GPL-2.0-only */
/* A private context for a test: small maps with pins of their own, and a record in a directory
 * of its own. */
#ifndef TESTS_TEST_CONTEXT_H
#define TESTS_TEST_CONTEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include "blocklist/internal.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

extern struct sw_ctx ctx;
extern struct sw_err ctx_err;
extern char ctx_pins[64], ctx_state[64], ctx_conf[96];

#define OK(call)                                                 \
	do {                                                     \
		ctx_err.text[0] = 0;                             \
		if ((call) < 0)                                  \
			fail_msg("%s: %s", #call, ctx_err.text); \
	} while (0)

extern int ctx_blocked4;      /* limits.blocked4; set it before ctx_setup */
int ctx_setup(void **unused); /* group: loads, opens, locks */
int ctx_teardown(void **unused);
int ctx_reset(void **unused); /* each test: nothing blocked or allowed */

/* Microseconds times SW_SLOW, as in tests/e2e/lib.sh. */
int64_t slow(int64_t us);

struct sw_prefix ctx_prefix(const char *text);
struct sw_claim ctx_claim(const char *text, const char *origin, int64_t span);
enum sw_change ctx_block(const char *text, const char *origin, int64_t span);
enum sw_change ctx_unblock(const char *text, const char *origin);
enum sw_change ctx_allow(const char *text, int64_t span);
struct sw_verdict ctx_verdict(const char *text);
int ctx_entries(void);
/* As the program blocks: straight into the map, unrecorded. */
void ctx_kernel_blocks(const char *text, int64_t span);
/* The same of a source with a proven address: its open connections are cut, too. */
void ctx_kernel_blocks_proven(const char *text, int64_t span);
void ctx_prefixes_are_announced(void); /* or they would not block */
void ctx_auto_count(void);	       /* state->auto_blocked is what the maps hold */

#endif
