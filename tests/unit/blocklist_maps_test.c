// SPDX-License-Identifier: GPL-2.0-only
/* The blocklist over real maps, and over the record alone. */
#include <unistd.h>
#include "engine/guard_internal.h"
#include "store/internal.h"
#include "test_context.h"

static void change_the_record_only(void)
{
	ctx.loaded = false;
}

static void maps_again(void)
{
	ctx.loaded = true;
}

static void block_and_unblock(void **s)
{
	static const char *const where[] = {"203.0.113.9",   "203.0.113.0/24", "10.0.0.0/9",
					    "0.0.0.0",	     "2001:db8::/64",  "2001:db8::9",
					    "2001:db8::/33", "2001::/20",      "2001:db8::/100"};

	(void)s;
	for (size_t i = 0; i < COUNT(where); i++) {
		assert_int_equal(ctx_block(where[i], "operator", HOUR), SW_ADDED);
		assert_int_equal(ctx_block(where[i], "operator", HOUR / 2), SW_UNCHANGED);
		assert_int_equal(ctx_block(where[i], "operator", SW_FOREVER), SW_PROLONGED);
		assert_int_equal(ctx_entries(), i + 1);
	}
	ctx_prefixes_are_announced();
	assert_int_equal(ctx.engine.settings->any_prefix6, 1);
	OK(sw_sweep(&ctx, &ctx_err));
	ctx_prefixes_are_announced();
	assert_int_equal(ctx_verdict("203.0.113.9").by.plen, 32);
	assert_int_equal(ctx_verdict("203.0.113.8").by.plen, 24);
	assert_int_equal(ctx_verdict("10.127.255.255").expires_tick, SW_EXPIRES_TICKS);
	assert_false(ctx_verdict("10.128.0.0").blocked);
	assert_int_equal(ctx_verdict("2001:db8::77").by.plen, 64);
	assert_int_equal(ctx_verdict("2001:db8:0:1::").by.plen, 33);
	assert_int_equal(ctx_verdict("2001:dff::").by.plen, 20);
	for (size_t i = 0; i < COUNT(where); i++) {
		assert_int_equal(ctx_unblock(where[i], "fail2ban"), SW_WAS_ABSENT);
		assert_int_equal(ctx_unblock(where[i], "operator"), SW_REMOVED);
		assert_int_equal(ctx_unblock(where[i], NULL), SW_WAS_ABSENT);
	}
	assert_int_equal(ctx_entries(), 0);
	OK(sw_sweep(&ctx, &ctx_err));
	assert_int_equal(ctx.engine.settings->any_prefix6, 0);
}

static void origins_hold_apart(void **s)
{
	struct sw_flushed n = {0};

	(void)s;
	ctx_block("203.0.113.9", "operator", HOUR);
	ctx_block("203.0.113.9", "fail2ban/sshd", SW_FOREVER);
	ctx_block("203.0.113.10", "fail2ban/web", HOUR);
	assert_int_equal(ctx_verdict("203.0.113.9").expires_tick, SW_EXPIRES_TICKS);
	assert_int_equal(ctx_unblock("203.0.113.9", "fail2ban/sshd"), SW_REMOVED);
	assert_true(ctx_verdict("203.0.113.9").expires_tick < SW_EXPIRES_TICKS);
	ctx_block("203.0.113.9", "fail2ban/sshd", HOUR);
	OK(sw_flush(&ctx, "fail2ban", false, true, &n, &ctx_err));
	assert_int_equal(n.claims, 2);
	OK(sw_flush(&ctx, "fail2ban", false, false, &n, &ctx_err));
	assert_int_equal(n.claims, 2);
	assert_true(ctx_verdict("203.0.113.9").blocked);
	assert_false(ctx_verdict("203.0.113.10").blocked);
}

