// SPDX-License-Identifier: GPL-2.0-only
/* The program blocks on one CPU while user space writes the same lines on another. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include "blocklist/internal.h"
#include "test_program.h"

#define ROUNDS 2000
#define AHEAD 6	  /* blocks of the program that nobody has taken out yet */
#define MASK 3	  /* few lines, so that both often write the same one */
#define OURS 4	  /* keys of user space */
#define NO_KEY 0u /* this round blocked nobody */

struct race {
	uint32_t blocked[ROUNDS];
	int made, taken; /* written by the program's thread, by the other */
	long refused;
};

static void *block_by_program(void *arg)
{
	struct race *r = arg;

	stay_on(1);
	for (int i = 0; i < ROUNDS; i++) {
		while (i - __atomic_load_n(&r->taken, __ATOMIC_ACQUIRE) > AHEAD)
			sched_yield();
		if (scan3(nth_source(i)) == SW_REASON_NEW_BLOCK)
			r->blocked[i] = htonl(nth_source(i));
		else
			r->refused++;
		__atomic_store_n(&r->made, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static uint64_t hash_of(uint32_t addr)
{
	return sw_hash4(addr, prog.skel->rodata->seed);
}

static uint32_t place_of(uint32_t addr)
{
	return sw_home(hash_of(addr)) & MASK;
}

static struct sw_line line_of(uint32_t addr)
{
	uint32_t at = place_of(addr);

	return sw_line_of4(&prog.drop4[at], &prog.drop4_cold[at], &prog.drop4_bloom[at]);
}

static bool has_bits(uint32_t addr)
{
	return !(sw_bloom_bits(hash_of(addr)) & ~prog.drop4_bloom[place_of(addr)]);
}

/* What the program put is there, and goes whole. Returns how much was wrong. */
static int take_out(uint32_t addr, uint32_t now)
{
	struct sw_line l = line_of(addr);
	struct sw_held h = sw_line_read(&l, addr, now);
	uint32_t conflict;
	int wrong = !(h.expires_tick & SW_EXPIRES_AUTO) || !(h.expires_tick & SW_EXPIRES_NEW_ONLY);

	wrong += !has_bits(addr);
	wrong += sw_line_remove(&l, prog.state, addr, h.kernel, now, &conflict) != SW_PUT_OLD;
	return wrong + !!sw_line_read(&l, addr, now).expires_tick;
}

/* A block of ours comes, is prolonged, is kept, and goes. */
static int our_turn(uint32_t addr, uint32_t now)
{
	struct sw_line l = line_of(addr);
	uint32_t end = now + 1000, conflict;
	int wrong = 0;

	wrong += sw_line_put(&l, prog.state, addr, hash_of(addr), NULL, end, 0, now, &conflict) !=
		 SW_PUT_NEW;
	wrong += sw_line_put(&l, prog.state, addr, hash_of(addr), NULL, end + 1, 0, now,
			     &conflict) != SW_PUT_OLD;
	wrong += sw_line_read(&l, addr, now).expires_tick != end + 1;
	wrong += !sw_has4(&prog.drop4[place_of(addr)], addr) || !has_bits(addr);
	wrong += sw_line_remove(&l, prog.state, addr, 0, now, &conflict) != SW_PUT_OLD;
	return wrong;
}

static void nothing_is_lost(void **s)
{
	static struct race r;
	uint32_t now = tick_in(0);
	pthread_t thread;
	int wrong = 0;

	(void)s;
	stay_on(0);
	prog.set->drop4_mask = prog.set->drop4_last_mask = MASK;
	prog.set->auto_per_minute = 1 << 20;
	assert_int_equal(pthread_create(&thread, NULL, block_by_program, &r), 0);
	for (int i = 0; i < ROUNDS; i++) {
		do {
			for (int k = 0; k < OURS; k++)
				wrong += our_turn(htonl(CLIENT4 + k), now);
		} while (__atomic_load_n(&r.made, __ATOMIC_ACQUIRE) <= i);
		if (r.blocked[i] != NO_KEY)
			wrong += take_out(r.blocked[i], now);
		__atomic_store_n(&r.taken, i + 1, __ATOMIC_RELEASE);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(wrong, 0);
	assert_true(r.refused < ROUNDS / 10);
	assert_int_equal(prog.state->auto_blocked, 0);
	for (int b = 0; b <= MASK; b++)
		for (int i = 0; i < SW_DROP4_WAYS; i++)
			assert_int_equal(prog.drop4[b].addr[i] | prog.drop4_cold[b].expires_tick[i],
					 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_lost, program_reset),
	};

	return cmocka_run_group_tests(tests, program_setup, program_teardown);
}
