// SPDX-License-Identifier: GPL-2.0-only
/* Loads the program under test and runs frames through it (test_program.h). */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "blocklist/internal.h"
#include "engine/dry_run.h"
#include "test_program.h"

struct program prog;

const char *reason_name(int reason)
{
#define X(id, drop, name, text) name,
	static const char *const names[] = {SW_REASONS(X)};
#undef X
	return reason >= 0 && reason < SW_REASON_COUNT ? names[reason] : "(none)";
}

static void shell(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static void *map_whole(const struct bpf_map *map)
{
	size_t bytes = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (at == MAP_FAILED) {
		perror(bpf_map__name(map));
		exit(1);
	}
	return at;
}

static int keep_event(void *ctx, void *data, size_t size)
{
	(void)ctx;
	assert_int_equal(size, sizeof(struct sw_event));
	if (prog.events < 64)
		prog.event[prog.events++] = *(struct sw_event *)data;
	return 0;
}

static void add_step(const struct bpf_map *map, uint32_t at, const struct bpf_program *p)
{
	int fd = bpf_program__fd(p);

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), &at, &fd, 0), 0);
}

static struct sw_engine engine; /* its maps, as user space has them */

static void open_engine(void)
{
	engine = (struct sw_engine){.settings = prog.set, .state = prog.state};
	for (int m = 0; m < SW_MAP_COUNT; m++)
		engine.fd[m] =
			bpf_map__fd(bpf_object__find_map_by_name(prog.skel->obj, sw_map_name(m)));
}

/* Small maps, so that emptying them between tests takes no time. */
static void load(bool payloads)
{
	struct scanwall_bpf *skel = scanwall_bpf__open();

	assert_non_null(skel);
	bpf_map__set_max_entries(skel->maps.drop4, 16);
	bpf_map__set_max_entries(skel->maps.drop4_cold, 16);
	bpf_map__set_max_entries(skel->maps.drop4_bloom, 16);
	bpf_map__set_max_entries(skel->maps.drop6, 16);
	bpf_map__set_max_entries(skel->maps.drop6_cold, 16);
	bpf_map__set_max_entries(skel->maps.drop6_bloom, 16);
	bpf_map__set_max_entries(skel->maps.overflow4, 1024);
	bpf_map__set_max_entries(skel->maps.overflow6, 1024);
	bpf_map__set_max_entries(skel->maps.prefix4, 1024);
	bpf_map__set_max_entries(skel->maps.prefix6, 1024);
	bpf_map__set_max_entries(skel->maps.sources, 64);
	bpf_map__set_max_entries(skel->maps.events, 4096);
	skel->rodata->source_mask = 63;
	bpf_map__set_max_entries(skel->maps.served, 256);
	skel->rodata->served_mask = 255;
	bpf_map__set_max_entries(skel->maps.flows, 2048);
	skel->rodata->flow_mask = 2047;
	bpf_map__set_max_entries(skel->maps.known_clients, 64);
	bpf_map__set_max_entries(skel->maps.client_tags, 32);
	skel->rodata->client_mask = 63;
	bpf_map__set_max_entries(skel->maps.decoys, 256);
	skel->rodata->decoy_mask = 255;
	bpf_map__set_max_entries(skel->maps.sketches, 256);
	skel->rodata->sketch_mask = 255;
	bpf_map__set_max_entries(skel->maps.syn_cells, 256);
	skel->rodata->syn_cells_mask = 255;
	skel->rodata->made_up_clock = true;
	for (int i = 0; i < 4; i++)
		((uint64_t *)skel->rodata->seed)[i] = 0x9e3779b97f4a7c15ull * (i + 1) | 1;
	bpf_map__set_max_entries(skel->maps.tails, 64);
	skel->rodata->tail_mask = 63;
	bpf_map__set_max_entries(skel->maps.requests, 256);
	skel->rodata->request_mask = 255;
	bpf_map__set_max_entries(skel->maps.refusals, 64);
	skel->rodata->refusal_mask = 63;
	bpf_program__set_autoload(skel->progs.admit, sw_kernel_admits());
	bpf_program__set_autoload(skel->progs.inspect, payloads);
	bpf_program__set_autoload(skel->progs.respond, payloads);
	bpf_program__set_autoload(skel->progs.answer, payloads);
	bpf_program__set_autoload(skel->progs.reply, payloads);
	assert_int_equal(scanwall_bpf__load(skel), 0);
	add_step(skel->maps.steps, SW_STEP_CHALLENGE, skel->progs.challenge);
	add_step(skel->maps.steps, SW_STEP_SYNCOOKIE, skel->progs.syncookie);
	add_step(skel->maps.steps, SW_STEP_MONITOR, skel->progs.monitor_packet);
	if (payloads) {
		add_step(skel->maps.steps, SW_STEP_INSPECT, skel->progs.inspect);
		add_step(skel->maps.steps, SW_STEP_RESPOND, skel->progs.respond);
		add_step(skel->maps.egress_steps, SW_EGRESS_ANSWER, skel->progs.answer);
		add_step(skel->maps.egress_steps, SW_EGRESS_REPLY, skel->progs.reply);
	}
	prog.skel = skel;
	prog.set = map_whole(skel->maps.settings);
	prog.state = map_whole(skel->maps.state);
	prog.drop4 = map_whole(skel->maps.drop4);
	prog.drop4_cold = map_whole(skel->maps.drop4_cold);
	prog.drop4_bloom = map_whole(skel->maps.drop4_bloom);
	prog.drop6 = map_whole(skel->maps.drop6);
	prog.drop6_cold = map_whole(skel->maps.drop6_cold);
	prog.drop6_bloom = map_whole(skel->maps.drop6_bloom);
	prog.lengths4 = map_whole(skel->maps.lengths4);
	prog.lengths6 = map_whole(skel->maps.lengths6);
	prog.allow_filter = map_whole(skel->maps.allow_filter);
	prog.sources = map_whole(skel->maps.sources);
	prog.networks = map_whole(skel->maps.networks);
	prog.floods = map_whole(skel->maps.floods);
	prog.ring = ring_buffer__new(bpf_map__fd(skel->maps.events), keep_event, NULL, NULL);
	assert_non_null(prog.ring);
	open_engine();
}

