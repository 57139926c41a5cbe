// SPDX-License-Identifier: GPL-2.0-only
/* The program over private maps, for replays (sandbox.h). */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "engine/sandbox.h"
#include "engine/guard_internal.h"
#include "engine/internal.h"
#include "engine/settings.h"
#include "scanwall.skel.h"

#define WHERE "a replay"
#define SMALL 65536 /* blocked addresses in the drop sets */
#define TAILS 1024

static int keep_maps(struct sw_engine *g, struct scanwall_bpf *skel, struct sw_err *e)
{
	struct bpf_map *map;

	for (int i = 0; i < SW_MAP_COUNT; i++) {
		map = bpf_object__find_map_by_name(skel->obj, sw_map_name(i));
		g->fd[i] = dup(bpf_map__fd(map));
		if (g->fd[i] < 0)
			return sw_fail(e, SW_EXIT_FAILED, "cannot keep the map %s: %s",
				       sw_map_name(i), strerror(errno));
	}
	return 0;
}

static void *map_words(const struct sw_engine *g, enum sw_map map, struct sw_err *e)
{
	void *at = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, g->fd[map],
			0);

	if (at != MAP_FAILED)
		return at;
	sw_fail(e, SW_EXIT_FAILED, "cannot map %s: %s", sw_map_name(map), strerror(errno));
	return NULL;
}

int sw_sandbox_take_over(struct sw_sandbox *i, struct scanwall_bpf *skel, struct sw_err *e)
{
	struct sw_engine *g = &i->engine;

	i->program = dup(bpf_program__fd(skel->progs.scanwall));
	i->steps = dup(bpf_map__fd(skel->maps.steps));
	if (i->program < 0 || i->steps < 0)
		return sw_fail(e, SW_EXIT_FAILED, "cannot keep the program: %s", strerror(errno));
	if (sw_engine_add_steps(skel, e))
		return -1;
	i->parts = sw_engine_parts_of(i->steps, SW_STEPS_PIN);
	if (keep_maps(g, skel, e))
		return -1;
	g->settings = map_words(g, SW_MAP_settings, e);
	if (g->settings)
		g->state = map_words(g, SW_MAP_state, e);
	return g->state ? 0 : -1;
}

/* Digits of pi, not random numbers: the same file gives the same result. */
static const __u64 seed[4] = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0,
			      0x082efa98ec4e6c89};

static void first_settings(struct sw_sandbox *i, const struct sw_config *c)
{
	struct sw_settings *s = (struct sw_settings *)i->engine.settings;

	sw_settings_first(s, c, sw_map_entries(&i->engine, SW_MAP_drop4),
			  sw_map_entries(&i->engine, SW_MAP_drop6), seed,
			  i->parts & SW_PART_CHALLENGES);
	s->abi = SW_ABI_VERSION;
	s->mode = SW_ENFORCE;
	s->grace_ticks = 0; /* the clock of a capture does not start when the host boots */
}

void sw_sandbox_init(struct sw_sandbox *i)
{
	memset(i, 0, sizeof(*i));
	i->program = i->steps = -1;
	sw_engine_reset(&i->engine);
}

static struct scanwall_bpf *open_small(const void *arg, struct sw_err *e)
{
	const struct sw_config *c = arg;
	struct sw_config smaller = *c;
	struct scanwall_bpf *skel = scanwall_bpf__open();

	if (!skel) {
		sw_engine_load_failed(WHERE, errno, e);
		return NULL;
	}
	/* Excess entries go to the overflow maps, as always; the lists of a capture are
	 * short, and cleared for every file. */
	smaller.blocked4 = SMALL;
	smaller.blocked6 = SMALL;
	sw_engine_set_sizes(skel, &smaller);
	/* Every address of a protected network that received a packet. */
	bpf_map__set_max_entries(skel->maps.local_addrs, 1 << 20);
	bpf_map__set_max_entries(skel->maps.tails, TAILS);
	sw_engine_set_constants(skel, c, seed);
	skel->rodata->made_up_clock = true;
	skel->rodata->replaying = true;
	bpf_program__set_autoload(skel->progs.learn, false);
	bpf_program__set_autoload(skel->progs.answer, false);
	bpf_program__set_autoload(skel->progs.reply, false);
	bpf_program__set_autoload(skel->progs.admit, false);
	return skel;
}

