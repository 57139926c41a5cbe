// SPDX-License-Identifier: GPL-2.0-only
/* Which payloads are inspected, wherever they are in a frame. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "test_rules.h"

#define WEB SW_BUFFER_PAYLOAD
#define WORD "evil-word"
#define CLIENT6 0x20010db8000000aaull

static void load_word(void)
{
	struct sig s = sig(SID, SW_RULE_DROP);

	sig_text(&s, WEB, WORD, 0);
	signatures_load(&s, 1, 0);
}

static void a_content_is_found_anywhere(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char text[1460];

	(void)unused;
	load_word();
	for (size_t at = 0; at <= sizeof(text) - 9; at++) {
		memset(text, '.', sizeof(text));
		memcpy(text + at, WORD, 9);
		t.seq += 10000;
		if (stream_send(&t, text, sizeof(text)) != SW_REASON_SIGNATURE)
			fail_msg("not seen at %zu", at);
	}
	assert_int_equal(prog.verdict, 1 /* XDP_DROP */);
	assert_int_equal(sig_hits(SID), sizeof(text) - 9 + 1);
}

static void payloads_of_every_size_are_read_to_their_end(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char text[1460];

	(void)unused;
	load_word();
	memset(text, '.', sizeof(text));
	for (size_t size = 9; size <= sizeof(text); size++) {
		memcpy(text + size - 9, WORD, 9);
		t = stream_open(CLIENT4, OPEN_PORT);
		if (stream_send(&t, text, size) != SW_REASON_SIGNATURE)
			fail_msg("not seen in %zu bytes", size);
		/* One byte less, and it is not there; nothing of the last packet is. */
		t.seq += 10000;
		if (stream_send(&t, text, size - 1) != SW_REASON_FLOW)
			fail_msg("seen in %zu bytes", size - 1);
		memset(text + size - 9, '.', 9);
	}
}

static struct frame after(struct frame f, const char *text)
{
	memcpy(f.byte + f.size, text, strlen(text));
	f.size += strlen(text);
	return f;
}

/* To a port that has answered. */
static struct frame datagram(uint16_t dport, const char *text)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, CLIENT4, IPPROTO_UDP, 0);
	frame_udp(&f, dport, 40000);
	leave(&f);
	return after(udp4(CLIENT4, 40000, dport), text);
}

/* ---- frames larger than a page, as GRO and jumbo frames make them */

#define BIG 65000

static uint8_t big_frame[BIG + 100];

static int send_big(struct stream *t, const void *bytes, size_t size)
{
	struct frame f = stream_frame(t, "", 0);
	struct iphdr *ip = (void *)(big_frame + f.ip);

	memcpy(big_frame, f.byte, f.size);
	memcpy(big_frame + f.size, bytes, size);
	ip->tot_len = htons(f.size - f.ip + size);
	t->seq += size;
	return run_as_is(big_frame, f.size + size);
}

static void super_frames_are_read_in_parts(void **unused)
{
	static const size_t places[] = {0,    1500, 1527, 1528, 1532, 1535, 1536, 1537,
					3063, 3072, 3500, 3900, 4090, 8192, 30000};
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char *text = malloc(BIG);

	(void)unused;
	load_word();
	memset(text, '.', BIG);
	assert_string_equal(reason_name(send_big(&t, text, BIG)), "flow");
	for (size_t i = 0; i <= sizeof(places) / sizeof(places[0]); i++) {
		size_t at = i < sizeof(places) / sizeof(places[0]) ? places[i] : BIG - 9;

		memcpy(text + at, WORD, 9);
		if (send_big(&t, text, BIG) != SW_REASON_SIGNATURE)
			fail_msg("not seen at %zu", at);
		memset(text + at, '.', 9);
	}
	/* Its end goes on in the next segment. */
	memcpy(text + BIG - 4, "evil", 4);
	assert_string_equal(reason_name(send_big(&t, text, BIG)), "flow");
	assert_seen(&t, "-word");
	free(text);
}

static void every_seam_of_a_super_frame_is_searched(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char *text = malloc(BIG);

	(void)unused;
	load_word();
	memset(text, '.', BIG);
	for (size_t at = SW_INSPECT_BYTES - 4; at < BIG - 9; at += SW_INSPECT_BYTES) {
		memcpy(text + at, WORD, 9);
		t = stream_open(CLIENT4, OPEN_PORT);
		if (send_big(&t, text, BIG) != SW_REASON_SIGNATURE)
			fail_msg("not seen at %zu", at);
		memset(text + at, '.', 9);
	}
	free(text);
}

