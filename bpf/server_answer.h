/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads plain-text replies of a service as far as they refuse or grant something, from
 * the first bytes of the reply and the request it belongs to.
 */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include "learn.h"
#include "requests.h"

#define ANSWER_BYTES 512	/* of a reply that are read */
#define WORDS_BYTES 64		/* of a line or message, searched for words */
#define SHORT_ANSWER 160	/* a telnet server's message about a login is not longer */
#define LONG_RESPONSE 40	/* a longer line is unique to its challenge (RFC 4954) */
#define SSH_SESSION_SERVER 1000 /* bytes after the key exchange that every session has */
#define SSH_SESSION_BOTH 4000	/* and refused logins do not; measured in docs/detection.md */
#define SSH_SESSION_TICKS MINUTE_TICKS
#define SSH_NEWKEYS 21 /* RFC 4253 7.3 */
#define SSH_PACKETS 4  /* per segment, searched for it */

enum outcome {
	NO_OUTCOME,
	LOGIN_REFUSED,
	LOGIN_UNTOLD, /* refused; whether the guess is a new one cannot be told */
	LOGIN_GRANTED,
	PAGE_REFUSED,
	PART_REFUSED, /* of a page: fetched by the browser on its own */
	PAGE_GRANTED,
	SESSION_REFUSED,
	SESSION_GRANTED,
};

enum place {
	IN_METHOD,
	IN_PATH,
	IN_LINES,
	IN_NAME, /* of a form parameter, or of a member of a JSON object */
	IN_VALUE,
};

/* State of the request parser. */
struct reading {
	__u64 folder, name; /* hashes: the path up to its last segment, and that segment */
	__u64 value, body;  /* hashes: Authorization, body */
	__u64 word;	    /* the last eight bytes in lower case, the latest lowest */
	__u32 scheme;	    /* the first four letters of Authorization */
	__u32 extension;
	__u8 place;
	__u8 column;
	__u8 numbered; /* the name contains a digit: one of many of a kind */
	__u8 extended; /* and ends with an extension of letters, which names the kind */
	__u8 refers;
	__u8 browser;	  /* may come from a browser, so a foreign page may have caused it */
	__u8 credentials; /* 1: the line is Authorization, 2: it has a value */
	__u8 password;
};

struct answer {
	__u8 byte[ANSWER_BYTES + 8]; /* its first bytes; those after them are stale */
	__u32 length;		     /* bytes in use */
	__u32 at, left;		     /* in the frame: offset and length of the data */
	__u64 tag;		     /* of the flow */
	__u64 mark; /* identifies what was refused: the same again is not a new guess */
	__u32 tick;
	__u32 tos; /* of the packet */
	struct reading reading;
};

/* Too large for the stack, where in addition each iteration of a loop would be a new
 * state for the verifier. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct answer);
} answer_texts SEC(".maps");

static __always_inline __u64 word_at(const struct answer *a, __u32 at)
{
	__u64 w;

	__builtin_memcpy(&w, &a->byte[masked(at, ANSWER_BYTES - 1)], sizeof(w));
	return w;
}

#define FOLD8 0x2020202020202020ull

static __always_inline __u64 word8(const char text[8])
{
	return word4(text) | (__u64)word4(text + 4) << 32;
}

static __always_inline __u64 mix(__u64 hash, __u64 more)
{
	return (hash ^ more) * 0x9e3779b97f4a7c15ull;
}

/* ---- an HTTP request */

static __always_inline void read_path(struct reading *q, __u8 b)
{
	if (b == ' ' || b == '?' || b == '\r' || b == '\n') {
		q->place = IN_LINES;
		q->column = 0xff;
	} else if (b == '/') {
		q->folder = mix(q->folder, q->name + 1);
		q->name = q->extension = q->numbered = q->extended = 0;
	} else {
		q->name = mix(q->name, b);
		if (b >= '0' && b <= '9') {
			q->numbered = 1;
			q->extended = 0;
		} else if (b == '.') {
			q->extended = 1;
		}
		q->extension = b == '.' ? 0 : q->extension << 8 | (b | 0x20);
	}
}

static __always_inline void read_value(struct reading *q, __u8 b)
{
	if (b == ':' && q->credentials == 1 && !q->value) {
		q->credentials = 2;
	} else if (q->credentials == 2 && b != ' ' && q->scheme <= 0xffffff) {
		q->scheme = q->scheme << 8 | (b | 0x20);
		q->value = mix(q->value, b);
	} else if (q->credentials == 2) {
		q->value = mix(q->value, b);
	}
}

