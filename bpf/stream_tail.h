/* SPDX-License-Identifier: GPL-2.0-only */
/* The last bytes of a flow's previous segment, put before the next one. */
#ifndef STREAM_TAIL_H
#define STREAM_TAIL_H

#include "body.h"
#include "tls.h"

#define KEEP_FOR_WINDOW (SW_WINDOW_BYTES - 1)

#define CHUNK_MASK 2047 /* SW_INSPECT_BYTES - 1 fits */

/* Number of payload bytes to load next; 1 to SW_INSPECT_BYTES, or 0 if nothing is left. */
static __always_inline __u32 text_length(const struct scratch *s)
{
	__u32 length = s->left < SW_INSPECT_BYTES ? s->left : SW_INSPECT_BYTES;

	if (!length || length > SW_INSPECT_BYTES)
		return 0;
	/* before 6.8 the verifier learns nothing from `!length`, and helpers reject a
	 * length that may be 0 */
	return masked(length - 1, CHUNK_MASK) + 1;
}

/* Accounts for bytes loaded to FRESH. */
static __always_inline void take_text(struct scratch *s, __u32 length)
{
	s->end = FRESH + length + s->behind;
	s->offset += length;
	s->left -= length;
	zero_slack(s, s->end);
}

/* Datagrams have one while their own parts are read; `joined`: the text continues
 * another part of the same packet. */
static __always_inline struct sw_tail *tail_of(const struct scratch *s, bool joined)
{
	if (s->proto != IPPROTO_TCP && !joined)
		return NULL;
	return entry_of(&tails, s->tag >> 32 & tail_mask);
}

/* The stored bytes continue this segment: the two arrived out of order. They are placed
 * before the payload is loaded, which overwrites what is too much. */
static __always_inline bool take_following(struct scratch *s, const struct sw_tail *t)
{
	/* masked again for 6.1 and clang 16 or newer, which adds 8 * n after the mask
	 * of store8 */
	__u32 at = masked(FRESH + s->left + t->length - SW_TAIL_BYTES, TEXT_MASK);

	if (s->seq + s->left != t->next - t->length || !t->length || t->skip ||
	    s->left > SW_INSPECT_BYTES)
		return false;
#pragma unroll
	for (int n = 0; n < SW_TAIL_BYTES / 8; n++)
		store8(s, at + 8 * n, ((__u64 *)t->byte)[n]);
	if (*(volatile __u64 *)&t->tag != s->tag)
		return false;
	s->behind = t->length;
	return true;
}

/* A segment before this one is missing, or arrives now: is it inside a body? Then its
 * content is not a request. */
static __always_inline __u32 place_in_body(struct scratch *s, const struct sw_tail *t, __u32 again)
{
	bool late = (__s32)again > 0;
	__u32 skip = t->skip + again;

	if (late ? t->state != SW_HEAD_BODY || again > t->deep
		 : !t->skip || t->flags & SW_TAIL_AHEAD || (__s32)skip <= 0)
		return 0;
	s->state = SW_HEAD_BODY;
	s->carried = t->flags;
	s->deep = late ? 0 : t->deep - again;
	return skip;
}

#define ALL_OF_IT 0x7fffffffu

/* The same for commands, for a segment that does not follow the stored bytes. */
static __always_inline __u32 place_in_commands(struct scratch *s, const struct sw_tail *t,
					       __u32 again)
{
	bool late = (__s32)again > 0;
	__u32 skip = t->skip + again;

	if (s->overlap)
		return skip - t->length;
	if (late)
		return t->skip || s->phase & SW_PHASE_MAIL ? ALL_OF_IT : 0;
	if (s->phase & SW_PHASE_MAIL) {
		s->phase |= SW_PHASE_WITHIN;
		return 0;
	}
	if (t->skip && (__s32)skip > 0)
		return skip;
	s->phase = s->args = 0;
	return 0;
}

static __always_inline void resume_commands(struct scratch *s, const struct sw_tail *t)
{
	s->speech = t->state == SW_HEAD_COMMANDS ? t->ciphered : SW_SPEECH_NONE;
	s->phase = t->flags;
	s->args = t->deep;
}

