// SPDX-License-Identifier: GPL-2.0-only
/* Events as text and JSON, and the names of everything that is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"

#define SECOND_NS 1000000000ull
#define NOW_NS (1000 * SECOND_NS)

static __u32 ticks(__u64 ns)
{
	return ns >> SW_TICK_SHIFT;
}

static struct sw_event event(enum sw_event_type type)
{
	struct sw_event ev = {
		.time_ns = NOW_NS,
		.type = type,
		.src = sw_addr_from4(htonl(0xcb007109)), /* 203.0.113.9 */
		.dst = sw_addr_from4(htonl(0xc0000201)), /* 192.0.2.1 */
		.sport = htons(40000),
		.dport = htons(23),
		.family = AF_INET,
		.proto = IPPROTO_TCP,
		.evidence = SW_EVIDENCE_CLOSED_PORT,
		.kinds = 1 << SW_EVIDENCE_CLOSED_PORT,
		.score = 12,
		.span_ms = 38,
		.port = {23, 3389, 8080},
		.plen = 32,
	};

	if (type == SW_EVENT_BLOCK || type == SW_EVENT_WOULD_BLOCK)
		ev.expires_tick =
			ticks(NOW_NS + 60 * SECOND_NS) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY;
	return ev;
}

static struct sw_event event6(void)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);

	inet_pton(AF_INET6, "2001:db8:1:2:3::4", ev.src.byte);
	inet_pton(AF_INET6, "2001:db8::1", ev.dst.byte);
	ev.family = AF_INET6;
	ev.plen = 64;
	return ev;
}

static void assert_line(const struct sw_event *ev, const char *want)
{
	char line[200];

	sw_event_line(ev, NULL, line, sizeof(line));
	assert_string_equal(line, want);
}

#define TRIED "tried 3 closed ports (8080, 3389, 23) in 39ms"
#define FORGEABLE "; forgeable, so new connections only"

static void a_line_for_each_type(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);

	(void)s;
	assert_line(&ev, "blocked 203.0.113.9 for 1m: " TRIED FORGEABLE);
	ev = event(SW_EVENT_WOULD_BLOCK);
	assert_line(&ev, "would block 203.0.113.9 for 1m: " TRIED FORGEABLE);
	ev.expires_tick = 0;
	assert_line(&ev, "would block 203.0.113.9 but for detect_only: " TRIED);
	ev = event(SW_EVENT_SPARED);
	assert_line(&ev, "spared 203.0.113.9, which is allowed or shared by many: " TRIED);
	ev = event(SW_EVENT_CAPPED);
	assert_line(&ev, "did not block 203.0.113.9, at the limit of automatic blocks: " TRIED);
	ev = event(SW_EVENT_CONFINED);
	assert_line(&ev, "confined 203.0.113.9 to the services it uses: " TRIED);
	ev = event(SW_EVENT_DISTRIBUTED);
	ev.plen = 24;
	assert_line(&ev, "many sources of 203.0.113.0/24 probe one after the other: " TRIED);
	ev = event(SW_EVENT_DECOYS);
	assert_line(&ev, "one probe in several names, one of them 203.0.113.9: " TRIED);
	ev.type = SW_EVENT_COUNT;
	assert_line(&ev, "event of 203.0.113.9: " TRIED);
}

static void how_long_it_lasts(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);

	(void)s;
	ev.expires_tick = ticks(NOW_NS + 7200 * SECOND_NS) | SW_EXPIRES_AUTO;
	assert_line(&ev, "blocked 203.0.113.9 for 2h: " TRIED);
	assert_int_equal(sw_event_seconds(&ev), 7200);
	ev.expires_tick = SW_EXPIRES_TICKS | SW_EXPIRES_AUTO;
	assert_line(&ev, "blocked 203.0.113.9 for good: " TRIED);
	assert_int_equal(sw_event_seconds(&ev), -1);
}

static void assert_why(const struct sw_event *ev, const char *want)
{
	char why[200];

	sw_event_why(ev, NULL, why, sizeof(why));
	assert_string_equal(why, want);
}

static void what_is_held_against_it(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);

	(void)s;
	ev.evidence = SW_EVIDENCE_XMAS;
	ev.kinds = 1 << SW_EVIDENCE_XMAS | 1 << SW_EVIDENCE_FIN | 1 << SW_EVIDENCE_OPEN_PORT;
	assert_why(&ev, "sent FIN, PSH and URG, sent FIN alone (ports 8080, 3389, 23) in 39ms");
	ev.port[0] = ev.port[1] = ev.port[2] = 443;
	assert_why(&ev, "sent FIN, PSH and URG, sent FIN alone (port 443) in 39ms");
	memset(ev.port, 0, sizeof(ev.port));
	ev.span_ms = 0;
	assert_why(&ev, "sent FIN, PSH and URG, sent FIN alone");
	ev.port[0] = 1;
	ev.port[1] = 2;
	ev.port[2] = 3;
	ev.tool = SW_TOOL_NMAP;
	assert_why(&ev, "sent FIN, PSH and URG, sent FIN alone (ports 3, 2, 1); headers of nmap");
}

