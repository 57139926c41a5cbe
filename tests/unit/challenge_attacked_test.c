// SPDX-License-Identifier: GPL-2.0-only
/* Attacks on the challenge: replayed handshakes, floods of forged packets, limits of replies;
 * and what an honest client gets meanwhile. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <string.h>
#include "test_challenge.h"

#define MINUTE (60 * SECOND)
#define NET4 0x0b000000u /* strangers: 11.0.0.0/8 */

/* At the limit on automatic blocks: everybody unknown is challenged. */
static void challenge_all_strangers(void)
{
	prog.state->strangers_until = tick_in(3600 * SECOND);
}

/* The handshake at a closed port up to the SYN-ACK; the ACK that completes it. */
static struct frame good_ack(bool v6, uint16_t port)
{
	reason_is(send_syn_twice(challenge_syn(v6, port)), SW_REASON_CHALLENGE_ANSWERED);
	return challenge_ack(v6, &prog.out, port);
}

/* ---- replayed cookies */

static void a_replayed_ack_counts_once(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame first = good_ack(v6, 7001), second;

		for (int i = 0; i < 20; i++) {
			reason_is(run(&first), SW_REASON_CLOSED_HANDSHAKE);
			assert_int_equal(prog.verdict, XDP_TX);
		}
		second = good_ack(v6, 7002);
		for (int i = 0; i < 20; i++) {
			reason_is(run(&second), SW_REASON_CLOSED_HANDSHAKE);
			reason_is(run(&first), SW_REASON_CLOSED_HANDSHAKE);
		}
		assert_int_equal(count_events(SW_EVENT_BLOCK), v6);
		second = good_ack(v6, 7003);
		reason_is(run(&second), SW_REASON_CLOSED_HANDSHAKE);
		assert_int_equal(count_events(SW_EVENT_BLOCK), v6 + 1);
	}
}

/* Whoever overhears it gets nothing by it, and brings nobody into trouble. */
static void an_ack_is_good_for_its_ends_only(void **s)
{
	(void)s;
	challenge_client(CLIENT4 + 1);
	for (uint16_t port = 7001; port < 7006; port++) {
		struct frame good = good_ack(false, port);

		for (int change = 0; change < 8; change++) {
			struct frame f = good;
			struct iphdr *ip = (void *)(f.byte + f.ip);
			struct tcphdr *tcp = frame_tcp_of(&f);

			switch (change) {
			case 0:
				ip->saddr = htonl(CLIENT4 + 1);
				break;
			case 1:
				ip->daddr = htonl(SERVER4B);
				break;
			case 2:
				tcp->source = htons(40001);
				break;
			case 3:
				tcp->dest = htons(port + 100);
				break;
			case 4:
				tcp->seq = htonl(ISN);
				break;
			case 5:
				tcp->seq = htonl(ISN + 2);
				break;
			case 6:
				tcp->ack_seq = htonl(ntohl(tcp->ack_seq) - 1);
				break;
			case 7:
				tcp->ack_seq = 0;
				break;
			}
			frame_checksums(&f);
			reason_is(run(&f), SW_REASON_CHALLENGED);
			assert_int_equal(prog.verdict, XDP_DROP);
		}
	}
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
	assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), CHALLENGED);
}

static void what_has_expired_proves_nothing(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame ack[4];

		for (int i = 0; i < 4; i++)
			ack[i] = good_ack(v6, 7001 + i);
		reason_is(run(&ack[0]), SW_REASON_CLOSED_HANDSHAKE);
		reason_is(run(&ack[1]), SW_REASON_CLOSED_HANDSHAKE);
		advance(140 * SECOND);
		for (int i = 0; i < 4; i++)
			reason_is(run(&ack[i]), SW_REASON_CHALLENGED);
	}
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
}

