// SPDX-License-Identifier: GPL-2.0-only
/* Reads the maps of scanwall 0.1.0. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include "blocklist/layout1.h"
#include "blocklist/layout1_read.h"

static const char *const names[SW1_MAPS] = {
	"settings",  "state",	  "counters", "drop4",	 "drop6",
	"overflow4", "overflow6", "prefix4",  "prefix6", "sources",
};

struct array {
	void *at;
	size_t count, bytes;
};

static int map_array(const struct sw_past *past, int map, size_t value, struct array *a,
		     struct sw_err *e)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(past->fd[map], &info, &size) || info.value_size != value)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s/%s is not the map that scanwall 0.1.0 makes; to start over: "
			       "scanwall detach --all, then attach",
			       past->dir, names[map]);
	a->count = info.max_entries;
	a->bytes = a->count * value;
	a->at = mmap(NULL, a->bytes, PROT_READ, MAP_SHARED, past->fd[map], 0);
	if (a->at != MAP_FAILED)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "cannot map %s/%s: %s", past->dir, names[map],
		       strerror(errno));
}

static int read_settings(struct sw_past *past, struct sw_err *e)
{
	const struct sw1_settings *s;
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), zero = 0;
	void *value = NULL;

	if (!bpf_obj_get_info_by_fd(past->fd[SW1_SETTINGS], &info, &size) &&
	    info.value_size >= sizeof(*s))
		value = malloc(info.value_size);
	if (!value || bpf_map_lookup_elem(past->fd[SW1_SETTINGS], &zero, value)) {
		free(value);
		return sw_fail(e, SW_EXIT_FAILED, "cannot read %s/settings: %s", past->dir,
			       strerror(errno));
	}
	s = value;
	past->mode = s->mode;
	past->revert_mode = s->revert_mode;
	past->revert_at = s->revert_at;
	past->panic = s->panic;
	memcpy(past->seed, s->seed, sizeof(past->seed));
	free(value);
	return 0;
}

int sw_layout1_open(struct sw_past *past, struct sw_err *e)
{
	char path[SW_NEXT_BYTES + 32];

	for (int i = 0; i < SW1_MAPS; i++) {
		snprintf(path, sizeof(path), "%s/%s", past->dir, names[i]);
		past->fd[i] = bpf_obj_get(path);
		if (past->fd[i] < 0)
			return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	return read_settings(past, e);
}

/* ---- blocks */

struct walk {
	__u32 now;
	bool v4;
	sw_held_fn fn;
	void *arg;
};

static int tell(const struct walk *k, const struct sw_prefix *p, __u32 until, __u64 hits)
{
	struct sw_held h = {.expires_tick = until, .hits = hits};

	if (!sw_live(until, k->now))
		return 0;
	if (until & SW_EXPIRES_AUTO)
		h.kernel = until;
	return k->fn(p, &h, k->arg);
}

static int walk_drop4(const struct sw_past *past, const struct walk *k, struct sw_err *e)
{
	const struct sw1_drop4_bucket *b;
	struct sw_prefix p = {.plen = 32, .v4 = true};
	struct array a;
	int ret = 0;

	if (map_array(past, SW1_DROP4, sizeof(*b), &a, e))
		return -1;
	b = a.at;
	for (size_t i = 0; !ret && i < a.count * SW1_DROP4_WAYS; i++) {
		const struct sw1_drop4_bucket *in = &b[i / SW1_DROP4_WAYS];
		__u32 way = i % SW1_DROP4_WAYS, addr = in->entry[way].addr;

		p.addr = sw_addr_from4(addr);
		if (addr)
			ret = tell(k, &p, in->entry[way].until, in->hits[way]);
	}
	munmap(a.at, a.bytes);
	return ret;
}

