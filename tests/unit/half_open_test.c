// SPDX-License-Identifier: GPL-2.0-only
/* Handshakes that a challenged source starts and does not complete: the kernel's, at a served
 * port, must reveal no more than ours at a closed one. */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define TCP_REPAIR_SEND 2
#define TCP_REPAIR_RECV 1

struct half_open {
	int fd;
	uint16_t sport;
	uint32_t client, server; /* the next sequence numbers */
};

static uint32_t next_seq(int fd, int queue)
{
	socklen_t size = sizeof(uint32_t);
	uint32_t seq = 0;

	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &size), 0);
	return seq;
}

/* The listener waits for data, and its end stays a request for a connection. */
static struct half_open begin(void)
{
	int on = 1, off = -1 /* and no window probe */, seconds = 30;
	struct half_open h;

	assert_int_equal(
		setsockopt(prog.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)),
		0);
	h.fd = connect_as_client(&h.sport);
	assert_int_equal(setsockopt(h.fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)), 0);
	h.client = next_seq(h.fd, TCP_REPAIR_SEND);
	h.server = next_seq(h.fd, TCP_REPAIR_RECV);
	assert_int_equal(setsockopt(h.fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)), 0);
	return h;
}

static struct frame segment(const struct half_open *h, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct frame f = tcp_segment(false, OPEN_PORT, flags, seq, ack);

	frame_tcp_of(&f)->source = htons(h->sport);
	frame_checksums(&f);
	return f;
}

static int setup(void **s)
{
	program_reset(s);
	program_answers();
	return 0;
}

static void challenge_client(void)
{
	put_drop4(CLIENT4, tick_in(600 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
}

static void only_what_fits_passes(const struct half_open *h)
{
	assert_reason(segment(h, F_ACK, h->client, h->server ^ 1), CHALLENGED);
	assert_reason(segment(h, F_ACK, h->client + 1, h->server), CHALLENGED);
	assert_reason(segment(h, F_ACK, h->client - 70000, h->server), CHALLENGED);
	assert_reason(segment(h, F_ACK | F_PSH, h->client, 0), CHALLENGED);
	assert_reason(segment(h, F_ACK | F_FIN, h->client, h->server ^ 1), CHALLENGED);
	assert_reason(segment(h, F_ACK, h->client, h->server), CHALLENGE_PASSED);
	assert_reason(segment(h, F_ACK | F_PSH, h->client, h->server), CHALLENGE_PASSED);
}

static void who_is_challenged_learns_nothing_of_them(void **s)
{
	struct half_open h = begin();

	(void)s;
	challenge_client();
	only_what_fits_passes(&h);
	assert_reason(segment(&h, F_FIN, h.client - 70000, 0), CHALLENGED);
	assert_reason(segment(&h, F_RST, h.client, 0), CHALLENGE_PASSED);
	close(h.fd);
}

/* The kernel would answer it with an ACK; at a closed port it gets a SYN-ACK. */
static void another_syn_is_answered_as_at_a_closed_port(void **s)
{
	struct half_open h = begin();
	struct frame again = segment(&h, F_SYN, h.client - 1, 0),
		     other = segment(&h, F_SYN, h.client + 5000, 0), ack;

	(void)s;
	challenge_client();
	assert_reason(again, CHALLENGED);
	assert_reason(other, CHALLENGED);
	advance(SECOND);
	assert_reason(again, CHALLENGE_PASSED);
	assert_reason(other, CHALLENGE_ANSWERED);
	ack = segment(&h, F_ACK, h.client + 5001, ntohl(frame_tcp_of(&prog.out)->seq) + 1);
	assert_reason(ack, CLOSED_HANDSHAKE);
	close(h.fd);
}

static void a_port_that_lies_says_no_more(void **s)
{
	struct half_open h = begin();
	struct frame dressed;

	(void)s;
	prog.set->closed_silent = SW_CLOSED_DECEIVE;
	only_what_fits_passes(&h);
	h.sport ^= 1; /* of no connection */
	for (int open = 0; open < 2; open++) {
		dressed = segment(&h, F_ACK | F_PSH, h.client, h.server);
		frame_tcp_of(&dressed)->dest = htons(open ? OPEN_PORT : 4711);
		frame_data(&dressed, 8);
		frame_checksums(&dressed);
		assert_reason(dressed, CHALLENGED);
	}
	close(h.fd);
}

/* What arrives out of order in an ordinary handshake passes. */
static void who_is_not_challenged_has_the_kernel_decide(void **s)
{
	struct half_open h = begin();

	(void)s;
	assert_reason(segment(&h, F_ACK | F_PSH, h.client + 1000, h.server), FLOW);
	assert_reason(segment(&h, F_ACK, h.client, h.server), FLOW);
	close(h.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(who_is_challenged_learns_nothing_of_them),
		T(another_syn_is_answered_as_at_a_closed_port),
		T(a_port_that_lies_says_no_more),
		T(who_is_not_challenged_has_the_kernel_decide),
#undef T
	};

	return cmocka_run_group_tests_name("half_open", tests, program_setup, program_teardown);
}
