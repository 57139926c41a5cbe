// SPDX-License-Identifier: GPL-2.0-only
/* The PROXY protocol: the request after its header is inspected, its sender is treated as a
 * proxy, and the event names the client. */
#include <linux/tcp.h>
#include <string.h>
#include "events/describe.h"
#include "test_rules.h"

#define HEAD "GET / HTTP/1.1\r\nHost: a\r\nX-A: evil-word\r\n\r\n"
#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define V2_4 V2 "\x21\x11\0\x0c\xcb\0\x71\x05\xc0\0\2\1\x12\x34\0\x50"
#define V2_6                                                      \
	V2 "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7" \
	   "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34\0\x50"
#define V2_TLV V2 "\x21\x11\0\x11\xcb\0\x71\x05\xc0\0\2\1\x12\x34\0\x50\4\0\2ab"
#define V2_LOCAL V2 "\x20\0\0\0"

static int load(void **unused)
{
	struct sig s = sig(SID, SW_RULE_BLOCK);

	signatures_reset(unused);
	s.rule.flags = SW_RULE_DELIBERATE;
	sig_text(&s, SW_BUFFER_HEADER, "evil-word", 0);
	signatures_load(&s, 1, 0);
	return 0;
}

static int send_over(struct connection *c, const char *bytes, size_t length)
{
	struct frame f = stream_frame(&c->t, bytes, length);
	uint32_t ack = htonl(c->ack);
	int reason;

	memcpy(f.byte + f.size - length - sizeof(struct tcphdr) + 8, &ack, 4);
	reason = run(&f);
	c->t.seq += length;
	return reason;
}

/* A header and a request in one segment, over a connection of its own. */
static int send_behind(const char *header, size_t length)
{
	struct connection c = connection_open();
	char text[512];
	int reason;

	memcpy(text, header, length);
	memcpy(text + length, HEAD, strlen(HEAD));
	reason = send_over(&c, text, length + strlen(HEAD));
	connection_close(&c);
	return reason;
}

static const char *client_told(void)
{
	static char text[SW_PREFIX_TEXT];

	read_events();
	assert_in_range(prog.events, 1, 64);
	assert_int_equal(prog.event[prog.events - 1].shared, 1);
	return sw_event_client(&prog.event[prog.events - 1], text) ? text : "";
}

#define assert_for(header, client)                                                              \
	do {                                                                                    \
		load(NULL);                                                                     \
		assert_int_equal(send_behind(header, sizeof(header) - 1), SW_REASON_SIGNATURE); \
		assert_int_equal(prog.state->auto_blocked, 0);                                  \
		assert_string_equal(client_told(), client);                                     \
	} while (0)

static void the_request_behind_a_header_is_read(void **unused)
{
	(void)unused;
	assert_for("PROXY TCP4 203.0.113.5 192.0.2.1 56324 80\r\n", "203.0.113.5");
	assert_for("PROXY TCP6 2001:db8::7 2001:db8::1 56324 80\r\n", "2001:db8::7");
	assert_for(V2_4, "203.0.113.5");
	assert_for(V2_6, "2001:db8::7");
	assert_for(V2_TLV, "203.0.113.5");
}

/* Nobody is named: a health check of the proxy's own. */
static void a_header_without_a_client_is_passed_over(void **unused)
{
	(void)unused;
	assert_int_equal(send_behind("PROXY UNKNOWN\r\n", 15), SW_REASON_SIGNATURE);
	assert_int_equal(prog.state->auto_blocked, 1);
	load(NULL);
	assert_int_equal(send_behind(V2_LOCAL, sizeof(V2_LOCAL) - 1), SW_REASON_SIGNATURE);
	assert_int_equal(prog.state->auto_blocked, 1);
}

static void loopback_is_no_client(void **unused)
{
	(void)unused;
	assert_int_equal(send_behind("PROXY TCP4 127.0.0.1 192.0.2.1 5 80\r\n", 37),
			 SW_REASON_SIGNATURE);
	assert_int_equal(prog.state->auto_blocked, 1);
}

/* In segments of `first` bytes and then `rest` each; the last one's reason. */
static int send_cut(const char *header, size_t length, size_t first, size_t rest)
{
	struct connection c = connection_open();
	int reason = SW_REASON_FLOW;
	char text[2048];
	size_t n = first;

	memcpy(text, header, length);
	memcpy(text + length, HEAD, strlen(HEAD));
	length += strlen(HEAD);
	for (size_t at = 0; at < length && reason == SW_REASON_FLOW; at += n, n = rest) {
		n = n < length - at ? n : length - at;
		reason = send_over(&c, text + at, n);
	}
	connection_close(&c);
	return reason;
}

