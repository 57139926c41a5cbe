// SPDX-License-Identifier: GPL-2.0-only
/* A dry run predicts what the program then does, and changes nothing. Other tests know how to
 * bring the program into every state, so they are run again with a dry run before every frame
 * (test_program.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "test_program.h"

/* Reasons that no packet which comes in has. */
static const int unaskable[] = {
	SW_REASON_UNREACHABLE,	 /* an answer of the kernel, at egress */
	SW_REASON_SYN_ACK_AGAIN, /* likewise */
};

static bool seen[SW_REASON_COUNT];

static int reason_of(const char *name)
{
	for (int r = 0; r < SW_REASON_COUNT; r++)
		if (strcmp(reason_name(r), name) == 0)
			return r;
	fail_msg("\"%s\" is no reason", name);
	return -1;
}

static int read_asked(const char *path)
{
	FILE *f = fopen(path, "r");
	char name[64];
	int n = 0;

	assert_non_null(f);
	for (; fscanf(f, "%63s", name) == 1; n++)
		seen[reason_of(name)] = true;
	fclose(f);
	return n;
}

/* The test beside this one, with its output out of the way unless it fails. */
static void run_asking(const char *test)
{
	char self[512], path[600], command[1400], out[] = "/tmp/dry-run-XXXXXX";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd = mkstemp(out);

	assert_true(n > 0 && fd >= 0);
	close(fd);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, test);
	snprintf(command, sizeof(command),
		 "SCANWALL_TEST_ASKS=%s %s >%s.log 2>&1 || { cat %s.log; false; }", out, path, out,
		 out);
	if (system(command) != 0)
		fail_msg("%s disagrees with a dry run", test);
	assert_true(read_asked(out) > 0);
	snprintf(command, sizeof(command), "%s.log", out);
	unlink(command);
	unlink(out);
}

static void it_says_what_the_program_does(void **s)
{
	static const char *const tests[] = {
		"parse_packet_test", "blocked_test",	"probes_test",	    "evidence_test",
		"sources_test",	     "challenge_test",	"knock_test",	    "act_test",
		"respond_test",	     "port_allow_test", "rates_test",	    "refusals_test",
		"syncookie_test",    "half_open_test",	"detect_only_test",
	};

	(void)s;
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		run_asking(tests[i]);
}

/* Of the tests above only some frames are asked about, and these may not be among them. */
static void rare_reasons(void **s)
{
	struct frame f = tcp4(CLIENT4, 1, F_SYN | F_ACK);

	(void)s;
	assert_string_equal(reason_name(ask(&f)), "backscatter");
	assert_reason(f, BACKSCATTER);
	seen[SW_REASON_BACKSCATTER] = true;
	f = udp4(CLIENT4, 40000, 4711);
	prog.set->challenge = 1;
	prog.state->strangers_until = tick_in(60 * SECOND);
	assert_string_equal(reason_name(ask(&f)), "stranger");
	assert_reason(f, STRANGER);
	seen[SW_REASON_STRANGER] = true;
}

static void every_reason_can_be_asked(void **s)
{
	bool exempt[SW_REASON_COUNT] = {false};

	(void)s;
	for (size_t i = 0; i < sizeof(unaskable) / sizeof(*unaskable); i++)
		exempt[unaskable[i]] = true;
	for (int r = 0; r < SW_REASON_COUNT; r++)
		if (seen[r] == exempt[r])
			fail_msg("%s: %s", reason_name(r),
				 seen[r] ? "said to be unaskable, and was asked" : "never asked");
}

/* ---- nothing changes */

static uint64_t hash_bytes(uint64_t h, const void *data, size_t bytes)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < bytes; i++)
		h = (h ^ at[i]) * 0x100000001b3ull;
	return h;
}

static uint64_t hash_map(const struct bpf_map *map)
{
	size_t value = (bpf_map__value_size(map) + 7) & ~7u, key = bpf_map__key_size(map);
	int cpus = libbpf_num_possible_cpus();
	uint8_t k[64] = {0}, *v = calloc(cpus, value);
	uint64_t h = 0xcbf29ce484222325ull;
	bool more;

	assert_non_null(v);
	for (more = !bpf_map_get_next_key(bpf_map__fd(map), NULL, k); more;
	     more = !bpf_map_get_next_key(bpf_map__fd(map), k, k)) {
		memset(v, 0, cpus * value);
		bpf_map_lookup_elem(bpf_map__fd(map), k, v);
		h = hash_bytes(hash_bytes(h, k, key), v, cpus * value);
	}
	free(v);
	return h;
}

/* All that is pinned but what holds rules, which is as large as it is still. */
static void hash_state(uint64_t hash[SW_MAP_COUNT])
{
	static const char *const names[] = {
#define X(name) #name,
		SW_MAPS(X)
#undef X
	};

	for (int m = 0; m < SW_MAP_COUNT; m++) {
		const struct bpf_map *map = bpf_object__find_map_by_name(prog.skel->obj, names[m]);

		hash[m] = 0;
		if (bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF &&
		    bpf_map__max_entries(map) * bpf_map__value_size(map) <= 1 << 20)
			hash[m] = hash_map(map);
	}
}

static void nothing_changes(void **s)
{
	uint64_t before[SW_MAP_COUNT], after[SW_MAP_COUNT];
	struct frame f;

	(void)s;
	put_drop4(CLIENT4, tick_in(60 * SECOND));
	put_drop4(CLIENT4 + 1, tick_in(0)); /* to be taken out by whoever meets it */
	scan3(0xcb007201);
	hash_state(before);
	for (uint32_t i = 0; i < 4; i++)
		for (int port = 5000; port < 5005; port++) {
			f = tcp4(CLIENT4 + i, port, F_SYN);
			ask(&f);
		}
	hash_state(after);
	for (int m = 0; m < SW_MAP_COUNT; m++)
		assert_true(before[m] == after[m]);
	read_events();
	assert_int_equal(prog.events, 1); /* of the scan itself */
}

static void nor_is_anything_left_of_the_last_question(void **s)
{
	struct frame f;

	(void)s;
	for (int port = 5000; port < 5010; port++) {
		f = tcp4(CLIENT4, port, F_SYN);
		assert_int_equal(ask(&f), SW_REASON_CLOSED_PORT);
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, program_reset)
	const struct CMUnitTest tests[] = {
		CASE(nothing_changes),
		CASE(nor_is_anything_left_of_the_last_question),
		CASE(it_says_what_the_program_does),
		CASE(rare_reasons),
		CASE(every_reason_can_be_asked),
	};

	return cmocka_run_group_tests_name("dry run", tests, program_setup, program_teardown);
}
