// SPDX-License-Identifier: GPL-2.0-only
/* drop4 grows and shrinks with the list, under traffic, with concurrent blocks by the program,
 * and after a process was killed while resizing. */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf.h>
#include <pthread.h>
#include <unistd.h>
#include "test_context.h"

#define MANY 18000 /* needs 2,048 lines */
#define MORE 60000

static __u32 used(void)
{
	assert_int_equal(ctx.engine.settings->drop4_mask, ctx.engine.settings->drop4_last_mask);
	return ctx.engine.settings->drop4_mask + 1;
}

static struct sw_prefix numbered(__u32 n)
{
	struct sw_addr a = sw_addr_from4(htonl(0x0b000000 + n));

	return sw_prefix_of(&a, 32);
}

static void block_numbers(__u32 first, __u32 n)
{
	struct sw_claim *c = calloc(n, sizeof(*c));

	assert_non_null(c);
	for (__u32 i = 0; i < n; i++) {
		c[i] = ctx_claim("203.0.113.9", i % 3 ? "operator" : "kernel", HOUR);
		c[i].prefix = numbered(first + i);
	}
	OK(sw_block(&ctx, c, n, NULL, &ctx_err));
	free(c);
}

static struct sw_held held(const struct sw_prefix *p)
{
	struct sw_held h;
	struct sw_maps m;

	sw_maps_open(&m, &ctx.engine, false);
	OK(sw_held_read(&m, p, &h, &ctx_err));
	sw_maps_close(&m);
	return h;
}

/* Numbers from `first` on whose hashes agree under `mask` with `wanted`. */
static void alike(__u32 first, __u32 mask, __u32 wanted, __u32 *number, int n)
{
	for (__u32 i = first; n; i++) {
		struct sw_prefix p = numbered(i);
		__u32 addr = sw_addr_to4(&p.addr);

		if ((sw_home(sw_hash4(addr, ctx.engine.settings->seed)) & mask) == wanted)
			number[--n] = i;
	}
}

static struct sw_line line(struct sw_maps *m, size_t i)
{
	struct sw_table t = sw_table_of(&ctx.engine, true);
	struct sw_line l;

	sw_maps_open(m, &ctx.engine, false);
	OK(sw_line_at(m, &t, i, &l, &ctx_err));
	return l;
}

static int count_overflow(const void *key, const void *value, void *arg)
{
	(void)key;
	(void)value;
	++*(int *)arg;
	return 0;
}

static int in_overflow(void)
{
	int n = 0;

	OK(sw_map_each(&ctx.engine, SW_MAP_overflow4, count_overflow, &n, &ctx_err));
	return n;
}

static struct sw_arrays open_arrays(struct sw_maps *m, const struct sw_table *t)
{
	struct sw_arrays a;

	sw_maps_open(m, &ctx.engine, true);
	OK(sw_arrays_at(m, t, 0, sw_table_used(t), &a, &ctx_err));
	return a;
}

static int need_bits(const void *key, const void *value, void *arg)
{
	const struct sw_arrays *a = arg;
	__u64 hash = sw_hash4(*(const __u32 *)key, ctx.engine.settings->seed);

	(void)value;
	return !!(sw_bloom_bits(hash) & ~a->bloom[sw_home(hash) & ctx.engine.settings->drop4_mask]);
}

/* Every key has its bits. Returns how many bits more there are. */
static int stale_bits(void)
{
	struct sw_table t = sw_table_of(&ctx.engine, true);
	struct sw_maps m;
	struct sw_arrays a = open_arrays(&m, &t);
	int stale = 0;

	assert_int_equal(ctx.engine.settings->drop4_bloom_off, 0);
	for (size_t i = 0; i < sw_table_used(&t); i++) {
		struct sw_line l = sw_line_of(&t, &a, i);
		__u64 need = 0;

		for (__u32 k = 0; k < l.ways; k++)
			if (sw_slot_key(&l, k))
				need |= sw_bloom_bits(
					sw_table_hash(&ctx.engine, &t, sw_slot_key(&l, k)));
		assert_int_equal(need & ~*l.bloom, 0);
		if (!(*l.head & SW_HEAD_OVERFLOWED))
			stale += __builtin_popcountll(*l.bloom & ~need);
	}
	assert_int_equal(sw_map_each(&ctx.engine, SW_MAP_overflow4, need_bits, &a, &ctx_err), 0);
	sw_maps_close(&m);
	return stale;
}

