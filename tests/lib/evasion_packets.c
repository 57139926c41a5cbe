// SPDX-License-Identifier: GPL-2.0-only
/* Evasions by TCP and IP. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdio.h>
#include "evasions.h"

/* ---- TCP */

static enum answer one_segment(void)
{
	struct stream t = begin(URI_RULE);
	struct frame f = part(&t, GET, 0, strlen(GET));

	return answer_of(dropped(&f));
}

/* Every place is to have the same answer. */
static enum answer at_each_cut(enum answer (*cut_at)(unsigned rule, size_t cut))
{
	enum answer a = cut_at(URI_RULE, 10);

	for (unsigned rule = URI_RULE; rule <= PAYLOAD_RULE; rule++)
		for (size_t cut = 10; cut < 18; cut++)
			if (cut_at(rule, cut) != a)
				fail_msg("rule %u cut at %zu: %s", rule, cut,
					 answer_text[cut_at(rule, cut)]);
	return a;
}

static enum answer cut_in_order(unsigned rule, size_t cut)
{
	struct stream t = begin(rule);
	struct frame first = part(&t, GET, 0, cut), second = part(&t, GET, cut, strlen(GET));

	if (dropped(&first))
		return SEEN;
	return dropped(&second) ? AT_LAST : UNSEEN;
}

static enum answer two_segments(void)
{
	return at_each_cut(cut_in_order);
}

static enum answer one_byte_each(void)
{
	struct stream t = begin(URI_RULE);

	for (size_t at = 0; at < strlen(GET); at++) {
		struct frame f = part(&t, GET, at, at + 1);

		if (dropped(&f))
			return AT_LAST;
	}
	return UNSEEN;
}

/* Other connections in between, more than `tails` has room for. */
static enum answer displaced(void)
{
	struct frame f = frame_eth(ETH_P_IP);
	struct stream t = begin(URI_RULE), other;
	struct frame first = part(&t, GET, 0, 12), second = part(&t, GET, 12, strlen(GET));

	if (dropped(&first))
		return SEEN;
	for (int i = 0; i < 1000; i++) {
		other = stream_open(CLIENT4 + 1 + i, OPEN_PORT);
		stream_say(&other, "GET /" HEAD);
	}
	/* They took its place in `flows` as well, where what the host sends puts it
	 * again. */
	frame_ip4(&f, SERVER4, t.src, IPPROTO_TCP, 0);
	frame_tcp(&f, t.dport, t.sport, F_ACK);
	leave(&f);
	return dropped(&second) ? AT_LAST : UNSEEN;
}

static enum answer cut_out_of_order(unsigned rule, size_t cut)
{
	struct stream t = begin(rule);
	struct frame first = part(&t, GET, 0, cut), second = part(&t, GET, cut, strlen(GET));

	if (dropped(&second))
		return SEEN;
	return dropped(&first) ? AT_LAST : UNSEEN;
}

static enum answer out_of_order(void)
{
	return at_each_cut(cut_out_of_order);
}

static enum answer out_of_order_behind_more(void)
{
	struct stream t = begin(URI_RULE);
	char text[1460], *end;
	struct frame first, second;

	end = text + sprintf(text, "GET /cgi/" WORD " HTTP/1.1\r\nCookie: ");
	memset(end, 'c', 1000);
	strcpy(end + 1000, "\r\n\r\n");
	first = part(&t, text, 0, 12);
	second = part(&t, text, 12, strlen(text));
	if (dropped(&second))
		return SEEN;
	return dropped(&first) ? AT_LAST : UNSEEN;
}

static enum answer in_reverse(void)
{
	struct stream t = begin(URI_RULE);

	for (size_t at = strlen(GET); at > 0; at--) {
		struct frame f = part(&t, GET, at - 1, at);

		if (dropped(&f))
			return AT_LAST;
	}
	return UNSEEN;
}

