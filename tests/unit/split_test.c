// SPDX-License-Identifier: GPL-2.0-only
/* What matches in one segment matches when cut in two at any byte, and in segments of a few
 * bytes; what does not match stays so. */
#include <stdio.h>
#include <string.h>
#include "test_rules.h"

struct piece {
	const char *options, *hit, *miss;
	uint16_t port;
};

#define RULE "drop tcp any any -> any any (msg:\"test\"; flow:to_server; %s sid:1000001;)"
#define HEAD " HTTP/1.1\r\nHost: a\r\n\r\n"
#define FORM(length) \
	"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " length "\r\n\r\n"

static const struct piece pieces[] = {
	{"http.uri; content:\"/evil-path\";", "GET /evil-path" HEAD, "GET /q?a=evil-path" HEAD, 80},
	{"http.uri; content:\"/evil-path\";", "GET /%65vil%2Dpath" HEAD, "GET /%65vil" HEAD, 80},
	{"http.uri; content:\"/evil-path\";", "GET /%2565vil-path" HEAD, "GET /%65vil" HEAD, 80},
	{"http.uri; content:\"/a/evil-path\";", "GET /x/..//a/./evil-path" HEAD, "GET /a/b" HEAD,
	 80},
	{"http.uri; content:\"/evil-path\"; endswith;", "GET /evil-path" HEAD,
	 "GET /evil-paths" HEAD, 80},
	{"http.uri; content:\"evil-path\"; pcre:\"/evil-path\\/[0-9]{3}$/U\";",
	 "GET /evil-path/123" HEAD, "GET /evil-path/1234" HEAD, 80},
	{"http.uri; content:\"/evil-path\"; urilen:10;", "GET /evil-path" HEAD,
	 "GET /evil-paths" HEAD, 80},
	{"http.uri; content:\"/evil-path\"; bsize:<12;", "GET /evil-path" HEAD,
	 "GET /evil-path/and/more" HEAD, 80},
	{"http.uri; content:\"/evil-path\"; content:!\"good\";", "GET /evil-path" HEAD,
	 "GET /evil-path/good" HEAD, 80},
	{"http.uri; content:\"/evil-path\"; pcre:!\"/good/U\";", "GET /evil-path" HEAD,
	 "GET /evil-path/good" HEAD, 80},
	{"http.uri; content:\"/evil-path\"; http.header; content:!\"Accept|3a|\";",
	 "GET /evil-path" HEAD, "GET /evil-path HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n", 80},
	{"http.uri; content:\"/evil-path\"; http.header_names; content:!\"Accept\";",
	 "GET /evil-path" HEAD, "GET /evil-path HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n", 80},
	{"http.user_agent; content:\"evil-agent\"; endswith;",
	 "GET / HTTP/1.1\r\nUser-Agent: evil-agent\r\n\r\n",
	 "GET / HTTP/1.1\r\nUser-Agent: evil-agent/1\r\n\r\n", 80},
	{"http.user_agent; content:\"evil-agent\"; bsize:10;",
	 "GET / HTTP/1.1\r\nUser-Agent: evil-agent\r\n\r\n",
	 "GET / HTTP/1.1\r\nUser-Agent: evil-agent/1\r\n\r\n", 80},
	{"http.method; content:\"PROPFIND\"; http.uri; content:\"/evil-path\";",
	 "PROPFIND /evil-path" HEAD, "PROPGETS /evil-path" HEAD, 80},
	{"http.request_line; content:\"GET /evil-path HTTP/1.1\";", "GET /evil-path" HEAD,
	 "GET /evil-path HTTP/1.0\r\n\r\n", 80},
	{"http.user_agent; content:\"evil-agent\";",
	 "GET / HTTP/1.1\r\nUser-Agent: evil-agent\r\n\r\n",
	 "GET / HTTP/1.1\r\nX-Agent: evil-agent\r\n\r\n", 80},
	{"http.cookie; content:\"a=evil-word\";",
	 "GET / HTTP/1.1\r\nCookie: b=1; a=evil-word\r\n\r\n",
	 "GET / HTTP/1.1\r\nCooky: b=1; a=evil-word\r\n\r\n", 80},
	{"http.header_names; content:\"|0d 0a|X-Evil-Name|0d 0a|\";",
	 "GET / HTTP/1.1\r\nX-Evil-Name: 1\r\n\r\n", "GET / HTTP/1.1\r\nA: X-Evil-Name\r\n\r\n",
	 80},
	{"http.uri; content:\"/evil-path\"; http.header; content:\"X-Evil-Name|3a|\";",
	 "GET /evil-path HTTP/1.1\r\nA: b\r\nX-Evil-Name: 1\r\n\r\n",
	 "GET /evil-pat HTTP/1.1\r\nA: b\r\nX-Evil-Name: 1\r\n\r\n", 80},
	{"http.request_body; content:\"evil-word\";",
	 "POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nevil-word",
	 "GET /evil-word" HEAD, 80},
	{"http.request_body; content:\"evil word\";",
	 "POST / HTTP/1.1\r\n" FORM("13") "a=%65vil+word",
	 "POST /evil-word HTTP/1.1\r\n" FORM("3") "a=1", 80},
	{"http.form; content:\"evil word\";", "POST / HTTP/1.1\r\n" FORM("13") "a=%65vil+word",
	 "POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nevil word", 80},
	{"http.uri; content:\"/evil-path\"; http.request_body; content:\"evil-word\";",
	 "POST /evil-path HTTP/1.1\r\n" FORM("9") "evil-word",
	 "POST /evil-path HTTP/1.1\r\n" FORM("9") "good-word", 80},
	{"content:\"evil-word\";", "GET /evil-word" HEAD, "GET /" HEAD, 80},
	{"http.uri; content:\"/evil-path\";", "GET /" HEAD "GET /evil-path" HEAD,
	 "POST / HTTP/1.1\r\n" FORM("10") "/evil-path", 80},
	{"content:\"EVIL x\"; startswith;", "HELO a\r\nEVIL x\r\n", "HELO EVIL x\r\n", 25},
	{"content:\"VRFY evil-word\"; startswith;",
	 "HELO a\r\nDATA\r\na\r\n.\r\nVRFY evil-word\r\n",
	 "HELO a\r\nDATA\r\na\r\nVRFY evil-word\r\n.\r\nQUIT\r\n", 25},
	{"content:\"SITE EXEC\"; startswith; nocase;", "USER a\r\nsite exec x\r\n",
	 "USER site exec\r\n", 21},
	{"content:\"CONFIG\"; startswith; content:\"evil-word\";",
	 "*3\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$9\r\nevil-word\r\n",
	 "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$16\r\nCONFIG evil-word\r\n", 6379},
	{"content:\"CONFIG SET evil-word\"; startswith;", "CONFIG SET evil-word\r\n",
	 "SET a \"CONFIG SET evil-word\"\r\n", 6379},
	{"content:\"XEVIL x\"; startswith;", "USER a\r\nXEVIL x\r\n", "USER XEVIL x\r\n", 110},
	{"content:\"XEVIL x\"; startswith;", "a1 NOOP\r\na2 XEVIL x\r\n",
	 "a1 APPEND b {10}\r\nXEVIL x\r\n\r\n\r\na2 NOOP\r\n", 143},
};

