// SPDX-License-Identifier: GPL-2.0-only
/* Who started a conversation with whom, and so what is judged and which ports are open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "replay/conversations.h"

#define CLIENT 0xcb007109u /* 203.0.113.9 */
#define SERVER 0xc0000201u /* 192.0.2.1 */
#define OTHER 0x08080808u

#define SYN TH_SYN
#define SYN_ACK (TH_SYN | TH_ACK)
#define ACK TH_ACK
#define DATA (TH_ACK | TH_PUSH)
#define RST (TH_RST | TH_ACK)

static struct sw_conversations contacts;
static struct sw_headers file[256];
static int packets;

static int start(void **unused)
{
	(void)unused;
	sw_conversations_free(&contacts);
	sw_conversations_init(&contacts, NULL, 0);
	packets = 0;
	return 0;
}

static int stop(void **unused)
{
	(void)unused;
	sw_conversations_free(&contacts);
	return 0;
}

static struct sw_headers *add(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport)
{
	struct sw_headers *h = &file[packets++];

	*h = (struct sw_headers){.src = sw_addr_from4(htonl(src)),
				 .dst = sw_addr_from4(htonl(dst)),
				 .sport = sport,
				 .dport = dport,
				 .proto = IPPROTO_TCP};
	return h;
}

static void tcp(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, uint8_t flags)
{
	struct sw_headers *h = add(src, sport, dst, dport);

	h->flags = flags;
	h->data = flags & TH_PUSH;
}

static void udp(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport)
{
	add(src, sport, dst, dport)->proto = IPPROTO_UDP;
}

static void settle(void)
{
	struct sw_err e = {};

	for (int i = 0; i < packets; i++)
		assert_int_equal(sw_conversations_note(&contacts, &file[i], NULL, &e), 0);
	assert_int_equal(sw_conversations_settle(&contacts, &e), 0);
}

/* What is found for each packet in turn: a letter a packet. '<' an answer, '.'
 * neither side, else judged, with: 'n' no socket, 'l' a listener, 'h' a handshake,
 * 'c' a connection. */
static void expect(const char *wanted)
{
	char got[256] = "";
	enum sw_socket socket;

	for (int i = 0; i < packets; i++) {
		switch (sw_conversations_ask(&contacts, &file[i], &socket)) {
		case SW_SIDE_TO:
			got[i] = "nlhc"[socket];
			break;
		case SW_SIDE_FROM:
			got[i] = '<';
			break;
		case SW_SIDE_NEITHER:
			got[i] = '.';
		}
	}
	got[packets] = 0;
	assert_string_equal(got, wanted);
}

static void test_closed_port(void **unused)
{
	(void)unused;
	tcp(CLIENT, 40000, SERVER, 23, SYN);
	tcp(SERVER, 23, CLIENT, 40000, RST);
	tcp(CLIENT, 40000, SERVER, 23, SYN);
	settle();
	expect("n<n");
}

static void test_connection(void **unused)
{
	(void)unused;
	tcp(CLIENT, 40000, SERVER, 80, SYN);
	tcp(SERVER, 80, CLIENT, 40000, SYN_ACK);
	tcp(CLIENT, 40000, SERVER, 80, ACK);
	tcp(CLIENT, 40000, SERVER, 80, DATA);
	tcp(CLIENT, 40000, SERVER, 80, RST);
	tcp(CLIENT, 40000, SERVER, 80, ACK); /* nobody knows it any more */
	settle();
	expect("l<hccl");
}

/* The port is served from the first packet on, whoever heard so later. */
static void test_served_for_all(void **unused)
{
	(void)unused;
	tcp(OTHER, 5000, SERVER, 80, SYN);
	tcp(CLIENT, 40000, SERVER, 80, SYN);
	tcp(SERVER, 80, CLIENT, 40000, SYN_ACK);
	settle();
	expect("ll<");
}

static void test_middle_of_connection(void **unused)
{
	(void)unused;
	tcp(SERVER, 443, CLIENT, 40000, DATA);
	tcp(CLIENT, 40000, SERVER, 443, ACK);
	tcp(CLIENT, 40000, SERVER, 443, DATA);
	settle();
	expect("<cc");
}

static void test_stray_ack(void **unused)
{
	(void)unused;
	tcp(CLIENT, 40000, SERVER, 443, ACK);
	tcp(SERVER, 443, CLIENT, 40000, TH_RST);
	settle();
	expect("n<");
}

