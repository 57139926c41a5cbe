// SPDX-License-Identifier: GPL-2.0-only
/* Rules about replies of this host only report. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test_rules.h"

#define ANSWERED(options)                                               \
	"alert http $HOME_NET any -> $EXTERNAL_NET any (msg:\"test\"; " \
	"flow:established,to_client; " options " sid:1000001;)"
#define OK "HTTP/1.1 200 OK\r\nServer: test\r\n\r\n"
#define NOT_FOUND "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

static int reset(void **unused)
{
	signatures_reset(unused);
	stream_answered = 5000;
	return 0;
}

/* From the address the listener has, over IPv4 or to whoever `f` says. */
static void leave_with(struct frame *f, const void *bytes, size_t length)
{
	assert_true(f->size + length <= sizeof(f->byte));
	memcpy(f->byte + f->size, bytes, length);
	f->size += length;
	assert_int_equal(leave_from_socket(f), -1);
}

#define assert_told(n) assert_int_equal(sig_hits(SID), n)

/* ---- what is found */

static void a_status_is_told(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	const struct sw_event *ev;
	(void)unused;
	rules_load(ANSWERED("http.stat_code; content:\"404\";"));
	stream_answer(&t, OK);
	assert_told(0);
	stream_answer(&t, NOT_FOUND);
	assert_told(1);
	read_events();
	ev = &prog.event[prog.events - 1];
	assert_int_equal(ev->type, SW_EVENT_SIGNATURE);
	assert_int_equal(ev->verdict, SW_RULE_ANSWERED);
	assert_int_equal(ev->sid, SID);
	assert_int_equal(ntohs(ev->dport), 80);
	assert_memory_equal(ev->matched, "404", 3);
	stream_answer(&t, NOT_FOUND);
	assert_told(2);
}

static void nobody_is_blocked_for_it(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	struct frame f = tcp4(CLIENT4, OPEN_PORT, F_SYN);
	(void)unused;
	rules_load("reject http any any -> any any (msg:\"test\"; flow:from_server; "
		   "file.data; content:\"root:x:0:0\"; sid:1000001;)");
	for (int i = 0; i < 50; i++)
		stream_answer(&t, OK "root:x:0:0:root:/root:/bin/bash");
	assert_told(50);
	assert_string_equal(reason_name(ask(&f)), "open-port");
}

static void parts_of_an_answer_are_told_apart(void **unused)
{
	static const struct {
		const char *options, *hit, *miss;
	} list[] = {
		{"http.stat_msg; content:\"Not Found\";", NOT_FOUND, OK "Not Found"},
		{"http.stat_msg; content:\"Not Found\"; startswith; endswith;", NOT_FOUND,
		 "HTTP/1.1 404 Not Found here\r\n\r\n"},
		{"http.stat_code; content:\"50\"; startswith;", "HTTP/1.0 503 Busy\r\n\r\n",
		 "HTTP/1.0 250 Busy\r\n\r\n"},
		{"http.stat_code; bsize:3; content:\"2\";", OK, NOT_FOUND},
		{"http.header; content:\"X-Evil|3a|\";", "HTTP/1.1 200 OK\r\nX-Evil: 1\r\n\r\n",
		 OK "X-Evil: 1"},
		{"http.header_names; content:\"|0d 0a|X-Evil|0d 0a|\";",
		 "HTTP/1.1 200 OK\r\nX-Evil: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nA: X-Evil\r\n\r\n"},
		{"http.server; content:\"evilware\";",
		 "HTTP/1.1 200 OK\r\nServer: evilware\r\n\r\n", OK "evilware"},
		{"http.cookie; content:\"evil-word=\"; startswith;",
		 "HTTP/1.1 200 OK\r\nSet-Cookie: evil-word=1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nSet-Cookie: a=evil-word=1\r\n\r\n"},
		{"http.cookie; content:\"evil-word=\"; http.content_type; content:!\"json\";",
		 "HTTP/1.1 200 OK\r\nSet-Cookie: evil-word=1\r\nContent-Type: text/html\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nSet-Cookie: evil-word=1\r\nContent-Type: a/json\r\n\r\n"},
		{"file.data; content:\"evil-word\";", OK "an evil-word",
		 "HTTP/1.1 200 OK\r\nX: evil-word\r\n\r\n"},
		{"file.data; content:\"evil\"; startswith;", OK "evil", OK "no evil"},
		{"http.response_body; content:\"evil-word\"; pcre:\"/evil-word [0-9]+/Q\";",
		 OK "evil-word 12", OK "evil-word x"},
		{"content:\"evil-word\"; http_server_body;", OK "evil-word",
		 "HTTP/1.1 200 evil-word\r\n\r\n"},
		{"http.response_line; content:\"HTTP/1.1 200 Okay\";", "HTTP/1.1 200 Okay\r\n\r\n",
		 OK "HTTP/1.1 200 Okay"},
		{"http.protocol; content:\"1.0\"; endswith; http.stat_code; content:\"200\";",
		 "HTTP/1.0 200 OK\r\n\r\n", OK "HTTP/1.0"},
		{"http.stat_code; content:\"500\"; file.data; content:\"SQL syntax\";",
		 "HTTP/1.1 500 Oops\r\n\r\nan error in your SQL syntax", OK "SQL syntax"},
		{"content:\"evil-word\";", OK "evil-word", OK "word"},
	};
	struct stream t;
	char rule[512];
	(void)unused;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		snprintf(rule, sizeof(rule), ANSWERED("%s"), list[i].options);
		reset(NULL);
		rules_load(rule);
		t = stream_open(CLIENT4, 80);
		stream_answer(&t, list[i].miss);
		if (sig_hits(SID))
			fail_msg("%s: hit %s", list[i].options, list[i].miss);
		stream_answer(&t, list[i].hit);
		if (sig_hits(SID) != 1)
			fail_msg("%s: %llu hits of %s", list[i].options,
				 (unsigned long long)sig_hits(SID), list[i].hit);
	}
}