/* "GET /cgi/evil-" and then three bytes from before its end on. */
static enum answer overlapping(const char *first_text, const char *second_text)
{
	struct stream t = begin(URI_RULE);
	struct frame first = stream_frame(&t, first_text, strlen(first_text)), second;

	t.seq += strlen(first_text) - 3;
	second = stream_frame(&t, second_text, strlen(second_text));
	if (dropped(&first))
		return SEEN;
	return dropped(&second) ? AT_LAST : UNSEEN;
}

static enum answer overlap_new_data(void)
{
	return overlapping("GET /cgi/eviXXX", "l-word" HEAD);
}

static enum answer overlap_old_data(void)
{
	return overlapping("GET /cgi/evil-w", "XXXord" HEAD);
}

static enum answer overlap_then_more(void)
{
	struct stream t = begin(URI_RULE);
	struct frame first = stream_frame(&t, "GET /cgi/evil", 13), second, third;

	t.seq += 10;
	second = stream_frame(&t, "XXX-w", 5);
	t.seq += 5;
	third = stream_frame(&t, "ord" HEAD, strlen("ord" HEAD));
	if (dropped(&first) || dropped(&second))
		return SEEN;
	return dropped(&third) ? AT_LAST : UNSEEN;
}

static enum answer sent_twice(const char *first_text, const char *second_text)
{
	struct stream t = begin(URI_RULE);
	struct frame first = stream_frame(&t, first_text, strlen(first_text)), second;

	second = stream_frame(&t, second_text, strlen(second_text));
	if (dropped(&first))
		return SEEN;
	return dropped(&second) ? AT_LAST : UNSEEN;
}

static enum answer retransmitted_with_the_attack(void)
{
	return sent_twice("GET /cgi/harm-less" HEAD, GET);
}

static enum answer retransmitted_without(void)
{
	return sent_twice(GET, "GET /cgi/harm-less" HEAD);
}

/* Between the two halves, in the second one's place. */
static enum answer behind_decoy(void (*spoil)(struct frame *f))
{
	struct stream t = begin(URI_RULE);
	struct frame first = part(&t, GET, 0, 12), second = part(&t, GET, 12, strlen(GET));
	struct frame decoy = second;

	memset(decoy.byte + decoy.size - 30, 'x', 30);
	spoil(&decoy);
	if (dropped(&first) || dropped(&decoy))
		return SEEN;
	return dropped(&second) ? AT_LAST : UNSEEN;
}

static struct iphdr *ip_of(struct frame *f)
{
	return (void *)(f->byte + f->ip);
}

static struct tcphdr *tcp_of(struct frame *f)
{
	return (void *)(f->byte + f->ip + sizeof(struct iphdr));
}

static void spoil_checksum(struct frame *f)
{
	tcp_of(f)->check = htons(0xbad);
}

static void spoil_ttl(struct frame *f)
{
	ip_of(f)->ttl = 1;
}

static enum answer decoy_checksum(void)
{
	return behind_decoy(spoil_checksum);
}

static enum answer decoy_ttl(void)
{
	return behind_decoy(spoil_ttl);
}

/* Past the end of the two halves, over a connection whose window is known. */
static enum answer behind_decoy_ahead(uint32_t ahead)
{
	struct connection c = connection_open();
	struct frame first, decoy, second;
	bool before, last;

	load_rules(URI_RULE, 0, 0);
	first = connection_frame(&c, "GET /cgi/evi");
	c.t.seq += 12;
	second = connection_frame(&c, "l-word" HEAD);
	c.t.seq += ahead;
	decoy = connection_frame(&c, "xxxxxx");
	spoil_checksum(&decoy);
	before = dropped(&first) || dropped(&decoy);
	last = dropped(&second);
	connection_close(&c);
	if (before)
		return SEEN;
	return last ? AT_LAST : UNSEEN;
}

static enum answer decoy_outside(void)
{
	return behind_decoy_ahead(1 << 28);
}

static enum answer decoy_ahead(void)
{
	return behind_decoy_ahead(1000);
}

