// SPDX-License-Identifier: GPL-2.0-only
/* The exact content of each buffer of a request. */
#include <stdlib.h>
#include <string.h>
#include "test_rules.h"

#define METHOD SW_BUFFER_METHOD
#define URI SW_BUFFER_URI
#define RAW SW_BUFFER_URI_RAW
#define HEADER SW_BUFFER_HEADER
#define AGENT SW_BUFFER_USER_AGENT
#define HOST SW_BUFFER_HOST
#define COOKIE SW_BUFFER_COOKIE
#define BODY SW_BUFFER_BODY
#define END "\r\n\r\n"

/* Begins and ends as this text does, which is what there is of it. */
static struct sig is_text(enum sw_buffer buffer, const char *text)
{
	size_t length = strlen(text), at = 0, n;
	struct sig s = sig(SID, SW_RULE_ALERT);
	struct sw_condition *c;

	for (; at < length; at += n) {
		n = length - at < SW_PATTERN_BYTES ? length - at : SW_PATTERN_BYTES;
		sig_bytes(&s, buffer, text + at, n, at + n == length ? SW_CONDITION_ENDS : 0, at,
			  n);
	}
	c = sig_number(&s, SW_CONDITION_SIZE, SW_COMPARE_EQUAL, length, 0);
	c->buffer = buffer;
	s.rule.flags |= SW_RULE_HTTP;
	return s;
}

static uint64_t hits_of(const struct sig *s, const char *bytes, size_t length)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	uint64_t before = 0;

	signatures_load(s, 1, 0);
	before = sig_hits(SID);
	assert_int_equal(stream_send(&t, bytes, length), SW_REASON_FLOW);
	return sig_hits(SID) - before;
}

static uint64_t hits_of_text(const struct sig *s, const char *text)
{
	return hits_of(s, text, strlen(text));
}

static bool is(enum sw_buffer buffer, const char *request, const char *text)
{
	struct sig s = is_text(buffer, text);

	return hits_of_text(&s, request);
}

static bool has(enum sw_buffer buffer, const char *request, const char *text)
{
	struct sig s = sig(SID, SW_RULE_ALERT);

	sig_text(&s, buffer, text, 0);
	return hits_of_text(&s, request);
}

static void a_request_line_has_three_parts(void **unused)
{
	static const char get[] = "GET /index.html?a=b HTTP/1.1\r\nHost: x" END;
	(void)unused;
	assert_true(is(METHOD, get, "GET"));
	assert_true(is(URI, get, "/index.html?a=b"));
	assert_true(is(RAW, get, "/index.html?a=b"));
	assert_false(is(URI, get, "/index.html?a=c"));
	assert_false(has(URI, get, "HTTP"));
	assert_false(has(METHOD, get, "GET "));
	assert_true(is(METHOD, "PROPFIND / HTTP/1.0" END, "PROPFIND"));
	assert_true(is(URI, "PROPFIND / HTTP/1.0" END, "/"));
}

static void a_uri_ends_with_the_version_or_the_line(void **unused)
{
	(void)unused;
	assert_true(is(URI, "GET /a b HTTP/1.1\r\n", "/a b"));
	assert_true(is(URI, "GET /a\r\n", "/a"));
	assert_true(is(URI, "GET /a\n", "/a"));
	assert_true(is(URI, "GET /a HTTP/1.1\n", "/a"));
	assert_true(is(URI, "GET /a HTTP/2.0\r\n", "/a HTTP/2.0"));
	assert_true(is(URI, "GET \t /a\tHTTP/1.1\r\n", "/a"));
	assert_false(is(URI, "GET /a", "/a")); /* the rest may come yet */
	assert_true(is(URI, "GET /a HTTP/1.1 \t\r\n", "/a"));
}

static void nul_bytes_are_as_others(void **unused)
{
	static const char nul[] = "GET /a\0evil HTTP/1.1\r\n";
	struct sig s = sig(SID, SW_RULE_ALERT);
	(void)unused;
	sig_bytes(&s, URI, "/a\0evil", 7, SW_CONDITION_ENDS, 0, 0);
	assert_int_equal(hits_of(&s, nul, sizeof(nul) - 1), 1);
}

