// SPDX-License-Identifier: GPL-2.0-only
/* Step 5 at its limits: the allowlist, the caps on automatic blocks, full lines, the source
 * table and the ring. */
#include "test_program.h"

#define MINUTE (60 * SECOND)

/* Of a network, and at ports, of its own: nobody's crowd. */
static uint32_t nth(uint32_t i)
{
	return CLIENT4 + (i << 8);
}

static void the_allowed_are_spared(void **s)
{
	(void)s;
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	for (int port = 1; port <= 30; port++)
		assert_reason(tcp4(CLIENT4, port, F_SYN), ALLOWED);
	assert_reason(tcp4(CLIENT4, 31, 0), ALLOWED);
	assert_int_equal(prog.verdict, 2);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_SPARED);
	assert_int_equal(prog.event[0].expires_tick, 0);
}

static void automatic_blocks_are_capped_in_rate(void **s)
{
	int port, reason = 0;

	(void)s;
	prog.set->auto_per_minute = 8; /* two of them kept for who goes on */
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(scan3(nth(i)), SW_REASON_NEW_BLOCK);
	assert_int_equal(scan3(nth(6)), SW_REASON_CLOSED_PORT);
	assert_int_equal(prog.state->capped_blocks, 1);
	read_events();
	assert_int_equal(prog.event[6].type, SW_EVENT_CAPPED);
	/* Two points more, and it goes on. */
	for (port = 10; port < 20 && reason != SW_REASON_NEW_BLOCK; port++) {
		struct frame f = tcp4(nth(6), port, F_SYN);

		reason = run(&f);
	}
	assert_in_range(port, 12, 15);
	advance(20 * SECOND);
	assert_int_equal(scan3(nth(7)), SW_REASON_NEW_BLOCK);
	assert_int_equal(scan3(nth(8)), SW_REASON_CLOSED_PORT);
}

static void automatic_blocks_are_capped_in_number(void **s)
{
	(void)s;
	prog.set->auto_max = 5; /* one of them kept for who goes on */
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(scan3(nth(i)), SW_REASON_NEW_BLOCK);
	assert_int_equal(scan3(nth(4)), SW_REASON_CLOSED_PORT);
	/* Once they have expired there is room, with no daemon to make it. */
	advance(2 * MINUTE);
	assert_int_equal(prog.state->auto_blocked, 4);
	for (uint32_t i = 0; i < 4; i++) {
		struct frame f = tcp4(nth(i), OPEN_PORT, F_SYN);

		run(&f);
	}
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_int_equal(scan3(nth(5)), SW_REASON_NEW_BLOCK);
}

static void new_blocks_sweep_expired_ones(void **s)
{
	(void)s;
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(scan3(nth(i)), SW_REASON_NEW_BLOCK);
	advance(2 * MINUTE);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(scan3(nth(100 + i)), SW_REASON_NEW_BLOCK);
	assert_int_equal(prog.state->auto_blocked, 4);
}

static void many_blocks_overflow(void **s)
{
	(void)s;
	for (uint32_t i = 0; i < 260; i++)
		assert_int_equal(scan3(nth(i)), SW_REASON_NEW_BLOCK);
	assert_int_equal(prog.state->auto_blocked, 260);
	for (uint32_t i = 0; i < 260; i++)
		assert_reason(tcp4(nth(i), OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
}

static void blocked6_overflows(void **s)
{
	int reason = 0;

	(void)s;
	for (uint64_t i = 0; i < 150; i++) {
		for (int n = 1; n <= 3; n++) {
			struct frame f = tcp6(V6 + i, 1, 1000 + 3 * i + n, F_SYN);

			reason = run(&f);
		}
		assert_int_equal(reason, SW_REASON_NEW_BLOCK);
	}
	for (uint64_t i = 0; i < 150; i++)
		assert_reason(tcp6(V6 + i, 2, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
}

/* A flood of sources with one packet each pushes out its own kind only. */
static void flood_does_not_hide_the_scanner(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, 1, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 2, F_SYN), CLOSED_PORT);
	for (uint32_t i = 0; i < 5000; i++) {
		struct frame f = tcp4(0x0b000000 + i * 7919, 1000 + i % 9, F_SYN);

		run(&f);
	}
	assert_reason(tcp4(CLIENT4, 3, F_SYN), NEW_BLOCK);
}

static void full_ring_is_counted(void **s)
{
	(void)s;
	for (uint32_t i = 0; i < 60; i++)
		scan3(nth(i));
	read_events();
	assert_true(prog.events < 60);
	assert_int_equal(prog.state->lost_events, 60 - prog.events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(the_allowed_are_spared),
		T(automatic_blocks_are_capped_in_rate),
		T(automatic_blocks_are_capped_in_number),
		T(new_blocks_sweep_expired_ones),
		T(many_blocks_overflow),
		T(blocked6_overflows),
		T(flood_does_not_hide_the_scanner),
		T(full_ring_is_counted),
#undef T
	};

	return cmocka_run_group_tests_name("limits", tests, program_setup, program_teardown);
}
