// SPDX-License-Identifier: GPL-2.0-only
/* The challenge: who is let in, what is answered, and which sources are proven. */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <scanwall/siphash.h>
#include <string.h>
#include <unistd.h>
#include "test_challenge.h"

static struct frame without_ethernet(struct frame f)
{
	memmove(f.byte, f.byte + f.ip, f.size - f.ip);
	f.size -= f.ip;
	f.ip = 0;
	return f;
}

/* ---- */

static void siphash_is_siphash(void **s)
{
	/* Of the reference implementation's vectors those of 0, 8 and 16 bytes. */
	static const struct {
		int words;
		uint64_t hash;
	} vector[] = {{0, 0x726fdb47dd0e0e31}, {1, 0x93f5f5799a932462}, {2, 0x3f2acc7f57c29bdb}};
	uint8_t byte[16];
	__u64 word[2];

	(void)s;
	for (int i = 0; i < 16; i++)
		byte[i] = i;
	memcpy(word, byte, sizeof(word));
	for (int i = 0; i < 3; i++)
		assert_int_equal(sw_siphash(word, vector[i].words, prog.set->cookie_key[0],
					    prog.set->cookie_key[1]),
				 vector[i].hash);
}

static void a_repeated_syn_gets_in(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame f = challenge_syn(v6, OPEN_PORT);

		reason_is(run(&f), SW_REASON_CHALLENGED);
		assert_int_equal(prog.verdict, XDP_DROP);
		advance(1000 * MS);
		reason_is(run(&f), SW_REASON_CHALLENGE_PASSED);
		assert_int_equal(prog.verdict, XDP_PASS);
	}
}

static void not_too_soon_and_not_too_late(void **s)
{
	struct frame f = challenge_syn(false, OPEN_PORT);

	(void)s;
	reason_is(run(&f), SW_REASON_CHALLENGED);
	advance(600 * MS);
	reason_is(run(&f), SW_REASON_CHALLENGED);
	advance(400 * MS); /* a second after the first: what came between does not count */
	reason_is(run(&f), SW_REASON_CHALLENGE_PASSED);
	advance(2000 * MS);
	reason_is(run(&f), SW_REASON_CHALLENGE_PASSED); /* its answer was lost */
	advance(6 * SECOND);
	reason_is(run(&f), SW_REASON_CHALLENGED);
}

/* When SYNs leave that nobody answers, in ms: Linux before 6.5 (RFC 6298 5.5) and
 * after (net.ipv4.tcp_syn_linear_timeouts); Windows 10 and 11, whose InitialRto is
 * 1000 and MaxSynRetransmissions 4; Windows 7, 3000 and 2; macOS and the BSDs
 * (tcp_syn_backoff[]), here and with a timer that is early. */
static const struct {
	const char *name;
	unsigned int at[7], n, let_in;
} systems[] = {
	{"Linux 6.1", {0, 1000, 3000, 7000, 15000, 31000}, 6, 1000},
	{"Linux 6.5", {0, 1000, 2000, 3000, 4000, 5000, 7000}, 7, 1000},
	{"Windows 11", {0, 1000, 3000, 7000, 15000}, 5, 1000},
	{"Windows 11, late", {0, 1015, 3031, 7046, 15062}, 5, 1015},
	{"Windows 7", {0, 3000, 9000}, 3, 3000},
	{"macOS", {0, 1000, 2000, 3000, 4000, 5000, 7000}, 7, 1000},
	{"BSD, early", {0, 700, 1700, 2700, 3700, 4700, 6700}, 7, 1700},
};

/* Some ask for less with each SYN: ECN goes first, then window scale and timestamps
 * (tcp_timer_rexmt(), RFC 3168 6.1.1.1). It is the same connection. */
static struct frame syn_of(bool v6, uint16_t port, uint16_t sport, unsigned int nth)
{
	struct frame f = tcp_segment(v6, port, F_SYN, ISN + sport, 0);

	frame_tcp_of(&f)->source = htons(sport);
	if (nth < 3)
		frame_options(&f, linux_options, sizeof(linux_options));
	else
		frame_options(&f, linux_options, 4);
	if (!nth)
		((uint8_t *)frame_tcp_of(&f))[13] |= 0xc0; /* ECE, CWR */
	frame_checksums(&f);
	return f;
}

/* Served and closed ports answer at the same moment; and both connections of a
 * browser get in, and both families. */
static void every_system_gets_in(void **s)
{
	(void)s;
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		unsigned int now = 0, in[2][2][2] = {};

		advance(20 * SECOND);
		for (unsigned int k = 0; k < systems[i].n; k++) {
			advance((systems[i].at[k] - now) * MS);
			now = systems[i].at[k];
			for (int way = 0; way < 8; way++) {
				struct frame f = syn_of(way & 1, way & 2 ? CLOSED : OPEN_PORT,
							50000 + 2 * i + (way >> 2), k);
				int reason = run(&f);

				if (reason != SW_REASON_CHALLENGED &&
				    !in[way & 1][way >> 1 & 1][way >> 2])
					in[way & 1][way >> 1 & 1][way >> 2] = now;
			}
		}
		for (int way = 0; way < 8; way++)
			if (in[way & 1][way >> 1 & 1][way >> 2] != systems[i].let_in)
				fail_msg("%s is let in after %u ms", systems[i].name,
					 in[way & 1][way >> 1 & 1][way >> 2]);
	}
}

/* The kernel repeats a SYN-ACK twice a second at most (tcp_oow_rate_limited()). */
static void a_syn_again_and_again_tells_nothing(void **s)
{
	int answers[2] = {};

	(void)s;
	for (int open = 0; open < 2; open++) {
		struct frame f = challenge_syn(false, open ? OPEN_PORT : CLOSED);

		advance(20 * SECOND);
		run(&f);
		advance(SECOND);
		for (int i = 0; i < 40; i++) {
			answers[open] += run(&f) != SW_REASON_CHALLENGED;
			advance(50 * MS);
		}
	}
	assert_in_range(answers[0], 2, 4); /* in two seconds */
	assert_int_equal(answers[0], answers[1]);
}