/* ---- in several segments */

static void it_is_found_cut_anywhere(void **unused)
{
	static const char whole[] = "HTTP/1.1 500 Oops\r\nServer: a\r\n\r\n<p>an evil-word there";
	struct stream t;
	(void)unused;
	rules_load(ANSWERED("http.stat_code; content:\"500\"; file.data; content:\"evil-word\";"));
	for (size_t at = 1; at < sizeof(whole) - 1; at++) {
		t = stream_open(CLIENT4, 80);
		stream_answer_at(&t, whole, at, 5000);
		stream_answer_at(&t, whole + at, sizeof(whole) - 1 - at, 5000 + at);
		if (sig_hits(SID) != at)
			fail_msg("cut at %zu: %llu hits", at, (unsigned long long)sig_hits(SID));
	}
}

static void a_status_holds_for_all_of_the_body(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	char filler[1000];
	(void)unused;
	rules_load(ANSWERED("http.stat_code; content:\"500\"; file.data; content:\"evil-word\";"));
	memset(filler, '.', sizeof(filler));
	filler[sizeof(filler) - 1] = 0;
	stream_answer(&t, "HTTP/1.1 500 Oops\r\n\r\n");
	for (int i = 0; i < 5; i++)
		stream_answer(&t, filler);
	stream_answer(&t, "evil-word");
	assert_told(1);
	stream_answer(&t, OK "evil-word");
	assert_told(1);
}

/* A status that is all a rule asks for holds once an answer. */
static void a_body_is_no_further_answer(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	rules_load(ANSWERED("http.stat_code; content:\"200\";"));
	stream_answer(&t, OK);
	stream_answer(&t, "some text");
	stream_answer(&t, "more text, HTTP/1.1 200 OK");
	assert_told(1);
}

static void a_retransmission_is_no_further_answer(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	rules_load(ANSWERED("http.stat_code; content:\"404\";"));
	stream_answer_at(&t, NOT_FOUND, strlen(NOT_FOUND), 5000);
	stream_answer_at(&t, NOT_FOUND, strlen(NOT_FOUND), 5000);
	assert_told(1);
}

/* Nothing far behind an answer's beginning is read; the next answer is. */
static void a_long_download_is_read_at_its_beginning(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	char filler[1400];
	(void)unused;
	rules_load(ANSWERED("file.data; content:\"evil-word\";"));
	memset(filler, '.', sizeof(filler));
	filler[sizeof(filler) - 1] = 0;
	stream_answer(&t, OK);
	for (int i = 0; i < 64; i++)
		stream_answer(&t, filler);
	stream_answer(&t, "evil-word");
	assert_told(0);
	stream_answer(&t, OK "evil-word");
	assert_told(1);
}

/* ---- where */

static void other_services_are_read_as_they_speak(void **unused)
{
	struct stream t = stream_open(CLIENT4, 21), other = stream_open(CLIENT4, 2121);
	(void)unused;
	rules_load("alert tcp $HOME_NET 21 -> $EXTERNAL_NET any (msg:\"test\"; flow:from_server; "
		   "content:\"530 \"; depth:4; sid:1000001;)");
	stream_answer(&other, "530 no\r\n");
	assert_told(0);
	stream_answer(&t, "220 530 \r\n");
	assert_told(0);
	stream_answer(&t, "530 no\r\n");
	assert_told(1);
}

