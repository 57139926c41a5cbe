/* SPDX-License-Identifier: GPL-2.0-only */
/* The head of an HTTP/1 request (RFC 9112), as far as rules look at it. Where a lenient
 * server might read more, the span includes it: a URI extends to the end of the line,
 * whatever blanks or NULs it contains. */
#ifndef HTTP_H
#define HTTP_H

#include "swar.h"

#define LINES 640      /* lines of a head that are told apart: all that fit */
#define BLANK_LINES 64 /* that may precede a request: RFC 9112 2.2 */
#define METHOD_BYTES 16
#define TRAILING 8 /* blanks that may end a request line */

static __always_inline __u8 byte_at(const struct scratch *s, __u32 at)
{
	return s->byte[at & TEXT_MASK];
}

static __always_inline bool is_capital(__u8 b)
{
	return b >= 'A' && b <= 'Z';
}

static __always_inline bool is_blank(__u8 b)
{
	return b == ' ' || b == '\t';
}

static __always_inline bool is_white(__u8 b)
{
	return is_blank(b) || b == '\r';
}

/* End of the method that starts at `at`; 0: none does. */
static __always_inline __u32 method_end(const struct scratch *s, __u32 at)
{
	__u32 n = 0;

	if (!is_capital(byte_at(s, at)) || !is_capital(byte_at(s, at + 1)) ||
	    !is_capital(byte_at(s, at + 2)))
		return 0;
	for (n = 3; n < METHOD_BYTES && is_capital(byte_at(s, at + n)); n++)
		;
	return is_blank(byte_at(s, at + n)) ? at + n : 0;
}

static __always_inline __u32 word4(const char text[4])
{
	return text[0] | text[1] << 8 | text[2] << 16 | (__u32)text[3] << 24;
}

/* The methods of RFC 9110 9.3, RFC 5789 and WebDAV; no command of another protocol
 * starts like one of these. */
static __always_inline bool begins_request(__u32 first)
{
	return first == word4("GET ") || first == word4("POST") || first == word4("HEAD") ||
	       first == word4("PUT ") || first == word4("OPTI") || first == word4("DELE") ||
	       first == word4("PATC") || first == word4("PROP") || first == word4("TRAC") ||
	       first == word4("SEAR") || first == word4("MKCO");
}

/* Cheap check before the call below. */
static __always_inline bool may_begin(const struct scratch *s, __u32 at)
{
	__u8 b = byte_at(s, at);

	return is_capital(b) || b == '\r' || b == '\n';
}

/* Start of a request line, after empty lines; 0: none. */
__noinline int find_request(__u32 at)
{
	const struct scratch *s = scratch();

	if (!s)
		return 0;
	for (int i = 0; i < 2 * BLANK_LINES; i++, at++)
		if (byte_at(s, at) != '\r' && byte_at(s, at) != '\n')
			break;
	return at < s->end && method_end(s, at) ? at : 0;
}

static __always_inline __u32 hex_digit(__u8 b)
{
	if (b >= '0' && b <= '9')
		return b - '0';
	b |= 0x20;
	return b >= 'a' && b <= 'f' ? b - 'a' + 10 : 16;
}

/* Loop counters are kept in the scratch map, whose contents the verifier does not
 * track: on the stack every iteration would be a new state. */
/* Copies up to the next percent sign, at most eight bytes. Bytes behind the result may
 * still have to be read, so they stay. */
static __always_inline void copy_plain(struct scratch *s, __u32 in, __u64 w)
{
	__u64 marks = mark_zero(w ^ '%' * ONES), mask = ~0ull;
	__u32 plain = marks ? first_marked(marks) : 8;

	w ^= (mark_each_zero(w ^ '+' * ONES) >> 7) * s->plus;

	if (plain > s->in_end - in)
		plain = s->in_end - in;
	if (plain < 8)
		mask = (1ull << (8 * plain & 63)) - 1;
	store8(s, s->out, (w & mask) | (load8(s, s->out) & ~mask));
	s->in = in + plain;
	s->out += plain;
}