/* Called before the payload is loaded. The payload overwrites bytes of the tail that it
 * repeats, so a decoy with a bad checksum, which the host discarded, hides nothing. */
static __always_inline __u32 take_tail(struct scratch *s)
{
	struct sw_tail *t = tail_of(s, s->seq);
	__u32 again, skip, at;

	s->start = FRESH;
	s->state = SW_HEAD_UNKNOWN;
	s->again = s->strange = s->carried = 0;
	s->overlap = s->behind = s->deep = s->ciphered = 0;
	s->begins = s->speech = s->phase = s->args = 0;
	if (!t || t->tag != s->tag || t->state == SW_HEAD_ENDED) {
		s->begins = 1;
		return 0;
	}
	s->deep = t->deep;
	s->ciphered = t->ciphered;
	resume_commands(s, t);
	again = t->next - s->seq;
	if (again && again < s->left)
		s->overlap = again;
	if (again > t->length) {
		s->strange = !s->overlap && !take_following(s, t);
		if (s->speech)
			return place_in_commands(s, t, again);
		return s->strange ? place_in_body(s, t, again) : 0;
	}
	skip = t->skip ? t->skip + again : 0;
	s->state = t->state;
	s->carried = t->flags;
	if (!t->length)
		return skip;
	s->start = FRESH - t->length + again;
	s->again = !s->speech && t->flags & SW_TAIL_WINDOW;
	at = masked(FRESH - SW_TAIL_BYTES + again, TEXT_MASK); /* as in take_following */
#pragma unroll
	for (int n = 0; n < SW_TAIL_BYTES / 8; n++)
		store8(s, at + 8 * n, ((__u64 *)t->byte)[n]);
	/* another flow has taken the entry in the meantime */
	if (*(volatile __u64 *)&t->tag != s->tag)
		s->start = FRESH;
	return skip;
}

/* What the last bytes of the text belong to, from `at` on; `at` moves to where that is
 * known. */
static __always_inline enum sw_head head_state(struct scratch *s, __u32 *at)
{
	__u32 uri = s->span[SW_BUFFER_URI_RAW].from;

	if (!s->head || s->state == SW_HEAD_BODY)
		return s->state;
	if (s->headers && !s->body)
		s->body = find_body(s->headers - 1, s->end);
	if (s->body && *at >= s->body)
		return SW_HEAD_BODY;
	if (s->body && s->body == s->end && !expects_body(s)) {
		*at = s->end;
		return SW_HEAD_BODY;
	}
	if (s->headers && *at >= s->headers)
		return SW_HEAD_LINES;
	if (!s->span[SW_BUFFER_METHOD].from)
		return s->state;
	if (*at <= s->head) {
		*at = s->head;
		return SW_HEAD_UNKNOWN;
	}
	if (*at < uri)
		*at = uri;
	return SW_HEAD_URI;
}

static __always_inline bool has_window(const struct scratch *s, __u32 at)
{
	bool any = false;

	for (__u32 i = 0; i < CANDIDATES && i < s->candidates; i++)
		any |= s->candidate[i] >= at && s->candidate[i] < DECODED;
	return any;
}

/* No request starts in the text. */
static __always_inline bool goes_on(const struct scratch *s)
{
	return !s->head || s->state == SW_HEAD_BODY;
}

/* Notes how much of a body is still to come, so its content is not taken for a request.
 * Returns the start of what follows the body; 0 if it continues or its length is
 * unknown. */
static __always_inline __u32 keep_body_length(struct scratch *s)
{
	__u32 have = s->end - FRESH;

	if (!s->lines_read && s->headers && !expects_body(s) && !s->content)
		return s->body;
	read_lines();
	if (s->said & SW_TAIL_CHUNKED) {
		if (!s->body)
			return 0;
		if (read_chunks(s) == LAST_CHUNK) {
			s->said = 0;
			return s->in;
		}
		s->skip = s->in + SW_TAIL_BYTES > s->end ? s->in + SW_TAIL_BYTES - s->end : 0;
		return 0;
	}
	if (s->body_left && s->body && s->body <= FRESH) {
		s->skip = s->body_left > have ? s->body_left - have : 0;
		return s->skip ? 0 : FRESH + s->body_left;
	}
	if (!s->headers)
		return 0;
	have = s->body ? s->end - s->body : 0;
	if (s->body_length > have)
		s->skip = s->body_length - have;
	if (!s->body)
		s->said |= SW_TAIL_AHEAD;
	if (s->skip || !s->body || (expects_body(s) && !(s->said & SW_TAIL_LENGTH)))
		return 0;
	return s->body + s->body_length;
}

