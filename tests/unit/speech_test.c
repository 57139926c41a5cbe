// SPDX-License-Identifier: GPL-2.0-only
/* The protocol of a client is recognized by its first words, at any port. */
#include <string.h>
#include "test_rules.h"

#define SHELLSHOCK "User-Agent: () { :; }; /bin/id\r\n"

static int say_once(uint16_t port, const char *text)
{
	struct stream t = stream_open(CLIENT4, port);

	return stream_say(&t, text);
}

#define assert_known(port, text) assert_string_equal(reason_name(say_once(port, text)), "signature")
#define assert_unknown(port, text) assert_string_equal(reason_name(say_once(port, text)), "flow")

static void requests_are_known_at_any_port(void **unused)
{
	(void)unused;
	assert_known(8983, "GET / HTTP/1.1\r\nHost: a\r\n" SHELLSHOCK "\r\n");
	assert_known(50123, "GET /?x=${jndi:ldap://a/b} HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_known(50124, "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: sqlmap/1.8\r\n\r\n");
	assert_unknown(50125, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	/* What only looks like one. */
	assert_unknown(50126, "INVITE sip:a@b SIP/2.0\r\n" SHELLSHOCK "\r\n");
	assert_unknown(50127, "\1\2GET / HTTP/1.1\r\nHost: a\r\n" SHELLSHOCK "\r\n");
}

static void a_connection_is_looked_into_to_its_end(void **unused)
{
	struct stream t = stream_open(CLIENT4, 8983), other;

	(void)unused;
	assert_not_seen(&t, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_not_seen(&t, "GET / HTTP/1.1\r\nHost: a\r\nUser-Ag");
	assert_seen(&t, "ent: sqlmap/1.8\r\n\r\n");
	/* Another of the same port that speaks something else is left alone. */
	other = stream_open(CLIENT4, 8983);
	assert_not_seen(&other, "\1\2\3\4");
	assert_not_seen(&other, "x: User-Agent: sqlmap/1.8\r\n\r\n");
}

static void commands_are_known_at_any_port(void **unused)
{
	struct stream t = stream_open(CLIENT4, 2500);

	(void)unused;
	assert_not_seen(&t, "EHLO a\r\n");
	assert_not_seen(&t, "MAIL FROM:<a@example.org>\r\n");
	assert_seen(&t, "RCPT TO:<${run{x}}@localhost>\r\n");
	assert_known(2600, "helo a\r\nRCPT TO:<${run{x}}@localhost>\r\n");
	assert_unknown(2601, "HELO a\r\nDATA\r\nRCPT TO:<${run{x}}@localhost>\r\n");
	assert_known(2602, "USER a\r\nPASS b\r\nSITE CPFR /proc/self/cmdline\r\n");
	assert_known(2603, "AUTH TLS\r\nSITE CPFR /proc/self/cmdline\r\n");
	assert_known(2604, "CONFIG SET dir /var/spool/cron/\r\n");
	assert_known(2605, "*1\r\n$4\r\nPING\r\nCONFIG SET dir /var/spool/cron/\r\n");
	assert_unknown(2606, "RCPT TO:<${run{x}}@localhost>\r\n");
}

/* No built-in rule is of these. */
static void pop3_and_imap_are_known_at_any_port(void **unused)
{
	struct sig s = sig(SID, SW_RULE_DROP), all[2];

	(void)unused;
	sig_text(&s, SW_BUFFER_PAYLOAD, "evil-word", 0);
	s.rule.dport[0] = (struct sw_ports){110, 110};
	all[0] = s;
	s.rule.sid++;
	s.rule.dport[0] = (struct sw_ports){143, 143};
	all[1] = s;
	signatures_load(all, 2, 0);
	assert_known(2700, "CAPA\r\nTOP evil-word\r\n");
	assert_known(2701, "a1 CAPABILITY\r\na2 SELECT evil-word\r\n");
	assert_known(2702, "A0001 LOGIN a b\r\nA0002 SELECT evil-word\r\n");
	assert_unknown(2703, "A0001 LOGIN a evil-word\r\n");
	assert_unknown(2704, "some words evil-word\r\n");
	assert_int_equal(sig_hits(SID), 1);
	assert_int_equal(sig_hits(SID + 1), 2);
}

static void load_first(void)
{
	struct sig s = sig(SID, SW_RULE_DROP);

	s.rule.dports = 0;
	s.rule.flags = SW_RULE_FIRST;
	sig_text(&s, SW_BUFFER_PAYLOAD, "first-word", 0);
	signatures_load(&s, 1, 0);
	/* As user/rules/compile.c leaves it: no port is looked into for it. */
	for (int half = 0; half < 2; half++) {
		static struct sw_inspect_ports none;
		uint32_t key = half;

		assert_int_equal(bpf_map_update_elem(bpf_map__fd(prog.skel->maps.inspect_ports),
						     &key, &none, 0),
				 0);
	}
}

static void a_rule_of_the_first_data_holds_for_nothing_else(void **unused)
{
	struct stream t = stream_open(CLIENT4, 12345);

	(void)unused;
	load_first();
	assert_known(12345, "..first-word");
	assert_known(443, "\x16..first-word");
	assert_not_seen(&t, "hello");
	assert_not_seen(&t, "..first-word");
	assert_int_equal(sig_tried(SID), 2);
}

/* A server that we ask says its banner first. */
static void what_we_asked_for_is_not_looked_into(void **unused)
{
	struct frame f = frame_eth(0x0800);
	struct stream t = {CLIENT4, 443, 50000, 1000};

	(void)unused;
	load_first();
	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_TCP, 0);
	frame_tcp(&f, 50000, 443, F_SYN);
	leave(&f);
	assert_not_seen(&t, "..first-word");
}

static void probes_of_nmap_are_known_at_any_port(void **unused)
{
	static const char *const probe[] = {
		"OPTIONS / RTSP/1.0\r\n\r\n",
		"OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\n",
		"DIST00000001ARGC00000005ARGV00000002ccARGV00000002-cARGV00000006nmap.c",
		"GET /nice%20ports%2C/Tri%6Eity.txt%2ebak HTTP/1.0\r\n\r\n",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(probe) / sizeof(*probe); i++)
		for (int port = 1; port < 65536; port += 13107)
			assert_known(port, probe[i]);
	assert_unknown(7001, "GET / HTTP/1.0\r\n\r\n");
	assert_unknown(7002, "HELP\r\n");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, builtin_load)
	const struct CMUnitTest tests[] = {
		CASE(requests_are_known_at_any_port),
		CASE(a_connection_is_looked_into_to_its_end),
		CASE(commands_are_known_at_any_port),
		CASE(pop3_and_imap_are_known_at_any_port),
		CASE(a_rule_of_the_first_data_holds_for_nothing_else),
		CASE(what_we_asked_for_is_not_looked_into),
		CASE(probes_of_nmap_are_known_at_any_port),
	};

	return cmocka_run_group_tests(tests, builtin_setup, builtin_teardown);
}
