// SPDX-License-Identifier: GPL-2.0-only
/* Evidence other than TCP flags: scanner headers, fragments, UDP, ICMP, SCTP, IP protocols,
 * sweeps, decoys, sketches, and learning from outgoing packets. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define MINUTE (60 * SECOND)
#define DF 0x4000
#define MORE 0x2000

/* A SYN as its sender made it. */
struct syn {
	const char *who;
	uint16_t window, id, fragment;
	uint32_t seq;
	uint8_t options[40], bytes;
	enum sw_tool tool;
};

static struct frame syn_of(const struct syn *y, uint32_t src, uint16_t dport)
{
	struct frame f = frame_eth(ETH_P_IP);
	uint8_t *tcp;

	frame_ip4(&f, src, SERVER4, IPPROTO_TCP, y->fragment);
	f.byte[f.ip + 4] = y->id >> 8;
	f.byte[f.ip + 5] = y->id;
	tcp = f.byte + f.size;
	frame_tcp(&f, 40000, dport, F_SYN);
	frame_seq(&f, y->seq);
	tcp[12] = (5 + y->bytes / 4) << 4;
	tcp[14] = y->window >> 8;
	tcp[15] = y->window;
	memcpy(f.byte + f.size, y->options, y->bytes);
	f.size += y->bytes;
	return f;
}

#define MSS 2, 4, 5, 0xb4
#define OS_S1 3, 3, 10, 1, MSS, 8, 10, 255, 255, 255, 255, 0, 0, 0, 0, 4, 2
#define OS_T5 3, 3, 10, 1, 2, 4, 1, 9, 8, 10, 255, 255, 255, 255, 0, 0, 0, 0, 4, 2

/* tests/matrix runs the real ones; here, each condition by itself. */
static void headers_of_scanners(void **s)
{
	const uint16_t to = 80;
	const uint32_t seq = 0x12345678;
	const struct syn scanner[] = {
		{"nmap -sS", 1024, 7, 0, seq + 1, {MSS}, 4, SW_TOOL_NMAP},
		{"masscan 1.3",
		 1024,
		 (SERVER4 ^ to ^ seq) & 0xffff,
		 0,
		 seq,
		 {0},
		 0,
		 SW_TOOL_MASSCAN},
		{"masscan 2023", 1025, 9, 0, seq + 2, {MSS}, 4, SW_TOOL_MASSCAN},
		{"zmap 4.0", 65535, 54321, 0, seq + 3, {0}, 0, SW_TOOL_ZMAP},
		{"hping3 -S", 512, 9, 0, seq + 4, {0}, 0, SW_TOOL_HPING},
		{"Mirai", 4711, 9, 0, SERVER4, {0}, 0, SW_TOOL_MIRAI},
		{"nmap -O S1", 1, 9, 0, seq + 5, {OS_S1}, 20, SW_TOOL_NMAP_OS},
		{"nmap -O T5", 31337, 9, DF, seq + 6, {OS_T5}, 20, SW_TOOL_NMAP_OS},
	};

	(void)s;
	for (uint32_t i = 0; i < sizeof(scanner) / sizeof(scanner[0]); i++) {
		struct frame f = syn_of(&scanner[i], CLIENT4 + (i << 8), to);

		assert_reason(f, SCANNER); /* at an open port, too */
		assert_int_equal(source4(CLIENT4 + (i << 8))->tool, scanner[i].tool);
		assert_int_equal(source4(CLIENT4 + (i << 8))->score, 4);
	}
}

#define TIMESTAMP 8, 10, 1, 2, 3, 4, 0, 0, 0, 0

/* As real stacks send them (docs/detection.md names the captures). */
static void headers_of_clients(void **s)
{
	const struct syn client[] = {
		{"Linux", 64240, 9, DF, 1, {MSS, 4, 2, TIMESTAMP, 1, 3, 3, 7}, 20, 0},
		{"Windows 10", 64240, 9, DF, 1, {MSS, 1, 3, 3, 8, 1, 1, 4, 2}, 12, 0},
		{"Windows XP", 65535, 9, DF, 1, {MSS, 1, 1, 4, 2}, 8, 0},
		{"macOS, iOS",
		 65535,
		 0,
		 DF,
		 1,
		 {MSS, 1, 3, 3, 6, 1, 1, TIMESTAMP, 4, 2, 0, 0},
		 24,
		 0},
		{"lwIP", 2144, 9, 0, 1, {2, 4, 2, 24}, 4, 0},
		{"lwIP, large", 5744, 9, 0, 1, {MSS}, 4, 0},
		{"no options", 8192, 9, 0, 1, {0}, 0, 0},
		{"small window, DF", 1024, 9, DF, 1, {MSS}, 4, 0},
	};

	(void)s;
	for (uint32_t i = 0; i < sizeof(client) / sizeof(client[0]); i++)
		assert_reason(syn_of(&client[i], CLIENT4 + (i << 8), OPEN_PORT), OPEN_PORT);
}

