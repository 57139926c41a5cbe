/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last request of a client, kept until the service has replied: it tells whether a
 * refused login is a new guess or a repetition. A packet only pays for the copy; it is
 * parsed when there is a refusal (server_answer.h).
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "speakers.h"
#include "stream_tail.h"

#define ONE 16		 /* one refusal, in the units of struct sw_refusals */
#define WAITING_TICKS 15 /* four seconds: longer than services take to check a login */
#define LOGIN_BYTES 16	 /* of a segment, enough to recognize a login */
#define LONE_WORD 80	 /* its maximum length in bytes */
#define HEAD_MASK (SW_REQUEST_HEAD - 1)
#define LINE_MASK (SW_REQUEST_LINE - 1)

static __always_inline struct sw_request *request_entry(__u64 tag)
{
	return entry_of(&requests, tag >> 32 & request_mask);
}

static __always_inline struct sw_refusals *refusals_entry(__u64 key, __u32 *tag)
{
	__u64 h = sw_hash64(key ^ seed[0], seed);

	*tag = h >> 32 ? h >> 32 : 1;
	return entry_of(&refusals, h & refusal_mask);
}

static __always_inline struct sw_refusals *find_refusals(__u64 key)
{
	__u32 tag;
	struct sw_refusals *r = refusals_entry(key, &tag);

	return r && r->tag == tag ? r : NULL;
}

static __always_inline struct sw_refusals *make_refusals(__u64 key, __u32 tick)
{
	__u32 tag;
	struct sw_refusals *r = refusals_entry(key, &tag);

	if (r && r->tag != tag) {
		__builtin_memset(r, 0, sizeof(*r));
		r->tag = tag;
		r->since = tick;
	}
	return r;
}

/* Offset behind the first word; 0 if there is only one. */
#define TAG_BYTES 16

static __always_inline __u32 second_word(const __u8 *text)
{
	__u32 at = 0;

#pragma unroll
	for (__u32 i = TAG_BYTES; i > 0; i--)
		at = text[i - 1] == ' ' ? i : at;
	return at;
}

#define FOLD4 0x20202020u

static __always_inline __u32 first4(const __u8 *at)
{
	__u32 w;

	__builtin_memcpy(&w, at, sizeof(w));
	return w;
}

static __always_inline bool is_base64(__u8 b)
{
	return (b >= '0' && b <= '9') || ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || b == '+' ||
	       b == '/';
}

/* The line after AUTH or a login prompt: no command has this many letters without a
 * blank, and no upload has so few. */
static __always_inline bool is_lone_word(const __u8 text[LOGIN_BYTES], __u32 length)
{
	return length > 6 && length <= LONE_WORD && is_base64(text[0]) && is_base64(text[1]) &&
	       is_base64(text[2]) && is_base64(text[3]) && !second_word(text);
}

/* PASS, AUTH, APOP; Redis *2 $4 AUTH; IMAP LOGIN and AUTHENTICATE after a tag; the
 * first packet of a MySQL client; PostgreSQL message p. */
static __always_inline bool is_login(const __u8 text[LOGIN_BYTES], __u32 length, bool known)
{
	__u32 first = first4(text) | FOLD4, at = second_word(text), word = 0;

	if (first == word4("pass") || first == word4("auth") || first == word4("apop"))
		return true;
	if (text[0] == '*')
		return (first4(text + 8) | FOLD4) == word4("auth");
	if (!text[2] && text[3] == 1 && !known)
		return true;
	if (text[0] == 'p' && !text[1])
		return true;
	if (at && at <= LOGIN_BYTES - 4)
		word = first4(&text[masked(at, LOGIN_BYTES - 1)]) | FOLD4;
	if (word == word4("logi") || word == word4("auth"))
		return true;
	return known && is_lone_word(text, length);
}

/* Limits the guesses of one source that may be pending, less those refused: otherwise a
 * guesser with many connections gets in at once what it would be blocked for. A source
 * that really has that many users waits for a retransmission. */