static void a_jumbo_datagram_is_searched_across_its_parts(void **unused)
{
	struct sig s = sig(SID, SW_RULE_DROP);
	struct frame f = datagram(53, "");
	struct iphdr *ip = (void *)(big_frame + f.ip);

	(void)unused;
	s.rule.proto = IPPROTO_UDP;
	s.rule.dport[0] = (struct sw_ports){53, 53};
	sig_text(&s, WEB, WORD, 0);
	signatures_load(&s, 1, 0);
	for (size_t at = SW_INSPECT_BYTES - 10; at < SW_INSPECT_BYTES + 2; at++) {
		memcpy(big_frame, f.byte, f.size);
		memset(big_frame + f.size, '.', 8000);
		memcpy(big_frame + f.size + at, WORD, 9);
		ip->tot_len = htons(f.size - f.ip + 8000);
		if (run_as_is(big_frame, f.size + 8000) != SW_REASON_SIGNATURE)
			fail_msg("not seen at %zu", at);
	}
	/* Of two datagrams one does not go on with the other. */
	memset(big_frame + f.size, '.', 8000);
	memcpy(big_frame + f.size + 8000 - 4, "evil", 4);
	assert_string_equal(reason_name(run_as_is(big_frame, f.size + 8000)), "open-port");
	memcpy(big_frame + f.size, "-word", 5);
	assert_string_equal(reason_name(run_as_is(big_frame, f.size + 8000)), "open-port");
}

/* ---- other frames */

/* What the host answers makes the connection known. */
static struct frame tcp6_frame(bool answer, uint16_t sport)
{
	struct frame f = frame_eth(ETH_P_IPV6);
	uint8_t addr[16];

	frame_ip6(&f, CLIENT6, 9, IPPROTO_TCP);
	frame_tcp(&f, answer ? OPEN_PORT : sport, answer ? sport : OPEN_PORT,
		  answer ? F_SYN | F_ACK : F_ACK | F_PSH);
	if (!answer)
		return f;
	memcpy(addr, f.byte + f.ip + 8, 16);
	memcpy(f.byte + f.ip + 8, f.byte + f.ip + 24, 16);
	memcpy(f.byte + f.ip + 24, addr, 16);
	return f;
}

static void ipv6_is_read(void **unused)
{
	struct frame f = tcp6_frame(true, 41000);

	(void)unused;
	load_word();
	leave(&f);
	assert_reason(after(tcp6_frame(false, 41000), "...." WORD), SIGNATURE);
	assert_reason(after(tcp6_frame(false, 41000), "...evil.word"), FLOW);
	/* Behind an extension header */
	f = frame_eth(ETH_P_IPV6);
	frame_ip6(&f, CLIENT6, 9, IPPROTO_DSTOPTS);
	frame_ext(&f, IPPROTO_TCP, 3);
	frame_tcp(&f, 41000, OPEN_PORT, F_ACK);
	assert_reason(after(f, WORD), SIGNATURE);
}

static void vlan_tags_are_passed_over(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct frame f = frame_eth(ETH_P_8021AD);

	(void)unused;
	load_word();
	frame_vlan(&f, ETH_P_8021AD, ETH_P_8021Q);
	frame_vlan(&f, ETH_P_8021Q, ETH_P_IP);
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, t.sport, OPEN_PORT, F_ACK);
	assert_reason(after(f, "." WORD), SIGNATURE);
}

static void options_of_ip_and_tcp_are_no_payload(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct frame f = frame_eth(ETH_P_IP);
	struct sig s = sig(SID, SW_RULE_DROP);

	(void)unused;
	sig_bytes(&s, WEB, WORD, 9, 0, 0, 9);
	signatures_load(&s, 1, 0);
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	f.byte[f.ip] = 0x4f; /* 60 bytes of header */
	memset(f.byte + f.size, 1, 40);
	f.size += 40;
	frame_tcp(&f, t.sport, OPEN_PORT, F_ACK);
	f.byte[f.size - 8] = 15 << 4; /* likewise */
	memset(f.byte + f.size, 1, 40);
	memcpy(f.byte + f.size, WORD, 9);
	f.size += 40;
	assert_reason(after(f, "harmless"), FLOW);
	assert_reason(after(f, WORD), SIGNATURE);
}

