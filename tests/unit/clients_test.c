// SPDX-License-Identifier: GPL-2.0-only
/* Known clients, and that no other source can evict them. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "engine/sandbox.h"
#include "test_program.h"

#define MINUTE (60 * SECOND)
#define SETS 64

static struct frame from4(uint32_t src, uint16_t sport, uint16_t dport, uint8_t flags)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, src, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, sport, dport, flags);
	return f;
}

/* A container's segment to the client. */
static void leave4(uint32_t client, uint8_t flags, size_t data)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, client, IPPROTO_TCP, 0);
	frame_tcp(&f, 8081, 40000, flags);
	frame_data(&f, data);
	leave(&f);
}

static struct frame data_from4(uint32_t client)
{
	struct frame f = from4(client, 40000, 8081, F_ACK | F_PSH);

	frame_data(&f, 10);
	return f;
}

/* Learned at egress, as of a container that speaks first: then the client sends data. */
static struct frame client4(uint32_t src)
{
	leave4(src, F_SYN | F_ACK, 0);
	leave4(src, F_ACK | F_PSH, 20);
	return data_from4(src);
}

static void client6(uint64_t high, uint64_t low)
{
	struct frame f = tcp6(high, low, 8081, F_SYN | F_ACK), in;
	uint8_t mine[16];

	memcpy(mine, f.byte + f.ip + 8, 16);
	memcpy(f.byte + f.ip + 8, f.byte + f.ip + 24, 16);
	memcpy(f.byte + f.ip + 24, mine, 16);
	f.byte[f.size - 20] = 8081 >> 8;
	f.byte[f.size - 19] = 8081 & 0xff;
	f.byte[f.size - 18] = 40000 >> 8;
	f.byte[f.size - 17] = 40000 & 0xff;
	leave(&f);
	frame_tcp_of(&f)->syn = 0;
	frame_data(&f, 20);
	leave(&f);
	in = tcp6(high, low, 8081, F_ACK | F_PSH);
	frame_data(&in, 10);
	assert_reason(in, FLOW);
}

/* Whether three closed ports get it blocked, or confined as one of ours. */
static bool is_confined(uint32_t src)
{
	return scan3(src) == SW_REASON_CLOSED_PORT;
}

static void one_network_pushes_nobody_out(void **s)
{
	uint32_t customer[8];

	(void)s;
	for (int i = 0; i < 8; i++) {
		customer[i] = CLIENT4 + ((uint32_t)i << 8);
		assert_reason(client4(customer[i]), FLOW);
	}
	/* Forty times as many as there are places for, from one /48. */
	for (int i = 0; i < 40 * SETS * SW_CLIENT_WAYS; i++)
		client6(0x20010db80009ull << 16 | (i & 0xffff), i);
	for (int i = 0; i < 8; i++)
		assert_true(is_confined(customer[i]));
}

/* Nor do many networks: whoever comes when the places are taken finds none. */
static void many_networks_push_nobody_out(void **s)
{
	(void)s;
	for (uint32_t i = 0; i < 8; i++)
		assert_reason(client4(CLIENT4 + (i << 8)), FLOW);
	for (uint32_t i = 0; i < 20 * SETS * SW_CLIENT_WAYS; i++)
		assert_reason(client4(0x0b000001u + (i << 8)), FLOW);
	for (uint32_t i = 0; i < 8; i++)
		assert_true(is_confined(CLIENT4 + (i << 8)));
}

/* All of them from one /24, and a newcomer from elsewhere still finds a place. */
static void one_network_keeps_nobody_out(void **s)
{
	(void)s;
	for (uint32_t n = 0; n < 20; n++)
		for (uint32_t i = 0; i < 250; i++)
			assert_reason(client4(0x0a141e00u + i), FLOW);
	for (uint32_t i = 0; i < 8; i++) {
		assert_reason(client4(CLIENT4 + (i << 8)), FLOW);
		assert_true(is_confined(CLIENT4 + (i << 8)));
	}
}

/* Neither who picks the bits of a host's address, nor who has many networks that differ
 * in few bits, finds the set that somebody stands in. */
