// SPDX-License-Identifier: GPL-2.0-only
/* Capture files of every supported link type, made here with libpcap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/addr.h"
#include "replay/capture.h"
#include "replay/headers.h"
#include "views/frame.h"

static char path[] = "/tmp/swt-capture-XXXXXX";

static int make_file(void **unused)
{
	int fd = mkstemp(path);

	(void)unused;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **unused)
{
	(void)unused;
	return unlink(path);
}

static size_t syn(uint8_t frame[SW_FRAME_MAX])
{
	struct sw_packet p = {.src = sw_addr_from4(htonl(0xcb007109)),
			      .dst = sw_addr_from4(htonl(0xc0000201)),
			      .proto = IPPROTO_TCP,
			      .sport = 40000,
			      .dport = 23,
			      .flags = TH_SYN};

	return sw_frame_build(&p, frame);
}

/* n packets of those bytes, one a second; `len` on the wire. */
static void write_file(int link, const uint8_t *bytes, size_t caplen, size_t len, int n)
{
	pcap_t *dead =
		pcap_open_dead_with_tstamp_precision(link, 65535, PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *out = pcap_dump_open(dead, path);

	assert_non_null(out);
	for (int i = 0; i < n; i++) {
		struct pcap_pkthdr h = {
			.ts = {1700000000 + i, 123456789}, .caplen = caplen, .len = len};

		pcap_dump((u_char *)out, &h, bytes);
	}
	pcap_dump_close(out);
	pcap_close(dead);
}

static void read_one(struct sw_capture_frame *f, struct sw_headers *h, bool whole)
{
	static uint8_t kept[SW_CAPTURE_FRAME]; /* the capture's own goes when it is closed */
	struct sw_err e = {};
	struct sw_capture *c = sw_capture_open(path, &e);

	assert_string_equal(e.text, "");
	assert_non_null(c);
	assert_int_equal(sw_capture_next(c, f, &e), 1);
	assert_int_equal(sw_headers_read(f->data, f->size, h), whole);
	memcpy(kept, f->data, f->size);
	f->data = kept;
	sw_capture_close(c);
}

static void expect_syn(const struct sw_headers *h)
{
	char text[SW_PREFIX_TEXT];

	assert_string_equal(sw_addr_text(&h->src, text), "203.0.113.9");
	assert_string_equal(sw_addr_text(&h->dst, text), "192.0.2.1");
	assert_int_equal(h->sport, 40000);
	assert_int_equal(h->dport, 23);
	assert_int_equal(h->flags, TH_SYN);
}

static void test_ethernet(void **unused)
{
	uint8_t frame[SW_FRAME_MAX];
	size_t size = syn(frame);
	struct sw_capture_frame f;
	struct sw_err e = {};
	struct sw_capture *c;

	(void)unused;
	write_file(DLT_EN10MB, frame, size, size, 2);
	c = sw_capture_open(path, &e);
	assert_non_null(c);
	assert_int_equal(sw_capture_next(c, &f, &e), 1);
	assert_int_equal(f.number, 1);
	assert_int_equal(f.time, 1700000000123456789);
	assert_int_equal(f.size, size);
	assert_memory_equal(f.data, frame, size);
	assert_int_equal(sw_capture_next(c, &f, &e), 1);
	assert_int_equal(f.number, 2);
	assert_int_equal(sw_capture_next(c, &f, &e), 0);
	sw_capture_close(c);
}

/* The frame's network part behind another link header. */
static void expect_link(int link, const uint8_t *header, size_t bytes)
{
	uint8_t frame[SW_FRAME_MAX], packet[2 * SW_FRAME_MAX];
	size_t size = syn(frame) - 14;
	struct sw_capture_frame f;
	struct sw_headers h;

	if (bytes)
		memcpy(packet, header, bytes);
	memcpy(packet + bytes, frame + 14, size);
	write_file(link, packet, bytes + size, bytes + size, 1);
	read_one(&f, &h, true);
	expect_syn(&h);
	assert_false(h.group);
	assert_int_equal(f.size, 14 + size);
}

static void test_links(void **unused)
{
	static const uint8_t sll[16] = {[14] = 8}, sll2[20] = {8}, ppp[] = {0xff, 3, 0, 0x21};
	static const uint8_t null[] = {2, 0, 0, 0}, loop[] = {0, 0, 0, 2}, hdlc[] = {0x0f, 0, 8, 0};

	(void)unused;
	expect_link(DLT_LINUX_SLL, sll, sizeof(sll));
	expect_link(DLT_LINUX_SLL2, sll2, sizeof(sll2));
	expect_link(DLT_RAW, NULL, 0);
	expect_link(DLT_IPV4, NULL, 0);
	expect_link(DLT_NULL, null, sizeof(null));
	expect_link(DLT_LOOP, loop, sizeof(loop));
	expect_link(DLT_PPP, ppp, sizeof(ppp));
	expect_link(DLT_PPP, ppp + 2, 2);
	expect_link(DLT_C_HDLC, hdlc, sizeof(hdlc));
}

static void test_cooked_broadcast(void **unused)
{
	uint8_t packet[16 + SW_FRAME_MAX] = {[1] = 1, [14] = 8}, frame[SW_FRAME_MAX];
	size_t size = syn(frame) - 14;
	struct sw_capture_frame f;
	struct sw_headers h;

	(void)unused;
	memcpy(packet + 16, frame + 14, size);
	write_file(DLT_LINUX_SLL, packet, 16 + size, 16 + size, 1);
	read_one(&f, &h, true);
	assert_true(h.group);
}

static void expect_refused(const char *file, const char *words)
{
	struct sw_err e = {};

	assert_null(sw_capture_open(file, &e));
	assert_int_equal(e.exit, SW_EXIT_USAGE);
	assert_non_null(strstr(e.text, words));
	assert_non_null(strstr(e.text, file));
}

static void test_refused(void **unused)
{
	uint8_t frame[SW_FRAME_MAX];
	size_t size = syn(frame);
	FILE *f;

	(void)unused;
	write_file(DLT_IEEE802_11, frame, size, size, 1);
	expect_refused(path, "IEEE802_11");
	expect_refused("/nowhere/at.all", "No such file");
	expect_refused("/tmp", "regular file");
	f = fopen(path, "w");
	fputs("no capture at all, but long enough to be one\n", f);
	fclose(f);
	expect_refused(path, "cannot read the capture");
}

/* What stands before the break is read. */
static void test_half_written(void **unused)
{
	uint8_t frame[SW_FRAME_MAX];
	size_t size = syn(frame);
	struct sw_capture_frame f;
	struct sw_err e = {};
	struct sw_capture *c;

	(void)unused;
	write_file(DLT_EN10MB, frame, size, size, 3);
	assert_int_equal(truncate(path, 24 + 2 * (16 + size) + 20), 0);
	c = sw_capture_open(path, &e);
	assert_non_null(c);
	assert_int_equal(sw_capture_next(c, &f, &e), 1);
	assert_int_equal(sw_capture_next(c, &f, &e), 1);
	assert_int_equal(sw_capture_next(c, &f, &e), -1);
	assert_non_null(strstr(e.text, "after packet 2"));
	assert_int_equal(e.exit, SW_EXIT_FAILED);
	sw_capture_close(c);
}

static void test_snap_length(void **unused)
{
	uint8_t frame[SW_FRAME_MAX] = {0};
	size_t size = syn(frame), longer = 600;
	struct sw_capture_frame f;
	struct sw_headers h;

	(void)unused;
	frame[16] = (longer - 14) >> 8; /* the IP packet's length */
	frame[17] = longer - 14;
	write_file(DLT_EN10MB, frame, size, longer, 1);
	read_one(&f, &h, true);
	assert_false(f.cut);
	assert_int_equal(f.size, longer);
	assert_int_equal(f.data[longer - 1], 0);
	assert_true(h.data);

	/* Without its flags it would look like a NULL scan. */
	write_file(DLT_EN10MB, frame, 14 + 20 + 8, longer, 1);
	read_one(&f, &h, true);
	assert_true(f.cut);
	assert_int_equal(f.size, 14 + 20 + 8);

	write_file(DLT_EN10MB, frame, 14 + 10, longer, 1);
	read_one(&f, &h, false);
	assert_true(f.cut);
}

/* A pcapng file of one packet, by hand: libpcap writes none. Its clock counts
 * whole seconds, from `offset` on. */
static void write_seconds(uint64_t seconds, int64_t offset)
{
	struct {
		uint32_t section[7];
		uint32_t interface[4];
		uint32_t resolution[2], begin[3], end, interface_bytes;
		uint32_t packet[7];
		uint8_t frame[60];
		uint32_t packet_bytes;
	} file = {
		.section = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, ~0u, ~0u, 28},
		.interface = {1, 44, DLT_EN10MB, 0},
		.resolution = {1 << 16 | 9, 0},
		.begin = {8 << 16 | 14, offset, (uint64_t)offset >> 32},
		.interface_bytes = 44,
		.packet = {6, 92, 0, seconds >> 32, seconds, 60, 60},
		.packet_bytes = 92,
	};
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(&file, sizeof(file), 1, f), 1);
	fclose(f);
}