/* As two CPUs may record them. */
static void test_answer_before_question(void **unused)
{
	(void)unused;
	tcp(SERVER, 23, CLIENT, 40000, RST);
	tcp(CLIENT, 40000, SERVER, 23, SYN);
	tcp(SERVER, 443, CLIENT, 40001, TH_RST);
	tcp(CLIENT, 40001, SERVER, 443, ACK);
	tcp(SERVER, 80, CLIENT, 40002, SYN_ACK);
	tcp(CLIENT, 40002, SERVER, 80, SYN);
	settle();
	expect("<n<n<h");
}

static void test_backscatter(void **unused)
{
	(void)unused;
	tcp(OTHER, 443, SERVER, 5555, SYN_ACK);
	tcp(SERVER, 5555, OTHER, 443, TH_RST);
	settle();
	expect("n<");
}

static void test_answer_without_question(void **unused)
{
	(void)unused;
	tcp(SERVER, 443, CLIENT, 40000, SYN_ACK);
	tcp(CLIENT, 40000, SERVER, 443, ACK);
	settle();
	expect("<h");
}

/* Only what came in was recorded. */
static void test_one_direction(void **unused)
{
	(void)unused;
	tcp(CLIENT, 40000, SERVER, 80, SYN);
	tcp(CLIENT, 40000, SERVER, 80, ACK);
	tcp(CLIENT, 40000, SERVER, 80, DATA);
	tcp(CLIENT, 40001, SERVER, 23, SYN);
	tcp(CLIENT, 40002, SERVER, 22, DATA);
	tcp(CLIENT, 40003, SERVER, 25, ACK); /* one ACK alone is a probe */
	settle();
	expect("lccncn");
}

/* The server speaks to others, so its silence here is an answer. */
static void test_filtered_port(void **unused)
{
	(void)unused;
	tcp(SERVER, 80, OTHER, 5000, SYN_ACK);
	tcp(CLIENT, 40000, SERVER, 80, ACK);
	tcp(CLIENT, 40000, SERVER, 22, DATA);
	settle();
	expect(".nn");
}

/* ... unless the other end goes on as only an answer lets it. */
static void test_half_recorded(void **unused)
{
	(void)unused;
	tcp(SERVER, 80, OTHER, 5000, SYN_ACK);
	tcp(CLIENT, 40000, SERVER, 22, SYN);
	tcp(CLIENT, 40000, SERVER, 22, ACK);
	tcp(CLIENT, 40001, SERVER, 25, DATA);
	tcp(CLIENT, 40001, SERVER, 25, DATA);
	tcp(CLIENT, 40001, SERVER, 25, ACK);
	settle();
	expect(".lcccc");
}

static void test_udp(void **unused)
{
	(void)unused;
	udp(CLIENT, 40000, SERVER, 53);
	udp(SERVER, 53, CLIENT, 40000);
	udp(CLIENT, 40000, SERVER, 53);
	udp(CLIENT, 40000, SERVER, 69);
	settle();
	expect("l<ln");
}

/* It asked everybody, so it has a socket for the answer. */
static void test_udp_answer_to_group(void **unused)
{
	(void)unused;
	udp(SERVER, 61906, 0xe00000fc, 5355);
	file[0].group = true;
	udp(CLIENT, 5355, SERVER, 61906);
	settle();
	expect(".l");
}

static void test_udp_stream(void **unused)
{
	(void)unused;
	for (int i = 0; i < 8; i++)
		udp(CLIENT, 40000, SERVER, 514);
	settle();
	expect("llllllll");
	start(NULL);
	for (int i = 0; i < 8; i++) /* Geneve, VXLAN: a source port per flow inside */
		udp(CLIENT, 40000 + i, SERVER, 6081);
	settle();
	expect("llllllll");
}

/* Of hosts that are never heard of, little counts for nothing. */
static void test_silent_hosts(void **unused)
{
	(void)unused;
	tcp(CLIENT, 40000, SERVER, 139, SYN);
	tcp(CLIENT, 40001, SERVER, 445, SYN);
	udp(CLIENT, 40002, SERVER, 4341);
	settle();
	expect("nn.");
	start(NULL);
	tcp(CLIENT, 40000, SERVER, 139, SYN);
	tcp(CLIENT, 40001, SERVER, 445, SYN);
	settle();
	expect("..");
}

