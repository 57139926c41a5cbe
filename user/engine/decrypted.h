/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the payload-inspecting program on plaintext that servers read from TLS
 * (`scanwall run --tls`): the same instructions, and the same maps of rules, sources
 * and blocks, so the verdict is that for plain HTTP. Private are the counters, which
 * count packets, and connection state, which for the wire holds ciphertext.
 */
#ifndef SCANWALL_DECRYPTED_H
#define SCANWALL_DECRYPTED_H

#include <arpa/inet.h>
#include "engine/engine.h"

struct sw_decrypted {
	int program, steps; /* -1: not open */
	int answer;	    /* program that parses replies; -1: none */
	__u32 of;	    /* id of the rules map it uses */
};

/* The plaintext a frame is made from. */
struct sw_plain_text {
	struct sw_addr remote, local; /* IPv4 in its IPv6 form */
	__be16 remote_port, local_port;
	uint16_t rules_port; /* host order: the port that the rules for such text name, as 80 */
	bool translated;     /* the address may be shared by many: its source gets no points */
	uint32_t seq;	     /* of the first byte */
	const void *text;
	size_t length; /* SW_TLS_RECORD at most */
};

void sw_decrypted_init(struct sw_decrypted *d);
/* g: the maps in force, loaded with c. Close *d in any case. */
int sw_decrypted_open(struct sw_decrypted *d, const struct sw_engine *g, const struct sw_config *c,
		      struct sw_err *e);
void sw_decrypted_close(struct sw_decrypted *d);
/* Does d use the maps of g? */
bool sw_decrypted_fits(const struct sw_decrypted *d, const struct sw_engine *g);
/* True if a rule ends the connection. Not thread-safe. False with errno if the kernel
 * could not run it; otherwise errno is 0. */
bool sw_decrypted_drops(const struct sw_decrypted *d, const struct sw_plain_text *t);
/* The reply sent to t->remote: SW_TLS_ANSWER bytes at most. */
void sw_decrypted_answers(const struct sw_decrypted *d, const struct sw_plain_text *t);

#endif