/* Where no answer can be sent, no cookie can be good. */
static void where_nothing_is_answered_no_cookie_proves(void **s)
{
	uint32_t lo = 1;

	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame ack[3];

		program_answers();
		for (int i = 0; i < 3; i++)
			ack[i] = good_ack(v6, 7001 + i);
		bpf_map_delete_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo);
		for (int i = 0; i < 3; i++)
			reason_is(run(&ack[i]), SW_REASON_CHALLENGED);
	}
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
}

/* ---- floods */

/* In the client's name, to all ports alike. */
static void flood(uint8_t flags, int n)
{
	for (int i = 0; i < n; i++) {
		struct frame f = tcp_segment(false, i & 1 ? OPEN_PORT : 1024 + i % 60000, flags,
					     i * 2654435761u, i * 40503u);

		frame_tcp_of(&f)->source = htons(1024 + i % 60000);
		if (i & 2)
			frame_data(&f, 10);
		frame_checksums(&f);
		reason_is(run(&f), SW_REASON_CHALLENGED);
		assert_int_equal(prog.verdict, XDP_DROP);
	}
}

/* No answer tells a port, nobody is blocked, and the client's own handshake, which has
 * begun before, goes on. */
static void floods_of_acks_and_resets_change_nothing(void **s)
{
	static const uint8_t flags[] = {F_ACK, F_RST, F_ACK | F_FIN, F_ACK | F_PSH};

	(void)s;
	for (size_t i = 0; i < sizeof(flags); i++) {
		struct frame open = challenge_syn(false, OPEN_PORT);
		struct frame closed = challenge_syn(false, CLOSED), ack;

		advance(20 * SECOND);
		challenge_client(CLIENT4);
		run(&open);
		run(&closed);
		flood(flags[i], 5000);
		advance(SECOND);
		reason_is(run(&open), SW_REASON_CHALLENGE_PASSED);
		reason_is(run(&closed), SW_REASON_CHALLENGE_ANSWERED);
		ack = challenge_ack(false, &prog.out, CLOSED);
		flood(flags[i], 2000);
		reason_is(run(&ack), SW_REASON_CLOSED_HANDSHAKE);
	}
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
	assert_null(source4(CLIENT4));
}

static int ports_until_proven(void)
{
	int ports = 0;

	while (!count_events(SW_EVENT_BLOCK) && ports < 40)
		complete_handshake(7001 + ports++);
	return ports;
}

/* Of so many some would be right by chance, in a name chosen by the sender. */
static void guesses_make_three_cookies_no_proof(void **s)
{
	(void)s;
	flood(F_ACK, 20000);
	assert_in_range(ports_until_proven(), 9, 14);
}

/* Those in other names change nothing, and push nobody out. */
static void guesses_concern_one_name(void **s)
{
	(void)s;
	complete_handshake(7001);
	challenge_all_strangers();
	for (uint32_t i = 0; i < 60000; i++) {
		struct frame f = tcp4(NET4 + (i & 4095) * 257, 7001, F_ACK);

		run(&f);
	}
	prog.state->strangers_until = 0;
	assert_int_equal(ports_until_proven(), 3);
}

/* More SYNs than the table has room for: the client gets in all the same. */
static void a_full_table_keeps_nobody_out(void **s)
{
	(void)s;
	challenge_all_strangers();
	for (int second = 0; second < 3; second++) {
		struct frame f = tcp_segment(second & 1, OPEN_PORT, F_SYN, ISN + second, 0);

		frame_checksums(&f);
		run(&f); /* a full table may let it in at once */
		for (uint32_t i = 0; i < 30000; i++) {
			struct frame other = tcp4(NET4 + i * 257, OPEN_PORT, F_SYN);

			frame_seq(&other, i * 2654435761u + second);
			run(&other);
		}
		advance(SECOND);
		reason_is(run(&f), SW_REASON_CHALLENGE_PASSED);
	}
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
}

/* ---- what is answered */

static struct frame stranger_syn(uint32_t from, uint16_t port)
{
	struct frame f = tcp4(from, port, F_SYN);

