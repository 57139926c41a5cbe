/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a capture through the BPF program, to see what it would have done. */
#ifndef SCANWALL_REPLAY_H
#define SCANWALL_REPLAY_H

#include "engine/sandbox.h"
#include "events/events.h"
#include "rules/rules.h"
#include "replay/conversations.h"

struct sw_replay_source {
	struct sw_addr addr; /* an IPv6 /64 by its first address, as the program counts */
	uint64_t packets;    /* judged */
	uint64_t evidence;
	uint64_t dropped;
	uint64_t blocked_at; /* number of the packet that first got it blocked; 0: never blocked */
	uint64_t packets_before, evidence_before; /* up to and including that one */
	uint64_t blocks;
	int64_t first, blocked; /* ns since the start of the capture */
	struct sw_event why;	/* of the first block */
	uint64_t signatures;	/* matched */
};

struct sw_replay_event {
	const struct sw_event *event;
	const struct sw_signature *signature; /* whose it is, or NULL */
	uint64_t packet;
	int64_t time;	/* ns since 1970, by the capture */
	int64_t offset; /* ns since the start of the capture */
};

typedef void (*sw_replay_fn)(const struct sw_replay_event *ev, void *arg);

struct sw_replay {
	/* set by the caller */
	const struct sw_config *config; /* services are open at every address */
	struct sw_prefix *protect;
	int protect_count;	      /* 0: inferred */
	const struct sw_rules *rules; /* compiled signatures; NULL: none */
	sw_replay_fn fn;	      /* called for every event */
	void *arg;

	/* the results */
	uint64_t packets, judged, from, aside, cut, later;
	uint64_t detections, blocks, dropped, matched;
	int64_t begin, end; /* ns since 1970 */
	struct sw_counter reason[SW_REASON_COUNT];
	struct sw_hash source; /* struct sw_replay_source */
	struct sw_hash own;    /* protected addresses that received a packet */

	/* its own */
	struct sw_sandbox instance;
	struct sw_ring *ring;
	struct sw_signatures signatures;
	struct sw_conversations contacts;
	uint64_t clock;	 /* made-up ns */
	uint64_t number; /* the current packet, and its source */
	struct sw_replay_source *hit;
};

/* Loads the program. Close *r in any case. */
int sw_replay_open(struct sw_replay *r, struct sw_err *e);
void sw_replay_close(struct sw_replay *r);

/* Each file starts with empty maps. -1 if the file is broken; packets before that point were
 * replayed and counted. */
int sw_replay_file(struct sw_replay *r, const char *file, struct sw_err *e);

#endif