static void expect_time_refused(uint64_t seconds, int64_t offset)
{
	struct sw_capture_frame f;
	struct sw_err e = {};
	struct sw_capture *c;

	write_seconds(seconds, offset);
	c = sw_capture_open(path, &e);
	assert_string_equal(e.text, "");
	assert_int_equal(sw_capture_next(c, &f, &e), -1);
	assert_int_equal(e.exit, SW_EXIT_FAILED);
	assert_non_null(strstr(e.text, "packet 1 has a time of"));
	sw_capture_close(c);
}

static void test_times(void **unused)
{
	struct sw_capture_frame f;
	struct sw_headers h;

	(void)unused;
	write_seconds(1700000000, 5);
	read_one(&f, &h, false);
	assert_int_equal(f.time, 1700000005000000000);
	write_seconds((1ull << 33) - 1, 0);
	read_one(&f, &h, false);
	assert_int_equal(f.time, ((1ll << 33) - 1) * 1000000000);
	expect_time_refused(1ull << 33, 0);
	expect_time_refused(1ull << 40, 0);
	expect_time_refused(INT64_MAX, 0);
	expect_time_refused(UINT64_MAX, 0);
	expect_time_refused(5, -10);
}

/* ---- pcapng, block by block */

static uint32_t turned(uint32_t v, bool big)
{
	return big ? __builtin_bswap32(v) : v;
}

