// SPDX-License-Identifier: GPL-2.0-only
/* The identity of a source: impossible addresses, packets that a link needs, separate address
 * families, and IPv6 neighbours that share a /64. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <string.h>
#include "test_program.h"

#define FOREVER SW_EXPIRES_TICKS
#define LINK 0x20010db800020000ull

static void impossible4(void **s)
{
	static const uint32_t from[] = {0x00000001, 0x7f000001, 0xe0000001, 0xefffffff, 0xffffffff};

	(void)s;
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
		for (int port = 1; port < 5; port++) {
			assert_reason(tcp4(from[i], port, F_SYN), MARTIAN);
			assert_null(source4(from[i]));
		}
	assert_reason(tcp4(from[0], OPEN_PORT, F_SYN), MARTIAN);
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_reason(tcp4(0xf0000001, OPEN_PORT, F_SYN), OPEN_PORT); /* reserved, in use */
}

static void impossible6(void **s)
{
	static const uint64_t high[] = {
		0, 0, 1, 0x0100000000000000, 0xff02000000000000, 0x0000ffffcb007109};

	(void)s;
	for (size_t i = 0; i < sizeof(high) / sizeof(high[0]); i++)
		for (int port = 1; port < 5; port++)
			assert_reason(tcp6(high[i], i ? 1 : 0, port, F_SYN), MARTIAN);
	/* An IPv4-mapped address does not travel (RFC 4038 4.2). */
	assert_reason(tcp6(0, 0x0000ffffcb007109, 1, F_SYN), MARTIAN);
	assert_null(source4(CLIENT4));
	assert_int_equal(prog.state->auto_blocked, 0);
}

static struct frame udp_of(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, src, dst, IPPROTO_UDP, 0);
	frame_udp(&f, sport, dport);
	return f;
}

static struct frame icmp6(uint64_t high, uint64_t low, uint8_t type, uint8_t hops)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	frame_ip6(&f, high, low, IPPROTO_ICMPV6);
	((struct ipv6hdr *)(f.byte + f.ip))->hop_limit = hops;
	frame_data(&f, 24);
	f.byte[f.size - 24] = type;
	f.byte[f.size - 23] = 0;
	return f;
}

/* Whatever a list says: DHCP, duplicate address detection, neighbours. */
static void a_link_lives_on_any_list(void **s)
{
	struct frame igmp = frame_eth(ETH_P_IP);

	(void)s;
	put_drop4(0, FOREVER);
	put_prefix4(0, 8, FOREVER);
	put_drop4(CLIENT4, FOREVER);
	put_drop6(0, 0, 64, FOREVER);
	put_drop6(LINK, 0, 64, FOREVER);
	assert_reason(udp_of(0, 0xffffffff, 68, 67), CLEAN);
	assert_reason(udp_of(CLIENT4, 0xffffffff, 67, 68), LIFELINE);
	assert_reason(udp_of(CLIENT4, SERVER4, 67, 68), LIFELINE);
	frame_ip4(&igmp, 0, 0xe0000001, IPPROTO_IGMP, 0);
	frame_data(&igmp, 8);
	assert_reason(igmp, CLEAN);
	assert_reason(icmp6(0, 0, 135, 255), CLEAN);
	for (uint8_t type = 133; type <= 137; type++)
		assert_reason(icmp6(LINK, 9, type, 255), LIFELINE);
	/* From beyond the link it is none, and nothing else passes. */
	assert_reason(icmp6(LINK, 9, 135, 64), BLOCKED_ADDRESS);
	assert_reason(icmp6(LINK, 9, 128, 255), BLOCKED_ADDRESS);
	assert_reason(udp_of(CLIENT4, SERVER4, 67, 69), BLOCKED_ADDRESS);
}

/* Three closed ports by one of them; the other goes on. */
static void scans_alone(uint64_t high, uint64_t scanner, uint64_t other)
{
	assert_reason(tcp6(high, scanner, 21, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(high, other, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(tcp6(high, scanner, 24, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(high, scanner, 26, F_SYN), NEW_BLOCK);
	assert_reason(tcp6(high, scanner, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp6(high, other, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void neighbours_stand_alone(void **s)
{
	(void)s;
	prog.set->own_link[3] = LINK;
	scans_alone(LINK, 7, 8);
	read_events();
	assert_int_equal(prog.event[0].plen, 128);
	scans_alone(0xfe80000000000000ull, 7, 8);
}

static void translated_hosts_stand_alone(void **s)
{
	(void)s;
	scans_alone(0x0064ff9b00000000ull, 0xcb007109, 0xcb00710a);		    /* RFC 6052 */
	scans_alone(0x0064ff9b00010000ull, 0xcb007209, 0xcb00720a);		    /* RFC 8215 */
	scans_alone(0, 0xffff0000cb007309ull, 0xffff0000cb00730aull);		    /* RFC 6145 */
	scans_alone(0x20010000c0000201ull, 0x8000f23434ff8ff6, 0x8000f23434ff8ff5); /* RFC 4380 */
	/* The IPv4 host itself has done nothing. */
	assert_null(source4(CLIENT4));
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
}

/* The allowlist goes by the address, whatever the key of its evidence. */
static void an_allowed_neighbour_is_spared(void **s)
{
	(void)s;
	prog.set->own_link[0] = LINK;
	put_allow6(LINK, 64, FOREVER);
	for (int port = 1; port < 9; port++)
		assert_reason(tcp6(LINK, 7, port, F_SYN), ALLOWED);
	assert_int_equal(prog.state->auto_blocked, 0);
}

/* traceroute and tracepath by UDP, mtr -u: ports from 33000 on, a hop at a time. */
static void traces_are_no_scans(void **s)
{
	(void)s;
	for (int i = 0; i < 40; i++) {
		struct frame f = udp4(CLIENT4, 50000, 33000 + 57 * i);

		/* Nobody answers, so they go on up to 30 (mtr, traceroute, tracepath). */
		f.byte[f.ip + 8] = 1 + i % 30;
		assert_reason(f, CLOSED_PORT);
		f = udp4(CLIENT4, 50000, 44444 + i);
		f.byte[f.ip + 8] = 1 + i % 30;
		assert_reason(f, CLOSED_PORT);
	}
	assert_null(source4(CLIENT4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(impossible4),
		T(impossible6),
		T(a_link_lives_on_any_list),
		T(neighbours_stand_alone),
		T(translated_hosts_stand_alone),
		T(an_allowed_neighbour_is_spared),
		T(traces_are_no_scans),
#undef T
	};

	return cmocka_run_group_tests_name("sources", tests, program_setup, program_teardown);
}
