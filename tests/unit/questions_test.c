// SPDX-License-Identifier: GPL-2.0-only
/* Replies to this host's own requests pass and are not held against their sender, whatever the
 * program has blocked it for. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define PARTNER6 0x20010db800070008ull
#define EPHEMERAL 45000
#define ACK_DATA (F_ACK | F_PSH)

/* From the server to CLIENT4 and back, with these ports. */
static struct frame out4(uint8_t proto, uint16_t sport, uint16_t dport, uint8_t flags)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, CLIENT4, proto, 0);
	if (proto == IPPROTO_TCP)
		frame_tcp(&f, sport, dport, flags);
	else
		frame_udp(&f, sport, dport);
	return f;
}

static struct frame back4(uint8_t proto, uint16_t sport, uint16_t dport, uint8_t flags)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, CLIENT4, SERVER4, proto, 0);
	if (proto == IPPROTO_TCP)
		frame_tcp(&f, sport, dport, flags);
	else
		frame_udp(&f, sport, dport);
	return f;
}

/* The same in IPv6, of the server's own address and PARTNER6. */
static struct frame six(uint8_t proto, uint16_t sport, uint16_t dport, uint8_t flags, bool out)
{
	struct frame f = frame_eth(ETH_P_IPV6);
	struct ipv6hdr *ip = (void *)(f.byte + f.ip);
	struct in6_addr swap;

	frame_ip6(&f, PARTNER6, 9, proto);
	if (out) {
		swap = ip->saddr;
		ip->saddr = ip->daddr;
		ip->daddr = swap;
	}
	if (proto == IPPROTO_TCP)
		frame_tcp(&f, sport, dport, flags);
	else
		frame_udp(&f, sport, dport);
	return f;
}

static struct frame ping4(bool out, uint8_t type, uint16_t id)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, out ? SERVER4 : CLIENT4, out ? CLIENT4 : SERVER4, IPPROTO_ICMP, 0);
	frame_data(&f, 8);
	f.byte[f.size - 8] = type;
	f.byte[f.size - 7] = 0;
	f.byte[f.size - 4] = id >> 8;
	f.byte[f.size - 3] = id;
	return f;
}

static struct frame icmp6(uint8_t type, uint8_t code, uint16_t id, bool out)
{
	struct frame f = frame_eth(ETH_P_IPV6);
	struct ipv6hdr *ip = (void *)(f.byte + f.ip);
	struct in6_addr swap;

	frame_ip6(&f, PARTNER6, 9, IPPROTO_ICMPV6);
	if (out) {
		swap = ip->saddr;
		ip->saddr = ip->daddr;
		ip->daddr = swap;
	}
	frame_data(&f, 8);
	f.byte[f.size - 8] = type;
	f.byte[f.size - 7] = code;
	f.byte[f.size - 4] = id >> 8;
	f.byte[f.size - 3] = id;
	return f;
}