static void percent_signs_are_decoded_twice(void **unused)
{
	(void)unused;
	assert_true(is(URI, "GET /%65vi%6c HTTP/1.1\r\n", "/evil"));
	assert_true(is(RAW, "GET /%65vi%6c HTTP/1.1\r\n", "/%65vi%6c"));
	assert_true(is(URI, "GET /%4A%4a HTTP/1.1\r\n", "/JJ"));
	assert_true(is(URI, "GET /%2565vil HTTP/1.1\r\n", "/evil"));
	assert_true(is(URI, "GET /%%36%35vil HTTP/1.1\r\n", "/evil"));
	assert_true(is(URI, "GET /%252565vil HTTP/1.1\r\n", "/%65vil")); /* a third time: no */
	assert_true(is(URI, "GET /100%?%zz%4 HTTP/1.1\r\n", "/100%?%zz%4"));
	assert_true(is(URI, "GET /%6 HTTP/1.1\r\n", "/%6"));
	assert_false(is(URI, "GET /%61", "/a"));
	assert_true(is(URI, "GET /%61\n", "/a"));
	assert_true(is(URI, "GET /%6\n", "/%6"));
	assert_true(is(URI, "GET /%\n", "/%"));
	assert_true(is(URI, "GET /a?b=%2B+ HTTP/1.1\r\n", "/a?b=++"));
}

/* An escaped question mark begins no query (RFC 3986 3.4). */
static void a_path_ends_where_it_says(void **unused)
{
	(void)unused;
	assert_true(has(URI, "GET /x%3f/..//a/./evil HTTP/1.1\r\n", "/a/evil"));
	assert_true(has(URI, "GET /x%253F/..//a/%2e/evil HTTP/1.1\r\n", "/a/evil"));
	assert_true(has(URI, "GET /x%3f/../a//evil?q=/b//c HTTP/1.1\r\n", "/a/evil?q=/b//c"));
	assert_true(has(URI, "GET /%61//evil?q=%2fb//c HTTP/1.1\r\n", "/a/evil?q=/b//c"));
	assert_false(has(URI, "GET /x?/..//a/./evil HTTP/1.1\r\n", "/a/evil"));
	assert_false(has(URI, "GET /%78?%2f..//a/./evil HTTP/1.1\r\n", "/a/evil"));
	assert_true(is(URI, "GET ?%61 HTTP/1.1\r\n", "?a"));
}

static void long_uris_are_decoded_to_their_end(void **unused)
{
	char request[1460], *at;
	struct sig s = sig(SID, SW_RULE_ALERT);
	(void)unused;
	sig_text(&s, URI, "evilword", SW_CONDITION_ENDS);
	for (int fill = 1300; fill < 1400; fill += 7) {
		at = request + sprintf(request, "GET /");
		memset(at, 'a', fill);
		sprintf(at + fill, "%%65vilw%%6frd HTTP/1.1\r\n");
		assert_int_equal(hits_of_text(&s, request), 1);
	}
}

static void the_header_is_all_lines_behind_the_first(void **unused)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\nX-Odd: b" END "bytes";
	(void)unused;
	assert_true(is(HEADER, get, "Host: a\r\nX-Odd: b" END));
	assert_false(has(HEADER, get, "GET"));
	assert_false(has(HEADER, get, "bytes"));
	assert_true(is(HEADER, "GET / HTTP/1.1\nHost: a\nB: c\n\nbytes", "Host: a\nB: c\n\n"));
	assert_false(is(HEADER, "GET / HTTP/1.1\r\nHost: a\r\nX-O", "Host: a\r\nX-O"));
	assert_false(has(HEADER, "GET / HTTP/1.1", "HTTP"));
}