	frame_options(&f, linux_options, sizeof(linux_options));
	frame_checksums(&f);
	return f;
}

/* Of `networks` /24s `each` addresses send; how many are answered. */
static int answered(uint32_t networks, uint32_t each)
{
	int n = 0;

	for (uint32_t k = 0; k < networks * each; k++) {
		struct frame f = stranger_syn(NET4 + (k / each << 8) + k % each, CLOSED);

		n += run(&f) == SW_REASON_CHALLENGE_ANSWERED;
	}
	return n;
}

/* 1,900 a second to one /24, 30,000 in all; then more in the next quarter of a second. */
static void answers_in_all_are_capped(void **s)
{
	(void)s;
	challenge_all_strangers();
	answered(60, 200);
	advance(SECOND);
	assert_int_equal(answered(60, 200), 8192);
	advance(SECOND);
	assert_int_equal(answered(60, 200), 8192);
}

static void one_network_takes_nothing_from_another(void **s)
{
	struct frame other = stranger_syn(NET4 + 0x90001, CLOSED);

	(void)s;
	challenge_all_strangers();
	run(&other);
	for (int i = 0; i < 4; i++)
		answered(1, 250);
	advance(SECOND);
	for (uint16_t port = 5000; port < 6000; port++) {
		struct frame f = challenge_syn(false, port);

		run(&f);
	}
	reason_is(run(&other), SW_REASON_CHALLENGE_ANSWERED);
}

/* A /48, whatever its addresses. */
static void answers_to_a_48_are_capped(void **s)
{
	int n = 0;

	(void)s;
	challenge_all_strangers();
	for (int round = 0; round < 2; round++, advance(SECOND)) {
		n = 0;
		for (uint32_t i = 0; i < 1500; i++) {
			struct frame f = tcp6(V6 - 6 + i, i, CLOSED, F_SYN);

			frame_seq(&f, i);
			frame_checksums(&f);
			n += run(&f) == SW_REASON_CHALLENGE_ANSWERED;
		}
	}
	assert_int_equal(n, 512);
}

/* ---- a scan distributed over the addresses of one network */

/* The SYN of the i-th source of a /48, or of a /24 (at most 255). */
static struct frame syn_of_member(bool v6, uint32_t i, uint16_t port)
{
	struct frame f = v6 ? tcp6(V6 - 6 + 0x100 + i, 1, port, F_SYN)
			    : tcp4(NET4 + 0x80000 + i, port, F_SYN);

	frame_seq(&f, ISN + port);
	frame_options(&f, linux_options, sizeof(linux_options));
	frame_checksums(&f);
	return f;
}

static int ask_of_member(bool v6, uint32_t i, uint16_t port)
{
	struct frame f = syn_of_member(v6, i, port);

	challenge_all_strangers();
	run(&f);
	advance(SECOND);
	return run(&f);
}

static int complete_of_member(bool v6, uint32_t i, uint16_t port)
{
	int reason = ask_of_member(v6, i, port);
	struct frame f;

	if (reason != SW_REASON_CHALLENGE_ANSWERED)
		return reason;
	f = v6 ? tcp6(V6 - 6 + 0x100 + i, 1, port, F_ACK) : tcp4(NET4 + 0x80000 + i, port, F_ACK);
	frame_seq(&f, ISN + port + 1);
	frame_tcp_of(&f)->ack_seq = htonl(ntohl(frame_tcp_of(&prog.out)->seq) + 1);
	frame_checksums(&f);
	return run(&f);
}

/* Two closed ports from each, so that none is proven. */
static int ports_learned(bool v6, uint32_t sources)
{
	int ports = 0;

	for (uint32_t i = 0; i < 2 * sources; i++)
		ports += complete_of_member(v6, i / 2, 10000 + 7 * i) == SW_REASON_CLOSED_HANDSHAKE;
	return ports;
}

