// SPDX-License-Identifier: GPL-2.0-only
/* Runs frames on a copy of the program's state (dry_run.h). */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "engine/dry_run.h"
#include "engine/internal.h"
#include "engine/settings.h"
#include "scanwall.skel.h"

#define WHERE "a dry run"
#define RING_BYTES 65536
#define BATCH 4096 /* elements copied at once */
#define MAPS 128   /* that a program may use */

enum share {
	SHARED, /* read-only for the program */
	COPIED,
	OWN, /* output only: no influence on verdicts */
};

/* Maps not named here are copied: slower, but always correct. */
static enum share share_of(enum sw_map m)
{
	switch (m) {
	case SW_MAP_lengths4:
	case SW_MAP_lengths6:
	case SW_MAP_allow4:
	case SW_MAP_allow6:
	case SW_MAP_allow_filter:
	case SW_MAP_services:
	case SW_MAP_local_addrs:
	case SW_MAP_hidden:
	case SW_MAP_limited:
	case SW_MAP_detect_ports:
	case SW_MAP_reach:
	case SW_MAP_knock_keys:
	case SW_MAP_filters:
	case SW_MAP_inspect_ports:
	case SW_MAP_rules:
	case SW_MAP_conditions:
	case SW_MAP_regexes:
	case SW_MAP_windows:
	case SW_MAP_port_rules:
		return SHARED;
	case SW_MAP_counters:
	case SW_MAP_drop4_bloom:
	case SW_MAP_drop6_bloom:
	case SW_MAP_events:
	case SW_MAP_monitor:
	case SW_MAP_packets:
		return OWN;
	default:
		return COPIED;
	}
}

/* ---- the program in force */

struct running {
	struct bpf_prog_info info;
	__u32 map_id[MAPS];
};

static int read_running(struct running *r, int program, struct sw_err *e)
{
	__u32 size = sizeof(r->info);

	memset(r, 0, sizeof(*r));
	r->info.map_ids = (uintptr_t)r->map_id;
	r->info.nr_map_ids = MAPS;
	if (bpf_obj_get_info_by_fd(program, &r->info, &size))
		return sw_fail(e, SW_EXIT_FAILED, "cannot inspect the running program: %s",
			       strerror(errno));
	if (r->info.nr_map_ids > MAPS)
		r->info.nr_map_ids = MAPS;
	return 0;
}

/* One of its maps, by suffix of the name; -1: none. */
static int map_of(const struct running *r, const char *suffix, struct bpf_map_info *info)
{
	__u32 size, length;
	int fd;

	for (__u32 i = 0; i < r->info.nr_map_ids; i++) {
		fd = bpf_map_get_fd_by_id(r->map_id[i]);
		if (fd < 0)
			continue;
		memset(info, 0, sizeof(*info));
		size = sizeof(*info);
		length = bpf_obj_get_info_by_fd(fd, info, &size) ? 0 : strlen(info->name);
		if (length >= strlen(suffix) &&
		    strcmp(info->name + length - strlen(suffix), suffix) == 0)
			return fd;
		close(fd);
	}
	return -1;
}

static int refuse_build(struct sw_err *e)
{
	return sw_fail(
		e, SW_EXIT_FAILED,
		"the running program is from another build than this command, which cannot tell "
		"what it would do; `scanwall attach IFACE` or a restart of the daemon replaces it");
}

/* Constants set at load: seeds, sizes, clock. */
static int copy_constants(struct scanwall_bpf *skel, const struct running *r, struct sw_err *e)
{
	struct bpf_map_info info;
	int fd = map_of(r, ".rodata", &info), rc = -1;
	__u32 zero = 0;

	if (fd >= 0 && info.value_size == bpf_map__value_size(skel->maps.rodata))
		rc = bpf_map_lookup_elem(fd, &zero, skel->rodata);
	if (fd >= 0)
		close(fd);
	return rc ? refuse_build(e) : 0;
}

/* The kernel's hash over a program's instructions at load. */
static bool same_code(int fd, const __u8 tag[BPF_TAG_SIZE])
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	       memcmp(info.tag, tag, BPF_TAG_SIZE) == 0;
}

static int check_step(int steps, enum sw_step step, const struct bpf_program *prog,
		      struct sw_err *e)
{
	struct bpf_prog_info info = {};
	__u32 at = step, id, size = sizeof(info);
	int fd, rc;