static void closed_ports_are_counted(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);

	(void)s;
	ev.evidence = SW_EVIDENCE_TRAP_PORT;
	ev.kinds |= 1 << SW_EVIDENCE_TRAP_PORT;
	assert_why(&ev, TRIED);
	ev.score = 13;
	assert_why(&ev, "tried at least 3 closed ports (8080, 3389, 23) in 39ms");
	ev.port[2] = 0;
	assert_why(&ev, "tried 2 closed ports (3389, 23) in 39ms");
	ev.port[1] = 0;
	assert_why(&ev, "tried a closed port (23) in 39ms");
	ev.kinds |= 1 << SW_EVIDENCE_SWEEP;
	assert_why(&ev, "tried closed ports, went from address to address (port 23) in 39ms");
	ev.evidence = SW_EVIDENCE_SWEEP;
	assert_why(&ev, "went from address to address, tried closed ports (port 23) in 39ms");
	ev.evidence = SW_EVIDENCE_CLOSED_UDP;
	ev.kinds = 1 << SW_EVIDENCE_CLOSED_UDP;
	assert_why(&ev, "tried a closed UDP port (23) in 39ms");
	ev.evidence = SW_EVIDENCE_PROTOCOL;
	ev.kinds = 1 << SW_EVIDENCE_PROTOCOL;
	assert_why(&ev, "tried IP protocols (protocol 23) in 39ms");
}

static void every_kind_has_words(void **s)
{
	struct sw_event ev = {0};
	char why[200];

	(void)s;
	for (int k = 0; k < SW_EVIDENCE_COUNT; k++) {
		ev.evidence = k;
		sw_event_why(&ev, NULL, why, sizeof(why));
		assert_true(strlen(why) > 8);
		assert_null(strstr(why, "null"));
	}
	ev.evidence = SW_EVIDENCE_COUNT; /* of a record that a later version wrote */
	assert_why(&ev, "was seen");
}

static void ipv6_is_a_64(void **s)
{
	struct sw_event ev = event6();

	(void)s;
	assert_line(&ev, "blocked 2001:db8:1:2::/64 for 1m: " TRIED FORGEABLE);
}

static void a_small_buffer_cuts(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);
	char line[16];

	(void)s;
	for (size_t n = 1; n <= sizeof(line); n++) {
		memset(line, '#', sizeof(line));
		sw_event_line(&ev, NULL, line, n);
		assert_int_equal(strlen(line), n - 1);
		assert_memory_equal(line, "blocked 203.0.113.9", n - 1);
	}
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	assert_non_null(text);
	return text;
}

#define WHEN (1795416012 * INT64_C(1000000)) /* 2026-11-23 06:40:12 UTC */

/* Pairs of the specification's test vectors. */
static void flows_have_their_community_id(void **s)
{
	static const struct {
		const char *src, *dst, *id;
		int proto, sport, dport;
	} flow[] = {
		{"128.232.110.120", "66.35.250.204", "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", IPPROTO_TCP,
		 34855, 80},
		{"66.35.250.204", "128.232.110.120", "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", IPPROTO_TCP,
		 80, 34855},
		{"192.168.1.52", "8.8.8.8", "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", IPPROTO_UDP, 54585,
		 53},
		{"10.0.0.1", "10.0.0.2", NULL, IPPROTO_ICMP, 0, 0},
	};
	char buf[SW_COMMUNITY_ID_TEXT];

	(void)s;
	for (size_t i = 0; i < sizeof(flow) / sizeof(*flow); i++) {
		struct sw_event ev = {.family = AF_INET, .proto = flow[i].proto};
		struct sw_prefix src, dst;

		assert_int_equal(sw_prefix_parse(flow[i].src, &src, NULL), 0);
		assert_int_equal(sw_prefix_parse(flow[i].dst, &dst, NULL), 0);
		ev.src = src.addr;
		ev.dst = dst.addr;
		ev.sport = htons(flow[i].sport);
		ev.dport = htons(flow[i].dport);
		if (flow[i].id)
			assert_string_equal(sw_community_id(&ev, buf), flow[i].id);
		else
			assert_null(sw_community_id(&ev, buf));
	}
}