static void listen_at(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	prog.listener = socket(AF_INET6, SOCK_STREAM, 0);
	assert_true(prog.listener >= 0);
	assert_int_equal(bind(prog.listener, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(prog.listener, 8), 0);
}

/* Of the calling thread. */
void stay_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

uint32_t nth_source(int n)
{
	return 0x0b000000 + n * 0x101;
}

static int set_up(bool payloads)
{
	stay_on(sched_getcpu()); /* the program counts on each CPU by itself */
	if (unshare(CLONE_NEWNET)) {
		perror("unshare");
		return -1;
	}
	shell("ip link set lo mtu 1500 up && ip addr add 192.0.2.1/32 dev lo && "
	      "ip addr add 203.0.113.9/32 dev lo && ip -6 addr add 2001:db8::1/128 dev lo nodad");
	listen_at(OPEN_PORT);
	load(payloads);
	return 0;
}

int program_setup(void **unused)
{
	(void)unused;
	return set_up(false);
}

int program_setup_payloads(void **unused)
{
	(void)unused;
	return set_up(true);
}

int program_teardown(void **unused)
{
	(void)unused;
	ring_buffer__free(prog.ring);
	scanwall_bpf__destroy(prog.skel);
	close(prog.listener);
	return 0;
}

static void empty(const struct bpf_map *map)
{
	assert_int_equal(sw_sandbox_empty(bpf_map__fd(map)), 0);
}

static void own_address(const void *addr16)
{
	uint8_t one = 1;

	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.local_addrs), addr16, &one, BPF_ANY);
}

void own_address4(uint32_t host)
{
	struct sw_addr a = {{[10] = 0xff, [11] = 0xff}};
	uint32_t be = htonl(host);

	memcpy(&a.byte[12], &be, 4);
	own_address(&a);
}