static void kernel_and_operator_hold_apart(void **s)
{
	__u32 expires_tick;
	struct sw_flushed flushed;
	int64_t n;

	(void)s;
	ctx_kernel_blocks("203.0.113.9", HOUR);
	ctx_auto_count();
	ctx_block("203.0.113.9", "operator", 2 * HOUR);
	expires_tick = ctx_verdict("203.0.113.9").expires_tick;
	assert_int_equal(expires_tick & ~SW_EXPIRES_TICKS, SW_EXPIRES_AUTO);
	ctx_unblock("203.0.113.9", "operator");
	expires_tick = ctx_verdict("203.0.113.9").expires_tick;
	assert_int_equal(expires_tick & ~SW_EXPIRES_TICKS, SW_EXPIRES_AUTO | SW_EXPIRES_NEW_ONLY);
	ctx_kernel_blocks("203.0.113.10", HOUR);
	OK(sw_adopt_kernel_blocks(&ctx, &n, &ctx_err));
	assert_int_equal(n, 1);
	OK(sw_adopt_kernel_blocks(&ctx, &n, &ctx_err));
	assert_int_equal(n, 0);
	assert_int_equal(ctx_unblock("203.0.113.10", "kernel"), SW_REMOVED);
	ctx_kernel_blocks("203.0.113.11", HOUR);
	OK(sw_flush(&ctx, "kernel", false, false, &flushed, &ctx_err));
	assert_int_equal(flushed.claims, 2);
	assert_int_equal(flushed.addresses, 2);
	assert_int_equal(ctx_entries(), 0);
	assert_int_equal(ctx.engine.state->auto_blocked, 0);
}

struct recorded {
	const char *source;
	bool fails;
};

static int record_one(struct sw_claim *claim, size_t *n, void *arg, struct sw_err *e)
{
	const struct recorded *r = arg;
	struct sw_record event = {.time = sw_now(), .type = "block", .json = "{}"};

	event.source = ctx_prefix(r->source);
	if (sw_store_event_add(ctx.store, &event, e))
		return -1;
	claim[0] = ctx_claim(r->source, "kernel", HOUR);
	/* Half a tick longer than what is in force, as a time gets by rounding. */
	claim[0].expires = sw_time_from_ticks(ctx_verdict(r->source).expires_tick) + 500;
	claim[0].new_only = true;
	*n = 1;
	return r->fails ? sw_fail(e, SW_EXIT_FAILED, "not recorded") : 0;
}

static int count_event(const struct sw_record *r, void *arg)
{
	(void)r;
	++*(int *)arg;
	return 0;
}

static int events_recorded(void)
{
	int n = 0;

	OK(sw_store_events(ctx.store, 0, NULL, 0, count_event, &n, &ctx_err));
	return n;
}

static int note_commit(void *arg)
{
	++*(int *)arg;
	return 0;
}

/* What the kernel did is recorded in one transaction, event and claim, and its own
 * block is not written back to it. */
static void kernel_is_recorded_not_rewritten(void **s)
{
	struct recorded r = {.source = "203.0.113.9"};
	struct sw_claim_filter all = {0};
	int commits = 0, before = events_recorded();
	struct sw_claim claim;
	__u32 held;

	(void)s;
	ctx_kernel_blocks(r.source, HOUR);
	ctx_auto_count();
	held = ctx_verdict(r.source).expires_tick;
	sqlite3_commit_hook(ctx.store->db, note_commit, &commits);
	OK(sw_block_recording(&ctx, &claim, record_one, &r, &ctx_err));
	sqlite3_commit_hook(ctx.store->db, NULL, NULL);
	assert_int_equal(commits, 1);
	assert_int_equal(events_recorded(), before + 1);
	assert_int_equal(sw_store_claim_count(ctx.store, &all, &ctx_err), 1);
	assert_int_equal(ctx_verdict(r.source).expires_tick, held);
	r = (struct recorded){.source = "203.0.113.9", .fails = true};
	assert_int_equal(sw_block_recording(&ctx, &claim, record_one, &r, &ctx_err), -1);
	assert_int_equal(events_recorded(), before + 1);
	ctx_block(r.source, "kernel", 2 * HOUR);
	assert_true((ctx_verdict(r.source).expires_tick & SW_EXPIRES_TICKS) >
		    (held & SW_EXPIRES_TICKS));
}