#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

/* In segments of `first` bytes and then `rest` each. */
static bool is_hit(const struct piece *p, const char *text, size_t first, size_t rest)
{
	struct stream t = stream_open(CLIENT4, p->port);
	size_t length = strlen(text), n = first;

	for (size_t at = 0; at < length; at += n, n = rest) {
		if (n > length - at)
			n = length - at;
		if (stream_send(&t, text + at, n) == SW_REASON_SIGNATURE)
			return true;
	}
	return false;
}

static void load(const struct piece *p)
{
	char rule[512];

	signatures_reset(NULL);
	snprintf(rule, sizeof(rule), RULE, p->options);
	rules_load(rule);
}

static void check(const struct piece *p, size_t first, size_t rest)
{
	if (!is_hit(p, p->hit, first, rest))
		fail_msg("%s: missed in %zu and %zu bytes: %s", p->options, first, rest, p->hit);
	if (is_hit(p, p->miss, first, rest))
		fail_msg("%s: hit in %zu and %zu bytes: %s", p->options, first, rest, p->miss);
}

static void in_one(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < PIECES; i++) {
		load(&pieces[i]);
		check(&pieces[i], 1000, 1000);
	}
}

static void cut_in_two(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < PIECES; i++) {
		load(&pieces[i]);
		for (size_t at = 1; at < strlen(pieces[i].hit) || at < strlen(pieces[i].miss); at++)
			check(&pieces[i], at, 1000);
	}
}

/* Behind a request that is whole, the next one begins by less than its method. */
static void behind_another(void **unused)
{
	static const char *const before[] = {
		("GET /" HEAD),
		"POST / HTTP/1.1\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	};
	static const char evil[] = "GET /evil-path" HEAD;
	char filler[1200];
	struct stream t;
	(void)unused;
	load(&pieces[0]);
	for (size_t i = 0; i < 2 * sizeof(before) / sizeof(before[0]); i++) {
		for (size_t at = 1; at < 6; at++) {
			t = stream_open(CLIENT4, 80);
			/* So that nothing of the one before is kept. */
			snprintf(filler, sizeof(filler), "GET /%0*d" HEAD, i & 1 ? 900 : 1, 0);
			assert_not_seen(&t, filler);
			assert_not_seen(&t, before[i / 2]);
			stream_send(&t, evil, at);
			if (stream_say(&t, evil + at) != SW_REASON_SIGNATURE)
				fail_msg("missed at %zu behind %s", at, before[i / 2]);
		}
	}
}

static void cut_in_crumbs(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < PIECES; i++) {
		load(&pieces[i]);
		for (size_t size = 1; size < 24; size++)
			check(&pieces[i], size, size);
	}
}

#define T(f) cmocka_unit_test_setup(f, signatures_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(in_one),
		T(cut_in_two),
		T(behind_another),
		T(cut_in_crumbs),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