static void set_fragment(struct frame *f, uint16_t fragment)
{
	f->byte[f->ip + 6] = fragment >> 8;
	f->byte[f->ip + 7] = fragment;
}

static void cut_headers(void **s)
{
	struct frame f = tcp4(CLIENT4, 1, F_SYN);

	(void)s;
	set_fragment(&f, MORE);
	f.size -= 12; /* nmap -f: eight bytes of the header */
	assert_reason(f, SCAN_FRAGMENT);
	assert_int_equal(prog.verdict, 1);
	assert_int_equal(source4(CLIENT4)->kinds, 1 << SW_EVIDENCE_FRAGMENT);
	set_fragment(&f, MORE | 1);
	assert_reason(f, SCAN_FRAGMENT);
	/* nmap --mtu 24: the header whole, but nobody cuts a SYN. */
	f = tcp4(CLIENT4 + 2, 2, F_SYN);
	set_fragment(&f, MORE);
	assert_reason(f, SCAN_FRAGMENT);
	/* What a path with a small MTU does to data. */
	f = tcp4(CLIENT4 + 1, OPEN_PORT, F_ACK);
	set_fragment(&f, MORE);
	frame_data(&f, 500);
	assert_reason(f, NO_FLOW);
	set_fragment(&f, 65);
	assert_reason(f, LATER_FRAGMENT);
}

static void port_zero(void **s)
{
	struct frame f = tcp4(CLIENT4, 0, F_SYN);

	(void)s;
	assert_reason(f, PORT_ZERO);
	f = tcp4(CLIENT4, OPEN_PORT, F_SYN);
	f.byte[f.size - 20] = f.byte[f.size - 19] = 0;
	assert_reason(f, PORT_ZERO);
	assert_reason(udp4(CLIENT4 + 1, 40000, 0), PORT_ZERO);
}

static int bind_udp(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

static void udp(void **s)
{
	int fd = bind_udp(53);

	(void)s;
	assert_reason(udp4(CLIENT4, 40000, 53), OPEN_PORT);
	assert_reason(udp4(CLIENT4, 40000, 53), OPEN_PORT); /* by memory */
	assert_null(source4(CLIENT4));
	assert_reason(udp4(CLIENT4, 40000, 161), CLOSED_PORT);
	assert_int_equal(prog.verdict, 1);
	assert_int_equal(source4(CLIENT4)->kinds, 1 << SW_EVIDENCE_CLOSED_UDP);
	assert_reason(udp4(CLIENT4, 40000, 1900), CLOSED_PORT);
	assert_reason(udp4(CLIENT4, 40000, 5060), NEW_BLOCK);
	assert_reason(udp4(CLIENT4, 40000, 53), BLOCKED_ADDRESS);
	close(fd);
}

static void udp_that_is_no_evidence(void **s)
{
	(void)s;
	for (int i = 0; i < 30; i++) /* traceroute */
		assert_reason(udp4(CLIENT4, 40000, 33434 + i), CLOSED_PORT);
	assert_reason(udp4(CLIENT4, 40000, 443), CLOSED_PORT);
	assert_reason(udp4(CLIENT4, 67, 68), CLEAN);
	assert_null(source4(CLIENT4));
}

static struct frame icmp4(uint32_t dst, uint8_t type, uint8_t code)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, CLIENT4, dst, IPPROTO_ICMP, 0);
	frame_data(&f, 8);
	f.byte[f.size - 8] = type;
	f.byte[f.size - 7] = code;
	return f;
}

static void icmp(void **s)
{
	(void)s;
	for (int i = 0; i < 20; i++)
		assert_reason(icmp4(SERVER4, 8, 0), CLEAN);
	assert_int_equal(source4(CLIENT4)->score, 0);
	assert_reason(icmp4(SERVER4, 3, 3), CLEAN);
	assert_reason(icmp4(SERVER4, 3, 4), CLEAN);
	assert_reason(icmp4(SERVER4, 11, 0), CLEAN);
	assert_int_equal(source4(CLIENT4)->score, 0);
	assert_reason(icmp4(SERVER4, 13, 0), ICMP_PROBE);
	assert_int_equal(prog.verdict, 1);
	assert_reason(icmp4(SERVER4, 17, 0), ICMP_PROBE);
	assert_int_equal(source4(CLIENT4)->score, 8);
	assert_reason(icmp4(SERVER4, 8, 9), NEW_BLOCK); /* nmap -O, IE1 */
	assert_int_equal(source4(CLIENT4)->tool, SW_TOOL_NMAP_OS);
}

