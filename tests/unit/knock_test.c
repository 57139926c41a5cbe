// SPDX-License-Identifier: GPL-2.0-only
/* Hidden services: who reaches them, and which knocks open them. */
#include <endian.h>
#include <linux/if_ether.h>
#include <scanwall/siphash.h>
#include <string.h>
#include "test_program.h"

#define HIDDEN OPEN_PORT
#define WALL 1800000000ull /* s since 1970 */
#define XDP_DROP 1

static const struct sw_knock_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

static __be64 key_id(void)
{
	return htobe64(sw_siphash(NULL, 0, key.key[0], key.key[1]));
}

static int setup(void **s)
{
	uint32_t at = HIDDEN >> 6;
	uint64_t word = 1ull << (HIDDEN & 63);
	__be64 id = key_id();

	program_reset(s);
	prog.set->any_hidden = 1;
	prog.set->any_key = 1;
	prog.set->wall_ns = WALL * SECOND - prog.set->clock_ns;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.hidden), &at, &word, BPF_ANY);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.knock_keys), &id, &key, BPF_ANY);
	return 0;
}

static struct sw_knock sealed(uint64_t second, uint16_t port, uint64_t nonce)
{
	__u64 word[SW_KNOCK_WORDS] = {be64toh(key_id()), second << 16 | port, nonce};

	return (struct sw_knock){htobe64(word[0]), htobe64(word[1]), htobe64(word[2]),
				 htobe64(sw_siphash(word, SW_KNOCK_WORDS, key.key[0], key.key[1]))};
}

static struct frame knock(bool v6, const struct sw_knock *k)
{
	struct frame f = udp4(CLIENT4, 40000, HIDDEN);

	if (v6) {
		f = frame_eth(ETH_P_IPV6);
		frame_ip6(&f, V6, 1, IPPROTO_UDP);
		frame_udp(&f, 40000, HIDDEN);
	}
	memcpy(f.byte + f.size, k, sizeof(*k));
	f.size += sizeof(*k);
	return f;
}

static int knock_of(bool v6, uint64_t second, uint64_t nonce)
{
	struct sw_knock k = sealed(second, HIDDEN, nonce);
	struct frame f = knock(v6, &k);

	return run(&f);
}

static struct frame syn(bool v6)
{
	return v6 ? tcp6(V6, 1, HIDDEN, F_SYN) : tcp4(CLIENT4, HIDDEN, F_SYN);
}

static void reason_is(int got, int wanted)
{
	assert_string_equal(reason_name(got), reason_name(wanted));
}

/* Its SYN is one to a closed port, whatever it is. */
static void stays_shut(bool v6)
{
	struct frame f = syn(v6);

	reason_is(run(&f), SW_REASON_CLOSED_PORT);
	assert_int_equal(prog.verdict, XDP_DROP);
}

static void stands_open(bool v6)
{
	assert_reason(syn(v6), OPEN_PORT);
}

/* ---- */

static void a_stranger_finds_a_closed_port(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++)
		stays_shut(v6);
	assert_int_equal(source4(CLIENT4)->score, SW_POINT / 4); /* port 80 is a common one */
	/* A served port is told by neither. */
	for (int open = 0; open < 2; open++) {
		struct frame f = tcp4(CLIENT4, open ? HIDDEN : 4711, F_ACK);

		reason_is(run(&f), SW_REASON_STRAY_ACK);
		frame_data(&f, 4); /* and which the kernel answers at both */
		reason_is(run(&f), SW_REASON_PASSED_MISS);
	}
}

static void a_port_that_resets_would_tell(void **s)
{
	(void)s;
	prog.set->closed_silent = SW_CLOSED_RESET;
	stays_shut(false);
}

static void whom_it_is_open_to(void **s)
{
	(void)s;
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	stands_open(false);
	prog.set->any_hidden = 0;
	stands_open(true);
}

