// SPDX-License-Identifier: GPL-2.0-only
/* Writes compiled rules to the maps; the old set stays in force until the new one is complete. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "engine/settings.h"
#include "rules/tables.h"

#define BATCH 1024

static int map_failed(const struct sw_engine *g, enum sw_map map, struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "cannot write %s/%s: %s", g->dir, sw_map_name(map),
		       strerror(errno));
}

/* ---- where it goes */

static size_t room(const struct sw_engine *g, enum sw_map map)
{
	return sw_map_entries(g, map) / 2;
}

static int check_one(const struct sw_engine *g, enum sw_map map, size_t count, const char *what,
		     struct sw_err *e)
{
	if (count <= room(g, map))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "%zu %s do not fit the %zu that %s/%s has room for",
		       count, what, room(g, map), g->dir, sw_map_name(map));
}

static int check_room(const struct sw_engine *g, const struct sw_tables *t, struct sw_err *e)
{
	return check_one(g, SW_MAP_filters, SW_FILTERS, "filters", e) ||
	       check_one(g, SW_MAP_rules, t->rules, "rules", e) ||
	       check_one(g, SW_MAP_conditions, t->conditions, "conditions of rules", e) ||
	       check_one(g, SW_MAP_regexes, t->pages, "pages of regular expressions", e) ||
	       check_one(g, SW_MAP_windows, t->windows, "search windows of rules", e) ||
	       check_one(g, SW_MAP_port_rules, t->ports_listed, "ports with short rules", e);
}

bool sw_tables_fit(const struct sw_engine *g, const struct sw_tables *t)
{
	struct sw_err ignored;

	return !check_room(g, t, &ignored);
}

/* Two loads within a packet's time: one that is on its way since before the
 * last change may still read the half that is filled now. */
static void let_packets_pass(void)
{
	static const struct timespec pause = {.tv_nsec = 20000000};

	nanosleep(&pause, NULL);
}

/* ---- arrays: many elements a call, from the half's first */

static int put_array(const struct sw_engine *g, enum sw_map map, size_t first, const void *values,
		     size_t count, struct sw_err *e)
{
	size_t size = sw_map_value_size(g, map);
	__u32 key[BATCH], n;

	for (size_t at = 0; at < count; at += n) {
		n = count - at < BATCH ? count - at : BATCH;
		for (__u32 i = 0; i < n; i++)
			key[i] = first + at + i;
		if (bpf_map_update_batch(g->fd[map], key, (const char *)values + at * size, &n,
					 NULL))
			return map_failed(g, map, e);
	}
	return 0;
}

static int put_one(const struct sw_engine *g, enum sw_map map, __u32 index, const void *value,
		   struct sw_err *e)
{
	return bpf_map_update_elem(g->fd[map], &index, value, BPF_ANY) ? map_failed(g, map, e) : 0;
}

/* ---- hashes: what the half held goes, then the new */

static bool window_is_of(const void *key, __u8 half)
{
	return (*(const __u64 *)key >> 56 & 1) == half;
}

static bool port_is_of(const void *key, __u8 half)
{
	return (((const struct sw_port_key *)key)->half & 1) == half;
}

static int empty_half(const struct sw_engine *g, enum sw_map map, size_t key_size, __u8 half,
		      bool (*is_of)(const void *key, __u8 half), struct sw_err *e)
{
	size_t most = sw_map_entries(g, map), count = 0;
	char *keys = calloc(most + 1, key_size);
	char *next, *last = NULL;
	int rc = 0;

	if (!keys)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	while (count < most) {
		next = keys + count * key_size;
		if (bpf_map_get_next_key(g->fd[map], last, next))
			break;
		last = next;
		count++;
	}
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (is_of(keys + i * key_size, half) &&
		    bpf_map_delete_elem(g->fd[map], keys + i * key_size) && errno != ENOENT)
			rc = map_failed(g, map, e);
	free(keys);
	return rc;
}

static int put_windows(const struct sw_engine *g, const struct sw_tables *t, __u8 half,
		       struct sw_err *e)
{
	__u64 key;

