// SPDX-License-Identifier: GPL-2.0-only
/* Rules about a segment's header, about its stream, and at any port. */
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "test_rules.h"

#define OTHER_PORT 8123

/* ---- source ports */

static void source_ports_may_be_excluded(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	const struct {
		int low, high;
		bool seen;
	} excluded[] = {{t.sport, t.sport, false},     {t.sport - 5, t.sport, false},
			{t.sport, t.sport + 5, false}, {1, t.sport - 1, true},
			{t.sport + 1, 65535, true},    {t.sport + 1, t.sport + 5, true}};
	uint64_t before = 0;
	char rule[160];

	(void)unused;
	for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++) {
		snprintf(rule, sizeof(rule),
			 "alert tcp any ![%d:%d] -> any 80 (msg:\"x\"; content:\"evil-word\"; "
			 "sid:1;)",
			 excluded[i].low, excluded[i].high);
		rules_load(rule);
		stream_say(&t, "an evil-word");
		assert_int_equal(sig_hits(1) - before, excluded[i].seen);
		before = sig_hits(1);
	}
}

/* ---- flags */

static int syn_from(uint32_t src, uint16_t port)
{
	struct frame f = tcp4(src, port, F_SYN);

	return run(&f);
}

static void syns_are_counted_by_source(void **unused)
{
	(void)unused;
	rules_load("alert tcp any any -> any 80 (msg:\"x\"; flow:not_established,to_server; "
		   "flags:S,12; "
		   "threshold:type both, track by_src, count 3, seconds 60; sid:1;)");
	for (int i = 0; i < 2; i++)
		assert_int_equal(syn_from(CLIENT4, OPEN_PORT), SW_REASON_OPEN_PORT);
	assert_int_equal(syn_from(CLIENT4 + 1, OPEN_PORT), SW_REASON_OPEN_PORT);
	assert_int_equal(sig_hits(1), 0);
	assert_int_equal(syn_from(CLIENT4, OPEN_PORT), SW_REASON_OPEN_PORT);
	assert_int_equal(sig_hits(1), 1);
	assert_int_equal(prog.verdict, XDP_PASS);
}

static void a_syn_is_dropped_and_charges_nobody(void **unused)
{
	const struct sw_source *source;
	(void)unused;
	rules_load("reject tcp any any -> any any (msg:\"x\"; flags:S; sid:1;)");
	assert_int_equal(syn_from(CLIENT4, OPEN_PORT), SW_REASON_SIGNATURE);
	assert_int_equal(prog.verdict, XDP_DROP);
	source = source4(CLIENT4);
	assert_true(!source || !source->score);
}

static void a_segment_of_a_connection_is_no_syn(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	(void)unused;
	rules_load("drop tcp any any -> any 80 (msg:\"x\"; flags:S; sid:1;)");
	assert_not_seen(&t, "an evil-word");
	rules_load(
		"drop tcp any any -> any 80 (msg:\"x\"; content:\"evil-word\"; flags:S; sid:1;)");
	assert_not_seen(&t, "an evil-word");
	rules_load(
		"drop tcp any any -> any 80 (msg:\"x\"; content:\"evil-word\"; flags:!S; sid:1;)");
	assert_seen(&t, "an evil-word");
}

static void payload_rules_are_not_tried_on_syns(void **unused)
{
	(void)unused;
	rules_load("drop tcp any any -> any 80 (msg:\"x\"; content:!\"abc\"; sid:1;)\n"
		   "alert tcp any any -> any 80 (msg:\"x\"; flags:S; sid:2;)");
	assert_int_equal(syn_from(CLIENT4, OPEN_PORT), SW_REASON_OPEN_PORT);
	assert_int_equal(sig_hits(2), 1);
	assert_int_equal(sig_tried(1), 0);
}

/* ---- stream_size */

static int said(const struct connection *c, const char *text)
{
	struct frame f = connection_frame(c, text);

	return run(&f);
}

static bool holds_after(const char *option, size_t client, size_t server)
{
	static const char filler[4096];
	struct connection c = connection_open();
	char rule[256];
	bool seen;

	snprintf(rule, sizeof(rule),
		 "drop tcp any any -> any 80 (msg:\"x\"; content:\"evil-word\"; stream_size:%s; "
		 "sid:1;)",
		 option);
	rules_load(rule);
	if (client)
		assert_int_equal(write(c.client, filler, client), client);
	if (server)
		assert_int_equal(write(c.server, filler, server), server);
	usleep(10000); /* over the loopback, inside of this namespace */
	c.t.seq += client;
	c.ack += server;
	seen = said(&c, "evil-word") == SW_REASON_SIGNATURE;
	connection_close(&c);
	program_reset(NULL);
	return seen;
}