static void a_named_service_is_hidden_too(void **s)
{
	struct sw_service name = {HIDDEN, IPPROTO_TCP};
	uint8_t one = 1;

	(void)s;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &name, &one, BPF_ANY);
	prog.set->forwards = 1;
	stays_shut(false);
}

static void a_good_knock_opens_it(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		stays_shut(v6);
		reason_is(knock_of(v6, WALL, 1 + v6), SW_REASON_KNOCK);
		assert_int_equal(prog.verdict, XDP_DROP); /* says nothing */
		stands_open(v6);
	}
	/* To its source alone. */
	assert_reason(tcp4(CLIENT4 + 1, HIDDEN, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(V6, 2, HIDDEN, F_SYN), CLOSED_PORT);
}

/* It does not name its sender: what arrives has the router's address and port. */
static void a_nat_on_the_way_changes_nothing(void **s)
{
	uint32_t router = CLIENT4 + 0x100;
	struct sw_knock k = sealed(WALL, HIDDEN, 7);
	struct frame f = udp4(router, 1027, HIDDEN);

	(void)s;
	memcpy(f.byte + f.size, &k, sizeof(k));
	f.size += sizeof(k);
	reason_is(run(&f), SW_REASON_KNOCK);
	assert_reason(tcp4(router, HIDDEN, F_SYN), OPEN_PORT);
	assert_reason(tcp4(CLIENT4, HIDDEN, F_SYN), CLOSED_PORT);
	/* Translated prefixes (RFC 6296) are no different. */
	reason_is(knock_of(true, WALL, 8), SW_REASON_KNOCK);
	assert_reason(tcp6(V6, 1, HIDDEN, F_SYN), OPEN_PORT);
	assert_reason(tcp6(V6 + 1, 1, HIDDEN, F_SYN), CLOSED_PORT);
}

static void for_thirty_seconds(void **s)
{
	(void)s;
	reason_is(knock_of(false, WALL, 1), SW_REASON_KNOCK);
	advance(29 * SECOND);
	stands_open(false);
	advance(2 * SECOND);
	stays_shut(false);
}

static void nobody_knocks_twice(void **s)
{
	struct sw_knock k = sealed(WALL, HIDDEN, 1);
	struct frame f = knock(false, &k), other;

	(void)s;
	reason_is(run(&f), SW_REASON_KNOCK);
	reason_is(run(&f), SW_REASON_CLOSED_PORT);
	other = knock(true, &k); /* somebody else who saw it */
	reason_is(run(&other), SW_REASON_CLOSED_PORT);
	stays_shut(true);
	advance(31 * SECOND);
	reason_is(run(&f), SW_REASON_CLOSED_PORT);
	stays_shut(false);
	reason_is(knock_of(false, WALL + 31, 2), SW_REASON_KNOCK);
}

/* More than there is room for: what was seen is not forgotten for others. */
static void nor_when_the_table_is_full(void **s)
{
	int taken = 0;

	(void)s;
	prog.set->auto_max = 0; /* and nobody is blocked meanwhile */
	for (int i = 0; i < 6000; i++)
		taken += knock_of(false, WALL, i) == SW_REASON_KNOCK;
	assert_in_range(taken, 2000, 4096);
	for (int i = 0; i < 6000; i++)
		assert_int_not_equal(knock_of(false, WALL, i), SW_REASON_KNOCK);
	advance(62 * SECOND);
	reason_is(knock_of(false, WALL + 62, 1), SW_REASON_KNOCK);
}

static void clocks_may_differ_by_a_minute(void **s)
{
	static const struct {
		int64_t off;
		int reason;
	} of[] = {
		{60, SW_REASON_KNOCK},
		{-60, SW_REASON_KNOCK},
		{61, SW_REASON_CLOSED_PORT},
		{-61, SW_REASON_CLOSED_PORT},
		{-1800000000, SW_REASON_CLOSED_PORT},
		{1ll << 40, SW_REASON_CLOSED_PORT},
	};

	(void)s;
	for (int v6 = 0; v6 < 2; v6++)
		for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
			reason_is(knock_of(v6, WALL + of[i].off, 10 * v6 + i), of[i].reason);
}