static void a_named_header_is_its_value(void **unused)
{
	static const char get[] = "GET / HTTP/1.1\r\n"
				  "Host: example.com:80\r\n"
				  "user-AGENT:curl/7.88.1\r\n"
				  "X-Host: other\r\n"
				  "COOKIE: a=b; c=d" END;
	(void)unused;
	assert_true(is(HOST, get, "example.com:80"));
	assert_true(is(AGENT, get, "curl/7.88.1"));
	assert_true(is(COOKIE, get, "a=b; c=d"));
	assert_false(has(HOST, get, "other"));
	assert_false(has(COOKIE, "GET / HTTP/1.1\r\nHost: a" END, "a"));
	assert_true(is(AGENT, "GET / HTTP/1.1\nUser-Agent: x y\nHost: z\n\n", "x y"));
	assert_false(is(COOKIE, "GET / HTTP/1.1\r\nCookie: end", "end"));
}

static void a_header_sent_twice_is_both(void **unused)
{
	static const char get[] = "GET / HTTP/1.1\r\nCookie: a\r\nHost: h\r\nCookie: b" END;
	(void)unused;
	assert_true(has(COOKIE, get, "a"));
	assert_true(is(COOKIE, get, "a\r\nHost: h\r\nCookie: b"));
}

static void folded_lines_go_on_with_the_one_before(void **unused)
{
	static const char get[] = "GET / HTTP/1.1\r\nUser-Agent: one\r\n two\r\n\tthree\r\n"
				  "Host: a\r\n b" END;
	(void)unused;
	assert_true(is(AGENT, get, "one\r\n two\r\n\tthree"));
	assert_true(is(HOST, get, "a\r\n b"));
}

static void a_body_is_what_follows_the_head(void **unused)
{
	(void)unused;
	assert_true(is(BODY, "POST / HTTP/1.1\r\nHost: a" END "x=evil&y", "x=evil&y"));
	assert_true(is(BODY, "POST / HTTP/1.1" END "\r\nx", "\r\nx"));
	assert_false(has(BODY, "POST / HTTP/1.1\r\nX: evil" END, "evil"));
	assert_true(is(BODY, "POST / HTTP/1.1\nA: b\n\nx", "x"));
	assert_true(is(BODY, "POST / HTTP/1.1\r\nA: b\r\n\rC: d" END "x", "x"));
	assert_true(has(URI, "GET / HTTP/1.1\r\n\rC: d" END "GET /%63gi/e%76ilword HTTP/1.1" END,
			"/cgi/evilword"));
	assert_true(has(URI, "GET / HTTP/1.1\r\n\x0bC: d" END "GET /%63gi/e%76ilword HTTP/1.1" END,
			"/cgi/evilword"));
	assert_false(has(BODY, "evil POST / HTTP/1.1" END, "evil")); /* no request at all */
}

static void the_body_of_the_next_segments_is_one_too(void **unused)
{
	struct sig s = sig(SID, SW_RULE_DROP);
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	(void)unused;
	sig_text(&s, BODY, "evilword", 0);
	signatures_load(&s, 1, 0);
	assert_not_seen(&t, "POST / HTTP/1.1\r\nContent-Length: 30" END);
	assert_seen(&t, "evilword");
	assert_not_seen(&t, "evil");
	assert_seen(&t, "word");
	t = stream_open(CLIENT4, OPEN_PORT);
	assert_not_seen(&t, "POST / HTTP/1.1\r\nX-evil");
	assert_not_seen(&t, "word: evilword" END);
	assert_seen(&t, "evilword");
}

static void a_head_in_many_segments_is_one(void **unused)
{
	static const char get[] = "GET /some/where?x=y HTTP/1.1\r\nHost: example.com\r\n"
				  "User-Agent: evil/1.0\r\nCookie: c=d" END;
	static const struct {
		enum sw_buffer buffer;
		const char *text;
	} rows[] = {
		{METHOD, "GET"},     {URI, "/some/where?x=y"}, {HOST, "example.com"},
		{AGENT, "evil/1.0"}, {COOKIE, "c=d"},
	};
	(void)unused;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct sig s = sig(SID, SW_RULE_ALERT);
		uint64_t before;

		sig_text(&s, rows[r].buffer, rows[r].text, 0);
		signatures_load(&s, 1, 0);
		for (size_t cut = 1; cut < strlen(get); cut++) {
			struct stream t = stream_open(CLIENT4, OPEN_PORT);

			before = sig_hits(SID);
			stream_send(&t, get, cut);
			stream_send(&t, get + cut, strlen(get) - cut);
			if (sig_hits(SID) - before != 1)
				fail_msg("%s cut at %zu: %d hits", rows[r].text, cut,
					 (int)(sig_hits(SID) - before));
		}
	}
}

