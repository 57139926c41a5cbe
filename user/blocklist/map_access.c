// SPDX-License-Identifier: GPL-2.0-only
/* Access to the maps: mapped parts of arrays, lines of the drop sets, walks over hash
 * maps. */
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

/* Entries per line at which a table grows, so that half as many remain: one address in 107
 * overflows then; for IPv6 one in 50. */
#define PER_LINE4 9
#define PER_LINE6 5

void sw_maps_open(struct sw_maps *m, const struct sw_engine *g, bool whole)
{
	memset(m, 0, sizeof(*m));
	m->g = g;
	m->whole = whole;
}

void sw_maps_close(struct sw_maps *m)
{
	for (int i = 0; i < SW_MAP_COUNT; i++)
		if (m->win[i].count)
			sw_window_close(&m->win[i].ctx);
	memset(m->win, 0, sizeof(m->win));
}

static size_t value_size(enum sw_map map)
{
	switch (map) {
	case SW_MAP_drop4:
		return sizeof(struct sw_drop4_line);
	case SW_MAP_drop4_cold:
		return sizeof(struct sw_drop4_cold);
	case SW_MAP_drop6:
		return sizeof(struct sw_drop6_line);
	case SW_MAP_drop6_cold:
		return sizeof(struct sw_drop6_cold);
	case SW_MAP_sources:
		return sizeof(struct sw_source_set);
	default:
		return sizeof(__u64); /* lengths */
	}
}

/* membarrier waits for an RCU grace period, and XDP runs under RCU. */
void sw_wait_for_packets(void)
{
	struct timespec ms = {.tv_nsec = 1000000};

	syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	nanosleep(&ms, NULL);
}

void *sw_maps_at(struct sw_maps *m, enum sw_map map, size_t index, size_t count, struct sw_err *e)
{
	size_t first = m->win[map].first, have = m->win[map].count;

	if (index >= first && index + count <= first + have)
		return (char *)m->win[map].ctx.at + (index - first) * value_size(map);
	if (have)
		sw_window_close(&m->win[map].ctx);
	m->win[map].count = 0;
	first = m->whole ? 0 : index;
	have = m->whole ? sw_map_entries(m->g, map) : count;
	if (sw_window_open(m->g, map, first, have, &m->win[map].ctx, e))
		return NULL;
	m->win[map].first = first;
	m->win[map].count = have;
	return (char *)m->win[map].ctx.at + (index - first) * value_size(map);
}

int sw_map_each(const struct sw_engine *g, enum sw_map map, sw_each_fn fn, void *arg,
		struct sw_err *e)
{
	union {
		__u32 v4;
		struct sw_overflow6_key v6;
		struct sw_prefix4 p4;
		struct sw_prefix6 p6;
		struct sw_service service;
	} key, next;
	__u64 value[4];
	/* a key deleted during the walk restarts it; bounded, so it ends */
	size_t left = 2 * sw_map_entries(g, map) + 16;
	int fd = g->fd[map], more, ret;

	more = !bpf_map_get_next_key(fd, NULL, &key);
	if (!more && errno != ENOENT)
		goto failed;
	while (more && left--) {
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!more && errno != ENOENT)
			goto failed;
		if (!bpf_map_lookup_elem(fd, &key, value)) {
			ret = fn(&key, value, arg);
			if (ret)
				return ret;
		}
		key = next;
	}
	return 0;
failed:
	return sw_fail(e, SW_EXIT_FAILED, "map %s could not be read: %s", sw_map_name(map),
		       strerror(errno));
}

struct sw_table sw_table_of(const struct sw_engine *g, bool v4)
{
	const struct sw_settings *set = g->settings;

	if (v4)
		return (struct sw_table){.lines = SW_MAP_drop4,
					 .cold = SW_MAP_drop4_cold,
					 .bloom = SW_MAP_drop4_bloom,
					 .overflow = SW_MAP_overflow4,
					 .mask = &set->drop4_mask,
					 .last_mask = &set->drop4_last_mask,
					 .bloom_off = &set->drop4_bloom_off,
					 .least = SW_DROP4_LEAST,
					 .per_line = PER_LINE4,
					 .ways = SW_DROP4_WAYS,
					 .v4 = true};
	return (struct sw_table){.lines = SW_MAP_drop6,
				 .cold = SW_MAP_drop6_cold,
				 .bloom = SW_MAP_drop6_bloom,
				 .overflow = SW_MAP_overflow6,
				 .mask = &set->drop6_mask,
				 .last_mask = &set->drop6_last_mask,
				 .bloom_off = &set->drop6_bloom_off,
				 .least = SW_DROP6_LEAST,
				 .per_line = PER_LINE6,
				 .ways = SW_DROP6_WAYS};
}

__u64 sw_table_hash(const struct sw_engine *g, const struct sw_table *t, __u64 key)
{
	return t->v4 ? sw_hash4(key, g->settings->seed) : key;
}

bool sw_table_holds(const struct sw_table *t, size_t line, __u64 hash)
{
	return (sw_home(hash) & *t->mask) == line || (sw_home(hash) & *t->last_mask) == line;
}

size_t sw_table_used(const struct sw_table *t)
{
	return (size_t)(*t->mask > *t->last_mask ? *t->mask : *t->last_mask) + 1;
}

int sw_arrays_at(struct sw_maps *m, const struct sw_table *t, size_t first, size_t n,
		 struct sw_arrays *a, struct sw_err *e)
{
	a->lines = sw_maps_at(m, t->lines, first, n, e);
	a->cold = a->lines ? sw_maps_at(m, t->cold, first, n, e) : NULL;
	a->bloom = a->cold ? sw_maps_at(m, t->bloom, first, n, e) : NULL;
	return a->bloom ? 0 : -1;
}

struct sw_line sw_line_of(const struct sw_table *t, const struct sw_arrays *a, size_t i)
{
	if (t->v4)
		return sw_line_of4((struct sw_drop4_line *)a->lines + i,
				   (struct sw_drop4_cold *)a->cold + i, a->bloom + i);
	return sw_line_of6((struct sw_drop6_line *)a->lines + i,
			   (struct sw_drop6_cold *)a->cold + i, a->bloom + i);
}

int sw_line_at(struct sw_maps *m, const struct sw_table *t, size_t i, struct sw_line *l,
	       struct sw_err *e)
{
	struct sw_arrays a;

	if (sw_arrays_at(m, t, i, 1, &a, e))
		return -1;
	*l = sw_line_of(t, &a, 0);
	return 0;
}
