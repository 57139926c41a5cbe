// SPDX-License-Identifier: GPL-2.0-only
/* Entries of one drop-set line, with concurrent writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include "blocklist/internal.h"

#define NOW 1000
#define LATER 2000
#define FOREVER SW_EXPIRES_TICKS

static struct sw_drop4_line hot4;
static struct sw_drop4_cold cold4;
static struct sw_drop6_line hot6;
static struct sw_drop6_cold cold6;
static __u64 bloom4, bloom6;
static struct sw_line l4, l6;
static struct sw_state st;
static __u32 conflict;

static int clear(void **s)
{
	(void)s;
	memset(&hot4, 0, sizeof(hot4));
	memset(&cold4, 0, sizeof(cold4));
	memset(&hot6, 0, sizeof(hot6));
	memset(&cold6, 0, sizeof(cold6));
	memset(&st, 0, sizeof(st));
	bloom4 = bloom6 = 0;
	l4 = sw_line_of4(&hot4, &cold4, &bloom4);
	l6 = sw_line_of6(&hot6, &cold6, &bloom6);
	conflict = 0;
	return 0;
}

static __u64 hash4(__u32 addr)
{
	static const __u64 seed[4] = {1, 3, 5, 7};

	return sw_hash4(addr, seed);
}

static enum sw_put put4(__u32 addr, __u32 expires_tick, __u32 known)
{
	return sw_line_put(&l4, &st, addr, hash4(addr), NULL, expires_tick, known, NOW, &conflict);
}

static enum sw_put put6(__u64 key, __u32 expires_tick, __u32 known)
{
	struct sw_overflow6_key k = {key, 0, 64};

	return sw_line_put(&l6, &st, key, key, &k, expires_tick, known, NOW, &conflict);
}

static __u32 end_of(const struct sw_line *l, __u64 key)
{
	return sw_line_read(l, key, NOW).expires_tick;
}

static enum sw_put remove_key(const struct sw_line *l, __u64 key)
{
	return sw_line_remove(l, &st, key, 0, NOW, &conflict);
}

/* A slot as somebody else has written it. */
static void set4(int i, __u32 addr, __u32 expires_tick)
{
	assert_true(sw_slot_add(&l4, i, addr, NULL, expires_tick));
}

static void takes_and_gives_back(void **s)
{
	(void)s;
	assert_int_equal(put4(7, LATER, 0), SW_PUT_NEW);
	assert_int_equal(end_of(&l4, 7), LATER);
	assert_int_equal(put4(7, FOREVER, 0), SW_PUT_OLD);
	assert_int_equal(end_of(&l4, 7), FOREVER);
	assert_int_equal(end_of(&l4, 8), 0);
	assert_int_equal(remove_key(&l4, 7), SW_PUT_OLD);
	assert_int_equal(remove_key(&l4, 7), SW_PUT_NEW);
	assert_int_equal(hot4.addr[0], 0);
	assert_int_equal(put6(7, LATER, 0), SW_PUT_NEW);
	assert_int_equal(cold6.high[0], 7);
	assert_int_equal(put6(7, LATER + 1, 0), SW_PUT_OLD);
	assert_int_equal(remove_key(&l6, 7), SW_PUT_OLD);
	assert_int_equal(hot6.key[0], 0);
}

static void full_until_one_ends(void **s)
{
	(void)s;
	for (__u32 a = 1; a <= SW_DROP4_WAYS; a++)
		assert_int_equal(put4(a, a == 3 ? NOW + 1 : LATER, 0), SW_PUT_NEW);
	assert_int_equal(put4(99, LATER, 0), SW_PUT_FULL);
	cold4.hits[2] = 44;
	assert_int_equal(sw_line_put(&l4, &st, 99, hash4(99), NULL, LATER, 0, NOW + 1, &conflict),
			 SW_PUT_NEW);
	assert_int_equal(sw_line_read(&l4, 99, NOW).hits, 0);
	assert_int_equal(end_of(&l4, 3), 0);
}

static void leaves_one_of_two(void **s)
{
	(void)s;
	set4(1, 7, LATER);
	set4(4, 7, LATER + 5);
	assert_int_equal(end_of(&l4, 7), LATER + 5);
	assert_int_equal(put4(7, FOREVER, 0), SW_PUT_OLD);
	assert_int_equal(cold4.expires_tick[1], FOREVER);
	assert_int_equal(hot4.addr[4] | cold4.expires_tick[4], 0);
	set4(4, 7, LATER);
	assert_int_equal(remove_key(&l4, 7), SW_PUT_OLD);
	assert_int_equal(end_of(&l4, 7), 0);
}