static void filters_follow_what_is_listed(void **s)
{
	struct sw_table t = sw_table_of(&ctx.engine, true);
	struct sw_maps m;
	struct sw_arrays a;

	(void)s;
	block_numbers(0, 9 * SW_DROP4_LEAST);
	assert_int_equal(stale_bits(), 0);
	a = open_arrays(&m, &t);
	for (__u32 i = 0; i < SW_DROP4_LEAST; i++)
		a.bloom[i] |= i;
	assert_int_not_equal(stale_bits(), 0);
	OK(sw_drop_tidy(&ctx, &ctx_err));
	assert_int_equal(stale_bits(), 0);
	a.bloom[7] = ~0ull; /* a few are not worth it */
	OK(sw_drop_tidy(&ctx, &ctx_err));
	assert_int_equal(a.bloom[7], ~0ull);
	/* killed while it made them anew */
	sw_setting_store(&ctx.engine, drop4_bloom_off, ~0ull);
	memset(a.bloom, 0, SW_DROP4_LEAST / 2 * sizeof(*a.bloom));
	sw_maps_close(&m);
	sw_ctx_unlock(&ctx);
	OK(sw_ctx_lock(&ctx, &ctx_err));
	assert_int_equal(stale_bits(), 0);
	OK(sw_flush(&ctx, NULL, false, false, NULL, &ctx_err));
	assert_int_equal(stale_bits(), 0);
}

static void as_large_as_the_list(void **s)
{
	(void)s;
	assert_int_equal(used(), SW_DROP4_LEAST);
	block_numbers(0, 9 * SW_DROP4_LEAST);
	assert_int_equal(used(), SW_DROP4_LEAST);
	block_numbers(9 * SW_DROP4_LEAST, MANY - 9 * SW_DROP4_LEAST);
	assert_int_equal(used(), 2048);
	assert_int_equal(ctx_entries(), MANY);
	ctx_auto_count();
	ctx_prefixes_are_announced();
	stale_bits();
	for (__u32 i = 0; i < MANY; i++) {
		struct sw_prefix p = numbered(i);

		assert_true(held(&p).expires_tick);
	}
	OK(sw_flush(&ctx, NULL, false, false, NULL, &ctx_err));
	assert_int_equal(ctx_entries(), 0);
	assert_int_equal(ctx.engine.state->auto_blocked, 0);
	assert_int_equal(used(), SW_DROP4_LEAST);
	assert_int_equal(stale_bits(), 0);
	block_numbers(0, 100);
	assert_int_equal(used(), SW_DROP4_LEAST);
	assert_int_equal(ctx_entries(), 100);
}

static void what_stands_there_moves_along(void **s)
{
	struct sw_prefix mine = ctx_prefix("203.0.113.9");
	struct sw_held before, after;
	struct sw_line l;
	struct sw_maps m;

	(void)s;
	ctx_block("203.0.113.9", "operator", HOUR);
	ctx_kernel_blocks("203.0.113.10", HOUR);
	l = line(&m, sw_home(sw_hash4(sw_addr_to4(&mine.addr), ctx.engine.settings->seed)) &
			     ctx.engine.settings->drop4_mask);
	sw_line_credit(&l, sw_addr_to4(&mine.addr), 77);
	sw_maps_close(&m);
	before = held(&mine);
	assert_int_equal(before.hits, 77);
	for (int up = 1; up >= 0; up--) {
		OK(sw_drop_fit(&ctx, true, up ? MANY : 0, &ctx_err));
		assert_int_equal(used(), up ? 2048 : SW_DROP4_LEAST);
		after = held(&mine);
		assert_memory_equal(&after, &before, sizeof(after));
		assert_true(ctx_verdict("203.0.113.10").expires_tick & SW_EXPIRES_AUTO);
		assert_int_equal(ctx_entries(), 2);
		ctx_auto_count();
	}
}