	if (empty_half(g, SW_MAP_windows, sizeof(key), half, window_is_of, e))
		return -1;
	for (size_t i = 0; i < t->windows; i++) {
		key = t->window[i].window | (__u64)half << 56;
		if (bpf_map_update_elem(g->fd[SW_MAP_windows], &key, &t->window[i].rules, BPF_ANY))
			return map_failed(g, SW_MAP_windows, e);
	}
	return 0;
}

static int put_ports(const struct sw_engine *g, const struct sw_tables *t, __u8 half,
		     struct sw_err *e)
{
	struct sw_port_key key;

	if (empty_half(g, SW_MAP_port_rules, sizeof(key), half, port_is_of, e))
		return -1;
	for (size_t i = 0; i < t->ports_listed; i++) {
		key = t->port[i].key;
		key.half |= half;
		if (bpf_map_update_elem(g->fd[SW_MAP_port_rules], &key, &t->port[i].rules, BPF_ANY))
			return map_failed(g, SW_MAP_port_rules, e);
	}
	return 0;
}

/* ---- counters: those of a sid go on. They are added once the old ones stand still, to what
 * is counted since: a match in between is no match lost. */

static int by_sid(const void *a, const void *b)
{
	const struct sw_rule_stat *x = a, *y = b;

	return (x->rule.sid > y->rule.sid) - (x->rule.sid < y->rule.sid);
}

