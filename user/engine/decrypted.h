/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program that looks into payloads, once more, for what servers read out of TLS
 * (`scanwall run --tls`): the same instructions and the same maps of rules, sources
 * and blocks, so a verdict is that of plain text. Its own are the counters, which are
 * of packets, and what is kept of connections, which those of the wire carry
 * ciphertext in.
 */
#ifndef SCANWALL_DECRYPTED_H
#define SCANWALL_DECRYPTED_H

#include <arpa/inet.h>
#include "engine/engine.h"

struct sw_decrypted {
	int program, steps; /* -1: not open */
	int answer;	    /* the program that reads what services answer; -1: there is none */
	__u32 of;	    /* the id of the rules map it works on */
};

/* What is made a frame of. */
struct sw_plain_text {
	struct sw_addr remote, local; /* IPv4 in its IPv6 form */
	__be16 remote_port, local_port;
	uint16_t rules_port; /* host order: the port that such text belongs to, as 80 */
	bool translated;     /* perhaps one address of many: its source gets no points */
	uint32_t seq;	     /* of the first byte */
	const void *text;
	size_t length; /* SW_TLS_RECORD at most */
};

void sw_decrypted_init(struct sw_decrypted *d);
/* g: what is in force, loaded with c. *d is to be closed in any case. */
int sw_decrypted_open(struct sw_decrypted *d, const struct sw_engine *g, const struct sw_config *c,
		      struct sw_err *e);
void sw_decrypted_close(struct sw_decrypted *d);
/* Whether d works on the maps of g. */
bool sw_decrypted_fits(const struct sw_decrypted *d, const struct sw_engine *g);
/* True: a rule ends its connection. One thread at a time. False with errno where the
 * kernel would not run it; 0 otherwise. */
bool sw_decrypted_drops(const struct sw_decrypted *d, const struct sw_plain_text *t);
/* What goes to t->remote as the answer to what came last: SW_TLS_ANSWER bytes at most. */
void sw_decrypted_answers(const struct sw_decrypted *d, const struct sw_plain_text *t);

#endif