/* More in one bucket than it holds: the rest finds a place when it grows. */
static void the_crowd_spreads(void **s)
{
	__u32 number[SW_DROP4_WAYS + 10];

	(void)s;
	alike(0, SW_DROP4_LEAST - 1, 5, number, COUNT(number));
	for (size_t i = 0; i < COUNT(number); i++)
		block_numbers(number[i], 1);
	assert_int_equal(in_overflow(), COUNT(number) - SW_DROP4_WAYS);
	stale_bits();
	OK(sw_drop_fit(&ctx, true, MORE, &ctx_err));
	stale_bits();
	assert_true(used() > SW_DROP4_LEAST);
	assert_true(in_overflow() < (int)COUNT(number) - SW_DROP4_WAYS);
	assert_int_equal(ctx_entries(), COUNT(number));
	ctx_auto_count();
	OK(sw_drop_fit(&ctx, true, 0, &ctx_err));
	assert_int_equal(in_overflow(), COUNT(number) - SW_DROP4_WAYS);
	assert_int_equal(ctx_entries(), COUNT(number));
	ctx_auto_count();
	OK(sw_flush(&ctx, NULL, false, false, NULL, &ctx_err));
	assert_int_equal(ctx_entries(), 0);
	assert_int_equal(in_overflow(), 0);
	assert_int_equal(ctx.engine.state->auto_blocked, 0);
}

static void unblock_number(__u32 n)
{
	struct sw_prefix p = numbered(n);

	OK(sw_unblock(&ctx, &p, 1, NULL, NULL, &ctx_err));
}

/* What found no room in its line goes there when others have left it. */
static void overflow_goes_where_room_is(void **s)
{
	__u32 number[SW_DROP4_WAYS + 10];
	struct sw_prefix p;

	(void)s;
	alike(0, SW_DROP4_LEAST - 1, 5, number, COUNT(number));
	for (size_t i = 0; i < COUNT(number); i++)
		block_numbers(number[i], 1);
	for (size_t i = 0; i < 8; i++)
		unblock_number(number[i]);
	assert_int_equal(in_overflow(), 10);
	OK(sw_drop_tidy(&ctx, &ctx_err));
	assert_int_equal(in_overflow(), 2);
	stale_bits();
	assert_int_equal(ctx_entries(), COUNT(number) - 8);
	ctx_auto_count();
	for (size_t i = 8; i < COUNT(number); i++) {
		p = numbered(number[i]);
		assert_true(held(&p).expires_tick);
	}
}

/* Of addresses in no order: those in a row spread too well. */
static struct sw_claim *random_list(__u32 first, __u32 n)
{
	struct sw_claim *c = calloc(n, sizeof(*c));
	__u64 seed[4] = {1, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 1};

	assert_non_null(c);
	for (__u32 i = 0; i < n; i++) {
		c[i] = ctx_claim("203.0.113.9", "operator", HOUR);
		c[i].prefix.addr = sw_addr_from4(sw_hash64(sw_hash64(first + i, seed), seed) >> 32);
	}
	return c;
}

/* The largest list that is allowed, of which half is another every day. */
static void a_list_may_turn_over(void **s)
{
	__u32 half = ctx_blocked4 / 2;

	(void)s;
	for (__u32 day = 0; day < 6; day++) {
		struct sw_claim *c = random_list(day * half, 2 * half);

		OK(sw_replace(&ctx, c, 2 * half, NULL, 0, false, &ctx_err));
		free(c);
		assert_in_range(ctx_entries(), 2 * half - 10, 2 * half); /* some are the same */
		/* 260 of Poisson's distribution with eight a line have no room */
		assert_true(in_overflow() < 400);
	}
}