static void frame_it6(void)
{
	assert_reason(tcp6(PARTNER6, 9, 21, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(PARTNER6, 9, 24, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(PARTNER6, 9, 26, F_SYN), NEW_BLOCK);
}

static void own_connections_go_on(void **s)
{
	struct frame syn = out4(IPPROTO_TCP, EPHEMERAL, 443, F_SYN);

	(void)s;
	assert_int_equal(leave_from_socket(&syn), -1);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), SPARED_FLOW);
	assert_int_equal(prog.verdict, 2);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, ACK_DATA), SPARED_FLOW);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_ACK | F_FIN), SPARED_FLOW);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_RST), SPARED_FLOW);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_RST | F_ACK), SPARED_FLOW);
	/* No other port of ours is the wiser. */
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL + 1, F_SYN | F_ACK), BLOCKED_ADDRESS);
	assert_reason(back4(IPPROTO_TCP, 443, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
}

static void own_connections_go_on_in_ipv6(void **s)
{
	struct frame syn = six(IPPROTO_TCP, EPHEMERAL, 25, F_SYN, true);

	(void)s;
	leave_from_socket(&syn);
	frame_it6();
	assert_reason(six(IPPROTO_TCP, 25, EPHEMERAL, F_SYN | F_ACK, false), SPARED_FLOW);
	assert_reason(six(IPPROTO_TCP, 25, EPHEMERAL, ACK_DATA, false), SPARED_FLOW);
	assert_reason(six(IPPROTO_TCP, 25, EPHEMERAL + 1, F_SYN | F_ACK, false), BLOCKED_ADDRESS);
}

/* A segment to a port below the ephemeral range, late: FTP data, rsh, NFS. */
static void own_low_ports_are_known(void **s)
{
	struct frame syn = out4(IPPROTO_TCP, 1023, 2049, F_SYN);

	(void)s;
	leave_from_socket(&syn);
	assert_reason(back4(IPPROTO_TCP, 2049, 1023, F_ACK | F_FIN), FLOW);
	assert_null(source4(CLIENT4));
}

/* The one that asked is closed by now: there is no socket. */
static void late_answers_by_udp(void **s)
{
	static const uint16_t port[][2] = {
		{EPHEMERAL, 27015}, {161, 161}, {1812, 1645}, {5060, 5060}, {53, 53}, {1024, 3478},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(port) / sizeof(port[0]); i++) {
		struct frame q = out4(IPPROTO_UDP, port[i][0], port[i][1], 0);

		leave_from_socket(&q);
		advance(20 * SECOND);
		assert_reason(back4(IPPROTO_UDP, port[i][1], port[i][0], 0), FLOW);
	}
	assert_null(source4(CLIENT4));
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	for (size_t i = 0; i < sizeof(port) / sizeof(port[0]); i++)
		assert_reason(back4(IPPROTO_UDP, port[i][1], port[i][0], 0), SPARED_FLOW);
	assert_reason(back4(IPPROTO_UDP, 53, 47000, 0), BLOCKED_ADDRESS);
}

/* In IPv6, and one that the table of connections has forgotten. */
static void late_answers_by_udp6(void **s)
{
	struct frame q = six(IPPROTO_UDP, EPHEMERAL, 4500, 0, true);

	(void)s;
	leave_from_socket(&q);
	assert_reason(six(IPPROTO_UDP, 4500, EPHEMERAL, 0, false), FLOW);
	assert_reason(six(IPPROTO_UDP, 4500, EPHEMERAL + 1, 0, false), CLOSED_PORT);
	frame_it6(); /* the last one was no evidence: it takes three */
	assert_reason(six(IPPROTO_UDP, 4500, EPHEMERAL, 0, false), SPARED_FLOW);
}

static int udp_socket_at(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

/* RFC 1350 4: a TFTP server answers from a port that it picks. */
static void answers_from_another_port(void **s)
{
	struct frame q;
	int waiting;

	(void)s;
	for (int i = 0; i < 8; i++) { /* late, so that the socket is closed */
		q = out4(IPPROTO_UDP, EPHEMERAL + i, 69, 0);
		leave_from_socket(&q);
		advance(20 * SECOND);
		assert_reason(back4(IPPROTO_UDP, 50000 + i, EPHEMERAL + i, 0), CLOSED_PORT);
	}
	assert_null(source4(CLIENT4));
	/* Or while it waits, whatever the server is blocked for: then there is a socket. */
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	waiting = udp_socket_at(EPHEMERAL + 9);
	assert_reason(back4(IPPROTO_UDP, 50000, EPHEMERAL + 9, 0), BLOCKED_ADDRESS);
	q = out4(IPPROTO_UDP, EPHEMERAL + 9, 69, 0);
	leave_from_socket(&q);
	assert_reason(back4(IPPROTO_UDP, 50000, EPHEMERAL + 9, 0), SPARED_FLOW);
	close(waiting);
	program_reset(NULL);
	/* Only from whom was asked, to the port it was asked from, and for TFTP. */
	q = out4(IPPROTO_UDP, EPHEMERAL + 20, 5060, 0);
	leave_from_socket(&q);
	assert_reason(back4(IPPROTO_UDP, 50000, EPHEMERAL + 20, 0), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4);
	assert_reason(back4(IPPROTO_UDP, 50000, 1900, 0), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 8);
}

/* What is noted of a question is no conversation with port 0, and what is noted of a ping
 * is not what is noted of a sweep. */
static void marks_are_no_answers(void **s)
{
	struct frame q = out4(IPPROTO_UDP, EPHEMERAL, 53, 0), ping = ping4(true, 8, 0);

	(void)s;
	leave_from_socket(&q);
	leave_from_socket(&ping);
	assert_reason(back4(IPPROTO_UDP, 53, 0, 0), PORT_ZERO);
	put_drop4(CLIENT4, tick_in(100 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	assert_reason(ping4(false, 0, 0), SPARED_FLOW);
	assert_reason(ping4(false, 8, 0), BLOCKED_ADDRESS);
	assert_reason(ping4(false, 0, 0), SPARED_FLOW);
}

/* nmap -g 53, and its like: no block, as nobody knows what was asked before the
 * program was attached, but the source is suspicious by then. */
static void what_nobody_asked_is_suspicious(void **s)
{
	(void)s;
	for (int i = 0; i < 12; i++)
		assert_reason(back4(IPPROTO_UDP, 53, 45000 + i, 0), CLOSED_PORT);
	for (int i = 0; i < 100; i++)
		assert_reason(back4(IPPROTO_UDP, 123, 46000 + i, 0), CLOSED_PORT);
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_int_equal(source4(CLIENT4)->score, 12);
	assert_reason(back4(IPPROTO_UDP, 40000, 1900, 0), NEW_BLOCK);
}

/* What a server of ours answers is no question: its clients get no more by it. */
static void answers_are_no_questions(void **s)
{
	struct frame q = out4(IPPROTO_TCP, OPEN_PORT, 40000, F_SYN | F_ACK);

	(void)s;
	leave_from_socket(&q);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	assert_reason(back4(IPPROTO_TCP, 40000, OPEN_PORT, F_SYN | F_ACK), BLOCKED_ADDRESS);
}

static void own_pings(void **s)
{
	struct frame q = ping4(true, 8, 77), q6 = icmp6(128, 0, 78, true);

	(void)s;
	leave_from_socket(&q);
	leave_from_socket(&q6);
	assert_reason(ping4(false, 0, 77), CLEAN);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	frame_it6();
	assert_reason(ping4(false, 0, 77), SPARED_FLOW);
	assert_reason(ping4(false, 0, 79), BLOCKED_ADDRESS);
	assert_reason(ping4(false, 8, 77), BLOCKED_ADDRESS);
	assert_reason(icmp6(129, 0, 78, false), SPARED_FLOW);
	assert_reason(icmp6(129, 0, 79, false), BLOCKED_ADDRESS);
}

/* Path MTU, unreachable, neighbour discovery: no port answers to any of them. */
static void what_connections_and_links_need(void **s)
{
	static const uint8_t type4[] = {3, 4, 11, 12}, type6[] = {1, 2, 3, 4, 133, 134, 135, 136};

	(void)s;
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	frame_it6();
	for (size_t i = 0; i < sizeof(type4); i++)
		assert_reason(ping4(false, type4[i], 0), SPARED_FLOW);
	for (size_t i = 0; i < sizeof(type6); i++)
		assert_reason(icmp6(type6[i], 0, 0, false), SPARED_FLOW);
}

/* Somebody forges SYNs in our name; no port may answer what comes back. */
static void backscatter(void **s)
{
	struct frame away = frame_eth(ETH_P_IP);

	(void)s;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN | F_ACK), BACKSCATTER);
	assert_int_equal(prog.verdict, 1);
	assert_reason(tcp4(CLIENT4, 81, F_SYN | F_ACK), BACKSCATTER);
	assert_reason(tcp4(CLIENT4, EPHEMERAL, F_SYN | F_ACK), BACKSCATTER);
	assert_null(source4(CLIENT4));
	frame_ip4(&away, CLIENT4, 0x0a000001, IPPROTO_TCP, 0);
	frame_tcp(&away, 80, EPHEMERAL, F_SYN | F_ACK);
	assert_reason(away, NOT_OURS);
	prog.set->forwards = 1; /* the SYN may have left elsewhere, but not from a service */
	assert_reason(tcp4(CLIENT4, EPHEMERAL, F_SYN | F_ACK), CLEAN);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN | F_ACK), BACKSCATTER);
	assert_reason(tcp4(CLIENT4, 81, F_SYN | F_ACK), BACKSCATTER);
}

