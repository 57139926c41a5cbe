/* SPDX-License-Identifier: GPL-2.0-only */
/* The body of a request: where it ends, as its head says (RFC 9112 6), so that
 * what it says is no request; and a form, decoded. */
#ifndef BODY_H
#define BODY_H

#include "http.h"

#define CHUNKS_READ 512 /* of a body: as many as fit into a text */
#define CHUNK_DIGITS 16
#define CHUNK_MOST 0x7fffffffu

enum chunks {
	MORE_CHUNKS, /* s->in: where the next size stands, which may be behind the text */
	SIZE_IS_CUT, /* s->in: where it begins */
	LAST_CHUNK,  /* s->in: what follows the body */
};

/* A global function, so that the verifier reads its turns once. */
__noinline __u32 chunk_size(__u32 at)
{
	const struct scratch *s = scratch();
	__u32 size = 0, digit;

	if (!s)
		return 0;
	for (int n = 0; n < CHUNK_DIGITS; n++, at++) {
		digit = hex_digit(byte_at(s, at));
		if (digit > 15)
			break;
		size = size > CHUNK_MOST >> 4 ? CHUNK_MOST : size << 4 | digit;
	}
	return size;
}

/* From one chunk's size to the next one's (RFC 9112 7.1). */
static long skip_chunk(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u32 size = chunk_size(s->in), line;

	(void)i;
	line = find_byte(s->in, s->end, '\n');
	if (line >= s->end) {
		s->line = SIZE_IS_CUT;
		return 1;
	}
	s->in = line + 1 + size + 2;
	if (size)
		return s->in >= s->end;
	/* Trailers may follow, and end with an empty line. */
	s->in = find_body(line, s->end);
	if (!s->in)
		s->in = s->end;
	s->line = LAST_CHUNK;
	return 1;
}

/* s->in and enum chunks: how far the chunks go. */
static __always_inline enum chunks read_chunks(struct scratch *s)
{
	s->in = s->body > FRESH || !s->skipped ? s->body : FRESH + s->skipped - SW_TAIL_BYTES;
	s->line = MORE_CHUNKS;
	if (s->in < s->end)
		bpf_loop(CHUNKS_READ, skip_chunk, &s, 0);
	return s->line;
}

/* Where what follows the body begins, which may be behind the text. */
static __always_inline __u32 behind_body(struct scratch *s)
{
	if (s->said & SW_TAIL_CHUNKED)
		return read_chunks(s) == LAST_CHUNK ? s->in : s->end;
	if (s->body_left && s->body <= FRESH)
		return s->body_left < s->end - FRESH ? FRESH + s->body_left : s->end;
	return s->body_length < s->end - s->body ? s->body + s->body_length : s->end;
}

/* A request that follows the one just read in the same text, behind its body; 0:
 * none. What a body says is no request. */
static __always_inline __u32 next_request(struct scratch *s)
{
	__u32 at;

	if (!s->body || s->body >= s->end)
		return 0;
	read_lines();
	at = behind_body(s);
	return at < s->end ? find_request(at) : 0;
}

/* The last of several heads that stand one behind another; true: there are
 * several. Which is why a URI may hide what it asks for from the filter. */
__noinline int read_next_head(void)
{
	struct scratch *s = scratch();
	__u32 at;

	if (!s || (!s->headers && s->state != SW_HEAD_BODY))
		return 0;
	if (!s->body)
		s->body = find_body(s->headers - 1, s->end);
	at = next_request(s);
	if (!at)
		return 0;
	read_request(at);
	s->head = at;
	s->state = SW_HEAD_UNKNOWN;
	return 1;
}

/* POST, PUT, PATCH: many tools send the body in a segment of its own, and rules
 * may want both. */
static __always_inline bool expects_body(const struct scratch *s)
{
	__u32 method = s->span[SW_BUFFER_METHOD].from;

	return method ? byte_at(s, method) == 'P' : s->said & SW_TAIL_POST;
}

/* The form that the request at hand sends, decoded, behind the decoded URI. */
__noinline int decode_form(void)
{
	struct scratch *s = scratch();
	struct span body;
	__u32 to = 0;

	if (!s || !(s->said & SW_TAIL_FORM) || s->form)
		return 0;
	body = s->span[SW_BUFFER_BODY];
	to = s->decoded + TEXT_SLACK; /* a load reaches so far behind the URI */
	s->span[SW_BUFFER_FORM] = body;
	if (body.from >= body.to || to + body.to - body.from + TEXT_SLACK > NORMAL)
		return 0;
	s->form = s->form_fresh = to;
	if (body.from < FRESH)
		s->form_fresh = decode(body.from, FRESH, to, FORM_PLUS);
	s->form_end = decode(body.from, body.to, to, FORM_PLUS);
	s->span[SW_BUFFER_FORM] = make_span(s->form, s->form_end);
	return 1;
}

#endif
