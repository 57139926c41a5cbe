/* SPDX-License-Identifier: GPL-2.0-only */
/* TLS records (RFC 8446 5.1): their headers, and payloads not yet encrypted. */
#ifndef TLS_H
#define TLS_H

#include "swar.h"

#define TLS_RECORDS 360 /* per text; more do not fit */
#define TLS_HEADER 5
#define TLS_CHANGE_CIPHER 20
#define TLS_HANDSHAKE 22
#define TLS_APPLICATION 23
#define TLS_HEARTBEAT 24
#define TLS_HEARTBEAT_REQUEST 1
#define TLS_HEARTBEAT_HEAD 8  /* the record header, type and length */
#define TLS_HEARTBEAT_REST 19 /* type, length and minimum padding: RFC 6520 4 */

struct record {
	__u8 type;
	__u16 length;
	__u16 asked; /* of a heartbeat: the payload length that it claims */
	__u8 first;  /* first byte of the payload */
};

/* False if no record starts there. */
static __always_inline bool read_record(const struct scratch *s, __u32 at, struct record *r)
{
	__u64 w = load8(s, at);

	r->type = w;
	r->length = bpf_ntohs(w >> 24);
	r->first = w >> 40;
	r->asked = bpf_ntohs(w >> 48);
	return r->type >= 20 && r->type <= TLS_HEARTBEAT && (w >> 8 & 0xff) == 3;
}

static long read_next_record(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u32 at = s->in;
	struct record r;

	(void)i;
	if (at + TLS_HEADER > s->end || !read_record(s, at, &r))
		return 1;
	s->types |= 1u << (r.type & 31);
	/* from here on, heartbeats are encrypted */
	s->ciphered |= r.type == TLS_CHANGE_CIPHER && r.length == 1;
	/* requests more than it sends: the attack on CVE-2014-0160 */
	if (r.type == TLS_HEARTBEAT && !s->ciphered && r.first == TLS_HEARTBEAT_REQUEST &&
	    at + TLS_HEARTBEAT_HEAD <= s->end && r.asked + TLS_HEARTBEAT_REST > r.length &&
	    at + TLS_HEARTBEAT_HEAD > FRESH) /* else it was reported when it arrived */
		s->heartbeat = 1;
	if (at + TLS_HEADER + r.length > s->end)
		return 1;
	s->in = at + TLS_HEADER + r.length;
	return 0;
}

/* Which part of the text's end keep_tail() keeps. */
enum kept {
	KEPT_HEAD,   /* as the state of the request's head demands */
	KEPT_NONE,   /* nothing */
	KEPT_RECORD, /* the record that starts at s->start */
	KEPT_TEXT,   /* as much as fits */
	KEPT_PROXY,  /* a possible header of the PROXY protocol */
};

SW_HOLDS(scratch, kept, KEPT_PROXY);

/* The first bytes of a record header, or more. */
static __always_inline bool may_begin_record(const struct scratch *s, __u32 at, struct record *r)
{
	if (at >= s->end)
		return false;
	if (read_record(s, at, r))
		return true;
	return at + 1 == s->end && r->type >= 20 && r->type <= TLS_HEARTBEAT;
}

/* An incomplete record continues in the next segment: kept if its content is read,
 * otherwise counted; both if a handshake is too long to be kept. */
static __always_inline void keep_record(struct scratch *s, __u32 at)
{
	__u32 left = s->end - at;
	struct record r;

	s->kept = KEPT_NONE;
	if (!may_begin_record(s, at, &r))
		return;
	if (left < TLS_HEADER || (r.type != TLS_APPLICATION && left <= SW_TAIL_BYTES)) {
		s->start = at;
		s->kept = KEPT_RECORD;
		return;
	}
	s->skip = TLS_HEADER + r.length - left;
	if (r.type == TLS_HANDSHAKE)
		s->kept = KEPT_TEXT;
}

/* True if there is something to search. `skip`: fresh bytes that belong to a record
 * whose header came earlier; if there is a tail, to a handshake. */
__noinline int read_records(__u32 skip)
{
	struct scratch *s = scratch();
	bool handshake;

	if (!s)
		return 0;
	handshake = skip && s->start < FRESH;
	s->types = 0;
	s->in = skip ? FRESH + skip : s->start;
	if (s->in >= s->end) {
		s->kept = handshake ? KEPT_TEXT : KEPT_NONE;
		s->skip = s->in - s->end;
		return handshake;
	}
	bpf_loop(TLS_RECORDS, read_next_record, &s, 0);
	keep_record(s, s->in);
	return handshake || s->heartbeat || s->types & 1u << TLS_HANDSHAKE;
}

#endif
