// SPDX-License-Identifier: GPL-2.0-only
/* Packets that are not counted against their sender must not reveal whether a port is served:
 * all get the same answer (docs/detection.md). */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define MINUTE (60 * SECOND)
#define OTHER4 0xc6336401u /* 198.51.100.1 */

/* An ACK with a timestamp, as a patched scanner sends it. */
static struct frame dressed(uint32_t src, uint16_t port)
{
	struct frame f = tcp4(src, port, F_ACK);
	static const uint8_t option[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};

	f.byte[f.size - 8] = 8 << 4;
	memcpy(f.byte + f.size, option, sizeof(option));
	f.size += sizeof(option);
	return f;
}

static struct frame with_seq(struct frame f, size_t tcp, uint32_t seq)
{
	uint32_t be = htonl(seq);

	memcpy(f.byte + tcp + 4, &be, sizeof(be));
	return f;
}

/* What the sender sees of it: the kernel's answer, or nothing. */
static bool is_answered(struct frame f)
{
	run(&f);
	return prog.verdict == 2;
}

/* Row 26, 5: the kernel's RST comes from every port, or from none. */
static void stale_acks_get_one_answer(void **s)
{
	(void)s;
	assert_true(is_answered(dressed(CLIENT4, OPEN_PORT)));
	assert_true(is_answered(dressed(CLIENT4, 81)));
	assert_true(is_answered(dressed(CLIENT4, 45000)));
	assert_false(is_answered(tcp4(CLIENT4, OPEN_PORT, F_ACK)));
	assert_false(is_answered(tcp4(CLIENT4, 82, F_ACK)));
	assert_false(is_answered(tcp4(CLIENT4, 45000, F_ACK)));
	/* The closed ones were counted. */
	assert_int_equal(source4(CLIENT4)->score, 8);
}

/* Row 3: two sources, one source port and sequence number, all ports. */
static void decoys_learn_nothing(void **s)
{
	bool open = false, closed = false;

	(void)s;
	for (int port = 60; port < 100; port++) {
		is_answered(with_seq(dressed(OTHER4, port), 34, 4711)); /* forged */
		if (port == OPEN_PORT)
			open = is_answered(with_seq(dressed(CLIENT4, port), 34, 4711));
		else
			closed |= is_answered(with_seq(dressed(CLIENT4, port), 34, 4711));
	}
	assert_false(open);
	assert_false(closed);
	/* The other way round: its own first, then the forged one. */
	for (int port = 160; port < 170; port++) {
		is_answered(with_seq(tcp4(CLIENT4 + 1, port, F_SYN), 34, 4712));
		is_answered(with_seq(tcp4(OTHER4 + 1, port, F_SYN), 34, 4712));
	}
	assert_false(is_answered(with_seq(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), 34, 4712)));
	assert_false(is_answered(dressed(CLIENT4 + 1, OPEN_PORT)));
}

/* Row 4: UDP has no decoys. */
static void decoys_by_udp_are_counted(void **s)
{
	(void)s;
	for (int port = 1; port <= 3; port++) {
		struct frame f = udp4(OTHER4, 40000, port);

		run(&f);
		f = udp4(CLIENT4, 40000, port);
		run(&f);
	}
	assert_reason(udp4(CLIENT4, 40000, 4), BLOCKED_ADDRESS);
}

static struct frame data_from(uint16_t sport)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, sport, OPEN_PORT, F_ACK | F_PSH);
	frame_data(&f, 10);
	return f;
}

/* Row 5: fetch a page, then scan. */
static void the_confined_learn_nothing(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport), other = program_listens(993);

	(void)s;
	assert_reason(data_from(sport), FLOW);
	for (int port = 1; port <= 5; port++)
		is_answered(dressed(CLIENT4, port));
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_false(is_answered(dressed(CLIENT4, 993)));
	assert_false(is_answered(dressed(CLIENT4, 994)));
	assert_false(is_answered(tcp4(CLIENT4, 993, F_SYN)));
	assert_false(is_answered(tcp4(CLIENT4, 994, F_SYN)));
	assert_true(is_answered(tcp4(CLIENT4, OPEN_PORT, F_SYN))); /* what it uses */
	/* With RST for closed ports by configuration, neither gets one. */
	prog.set->closed_silent = 0;
	assert_false(is_answered(tcp4(CLIENT4, 995, F_SYN)));
	close(fd);
	close(other);
}