static long decode_step(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u32 in = s->in, high, low;
	__u8 b = byte_at(s, in);

	(void)i;
	if (in >= s->in_end)
		return 1;
	if (b != '%') {
		copy_plain(s, in, load8(s, in));
		return 0;
	}
	if (in + 2 < s->in_end) {
		/* %u00xx: accepted by Windows' http.sys */
		if (in + 5 < s->in_end &&
		    ((load8(s, in + 1) | 0x20) & 0xffffff) == ('u' | '0' << 8 | '0' << 16))
			in += 3;
		high = hex_digit(byte_at(s, in + 1));
		low = hex_digit(byte_at(s, in + 2));
		if ((high | low) < 16) {
			b = high << 4 | low;
			in += 2;
		}
	}
	s->byte[s->out & TEXT_MASK] = b;
	s->out++;
	copy_plain(s, in + 1, load8(s, in + 1));
	return 0;
}

static __always_inline void decode_once(struct scratch *s, __u32 from, __u32 to, __u32 out)
{
	s->in = from;
	s->in_end = to;
	s->out = out;
	bpf_loop(to - from, decode_step, &s, 0);
}

static __always_inline void zero_slack(struct scratch *s, __u32 at)
{
#pragma unroll
	for (int n = 0; n < 12; n++)
		store8(s, at + 8 * n, 0);
}

#define FORM_PLUS ('+' ^ ' ') /* + is a blank in forms (WHATWG URL 5.1) */

/* Percent-decodes [from, to), twice if some are left, to `out`. Returns the end of the
 * result. */
__noinline int decode(__u32 from, __u32 to, __u32 out, __u32 plus)
{
	struct scratch *s = scratch();

	if (!s || from >= to)
		return out;
	s->plus = plus;
	decode_once(s, from, to, out);
	s->plus = 0;
	if (find_byte(out, s->out, '%') < (int)s->out)
		decode_once(s, out, s->out, out);
	zero_slack(s, s->out);
	return s->out;
}

#define VERSION_BYTES 9		 /* " HTTP/1.1" */
#define VERSION 0x2e312f50545448 /* "HTTP/1.", first letter in the lowest byte */

/* End of the URI in [from, to): without version and line end. */
static __always_inline __u32 uri_end(const struct scratch *s, __u32 from, __u32 to)
{
	for (int i = 0; i < TRAILING && to > from && is_white(byte_at(s, to - 1)); i++)
		to--;
	if (to < from + VERSION_BYTES || load8(s, to - VERSION_BYTES) >> 8 != VERSION)
		return to;
	return is_blank(byte_at(s, to - VERSION_BYTES)) ? to - VERSION_BYTES : to;
}

static __always_inline struct span make_span(__u32 from, __u32 to)
{
	return (struct span){from, to};
}

static __always_inline void forget_head(struct scratch *s)
{
#pragma unroll
	for (int b = SW_BUFFER_METHOD; b < SW_BUFFER_COUNT; b++)
		s->span[b] = make_span(0, 0);
	s->headers = 0;
	s->body = 0;
	s->lines_read = s->proxied = s->parts = 0;
	s->first_line = 0;
	s->body_length = s->said = s->content = 0;
	s->form = s->form_end = 0;
	s->normal = NORMAL;
	s->decoded = DECODED;
}

struct line_search {
	struct scratch *s;
	__u64 percent, bent;
	__u64 query; /* a question mark */
	__u32 from, found;
};

/* "//", "/." or a backslash: a path to be normalized. */
static __always_inline __u64 bend_in(const struct scratch *s, __u32 at, __u64 w)
{
	__u64 slash = mark_each_zero(w ^ '/' * ONES), next;

	if (!slash)
		return mark_zero(w ^ '\\' * ONES);
	next = load8(s, at + 1);
	return (slash & (mark_each_zero(next ^ '/' * ONES) | mark_each_zero(next ^ '.' * ONES))) |
	       mark_zero(w ^ '\\' * ONES);
}