/* A claim of the kernel that runs out takes its flags along. */
static void flags_end_with_their_claim(void **s)
{
	struct sw_claim k = ctx_claim("203.0.113.9", "kernel", slow(SECOND / 2));
	struct sw_flushed n;

	(void)s;
	k.new_only = true;
	OK(sw_block(&ctx, &k, 1, NULL, &ctx_err));
	ctx_block("203.0.113.9", "operator", HOUR);
	assert_int_equal(ctx.engine.state->auto_blocked, 1);
	usleep(slow(600000));
	/* sw_sweep would keep it while the clock may be wrong, as after a boot. */
	OK(sw_flush(&ctx, NULL, true, false, &n, &ctx_err));
	assert_int_equal(n.claims, 1);
	OK(sw_sweep(&ctx, &ctx_err));
	assert_int_equal(ctx.engine.state->auto_blocked, 0);
	assert_int_equal(ctx_verdict("203.0.113.9").expires_tick & ~SW_EXPIRES_TICKS, 0);
	ctx_unblock("203.0.113.9", "operator");
	assert_int_equal(ctx_entries(), 0);
}

static void expiry(void **s)
{
	struct sw_flushed n = {0};

	(void)s;
	ctx_block("203.0.113.9", "operator", slow(SECOND / 2));
	ctx_block("203.0.113.0/25", "operator", slow(SECOND / 2));
	ctx_block("2001:db8::/64", "operator", slow(SECOND / 2));
	ctx_block("203.0.113.10", "operator", HOUR);
	usleep(slow(900000));
	assert_int_equal(ctx_entries(), 1);
	assert_int_equal(ctx_block("203.0.113.9", "operator", slow(SECOND / 2)), SW_ADDED);
	OK(sw_flush(&ctx, NULL, true, false, &n, &ctx_err));
	assert_int_equal(n.claims, 2);
	OK(sw_sweep(&ctx, &ctx_err));
	assert_int_equal(ctx_entries(), 2);
}

/* Addresses that all fall into one bucket. */
static void crowd(char text[][SW_PREFIX_TEXT], int n)
{
	__u32 mask = ctx.engine.settings->drop4_mask, found = 0;

	for (__u32 i = 1; found < (__u32)n; i++) {
		struct sw_addr a = sw_addr_from4(htonl(0x0b000000 + i));

		if ((sw_home(sw_hash4(sw_addr_to4(&a), ctx.engine.settings->seed)) & mask) == 5)
			sw_addr_text(&a, text[found++]);
	}
}

static void full_buckets_overflow(void **s)
{
	char text[SW_DROP4_WAYS + 4][SW_PREFIX_TEXT];

	(void)s;
	crowd(text, COUNT(text));
	for (size_t i = 0; i < COUNT(text); i++)
		assert_int_equal(ctx_block(text[i], i % 2 ? "kernel" : "operator", HOUR), SW_ADDED);
	assert_int_equal(ctx_entries(), COUNT(text));
	ctx_auto_count();
	for (size_t i = 0; i < COUNT(text); i++)
		assert_true(ctx_verdict(text[i]).blocked);
	ctx_prefixes_are_announced();
	OK(sw_sweep(&ctx, &ctx_err));
	ctx_prefixes_are_announced();
	/* One from the bucket, and one from the overflow into its place. */
	assert_int_equal(ctx_unblock(text[0], NULL), SW_REMOVED);
	assert_int_equal(ctx_block(text[COUNT(text) - 1], "kernel", 2 * HOUR), SW_PROLONGED);
	assert_int_equal(ctx_entries(), COUNT(text) - 1);
	ctx_auto_count();
	for (size_t i = 0; i < COUNT(text); i++)
		ctx_unblock(text[i], NULL);
	assert_int_equal(ctx_entries(), 0);
	assert_int_equal(ctx.engine.state->auto_blocked, 0);
}

/* A list again, for less time, where some of its addresses have another claim that the
 * record has had longer: nothing is cut short. */
static void a_shorter_list_shortens_nothing(void **s)
{
	struct sw_claim c[20], have;

	(void)s;
	ctx_block("11.0.0.3", "operator", HOUR);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 20; i++) {
			c[i] = ctx_claim("203.0.113.9", "import", round ? HOUR : 5 * HOUR);
			c[i].prefix.addr = sw_addr_from4(htonl(0x0b000000 + i));
		}
		OK(sw_block(&ctx, c, 20, NULL, &ctx_err));
	}
	for (int i = 0; i < 20; i++) {
		assert_int_equal(
			sw_store_claim_get(ctx.store, &c[i].prefix, "import", &have, &ctx_err), 1);
		assert_true(have.expires > c[i].expires + HOUR);
	}
}