static void own_more(int n)
{
	for (int i = 0; i < n; i++)
		own_address4(SERVER4 + i);
}

static void ping_sweep(void **s)
{
	int answered = 0, reason;

	(void)s;
	own_more(32);
	for (int i = 0; i < 32; i++) {
		struct frame f = icmp4(SERVER4 + i, 8, 0);

		reason = run(&f);
		if (reason == SW_REASON_NEW_BLOCK)
			break;
		answered += reason == SW_REASON_CLEAN;
	}
	assert_int_equal(reason, SW_REASON_NEW_BLOCK);
	assert_in_range(answered, 3, 5);
	assert_int_equal(source4(CLIENT4)->kinds, 1 << SW_EVIDENCE_PING_SWEEP);
}

/* A monitor pings and connects to each of our eight addresses, for an hour. */
static void monitors_are_not_blocked(void **s)
{
	(void)s;
	own_more(8);
	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < 8; i++) {
			struct frame ping = icmp4(SERVER4 + i, 8, 0), syn = frame_eth(ETH_P_IP);
			int again = run(&ping);

			frame_ip4(&syn, CLIENT4 + 1, SERVER4 + i, IPPROTO_TCP, 0);
			frame_tcp(&syn, 40000, OPEN_PORT, F_SYN);
			run(&syn); /* the first may be lost; its kernel sends it again */
			assert_reason(syn, OPEN_PORT);
			assert_true(round < 2 || again == SW_REASON_CLEAN);
		}
		advance(MINUTE);
	}
	assert_int_equal(prog.state->auto_blocked, 0);
}

/* Of more addresses than a stranger may try: blocked for a minute, and never again as long
 * as it goes on. pause: between its rounds. */
static void monitor_thirty(uint32_t monitor, bool pings, uint64_t pause)
{
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 30; i++) {
			struct frame f = pings ? icmp4(SERVER4 + i, 8, 0) : frame_eth(ETH_P_IP);
			uint32_t from = htonl(monitor);

			if (!pings) {
				frame_ip4(&f, 0, SERVER4 + i, IPPROTO_TCP, 0);
				frame_tcp(&f, 40000 + round, OPEN_PORT, F_SYN);
			}
			memcpy(f.byte + f.ip + 12, &from, sizeof(from));
			run(&f);
			assert_true(round < 2 || prog.verdict == XDP_PASS);
			if (prog.verdict == XDP_PASS)
				continue;
			advance(SECOND);
			run(&f);
		}
		advance(pause);
	}
}

static void a_monitor_of_many_addresses_is_blocked_once(void **s)
{
	(void)s;
	own_more(30);
	prog.set->challenge = 1;
	monitor_thirty(CLIENT4, true, MINUTE);
	monitor_thirty(CLIENT4 + 1, true, 5 * MINUTE);
	monitor_thirty(CLIENT4 + 2, false, MINUTE);
	monitor_thirty(CLIENT4 + 3, false, 5 * MINUTE);
	assert_int_equal(count_events(SW_EVENT_BLOCK), 4);
}

/* It pings each of eight addresses, and finds a port closed there: blocked for new
 * connections for a minute, once. What is served it reaches all the time, by the second SYN at
 * the latest. */
static void a_monitor_that_pings_and_misses_reaches_what_is_served(void **s)
{
	(void)s;
	own_more(8);
	program_answers();
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 8; i++) {
			struct frame ping = icmp4(SERVER4 + i, 8, 0);

			run(&ping);
		}
		for (int i = 0; i < 8; i++) {
			struct frame miss = frame_eth(ETH_P_IP), syn = miss;

			frame_ip4(&miss, CLIENT4, SERVER4 + i, IPPROTO_TCP, 0);
			frame_tcp(&miss, 40000 + round, 8022, F_SYN);
			run(&miss);
			frame_ip4(&syn, CLIENT4, SERVER4 + i, IPPROTO_TCP, 0);
			frame_tcp(&syn, 40000 + round, OPEN_PORT, F_SYN);
			frame_checksums(&syn);
			run(&syn);
			if (prog.verdict != XDP_PASS) {
				advance(SECOND);
				run(&syn);
			}
			assert_int_equal(prog.verdict, XDP_PASS);
		}
		advance(MINUTE);
	}
	assert_int_equal(count_events(SW_EVENT_BLOCK), 1);
}