static void does_not_overwrite_the_kernel_unseen(void **s)
{
	(void)s;
	st.auto_blocked = 1;
	set4(2, 7, LATER | SW_EXPIRES_AUTO);
	assert_int_equal(put4(7, FOREVER, 0), SW_PUT_SURPRISE);
	assert_int_equal(conflict, LATER | SW_EXPIRES_AUTO);
	assert_int_equal(cold4.expires_tick[2], LATER | SW_EXPIRES_AUTO);
	assert_int_equal(remove_key(&l4, 7), SW_PUT_SURPRISE);
	assert_int_equal(put4(7, FOREVER | SW_EXPIRES_AUTO, conflict), SW_PUT_OLD);
	assert_int_equal(st.auto_blocked, 1);
	assert_int_equal(put4(7, FOREVER, FOREVER | SW_EXPIRES_AUTO), SW_PUT_OLD);
	assert_int_equal(st.auto_blocked, 0);
	/* One that has ended is nobody's any more. */
	st.auto_blocked = 1;
	set4(3, 8, NOW | SW_EXPIRES_AUTO);
	assert_int_equal(put4(8, LATER, 0), SW_PUT_NEW);
	assert_int_equal(st.auto_blocked, 0);
}

static void sweep_counts(void **s)
{
	(void)s;
	st.auto_blocked = 2;
	set4(0, 1, NOW | SW_EXPIRES_AUTO);
	set4(1, 2, LATER | SW_EXPIRES_AUTO);
	set4(2, 3, NOW);
	sw_line_sweep(&l4, &st, NOW);
	assert_int_equal(st.auto_blocked, 1);
	assert_int_equal(hot4.addr[0] | hot4.addr[2], 0);
	assert_int_equal(hot4.addr[1], 2);
}

/* What the head says must hold: it is all that a packet looks at. */
static void head_says_flags_and_earliest(void **s)
{
	(void)s;
	hot4.head = (__u64)LATER << SW_HEAD_EXPIRY_SHIFT;
	put4(7, LATER + 5, 0);
	assert_int_equal(sw_head_expiry(hot4.head), LATER);
	put4(8, (LATER + 5) | SW_EXPIRES_NEW_ONLY, 0);
	assert_int_equal(hot4.head & SW_HEAD_NEW_ONLY, 2);
	put4(8, LATER + 6, 0);
	assert_int_equal(hot4.head & SW_HEAD_NEW_ONLY, 0);
	put4(9, LATER - 1, 0);
	assert_int_equal(sw_head_expiry(hot4.head), LATER - 1);
	assert_int_equal(hot4.addr[0], 7);
	hot4.head |= SW_HEAD_EXPIRY;
	put4(9, LATER - 2, 0);
	assert_int_equal(sw_head_expiry(hot4.head), LATER - 2);
	/* The program leaves it to the next hit. */
	assert_true(sw_slot_add(&l4, 5, 10, NULL, LATER - 3));
	assert_int_equal(sw_head_expiry(hot4.head), 0);
}

/* settle() swaps the head if it is as it was: an addition always changes it. */
static void additions_change_the_version(void **s)
{
	__u64 head = hot4.head;

	(void)s;
	put4(7, FOREVER, 0);
	assert_int_not_equal(hot4.head, head);
	head = hot4.head;
	sw_head_overflow(&l4);
	assert_int_not_equal(hot4.head | SW_HEAD_OVERFLOWED, head | SW_HEAD_OVERFLOWED);
	for (int i = 0; i < 1 << 18; i++)
		sw_head_overflow(&l4);
	assert_int_equal(sw_head_expiry(hot4.head), sw_head_expiry(head));
}