static void no_bits_of_an_address_choose_its_place(void **s)
{
	int known = 0;

	(void)s;
	assert_reason(client4(CLIENT4), FLOW);
	for (uint64_t i = 0; i < 4000; i++)
		client6(0x20010db80009000aull, i << 48);
	assert_true(is_confined(CLIENT4));
	for (int shift = 32; shift <= 48; shift += 8) {
		program_reset(NULL);
		for (uint64_t i = 1; i <= 64; i++)
			client6(0x2000000000000000ull + (i << shift), 1);
		known = 0;
		for (uint64_t i = 1; i <= 64; i++) {
			for (uint16_t port = 3000 + 3 * i; port < 3003 + 3 * i; port++) {
				struct frame f =
					tcp6(0x2000000000000000ull + (i << shift), 2, port, F_SYN);

				run(&f);
			}
			known += prog.reason == SW_REASON_CLOSED_PORT;
		}
		assert_in_range(known, 60, 64);
	}
}

/* Behind a NAT rule no socket shows whether the handshake is complete. */
static void forged_segments_make_nobody_known(void **s)
{
	struct frame f = data_from4(CLIENT4);

	(void)s;
	prog.set->forwards = 1;
	assert_reason(from4(CLIENT4, 40000, 8081, F_SYN), PASSED_MISS);
	assert_reason(f, FLOW);
	leave4(CLIENT4, F_SYN | F_ACK, 0);
	assert_reason(f, FLOW);
	leave4(CLIENT4, F_ACK, 0); /* what lies outside the window is answered so */
	advance(12 * MINUTE);
	assert_reason(f, FLOW);
	assert_false(is_confined(CLIENT4));
}

static void what_a_hidden_service_replies_to_is_known(void **s)
{
	(void)s;
	leave4(CLIENT4, F_SYN | F_ACK, 0);
	assert_reason(data_from4(CLIENT4), FLOW); /* a request, and no more than that */
	leave4(CLIENT4, F_ACK | F_PSH, 20);
	assert_true(is_confined(CLIENT4));
	leave4(CLIENT4 + 256, F_SYN | F_ACK, 0);
	assert_reason(data_from4(CLIENT4 + 256), FLOW);
	leave4(CLIENT4 + 256, F_ACK | F_FIN, 0);
	assert_true(is_confined(CLIENT4 + 256));
}

static void an_hour_of_silence_ends_it(void **s)
{
	(void)s;
	assert_reason(client4(CLIENT4), FLOW);
	advance(62 * MINUTE);
	assert_false(is_confined(CLIENT4));
}

/* A connection older than an hour is noted again while it carries data. */
static void a_busy_connection_keeps_it(void **s)
{
	struct frame f = client4(CLIENT4);

	(void)s;
	for (int i = 0; i < 20; i++) {
		assert_reason(f, FLOW);
		advance(12 * MINUTE);
	}
	client4(CLIENT4 + 1); /* somebody gets an answer there */
	assert_true(is_confined(CLIENT4));
	assert_reason(from4(CLIENT4, 40001, 8081, F_SYN), OPEN_PORT);
}

/* Of two CPUs that take one place at once, one loses its mark: until its connection is
 * noted again. Others are told by their marks as before. */
static void a_lost_mark_is_written_again(void **s)
{
	struct frame f = client4(CLIENT4), other = client4(CLIENT4 + (1 << 8));

	(void)s;
	assert_reason(f, FLOW);
	assert_reason(other, FLOW);
	assert_int_equal(sw_sandbox_empty(bpf_map__fd(prog.skel->maps.client_tags)), 0);
	advance(12 * MINUTE);
	assert_reason(f, FLOW);
	assert_true(is_confined(CLIENT4));
	assert_false(is_confined(CLIENT4 + (1 << 8)));
}

