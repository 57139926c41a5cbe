/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protocols of commands: SMTP, FTP, POP3, IMAP and Redis. A rule matches within one
 * command. Data that a command carries is skipped, across segments: a mail (RFC 5321
 * 4.1.1.4, RFC 3030), an IMAP literal (RFC 9051 4.3), a Redis value. The words of a
 * Redis command sent as bulk strings are joined as one would type them, in the place of
 * the decoded URI.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "http.h"

#define COMMAND_STEPS 2048
#define SHORTEST_COMMAND 3
#define TAG_MOST 16 /* of IMAP */
#define LITERAL_DIGITS 10
#define COPIES_END 3968 /* a copy's last 32 bytes and the slack fit behind it */
#define VERB 0xffffffffu

#define WORD4(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

/* ---- which protocol */

static __always_inline enum sw_speech speech_of_port(__u16 port)
{
	switch (port) {
	case 25:
	case 587:
	case 2525:
		return SW_SPEECH_SMTP;
	case 21:
	case 2121:
		return SW_SPEECH_FTP;
	case 110:
		return SW_SPEECH_POP3;
	case 143:
		return SW_SPEECH_IMAP;
	case 6379:
		return SW_SPEECH_REDIS;
	}
	return SW_SPEECH_NONE;
}

static __always_inline __u16 port_of_speech(enum sw_speech speech)
{
	switch (speech) {
	case SW_SPEECH_SMTP:
		return 25;
	case SW_SPEECH_FTP:
		return 21;
	case SW_SPEECH_POP3:
		return 110;
	case SW_SPEECH_IMAP:
		return 143;
	case SW_SPEECH_REDIS:
		return 6379;
	default:
		return 0;
	}
}

/* Folded: a blank, CR, LF. */
static __always_inline bool ends_word(__u8 folded)
{
	return folded == ' ' || folded == ('\r' | 0x20) || folded == ('\n' | 0x20);
}

static __always_inline bool is_resp(const struct scratch *s, __u32 at)
{
	__u64 w = load8(s, at);
	__u8 digit = w >> 8;

	if ((w & 0xff) != '*' || digit < '1' || digit > '9')
		return false;
	w >>= 16;
	if ((__u8)w >= '0' && (__u8)w <= '9')
		w >>= 8;
	return (w & 0xffffff) == ('\r' | '\n' << 8 | '$' << 16);
}

/* Commands that start a session, after a tag. */
static __always_inline bool is_imap(const struct scratch *s)
{
	__u64 w;
	__u32 at = 0;

	for (__u32 i = TAG_MOST; i > 0; i--)
		at = byte_at(s, FRESH + i) == ' ' ? FRESH + i + 1 : at;
	if (!at)
		return false;
	w = load8(s, at) | BLANKS;
	return w == WORD8('c', 'a', 'p', 'a', 'b', 'i', 'l', 'i') ||
	       w == WORD8('a', 'u', 't', 'h', 'e', 'n', 't', 'i') ||
	       w == WORD8('s', 't', 'a', 'r', 't', 't', 'l', 's') ||
	       (w & 0xffffffffffff) == WORD8('l', 'o', 'g', 'i', 'n', ' ', 0, 0) ||
	       (__u32)w == WORD4('i', 'd', ' ', '(');
}

static __always_inline bool is_redis(const struct scratch *s, __u64 w)
{
	return is_resp(s, FRESH) || w == WORD8('c', 'o', 'n', 'f', 'i', 'g', ' ', 's') ||
	       w == WORD8('s', 'l', 'a', 'v', 'e', 'o', 'f', ' ') ||
	       w == WORD8('r', 'e', 'p', 'l', 'i', 'c', 'a', 'o') ||
	       w == WORD8('m', 'o', 'd', 'u', 'l', 'e', ' ', 'l');
}