static void too_many_are_refused_whole(void **s)
{
	struct sw_claim *c = calloc(1500, sizeof(*c));

	(void)s;
	assert_non_null(c);
	for (int i = 0; i < 1500; i++) {
		c[i] = ctx_claim("203.0.113.9", "feed/test", HOUR);
		c[i].prefix.addr = sw_addr_from4(htonl(0x0b000000 + i / 2));
	}
	OK(sw_block(&ctx, c, 1500, NULL, &ctx_err)); /* 750 addresses, each twice */
	assert_int_equal(ctx_entries(), 750);
	for (int i = 0; i < 1500; i++)
		c[i].prefix.addr = sw_addr_from4(htonl(0x0c000000 + i));
	assert_int_equal(sw_block(&ctx, c, 1500, NULL, &ctx_err), -1);
	assert_int_equal(ctx_err.exit, SW_EXIT_GUARD);
	assert_non_null(strstr(ctx_err.text, "limits.blocked4"));
	assert_int_equal(ctx_entries(), 750);
	assert_int_equal(sw_store_claim_count(ctx.store, &(struct sw_claim_filter){0}, &ctx_err),
			 750);
	/* Beside those there is no room for 1,000 others; in their place there is. */
	assert_int_equal(sw_replace(&ctx, c, 1000, NULL, 0, true, &ctx_err), -1);
	OK(sw_replace(&ctx, c, 1000, NULL, 0, false, &ctx_err));
	assert_int_equal(ctx_entries(), 1000);
	free(c);
}

/* What the maps refuse is not in the record either, and the other way round. */
static void refused_by_a_map(void **s)
{
	struct sw_claim *c = calloc(1100, sizeof(*c)), found;

	(void)s;
	assert_non_null(c);
	for (int i = 0; i < 1100; i++) {
		c[i] = ctx_claim("10.0.0.0/24", "operator", HOUR);
		c[i].prefix.addr = sw_addr_from4(htonl(0x0a000000 + (i << 8)));
	}
	ctx.config.prefixes = 2000; /* more than the map was made for */
	assert_int_equal(sw_block(&ctx, c, 1100, NULL, &ctx_err), -1);
	ctx.config.prefixes = 1024;
	assert_int_equal(ctx_err.exit, SW_EXIT_GUARD);
	assert_non_null(strstr(ctx_err.text, "limits.prefixes"));
	assert_int_equal(ctx_entries(), 0);
	assert_int_equal(sw_store_claim_get(ctx.store, &c[0].prefix, "operator", &found, &ctx_err),
			 0);
	free(c);
}

static struct sw_held held(const char *text)
{
	struct sw_prefix p = ctx_prefix(text);
	struct sw_maps m;
	struct sw_held h;

	sw_maps_open(&m, &ctx.engine, false);
	OK(sw_held_read(&m, &p, &h, &ctx_err));
	sw_maps_close(&m);
	return h;
}

static void assert_as_before(const char *text, struct sw_held before)
{
	struct sw_held now = held(text);

	assert_in_range(now.expires_tick, before.expires_tick, before.expires_tick + 1);
	assert_in_range(now.kernel, before.kernel, before.kernel + 1);
}

/* Nor does a refused change touch what the kernel blocks by itself, recorded or not, be it
 * written before the map refuses or not. */
static void refused_changes_leave_the_kernels_blocks(void **s)
{
	static const char *const blocked[] = {"9.9.9.9", "9.9.9.10", "11.0.0.9", "11.0.0.10"};
	struct sw_claim *c = calloc(1104, sizeof(*c));
	struct sw_held before[4];

	(void)s;
	assert_non_null(c);
	for (int i = 0; i < 1100; i++) {
		c[i] = ctx_claim("10.0.0.0/24", "operator", HOUR);
		c[i].prefix.addr = sw_addr_from4(htonl(0x0a000000 + (i << 8)));
	}
	ctx_kernel_blocks(blocked[0], HOUR);
	ctx_kernel_blocks(blocked[2], HOUR);
	OK(sw_adopt_kernel_blocks(&ctx, NULL, &ctx_err));
	ctx_kernel_blocks(blocked[1], HOUR);
	ctx_kernel_blocks(blocked[3], HOUR);
	for (int i = 0; i < 4; i++) {
		before[i] = held(blocked[i]);
		c[1100 + i] = ctx_claim(blocked[i], "operator", 2 * HOUR);
		c[1100 + i].expires = i & 1 ? c[1100 + i].expires : SW_FOREVER;
	}
	ctx.config.prefixes = 2000;
	assert_int_equal(sw_block(&ctx, c, 1104, NULL, &ctx_err), -1);
	ctx.config.prefixes = 1024;
	for (int i = 0; i < 4; i++)
		assert_as_before(blocked[i], before[i]);
	free(c);
}

