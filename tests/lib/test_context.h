/* SPDX-License-Identifier: GPL-2.0-only */
/* A wall of the test's own: small maps pinned apart from any scanwall of this
 * host, a record in a directory of its own. */
#ifndef TESTS_WALL_H
#define TESTS_WALL_H

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

extern struct sw_ctx wall;
extern struct sw_err wall_err;
extern char wall_pins[64], wall_state[64], wall_conf[96];

#define OK(call)                                                  \
	do {                                                      \
		wall_err.text[0] = 0;                             \
		if ((call) < 0)                                   \
			fail_msg("%s: %s", #call, wall_err.text); \
	} while (0)

extern int wall_blocked4;      /* limits.blocked4; set it before wall_setup */
int wall_setup(void **unused); /* group: loads, opens, locks */
int wall_teardown(void **unused);
int wall_reset(void **unused); /* each test: nothing blocked or allowed */

/* Microseconds times SW_SLOW, as in tests/e2e/lib.sh. */
int64_t slow(int64_t us);

struct sw_prefix wall_prefix(const char *text);
struct sw_claim wall_claim(const char *text, const char *origin, int64_t span);
enum sw_change wall_block(const char *text, const char *origin, int64_t span);
enum sw_change wall_unblock(const char *text, const char *origin);
enum sw_change wall_allow(const char *text, int64_t span);
struct sw_verdict wall_verdict(const char *text);
int wall_entries(void);
/* As the program blocks: straight into the bucket, unrecorded. */
void wall_kernel_blocks(const char *text, int64_t span);
void wall_prefixes_are_announced(void); /* or they would not block */
void wall_auto_count(void);		/* state->auto_blocked is what the maps hold */

#endif
