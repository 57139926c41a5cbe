// SPDX-License-Identifier: GPL-2.0-only
/* SYN floods: when one starts and ends, what is answered, which ACKs are accepted, and that
 * nobody is charged for forged packets. The cookies are the kernel's own. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define ISN 0x01020304u
#define CLOSED 4711
#define GROUP_PORT 81
#define XDP_DROP 1
#define XDP_PASS 2
#define XDP_TX 3
#define EXPIRED (3u << 24) /* a cookie's count of minutes, three of them ago */

static const uint8_t linux_options[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2,
					3, 4, 0, 0,    0, 0, 1, 3,  3, 7};

static void sysctl(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

static void flood_port(uint16_t port)
{
	prog.floods[port].until = tick_in(3600 * SECOND);
	prog.floods[port].since = tick_in(0);
	prog.state->flood_until = tick_in(3600 * SECOND);
}

static int setup(void **s)
{
	program_reset(s);
	program_answers();
	sysctl("tcp_syncookies", "2"); /* cookies from the first SYN on */
	return 0;
}

static struct frame syn_with(bool v6, uint16_t port, const uint8_t *option, size_t bytes,
			     size_t data)
{
	struct frame f = tcp_segment(v6, port, F_SYN, ISN, 0);

	frame_options(&f, option, bytes);
	frame_data(&f, data);
	frame_checksums(&f);
	return f;
}

static struct frame syn(bool v6, uint16_t port)
{
	return syn_with(v6, port, linux_options, sizeof(linux_options), 0);
}

/* The ACK of the answer in prog.out; `older`: of a cookie that is so much less. */
static struct frame ack_of(bool v6, uint16_t port, uint32_t older)
{
	struct frame got = prog.out;
	struct frame f =
		tcp_segment(v6, port, F_ACK, ISN + 1, ntohl(frame_tcp_of(&got)->seq) + 1 - older);

	frame_checksums(&f);
	return f;
}

static void reason_is(int got, int wanted)
{
	assert_string_equal(reason_name(got), reason_name(wanted));
}

static int listen_in(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* n frames that begin with f, each of another source and sequence number. */
static void send_many(struct frame f, int n)
{
	for (int i = 0; i < n; i++) {
		uint32_t from = htonl(0x0a000000u + i);

		memcpy(f.byte + f.ip + 12, &from, sizeof(from));
		frame_tcp_of(&f)->seq = htonl(i * 2654435761u);
		frame_checksums(&f);
		run(&f);
		if (i % 64 == 63)
			read_events();
	}
	read_events();
}

/* ---- watermarks */

static void a_flood_begins_at_the_watermark(void **s)
{
	(void)s;
	send_many(syn(false, OPEN_PORT), 600); /* one in 16 is counted, by chance */
	assert_int_equal(prog.floods[OPEN_PORT].until, 0);
	assert_int_equal(prog.verdict, XDP_PASS);
	send_many(syn(false, OPEN_PORT), 1000);
	assert_true(prog.floods[OPEN_PORT].until > tick_in(0));
	assert_int_equal(prog.verdict, XDP_TX);
	assert_int_equal(count_events(SW_EVENT_SYN_FLOOD), 1);
	for (int i = 0; i < prog.events; i++) {
		if (prog.event[i].type != SW_EVENT_SYN_FLOOD)
			continue;
		assert_int_equal(prog.event[i].port[0], OPEN_PORT);
		assert_true(prog.event[i].flood_seen > 1000);
	}
}

static void it_lasts_until_ten_quiet_seconds(void **s)
{
	struct frame f = syn(false, OPEN_PORT);

	(void)s;
	send_many(f, 1600);
	for (int i = 0; i < 20; i++) { /* less than what begins one, more than what ends it */
		advance(1074 * 1000000ull);
		send_many(f, 700);
		assert_int_equal(prog.verdict, XDP_TX);
	}
	for (int i = 0; i < 8; i++) {
		advance(1074 * 1000000ull);
		send_many(f, 250);
		assert_int_equal(prog.verdict, XDP_TX);
	}
	advance(4 * SECOND);
	reason_is(run(&f), SW_REASON_OPEN_PORT);
	assert_int_equal(count_events(SW_EVENT_SYN_FLOOD), 1);
}

static void one_port_is_flooded_another_is_not(void **s)
{
	int other = listen_in(8081);
	struct frame f = syn(false, 8081);

	(void)s;
	flood_port(OPEN_PORT);
	reason_is(run(&f), SW_REASON_OPEN_PORT);
	f = syn(false, OPEN_PORT);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	f = syn(false, CLOSED);
	reason_is(run(&f), SW_REASON_CLOSED_PORT);
	close(other);
}

static void auto_on_off(void **s)
{
	struct frame f = syn(false, OPEN_PORT);

	(void)s;
	reason_is(run(&f), SW_REASON_OPEN_PORT);
	prog.set->syn_flood = SW_SYN_FLOOD_ON;
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	prog.set->syn_flood = SW_SYN_FLOOD_OFF;
	flood_port(OPEN_PORT);
	reason_is(run(&f), SW_REASON_OPEN_PORT);
	prog.set->syn_flood = SW_SYN_FLOOD_AUTO;
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	prog.set->syn_cookies = 0;
	reason_is(run(&f), SW_REASON_OPEN_PORT);
	prog.set->syn_cookies = 1;
	prog.set->mode = SW_DETECT;
	reason_is(run(&f), SW_REASON_OPEN_PORT);
	assert_int_equal(prog.verdict, XDP_PASS);
	reason_is(ask(&f), SW_REASON_OPEN_PORT);
}

static void where_no_answer_can_be_sent_the_kernel_gets_it(void **s)
{
	uint32_t lo = 1, able = SW_IFACE_PARTIAL;
	struct frame f = syn(false, OPEN_PORT);

	(void)s;
	flood_port(OPEN_PORT);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo, &able, BPF_ANY);
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
	assert_int_equal(prog.verdict, XDP_PASS);
	able = SW_IFACE_ANSWERS;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo, &able, BPF_ANY);
	prog.set->raw_devices = 1;
	prog.set->raw_device[0] = lo;
	memmove(f.byte, f.byte + f.ip, f.size - f.ip);
	f.size -= f.ip;
	f.ip = 0;
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
	assert_int_equal(prog.verdict, XDP_PASS);
}