static void allowing(void **s)
{
	struct sw_prefix p = ctx_prefix("203.0.113.0/24");
	enum sw_change change;

	(void)s;
	assert_int_equal(ctx_allow("203.0.113.0/24", HOUR), SW_ADDED);
	assert_int_equal(ctx_allow("203.0.113.0/24", HOUR / 2), SW_UNCHANGED);
	assert_int_equal(ctx_allow("203.0.113.0/24", 2 * HOUR), SW_PROLONGED);
	assert_int_equal(ctx_allow("2001:db8::/48", HOUR), SW_ADDED);
	assert_true(ctx_verdict("203.0.113.9").allowed);
	assert_int_equal(ctx_verdict("203.0.113.9").allowed_by.plen, 24);
	assert_true(ctx_verdict("2001:db8::1").allowed);
	OK(sw_allow_remove(&ctx, &p, 1, &change, &ctx_err));
	assert_int_equal(change, SW_REMOVED);
	assert_false(ctx_verdict("203.0.113.9").allowed);
	OK(sw_allow_remove(&ctx, &p, 1, &change, &ctx_err));
	assert_int_equal(change, SW_WAS_ABSENT);
}

static void trust(const char *text, int64_t span)
{
	struct sw_allow_entry a = {.prefix = ctx_prefix(text), .since = sw_now(), .trusted = true};
	enum sw_change change;

	a.expires = a.since + span;
	OK(sw_allow_add(&ctx, &a, 1, &change, &ctx_err));
}

static struct sw_allow in_map(const char *text)
{
	struct sw_prefix p = ctx_prefix(text);
	struct sw_allow have = {0};

	sw_allow_get(&ctx.engine, &p, &have);
	return have;
}

/* A guard is there when an allow with an end has expired, with no daemon to put it back. */
static void a_guard_outlasts_an_allow(void **s)
{
	static const char *const at[] = {"203.0.113.53", "2001:db8:53::53"};
	struct sw_guard guard = {0}, none = {0};

	(void)s;
	for (int i = 0; i < 2; i++)
		OK(sw_guard_add_text(&guard, at[i], SW_GUARD_RESOLVER, "resolver", &ctx_err));
	if (ctx.guard_found)
		sw_guard_free(&ctx.guard);
	ctx.guard = guard;
	ctx.guard_found = true;
	OK(sw_guard_apply(&ctx.engine, &guard, &ctx.config.nat64, &ctx_err));
	for (int i = 0; i < 2; i++) {
		trust(at[i], slow(2 * SECOND));
		assert_int_equal(ctx_verdict(at[i]).allow_kind, SW_ALLOW_TRUSTED);
		assert_int_equal(in_map(at[i]).behind, SW_ALLOW_GUARD + 1);
	}
	usleep(slow(3300000)); /* and a tick */
	for (int i = 0; i < 2; i++) {
		assert_true(ctx_verdict(at[i]).allowed);
		assert_int_equal(ctx_verdict(at[i]).allow_kind, SW_ALLOW_GUARD);
	}
	OK(sw_sweep(&ctx, &ctx_err));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(in_map(at[i]).kind, SW_ALLOW_GUARD);
		assert_int_equal(in_map(at[i]).expires_tick, SW_EXPIRES_TICKS);
	}
	trust(at[0], HOUR);
	assert_int_equal(in_map(at[0]).behind, SW_ALLOW_GUARD + 1);
	OK(sw_guard_apply(&ctx.engine, &none, &ctx.config.nat64, &ctx_err)); /* no longer guarded */
	assert_int_equal(in_map(at[0]).kind, SW_ALLOW_TRUSTED);
	assert_int_equal(in_map(at[0]).behind, 0);
	OK(sw_guard_apply(&ctx.engine, &guard, &ctx.config.nat64,
			  &ctx_err)); /* a guard that comes later */
	assert_int_equal(in_map(at[0]).behind, SW_ALLOW_GUARD + 1);
	sw_guard_free(&ctx.guard);
	ctx.guard_found = false;
}

