// SPDX-License-Identifier: GPL-2.0-only
/* Step 2: drop sets with overflow, prefixes, allowlist, expiry. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "test_program.h"

#define FOREVER SW_EXPIRES_TICKS
#define DATA (F_ACK | F_PSH)

static void empty_list_passes(void **s)
{
	(void)s;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(prog.verdict, 2);
}

static void address4(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, 1);
	assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), OPEN_PORT);
}

/* The program sets the bits of what it blocks, also where the line is full. */
static void it_sets_the_bits_of_what_it_blocks(void **s)
{
	(void)s;
	prog.set->drop4_mask = prog.set->drop4_last_mask = 0;
	for (uint32_t i = 0; i < SW_DROP4_WAYS; i++)
		put_drop4(CLIENT4 + 100 + i, FOREVER);
	memset(prog.drop4_bloom, 0, sizeof(*prog.drop4_bloom));
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(scan3(CLIENT4 + i), SW_REASON_NEW_BLOCK);
		assert_reason(tcp4(CLIENT4 + i, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	}
	assert_int_not_equal(*prog.drop4_bloom, 0);
}

/* While the table changes its size, the last size's places count, too. */
static void both_sizes_of_the_table_count(void **s)
{
	const struct sw_drop4_cold *cold;
	uint32_t hash, a = CLIENT4;

	(void)s;
	while (!((hash = sw_home(sw_hash4(htonl(a), prog.skel->rodata->seed))) & 8))
		a++;
	prog.set->drop4_mask = prog.set->drop4_last_mask = 7;
	put_drop4(a, FOREVER);
	cold = &prog.drop4_cold[hash & 7];
	prog.set->drop4_mask = 15;
	assert_reason(tcp4(a, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(cold->hits[0], 1);
	prog.set->drop4_last_mask = 15;
	assert_reason(tcp4(a, OPEN_PORT, F_SYN), OPEN_PORT);
	put_drop4(a, FOREVER);
	assert_reason(tcp4(a, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(cold->hits[0], 1);
}

static void address4_expires_and_is_cleared(void **s)
{
	(void)s;
	prog.state->auto_blocked = 1;
	put_drop4(CLIENT4, tick_in(10 * SECOND) | SW_EXPIRES_AUTO);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	advance(9 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	advance(2 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(prog.state->auto_blocked, 0);
	for (int b = 0; b < 16; b++)
		for (int i = 0; i < SW_DROP4_WAYS; i++)
			assert_int_equal(prog.drop4[b].addr[i] | prog.drop4_cold[b].expires_tick[i],
					 0);
}

static unsigned int all_hits(void)
{
	unsigned int hits = 0;

	for (int b = 0; b < 16; b++) {
		for (int i = 0; i < SW_DROP4_WAYS; i++)
			hits += sw_hits(prog.drop4_cold[b].hits[i]);
		for (int i = 0; i < SW_DROP6_WAYS; i++)
			hits += sw_hits(prog.drop6_cold[b].hits[i]);
	}
	return hits;
}

static void hits_are_counted(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	put_drop6(V6, 0, 64, FOREVER);
	for (int i = 0; i < 5; i++)
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(all_hits(), 5);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(all_hits(), 6);
}

/* Exact while few come, then one in 64 for all. */
static void many_hits_are_counted_about(void **s)
{
	struct frame f = tcp4(CLIENT4, OPEN_PORT, F_SYN);

	(void)s;
	put_drop4(CLIENT4, FOREVER);
	advance(SECOND);
	run_many(&f, 64);
	assert_int_equal(all_hits(), 64);
	run_many(&f, 63);
	assert_int_equal(all_hits(), 64);
	run_many(&f, 6400 - 127);
	assert_int_equal(all_hits(), 6400);
	advance(SECOND);
	run_many(&f, 3);
	assert_int_equal(all_hits(), 6403);
	/* A neighbour in the same word keeps its own, and there is an end. */
	put_drop4(CLIENT4 + 16, FOREVER);
	run_many(&f, 3000000);
	assert_in_range(all_hits(), 2000000, 2200000);
	run_many(&f, 3000000);
	assert_in_range(all_hits(), 2000000, 2200000);
}

/* While the earliest expiry of the line lies ahead nothing in it is written. */
static void hits_write_no_line(void **s)
{
	struct sw_drop4_line before[16];

	(void)s;
	put_drop4(CLIENT4, tick_in(60 * SECOND));
	put_drop4(CLIENT4 + 1, FOREVER | SW_EXPIRES_NEW_ONLY);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	memcpy(before, prog.drop4, sizeof(before));
	for (int i = 0; i < 100; i++) {
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
		assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	}
	assert_memory_equal(before, prog.drop4, sizeof(before));
}

/* One entry's end must not end, or hide, those that share its line. */
static void a_line_ends_entry_by_entry(void **s)
{
	uint32_t mate[4] = {0}, n = 0, line = ~0u;

	(void)s;
	for (uint32_t a = CLIENT4; n < 4; a++) {
		uint32_t at = sw_home(sw_hash4(htonl(a), prog.skel->rodata->seed)) & 15;

		if (line == ~0u)
			line = at;
		if (at == line)
			mate[n++] = a;
	}
	for (n = 0; n < 4; n++)
		put_drop4(mate[n],
			  tick_in((4 - n) * 10 * SECOND) | (n & 1 ? SW_EXPIRES_NEW_ONLY : 0));
	for (int gone = 0; gone < 4; gone++) {
		for (n = 0; n < 4; n++) {
			struct frame f = tcp4(mate[n], OPEN_PORT, F_SYN);
			bool live = n < 4u - gone;

			assert_int_equal(ask(&f),
					 live ? SW_REASON_BLOCKED_ADDRESS : SW_REASON_OPEN_PORT);
			assert_int_equal(run(&f),
					 live ? SW_REASON_BLOCKED_ADDRESS : SW_REASON_OPEN_PORT);
		}
		advance(10 * SECOND);
	}
}

static void full_line_overflows(void **s)
{
	(void)s;
	for (uint32_t a = CLIENT4; a < CLIENT4 + 250; a++)
		put_drop4(a, FOREVER);
	for (uint32_t a = CLIENT4; a < CLIENT4 + 250; a++)
		assert_reason(tcp4(a, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp4(CLIENT4 + 250, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void overflow_expires(void **s)
{
	uint32_t expires_tick = tick_in(SECOND) | SW_EXPIRES_AUTO;

	(void)s;
	for (uint32_t a = CLIENT4; a < CLIENT4 + 250; a++)
		put_drop4(a, expires_tick);
	prog.state->auto_blocked = 250;
	advance(2 * SECOND);
	for (uint32_t a = CLIENT4; a < CLIENT4 + 250; a++)
		assert_reason(tcp4(a, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(prog.state->auto_blocked, 0);
}

static void prefix4(void **s)
{
	(void)s;
	put_prefix4(CLIENT4 & 0xffffff00, 24, FOREVER);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
	assert_reason(tcp4(CLIENT4 + 200, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
	assert_reason(tcp4(CLIENT4 + 256, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void expired_prefix_hides_no_live_one(void **s)
{
	(void)s;
	put_prefix4(CLIENT4 & 0xffffff00, 24, FOREVER);
	put_prefix4(CLIENT4 & 0xfffffff0, 28, tick_in(SECOND));
	put_prefix4(CLIENT4 & 0xfffffffc, 30, tick_in(SECOND));
	advance(2 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
}

/* Only the lengths that are told of are tried: 0 to 32, in or over the /16. */
static void every_length_of_prefix4(void **s)
{
	(void)s;
	for (uint32_t plen = 0; plen <= 32; plen++) {
		program_reset(NULL);
		put_prefix4(plen ? CLIENT4 & ~0u << (32 - plen) : 0, plen, FOREVER);
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
		if (plen > 3) /* beyond is multicast */
			assert_reason(tcp4(CLIENT4 ^ 1u << (32 - plen), OPEN_PORT, F_SYN),
				      OPEN_PORT);
		prog.lengths4[CLIENT4 >> 16] = 0;
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
	}
}

static void prefix4_expires(void **s)
{
	(void)s;
	put_prefix4(CLIENT4 & 0xffffff00, 24, tick_in(SECOND));
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
	advance(2 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void address6(void **s)
{
	(void)s;
	put_drop6(V6, 9, 128, FOREVER);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp6(V6, 10, OPEN_PORT, F_SYN), OPEN_PORT);
	put_drop6(V6 + 1, 0, 64, FOREVER);
	assert_reason(tcp6(V6 + 1, 77, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	/* ::0 of a /64 is one address, not all of it. */
	put_drop6(V6 + 2, 0, 128, FOREVER);
	assert_reason(tcp6(V6 + 2, 0, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp6(V6 + 2, 1, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void address6_expires(void **s)
{
	(void)s;
	prog.state->auto_blocked = 1;
	put_drop6(V6, 0, 64, tick_in(SECOND) | SW_EXPIRES_AUTO);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	advance(2 * SECOND);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), OPEN_PORT);
	assert_int_equal(prog.state->auto_blocked, 0);
}

static void full_line6_overflows(void **s)
{
	(void)s;
	for (uint64_t a = 1; a <= 150; a++)
		put_drop6(V6, a, 128, FOREVER);
	for (uint64_t a = 1; a <= 150; a++)
		assert_reason(tcp6(V6, a, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_reason(tcp6(V6, 151, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void prefix6(void **s)
{
	(void)s;
	put_prefix6(V6 & 0xffffffffffff0000, 48, FOREVER);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
	assert_reason(tcp6(V6 + 0x10000, 9, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void prefix6_expires(void **s)
{
	(void)s;
	put_prefix6(V6 & 0xffffffffffff0000, 48, tick_in(SECOND));
	advance(2 * SECOND);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), OPEN_PORT);
}

static void allow_beats_block(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	put_allow4(CLIENT4 & 0xffff0000, 16, FOREVER);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), ALLOWED);
	assert_int_equal(prog.verdict, 2);
	put_prefix6(V6 & ~1ull, 63, FOREVER);
	put_allow6(V6, 64, FOREVER);
	assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), ALLOWED);
}

static void allow_expires(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	put_allow4(CLIENT4, 32, tick_in(SECOND));
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), ALLOWED);
	advance(2 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	/* Behind an expired entry a wider one still counts. */
	put_allow4(CLIENT4 & 0xffff0000, 16, FOREVER);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), ALLOWED);
}

static void fragments_of_the_blocked_are_dropped(void **s)
{
	struct frame f = frame_eth(0x0800);

	(void)s;
	put_drop4(CLIENT4, FOREVER);
	put_drop4(CLIENT4 + 1, FOREVER | SW_EXPIRES_AUTO);
	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_UDP, 9);
	assert_reason(f, BLOCKED_ADDRESS);
	f = frame_eth(0x0800);
	frame_ip4(&f, CLIENT4 + 1, SERVER4, IPPROTO_UDP, 9);
	assert_reason(f, BLOCKED_ADDRESS);
}

static int connect_to_server(struct sockaddr_in *client)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(OPEN_PORT),
				 .sin_addr.s_addr = htonl(SERVER4)};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(CLIENT4)};
	socklen_t size = sizeof(*client);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (void *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (void *)&to, sizeof(to)), 0);
	assert_int_equal(getsockname(fd, (void *)client, &size), 0);
	return fd;
}

static struct frame segment(uint16_t sport, uint8_t flags)
{
	struct frame f = frame_eth(0x0800);

	frame_ip4(&f, CLIENT4, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, sport, OPEN_PORT, flags);
	return f;
}

/* A block on forgeable evidence leaves what is open alone. */
static void unproven_block_spares_connections(void **s)
{
	struct sockaddr_in client;
	int fd = connect_to_server(&client);
	uint16_t sport = ntohs(client.sin_port);

	(void)s;
	put_drop4(CLIENT4, FOREVER | SW_EXPIRES_NEW_ONLY);
	assert_reason(segment(sport, F_SYN), BLOCKED_ADDRESS);
	assert_reason(segment(sport, DATA), SPARED_FLOW);
	assert_reason(segment(sport ^ 1, DATA), BLOCKED_ADDRESS);
	memset(prog.drop4, 0, 16 * sizeof(*prog.drop4));
	memset(prog.drop4_cold, 0, 16 * sizeof(*prog.drop4_cold));
	put_drop4(CLIENT4, FOREVER);
	assert_reason(segment(sport, DATA), BLOCKED_ADDRESS);
	close(fd);
}

/* What somebody has blocked outright is not softened by a block for new connections
 * only, wherever each of them stands. */
static void the_harder_block_wins(void **s)
{
	static const uint32_t soft[] = {FOREVER | SW_EXPIRES_NEW_ONLY,
					FOREVER | SW_EXPIRES_NEW_ONLY | SW_EXPIRES_AUTO,
					FOREVER | SW_EXPIRES_AUTO};

	(void)s;
	for (size_t i = 0; i < sizeof(soft) / sizeof(soft[0]); i++) {
		program_reset(NULL);
		prog.set->challenge = 1;
		put_drop4(CLIENT4, soft[i]);
		put_prefix4(CLIENT4 & 0xffffff00, 24, FOREVER);
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN | F_ACK), BLOCKED_PREFIX);
		put_prefix4(CLIENT4 & 0xfffffff0, 28, FOREVER | SW_EXPIRES_NEW_ONLY);
		assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
		put_drop6(V6, 0, 64, soft[i]);
		put_prefix6(V6 & 0xffffffffffff0000, 48, FOREVER);
		assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
		put_prefix6(V6 & 0xfffffffffffffff0, 60, FOREVER | SW_EXPIRES_NEW_ONLY);
		assert_reason(tcp6(V6, 9, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
		/* One address of a /64 that is blocked for new connections. */
		put_drop6(V6 + 0x1000000, 0, 64, soft[i]);
		put_drop6(V6 + 0x1000000, 9, 128, FOREVER);
		assert_reason(tcp6(V6 + 0x1000000, 9, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
		assert_reason(tcp6(V6 + 0x1000000, 9, OPEN_PORT, F_SYN | F_ACK), BLOCKED_ADDRESS);
	}
}

/* A block for new connections only, of a prefix or of the address in it, in either order:
 * what is open goes on. */
static void softer_blocks_add_up_to_a_soft_one(void **s)
{
	struct sockaddr_in client;
	int fd = connect_to_server(&client);
	uint16_t sport = ntohs(client.sin_port);

	(void)s;
	put_drop4(CLIENT4, FOREVER | SW_EXPIRES_NEW_ONLY);
	put_prefix4(CLIENT4 & 0xffffff00, 24, FOREVER | SW_EXPIRES_NEW_ONLY);
	put_prefix4(CLIENT4 & 0xffff0000, 16, tick_in(SECOND));
	assert_reason(segment(sport, DATA), BLOCKED_PREFIX);
	advance(2 * SECOND);
	assert_reason(segment(sport, DATA), SPARED_FLOW);
	assert_reason(tcp4(CLIENT4 + 1, OPEN_PORT, F_SYN), BLOCKED_PREFIX);
	close(fd);
}

static void detect_mode_drops_nothing(void **s)
{
	(void)s;
	prog.set->mode = SW_DETECT;
	put_drop4(CLIENT4, FOREVER);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, 2);
}

static void trial_ends_by_itself(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	prog.set->revert_mode = SW_DETECT;
	prog.set->revert_at = prog.set->clock_ns + 60 * SECOND;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, 1);
	advance(60 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, 2);
}

static void a_missed_heartbeat_drops_nothing(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	prog.set->enforce_until = (prog.set->clock_ns + 60 * SECOND) >> SW_TICK_SHIFT;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, 1);
	advance(61 * SECOND);
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, 2);
	prog.set->enforce_until = (prog.set->clock_ns + 60 * SECOND) >> SW_TICK_SHIFT;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), BLOCKED_ADDRESS);
	assert_int_equal(prog.verdict, 1);
}

static void panic_passes_everything(void **s)
{
	(void)s;
	put_drop4(CLIENT4, FOREVER);
	prog.set->panic = 1;
	assert_reason(tcp4(CLIENT4, OPEN_PORT, F_SYN), PANIC);
	assert_reason(tcp4(CLIENT4 + 1, 81, 0), PANIC);
	assert_reason(frame_eth(0x0806), PANIC);
	assert_int_equal(prog.verdict, 2);
}

static void asking_changes_nothing(void **s)
{
	struct frame f = tcp4(CLIENT4, OPEN_PORT, F_SYN);

	(void)s;
	put_drop4(CLIENT4, FOREVER);
	assert_int_equal(ask(&f), SW_REASON_BLOCKED_ADDRESS);
	for (int b = 0; b < 16; b++)
		for (int i = 0; i < SW_DROP4_WAYS; i++)
			assert_int_equal(prog.drop4_cold[b].hits[i], 0);
	f = tcp4(CLIENT4 + 1, 81, F_SYN);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(&f), SW_REASON_CLOSED_PORT);
	assert_null(source4(CLIENT4 + 1));
	f = tcp4(CLIENT4 + 1, 81, 0);
	assert_int_equal(ask(&f), SW_REASON_IMPOSSIBLE_FLAGS);
	f = tcp4(CLIENT4 + 1, 81, F_ACK);
	assert_int_equal(ask(&f), SW_REASON_STRAY_ACK);
	assert_null(source4(CLIENT4 + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, program_reset)
		T(empty_list_passes),
		T(address4),
		T(it_sets_the_bits_of_what_it_blocks),
		T(both_sizes_of_the_table_count),
		T(address4_expires_and_is_cleared),
		T(hits_are_counted),
		T(many_hits_are_counted_about),
		T(hits_write_no_line),
		T(a_line_ends_entry_by_entry),
		T(full_line_overflows),
		T(overflow_expires),
		T(prefix4),
		T(expired_prefix_hides_no_live_one),
		T(every_length_of_prefix4),
		T(prefix4_expires),
		T(address6),
		T(address6_expires),
		T(full_line6_overflows),
		T(prefix6),
		T(prefix6_expires),
		T(allow_beats_block),
		T(allow_expires),
		T(fragments_of_the_blocked_are_dropped),
		T(unproven_block_spares_connections),
		T(the_harder_block_wins),
		T(softer_blocks_add_up_to_a_soft_one),
		T(detect_mode_drops_nothing),
		T(trial_ends_by_itself),
		T(a_missed_heartbeat_drops_nothing),
		T(panic_passes_everything),
		T(asking_changes_nothing),
#undef T
	};

	return cmocka_run_group_tests_name("blocked sources", tests, program_setup,
					   program_teardown);
}
