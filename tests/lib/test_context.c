// SPDX-License-Identifier: GPL-2.0-only
/* Opens, resets and queries the context of a test (test_context.h). */
#include <unistd.h>
#include "test_context.h"

struct sw_ctx ctx;
struct sw_err ctx_err;
int ctx_blocked4 = 1024;
char ctx_pins[64], ctx_state[64], ctx_conf[96];

int64_t slow(int64_t us)
{
	const char *factor = getenv("SW_SLOW");

	return us * (factor ? atoi(factor) : 1);
}

struct sw_prefix ctx_prefix(const char *text)
{
	struct sw_prefix p;

	OK(sw_prefix_parse(text, &p, &ctx_err));
	return p;
}

struct sw_claim ctx_claim(const char *text, const char *origin, int64_t span)
{
	struct sw_claim c = {.prefix = ctx_prefix(text), .since = sw_now()};

	snprintf(c.origin, sizeof(c.origin), "%s", origin);
	c.expires = span == SW_FOREVER ? SW_FOREVER : c.since + span;
	return c;
}

enum sw_change ctx_block(const char *text, const char *origin, int64_t span)
{
	struct sw_claim c = ctx_claim(text, origin, span);
	enum sw_change change;

	OK(sw_block(&ctx, &c, 1, &change, &ctx_err));
	return change;
}

enum sw_change ctx_unblock(const char *text, const char *origin)
{
	struct sw_prefix p = ctx_prefix(text);
	enum sw_change change;

	OK(sw_unblock(&ctx, &p, 1, origin, &change, &ctx_err));
	return change;
}

enum sw_change ctx_allow(const char *text, int64_t span)
{
	struct sw_allow_entry a = {.prefix = ctx_prefix(text), .since = sw_now()};
	enum sw_change change;

	a.expires = a.since + span;
	OK(sw_allow_add(&ctx, &a, 1, &change, &ctx_err));
	return change;
}

struct sw_verdict ctx_verdict(const char *text)
{
	struct sw_prefix p = ctx_prefix(text);
	struct sw_verdict v;

	OK(sw_lookup(&ctx, &p.addr, &v, &ctx_err));
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

int ctx_entries(void)
{
	int n = 0;

	OK(sw_entries(&ctx, count_entry, &n, &ctx_err));
	return n;
}

/* As the program blocks: straight into the line. */
static void kernel_blocks(const char *text, int64_t span, __u32 flags)
{
	__u32 expires_tick = sw_ticks_from_time(sw_now() + span) | SW_EXPIRES_AUTO | flags;
	struct sw_table t = sw_table_of(&ctx.engine, true);
	struct sw_prefix p = ctx_prefix(text);
	__u32 addr = sw_addr_to4(&p.addr), conflict;
	__u64 hash = sw_table_hash(&ctx.engine, &t, addr);
	struct sw_line l;
	struct sw_maps m;

	sw_maps_open(&m, &ctx.engine, false);
	OK(sw_line_at(&m, &t, sw_home(hash) & *t.mask, &l, &ctx_err));
	assert_int_equal(sw_line_put(&l, ctx.engine.state, addr, hash, NULL, expires_tick,
				     expires_tick, sw_ticks_now(), &conflict),
			 SW_PUT_NEW);
	sw_maps_close(&m);
}

void ctx_kernel_blocks(const char *text, int64_t span)
{
	kernel_blocks(text, span, SW_EXPIRES_NEW_ONLY);
}

void ctx_kernel_blocks_proven(const char *text, int64_t span)
{
	kernel_blocks(text, span, 0);
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
		assert_true(ctx.engine.settings->wide_prefix6 >> (31 - p->plen) & 1);
		return 0;
	}
	if (p->v4) {
		bit = sw_lengths4_bit(p->plen) | sw_lengths4_part(host);
	} else {
		n = sw_hash_32(high, ctx.engine.settings->seed) & (SW_LENGTHS6 - 1);
		bit = sw_lengths6_bit(p->plen);
	}
	word = sw_maps_at(arg, p->v4 ? SW_MAP_lengths4 : SW_MAP_lengths6, n, 1, &ctx_err);
	assert_non_null(word);
	assert_int_equal(*word & bit, bit);
	assert_true(p->v4 ? ctx.engine.settings->any_prefix4 : ctx.engine.settings->any_prefix6);
	return 0;
}

void ctx_prefixes_are_announced(void)
{
	struct sw_maps m;

	sw_maps_open(&m, &ctx.engine, true);
	OK(sw_held_each(&ctx.engine, is_announced, &m, &ctx_err));
	sw_maps_close(&m);
}

static int add_auto(const struct sw_prefix *p, __u32 expires_tick, __u64 hits, void *arg)
{
	(void)p;
	(void)hits;
	*(int *)arg += !!(expires_tick & SW_EXPIRES_AUTO);
	return 0;
}

void ctx_auto_count(void)
{
	int n = 0;

	OK(sw_entries(&ctx, add_auto, &n, &ctx_err));
	assert_int_equal(ctx.engine.state->auto_blocked, n);
}

int ctx_reset(void **s)
{
	(void)s;
	ctx.loaded = true;
	OK(sw_replace(&ctx, NULL, 0, NULL, 0, false, &ctx_err));
	return 0;
}

int ctx_setup(void **s)
{
	struct sw_engine g;
	FILE *f;

	(void)s;
	snprintf(ctx_pins, sizeof(ctx_pins), "/sys/fs/bpf/sw-bl-%d", getpid());
	snprintf(ctx_state, sizeof(ctx_state), "/tmp/sw-bl-XXXXXX");
	assert_non_null(mkdtemp(ctx_state));
	snprintf(ctx_conf, sizeof(ctx_conf), "%s/scanwall.conf", ctx_state);
	f = fopen(ctx_conf, "w");
	assert_non_null(f);
	fprintf(f, "limits {\nblocked4 = %d\nblocked6 = 1024\nprefixes = 1024\nsources = 1024\n}\n",
		ctx_blocked4);
	assert_int_equal(fclose(f), 0);
	OK(sw_ctx_open(&ctx, ctx_pins, ctx_state, ctx_conf, &ctx_err));
	assert_false(ctx.loaded);
	OK(sw_engine_load(&g, ctx_pins, &ctx.config, &ctx_err));
	sw_engine_close(&g);
	sw_ctx_close(&ctx);
	OK(sw_ctx_open(&ctx, ctx_pins, ctx_state, ctx_conf, &ctx_err));
	assert_true(ctx.loaded);
	OK(sw_ctx_lock(&ctx, &ctx_err));
	return 0;
}

int ctx_teardown(void **s)
{
	static const char *const files[] = {"scanwall.db", "scanwall.db-wal", "scanwall.db-shm",
					    "lock",	   "scanwall.conf",   "trial.save"};
	char path[128];

	(void)s;
	sw_ctx_close(&ctx);
	sw_engine_remove(ctx_pins, &ctx_err);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", ctx_state, files[i]);
		unlink(path);
	}
	rmdir(ctx_state);
	return 0;
}