static void a_wrong_one_opens_nothing(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		for (size_t at = 0; at < sizeof(struct sw_knock); at++) {
			struct sw_knock k = sealed(WALL, HIDDEN, at);
			struct frame f;

			((uint8_t *)&k)[at] ^= 1;
			f = knock(v6, &k);
			reason_is(run(&f), SW_REASON_CLOSED_PORT);
		}
		stays_shut(v6);
	}
}

static void nor_one_of_another_size(void **s)
{
	struct sw_knock k = sealed(WALL, HIDDEN, 1);
	struct frame f = knock(false, &k);

	(void)s;
	f.size--;
	reason_is(run(&f), SW_REASON_CLOSED_PORT);
	f = knock(false, &k);
	frame_data(&f, 1);
	reason_is(run(&f), SW_REASON_CLOSED_PORT);
	stays_shut(false);
}

static void nor_one_for_a_port_that_is_not_hidden(void **s)
{
	struct sw_knock k = sealed(WALL, HIDDEN + 1, 1);
	struct frame f = knock(false, &k);

	(void)s;
	reason_is(run(&f), SW_REASON_CLOSED_PORT);
	stays_shut(false);
}

static void nor_one_with_a_revoked_key(void **s)
{
	__be64 id = key_id();

	(void)s;
	bpf_map_delete_elem(bpf_map__fd(prog.skel->maps.knock_keys), &id);
	for (int v6 = 0; v6 < 2; v6++) {
		reason_is(knock_of(v6, WALL, 1 + v6), SW_REASON_CLOSED_PORT);
		stays_shut(v6);
	}
}

/* Somebody forged probes in its name; its key says who it is. */
static void a_challenged_source_gets_in(void **s)
{
	(void)s;
	prog.set->challenge = 1;
	put_drop4(CLIENT4, tick_in(600 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	assert_reason(syn(false), CHALLENGED);
	reason_is(knock_of(false, WALL, 1), SW_REASON_KNOCK);
	assert_reason(syn(false), SPARED_SERVICE);
}

/* Without it: as at any closed port, also to the second SYN. */
static void or_is_answered_as_at_a_closed_port(void **s)
{
	struct frame f = syn(false);

	(void)s;
	program_answers();
	put_drop4(CLIENT4, tick_in(600 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	frame_checksums(&f);
	reason_is(run(&f), SW_REASON_CHALLENGED);
	advance(SECOND);
	reason_is(run(&f), SW_REASON_CHALLENGE_ANSWERED);
}

static void a_question_takes_no_knock(void **s)
{
	struct sw_knock k = sealed(WALL, HIDDEN, 1);
	struct frame f = knock(false, &k);

	(void)s;
	reason_is(ask(&f), SW_REASON_KNOCK);
	stays_shut(false);
	reason_is(run(&f), SW_REASON_KNOCK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(a_stranger_finds_a_closed_port),
		TEST(a_port_that_resets_would_tell),
		TEST(whom_it_is_open_to),
		TEST(a_named_service_is_hidden_too),
		TEST(a_good_knock_opens_it),
		TEST(a_nat_on_the_way_changes_nothing),
		TEST(for_thirty_seconds),
		TEST(nobody_knocks_twice),
		TEST(nor_when_the_table_is_full),
		TEST(clocks_may_differ_by_a_minute),
		TEST(a_wrong_one_opens_nothing),
		TEST(nor_one_of_another_size),
		TEST(nor_one_for_a_port_that_is_not_hidden),
		TEST(nor_one_with_a_revoked_key),
		TEST(a_challenged_source_gets_in),
		TEST(or_is_answered_as_at_a_closed_port),
		TEST(a_question_takes_no_knock),
	};

	return cmocka_run_group_tests_name("knock", tests, program_setup, program_teardown);
}