static void refused(const char *text, const char *because)
{
	struct sw_prefix p = ctx_prefix(text);

	assert_int_equal(sw_block_check(&ctx, &p, &ctx_err), -1);
	assert_int_equal(ctx_err.exit, SW_EXIT_GUARD);
	if (!strstr(ctx_err.text, because))
		fail_msg("\"%s\" does not speak of %s", ctx_err.text, because);
}

static void guards(void **s)
{
	struct sw_prefix fine = ctx_prefix("203.0.113.0/25");

	(void)s;
	ctx_allow("203.0.113.200", HOUR);
	refused("203.0.113.200", "unallow");
	refused("203.0.113.0/24", "covers 203.0.113.200");
	refused("10.0.0.0/8", "/16");
	refused("2001::/20", "guard.min_prefix6");
	refused("64:ff9b::/96", "behind a translator");
	refused("64:ff9b::/64", "behind a translator");
	refused("64:ff9b:1::/48", "/112");
	refused("::ffff:0:0:0/96", "behind a translator");
	refused("64:ff9b::/32", "behind a translator");
	refused("127.0.0.1", "127.0.0.");
	OK(sw_block_check(&ctx, &fine, &ctx_err));
	fine = ctx_prefix("64:ff9b::203.0.113.0/120");
	OK(sw_block_check(&ctx, &fine, &ctx_err));
	fine = ctx_prefix("64:ff9b::203.0.113.9");
	OK(sw_block_check(&ctx, &fine, &ctx_err));
	fine = ctx_prefix("64:ff9a::/32");
	OK(sw_block_check(&ctx, &fine, &ctx_err));
}

static void replacing(void **s)
{
	struct sw_claim c[2] = {ctx_claim("203.0.113.1", "operator", HOUR),
				ctx_claim("203.0.113.2", "feed/a", HOUR)};
	struct sw_allow_entry a = {.prefix = ctx_prefix("198.51.100.0/24"), .expires = SW_FOREVER};

	(void)s;
	ctx_block("203.0.113.9", "operator", HOUR);
	ctx_block("203.0.113.2", "operator", SW_FOREVER);
	ctx_kernel_blocks("203.0.113.10", HOUR);
	ctx_allow("192.0.2.0/24", HOUR);
	OK(sw_replace(&ctx, c, 2, &a, 1, true, &ctx_err));
	assert_int_equal(ctx_entries(), 4);
	assert_true(ctx_verdict("192.0.2.1").allowed && ctx_verdict("198.51.100.1").allowed);
	OK(sw_replace(&ctx, c, 2, &a, 1, false, &ctx_err));
	assert_int_equal(ctx_entries(), 2);
	assert_true(ctx_verdict("203.0.113.2").expires_tick < SW_EXPIRES_TICKS);
	assert_false(ctx_verdict("192.0.2.1").allowed);
	assert_true(ctx_verdict("198.51.100.1").allowed);
	assert_int_equal(ctx.engine.state->auto_blocked, 0);
}

