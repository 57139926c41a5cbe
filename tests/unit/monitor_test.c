// SPDX-License-Identifier: GPL-2.0-only
/* The stream of packets: filters, limits, and that it is off unless somebody listens. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>
#include "test_program.h"

static struct sw_monitor *filter;
static struct ring_buffer *ring;
static struct sw_monitored got[64];
static int count;

static int keep(void *ctx, void *data, size_t size)
{
	(void)ctx;
	assert_int_equal(size, sizeof(got[0]));
	if (count < 64)
		memcpy(&got[count++], data, size);
	return 0;
}

static int told(void)
{
	count = 0;
	ring_buffer__consume(ring);
	return count;
}

static int setup(void **s)
{
	program_reset(s);
	if (!filter) {
		filter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			      bpf_map__fd(prog.skel->maps.monitor), 0);
		ring = ring_buffer__new(bpf_map__fd(prog.skel->maps.packets), keep, NULL, NULL);
	}
	assert_true(filter != MAP_FAILED && ring);
	memset(filter, 0, sizeof(*filter));
	filter->reasons = ~0ull;
	prog.set->monitor_until = tick_in(3 * SECOND);
	told();
	return 0;
}

static void a_packet_is_told(void **s)
{
	struct frame f = tcp4(CLIENT4, 4711, F_SYN);

	(void)s;
	assert_reason(f, CLOSED_PORT);
	assert_int_equal(prog.verdict, XDP_DROP);
	assert_int_equal(told(), 1);
	assert_int_equal(got[0].reason, SW_REASON_CLOSED_PORT);
	assert_int_equal(got[0].dropped, 1);
	assert_int_equal(got[0].leaves, 0);
	assert_int_equal(got[0].time_ns, prog.set->clock_ns);
	assert_int_equal(got[0].length, f.size);
	assert_int_equal(got[0].captured, f.size);
	assert_memory_equal(got[0].byte + 26, f.byte + 26, f.size - 26);
}

static void detect_mode_passes(void **s)
{
	(void)s;
	prog.set->mode = SW_DETECT;
	assert_reason(tcp4(CLIENT4, 4711, F_SYN), CLOSED_PORT);
	assert_int_equal(prog.verdict, XDP_PASS);
	assert_int_equal(told(), 1);
	assert_int_equal(got[0].dropped, 0);
}

static void of_a_long_one_the_beginning(void **s)
{
	struct frame f = udp4(CLIENT4, 40000, 4711);

	(void)s;
	f.size = 1000;
	run(&f);
	assert_int_equal(told(), 1);
	assert_int_equal(got[0].length, 1000);
	assert_int_equal(got[0].captured, SW_MONITOR_BYTES);
}

static void by_reason(void **s)
{
	(void)s;
	filter->reasons = 1ull << SW_REASON_OPEN_PORT;
	assert_reason(tcp4(CLIENT4, 4711, F_SYN), CLOSED_PORT);
	assert_int_equal(told(), 0);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(told(), 1);
}

static void by_source(void **s)
{
	uint32_t wanted = htonl(CLIENT4);

	(void)s;
	filter->source.byte[10] = filter->source.byte[11] = 0xff;
	memcpy(&filter->source.byte[12], &wanted, 4);
	memset(filter->source_mask.byte, 0xff, 15); /* a /24 */
	assert_reason(tcp4(CLIENT4 + 1, 4711, F_SYN), CLOSED_PORT);
	assert_int_equal(told(), 1);
	assert_reason(tcp4(CLIENT4 + 256, 4711, F_SYN), CLOSED_PORT);
	assert_reason(tcp6(0x20010db800050006ull, 1, 4711, F_SYN), CLOSED_PORT);
	assert_int_equal(told(), 0);
}

static void no_more_than_the_rate(void **s)
{
	struct frame f = tcp4(CLIENT4, OPEN_PORT, F_SYN);

	(void)s;
	filter->per_second = 3;
	for (int i = 0; i < 10; i++)
		run(&f);
	assert_int_equal(told(), 3);
	assert_int_equal(filter->limited, 7);
	advance(2 * SECOND);
	run(&f);
	assert_int_equal(told(), 1);
}

static void losses_are_counted(void **s)
{
	struct frame f = tcp4(CLIENT4, OPEN_PORT, F_SYN);
	int room = bpf_map__max_entries(prog.skel->maps.packets) / sizeof(struct sw_monitored);

	(void)s;
	for (int i = 0; i < room + 10; i++)
		run(&f);
	assert_true(filter->lost >= 10);
	told();
}

/* Whoever dies listening costs the packets nothing for long. */
static void a_lease_ends(void **s)
{
	(void)s;
	advance(4 * SECOND);
	assert_reason(tcp4(CLIENT4, 4711, F_SYN), CLOSED_PORT);
	assert_int_equal(told(), 0);
	assert_int_equal(prog.set->monitor_until, 0);
}

static void off_is_off(void **s)
{
	(void)s;
	prog.set->monitor_until = 0;
	assert_reason(tcp4(CLIENT4, 4711, F_SYN), CLOSED_PORT);
	assert_int_equal(told(), 0);
}

static void what_leaves_is_told(void **s)
{
	struct frame f = frame_eth(0x0800);
	const uint8_t icmp[] = {3, 3, 0, 0, 0, 0, 0, 0};
	const uint8_t ip[20] = {0x45, [8] = 64, [9] = 1, [12] = 192, 0, 2, 1, 203, 0, 113, 9};

	(void)s;
	f.ip = f.size;
	memcpy(f.byte + f.size, ip, sizeof(ip));
	memcpy(f.byte + f.size + sizeof(ip), icmp, sizeof(icmp));
	f.size += sizeof(ip) + sizeof(icmp);
	leave(&f);
	assert_int_equal(told(), 1);
	assert_int_equal(got[0].reason, SW_REASON_UNREACHABLE);
	assert_int_equal(got[0].leaves, 1);
	assert_int_equal(got[0].dropped, 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		CASE(a_packet_is_told),
		CASE(detect_mode_passes),
		CASE(of_a_long_one_the_beginning),
		CASE(by_reason),
		CASE(by_source),
		CASE(no_more_than_the_rate),
		CASE(losses_are_counted),
		CASE(a_lease_ends),
		CASE(off_is_off),
		CASE(what_leaves_is_told),
	};

	return cmocka_run_group_tests_name("monitor", tests, program_setup, program_teardown);
}