/* Row 6: on a host that forwards, where a closed port may be asked. */
static void the_confined_may_not_ask(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);

	(void)s;
	prog.set->forwards = 1;
	assert_reason(data_from(sport), FLOW);
	for (int port = 1; port <= 4; port++)
		is_answered(tcp4(CLIENT4, port, F_SYN));
	for (int port = 100; port <= 120; port++)
		assert_false(is_answered(tcp4(CLIENT4, port, F_SYN)));
	/* Nor do its questions take the place of others'. */
	assert_true(is_answered(tcp4(OTHER4, 100, F_SYN)));
	close(fd);
}

/* Row 10: a limit holds, so it is not blocked. */
static void the_capped_learn_nothing(void **s)
{
	(void)s;
	prog.set->auto_max = 0;
	assert_int_equal(scan3(CLIENT4), SW_REASON_CLOSED_PORT);
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_false(is_answered(tcp4(CLIENT4, OPEN_PORT, F_SYN)));
	assert_false(is_answered(dressed(CLIENT4, OPEN_PORT)));
}

static int bind_udp(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

/* Rows 4, 5, 24: by UDP who is past the threshold is not told a served port from a
 * closed one; others are. */
static void suspects_learn_nothing_by_udp(void **s)
{
	int fd = bind_udp(5353);
	uint16_t sport;

	(void)s;
	close(connect_as_client(&sport));
	assert_reason(udp4(CLIENT4, 40000, 5353), OPEN_PORT);
	assert_reason(data_from(sport), FLOW);
	assert_int_equal(scan3(CLIENT4), SW_REASON_CLOSED_PORT);
	assert_reason(udp4(CLIENT4, 40000, 5353), CONFINED);
	assert_false(is_answered(udp4(CLIENT4, 40000, 5354)));
	assert_reason(udp4(OTHER4, 40000, 5353), OPEN_PORT);
	/* A point is forgotten. */
	advance(40 * MINUTE);
	assert_reason(udp4(CLIENT4, 40000, 5353), OPEN_PORT);
	prog.set->auto_max = 0;
	prog.set->challenge = 0; /* or all strangers were */
	assert_int_equal(scan3(OTHER4), SW_REASON_CLOSED_PORT);
	assert_reason(udp4(OTHER4, 40000, 5353), CONFINED);
	/* From source port 53 it takes twelve of them. */
	for (int i = 0; i < 12; i++)
		assert_false(is_answered(udp4(OTHER4 + 9, 53, 45000 + i)));
	assert_reason(udp4(OTHER4 + 9, 53, 5353), CONFINED);
	close(fd);
}

/* Somebody puts a resolver's name among decoys, again and again. It asks from a new port
 * each time, and closed ports are charged to it as to anybody. */
static void who_is_among_decoys_keeps_udp(void **s)
{
	int fd = bind_udp(5353);

	(void)s;
	prog.set->challenge = 1;
	for (int i = 0; i < 20; i++) {
		is_answered(with_seq(tcp4(CLIENT4 + 1, 170 + i, F_SYN), 34, 4712));
		is_answered(with_seq(tcp4(CLIENT4 + 2, 170 + i, F_SYN), 34, 4712));
		for (int name = 1; name < 3; name++)
			assert_reason(udp4(CLIENT4 + name, 20000 + i, 5353), OPEN_PORT);
		advance(20 * SECOND);
	}
	assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), CHALLENGED);
	for (int port = 1; port <= 8; port++) /* some count as one, in the sketch */
		assert_false(is_answered(udp4(CLIENT4 + 1, 40000, port)));
	assert_int_equal(prog.state->auto_blocked, 1);
	close(fd);
}

