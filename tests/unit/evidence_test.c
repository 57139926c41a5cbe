// SPDX-License-Identifier: GPL-2.0-only
/* Steps 3 to 5: every kind of evidence, the score, the block and the event. */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define MINUTE (60 * SECOND)

static void third_closed_port_blocks(void **s)
{
	const struct sw_event *ev = &prog.event[0];

	(void)s;
	assert_reason(tcp4(CLIENT4, 21, F_SYN), CLOSED_PORT);
	assert_int_equal(prog.verdict, 1);
	advance(20000000);
	assert_reason(tcp4(CLIENT4, 110, F_SYN), CLOSED_PORT);
	advance(20000000);
	assert_reason(tcp4(CLIENT4, 8000, F_SYN), NEW_BLOCK);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.state->auto_blocked, 1);

	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(ev->type, SW_EVENT_BLOCK);
	assert_int_equal(ev->family, AF_INET);
	assert_int_equal(ev->evidence, SW_EVIDENCE_CLOSED_PORT);
	assert_int_equal(ev->kinds, 1 << SW_EVIDENCE_CLOSED_PORT);
	assert_int_equal(ev->score, 12);
	assert_int_equal(ev->port[0], 8000);
	assert_int_equal(ev->port[1], 110);
	assert_int_equal(ev->port[2], 21);
	assert_int_equal(ntohs(ev->dport), 8000);
	assert_int_equal(ntohs(ev->sport), 40000);
	assert_in_range(ev->span_ms, 37, 40);
	assert_int_equal(ev->plen, 32);
	assert_int_equal(ev->expires_tick & ~SW_EXPIRES_TICKS,
			 SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	assert_int_equal(ev->expires_tick & SW_EXPIRES_TICKS, tick_in(0) + 224);
	assert_int_equal(ev->src.byte[12], 203);
	assert_int_equal(ev->dst.byte[12], 192);
}

static void block_expires_with_nobody_there(void **s)
{
	struct frame f;

	(void)s;
	for (int port = 1; port <= 3; port++) {
		f = tcp4(CLIENT4, port, F_SYN);
		run(&f);
	}
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	advance(59 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	advance(3 * SECOND);
	f = tcp4(CLIENT4, OPEN_PORT, F_SYN);
	assert_int_equal(ask(&f), SW_REASON_OPEN_PORT);
	/* One more miss renews it. */
	assert_reason(tcp4(CLIENT4, 4, F_SYN), NEW_BLOCK);
}

static void same_target_counts_once(void **s)
{
	(void)s;
	for (int i = 0; i < 20; i++)
		assert_reason(tcp4(CLIENT4, 8445, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4);
	/* Going back and forth between two is two. */
	for (int i = 0; i < 20; i++) {
		assert_reason(tcp4(CLIENT4, 8444, F_SYN), CLOSED_PORT);
		assert_reason(tcp4(CLIENT4, 8445, F_SYN), CLOSED_PORT);
	}
	assert_int_equal(source4(CLIENT4)->score, 8);
}

static struct frame at_address(uint32_t src, uint32_t dst, uint16_t port)
{
	struct frame f = frame_eth(0x0800);

	frame_ip4(&f, src, dst, IPPROTO_TCP, 0);
	frame_tcp(&f, 40000, port, F_SYN);
	return f;
}

/* A monitor of a service that is at none of our eight addresses, again and again; and
 * a client that looks for one at each. */
static void one_port_of_each_address_blocks_nobody(void **s)
{
	(void)s;
	for (int i = 0; i < 8; i++)
		own_address4(SERVER4 + i);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 8; i++)
			assert_reason(at_address(CLIENT4, SERVER4 + i, 21), CLOSED_PORT);
		advance(MINUTE);
	}
	assert_in_range(source4(CLIENT4)->score, 5, 11);
	/* A trap is no client's mistake. */
	assert_reason(at_address(CLIENT4 + 1, SERVER4, 23), CLOSED_PORT);
	assert_reason(at_address(CLIENT4 + 1, SERVER4B, 23), NEW_BLOCK);
}

/* Who goes from address to address is blocked in the end, and ports of each count
 * as ever. */