/* Stores the last bytes of the text. */
static __always_inline void keep_bytes(const struct scratch *s, struct sw_tail *t)
{
	__u32 at = s->end - SW_TAIL_BYTES;

#pragma unroll
	for (int n = 0; n < SW_TAIL_BYTES / 8; n++) {
		((__u64 *)t->byte)[n] = load8(s, at + 8 * n);
		/* one word at a time: clang 22 would prepare all of them first, and
		 * eight nested calls share 512 bytes of stack */
		asm volatile("" : "+r"(at)::"memory");
	}
}

/* Saves state for segments that pass; dropped ones are retransmitted. */
__noinline int keep_tail(void)
{
	struct scratch *s = scratch();
	struct sw_tail *t = s ? tail_of(s, s->left) : NULL;
	enum sw_head state = SW_HEAD_UNKNOWN;
	__u32 at, behind;

	if (!t)
		return 0;
	at = s->end - SW_TAIL_BYTES > s->start ? s->end - SW_TAIL_BYTES : s->start;
	if (s->kept == KEPT_PROXY) {
		state = SW_HEAD_PROXY;
		s->speech = SW_SPEECH_NONE;
	} else if (s->speech) {
		at = s->open;
		state = SW_HEAD_COMMANDS;
	} else if (s->kept == KEPT_NONE)
		at = s->end;
	else if (s->kept == KEPT_HEAD) {
		for (int n = 0; n < REQUESTS && read_next_head(); n++)
			;
		state = head_state(s, &at);
		behind = keep_body_length(s);
		/* the next request may have started, with less than a whole method */
		if (behind && behind <= s->end) {
			state = SW_HEAD_UNKNOWN;
			at = behind > at ? behind : at;
		}
	}
	*(volatile __u64 *)&t->tag = 0;
	t->deep = s->kept == KEPT_HEAD && goes_on(s) ? s->deep + (s->end - FRESH) : 0;
	t->next = s->seq + (s->end - FRESH);
	t->skip = s->skip;
	t->ciphered = s->ciphered;
	t->length = s->end - at;
	t->state = state;
	t->flags = has_window(s, at) ? SW_TAIL_WINDOW : 0;
	if (state == SW_HEAD_LINES || s->skip)
		t->flags |= s->said | (expects_body(s) ? SW_TAIL_POST : 0);
	if (s->speech) {
		t->ciphered = s->speech;
		t->flags = s->phase;
		t->deep = s->args;
	}
	if (t->length)
		keep_bytes(s, t);
	*(volatile __u64 *)&t->tag = s->tag;
	return 0;
}

#define ENDED_BYTES (1 << 20) /* that a peer may still retransmit or have in flight */

/* The rest of the connection is not inspected. */
static __always_inline void end_tail(struct scratch *s, __u32 seq, __u32 tick)
{
	struct sw_tail *t = tail_of(s, true);

	if (!t)
		return;
	*(volatile __u64 *)&t->tag = 0;
	__builtin_memset(t, 0, sizeof(*t) - SW_TAIL_BYTES);
	t->state = SW_HEAD_ENDED;
	t->next = seq;
	t->deep = tick;
	*(volatile __u64 *)&t->tag = s->tag;
}

/* A rule has just ended this connection: further segments are retransmissions, not new
 * attacks. */
static __always_inline bool was_ended(const struct scratch *s, __u32 tick)
{
	const struct sw_tail *t = tail_of(s, true);

	return t && t->tag == s->tag && t->state == SW_HEAD_ENDED &&
	       tick - t->deep < MINUTE_TICKS && s->seq - t->next + ENDED_BYTES < 2 * ENDED_BYTES;
}

#endif