/* Who talks with us goes on, and so does what we asked ourselves; under a spray,
 * too, but no suspect gets more by being a stranger. */
static void suspects_keep_their_talks_by_udp(void **s)
{
	struct frame q = frame_eth(ETH_P_IP), a = frame_eth(ETH_P_IP);
	int fd = bind_udp(5353), client = bind_udp(45001);

	(void)s;
	frame_ip4(&a, SERVER4, CLIENT4, IPPROTO_UDP, 0);
	frame_udp(&a, 5353, 40000);
	frame_ip4(&q, SERVER4, CLIENT4, IPPROTO_UDP, 0);
	frame_udp(&q, 45001, 3478);
	leave_from_socket(&q);
	assert_reason(udp4(CLIENT4, 40000, 5353), OPEN_PORT);
	for (int i = 0; i < 300; i++, advance(SECOND / 4))
		leave_from_socket(&a);
	prog.set->auto_max = 0;
	assert_int_equal(scan3(CLIENT4), SW_REASON_CLOSED_PORT);
	assert_reason(udp4(CLIENT4, 40000, 5353), OPEN_PORT);
	assert_reason(udp4(CLIENT4, 3478, 45001), OPEN_PORT);
	prog.set->challenge = 1;
	assert_int_equal(scan3(OTHER4), SW_REASON_CHALLENGED);	      /* capped: a spray */
	assert_reason(udp4(OTHER4 + 1, 40000, 5353), SPARED_SERVICE); /* a stranger */
	assert_reason(udp4(OTHER4, 40000, 5353), STRANGER);
	close(fd);
	close(client);
}

/* Row 18: a thousand ports, a block's length between any two of them. */
static void a_full_sketch_hides_nothing(void **s)
{
	int charged = 0;

	(void)s;
	prog.set->block_ticks = 1;
	for (int port = 1000; port < 1400; port++) {
		struct frame f = tcp4(CLIENT4, port, F_SYN);

		charged += run(&f) == SW_REASON_NEW_BLOCK;
		advance(SECOND);
	}
	assert_in_range(charged, 200, 400);
}

/* Row 20: two ports from each address. */
static void a_rotating_network_learns_nothing(void **s)
{
	(void)s;
	for (uint32_t i = 1; i < 30; i++)
		for (int k = 0; k < 2; k++) {
			struct frame f = tcp4(0x0a141e00u + i, 2000 + 2 * i + k, F_SYN);

			run(&f);
		}
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_reason(tcp4(0x0a141e80u, OPEN_PORT, F_SYN), CONFINED);
	assert_reason(tcp4(0x0a141f80u, OPEN_PORT, F_SYN), OPEN_PORT);
	for (uint64_t i = 1; i < 30; i++)
		for (int k = 0; k < 2; k++) {
			struct frame f =
				tcp6(0x20010db800110000ull + i, 1, 2000 + 2 * i + k, F_SYN);

			run(&f);
		}
	assert_reason(tcp6(0x20010db80011ff00ull, 1, OPEN_PORT, F_SYN), CONFINED);
	assert_reason(tcp6(0x20010db80012ff00ull, 1, OPEN_PORT, F_SYN), OPEN_PORT);
}

/* `addresses` of one network, a closed port each. */
static void rotate(uint32_t network, uint32_t addresses)
{
	for (uint32_t i = 1; i <= addresses; i++) {
		struct frame f = tcp4(network + i, 3000 + i, F_SYN);

		run(&f);
	}
}

/* Whoever forges a scan in a network's name once is not to cut it off for days, however
 * many other networks scan. */