/* Killed between two steps of a change: mended, whichever it was. */
static void half_written_slots_are_mended(void **s)
{
	(void)s;
	cold4.expires_tick[0] = FOREVER | SW_EXPIRES_AUTO; /* taken, no key yet */
	cold4.expires_tick[1] = SW_EXPIRES_BUSY;	   /* being taken out, key still there */
	hot4.addr[1] = 7;
	st.auto_blocked = 1;
	sw_line_sweep(&l4, &st, NOW);
	assert_int_equal(cold4.expires_tick[0] | cold4.expires_tick[1] | hot4.addr[1], 0);
	assert_int_equal(st.auto_blocked, 0);
	/* And by who wants the key gone. */
	cold4.expires_tick[1] = SW_EXPIRES_BUSY;
	hot4.addr[1] = 7;
	remove_key(&l4, 7);
	assert_int_equal(hot4.addr[1], 0);
}

static void every_slot_is_found(void **s)
{
	(void)s;
	for (__u32 i = 0; i < SW_DROP4_WAYS; i++)
		hot4.addr[i] = 1000 + i;
	for (__u32 i = 0; i < SW_DROP6_WAYS; i++)
		hot6.key[i] = 1ull << 63 | i;
	for (__u32 i = 0; i < SW_DROP4_WAYS; i++)
		assert_int_equal(sw_match4(&hot4, 1000 + i), 1u << i);
	for (__u32 i = 0; i < SW_DROP6_WAYS; i++)
		assert_int_equal(sw_match6(&hot6, 1ull << 63 | i), 1u << i);
	for (__u32 i = 0; i < SW_DROP4_WAYS; i++)
		assert_true(sw_has4(&hot4, 1000 + i));
	for (__u32 i = 0; i < SW_DROP6_WAYS; i++)
		assert_true(sw_has6(&hot6, 1ull << 63 | i));
	/* What differs in the highest bit only, and by as much as can be. */
	for (__u32 i = 0; i < SW_DROP4_WAYS; i++)
		assert_false(sw_has4(&hot4, (1000 + i) ^ 1u << 31) || sw_has4(&hot4, ~(1000 + i)));
	for (__u32 i = 0; i < SW_DROP6_WAYS; i++)
		assert_false(sw_has6(&hot6, i) || sw_has6(&hot6, ~(1ull << 63 | i)));
	assert_int_equal(sw_match4(&hot4, 0xffffffff), 0);
	assert_int_equal(sw_match6(&hot6, 1), 0);
}

#define ROUNDS 100000
#define WRITERS 4

struct writer {
	const struct sw_line *l;
	__u64 key;
	uintptr_t wrong;
};

/* Each thread owns one key: what it put must be there until it takes it. */
static void *write_key(void *arg)
{
	struct writer *w = arg;
	struct sw_overflow6_key k = {w->key, 0, 64};
	__u32 end = w->key & 1 ? LATER | SW_EXPIRES_AUTO : LATER, c;

	for (int i = 0; i < ROUNDS; i++) {
		w->wrong +=
			sw_line_put(w->l, &st, w->key, w->key, &k, end, end, NOW, &c) != SW_PUT_NEW;
		w->wrong += sw_line_put(w->l, &st, w->key, w->key, &k, end + 1, end, NOW, &c) !=
			    SW_PUT_OLD;
		w->wrong += end_of(w->l, w->key) != end + 1;
		w->wrong += sw_line_remove(w->l, &st, w->key, end + 1, NOW, &c) != SW_PUT_OLD;
	}
	return NULL;
}

static void side_by_side(const struct sw_line *l)
{
	struct writer w[WRITERS];
	pthread_t t[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){.l = l, .key = 100 + i};
		assert_int_equal(pthread_create(&t[i], NULL, write_key, &w[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(w[i].wrong, 0);
	}
	for (__u32 i = 0; i < l->ways; i++)
		assert_int_equal(sw_slot_key(l, i) | sw_slot_expiry(l, i), 0);
	assert_int_equal(st.auto_blocked, 0);
}

static void writers_lose_nothing(void **s)
{
	(void)s;
	side_by_side(&l4);
	side_by_side(&l6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, clear)
		T(takes_and_gives_back),
		T(full_until_one_ends),
		T(leaves_one_of_two),
		T(does_not_overwrite_the_kernel_unseen),
		T(sweep_counts),
		T(head_says_flags_and_earliest),
		T(additions_change_the_version),
		T(half_written_slots_are_mended),
		T(every_slot_is_found),
		T(writers_lose_nothing),
#undef T
	};

	return cmocka_run_group_tests_name("lines of the drop sets", tests, NULL, NULL);
}
