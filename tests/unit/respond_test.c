// SPDX-License-Identifier: GPL-2.0-only
/* Which matching payloads block their source, which never do, and how the connection ends. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <string.h>
#include "test_rules.h"

#define WORDS 7
#define PAGE(word) "GET /search?q=" word " HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEAD(line) "GET / HTTP/1.1\r\nHost: a\r\n" line "\r\n\r\n"

static const char *const words[WORDS] = {"evil-zero", "evil-one1", "evil-two2", "evil-thre",
					 "evil-four", "evil-five", "evil-six6"};

/* Rule n is for word n: in the URI, or in a header where `header` is set. */
static void load_words(enum sw_rule_action action, enum sw_buffer buffer, int flags)
{
	struct sig s[WORDS];

	for (int i = 0; i < WORDS; i++) {
		s[i] = sig(SID + i, action);
		s[i].rule.flags |= flags | (buffer == SW_BUFFER_PAYLOAD ? 0 : SW_RULE_HTTP);
		sig_text(&s[i], buffer, words[i], 0);
	}
	signatures_load(s, WORDS, 0);
}

static bool is_blocked(uint32_t addr)
{
	struct frame f = tcp4(addr, OPEN_PORT, F_SYN);

	return ask(&f) == SW_REASON_BLOCKED_ADDRESS;
}

static void unblock_all(void)
{
	memset(prog.drop4, 0, 16 * sizeof(*prog.drop4));
	memset(prog.drop4_cold, 0, 16 * sizeof(*prog.drop4_cold));
}

/* Over a connection of its own. */
static int say(const char *text)
{
	struct connection c = connection_open();
	struct frame f = connection_frame(&c, text);
	int reason = run(&f);

	connection_close(&c);
	return reason;
}

static const struct sw_event *last_event(void)
{
	read_events();
	assert_in_range(prog.events, 1, 64);
	return &prog.event[prog.events - 1];
}

/* ---- how a connection ends */

static uint16_t sum_of(const void *bytes, size_t size, uint32_t sum)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? b[i] : b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The frame that goes on, with right checksums. */
static struct tcphdr tcp_out(void)
{
	const struct iphdr *ip = (const void *)(prog.out.byte + ETH_HLEN);
	struct tcphdr tcp;
	uint32_t pseudo = IPPROTO_TCP + sizeof(tcp);

	assert_int_equal(prog.verdict, XDP_PASS);
	assert_int_equal(prog.out.size, ETH_HLEN + sizeof(*ip) + sizeof(tcp));
	assert_int_equal(ntohs(ip->tot_len), sizeof(*ip) + sizeof(tcp));
	memcpy(&tcp, ip + 1, sizeof(tcp));
	pseudo += ntohs(ip->saddr & 0xffff) + ntohs(ip->saddr >> 16);
	pseudo += ntohs(ip->daddr & 0xffff) + ntohs(ip->daddr >> 16);
	assert_int_equal(sum_of(&tcp, sizeof(tcp), pseudo), 0);
	return tcp;
}

static void the_server_gets_a_reset(void **unused)
{
	struct connection c = connection_open();
	struct tcphdr tcp;
	(void)unused;
	load_words(SW_RULE_DROP, SW_BUFFER_URI, 0);
	assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	tcp = tcp_out();
	assert_true(tcp.rst && tcp.ack);
	assert_int_equal(ntohl(tcp.seq), c.t.seq);
	assert_int_equal(tcp.doff, 5);
	connection_close(&c);
}

static void what_comes_again_counts_no_more(void **unused)
{
	struct connection c = connection_open();
	struct tcphdr tcp;
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_URI, SW_RULE_DELIBERATE);
	put_allow4(CLIENT4, 32, SW_EXPIRES_TICKS);
	for (int i = 0; i < 5; i++)
		assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	assert_int_equal(sig_hits(SID), 1);
	read_events();
	assert_int_equal(prog.events, 1);
	/* The kernel has not seen the reset here; where it has, the rest goes on
	 * without data, and the kernel itself says that there is no connection. */
	connection_close(&c);
	assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	tcp = tcp_out();
	assert_true(!tcp.rst && tcp.ack);
	assert_int_equal(sig_hits(SID), 1);
}

/* Who was blocked and is not any more is not blocked anew for what is still on
 * its way. */
static void an_unblocked_source_stays_so(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_URI, SW_RULE_DELIBERATE);
	assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	assert_true(is_blocked(CLIENT4));
	unblock_all();
	assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	connection_close(&c);
}