/* Behind a question mark nothing is normalized. */
static __always_inline void note_bend(struct line_search *l, __u32 at, __u64 w)
{
	__u64 query = mark_zero(w ^ '?' * ONES);

	if (l->query)
		return;
	l->bent |= bend_in(l->s, at, w) & ((query & -query) - 1);
	l->query = query;
	if (query)
		l->s->path_end = at + first_marked(query);
}

/* A question mark that was escaped is part of the path. */
static long find_bend_step(__u64 i, void *ctx)
{
	struct line_search *l = ctx;
	__u32 at = l->from + i * 16;

	l->bent |= bend_in(l->s, at, load8(l->s, at));
	l->bent |= bend_in(l->s, at + 8, load8(l->s, at + 8));
	return !!l->bent;
}

static __always_inline bool is_bent(struct scratch *s, __u32 from, __u32 to)
{
	struct line_search l = {.s = s, .from = from};

	if (from < to)
		bpf_loop((to - from + 15) / 16, find_bend_step, &l, 0);
	return l.bent;
}

static long find_line_step(__u64 i, void *ctx)
{
	struct line_search *l = ctx;
	__u32 at = l->from + i * 16;
	__u64 w, marks;

#pragma unroll
	for (int n = 0; n < 2; n++) {
		w = load8(l->s, at + 8 * n);
		l->percent |= mark_zero(w ^ '%' * ONES);
		note_bend(l, at + 8 * n, w);
		marks = mark_zero(w ^ '\n' * ONES);
		if (marks) {
			l->found = at + 8 * n + first_marked(marks);
			return 1;
		}
	}
	return 0;
}

/* End of the line, or `to`; *percent: it may contain a percent sign. */
static __always_inline __u32 find_line(struct scratch *s, __u32 from, __u32 to, bool *percent)
{
	struct line_search l = {.s = s, .from = from, .found = to};

	s->path_end = to;
	if (from < to)
		bpf_loop((to - from + 15) / 16, find_line_step, &l, 0);
	*percent = l.percent;
	s->bent = !!l.bent;
	return l.found < to ? l.found : to;
}

#define NORMAL_MOST 400 /* bytes of a path that are normalized */
#define QUERY 1
#define BACKSLASH 2
#define SEGMENT_MOST 64 /* longest segment that ".." removes */

/* Back to the slash before the last segment: "/a/b/.." is "/a". */
static __always_inline __u32 parent_of(const struct scratch *s, __u32 at)
{
	for (int i = 0; i < SEGMENT_MOST && at > NORMAL; i++)
		if (byte_at(s, --at) == '/')
			return at;
	return NORMAL;
}

/* RFC 3986 5.2.4, and what servers do besides: collapse //, and take a backslash for a
 * slash. */
static long normalise_step(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u8 b = byte_at(s, s->in);
	__u32 last = s->out - 1;

	(void)i;
	if (s->in >= s->in_end)
		return 1;
	s->in++;
	if (s->in > s->path_end)
		s->line |= QUERY; /* the rest is not path */
	if (!(s->line & QUERY) && b == '\\') {
		s->line |= BACKSLASH;
		b = '/';
	}
	if (!(s->line & QUERY) && b == '/' && s->out > NORMAL) {
		if (byte_at(s, last) == '/')
			return 0;
		if (byte_at(s, last) == '.' && byte_at(s, last - 1) == '/') {
			s->out = last;
			return 0;
		}
		if (byte_at(s, last) == '.' && byte_at(s, last - 1) == '.' &&
		    byte_at(s, last - 2) == '/' && last >= NORMAL + 2)
			s->out = parent_of(s, last - 2);
	}
	s->byte[s->out & TEXT_MASK] = b;
	s->out++;
	return 0;
}

