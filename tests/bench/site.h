/* SPDX-License-Identifier: GPL-2.0-only */
/* A scanwall of the bench's own, loaded and attached as `scanwall attach` does
 * it, with a list of blocked addresses. */
#ifndef BENCH_SITE_H
#define BENCH_SITE_H

#include "blocklist/blocklist.h"
#include "wire.h"

struct subject_bpf;

enum list {
	LIST_ADDRESS4,
	LIST_PREFIX4, /* of 20 to 28 bits, around the addresses */
	LIST_ADDRESS6,
	LIST_PREFIX6, /* /64 */
};

struct site {
	struct sw_ctx ctx;
	struct wire wire;	     /* scanwall itself drops here what it drops */
	struct wire dropping;	     /* here what it passes is dropped, too */
	struct subject_bpf *subject; /* for `dropping`, and to run without a wire */
	__u32 blocked;
};

/* Lines for the section `limits` of each site that is opened from now on. */
void site_limits(const char *lines);

/* Under dir there is a place for its record. room4, room6: addresses that it must
 * hold; less than the default counts as that. */
int site_open(struct site *s, const char *name, const char *dir, __u32 room4, __u32 room6,
	      struct sw_err *e);
/* Addresses 0 .. n-1 into the maps alone, for so many seconds. */
int site_fill_until(struct site *s, __u32 n, __u32 seed, int seconds, struct sw_err *e);
/* All of that list out of the maps again; seconds, or -1. */
double site_empty(struct site *s, __u32 n, __u32 seed, struct sw_err *e);
/* Number 0 .. n-1 of that list into the maps alone. */
int site_fill(struct site *s, enum list list, __u32 n, __u32 seed, struct sw_err *e);
/* Blocks addresses number 0 .. n-1, with the record; *seconds may be NULL. */
int site_block(struct site *s, __u32 n, __u32 seed, double *seconds, struct sw_err *e);
/* Both wires. */
/* The programs that drop what scanwall passes, on its maps; one call. */
int site_load_subject(struct site *s, struct sw_err *e);
/* `receive` of them to this wire. */
int site_attach_dropping(const struct site *s, const struct wire *w, struct sw_err *e);
int site_attach(struct site *s, const char *name, struct sw_err *e);
/* Packets judged so far: those with this reason, split, and all. */
int site_count(const struct site *s, enum sw_reason r, struct sw_counter *one,
	       unsigned long long *all, struct sw_err *e);
/* Both wires go. */
void site_detach(struct site *s);
void site_close(struct site *s);

struct sw_prefix listed(__u32 number, __u32 seed);
/* Number i of such a list. */
struct sw_prefix listed_in(enum list list, __u32 i, __u32 seed);
/* Numbers 0 .. n-1, each once, in the order in which lists are filled. Packets come by the
 * list in its own order: elements that lay in memory in that order would be fetched ahead
 * of them, which no traffic is so kind as to allow. */
__u32 scattered(__u32 i, __u32 n);
double now_seconds(void);
void sleep_ms(long ms);

#endif