static void conditions_on_several_buffers_meet(void **unused)
{
	struct sig s = sig(SID, SW_RULE_ALERT);
	(void)unused;
	sig_text(&s, METHOD, "POST", 0);
	sig_text(&s, URI, "/admin/login", 0);
	sig_text(&s, HEADER, "X-Odd: 1", 0);
	sig_text(&s, BODY, "user=", 0);
	assert_int_equal(hits_of_text(&s, "POST /%61dmin/login HTTP/1.1\r\nX-Odd: 1" END "user=x"),
			 1);
	assert_int_equal(hits_of_text(&s, "GET /%61dmin/login HTTP/1.1\r\nX-Odd: 1" END "user=xy"),
			 0);
	assert_int_equal(hits_of_text(&s, "POST /%61dmin/login HTTP/1.1\r\nX-Odd: 2" END "user=x"),
			 0);
}

static void each_pipelined_request_counts(void **unused)
{
	(void)unused;
	assert_true(is(URI, "GET /a HTTP/1.1" END "GET /bcd HTTP/1.1" END, "/bcd"));
	assert_true(is(URI, "GET /a HTTP/1.1" END "GET /bcd HTTP/1.1" END, "/a"));
	assert_true(is(HOST, "GET /a HTTP/1.1" END "GET /b HTTP/1.1\r\nHost: x" END, "x"));
	assert_true(is(URI, "GET /a HTTP/1.1" END "GET /evilwo%72d HTTP/1.1" END, "/evilword"));
	assert_true(is(URI,
		       "GET / HTTP/1.1" END "GET / HTTP/1.1" END "GET / HTTP/1.1" END
		       "GET / HTTP/1.1" END "GET / HTTP/1.1" END "GET /evilword HTTP/1.1" END,
		       "/evilword"));
	/* The conditions of one rule do not mix requests. */
	{
		struct sig s = sig(SID, SW_RULE_ALERT);
		static const char two[] = "GET /one HTTP/1.1" END "POST /two HTTP/1.1" END;

		sig_text(&s, METHOD, "GET", 0);
		sig_text(&s, URI, "/two", 0);
		assert_int_equal(hits_of(&s, two, sizeof(two) - 1), 0);
	}
}

static void a_request_behind_a_body_counts(void **unused)
{
	(void)unused;
	assert_true(has(URI,
			"POST /a HTTP/1.1\r\nContent-Length: 3" END "x=yGET /evilword "
			"HTTP/1.1" END,
			"/evilword"));
	assert_true(has(URI,
			"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked" END "1\r\nx\r\n0" END
			"GET /evilwor%64 HTTP/1.1" END,
			"/evilword"));
}

/* A log shipper, a form, an article: what a body says was asked of nobody. */
static void what_a_body_says_is_no_request(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct sig s = sig(SID, SW_RULE_ALERT);
	(void)unused;
	assert_false(has(URI,
			 "POST /a HTTP/1.1\r\nContent-Length: 40" END "x GET /evilword "
			 "HTTP/1.1" END "--------",
			 "/evilword"));
	assert_false(has(URI,
			 "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked" END
			 "1d\r\nGET /evilword HTTP/1.1" END "abc\r\n0" END,
			 "/evilword"));
	/* In the segments that follow, too; the request behind it counts. */
	sig_text(&s, URI, "/evilword", 0);
	signatures_load(&s, 1, 0);
	stream_say(&t, "POST /a HTTP/1.1\r\nContent-Length: 31" END);
	stream_say(&t, "GET /evilword HTTP/1.1" END "abcd");
	assert_int_equal(sig_hits(SID), 0);
	stream_say(&t, "eGET /evilword HTTP/1.1" END);
	assert_int_equal(sig_hits(SID), 1);
}