static void block(FILE *f, bool big, uint32_t type, const void *body, uint32_t size)
{
	uint32_t length = turned(12 + (size + 3) / 4 * 4, big);
	static const uint8_t zeroes[4];

	type = turned(type, big);
	fwrite(&type, 4, 1, f);
	fwrite(&length, 4, 1, f);
	fwrite(body, 1, size, f);
	fwrite(zeroes, 1, -size % 4, f);
	fwrite(&length, 4, 1, f);
}

static void section(FILE *f, bool big)
{
	uint32_t body[4] = {turned(0x1a2b3c4d, big), turned(big ? 0x10000 : 1, big), ~0u, ~0u};

	block(f, big, 0x0a0d0d0a, body, sizeof(body));
}

static void interface_block(FILE *f, bool big, uint16_t link, uint32_t snap)
{
	uint32_t body[2] = {turned(big ? (uint32_t)link << 16 : link, big), turned(snap, big)};

	block(f, big, 1, body, sizeof(body));
}

/* A second after the last one. */
static void packet_block(FILE *f, bool big, uint32_t number, const uint8_t *data, uint32_t size,
			 uint32_t whole)
{
	static uint64_t time = 1700000000000000;
	struct {
		uint32_t head[5];
		uint8_t data[512];
	} body = {{turned(number, big), turned(time >> 32, big), turned(time, big),
		   turned(size, big), turned(whole, big)},
		  {0}};

	time += 1000000;
	memcpy(body.data, data, size);
	block(f, big, 6, &body, 20 + size);
}

