// SPDX-License-Identifier: GPL-2.0-only
/* What a matching rule does: to the packet, to its source, and in events. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include "test_rules.h"

#define WORD "evil-word"

static struct sig word(uint32_t sid, enum sw_rule_action action)
{
	struct sig s = sig(sid, action);

	sig_text(&s, SW_BUFFER_PAYLOAD, WORD, 0);
	return s;
}

static void load_word(enum sw_rule_action action)
{
	struct sig s = word(SID, action);

	signatures_load(&s, 1, 0);
}

static const struct sw_event *last_event(void)
{
	read_events();
	assert_in_range(prog.events, 1, 64);
	return &prog.event[prog.events - 1];
}

static bool is_blocked(uint32_t addr)
{
	struct frame f = tcp4(addr, OPEN_PORT, F_SYN);

	return ask(&f) == SW_REASON_BLOCKED_ADDRESS;
}

static void block_takes_a_proven_source(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_BLOCK);
	assert_reason(connection_frame(&c, "harmless"), FLOW);
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_int_equal(prog.verdict, XDP_PASS); /* as a RST: respond_test.c */
	assert_true(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_BLOCK);
	assert_int_equal(last_event()->sid, SID);
	assert_int_equal(last_event()->kinds & 1 << SW_EVIDENCE_SIGNATURE,
			 1 << SW_EVIDENCE_SIGNATURE);
	/* Its open connections end, too, */
	assert_reason(connection_frame(&c, "harmless"), BLOCKED_ADDRESS);
	/* for as long as is set. */
	advance(prog.set->proven_ticks * (1ull << SW_TICK_SHIFT) + SECOND);
	assert_false(is_blocked(CLIENT4));
	connection_close(&c);
}

/* Its line is full, and it is blocked already, for new connections only. */
static void block_takes_who_is_in_the_overflow(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_BLOCK);
	assert_reason(connection_frame(&c, "harmless"), FLOW);
	prog.set->drop4_mask = prog.set->drop4_last_mask = 0;
	for (uint32_t i = 0; i < SW_DROP4_WAYS; i++)
		put_drop4(0x01020300 + i, tick_in(1000 * SECOND));
	put_drop4(CLIENT4, tick_in(100 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	prog.state->auto_blocked = 1;
	assert_reason(connection_frame(&c, "harmless"), SPARED_FLOW);
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_reason(connection_frame(&c, "harmless"), BLOCKED_ADDRESS);
	assert_int_equal(prog.state->auto_blocked, 1);
	assert_int_equal(prog.state->overflow_full, 0);
	advance(200 * SECOND); /* longer than before */
	assert_true(is_blocked(CLIENT4));
	connection_close(&c);
}

static void who_guesses_the_numbers_proves_nothing(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_BLOCK);
	assert_reason(connection_frame(&c, "harmless"), FLOW);
	c.ack += 1;
	assert_reason(connection_frame(&c, WORD), SIGNATURE); /* dropped for what it carries */
	c.ack -= 1 << 20;
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	c.ack += (1 << 20) - 1;
	c.t.seq += 1 << 24; /* outside of the window */
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	c.t.seq -= 1 << 24;
	c.t.seq -= 1; /* what is acknowledged already */
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_SIGNATURE);
	c.t.seq += 1;
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_true(is_blocked(CLIENT4));
	connection_close(&c);
}

/* The egress program said that it is known; the kernel says nothing. */
static void a_connection_without_a_socket_proves_nothing(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	(void)unused;
	load_word(SW_RULE_BLOCK);
	assert_seen(&t, WORD);
	assert_int_equal(prog.verdict, XDP_DROP);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_SIGNATURE);
	assert_int_equal(last_event()->verdict, SW_RULE_DROPPED);
}

static void drop_blocks_nobody(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_DROP);
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_SIGNATURE);
	assert_int_equal(last_event()->verdict, SW_RULE_DROPPED);
	connection_close(&c);
}

static void alert_lets_the_packet_pass(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_ALERT);
	assert_reason(connection_frame(&c, WORD), FLOW);
	assert_int_equal(prog.verdict, XDP_PASS);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_SIGNATURE);
	assert_int_equal(last_event()->verdict, SW_RULE_TOLD);
	assert_int_equal(sig_hits(SID), 1);
	assert_int_equal(source4(CLIENT4)->score, SW_POINT);
	connection_close(&c);
}

