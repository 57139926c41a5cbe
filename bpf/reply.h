/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules about replies of this host (flow:to_client), for packets from ports that such
 * rules name. A program of its own at tc egress, behind `learn` and `answer`, with the
 * matcher of `inspect`. Matches are only reported: the client may have requested the
 * content without intent, and has received most of it already.
 */
#ifndef REPLY_H
#define REPLY_H

#include "inspect.h"
#include "learn.h"

#define ANSWER_DEEP (1 << 16) /* bytes from the start of a reply; nothing beyond is inspected */
#define ANSWER_TAG 0x5ca1ab1e00000000ull /* keeps its tail apart from that of the request */
#define STATUS_AT 9			 /* in "HTTP/1.1 200 OK" */
#define STATUS_BYTES 3

/* Loads the segment, ends swapped; 0 if there is nothing to inspect. */
__noinline int set_reply_scene(struct __sk_buff *skb)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct scratch *s = scratch();
	struct packet p = {};

	if (!set || !meta || !s)
		return 0;
	s->offset = parse_leaving(skb, &p, set);
	if (!s->offset)
		return 0;
	describe(&p, meta, set);
	meta->ns = now_ns(set);
	s->left = left_of(skb, &p, s->offset);
	s->half = set->rules_generation & 1;
	s->table = s->half | SW_ANSWERS;
	s->proto = IPPROTO_TCP;
	s->port = s->as_port = service_port(meta);
	s->seq = bpf_ntohl(meta->seq);
	s->tag = flow_tag(&meta->flow) ^ ANSWER_TAG;
	s->work = s->heartbeat = s->several = 0;
	s->speech = s->first = s->only_first = 0;
	return !!s->left;
}

/* Restores the state of the reply so far. False if this was inspected before (a
 * retransmission). */
static __always_inline bool resume_answer(struct scratch *s)
{
	const struct sw_tail *t = tail_of(s, true);
	bool known = t && t->tag == s->tag;
	__u32 at = FRESH - SW_TAIL_BYTES;

	s->start = FRESH;
	s->state = SW_HEAD_UNKNOWN;
	s->deep = s->status = s->behind = s->again = 0;
	if (!known)
		return true;
	if ((__s32)(t->next - s->seq) > 0)
		return false;
	s->state = t->state;
	s->status = t->skip;
	s->deep = t->deep + (s->seq - t->next);
	if (t->next != s->seq || !t->length)
		return true;
	s->again = !!(t->flags & SW_TAIL_WINDOW);
#pragma unroll
	for (int n = 0; n < SW_TAIL_BYTES / 8; n++)
		store8(s, at + 8 * n, ((__u64 *)t->byte)[n]);
	/* unless another flow has taken the entry in the meantime */
	if (*(volatile __u64 *)&t->tag == s->tag)
		s->start = FRESH - t->length;
	return true;
}

static __always_inline bool begins_answer(const struct scratch *s, __u32 at)
{
	return (load8(s, at) & 0xffffffffffffff) == VERSION && at + STATUS_AT < s->end;
}

/* The status line (RFC 9112 4). */
static __always_inline void read_status_line(struct scratch *s, __u32 at)
{
	__u32 line = find_byte(at, s->end, '\n'), to = line;

	s->head = s->first_line = at;
	s->status = s->deep = 0;
	if (line < s->end) {
		s->headers = line + 1;
		to -= byte_at(s, line - 1) == '\r';
	}
	s->span[SW_BUFFER_PROTOCOL] = make_span(at, at + STATUS_AT - 1);
	if (to < at + STATUS_AT + STATUS_BYTES)
		return;
	at += STATUS_AT;
	for (int n = 0; n < STATUS_BYTES; n++)
		s->status = s->status * 10 + (__u8)(byte_at(s, at + n) - '0');
	s->span[SW_BUFFER_STATUS] = make_span(at, at + STATUS_BYTES);
	at += STATUS_BYTES;
	s->span[SW_BUFFER_STATUS_TEXT] = make_span(at + is_blank(byte_at(s, at)), to);
}

/* For a reply that started in an earlier segment: written where the normalized path of
 * a request goes. */
static __always_inline void put_status(struct scratch *s)
{
	if (s->status < 100 || s->status > 999)
		return;
	s->out = NORMAL;
	put_decimal3(s, s->status);
	s->span[SW_BUFFER_STATUS] = make_span(NORMAL, NORMAL + STATUS_BYTES);
}

/* Which part of a reply the text is. HTTP parts start a segment. */
__noinline int place_answer(void)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	forget_head(s);
	s->head = 0;
	s->span[SW_BUFFER_PAYLOAD] = make_span(FRESH, s->end);
	if (begins_answer(s, FRESH)) {
		s->start = FRESH;
		read_status_line(s, FRESH);
		s->state = SW_HEAD_LINES;
	} else if (s->state == SW_HEAD_UNKNOWN && begins_answer(s, s->start)) {
		read_status_line(s, s->start);
		s->state = SW_HEAD_LINES;
	} else if (s->state == SW_HEAD_LINES) {
		s->head = s->headers = s->start;
		put_status(s);
	} else if (s->state == SW_HEAD_BODY) {
		s->head = s->body = s->start;
		s->span[SW_BUFFER_BODY] = make_span(s->start, s->end);
		put_status(s);
	}
	return 0;
}