static void another_syn_is_not_the_same(void **s)
{
	struct frame f = challenge_syn(false, OPEN_PORT), other = f;

	(void)s;
	run(&f);
	advance(1000 * MS);
	frame_tcp_of(&other)->seq = htonl(ISN + 1);
	frame_checksums(&other);
	reason_is(run(&other), SW_REASON_CHALLENGED);
	other = f;
	frame_tcp_of(&other)->source = htons(40001);
	frame_checksums(&other);
	reason_is(run(&other), SW_REASON_CHALLENGED);
}

/* A byte holds 17 s: what is older must not look like what is new. */
static void a_syn_of_long_ago_is_forgotten(void **s)
{
	struct frame f = challenge_syn(false, OPEN_PORT);

	(void)s;
	run(&f);
	for (int gap = 9; gap < 32; gap++) { /* as long as its source is blocked */
		advance(gap * SECOND);
		run(&f);
		assert_int_equal(prog.verdict, XDP_DROP);
	}
	advance(1 * SECOND);
	run(&f);
	assert_int_equal(prog.verdict, XDP_PASS);
}

static void a_closed_port_is_answered(void **s)
{
	/* MSS, SACK, window scale: the kernel's order without timestamps. */
	static const uint8_t want[] = {2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 10};
	static const uint8_t want6[] = {2, 4, 5, 0xa0, 1, 1, 4, 2, 1, 3, 3, 10};

	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame f = challenge_syn(v6, CLOSED), *out = &prog.out;
		struct tcphdr *tcp;

		reason_is(send_syn_twice(f), SW_REASON_CHALLENGE_ANSWERED);
		assert_int_equal(prog.verdict, XDP_TX);
		tcp = frame_tcp_of(out);
		assert_int_equal(ntohs(tcp->source), CLOSED);
		assert_int_equal(ntohs(tcp->dest), 40000);
		assert_int_equal(((uint8_t *)tcp)[13], F_SYN | F_ACK);
		assert_int_equal(ntohl(tcp->ack_seq), ISN + 1);
		assert_int_equal(ntohs(tcp->window), v6 ? 64800 : 64240);
		assert_int_equal(tcp->doff, 8);
		assert_memory_equal(tcp + 1, v6 ? want6 : want, sizeof(want));
		assert_true(frame_sums_up(out));
		assert_int_equal(out->size, out->ip + (v6 ? 40 : 20) + 32);
		if (!v6) {
			struct iphdr *ip = (void *)(out->byte + out->ip);

			assert_int_equal(ntohl(ip->saddr), SERVER4);
			assert_int_equal(ntohl(ip->daddr), CLIENT4);
			assert_int_equal(ip->ttl, 64);
			assert_int_equal(ip->id, 0);
			assert_int_equal(ntohs(ip->frag_off), 0x4000);
		}
	}
}

/* Each repetition is answered alike, as the kernel's request socket does. */
static void the_cookie_stays(void **s)
{
	struct frame f = challenge_syn(false, CLOSED);
	uint32_t seq;

	(void)s;
	prog.set->clock_ns = (1000ull << 36) - 11500 * MS; /* the next epoch begins between */
	challenge_client(CLIENT4);
	send_syn_twice(f);
	seq = frame_tcp_of(&prog.out)->seq;
	advance(2000 * MS);
	reason_is(run(&f), SW_REASON_CHALLENGE_ANSWERED);
	assert_int_equal(frame_tcp_of(&prog.out)->seq, seq);
}

static void options_as_they_were_offered(void **s)
{
	static const struct {
		uint8_t offered[12], bytes, wanted[12], wanted_bytes;
	} of[] = {
		{{0}, 0, {2, 4, 5, 0xb4}, 4},
		{{2, 4, 5, 0xb4}, 4, {2, 4, 5, 0xb4}, 4},
		{{1, 1, 4, 2}, 4, {2, 4, 5, 0xb4, 1, 1, 4, 2}, 8},
		{{1, 3, 3, 7}, 4, {2, 4, 5, 0xb4, 1, 3, 3, 10}, 8},
		/* What comes behind the end, or is cut off, was not offered. */
		{{0, 3, 3, 7}, 4, {2, 4, 5, 0xb4}, 4},
		{{1, 1, 3, 3}, 4, {2, 4, 5, 0xb4}, 4},
		{{4, 1, 1, 1}, 4, {2, 4, 5, 0xb4}, 4},
		{{34, 2, 4, 2}, 4, {2, 4, 5, 0xb4, 1, 1, 4, 2}, 8},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct frame f = tcp_segment(false, 5000 + i, F_SYN, ISN, 0);

		frame_options(&f, of[i].offered, of[i].bytes);
		frame_checksums(&f);
		reason_is(send_syn_twice(f), SW_REASON_CHALLENGE_ANSWERED);
		assert_int_equal(frame_tcp_of(&prog.out)->doff * 4, 20 + of[i].wanted_bytes);
		assert_memory_equal(frame_tcp_of(&prog.out) + 1, of[i].wanted, of[i].wanted_bytes);
		assert_true(frame_sums_up(&prog.out));
	}
}

/* What the kernel would answer otherwise than we can is not offered to it. */
static void the_served_port_sees_no_more(void **s)
{
	static const uint8_t want[] = {2, 4, 5, 0xb4, 4, 2, 253, 10, 1, 2,
				       3, 4, 0, 0,    0, 0, 1,	 3,  3, 7};
	struct frame f = challenge_syn(false, OPEN_PORT);

	(void)s;
	((uint8_t *)frame_tcp_of(&f))[13] |= 0xc0; /* ECE, CWR */
	frame_checksums(&f);
	reason_is(send_syn_twice(f), SW_REASON_CHALLENGE_PASSED);
	assert_memory_equal(frame_tcp_of(&prog.out) + 1, want, sizeof(want));
	assert_int_equal(((uint8_t *)frame_tcp_of(&prog.out))[13], F_SYN);
	assert_true(frame_sums_up(&prog.out));
}

