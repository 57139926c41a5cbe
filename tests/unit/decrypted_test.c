// SPDX-License-Identifier: GPL-2.0-only
/* Plaintext read from TLS is matched with the rules in force, by a program of its own over the
 * same maps. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <scanwall/tls_read.h>
#include "engine/decrypted.h"
#include "engine/settings.h"
#include "test_rules.h"

#define WORD "evil-word"

static struct sw_decrypted decrypted;
static struct sw_engine engine;
static uint32_t seq;

static struct sw_addr mapped(uint32_t addr)
{
	struct sw_addr a = {{[10] = 0xff, [11] = 0xff}};

	addr = htonl(addr);
	memcpy(a.byte + 12, &addr, 4);
	return a;
}

/* From a connection to port 443, as what goes to OPEN_PORT. */
static bool drops(const void *bytes, size_t length)
{
	struct sw_plain_text t = {
		.remote = mapped(CLIENT4),
		.local = mapped(SERVER4),
		.remote_port = htons(40000),
		.local_port = htons(443),
		.rules_port = OPEN_PORT,
		.seq = seq,
		.text = bytes,
		.length = length,
	};

	seq += length;
	return sw_decrypted_drops(&decrypted, &t);
}

static bool says(const char *text)
{
	return drops(text, strlen(text));
}

static void load_word(void)
{
	struct sig s = sig(SID, SW_RULE_DROP);

	sig_text(&s, SW_BUFFER_PAYLOAD, WORD, 0);
	signatures_load(&s, 1, 0);
	sw_setting_store(&engine, mode, SW_ENFORCE);
}

static int begin(void **unused)
{
	int rc = signatures_reset(unused);

	seq += 100 << 20; /* another connection's */
	return rc;
}

static void a_rule_drops_it(void **unused)
{
	(void)unused;
	load_word();
	assert_false(says("everyday"));
	assert_true(says("an " WORD));
	assert_int_equal(sig_hits(SID), 1);
}

static void what_is_cut_in_two_is_found(void **unused)
{
	(void)unused;
	load_word();
	assert_false(says("GET /evil"));
	assert_true(says("-word HTTP/1.1\r\n\r\n"));
}

static void every_length_of_a_record_is_read(void **unused)
{
	static const size_t lengths[] = {9, 511, 512, 513, 3520, 4096, 16383, SW_TLS_RECORD};
	char *text = malloc(SW_TLS_RECORD);

	(void)unused;
	assert_non_null(text);
	load_word();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		memset(text, '.', SW_TLS_RECORD);
		memcpy(text + lengths[i] - 9, WORD, 9);
		seq += 100 << 20;
		if (!drops(text, lengths[i]))
			fail_msg("not seen in %zu bytes", lengths[i]);
	}
	free(text);
	assert_false(drops(WORD, 0));
}

static void six_is_read_as_four(void **unused)
{
	struct sw_plain_text t = {
		.remote = {{0x20, 1, 0xd, 0xb8, [15] = 9}},
		.local = {{0x20, 1, 0xd, 0xb8, [15] = 1}},
		.remote_port = htons(40000),
		.local_port = htons(443),
		.rules_port = OPEN_PORT,
		.text = WORD,
		.length = strlen(WORD),
	};

	(void)unused;
	load_word();
	assert_true(sw_decrypted_drops(&decrypted, &t));
	t.rules_port = OPEN_PORT + 1;
	t.seq = 100 << 20;
	t.remote_port = htons(40001);
	assert_false(sw_decrypted_drops(&decrypted, &t));
}

static void detect_mode_drops_nothing(void **unused)
{
	(void)unused;
	load_word();
	sw_setting_store(&engine, mode, SW_DETECT);
	assert_false(says(WORD));
	assert_int_equal(sig_hits(SID), 1);
}

/* Counters and tails of the packet program are of packets only. */
static void no_packet_is_counted(void **unused)
{
	struct sw_counter before[SW_REASON_COUNT], after[SW_REASON_COUNT];
	struct sw_err e;

	(void)unused;
	load_word();
	assert_int_equal(sw_engine_counters(&engine, before, &e), 0);
	assert_true(says(WORD));
	assert_int_equal(sw_engine_counters(&engine, after, &e), 0);
	assert_memory_equal(before, after, sizeof(before));
}

static int open_decrypted(void **unused)
{
	struct sw_config c;
	struct sw_err e;
	int rc;

	if (program_setup(unused))
		return -1;
	sw_config_init(&c);
	signatures_engine(&engine);
	rc = sw_decrypted_open(&decrypted, &engine, &c, &e);
	if (rc)
		print_error("%s\n", e.text);
	sw_config_free(&c);
	return rc;
}

static int close_decrypted(void **unused)
{
	sw_decrypted_close(&decrypted);
	return program_teardown(unused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_rule_drops_it, begin),
		cmocka_unit_test_setup(what_is_cut_in_two_is_found, begin),
		cmocka_unit_test_setup(every_length_of_a_record_is_read, begin),
		cmocka_unit_test_setup(six_is_read_as_four, begin),
		cmocka_unit_test_setup(detect_mode_drops_nothing, begin),
		cmocka_unit_test_setup(no_packet_is_counted, begin),
	};

	return cmocka_run_group_tests(tests, open_decrypted, close_decrypted);
}
