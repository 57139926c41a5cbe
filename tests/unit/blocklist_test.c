// SPDX-License-Identifier: GPL-2.0-only
/* The blocklist's parts that need no kernel: entries of a bucket, with other
 * writers next to them; gates; what claims add up to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include "blocklist/internal.h"

#define NOW 1000
#define LATER 2000
#define FOREVER SW_EXPIRES_TICKS

static struct sw_drop4_bucket b4;
static struct sw_drop6_bucket b6;
static struct sw_state st;
static __u32 conflict;

static int clear(void **s)
{
	(void)s;
	memset(&b4, 0, sizeof(b4));
	memset(&b6, 0, sizeof(b6));
	memset(&st, 0, sizeof(st));
	conflict = 0;
	return 0;
}

static enum sw_put put4(__u32 addr, __u32 expires_tick, __u32 known)
{
	return sw_bucket4_put(&b4, &st, addr, expires_tick, known, NOW, &conflict);
}

static enum sw_put put6(const struct sw_overflow6_key *k, __u32 expires_tick, __u32 known)
{
	return sw_bucket6_put(&b6, &st, k, expires_tick, known, NOW, &conflict);
}

static struct sw_prefix prefix(const char *text)
{
	struct sw_prefix p;
	struct sw_err e;

	assert_int_equal(sw_prefix_parse(text, &p, &e), 0);
	return p;
}

static void bucket4_takes_and_gives_back(void **s)
{
	(void)s;
	assert_int_equal(put4(7, LATER, 0), SW_PUT_NEW);
	assert_int_equal(sw_bucket4_read(&b4, 7, NOW).expires_tick, LATER);
	assert_int_equal(put4(7, FOREVER, 0), SW_PUT_OLD);
	assert_int_equal(sw_bucket4_read(&b4, 7, NOW).expires_tick, FOREVER);
	assert_int_equal(sw_bucket4_read(&b4, 8, NOW).expires_tick, 0);
	assert_int_equal(sw_bucket4_remove(&b4, &st, 7, 0, NOW, &conflict), SW_PUT_OLD);
	assert_int_equal(sw_bucket4_remove(&b4, &st, 7, 0, NOW, &conflict), SW_PUT_NEW);
	assert_int_equal(b4.entry[0].addr, 0);
}

static void bucket4_full_until_one_ends(void **s)
{
	(void)s;
	for (__u32 a = 1; a <= SW_DROP4_WAYS; a++)
		assert_int_equal(put4(a, a == 3 ? NOW + 1 : LATER, 0), SW_PUT_NEW);
	assert_int_equal(put4(99, LATER, 0), SW_PUT_FULL);
	b4.hits[2] = 44;
	assert_int_equal(sw_bucket4_put(&b4, &st, 99, LATER, 0, NOW + 1, &conflict), SW_PUT_NEW);
	assert_int_equal(sw_bucket4_read(&b4, 99, NOW).hits, 0);
	assert_int_equal(sw_bucket4_read(&b4, 3, NOW).expires_tick, 0);
}

static void bucket4_leaves_one_of_two(void **s)
{
	(void)s;
	b4.entry[1] = (struct sw_drop4_entry){7, LATER};
	b4.entry[4] = (struct sw_drop4_entry){7, LATER + 5};
	assert_int_equal(sw_bucket4_read(&b4, 7, NOW).expires_tick, LATER + 5);
	assert_int_equal(put4(7, FOREVER, 0), SW_PUT_OLD);
	assert_int_equal(b4.entry[1].expires_tick, FOREVER);
	assert_int_equal(b4.entry[4].addr, 0);
	b4.entry[4] = (struct sw_drop4_entry){7, LATER};
	assert_int_equal(sw_bucket4_remove(&b4, &st, 7, 0, NOW, &conflict), SW_PUT_OLD);
	assert_int_equal(sw_bucket4_read(&b4, 7, NOW).expires_tick, 0);
}

static void bucket4_does_not_overwrite_the_kernel_unseen(void **s)
{
	(void)s;
	st.auto_blocked = 1;
	b4.entry[2] = (struct sw_drop4_entry){7, LATER | SW_EXPIRES_AUTO};
	assert_int_equal(put4(7, FOREVER, 0), SW_PUT_SURPRISE);
	assert_int_equal(conflict, LATER | SW_EXPIRES_AUTO);
	assert_int_equal(b4.entry[2].expires_tick, LATER | SW_EXPIRES_AUTO);
	assert_int_equal(sw_bucket4_remove(&b4, &st, 7, 0, NOW, &conflict), SW_PUT_SURPRISE);
	assert_int_equal(put4(7, FOREVER | SW_EXPIRES_AUTO, conflict), SW_PUT_OLD);
	assert_int_equal(st.auto_blocked, 1);
	assert_int_equal(put4(7, FOREVER, FOREVER | SW_EXPIRES_AUTO), SW_PUT_OLD);
	assert_int_equal(st.auto_blocked, 0);
	/* One that has ended is nobody's any more. */
	st.auto_blocked = 1;
	b4.entry[3] = (struct sw_drop4_entry){8, NOW | SW_EXPIRES_AUTO};
	assert_int_equal(put4(8, LATER, 0), SW_PUT_OLD);
	assert_int_equal(st.auto_blocked, 0);
}