static struct frame of_protocol(uint8_t proto, bool v6)
{
	struct frame f = frame_eth(v6 ? ETH_P_IPV6 : ETH_P_IP);

	if (v6)
		frame_ip6(&f, PARTNER6, 9, proto);
	else
		frame_ip4(&f, CLIENT4, SERVER4, proto, 0);
	frame_data(&f, 24);
	return f;
}

/* A tunnel's other end, a router, the other half of a failover pair, in whose name
 * somebody forges SYNs, or anybody else's: protocols that this host speaks have no ports
 * that a scan could be after. */
static void tunnels_and_routers_go_on(void **s)
{
	static const uint8_t spoken[] = {IPPROTO_IPIP, IPPROTO_IPV6,  IPPROTO_GRE,
					 IPPROTO_ESP,  89 /* OSPF */, 112 /* VRRP */};

	(void)s;
	for (size_t i = 0; i < sizeof(spoken); i++)
		prog.set->protocols[spoken[i] >> 6] |= 1ull << (spoken[i] & 63);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	frame_it6();
	for (size_t i = 0; i < sizeof(spoken); i++) {
		assert_reason(of_protocol(spoken[i], false), SPARED_FLOW);
		assert_reason(of_protocol(spoken[i], true), SPARED_FLOW);
	}
	assert_reason(of_protocol(200, false), BLOCKED_ADDRESS);
	assert_reason(of_protocol(IPPROTO_SCTP, false), BLOCKED_ADDRESS);
	prog.set->protocols[IPPROTO_SCTP >> 6] |= 1ull << (IPPROTO_SCTP & 63);
	assert_reason(of_protocol(IPPROTO_SCTP, false), BLOCKED_ADDRESS); /* it has ports */
	advance(700 * SECOND);
	prog.set->challenge = 1;
	prog.state->strangers_until = tick_in(600 * SECOND);
	assert_reason(back4(IPPROTO_TCP, EPHEMERAL, OPEN_PORT, F_SYN), CHALLENGED);
	for (size_t i = 0; i < sizeof(spoken); i++)
		assert_reason(of_protocol(spoken[i], false), SPARED_FLOW);
	/* What is proven, or an operator's, is blocked altogether. */
	put_drop4(CLIENT4, tick_in(100 * SECOND) | SW_EXPIRES_AUTO);
	assert_reason(of_protocol(IPPROTO_ESP, false), BLOCKED_ADDRESS);
}