static __always_inline void read_field(struct reading *q, __u8 b)
{
	if (b == '\n') {
		if (q->column <= 1)
			q->place = IN_NAME;
		q->column = 0;
		if (q->credentials == 2)
			q->credentials = 3;
		return;
	}
	if (q->column < 0xfe)
		q->column++;
	if (q->column == 8) {
		q->refers |= q->word == 0x726566657265723aull;		 /* "referer:" */
		if (q->word == 0x617574686f72697aull && !q->credentials) /* "authoriz" */
			q->credentials = 1;
	}
	if (q->column == 16)
		q->browser |= q->word == 0x616e67756167653aull; /* accept-l"anguage:" */
	if (b != '\r')
		read_value(q, b);
}

static __always_inline void read_form(struct reading *q, __u8 b)
{
	q->body = mix(q->body, b);
	if (b == '&' || b == '{' || b == ',')
		q->place = IN_NAME;
	else if (b == '=' || b == ':')
		q->place = IN_VALUE;
	if (q->place == IN_NAME)
		q->password |= (__u32)q->word == 0x70617373 ||		/* "pass" */
			       ((__u32)q->word & 0xffffff) == 0x707764; /* "pwd" */
}

struct request_loop {
	const struct sw_request *r;
	struct reading *q;
};

static long read_byte(__u32 i, void *ctx)
{
	const struct request_loop *l = ctx;
	struct reading *q = l->q;
	__u8 b;

	if (i >= l->r->length || i >= sizeof(l->r->byte))
		return 1;
	b = l->r->byte[i];
	q->word = q->word << 8 | (b | 0x20);
	if (q->place >= IN_NAME)
		read_form(q, b);
	else if (q->place == IN_LINES)
		read_field(q, b);
	else if (q->place == IN_PATH)
		read_path(q, b);
	else if (b == ' ')
		q->place = IN_PATH;
	return 0;
}

/* Parts of a page, which a browser fetches without the user asking. */
static __always_inline bool is_part(const struct reading *q)
{
	switch (q->extension) {
	case 0x706e67: /* png */
	case 0x69636f: /* ico */
	case 0x6a7067: /* jpg */
	case 0x6a706567:
	case 0x676966:	 /* gif */
	case 0x737667:	 /* svg */
	case 0x77656270: /* webp */
	case 0x61766966: /* avif */
	case 0x637373:	 /* css */
	case 0x6a73:	 /* js */
	case 0x6d6170:	 /* map */
	case 0x776f6666: /* woff */
	case 0x6f666632: /* last four letters of woff2 */
		return true;
	}
	return q->refers;
}

static __always_inline __u32 status_of(const struct answer *a)
{
	__u32 high = a->byte[9] - '0', middle = a->byte[10] - '0', low = a->byte[11] - '0';

	return high < 10 && middle < 10 && low < 10 ? high * 100 + middle * 10 + low : 0;
}

struct word_search {
	const struct answer *a;
	__u32 end, found;
};

static long find_html(__u32 i, void *ctx)
{
	struct word_search *f = ctx;

	if (i + 8 > f->end)
		return 1;
	if ((word_at(f->a, i) | FOLD8) != word8("text/htm"))
		return 0;
	f->found = 1;
	return 1;
}

/* Where the usual frameworks redirect after a failed login: ?error, /login?failed,
 * ?invalid=1. */
static long find_failure(__u32 i, void *ctx)
{
	struct word_search *f = ctx;
	__u64 w = word_at(f->a, i) | FOLD8;

	if (w == word8("location"))
		f->found = 1;
	if (f->found == 1 && ((__u32)w == word4("erro") || (__u32)w == word4("fail") ||
			      (__u32)w == word4("inva") || (__u32)w == word4("deni")))
		f->found = 2;
	if (f->found == 2 || i + 8 >= f->end)
		return 1;
	/* folded '\n': ends the line that was found */
	if (f->found && (__u8)w == ('\n' | 0x20))
		return 1;
	return 0;
}

static __always_inline bool answer_has(struct answer *a, void *step, __u32 least)
{
	struct word_search f = {.a = a, .end = a->length};

	bpf_loop(ANSWER_BYTES, step, &f, 0);
	return f.found >= least;
}

/* Result of a login form: a page with the form again, or a redirect. */
static __always_inline enum outcome form_outcome(struct answer *a, __u32 status)
{
	switch (status) {
	case 200:
		return answer_has(a, find_html, 1) ? LOGIN_REFUSED : LOGIN_GRANTED;
	case 400:
	case 401:
	case 403:
	case 422:
		return LOGIN_REFUSED;
	case 302:
	case 303:
		return answer_has(a, find_failure, 2) ? LOGIN_REFUSED : LOGIN_GRANTED;
	}
	return status / 100 == 2 ? LOGIN_GRANTED : NO_OUTCOME;
}

