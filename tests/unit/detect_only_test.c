// SPDX-License-Identifier: GPL-2.0-only
/* detect_only.*: what stays in detect mode while the rest enforces. */
#include <linux/bpf.h>
#include <string.h>
#include "test_rules.h"

#define WORD "evil-word"
#define OTHER4 (CLIENT4 + 1)

static void detect_kind(enum sw_evidence kind)
{
	prog.set->detect_kinds |= 1u << kind;
	prog.set->detect_only = 1;
}

static void detect_port(uint16_t port, enum sw_limited protocol)
{
	uint32_t at = protocol * SW_HIDDEN_WORDS + (port >> 6);
	uint64_t word = 1ull << (port & 63);

	prog.set->detect_only = 1;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.detect_ports), &at, &word, BPF_ANY);
}

/* Its record of what one is only told of. */
static int detected4(uint32_t addr)
{
	uint64_t key = SW_SOURCE_V4 | addr;
	struct sw_source_set set;

	for (uint32_t i = 0; i < SW_DETECTED_SETS; i++) {
		bpf_map_lookup_elem(bpf_map__fd(prog.skel->maps.detected), &i, &set);
		for (int w = 0; w < SW_SOURCE_WAYS; w++)
			if (set.source[w].key == key)
				return set.source[w].score;
	}
	return 0;
}

static void new_events(void)
{
	prog.events = 0;
	read_events();
}

static void passes(struct frame f)
{
	assert_string_equal(reason_name(run(&f)), "detect-only");
	assert_int_equal(prog.verdict, XDP_PASS);
}

static bool is_blocked(uint32_t addr)
{
	struct frame f = tcp4(addr, OPEN_PORT, F_SYN);

	return ask(&f) == SW_REASON_BLOCKED_ADDRESS;
}

static void a_kind_is_told_and_blocks_nobody(void **s)
{
	const struct sw_event *ev = &prog.event[0];

	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	passes(tcp4(CLIENT4, 21, F_SYN));
	passes(tcp4(CLIENT4, 110, F_SYN));
	passes(tcp4(CLIENT4, 110, F_SYN)); /* once more the same */
	new_events();
	assert_int_equal(prog.events, 0);
	passes(tcp4(CLIENT4, 8000, F_SYN));
	new_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(ev->type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(ev->expires_tick, 0);
	assert_int_equal(ev->evidence, SW_EVIDENCE_CLOSED_PORT);
	assert_int_equal(ev->kinds, 1 << SW_EVIDENCE_CLOSED_PORT);
	assert_int_equal(ev->score, 12);
	assert_int_equal(ev->port[0], 8000);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(source4(CLIENT4)->score, 0);
	assert_int_equal(prog.state->auto_blocked, 0);
	/* Nor is it challenged, confined or told of again. */
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	for (int port = 9001; port < 9050; port++)
		passes(tcp4(CLIENT4, port, F_SYN));
	new_events();
	assert_int_equal(prog.events, 0);
}

static void the_same_of_ipv6(void **s)
{
	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	passes(tcp6(V6, 1, 21, F_SYN));
	passes(tcp6(V6, 2, 24, F_SYN));
	passes(tcp6(V6, 3, 25, F_SYN));
	new_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(prog.event[0].plen, 64);
	assert_reason(tcp6(V6, 4, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void other_kinds_block_as_ever(void **s)
{
	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	for (int port = 9001; port < 9020; port++)
		passes(tcp4(CLIENT4, port, F_SYN));
	new_events();
	/* What it is only told of is no part of the score. */
	assert_reason(tcp4(CLIENT4, 1, F_FIN), IMPOSSIBLE_FLAGS);
	assert_reason(tcp4(CLIENT4, 2, 0), IMPOSSIBLE_FLAGS);
	assert_false(is_blocked(CLIENT4));
	assert_reason(tcp4(CLIENT4, 3, F_SYN | F_FIN), NEW_BLOCK);
	assert_true(is_blocked(CLIENT4));
	new_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_BLOCK);
	/* Who is blocked is blocked: no kind opens a door. */
	assert_reason(tcp4(CLIENT4, 9100, F_SYN), BLOCKED_ADDRESS);
}

static void nor_is_it_the_last_straw(void **s)
{
	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 1, F_FIN), IMPOSSIBLE_FLAGS);
	assert_reason(tcp4(CLIENT4, 2, 0), IMPOSSIBLE_FLAGS);
	passes(tcp4(CLIENT4, 9001, F_SYN));
	assert_false(is_blocked(CLIENT4));
	/* But together they would have been enough. */
	new_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(prog.event[0].score, 12);
	assert_int_equal(source4(CLIENT4)->score, 8);
}

static void a_service_and_no_other(void **s)
{
	(void)s;
	detect_port(7001, SW_LIMITED_TCP);
	passes(tcp4(CLIENT4, 7001, F_SYN));
	passes(tcp4(CLIENT4, 7001, F_FIN));
	passes(tcp4(CLIENT4, 7001, F_SYN | F_FIN));
	assert_reason(tcp4(CLIENT4, 7002, F_SYN), CLOSED_PORT);
	assert_int_equal(source4(CLIENT4)->score, 4);
	/* The port of UDP is another one. */
	assert_reason(udp4(OTHER4, 40000, 7001), CLOSED_PORT);
	detect_port(8000, SW_LIMITED_UDP);
	passes(udp4(OTHER4, 40000, 8000));
	assert_reason(tcp4(OTHER4, 8000, F_SYN), CLOSED_PORT);
}

static void a_service_is_told_of(void **s)
{
	(void)s;
	detect_port(7001, SW_LIMITED_TCP);
	prog.set->threshold = SW_POINT;
	passes(tcp4(CLIENT4, 7001, F_SYN));
	new_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(prog.event[0].expires_tick, 0);
	assert_reason(tcp4(CLIENT4, 7002, F_SYN), NEW_BLOCK);
}

static void signatures_pass(void **s)
{
	struct sig rule = sig(SID, SW_RULE_BLOCK);
	struct connection c = connection_open();

	(void)s;
	sig_text(&rule, SW_BUFFER_PAYLOAD, WORD, 0);
	signatures_load(&rule, 1, 0);
	detect_kind(SW_EVIDENCE_SIGNATURE);
	passes(connection_frame(&c, WORD));
	assert_false(is_blocked(CLIENT4));
	new_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].type, SW_EVENT_WOULD_BLOCK);
	assert_int_equal(prog.event[0].sid, SID);
	assert_int_equal(prog.event[0].verdict, SW_RULE_WOULD_DROP);
	assert_int_equal(prog.event[0].ends, 0);
	assert_int_equal(prog.event[0].kinds, 1 << SW_EVIDENCE_SIGNATURE);
	assert_reason(connection_frame(&c, "harmless"), FLOW);
	/* Closed ports are held against it still. */
	assert_reason(tcp4(CLIENT4, 21, F_SYN), CLOSED_PORT);
	/* And from now on signatures again. */
	prog.set->detect_only = 0;
	assert_reason(connection_frame(&c, WORD), SIGNATURE);
	assert_true(is_blocked(CLIENT4));
	connection_close(&c);
}