static void a_new_connection_by_the_same_ports_is_looked_into(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_words(SW_RULE_DROP, SW_BUFFER_URI, 0);
	assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	c.t.seq += 1 << 30;
	assert_reason(connection_frame(&c, PAGE("harmless")), FLOW);
	c.t.seq -= 1 << 30;
	advance(120 * SECOND);
	assert_reason(connection_frame(&c, PAGE("harmless")), FLOW);
	connection_close(&c);
}

static void a_daemon_closes_it_instead(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_words(SW_RULE_DROP, SW_BUFFER_URI, 0);
	prog.set->closer_until = tick_in(30 * SECOND);
	assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	assert_int_equal(prog.verdict, XDP_DROP);
	assert_int_equal(last_event()->ends, 1);
	/* It did not: then the segment that comes again does. */
	assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
	assert_true(tcp_out().rst);
	prog.set->closer_until = 0;
	connection_close(&c);
}

static void detecting_ends_nothing(void **unused)
{
	struct connection c = connection_open();
	(void)unused;
	load_words(SW_RULE_DROP, SW_BUFFER_URI, 0);
	prog.set->mode = SW_DETECT;
	for (int i = 0; i < 3; i++) {
		assert_reason(connection_frame(&c, PAGE("evil-zero")), SIGNATURE);
		assert_int_equal(prog.verdict, XDP_PASS);
		assert_true(prog.out.size > 80);
	}
	assert_int_equal(sig_hits(SID), 3);
	connection_close(&c);
}

/* ---- what adds up */

static void one_alert_again_and_again_blocks_nobody(void **unused)
{
	(void)unused;
	load_words(SW_RULE_ALERT, SW_BUFFER_URI, 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(say(PAGE("evil-zero")), SW_REASON_FLOW);
		advance(SECOND);
	}
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(source4(CLIENT4)->score, SW_POINT);
}

static void three_alerts_block(void **unused)
{
	(void)unused;
	load_words(SW_RULE_ALERT, SW_BUFFER_URI, 0);
	say(PAGE("evil-zero"));
	say(PAGE("evil-one1"));
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(say(PAGE("evil-two2")), SW_REASON_SIGNATURE);
	assert_true(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_BLOCK);
}

static void low_confidence_adds_nothing(void **unused)
{
	(void)unused;
	load_words(SW_RULE_ALERT, SW_BUFFER_URI, SW_RULE_QUIET);
	for (int i = 0; i < WORDS; i++) {
		char text[128];

		snprintf(text, sizeof(text), PAGE("%s"), words[i]);
		assert_int_equal(say(text), SW_REASON_FLOW);
	}
	assert_false(is_blocked(CLIENT4));
}

/* Whatever one page of a foreign site makes a browser ask for. */
static void a_foreign_page_blocks_nobody_at_once(void **unused)
{
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_URI, 0);
	assert_int_equal(say(PAGE("evil-zero+evil-one1+evil-two2+evil-thre+evil-four")),
			 SW_REASON_SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	for (int i = 0; i < 5; i++) /* nor the visitor's reloading it */
		say(PAGE("evil-zero+evil-one1+evil-two2+evil-thre+evil-four"));
	assert_false(is_blocked(CLIENT4));
	say(PAGE("evil-five"));
	assert_false(is_blocked(CLIENT4)); /* two pictures of one page */
	say(PAGE("evil-six6"));
	assert_true(is_blocked(CLIENT4));
}

