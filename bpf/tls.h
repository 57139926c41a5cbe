/* SPDX-License-Identifier: GPL-2.0-only */
/* TLS records (RFC 8446 5.1): their headers, and what is not encrypted yet. */
#ifndef TLS_H
#define TLS_H

#include "find.h"

#define TLS_RECORDS 16 /* read of one segment */
#define TLS_HEADER 5
#define TLS_HANDSHAKE 22
#define TLS_APPLICATION 23
#define TLS_HEARTBEAT 24
#define TLS_HEARTBEAT_REQUEST 1
#define TLS_HEARTBEAT_REST 19 /* type, length and the least padding: RFC 6520 4 */

struct record {
	__u8 type;
	__u16 length;
	__u16 asked; /* of a heartbeat: the payload that it says it has */
	__u8 first;  /* of what it carries */
};

/* False: no record begins there. */
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
	/* Asks for more than it sends: the attack on CVE-2014-0160. */
	if (r.type == TLS_HEARTBEAT && r.first == TLS_HEARTBEAT_REQUEST &&
	    at + TLS_HEADER + 3 <= s->end && r.asked + TLS_HEARTBEAT_REST > r.length)
		s->heartbeat = 1;
	if (at + TLS_HEADER + r.length > s->end)
		return 1;
	s->in = at + TLS_HEADER + r.length;
	return 0;
}

/* What is left over of a record goes on in the next segment: kept where it is
 * read, else counted. */
static __always_inline void keep_record(struct scratch *s, __u32 at)
{
	__u32 left = s->end - at;
	struct record r;

	s->kept = 1;
	if (at >= s->end || !read_record(s, at, &r))
		return;
	if (r.type != TLS_APPLICATION && left <= SW_TAIL_BYTES) {
		s->start = at;
		s->kept = 2;
		return;
	}
	s->skip = TLS_HEADER + r.length - left;
}

/* True: there is something to search. `skip`: bytes that belong to a record
 * whose header came before. */
__noinline int read_records(__u32 skip)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	s->types = 0;
	s->in = s->start + skip;
	if (s->in >= s->end) {
		s->kept = 1;
		s->skip = s->in - s->end;
		return 0;
	}
	bpf_loop(TLS_RECORDS, read_next_record, &s, 0);
	keep_record(s, s->in);
	return s->heartbeat || s->types & 1u << TLS_HANDSHAKE;
}

#endif