static void udp_never_blocks(void **unused)
{
	struct sig s = word(SID, SW_RULE_BLOCK);
	struct frame f = frame_eth(ETH_P_IP);
	(void)unused;
	s.rule.proto = IPPROTO_UDP;
	s.rule.flags = SW_RULE_UNPROVABLE;
	s.rule.dport[0] = (struct sw_ports){53, 53};
	signatures_load(&s, 1, 0);
	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_UDP, 0);
	frame_udp(&f, 53, 40000);
	leave(&f);
	for (int i = 0; i < 20; i++) {
		f = udp4(CLIENT4, 40000, 53);
		memcpy(f.byte + f.size, WORD, 9);
		f.size += 9;
		assert_reason(f, SIGNATURE);
	}
	assert_false(is_blocked(CLIENT4));
	assert_null(source4(CLIENT4));
}

/* Not blocked; but what he sends may be somebody else's attack. */
static void who_is_allowed_is_stopped(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_BLOCK);
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_SPARED);
	assert_int_equal(last_event()->verdict, SW_RULE_DROPPED);
	connection_close(&c);
}

static void who_is_trusted_is_never_stopped(void **unused)
{
	struct sw_prefix4 key = {32, htonl(CLIENT4)};
	struct sw_allow a = {
		.expires_tick = SW_EXPIRES_TICKS, .plen = 32, .kind = SW_ALLOW_TRUSTED};
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_BLOCK);
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(prog.skel->maps.allow4), &key, &a, 0), 0);
	assert_reason(connection_frame(&c, WORD), FLOW);
	assert_int_equal(prog.verdict, XDP_PASS);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(sig_hits(SID), 1);
	connection_close(&c);
}

/* A guard behind a trust that has ended. */
static void who_was_trusted_is_still_guarded(void **unused)
{
	struct sw_prefix4 key = {32, htonl(CLIENT4)};
	struct sw_allow a = {.plen = 32, .kind = SW_ALLOW_TRUSTED, .behind = SW_ALLOW_GUARD + 1};
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_BLOCK);
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(prog.skel->maps.allow4), &key, &a, 0), 0);
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_SPARED);
	connection_close(&c);
}

static void observing_drops_nothing(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_word(SW_RULE_BLOCK);
	prog.set->mode = SW_DETECT;
	assert_reason(connection_frame(&c, WORD), SIGNATURE); /* what would become of it */
	assert_int_equal(prog.verdict, XDP_PASS);
	assert_int_equal(last_event()->type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(last_event()->sid, SID);
	assert_reason(connection_frame(&c, "harmless"), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, XDP_PASS);
	connection_close(&c);
}

/* ---- events */

static void an_event_says_which_rule_and_what_it_found(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct sig s = sig(SID, SW_RULE_DROP);
	const struct sw_event *ev;
	(void)unused;
	sig_text(&s, SW_BUFFER_PAYLOAD, WORD, NOCASE);
	sig_text(&s, SW_BUFFER_PAYLOAD, "another", 0);
	signatures_load(&s, 1, 0);
	assert_seen(&t, "... another EVIL-word ...");
	ev = last_event();
	assert_int_equal(ev->type, SW_EVENT_SIGNATURE);
	assert_int_equal(ev->sid, SID);
	assert_int_equal(ev->verdict, 1);
	assert_int_equal(ev->matched_length, 9);
	assert_memory_equal(ev->matched, "EVIL-word", 9);
	assert_int_equal(ntohs(ev->sport), t.sport);
	assert_int_equal(ntohs(ev->dport), OPEN_PORT);
	assert_int_equal(ev->port[0], OPEN_PORT);
	assert_int_equal(ev->evidence, SW_EVIDENCE_SIGNATURE);
	assert_int_equal(ev->expires_tick, 0);
}

static void a_rule_tells_of_a_source_once_a_minute(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT), u = stream_open(CLIENT4 + 1, OPEN_PORT);
	(void)unused;
	load_word(SW_RULE_DROP);
	for (int i = 0; i < 5; i++)
		assert_seen(&t, WORD);
	read_events();
	assert_int_equal(prog.events, 1);
	assert_seen(&u, WORD);
	read_events();
	assert_int_equal(prog.events, 2);
	advance(61 * SECOND);
	assert_seen(&t, WORD);
	read_events();
	assert_int_equal(prog.events, 3);
	assert_int_equal(sig_hits(SID), 7);
}

/* ---- counting by source */

