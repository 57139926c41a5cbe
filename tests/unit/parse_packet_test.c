// SPDX-License-Identifier: GPL-2.0-only
/* Step 1: every branch of the parser, reached by its bytes. */
#include <linux/if_ether.h>
#include <string.h>
#include "test_program.h"

static void other_protocols(void **s)
{
	(void)s;
	assert_reason(frame_eth(ETH_P_ARP), NOT_IP);
	assert_reason(frame_eth(0x88cc), NOT_IP);
}

static struct frame tagged(int tags, uint16_t outer)
{
	struct frame f = frame_eth(ETH_P_IP);

	for (int i = 0; i < tags; i++)
		frame_vlan(&f, i == 0 ? outer : ETH_P_8021Q, ETH_P_IP);
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, 40000, 81, 0);
	return f;
}

static void vlan_tags(void **s)
{
	(void)s;
	assert_reason(tagged(1, ETH_P_8021Q), IMPOSSIBLE_FLAGS);
	assert_reason(tagged(2, ETH_P_8021AD), IMPOSSIBLE_FLAGS);
	assert_reason(tagged(2, ETH_P_8021Q), IMPOSSIBLE_FLAGS);
	/* The stack takes off as many as there are. */
	assert_reason(tagged(3, ETH_P_8021Q), IMPOSSIBLE_FLAGS);
	assert_reason(tagged(8, ETH_P_8021Q), IMPOSSIBLE_FLAGS);
	assert_reason(tagged(9, ETH_P_8021Q), TOO_DEEP);
	assert_int_equal(prog.verdict, 1);
}

static void ip4_headers(void **s)
{
	struct frame f;

	(void)s;
	f = tcp4(CLIENT4, 81, F_SYN);
	f.byte[f.ip] = 0x55; /* version 5 */
	assert_reason(f, MALFORMED);
	f.byte[f.ip] = 0x44; /* a header of 16 bytes */
	assert_reason(f, MALFORMED);
	f.byte[f.ip] = 0x45;
	for (int length = 0; length < 20; length++) { /* shorter than its header */
		f.byte[f.ip + 2] = 0;
		f.byte[f.ip + 3] = length;
		assert_string_equal(reason_name(run_as_is(f.byte, f.size)),
				    reason_name(SW_REASON_MALFORMED));
	}

	f = frame_eth(ETH_P_IP);
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	f.byte[f.ip] = 0x47; /* eight bytes of options */
	memset(f.byte + f.size, 1, 8);
	f.size += 8;
	frame_tcp(&f, 40000, 81, F_SYN);
	assert_reason(f, CLOSED_PORT);
}

static void ip4_fragments(void **s)
{
	struct frame f = frame_eth(ETH_P_IP);

	(void)s;
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 3);
	frame_tcp(&f, 40000, 81, 0);
	assert_reason(f, LATER_FRAGMENT);
	f = frame_eth(ETH_P_IP);
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0x2000); /* the first one */
	frame_tcp(&f, 40000, 81, 0);
	assert_reason(f, IMPOSSIBLE_FLAGS);
}

static void other_transports(void **s)
{
	static const uint8_t protos[] = {IPPROTO_UDP, IPPROTO_ICMP, 132};
	struct frame f;

	(void)s;
	for (size_t i = 0; i < sizeof(protos); i++) {
		f = frame_eth(ETH_P_IP);
		frame_ip4(&f, CLIENT4, SERVER4, protos[i], 0);
		assert_reason(f, TRUNCATED);
	}
	f = frame_eth(ETH_P_IP);
	frame_ip4(&f, CLIENT4, SERVER4, 47, 0);
	assert_reason(f, CLEAN);
}

static void tcp_header(void **s)
{
	struct frame f = tcp4(CLIENT4, 81, F_SYN);

	(void)s;
	f.byte[f.size - 8] = 0x40; /* a header of 16 bytes */
	assert_reason(f, MALFORMED);
}

static void ip6_headers(void **s)
{
	struct frame f = tcp6(V6, 9, 81, F_SYN);

	(void)s;
	assert_reason(f, CLOSED_PORT);
	f.byte[f.ip] = 0x45;
	assert_reason(f, MALFORMED);
}

