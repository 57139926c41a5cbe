/* SPDX-License-Identifier: GPL-2.0-only */
/* Evaluates the conditions of one rule on the text. The first occurrence of a content
 * is taken; if a condition relative to it fails, the chain is retried from its next
 * occurrences, CHAIN_RETRIES times. */
#ifndef MATCH_H
#define MATCH_H

#include "commands.h"
#include "head_parts.h"
#include "lookup.h"
#include "expression.h"
#include "served.h"

#define CHAIN_RETRIES 8
#define STEPS (SW_RULE_CONDITIONS * 3)
#define NO_ROOT 0xff
#define FAILED 0xff
#define WORK_MAX (96 * 1024) /* bytes that conditions may read, per packet */
#define WORK_OF_A_HEAD 512
#define WORK_OF_A_COMMAND 16
#define DIGITS 10

struct attempt {
	struct scratch *s;
	const struct pkt_meta *meta;
	__u32 first; /* of its conditions */
};

static __always_inline bool compare(__u32 x, const struct sw_condition *c)
{
	switch (c->number.compare) {
	case SW_COMPARE_EQUAL:
		return x == c->number.low;
	case SW_COMPARE_LESS:
		return x < c->number.low;
	case SW_COMPARE_GREATER:
		return x > c->number.low;
	case SW_COMPARE_AND:
		return x & c->number.low;
	case SW_COMPARE_BETWEEN:
		return x >= c->number.low && x <= c->number.high;
	}
	return false;
}

static __always_inline bool compare_with(__u32 x, __u32 value, const struct sw_condition *c)
{
	switch (c->number.compare) {
	case SW_COMPARE_EQUAL:
		return x == value;
	case SW_COMPARE_LESS:
		return x < value;
	case SW_COMPARE_GREATER:
		return x > value;
	}
	return x & value;
}

static __always_inline bool is_not(const struct sw_condition *c)
{
	return c->flags & SW_CONDITION_NOT;
}

static __always_inline bool span_of(const struct scratch *s, const struct sw_condition *c,
				    struct span *out)
{
	__u32 b = c->buffer;

	if (b >= SW_BUFFER_COUNT)
		return false;
	if (b >= SW_BUFFER_REQUEST_LINE && !(s->parts & part_of(b)))
		lay_out(b);
	*out = s->span[b];
	return out->from;
}

/* The buffer continues in the next segment, so its end is not known yet. */
static __always_inline bool goes_past(const struct scratch *s, __u32 buffer,
				      const struct span *span)
{
	switch (buffer) {
	case SW_BUFFER_URI:
	case SW_BUFFER_URI_RAW:
	case SW_BUFFER_REQUEST_LINE:
	case SW_BUFFER_PROTOCOL:
	case SW_BUFFER_STATUS_TEXT:
		return !s->headers;
	case SW_BUFFER_HEADER:
	case SW_BUFFER_START:
	case SW_BUFFER_NAMES:
		return !s->body;
	case SW_BUFFER_USER_AGENT:
	case SW_BUFFER_HOST:
	case SW_BUFFER_COOKIE:
	case SW_BUFFER_REFERER:
		return span->to >= s->end;
	}
	return false;
}

/* Or it started in an earlier one: then absence cannot be established at all. */
static __always_inline bool is_partial(const struct scratch *s, __u32 buffer,
				       const struct span *span)
{
	bool of_head = buffer == SW_BUFFER_URI || buffer == SW_BUFFER_URI_RAW ||
		       buffer == SW_BUFFER_HEADER || buffer == SW_BUFFER_START ||
		       buffer == SW_BUFFER_NAMES;

	return goes_past(s, buffer, span) || (of_head && !s->first_line);
}

/* Bytes behind a buffer that prove that it ends there. */
static __always_inline __u32 bytes_behind(__u32 buffer)
{
	switch (buffer) {
	case SW_BUFFER_PAYLOAD:
	case SW_BUFFER_BODY:
	case SW_BUFFER_FORM:
		return 0;
	case SW_BUFFER_METHOD:
		return 1;
	case SW_BUFFER_URI:
	case SW_BUFFER_URI_RAW:
		return VERSION_BYTES + 2;
	}
	return 2; /* the line end */
}

/* Notes how much of the text the matching conditions needed; `ends`: and the end of the
 * buffer. Decoded buffers needed the original URI. */