/* What the kernel takes at no port is answered at none. */
static void unsound_syns_get_nothing(void **s)
{
	(void)s;
	for (int i = 0; i < 6; i++) {
		for (int open = 0; open < 2; open++) {
			struct frame f = challenge_syn(false, open ? OPEN_PORT : CLOSED);
			struct iphdr *ip = (void *)(f.byte + f.ip);

			frame_tcp_of(&f)->source = htons(41000 + i);
			frame_checksums(&f);
			switch (i) {
			case 0:
				frame_tcp_of(&f)->check ^= 1;
				break;
			case 1:
				ip->check ^= 1;
				break;
			case 2: /* data, as with TCP Fast Open */
				frame_data(&f, 4);
				frame_checksums(&f);
				break;
			case 3:
				f.byte[0] = 0xff; /* to all on the link */
				break;
			case 4:
				frame_tcp_of(&f)->source = 0;
				frame_checksums(&f);
				break;
			case 5: /* as a neighbour on the same machine leaves it */
				frame_tcp_of(&f)->check = frame_pseudo_sum(&f);
				break;
			}
			reason_is(send_syn_twice(f), SW_REASON_CHALLENGED);
		}
	}
}

static void unfinished_checksums_where_there_are_any(void **s)
{
	uint32_t lo = 1, able = SW_IFACE_ANSWERS | SW_IFACE_PARTIAL;
	struct frame f = challenge_syn(false, OPEN_PORT);
	uint16_t sum = frame_tcp_of(&f)->check = frame_pseudo_sum(&f);

	(void)s;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo, &able, BPF_ANY);
	reason_is(send_syn_twice(f), SW_REASON_CHALLENGE_PASSED);
	assert_int_equal(frame_tcp_of(&prog.out)->check, sum);
}

/* A router advertisement sets the one, net.ipv6.auto_flowlabels the other. */
static void ipv6_answers_look_as_the_interfaces(void **s)
{
	uint32_t lo = 1, able = SW_IFACE_ANSWERS | SW_IFACE_NO_LABEL | 33 << 8;
	const uint8_t *ip = prog.out.byte + sizeof(struct ethhdr);
	int fd = bpf_map__fd(prog.skel->maps.interfaces);

	(void)s;
	bpf_map_update_elem(fd, &lo, &able, BPF_ANY);
	reason_is(send_syn_twice(challenge_syn(true, CLOSED)), SW_REASON_CHALLENGE_ANSWERED);
	assert_int_equal(ip[7], 33);
	assert_memory_equal(ip, "\x60\0\0\0", 4);
	able = SW_IFACE_ANSWERS;
	bpf_map_update_elem(fd, &lo, &able, BPF_ANY);
	advance(20 * SECOND);
	reason_is(send_syn_twice(challenge_syn(true, CLOSED)), SW_REASON_CHALLENGE_ANSWERED);
	assert_int_equal(ip[7], prog.set->hops6);
	assert_memory_not_equal(ip, "\x60\0\0\0", 4);
}

static void tagged_frames_keep_their_tags(void **s)
{
	struct frame f = frame_eth(ETH_P_IP);

	(void)s;
	frame_vlan(&f, ETH_P_8021AD, ETH_P_8021Q);
	frame_vlan(&f, ETH_P_8021Q, ETH_P_IP);
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, 40000, CLOSED, F_SYN);
	frame_checksums(&f);
	reason_is(send_syn_twice(f), SW_REASON_CHALLENGE_ANSWERED);
	assert_memory_equal(prog.out.byte + 12, f.byte + 12, 10);
	assert_int_equal(((uint8_t *)frame_tcp_of(&prog.out))[13], F_SYN | F_ACK);
	assert_true(frame_sums_up(&prog.out));
}

static void macs_change_places(void **s)
{
	struct frame f = challenge_syn(false, CLOSED);

	(void)s;
	memcpy(f.byte, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	send_syn_twice(f);
	assert_memory_equal(prog.out.byte, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
}

static void a_completed_handshake_is_reset(void **s)
{
	(void)s;
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame f, got;

		send_syn_twice(challenge_syn(v6, CLOSED));
		got = prog.out;
		f = challenge_ack(v6, &got, CLOSED);
		reason_is(run(&f), SW_REASON_CLOSED_HANDSHAKE);
		assert_int_equal(prog.verdict, XDP_TX);
		assert_int_equal(((uint8_t *)frame_tcp_of(&prog.out))[13], F_RST);
		assert_int_equal(ntohl(frame_tcp_of(&prog.out)->seq),
				 ntohl(frame_tcp_of(&got)->seq) + 1);
		assert_true(frame_sums_up(&prog.out));
	}
}

static void wrong_cookies_get_silence(void **s)
{
	struct frame f, got;

	(void)s;
	send_syn_twice(challenge_syn(false, CLOSED));
	got = prog.out;
	f = challenge_ack(false, &got, CLOSED);
	frame_tcp_of(&f)->ack_seq ^= htonl(1);
	frame_checksums(&f);
	reason_is(run(&f), SW_REASON_CHALLENGED);
	f = challenge_ack(false, &got, CLOSED + 1); /* of another port */
	reason_is(run(&f), SW_REASON_CHALLENGED);
	f = challenge_ack(false, &got, CLOSED);
	frame_tcp_of(&f)->seq = htonl(ISN + 2);
	frame_checksums(&f);
	reason_is(run(&f), SW_REASON_CHALLENGED);
	challenge_client(CLIENT4 + 1);
	f = challenge_ack(false, &got, CLOSED);
	((struct iphdr *)(f.byte + f.ip))->saddr = htonl(CLIENT4 + 1);
	frame_checksums(&f);
	reason_is(run(&f), SW_REASON_CHALLENGED);
	f = challenge_ack(false, &got, CLOSED);
	reason_is(run(&f), SW_REASON_CLOSED_HANDSHAKE);
}

static void cookies_expire(void **s)
{
	struct frame f;

	(void)s;
	send_syn_twice(challenge_syn(false, CLOSED));
	f = challenge_ack(false, &prog.out, CLOSED);
	advance(60 * SECOND);
	reason_is(run(&f), SW_REASON_CLOSED_HANDSHAKE);
	advance(80 * SECOND);
	reason_is(run(&f), SW_REASON_CHALLENGED);
}

static void the_third_closed_port_proves(void **s)
{
	(void)s;
	reason_is(complete_handshake(7001), SW_REASON_CLOSED_HANDSHAKE);
	reason_is(complete_handshake(7001), SW_REASON_CLOSED_HANDSHAKE);
	reason_is(complete_handshake(7002), SW_REASON_CLOSED_HANDSHAKE);
	reason_is(complete_handshake(7002), SW_REASON_CLOSED_HANDSHAKE);
	read_events();
	assert_int_equal(prog.events, 0);
	reason_is(complete_handshake(7003), SW_REASON_CLOSED_HANDSHAKE);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_BLOCK);
	assert_int_equal(prog.event[0].evidence, SW_EVIDENCE_CLOSED_HANDSHAKE);
	assert_false(prog.event[0].expires_tick & SW_EXPIRES_NEW_ONLY);
	assert_int_equal((prog.event[0].expires_tick & SW_EXPIRES_TICKS) - tick_in(0),
			 prog.set->proven_ticks);
	/* Altogether, an open connection's segments too. */
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_ACK), BLOCKED_ADDRESS);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
}