static const uint16_t odd_services[] = {2001, 2002, 2003, 2004};

static void name_services(void)
{
	uint8_t one = 1;

	for (int i = 0; i < 4; i++) {
		struct sw_service named = {odd_services[i], IPPROTO_TCP};

		bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &named, &one, BPF_ANY);
	}
}

static void a_network_learns_of_few_closed_ports(void **s)
{
	(void)s;
	name_services();
	for (int v6 = 0; v6 < 2; v6++) {
		assert_in_range(ports_learned(v6, 40), 8, 14);
		/* Of odd services all together get two; nobody is kept from the others. */
		reason_is(ask_of_member(v6, 100, 2001), SW_REASON_CHALLENGE_PASSED);
		reason_is(ask_of_member(v6, 101, 2002), SW_REASON_CHALLENGE_PASSED);
		reason_is(ask_of_member(v6, 102, 2003), SW_REASON_CHALLENGED);
		reason_is(ask_of_member(v6, 103, 2001), SW_REASON_CHALLENGE_PASSED);
		reason_is(ask_of_member(v6, 104, OPEN_PORT), SW_REASON_CHALLENGE_PASSED);
		/* not so another network, nor this one an hour later */
		reason_is(complete_of_member(!v6, 120, 9999), SW_REASON_CLOSED_HANDSHAKE);
		advance(61 * MINUTE);
		reason_is(complete_of_member(v6, 130, 9999), SW_REASON_CLOSED_HANDSHAKE);
	}
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
}

/* Of a load balancer's farm, each looking for the same eight services that are down. */
static void a_farm_of_load_balancers_is_no_scan(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		for (uint32_t i = 0; i < 16; i++)
			complete_of_member(v6, i, 8101 + i % 8);
		reason_is(complete_of_member(v6, 20, 8101), SW_REASON_CLOSED_HANDSHAKE);
	}
}

/* Two SYNs for an answer that is no longer than they are, and an ACK for a RST. */
static void nobody_is_flooded_through_us(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame bare = tcp_segment(v6, 5000, F_SYN, ISN, 0), ack;

		frame_checksums(&bare);
		reason_is(send_syn_twice(bare), SW_REASON_CHALLENGE_ANSWERED);
		assert_in_range(prog.out.size, 1, 2 * bare.size);
		reason_is(run(&bare), SW_REASON_CHALLENGED); /* it has its answer */
		ack = good_ack(v6, 5001);
		reason_is(run(&ack), SW_REASON_CLOSED_HANDSHAKE);
		assert_in_range(prog.out.size, 1, ack.size);
	}
}

static struct frame tagged(struct frame f, int tags)
{
	struct frame t = frame_eth(0);

	t.size = 12; /* the type follows the tags */
	for (int i = 0; i < tags; i++) {
		uint16_t tag[2] = {htons(i ? ETH_P_8021Q : ETH_P_8021AD), htons(10 + i)};

		memcpy(t.byte + t.size, tag, sizeof(tag));
		t.size += sizeof(tag);
	}
	t.ip = t.size + 2;
	memcpy(t.byte + t.size, f.byte + f.ip - 2, f.size - f.ip + 2);
	t.size += f.size - f.ip + 2;
	return t;
}