static __always_inline bool must_wait(const struct pkt_meta *meta, const struct sw_settings *set)
{
	__u32 tick = ticks(now_ns(set)), limit = set->refused_logins, refused;
	struct sw_refusals *r = limit && enforcing(set) ? make_refusals(meta->key, tick) : NULL;
	const struct sw_speaker *sp;

	if (!r || detects_only(set, meta, SW_EVIDENCE_REFUSED))
		return false;
	if (tick - r->waiting_since > WAITING_TICKS)
		r->waiting = 0;
	refused = r->level[SW_REFUSED_LOGIN] + r->level[SW_REFUSED_UNTOLD];
	if (r->waiting + (refused + ONE - 1) / ONE < limit) {
		r->waiting++;
		r->waiting_since = tick;
		return false;
	}
	sp = find_speaker(meta->key);
	return !(sp && (names_many(sp, tick) || is_customer(sp, tick))) &&
	       !allowed(meta->key, &meta->src, tick);
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

/* Forms are often sent in a segment of their own. */
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

struct form_search {
	const struct sw_request *r;
	__u32 found;
};

/* The eight bytes up to an equals sign. */
static __always_inline bool names_password(__u64 w)
{
	w |= BLANKS;
	return w == WORD8('a', 's', 's', 'w', 'o', 'r', 'd', '=') ||
	       w >> 8 == WORD8('p', 'a', 's', 's', 'w', 'd', '=', 0) ||
	       w >> 16 == WORD8('&', 'p', 'a', 's', 's', '=', 0, 0) ||
	       w >> 24 == WORD8('&', 'p', 'w', 'd', '=', 0, 0, 0);
}

/* Checks eight positions per iteration. The first eight bytes are the method's. */
static long find_password(__u64 i, void *ctx)
{
	struct form_search *f = ctx;
	__u32 at = masked(i * 8, HEAD_MASK);
	__u64 w, marks;

	__builtin_memcpy(&w, f->r->byte + at, sizeof(w));
	marks = at ? mark_each_zero(w ^ '=' * ONES) : 0;
	for (__u32 n = 0; n < 8 && marks; n++, marks &= marks - 1) {
		__builtin_memcpy(&w, f->r->byte + masked(at + first_marked(marks) - 7, HEAD_MASK),
				 sizeof(w));
		f->found |= names_password(w);
	}
	return f->found;
}

/* A POST form with a password. Bytes behind its end are stale. */
static __always_inline bool is_form_login(const struct sw_request *r)
{
	struct form_search f = {.r = r};

	if (r->kind != SW_REQUEST_HTTP || r->byte[0] != 'P' || r->byte[1] != 'O')
		return false;
	bpf_loop((r->length + 7) / 8, find_password, &f, 0);
	return f.found;
}

/* For a segment with data; 1: a login that has to wait. */
__noinline int keep_request(struct xdp_md *ctx)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	const struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct scratch *s = scratch();
	__u8 text[LOGIN_BYTES] = {};
	struct sw_request *r;
	bool known, login = false;
	__u32 length;

	if (!s || !set || !meta || !s->left || s->proto != IPPROTO_TCP)
		return 0;
	r = request_entry(s->tag);
	if (!r)
		return 0;
	known = r->tag == s->tag;
	if (known && r->kind == SW_REQUEST_SSH)
		return 0;
	length = s->left < LOGIN_BYTES ? s->left : LOGIN_BYTES;
	bpf_xdp_load_bytes(ctx, s->payload_at, text, masked(length - 1, LOGIN_BYTES - 1) + 1);
	if (!begins_request(first4(text)) && !(known && r->kind == SW_REQUEST_HTTP))
		login = is_login(text, s->left, known);
	/* Data in a SYN (RFC 7413) needs no handshake, so the source may be forged. In
	 * TLS mode the server has read the data already. */
	login = login && s->reason != SW_REASON_OPEN_PORT && !decrypted;
	if (login && !(known && r->waits) && must_wait(meta, set))
		return 1;
	*(volatile __u64 *)&r->tag = 0;
	if (!known)
		r->waits = 0;
	r->waits |= login;
	if (begins_request(first4(text)))
		keep_head(ctx, s, r);
	else if (known && r->kind == SW_REQUEST_HTTP)
		keep_body(ctx, s, r);
	else
		keep_line(ctx, s, r, known);
	*(volatile __u64 *)&r->tag = s->tag;
	/* guessers with many connections send forms, too */
	if (r->waits || s->reason == SW_REASON_OPEN_PORT || !is_form_login(r))
		return 0;
	r->waits = !must_wait(meta, set);
	return !r->waits;
}

#endif
