// SPDX-License-Identifier: GPL-2.0-only
/* Builds the segments of a challenged client (test_challenge.h). */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include "test_challenge.h"

const uint8_t linux_options[LINUX_OPTIONS] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2,
					      3, 4, 0, 0,    0, 0, 1, 3,  3, 7};

void challenge_client(uint32_t addr)
{
	put_drop4(addr, tick_in(600 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
}

int challenge_setup(void **unused)
{
	program_reset(unused);
	program_answers();
	prog.set->cookie_key[0] = 0x0706050403020100;
	prog.set->cookie_key[1] = 0x0f0e0d0c0b0a0908;
	challenge_client(CLIENT4);
	put_drop6(V6, 0, 64, tick_in(600 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	return 0;
}

struct frame challenge_syn(bool v6, uint16_t port)
{
	struct frame f = tcp_segment(v6, port, F_SYN, ISN, 0);

	frame_options(&f, linux_options, sizeof(linux_options));
	frame_checksums(&f);
	return f;
}

struct frame challenge_ack(bool v6, const struct frame *answer, uint16_t port)
{
	struct frame got = *answer;
	struct frame f = tcp_segment(v6, port, F_ACK, ISN + 1, ntohl(frame_tcp_of(&got)->seq) + 1);

	frame_checksums(&f);
	return f;
}

int send_syn_twice(struct frame f)
{
	advance(10 * SECOND); /* no more of any SYN before it */
	run(&f);
	assert_int_equal(prog.verdict, XDP_DROP);
	advance(1000 * MS);
	return run(&f);
}

void reason_is(int got, int wanted)
{
	assert_string_equal(reason_name(got), reason_name(wanted));
}

int complete_handshake(uint16_t port)
{
	struct frame f;

	reason_is(send_syn_twice(challenge_syn(false, port)), SW_REASON_CHALLENGE_ANSWERED);
	f = challenge_ack(false, &prog.out, port);
	return run(&f);
}