/* Judged by what the client says first, because the server's greeting is not seen here. */
static __always_inline enum sw_speech speech_of_words(const struct scratch *s)
{
	__u64 w = load8(s, FRESH) | BLANKS;
	bool alone = ends_word(w >> 32);

	switch (w & VERB) {
	case WORD4('e', 'h', 'l', 'o'):
	case WORD4('h', 'e', 'l', 'o'):
	case WORD4('l', 'h', 'l', 'o'):
		return alone ? SW_SPEECH_SMTP : SW_SPEECH_NONE;
	case WORD4('u', 's', 'e', 'r'):
	case WORD4('f', 'e', 'a', 't'):
	case WORD4('s', 'y', 's', 't'):
		return alone ? SW_SPEECH_FTP : SW_SPEECH_NONE;
	case WORD4('c', 'a', 'p', 'a'):
	case WORD4('s', 't', 'l', 's'):
	case WORD4('a', 'p', 'o', 'p'):
		return alone ? SW_SPEECH_POP3 : SW_SPEECH_NONE;
	}
	if (w == WORD8('a', 'u', 't', 'h', ' ', 't', 'l', 's') ||
	    w == WORD8('a', 'u', 't', 'h', ' ', 's', 's', 'l'))
		return SW_SPEECH_FTP;
	if (is_redis(s, w))
		return SW_SPEECH_REDIS;
	return is_imap(s) ? SW_SPEECH_IMAP : SW_SPEECH_NONE;
}

static __always_inline bool is_smtp_verb(__u64 w)
{
	switch (w & VERB) {
	case WORD4('e', 'h', 'l', 'o'):
	case WORD4('h', 'e', 'l', 'o'):
	case WORD4('l', 'h', 'l', 'o'):
	case WORD4('m', 'a', 'i', 'l'):
	case WORD4('r', 'c', 'p', 't'):
	case WORD4('d', 'a', 't', 'a'):
	case WORD4('b', 'd', 'a', 't'):
	case WORD4('r', 's', 'e', 't'):
	case WORD4('n', 'o', 'o', 'p'):
	case WORD4('v', 'r', 'f', 'y'):
	case WORD4('e', 'x', 'p', 'n'):
	case WORD4('a', 'u', 't', 'h'):
	case WORD4('q', 'u', 'i', 't'):
	case WORD4('h', 'e', 'l', 'p'):
	case WORD4('s', 't', 'a', 'r'):
		return true;
	}
	return false;
}

/* The start of the connection was not seen or is forgotten: is this inside data that a
 * command carries? */
static __always_inline bool may_be_carried(const struct scratch *s, enum sw_speech speech)
{
	switch (speech) {
	case SW_SPEECH_SMTP:
		return !is_smtp_verb(load8(s, FRESH) | BLANKS);
	case SW_SPEECH_IMAP:
		return !is_imap(s);
	case SW_SPEECH_REDIS:
		return !is_resp(s, FRESH) && !is_redis(s, load8(s, FRESH) | BLANKS);
	default:
		return false;
	}
}

/* ---- what they are */

static __always_inline void list_command(struct scratch *s, __u32 from, __u32 to)
{
	__u32 at = masked(s->commands, COMMANDS - 1);

	if (to < from + SHORTEST_COMMAND || s->commands >= COMMANDS)
		return;
	s->command[at].from = from;
	s->command[at].to = to;
	s->commands++;
}

static __always_inline __u32 digits_at(const struct scratch *s, __u32 at)
{
	__u32 n = 0, digit;

	for (int i = 0; i < LITERAL_DIGITS; i++, at++) {
		digit = byte_at(s, at) - '0';
		if (digit > 9)
			break;
		n = n > BODY_MOST / 10 ? BODY_MOST : n * 10 + digit;
	}
	return n;
}