static void ip6_extensions(void **s)
{
	static const uint8_t kinds[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS};
	struct frame f;

	(void)s;
	for (size_t i = 0; i < sizeof(kinds); i++) {
		f = frame_eth(ETH_P_IPV6);
		frame_ip6(&f, V6, 9, kinds[i]);
		frame_ext(&f, IPPROTO_TCP, i);
		frame_tcp(&f, 40000, 81, 0);
		assert_reason(f, IMPOSSIBLE_FLAGS);
	}
	/* An authentication header counts in words of four bytes. */
	f = frame_eth(ETH_P_IPV6);
	frame_ip6(&f, V6, 9, IPPROTO_AH);
	f.byte[f.size] = IPPROTO_TCP;
	f.byte[f.size + 1] = 4;
	f.size += 24;
	frame_tcp(&f, 40000, 81, 0);
	assert_reason(f, IMPOSSIBLE_FLAGS);
}

static struct frame chain(int headers)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	frame_ip6(&f, V6, 9, IPPROTO_DSTOPTS);
	for (int i = 1; i <= headers; i++)
		frame_ext(&f, i == headers ? IPPROTO_TCP : IPPROTO_DSTOPTS, 0);
	frame_tcp(&f, 40000, 81, 0);
	return f;
}

static void ip6_chain_is_bounded(void **s)
{
	(void)s;
	assert_reason(chain(8), IMPOSSIBLE_FLAGS);
	assert_reason(chain(9), TOO_DEEP);
	assert_int_equal(prog.verdict, 1);
	assert_reason(chain(20), TOO_DEEP);
}

static void ip6_fragments(void **s)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	(void)s;
	frame_ip6(&f, V6, 9, IPPROTO_FRAGMENT);
	frame_ext(&f, IPPROTO_TCP, 0);
	f.byte[f.size - 5] = 1; /* the first one: offset 0, more to come */
	frame_tcp(&f, 40000, 81, 0);
	assert_reason(f, IMPOSSIBLE_FLAGS);
	f.byte[f.size - 20 - 5] = 9; /* offset 8: where the flags would be */
	assert_reason(f, SCAN_FRAGMENT);
	f.byte[f.size - 20 - 5] = 25; /* offset 24 */
	assert_reason(f, LATER_FRAGMENT);
}

#define MORE 1 /* fragments follow */

static void fragment_header(struct frame *f, uint8_t next, uint8_t flags)
{
	frame_ext(f, next, 0);
	f->byte[f->size - 5] = flags;
}

/* The kernel puts fragments together wherever they were cut, so the rest, which has no
 * ports, must not pass behind a first one that shows none. */
static void ip6_first_fragment_has_all_headers(void **s)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, 132, IPPROTO_ICMPV6};
	struct frame f;

	(void)s;
	for (int headers = 0; headers < 7; headers++) {
		f = frame_eth(ETH_P_IPV6);
		frame_ip6(&f, V6, 9, IPPROTO_FRAGMENT);
		fragment_header(&f, IPPROTO_DSTOPTS, MORE);
		for (int i = 0; i < headers; i++)
			frame_ext(&f, IPPROTO_DSTOPTS, 0);
		assert_reason(f, SCAN_FRAGMENT);
		assert_int_equal(prog.verdict, 1);
		/* one that says to be longer than the fragment */
		frame_ext(&f, IPPROTO_TCP, 0);
		f.byte[f.size - 7] = 3;
		assert_reason(f, SCAN_FRAGMENT);
	}
	for (size_t i = 0; i < sizeof(protos); i++) {
		f = frame_eth(ETH_P_IPV6);
		frame_ip6(&f, V6, 9, IPPROTO_FRAGMENT);
		fragment_header(&f, IPPROTO_DSTOPTS, MORE);
		frame_ext(&f, protos[i], 0);
		assert_reason(f, SCAN_FRAGMENT);
		assert_int_equal(prog.verdict, 1);
	}
}