static void json_has_it_all(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);
	json_t *o = sw_event_json(&ev, NULL, WHEN);
	json_t *ports = json_object_get(o, "ports"), *kinds = json_object_get(o, "kinds");

	(void)s;
	assert_non_null(o);
	assert_string_equal(text_of(o, "event_type"), "block");
	assert_string_equal(text_of(o, "source"), "203.0.113.9/32");
	assert_string_equal(text_of(o, "family"), "ipv4");
	assert_string_equal(text_of(o, "evidence"), "closed-port");
	assert_string_equal(text_of(o, "why"), TRIED);
	assert_true(json_real_value(json_object_get(o, "score")) == 3);
	assert_int_equal(json_integer_value(json_object_get(o, "span_ms")), 39);
	assert_int_equal(json_array_size(kinds), 1);
	assert_string_equal(json_string_value(json_array_get(kinds, 0)), "closed-port");
	assert_int_equal(json_array_size(ports), 3);
	assert_int_equal(json_integer_value(json_array_get(ports, 0)), 8080);
	assert_string_equal(text_of(o, "src_ip"), "203.0.113.9");
	assert_string_equal(text_of(o, "dest_ip"), "192.0.2.1");
	assert_string_equal(text_of(o, "proto"), "TCP");
	assert_int_equal(json_integer_value(json_object_get(o, "src_port")), 40000);
	assert_int_equal(json_integer_value(json_object_get(o, "dest_port")), 23);
	assert_true(json_is_true(json_object_get(o, "new_only")));
	assert_string_equal(text_of(o, "timestamp"), "2026-11-23T06:40:12.000000Z");
	assert_string_equal(text_of(o, "expires"), "2026-11-23T06:41:12.000000Z");
	assert_int_equal(json_integer_value(json_object_get(o, "ttl_seconds")), 60);
	json_decref(o);
}

static void json_of_what_is_not_blocked(void **s)
{
	struct sw_event ev = event(SW_EVENT_CAPPED);
	json_t *o = sw_event_json(&ev, NULL, WHEN);

	(void)s;
	assert_string_equal(text_of(o, "event_type"), "capped");
	assert_null(json_object_get(o, "expires"));
	assert_null(json_object_get(o, "new_only"));
	json_decref(o);
	ev = event6();
	ev.expires_tick = SW_EXPIRES_TICKS;
	ev.proto = 99;
	o = sw_event_json(&ev, NULL, WHEN);
	assert_string_equal(text_of(o, "source"), "2001:db8:1:2::/64");
	assert_string_equal(text_of(o, "family"), "ipv6");
	assert_true(json_is_null(json_object_get(o, "expires")));
	assert_true(json_is_false(json_object_get(o, "new_only")));
	assert_string_equal(text_of(o, "proto"), "099");
	assert_null(json_object_get(o, "dest_port"));
	json_decref(o);
}

static void the_record_keeps_it(void **s)
{
	struct sw_event ev = event(SW_EVENT_WOULD_BLOCK);
	char text[SW_PREFIX_TEXT];
	struct sw_record r;
	json_error_t why;
	json_t *o;

	(void)s;
	ev.time_ns = sw_monotonic();
	sw_event_record(&ev, NULL, NULL, &r);
	assert_string_equal(r.type, "would-block");
	assert_string_equal(sw_prefix_text(&r.source, text), "203.0.113.9");
	assert_true(llabs(r.time - sw_now()) < 1000000);
	assert_null(strchr(r.json, '\n'));
	o = json_loads(r.json, JSON_REJECT_DUPLICATES, &why);
	assert_non_null(o);
	assert_string_equal(text_of(o, "event_type"), "would-block");
	assert_null(json_object_get(o, "only_detected"));
	assert_false(sw_record_detect_only(&r));
	json_decref(o);
	free(r.json);
	ev.expires_tick = 0;
	sw_event_record(&ev, NULL, NULL, &r);
	assert_true(sw_record_detect_only(&r));
	free(r.json);
}

static void what_is_known_of_its_place_is_told(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);
	json_t *geoip = json_pack("{s:s}", "country_iso_code", "DE");
	struct sw_event_place place = {"Germany (DE)", geoip};
	struct sw_record r;
	char line[512];
	json_t *o;

	(void)s;
	sw_event_record(&ev, NULL, &place, &r);
	json_decref(geoip);
	o = json_loads(r.json, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	assert_string_equal(text_of(json_object_get(o, "geoip"), "country_iso_code"), "DE");
	sw_event_line(&ev, NULL, line, sizeof(line) - 32);
	strcat(line, "; from Germany (DE)");
	assert_string_equal(text_of(o, "text"), line);
	json_decref(o);
	free(r.json);
}

static void every_kind_has_its_words(void **s)
{
	struct sw_event ev = event(SW_EVENT_BLOCK);
	char why[512];

	(void)s;
	for (int k = 0; k < SW_EVIDENCE_COUNT; k++) {
		ev.kinds = 1u << k;
		ev.evidence = k;
		sw_event_why(&ev, NULL, why, sizeof(why));
		assert_true(why[0] && !strstr(why, "(null)"));
	}
}