static void but_for_detect_only(void **s)
{
	(void)s;
	prog.set->detect_only = 1;
	prog.set->detect_kinds = 1u << SW_EVIDENCE_CLOSED_HANDSHAKE;
	for (int port = 7001; port < 7006; port++)
		reason_is(complete_handshake(port), SW_REASON_CLOSED_HANDSHAKE);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(prog.event[0].evidence, SW_EVIDENCE_CLOSED_HANDSHAKE);
	assert_int_equal(prog.event[0].expires_tick, 0);
}

/* A carrier's NAT, a proxy: one of its users scans, the others stay served. */
static void an_address_of_many_stays_challenged(void **s)
{
	uint64_t key = SW_SOURCE_V4 | CLIENT4, seed2 = prog.skel->rodata->seed[2];
	uint64_t hash = sw_hash64(key ^ seed2, prog.skel->rodata->seed);
	struct sw_speaker of_many = {.tag = hash >> 32 ? hash >> 32 : 1, .proxy = tick_in(0)};
	uint32_t at = hash & prog.skel->rodata->speaker_mask;

	(void)s;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.speakers), &at, &of_many, BPF_ANY);
	for (uint16_t port = 7001; port < 7006; port++)
		reason_is(complete_handshake(port), SW_REASON_CLOSED_HANDSHAKE);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_SPARED);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), CHALLENGED);
}

static void limits_on_forgeable_blocks_do_not_save_a_prober(void **s)
{
	(void)s;
	prog.set->auto_max = 0;
	complete_handshake(7001);
	complete_handshake(7002);
	complete_handshake(7003);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
}

/* A mail client looks for its server at six ports. */
static void ports_of_a_family_count_once(void **s)
{
	static const uint16_t mail[] = {25, 465, 587, 110, 143, 993, 995};

	(void)s;
	for (size_t i = 0; i < sizeof(mail) / sizeof(mail[0]); i++)
		reason_is(complete_handshake(mail[i]), SW_REASON_CLOSED_HANDSHAKE);
	complete_handshake(443);
	complete_handshake(8443);
	read_events();
	assert_int_equal(prog.events, 0);
}

static void probes_of_another_hour_do_not_add_up(void **s)
{
	(void)s;
	complete_handshake(7001);
	complete_handshake(7002);
	advance(3700 * SECOND);
	challenge_client(CLIENT4);
	complete_handshake(7003);
	read_events();
	assert_int_equal(prog.events, 0);
}

static void run_syn(uint16_t port)
{
	struct frame f = challenge_syn(false, port);

	run(&f);
	assert_int_equal(prog.verdict, XDP_DROP);
}

/* A monitor, or a load balancer, of three services that are down: it misses them, is
 * challenged, and tries the same three again and again. Three others prove it, and one of
 * them may look known to the sketch. */
static void what_was_missed_before_proves_nothing(void **s)
{
	int more = 0;

	(void)s;
	advance(700 * SECOND); /* its block has ended */
	for (uint16_t port = 8001; port <= 8003; port++)
		run_syn(port);
	assert_int_equal(count_events(SW_EVENT_BLOCK), 1);
	challenge_client(CLIENT4); /* for longer */
	for (int round = 0; round < 2; round++)
		for (uint16_t port = 8001; port <= 8003; port++)
			reason_is(complete_handshake(port), SW_REASON_CLOSED_HANDSHAKE);
	assert_int_equal(prog.events, 1);
	while (count_events(SW_EVENT_BLOCK) < 2 && more < 8)
		complete_handshake(7001 + more++);
	assert_in_range(more, 3, 5);
	assert_int_equal(prog.event[1].evidence, SW_EVIDENCE_CLOSED_HANDSHAKE);
}

/* While its services start, whoever waits for eight of them does not prove to be a scanner,
 * in that minute or later. */
static void who_waits_for_a_host_to_boot_proves_nothing(void **s)
{
	(void)s;
	advance(700 * SECOND); /* its block has ended */
	prog.set->grace_ticks = tick_in(600 * SECOND);
	for (uint16_t port = 8001; port <= 8008; port++)
		run_syn(port);
	for (uint16_t port = 8001; port <= 8008; port++)
		reason_is(complete_handshake(port), SW_REASON_CLOSED_HANDSHAKE);
	prog.set->grace_ticks = 1;
	for (uint16_t port = 8001; port <= 8008; port++)
		reason_is(complete_handshake(port), SW_REASON_CLOSED_HANDSHAKE);
	read_events();
	assert_int_equal(prog.events, 0);
}

static struct frame syn_ack(uint32_t ack)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_TCP, 0);
	frame_tcp(&f, OPEN_PORT, 40000, F_SYN | F_ACK);
	frame_tcp_of(&f)->ack_seq = htonl(ack);
	return f;
}

static struct frame syn_ack_from(uint16_t port, uint32_t to)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, to, IPPROTO_TCP, 0);
	frame_tcp(&f, port, 40000, F_SYN | F_ACK);
	return f;
}

/* A NAT rule gives these ports to sockets of other ports. The kernel is shown no more of the
 * SYN than at other served ports. */