/* Ports without a socket that turn out to be served (a container, a NAT rule): their first
 * customer has missed nothing. */
static void what_answers_was_no_miss(void **s)
{
	(void)s;
	prog.set->asks = 1;
	for (uint16_t port = 8091; port <= 8096; port++) {
		struct frame answer = frame_eth(ETH_P_IP);

		assert_reason(tcp4(CLIENT4, port, F_SYN), PASSED_MISS);
		frame_ip4(&answer, SERVER4, CLIENT4, IPPROTO_TCP, 0);
		frame_tcp(&answer, port, 40000, F_SYN | F_ACK);
		leave(&answer);
		assert_int_equal(source4(CLIENT4)->score, 0);
		assert_reason(tcp4(CLIENT4 + 1, port, F_SYN), OPEN_PORT);
	}
	for (uint16_t port = 5301; port <= 5306; port++) {
		struct frame answer = frame_eth(ETH_P_IP);

		assert_reason(udp4(CLIENT4 + 2, 40000, port), PASSED_MISS);
		frame_ip4(&answer, SERVER4, CLIENT4 + 2, IPPROTO_UDP, 0);
		frame_udp(&answer, port, 40000);
		leave(&answer);
		assert_int_equal(source4(CLIENT4 + 2)->score, 0);
	}
	/* What is silent was. */
	for (uint16_t port = 9091; port <= 9092; port++)
		assert_reason(tcp4(CLIENT4, port, F_SYN), PASSED_MISS);
	assert_reason(tcp4(CLIENT4, 9093, F_SYN), NEW_BLOCK);
}

/* One open port of many addresses. */
static void sweep(void **s)
{
	int answered = 0, reason;

	(void)s;
	own_more(32);
	for (int i = 0; i < 32; i++) {
		struct frame f = frame_eth(ETH_P_IP);

		frame_ip4(&f, CLIENT4, SERVER4 + i, IPPROTO_TCP, 0);
		frame_tcp(&f, 40000, OPEN_PORT, F_SYN);
		reason = run(&f);
		if (reason == SW_REASON_NEW_BLOCK)
			break;
		answered += reason == SW_REASON_OPEN_PORT;
	}
	assert_int_equal(reason, SW_REASON_NEW_BLOCK);
	assert_in_range(answered, 3, 5);
	/* The same port of one address, however often, is a visitor. */
	for (int i = 0; i < 50; i++)
		assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(source4(CLIENT4 + 1)->score, 0);
}

static struct frame protocol(uint8_t proto)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, CLIENT4, SERVER4, proto, 0);
	frame_data(&f, 12);
	return f;
}

static void protocols(void **s)
{
	(void)s;
	assert_reason(protocol(47), CLEAN);
	assert_reason(protocol(2), CLEAN);
	assert_null(source4(CLIENT4));
	assert_reason(protocol(200), PROTOCOL);
	assert_reason(protocol(200), PROTOCOL);
	assert_int_equal(source4(CLIENT4)->score, 4);
	assert_reason(protocol(201), PROTOCOL);
	assert_reason(protocol(255), NEW_BLOCK);
}

static void sctp(void **s)
{
	struct sw_service key = {.port = 36412, .proto = IPPROTO_SCTP};
	struct frame f = protocol(IPPROTO_SCTP);
	uint16_t ports[2] = {htons(40000), htons(36412)};
	uint8_t one = 1;

	(void)s;
	assert_reason(f, PROTOCOL);
	assert_int_equal(source4(CLIENT4)->kinds, 1 << SW_EVIDENCE_SCTP);
	memcpy(f.byte + f.size - 12, ports, 4);
	assert_reason(f, PROTOCOL);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &key, &one, BPF_ANY);
	assert_reason(f, OPEN_PORT);
	prog.set->protocols[IPPROTO_SCTP >> 6] |= 1ull << (IPPROTO_SCTP & 63);
	assert_reason(protocol(IPPROTO_SCTP), CLEAN);
}