/* BDAT is followed by its octets, DATA by lines up to a lone dot. */
static __always_inline void read_smtp_verb(struct scratch *s, __u32 at)
{
	__u64 w = load8(s, at) | BLANKS;

	if (!ends_word(w >> 32))
		return;
	if ((w & VERB) == WORD4('d', 'a', 't', 'a'))
		s->phase |= SW_PHASE_MAIL | SW_PHASE_ASKED;
	if ((w & VERB) == WORD4('b', 'd', 'a', 't'))
		s->skip = digits_at(s, at + 5);
}

/* A line that ends with {42} or {42+}: that many bytes follow, then the rest of the
 * command. */
static __always_inline void read_literal(struct scratch *s, __u32 line)
{
	__u32 at = line - 1;

	at -= byte_at(s, at) == '\r';
	if (byte_at(s, at) != '}')
		return;
	for (int i = 0; i < LITERAL_DIGITS + 2; i++)
		if (byte_at(s, --at) == '{') {
			s->skip = digits_at(s, at + 1);
			s->phase |= SW_PHASE_WITHIN;
			return;
		}
}

/* Offset behind the tag. */
static __always_inline __u32 behind_tag(__u32 from, __u32 to)
{
	__u32 at = find_byte(from, to, ' ');

	return at < to ? at + 1 : from;
}

/* Commands whose arguments are not stored data. */
static __always_inline bool is_administration(__u64 w)
{
	switch (w & VERB) {
	case WORD4('c', 'o', 'n', 'f'):
	case WORD4('e', 'v', 'a', 'l'):
	case WORD4('f', 'u', 'n', 'c'):
	case WORD4('f', 'c', 'a', 'l'):
	case WORD4('s', 'c', 'r', 'i'):
	case WORD4('m', 'o', 'd', 'u'):
	case WORD4('s', 'l', 'a', 'v'):
	case WORD4('r', 'e', 'p', 'l'):
	case WORD4('m', 'i', 'g', 'r'):
	case WORD4('d', 'e', 'b', 'u'):
	case WORD4('c', 'l', 'u', 's'):
	case WORD4('c', 'l', 'i', 'e'):
	case WORD4('s', 'y', 's', 't'):
	case WORD4('a', 'c', 'l', ' '):
	case WORD4('p', 's', 'y', 'n'):
		return true;
	}
	return false;
}

/* Inline form: what follows the key is a value. */
static __always_inline __u32 behind_own_words(const struct scratch *s, __u32 from, __u32 to)
{
	__u32 at;

	if (is_administration(load8(s, from) | BLANKS))
		return to;
	at = find_byte(from, to, ' ');
	return at < to ? find_byte(at + 1, to, ' ') : to;
}

static __always_inline void list_line(struct scratch *s, __u32 from, __u32 to)
{
	if (s->speech == SW_SPEECH_IMAP)
		from = behind_tag(from, to);
	if (s->speech == SW_SPEECH_REDIS)
		to = behind_own_words(s, from, to);
	list_command(s, from, to);
}

/* Reads a line; 1 if the text ends. */
static __always_inline int read_command_line(struct scratch *s)
{
	__u32 from = s->in, line = find_byte(from, s->end, '\n');
	bool whole = line < s->end, within = s->phase & SW_PHASE_WITHIN;

	s->in = whole ? line + 1 : s->end;
	if (!within)
		list_line(s, from, s->in);
	if (!whole) {
		s->open = from;
		if (s->end - from > SW_TAIL_BYTES) {
			s->open = s->end;
			s->phase |= SW_PHASE_WITHIN;
		}
		return 1;
	}
	s->phase &= ~(SW_PHASE_WITHIN | SW_PHASE_REFUSED);
	if (s->speech == SW_SPEECH_SMTP && !within)
		read_smtp_verb(s, from);
	if (s->speech == SW_SPEECH_IMAP)
		read_literal(s, line);
	s->open = s->in;
	return 0;
}

/* ---- a mail */