/* What several devices bring: of each its own link type and snap length, in sections of
 * either byte order. Returns how many packets there are. */
static int write_devices(void)
{
	uint8_t frame[SW_FRAME_MAX] = {0}, cooked[16 + SW_FRAME_MAX] = {[14] = 8};
	uint32_t size = syn(frame), simple[64] = {0};
	FILE *f = fopen(path, "w");

	memcpy(cooked + 16, frame + 14, size - 14);
	assert_non_null(f);
	section(f, false);
	interface_block(f, false, 1, 262144);
	interface_block(f, false, 1, size); /* another snap length */
	interface_block(f, false, 101, 0);
	interface_block(f, false, 113, 96);
	interface_block(f, false, 105, 96); /* of which nothing comes */
	block(f, false, 5, simple, 12);	    /* statistics */
	packet_block(f, false, 0, frame, size, size);
	packet_block(f, false, 1, frame, size, size + 100);
	packet_block(f, false, 2, frame + 14, size - 14, size - 14);
	packet_block(f, false, 3, cooked, size + 2, size + 2);
	section(f, true);
	interface_block(f, true, 101, 65535);
	packet_block(f, true, 0, frame + 14, size - 14, size - 14);
	section(f, false);
	interface_block(f, false, 1, 65535);
	simple[0] = size;
	memcpy(simple + 1, frame, size);
	block(f, false, 3, simple, 4 + size);
	fclose(f);
	return 6;
}

static void test_devices(void **unused)
{
	int packets = write_devices();
	struct sw_capture_frame f;
	struct sw_headers h;
	struct sw_err e = {};
	struct sw_capture *c = sw_capture_open(path, &e);

	(void)unused;
	assert_non_null(c);
	for (int i = 0; i < packets; i++) {
		assert_int_equal(sw_capture_next(c, &f, &e), 1);
		assert_int_equal(f.number, i + 1);
		assert_true(sw_headers_read(f.data, f.size, &h));
		assert_int_equal(h.dport, 23);
		assert_false(f.cut);
		assert_true(i == 5 || f.time >= 1700000000000000000);
	}
	assert_int_equal(sw_capture_next(c, &f, &e), 0);
	sw_capture_close(c);
}

/* Wherever it breaks off, and whatever byte is another: an end or a sentence. */
static void test_broken_devices(void **unused)
{
	uint8_t whole[4096];
	int packets = write_devices(), rc;
	FILE *file = fopen(path, "r");
	size_t size = fread(whole, 1, sizeof(whole), file);

	(void)unused;
	fclose(file);
	for (size_t i = 0; i < 2 * size; i++) {
		struct sw_capture_frame f;
		struct sw_err e = {};
		struct sw_capture *c;
		int n = 0;

		file = fopen(path, "w");
		whole[i % size] ^= i < size ? 0 : 0xff;
		fwrite(whole, 1, i < size ? i : size, file);
		whole[i % size] ^= i < size ? 0 : 0xff;
		fclose(file);
		c = sw_capture_open(path, &e);
		if (!c) {
			assert_non_null(strstr(e.text, path));
			continue;
		}
		while ((rc = sw_capture_next(c, &f, &e)) == 1)
			n++;
		assert_in_range(n, 0, packets);
		assert_true(rc == 0 || (rc == -1 && strstr(e.text, path)));
		sw_capture_close(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ethernet),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_cooked_broadcast),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_half_written),
		cmocka_unit_test(test_snap_length),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_broken_devices),
	};

	return cmocka_run_group_tests_name("capture", tests, make_file, remove_file);
}