static void redirected_ports_are_served(void **s)
{
	struct frame answer;

	(void)s;
	prog.set->asks = 1;
	for (uint16_t port = 8091; port <= 8094; port++) {
		answer = syn_ack_from(port, CLIENT4 + 1);
		leave(&answer);
		reason_is(send_syn_twice(challenge_syn(false, port)), SW_REASON_CHALLENGE_PASSED);
		assert_int_equal(((uint8_t *)(frame_tcp_of(&prog.out) + 1))[6], 253);
	}
}

/* A service without a socket of ours takes the connection, and speaks first. */
static void greet(void)
{
	struct frame f = syn_ack(ISN + 1);

	leave(&f);
	frame_tcp_of(&f)->syn = 0;
	frame_data(&f, 20);
	leave(&f);
}

static void regulars_and_open_connections_go_on(void **s)
{
	struct frame data = tcp_segment(false, OPEN_PORT, F_ACK, ISN + 1, 1);

	(void)s;
	greet();
	frame_data(&data, 10);
	reason_is(run(&data), SW_REASON_SPARED_FLOW);
	assert_reason(challenge_syn(false, OPEN_PORT), SPARED_SERVICE);
	assert_reason(challenge_syn(false, CLOSED), CHALLENGED);
}

/* Past the threshold, but with a connection: nothing of it is blocked. */
static void confine_client(void)
{
	struct frame data = tcp_segment(false, OPEN_PORT, F_ACK, ISN + 1, 1);

	advance(700 * SECOND); /* its block has ended */
	greet();
	frame_data(&data, 10);
	reason_is(run(&data), SW_REASON_FLOW);
	scan3(CLIENT4);
	assert_int_equal(count_events(SW_EVENT_CONFINED), 1);
}

/* Each SYN of a confined source is recorded as a miss before it is answered. */
static void a_confined_scanner_is_proven(void **s)
{
	int ports = 0;

	(void)s;
	confine_client();
	while (!count_events(SW_EVENT_BLOCK) && ports < 40)
		complete_handshake(7001 + 3 * ports++);
	assert_in_range(ports, 3, 12);
	assert_int_equal(prog.event[prog.events - 1].evidence, SW_EVIDENCE_CLOSED_HANDSHAKE);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_ACK), BLOCKED_ADDRESS);
}

/* A load balancer with a connection to one service, and with eight that are down. */
static void a_confined_load_balancer_is_not(void **s)
{
	(void)s;
	confine_client();
	for (int round = 0; round < 4; round++)
		for (uint16_t port = 8101; port <= 8108; port++)
			reason_is(complete_handshake(port), SW_REASON_CLOSED_HANDSHAKE);
	assert_int_equal(count_events(SW_EVENT_BLOCK), 0);
}

static void udp_to_a_service_goes_on(void **s)
{
	struct sw_service dns = {53, IPPROTO_UDP};
	uint8_t one = 1;
	struct frame f = udp4(CLIENT4, 40000, 53);

	(void)s;
	reason_is(run(&f), SW_REASON_BLOCKED_ADDRESS);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &dns, &one, BPF_ANY);
	reason_is(run(&f), SW_REASON_SPARED_SERVICE);
}

/* A customer past the threshold, who works with us, asks another service by UDP: as
 * every client does, again. */
static void the_confined_reach_udp_that_they_send_again(void **s)
{
	struct sw_service dns = {53, IPPROTO_UDP};
	struct frame data = tcp_segment(false, OPEN_PORT, F_ACK, ISN + 1, 1);
	uint8_t one = 1;

	(void)s;
	advance(700 * SECOND); /* its block has ended */
	greet();
	frame_data(&data, 10);
	reason_is(run(&data), SW_REASON_FLOW);
	scan3(CLIENT4);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &dns, &one, BPF_ANY);
	assert_reason(udp4(CLIENT4, 40000, 53), CHALLENGED);
	assert_reason(udp4(CLIENT4, 40000, 54), CLOSED_PORT);
	advance(400 * MS);
	assert_reason(udp4(CLIENT4, 40000, 53), CHALLENGED);
	advance(600 * MS);
	assert_reason(udp4(CLIENT4, 40001, 53), CHALLENGED); /* as nmap's second probe */
	assert_reason(udp4(CLIENT4, 40000, 53), CHALLENGE_PASSED);
	assert_reason(udp4(CLIENT4, 40000, 54), CLOSED_PORT);
	assert_int_equal(prog.verdict, XDP_DROP);
	/* And so the conversation goes on. */
	advance(20 * SECOND);
	assert_reason(udp4(CLIENT4, 40000, 53), FLOW);
}

/* Blocked for ports that were closed yet: one that is served by now is reached at
 * once, others by the challenge. */
static void who_came_early_waits_for_nothing(void **s)
{
	int early, other;

	(void)s;
	advance(700 * SECOND); /* its block has ended */
	assert_reason(challenge_syn(false, 1), CLOSED_PORT);
	assert_reason(challenge_syn(false, 2), CLOSED_PORT);
	assert_reason(challenge_syn(false, 3), NEW_BLOCK);
	early = program_listens(3);
	other = program_listens(4);
	advance(SECOND);
	assert_reason(challenge_syn(false, 4), CHALLENGED);
	assert_reason(challenge_syn(false, 2), CHALLENGED);
	assert_reason(challenge_syn(false, 3), CHALLENGE_PASSED);
	close(early);
	close(other);
}

static void drop_means_drop(void **s)
{
	struct frame f = challenge_syn(false, OPEN_PORT);

	(void)s;
	prog.set->challenge = 0;
	reason_is(send_syn_twice(f), SW_REASON_BLOCKED_ADDRESS);
}

static void in_detect_mode_nothing_is_answered(void **s)
{
	struct frame f = challenge_syn(false, CLOSED);

	(void)s;
	prog.set->mode = SW_DETECT;
	run(&f);
	assert_int_equal(prog.verdict, XDP_PASS);
	advance(SECOND);
	run(&f);
	assert_int_equal(prog.verdict, XDP_PASS);
}

/* ---- where there is no XDP_TX, or a closed port may be somebody else's */