static long find_dot_step(__u64 i, void *ctx)
{
	struct byte_search *b = ctx;
	__u32 at = b->from + i * 32;
	__u64 marks;

#pragma unroll
	for (int w = 0; w < 4; w++, at += 8) {
		marks = mark_each_zero(load8(b->s, at) ^ '\n' * ONES) &
			mark_each_zero(load8(b->s, at + 1) ^ '.' * ONES);
		if (marks) {
			b->found = at + first_marked(marks) + 1;
			return 1;
		}
	}
	return 0;
}

/* The dot of the next line in [from, to) that starts with one, or `to`. */
__noinline int find_dot(__u32 from, __u32 to)
{
	struct byte_search b = {.s = scratch(), .from = from, .found = to};

	if (!b.s || from >= to)
		return to;
	bpf_loop((to - from + 31) / 32, find_dot_step, &b, 0);
	return b.found < to ? b.found : to;
}

/* Servers also accept line ends without CR. 0: the mail continues. */
static __always_inline __u32 behind_lone_dot(const struct scratch *s, __u32 at)
{
	__u32 w = load8(s, at);

	if ((w & 0xffff) == ('.' | '\n' << 8))
		return at + 2;
	return (w & 0xffffff) == ('.' | '\r' << 8 | '\n' << 16) ? at + 3 : 0;
}

/* Skips to the end of the mail, or to the next line that starts with a dot; 1 if the
 * text ends. */
static __always_inline int pass_mail(struct scratch *s)
{
	__u32 at = s->in, behind;

	s->phase &= ~SW_PHASE_ASKED;
	if (!(s->phase & SW_PHASE_WITHIN) && byte_at(s, at) == '.') {
		behind = behind_lone_dot(s, at);
		if (behind && behind <= s->end) {
			s->phase = 0;
			s->in = s->open = behind;
			return 0;
		}
		if (at + 1 == s->end || (at + 2 == s->end && byte_at(s, at + 1) == '\r')) {
			s->open = at;
			return 1;
		}
	}
	s->in = find_dot(at, s->end);
	s->phase &= ~SW_PHASE_WITHIN;
	if (s->in < s->end)
		return 0;
	s->open = s->end;
	if (byte_at(s, s->end - 1) != '\n')
		s->phase |= SW_PHASE_WITHIN;
	return 1;
}

/* ---- the Redis protocol: *2 $3 GET $1 a, each on a line of its own */

struct word_copy {
	struct scratch *s;
	__u32 from, out;
};

static long copy_word_step(__u64 i, void *ctx)
{
	struct word_copy *c = ctx;

	for (int n = 0; n < 32; n += 8)
		store8(c->s, c->out + i * 32 + n, load8(c->s, c->from + i * 32 + n));
	return 0;
}

/* Appends to the copy; excess bytes are overwritten later. */
__noinline int copy_word(__u32 from, __u32 length)
{
	struct word_copy c = {.s = scratch(), .from = from};

	if (!c.s || c.s->out + length > COPIES_END)
		return 0;
	if (!c.s->copied && from + length > FRESH)
		c.s->copied = c.s->out + (from < FRESH ? FRESH - from : 0);
	c.out = c.s->out;
	bpf_loop((length + 31) / 32, copy_word_step, &c, 0);
	c.s->out += length;
	return 0;
}

static __always_inline void take_word(struct scratch *s, __u32 at, __u32 length)
{
	if (!s->words)
		s->administers = is_administration(load8(s, at) | BLANKS);
	if (s->words++ > 1 && !s->administers)
		return;
	if (s->out > s->copy && s->out < COPIES_END)
		s->byte[s->out++ & TEXT_MASK] = ' ';
	copy_word(at, length);
}

static __always_inline void end_words(struct scratch *s)
{
	if (s->out > s->copy && s->out < COPIES_END) {
		s->byte[s->out++ & TEXT_MASK] = '\r';
		s->byte[s->out++ & TEXT_MASK] = '\n';
		list_command(s, s->copy, s->out);
	}
	s->phase &= ~SW_PHASE_WITHIN;
	s->open = s->in;
}