static void test_group(void **unused)
{
	(void)unused;
	udp(CLIENT, 5353, 0xe00000fb, 5353);
	file[0].group = true;
	settle();
	expect(".");
}

static void protect(struct sw_prefix *p, const char *text)
{
	struct sw_err e;

	assert_int_equal(sw_prefix_parse(text, p, &e), 0);
	sw_conversations_free(&contacts);
	sw_conversations_init(&contacts, p, 1);
}

static void test_protect(void **unused)
{
	struct sw_prefix p;

	(void)unused;
	protect(&p, "203.0.113.0/24");
	tcp(CLIENT, 40000, SERVER, 80, SYN);
	tcp(SERVER, 80, CLIENT, 40000, SYN_ACK); /* answers what is protected */
	tcp(CLIENT, 40000, SERVER, 80, ACK);
	tcp(OTHER, 5000, CLIENT, 23, SYN);
	tcp(OTHER, 5000, SERVER, 23, SYN);
	settle();
	expect("<c<n.");
}

static void test_services(void **unused)
{
	struct sw_err e;

	(void)unused;
	assert_int_equal(sw_conversations_serve(&contacts, 23, IPPROTO_TCP, &e), 0);
	tcp(CLIENT, 40000, SERVER, 23, SYN);
	tcp(CLIENT, 40000, SERVER + 1, 23, SYN);
	udp(CLIENT, 40000, SERVER, 23);
	settle();
	expect("ll.");
}

static void refuse(uint32_t src, uint32_t dst)
{
	tcp(src, 40000, dst, 1, SYN);
	tcp(dst, 1, src, 40000, RST);
}

/* A client that misses a little here and there is judged where it missed most. */
static void test_misses_by_network(void **unused)
{
	(void)unused;
	refuse(CLIENT, 0x0a000001);
	refuse(CLIENT, 0x0b000001);
	refuse(CLIENT, 0x0b000002);
	refuse(CLIENT, 0x0c000001);
	refuse(OTHER, 0x0c000001);
	settle();
	expect("..n<n<..n<");
}

/* No miss, but many servers: no sweep over one of them. */
static void test_browsing(void **unused)
{
	(void)unused;
	for (int i = 0; i < 4; i++) {
		tcp(CLIENT, 40000 + i, 0x0a000001 + (i << 16), 443, SYN);
		tcp(0x0a000001 + (i << 16), 443, CLIENT, 40000 + i, SYN_ACK);
	}
	settle();
	expect("l<......");
}

static void test_sweep_of_the_world(void **unused)
{
	char wanted[41] = "";

	(void)unused;
	for (int i = 0; i < 40; i++)
		tcp(CLIENT, 40000, 0x0a000001 + (i << 16), 23, SYN);
	memset(wanted, 'n', 40);
	settle();
	expect(wanted);
}

/* Half of the peers are gone: no sweep. */
static void test_peers(void **unused)
{
	char wanted[81] = "";

	(void)unused;
	for (int i = 0; i < 40; i++) {
		tcp(CLIENT, 40000 + i, 0x0a000001 + (i << 16), 6881, SYN);
		tcp(0x0a000001 + (i << 16), 6881, CLIENT, 40000 + i, i & 1 ? SYN_ACK : RST);
		wanted[2 * i] = wanted[2 * i + 1] = '.';
	}
	wanted[0] = 'n'; /* the first network that it missed at */
	wanted[1] = '<';
	settle();
	expect(wanted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_closed_port),
		TEST(test_connection),
		TEST(test_served_for_all),
		TEST(test_middle_of_connection),
		TEST(test_stray_ack),
		TEST(test_answer_before_question),
		TEST(test_backscatter),
		TEST(test_answer_without_question),
		TEST(test_one_direction),
		TEST(test_filtered_port),
		TEST(test_half_recorded),
		TEST(test_udp),
		TEST(test_udp_answer_to_group),
		TEST(test_udp_stream),
		TEST(test_silent_hosts),
		TEST(test_group),
		TEST(test_protect),
		TEST(test_services),
		TEST(test_misses_by_network),
		TEST(test_browsing),
		TEST(test_sweep_of_the_world),
		TEST(test_peers),
	};

	return cmocka_run_group_tests_name("contacts", tests, NULL, NULL);
}