static void without_a_flow_a_port_says_it(void **unused)
{
	struct stream t = stream_open(CLIENT4, 21);
	(void)unused;
	rules_load("alert tcp $HOME_NET 21 -> $EXTERNAL_NET any (msg:\"test\"; "
		   "content:\"evil-word\"; sid:1000001;)");
	stream_answer(&t, "220 evil-word\r\n");
	assert_told(1);
}

static void addresses_are_those_of_the_rule(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	rules_load("alert http any any -> !203.0.113.0/24 any (msg:\"test\"; flow:to_client; "
		   "file.data; content:\"evil-word\"; sid:1000001;)\n"
		   "alert http any any -> 203.0.113.0/24 any (msg:\"test\"; flow:to_client; "
		   "file.data; content:\"evil-word\"; sid:1000002;)");
	t.src = 0xcb007105; /* 203.0.113.5 */
	stream_answer(&t, OK "evil-word");
	assert_told(0);
	assert_int_equal(sig_hits(1000002), 1);
}

static void requests_are_not_searched_for_it(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	rules_load(ANSWERED("content:\"evil-word\";"));
	stream_say(&t, "GET /evil-word HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_told(0);
	assert_int_equal(sig_tried(SID), 0);
}

static void nor_answers_for_what_requests_say(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	rules_load(ANSWERED("content:\"evil-word\";") "\n"
						      "alert tcp any any -> any 80 (msg:\"a\"; "
						      "content:\"evil-word\"; sid:1000002;)");
	stream_answer(&t, OK "evil-word");
	assert_told(1);
	assert_int_equal(sig_tried(1000002), 0);
	stream_say(&t, "POST /evil-word HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_told(1);
	assert_int_equal(sig_hits(1000002), 1);
}

/* A port that only such rules name is still known by its clients' first words. */
static void first_words_are_heard_beside_it(void **unused)
{
	struct stream t = stream_open(CLIENT4, 8099);
	(void)unused;
	rules_load("alert tcp any any -> any any (msg:\"test\"; flow:to_client; "
		   "content:\"evil-word\"; sid:1000001;)\n"
		   "drop http any any -> any any (msg:\"a\"; http.uri; content:\"/evil-path\"; "
		   "sid:1000002;)");
	stream_say(&t, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_seen(&t, "GET /evil-path HTTP/1.1\r\nHost: a\r\n\r\n");
	stream_answer(&t, "evil-word");
	assert_told(1);
}

static void over_ipv6_as_well(void **unused)
{
	struct frame f = frame_eth(ETH_P_IPV6);
	static const uint64_t high = 0x20010db800000000ull;
	(void)unused;
	rules_load(ANSWERED("file.data; content:\"evil-word\";"));
	frame_ip6(&f, high, 1, IPPROTO_TCP);
	frame_tcp(&f, 80, 40000, F_ACK | F_PSH);
	frame_seq(&f, 5000);
	leave_with(&f, OK "evil-word", strlen(OK "evil-word"));
	assert_told(1);
}

static void a_threshold_counts_answers(void **unused)
{
	struct stream t = stream_open(CLIENT4, 80);
	(void)unused;
	rules_load(ANSWERED("http.stat_code; content:\"401\"; "
			    "threshold:type both, track by_dst, count 5, seconds 60;"));
	for (int i = 0; i < 4; i++)
		stream_answer(&t, "HTTP/1.1 401 No\r\n\r\n");
	assert_told(0);
	stream_answer(&t, "HTTP/1.1 401 No\r\n\r\n");
	assert_told(1);
}

#define T(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_status_is_told),
		T(nobody_is_blocked_for_it),
		T(parts_of_an_answer_are_told_apart),
		T(it_is_found_cut_anywhere),
		T(a_status_holds_for_all_of_the_body),
		T(a_body_is_no_further_answer),
		T(a_retransmission_is_no_further_answer),
		T(a_long_download_is_read_at_its_beginning),
		T(other_services_are_read_as_they_speak),
		T(without_a_flow_a_port_says_it),
		T(addresses_are_those_of_the_rule),
		T(requests_are_not_searched_for_it),
		T(nor_answers_for_what_requests_say),
		T(first_words_are_heard_beside_it),
		T(over_ipv6_as_well),
		T(a_threshold_counts_answers),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