static void a_sweep_of_a_closed_port_adds_up(void **s)
{
	int reason, last;

	(void)s;
	for (int i = 0; i < 64; i++)
		own_address4(SERVER4 + i);
	for (last = 0; last < 64; last++) {
		struct frame f = at_address(CLIENT4, SERVER4 + last, 21);

		reason = run(&f);
		if (reason == SW_REASON_NEW_BLOCK)
			break;
	}
	assert_in_range(last, 9, 40);
	assert_reason(at_address(CLIENT4 + 1, SERVER4, 21), CLOSED_PORT);
	assert_reason(at_address(CLIENT4 + 1, SERVER4B, 24), CLOSED_PORT);
	assert_reason(at_address(CLIENT4 + 1, SERVER4, 26), NEW_BLOCK);
}

/* A port that is closed by TCP and by UDP is one. */
static void both_protocols_count_once(void **s)
{
	(void)s;
	for (int port = 1; port <= 2; port++) {
		assert_reason(tcp4(CLIENT4, port, F_SYN), CLOSED_PORT);
		assert_reason(udp4(CLIENT4, 40000, port), CLOSED_PORT);
	}
	assert_int_equal(source4(CLIENT4)->score, 8);
}

/* It asks before the service is there, and again when it is. */
static void who_came_early_is_forgiven(void **s)
{
	int fd;

	(void)s;
	assert_reason(tcp4(CLIENT4, 81, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 26, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 8);
	fd = program_listens(81);
	advance(SECOND);
	assert_reason(tcp4(CLIENT4, 81, F_SYN), OPEN_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4);
	/* Once. */
	assert_reason(tcp4(CLIENT4, 81, F_SYN), OPEN_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4);
	close(fd);
}

/* Evidence that an open port gives, too, opens none. */
static void a_probe_of_an_open_port_is_not_forgiven(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, 0), IMPOSSIBLE_FLAGS);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4);
	assert_reason(tcp4(CLIENT4 + 1, 22, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(source4(CLIENT4 + 1)->score, 4);
}

/* While the host's services start, closed ports block nobody; what only a scanner
 * sends does, and nothing is learned. */
static void a_host_that_boots_blocks_nobody_for_closed_ports(void **s)
{
	struct frame null = tcp4(CLIENT4 + 1, 8, 0);

	(void)s;
	prog.set->grace_ticks = tick_in(MINUTE);
	for (int port = 1; port < 9; port++)
		assert_reason(tcp4(CLIENT4, port, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), CONFINED);
	assert_int_equal(prog.state->auto_blocked, 0);
	run(&null);
	assert_reason(tcp4(CLIENT4 + 1, 9, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4 + 1, 10, F_SYN), NEW_BLOCK);
	advance(2 * MINUTE);
	assert_reason(tcp4(CLIENT4, 11, F_SYN), NEW_BLOCK);
}

/* How many closed ports a source has missed when it is blocked. The targets are known by
 * a sketch of 16 bits, so that some of them count as one. */
static int misses_to_block(uint32_t source)
{
	struct frame f;

	for (int port = 1; port < 64; port++) {
		f = tcp4(source, port, F_SYN);
		if (run(&f) == SW_REASON_NEW_BLOCK)
			return port;
	}
	return 0;
}

/* Loaded on a host that has been up for long: a source that it does not remember yet is
 * not blocked at once, nothing is learned meanwhile, and a source that goes on is blocked. */
static void just_loaded_it_blocks_late(void **s)
{
	struct frame null = tcp4(CLIENT4 + 1, 8, 0);

	(void)s;
	prog.set->grace_ticks = tick_in(MINUTE) - tick_in(0);
	prog.set->up_tick = tick_in(0);
	for (int port = 1; port < 7; port++)
		assert_reason(tcp4(CLIENT4, port, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), CONFINED);
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_in_range(misses_to_block(CLIENT4), 7, 16);
	/* What nobody else sends is never excused. */
	run(&null);
	assert_reason(tcp4(CLIENT4 + 1, 9, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4 + 1, 10, F_SYN), NEW_BLOCK);
	/* It ends; from then on the third blocks, and who has missed more than two already. */
	for (int port = 1; port < 7; port++)
		assert_reason(tcp4(CLIENT4 + 2, port, F_SYN), CLOSED_PORT);
	assert_in_range(source4(CLIENT4 + 2)->score, 12, 15);
	advance(2 * MINUTE);
	assert_reason(tcp4(CLIENT4 + 2, 77, F_SYN), NEW_BLOCK);
	assert_int_equal(misses_to_block(CLIENT4 + 3), 3);
}

static void source6_is_a_64(void **s)
{
	(void)s;
	assert_reason(tcp6(V6, 1, 21, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(V6, 2, 24, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(V6, 3, 25, F_SYN), NEW_BLOCK);
	assert_reason(tcp6(V6, 4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp6(V6 + 1, 4, OPEN_PORT, F_SYN), OPEN_PORT);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].plen, 64);
	assert_int_equal(prog.event[0].family, AF_INET6);
}

static void impossible_flags(void **s)
{
	static const struct {
		uint8_t flags;
		int kind;
	} sets[] = {
		{0, SW_EVIDENCE_NULL_FLAGS},
		{F_FIN, SW_EVIDENCE_FIN},
		{F_FIN | F_PSH | F_URG, SW_EVIDENCE_XMAS},
		{F_SYN | F_FIN, SW_EVIDENCE_SYN_FIN},
		{F_SYN | F_FIN | F_ACK, SW_EVIDENCE_SYN_FIN},
		{F_SYN | F_RST, SW_EVIDENCE_SYN_RST},
		{F_SYN | F_RST | F_ACK | F_FIN | F_PSH | F_URG, SW_EVIDENCE_SYN_RST},
		{F_PSH, SW_EVIDENCE_ODD_FLAGS},
		{F_URG, SW_EVIDENCE_ODD_FLAGS},
		{F_FIN | F_URG, SW_EVIDENCE_ODD_FLAGS},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		uint32_t from = CLIENT4 + 10 + i;

		assert_reason(tcp4(from, 1, sets[i].flags), IMPOSSIBLE_FLAGS);
		assert_int_equal(prog.verdict, 1);
		assert_int_equal(source4(from)->kinds, 1 << sets[i].kind);
		/* At an open port, too. */
		assert_reason(tcp4(from, OPEN_PORT, sets[i].flags), IMPOSSIBLE_FLAGS);
		assert_reason(tcp4(from, 3, sets[i].flags), NEW_BLOCK);
	}
}

static void sets_that_are_no_evidence(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, 1, F_SYN | F_ACK), BACKSCATTER);
	assert_reason(tcp4(CLIENT4, 1, F_RST), CLEAN);
	assert_reason(tcp4(CLIENT4, 1, F_RST | F_ACK), CLEAN);
	/* ECN asks with SYN, ECE and CWR (RFC 3168 6.1.1). */
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN | 0xc0), OPEN_PORT);
}