static __always_inline void touch(struct scratch *s, const struct sw_condition *c, __u32 to,
				  bool ends)
{
	if (to >= NAMES)
		to = s->span[SW_BUFFER_HEADER].to;
	else if (s->form && to >= s->form && to < NORMAL)
		to = to > s->form_fresh ? s->end : FRESH;
	else if (s->speech && to >= DECODED)
		to = to > s->copied ? s->end : FRESH;
	else if (to >= DECODED)
		to = s->span[SW_BUFFER_URI_RAW].to;
	if (ends || c->buffer == SW_BUFFER_METHOD)
		to += bytes_behind(c->buffer);
	if (to > s->touched)
		s->touched = to;
}

/* Absence from a part of the head depends on all of it. */
static __always_inline bool touch_end(struct scratch *s, const struct sw_condition *c,
				      const struct span *span)
{
	switch (c->buffer) {
	case SW_BUFFER_HEADER:
	case SW_BUFFER_START:
	case SW_BUFFER_NAMES:
		touch(s, c, span->to, false);
		break;
	case SW_BUFFER_URI:
	case SW_BUFFER_URI_RAW:
	case SW_BUFFER_USER_AGENT:
	case SW_BUFFER_HOST:
	case SW_BUFFER_COOKIE:
	case SW_BUFFER_REFERER:
		touch(s, c, span->to, true);
	}
	return true;
}

static __always_inline bool found_content(struct scratch *s, const struct sw_condition *c, __u32 at)
{
	s->cursor = at + c->length;
	touch(s, c, s->cursor, c->flags & SW_CONDITION_ENDS);
	s->referred |= at >= s->span[SW_BUFFER_REFERER].from && at < s->span[SW_BUFFER_REFERER].to;
	if (at < s->earliest)
		s->earliest = at;
	if (!(c->flags & SW_CONDITION_RELATIVE)) {
		s->root = s->step;
		s->from = at + 1;
	}
	if (!s->length) {
		s->at = at;
		s->length = c->length;
	}
	return true;
}

static __always_inline bool has_content(struct attempt *a, const struct sw_condition *c,
					__u32 index)
{
	bool relative = c->flags & SW_CONDITION_RELATIVE;
	struct scratch *s = a->s;
	struct span span;
	__s32 from, to, at;

	if (!span_of(s, c, &span))
		return false;
	if (s->cut && !relative && c->buffer == SW_BUFFER_PAYLOAD && (c->offset || c->depth))
		return false;
	if (is_not(c) ? is_partial(s, c->buffer, &span)
		      : c->flags & SW_CONDITION_ENDS && goes_past(s, c->buffer, &span))
		return false;
	from = (relative && s->cursor ? s->cursor : span.from) + c->offset;
	to = c->depth ? from + c->depth : span.to;
	if (to > (__s32)span.to)
		to = span.to;
	if (c->flags & SW_CONDITION_ENDS && from < (__s32)span.to - c->length)
		from = span.to - c->length;
	if (from < (__s32)span.from)
		from = span.from;
	if (s->step == s->root && from < (__s32)s->from)
		from = s->from;
	to -= c->length;
	if (from > to || (c->flags & SW_CONDITION_ENDS && to + c->length != (__s32)span.to))
		return is_not(c) && touch_end(s, c, &span);
	s->work += to - from;
	at = find_content(index, from, to);
	if (is_not(c))
		return at < 0 && touch_end(s, c, &span);
	return at >= 0 && found_content(s, c, at);
}

static __always_inline __u32 digit_of(__u8 b, __u8 flags)
{
	__u32 d = hex_digit(b);

	return d < (flags & SW_CONDITION_HEX ? 16 : 10) ? d : 16;
}

static __always_inline __u32 read_digits(const struct scratch *s, const struct sw_condition *c,
					 __u32 at)
{
	__u32 x = 0, d;

	for (int i = 0; i < DIGITS && i < c->length; i++) {
		d = digit_of(byte_at(s, at + i), c->flags);
		if (d > 15 && x)
			break;
		if (d < 16)
			x = x * (c->flags & SW_CONDITION_HEX ? 16 : 10) + d;
	}
	return x;
}

/* One to four bytes, or digits; false if outside the buffer. */
static __always_inline bool read_number(const struct scratch *s, const struct sw_condition *c,
					struct span *span, __u32 *x)
{
	__s32 at;
	__u64 w;