/* Writes the URI as servers take it to NORMAL, if that differs from the original. */
__noinline int normalise(void)
{
	struct scratch *s = scratch();
	struct span uri;

	if (!s)
		return 0;
	uri = s->span[SW_BUFFER_URI];
	s->normal = NORMAL;
	if (uri.from >= uri.to || s->decoded + TEXT_SLACK > NORMAL)
		return 0;
	s->in = uri.from;
	s->in_end = uri.to - uri.from > NORMAL_MOST ? uri.from + NORMAL_MOST : uri.to;
	s->out = NORMAL;
	s->line = 0;
	bpf_loop(NORMAL_MOST, normalise_step, &s, 0);
	if (s->out - NORMAL == s->in_end - uri.from && !(s->line & BACKSLASH))
		return 0;
	s->normal = s->out;
	zero_slack(s, s->out);
	return 0;
}

/* Reads a URI that starts at `at`; also finds the start of the lines after it. */
static __always_inline void read_uri(struct scratch *s, __u32 at)
{
	bool percent;
	__u32 line = find_line(s, at, s->end, &percent), to = line, path_end;

	if (line < s->end) {
		to = uri_end(s, at, line);
		s->headers = line + 1;
	}
	s->span[SW_BUFFER_URI_RAW] = s->span[SW_BUFFER_URI] = make_span(at, to);
	path_end = s->path_end < to ? s->path_end : to;
	s->path_end = path_end;
	if (percent) {
		s->path_end = decode(at, path_end, DECODED, 0);
		s->decoded = decode(path_end, to, s->path_end, 0);
		s->span[SW_BUFFER_URI] = make_span(DECODED, s->decoded);
		s->bent = is_bent(s, DECODED, s->path_end);
	}
	if (s->bent)
		normalise();
}

/* Reads the request line at `at`, where find_request() found one. */
__noinline int read_request(__u32 at)
{
	struct scratch *s = scratch();
	__u32 end;

	if (!s)
		return 0;
	forget_head(s);
	end = method_end(s, at);
	s->first_line = at;
	s->span[SW_BUFFER_METHOD] = make_span(at, end);
	for (int i = 0; i < METHOD_BYTES && is_blank(byte_at(s, end)); i++)
		end++;
	read_uri(s, end);
	return 0;
}

#define WORD8(a, b, c, d, e, f, g, h)                                                            \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

#define PIECE 32  /* bytes of a text read per iteration: as many as fit */
#define PIECES 64 /* no bpf_loop() in the path of every request: see search() */

/* Marks the bytes at `at` that equal this one, of eight. */
static __always_inline __u64 mark_each(const struct scratch *s, __u32 at, __u64 byte)
{
	return mark_each_zero(load8(s, at) ^ byte * ONES);
}

/* Those of the marked line ends that an empty line follows. */
static __always_inline __u64 before_empty(const struct scratch *s, __u32 at, __u64 marks)
{
	__u64 next = mark_each(s, at + 1, '\n'), cr = mark_each(s, at + 1, '\r');

	return marks & (next | (cr & mark_each(s, at + 2, '\n')));
}

/* Content-Length, Content-Type, Transfer-Encoding; or so many line ends within eight
 * bytes that it cannot be told. */
static __always_inline bool may_tell_of_body(const struct scratch *s, __u32 at, __u64 marks)
{
	__u64 w;

	if (!marks)
		return false;
	w = load8(s, at + first_marked(marks) + 1) | BLANKS;
	return w == WORD8('c', 'o', 'n', 't', 'e', 'n', 't', '-') ||
	       w == WORD8('t', 'r', 'a', 'n', 's', 'f', 'e', 'r') || marks & (marks - 1);
}

/* End of the head, at an empty line; 0: not in this text. Cheaper than read_lines(). */
__noinline int find_body(__u32 from, __u32 to)
{
	struct scratch *s = scratch();
	const __u64 *text;
	__u64 marks, last;

	if (!s)
		return 0;
	for (int n = 0; n < PIECES && from < to; n++, from += PIECE) {
		text = (const __u64 *)(s->byte + (from & TEXT_MASK));
#pragma unroll
		for (int at = 0; at < PIECE; at += 8) {
			if (!mark_zero(text[at / 8] ^ '\n' * ONES))
				continue;
			marks = mark_each(s, from + at, '\n');
			last = before_empty(s, from + at, marks);
			s->content |= may_tell_of_body(s, from + at, marks & ((last & -last) - 1));
			if (!last)
				continue;
			from += at + first_marked(last) + 1;
			from += byte_at(s, from) == '\r';
			return from < to ? from + 1 : 0;
		}
	}
	return 0;
}