/* nmap -D: one sequence number and source port under six names. */
static void decoys(void **s)
{
	struct frame f;
	int probes;

	(void)s;
	for (int port = 1; port <= 20; port++) {
		for (uint32_t i = 0; i < 6; i++) {
			f = tcp4(CLIENT4 + (i << 8), port, F_SYN);
			frame_seq(&f, 4711);
			if (i)
				assert_reason(f, DECOY);
			else
				run(&f);
		}
	}
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_int_equal(source4(CLIENT4)->score, 0); /* given back when the second came */
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_DECOYS);
	/* It learns nothing of open ports either, by whatever packet. */
	f = tcp4(CLIENT4, OPEN_PORT, F_SYN);
	frame_seq(&f, 4711);
	assert_reason(f, CONFINED);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), CONFINED);
	frame_data(&f, 0);
	f = tcp4(CLIENT4, OPEN_PORT, F_ACK);
	frame_data(&f, 10);
	assert_reason(f, CONFINED);
	/* Any other probe counts. */
	for (probes = 0; !prog.state->auto_blocked && probes < 9; probes++) {
		f = tcp4(CLIENT4, 3001 + probes, F_SYN);
		run(&f);
	}
	assert_in_range(probes, 3, 5);
	advance(61 * SECOND);
	f = tcp4(CLIENT4 + (9 << 8), OPEN_PORT, F_SYN);
	frame_seq(&f, 4711);
	assert_reason(f, OPEN_PORT);
}

/* Whoever names another beside its own probes gets back what they cost, once. */
static void a_scanner_makes_itself_no_decoy(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, 2001, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 2002, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 2 * SW_POINT);
	for (int i = 0; i < 5; i++) { /* the same ports again are no new evidence */
		struct frame f = tcp4(CLIENT4, 2001 + i % 2, F_SYN);

		frame_seq(&f, 4711 + i);
		run(&f);
		f = tcp4(CLIENT4 + 256, 2001 + i % 2, F_SYN);
		frame_seq(&f, 4711 + i);
		assert_reason(f, DECOY);
	}
	assert_int_equal(source4(CLIENT4)->score, SW_POINT);
}

static void distributed_scans_are_told_of(void **s)
{
	(void)s;
	for (int i = 0; i < 40; i++)
		assert_reason(tcp4(CLIENT4 + i, 1000 + i, F_SYN), CLOSED_PORT);
	assert_int_equal(prog.state->auto_blocked, 0);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_DISTRIBUTED);
	assert_int_equal(prog.event[0].plen, 24);
	assert_int_equal(prog.event[0].sources, 8);
}

static struct frame answer(uint16_t sport, uint8_t flags);

/* The clients of a service that has moved. */
static void what_all_miss_is_excused(void **s)
{
	struct frame f = answer(5222, F_SYN | F_ACK);

	(void)s;
	leave(&f);
	advance(61 * MINUTE);
	for (uint32_t i = 0; i < 60; i++) {
		f = tcp4(CLIENT4 + (i << 8), 5222, F_SYN);
		run(&f);
	}
	f = tcp4(CLIENT4 - 1, 5222, F_SYN);
	assert_reason(f, CLOSED_PORT);
	assert_int_equal(source4(CLIENT4 - 1)->score, 0);
	/* What was never served is not, or a spray of forged packets could. */
	for (uint32_t i = 0; i < 60; i++) {
		f = tcp4(CLIENT4 + (i << 8) + 2, 5223, F_SYN);
		run(&f);
	}
	f = tcp4(CLIENT4 - 2, 5223, F_SYN);
	run(&f);
	assert_int_equal(source4(CLIENT4 - 2)->score, 4);
	/* Traps are never excused. */
	for (uint32_t i = 0; i < 60; i++) {
		f = tcp4(CLIENT4 + (i << 8) + 1, 23, F_SYN);
		run(&f);
	}
	f = tcp4(CLIENT4 - 1, 23, F_SYN);
	run(&f);
	assert_int_equal(source4(CLIENT4 - 1)->score, 6);
}

static void ports_weigh_differently(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, 23, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 3389, F_SYN), NEW_BLOCK);
	for (int i = 0; i < 30; i++) {
		assert_reason(tcp4(CLIENT4 + 1, 8080, F_SYN), CLOSED_PORT);
		assert_reason(tcp4(CLIENT4 + 1, 8443, F_SYN), CLOSED_PORT);
		assert_reason(tcp4(CLIENT4 + 1, 443, F_SYN), CLOSED_PORT);
	}
	assert_int_equal(source4(CLIENT4 + 1)->score, 1); /* one family */
}

