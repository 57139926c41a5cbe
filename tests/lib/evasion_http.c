// SPDX-License-Identifier: GPL-2.0-only
/* Evasions by HTTP. */
#include <stdio.h>
#include <zlib.h>
#include "evasions.h"

static enum answer whole_bytes(unsigned rule, const void *bytes, size_t length)
{
	struct stream t = begin(rule);
	struct frame f = stream_frame(&t, bytes, length);

	return answer_of(dropped(&f));
}

static enum answer whole(unsigned rule, const char *text)
{
	return whole_bytes(rule, text, strlen(text));
}

/* ---- HTTP */

static enum answer percent(void)
{
	return whole(URI_RULE, "GET /%63gi/%65vil%2dword" HEAD);
}

static enum answer percent_twice(void)
{
	return whole(URI_RULE, "GET /cgi/%2565vil%252dword" HEAD);
}

static enum answer percent_thrice(void)
{
	return whole(URI_RULE, "GET /cgi/%252565vil-word" HEAD);
}

static enum answer percent_u(void)
{
	return whole(URI_RULE, "GET /cgi/%u0065vil-word" HEAD);
}

static enum answer overlong(void)
{
	return whole(URI_RULE, "GET /cgi%c0%afevil-word" HEAD);
}

static enum answer percent_in_body(void)
{
	return whole(PAYLOAD_RULE, "POST / HTTP/1.1\r\nHost: a\r\n\r\na=%65vil-word");
}

static enum answer percent_in_json(void)
{
	return whole(PAYLOAD_RULE, "POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
				   "{\"a\":\"%65vil-word\"}");
}

static enum answer mixed_case(void)
{
	struct stream t = begin(URI_RULE);
	struct frame f = stream_frame(&t, "GET /CgI/eViL-wOrD" HEAD, strlen(GET));

	load_rules(URI_RULE, NOCASE, 0);
	return answer_of(dropped(&f));
}

static enum answer nul_in_uri(void)
{
	static const char get[] = "GET /\0/cgi/" WORD "\0" HEAD;

	return whole_bytes(URI_RULE, get, sizeof(get) - 1);
}

static enum answer nul_separator(void)
{
	static const char get[] = "GET\0/cgi/" WORD HEAD;

	return whole_bytes(URI_RULE, get, sizeof(get) - 1);
}

static enum answer tab_separator(void)
{
	return whole(URI_RULE, "GET\t/cgi/" WORD "\tHTTP/1.1\r\n\r\n");
}

static enum answer many_blanks(void)
{
	return whole(URI_RULE, "GET     /cgi/" WORD "   HTTP/1.1\r\n\r\n");
}

static enum answer no_version(void)
{
	return whole(URI_RULE, "GET /cgi/" WORD "\r\n");
}

static enum answer two_slashes(void)
{
	return whole(URI_RULE, "GET /cgi//" WORD HEAD);
}

static enum answer dot_segment(void)
{
	return whole(URI_RULE, "GET /cgi/./" WORD HEAD);
}

static enum answer dot_dot_segment(void)
{
	return whole(URI_RULE, "GET /cgi/x/../" WORD HEAD);
}

static enum answer backslash(void)
{
	return whole(URI_RULE, "GET /cgi\\" WORD HEAD);
}

static enum answer bare_lf(void)
{
	return whole(URI_RULE, "GET /cgi/" WORD " HTTP/1.1\nHost: a\n\n");
}

static enum answer blank_lines(void)
{
	return whole(URI_RULE, "\r\n\r\n\r\n\r\n" GET);
}

static enum answer more_blank_lines(void)
{
	char text[512];

	memset(text, '\n', 200);
	strcpy(text + 200, GET);
	return whole(URI_RULE, text);
}

static enum answer pipelined(void)
{
	return whole(URI_RULE, "GET /" HEAD "GET /" HEAD "GET /%63gi/" WORD HEAD);
}

static enum answer behind_body(void)
{
	return whole(URI_RULE, "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx" GET);
}

static enum answer behind_body_encoded(void)
{
	return whole(URI_RULE, "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"
			       "GET /c%67i/e%76il-word" HEAD);
}

static enum answer next_in_connection(void)
{
	struct stream t = begin(URI_RULE);
	struct frame f;

	for (int i = 0; i < 100; i++)
		stream_say(&t, "GET /index.html" HEAD);
	f = stream_frame(&t, GET, strlen(GET));
	return answer_of(dropped(&f));
}

static enum answer folded_value(void)
{
	return whole(AGENT_RULE, "GET / HTTP/1.1\r\nUser-Agent:\r\n " WORD "\r\n\r\n");
}

static enum answer folded_within(void)
{
	return whole(AGENT_RULE, "GET / HTTP/1.1\r\nUser-Agent: evil\r\n -word\r\n\r\n");
}

static enum answer many_lines(void)
{
	char text[1460], *at = text + sprintf(text, "GET / HTTP/1.1\r\n");

	for (int i = 0; i < 100; i++)
		at += sprintf(at, "A: %d\r\n", i);
	strcpy(at, "User-Agent: " WORD "\r\n\r\n");
	return whole(AGENT_RULE, text);
}

static enum answer far_apart(void)
{
	struct stream t = begin(HEADER_RULE);
	char text[1460];
	struct frame first, second;
	int n = sprintf(text, "GET /first-sign HTTP/1.1\r\nCookie: %0400d\r\n", 0);