static void a_network_is_forgiven_in_time(void **s)
{
	(void)s;
	prog.set->network_threshold = 5 * SW_POINT;
	rotate(0x0a141e00u, 100);
	for (uint32_t i = 0; i < 6; i++) {
		assert_reason(tcp4(0x0a141e80u, OPEN_PORT, F_SYN), CONFINED);
		advance(900 * SECOND);
		rotate(0x0a280000u + (i << 8), 5);
		assert_reason(tcp4(0x0a280080u + (i << 8), OPEN_PORT, F_SYN), CONFINED);
	}
	advance(1800 * SECOND);
	rotate(0x0a320000u, 5);
	assert_reason(tcp4(0x0a141e80u, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(tcp4(0x0a320080u, OPEN_PORT, F_SYN), CONFINED);
}

static void networks_have_a_threshold_of_their_own(void **s)
{
	(void)s;
	prog.set->network_threshold = 5 * SW_POINT;
	rotate(0x0a141e00u, 4);
	assert_reason(tcp4(0x0a141e80u, OPEN_PORT, F_SYN), OPEN_PORT);
	rotate(0x0a142800u, 5);
	assert_reason(tcp4(0x0a142880u, OPEN_PORT, F_SYN), CONFINED);
	prog.set->network_threshold = 6 * SW_POINT;
	assert_reason(tcp4(0x0a142881u, OPEN_PORT, F_SYN), OPEN_PORT);
	prog.set->network_threshold = 0;
	rotate(0x0a143200u, 100);
	assert_reason(tcp4(0x0a143280u, OPEN_PORT, F_SYN), OPEN_PORT);
}

/* The clients of whoever had the address before: one port, many sources. */
static void a_network_that_misses_one_port_is_not_suspicious(void **s)
{
	(void)s;
	for (uint32_t i = 1; i < 60; i++) {
		struct frame f = tcp4(0x0a141e00u + i, 5222, F_SYN);

		run(&f);
	}
	assert_reason(tcp4(0x0a141e80u, OPEN_PORT, F_SYN), OPEN_PORT);
}

/* Setting up an account, at once or in turn: one family of ports. */
static void families_count_once(void **s)
{
	static const uint16_t mail[] = {143, 993, 110, 995, 587, 25, 465};

	(void)s;
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(mail) / sizeof(mail[0]); i++)
			assert_reason(tcp4(CLIENT4, mail[i], F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 443, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 80 + 8000, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4 + 1);
}

/* An app that tries every kind of VPN, and the four streams of a call of whoever had our
 * address before: audio and video, each with its RTCP at the next port (RFC 3550 11). */
static void vpns_and_calls_count_once(void **s)
{
	static const uint16_t vpn[] = {51820, 1194, 500, 4500, 1701},
			      call[] = {16384, 16385, 16390, 16391};

	(void)s;
	for (size_t i = 0; i < sizeof(vpn) / sizeof(vpn[0]); i++)
		assert_reason(udp4(CLIENT4, 40000, vpn[i]), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 1194, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 1723, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4);
	for (int packet = 0; packet < 50; packet++)
		for (size_t i = 0; i < sizeof(call) / sizeof(call[0]); i++)
			assert_reason(udp4(CLIENT4 + 1, 40000 + i, call[i]), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4 + 1)->score, 8);
	/* pairs are of UDP: a scan from port to port is none of calls */
	for (uint16_t port = 16384; port < 16386; port++)
		assert_reason(tcp4(CLIENT4 + 2, port, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4 + 2, 16386, F_SYN), NEW_BLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(stale_acks_get_one_answer),
		T(decoys_learn_nothing),
		T(decoys_by_udp_are_counted),
		T(the_confined_learn_nothing),
		T(the_confined_may_not_ask),
		T(the_capped_learn_nothing),
		T(suspects_learn_nothing_by_udp),
		T(who_is_among_decoys_keeps_udp),
		T(suspects_keep_their_talks_by_udp),
		T(a_full_sketch_hides_nothing),
		T(a_rotating_network_learns_nothing),
		T(a_network_is_forgiven_in_time),
		T(networks_have_a_threshold_of_their_own),
		T(a_network_that_misses_one_port_is_not_suspicious),
		T(families_count_once),
		T(vpns_and_calls_count_once),
#undef T
	};

	return cmocka_run_group_tests_name("oracles", tests, program_setup, program_teardown);
}