/* A long answer comes in fragments, and the first one alone has ports. */
static void answers_in_fragments(void **s)
{
	struct frame q = out4(IPPROTO_UDP, EPHEMERAL, 53, 0), first, rest;

	(void)s;
	leave_from_socket(&q);
	first = back4(IPPROTO_UDP, 53, EPHEMERAL, 0);
	first.byte[first.ip + 6] = 0x20; /* more follow */
	rest = of_protocol(IPPROTO_UDP, false);
	rest.byte[rest.ip + 7] = 185;
	assert_reason(first, FLOW);
	assert_reason(rest, LATER_FRAGMENT);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	assert_reason(first, SPARED_FLOW);
	assert_reason(rest, LATER_FRAGMENT);
	assert_int_equal(prog.verdict, 2);
	rest.byte[rest.ip + 9] = IPPROTO_TCP;
	assert_reason(rest, LATER_FRAGMENT);
	rest.byte[rest.ip + 7] = 1; /* in its header */
	assert_reason(rest, BLOCKED_ADDRESS);
}

/* What an operator blocked is blocked. */
static void an_operators_block_holds(void **s)
{
	struct frame syn = out4(IPPROTO_TCP, EPHEMERAL, 443, F_SYN);

	(void)s;
	leave_from_socket(&syn);
	put_drop4(CLIENT4, tick_in(100 * SECOND));
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), BLOCKED_ADDRESS);
}

/* Blocked by the program altogether, on what nobody can forge. */
static void proven_blocks_spare_answers(void **s)
{
	struct frame syn = out4(IPPROTO_TCP, EPHEMERAL, 443, F_SYN), ping = ping4(true, 8, 77);
	struct frame dns = out4(IPPROTO_UDP, EPHEMERAL, 53, 0);

	(void)s;
	leave_from_socket(&syn);
	leave_from_socket(&ping);
	leave_from_socket(&dns);
	put_drop4(CLIENT4, tick_in(100 * SECOND) | SW_EXPIRES_AUTO);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), SPARED_FLOW);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, ACK_DATA), SPARED_FLOW);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_RST), SPARED_FLOW);
	assert_reason(back4(IPPROTO_UDP, 53, EPHEMERAL, 0), SPARED_FLOW);
	assert_reason(ping4(false, 0, 77), SPARED_FLOW);
	/* Nothing else does: no new connection, no other port, no question, no error. */
	assert_reason(back4(IPPROTO_TCP, 443, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL + 1, F_SYN | F_ACK), BLOCKED_ADDRESS);
	assert_reason(back4(IPPROTO_UDP, 53, EPHEMERAL + 1, 0), BLOCKED_ADDRESS);
	assert_reason(ping4(false, 0, 79), BLOCKED_ADDRESS);
	assert_reason(ping4(false, 8, 77), BLOCKED_ADDRESS);
	assert_reason(ping4(false, 3, 77), BLOCKED_ADDRESS);
	assert_null(source4(CLIENT4));
}