static int walk_drop6(const struct sw_past *past, const struct walk *k, struct sw_err *e)
{
	const struct sw1_drop6_bucket *b;
	struct sw_prefix p;
	struct array a;
	int ret = 0;

	if (map_array(past, SW1_DROP6, sizeof(*b), &a, e))
		return -1;
	b = a.at;
	for (size_t i = 0; !ret && i < a.count * SW1_DROP6_WAYS; i++) {
		const struct sw1_drop6_bucket *in = &b[i / SW1_DROP6_WAYS];
		__u32 way = i % SW1_DROP6_WAYS;

		p = sw_prefix_of_halves(in->entry[way].high, in->entry[way].low,
					in->entry[way].plen);
		ret = tell(k, &p, in->entry[way].until, in->entry[way].hits);
	}
	munmap(a.at, a.bytes);
	return ret;
}

typedef int (*hash_fn)(const struct walk *k, const void *key, const void *value);

static int overflow(const struct walk *k, const void *key, const void *value)
{
	struct sw_prefix p = {.plen = 32, .v4 = true};
	struct sw1_overflow6_key key6;
	struct sw1_overflow o;
	__u32 addr;

	memcpy(&o, value, sizeof(o));
	if (k->v4) {
		memcpy(&addr, key, sizeof(addr));
		p.addr = sw_addr_from4(addr);
	} else {
		memcpy(&key6, key, sizeof(key6));
		p = sw_prefix_of_halves(key6.high, key6.low, key6.plen);
	}
	return tell(k, &p, o.until, o.hits);
}

static int prefix(const struct walk *k, const void *key, const void *value)
{
	struct sw1_prefix_block b;
	struct sw1_prefix4 key4;
	struct sw1_prefix6 key6;
	struct sw_prefix p = {.v4 = k->v4};

	memcpy(&b, value, sizeof(b));
	p.plen = b.plen;
	if (k->v4) {
		memcpy(&key4, key, sizeof(key4));
		p.addr = sw_addr_from4(key4.addr);
	} else {
		memcpy(&key6, key, sizeof(key6));
		memcpy(p.addr.byte, key6.addr, sizeof(p.addr.byte));
	}
	return tell(k, &p, b.until, b.hits);
}

/* The old program keeps adding and removing entries, so a walk may have to restart. Restarts are
 * limited; what is missed is in the record or copied later. */
static int walk_hash(const struct sw_past *past, int map, const struct walk *k, hash_fn fn,
		     struct sw_err *e)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	__u64 key[4], next[4], value[4];
	size_t left;
	int fd = past->fd[map], ret, more;

	if (bpf_obj_get_info_by_fd(fd, &info, &size) || info.key_size > sizeof(key) ||
	    info.value_size > sizeof(value))
		return sw_fail(e, SW_EXIT_FAILED, "%s/%s cannot be read", past->dir, names[map]);
	left = 2 * (size_t)info.max_entries + 16;
	for (more = !bpf_map_get_next_key(fd, NULL, key); more && left; left--) {
		more = !bpf_map_get_next_key(fd, key, next);
		if (!bpf_map_lookup_elem(fd, key, value)) {
			ret = fn(k, key, value);
			if (ret)
				return ret;
		}
		memcpy(key, next, sizeof(key));
	}
	return 0;
}

int sw_layout1_held(const struct sw_past *past, sw_held_fn fn, void *arg, struct sw_err *e)
{
	struct walk k4 = {sw_ticks_now(), true, fn, arg};
	struct walk k6 = {k4.now, false, fn, arg};
	int ret = walk_drop4(past, &k4, e);

	if (!ret)
		ret = walk_hash(past, SW1_OVERFLOW4, &k4, overflow, e);
	if (!ret)
		ret = walk_hash(past, SW1_PREFIX4, &k4, prefix, e);
	if (!ret)
		ret = walk_drop6(past, &k6, e);
	if (!ret)
		ret = walk_hash(past, SW1_OVERFLOW6, &k6, overflow, e);
	if (!ret)
		ret = walk_hash(past, SW1_PREFIX6, &k6, prefix, e);
	return ret;
}

/* ---- its enumerations in today's numbers, by name */