	if (!span_of(s, c, span))
		return false;
	at = (c->flags & SW_CONDITION_RELATIVE && s->cursor ? s->cursor : span->from) + c->offset;
	if (at < (__s32)span->from || at + c->length > (__s32)span->to || !c->length)
		return false;
	if (c->flags & (SW_CONDITION_DECIMAL | SW_CONDITION_HEX)) {
		*x = read_digits(s, c, at);
	} else {
		w = load8(s, at) << (64 - 8 * (c->length & 7));
		w = c->flags & SW_CONDITION_LITTLE ? w >> (64 - 8 * (c->length & 7))
						   : __builtin_bswap64(w) & 0xffffffff;
		*x = w;
	}
	span->from = c->number.from_start ? span->from : at + c->length;
	*x &= c->number.mask;
	return true;
}

static __always_inline bool test_bytes(struct scratch *s, const struct sw_condition *c)
{
	struct span span;
	__u32 x;

	if (!read_number(s, c, &span, &x))
		return false;
	if ((c->flags & SW_CONDITION_NAMED ? compare_with(x, s->extracted, c) : compare(x, c)) ==
	    is_not(c))
		return false;
	touch(s, c, span.from, false);
	return true;
}

/* For a later condition. */
static __always_inline bool extract(struct scratch *s, const struct sw_condition *c)
{
	struct span span;

	if (!read_number(s, c, &span, &s->extracted))
		return false;
	touch(s, c, span.from, false);
	return true;
}

static __always_inline bool jump(struct scratch *s, const struct sw_condition *c)
{
	struct span span;
	__u32 x;
	__s64 to;

	if (!read_number(s, c, &span, &x))
		return false;
	to = (__s64)x * c->number.multiply;
	if (c->number.align)
		to = (to + 3) & ~3ll;
	to += span.from + c->number.jump;
	if (to < 0 || to > span.to)
		return false;
	s->cursor = to;
	return true;
}

static __always_inline bool has_size(struct scratch *s, const struct sw_condition *c)
{
	struct span span;

	if (!span_of(s, c, &span))
		return false;
	/* of an incomplete buffer only a lower bound is known */
	if (goes_past(s, c->buffer, &span) &&
	    (is_not(c) || (c->number.compare != SW_COMPARE_GREATER && c->number.high != ~0u)))
		return false;
	if (c->buffer != SW_BUFFER_PAYLOAD)
		touch(s, c, span.to, true);
	if (c->flags & SW_CONDITION_RELATIVE && s->cursor)
		span.from = s->cursor <= span.to ? s->cursor : span.to;
	else if (c->buffer == SW_BUFFER_PAYLOAD)
		span = make_span(FRESH, s->end);
	return compare(span.to - span.from, c) != is_not(c);
}

static __always_inline __u64 mask_of(__u32 bits)
{
	return bits >= 64 ? ~0ull : bpf_cpu_to_be64(~(~0ull >> bits));
}

static __always_inline bool in_prefix(const struct sw_addr *a, const struct sw_condition *c)
{
	const __u64 *word = (const __u64 *)a, *other = (const __u64 *)c->address.byte;
	__u32 plen = c->address.plen;

	return !((word[0] ^ other[0]) & mask_of(plen)) &&
	       (plen <= 64 || !((word[1] ^ other[1]) & mask_of(plen - 64)));
}

/* A list matches if any entry does, as `or_holds` remembers. */
static __always_inline bool is_address(struct attempt *a, const struct sw_condition *c)
{
	struct scratch *s = a->s;
	bool source = c->type == SW_CONDITION_SOURCE;
	bool holds = in_prefix(source ? &a->meta->src : &a->meta->dst, c) != is_not(c);

	holds |= s->or_holds;
	s->or_holds = c->flags & SW_CONDITION_OR_NEXT ? holds : 0;
	return holds || c->flags & SW_CONDITION_OR_NEXT;
}

static __always_inline bool has_lookup(struct scratch *s, const struct sw_condition *c)
{
	struct span span;
	__u32 at;

	if (!span_of(s, c, &span))
		return false;
	at = find_lookup(span.from, span.to);
	if (!at)
		return false;
	s->referred |= at >= s->span[SW_BUFFER_REFERER].from && at < s->span[SW_BUFFER_REFERER].to;
	touch(s, c, at, false);
	return true;
}

static __always_inline bool is_icmp_message(const struct attempt *a, const struct sw_condition *c)
{
	return compare(c->offset ? a->meta->icmp_code : a->meta->icmp_type, c) != is_not(c);
}