static void check_cut(const char *header, size_t length, const char *client)
{
	size_t most = length + 3;

	for (size_t at = 1; at < most; at++) {
		load(NULL);
		if (send_cut(header, length, at, 2048) != SW_REASON_SIGNATURE)
			fail_msg("missed behind %s, cut at %zu", client, at);
		assert_string_equal(client_told(), client);
		assert_int_equal(prog.state->auto_blocked, 0);
	}
	for (size_t size = 1; size < 30; size++) {
		load(NULL);
		if (send_cut(header, length, size, size) != SW_REASON_SIGNATURE)
			fail_msg("missed behind %s, by %zu bytes", client, size);
		assert_string_equal(client_told(), client);
	}
}

static void a_header_may_be_cut_anywhere(void **unused)
{
	static const char v1[] = "PROXY TCP4 203.0.113.5 192.0.2.1 56324 80\r\n";
	char tlv[600] = V2 "\x21\x11\1\x2c\xcb\0\x71\x05\xc0\0\2\1\x12\x34\0\x50\4\1\x1d";
	(void)unused;
	check_cut(v1, sizeof(v1) - 1, "203.0.113.5");
	check_cut(V2_4, sizeof(V2_4) - 1, "203.0.113.5");
	check_cut(V2_6, sizeof(V2_6) - 1, "2001:db8::7");
	check_cut(tlv, 16 + 0x12c, "203.0.113.5");
}

/* What begins as a header does, and is none, is read as it stands. */
static void what_is_no_header_may_be_cut_as_well(void **unused)
{
	(void)unused;
	for (size_t at = 1; at < 40; at++) {
		load(NULL);
		assert_int_equal(send_cut("P", 0, at, 2048), SW_REASON_SIGNATURE);
		load(NULL);
		assert_int_equal(send_cut("\r\n\r\n", 4, at, 2048), SW_REASON_SIGNATURE);
		load(NULL);
		assert_int_equal(send_cut("PROPFIND / HTTP/1.1\r\n\r\n", 23, at, 2048),
				 SW_REASON_SIGNATURE);
	}
}

static void a_header_in_a_segment_of_its_own(void **unused)
{
	struct connection c = connection_open();

	(void)unused;
	assert_int_equal(send_over(&c, V2_4, sizeof(V2_4) - 1), SW_REASON_FLOW);
	assert_int_equal(send_over(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27), SW_REASON_FLOW);
	assert_int_equal(send_over(&c, HEAD, strlen(HEAD)), SW_REASON_SIGNATURE);
	assert_string_equal(client_told(), "203.0.113.5");
	assert_int_equal(prog.state->auto_blocked, 0);
	connection_close(&c);
}

/* At ports that no rule names, too. */
static void first_words_are_those_behind_it(void **unused)
{
	struct stream t = stream_open(CLIENT4, 8983);

	(void)unused;
	assert_not_seen(&t, "PROXY TCP4 203.0.113.5 192.0.2.1 56324 80\r\n");
	assert_seen(&t, HEAD);
	t = stream_open(CLIENT4, 8984);
	assert_seen(&t, "PROXY TCP4 203.0.113.5 192.0.2.1 56324 80\r\n" HEAD);
}

static void what_is_no_header_is_read_as_it_stands(void **unused)
{
	(void)unused;
	assert_int_equal(send_behind("PROXY TCP4 203.0.113.5", 22), SW_REASON_FLOW);
	assert_int_equal(send_behind(V2 "\x31\x11\0\x0c", 16), SW_REASON_FLOW);
	/* Longer than the segment. */
	assert_int_equal(send_behind(V2 "\x21\x11\xff\xff", 16), SW_REASON_FLOW);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, load)
	const struct CMUnitTest tests[] = {
		CASE(the_request_behind_a_header_is_read),
		CASE(a_header_without_a_client_is_passed_over),
		CASE(loopback_is_no_client),
		CASE(a_header_in_a_segment_of_its_own),
		CASE(a_header_may_be_cut_anywhere),
		CASE(what_is_no_header_may_be_cut_as_well),
		CASE(first_words_are_those_behind_it),
		CASE(what_is_no_header_is_read_as_it_stands),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