#define FORM "POST /a HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
#define CHUNKED "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked" END

static void a_form_is_decoded_as_the_uri_is(void **unused)
{
	(void)unused;
	assert_true(is(BODY, FORM "Content-Length: 13" END "q=%65vil+word", "q=evil word"));
	assert_true(is(BODY, FORM "Content-Length: 13" END "q=%65vil+word", "q=%65vil+word"));
	assert_true(is(BODY, FORM "Content-Length: 12" END "q=%2565v%2Bx", "q=ev+x"));
	assert_true(is(BODY,
		       FORM "\r\n"
			    "q=%65vil%",
		       "q=evil%"));
	assert_true(is(BODY,
		       "PUT / HTTP/1.1\r\ncontent-type:\t APPLICATION/X-WWW-FORM-URLENCODED;"
		       "charset=utf-8" END "%65vilword",
		       "evilword"));
	/* Nothing else is: a plus is a plus there. */
	assert_false(has(BODY, "POST / HTTP/1.1\r\nContent-Type: text/plain" END "%65vilword",
			 "evilword"));
	assert_false(has(BODY, "PUT / HTTP/1.1" END "%65vilword", "evilword"));
	assert_true(has(BODY, "POST / HTTP/1.1" END "%65vilword", "evilword"));
	assert_false(has(URI,
			 FORM "\r\n"
			      "%65vilword",
			 "evilword"));
	assert_true(
		is(SW_BUFFER_FORM, FORM "Content-Length: 13" END "q=%65vil+word", "q=evil word"));
	assert_false(has(SW_BUFFER_FORM,
			 "POST / HTTP/1.1\r\nContent-Type: text/plain" END "evil word",
			 "evil word"));
	/* The second of two requests has one of its own. */
	assert_true(has(BODY,
			FORM "Content-Length: 3" END "a=bPOST /%62 HTTP/1.1\r\nContent-Type: "
			     "application/x-www-form-urlencoded" END "%65vilword",
			"evilword"));
	/* And a rule without a buffer sees it as well. */
	assert_true(has(SW_BUFFER_PAYLOAD,
			FORM "\r\n"
			     "x=%65vilword",
			"evilword"));
}

static void a_form_in_many_segments_is_one(void **unused)
{
	static const char form[] =
		FORM "Content-Length: 40" END "a=b&q=%27+union+s%65lect+1,2,3&c=d";
	struct sig s = sig(SID, SW_RULE_ALERT);
	uint64_t before;
	(void)unused;
	sig_text(&s, BODY, "' union select 1", 0);
	signatures_load(&s, 1, 0);
	for (size_t cut = 1; cut < strlen(form); cut++) {
		struct stream t = stream_open(CLIENT4, OPEN_PORT);

		before = sig_hits(SID);
		stream_send(&t, form, cut);
		stream_send(&t, form + cut, strlen(form) - cut);
		stream_say(&t, "&more=%20of+it");
		if (sig_hits(SID) - before != 1)
			fail_msg("cut at %zu: %d hits", cut, (int)(sig_hits(SID) - before));
	}
}

/* Its type stands before what is kept of the segment. */
static void a_long_head_announces_a_form(void **unused)
{
	struct sig s = sig(SID, SW_RULE_ALERT);
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char head[1024];
	(void)unused;
	sig_text(&s, BODY, "evil word", 0);
	signatures_load(&s, 1, 0);
	sprintf(head, FORM "Content-Length: 99\r\nCookie: %0400d\r\nHo", 0);
	stream_say(&t, head);
	stream_say(&t, "st: a" END);
	stream_say(&t, "q=%65vil+word");
	assert_int_equal(sig_hits(SID), 1);
}