	if (!bpf_program__autoload(prog) || bpf_map_lookup_elem(steps, &at, &id))
		return 0;
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return refuse_build(e);
	rc = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !rc && same_code(bpf_program__fd(prog), info.tag) ? 0 : refuse_build(e);
}

static int check_code(struct scanwall_bpf *skel, const struct running *r, int steps,
		      struct sw_err *e)
{
	if (!same_code(bpf_program__fd(skel->progs.scanwall), r->info.tag))
		return refuse_build(e);
	if (check_step(steps, SW_STEP_CHALLENGE, skel->progs.challenge, e) ||
	    check_step(steps, SW_STEP_SYNCOOKIE, skel->progs.syncookie, e) ||
	    check_step(steps, SW_STEP_INSPECT, skel->progs.inspect, e))
		return -1;
	return check_step(steps, SW_STEP_RESPOND, skel->progs.respond, e);
}

static bool has_step(int steps, enum sw_step step)
{
	__u32 at = step, id;

	return !bpf_map_lookup_elem(steps, &at, &id);
}

/* ---- its copy */

static int share_maps(struct scanwall_bpf *skel, const struct sw_engine *real, struct sw_err *e)
{
	struct bpf_map *map;
	int rc = 0;

	for (int m = 0; m < SW_MAP_COUNT && !rc; m++) {
		map = bpf_object__find_map_by_name(skel->obj, sw_map_name(m));
		switch (share_of(m)) {
		case SHARED:
			rc = bpf_map__reuse_fd(map, real->fd[m]);
			break;
		case COPIED:
			rc = bpf_map__set_max_entries(map, sw_map_entries(real, m));
			break;
		case OWN:
			if (m == SW_MAP_events)
				rc = bpf_map__set_max_entries(map, RING_BYTES);
		}
		if (rc)
			return sw_fail(e, SW_EXIT_FAILED, "cannot copy the map %s: %s",
				       sw_map_name(m), strerror(-rc));
	}
	return 0;
}

static int load(struct sw_dry_run *d, struct scanwall_bpf *skel, const struct running *r, int steps,
		struct sw_err *e)
{
	int rc;

	if (share_maps(skel, d->real, e) || copy_constants(skel, r, e))
		return -1;
	d->payloads = d->payloads && has_step(steps, SW_STEP_INSPECT);
	bpf_program__set_autoload(skel->progs.learn, false);
	bpf_program__set_autoload(skel->progs.admit, false);
	bpf_program__set_autoload(skel->progs.monitor_packet, false);
	bpf_program__set_autoload(skel->progs.inspect, d->payloads);
	bpf_program__set_autoload(skel->progs.respond, d->payloads);
	bpf_program__set_autoload(skel->progs.challenge, has_step(steps, SW_STEP_CHALLENGE));
	bpf_program__set_autoload(skel->progs.answer, false);
	bpf_program__set_autoload(skel->progs.reply, false);
	sw_engine_keep_messages();
	rc = scanwall_bpf__load(skel);
	if (rc)
		return sw_engine_load_failed(WHERE, -rc, e);
	if (check_code(skel, r, steps, e))
		return -1;
	return sw_sandbox_take_over(&d->copy, skel, e);
}

int sw_dry_run_open(struct sw_dry_run *d, const struct sw_engine *real, int program, bool payloads,
		    struct sw_err *e)
{
	struct scanwall_bpf *skel = NULL;
	struct bpf_map_info info;
	struct running r;
	int steps = -1, rc = -1;

	*d = (struct sw_dry_run){.real = real, .payloads = payloads};
	sw_sandbox_init(&d->copy);
	if (read_running(&r, program, e))
		return -1;
	steps = map_of(&r, "steps", &info);
	if (steps < 0)
		return refuse_build(e);
	skel = scanwall_bpf__open();
	rc = skel ? load(d, skel, &r, steps, e) : sw_engine_load_failed(WHERE, errno, e);
	scanwall_bpf__destroy(skel);
	close(steps);
	return rc ? rc : sw_dry_run_refresh(d, e);
}

int sw_dry_run_open_pinned(struct sw_dry_run *d, const struct sw_engine *real, bool payloads,
			   struct sw_err *e)
{
	char path[PATH_BYTES];
	int fd, rc;

