// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>
#include "test_context.h"

struct sw_ctx wall;
struct sw_err wall_err;
int wall_blocked4 = 1024;
char wall_pins[64], wall_state[64], wall_conf[96];

int64_t slow(int64_t us)
{
	const char *factor = getenv("SW_SLOW");

	return us * (factor ? atoi(factor) : 1);
}

struct sw_prefix wall_prefix(const char *text)
{
	struct sw_prefix p;

	OK(sw_prefix_parse(text, &p, &wall_err));
	return p;
}

struct sw_claim wall_claim(const char *text, const char *origin, int64_t span)
{
	struct sw_claim c = {.prefix = wall_prefix(text), .since = sw_now()};

	snprintf(c.origin, sizeof(c.origin), "%s", origin);
	c.expires = span == SW_FOREVER ? SW_FOREVER : c.since + span;
	return c;
}

enum sw_change wall_block(const char *text, const char *origin, int64_t span)
{
	struct sw_claim c = wall_claim(text, origin, span);
	enum sw_change change;

	OK(sw_block(&wall, &c, 1, &change, &wall_err));
	return change;
}

enum sw_change wall_unblock(const char *text, const char *origin)
{
	struct sw_prefix p = wall_prefix(text);
	enum sw_change change;

	OK(sw_unblock(&wall, &p, 1, origin, &change, &wall_err));
	return change;
}

enum sw_change wall_allow(const char *text, int64_t span)
{
	struct sw_allow_entry a = {.prefix = wall_prefix(text), .since = sw_now()};
	enum sw_change change;

	a.expires = a.since + span;
	OK(sw_allow_add(&wall, &a, 1, &change, &wall_err));
	return change;
}

struct sw_verdict wall_verdict(const char *text)
{
	struct sw_prefix p = wall_prefix(text);
	struct sw_verdict v;

	OK(sw_lookup(&wall, &p.addr, &v, &wall_err));
	return v;
}

static int count_entry(const struct sw_prefix *p, __u32 expires_tick, __u64 hits, void *arg)
{
	(void)p;
	(void)expires_tick;
	(void)hits;
	++*(int *)arg;
	return 0;
}

int wall_entries(void)
{
	int n = 0;

	OK(sw_entries(&wall, count_entry, &n, &wall_err));
	return n;
}

/* As the program blocks: straight into the line. */
void wall_kernel_blocks(const char *text, int64_t span)
{
	__u32 expires_tick =
		sw_ticks_from_time(sw_now() + span) | SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY;
	struct sw_table t = sw_table_of(&wall.engine, true);
	struct sw_prefix p = wall_prefix(text);
	__u32 addr = sw_addr_to4(&p.addr), conflict;
	struct sw_line l;
	struct sw_maps m;

	sw_maps_open(&m, &wall.engine, false);
	OK(sw_line_at(&m, &t, sw_table_hash(&wall.engine, &t, addr) & *t.mask, &l, &wall_err));
	assert_int_equal(sw_line_put(&l, wall.engine.state, addr, NULL, expires_tick, expires_tick,
				     sw_ticks_now(), &conflict),
			 SW_PUT_NEW);
	sw_maps_close(&m);
}

/* Where its length is not said to be in use, a prefix blocks nobody. */
static int is_announced(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	__u64 high = sw_half(&p->addr, 0), *word, bit;
	__u32 host = ntohl(sw_addr_to4(&p->addr)), n = host >> 16;

	(void)h;
	if (sw_block_map_of(p) == SW_IN_DROP4 || sw_block_map_of(p) == SW_IN_DROP6)
		return 0;
	if (!p->v4 && p->plen < 32) {
		assert_true(wall.engine.settings->wide_prefix6 >> (31 - p->plen) & 1);
		return 0;
	}
	if (p->v4) {
		bit = sw_lengths4_bit(p->plen) | sw_lengths4_part(host);
	} else {
		n = sw_hash_32(high, wall.engine.settings->seed) & (SW_LENGTHS6 - 1);
		bit = sw_lengths6_bit(p->plen);
	}
	word = sw_maps_at(arg, p->v4 ? SW_MAP_lengths4 : SW_MAP_lengths6, n, 1, &wall_err);
	assert_non_null(word);
	assert_int_equal(*word & bit, bit);
	assert_true(p->v4 ? wall.engine.settings->any_prefix4 : wall.engine.settings->any_prefix6);
	return 0;
}

void wall_prefixes_are_announced(void)
{
	struct sw_maps m;

	sw_maps_open(&m, &wall.engine, true);
	OK(sw_held_each(&wall.engine, is_announced, &m, &wall_err));
	sw_maps_close(&m);
}

static int add_auto(const struct sw_prefix *p, __u32 expires_tick, __u64 hits, void *arg)
{
	(void)p;
	(void)hits;
	*(int *)arg += !!(expires_tick & SW_EXPIRES_AUTO);
	return 0;
}

void wall_auto_count(void)
{
	int n = 0;

	OK(sw_entries(&wall, add_auto, &n, &wall_err));
	assert_int_equal(wall.engine.state->auto_blocked, n);
}

int wall_reset(void **s)
{
	(void)s;
	wall.loaded = true;
	OK(sw_replace(&wall, NULL, 0, NULL, 0, false, &wall_err));
	return 0;
}

int wall_setup(void **s)
{
	struct sw_engine g;
	FILE *f;

	(void)s;
	snprintf(wall_pins, sizeof(wall_pins), "/sys/fs/bpf/sw-bl-%d", getpid());
	snprintf(wall_state, sizeof(wall_state), "/tmp/sw-bl-XXXXXX");
	assert_non_null(mkdtemp(wall_state));
	snprintf(wall_conf, sizeof(wall_conf), "%s/scanwall.conf", wall_state);
	f = fopen(wall_conf, "w");
	assert_non_null(f);
	fprintf(f, "limits {\nblocked4 = %d\nblocked6 = 1024\nprefixes = 1024\nsources = 1024\n}\n",
		wall_blocked4);
	assert_int_equal(fclose(f), 0);
	OK(sw_ctx_open(&wall, wall_pins, wall_state, wall_conf, &wall_err));
	assert_false(wall.loaded);
	OK(sw_engine_load(&g, wall_pins, &wall.config, &wall_err));
	sw_engine_close(&g);
	sw_ctx_close(&wall);
	OK(sw_ctx_open(&wall, wall_pins, wall_state, wall_conf, &wall_err));
	assert_true(wall.loaded);
	OK(sw_ctx_lock(&wall, &wall_err));
	return 0;
}

int wall_teardown(void **s)
{
	static const char *const files[] = {"scanwall.db", "scanwall.db-wal", "scanwall.db-shm",
					    "lock",	   "scanwall.conf",   "trial.save"};
	char path[128];

	(void)s;
	sw_ctx_close(&wall);
	sw_engine_remove(wall_pins, &wall_err);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", wall_state, files[i]);
		unlink(path);
	}
	rmdir(wall_state);
	return 0;
}
