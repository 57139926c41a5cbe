// SPDX-License-Identifier: GPL-2.0-only
/* rates.* and known_only: how much new traffic strangers get, and who has no limit. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define OTHER4 0xc6336401u /* 198.51.100.1 */
#define UDP_PORT 5353

static int bind_udp(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

static struct frame ping(uint32_t src)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, src, SERVER4, IPPROTO_ICMP, 0);
	frame_data(&f, 8);
	f.byte[f.size - 8] = 8;
	f.byte[f.size - 7] = 0;
	return f;
}

/* Data in a connection that the host's own stack has made: a client. */
static void become_client(void)
{
	struct frame f = frame_eth(ETH_P_IP);
	uint16_t sport;
	int fd = connect_as_client(&sport);

	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, sport, OPEN_PORT, F_ACK | F_PSH);
	frame_data(&f, 10);
	assert_reason(f, FLOW);
	close(fd);
}

static int passed(struct frame f, int n)
{
	int count = 0;

	for (int i = 0; i < n; i++) {
		run(&f);
		count += prog.verdict == 2;
	}
	return count;
}

static int limited_by(enum sw_rate rate)
{
	int n = 0;

	read_events();
	for (int i = 0; i < prog.events; i++)
		n += prog.event[i].type == SW_EVENT_LIMITED && prog.event[i].rate == rate;
	return n;
}

static void pings_of_a_source(void **s)
{
	(void)s;
	prog.set->rate_icmp_source = 20;
	assert_in_range(passed(ping(CLIENT4), 100), 19, 21);
	assert_reason(ping(CLIENT4), RATE_LIMIT);
	assert_int_equal(limited_by(SW_RATE_ICMP_SOURCE), 1);
	assert_reason(ping(OTHER4), CLEAN);
	advance(SECOND / 2);
	assert_in_range(passed(ping(CLIENT4), 100), 9, 11);
	advance(4000 * SECOND); /* the counter of a bucket has wrapped */
	assert_in_range(passed(ping(CLIENT4), 100), 19, 21);
	assert_null(source4(OTHER4 + 1));
	prog.set->rate_icmp_source = 0;
	assert_int_equal(passed(ping(CLIENT4), 100), 100);
}

static void datagrams_of_a_source(void **s)
{
	int fd = bind_udp(UDP_PORT);

	(void)s;
	assert_int_equal(passed(udp4(CLIENT4, 40000, UDP_PORT), 100), 100);
	prog.set->rate_udp_source = 10;
	assert_in_range(passed(udp4(CLIENT4, 40000, UDP_PORT), 100), 9, 11);
	assert_int_equal(limited_by(SW_RATE_UDP_SOURCE), 1);
	assert_int_equal(passed(udp4(OTHER4, 40000, UDP_PORT), 1), 1);
	prog.set->rate_udp_source = 0;
	prog.set->rate_udp_service = 30;
	for (uint32_t i = 0; i < 100; i++)
		passed(udp4(OTHER4 + i, 40000, UDP_PORT), 1);
	assert_reason(udp4(OTHER4 + 200, 40000, UDP_PORT), RATE_LIMIT);
	assert_int_equal(limited_by(SW_RATE_UDP_SERVICE), 1);
	close(fd);
}

/* A proxy in front, a customer: a connection a request, and no limit. */
static void clients_have_no_limit(void **s)
{
	(void)s;
	become_client();
	prog.set->syn_flood = SW_SYN_FLOOD_OFF; /* which takes SYNs before */
	prog.set->rate_tcp_service = 10;
	prog.set->rate_icmp_source = 10;
	for (uint32_t i = 0; i < 100; i++)
		passed(tcp4(OTHER4 + i, OPEN_PORT, F_SYN), 1);
	assert_reason(tcp4(OTHER4 + 200, OPEN_PORT, F_SYN), RATE_LIMIT);
	assert_int_equal(limited_by(SW_RATE_TCP_SERVICE), 1);
	assert_int_equal(passed(tcp4(CLIENT4, OPEN_PORT, F_SYN), 5000), 5000);
	assert_int_equal(passed(ping(CLIENT4), 500), 500);
	put_allow4(OTHER4 + 201, 32, SW_EXPIRES_TICKS);
	assert_reason(tcp4(OTHER4 + 201, OPEN_PORT, F_SYN), OPEN_PORT);
}