static void bucket4_sweep_counts(void **s)
{
	(void)s;
	st.auto_blocked = 2;
	b4.entry[0] = (struct sw_drop4_entry){1, NOW | SW_EXPIRES_AUTO};
	b4.entry[1] = (struct sw_drop4_entry){2, LATER | SW_EXPIRES_AUTO};
	b4.entry[2] = (struct sw_drop4_entry){3, NOW};
	sw_bucket4_sweep(&b4, &st, NOW);
	assert_int_equal(st.auto_blocked, 1);
	assert_int_equal(b4.entry[0].addr | b4.entry[2].addr, 0);
	assert_int_equal(b4.entry[1].addr, 2);
}

static void bucket6_takes_and_gives_back(void **s)
{
	struct sw_overflow6_key net = {5, 0, 64}, host = {5, 0, 128};

	(void)s;
	assert_int_equal(put6(&net, LATER, 0), SW_PUT_NEW);
	assert_int_equal(put6(&host, FOREVER, 0), SW_PUT_NEW);
	assert_int_equal(sw_bucket6_read(&b6, &net, NOW).expires_tick, LATER);
	assert_int_equal(sw_bucket6_read(&b6, &host, NOW).expires_tick, FOREVER);
	assert_int_equal(put6(&net, LATER + 1, 0), SW_PUT_OLD);
	assert_int_equal(sw_bucket6_remove(&b6, &st, &net, 0, NOW, &conflict), SW_PUT_OLD);
	assert_int_equal(sw_bucket6_read(&b6, &net, NOW).expires_tick, 0);
	assert_int_equal(sw_bucket6_read(&b6, &host, NOW).expires_tick, FOREVER);
}

static void bucket6_full_busy_ended(void **s)
{
	struct sw_overflow6_key k = {1, 0, 64}, other = {77, 0, 64};

	(void)s;
	b6.entry[0].expires_tick = SW_EXPIRES_BUSY;
	for (k.high = 1; k.high < SW_DROP6_WAYS; k.high++)
		assert_int_equal(put6(&k, LATER, 0), SW_PUT_NEW);
	assert_int_equal(put6(&other, LATER, 0), SW_PUT_FULL);
	assert_int_equal(b6.entry[0].expires_tick, SW_EXPIRES_BUSY);
	b6.entry[3].expires_tick = NOW | SW_EXPIRES_AUTO;
	st.auto_blocked = 1;
	assert_int_equal(put6(&other, LATER, 0), SW_PUT_NEW);
	assert_int_equal(b6.entry[3].high, 77);
	assert_int_equal(st.auto_blocked, 0);
}

static void bucket6_does_not_overwrite_the_kernel_unseen(void **s)
{
	struct sw_overflow6_key k = {9, 0, 64};

	(void)s;
	st.auto_blocked = 1;
	assert_true(sw_entry6_claim(&b6.entry[2], 9, 0, 64, LATER | SW_EXPIRES_AUTO));
	assert_int_equal(put6(&k, FOREVER, 0), SW_PUT_SURPRISE);
	assert_int_equal(put6(&k, FOREVER, conflict), SW_PUT_OLD);
	assert_int_equal(st.auto_blocked, 0);
}