/* ---- the listener has the last word */

static void fill_queue(int n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(SERVER4)};
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	assert_true(fd >= 0);
	assert_int_equal(system("ip route replace 198.51.100.0/24 dev lo"), 0);
	for (int i = 0; i < n; i++) {
		struct frame f = syn(false, OPEN_PORT);
		uint32_t from = htonl(0xc6336401u + i);

		memcpy(f.byte + f.ip + 12, &from, sizeof(from));
		frame_checksums(&f);
		assert_true(sendto(fd, f.byte + f.ip, f.size - f.ip, 0, (void *)&to, sizeof(to)) >
			    0);
	}
	close(fd);
}

/* net.ipv4.tcp_syncookies = 1, the default. */
static void cookies_are_for_full_queues(void **s)
{
	struct frame f = syn(false, OPEN_PORT);

	(void)s;
	sysctl("tcp_syncookies", "1");
	flood_port(OPEN_PORT);
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
	assert_int_equal(prog.verdict, XDP_PASS);
	fill_queue(20);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	f = ack_of(false, OPEN_PORT, 0);
	reason_is(run(&f), SW_REASON_FLOW);
	sysctl("tcp_syncookies", "0");
	f = syn(false, OPEN_PORT);
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
	assert_int_equal(prog.verdict, XDP_PASS);
}