static void what_the_link_padded_is_no_payload(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	struct frame f = stream_frame(&t, WORD, 9);
	struct iphdr *ip = (void *)(f.byte + f.ip);

	(void)unused;
	load_word();
	ip->tot_len = htons(f.size - f.ip - 1);
	assert_string_equal(reason_name(run_as_is(f.byte, f.size)), "flow");
	ip->tot_len = htons(f.size - f.ip);
	assert_string_equal(reason_name(run_as_is(f.byte, f.size)), "signature");
	ip->tot_len = htons(f.size - f.ip + 100); /* and a frame that is cut */
	assert_string_equal(reason_name(run_as_is(f.byte, f.size)), "signature");
	assert_string_equal(reason_name(run_as_is(f.byte, f.size - 1)), "flow");
}

static void udp_is_searched(void **unused)
{
	struct sig s = sig(SID, SW_RULE_DROP), shorter = sig(SID + 1, SW_RULE_DROP);
	struct sig both[2];
	(void)unused;
	s.rule.proto = shorter.rule.proto = IPPROTO_UDP;
	s.rule.dport[0] = shorter.rule.dport[0] = (struct sw_ports){53, 53};
	sig_text(&s, WEB, WORD, 0);
	sig_bytes(&shorter, WEB, "\x17\x00\x03\x2a", 4, 0, 0, 4);
	both[0] = s;
	both[1] = shorter;
	signatures_load(both, 2, 0);
	assert_reason(datagram(53, "...." WORD), SIGNATURE);
	assert_reason(datagram(53, "....evil.word"), OPEN_PORT);
	assert_reason(datagram(54, WORD), OPEN_PORT);
	assert_int_equal(sig_hits(SID), 1);
	assert_int_equal(sig_hits(SID + 1), 0);
	assert_reason(datagram(53, ""), OPEN_PORT);
}

static struct frame echo4(const char *text)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_ICMP, 0);
	memset(f.byte + f.size, 0, 8);
	f.byte[f.size] = 8;
	f.size += 8;
	return after(f, text);
}

static struct frame echo6(const char *text)
{
	struct frame f = frame_eth(ETH_P_IPV6);

	frame_ip6(&f, CLIENT6, 9, IPPROTO_ICMPV6);
	memset(f.byte + f.size, 0, 8);
	f.byte[f.size] = ICMP6_ECHO_REQUEST;
	f.size += 8;
	return after(f, text);
}

static void icmp_is_searched(void **unused)
{
	struct sig s = sig(SID, SW_RULE_DROP);
	struct sw_condition *c;
	(void)unused;
	s.rule.proto = IPPROTO_ICMP;
	sig_text(&s, WEB, WORD, 0);
	signatures_load(&s, 1, 0);
	assert_reason(echo4(WORD), SIGNATURE);
	assert_reason(echo4("evil.word"), CLEAN);
	assert_reason(echo6(WORD), SIGNATURE);
	c = sig_number(&s, SW_CONDITION_ICMP, SW_COMPARE_EQUAL, 8, 0);
	signatures_load(&s, 1, 0);
	assert_reason(echo4(WORD), SIGNATURE);
	assert_reason(echo6(WORD), CLEAN);
	c->offset = 1; /* the code */
	signatures_load(&s, 1, 0);
	assert_reason(echo4(WORD), CLEAN);
	c->number.low = 0;
	signatures_load(&s, 1, 0);
	assert_reason(echo4(WORD), SIGNATURE);
}

/* ---- who does not get here. In the place of `inspect` stands a program that
 * counts nothing: whatever leaves without a reason has reached it. */

#define REACHED (-1)

static void set_step(int fd)
{
	int zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(prog.skel->maps.steps), &zero, &fd, 0), 0);
}

/* A program in the place of `inspect` that counts nothing. */
static int pass_all(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS,
		    .expected_attach_type = BPF_XDP);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass_all", "GPL", insns, 2, &opts);

	assert_true(fd >= 0);
	return fd;
}