int program_reset(void **unused)
{
	static const struct sw_settings defaults = {
		.abi = SW_ABI_VERSION,
		.mode = SW_ENFORCE,
		.closed_silent = 1,
		.drop4_mask = 15,
		.drop4_last_mask = 15,
		.drop6_mask = 15,
		.drop6_last_mask = 15,
		.threshold = 3 * SW_POINT,
		.network_threshold = 12 * SW_POINT,
		.block_ticks = 224,
		.decay_ms = 429153,
		.auto_per_minute = 600,
		.auto_max = 1000,
		.ephemeral_low = 32768,
		.served_ticks = 13411,
		.proven_ticks = 13411,
		.refused_logins = 6,
		.refused_pages = 12,
		.refused_sessions = 6,
		.clock_ns = 1000 * SECOND,
		.any_service = 1,
		.syn_cookies = 1,
		.flood_begins = 1000,
		.flood_ends = 500,
		/* ICMP, IGMP, TCP, UDP, GRE, ICMPv6 */
		.protocols = {1ull << 1 | 1ull << 2 | 1ull << 6 | 1ull << 17 | 1ull << 47 |
			      1ull << 58},
		.weight =
			{
#define X(id, weight, name, text) [SW_EVIDENCE_##id] = weight,
				SW_EVIDENCE(X)
#undef X
			},
	};
	const struct bpf_map *hashes[] = {
		prog.skel->maps.overflow4,  prog.skel->maps.overflow6,	 prog.skel->maps.prefix4,
		prog.skel->maps.prefix6,    prog.skel->maps.allow4,	 prog.skel->maps.allow6,
		prog.skel->maps.services,   prog.skel->maps.local_addrs, prog.skel->maps.interfaces,
		prog.skel->maps.knock_keys, prog.skel->maps.reach,
	};
	const struct bpf_map *arrays[] = {
		prog.skel->maps.served,	       prog.skel->maps.flows,
		prog.skel->maps.known_clients, prog.skel->maps.decoys,
		prog.skel->maps.sketches,      prog.skel->maps.tails,
		prog.skel->maps.rule_limits,   prog.skel->maps.syn_cells,
		prog.skel->maps.probers,       prog.skel->maps.challenged,
		prog.skel->maps.let_syns,      prog.skel->maps.answers,
		prog.skel->maps.speakers,      prog.skel->maps.hidden,
		prog.skel->maps.knocks_seen,   prog.skel->maps.openings,
		prog.skel->maps.requests,      prog.skel->maps.refusals,
		prog.skel->maps.limited,       prog.skel->maps.detect_ports,
		prog.skel->maps.detected,      prog.skel->maps.client_tags,
	};
	static const uint8_t server6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
	(void)unused;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		empty(hashes[i]);
	memset(prog.drop4, 0, 16 * sizeof(*prog.drop4));
	memset(prog.drop4_cold, 0, 16 * sizeof(*prog.drop4_cold));
	memset(prog.drop4_bloom, 0, 16 * sizeof(*prog.drop4_bloom));
	memset(prog.drop6, 0, 16 * sizeof(*prog.drop6));
	memset(prog.drop6_cold, 0, 16 * sizeof(*prog.drop6_cold));
	memset(prog.drop6_bloom, 0, 16 * sizeof(*prog.drop6_bloom));
	memset(prog.lengths4, 0, SW_LENGTHS4 * 8ul);
	memset(prog.lengths6, 0, SW_LENGTHS6 * 8ul);
	memset(prog.allow_filter, 0, SW_ALLOW_FILTER_WORDS * 8ul);
	memset(prog.sources, 0, 64 * sizeof(*prog.sources));
	memset(prog.networks, 0,
	       bpf_map__max_entries(prog.skel->maps.networks) * sizeof(*prog.networks));
	memset(prog.state, 0, sizeof(*prog.state));
	memset(prog.floods, 0, SW_FLOODS * sizeof(*prog.floods));
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		empty(arrays[i]);
	*prog.set = defaults;
	memcpy(prog.set->seed, (void *)prog.skel->rodata->seed, sizeof(prog.set->seed));
	read_events();
	prog.events = 0;
	own_address4(SERVER4);
	own_address4(SERVER4B);
	own_address(server6);
	return 0;
}

void read_events(void)
{
	ring_buffer__consume(prog.ring);
}

int count_events(uint32_t type)
{
	int n = 0;

	read_events();
	for (int i = 0; i < prog.events; i++)
		n += prog.event[i].type == type;
	return n;
}

void advance(uint64_t ns)
{
	prog.set->clock_ns += ns;
}

uint32_t tick_in(uint64_t ns)
{
	return (prog.set->clock_ns + ns) >> SW_TICK_SHIFT;
}

/* The length of the IP packet, as its header says it. */
static void set_length(struct frame *f)
{
	uint16_t all = htons(f->size - f->ip);
	uint16_t behind = htons(f->size - f->ip - sizeof(struct ipv6hdr));

	if (f->size < f->ip + sizeof(struct iphdr))
		return;
	if (f->byte[f->ip] >> 4 == 4)
		memcpy(f->byte + f->ip + 2, &all, 2);
	else
		memcpy(f->byte + f->ip + 4, &behind, 2);
}

static int run_bytes(const struct bpf_program *p, const void *bytes, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = size, .repeat = 1);

	/* Larger ones are in pieces, and do not come back. */
	if (size <= sizeof(prog.out.byte)) {
		opts.data_out = prog.out.byte;
		opts.data_size_out = sizeof(prog.out.byte);
	}
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(p), &opts), 0);
	prog.out.size = opts.data_size_out;
	return opts.retval;
}

static int test_run(const struct bpf_program *p, const struct frame *f)
{
	struct frame whole = *f;

	set_length(&whole);
	return run_bytes(p, whole.byte, whole.size);
}