static void signatures_of_a_service_pass(void **s)
{
	struct sig rule = sig(SID, SW_RULE_DROP);
	struct stream t = stream_open(CLIENT4, OPEN_PORT);

	(void)s;
	sig_text(&rule, SW_BUFFER_PAYLOAD, WORD, 0);
	signatures_load(&rule, 1, 0);
	assert_seen(&t, WORD);
	assert_int_equal(prog.verdict, XDP_DROP);
	detect_port(OPEN_PORT, SW_LIMITED_TCP);
	advance(61 * SECOND);
	t = stream_open(CLIENT4, OPEN_PORT);
	passes(stream_frame(&t, WORD, strlen(WORD)));
}

static void a_shut_port_stays_shut(void **s)
{
	uint32_t at = SW_LIMITED_TCP * SW_HIDDEN_WORDS + (OPEN_PORT >> 6);
	uint64_t word = 1ull << (OPEN_PORT & 63);

	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	detect_port(OPEN_PORT, SW_LIMITED_TCP);
	prog.set->any_hidden = SW_ANY_LIMITED;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.limited), &at, &word, BPF_ANY);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), LIMITED_PORT);
	assert_int_equal(prog.verdict, XDP_DROP);
}

static void bare_acks_are_no_evidence(void **s)
{
	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_ACK), BARE_ACK);
	assert_int_equal(prog.verdict, XDP_DROP);
}

static void it_is_forgotten_and_told_again(void **s)
{
	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	for (int port = 9001; port <= 9003; port++)
		passes(tcp4(CLIENT4, port, F_SYN));
	new_events();
	assert_int_equal(prog.events, 1);
	/* Once in a block's time, as in detect mode. */
	passes(tcp4(CLIENT4, 9004, F_SYN));
	new_events();
	assert_int_equal(prog.events, 0);
	advance(61 * SECOND);
	passes(tcp4(CLIENT4, 9005, F_SYN));
	new_events();
	assert_int_equal(prog.events, 1);
	advance(prog.set->decay_ms * 30ull << SW_MS_SHIFT);
	passes(tcp4(CLIENT4, 9001, F_SYN));
	assert_int_equal(detected4(CLIENT4), 4);
	new_events();
	assert_int_equal(prog.events, 0);
}

/* No score is forgotten later because something is told of its source. */
static void the_score_is_forgotten_in_time(void **s)
{
	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	assert_reason(tcp4(CLIENT4, 1, F_FIN), IMPOSSIBLE_FLAGS);
	for (int i = 0; i < 9; i++) {
		advance((prog.set->decay_ms * 1ull << SW_MS_SHIFT) / 2 + SECOND);
		passes(tcp4(CLIENT4, 9001 + i, F_SYN));
	}
	assert_int_equal(source4(CLIENT4)->score, 0);
}

static void the_allowed_are_let_through_as_ever(void **s)
{
	(void)s;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	for (int port = 9001; port < 9010; port++) {
		struct frame f = tcp4(CLIENT4, port, F_SYN);

		run(&f);
		assert_int_equal(prog.verdict, XDP_PASS);
	}
	new_events();
	assert_int_equal(prog.events, 0);
}

static void in_detect_mode_it_is_told_apart(void **s)
{
	(void)s;
	prog.set->mode = SW_DETECT;
	detect_kind(SW_EVIDENCE_CLOSED_PORT);
	for (int port = 9001; port <= 9003; port++)
		passes(tcp4(CLIENT4, port, F_SYN));
	new_events();
	assert_int_equal(prog.events, 1);
	assert_int_equal(prog.event[0].expires_tick, 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(a_kind_is_told_and_blocks_nobody),
		CASE(the_same_of_ipv6),
		CASE(other_kinds_block_as_ever),
		CASE(nor_is_it_the_last_straw),
		CASE(a_service_and_no_other),
		CASE(a_service_is_told_of),
		CASE(signatures_pass),
		CASE(signatures_of_a_service_pass),
		CASE(a_shut_port_stays_shut),
		CASE(bare_acks_are_no_evidence),
		CASE(it_is_forgotten_and_told_again),
		CASE(the_score_is_forgotten_in_time),
		CASE(the_allowed_are_let_through_as_ever),
		CASE(in_detect_mode_it_is_told_apart),
	};

	return cmocka_run_group_tests_name("detect only", tests, program_setup_payloads,
					   program_teardown);
}