	sw_sandbox_init(&d->copy);
	sw_pin_path(path, real->dir, "program");
	fd = bpf_obj_get(path);
	if (fd < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	rc = sw_dry_run_open(d, real, fd, payloads, e);
	close(fd);
	return rc;
}

void sw_dry_run_close(struct sw_dry_run *d)
{
	sw_sandbox_close(&d->copy);
}

/* ---- its state */

static int copy_mapped(int from, int to, size_t bytes)
{
	void *a = mmap(NULL, bytes, PROT_READ, MAP_SHARED, from, 0);
	void *b = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
	int rc = a == MAP_FAILED || b == MAP_FAILED ? -1 : 0;

	if (!rc)
		memcpy(b, a, bytes);
	if (a != MAP_FAILED)
		munmap(a, bytes);
	if (b != MAP_FAILED)
		munmap(b, bytes);
	return rc;
}

struct batch {
	void *key, *value;
	__u32 token[16]; /* where the next begins: of a hash as long as a key */
};

/* For arrays and hash maps alike. */
static int copy_batches(int from, int to, struct batch *b)
{
	bool first = true, last = false;
	__u32 n;

	while (!last) {
		n = BATCH;
		if (bpf_map_lookup_batch(from, first ? NULL : b->token, b->token, b->key, b->value,
					 &n, NULL)) {
			if (errno != ENOENT)
				return -1;
			last = true;
		}
		if (n && bpf_map_update_batch(to, b->key, b->value, &n, NULL))
			return -1;
		first = false;
	}
	return 0;
}

static int copy_elements(int from, int to, const struct bpf_map_info *info)
{
	struct batch b = {.key = calloc(BATCH, info->key_size),
			  .value = calloc(BATCH, (info->value_size + 7) & ~7u)};
	int rc = -1;

	if (b.key && b.value)
		rc = copy_batches(from, to, &b);
	free(b.key);
	free(b.value);
	return rc;
}

static int copy_map(int from, int to)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(from, &info, &size))
		return -1;
	if (info.type == BPF_MAP_TYPE_HASH && sw_sandbox_empty(to))
		return -1;
	if (info.map_flags & BPF_F_MMAPABLE)
		return copy_mapped(from, to,
				   (size_t)((info.value_size + 7) & ~7u) * info.max_entries);
	return copy_elements(from, to, &info);
}

int sw_dry_run_refresh(struct sw_dry_run *d, struct sw_err *e)
{
	for (int m = 0; m < SW_MAP_COUNT; m++)
		if (share_of(m) == COPIED && copy_map(d->real->fd[m], d->copy.engine.fd[m]))
			return sw_fail(e, SW_EXIT_FAILED, "cannot copy the map %s: %s",
				       sw_map_name(m), strerror(errno));
	/* its Bloom filters are empty */
	sw_setting_store(&d->copy.engine, drop4_bloom_off, ~0ull);
	sw_setting_store(&d->copy.engine, drop6_bloom_off, ~0ull);
	/* nobody monitors the copy */
	sw_setting_store(&d->copy.engine, monitor_until, 0);
	return 0;
}

/* ---- a frame */

/* The one reason whose counter has changed. */
static int find_reason(const struct sw_counter *before, const struct sw_counter *after,
		       struct sw_dry_verdict *v)
{
	for (int r = 0; r < SW_REASON_COUNT; r++) {
		v->dropped = after[r].dropped != before[r].dropped;
		v->reason = r;
		if (v->dropped || after[r].passed != before[r].passed)
			return 0;
	}
	return -1;
}

static int run(const struct sw_dry_run *d, int ifindex, const void *frame, size_t bytes)
{
	struct xdp_md ctx = {.data_end = bytes, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = bytes,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = 1);

	return bpf_prog_test_run_opts(d->copy.program, &opts);
}

int sw_dry_run_frame(struct sw_dry_run *d, int ifindex, const void *frame, size_t bytes,
		     struct sw_dry_verdict *v, struct sw_err *e)
{
	struct sw_counter before[SW_REASON_COUNT], after[SW_REASON_COUNT];

	if (bytes < SW_DRY_RUN_LEAST)
		return sw_fail(e, SW_EXIT_USAGE,
			       "frame of %zu bytes: the kernel runs a program on at least %d",
			       bytes, SW_DRY_RUN_LEAST);
	if (sw_engine_counters(&d->copy.engine, before, e))
		return -1;
	if (run(d, ifindex, frame, bytes))
		return sw_fail(e, SW_EXIT_FAILED,
			       "the kernel would not run the program on these %zu bytes: %s", bytes,
			       strerror(errno));
	if (sw_engine_counters(&d->copy.engine, after, e))
		return -1;
	if (find_reason(before, after, v))
		return sw_fail(e, SW_EXIT_FAILED, "the program gave no reason");
	return 0;
}