static void add_count(struct sw_rule_count *to, const struct sw_rule_count *count)
{
	__u64 none = 0;

	__atomic_fetch_add(&to->candidates, count->candidates, __ATOMIC_RELAXED);
	__atomic_fetch_add(&to->hits, count->hits, __ATOMIC_RELAXED);
	__atomic_fetch_add(&to->dropped, count->dropped, __ATOMIC_RELAXED);
	__atomic_compare_exchange_n(&to->last_ns, &none, count->last_ns, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

/* To those of the rules in force; `old` is sorted. */
static int add_counts(const struct sw_engine *g, struct sw_rule_stat *old, long known,
		      struct sw_err *e)
{
	const struct sw_rule_stat *found;
	struct sw_rule_stat *now = NULL;
	struct sw_window w = {0};
	long n = sw_tables_stats(g, &now, e);
	int rc = n < 0 ? -1 : 0;

	if (n <= 0 || known <= 0)
		goto out;
	qsort(old, known, sizeof(*old), by_sid);
	rc = sw_window_open(g, SW_MAP_rule_counts, now[0].index, n, &w, e);
	for (long i = 0; i < n && !rc; i++) {
		found = bsearch(&now[i], old, known, sizeof(*old), by_sid);
		if (found)
			add_count((struct sw_rule_count *)w.at + i, &found->count);
	}
	sw_window_close(&w);
out:
	free(now);
	return rc;
}

/* Nothing adds to them any more. */
static int read_again(const struct sw_engine *g, struct sw_rule_stat *old, long known,
		      struct sw_err *e)
{
	for (long i = 0; i < known; i++)
		if (bpf_map_lookup_elem(g->fd[SW_MAP_rule_counts], &old[i].index, &old[i].count))
			return map_failed(g, SW_MAP_rule_counts, e);
	return 0;
}

static int put_no_counts(const struct sw_engine *g, const struct sw_tables *t, size_t first,
			 struct sw_err *e)
{
	struct sw_rule_count *fresh = calloc(t->rules ? t->rules : 1, sizeof(*fresh));
	int rc;

	if (!fresh)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	rc = put_array(g, SW_MAP_rule_counts, first, fresh, t->rules, e);
	free(fresh);
	return rc;
}

int sw_tables_keep_counts(const struct sw_engine *from, const struct sw_engine *to,
			  struct sw_err *e)
{
	struct sw_rule_stat *old = NULL;
	long known = sw_tables_stats(from, &old, e);
	int rc = known < 0 ? -1 : add_counts(to, old, known, e);

	free(old);
	return rc;
}

/* The end of a half's rules: a sid of 0. */
static int put_end(const struct sw_engine *g, const struct sw_tables *t, size_t first,
		   struct sw_err *e)
{
	static const struct sw_rule end = {.flags = SW_RULE_OFF};

	if (t->rules == room(g, SW_MAP_rules))
		return 0;
	return put_one(g, SW_MAP_rules, first + t->rules, &end, e);
}

static int fill(const struct sw_engine *g, const struct sw_tables *t, __u32 half, struct sw_err *e)
{
	size_t first = half * room(g, SW_MAP_rules);

	return put_one(g, SW_MAP_filters, half, &t->filter[0], e) ||
			       put_one(g, SW_MAP_filters, half + SW_ANSWERS, &t->filter[1], e) ||
			       put_one(g, SW_MAP_inspect_ports, half, t->ports, e) ||
			       put_array(g, SW_MAP_conditions, half * room(g, SW_MAP_conditions),
					 t->condition, t->conditions, e) ||
			       put_array(g, SW_MAP_regexes, half * room(g, SW_MAP_regexes), t->page,
					 t->pages, e) ||
			       put_array(g, SW_MAP_rules, first, t->rule, t->rules, e) ||
			       put_end(g, t, first, e) || put_no_counts(g, t, first, e) ||
			       put_windows(g, t, half, e) || put_ports(g, t, half, e)
		       ? -1
		       : 0;
}

static __u32 next_generation(const struct sw_engine *g)
{
	__u32 next = g->settings->rules_generation + 1;

	return next ? next : 2; /* 0: none; the halves must alternate */
}

int sw_tables_load(const struct sw_engine *g, const struct sw_tables *t, struct sw_err *e)
{
	__u32 next = next_generation(g);
	struct sw_rule_stat *old = NULL;
	long known;
	int rc = -1;

	if (check_room(g, t, e))
		return -1;
	let_packets_pass();
	known = sw_tables_stats(g, &old, e);
	if (known < 0 || fill(g, t, next & 1, e))
		goto out;
	sw_setting_store(g, rules_generation, next);
	let_packets_pass();
	rc = read_again(g, old, known, e) || add_counts(g, old, known, e) ? -1 : 0;
out:
	free(old);
	return rc;
}

long sw_tables_stats(const struct sw_engine *g, struct sw_rule_stat **out, struct sw_err *e)
{
	__u32 generation = g->settings->rules_generation;
	size_t most = room(g, SW_MAP_rules), first = (generation & 1) * most, n = 0;
	struct sw_rule_stat *s;
	__u32 key;

	*out = calloc(most ? most : 1, sizeof(*s));
	if (!*out)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (; generation && n < most; n++) {
		s = &(*out)[n];
		s->index = key = first + n;
		if (bpf_map_lookup_elem(g->fd[SW_MAP_rules], &key, &s->rule) ||
		    bpf_map_lookup_elem(g->fd[SW_MAP_rule_counts], &key, &s->count)) {
			free(*out);
			*out = NULL; /* whose owner frees it all the same */
			return sw_fail(e, SW_EXIT_FAILED, "cannot read %s/rules: %s", g->dir,
				       strerror(errno));
		}
		if (!s->rule.sid)
			break;
	}
	return n;
}

int sw_tables_switch(const struct sw_engine *g, __u32 sid, bool on, struct sw_err *e)
{
	struct sw_rule_stat *stat;
	long count = sw_tables_stats(g, &stat, e);
	int switched = 0;

	if (count < 0)
		return -1;
	for (long i = 0; i < count && switched >= 0; i++) {
		if (stat[i].rule.sid != sid)
			continue;
		stat[i].rule.flags &= ~SW_RULE_OFF;
		stat[i].rule.flags |= on ? 0 : SW_RULE_OFF;
		if (put_one(g, SW_MAP_rules, stat[i].index, &stat[i].rule, e))
			switched = -1;
		else
			switched++;
	}
	free(stat);
	return switched;
}