static void a_listener_may_be_restarted(void **s)
{
	struct frame f = syn(false, OPEN_PORT);

	(void)s;
	flood_port(OPEN_PORT);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	close(prog.listener);
	advance(2 * SECOND); /* what is known of the port is asked for anew */
	run(&f);
	assert_int_not_equal(prog.verdict, XDP_TX);
	prog.listener = listen_in(OPEN_PORT);
	advance(2 * SECOND);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	f = ack_of(false, OPEN_PORT, 0);
	reason_is(run(&f), SW_REASON_FLOW);
}

static void groups_of_listeners(void **s)
{
	int a = listen_in(GROUP_PORT), b = listen_in(GROUP_PORT);

	(void)s;
	flood_port(GROUP_PORT);
	for (uint16_t i = 0; i < 32; i++) {
		struct frame f = syn(i & 1, GROUP_PORT);

		frame_tcp_of(&f)->source = htons(1024 + i);
		frame_checksums(&f);
		reason_is(run(&f), SW_REASON_SYN_COOKIE);
		f = ack_of(i & 1, GROUP_PORT, 0);
		frame_tcp_of(&f)->source = htons(1024 + i);
		frame_checksums(&f);
		reason_is(run(&f), SW_REASON_FLOW);
	}
	close(a);
	close(b);
}

/* ---- what is answered */

static void check_answer(bool v6, const uint8_t *options, size_t bytes)
{
	struct frame *out = &prog.out;
	struct tcphdr *tcp = frame_tcp_of(out);

	assert_int_equal(prog.verdict, XDP_TX);
	assert_int_equal(((uint8_t *)tcp)[13], F_SYN | F_ACK);
	assert_int_equal(ntohs(tcp->source), OPEN_PORT);
	assert_int_equal(ntohs(tcp->dest), 40000);
	assert_int_equal(ntohl(tcp->ack_seq), ISN + 1);
	assert_int_equal(ntohs(tcp->window), v6 ? 64800 : 64240);
	assert_int_equal(tcp->doff * 4, sizeof(*tcp) + bytes);
	if (options)
		assert_memory_equal(tcp + 1, options, bytes);
	assert_int_equal(out->size, out->ip + (v6 ? 40 : 20) + tcp->doff * 4);
	assert_true(frame_sums_up(out));
}

/* Without somebody who reads timestamps the answer has the MSS, whatever is offered. */
static void every_offer_gets_the_mss(void **s)
{
	static const struct {
		uint8_t option[40], bytes;
	} offer[] = {
		{{0}, 0},
		{{2, 4, 5, 0xb4}, 4},
		{{2, 4, 5, 0xb4, 1, 3, 3, 7}, 8},
		{{2, 4, 5, 0xb4, 1, 1, 4, 2}, 8},
		{{1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0}, 12},
		{{2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7}, 20},
		{{2, 4, 5, 0xb4, 34, 2, 1, 1}, 8},			     /* Fast Open: asks, */
		{{2, 4, 5, 0xb4, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}, 16}, /* and has */
		{{19, 18, 1, 2, 3}, 20},				     /* MD5 */
		{{0, 0, 0, 0}, 4},
		{{2, 4, 5}, 4},	   /* cut off */
		{{8, 0, 0, 0}, 4}, /* no length */
	};
	static const size_t data[] = {0, 1, 63, 64, 65, 500, 1300};

	(void)s;
	flood_port(OPEN_PORT);
	for (int v6 = 0; v6 < 2; v6++) {
		const uint8_t mss[] = {2, 4, 5, v6 ? 0xa0 : 0xb4};

		for (size_t i = 0; i < sizeof(offer) / sizeof(offer[0]); i++)
			for (size_t d = 0; d < sizeof(data) / sizeof(data[0]); d++) {
				struct frame f = syn_with(v6, OPEN_PORT, offer[i].option,
							  offer[i].bytes, data[d]);

				reason_is(run(&f), SW_REASON_SYN_COOKIE);
				check_answer(v6, mss, sizeof(mss));
				f = ack_of(v6, OPEN_PORT, 0);
				reason_is(run(&f), SW_REASON_FLOW);
			}
	}
}

