/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who began what with whom in a capture, how it was answered, and so: which
 * ports are served, which packets go to what is to be protected, and what a
 * socket look-up would have found (docs/replay.md says by which rules).
 *
 * Use: note every packet of the file, settle, then ask for every packet again.
 */
#ifndef SCANWALL_CONVERSATIONS_H
#define SCANWALL_CONVERSATIONS_H

#include "base/addr.h"
#include "base/err.h"
#include "base/hash.h"
#include "replay/headers.h"

struct sw_conversation_key {
	struct sw_addr addr[2]; /* the lower end first, so both directions share it */
	uint16_t port[2];	/* host order */
	uint8_t proto;
	uint8_t zero[3];
};

struct sw_conversation {
	struct sw_conversation_key key;
	uint8_t begun_by;   /* which end sent the first packet */
	uint8_t first;	    /* what it sent: SENT_... */
	uint8_t sent[2];    /* by either end: SENT_... */
	uint8_t target;	    /* after settling: the end it goes to */
	uint8_t packets[2]; /* up to 255 */
	bool served;	    /* after settling: the target's port is open */
	bool one_way;	    /* after settling: the replies were not captured */
	bool silent;	    /* after settling: the capture has no packet from the target */
	bool judged;	    /* settled */
	uint8_t state;	    /* current state of the connection: enum sw_socket */
};

struct sw_served_end {
	struct sw_addr addr; /* none: any */
	uint16_t port;
	uint8_t proto;
	uint8_t zero;
};

struct sw_asked_end {
	struct sw_served_end end;
	uint32_t packets; /* that went there */
};

struct sw_conversations {
	struct sw_hash contact; /* struct sw_contact */
	struct sw_hash host;	/* addresses that sent a packet */
	struct sw_hash heard;	/* addresses that others had connections with */
	struct sw_hash served;	/* struct sw_served_end */
	struct sw_hash asked;	/* struct sw_asked_end: UDP */
	uint64_t protocols[4];	/* after settling: a bit per IP protocol that was answered */
	struct sw_prefix *protect;
	int protect_count;
};

/* protect: borrowed; none: inferred. */
void sw_conversations_init(struct sw_conversations *c, struct sw_prefix *protect, int count);
void sw_conversations_free(struct sw_conversations *c);
/* A port that is open at every address. */
int sw_conversations_serve(struct sw_conversations *c, uint16_t port, uint8_t proto,
			   struct sw_err *e);

/* First pass. `end` is where the frame of h ends. */
int sw_conversations_note(struct sw_conversations *c, const struct sw_headers *h,
			  const uint8_t *end, struct sw_err *e);
int sw_conversations_settle(struct sw_conversations *c, struct sw_err *e);

enum sw_side {
	SW_SIDE_NEITHER,
	SW_SIDE_TO,   /* to a protected address: judged */
	SW_SIDE_FROM, /* comes from it */
};

/* Decides which contacts are judged if no protected addresses were given. Part of settling. */
int sw_conversations_choose(struct sw_conversations *c, struct sw_err *e);

/* Second pass, in the file's order: the packet's side and, for SW_SIDE_TO, the result of a
 * socket lookup when it arrives. */
enum sw_side sw_conversations_ask(struct sw_conversations *c, const struct sw_headers *h,
				  enum sw_socket *socket);

#endif
