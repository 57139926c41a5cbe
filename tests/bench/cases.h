/* SPDX-License-Identifier: GPL-2.0-only */
/* The cases: the packets, the state of scanwall, and the expected result. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "bench_report.h"
#include "peers.h"
#include "site.h"

enum site_id { EMPTY, FEW, MANY, PREFIXES, MIXED, MANY6, NETS6, ENDED, ROUTER, SITES };

/* Of the plain BPF maps, what some cases stand beside. */
enum rival_id {
	NO_RIVAL,
	HASH_EMPTY,
	HASH_FEW,
	HASH_MANY,
	TRIE_PREFIXES,
	HASH6_EMPTY,
	HASH6_MANY,
	RIVALS,
};

#define FEW_BLOCKED 8192u
#define MANY_BLOCKED (1u << 20)
#define PREFIXES_BLOCKED 10000u
/* The buckets for IPv6 overflow well before limits.blocked6 is reached. */
#define MANY6_ROOM (2 * MANY_BLOCKED)

struct field {
	struct site site[SITES];
	struct peer rival[RIVALS];
	struct gen_bpf *gen;
	struct floor_bpf *floor;
	struct wire floor_wire;
	__u32 packets, seed;
};

extern const int case_count;
void case_title(int i, struct result *r);

/* The connections and the listener that some cases speak of. */
int cases_listen(struct sw_err *e);

int floor_open(struct field *f, struct sw_err *e);
/* Sends as gen->bss->traffic says and sees that all of it arrives; ns a packet,
 * or -1. */
double field_send(struct field *f, const struct wire *w, const struct frame *frame,
		  struct sw_err *e);
/* ns a packet */
struct sample {
	double floor, after; /* right before and right after the case */
	double ns, rival;    /* rival 0: it has none */
	double floor_alone, alone;
};

/* One run of case i, both wired and alone. Fails when a packet was lost or judged
 * otherwise than the case says. */
int case_run(struct field *f, int i, struct sample *r, struct sw_err *e);
void floor_close(struct field *f);

#endif