static void without_answers_two_services(void **s)
{
	uint32_t lo = 1;
	struct sw_service other[] = {{2001, IPPROTO_TCP}, {2002, IPPROTO_TCP}};
	uint8_t one = 1;

	(void)s;
	bpf_map_delete_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo);
	for (int i = 0; i < 2; i++)
		bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &other[i], &one, 0);
	reason_is(send_syn_twice(challenge_syn(false, CLOSED)), SW_REASON_CHALLENGED);
	reason_is(send_syn_twice(challenge_syn(false, 2001)), SW_REASON_CHALLENGE_PASSED);
	reason_is(send_syn_twice(challenge_syn(false, OPEN_PORT)), SW_REASON_CHALLENGE_PASSED);
	reason_is(send_syn_twice(challenge_syn(false, 2002)), SW_REASON_CHALLENGED);
	reason_is(send_syn_twice(challenge_syn(false, 2001)), SW_REASON_CHALLENGE_PASSED);
}

/* On a tunnel there is no Ethernet header to read, nor one to answer with. */
static void a_client_behind_a_tunnel_gets_in(void **s)
{
	(void)s;
	prog.set->raw_device[0] = 1; /* BPF_PROG_RUN comes in by lo */
	prog.set->raw_devices = 1;
	reason_is(send_syn_twice(without_ethernet(challenge_syn(false, OPEN_PORT))),
		  SW_REASON_CHALLENGE_PASSED);
	reason_is(send_syn_twice(without_ethernet(challenge_syn(true, OPEN_PORT))),
		  SW_REASON_CHALLENGE_PASSED);
	reason_is(send_syn_twice(without_ethernet(challenge_syn(false, CLOSED))),
		  SW_REASON_CHALLENGED);
}

static void a_forwarding_host_answers_nothing(void **s)
{
	struct frame f = challenge_syn(false, CLOSED), before = f;

	(void)s;
	prog.set->forwards = 1;
	/* A container may listen there: once a minute the port is asked. */
	reason_is(send_syn_twice(f), SW_REASON_CHALLENGE_PASSED);
	assert_memory_equal(prog.out.byte, before.byte, before.size);
	reason_is(send_syn_twice(f), SW_REASON_CHALLENGED);
	reason_is(send_syn_twice(challenge_syn(false, OPEN_PORT)), SW_REASON_CHALLENGE_PASSED);
}

static void services_without_a_socket_are_not_answered(void **s)
{
	struct sw_service container = {CLOSED, IPPROTO_TCP};
	struct frame f = challenge_syn(false, CLOSED), before = f;
	uint8_t one = 1;

	(void)s;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &container, &one, BPF_ANY);
	reason_is(send_syn_twice(f), SW_REASON_CHALLENGE_PASSED);
	assert_memory_equal(prog.out.byte, before.byte, before.size);
}

static void other_addresses_are_not_answered(void **s)
{
	struct frame f = challenge_syn(false, CLOSED);

	(void)s;
	((struct iphdr *)(f.byte + f.ip))->daddr = htonl(SERVER4 + 100);
	frame_checksums(&f);
	reason_is(send_syn_twice(f), SW_REASON_CHALLENGED);
}

static void answers_are_capped(void **s)
{
	int answered = 0;

	(void)s;
	for (int port = 1000; port < 3000; port++) {
		struct frame f = challenge_syn(false, port);

		run(&f);
	}
	advance(SECOND);
	for (int port = 1000; port < 3000; port++) {
		struct frame f = challenge_syn(false, port);

		answered += run(&f) == SW_REASON_CHALLENGE_ANSWERED;
	}
	assert_int_equal(answered, 512);
}

/* ---- our own SYN-ACKs */

#define TC_ACT_UNSPEC (-1)
#define TC_ACT_SHOT 2

static void the_kernel_answers_a_syn_once(void **s)
{
	struct frame f = syn_ack(ISN + 1), other = syn_ack(ISN + 2);
	struct frame again = challenge_syn(false, OPEN_PORT);

	(void)s;
	assert_int_equal(leave(&f), TC_ACT_UNSPEC);
	send_syn_twice(again);
	assert_int_equal(leave(&f), TC_ACT_UNSPEC);
	assert_int_equal(leave(&f), TC_ACT_SHOT);
	assert_int_equal(leave(&other), TC_ACT_UNSPEC);
	/* It was lost, so the client asks again. */
	advance(2 * SECOND);
	reason_is(run(&again), SW_REASON_CHALLENGE_PASSED);
	assert_int_equal(leave(&f), TC_ACT_UNSPEC);
	assert_int_equal(leave(&f), TC_ACT_SHOT);
}

static struct sw_served served_at(uint16_t port)
{
	uint64_t to = (uint64_t)htonl(SERVER4) << 16 ^ (uint64_t)IPPROTO_TCP << 48 ^ htons(port);
	uint32_t i = sw_hash64(to, prog.skel->rodata->seed) >> 32 & prog.skel->rodata->served_mask;
	struct sw_served e;

	bpf_map_lookup_elem(bpf_map__fd(prog.skel->maps.served), &i, &e);
	return e.port == port ? e : (struct sw_served){};
}

/* A kernel whose queue is full sends cookies, which belong to no socket. */
static void a_syn_ack_without_a_socket_says_nothing_of_a_listener(void **s)
{
	struct frame f = syn_ack(ISN + 1);

	(void)s;
	send_syn_twice(challenge_syn(false, OPEN_PORT));
	assert_true(served_at(OPEN_PORT).last_open); /* a challenged source's, too */
	leave(&f);
	assert_false(served_at(OPEN_PORT).unseen);
	f = tcp_segment(false, OPEN_PORT, F_ACK | F_PSH, ISN + 1, 1);
	frame_data(&f, 10);
	reason_is(run(&f), SW_REASON_CHALLENGED); /* nor is there a connection */
	program_reset(NULL);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	f = syn_ack(ISN + 1);
	leave(&f);
	assert_false(served_at(OPEN_PORT).unseen);
	program_reset(NULL);
	leave(&f); /* nobody has found it */
	assert_true(served_at(OPEN_PORT).unseen);
}

/* A proxy's listener stands in front of a container, which answers. */
static void a_forwarded_syn_ack_makes_a_connection_known(void **s)
{
	struct frame answer = syn_ack(ISN + 1),
		     data = tcp_segment(false, OPEN_PORT, F_ACK | F_PSH, ISN + 1, 1);

	(void)s;
	program_reset(NULL);
	prog.set->forwards = 1;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	leave(&answer);
	assert_false(served_at(OPEN_PORT).unseen);
	frame_data(&data, 10);
	assert_reason(data, FLOW);
}

