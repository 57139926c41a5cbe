// SPDX-License-Identifier: GPL-2.0-only
/* TLS: records and handshakes are parsed, application data is not. */
#include <stdlib.h>
#include <string.h>
#include "test_rules.h"

#define CHANGE_CIPHER 20
#define HANDSHAKE 22
#define APPLICATION 23
#define HEARTBEAT 24
#define WORD "evil-word"

struct bytes {
	uint8_t byte[1600];
	size_t size;
};

static void put(struct bytes *b, const void *from, size_t n)
{
	assert_true(b->size + n <= sizeof(b->byte));
	memcpy(b->byte + b->size, from, n);
	b->size += n;
}

/* A record's header; what it carries follows, or does not. */
static void put_header(struct bytes *b, uint8_t type, uint16_t length)
{
	uint8_t header[] = {type, 3, 3, length >> 8, length};

	put(b, header, sizeof(header));
}

static void put_record(struct bytes *b, uint8_t type, const void *from, size_t n)
{
	put_header(b, type, n);
	put(b, from, n);
}

static void put_heartbeat(struct bytes *b, uint8_t kind, uint16_t length, uint16_t asked)
{
	uint8_t message[] = {kind, asked >> 8, asked};

	put_header(b, HEARTBEAT, length);
	put(b, message, sizeof(message));
}

static int sends(struct stream *t, const struct bytes *b)
{
	return stream_send(t, b->byte, b->size);
}

static void load_word(void)
{
	struct sig s = sig(SID, SW_RULE_DROP);

	sig_text(&s, SW_BUFFER_PAYLOAD, WORD, 0);
	signatures_load(&s, 1, SW_INSPECT_TLS);
}

static void load_heartbeat(enum sw_rule_action action)
{
	struct sig s = sig(SID, action);

	sig_condition(&s, SW_CONDITION_TLS_HEARTBEAT, SW_BUFFER_PAYLOAD);
	signatures_load(&s, 1, SW_INSPECT_TLS);
}

/* As RFC 8446 4.1.2 and RFC 6066 3 have them. */
static void put_client_hello(struct bytes *b, const char *name, size_t pad)
{
	struct bytes hello = {.size = 0};
	size_t n = strlen(name);
	uint8_t head[] = {1, 0, 0, 0, 3, 3}, zero[1400] = {0};
	uint8_t sni[] = {0, 0, 0, n + 5, 0, n + 3, 0, 0, n};

	put(&hello, head, sizeof(head));
	put(&hello, zero, 32 + pad);
	put(&hello, sni, sizeof(sni));
	put(&hello, name, n);
	put_record(b, HANDSHAKE, hello.byte, hello.size);
}

static void a_client_hello_is_searched(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct bytes b = {.size = 0};
	(void)unused;
	load_word();
	put_client_hello(&b, "www.example.com", 0);
	assert_int_equal(sends(&t, &b), SW_REASON_FLOW);
	b.size = 0;
	put_client_hello(&b, WORD ".example.com", 0);
	assert_int_equal(sends(&t, &b), SW_REASON_SIGNATURE);
}

/* A ClientHello with post-quantum keys takes two segments. */
static void a_long_client_hello_is_searched_too(void **unused)
{
	struct bytes b = {.size = 0};
	struct stream t;
	(void)unused;
	load_word();
	put_client_hello(&b, WORD ".example.com", 1350);
	for (size_t cut = 1; cut < b.size; cut += 1 + cut / 100) {
		int first, second;

		t = stream_open(CLIENT4, OPEN_PORT);
		first = stream_send(&t, b.byte, cut);
		second = first == SW_REASON_SIGNATURE ? first
						      : stream_send(&t, b.byte + cut, b.size - cut);
		if (second != SW_REASON_SIGNATURE)
			fail_msg("cut at %zu of %zu", cut, b.size);
	}
}

static void application_data_is_not_searched(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct bytes b = {.size = 0};
	char text[1400];
	(void)unused;
	load_word();
	memset(text, '.', sizeof(text));
	memcpy(text + 100, WORD, 9);
	put_record(&b, APPLICATION, text, 1000);
	assert_int_equal(sends(&t, &b), SW_REASON_FLOW);
	/* Nor in the segments that a long record goes on in, */
	b.size = 0;
	put_header(&b, APPLICATION, 3 * 1400);
	put(&b, text, 1400);
	assert_int_equal(sends(&t, &b), SW_REASON_FLOW);
	assert_int_equal(stream_send(&t, text, 1400), SW_REASON_FLOW);
	assert_int_equal(stream_send(&t, text, 1400), SW_REASON_FLOW);
	assert_int_equal(sig_tried(SID), 0);
	/* but in the handshake behind it. */
	b.size = 0;
	put_client_hello(&b, WORD, 0);
	assert_int_equal(sends(&t, &b), SW_REASON_SIGNATURE);
}

static void what_is_no_tls_is_not_searched_there(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	(void)unused;
	load_word();
	assert_not_seen(&t, "GET /" WORD " HTTP/1.1\r\n\r\n");
}