/* Counts from the previous match like a content, and is a match for the next condition. */
static __always_inline bool has_regex(struct scratch *s, const struct sw_condition *c, __u32 index)
{
	struct span span;
	__u32 to;
	int end;

	if (!span_of(s, c, &span))
		return false;
	if (c->flags & SW_CONDITION_RELATIVE && s->cursor)
		span.from = s->cursor;
	end = find_regex(index, span.from, span.to);
	if (end == REGEX_GIVES_UP)
		count_unfinished();
	if (is_not(c))
		return end == REGEX_NONE && !is_partial(s, c->buffer, &span) &&
		       touch_end(s, c, &span);
	if (end < 0 || (c->regex.how & SW_REGEX_ENDS && goes_past(s, c->buffer, &span)))
		return false;
	to = s->cursor = end;
	s->referred |= to > s->span[SW_BUFFER_REFERER].from && to <= s->span[SW_BUFFER_REFERER].to;
	touch(s, c, to, to == span.to);
	return true;
}

static __always_inline bool has_flags(const struct attempt *a, const struct sw_condition *c)
{
	return compare(a->meta->tcp_flags & c->number.mask, c) != is_not(c);
}

static __always_inline bool holds(struct attempt *a, const struct sw_condition *c, __u32 index)
{
	switch (c->type) {
	case SW_CONDITION_CONTENT:
		return has_content(a, c, index);
	case SW_CONDITION_BYTE_TEST:
		return test_bytes(a->s, c);
	case SW_CONDITION_BYTE_JUMP:
		return jump(a->s, c);
	case SW_CONDITION_BYTE_EXTRACT:
		return extract(a->s, c);
	case SW_CONDITION_SIZE:
		return has_size(a->s, c);
	case SW_CONDITION_SOURCE:
	case SW_CONDITION_DESTINATION:
		return is_address(a, c);
	case SW_CONDITION_ICMP:
		return is_icmp_message(a, c);
	case SW_CONDITION_TLS_HEARTBEAT:
		return a->s->heartbeat != is_not(c);
	case SW_CONDITION_SERVED:
		return asks_for_file();
	case SW_CONDITION_LOOKUP:
		return has_lookup(a->s, c);
	case SW_CONDITION_REGEX:
		return has_regex(a->s, c, index);
	case SW_CONDITION_TCP_FLAGS:
		return has_flags(a, c);
	}
	return false;
}

static long try_step(__u64 i, void *ctx)
{
	struct attempt *a = ctx;
	struct scratch *s = a->s;
	__u32 index = a->first + s->step;
	const struct sw_condition *c;

	(void)i;
	if (s->step >= s->steps)
		return 1;
	c = entry_of(&conditions, index);
	if (c && s->work < WORK_MAX && holds(a, c, index)) {
		s->step++;
		return 0;
	}
	if (c && c->flags & SW_CONDITION_RELATIVE && s->root < s->step && s->retries) {
		s->retries--;
		s->step = s->root;
		return 0;
	}
	s->step = FAILED;
	return 1;
}

/* All conditions of a rule, on the current spans. A global function like those below,
 * so it is verified once. */
__noinline int try_conditions(__u32 first, __u32 count)
{
	struct attempt a = {.s = scratch(), .meta = entry_of(&pkt_metas, 0), .first = first};
	struct scratch *s = a.s;

	if (!s || !a.meta)
		return 0;
	s->cursor = s->touched = s->length = s->or_holds = s->step = s->from = 0;
	s->referred = 0;
	s->earliest = TEXT_MASK;
	s->root = NO_ROOT;
	s->retries = CHAIN_RETRIES;
	s->steps = count;
	bpf_loop(STEPS, try_step, &a, 0);
	return s->step == count;
}

/* The request that starts in the text, or the one that the tail continues. */
static __always_inline void first_request(struct scratch *s)
{
	if (s->state == SW_HEAD_URI) {
		read_rest_of_uri(s->start);
	} else if (s->state == SW_HEAD_LINES) {
		forget_head(s);
		s->headers = s->start;
		s->said = s->carried;
		if (s->said & SW_TAIL_AHEAD)
			s->body_length = s->skipped;
	} else if (s->state == SW_HEAD_BODY) {
		forget_head(s);
		s->said = s->carried;
		s->span[SW_BUFFER_BODY] = make_span(s->start, s->end);
		s->body = s->start;
		s->body_length = s->end - s->start;
	} else {
		read_request(s->head);
	}
}

/* What lies within the tail was matched with the previous segment. */
static __always_inline bool is_new(const struct scratch *s)
{
	return s->start == FRESH || !s->touched || s->touched > FRESH;
}

