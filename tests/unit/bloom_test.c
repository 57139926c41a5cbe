// SPDX-License-Identifier: GPL-2.0-only
/* The Bloom filters of the drop set's lines: packets go by them, and miss nothing while user space
 * makes them anew. */
#include <pthread.h>
#include <sched.h>
#include "blocklist/internal.h"
#include "test_program.h"

#define ROUNDS 2000
#define MASK 3 /* few lines, so that they overflow */
#define FOREVER SW_EXPIRES_TICKS

/* Without its bits no packet finds an entry; while filters are rebuilt all do. */
static void the_filter_decides(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	put_drop6(V6, 0, 64, FOREVER);
	memset(prog.drop4_bloom, 0, 16 * sizeof(*prog.drop4_bloom));
	memset(prog.drop6_bloom, 0, 16 * sizeof(*prog.drop6_bloom));
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), OPEN_PORT);
	prog.set->drop4_bloom_off = ~0ull;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), OPEN_PORT);
	prog.set->drop6_bloom_off = ~0ull;
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
}

#define SEEN 8 /* live sources that are looked for again */

struct renewal {
	int passed, refused, ended;
};

/* Blocks end and come in turn, so that bits set for one are found set by the next. */
static void *block_and_look(void *arg)
{
	struct renewal *r = arg;

	stay_on(1);
	for (int i = 0; i < ROUNDS; i++) {
		r->refused += scan3(nth_source(i)) != SW_REASON_NEW_BLOCK;
		for (int k = i < SEEN ? 0 : i - SEEN; k <= i; k++) {
			struct frame f = tcp4(nth_source(k), OPEN_PORT, F_SYN);

			r->passed += run(&f) != SW_REASON_BLOCKED_ADDRESS;
		}
		advance(SECOND);
	}
	__atomic_store_n(&r->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void nothing_passes_while_filters_are_rebuilt(void **s)
{
	static struct sw_ctx ctx;
	struct renewal r = {0};
	struct sw_err e;
	pthread_t thread;
	int renewed = 0;

	(void)s;
	stay_on(0);
	ctx.engine.settings = prog.set;
	ctx.engine.state = prog.state;
	for (int m = 0; m < SW_MAP_COUNT; m++)
		ctx.engine.fd[m] =
			bpf_map__fd(bpf_object__find_map_by_name(prog.skel->obj, sw_map_name(m)));
	prog.set->drop4_mask = prog.set->drop4_last_mask = MASK;
	prog.set->auto_per_minute = 1 << 20;
	assert_int_equal(pthread_create(&thread, NULL, block_and_look, &r), 0);
	for (; !__atomic_load_n(&r.ended, __ATOMIC_ACQUIRE); renewed++)
		assert_int_equal(sw_bloom_rebuild(&ctx, true, &e), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(r.passed, 0);
	assert_true(r.refused < ROUNDS / 10);
	assert_true(renewed > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_filter_decides, program_reset),
		cmocka_unit_test_setup(nothing_passes_while_filters_are_rebuilt, program_reset),
	};

	return cmocka_run_group_tests(tests, program_setup, program_teardown);
}