static struct sw_dry_verdict ask_bytes(const void *bytes, size_t size)
{
	static struct sw_dry_run dry_run;
	struct sw_dry_verdict v = {0};
	struct sw_err e = {};
	int rc = 0;

	if (!dry_run.real)
		rc = sw_dry_run_open(&dry_run, &engine, bpf_program__fd(prog.skel->progs.scanwall),
				     true, &e);
	if (rc || sw_dry_run_refresh(&dry_run, &e) ||
	    sw_dry_run_frame(&dry_run, 0, bytes, size, &v, &e))
		fail_msg("%s", e.text);
	return v;
}

/* dry_run_test runs other tests with this variable set. */
static FILE *asked(void)
{
	const char *path = getenv("SCANWALL_TEST_ASKS");
	static FILE *f;

	if (path && !f)
		f = fopen(path, "a");
	return f;
}

#define ALIKE 20      /* frames behind one of the same reason are asked about, */
#define ALIKE_EACH 61 /* then one of so many */

/* Asking copies all state, and floods are long. */
static bool is_asked(void)
{
	static int alike[SW_REASON_COUNT + 1];
	int n;

	if (!asked())
		return false;
	n = alike[prog.reason + 1]++;
	return n < ALIKE || n % ALIKE_EACH == 0;
}

static void read_counters(struct sw_counter counters[SW_REASON_COUNT])
{
	struct sw_err e;

	assert_int_equal(sw_engine_counters(&engine, counters, &e), 0);
}

/* What is dropped may go on as the end of its connection. */
static void compare(const struct sw_dry_verdict *foretold, int found, bool dropped)
{
	assert_string_equal(reason_name(foretold->reason), reason_name(found));
	assert_int_equal(foretold->dropped, dropped);
	fprintf(asked(), "%s\n", reason_name(found));
	fflush(asked());
}

int run_as_is(const void *bytes, size_t size)
{
	struct sw_counter before[SW_REASON_COUNT], after[SW_REASON_COUNT];
	struct sw_dry_verdict foretold;
	bool ask_first = is_asked(), dropped = false;
	int found = -1;

	if (ask_first)
		foretold = ask_bytes(bytes, size);
	read_counters(before);
	prog.verdict = run_bytes(prog.skel->progs.scanwall, bytes, size);
	read_counters(after);
	for (int r = 0; r < SW_REASON_COUNT; r++) {
		uint64_t drops = after[r].dropped - before[r].dropped;

		if (!drops && after[r].passed == before[r].passed)
			continue;
		assert_int_equal(after[r].passed - before[r].passed + drops, 1);
		assert_int_equal(found, -1); /* one packet, one reason */
		found = r;
		dropped = drops;
	}
	if (ask_first)
		compare(&foretold, found, dropped);
	prog.reason = found;
	return found;
}

int run(const struct frame *f)
{
	struct frame whole = *f;

	set_length(&whole);
	prog.out.ip = f->ip;
	return run_as_is(whole.byte, whole.size);
}

void run_many(const struct frame *f, unsigned int n)
{
	struct frame whole = *f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = whole.byte, .data_size_in = whole.size,
		    .repeat = n);

	set_length(&whole);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(prog.skel->progs.scanwall), &opts),
			 0);
}

int scan3(uint32_t from)
{
	int reason = 0, base = 1000 + (from >> 8 & 0xff) * 3;

	for (int port = base; port < base + 3; port++) {
		struct frame f = tcp4(from, port, F_SYN);

		reason = run(&f);
	}
	return reason;
}

int leave(const struct frame *f)
{
	return test_run(prog.skel->progs.learn, f);
}

int leave_from_socket(const struct frame *f)
{
	struct __sk_buff ctx = {.mark = 1};
	struct frame whole = *f;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = whole.byte, .data_size_in = whole.size,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = 1);

	set_length(&whole);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(prog.skel->progs.learn), &opts), 0);
	return opts.retval;
}

int ask(const struct frame *f)
{
	struct frame whole = *f;

	set_length(&whole);
	return ask_bytes(whole.byte, whole.size).reason;
}

static bool put_line(const struct sw_line *l, uint64_t key, uint64_t hash,
		     const struct sw_overflow6_key *k, uint32_t expires_tick)
{
	sw_bloom_add(l, hash);
	for (uint32_t i = 0; i < l->ways; i++)
		if (sw_slot_add(l, i, key, k, expires_tick))
			return true;
	sw_head_overflow(l);
	return false;
}