#define ROUNDS 100000
#define WRITERS 4

/* Each thread owns one address: what it put must be there until it takes it. */
static void *write4(void *arg)
{
	__u32 addr = 100 + (__u32)(uintptr_t)arg;
	__u32 expires_tick = addr & 1 ? LATER | SW_EXPIRES_AUTO : LATER, s;
	uintptr_t wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		wrong += sw_bucket4_put(&b4, &st, addr, expires_tick, expires_tick, NOW, &s) !=
			 SW_PUT_NEW;
		wrong += sw_bucket4_put(&b4, &st, addr, expires_tick + 1, expires_tick, NOW, &s) !=
			 SW_PUT_OLD;
		wrong += sw_bucket4_read(&b4, addr, NOW).expires_tick != expires_tick + 1;
		wrong += sw_bucket4_remove(&b4, &st, addr, expires_tick + 1, NOW, &s) != SW_PUT_OLD;
	}
	return (void *)wrong;
}

static void *write6(void *arg)
{
	struct sw_overflow6_key k = {100 + (uintptr_t)arg, 0, 64};
	__u32 expires_tick = k.high & 1 ? LATER | SW_EXPIRES_AUTO : LATER, s;
	uintptr_t wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		wrong += sw_bucket6_put(&b6, &st, &k, expires_tick, expires_tick, NOW, &s) !=
			 SW_PUT_NEW;
		wrong += sw_bucket6_put(&b6, &st, &k, expires_tick + 1, expires_tick, NOW, &s) !=
			 SW_PUT_OLD;
		wrong += sw_bucket6_read(&b6, &k, NOW).expires_tick != expires_tick + 1;
		wrong += sw_bucket6_remove(&b6, &st, &k, expires_tick + 1, NOW, &s) != SW_PUT_OLD;
	}
	return (void *)wrong;
}

static void side_by_side(void *(*writer)(void *))
{
	pthread_t t[WRITERS];
	void *wrong;

	for (uintptr_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, writer, (void *)i), 0);
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(pthread_join(t[i], &wrong), 0);
		assert_int_equal((uintptr_t)wrong, 0);
	}
	assert_int_equal(st.auto_blocked, 0);
}

static void writers_lose_nothing(void **s)
{
	(void)s;
	side_by_side(write4);
	for (int i = 0; i < SW_DROP4_WAYS; i++)
		assert_int_equal(b4.entry[i].addr, 0);
	side_by_side(write6);
	for (int i = 0; i < SW_DROP6_WAYS; i++)
		assert_int_equal(b6.entry[i].expires_tick, 0);
}

static void gate_marks_ranges(void **s)
{
	__u64 w[4] = {0};

	(void)s;
	sw_gate_mark(w, 0, 5, 5);
	assert_int_equal(w[0], 1ull << 5);
	sw_gate_mark(w, 0, 63, 192);
	assert_int_equal(w[0], 1ull << 5 | 1ull << 63);
	assert_int_equal(w[1], ~0ull);
	assert_int_equal(w[2], ~0ull);
	assert_int_equal(w[3], 1);
	memset(w, 0, sizeof(w));
	sw_gate_mark(w, 128, 128 + 65, 128 + 66);
	assert_int_equal(w[1], 3ull << 1);
	assert_int_equal(w[0] | w[2] | w[3], 0);
}

static void places(void **s)
{
	static const struct {
		const char *text;
		enum sw_block_map place;
	} want[] = {
		{"203.0.113.9", SW_IN_DROP4},	   {"0.0.0.0", SW_IN_PREFIX4},
		{"203.0.113.0/24", SW_IN_PREFIX4}, {"2001:db8::/64", SW_IN_DROP6},
		{"2001:db8::1", SW_IN_DROP6},	   {"2001:db8::/63", SW_IN_PREFIX6},
		{"2001:db8::/127", SW_IN_PREFIX6}, {"::/0", SW_IN_PREFIX6},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct sw_prefix p = prefix(want[i].text);

		assert_int_equal(sw_block_map_of(&p), want[i].place);
	}
}