/* One address of a /64 works with us; the forged ones bear another of it. */
static void a_64_is_known_by_any_of_its_addresses(void **s)
{
	uint64_t high = 0x20010db80005000aull;

	(void)s;
	client6(high, 1);
	assert_reason(tcp6(high, 2, 21, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(high, 2, 24, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(high, 2, 26, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(high, 3, 8081, F_SYN), OPEN_PORT);
	assert_int_equal(prog.state->auto_blocked, 0);
}

static struct frame talk(bool out)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, out ? SERVER4 : CLIENT4, out ? CLIENT4 : SERVER4, IPPROTO_UDP, 0);
	frame_udp(&f, out ? 443 : 50000, out ? 50000 : 443);
	return f;
}

static int bind_udp(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

/* QUIC, a game, a tunnel: answers both ways for a while. */
static void a_conversation_by_udp_is_known(void **s)
{
	struct frame out = talk(true);
	int fd = bind_udp(443);

	(void)s;
	for (int i = 0; i < 60; i++) {
		assert_reason(talk(false), OPEN_PORT);
		leave_from_socket(&out);
		advance(SECOND / 2);
	}
	assert_true(is_confined(CLIENT4));
	assert_reason(talk(false), OPEN_PORT);
	close(fd);
}

/* Blocked first, then the conversation: it and its service go on. */
static void a_blocked_source_keeps_its_conversation(void **s)
{
	struct frame out = talk(true);
	int fd = bind_udp(443);

	(void)s;
	assert_reason(talk(false), OPEN_PORT);
	for (int i = 0; i < 60; i++) {
		leave_from_socket(&out);
		advance(SECOND / 2);
	}
	put_drop4(CLIENT4, tick_in(100 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	assert_reason(talk(false), SPARED_FLOW);
	close(fd);
}

/* IMAP: the server speaks first. Connected, not a byte sent. */
static void a_handshake_makes_a_service_ones_own(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);

	(void)s;
	assert_reason(from4(CLIENT4, sport, OPEN_PORT, F_ACK), FLOW);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK); /* so does a connect scan */
	assert_reason(from4(CLIENT4, 40005, OPEN_PORT, F_SYN), SPARED_SERVICE);
	assert_reason(from4(CLIENT4, 40005, 81, F_SYN), BLOCKED_ADDRESS);
	close(fd);
}

/* Two closed ports and a served one, where the program looks whether it came before: nothing
 * of that may look like a connection, such as one from port 0 to port 0. */
static void marks_are_no_connections(void **s)
{
	struct frame zero = from4(CLIENT4, 0, 0, F_ACK | F_PSH);

	(void)s;
	assert_reason(from4(CLIENT4, 40000, 1000, F_SYN), CLOSED_PORT);
	assert_reason(from4(CLIENT4, 40001, 1001, F_SYN), CLOSED_PORT);
	assert_reason(from4(CLIENT4, 40002, OPEN_PORT, F_SYN), OPEN_PORT);
	frame_data(&zero, 1);
	assert_reason(zero, NEW_BLOCK);
}

static void wait_for_ack(int fd)
{
	struct tcp_info info = {.tcpi_unacked = 1};
	socklen_t size = sizeof(info);

	for (int i = 0; i < 5000 && info.tcpi_unacked; i++) {
		usleep(1000);
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	}
	assert_int_equal(info.tcpi_unacked, 0);
}

/* The request came in one batch with the handshake's ACK, before there was a full socket;
 * what follows are the ACKs of a download. */
static void a_download_makes_a_client(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);

	(void)s;
	assert_int_equal(write(fd, "x", 1), 1);
	wait_for_ack(fd);
	assert_reason(from4(CLIENT4, sport, OPEN_PORT, F_ACK), FLOW);
	assert_true(is_confined(CLIENT4));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(no_bits_of_an_address_choose_its_place),
		T(one_network_pushes_nobody_out),
		T(many_networks_push_nobody_out),
		T(one_network_keeps_nobody_out),
		T(forged_segments_make_nobody_known),
		T(what_a_hidden_service_replies_to_is_known),
		T(an_hour_of_silence_ends_it),
		T(a_busy_connection_keeps_it),
		T(a_lost_mark_is_written_again),
		T(a_64_is_known_by_any_of_its_addresses),
		T(a_conversation_by_udp_is_known),
		T(a_blocked_source_keeps_its_conversation),
		T(a_handshake_makes_a_service_ones_own),
		T(marks_are_no_connections),
		T(a_download_makes_a_client),
#undef T
	};

	return cmocka_run_group_tests_name("clients", tests, program_setup, program_teardown);
}