/* Reads a line with a count, or a word; 1 if the text ends. */
static __always_inline int read_word(struct scratch *s)
{
	__u32 line = find_byte(s->in, s->end, '\n'), length, have;

	if (line >= s->end) {
		if (s->phase & SW_PHASE_WITHIN || !s->args)
			s->open = s->end - s->in > SW_TAIL_BYTES ? s->end : s->in;
		return 1;
	}
	length = digits_at(s, s->in + 1);
	if (!s->args) {
		s->open = s->in;
		s->args = length;
		s->words = 0;
		s->copy = s->out;
		s->in = line + 1;
		return 0;
	}
	if (byte_at(s, s->in) != '$') { /* Redis closes the connection here */
		s->args = 0;
		s->phase &= ~SW_PHASE_WITHIN;
		s->in = s->open = line + 1;
		return 0;
	}
	have = s->end - line - 1;
	if (have > length)
		have = length;
	if (!(s->phase & SW_PHASE_WITHIN))
		take_word(s, line + 1, have);
	s->args--;
	s->in = line + 1 + length + 2;
	if (s->in > s->end) {
		s->skip = s->in - s->end;
		s->in = s->end;
		return 1;
	}
	if (!s->args)
		end_words(s);
	return 0;
}

/* A command that continues in the next segment: parsed again from its start if that can
 * be stored, otherwise the rest is skipped. */
static __always_inline void cut_words(struct scratch *s)
{
	if (!s->args && !s->skip)
		return;
	if (s->phase & SW_PHASE_WITHIN) {
		if (s->skip)
			s->open = s->end;
	} else {
		if (s->out > s->copy)
			list_command(s, s->copy, s->out);
		if (s->end - s->open <= SW_TAIL_BYTES) {
			s->args = s->skip = 0;
			return;
		}
		s->phase |= SW_PHASE_WITHIN;
		s->open = s->end - s->in > SW_TAIL_BYTES ? s->end : s->in;
	}
	if (!s->args)
		s->phase &= ~SW_PHASE_WITHIN;
}

/* ---- a whole text */

static long read_part(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u32 n;

	(void)i;
	if (s->in >= s->end)
		return 1;
	if (s->skip) {
		n = s->end - s->in;
		if (n > s->skip)
			n = s->skip;
		s->skip -= n;
		s->in += n;
		s->open = s->in;
		return 0;
	}
	if (s->phase & SW_PHASE_MAIL)
		return pass_mail(s);
	if (s->speech == SW_SPEECH_REDIS && (s->args || byte_at(s, s->in) == '*'))
		return read_word(s);
	return read_command_line(s);
}

/* Lists the commands of the text. */
__noinline int read_commands(void)
{
	struct scratch *s = scratch();

	if (!s)
		return 0;
	forget_head(s);
	s->in = s->open = s->start;
	s->out = s->copy = DECODED;
	s->copied = s->start == FRESH ? DECODED : 0;
	bpf_loop(COMMAND_STEPS, read_part, &s, 0);
	if (s->speech == SW_SPEECH_REDIS)
		cut_words(s);
	s->decoded = s->out;
	zero_slack(s, s->out);
	return 0;
}

/* A secret or a value may be any text: in it a rule has to start where the command
 * does. */
static __always_inline bool may_be_any_text(const struct scratch *s, __u32 at)
{
	__u64 w = load8(s, at) | BLANKS;

	if (s->speech == SW_SPEECH_REDIS)
		return !is_administration(w);
	switch (w & VERB) {
	case WORD4('p', 'a', 's', 's'):
	case WORD4('a', 'c', 'c', 't'):
	case WORD4('a', 'u', 't', 'h'):
	case WORD4('a', 'p', 'o', 'p'):
	case WORD4('l', 'o', 'g', 'i'):
		return true;
	}
	return false;
}

#endif