/* Saves the state for the next segment. */
__noinline int keep_answer(void)
{
	struct scratch *s = scratch();
	struct sw_tail *t = s ? tail_of(s, true) : NULL;
	__u32 at;

	if (!t)
		return 0;
	at = s->end - SW_TAIL_BYTES > s->start ? s->end - SW_TAIL_BYTES : s->start;
	if (s->state == SW_HEAD_LINES) {
		read_lines();
		if (s->body) {
			s->state = SW_HEAD_BODY;
			at = s->body > at ? s->body : at;
		} else if (s->first_line >= at) {
			s->state = SW_HEAD_UNKNOWN; /* the next text starts with it */
			at = s->first_line;
		}
	}
	*(volatile __u64 *)&t->tag = 0;
	t->next = s->seq;
	t->skip = s->status;
	t->deep = s->deep;
	t->length = s->end - at;
	t->state = s->state;
	t->ciphered = 0;
	t->flags = has_window(s, at) ? SW_TAIL_WINDOW : 0;
	if (t->length)
		keep_bytes(s, t);
	*(volatile __u64 *)&t->tag = s->tag;
	return 0;
}

/* Loads the next part of the reply and the rules that may match it; 0 if there is none. */
__noinline int look_at_answer(struct __sk_buff *skb)
{
	struct scratch *s = scratch();
	__u32 length, from = FRESH - KEEP_FOR_WINDOW;

	if (!s)
		return 0;
	s->candidates = s->listed = s->matches = s->pair = 0;
	if (!resume_answer(s))
		return 0;
	length = text_length(s);
	if (!length || bpf_skb_load_bytes(skb, s->offset, s->byte + FRESH, length))
		return 0;
	take_text(s, length);
	place_answer();
	s->seq += length;
	s->deep += length;
	if (s->deep > ANSWER_DEEP)
		return 1;
	if (s->again || from < s->start)
		from = s->start;
	search(s->start, from, s->end);
	for (__u32 i = 0; i < CANDIDATES && i < s->candidates; i++)
		list_window(s->window[i]);
	list_port(s->port, IPPROTO_TCP);
	list_port(SW_ANY_PORT, IPPROTO_TCP);
	return 1;
}

static __always_inline void tell_answered(const struct __sk_buff *skb, const struct pkt_meta *meta,
					  const struct scratch *s, const struct sw_rule *r,
					  const struct match *m)
{
	struct sw_event *ev = reserve_event(meta, meta->ns, skb->ifindex, SW_EVENT_SIGNATURE);

	if (!ev)
		return;
	ev->evidence = SW_EVIDENCE_SIGNATURE;
	ev->kinds = 1 << SW_EVIDENCE_SIGNATURE;
	ev->port[0] = meta->port;
	ev->sid = r->sid;
	ev->verdict = SW_RULE_ANSWERED;
	ev->matched_length = matched_length(m->length);
	copy_match((__u64 *)ev->matched, s, m);
	bpf_ringbuf_submit(ev, 0);
}

/* Reports the n-th match. */
__noinline int note_answered(struct __sk_buff *skb, __u32 n)
{
	const struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	const struct scratch *s = scratch();
	struct sw_rule_count *count;
	struct sw_rule_tally *l;
	const struct sw_rule *r;
	const struct match *m;
	struct decision d;
	__u32 index, tick;

	if (!meta || !s)
		return 0;
	m = &s->match[masked(n, MATCHES - 1)];
	index = s->half * rules_max + m->rule;
	r = entry_of(&rules, index);
	count = entry_of(&rule_counts, index);
	tick = ticks(meta->ns);
	l = r ? limit_of(r, meta, tick) : NULL;
	if (!r || !count || !l || (r->bits && !use_bits(index)))
		return 0;
	d = decide(r, l, tick);
	if (!d.acts)
		return 0;
	__sync_fetch_and_add(&count->hits, 1);
	count->last_ns = meta->ns;
	if (!d.tells || r->flags & SW_RULE_SILENT)
		return 0;
	l->notified = tick ? tick : 1;
	tell_answered(skb, meta, s, r, m);
	return 0;
}

/* Returns 0 at the end. */
__noinline int inspect_answer(struct __sk_buff *skb)
{
	struct scratch *s = scratch();

	if (!s || !s->left || !look_at_answer(skb))
		return 0;
	if (s->listed)
		try_listed(s);
	for (__u32 i = 0; i < MATCHES && i < s->matches; i++)
		if (!s->match[i].asks)
			note_answered(skb, i);
	for (__u32 i = 0; i < MATCHES && i < s->matches; i++)
		if (s->match[i].asks)
			note_answered(skb, i);
	keep_answer();
	return !!s->left;
}

static __always_inline void inspect_answers(struct __sk_buff *skb)
{
	if (!set_reply_scene(skb))
		return;
	for (int i = 0; i < CHUNKS && inspect_answer(skb); i++)
		;
}

#endif