static void stray_ack(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, 1, F_ACK), STRAY_ACK);
	assert_reason(tcp4(CLIENT4, 2, F_ACK | F_FIN), STRAY_ACK);
	assert_reason(tcp4(CLIENT4, 3, F_ACK), NEW_BLOCK);
}

static void acks_that_are_no_evidence(void **s)
{
	struct frame f = tcp4(CLIENT4, OPEN_PORT, F_ACK);

	(void)s;
	/* At a listener, empty: what nmap -sA sends. */
	assert_reason(f, BARE_ACK);
	assert_int_equal(prog.verdict, 1);
	/* With data: of a connection that a restart forgot; the kernel's RST tells. */
	frame_data(&f, 20);
	assert_reason(f, NO_FLOW);
	/* At an ephemeral port: a late answer to ourselves, or, where packets are
	 * forwarded, to a masqueraded container. */
	assert_reason(tcp4(CLIENT4, 45000, F_ACK | F_FIN), BARE_ACK);
	prog.set->forwards = 1;
	assert_reason(tcp4(CLIENT4, 45000, F_ACK), NO_FLOW);
	assert_int_equal(source4(CLIENT4)->score, 0);
}

static struct frame from_port(uint16_t sport, uint8_t flags)
{
	struct frame f = frame_eth(0x0800);

	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, sport, OPEN_PORT, flags);
	return f;
}

static void connections_pass(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);

	(void)s;
	assert_reason(from_port(sport, F_ACK | F_PSH), FLOW);
	assert_reason(from_port(sport, F_ACK | F_FIN), FLOW);
	assert_reason(from_port(sport, F_FIN), FLOW);
	assert_reason(from_port(sport, F_ACK), FLOW); /* by memory now */
	close(fd);
	assert_null(source4(CLIENT4));
}

static void foreign_addresses_are_not_judged(void **s)
{
	struct frame f = frame_eth(0x0800);

	(void)s;
	frame_ip4(&f, CLIENT4, 0x0a000001, IPPROTO_TCP, 0);
	frame_tcp(&f, 40000, 81, F_SYN);
	assert_reason(f, NOT_OURS);
	f.byte[f.size - 7] = 0;
	assert_reason(f, NOT_OURS);
	f.byte[f.size - 7] = F_ACK;
	assert_reason(f, NOT_OURS);
	assert_null(source4(CLIENT4));
}