int sw_sandbox_open(struct sw_sandbox *i, const struct sw_config *c, struct sw_err *e)
{
	struct scanwall_bpf *skel;
	int rc;

	sw_sandbox_init(i);
	skel = sw_engine_load_or_less(open_small, c, WHERE, e);
	if (!skel)
		return -1;
	rc = sw_sandbox_take_over(i, skel, e);
	scanwall_bpf__destroy(skel);
	if (!rc)
		first_settings(i, c);
	return rc;
}

void sw_sandbox_close(struct sw_sandbox *i)
{
	sw_engine_close(&i->engine);
	if (i->program >= 0)
		close(i->program);
	if (i->steps >= 0)
		close(i->steps);
	i->program = i->steps = -1;
}

/* ---- forgetting */

static int clear_mapped(int fd, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -1;
	memset(at, 0, bytes);
	return munmap(at, bytes);
}

/* value: size of one element, for all CPUs if each has its own. */
static int clear_array(int fd, size_t value, __u32 entries)
{
	char *zeroes = calloc(entries, value);
	__u32 *key = calloc(entries, sizeof(*key));
	__u32 count = entries;
	int rc = -1;

	for (__u32 k = 0; key && k < entries; k++)
		key[k] = k;
	if (zeroes && key)
		rc = bpf_map_update_batch(fd, key, zeroes, &count, NULL);
	free(zeroes);
	free(key);
	return rc;
}

static int clear_hash(int fd)
{
	char key[64]; /* larger than any of our keys */

	while (bpf_map_get_next_key(fd, NULL, key) == 0)
		if (bpf_map_delete_elem(fd, key))
			return -1;
	return 0;
}

int sw_sandbox_empty(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	size_t value;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -1;
	value = (info.value_size + 7) & ~7ul;
	switch (info.type) {
	case BPF_MAP_TYPE_RINGBUF: /* emptied by its reader */
		return 0;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return clear_array(fd, value * libbpf_num_possible_cpus(), info.max_entries);
	case BPF_MAP_TYPE_ARRAY:
		if (info.map_flags & BPF_F_MMAPABLE)
			return clear_mapped(fd, value * info.max_entries);
		return clear_array(fd, value, info.max_entries);
	}
	return clear_hash(fd);
}

/* Configuration, not observation. */
static bool stays(enum sw_map m)
{
	switch (m) {
	case SW_MAP_settings:
	case SW_MAP_filters:
	case SW_MAP_inspect_ports:
	case SW_MAP_rules:
	case SW_MAP_conditions:
	case SW_MAP_regexes:
	case SW_MAP_windows:
	case SW_MAP_port_rules:
		return true;
	default:
		return false;
	}
}

int sw_sandbox_reset(struct sw_sandbox *i, struct sw_err *e)
{
	for (int m = 0; m < SW_MAP_COUNT; m++)
		if (!stays(m) && sw_sandbox_empty(i->engine.fd[m]))
			return sw_fail(e, SW_EXIT_FAILED, "cannot empty the map %s: %s",
				       sw_map_name(m), strerror(errno));
	return 0;
}

/* ---- facts */

void sw_sandbox_speak(struct sw_sandbox *i, const uint64_t protocols[4])
{
	__u64 spoken[4];

	sw_guard_common(spoken);
	for (int w = 0; w < 4; w++)
		sw_setting_store(&i->engine, protocols[w], spoken[w] | protocols[w]);
}

int sw_sandbox_own(struct sw_sandbox *i, const struct sw_addr *a, struct sw_err *e)
{
	__u8 one = 1;

	if (!bpf_map_update_elem(i->engine.fd[SW_MAP_local_addrs], a, &one, BPF_ANY))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "too many protected addresses: %s", strerror(errno));
}

int sw_sandbox_allow(struct sw_sandbox *i, const struct sw_prefix *p, struct sw_err *e)
{
	return sw_allow_put(&i->engine, p, SW_EXPIRES_TICKS, SW_ALLOW_OPERATOR, e);
}

int sw_sandbox_run(struct sw_sandbox *i, const void *frame, size_t bytes, uint64_t ns,
		   enum sw_socket socket, bool *dropped, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = bytes, .repeat = 1);

	sw_setting_store(&i->engine, clock_ns, ns);
	sw_setting_store(&i->engine, socket, socket);
	if (bpf_prog_test_run_opts(i->program, &opts))
		return sw_fail(e, SW_EXIT_FAILED, "the kernel would not run the program: %s",
			       strerror(errno));
	*dropped = opts.retval == XDP_DROP;
	return 0;
}