/* Both IP versions, in up to two VLANs: challenged, and where every port lies. */
static void tags_change_nothing(void **s)
{
	(void)s;
	for (int way = 0; way < 12; way++) {
		bool v6 = way & 1, lies = way & 2;
		int tags = way >> 2;
		struct frame f = tagged(challenge_syn(v6, 6000 + way), tags), ack;

		prog.set->closed_silent = lies ? SW_CLOSED_DECEIVE : SW_CLOSED_SILENT;
		if (!lies)
			run(&f);
		advance(SECOND);
		reason_is(run(&f), SW_REASON_CHALLENGE_ANSWERED);
		assert_memory_equal(prog.out.byte + 12, f.byte + 12, f.ip - 12);
		assert_true(frame_sums_up(&prog.out));
		ack = tagged(challenge_ack(v6, &prog.out, 6000 + way), tags);
		reason_is(run(&ack), SW_REASON_CLOSED_HANDSHAKE);
		assert_memory_equal(prog.out.byte + 12, f.byte + 12, f.ip - 12);
		challenge_setup(NULL);
		f = tagged(challenge_syn(v6, OPEN_PORT), tags);
		run(&f);
		advance(SECOND);
		reason_is(run(&f), SW_REASON_CHALLENGE_PASSED);
		assert_memory_equal(prog.out.byte + 12, f.byte + 12, f.ip - 12);
		assert_true(frame_sums_up(&prog.out));
	}
}

/* ---- where no answer can be sent */

static void two_services_while_the_block_lasts(void **s)
{
	uint32_t lo = 1, partial = SW_IFACE_PARTIAL;
	uint8_t one = 1;

	(void)s;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo, &partial, BPF_ANY);
	for (uint16_t port = 2001; port < 2005; port++) {
		struct sw_service named = {port, IPPROTO_TCP};

		bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &named, &one, BPF_ANY);
	}
	for (int v6 = 0; v6 < 2; v6++) {
		reason_is(send_syn_twice(challenge_syn(v6, 2001)), SW_REASON_CHALLENGE_PASSED);
		reason_is(send_syn_twice(challenge_syn(v6, CLOSED)), SW_REASON_CHALLENGED);
		reason_is(send_syn_twice(challenge_syn(v6, 2002)), SW_REASON_CHALLENGE_PASSED);
		for (uint16_t port = 2003; port < 2005; port++)
			reason_is(send_syn_twice(challenge_syn(v6, port)), SW_REASON_CHALLENGED);
		reason_is(send_syn_twice(challenge_syn(v6, 2001)), SW_REASON_CHALLENGE_PASSED);
	}
	/* Blocked again, later: it may ask for two others. */
	advance(2 * MINUTE);
	challenge_client(CLIENT4);
	reason_is(send_syn_twice(challenge_syn(false, 2004)), SW_REASON_CHALLENGE_PASSED);
}

/* ---- no number of forged packets makes a block longer, or a customer a scanner */

/* As soon as a block ends somebody forges the next; the customer gets in each time. */
static void forged_blocks_stay_short(void **s)
{
	(void)s;
	advance(700 * SECOND); /* the block of challenge_setup() has ended */
	for (int round = 0; round < 30; round++) {
		uint16_t port = 10000 + 10 * round;
		int reason = 0;

		for (int i = 0; i < 10 && reason != SW_REASON_NEW_BLOCK; i++) {
			struct frame f = tcp4(CLIENT4, port + i, F_SYN);

			reason = run(&f);
		}
		reason_is(reason, SW_REASON_NEW_BLOCK);
		read_events();
		assert_int_equal(prog.event[prog.events - 1].expires_tick,
				 (tick_in(0) + prog.set->block_ticks) | SW_EXPIRES_AUTO |
					 SW_EXPIRES_NEW_ONLY);
		reason_is(send_syn_twice(challenge_syn(false, OPEN_PORT)),
			  SW_REASON_CHALLENGE_PASSED);
		advance(MINUTE);
	}
}

/* Blocked once, then ten minutes of nothing but what is served: no block follows, and
 * two mistakes later it is as free as anybody. */
static void who_keeps_to_services_is_no_offender(void **s)
{
	(void)s;
	advance(700 * SECOND);
	assert_int_equal(scan3(CLIENT4), SW_REASON_NEW_BLOCK);
	for (int i = 0; i < 50; i++) {
		struct frame f = challenge_syn(false, OPEN_PORT);

		advance(11 * SECOND);
		run(&f);
		if (prog.verdict == XDP_PASS)
			continue; /* the block has ended */
		advance(SECOND);
		run(&f);
		assert_int_equal(prog.verdict, XDP_PASS);
	}
	read_events();
	prog.events = 0;
	assert_reason(challenge_syn(false, OPEN_PORT), OPEN_PORT);
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
	assert_in_range(source4(CLIENT4)->score, 0, 2 * SW_POINT);
}