#define OTHER_URI 1
#define OTHER_BODY 2

/* Again with the normalized URI, and with the form decoded. */
static __always_inline bool try_other_forms(struct scratch *s, __u32 first, __u32 count)
{
	struct span uri = s->span[SW_BUFFER_URI], body = s->span[SW_BUFFER_BODY];
	bool matches = false;

	for (int way = 1; way <= (OTHER_URI | OTHER_BODY) && !matches; way++) {
		if ((way & OTHER_URI && s->normal == NORMAL) || (way & OTHER_BODY && !s->form))
			continue;
		if (way & OTHER_URI)
			s->span[SW_BUFFER_URI] = make_span(NORMAL, s->normal);
		if (way & OTHER_BODY)
			s->span[SW_BUFFER_BODY] = make_span(s->form, s->form_end);
		matches = try_conditions(first, count);
		s->span[SW_BUFFER_URI] = uri;
		s->span[SW_BUFFER_BODY] = body;
	}
	return matches;
}

/* On each request of the text. */
__noinline int try_requests(__u32 first, __u32 count)
{
	struct scratch *s = scratch();
	bool matches = false;
	__u32 at;
	int n;

	if (!s || !s->head)
		return 0;
	s->span[SW_BUFFER_PAYLOAD] = make_span(s->start, s->end);
	s->cut = s->start == FRESH - SW_TAIL_BYTES;
	for (n = 0; n < REQUESTS && s->work < WORK_MAX; n++) {
		s->work += WORK_OF_A_HEAD;
		read_lines();
		decode_form();
		matches = try_conditions(first, count) || try_other_forms(s, first, count);
		if (matches)
			break;
		at = next_request(s);
		if (!at)
			break;
		read_request(at);
	}
	if (n)
		first_request(s);
	return matches && is_new(s);
}

/* On the current reply, which starts with a status line or is continued by `status`. */
__noinline int try_answer(__u32 first, __u32 count)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	s->span[SW_BUFFER_PAYLOAD] = make_span(s->start, s->end);
	s->cut = s->start == FRESH - SW_TAIL_BYTES;
	read_lines();
	/* conditions that read nothing of the text match once per reply */
	return try_conditions(first, count) && (s->first_line >= FRESH || s->touched > FRESH);
}

static __always_inline bool try_hidden(struct scratch *s, __u32 from, __u32 to, __u32 first,
				       __u32 count)
{
	if (from >= to)
		return false;
	s->span[SW_BUFFER_PAYLOAD] = make_span(from, to);
	return try_conditions(first, count) && s->touched > FRESH;
}

/* On the payload, with the tail in front; and on the decoded URI and form, in which a
 * rule for the payload may match as well. */
__noinline int try_payload(__u32 first, __u32 count)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	s->span[SW_BUFFER_PAYLOAD] = make_span(FRESH, s->end);
	s->cut = 0;
	if (try_conditions(first, count))
		return 1;
	if (s->start < FRESH) {
		s->span[SW_BUFFER_PAYLOAD].from = s->start;
		s->cut = s->start == FRESH - SW_TAIL_BYTES;
		if (try_conditions(first, count) && s->touched > FRESH)
			return 1;
	}
	s->cut = 1;
	return try_hidden(s, DECODED, s->decoded, first, count) ||
	       try_hidden(s, s->form, s->form_end, first, count);
}

/* Selects the n-th command of the text; 0: there is none. This and the next are
 * functions because the verifier follows each iteration of a loop. */
__noinline int take_command(__u32 n)
{
	struct scratch *s = scratch();

	if (!s || n >= s->commands || s->work >= WORK_MAX)
		return 0;
	n = masked(n, COMMANDS - 1);
	s->work += WORK_OF_A_COMMAND;
	s->cut = 0;
	s->span[SW_BUFFER_PAYLOAD] = make_span(s->command[n].from, s->command[n].to);
	return 1;
}

__noinline int is_command_bad(void)
{
	const struct scratch *s = scratch();
	__u32 at;

	if (!s || !is_new(s))
		return 0;
	at = s->span[SW_BUFFER_PAYLOAD].from;
	return s->earliest == at || !may_be_any_text(s, at);
}

/* On each command of the text. */
__noinline int try_commands(__u32 first, __u32 count)
{
	for (__u32 n = 0; n < COMMANDS && take_command(n); n++)
		if (try_conditions(first, count) && is_command_bad())
			return 1;
	return 0;
}

#endif