	strcpy(text + n, "X-Second: second-sign\r\n\r\n");
	first = part(&t, text, 0, n);
	second = part(&t, text, n, strlen(text));
	if (dropped(&first))
		return SEEN;
	return dropped(&second) ? AT_LAST : UNSEEN;
}

static enum answer chunked_whole(void)
{
	return whole(PAYLOAD_RULE, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
				   "9\r\n" WORD "\r\n0\r\n\r\n");
}

static enum answer chunked(void)
{
	return whole(PAYLOAD_RULE, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
				   "4\r\nevil\r\n5\r\n-word\r\n0\r\n\r\n");
}

static enum answer compressed(void)
{
	static const char head[] = "POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n";
	unsigned char text[512];
	z_stream z = {.next_in = (unsigned char *)WORD, .avail_in = 9};

	memcpy(text, head, sizeof(head) - 1);
	z.next_out = text + sizeof(head) - 1;
	z.avail_out = sizeof(text) - sizeof(head);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_HUFFMAN_ONLY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return whole_bytes(PAYLOAD_RULE, text, z.next_out - text);
}

/* RFC 9113 3.4; HEADERS with GET, http, and :path in the code of RFC 7541 B. */
static enum answer http2(void)
{
	static const char text[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
				   "\0\0\0\x04\0\0\0\0\0"
				   "\0\0\x0f\x01\x05\0\0\0\x01"
				   "\x82\x86\x04\x8b"
				   "\x60\x93\x19\x82\xf7\x35\x0b\x78\x3d\x92\x7f";

	return whole_bytes(URI_RULE, text, sizeof(text) - 1) == SEEN
		       ? SEEN
		       : whole_bytes(PAYLOAD_RULE, text, sizeof(text) - 1);
}

static enum answer tls(void)
{
	static const char record[] = "\x17\x03\x03\0\x39" GET; /* a cipher would hide it */
	struct stream t = begin(PAYLOAD_RULE);
	struct frame f = stream_frame(&t, record, sizeof(record) - 1);

	load_rules(PAYLOAD_RULE, 0, SW_INSPECT_TLS);
	return answer_of(dropped(&f));
}

/* ---- the program's own bounds */

static enum answer among_candidates(void)
{
	static struct sig s[101];
	char text[1460], *at = text + sprintf(text, "GET /?");
	struct stream t;
	struct frame f;

	for (int i = 0; i < 100; i++) {
		char decoy[24];

		sprintf(decoy, "decoy%03d", i);
		s[i] = sig(100 + i, SW_RULE_ALERT);
		sig_text(&s[i], SW_BUFFER_PAYLOAD, decoy, 0);
		sig_text(&s[i], SW_BUFFER_PAYLOAD, "never there", 0);
		at += sprintf(at, "%s&", decoy);
	}
	s[100] = sig(PAYLOAD_RULE, SW_RULE_DROP);
	sig_text(&s[100], SW_BUFFER_PAYLOAD, WORD, 0);
	signatures_load(s, 101, 0);
	strcpy(at, WORD HEAD);
	t = stream_open(CLIENT4, OPEN_PORT);
	f = stream_frame(&t, text, strlen(text));
	assert_int_equal(prog.state->unfinished, 0);
	if (dropped(&f))
		return SEEN;
	assert_true(prog.state->unfinished > 0); /* it is told */
	return UNSEEN;
}

const struct evasion http_evasions[] = {
	{"percent encoding", SEEN, percent},
	{"percent encoding, twice", SEEN, percent_twice},
	{"percent encoding, three times", UNSEEN, percent_thrice},
	{"%u0065", SEEN, percent_u},
	{"overlong UTF-8 (%c0%af)", UNSEEN, overlong},
	{"percent encoding in a form", SEEN, percent_in_body},
	{"percent encoding in another body", UNSEEN, percent_in_json},
	{"mixed case, for a rule with nocase", SEEN, mixed_case},
	{"NUL in the URI", SEEN, nul_in_uri},
	{"NUL behind the method", UNSEEN, nul_separator},
	{"tabs in the request line", SEEN, tab_separator},
	{"many blanks in the request line", SEEN, many_blanks},
	{"no version in the request line", SEEN, no_version},
	{"// for /", SEEN, two_slashes},
	{"/./ for /", SEEN, dot_segment},
	{"/x/../ for /", SEEN, dot_dot_segment},
	{"\\ for /", SEEN, backslash},
	{"lines that end with LF only", SEEN, bare_lf},
	{"blank lines before the request", SEEN, blank_lines},
	{"a hundred blank lines before the request", UNSEEN, more_blank_lines},
	{"pipelined requests", SEEN, pipelined},
	{"pipelined behind a body", SEEN, behind_body},
	{"pipelined behind a body, and encoded", SEEN, behind_body_encoded},
	{"the hundredth request of a connection", SEEN, next_in_connection},
	{"folded header", SEEN, folded_value},
	{"header folded within the pattern", UNSEEN, folded_within},
	{"a hundred header lines before it", SEEN, many_lines},
	{"two signs of one rule, far apart in two segments", UNSEEN, far_apart},
	{"chunked body", SEEN, chunked_whole},
	{"chunked body, cut within the pattern", UNSEEN, chunked},
	{"gzip body", UNSEEN, compressed},
	{"HTTP/2", UNSEEN, http2},
	{"TLS", UNSEEN, tls},
	{"a hundred literals of other rules before it", UNSEEN, among_candidates},
	{NULL, UNSEEN, NULL},
};