/* ---- strangers, while a spray lasts */

static struct frame syn_from(uint32_t addr, uint16_t port, uint32_t isn)
{
	struct frame f = tcp4(addr, port, F_SYN);

	frame_tcp_of(&f)->seq = htonl(isn);
	frame_options(&f, linux_options, sizeof(linux_options));
	frame_checksums(&f);
	return f;
}

/* Probes in so many names, each of a network of its own. */
static void spray(uint32_t names)
{
	for (uint32_t i = 0; i < names; i++)
		scan3(0x0b000001 + (i << 8));
}

#define STRANGER (CLIENT4 + 0x10000)

static void at_the_limit_strangers_are_challenged(void **s)
{
	(void)s;
	prog.set->auto_per_minute = 8;
	assert_reason(syn_from(STRANGER, OPEN_PORT, 1), OPEN_PORT);
	spray(20);
	assert_int_equal(count_events(SW_EVENT_SPRAY), 1);
	assert_int_equal(prog.state->strangers_why, SW_SPRAY_RATE);
	assert_reason(syn_from(STRANGER, OPEN_PORT, 2), CHALLENGED);
}

static void a_spray_opens_nothing_and_fills_nothing(void **s)
{
	(void)s;
	prog.set->auto_per_minute = 8;
	spray(20);
	advance(2 * SECOND);
	assert_reason(syn_from(STRANGER, OPEN_PORT, 2), CHALLENGED);
	assert_reason(syn_from(STRANGER, CLOSED, 3), CHALLENGED);
	advance(SECOND);
	assert_reason(syn_from(STRANGER, OPEN_PORT, 2), CHALLENGE_PASSED);
	assert_reason(syn_from(STRANGER, CLOSED, 3), CHALLENGE_ANSWERED);
	assert_reason(tcp4(STRANGER, CLOSED, 0), STRANGER);
	assert_null(source4(STRANGER));
	/* Ten quiet seconds, and nobody is asked any more. */
	advance(11 * SECOND);
	assert_reason(syn_from(STRANGER, OPEN_PORT, 4), OPEN_PORT);
	assert_reason(syn_from(STRANGER, CLOSED, 5), CLOSED_PORT);
}

static int free_syns(void)
{
	int fd = bpf_map__fd(prog.skel->maps.let_syns), n = 0;
	uint32_t most = bpf_map__max_entries(prog.skel->maps.let_syns);
	struct sw_let_syn l;

	for (uint32_t i = 0; i < most; i++)
		n += !bpf_map_lookup_elem(fd, &i, &l) && l.answers == SW_LET_FREE;
	return n;
}

/* `suspects` has no tags, so what it says of a source may be another's. */
static void a_syn_that_was_not_challenged_is_noted(void **s)
{
	struct sw_suspects all = {};
	int fd = bpf_map__fd(prog.skel->maps.suspects);

	(void)s;
	for (int i = 0; i < 4; i++)
		all.when[i] = tick_in(0) >> SW_SUSPECT_SHIFT;
	assert_reason(syn_from(STRANGER, OPEN_PORT, 1), OPEN_PORT);
	assert_int_equal(free_syns(), 0); /* nobody says anything of it */
	for (uint32_t i = 0; i < SW_SUSPECTS / 4; i++)
		assert_int_equal(bpf_map_update_elem(fd, &i, &all, BPF_ANY), 0);
	prog.state->suspect_tick = tick_in(0);
	assert_reason(syn_from(STRANGER, OPEN_PORT, 2), OPEN_PORT);
	assert_int_equal(free_syns(), 1);
	assert_reason(syn_from(STRANGER + 256, CLOSED, 3), CLOSED_PORT);
	assert_int_equal(free_syns(), 1);
}

static void a_spray_that_goes_on_is_noticed(void **s)
{
	(void)s;
	prog.set->auto_per_minute = 8;
	prog.set->strangers_per_second = 50;
	spray(20);
	for (int second = 0; second < 30; second++) {
		for (uint32_t i = 0; i < 400; i++) {
			struct frame f = syn_from(0x0c000001 + (i << 8), 5000 + i, second);

			run(&f);
		}
		advance(SECOND);
	}
	assert_reason(syn_from(STRANGER, OPEN_PORT, 2), CHALLENGED);
	assert_int_equal(prog.state->strangers_why, SW_SPRAY_RATE);
}

static void many_new_suspects_are_a_spray(void **s)
{
	(void)s;
	prog.set->strangers_per_second = 50;
	for (uint32_t i = 0; i < 60; i++) {
		struct frame f = syn_from(0x0d000001 + (i << 8), 6000 + i, 77 + i);

		run(&f);
	}
	assert_int_equal(count_events(SW_EVENT_SPRAY), 1);
	assert_int_equal(prog.state->strangers_why, SW_SPRAY_SOURCES);
	assert_reason(syn_from(STRANGER, OPEN_PORT, 2), CHALLENGED);
}

static void regulars_and_the_allowed_are_no_strangers(void **s)
{
	struct frame data = tcp_segment(false, OPEN_PORT, F_ACK, ISN + 1, 1);

	(void)s;
	prog.set->auto_per_minute = 8;
	spray(20);
	memset(prog.drop4, 0, 16 * sizeof(*prog.drop4)); /* no longer blocked itself */
	greet();
	frame_data(&data, 10);
	run(&data);
	assert_reason(challenge_syn(false, OPEN_PORT), OPEN_PORT);
	put_allow4(STRANGER, 32, SW_EXPIRES_TICKS);
	assert_reason(syn_from(STRANGER, OPEN_PORT, 2), OPEN_PORT);
}

/* ---- who is suspicious, but not blocked */

/* Two names with one source port and sequence number, and within the second that
 * makes them decoys the SYN again: what is closed must not stay silent by itself. */