static void limits_are(enum sw_rule_limit limit, const char *acts, const char *tells)
{
	struct sig s = word(SID + limit, SW_RULE_DROP);
	struct stream t = stream_open(CLIENT4, OPEN_PORT), u;
	int before;

	s.rule.limit = limit;
	s.rule.limit_count = 3;
	s.rule.limit_seconds = 10;
	signatures_load(&s, 1, 0);
	for (int i = 0; acts[i]; i++) {
		read_events();
		prog.events = before = 0;
		if ((stream_say(&t, WORD) == SW_REASON_SIGNATURE) != (acts[i] == 'y'))
			fail_msg("packet %d of limit %d", i + 1, limit);
		read_events();
		if ((prog.events != before) != (tells[i] == 'y'))
			fail_msg("event %d of limit %d", i + 1, limit);
	}
	/* Another source counts for itself, */
	u = stream_open(CLIENT4 + 1, OPEN_PORT);
	assert_int_equal(stream_say(&u, WORD) == SW_REASON_SIGNATURE, acts[0] == 'y');
	/* and all begin anew when the time is over. */
	advance(11 * SECOND);
	assert_int_equal(stream_say(&t, WORD) == SW_REASON_SIGNATURE, acts[0] == 'y');
	assert_int_equal(stream_say(&t, WORD) == SW_REASON_SIGNATURE, acts[1] == 'y');
	assert_int_equal(stream_say(&t, WORD) == SW_REASON_SIGNATURE, acts[2] == 'y');
	advance(9 * SECOND);
	assert_int_equal(stream_say(&t, WORD) == SW_REASON_SIGNATURE, acts[3] == 'y');
}

static void limits_count_by_source(void **unused)
{
	(void)unused;
	limits_are(SW_LIMIT_LIMIT, "yyyyyyy", "yyynnnn");
	limits_are(SW_LIMIT_THRESHOLD, "nnynnyn", "nnynnyn");
	limits_are(SW_LIMIT_BOTH, "nnyyyyy", "nnynnnn");
	limits_are(SW_LIMIT_FILTER, "nnnyyyy", "nnnynnn");
}

/* ---- tables */

static void a_rule_can_be_switched_off(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct sw_engine g;
	struct sw_err e;
	(void)unused;
	load_word(SW_RULE_DROP);
	signatures_engine(&g);
	assert_int_equal(sw_tables_switch(&g, SID, false, &e), 1);
	assert_not_seen(&t, WORD);
	assert_int_equal(sig_tried(SID), 0);
	assert_int_equal(sw_tables_switch(&g, SID, true, &e), 1);
	assert_seen(&t, WORD);
}

static void a_load_takes_the_place_of_the_last(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct sig s[3] = {word(SID, SW_RULE_DROP), word(SID + 1, SW_RULE_ALERT),
			   sig(SID + 2, SW_RULE_DROP)};
	uint32_t generation;
	(void)unused;
	sig_text(&s[2], SW_BUFFER_PAYLOAD, "another", 0);
	signatures_load(s, 2, 0);
	generation = prog.set->rules_generation;
	assert_seen(&t, WORD);
	assert_not_seen(&t, "another");
	signatures_load(s + 1, 2, 0);
	assert_int_equal(prog.set->rules_generation, generation + 1);
	assert_not_seen(&t, WORD);
	assert_seen(&t, "another");
	/* What was counted for a sid that stayed is kept. */
	assert_int_equal(sig_hits(SID + 1), 2);
	assert_int_equal(sig_hits(SID + 2), 1);
	signatures_load(s, 1, 0);
	assert_seen(&t, WORD);
	assert_not_seen(&t, "another");
	assert_int_equal(sig_hits(SID), 1); /* SID was gone for a while */
	signatures_load(s, 0, 0);
	assert_not_seen(&t, WORD);
}

static void a_drop_counts_among_many_alerts(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct sig s[21];
	(void)unused;
	for (int i = 0; i < 20; i++)
		s[i] = word(SID + 1 + i, SW_RULE_ALERT);
	s[20] = word(SID, SW_RULE_DROP);
	signatures_load(s, 21, 0);
	assert_seen(&t, WORD);
	assert_int_equal(sig_hits(SID), 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(block_takes_a_proven_source),
		CASE(block_takes_who_is_in_the_overflow),
		CASE(who_guesses_the_numbers_proves_nothing),
		CASE(a_connection_without_a_socket_proves_nothing),
		CASE(drop_blocks_nobody),
		CASE(alert_lets_the_packet_pass),
		CASE(udp_never_blocks),
		CASE(who_is_allowed_is_stopped),
		CASE(who_is_trusted_is_never_stopped),
		CASE(who_was_trusted_is_still_guarded),
		CASE(observing_drops_nothing),
		CASE(an_event_says_which_rule_and_what_it_found),
		CASE(a_rule_tells_of_a_source_once_a_minute),
		CASE(limits_count_by_source),
		CASE(a_rule_can_be_switched_off),
		CASE(a_load_takes_the_place_of_the_last),
		CASE(a_drop_counts_among_many_alerts),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