/* ---- a spray says since when */

static void spray_for(int seconds, uint32_t names)
{
	for (int second = 0; second < seconds; second++, advance(SECOND))
		for (uint32_t i = 0; i < 3 * names; i++) {
			struct frame f = tcp4(NET4 + (i / 3 << 8), 5000 + i, F_SYN);

			frame_seq(&f, second * 65536 + i);
			run(&f);
		}
}

static void lasts_as_one(uint32_t strangers_per_second)
{
	uint32_t since;

	prog.set->auto_per_minute = 8;
	prog.set->strangers_per_second = strangers_per_second;
	spray_for(1, 300);
	since = prog.state->strangers_since;
	assert_in_range(since, tick_in(0) - 5, tick_in(0));
	spray_for(30, 300);
	assert_int_equal(prog.state->strangers_since, since);
	assert_int_equal(count_events(SW_EVENT_SPRAY), 1);
	advance(11 * SECOND); /* ten quiet seconds: the next one is another */
	prog.events = 0;
	spray_for(1, 300);
	assert_in_range(prog.state->strangers_since, since + 1, tick_in(0));
	assert_int_equal(count_events(SW_EVENT_SPRAY), 1);
}

static void a_spray_that_lasts_is_one(void **s)
{
	(void)s;
	lasts_as_one(50);
}

/* Too few for that limit, but they fill the one on automatic blocks again and again. */
static void so_is_a_slower_one(void **s)
{
	(void)s;
	lasts_as_one(5000);
	challenge_setup(NULL);
	lasts_as_one(0);
}

/* What strangers send to any host all day makes no spray last. */
static void noise_does_not_prolong_it(void **s)
{
	(void)s;
	prog.set->auto_per_minute = 8;
	prog.set->strangers_per_second = 5000;
	spray_for(1, 100);
	spray_for(12, 2);
	assert_reason(tcp4(NET4 + 0x500001, OPEN_PORT, F_SYN), OPEN_PORT);
}

/* Every CPU would write that line for each packet of the spray. */
static void who_comes_after_the_limit_is_not_counted(void **s)
{
	(void)s;
	prog.set->auto_per_minute = 8;
	prog.set->strangers_per_second = 100;
	spray_for(1, 2000);
	assert_int_equal(count_events(SW_EVENT_SPRAY), 1);
	assert_in_range(prog.state->strangers_seen, 64, 110);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, challenge_setup)
		T(a_replayed_ack_counts_once),
		T(an_ack_is_good_for_its_ends_only),
		T(what_has_expired_proves_nothing),
		T(where_nothing_is_answered_no_cookie_proves),
		T(floods_of_acks_and_resets_change_nothing),
		T(guesses_make_three_cookies_no_proof),
		T(guesses_concern_one_name),
		T(a_full_table_keeps_nobody_out),
		T(answers_in_all_are_capped),
		T(one_network_takes_nothing_from_another),
		T(answers_to_a_48_are_capped),
		T(a_network_learns_of_few_closed_ports),
		T(a_farm_of_load_balancers_is_no_scan),
		T(nobody_is_flooded_through_us),
		T(tags_change_nothing),
		T(two_services_while_the_block_lasts),
		T(forged_blocks_stay_short),
		T(who_keeps_to_services_is_no_offender),
		T(a_spray_that_lasts_is_one),
		T(who_comes_after_the_limit_is_not_counted),
		T(so_is_a_slower_one),
		T(noise_does_not_prolong_it),
#undef T
	};

	return cmocka_run_group_tests_name("challenge, attacked", tests, program_setup,
					   program_teardown);
}