/* With him, a client that sends timestamps keeps SACK and window scale. */
static void a_timestamp_keeps_what_is_offered(void **s)
{
	static const uint8_t all[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
				      0, 0, 1, 2,    3, 4, 1, 3,  3, 10};
	static const uint8_t bare[] = {2, 4, 5, 0xb4, 1, 1, 8, 10};
	static const uint8_t stamp_only[] = {1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0};
	static const uint8_t no_stamp[] = {2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7};
	struct frame f = syn(false, OPEN_PORT);
	uint8_t got[20];
	uint32_t stamp;

	(void)s;
	flood_port(OPEN_PORT);
	prog.set->admit_until = tick_in(SECOND);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	check_answer(false, NULL, sizeof(all));
	memcpy(got, frame_tcp_of(&prog.out) + 1, sizeof(got));
	memcpy(&stamp, got + 8, sizeof(stamp));
	memset(got + 8, 0, sizeof(stamp));
	assert_memory_equal(got, all, sizeof(all));
	assert_int_equal(ntohl(stamp) & 127, 3 << 5 | 1 << 4 | 7); /* MSS 1460, SACK, scale 7 */

	f = syn_with(false, OPEN_PORT, stamp_only, sizeof(stamp_only), 0);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	check_answer(false, NULL, 16);
	assert_memory_equal(frame_tcp_of(&prog.out) + 1, bare, sizeof(bare));
	memcpy(&stamp, (uint8_t *)(frame_tcp_of(&prog.out) + 1) + 8, sizeof(stamp));
	assert_int_equal(ntohl(stamp) & 127, 15); /* MSS 536, no SACK, no scale */

	f = syn_with(false, OPEN_PORT, no_stamp, sizeof(no_stamp), 0);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	check_answer(false, all, 4);

	advance(2 * SECOND); /* he is gone */
	f = syn(false, OPEN_PORT);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	check_answer(false, all, 4);
}

static void vlan_tags_stay(void **s)
{
	(void)s;
	flood_port(OPEN_PORT);
	for (int tags = 1; tags < 3; tags++) {
		struct frame f = frame_eth(ETH_P_IP), got;

		if (tags == 2)
			frame_vlan(&f, ETH_P_8021AD, ETH_P_8021Q);
		frame_vlan(&f, ETH_P_8021Q, ETH_P_IP);
		frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
		frame_tcp(&f, 40000, OPEN_PORT, F_SYN);
		frame_seq(&f, ISN);
		frame_checksums(&f);
		reason_is(run(&f), SW_REASON_SYN_COOKIE);
		got = prog.out;
		check_answer(false, (const uint8_t[]){2, 4, 5, 0xb4}, 4);
		assert_memory_equal(got.byte + 12, f.byte + 12, 4 * tags + 2);
	}
}

static struct frame tagged(struct frame f)
{
	memmove(f.byte + 16, f.byte + 12, f.size - 12);
	memcpy(f.byte + 12, (const uint8_t[]){0x81, 0, 0, 7}, 4);
	f.ip += 4;
	f.size += 4;
	return f;
}

/* Is the SYN answered, and in a tag, which is read option by option, with the same? */
static bool is_answered_alike(struct frame f)
{
	struct frame t = tagged(f), plain;

	if (run(&f) != SW_REASON_SYN_COOKIE)
		return false;
	plain = prog.out;
	reason_is(run(&t), SW_REASON_SYN_COOKIE);
	assert_true(frame_sums_up(&plain));
	assert_int_equal(prog.out.size, plain.size + 4);
	assert_memory_equal(prog.out.byte, plain.byte, 12);
	return !memcmp(prog.out.byte + prog.out.ip, plain.byte + plain.ip, plain.size - plain.ip);
}

