/* SPDX-License-Identifier: GPL-2.0-only */
/* The cost of payload inspection: frames and rules for it. */
#ifndef INSPECT_BENCH_H
#define INSPECT_BENCH_H

#include "engine/sandbox.h"
#include "rules/rules.h"

#define PAYLOADS 200 /* of each kind */
#define PAYLOAD_MAX 1460
#define HEADERS 54 /* Ethernet, IPv4, TCP */

enum kind {
	KIND_NONE,   /* no payload at all */
	KIND_AWAY,   /* text to a port that no rule names */
	KIND_TEXT,   /* JSON and HTML */
	KIND_HTTP,   /* requests */
	KIND_TLS,    /* application data */
	KIND_RANDOM, /* bytes */
	KIND_COUNT,
};

struct frame {
	__u8 byte[HEADERS + PAYLOAD_MAX];
	__u32 size; /* headers and payload */
};

extern const char *const kind_title[KIND_COUNT];

/* PAYLOADS frames of a kind in out; requests are those of the captures in `dir`
 * where there are any, and *real says how many. */
int frames_make(enum kind kind, const char *dir, struct frame *out, int *real, struct sw_err *e);

/* n rules of made-up words, in the manner of public ones; n 0: the built-in. */
int rules_make(struct sw_rules *r, int n, struct sw_err *e);

/* Numbers that are the same in every run. */
__u32 drawn(void);
void draw_from(__u32 seed);

/* ns a packet of 1,460 bytes pays for 100 rules of iptables' string match, by
 * the difference; and for 100 words looked for one by one at every byte by a
 * BPF program. Negative: not measured, with a sentence in e. */
double xt_string_cost(struct sw_err *e);
double plain_loop_cost(const struct frame *frame, struct sw_err *e);

#endif