static void no_segment_of_a_body_is_a_request(void **unused)
{
	static const char *const heads[] = {
		"POST /a HTTP/1.1\r\nContent-Length: 500" END,
		"GET /a HTTP/1.1\r\nHost: b\r\nContent-Length: 500" END,
		"REPORT /a HTTP/1.1\r\nContent-Length: 500" END "<x/>",
		"GET /a HTTP/1.1\r\nContent-Length: 500" END "{",
		CHUNKED "1f4\r\n",
		CHUNKED "00000000000001f4;x=y\r\nabc",
		CHUNKED "3\r\nabc\r\n1f",
		CHUNKED "3\r\nabc\r\n1f4",
	};
	struct sig s = sig(SID, SW_RULE_ALERT);
	(void)unused;
	sig_text(&s, URI, "/evilword", 0);
	signatures_load(&s, 1, 0);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct stream t = stream_open(CLIENT4, OPEN_PORT);

		stream_say(&t, heads[i]);
		if (i == 6)
			stream_say(&t, "4\r\n");
		if (i == 7)
			stream_say(&t, "\r\n");
		for (int n = 0; n < 3; n++)
			stream_say(&t, "GET /evilword HTTP/1.1\r\nHost: c" END);
		if (sig_hits(SID))
			fail_msg("%s", heads[i]);
	}
}

/* One is lost, and comes last. */
static void nor_is_one_out_of_order(void **unused)
{
	static const char get[] = "GET /evilword HTTP/1.1\r\nHost: c" END;
	struct sig s = sig(SID, SW_RULE_ALERT);
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	(void)unused;
	sig_text(&s, URI, "/evilword", 0);
	signatures_load(&s, 1, 0);
	stream_say(&t, "POST /a HTTP/1.1\r\nContent-Length: 500" END "abc");
	t.seq += 300;
	stream_say(&t, get);
	t.seq -= 300;
	stream_say(&t, get);
	assert_int_equal(sig_hits(SID), 0);
}

static void a_request_behind_chunks_counts(void **unused)
{
	static const char *const behind[] = {
		"0" END "GET /evilword HTTP/1.1" END,
		"0\r\nX-Sum: 1" END "GET /evilword HTTP/1.1" END,
		"2\r\nab\r\n0" END "GET /evilw%6frd HTTP/1.1" END,
	};
	struct sig s = sig(SID, SW_RULE_ALERT);
	uint64_t before;
	(void)unused;
	sig_text(&s, URI, "/evilword", 0);
	signatures_load(&s, 1, 0);
	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		struct stream t = stream_open(CLIENT4, OPEN_PORT);

		before = sig_hits(SID);
		stream_say(&t, CHUNKED "5\r\nabc");
		stream_say(&t, "de");
		stream_say(&t, "\r\n1\r\nx\r\n");
		stream_say(&t, behind[i]);
		if (sig_hits(SID) - before != 1)
			fail_msg("%zu: %d hits", i, (int)(sig_hits(SID) - before));
		/* The end in a segment of its own. */
		t = stream_open(CLIENT4, OPEN_PORT);
		stream_say(&t, CHUNKED "1\r\nx\r\n0" END);
		stream_say(&t, "GET /evilword HTTP/1.1" END);
		assert_int_equal(sig_hits(SID) - before, 2);
	}
}

/* The filter itself must read them: no window stands there in plain. */
static void each_pipelined_uri_is_decoded(void **unused)
{
	(void)unused;
	assert_true(has(URI, "GET /a HTTP/1.1" END "GET /e%76ilword HTTP/1.1" END, "/evilword"));
	assert_true(has(
		URI, "GET /%61 HTTP/1.1" END "GET / HTTP/1.1" END "GET /e%2576ilword HTTP/1.1" END,
		"/evilword"));
	assert_true(has(METHOD, "GET /%61 HTTP/1.1" END "GET / HTTP/1.1" END, "GET"));
}

static void a_pipelined_head_in_many_segments_is_one(void **unused)
{
	struct sig s = sig(SID, SW_RULE_ALERT);
	uint64_t before;
	char get[512];
	size_t first;
	(void)unused;
	sig_text(&s, URI, "/evilword", 0);
	signatures_load(&s, 1, 0);
	first = sprintf(get, "GET /a HTTP/1.1\r\nCookie: %0300d" END, 0);
	strcpy(get + first, "GET /e%76ilword HTTP/1.1" END);
	for (size_t cut = first - 2; cut < strlen(get); cut++) {
		struct stream t = stream_open(CLIENT4, OPEN_PORT);

		before = sig_hits(SID);
		stream_send(&t, get, cut);
		stream_send(&t, get + cut, strlen(get) - cut);
		if (sig_hits(SID) - before != 1)
			fail_msg("cut at %zu: %d hits", cut, (int)(sig_hits(SID) - before));
	}
}