/* The rest of a URI whose start is in the tail. */
__noinline int read_rest_of_uri(__u32 at)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	forget_head(s);
	read_uri(s, at);
	return 0;
}

/* If a header is sent twice, its span covers both lines. */
static __always_inline void widen(struct span *span, __u32 from, __u32 to)
{
	if (!span->from)
		span->from = from;
	span->to = to;
}

/* Only proxies send the client's address: RFC 7239, RFC 9110 7.6.3, and their
 * predecessors. Folded: '-' and ':' have that bit set already. */
static __always_inline __u32 client_of_line(const struct scratch *s, __u32 at, __u64 w)
{
	__u64 next = load8(s, at + 8) | BLANKS;

	if (w == WORD8('x', '-', 'f', 'o', 'r', 'w', 'a', 'r') &&
	    next == WORD8('d', 'e', 'd', '-', 'f', 'o', 'r', ':'))
		return 16;
	if (w == WORD8('x', '-', 'r', 'e', 'a', 'l', '-', 'i') &&
	    (next & 0xffff) == ('p' | ':' << 8))
		return 10;
	if (w == WORD8('f', 'o', 'r', 'w', 'a', 'r', 'd', 'e') &&
	    (next & 0xffff) == ('d' | ':' << 8))
		return 10;
	if (w == WORD8('c', 'f', '-', 'c', 'o', 'n', 'n', 'e') &&
	    next == WORD8('c', 't', 'i', 'n', 'g', '-', 'i', 'p'))
		return 17;
	if (w == WORD8('t', 'r', 'u', 'e', '-', 'c', 'l', 'i') &&
	    next == WORD8('e', 'n', 't', '-', 'i', 'p', ':', ' '))
		return 15;
	return 0;
}

#define BODY_MOST 0x7fffffffu

static __always_inline void read_body_length(struct scratch *s, __u32 at)
{
	__u32 n = 0, digit;

	at += is_blank(byte_at(s, at));
	for (int i = 0; i < 10; i++) {
		digit = byte_at(s, at + i) - '0';
		if (digit > 9)
			break;
		n = n > BODY_MOST / 10 ? BODY_MOST : n * 10 + digit;
	}
	s->body_length = n;
	s->said |= SW_TAIL_LENGTH;
}

/* application/x-www-form-urlencoded */
static __always_inline bool is_form(const struct scratch *s, __u32 at)
{
	for (int i = 0; i < TRAILING && is_blank(byte_at(s, at)); i++)
		at++;
	return (load8(s, at) | BLANKS) == WORD8('a', 'p', 'p', 'l', 'i', 'c', 'a', 't') &&
	       (load8(s, at + 8) | BLANKS) == WORD8('i', 'o', 'n', '/', 'x', '-', 'w', 'w') &&
	       (load8(s, at + 16) | BLANKS) == WORD8('w', '-', 'f', 'o', 'r', 'm', '-', 'u');
}

