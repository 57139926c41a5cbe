// SPDX-License-Identifier: GPL-2.0-only
/* Limited ports: who reaches them, and what others see. */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include "test_program.h"

#define SSH OPEN_PORT
#define FRIEND4 "198.51.100.0/24"

static void limit(uint16_t port, enum sw_limited kind)
{
	uint32_t at = kind * SW_HIDDEN_WORDS + (port >> 6);
	uint64_t word = 1ull << (port & 63);

	prog.set->any_hidden |= SW_ANY_LIMITED;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.limited), &at, &word, BPF_ANY);
}

static void let_in4(uint32_t addr, uint32_t plen, uint16_t port, enum sw_limited kind)
{
	struct sw_reach key = {SW_REACH_PORT_BITS + 96 + plen, port, kind, {}};
	uint32_t net = htonl(addr);
	uint8_t yes = 1;

	key.addr.byte[10] = key.addr.byte[11] = 0xff;
	memcpy(&key.addr.byte[12], &net, sizeof(net));
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.reach), &key, &yes, BPF_ANY);
}

static void reason_is(struct frame f, enum sw_reason wanted)
{
	assert_string_equal(reason_name(run(&f)), reason_name(wanted));
}

static void all_others_are_shut_out(void **s)
{
	(void)s;
	limit(SSH, SW_LIMITED_TCP);
	reason_is(tcp4(CLIENT4, SSH, F_SYN), SW_REASON_LIMITED_PORT);
	reason_is(tcp6(V6, 1, SSH, F_SYN), SW_REASON_LIMITED_PORT);
	assert_int_equal(prog.verdict, 1); /* XDP_DROP */
	let_in4(CLIENT4 & ~255u, 24, SSH, SW_LIMITED_TCP);
	reason_is(tcp4(CLIENT4, SSH, F_SYN), SW_REASON_OPEN_PORT);
	reason_is(tcp4(CLIENT4 ^ 256, SSH, F_SYN), SW_REASON_LIMITED_PORT);
	/* An IPv4 prefix is no IPv6 one. */
	reason_is(tcp6(V6, 1, SSH, F_SYN), SW_REASON_LIMITED_PORT);
}

static void of_that_port_and_protocol_only(void **s)
{
	(void)s;
	limit(SSH + 1, SW_LIMITED_TCP);
	limit(SSH, SW_LIMITED_UDP);
	reason_is(tcp4(CLIENT4, SSH, F_SYN), SW_REASON_OPEN_PORT);
	let_in4(CLIENT4, 32, SSH, SW_LIMITED_UDP); /* not TCP */
	limit(SSH, SW_LIMITED_TCP);
	reason_is(tcp4(CLIENT4, SSH, F_SYN), SW_REASON_LIMITED_PORT);
}

static void a_named_service_is_limited_too(void **s)
{
	struct sw_service name = {7777, IPPROTO_TCP}, udp = {7777, IPPROTO_UDP};
	uint8_t one = 1;

	(void)s;
	prog.set->any_service = prog.set->forwards = 1;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &name, &one, BPF_ANY);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &udp, &one, BPF_ANY);
	reason_is(tcp4(CLIENT4, 7777, F_SYN), SW_REASON_OPEN_PORT);
	reason_is(udp4(CLIENT4, 40000, 7777), SW_REASON_OPEN_PORT);
	limit(7777, SW_LIMITED_TCP);
	limit(7777, SW_LIMITED_UDP);
	/* Not one is let through to ask a container behind DNAT. */
	for (int i = 0; i < 3; i++)
		reason_is(tcp4(CLIENT4, 7777, F_SYN), SW_REASON_LIMITED_PORT);
	reason_is(udp4(CLIENT4, 40000, 7777), SW_REASON_LIMITED_PORT);
	let_in4(CLIENT4, 32, 7777, SW_LIMITED_UDP);
	reason_is(udp4(CLIENT4, 40000, 7777), SW_REASON_OPEN_PORT);
	reason_is(udp4(CLIENT4 + 1, 40000, 7777), SW_REASON_LIMITED_PORT);
}

static void the_allowlist_is_not_shut_out(void **s)
{
	(void)s;
	limit(SSH, SW_LIMITED_TCP);
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	reason_is(tcp4(CLIENT4, SSH, F_SYN), SW_REASON_OPEN_PORT);
}

static void whoever_is_shut_out_for_long_is_no_scanner(void **s)
{
	(void)s;
	limit(SSH, SW_LIMITED_TCP);
	limit(7777, SW_LIMITED_UDP);
	for (int i = 0; i < 100; i++) {
		reason_is(tcp4(CLIENT4, SSH, F_SYN), SW_REASON_LIMITED_PORT);
		reason_is(udp4(CLIENT4, 40000, 7777), SW_REASON_LIMITED_PORT);
	}
	assert_in_range(source4(CLIENT4)->score, 0, 3 * SW_POINT - 1);
}

static int bind_udp(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	return fd;
}

/* From us to CLIENT4. */
static void say(uint16_t sport, uint16_t dport)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_UDP, 0);
	frame_udp(&f, sport, dport);
	leave_from_socket(&f);
}

/* What a service answers is no question, even to a port from which services answer. */
static void an_answer_of_ours_opens_no_other_port(void **s)
{
	int fd = bind_udp(53);

	(void)s;
	limit(161, SW_LIMITED_UDP);
	reason_is(udp4(CLIENT4, 53, 53), SW_REASON_OPEN_PORT);
	say(53, 53);
	reason_is(udp4(CLIENT4, 53, 161), SW_REASON_LIMITED_PORT);
	reason_is(udp4(CLIENT4, 53, 53), SW_REASON_OPEN_PORT);
	close(fd);
}

/* Its answer comes to the port that asked, and others are as closed as before. */
static void a_question_of_ours_opens_its_own_port(void **s)
{
	(void)s;
	limit(161, SW_LIMITED_UDP);
	limit(200, SW_LIMITED_UDP);
	say(161, 161);
	reason_is(udp4(CLIENT4, 161, 161), SW_REASON_FLOW);
	reason_is(udp4(CLIENT4, 161, 200), SW_REASON_LIMITED_PORT);
	say(40000, 53);
	reason_is(udp4(CLIENT4, 53, 161), SW_REASON_LIMITED_PORT);
	reason_is(udp4(CLIENT4, 53, 40000), SW_REASON_FLOW);
}

static void detect_mode_drops_nothing(void **s)
{
	struct frame f = tcp4(CLIENT4, SSH, F_SYN);

	(void)s;
	limit(SSH, SW_LIMITED_TCP);
	prog.set->mode = SW_DETECT;
	run(&f);
	assert_int_equal(prog.verdict, 2); /* XDP_PASS */
	prog.set->mode = SW_ENFORCE;
	prog.set->panic = 1;
	run(&f);
	assert_int_equal(prog.verdict, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_others_are_shut_out, program_reset),
		cmocka_unit_test_setup(of_that_port_and_protocol_only, program_reset),
		cmocka_unit_test_setup(a_named_service_is_limited_too, program_reset),
		cmocka_unit_test_setup(the_allowlist_is_not_shut_out, program_reset),
		cmocka_unit_test_setup(whoever_is_shut_out_for_long_is_no_scanner, program_reset),
		cmocka_unit_test_setup(an_answer_of_ours_opens_no_other_port, program_reset),
		cmocka_unit_test_setup(a_question_of_ours_opens_its_own_port, program_reset),
		cmocka_unit_test_setup(detect_mode_drops_nothing, program_reset),
	};

	return cmocka_run_group_tests_name("limited ports", tests, program_setup, program_teardown);
}
