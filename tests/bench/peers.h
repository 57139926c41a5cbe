/* SPDX-License-Identifier: GPL-2.0-only */
/* Alternatives to scanwall: each blocks the same list of addresses by its own means, on its
 * own wire. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <linux/types.h>
#include "site.h"

struct peer_bpf;

struct peer {
	const struct peer_kind *kind;
	struct wire wire;
	struct site site;     /* scanwall's */
	struct peer_bpf *bpf; /* the plain maps' */
	bool up;
};

struct peer_kind {
	const char *id, *title;
	__u32 most; /* addresses it takes; 0: no limit known */
	/* Has the first n addresses dropped on the peer's wire. */
	int (*up)(struct peer *p, __u32 n, __u32 seed, const char *dir, struct sw_err *e);
	/* Packets that it says it dropped so far, or -1. */
	long long (*dropped)(const struct peer *p, struct sw_err *e);
	void (*down)(struct peer *p);
};

/* The plain BPF map (an LPM trie for prefixes, else a hash) with that list, on a wire
 * of its own, where what it does not find is dropped, too; `name`: of the wire. */
int rival_up(struct peer *p, const char *name, enum list list, __u32 n, __u32 seed,
	     struct sw_err *e);
void rival_down(struct peer *p);

extern const struct peer_kind peer_kinds[];
extern const int peer_count;

#endif