/* Served and closed ports are silent alike, and what is closed still counts. */
static void known_only(void **s)
{
	struct frame q = tcp4(OTHER4, OPEN_PORT, F_SYN);
	int fd = bind_udp(UDP_PORT);

	(void)s;
	become_client();
	put_allow4(OTHER4 + 9, 32, SW_EXPIRES_TICKS);
	prog.set->known_only = SW_KNOWN_ONLY_ON;
	assert_reason(q, KNOWN_ONLY);
	assert_int_equal(ask(&q), SW_REASON_KNOWN_ONLY);
	assert_reason(udp4(OTHER4, 40000, UDP_PORT), KNOWN_ONLY);
	assert_reason(ping(OTHER4), KNOWN_ONLY);
	assert_reason(tcp4(OTHER4, 21, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(OTHER4)->score, 4);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(udp4(CLIENT4, 40000, UDP_PORT), OPEN_PORT);
	assert_reason(ping(CLIENT4), CLEAN);
	assert_reason(tcp4(OTHER4 + 9, OPEN_PORT, F_SYN), OPEN_PORT);
	close(fd);
}

/* What this host asked, and what is open. */
static void known_only_lets_answers_pass(void **s)
{
	struct frame q = frame_eth(ETH_P_IP), a = frame_eth(ETH_P_IP);

	(void)s;
	frame_ip4(&q, SERVER4, OTHER4, IPPROTO_UDP, 0);
	frame_udp(&q, 45000, 53);
	frame_ip4(&a, OTHER4, SERVER4, IPPROTO_UDP, 0);
	frame_udp(&a, 53, 45000);
	leave_from_socket(&q);
	prog.set->known_only = SW_KNOWN_ONLY_ON;
	assert_reason(a, FLOW);
}

/* Whatever second one looks at: no burst at the turn of one. */
static void syns_of_a_source(void **s)
{
	(void)s;
	prog.set->syn_rate = 100;
	prog.set->syn_flood = SW_SYN_FLOOD_OFF;
	for (int i = 0; i < 100; i++)
		assert_reason(tcp4(OTHER4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(tcp4(OTHER4, OPEN_PORT, F_SYN), SYN_RATE);
	assert_int_equal(source4(OTHER4)->score, 0); /* anybody can forge them */
	assert_int_equal(passed(tcp4(OTHER4, OPEN_PORT, F_SYN), 200), 0);
	assert_int_equal(limited_by(SW_RATE_SYN_SOURCE), 1);
	advance(SECOND / 2);
	assert_in_range(passed(tcp4(OTHER4, OPEN_PORT, F_SYN), 200), 49, 51);
	for (int ms = 0; ms < 3000; ms += 20) {
		advance(SECOND / 50);
		assert_in_range(passed(tcp4(OTHER4, OPEN_PORT, F_SYN), 20), 1, 3);
	}
	assert_int_equal(passed(tcp6(V6, 1, OPEN_PORT, F_SYN), 200), 100);
	assert_int_equal(passed(tcp6(V6, 2, OPEN_PORT, F_SYN), 200), 0);
}

/* A proxy in front that opens a connection a request; or its name is forged. */
static void syns_of_a_client(void **s)
{
	(void)s;
	become_client();
	prog.set->syn_rate = 20;
	prog.set->syn_flood = SW_SYN_FLOOD_OFF;
	put_allow4(OTHER4, 32, SW_EXPIRES_TICKS);
	assert_int_equal(passed(tcp4(CLIENT4, OPEN_PORT, F_SYN), 1000), 1000);
	assert_int_equal(passed(tcp4(OTHER4, OPEN_PORT, F_SYN), 1000), 1000);
}

static struct frame ping6(uint64_t low)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	frame_ip6(&f, V6, low, IPPROTO_ICMPV6);
	frame_data(&f, 8);
	f.byte[f.size - 8] = 128;
	f.byte[f.size - 7] = 0;
	return f;
}

static struct frame datagram6(uint64_t high)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	frame_ip6(&f, high, 1, IPPROTO_UDP);
	frame_udp(&f, 40000, UDP_PORT);
	return f;
}

/* A /64 is one source, whatever the protocol; of a service all are. */
static void limits_of_ipv6(void **s)
{
	int fd = bind_udp(UDP_PORT);

	(void)s;
	prog.set->syn_flood = SW_SYN_FLOOD_OFF;
	prog.set->rate_icmp_source = prog.set->rate_udp_source = prog.set->syn_rate = 20;
	assert_in_range(passed(ping6(1), 50) + passed(ping6(2), 50), 19, 21);
	assert_in_range(passed(datagram6(V6), 100), 19, 21);
	assert_in_range(passed(tcp6(V6, 7, OPEN_PORT, F_SYN), 100), 19, 21);
	assert_int_equal(passed(datagram6(V6 + 1), 1), 1);
	prog.set->rate_udp_source = prog.set->syn_rate = 0;
	prog.set->rate_udp_service = prog.set->rate_tcp_service = 30;
	for (int i = 2; i < 100; i++) {
		passed(datagram6(V6 + i), 1);
		passed(tcp6(V6 + i, 1, OPEN_PORT, F_SYN), 1);
	}
	assert_reason(datagram6(V6 + 200), RATE_LIMIT);
	assert_reason(tcp6(V6 + 200, 1, OPEN_PORT, F_SYN), RATE_LIMIT);
	close(fd);
}

/* Every limit by itself: as little as can be set, as much as can be set, none, and each
 * of them while the one before has its packets waiting. */
static void each_limit_changes_at_once(void **s)
{
	int fd = bind_udp(UDP_PORT);
	const struct {
		__u32 *a_second;
		struct frame f;
	} limit[] = {
		{&prog.set->syn_rate, tcp4(OTHER4, OPEN_PORT, F_SYN)},
		{&prog.set->rate_tcp_service, tcp4(OTHER4, OPEN_PORT, F_SYN)},
		{&prog.set->rate_udp_source, udp4(OTHER4, 40000, UDP_PORT)},
		{&prog.set->rate_udp_service, udp4(OTHER4, 40000, UDP_PORT)},
		{&prog.set->rate_icmp_source, ping(OTHER4)},
	};

	(void)s;
	prog.set->syn_flood = SW_SYN_FLOOD_OFF;
	for (size_t i = 0; i < sizeof(limit) / sizeof(limit[0]); i++) {
		advance(10 * SECOND);
		*limit[i].a_second = 1;
		assert_int_equal(passed(limit[i].f, 20), 1);
		advance(SECOND);
		assert_int_equal(passed(limit[i].f, 20), 1);
		*limit[i].a_second = 900000;
		assert_int_equal(passed(limit[i].f, 1), 0); /* the second is not over */
		advance(SECOND + SECOND / 10);
		assert_int_equal(passed(limit[i].f, 2000), 2000);
		*limit[i].a_second = 0;
		assert_int_equal(passed(limit[i].f, 2000), 2000);
		*limit[i].a_second = 100;
		assert_in_range(passed(limit[i].f, 200), 98, 101);
		*limit[i].a_second = 0;
	}
	close(fd);
}

/* A flood's SYNs and those of strangers look the same. */
static void known_only_in_a_flood(void **s)
{
	(void)s;
	become_client();
	prog.set->known_only = SW_KNOWN_ONLY_AUTO;
	prog.set->syn_flood = SW_SYN_FLOOD_AUTO;
	prog.set->flood_begins = 1000;
	prog.set->flood_ends = 500;
	for (uint32_t i = 0; i < 4000; i++)
		passed(tcp4(0x0b000000u + i * 257, OPEN_PORT, F_SYN), 1);
	assert_reason(tcp4(OTHER4, OPEN_PORT, F_SYN), KNOWN_ONLY);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), SYN_FLOOD);
	advance(20 * SECOND);
	assert_reason(tcp4(OTHER4, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void known_only_by_itself(void **s)
{
	(void)s;
	become_client();
	prog.set->challenge = 1;
	prog.set->known_only = SW_KNOWN_ONLY_AUTO;
	assert_reason(tcp4(OTHER4, OPEN_PORT, F_SYN), OPEN_PORT);
	prog.set->auto_max = 0;
	scan3(OTHER4 + 50); /* more than may be blocked: a spray */
	assert_reason(tcp4(OTHER4, OPEN_PORT, F_SYN), KNOWN_ONLY);
	assert_reason(tcp4(OTHER4, 21, F_SYN), KNOWN_ONLY);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	advance(20 * SECOND);
	assert_reason(tcp4(OTHER4 + 1, OPEN_PORT, F_SYN), OPEN_PORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(pings_of_a_source),
		T(datagrams_of_a_source),
		T(clients_have_no_limit),
		T(syns_of_a_source),
		T(syns_of_a_client),
		T(limits_of_ipv6),
		T(each_limit_changes_at_once),
		T(known_only_in_a_flood),
		T(known_only),
		T(known_only_lets_answers_pass),
		T(known_only_by_itself),
#undef T
	};

	return cmocka_run_group_tests_name("rates", tests, program_setup, program_teardown);
}