static __always_inline __u32 name_of_line(struct scratch *s, __u32 at, __u32 *value)
{
	__u64 w = load8(s, at) | BLANKS;

	if ((w & 0xffffffffff) == 0x3a74736f68) { /* host: */
		*value = at + 5;
		return SW_BUFFER_HOST;
	}
	if ((w & 0xffffffffffffff) == 0x3a65696b6f6f63) { /* cookie: */
		*value = at + 7;
		return SW_BUFFER_COOKIE;
	}
	/* user-agent: */
	if (w == 0x6567612d72657375 && ((load8(s, at + 8) | BLANKS) & 0xffffff) == 0x3a746e) {
		*value = at + 11;
		return SW_BUFFER_USER_AGENT;
	}
	if (w == WORD8('r', 'e', 'f', 'e', 'r', 'e', 'r', ':')) {
		*value = at + 8;
		return SW_BUFFER_REFERER;
	}
	if (w == WORD8('c', 'o', 'n', 't', 'e', 'n', 't', '-') &&
	    ((load8(s, at + 8) | BLANKS) & 0xffffffffffffff) == 0x3a6874676e656c) { /* length: */
		read_body_length(s, at + 15);
		return 0;
	}
	if (w == WORD8('c', 'o', 'n', 't', 'e', 'n', 't', '-') &&
	    ((load8(s, at + 8) | BLANKS) & 0xffffffffff) == 0x3a65707974) { /* type: */
		s->said |= is_form(s, at + 13) ? SW_TAIL_FORM : SW_TAIL_TYPED;
		return 0;
	}
	if (w == WORD8('t', 'r', 'a', 'n', 's', 'f', 'e', 'r') &&
	    (load8(s, at + 8) & 0xff) == '-') {
		s->said |= SW_TAIL_CHUNKED;
		return 0;
	}
	if ((w & 0xffffffff) == ('v' | 'i' << 8 | 'a' << 16 | ':' << 24)) {
		s->proxied = 1;
		return 0;
	}
	*value = at + client_of_line(s, at, w);
	return *value > at ? SW_BUFFER_CLIENT : 0;
}

/* An address, or one after "for=". Attackers claim to be 127.0.0.1. */
static __always_inline bool may_be_client(const struct scratch *s, __u32 at)
{
	__u64 w = load8(s, at);
	__u8 b = w;

	if ((w & 0xffffffff) == ('1' | '2' << 8 | '7' << 16 | '.' << 24))
		return false;
	return hex_digit(b) < 16 || b == ':' || b == '[' ||
	       ((w | BLANKS) & 0xffffffff) == ('f' | 'o' << 8 | 'r' << 16 | ('=' | 0x20) << 24);
}

static long read_line(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u32 at = s->in, value = at, name, line, to;

	(void)i;
	line = to = find_byte(at, s->end, '\n');
	if (to > at && byte_at(s, to - 1) == '\r')
		to--;
	if (line < s->end && to == at) {
		s->body = line + 1;
		return 1;
	}
	/* a folded line continues the previous one (RFC 9112 5.2) */
	name = is_blank(byte_at(s, at)) ? s->line : name_of_line(s, at, &value);
	if (is_blank(byte_at(s, value)))
		value++;
	if (name == SW_BUFFER_CLIENT)
		s->proxied |= may_be_client(s, value);
	/* Two tests with an asm in between: merged, clang compares name - 1 but indexes
	 * with name, and the verifiers of 6.1 and 6.19 lose the bound. */
	if (name) {
		asm volatile("" : "+r"(name));
		if (name < SW_BUFFER_COUNT)
			widen(&s->span[name], value, to);
	}
	s->line = name;
	s->in = line + 1;
	return s->in >= s->end;
}

static __always_inline bool is_post(const struct scratch *s)
{
	__u32 at = s->span[SW_BUFFER_METHOD].from;

	return at && byte_at(s, at) == 'P' && byte_at(s, at + 1) == 'O';
}

/* Reads the lines of the head, and finds its end. A POST without a Content-Type counts
 * as a form. */
__noinline int read_lines(void)
{
	struct scratch *s = scratch();

	if (!s || s->lines_read)
		return 0;
	s->lines_read = 1;
	if (!s->headers)
		return 0;
	s->in = s->headers;
	s->line = 0;
	bpf_loop(LINES, read_line, &s, 0);
	s->span[SW_BUFFER_HEADER] = make_span(s->headers, s->body ? s->body : s->end);
	if (!s->body)
		return 0;
	s->span[SW_BUFFER_BODY] = make_span(s->body, s->end);
	if (!(s->said & SW_TAIL_TYPED) && is_post(s))
		s->said |= SW_TAIL_FORM;
	return 0;
}

#endif
