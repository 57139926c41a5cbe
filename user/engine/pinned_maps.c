// SPDX-License-Identifier: GPL-2.0-only
/* The pinned maps, opened and mapped into memory. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "engine/internal.h"

void sw_engine_reset(struct sw_engine *g)
{
	memset(g, 0, sizeof(*g));
	for (int i = 0; i < SW_MAP_COUNT; i++)
		g->fd[i] = -1;
}

void sw_engine_close(struct sw_engine *g)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (g->settings)
		munmap((void *)g->settings, page);
	if (g->state)
		munmap(g->state, page);
	for (int i = 0; i < SW_MAP_COUNT; i++)
		if (g->fd[i] >= 0)
			close(g->fd[i]);
	sw_engine_reset(g);
}

static int map_info(const struct sw_engine *g, enum sw_map map, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(g->fd[map], info, &size);
}

size_t sw_map_value_size(const struct sw_engine *g, enum sw_map map)
{
	struct bpf_map_info info;

	return map_info(g, map, &info) ? 0 : info.value_size;
}

size_t sw_map_entries(const struct sw_engine *g, enum sw_map map)
{
	struct bpf_map_info info;

	return map_info(g, map, &info) ? 0 : info.max_entries;
}

/* Nothing was loaded, or a pin was removed: then the program still runs and drops, and only the
 * emergency switch reaches it. */
static int missing(const char *dir, const char *path, struct sw_err *e)
{
	if (sw_engine_attachments(dir, NULL, 0, NULL) > 0)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s is missing, but scanwall is attached and keeps running; to "
			       "reload it from the record: scanwall detach --all, then attach "
			       "again, or restart the daemon",
			       path);
	return sw_fail(e, SW_EXIT_NOT_THERE,
		       "scanwall is not loaded (%s is missing); attach it to an interface first: "
		       "scanwall attach IFACE",
		       path);
}

static int open_maps(struct sw_engine *g, struct sw_err *e)
{
	char path[PATH_BYTES];

	for (int i = 0; i < SW_MAP_COUNT; i++) {
		sw_pin_path(path, g->dir, sw_map_name(i));
		g->fd[i] = bpf_obj_get(path);
		if (g->fd[i] >= 0)
			continue;
		if (errno == ENOENT)
			return missing(g->dir, path, e);
		if (errno == EACCES || errno == EPERM)
			return sw_fail(e, SW_EXIT_PERM,
				       "not permitted to open %s; run scanwall as root", path);
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	return 0;
}

static void *map_one(const struct sw_engine *g, enum sw_map map, struct sw_err *e)
{
	void *at = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, g->fd[map],
			0);

	if (at != MAP_FAILED)
		return at;
	sw_fail(e, SW_EXIT_FAILED, "cannot map %s/%s: %s", g->dir, sw_map_name(map),
		strerror(errno));
	return NULL;
}

static int refuse_layout(const struct sw_engine *g, __u32 layout, struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s holds maps of another version of scanwall (layout %u, this one has %u); "
		       "its program keeps running. `scanwall attach IFACE` or a restart of the "
		       "daemon replaces it",
		       g->dir, layout, SW_ABI_VERSION);
}

static int map_words(struct sw_engine *g, struct sw_err *e)
{
	g->settings = map_one(g, SW_MAP_settings, e);
	if (!g->settings)
		return -1;
	g->state = map_one(g, SW_MAP_state, e);
	if (!g->state)
		return -1;
	g->source_mask = sw_map_entries(g, SW_MAP_sources) - 1;
	return 0;
}

int sw_engine_open_shaped(struct sw_engine *g, const char *pin_dir, struct sw_err *e)
{
	sw_engine_reset(g);
	snprintf(g->dir, sizeof(g->dir), "%s", pin_dir);
	if (!open_maps(g, e) && !map_words(g, e))
		return 0;
	sw_engine_close(g);
	return -1;
}

int sw_engine_open(struct sw_engine *g, const char *pin_dir, struct sw_err *e)
{
	__u32 layout = sw_engine_layout(pin_dir);

	sw_engine_reset(g);
	snprintf(g->dir, sizeof(g->dir), "%s", pin_dir);
	if (layout && layout != SW_ABI_VERSION)
		return refuse_layout(g, layout, e);
	if (sw_engine_open_shaped(g, pin_dir, e))
		return -1;
	if (g->settings->abi) /* written last by the process that is loading it */
		return 0;
	sw_engine_close(g);
	return sw_fail(e, SW_EXIT_NOT_THERE, "scanwall is being loaded into %s; try again",
		       pin_dir);
}

bool sw_engine_incomplete(const char *pin_dir)
{
	__u32 layout = sw_engine_layout(pin_dir);
	char path[PATH_BYTES];
	struct stat st;

	if ((layout && layout != SW_ABI_VERSION) ||
	    sw_engine_attachments(pin_dir, NULL, 0, NULL) <= 0)
		return false;
	for (int i = 0; i < SW_MAP_COUNT; i++) {
		sw_pin_path(path, pin_dir, sw_map_name(i));
		if (stat(path, &st) && errno == ENOENT)
			return true;
	}
	return false;
}

/* Large arrays are mapped only in part: every page of a mapped BPF array counts as resident at
 * once. */
int sw_window_open(const struct sw_engine *g, enum sw_map map, size_t index, size_t count,
		   struct sw_window *w, struct sw_err *e)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t value = (sw_map_value_size(g, map) + 7) & ~7ul;
	size_t from = index * value / page * page;
	size_t to = ((index + count) * value + page - 1) / page * page;

	w->bytes = to - from;
	w->base = mmap(NULL, w->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd[map], from);
	if (w->base == MAP_FAILED) {
		w->base = NULL;
		return sw_fail(e, SW_EXIT_FAILED, "cannot map %s/%s: %s", g->dir, sw_map_name(map),
			       strerror(errno));
	}
	w->at = (char *)w->base + (index * value - from);
	return 0;
}

void sw_window_close(struct sw_window *w)
{
	if (w->base)
		munmap(w->base, w->bytes);
	w->base = NULL;
}

int sw_engine_counters(const struct sw_engine *g, struct sw_counter *out, struct sw_err *e)
{
	int cpus = libbpf_num_possible_cpus(), rc = -1;
	struct sw_counter *each = calloc(SW_REASON_COUNT * cpus, sizeof(*each));
	__u32 reason[SW_REASON_COUNT], next, n = SW_REASON_COUNT;

	if (!each)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	/* All at once: fifty system calls would take longer than the packet. */
	if (bpf_map_lookup_batch(g->fd[SW_MAP_counters], NULL, &next, reason, each, &n, NULL) ||
	    n != SW_REASON_COUNT) {
		sw_fail(e, SW_EXIT_FAILED, "cannot read %s/counters: %s", g->dir, strerror(errno));
		goto out;
	}
	memset(out, 0, SW_REASON_COUNT * sizeof(*out));
	for (int i = 0; i < SW_REASON_COUNT * cpus; i++) {
		out[i / cpus].passed += each[i].passed;
		out[i / cpus].passed_bytes += each[i].passed_bytes;
		out[i / cpus].dropped += each[i].dropped;
		out[i / cpus].dropped_bytes += each[i].dropped_bytes;
	}
	rc = 0;
out:
	free(each);
	return rc;
}

static long map_memory(int fd)
{
	char path[64], line[128];
	long bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %ld", &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

long sw_engine_memory(const struct sw_engine *g)
{
	long sum = 0;

	for (int i = 0; i < SW_MAP_COUNT; i++)
		sum += map_memory(g->fd[i]);
	return sum;
}