/* Of an object: each member is described, and each that must be there is. */
static void assert_described(json_t *schema, json_t *o, const char *of)
{
	json_t *known = json_object_get(schema, "properties"), *member;
	const char *name;
	size_t i;

	json_object_foreach (o, name, member) {
		if (!json_object_get(known, name))
			fail_msg("docs/schema.json does not know %s of %s", name, of);
		if (json_is_object(member))
			assert_described(json_object_get(known, name), member, name);
	}
	json_array_foreach (json_object_get(schema, "required"), i, member)
		if (!json_object_get(o, json_string_value(member)))
			fail_msg("docs/schema.json requires %s of %s", json_string_value(member),
				 of);
}

static bool is_one_of(json_t *words, const char *word)
{
	json_t *one;
	size_t i;

	json_array_foreach (words, i, one)
		if (!strcmp(json_string_value(one), word))
			return true;
	return false;
}

/* Every type, with everything that an event can say. */
static void the_schema_knows_every_event(void **s)
{
	struct sw_signature sig = {
		.sid = 7, .msg = "m", .classtype = "c", .reference = "r", .priority = 1};
	json_t *root = json_load_file("docs/schema.json", 0, NULL), *schema, *types, *o;

	(void)s;
	assert_non_null(root);
	schema = json_object_get(json_object_get(root, "definitions"), "event");
	types = json_object_get(
		json_object_get(json_object_get(schema, "properties"), "event_type"), "enum");
	for (int t = 0; t < SW_EVENT_COUNT; t++) {
		struct sw_event ev = event(t);

		ev.expires_tick = ticks(NOW_NS + 60 * SECOND_NS);
		ev.tool = SW_TOOL_NMAP;
		ev.sid = 7;
		ev.shared = SW_SHARED_CONFIGURED;
		ev.refused_count = 3;
		ev.sources = 9;
		memcpy(ev.client, "192.0.2.7", 9);
		o = sw_event_json(&ev, &sig, 1);
		if (!is_one_of(types, sw_event_name(t)))
			fail_msg("docs/schema.json does not know event_type %s", sw_event_name(t));
		assert_described(schema, o, sw_event_name(t));
		json_decref(o);
	}
	json_decref(root);
}

static void everything_has_a_name(void **s)
{
	(void)s;
	for (int i = 0; i < SW_EVIDENCE_COUNT; i++)
		assert_string_not_equal(sw_evidence_name(i), "unknown");
	for (int i = 0; i < SW_REASON_COUNT; i++) {
		assert_string_not_equal(sw_reason_name(i), "unknown");
		assert_true(strlen(sw_reason_text(i)) > 5);
	}
	for (int i = 0; i < SW_EVENT_COUNT; i++)
		assert_string_not_equal(sw_event_name(i), "unknown");
	assert_string_equal(sw_mode_name(SW_DETECT), "detect");
	assert_string_equal(sw_mode_name(SW_ENFORCE), "enforce");
	assert_true(sw_reason_drops(SW_REASON_BLOCKED_ADDRESS));
	assert_false(sw_reason_drops(SW_REASON_PANIC));
	assert_string_equal(sw_reason_name(SW_REASON_COUNT), "unknown");
	assert_string_equal(sw_evidence_name(-1), "unknown");
	assert_false(sw_reason_drops(SW_REASON_COUNT));
}

static void what_is_limited(void **unused)
{
	struct sw_event ev = event(SW_EVENT_LIMITED);

	(void)unused;
	ev.kinds = 0;
	ev.span_ms = 0;
	ev.rate = SW_RATE_UDP_SOURCE;
	memset(ev.port, 0, sizeof(ev.port));
	ev.port[0] = 53;
	assert_line(&ev, "limited 203.0.113.9: more than rates.udp_per_source, to port 53");
	ev.rate = SW_RATE_SYN_SOURCE;
	assert_line(&ev, "limited 203.0.113.9: more than detect.syn_rate, to port 53");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_for_each_type),
		cmocka_unit_test(what_is_limited),
		cmocka_unit_test(how_long_it_lasts),
		cmocka_unit_test(what_is_held_against_it),
		cmocka_unit_test(closed_ports_are_counted),
		cmocka_unit_test(every_kind_has_words),
		cmocka_unit_test(ipv6_is_a_64),
		cmocka_unit_test(a_small_buffer_cuts),
		cmocka_unit_test(flows_have_their_community_id),
		cmocka_unit_test(json_has_it_all),
		cmocka_unit_test(json_of_what_is_not_blocked),
		cmocka_unit_test(the_record_keeps_it),
		cmocka_unit_test(what_is_known_of_its_place_is_told),
		cmocka_unit_test(every_kind_has_its_words),
		cmocka_unit_test(the_schema_knows_every_event),
		cmocka_unit_test(everything_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