/* A cookie changes every minute. */
static void answers_alike(struct frame f)
{
	assert_true(is_answered_alike(f) || is_answered_alike(f));
}

/* Common stacks' SYNs are answered in place, with what the long way would answer. */
static void common_syns_are_answered_like_all(void **s)
{
	static const struct {
		uint8_t option[20], bytes;
	} offer[] = {
		{{0}, 0},
		{{2, 4, 2, 0x18}, 4},
		{{1, 1, 1, 1}, 4},
		{{2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2}, 12},
		{{2, 4, 5, 0xb4, 1, 3, 3, 8, 4, 2, 0, 0}, 12},
		{{2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 0}, 20},
		{{2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 255}, 20},
		{{2, 4, 5, 0x14, 4, 2, 8, 10, 9, 9, 9, 9, 5, 6, 7, 8, 1, 3, 3, 14}, 20},
		{{2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0}, 20},
		{{1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 2, 4, 5, 0xb4, 1, 1, 4, 2}, 20},
	};

	(void)s;
	flood_port(OPEN_PORT);
	for (int n = 0; n < 8; n++) {
		prog.set->admit_until = n & 1 ? tick_in(SECOND) : 0;
		prog.set->sack = !(n & 2);
		prog.set->window_scale = n & 4 ? SW_NO_WINDOW_SCALE : 9;
		for (size_t i = 0; i < sizeof(offer) / sizeof(offer[0]); i++)
			answers_alike(
				syn_with(false, OPEN_PORT, offer[i].option, offer[i].bytes, 0));
	}
}

/* As a veth hands it over: the field holds the sum of the pseudo header. */
static void an_unfinished_checksum(void **s)
{
	uint32_t lo = 1, able = SW_IFACE_ANSWERS;
	struct frame f = syn(false, OPEN_PORT);
	uint32_t sum = 0;
	uint16_t half;

	(void)s;
	flood_port(OPEN_PORT);
	for (int i = 12; i < 20; i += 2) {
		memcpy(&half, f.byte + f.ip + i, sizeof(half));
		sum += half;
	}
	sum += htons(IPPROTO_TCP) + htons(40);
	sum = (sum & 0xffff) + (sum >> 16);
	frame_tcp_of(&f)->check = (sum & 0xffff) + (sum >> 16);
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo, &able, BPF_ANY);
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
	able |= SW_IFACE_PARTIAL;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo, &able, BPF_ANY);
	answers_alike(f);
}

/* What the kernel would drop gets no answer from here either. */
static void what_is_broken_is_left_to_the_kernel(void **s)
{
	struct frame f;

	(void)s;
	flood_port(OPEN_PORT);
	for (int data = 0; data < 2; data++) {
		f = syn_with(false, OPEN_PORT, linux_options, 20, data * 100);
		frame_tcp_of(&f)->check ^= 1;
		reason_is(run(&f), SW_REASON_SYN_FLOOD);
		assert_int_equal(prog.verdict, XDP_PASS);
	}
	f = syn_with(false, OPEN_PORT, linux_options, 20, 100);
	f.byte[f.size - 1] ^= 1;
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
	f = syn(false, OPEN_PORT);
	f.byte[f.ip + 10] ^= 1;
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
	f = syn(false, OPEN_PORT);
	f.byte[0] = 1; /* to many */
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
}

/* ---- ACKs */