static void decoys_are_challenged_alike(void **s)
{
	static const uint16_t port[] = {2000, 2001, 2002, CLOSED, OPEN_PORT};
	int reason[5];

	(void)s;
	for (int i = 0; i < 5; i++)
		for (int name = 0; name < 2; name++) {
			struct frame f = syn_from(STRANGER + name, port[i], 77);

			run(&f);
			assert_int_equal(prog.verdict, XDP_DROP);
		}
	advance(1000 * MS);
	for (int i = 0; i < 5; i++) {
		struct frame f = syn_from(STRANGER + 1, port[i], 77);

		reason[i] = run(&f);
	}
	reason_is(reason[3], SW_REASON_CHALLENGE_ANSWERED);
	reason_is(reason[4], SW_REASON_CHALLENGE_PASSED);
}

static void the_capped_are_challenged(void **s)
{
	(void)s;
	prog.set->auto_max = 0;
	assert_int_equal(scan3(STRANGER), SW_REASON_CHALLENGED);
	advance(15 * SECOND); /* the strangers are free again */
	assert_reason(syn_from(STRANGER, CLOSED, 5), CHALLENGED);
}

/* ---- closed = deceive */

static void every_port_looks_open(void **s)
{
	struct frame f;

	(void)s;
	prog.set->closed_silent = SW_CLOSED_DECEIVE;
	assert_reason(syn_from(STRANGER, CLOSED, 1), CHALLENGE_ANSWERED);
	assert_int_equal(prog.verdict, XDP_TX);
	assert_true(frame_sums_up(&prog.out));
	assert_reason(syn_from(STRANGER, OPEN_PORT, 1), CHALLENGE_PASSED);
	assert_memory_equal((uint8_t *)(frame_tcp_of(&prog.out) + 1) + 6, "\xfd", 1);
	/* A blocked source sees the same. */
	assert_reason(challenge_syn(false, CLOSED), CHALLENGE_ANSWERED);
	f = challenge_ack(false, &prog.out, CLOSED);
	reason_is(run(&f), SW_REASON_CLOSED_HANDSHAKE);
	assert_null(source4(STRANGER));
}

static void whoever_believes_it_is_proven(void **s)
{
	(void)s;
	prog.set->closed_silent = SW_CLOSED_DECEIVE;
	for (int port = 7001; port < 7004; port++) {
		struct frame f = syn_from(STRANGER, port, ISN), ack = tcp4(STRANGER, port, F_ACK);

		reason_is(run(&f), SW_REASON_CHALLENGE_ANSWERED);
		frame_tcp_of(&ack)->seq = htonl(ISN + 1);
		frame_tcp_of(&ack)->ack_seq = htonl(ntohl(frame_tcp_of(&prog.out)->seq) + 1);
		frame_checksums(&ack);
		reason_is(run(&ack), SW_REASON_CLOSED_HANDSHAKE);
	}
	assert_reason(syn_from(STRANGER, OPEN_PORT, 9), BLOCKED_ADDRESS);
}

static void nobody_is_deceived_of_containers(void **s)
{
	struct sw_service container = {CLOSED, IPPROTO_TCP};
	uint8_t one = 1;

	(void)s;
	prog.set->closed_silent = SW_CLOSED_DECEIVE;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.services), &container, &one, BPF_ANY);
	assert_reason(syn_from(STRANGER, CLOSED, 1), CHALLENGE_PASSED);
	prog.set->forwards = 1;
	assert_reason(syn_from(STRANGER, CLOSED, 1), OPEN_PORT);
	assert_reason(syn_from(STRANGER, 7001, 1), PASSED_MISS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, challenge_setup)
		T(siphash_is_siphash),
		T(a_repeated_syn_gets_in),
		T(not_too_soon_and_not_too_late),
		T(every_system_gets_in),
		T(a_syn_again_and_again_tells_nothing),
		T(another_syn_is_not_the_same),
		T(a_syn_of_long_ago_is_forgotten),
		T(a_closed_port_is_answered),
		T(the_cookie_stays),
		T(options_as_they_were_offered),
		T(the_served_port_sees_no_more),
		T(unsound_syns_get_nothing),
		T(unfinished_checksums_where_there_are_any),
		T(ipv6_answers_look_as_the_interfaces),
		T(a_syn_that_was_not_challenged_is_noted),
		T(tagged_frames_keep_their_tags),
		T(macs_change_places),
		T(a_completed_handshake_is_reset),
		T(wrong_cookies_get_silence),
		T(cookies_expire),
		T(the_third_closed_port_proves),
		T(but_for_detect_only),
		T(an_address_of_many_stays_challenged),
		T(limits_on_forgeable_blocks_do_not_save_a_prober),
		T(ports_of_a_family_count_once),
		T(what_was_missed_before_proves_nothing),
		T(who_waits_for_a_host_to_boot_proves_nothing),
		T(probes_of_another_hour_do_not_add_up),
		T(redirected_ports_are_served),
		T(regulars_and_open_connections_go_on),
		T(a_confined_scanner_is_proven),
		T(a_confined_load_balancer_is_not),
		T(udp_to_a_service_goes_on),
		T(the_confined_reach_udp_that_they_send_again),
		T(who_came_early_waits_for_nothing),
		T(drop_means_drop),
		T(in_detect_mode_nothing_is_answered),
		T(without_answers_two_services),
		T(a_client_behind_a_tunnel_gets_in),
		T(a_forwarding_host_answers_nothing),
		T(services_without_a_socket_are_not_answered),
		T(other_addresses_are_not_answered),
		T(answers_are_capped),
		T(the_kernel_answers_a_syn_once),
		T(a_syn_ack_without_a_socket_says_nothing_of_a_listener),
		T(a_forwarded_syn_ack_makes_a_connection_known),
		T(at_the_limit_strangers_are_challenged),
		T(a_spray_opens_nothing_and_fills_nothing),
		T(a_spray_that_goes_on_is_noticed),
		T(many_new_suspects_are_a_spray),
		T(regulars_and_the_allowed_are_no_strangers),
		T(decoys_are_challenged_alike),
		T(the_capped_are_challenged),
		T(every_port_looks_open),
		T(whoever_believes_it_is_proven),
		T(nobody_is_deceived_of_containers),
#undef T
	};

	return cmocka_run_group_tests_name("challenge", tests, program_setup, program_teardown);
}