static void only_payload_to_ports_with_rules_gets_here(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT), other = stream_open(CLIENT4, 81);
	struct frame f;
	int nothing = pass_all();

	(void)unused;
	set_step(nothing);
	assert_int_equal(stream_say(&t, "x"), SW_REASON_FLOW); /* no rules yet */
	load_word();
	assert_int_equal(stream_say(&t, "x"), REACHED);
	assert_int_equal(stream_say(&t, ""), SW_REASON_FLOW);
	/* The first words tell what is spoken. */
	assert_int_equal(stream_say(&other, "x"), REACHED);
	assert_int_equal(stream_say(&other, "x"), SW_REASON_FLOW);
	f = tcp4(CLIENT4, OPEN_PORT, F_SYN);
	assert_int_equal(run(&f), SW_REASON_OPEN_PORT);
	f = datagram(OPEN_PORT, "x"); /* the rule is for TCP */
	assert_int_equal(run(&f), SW_REASON_OPEN_PORT);
	f = echo4("x");
	assert_int_equal(run(&f), SW_REASON_CLEAN);
	put_drop4(CLIENT4, tick_in(60 * SECOND));
	assert_int_equal(stream_say(&t, "x"), SW_REASON_BLOCKED_ADDRESS);
	set_step(bpf_program__fd(prog.skel->progs.inspect));
	close(nothing);
}

static void what_goes_on_of_a_blocked_source_is_inspected(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);

	(void)unused;
	load_word();
	put_drop4(CLIENT4, tick_in(60 * SECOND) | SW_EXPIRES_NEW_ONLY);
	assert_int_equal(stream_say(&t, "harmless"), SW_REASON_SPARED_FLOW);
	assert_int_equal(stream_say(&t, WORD), SW_REASON_SIGNATURE);
}

/* A long upload is not searched to its end; the request after it is. */
static void a_megabyte_behind_a_request_is_enough(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	char text[1400], head[128];
	int sent = 0;

	(void)unused;
	load_word();
	memset(text, '.', sizeof(text));
	for (; sent < SW_INSPECT_DEEP - 2 * (int)sizeof(text); sent += sizeof(text))
		;
	/* The word that is dropped is not sent; the second passes. */
	snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nContent-Length: %zu\r\n\r\n",
		 sent + 4 * sizeof(text) + strlen(WORD));
	stream_say(&t, head);
	for (int i = 0; i < sent / (int)sizeof(text); i++)
		stream_send(&t, text, sizeof(text));
	assert_int_equal(stream_say(&t, WORD), SW_REASON_SIGNATURE);
	for (int i = 0; i < 4; i++)
		stream_send(&t, text, sizeof(text));
	assert_int_equal(stream_say(&t, WORD), SW_REASON_FLOW);
	assert_int_equal(stream_say(&t, "GET /" WORD " HTTP/1.1\r\n\r\n"), SW_REASON_SIGNATURE);
	stream_say(&t, "GET / HTTP/1.1\r\n\r\n");
	assert_int_equal(stream_say(&t, WORD), SW_REASON_SIGNATURE);
}

static void without_the_second_program_all_passes(void **unused)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);
	int zero = 0;

	(void)unused;
	load_word();
	bpf_map_delete_elem(bpf_map__fd(prog.skel->maps.steps), &zero);
	assert_int_equal(stream_say(&t, WORD), SW_REASON_FLOW);
	set_step(bpf_program__fd(prog.skel->progs.inspect));
	assert_int_equal(stream_say(&t, WORD), SW_REASON_SIGNATURE);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, signatures_reset)
	const struct CMUnitTest tests[] = {
		CASE(a_content_is_found_anywhere),
		CASE(payloads_of_every_size_are_read_to_their_end),
		CASE(super_frames_are_read_in_parts),
		CASE(every_seam_of_a_super_frame_is_searched),
		CASE(a_jumbo_datagram_is_searched_across_its_parts),
		CASE(ipv6_is_read),
		CASE(vlan_tags_are_passed_over),
		CASE(options_of_ip_and_tcp_are_no_payload),
		CASE(what_the_link_padded_is_no_payload),
		CASE(udp_is_searched),
		CASE(icmp_is_searched),
		CASE(only_payload_to_ports_with_rules_gets_here),
		CASE(what_goes_on_of_a_blocked_source_is_inspected),
		CASE(a_megabyte_behind_a_request_is_enough),
		CASE(without_the_second_program_all_passes),
	};

	return cmocka_run_group_tests(tests, program_setup_payloads, program_teardown);
}