/* Ours, on its way to CLIENT4. */
static struct frame answer(uint16_t sport, uint8_t flags)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_TCP, 0);
	frame_tcp(&f, sport, 40000, flags);
	return f;
}

static void answers_teach(void **s)
{
	struct frame f = answer(8081, F_SYN | F_ACK);

	(void)s;
	assert_reason(tcp4(CLIENT4, 8081, F_SYN), CLOSED_PORT);
	assert_int_equal(leave(&f), -1);
	assert_reason(tcp4(CLIENT4 + 1, 8081, F_SYN), OPEN_PORT);
	assert_reason(tcp4(CLIENT4, 8081, F_ACK), FLOW);
	f = answer(8082, F_RST | F_ACK);
	leave(&f);
	assert_reason(tcp4(CLIENT4 + 1, 8082, F_SYN), CLOSED_PORT);
}

/* Behind a port a container may listen: one SYN a minute is let through. */
static void forwarding_hosts_ask(void **s)
{
	(void)s;
	prog.set->forwards = 1;
	assert_reason(tcp4(CLIENT4, 8083, F_SYN), PASSED_MISS);
	assert_reason(tcp4(CLIENT4, 8083, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4 + 1, 8083, F_SYN), CLOSED_PORT);
	advance(61 * SECOND);
	assert_reason(tcp4(CLIENT4, 8083, F_SYN), PASSED_MISS);
	assert_reason(udp4(CLIENT4 + 2, 40000, 53), PASSED_MISS);
	assert_reason(udp4(CLIENT4 + 2, 40000, 53), CLOSED_PORT);
	/* Behind docker-proxy's own socket the connection is the container's. */
	assert_reason(tcp4(CLIENT4 + 3, OPEN_PORT, F_ACK), BARE_ACK);
	assert_reason(tcp4(CLIENT4 + 3, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(tcp4(CLIENT4 + 3, OPEN_PORT, F_ACK), FLOW);
}

/* What is remembered of a port, that no socket has it, ends with a container's answer. */
static void forwarding_hosts_remember(void **s)
{
	struct frame f = answer(8084, F_SYN | F_ACK);

	(void)s;
	prog.set->forwards = 1;
	assert_reason(tcp4(CLIENT4, 8084, F_SYN), PASSED_MISS);
	assert_reason(tcp4(CLIENT4 + 1, 8084, F_SYN), CLOSED_PORT);
	leave(&f);
	assert_reason(tcp4(CLIENT4 + 2, 8084, F_SYN), OPEN_PORT);
	assert_reason(tcp4(CLIENT4 + 3, 8085, F_SYN), PASSED_MISS);
	f = answer(8085, F_RST | F_ACK);
	leave(&f);
	assert_reason(tcp4(CLIENT4 + 4, 8085, F_SYN), CLOSED_PORT);
}

static struct frame unreachable(uint8_t code)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_ICMP, 0);
	frame_data(&f, 36);
	f.byte[f.size - 36] = 3;
	f.byte[f.size - 35] = code;
	return f;
}

static void closed_ports_are_not_told_of(void **s)
{
	struct frame port = unreachable(3), proto = unreachable(2), mtu = unreachable(4);

	(void)s;
	assert_int_equal(leave(&port), 2); /* TC_ACT_SHOT */
	assert_int_equal(leave(&proto), 2);
	assert_int_equal(leave(&mtu), -1);
	prog.set->mode = SW_DETECT;
	assert_int_equal(leave(&port), -1);
	prog.set->mode = SW_ENFORCE;
	prog.set->closed_silent = 0;
	assert_int_equal(leave(&port), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(headers_of_scanners),
		T(headers_of_clients),
		T(cut_headers),
		T(port_zero),
		T(udp),
		T(udp_that_is_no_evidence),
		T(icmp),
		T(ping_sweep),
		T(what_answers_was_no_miss),
		T(sweep),
		T(monitors_are_not_blocked),
		T(a_monitor_of_many_addresses_is_blocked_once),
		T(a_monitor_that_pings_and_misses_reaches_what_is_served),
		T(protocols),
		T(sctp),
		T(decoys),
		T(a_scanner_makes_itself_no_decoy),
		T(distributed_scans_are_told_of),
		T(what_all_miss_is_excused),
		T(ports_weigh_differently),
		T(answers_teach),
		T(forwarding_hosts_ask),
		T(forwarding_hosts_remember),
		T(closed_ports_are_not_told_of),
#undef T
	};

	return cmocka_run_group_tests_name("probes", tests, program_setup, program_teardown);
}