static void proven_blocks_spare_answers_in_ipv6(void **s)
{
	struct frame syn = six(IPPROTO_TCP, EPHEMERAL, 25, F_SYN, true);
	static const uint8_t plen[] = {64, 128};

	(void)s;
	for (size_t i = 0; i < sizeof(plen); i++) {
		leave_from_socket(&syn);
		put_drop6(PARTNER6, plen[i] == 64 ? 0 : 9, plen[i],
			  tick_in((i + 1) * 100 * SECOND) | SW_EXPIRES_AUTO);
		assert_reason(six(IPPROTO_TCP, 25, EPHEMERAL, F_SYN | F_ACK, false), SPARED_FLOW);
		assert_reason(six(IPPROTO_TCP, 25, EPHEMERAL + 1, F_SYN | F_ACK, false),
			      BLOCKED_ADDRESS);
		advance(200 * SECOND);
	}
}

/* A list's prefix, or an operator's block of the same source, is as good as before. */
static void lists_hold_beside_a_proven_block(void **s)
{
	struct frame syn = out4(IPPROTO_TCP, EPHEMERAL, 443, F_SYN);
	struct frame syn6 = six(IPPROTO_TCP, EPHEMERAL, 25, F_SYN, true);

	(void)s;
	leave_from_socket(&syn);
	leave_from_socket(&syn6);
	put_drop4(CLIENT4, tick_in(100 * SECOND) | SW_EXPIRES_AUTO);
	put_drop6(PARTNER6, 0, 64, tick_in(100 * SECOND) | SW_EXPIRES_AUTO);
	put_prefix4(CLIENT4 & ~0xffu, 24, tick_in(50 * SECOND));
	put_prefix6(PARTNER6 & ~0xffffull, 48, tick_in(50 * SECOND));
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), BLOCKED_PREFIX);
	assert_reason(six(IPPROTO_TCP, 25, EPHEMERAL, F_SYN | F_ACK, false), BLOCKED_PREFIX);
	advance(60 * SECOND);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), SPARED_FLOW);
	/* A network's block that leaves open what is open takes no answer away. */
	put_prefix4(CLIENT4 & ~0xffu, 24, tick_in(100 * SECOND) | SW_EXPIRES_NEW_ONLY);
	put_prefix6(PARTNER6 & ~0xffffull, 48, tick_in(100 * SECOND) | SW_EXPIRES_NEW_ONLY);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), SPARED_FLOW);
	assert_reason(six(IPPROTO_TCP, 25, EPHEMERAL, F_SYN | F_ACK, false), SPARED_FLOW);
	/* Another entry of its line is the program's, its own is not. */
	put_drop4(CLIENT4 + 1, tick_in(100 * SECOND));
	prog.set->drop4_mask = prog.set->drop4_last_mask = 0;
	put_drop4(CLIENT4, tick_in(100 * SECOND));
	put_drop4(CLIENT4 + 1, tick_in(100 * SECOND) | SW_EXPIRES_AUTO);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), BLOCKED_ADDRESS);
}

static void proven_blocks_in_a_full_line(void **s)
{
	struct frame syn = out4(IPPROTO_TCP, EPHEMERAL, 443, F_SYN);

	(void)s;
	leave_from_socket(&syn);
	prog.set->drop4_mask = prog.set->drop4_last_mask = 0;
	for (uint32_t i = 0; i < SW_DROP4_WAYS; i++)
		put_drop4(0x01020300 + i, tick_in(100 * SECOND));
	put_drop4(CLIENT4, tick_in(100 * SECOND) | SW_EXPIRES_AUTO);
	assert_reason(back4(IPPROTO_TCP, 443, EPHEMERAL, F_SYN | F_ACK), SPARED_FLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(own_connections_go_on),
		T(own_connections_go_on_in_ipv6),
		T(own_low_ports_are_known),
		T(late_answers_by_udp),
		T(late_answers_by_udp6),
		T(answers_from_another_port),
		T(marks_are_no_answers),
		T(what_nobody_asked_is_suspicious),
		T(answers_are_no_questions),
		T(own_pings),
		T(what_connections_and_links_need),
		T(backscatter),
		T(tunnels_and_routers_go_on),
		T(answers_in_fragments),
		T(an_operators_block_holds),
		T(proven_blocks_spare_answers),
		T(proven_blocks_spare_answers_in_ipv6),
		T(lists_hold_beside_a_proven_block),
		T(proven_blocks_in_a_full_line),
#undef T
	};

	return cmocka_run_group_tests_name("questions", tests, program_setup, program_teardown);
}