/* The host takes the byte that the pointer names out of the stream. */
static enum answer urgent(void)
{
	struct stream t = begin(URI_RULE);
	struct frame f =
		stream_frame(&t, "GET /cgi/eviXl-word" HEAD, strlen("GET /cgi/eviXl-word" HEAD));

	tcp_of(&f)->urg = 1;
	tcp_of(&f)->urg_ptr = htons(13);
	return answer_of(dropped(&f));
}

/* Fast Open: RFC 7413. */
static enum answer in_the_syn(void)
{
	struct stream t = begin(URI_RULE);
	struct frame f = stream_frame(&t, GET, strlen(GET));

	tcp_of(&f)->syn = 1;
	tcp_of(&f)->ack = 0;
	return answer_of(dropped(&f));
}

/* ---- IP */

static enum answer ip_options(void)
{
	struct stream t = begin(URI_RULE);
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	f.byte[f.ip] = 0x46;
	memset(f.byte + f.size, 1, 4);
	f.size += 4;
	frame_tcp(&f, t.sport, OPEN_PORT, F_ACK);
	memcpy(f.byte + f.size, GET, strlen(GET));
	f.size += strlen(GET);
	return answer_of(dropped(&f));
}

/* The TCP header and `cut` bytes, and what is left of the segment. */
static enum answer fragmented(size_t cut)
{
	struct stream t = begin(URI_RULE);
	struct frame first = part(&t, GET, 0, cut), second = frame_eth(ETH_P_IP);

	ip_of(&first)->frag_off = htons(0x2000);
	frame_ip4(&second, CLIENT4, SERVER4, IPPROTO_TCP, (sizeof(struct tcphdr) + cut) / 8);
	memcpy(second.byte + second.size, &GET[cut], strlen(GET) - cut);
	second.size += strlen(GET) - cut;
	if (dropped(&first))
		return SEEN;
	return dropped(&second) ? AT_LAST : UNSEEN;
}

static enum answer fragments(void)
{
	return fragmented(12);
}

static enum answer fragmented_header(void)
{
	struct stream t = begin(URI_RULE);
	struct frame first = part(&t, GET, 0, 0);

	first.size -= 4; /* 16 bytes of TCP header */
	ip_of(&first)->frag_off = htons(0x2000);
	return answer_of(dropped(&first));
}

const struct evasion packet_evasions[] = {
	{"nothing, in one segment", SEEN, one_segment},
	{"split over two segments, at any byte", AT_LAST, two_segments},
	{"one byte per segment", AT_LAST, one_byte_each},
	{"split, with a thousand other connections in between", UNSEEN, displaced},
	{"two segments, the second first", AT_LAST, out_of_order},
	{"two segments, a long second first", UNSEEN, out_of_order_behind_more},
	{"one byte per segment, the last first", AT_LAST, in_reverse},
	{"overlap: the new data is the attack", AT_LAST, overlap_new_data},
	{"overlap: the old data is the attack", AT_LAST, overlap_old_data},
	{"overlap in the second of three segments, old data", UNSEEN, overlap_then_more},
	{"retransmission that brings the attack", AT_LAST, retransmitted_with_the_attack},
	{"retransmission of the attack without it", SEEN, retransmitted_without},
	{"decoy with a wrong checksum between two halves", AT_LAST, decoy_checksum},
	{"decoy with a low TTL between two halves", AT_LAST, decoy_ttl},
	{"decoy outside of the window between two halves", AT_LAST, decoy_outside},
	{"decoy with a wrong checksum ahead of both halves", UNSEEN, decoy_ahead},
	{"a byte of urgent data in between", UNSEEN, urgent},
	{"data in the SYN (TCP Fast Open)", SEEN, in_the_syn},
	{"IP options", SEEN, ip_options},
	{"IP fragments", UNSEEN, fragments},
	{"IP fragments that cut the TCP header", SEEN, fragmented_header},
	{NULL, UNSEEN, NULL},
};
