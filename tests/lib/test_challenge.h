/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments of a client whose new connections are challenged. */
#ifndef TESTS_TEST_CHALLENGE_H
#define TESTS_TEST_CHALLENGE_H

#include "test_program.h"

#define MS 1000000ull
#define ISN 0x01020304u
#define CLOSED 4711
#define XDP_DROP 1
#define XDP_PASS 2
#define XDP_TX 3

/* As Linux offers them: MSS, SACK, timestamps, window scale. */
#define LINUX_OPTIONS 20
extern const uint8_t linux_options[LINUX_OPTIONS];

/* Each test of the challenge: CLIENT4 and V6 are blocked for new connections, and what
 * is sent to closed ports is answered. */
int challenge_setup(void **unused);
void challenge_client(uint32_t addr);

/* SYN of CLIENT4, or of V6's first address, with linux_options. */
struct frame challenge_syn(bool v6, uint16_t port);
/* The ACK that completes the handshake of `answer`. */
struct frame challenge_ack(bool v6, const struct frame *answer, uint16_t port);
/* The SYN twice, a second apart; returns the second's reason, its answer is in
 * prog.out. */
int send_syn_twice(struct frame f);
/* The whole handshake at a closed port; returns the ACK's reason. */
int complete_handshake(uint16_t port);

void reason_is(int got, int wanted);

#endif
