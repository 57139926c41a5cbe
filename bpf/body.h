/* SPDX-License-Identifier: GPL-2.0-only */
/* The body of a request: its end, according to the head (RFC 9112 6), so its content is
 * not taken for another request; and a form, decoded. */
#ifndef BODY_H
#define BODY_H

#include "http.h"

#define CHUNKS_READ 512 /* per body: as many as fit in a text */
#define CHUNK_DIGITS 16
#define CHUNK_MOST 0x7fffffffu

enum chunks {
	MORE_CHUNKS, /* s->in: start of the next size, possibly behind the text */
	SIZE_IS_CUT, /* s->in: start of the incomplete size */
	LAST_CHUNK,  /* s->in: start of what follows the body */
};

/* A global function, so its loop is verified once. */
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

/* From one chunk size to the next (RFC 9112 7.1). */
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
	/* trailers may follow, up to an empty line */
	s->in = find_body(line, s->end);
	if (!s->in)
		s->in = s->end;
	s->line = LAST_CHUNK;
	return 1;
}

/* Walks the chunks; returns enum chunks and sets s->in. */
static __always_inline enum chunks read_chunks(struct scratch *s)
{
	s->in = s->body > FRESH || !s->skipped ? s->body : FRESH + s->skipped - SW_TAIL_BYTES;
	s->line = MORE_CHUNKS;
	if (s->in < s->end)
		bpf_loop(CHUNKS_READ, skip_chunk, &s, 0);
	return s->line;
}

/* End of the body, which may lie behind the text. */
static __always_inline __u32 behind_body(struct scratch *s)
{
	if (s->said & SW_TAIL_CHUNKED)
		return read_chunks(s) == LAST_CHUNK ? s->in : s->end;
	if (s->body_left && s->body <= FRESH)
		return s->body_left < s->end - FRESH ? FRESH + s->body_left : s->end;
	return s->body_length < s->end - s->body ? s->body + s->body_length : s->end;
}

/* Start of the next pipelined request in this text; 0: none. The content of a body is
 * not one. */
static __always_inline __u32 next_request(struct scratch *s)
{
	__u32 at;

	if (!s->body || s->body >= s->end)
		return 0;
	read_lines();
	at = behind_body(s);
	return at < s->end ? find_request(at) : 0;
}

/* Reads the last of several pipelined heads; true if there are several. The filter has
 * to consider the URIs of the others as well. */
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

/* POST, PUT, PATCH: many clients send the body in a segment of its own, and a rule may
 * need both. */
static __always_inline bool expects_body(const struct scratch *s)
{
	__u32 method = s->span[SW_BUFFER_METHOD].from;

	return method ? byte_at(s, method) == 'P' : s->said & SW_TAIL_POST;
}

/* Decodes the form of the current request, behind the decoded URI. */
__noinline int decode_form(void)
{
	struct scratch *s = scratch();
	struct span body;
	__u32 to = 0;

	if (!s || !(s->said & SW_TAIL_FORM) || s->form)
		return 0;
	body = s->span[SW_BUFFER_BODY];
	to = s->decoded + TEXT_SLACK; /* a load may reach this far behind the URI */
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