/* 401 in reply to credentials. NTLM and Negotiate are refused once before they are
 * accepted (RFC 4559 4.1), and Digest sends another response each time. */
static __always_inline enum outcome credentials_outcome(struct answer *a, const struct reading *q)
{
	if (q->scheme == 0x6e746c6d || q->scheme == 0x6e65676f)
		return NO_OUTCOME;
	a->mark = q->value;
	return q->scheme == 0x64696765 ? LOGIN_UNTOLD : LOGIN_REFUSED;
}

static __always_inline bool refuses_page(__u32 status)
{
	return status == 401 || status == 403 || status == 404 || status == 410 || status == 429;
}

/* A browser sends Accept-Language, and no page can suppress that. What is refused to a
 * browser may have been caused by a foreign page, with images and forms. If the head is
 * longer than what is kept of it, it counts as a browser's. */
static __always_inline bool is_of_browser(const struct reading *q)
{
	return q->browser || q->place < IN_NAME;
}

/* Names with digits and the same extension, or none, are of one kind, as in an API or a
 * cache. */
static __always_inline __u64 kind_of_name(const struct reading *q)
{
	if (!q->numbered)
		return q->name;
	return q->extended ? 1ull << 32 | q->extension : 1;
}

static __always_inline enum outcome http_outcome(struct answer *a, const struct reading *q,
						 __u8 method, __u32 status)
{
	enum outcome o = NO_OUTCOME;

	if (q->password && method == 'P')
		o = form_outcome(a, status);
	a->mark = q->body;
	if (o != NO_OUTCOME)
		return o;
	if (status == 401 && q->credentials)
		return credentials_outcome(a, q);
	a->mark = mix(q->folder, kind_of_name(q));
	if (refuses_page(status))
		return is_part(q) ? PART_REFUSED : PAGE_REFUSED;
	if (status / 100 != 2 && status != 304)
		return NO_OUTCOME;
	return q->credentials ? LOGIN_GRANTED : PAGE_GRANTED;
}

static __always_inline bool is_refusal(enum outcome o)
{
	return o == LOGIN_REFUSED || o == LOGIN_UNTOLD || o == PAGE_REFUSED || o == PART_REFUSED;
}

/* Returns an enum outcome, with a->mark if something was refused. `worth`: granted
 * pages matter. */
__noinline int read_http(struct answer *a, bool worth)
{
	struct request_loop l = {};
	struct reading *q;
	__u32 status;
	enum outcome o;

	if (!a)
		return NO_OUTCOME;
	q = l.q = &a->reading;
	l.r = request_entry(a->tag);
	status = status_of(a);
	if (!l.r || l.r->tag != a->tag || l.r->kind != SW_REQUEST_HTTP)
		return NO_OUTCOME;
	if (!refuses_page(status) && l.r->byte[0] != 'P' && !worth)
		return NO_OUTCOME;
	__builtin_memset(q, 0, sizeof(*q));
	bpf_loop(sizeof(l.r->byte), read_byte, &l, 0);
	o = http_outcome(a, q, l.r->byte[0], status);
	return is_refusal(o) && is_of_browser(q) ? NO_OUTCOME : o;
}

/* ---- protocols of commands */

struct line_reading {
	const struct sw_request *r;
	__u64 hash;
	__u32 from;
	__u32 blanks;
};

static long hash_before(__u32 i, void *ctx)
{
	struct line_reading *q = ctx;

	if (i >= q->r->before_bytes || i >= SW_REQUEST_BEFORE)
		return 1;
	q->hash = mix(q->hash, q->r->before[i]);
	return 0;
}

static long hash_line(__u32 i, void *ctx)
{
	struct line_reading *q = ctx;

	if (i >= q->r->length || i >= SW_REQUEST_LINE)
		return 1;
	if (i >= q->from)
		q->hash = mix(q->hash, q->r->byte[i]);
	q->blanks += q->r->byte[i] == ' ';
	return 0;
}

/* Which of the two lines of a login was refused: the user name before it is part of the
 * guess. A response to a challenge is different each time. */