static void only_data_earns_credit_once_a_service(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);
	struct frame f = from_port(sport, F_ACK | F_PSH);

	(void)s;
	assert_reason(tcp4(CLIENT4, 21, F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 110, F_SYN), CLOSED_PORT);
	for (int i = 0; i < 10; i++)
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(f, FLOW);
	assert_int_equal(source4(CLIENT4)->score, 8);
	frame_data(&f, 10);
	for (int i = 0; i < 10; i++)
		assert_reason(f, FLOW);
	assert_int_equal(source4(CLIENT4)->score, 4);
	close(fd);
}

/* Whoever works with us is not cut off by what may be forged in its name. */
static void a_regular_is_confined(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);
	struct frame f = from_port(sport, F_ACK | F_PSH);
	struct sw_service key = {25, IPPROTO_TCP};
	uint8_t one = 1;

	(void)s;
	frame_data(&f, 10);
	assert_reason(f, FLOW);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &key, &one, BPF_ANY);
	for (int port = 1; port <= 30; port++)
		assert_reason(tcp4(CLIENT4, port + (port == 25), F_SYN), CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_reason(tcp4(CLIENT4, 25, F_SYN), CONFINED);
	assert_int_equal(prog.state->auto_blocked, 0);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_CONFINED);
	/* An hour without a word, and it is nobody's regular. */
	advance(200 * MINUTE);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	close(fd);
}

static void a_blocked_source_keeps_what_it_has(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);
	struct frame f = from_port(sport, F_ACK | F_PSH);

	(void)s;
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_ACK), BLOCKED_ADDRESS);
	assert_reason(f, SPARED_FLOW);
	assert_reason(from_port(sport, F_FIN), SPARED_FLOW);
	/* Data on it, and the service is open to new connections as well. */
	frame_data(&f, 10);
	assert_reason(f, SPARED_FLOW);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), SPARED_SERVICE);
	assert_reason(tcp4(CLIENT4, 22, F_SYN), BLOCKED_ADDRESS);
	close(fd);
}

static void suspicion_is_forgotten_slowly(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, 1, F_SYN), CLOSED_PORT);
	advance(29 * MINUTE);
	assert_reason(tcp4(CLIENT4, 1, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 1);
	advance(10 * MINUTE);
	assert_reason(tcp4(CLIENT4, 1, F_SYN), CLOSED_PORT);
	/* Forgotten altogether, so the same target counts anew. */
	assert_int_equal(source4(CLIENT4)->score, 4);
	prog.set->decay_ms = 0;
	advance(100 * MINUTE);
	assert_reason(tcp4(CLIENT4, 2, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 8);
}

/* nmap -T1 and -T0: a probe in 15 s, in 300 s. */
static void slow_scans_are_seen(void **s)
{
	static const uint64_t pause[] = {15, 300};

	(void)s;
	for (int k = 0; k < 2; k++) {
		int probes = 0, reason;

		do {
			struct frame f = tcp4(CLIENT4 + k, ++probes, F_SYN);

			reason = run(&f);
			advance(pause[k] * SECOND);
		} while (reason != SW_REASON_NEW_BLOCK && probes < 50);
		assert_in_range(probes, 3, 5);
	}
}

/* There is no limit unless the operator sets one. */
static void a_flood_to_an_open_port_is_held_against_nobody(void **s)
{
	(void)s;
	prog.set->syn_flood = SW_SYN_FLOOD_OFF; /* else: syncookie_test.c */
	for (int i = 0; i < 3000; i++)
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(source4(CLIENT4)->score, 0);
}

static uint32_t served_index(uint16_t port)
{
	uint64_t to = (uint64_t)htonl(SERVER4) << 16 ^ (uint64_t)IPPROTO_TCP << 48 ^ htons(port);

	return sw_hash64(to, prog.skel->rodata->seed) >> 32 & prog.skel->rodata->served_mask;
}

static void restart_of_a_service_accuses_nobody(void **s)
{
	struct sw_served e = {.port = 81, .proto = IPPROTO_TCP};
	uint32_t addr = htonl(SERVER4);
	uint32_t i = served_index(81);

	(void)s;
	e.addr_tag = sw_hash64(addr, prog.skel->rodata->seed) >> 32;
	e.last_open = tick_in(0);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.served), &i, &e, BPF_ANY);
	assert_reason(tcp4(CLIENT4, 81, F_SYN), OPEN_PORT);
	assert_reason(tcp4(CLIENT4 + 1, 81, F_ACK), BARE_ACK);
	advance(61 * MINUTE);
	assert_reason(tcp4(CLIENT4, 81, F_SYN), CLOSED_PORT);
}