static void halves_are_host_order(void **s)
{
	struct sw_prefix p = prefix("2001:db8:1:2::3"), back;

	(void)s;
	assert_true(sw_half(&p.addr, 0) == 0x20010db800010002ull);
	assert_true(sw_half(&p.addr, 1) == 3);
	back = sw_prefix_of_halves(0x20010db800010002ull, 3, 128);
	assert_int_equal(sw_prefix_cmp(&p, &back), 0);
}

static void source_prefixes(void **s)
{
	struct sw_source four = {.key = SW_SOURCE_V4 | 0xcb007109};
	struct sw_source six = {.key = 0x20010db800010002ull};
	struct sw_prefix p = sw_source_prefix(&four), want = prefix("203.0.113.9");

	(void)s;
	assert_int_equal(sw_prefix_cmp(&p, &want), 0);
	p = sw_source_prefix(&six);
	want = prefix("2001:db8:1:2::/64");
	assert_int_equal(sw_prefix_cmp(&p, &want), 0);
}

static __u32 sum_of(const struct sw_claim *c, int n)
{
	struct sw_sum sum = {0};

	for (int i = 0; i < n; i++)
		sw_sum_add(&sum, &c[i]);
	return sw_sum_word(&sum, sw_ticks_now());
}

static void claims_add_up(void **s)
{
	int64_t now = sw_now(), hour = 3600 * INT64_C(1000000);
	struct sw_claim c[2] = {
		{.origin = SW_ORIGIN_KERNEL, .expires = now + hour / 60, .new_only = true},
		{.origin = SW_ORIGIN_OPERATOR, .expires = now + hour},
	};
	__u32 word;

	(void)s;
	assert_int_equal(sum_of(c, 0), 0);
	word = sum_of(c, 1);
	assert_int_equal(word & ~SW_EXPIRES_TICKS, SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	assert_in_range(word & SW_EXPIRES_TICKS, sw_ticks_now() + 220, sw_ticks_now() + 226);
	word = sum_of(c, 2);
	assert_int_equal(word & ~SW_EXPIRES_TICKS, SW_EXPIRES_AUTO);
	assert_in_range(word & SW_EXPIRES_TICKS, sw_ticks_now() + 13400, sw_ticks_now() + 13420);
	assert_int_equal(sum_of(c + 1, 1) & ~SW_EXPIRES_TICKS, 0);
	c[1].expires = SW_FOREVER;
	assert_int_equal(sum_of(c, 2), FOREVER | SW_EXPIRES_AUTO);
	c[1].expires = now - hour;
	assert_int_equal(sum_of(c + 1, 1), 0);
}

static void targets_are_sorted_once_each(void **s)
{
	struct sw_prefix a = prefix("203.0.113.9"), b = prefix("198.51.100.0/24"),
			 c = prefix("2001:db8::/64");
	struct sw_targets t = {0};

	(void)s;
	for (int i = 0; i < 40; i++) {
		assert_int_equal(sw_targets_add(&t, &c, NULL), 0);
		assert_int_equal(sw_targets_add(&t, &a, NULL), 0);
		assert_int_equal(sw_targets_add(&t, &b, NULL), 0);
	}
	t.item[42].own_claim = true; /* c */
	sw_targets_sort(&t);
	assert_int_equal(t.count, 3);
	assert_ptr_equal(sw_targets_find(&t, &b), &t.item[0]);
	assert_ptr_equal(sw_targets_find(&t, &a), &t.item[1]);
	assert_true(t.item[2].own_claim);
	assert_false(t.item[0].own_claim);
	sw_targets_free(&t);
}

#define T(name) cmocka_unit_test_setup(name, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(bucket4_takes_and_gives_back),
		T(bucket4_full_until_one_ends),
		T(bucket4_leaves_one_of_two),
		T(bucket4_does_not_overwrite_the_kernel_unseen),
		T(bucket4_sweep_counts),
		T(bucket6_takes_and_gives_back),
		T(bucket6_full_busy_ended),
		T(bucket6_does_not_overwrite_the_kernel_unseen),
		T(writers_lose_nothing),
		T(gate_marks_ranges),
		T(places),
		T(halves_are_host_order),
		T(source_prefixes),
		T(claims_add_up),
		T(targets_are_sorted_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