/* What stands behind the packet in its frame is no part of it. */
static void ip6_first_fragment_ends_where_it_says(void **s)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_DSTOPTS};
	struct frame f;

	(void)s;
	for (size_t i = 0; i < sizeof(protos); i++) {
		f = frame_eth(ETH_P_IPV6);
		frame_ip6(&f, V6, 9, IPPROTO_FRAGMENT);
		fragment_header(&f, IPPROTO_DSTOPTS, MORE);
		frame_ext(&f, protos[i], 0);
		f.byte[f.ip + 4] = 0;
		f.byte[f.ip + 5] = 16;
		if (protos[i] == IPPROTO_DSTOPTS)
			frame_ext(&f, IPPROTO_UDP, 0);
		frame_udp(&f, 40000, 443); /* a harmless miss */
		frame_data(&f, 40);
		assert_string_equal(reason_name(run_as_is(f.byte, f.size)), "scan-fragment");
		assert_int_equal(prog.verdict, 1);
	}
}

/* The first of a long datagram, and headers that are whole. */
static void ip6_whole_first_fragments_pass(void **s)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	(void)s;
	frame_ip6(&f, V6, 9, IPPROTO_HOPOPTS);
	frame_ext(&f, IPPROTO_FRAGMENT, 0);
	fragment_header(&f, IPPROTO_DSTOPTS, MORE);
	frame_ext(&f, 50, 1); /* ESP */
	frame_data(&f, 64);
	prog.set->protocols[0] |= 1ull << 50;
	assert_reason(f, CLEAN);
	/* An atomic fragment is a whole packet. */
	f = frame_eth(ETH_P_IPV6);
	frame_ip6(&f, V6, 9, IPPROTO_FRAGMENT);
	fragment_header(&f, IPPROTO_DSTOPTS, 0);
	assert_reason(f, TRUNCATED);
	frame_ext(&f, IPPROTO_TCP, 0);
	frame_tcp(&f, 40000, OPEN_PORT, F_SYN);
	assert_reason(f, OPEN_PORT);
}

/* A header cut short anywhere is counted as such and passes. */
static void cut_everywhere(const struct frame *whole)
{
	struct frame f = *whole;
	int reason;

	for (f.size = sizeof(struct ethhdr); f.size < whole->size; f.size++) {
		reason = run(&f);
		assert_string_equal(reason_name(reason), "truncated");
		assert_int_equal(prog.verdict, 2 /* XDP_PASS */);
	}
	assert_string_equal(reason_name(run(whole)), "impossible-flags");
}

static void truncated_at_every_byte(void **s)
{
	struct frame f;

	(void)s;
	f = tcp4(CLIENT4, 81, 0);
	cut_everywhere(&f);
	f = tcp6(V6, 9, 81, 0);
	cut_everywhere(&f);
	f = chain(5);
	cut_everywhere(&f);
	f = tagged(2, ETH_P_8021AD);
	cut_everywhere(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(other_protocols, program_reset),
		cmocka_unit_test_setup(vlan_tags, program_reset),
		cmocka_unit_test_setup(ip4_headers, program_reset),
		cmocka_unit_test_setup(ip4_fragments, program_reset),
		cmocka_unit_test_setup(other_transports, program_reset),
		cmocka_unit_test_setup(tcp_header, program_reset),
		cmocka_unit_test_setup(ip6_headers, program_reset),
		cmocka_unit_test_setup(ip6_extensions, program_reset),
		cmocka_unit_test_setup(ip6_chain_is_bounded, program_reset),
		cmocka_unit_test_setup(ip6_fragments, program_reset),
		cmocka_unit_test_setup(ip6_first_fragment_has_all_headers, program_reset),
		cmocka_unit_test_setup(ip6_first_fragment_ends_where_it_says, program_reset),
		cmocka_unit_test_setup(ip6_whole_first_fragments_pass, program_reset),
		cmocka_unit_test_setup(truncated_at_every_byte, program_reset),
	};

	return cmocka_run_group_tests_name("packet parser", tests, program_setup, program_teardown);
}