static void an_over_reading_heartbeat_is_seen(void **unused)
{
	static const struct {
		uint16_t length, asked;
		bool seen;
	} rows[] = {
		{3, 0x4000, true},		     /* the classic: nothing, and 16 KiB asked */
		{16368, 16365, true},		     /* of a real capture: payload < record */
		{19, 0, false},			     /* the least that is valid */
		{19, 1, true},	      {18, 0, true}, /* less padding than RFC 6520 wants */
		{35, 16, false},      {35, 17, true},	   {16384, 16365, false},
		{16384, 16366, true}, {100, 0xffff, true},
	};
	(void)unused;
	load_heartbeat(SW_RULE_DROP);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream t = stream_open(CLIENT4, OPEN_PORT);
		struct bytes b = {.size = 0};

		put_heartbeat(&b, 1, rows[i].length, rows[i].asked);
		if ((sends(&t, &b) == SW_REASON_SIGNATURE) != rows[i].seen)
			fail_msg("record %u, payload %u", rows[i].length, rows[i].asked);
	}
}

static void an_answer_is_no_request(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct bytes b = {.size = 0};
	(void)unused;
	load_heartbeat(SW_RULE_DROP);
	put_heartbeat(&b, 2, 3, 0x4000);
	assert_int_equal(sends(&t, &b), SW_REASON_FLOW);
	assert_int_equal(stream_send(&t, "\x18\x03\x02", 3), SW_REASON_FLOW);
	t = stream_open(CLIENT4, OPEN_PORT);
	assert_int_equal(stream_send(&t, "\x18\x05\x02\x00\x03\x01\x40\x00", 8), SW_REASON_FLOW);
}

static void a_heartbeat_is_found_behind_other_records(void **unused)
{
	struct bytes b = {.size = 0};
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char text[64] = {0};
	(void)unused;
	load_heartbeat(SW_RULE_DROP);
	put_client_hello(&b, "www.example.com", 0);
	put_record(&b, APPLICATION, text, sizeof(text));
	put_heartbeat(&b, 1, 3, 0x4000);
	assert_int_equal(sends(&t, &b), SW_REASON_SIGNATURE);
}

/* Its bytes are random then: one in 256 would look like the attack. */
static void an_encrypted_heartbeat_is_none(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct bytes b = {.size = 0};

	(void)unused;
	load_heartbeat(SW_RULE_DROP);
	put_record(&b, CHANGE_CIPHER, "\1", 1);
	put_heartbeat(&b, 1, 3, 0x4000);
	assert_int_equal(sends(&t, &b), SW_REASON_FLOW);
	b.size = 0;
	put_heartbeat(&b, 1, 3, 0x4000);
	assert_int_equal(sends(&t, &b), SW_REASON_FLOW);
	t = stream_open(CLIENT4, OPEN_PORT);
	assert_int_equal(sends(&t, &b), SW_REASON_SIGNATURE);
}

static void a_heartbeat_is_found_wherever_it_is_cut(void **unused)
{
	struct bytes b = {.size = 0};
	char text[300] = {0};
	struct stream t;
	(void)unused;
	load_heartbeat(SW_RULE_DROP);
	put_record(&b, APPLICATION, text, sizeof(text));
	put_heartbeat(&b, 1, 3, 0x4000);
	for (size_t cut = 1; cut < b.size; cut++) {
		t = stream_open(CLIENT4, OPEN_PORT);
		assert_int_equal(stream_send(&t, b.byte, cut), SW_REASON_FLOW);
		if (stream_send(&t, b.byte + cut, b.size - cut) != SW_REASON_SIGNATURE)
			fail_msg("cut at %zu of %zu", cut, b.size);
	}
	t = stream_open(CLIENT4, OPEN_PORT);
	for (size_t at = 0; at < b.size - 1; at++)
		assert_int_equal(stream_send(&t, b.byte + at, 1), SW_REASON_FLOW);
	assert_int_equal(stream_send(&t, b.byte + b.size - 1, 1), SW_REASON_SIGNATURE);
}

static void one_heartbeat_is_counted_once(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct bytes b = {.size = 0};
	char text[60] = {0};
	(void)unused;
	load_heartbeat(SW_RULE_ALERT);
	put_heartbeat(&b, 1, 16368, 16365);
	assert_int_equal(sends(&t, &b), SW_REASON_FLOW);
	assert_int_equal(stream_send(&t, text, sizeof(text)), SW_REASON_FLOW);
	assert_int_equal(stream_send(&t, text, sizeof(text)), SW_REASON_FLOW);
	assert_int_equal(sig_hits(SID), 1);
}

static void many_small_records_are_passed_over(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct bytes b = {.size = 0};
	(void)unused;
	load_heartbeat(SW_RULE_DROP);
	for (int i = 0; i < 200; i++)
		put_record(&b, APPLICATION, "x", 1);
	put_heartbeat(&b, 1, 3, 0x4000);
	assert_int_equal(sends(&t, &b), SW_REASON_SIGNATURE);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(a_client_hello_is_searched),
		CASE(a_long_client_hello_is_searched_too),
		CASE(application_data_is_not_searched),
		CASE(what_is_no_tls_is_not_searched_there),
		CASE(an_over_reading_heartbeat_is_seen),
		CASE(an_answer_is_no_request),
		CASE(a_heartbeat_is_found_behind_other_records),
		CASE(an_encrypted_heartbeat_is_none),
		CASE(a_heartbeat_is_found_wherever_it_is_cut),
		CASE(one_heartbeat_is_counted_once),
		CASE(many_small_records_are_passed_over),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