/* A SYN, or with `out` a container's answer to it, at 2001:db8:N::1. */
static struct frame syn6_at(uint16_t net, uint16_t port, bool out)
{
	struct frame f = tcp6(V6, 1, port, out ? F_SYN | F_ACK : F_SYN);
	uint8_t *ip = f.byte + f.ip, swap[16];

	ip[24 + 4] = net >> 8;
	ip[24 + 5] = net;
	if (!out)
		return f;
	memcpy(swap, ip + 8, 16);
	memcpy(ip + 8, ip + 24, 16);
	memcpy(ip + 24, swap, 16);
	frame_tcp_of(&f)->source = htons(port);
	frame_tcp_of(&f)->dest = htons(40000);
	return f;
}

static void own_addresses_are_told_apart_by_all_of_them(void **s)
{
	struct sw_addr other = {{0x20, 1, 0xd, 0xb8, 0, 7, [15] = 1}};
	struct frame answer = syn6_at(0, 8081, true);
	uint8_t one = 1;

	(void)s;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.local_addrs), &other, &one, BPF_ANY);
	leave(&answer);
	assert_reason(syn6_at(0, 8081, false), OPEN_PORT);
	assert_reason(syn6_at(7, 8081, false), CLOSED_PORT);
}

static void open_port_is_remembered(void **s)
{
	struct sw_served e;
	uint32_t i = served_index(OPEN_PORT);

	(void)s;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	bpf_map_lookup_elem(bpf_map__fd(prog.skel->maps.served), &i, &e);
	assert_int_equal(e.port, OPEN_PORT);
	assert_int_equal(e.last_open, tick_in(0));
}

static void configured_service_is_open(void **s)
{
	struct sw_service key = {8443, IPPROTO_TCP};
	uint8_t one = 1;

	(void)s;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &key, &one, BPF_ANY);
	assert_reason(tcp4(CLIENT4, 8443, F_SYN), OPEN_PORT);
	assert_reason(tcp4(CLIENT4, 8444, F_SYN), CLOSED_PORT);
}

static void closed_ports_may_answer(void **s)
{
	(void)s;
	prog.set->closed_silent = 0;
	assert_reason(tcp4(CLIENT4, 1, F_SYN), PASSED_MISS);
	assert_int_equal(prog.verdict, 2);
	assert_reason(tcp4(CLIENT4, 2, F_SYN), PASSED_MISS);
	assert_reason(tcp4(CLIENT4, 3, F_SYN), NEW_BLOCK);
	assert_int_equal(prog.verdict, 1);
}

static void detect_mode_tells_only(void **s)
{
	(void)s;
	prog.set->mode = SW_DETECT;
	for (int port = 1; port <= 3; port++) {
		struct frame f = tcp4(CLIENT4, port, F_SYN);

		run(&f);
		assert_int_equal(prog.verdict, 2);
	}
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_WOULD_BLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(third_closed_port_blocks),
		T(block_expires_with_nobody_there),
		T(same_target_counts_once),
		T(one_port_of_each_address_blocks_nobody),
		T(a_sweep_of_a_closed_port_adds_up),
		T(both_protocols_count_once),
		T(who_came_early_is_forgiven),
		T(a_probe_of_an_open_port_is_not_forgiven),
		T(just_loaded_it_blocks_late),
		T(a_host_that_boots_blocks_nobody_for_closed_ports),
		T(source6_is_a_64),
		T(impossible_flags),
		T(sets_that_are_no_evidence),
		T(stray_ack),
		T(acks_that_are_no_evidence),
		T(connections_pass),
		T(foreign_addresses_are_not_judged),
		T(only_data_earns_credit_once_a_service),
		T(a_regular_is_confined),
		T(a_blocked_source_keeps_what_it_has),
		T(suspicion_is_forgotten_slowly),
		T(slow_scans_are_seen),
		T(a_flood_to_an_open_port_is_held_against_nobody),
		T(restart_of_a_service_accuses_nobody),
		T(own_addresses_are_told_apart_by_all_of_them),
		T(open_port_is_remembered),
		T(configured_service_is_open),
		T(closed_ports_may_answer),
		T(detect_mode_tells_only),
#undef T
	};

	return cmocka_run_group_tests_name("evidence", tests, program_setup, program_teardown);
}