static __always_inline enum outcome refuse_line(struct answer *a, const struct sw_request *r,
						bool tagged)
{
	struct line_reading q = {.r = r};

	if (tagged)
		q.from = second_word(r->byte);
	else
		bpf_loop(SW_REQUEST_BEFORE, hash_before, &q, 0);
	bpf_loop(SW_REQUEST_LINE, hash_line, &q, 0);
	a->mark = q.hash;
	if (!q.blanks && r->length > LONG_RESPONSE)
		return LOGIN_UNTOLD;
	return r->length > 2 ? LOGIN_REFUSED : LOGIN_UNTOLD;
}

static __always_inline bool is_login_line(const struct sw_request *r)
{
	__u32 first = first4(r->byte) | FOLD4;

	return first == word4("pass") || first == word4("auth") ||
	       first4(r->byte) == word4("*2\r\n") || first4(r->byte) == word4("*3\r\n");
}

/* RFC 3501 6.2: "a1 LOGIN", "a1 AUTHENTICATE", or a line after the latter. */
static __always_inline bool is_imap_login(const struct sw_request *r)
{
	__u32 at = second_word(r->byte), word;

	if (!at)
		return is_lone_word(r->byte, r->length);
	word = first4(&r->byte[masked(at, LINE_MASK)]) | FOLD4;
	return word == word4("logi") || word == word4("auth");
}

static __always_inline enum outcome read_tagged(struct answer *a, const struct sw_request *r)
{
	__u32 at = second_word(a->byte), word;

	if (!at || at > TAG_BYTES || !is_imap_login(r))
		return NO_OUTCOME;
	word = (__u32)word_at(a, at) & 0xffffff;
	if (word == (word4("NO  ") & 0xffffff))
		return refuse_line(a, r, true);
	return word == (word4("OK  ") & 0xffffff) ? LOGIN_GRANTED : NO_OUTCOME;
}

static __always_inline enum outcome read_reply(struct answer *a, const struct sw_request *r)
{
	__u32 first = first4(a->byte), asked = first4(r->byte) | FOLD4;

	switch (first) {
	case '5' | '3' << 8 | '0' << 16 | ' ' << 24: /* FTP */
	case '5' | '3' << 8 | '0' << 16 | '-' << 24:
		if (asked != word4("pass") && asked != word4("user"))
			return NO_OUTCOME;
		return refuse_line(a, r, false);
	case '5' | '3' << 8 | '5' << 16 | ' ' << 24: /* SMTP, RFC 4954 6 */
	case '5' | '3' << 8 | '5' << 16 | '-' << 24:
	case '-' | 'W' << 8 | 'R' << 16 | 'O' << 24: /* Redis: WRONGPASS, NOAUTH */
	case '-' | 'N' << 8 | 'O' << 16 | 'A' << 24:
		return refuse_line(a, r, false);
	case '-' | 'E' << 8 | 'R' << 16 | 'R' << 24: /* POP3; Redis before 6 */
		if (asked == word4("apop"))	     /* RFC 1939 7: includes a timestamp */
			return LOGIN_UNTOLD;
		if (!is_login_line(r) && !is_lone_word(r->byte, r->length))
			return NO_OUTCOME;
		return refuse_line(a, r, false);
	case '2' | '3' << 8 | '0' << 16 | ' ' << 24:
	case '2' | '3' << 8 | '0' << 16 | '-' << 24:
		return asked == word4("pass") ? LOGIN_GRANTED : NO_OUTCOME;
	case '2' | '3' << 8 | '5' << 16 | ' ' << 24:
		return LOGIN_GRANTED;
	}
	if ((first & 0xffffff) == (word4("+OK ") & 0xffffff))
		return is_login_line(r) || is_lone_word(r->byte, r->length) ? LOGIN_GRANTED
									    : NO_OUTCOME;
	return read_tagged(a, r);
}

/* ---- message-based protocols, and telnet */

/* MySQL: length, sequence number, 0xff, error 1045 or 1698; the OK after a login has
 * sequence number 2 or higher. */
static __always_inline enum outcome read_mysql(const struct answer *a)
{
	__u32 error = a->byte[5] | a->byte[6] << 8;

	if (a->byte[2] || !a->byte[3] || a->byte[3] > 16)
		return NO_OUTCOME;
	if (a->byte[4] == 0xff && (error == 1045 || error == 1698))
		return LOGIN_UNTOLD;
	return !a->byte[4] && a->byte[3] >= 2 && a->byte[0] < 64 ? LOGIN_GRANTED : NO_OUTCOME;
}