void put_drop4(uint32_t addr, uint32_t expires_tick)
{
	uint32_t be = htonl(addr);
	uint64_t hash = sw_hash4(be, prog.skel->rodata->seed);
	uint32_t at = sw_home(hash) & prog.set->drop4_mask;
	struct sw_line l =
		sw_line_of4(&prog.drop4[at], &prog.drop4_cold[at], &prog.drop4_bloom[at]);
	struct sw_overflow o = {.expires_tick = expires_tick};

	if (!put_line(&l, be, hash, NULL, expires_tick))
		bpf_map_update_elem(bpf_map__fd(prog.skel->maps.overflow4), &be, &o, BPF_ANY);
}

void put_drop6(uint64_t high, uint64_t low, uint8_t plen, uint32_t expires_tick)
{
	uint64_t id = sw_key6(high, low, plen, prog.skel->rodata->seed);
	uint32_t at = sw_home(id) & prog.set->drop6_mask;
	struct sw_line l =
		sw_line_of6(&prog.drop6[at], &prog.drop6_cold[at], &prog.drop6_bloom[at]);
	struct sw_overflow6_key key = {high, low, plen};
	struct sw_overflow o = {.expires_tick = expires_tick};

	if (!put_line(&l, id, id, &key, expires_tick))
		bpf_map_update_elem(bpf_map__fd(prog.skel->maps.overflow6), &key, &o, BPF_ANY);
}

static struct sw_prefix prefix_of4(uint32_t addr, uint32_t plen)
{
	return (struct sw_prefix){.addr = sw_addr_from4(htonl(addr)), .plen = plen, .v4 = true};
}

static struct sw_prefix prefix_of6(uint64_t high, uint32_t plen)
{
	return sw_prefix_of_halves(high, 0, plen);
}

static void put_prefix(const struct sw_prefix *p, uint32_t expires_tick)
{
	struct sw_prefix_block b = {.expires_tick = expires_tick, .plen = p->plen};
	struct sw_prefix6 key;
	struct sw_maps m;
	struct sw_err e;

	sw_maps_open(&m, &engine, true);
	assert_int_equal(sw_lengths_announce(&m, p, &e), 0);
	sw_maps_close(&m);
	sw_prefix_key(p, false, &key);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(p->v4 ? prog.skel->maps.prefix4
							       : prog.skel->maps.prefix6),
					     &key, &b, 0),
			 0);
}

void put_prefix4(uint32_t addr, uint32_t plen, uint32_t expires_tick)
{
	struct sw_prefix p = prefix_of4(addr, plen);

	put_prefix(&p, expires_tick);
}

void put_prefix6(uint64_t high, uint32_t plen, uint32_t expires_tick)
{
	struct sw_prefix p = prefix_of6(high, plen);

	put_prefix(&p, expires_tick);
}

static void put_allow(const struct sw_prefix *p, uint32_t expires_tick)
{
	struct sw_err e;

	assert_int_equal(sw_allow_put(&engine, p, expires_tick, SW_ALLOW_OPERATOR, &e), 0);
}

void put_allow4(uint32_t addr, uint32_t plen, uint32_t expires_tick)
{
	struct sw_prefix p = prefix_of4(addr, plen);

	put_allow(&p, expires_tick);
}

void put_allow6(uint64_t high, uint32_t plen, uint32_t expires_tick)
{
	struct sw_prefix p = prefix_of6(high, plen);

	put_allow(&p, expires_tick);
}

const struct sw_source *source4(uint32_t addr)
{
	uint64_t key = SW_SOURCE_V4 | addr;
	struct sw_source_set *b = &prog.sources[sw_hash6(key, 0, prog.skel->rodata->seed) & 63];

	for (int i = 0; i < SW_SOURCE_WAYS; i++)
		if (b->source[i].key == key)
			return &b->source[i];
	return NULL;
}

int program_listens(uint16_t port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

int connect_as_client(uint16_t *sport)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(OPEN_PORT),
				 .sin_addr.s_addr = htonl(SERVER4)};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(CLIENT4)};
	socklen_t size = sizeof(from);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (void *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (void *)&to, sizeof(to)), 0);
	assert_int_equal(getsockname(fd, (void *)&from, &size), 0);
	*sport = ntohs(from.sin_port);
	return fd;
}

void program_answers(void)
{
	uint32_t lo = 1, able = SW_IFACE_ANSWERS;

	prog.set->challenge = 1;
	prog.set->tcp_space = 65536;
	prog.set->ttl4 = prog.set->hops6 = 64;
	prog.set->window_scale = 10;
	prog.set->sack = 1;
	bpf_map_update_elem(bpf_map__fd(prog.skel->maps.interfaces), &lo, &able, BPF_ANY);
}