static void blank_lines_may_precede_a_request(void **unused)
{
	(void)unused;
	assert_true(is(URI, "\r\n\r\nGET /a HTTP/1.1" END, "/a"));
	assert_true(is(URI, "\n\n\nGET /a HTTP/1.1" END, "/a"));
	assert_false(has(URI, "xGET /a HTTP/1.1" END, "/a"));
	assert_false(has(URI, "\x01GET /a HTTP/1.1" END, "/a"));
}

static void a_rule_for_payloads_sees_what_the_uri_hides(void **unused)
{
	struct sig s = sig(SID, SW_RULE_ALERT);
	static const char get[] = "GET /%65vilword HTTP/1.1\r\nHost: a" END;
	(void)unused;
	sig_text(&s, SW_BUFFER_PAYLOAD, "evilword", 0);
	assert_int_equal(hits_of(&s, get, sizeof(get) - 1), 1);
	/* Outside of the URI nothing is decoded. */
	assert_int_equal(hits_of_text(&s, "GET / HTTP/1.1\r\nX: %65vilword" END), 0);
}

/* A rule without a window is tried on every segment, and must not find in a
 * later one what an earlier one brought. */
static void what_was_found_is_not_found_again(void **unused)
{
	static const char *const uris[] = {"/evil", "/%65vil"};
	(void)unused;
	for (int i = 0; i < 4; i++) {
		struct sig s = sig(SID, SW_RULE_ALERT);
		struct stream t = stream_open(CLIENT4, OPEN_PORT);
		char line[64];
		uint64_t before;

		sig_text(&s, i & 2 ? SW_BUFFER_PAYLOAD : URI, "evil", 0);
		signatures_load(&s, 1, 0);
		before = sig_hits(SID);
		sprintf(line, "GET %s HTTP/1.1\r\nHost", uris[i & 1]);
		stream_say(&t, line);
		stream_say(&t, ": example.com\r\n");
		stream_say(&t, "Accept: */*" END);
		if (sig_hits(SID) - before != 1)
			fail_msg("%d: %d hits", i, (int)(sig_hits(SID) - before));
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(a_request_line_has_three_parts),
		CASE(a_uri_ends_with_the_version_or_the_line),
		CASE(nul_bytes_are_as_others),
		CASE(percent_signs_are_decoded_twice),
		CASE(a_path_ends_where_it_says),
		CASE(long_uris_are_decoded_to_their_end),
		CASE(the_header_is_all_lines_behind_the_first),
		CASE(a_named_header_is_its_value),
		CASE(a_header_sent_twice_is_both),
		CASE(folded_lines_go_on_with_the_one_before),
		CASE(a_body_is_what_follows_the_head),
		CASE(the_body_of_the_next_segments_is_one_too),
		CASE(a_head_in_many_segments_is_one),
		CASE(conditions_on_several_buffers_meet),
		CASE(each_pipelined_request_counts),
		CASE(a_request_behind_a_body_counts),
		CASE(what_a_body_says_is_no_request),
		CASE(a_form_is_decoded_as_the_uri_is),
		CASE(a_form_in_many_segments_is_one),
		CASE(a_long_head_announces_a_form),
		CASE(no_segment_of_a_body_is_a_request),
		CASE(nor_is_one_out_of_order),
		CASE(a_request_behind_chunks_counts),
		CASE(each_pipelined_uri_is_decoded),
		CASE(a_pipelined_head_in_many_segments_is_one),
		CASE(blank_lines_may_precede_a_request),
		CASE(a_rule_for_payloads_sees_what_the_uri_hides),
		CASE(what_was_found_is_not_found_again),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