static long find_refusal(__u32 i, void *ctx)
{
	struct word_search *f = ctx;
	__u64 w = word_at(f->a, i);

	if (i + 8 > f->end)
		return 1;
	if ((w & 0xffffffffffffull) == (word8("C28P01  ") & 0xffffffffffffull)) {
		f->found = 1;
		return 1;
	}
	if ((w | FOLD8) != word8("ogin inc"))
		return 0;
	f->found = 2;
	return 1;
}

static __always_inline enum outcome read_words(struct answer *a, const struct sw_request *r)
{
	struct word_search f = {.a = a, .end = a->length};
	bool postgres = a->byte[0] == 'E' && !a->byte[1] && !a->byte[2];

	if (word_at(a, 0) == 0x0000000008000000ull + 'R' && !a->byte[8]) /* AuthenticationOk */
		return LOGIN_GRANTED;
	if (!postgres && a->left > SHORT_ANSWER)
		return NO_OUTCOME;
	bpf_loop(WORDS_BYTES, find_refusal, &f, 0);
	if (f.found == 1 && postgres)
		return LOGIN_UNTOLD;
	if (f.found == 2)
		return r ? refuse_line(a, r, false) : LOGIN_UNTOLD;
	return NO_OUTCOME;
}

__noinline int read_command(struct answer *a)
{
	const struct sw_request *r;
	enum outcome o = NO_OUTCOME;

	if (!a)
		return NO_OUTCOME;
	r = request_entry(a->tag);
	if (!r || r->tag != a->tag || r->kind != SW_REQUEST_LINES)
		r = NULL;
	if (r)
		o = read_reply(a, r);
	if (o == NO_OUTCOME)
		o = read_mysql(a);
	return o == NO_OUTCOME ? read_words(a, r) : o;
}

/* ---- SSH: encrypted; a session shows by the number of bytes exchanged after the key
 * exchange */

static __always_inline void begin_ssh(const struct answer *a, struct sw_request *r)
{
	*(volatile __u64 *)&r->tag = 0;
	r->kind = SW_REQUEST_SSH;
	r->tick = a->tick;
	r->tos = a->tos;
	r->seq = r->ack = 0;
	*(volatile __u64 *)&r->tag = a->tag;
}

struct ssh_packet {
	__be32 length;
	__u8 padding, type;
};

static __always_inline void find_newkeys(struct __sk_buff *skb, const struct answer *a,
					 const struct pkt_meta *meta, struct sw_request *r)
{
	__u32 at = 0, length;
	struct ssh_packet p;

	for (int i = 0; i < SSH_PACKETS && at < a->left; i++) {
		if (bpf_skb_load_bytes(skb, a->at + at, &p, sizeof(p)))
			return;
		length = bpf_ntohl(p.length);
		if (length > 65536)
			return;
		at += sizeof(p.length) + length;
		if (p.type != SSH_NEWKEYS || length > 64)
			continue;
		r->seq = bpf_ntohl(meta->seq) + at;
		r->ack = bpf_ntohl(meta->ack_seq);
		return;
	}
}

static __always_inline enum outcome end_ssh(const struct answer *a, const struct pkt_meta *meta,
					    struct sw_request *r)
{
	__u32 from_server = bpf_ntohl(meta->seq) + a->left - r->seq;
	__u32 both = from_server + bpf_ntohl(meta->ack_seq) - r->ack;

	if (!r->seq && !r->ack) /* a client that only reads the banner attempts nothing */
		return NO_OUTCOME;
	*(volatile __u64 *)&r->tag = 0;
	/* sshd changes the DSCP of what it sends once a session starts (IPQoS). */
	if (from_server > SSH_SESSION_SERVER || both > SSH_SESSION_BOTH || a->tos != r->tos ||
	    a->tick - r->tick >= SSH_SESSION_TICKS)
		return SESSION_GRANTED;
	return SESSION_REFUSED;
}

/* Returns an enum outcome; -1: not SSH. */
__noinline int read_ssh(struct __sk_buff *skb)
{
	const struct pkt_meta *meta = entry_of(&pkt_metas, META_LEAVING);
	struct answer *a = entry_of(&answer_texts, 0);
	struct sw_request *r;

	if (!meta || !a)
		return -1;
	r = request_entry(a->tag);
	if (!r)
		return -1;
	if (a->length >= 4 && first4(a->byte) == word4("SSH-"))
		begin_ssh(a, r);
	if (r->tag != a->tag || r->kind != SW_REQUEST_SSH)
		return -1;
	if (!r->seq && !r->ack && a->left)
		find_newkeys(skb, a, meta, r);
	if (meta->tcp_flags & (TCP_FIN | TCP_RST))
		return end_ssh(a, meta, r);
	return NO_OUTCOME;
}

#endif