static void record_alone(void **s)
{
	(void)s;
	change_the_record_only();
	assert_int_equal(ctx_block("203.0.113.0/24", "operator", HOUR), SW_ADDED);
	assert_int_equal(ctx_block("2001:db8::/64", "operator", HOUR), SW_ADDED);
	ctx_allow("203.0.113.7", HOUR);
	assert_int_equal(ctx_verdict("203.0.113.9").by.plen, 24);
	assert_true(ctx_verdict("203.0.113.7").allowed);
	assert_true(ctx_verdict("2001:db8::5").blocked);
	assert_int_equal(ctx_entries(), 2);
	maps_again();
	assert_int_equal(ctx_entries(), 0);
	OK(sw_restore_maps(&ctx, &ctx_err));
	assert_int_equal(ctx_entries(), 2);
	assert_true(ctx_verdict("203.0.113.7").allowed);
	ctx_prefixes_are_announced();
	/* What only the maps know stays until its time, by a name that can be flushed. */
	change_the_record_only();
	ctx_unblock("2001:db8::/64", NULL);
	maps_again();
	ctx_kernel_blocks("203.0.113.77", HOUR);
	OK(sw_restore_maps(&ctx, &ctx_err));
	assert_int_equal(ctx_entries(), 3);
	assert_int_equal(ctx_unblock("2001:db8::/64", SW_ORIGIN_UNRECORDED), SW_REMOVED);
	assert_int_equal(ctx_entries(), 2);
	assert_true(ctx_verdict("203.0.113.77").expires_tick & SW_EXPIRES_AUTO);
	ctx_auto_count();
}

/* Maps are pinned before their settings are written: not there yet. */
static void half_loaded(void **s)
{
	__u32 abi = ctx.engine.settings->abi;
	struct sw_engine g;

	(void)s;
	OK(sw_engine_open(&g, ctx_pins, &ctx_err));
	sw_engine_close(&g);
	sw_setting_store(&ctx.engine, abi, 0);
	assert_int_equal(sw_engine_open(&g, ctx_pins, &ctx_err), -1);
	assert_int_equal(ctx_err.exit, SW_EXIT_NOT_THERE);
	sw_setting_store(&ctx.engine, abi, abi + 1);
	assert_int_equal(sw_engine_open(&g, ctx_pins, &ctx_err), -1);
	assert_int_equal(ctx_err.exit, SW_EXIT_FAILED);
	assert_non_null(strstr(ctx_err.text, "scanwall attach"));
	sw_setting_store(&ctx.engine, abi, abi);
}

#define T(name) cmocka_unit_test_setup(name, ctx_reset)

static struct sw_client_set *clients;
static size_t client_sets;

static size_t clients_left(int way)
{
	size_t n = 0;

	for (size_t i = 0; i < client_sets; i++)
		n += clients[i].way[way].when != 0;
	return n;
}

/* Their times wrap, so an entry that nobody clears would be live again 13 days later. */
static void expired_clients_are_cleared(void **s)
{
	__u32 now = sw_ticks_now();
	__u16 when = now >> SW_CLIENT_SHIFT, hour = 13411 >> SW_CLIENT_SHIFT;
	struct sw_window w;

	(void)s;
	client_sets = sw_map_entries(&ctx.engine, SW_MAP_known_clients);
	OK(sw_window_open(&ctx.engine, SW_MAP_known_clients, 0, client_sets, &w, &ctx_err));
	clients = w.at;
	for (size_t i = 0; i < client_sets; i++) {
		clients[i].way[0] = (struct sw_known_client){i, when - hour - 2, 1, 1};
		clients[i].way[3] = (struct sw_known_client){i, when ? when : 1, 2, 1};
	}
	OK(sw_sweep(&ctx, &ctx_err));
	assert_int_equal(clients_left(0), client_sets - client_sets / 64);
	assert_int_equal(clients_left(3), client_sets);
	for (int i = 0; i < 64; i++)
		OK(sw_clients_sweep(&ctx.engine, now + (i << 8), &ctx_err));
	assert_int_equal(clients_left(0), 0);
	assert_in_range(clients_left(3), 1, client_sets);
	memset(clients, 0, client_sets * sizeof(*clients));
	sw_window_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(block_and_unblock),
		T(origins_hold_apart),
		T(kernel_and_operator_hold_apart),
		T(kernel_is_recorded_not_rewritten),
		T(flags_end_with_their_claim),
		T(expiry),
		T(expired_clients_are_cleared),
		T(full_buckets_overflow),
		T(a_shorter_list_shortens_nothing),
		T(too_many_are_refused_whole),
		T(refused_by_a_map),
		T(refused_changes_leave_the_kernels_blocks),
		T(allowing),
		T(guards),
		T(a_guard_outlasts_an_allow),
		T(replacing),
		T(record_alone),
		T(half_loaded),
	};

	return cmocka_run_group_tests(tests, ctx_setup, ctx_teardown);
}