static void fill_overflow(void)
{
	struct sw_overflow o = {.expires_tick = sw_ticks_now() + 1000};
	struct sw_prefix p;
	__u32 addr, i = 0x100000;

	do {
		p = numbered(i++);
		addr = sw_addr_to4(&p.addr);
	} while (!bpf_map_update_elem(ctx.engine.fd[SW_MAP_overflow4], &addr, &o, 0));
}

/* As it is when nobody has swept for long. */
static void a_full_overflow_is_emptied_first(void **s)
{
	__u32 number[SW_DROP4_WAYS + 10];
	struct sw_prefix p;

	(void)s;
	block_numbers(0, MORE);
	alike(MORE, ctx.engine.settings->drop4_mask, 5, number, COUNT(number));
	fill_overflow();
	for (size_t i = 0; i < COUNT(number); i++) {
		block_numbers(number[i], 1);
		p = numbered(number[i]);
		assert_true(held(&p).expires_tick);
	}
	assert_in_range(in_overflow(), COUNT(number) - SW_DROP4_WAYS, 400);
	OK(sw_flush(&ctx, NULL, false, false, NULL, &ctx_err));
	assert_int_equal(ctx_entries(), 0);
}

/* Killed between the steps: nothing is lost, and the next writer ends it. */
static void ended_by_the_next(void **s)
{
	(void)s;
	block_numbers(0, 1000);
	sw_setting_store(&ctx.engine, drop4_mask, 2 * SW_DROP4_LEAST - 1);
	for (__u32 i = 0; i < 1000; i++) {
		struct sw_prefix p = numbered(i);

		assert_true(held(&p).expires_tick);
	}
	assert_int_equal(ctx_entries(), 1000);
	sw_ctx_unlock(&ctx);
	OK(sw_ctx_lock(&ctx, &ctx_err));
	assert_int_equal(used(), 2 * SW_DROP4_LEAST);
	assert_int_equal(ctx_entries(), 1000);
	ctx_auto_count();
}

/* A copy that was left behind must not come back to life in a later size. */
static void leftovers_stay_dead(void **s)
{
	struct sw_line l;
	struct sw_maps m;
	struct sw_prefix p;
	__u32 number, conflict;

	(void)s;
	alike(0, 4 * SW_DROP4_LEAST - 1, 3 * SW_DROP4_LEAST + 7, &number, 1);
	p = numbered(number);
	l = line(&m, 3 * SW_DROP4_LEAST + 7);
	sw_line_put(&l, ctx.engine.state, sw_addr_to4(&p.addr), 0, NULL,
		    SW_EXPIRES_TICKS | SW_EXPIRES_AUTO, SW_EXPIRES_TICKS, sw_ticks_now(),
		    &conflict);
	sw_maps_close(&m);
	assert_int_equal(ctx_entries(), 0);
	assert_false(held(&p).expires_tick);
	OK(sw_drop_fit(&ctx, true, 9 * 4 * SW_DROP4_LEAST, &ctx_err));
	assert_int_equal(used(), 4 * SW_DROP4_LEAST);
	assert_false(held(&p).expires_tick);
	assert_int_equal(ctx_entries(), 0);
	assert_int_equal(ctx.engine.state->auto_blocked, 0);
}

struct watch {
	unsigned char frame[64];
	__u32 sources;
	int program;
	int stop;
	long runs;
};

/* Packets of many blocked sources, judged as fast as they can be. */
static void *send_packets(void *arg)
{
	struct watch *k = arg;
	struct iphdr *ip = (void *)(k->frame + ETH_HLEN);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = k->frame, .data_size_in = sizeof(k->frame),
		    .repeat = 1);

	while (!__atomic_load_n(&k->stop, __ATOMIC_ACQUIRE)) {
		ip->saddr = htonl(0x0b000000 + k->runs++ % k->sources);
		bpf_prog_test_run_opts(k->program, &opts);
	}
	return NULL;
}