static int number_of(const char *name, const char *const *table, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(table[i], name))
			return i;
	return -1;
}

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static __u32 kinds_today(__u32 kinds)
{
	static const char *const then[] = {SW1_EVIDENCE};
#define X(id, weight, name, text) name,
	static const char *const now[] = {SW_EVIDENCE(X)};
#undef X
	__u32 out = 0;

	for (int i = 0; i < COUNT(then); i++) {
		int k = kinds >> i & 1 ? number_of(then[i], now, COUNT(now)) : -1;

		if (k >= 0)
			out |= 1u << k;
	}
	return out;
}

static __u32 tool_today(__u32 tool)
{
	static const char *const then[] = {SW1_TOOLS};
#define X(id, name) name,
	static const char *const now[] = {SW_TOOLS(X)};
#undef X
	int t = tool < COUNT(then) ? number_of(then[tool], now, COUNT(now)) : -1;

	return t < 0 ? SW_TOOL_UNKNOWN : t;
}

static struct sw_source source_today(const struct sw1_source *s)
{
	struct sw_source out = {
		.key = s->key,
		.targets = s->targets,
		.first_ms = s->first_ms,
		.last_ms = s->last_ms,
		.kinds = kinds_today(s->kinds),
		.tool = tool_today(s->tool),
		.notified = s->told,
		.score = s->score,
		.services = s->services,
	};

	memcpy(out.port, s->port, sizeof(s->port));
	return out;
}

int sw_layout1_sources(const struct sw_past *past, sw_source_fn fn, void *arg, struct sw_err *e)
{
	const struct sw1_source *s;
	struct array a;
	int ret = 0;

	if (map_array(past, SW1_SOURCES, SW1_SOURCE_WAYS * sizeof(*s), &a, e))
		return -1;
	s = a.at;
	for (size_t i = 0; !ret && i < a.count * SW1_SOURCE_WAYS; i++) {
		struct sw_source now = source_today(&s[i]);

		if (now.key)
			ret = fn(&now, arg);
	}
	munmap(a.at, a.bytes);
	return ret;
}

static int read_counter(const struct sw_past *past, __u32 reason, struct sw1_counter *each,
			int cpus, struct sw_counter *sum)
{
	if (bpf_map_lookup_elem(past->fd[SW1_COUNTERS], &reason, each))
		return -1;
	for (int c = 0; c < cpus; c++) {
		sum->passed += each[c].passed;
		sum->passed_bytes += each[c].passed_bytes;
		sum->dropped += each[c].dropped;
		sum->dropped_bytes += each[c].dropped_bytes;
	}
	return 0;
}

int sw_layout1_counters(const struct sw_past *past, struct sw_counter *out, struct sw_err *e)
{
	static const char *const then[] = {SW1_REASONS};
#define X(id, drops, name, text) name,
	static const char *const now[] = {SW_REASONS(X)};
#undef X
	int cpus = libbpf_num_possible_cpus(), rc = 0;
	struct sw1_counter *each = calloc(cpus, sizeof(*each));

	if (!each)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (int i = 0; !rc && i < COUNT(then); i++) {
		int r = number_of(then[i], now, COUNT(now));

		if (r >= 0)
			rc = read_counter(past, i, each, cpus, &out[r]);
	}
	free(each);
	return rc ? sw_fail(e, SW_EXIT_FAILED, "cannot read %s/counters: %s", past->dir,
			    strerror(errno))
		  : 0;
}

int sw_layout1_state(const struct sw_past *past, struct sw_state *out, struct sw_err *e)
{
	const struct sw1_state *s;
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), zero = 0;
	void *value = NULL;

	if (!bpf_obj_get_info_by_fd(past->fd[SW1_STATE], &info, &size) &&
	    info.value_size >= sizeof(*s))
		value = malloc(info.value_size);
	if (!value || bpf_map_lookup_elem(past->fd[SW1_STATE], &zero, value)) {
		free(value);
		return sw_fail(e, SW_EXIT_FAILED, "cannot read %s/state: %s", past->dir,
			       strerror(errno));
	}
	s = value;
	out->lost_events = s->lost_events;
	out->overflow_full = s->overflow_full;
	out->unfinished = s->unfinished;
	out->capped_blocks = s->capped_blocks;
	free(value);
	return 0;
}