static void whose_cookie_is_taken(void **s)
{
	struct frame f, good;

	(void)s;
	flood_port(OPEN_PORT);
	flood_port(0);
	for (int v6 = 0; v6 < 2; v6++) {
		f = syn(v6, OPEN_PORT);
		reason_is(run(&f), SW_REASON_SYN_COOKIE);
		f = ack_of(v6, OPEN_PORT, EXPIRED);
		good = ack_of(v6, OPEN_PORT, 0);
		reason_is(run(&f), SW_REASON_BAD_COOKIE);
		assert_int_equal(prog.verdict, XDP_DROP);
		f = good;
		frame_tcp_of(&f)->ack_seq ^= htonl(4);
		reason_is(run(&f), SW_REASON_BAD_COOKIE);
		f = good;
		frame_tcp_of(&f)->seq = htonl(ISN + 17);
		reason_is(run(&f), SW_REASON_BAD_COOKIE);
		f = good;
		frame_tcp_of(&f)->source = htons(40001);
		reason_is(run(&f), SW_REASON_BAD_COOKIE);
		reason_is(run(&good), SW_REASON_FLOW);
		reason_is(run(&good), SW_REASON_FLOW); /* replayed: it is the kernel's now */
		f = good;
		frame_data(&f, 100); /* the ACK itself was lost */
		reason_is(run(&f), SW_REASON_FLOW);
	}
}