static int pinned_program(void)
{
	char path[sizeof(ctx.engine.dir) + sizeof("/program")];

	snprintf(path, sizeof(path), "%s/program", ctx.engine.dir);
	return bpf_obj_get(path);
}

static uint64_t blocked_packets(void)
{
	struct sw_counter sum[SW_REASON_COUNT];

	OK(sw_engine_counters(&ctx.engine, sum, &ctx_err));
	return sum[SW_REASON_BLOCKED_ADDRESS].passed + sum[SW_REASON_BLOCKED_ADDRESS].dropped +
	       sum[SW_REASON_BLOCKED_PREFIX].passed + sum[SW_REASON_BLOCKED_PREFIX].dropped;
}

/* Of what is blocked all the time, each packet is. */
static void watch_while(__u32 sources, void (*change)(void))
{
	struct watch k = {.program = pinned_program(), .sources = sources};
	uint64_t before = blocked_packets();
	struct ethhdr *eth = (void *)k.frame;
	struct iphdr *ip = (void *)(eth + 1);
	pthread_t thread;

	eth->h_proto = htons(ETH_P_IP);
	*ip = (struct iphdr){.version = 4, .ihl = 5, .protocol = IPPROTO_UDP, .tot_len = htons(50)};
	assert_int_equal(pthread_create(&thread, NULL, send_packets, &k), 0);
	change();
	__atomic_store_n(&k.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_true(k.runs > 1000);
	assert_int_equal(blocked_packets() - before, k.runs);
	close(k.program);
}

static void grow_and_shrink(void)
{
	for (int i = 0; i < 10; i++) {
		OK(sw_drop_fit(&ctx, true, MORE, &ctx_err));
		OK(sw_drop_fit(&ctx, true, 0, &ctx_err));
	}
}

static void no_packet_slips_through(void **s)
{
	(void)s;
	block_numbers(0, 1000);
	watch_while(1000, grow_and_shrink);
	assert_int_equal(ctx_entries(), 1000);
	ctx_auto_count();
}

#define OTHERS 20000

/* A list of others, and of 11.0.0.0/24 or of each address in it. */
static void replace_by(bool network, __u32 others)
{
	struct sw_claim *c = random_list(others, OTHERS + 256);
	size_t n = OTHERS;

	for (__u32 i = 0; !network && i < 256; i++)
		c[n++].prefix = numbered(i);
	if (network)
		c[n++].prefix = ctx_prefix("11.0.0.0/24");
	OK(sw_replace(&ctx, c, n, NULL, 0, false, &ctx_err));
	free(c);
}

static void network_and_hosts_in_turn(void)
{
	for (__u32 i = 0; i < 6; i++)
		replace_by(i & 1, i * OTHERS);
}

static void what_another_prefix_covers_stays_blocked(void **s)
{
	(void)s;
	replace_by(true, 0);
	watch_while(256, network_and_hosts_in_turn);
}

static int setup(void **s)
{
	ctx_blocked4 = 65536;
	return ctx_setup(s);
}

static int reset(void **s)
{
	ctx_reset(s);
	OK(sw_drop_fit(&ctx, true, 0, &ctx_err));
	return 0;
}

#define T(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(as_large_as_the_list),
		T(filters_follow_what_is_listed),
		T(what_stands_there_moves_along),
		T(the_crowd_spreads),
		T(overflow_goes_where_room_is),
		T(a_list_may_turn_over),
		T(a_full_overflow_is_emptied_first),
		T(ended_by_the_next),
		T(leftovers_stay_dead),
		T(no_packet_slips_through),
		T(what_another_prefix_covers_stays_blocked),
	};

	return cmocka_run_group_tests(tests, setup, ctx_teardown);
}
