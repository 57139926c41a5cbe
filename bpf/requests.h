/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client said last, kept until the service has answered: the request that is
 * refused says whether it was another guess, or the same once more. A copy is all
 * that a packet pays; it is read when there is a refusal (server_answer.h).
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "stream_tail.h"

#define HEAD_MASK (SW_REQUEST_HEAD - 1)
#define LINE_MASK (SW_REQUEST_LINE - 1)

static __always_inline struct sw_request *request_entry(__u64 tag)
{
	return entry_of(&requests, tag >> 32 & request_mask);
}

static __always_inline __u32 word4(const char text[4])
{
	return text[0] | text[1] << 8 | text[2] << 16 | (__u32)text[3] << 24;
}

/* The methods of RFC 9110 9.3, RFC 5789 and WebDAV, none of which begins a command
 * of another protocol. */
static __always_inline bool begins_request(__u32 first)
{
	return first == word4("GET ") || first == word4("POST") || first == word4("HEAD") ||
	       first == word4("PUT ") || first == word4("OPTI") || first == word4("DELE") ||
	       first == word4("PATC") || first == word4("PROP") || first == word4("TRAC") ||
	       first == word4("SEAR") || first == word4("MKCO");
}

static __always_inline void keep_head(struct xdp_md *ctx, const struct scratch *s,
				      struct sw_request *r)
{
	__u32 length = s->left < SW_REQUEST_HEAD ? s->left : SW_REQUEST_HEAD;

	length = masked(length - 1, HEAD_MASK) + 1;
	r->kind = SW_REQUEST_HTTP;
	r->before_bytes = 0;
	r->length = bpf_xdp_load_bytes(ctx, s->payload_at, r->byte, length) ? 0 : length;
}

static __always_inline __u32 line_length(const struct scratch *s)
{
	__u32 length = s->left < SW_REQUEST_LINE ? s->left : SW_REQUEST_LINE;

	return masked(length - 1, LINE_MASK) + 1;
}

/* A form is often sent in a segment of its own. */
static __always_inline void keep_body(struct xdp_md *ctx, const struct scratch *s,
				      struct sw_request *r)
{
	__u32 at = r->length, length = line_length(s);

	if (at >= SW_REQUEST_HEAD || r->byte[0] != 'P')
		return;
	if (!bpf_xdp_load_bytes(ctx, s->payload_at, r->byte + masked(at, HEAD_MASK), length))
		r->length = at + length;
}

static __always_inline void keep_line(struct xdp_md *ctx, const struct scratch *s,
				      struct sw_request *r, bool known)
{
	__u32 length = line_length(s);

	r->kind = SW_REQUEST_LINES;
	__builtin_memcpy(r->before, r->byte, sizeof(r->before));
	r->before_bytes = !known			  ? 0
			  : r->length < SW_REQUEST_BEFORE ? r->length
							  : SW_REQUEST_BEFORE;
	r->length = bpf_xdp_load_bytes(ctx, s->payload_at, r->byte, length) ? 0 : length;
}

/* Of a segment with data. */
__noinline int keep_request(struct xdp_md *ctx)
{
	struct scratch *s = scratch();
	struct sw_request *r;
	__u32 first = 0;
	bool known;

	if (!s || !s->left || s->proto != IPPROTO_TCP)
		return 0;
	r = request_entry(s->tag);
	if (!r)
		return 0;
	known = r->tag == s->tag;
	if (known && r->kind == SW_REQUEST_SSH)
		return 0;
	if (s->left >= sizeof(first))
		bpf_xdp_load_bytes(ctx, s->payload_at, &first, sizeof(first));
	*(volatile __u64 *)&r->tag = 0;
	if (begins_request(first))
		keep_head(ctx, s, r);
	else if (known && r->kind == SW_REQUEST_HTTP)
		keep_body(ctx, s, r);
	else
		keep_line(ctx, s, r, known);
	*(volatile __u64 *)&r->tag = s->tag;
	return 0;
}

#endif