static void streams_are_measured_by_the_socket(void **unused)
{
	(void)unused;
	assert_true(holds_after("client,<,10", 0, 0));
	assert_false(holds_after("client,<,9", 0, 0));
	assert_false(holds_after("client,<,100", 200, 0));
	assert_true(holds_after("client,>,208", 200, 0));
	assert_false(holds_after("client,>,209", 200, 0));
	assert_true(holds_after("server,<,5", 200, 0));
	assert_false(holds_after("server,<,5", 0, 200));
	assert_true(holds_after("both,>=,9", 0, 200));
	assert_false(holds_after("both,>=,10", 0, 200));
	assert_true(holds_after("either,>=,10", 0, 200));
	assert_true(holds_after("server,=,200", 0, 200));
	assert_false(holds_after("server,!=,200", 0, 200));
}

/* The host's own socket counts; without one nothing is known. */
static void without_a_socket_no_size_fits(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	(void)unused;
	rules_load("drop tcp any any -> any 80 (msg:\"x\"; content:\"evil-word\"; "
		   "stream_size:client,<,1000; sid:1;)");
	assert_not_seen(&t, "evil-word");
	assert_int_equal(sig_hits(1), 0);
}

/* ---- ports */

static void short_rules_need_no_port(void **unused)
{
	struct stream t = stream_open(CLIENT4, OTHER_PORT), u = stream_open(CLIENT4, OPEN_PORT);
	struct stream v = stream_open(CLIENT4, OTHER_PORT);
	struct frame f = frame_eth(ETH_P_IP);
	(void)unused;
	rules_load("drop tcp any any -> any any (msg:\"x\"; content:\"evil\"; sid:1;)");
	assert_seen(&t, "an evil");
	assert_seen(&u, "an evil");
	rules_load("drop ip any any -> any any (msg:\"x\"; content:\"evil\"; sid:2;)");
	assert_seen(&v, "an evil");
	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_UDP, 0); /* it is served */
	frame_udp(&f, 53, 40000);
	leave(&f);
	f = udp4(CLIENT4, 40000, 53);
	memcpy(f.byte + f.size, "an evil", 7);
	f.size += 7;
	run(&f);
	assert_int_equal(sig_hits(2), 2);
}

static void short_rules_of_many_ports_keep_to_them(void **unused)
{
	struct stream t = stream_open(CLIENT4, 7999), u = stream_open(CLIENT4, OTHER_PORT);
	(void)unused;
	rules_load("drop tcp any any -> any 8000: (msg:\"x\"; content:\"evil\"; sid:1;)");
	assert_not_seen(&t, "an evil");
	assert_seen(&u, "an evil");
}

static void protocols_are_known_by_their_ports(void **unused)
{
	struct stream smtp = stream_open(CLIENT4, 25), web = stream_open(CLIENT4, OPEN_PORT);
	(void)unused;
	rules_load("drop smtp any any -> any any (msg:\"x\"; content:\"evil-word\"; sid:1;)");
	assert_seen(&smtp, "an evil-word");
	assert_not_seen(&web, "an evil-word");
	rules_load("drop smtp any any -> any 80 (msg:\"x\"; content:\"evil-word\"; sid:1;)");
	assert_seen(&web, "an evil-word");
}

/* ---- thresholds */

static bool says(uint32_t src, const char *text)
{
	struct stream t = stream_open(src, OPEN_PORT);

	return stream_say(&t, text) == SW_REASON_SIGNATURE;
}

static void a_threshold_may_count_over_all_sources(void **unused)
{
	(void)unused;
	rules_load("drop tcp any any -> any 80 (msg:\"x\"; content:\"evil-word\"; "
		   "threshold:type threshold, track by_dst, count 3, seconds 60; sid:1;)");
	assert_false(says(CLIENT4, "evil-word"));
	assert_false(says(CLIENT4 + 1, "evil-word"));
	assert_true(says(CLIENT4 + 2, "evil-word"));
	assert_false(says(CLIENT4 + 3, "evil-word"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(source_ports_may_be_excluded),
		CASE(syns_are_counted_by_source),
		CASE(a_syn_is_dropped_and_charges_nobody),
		CASE(a_segment_of_a_connection_is_no_syn),
		CASE(payload_rules_are_not_tried_on_syns),
		CASE(streams_are_measured_by_the_socket),
		CASE(without_a_socket_no_size_fits),
		CASE(short_rules_need_no_port),
		CASE(short_rules_of_many_ports_keep_to_them),
		CASE(protocols_are_known_by_their_ports),
		CASE(a_threshold_may_count_over_all_sources),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