/* All ports alike, whatever the ACK carries, and nobody is charged. */
static void a_flood_of_acks(void **s)
{
	struct frame f = tcp_segment(false, OPEN_PORT, F_ACK, 1, 2);
	static const uint16_t port[] = {OPEN_PORT, CLOSED, 40000};

	(void)s;
	frame_options(&f, (const uint8_t[]){1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, 12);
	frame_data(&f, 100);
	send_many(f, 1600);
	assert_int_equal(count_events(SW_EVENT_SYN_FLOOD), 1);
	for (size_t i = 0; i < 3; i++)
		for (int bare = 0; bare < 2; bare++) {
			struct frame a = tcp_segment(false, port[i], F_ACK, 1, 2);

			if (!bare)
				frame_data(&a, 10);
			frame_checksums(&a);
			reason_is(run(&a), SW_REASON_BAD_COOKIE);
		}
	f = tcp_segment(false, CLOSED, F_RST, 1, 0);
	reason_is(run(&f), SW_REASON_BAD_COOKIE);
	f = tcp_segment(false, OPEN_PORT, F_RST, 1, 0);
	reason_is(run(&f), SW_REASON_BAD_COOKIE);
	assert_null(source4(CLIENT4));
	advance(12 * SECOND);
	f = tcp_segment(false, OPEN_PORT, F_ACK, 1, 2);
	frame_data(&f, 10);
	reason_is(run(&f), SW_REASON_NO_FLOW);
}

static void connections_go_on(void **s)
{
	uint16_t sport;
	int fd = connect_as_client(&sport);
	struct frame f = tcp_segment(false, OPEN_PORT, F_ACK, 1, 2);

	(void)s;
	flood_port(OPEN_PORT);
	flood_port(0);
	frame_tcp_of(&f)->source = htons(sport);
	reason_is(run(&f), SW_REASON_FLOW);
	frame_tcp_of(&f)->source = htons(sport + 1);
	reason_is(run(&f), SW_REASON_BAD_COOKIE);
	f = tcp_segment(false, OPEN_PORT, F_RST, 1, 2);
	frame_tcp_of(&f)->source = htons(sport);
	reason_is(run(&f), SW_REASON_CLEAN);
	close(fd);
}

/* A SYN of the very name of a connection that was closed a moment ago: the kernel has
 * TIME_WAIT for it and knows what to do. The listener alone would give it a cookie whose
 * ACK that socket would refuse. */
static void a_port_is_used_again(void **s)
{
	struct frame f = syn(false, OPEN_PORT), data = tcp_segment(false, OPEN_PORT, F_ACK, 1, 2);
	uint16_t sport;
	int fd = connect_as_client(&sport), peer = accept(prog.listener, NULL, NULL);

	(void)s;
	assert_true(peer >= 0);
	frame_tcp_of(&data)->source = htons(sport);
	frame_data(&data, 10);
	frame_checksums(&data);
	reason_is(run(&data), SW_REASON_FLOW);
	close(peer); /* the server's end is first, so TIME_WAIT is its */
	close(fd);
	flood_port(OPEN_PORT);
	frame_tcp_of(&f)->source = htons(sport + 1);
	frame_checksums(&f);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	frame_tcp_of(&f)->source = htons(sport);
	frame_checksums(&f);
	reason_is(run(&f), SW_REASON_SYN_FLOOD);
}

/* A container's connections have no socket here. */
static void what_is_forwarded_passes(void **s)
{
	struct frame f = tcp_segment(false, 40000, F_ACK, 1, 2);

	(void)s;
	flood_port(OPEN_PORT);
	flood_port(0);
	prog.set->forwards = 1;
	frame_data(&f, 10);
	reason_is(run(&f), SW_REASON_NO_FLOW);
	f = tcp_segment(false, OPEN_PORT, F_RST, 1, 2);
	run(&f);
	assert_int_equal(prog.verdict, XDP_PASS);
}

/* ---- nobody pays for what others forge */

static void nobody_is_charged(void **s)
{
	(void)s;
	flood_port(OPEN_PORT);
	send_many(syn(false, OPEN_PORT), 3000);
	for (int i = 0; i < 64; i++)
		for (int w = 0; w < SW_SOURCE_WAYS; w++)
			assert_int_equal(prog.sources[i].source[w].key, 0);
	assert_int_equal(prog.state->auto_blocked, 0);
	assert_int_equal(count_events(SW_EVENT_SYN_FLOOD), 0);
}

/* 30,000 SYNs in one customer's name: each is answered, and so are the customer's. */
static void a_customer_in_whose_name_it_is(void **s)
{
	struct frame f = syn(false, OPEN_PORT);

	(void)s;
	flood_port(OPEN_PORT);
	for (int i = 0; i < 30000; i++) {
		frame_tcp_of(&f)->source = htons(1024 + i);
		frame_tcp_of(&f)->seq = htonl(i * 2654435761u);
		frame_checksums(&f);
		reason_is(run(&f), SW_REASON_SYN_COOKIE);
	}
	assert_null(source4(CLIENT4));
	f = syn(false, OPEN_PORT);
	reason_is(run(&f), SW_REASON_SYN_COOKIE);
	f = ack_of(false, OPEN_PORT, 0);
	reason_is(run(&f), SW_REASON_FLOW);
}

/* A flood opens no port to whoever is to be challenged. */
static void a_scanner_is_challenged_all_the_same(void **s)
{
	struct frame f;

	(void)s;
	prog.set->auto_per_minute = 0;
	scan3(CLIENT4);
	flood_port(OPEN_PORT);
	f = syn(false, OPEN_PORT);
	reason_is(run(&f), SW_REASON_CHALLENGED);
	put_drop4(CLIENT4, tick_in(600 * SECOND) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	reason_is(run(&f), SW_REASON_CHALLENGED);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_flood_begins_at_the_watermark),
		T(it_lasts_until_ten_quiet_seconds),
		T(one_port_is_flooded_another_is_not),
		T(auto_on_off),
		T(where_no_answer_can_be_sent_the_kernel_gets_it),
		T(a_listener_may_be_restarted),
		T(groups_of_listeners),
		T(every_offer_gets_the_mss),
		T(a_timestamp_keeps_what_is_offered),
		T(vlan_tags_stay),
		T(common_syns_are_answered_like_all),
		T(an_unfinished_checksum),
		T(what_is_broken_is_left_to_the_kernel),
		T(whose_cookie_is_taken),
		T(a_flood_of_acks),
		T(connections_go_on),
		T(a_port_is_used_again),
		T(what_is_forwarded_passes),
		T(nobody_is_charged),
		T(a_customer_in_whose_name_it_is),
		T(a_scanner_is_challenged_all_the_same),
		T(cookies_are_for_full_queues),
	};

	return cmocka_run_group_tests(tests, program_setup, program_teardown);
}