/* The same again, by what no page can send either, is no other deed. */
static void repeated_headers_count_once(void **unused)
{
	static const int actions[] = {SW_RULE_ALERT, SW_RULE_DROP};

	for (int i = 0; i < 2; i++) {
		signatures_reset(unused);
		load_words(actions[i], SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
		for (int n = 0; n < 20; n++)
			say(HEAD("X-Api: evil-zero"));
		assert_false(is_blocked(CLIENT4));
	}
}

static void what_no_page_can_send_blocks_at_once(void **unused)
{
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
	assert_int_equal(say(HEAD("Referer: http://b/?evil-zero")), SW_REASON_SIGNATURE);
	assert_false(is_blocked(CLIENT4)); /* the page chooses its own address */
	assert_int_equal(say(HEAD("X-Api: evil-one1")), SW_REASON_SIGNATURE);
	assert_true(is_blocked(CLIENT4));
}

static void bytes_of_no_http_block_at_once(void **unused)
{
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_PAYLOAD, 0);
	assert_int_equal(say("POST / HTTP/1.1\r\nHost: a\r\n\r\nevil-zero"), SW_REASON_SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(say("\x01\x02"
			     "evil-one1"),
			 SW_REASON_SIGNATURE);
	assert_true(is_blocked(CLIENT4));
}

/* ---- who speaks for many */

static void a_proxy_is_never_blocked(void **unused)
{
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
	for (int i = 0; i < WORDS; i++) {
		char text[160];

		snprintf(text, sizeof(text), HEAD("X-Forwarded-For: 192.0.2.7\r\nX-A: %s"),
			 words[i]);
		assert_int_equal(say(text), SW_REASON_SIGNATURE);
		assert_false(is_blocked(CLIENT4));
	}
	assert_int_equal(last_event()->type, SW_EVENT_SIGNATURE);
	assert_int_equal(last_event()->shared, 1);
	assert_memory_equal(last_event()->client, "192.0.2.7\r\n", 11);
	/* Nor for what comes later without such a header. */
	say(HEAD("X-A: evil-zero"));
	assert_false(is_blocked(CLIENT4));
}

static void each_header_of_proxies_is_known(void **unused)
{
	static const char *const lines[] = {
		"X-Forwarded-For: 192.0.2.7", "x-forwarded-for: 2001:db8::1",
		"Forwarded: for=192.0.2.7",   "Via: 1.1 cache",
		"X-Real-IP: 192.0.2.7",	      "CF-Connecting-IP: 192.0.2.7",
		"True-Client-IP: 192.0.2.7",
	};
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[160];

		unblock_all();
		advance(2 * 3600 * SECOND);
		snprintf(text, sizeof(text), HEAD("X-A: evil-zero\r\n%s"), lines[i]);
		assert_int_equal(say(text), SW_REASON_SIGNATURE);
		if (is_blocked(CLIENT4))
			fail_msg("%s", lines[i]);
	}
}

/* Attackers say that they come from the host itself. */
static void an_address_of_loopback_is_no_proxys(void **unused)
{
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
	say(HEAD("X-A: evil-zero\r\nX-Forwarded-For: 127.0.0.1"));
	assert_true(is_blocked(CLIENT4));
}

static void many_browsers_behind_one_address(void **unused)
{
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
	for (int i = 0; i < 20; i++) {
		char text[160];

		snprintf(text, sizeof(text), HEAD("User-Agent: Mozilla/5.0 browser %d"), i);
		assert_int_equal(say(text), SW_REASON_FLOW);
	}
	assert_int_equal(say(HEAD("X-A: evil-zero")), SW_REASON_SIGNATURE);
	assert_false(is_blocked(CLIENT4));
}

static void many_connections_of_one_address(void **unused)
{
	struct connection c[16];
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
	for (int i = 0; i < 16; i++) {
		c[i] = connection_open();
		assert_reason(connection_frame(&c[i], HEAD("X-B: harmless")), FLOW);
	}
	advance(5 * SECOND);
	assert_int_equal(say(HEAD("X-A: evil-zero")), SW_REASON_SIGNATURE);
	for (int i = 0; i < 16; i++)
		connection_close(&c[i]);
	assert_false(is_blocked(CLIENT4));
}

static void a_customer_is_confined(void **unused)
{
	(void)unused;
	load_words(SW_RULE_BLOCK, SW_BUFFER_HEADER, SW_RULE_DELIBERATE);
	for (int i = 0; i < 13; i++) {
		say(HEAD("X-B: harmless"));
		advance(60 * SECOND);
	}
	assert_int_equal(say(HEAD("X-A: evil-zero")), SW_REASON_SIGNATURE);
	assert_false(is_blocked(CLIENT4));
	assert_int_equal(last_event()->type, SW_EVENT_CONFINED);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(the_server_gets_a_reset),
		CASE(what_comes_again_counts_no_more),
		CASE(an_unblocked_source_stays_so),
		CASE(a_new_connection_by_the_same_ports_is_looked_into),
		CASE(a_daemon_closes_it_instead),
		CASE(detecting_ends_nothing),
		CASE(one_alert_again_and_again_blocks_nobody),
		CASE(three_alerts_block),
		CASE(repeated_headers_count_once),
		CASE(low_confidence_adds_nothing),
		CASE(a_foreign_page_blocks_nobody_at_once),
		CASE(what_no_page_can_send_blocks_at_once),
		CASE(bytes_of_no_http_block_at_once),
		CASE(a_proxy_is_never_blocked),
		CASE(each_header_of_proxies_is_known),
		CASE(an_address_of_loopback_is_no_proxys),
		CASE(many_browsers_behind_one_address),
		CASE(many_connections_of_one_address),
		CASE(a_customer_is_confined),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
