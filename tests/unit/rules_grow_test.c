// SPDX-License-Identifier: GPL-2.0-only
/* More rules than the maps have room for: larger maps replace them. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/enforce.h"
#include "test_context.h"

static void compile(struct sw_rules *r, int rules, const char *options)
{
	const struct sw_rules_options none = {0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	for (int i = 0; i < rules; i++)
		fprintf(f,
			"alert tcp any any -> any 80 (msg:\"x\"; content:\"word-%06d-of-many\"; "
			"%s sid:%d;)\n",
			i * 7919 % 1000000, options, i + 1);
	fclose(f);
	OK(sw_rules_init(r, &none, &ctx_err));
	OK(sw_rules_read_text(r, "many", text, size, &ctx_err));
	OK(sw_rules_compile(r, &ctx_err));
	assert_int_equal(r->refusals, 0);
	free(text);
}

static void enforce(int rules, const char *options)
{
	struct sw_rules r;

	compile(&r, rules, options);
	OK(sw_ctx_enforce(&ctx, &r, &ctx_err));
	sw_rules_free(&r);
	assert_true(ctx.loaded);
}

static long in_force(void)
{
	struct sw_rule_stat *stat;
	long n = sw_tables_stats(&ctx.engine, &stat, &ctx_err);

	free(stat);
	return n;
}

static __u64 hits_of(__u32 sid, __u64 set)
{
	struct sw_rule_stat *stat;
	long n = sw_tables_stats(&ctx.engine, &stat, &ctx_err);
	__u64 hits = 0;

	for (long i = 0; i < n; i++) {
		if (stat[i].rule.sid != sid)
			continue;
		hits = stat[i].count.hits;
		stat[i].count.hits = set ? set : hits;
		assert_int_equal(bpf_map_update_elem(ctx.engine.fd[SW_MAP_rule_counts],
						     &stat[i].index, &stat[i].count, BPF_ANY),
				 0);
	}
	free(stat);
	return hits;
}

static size_t room(enum sw_map map)
{
	return sw_map_entries(&ctx.engine, map) / 2;
}

static void maps_grow_with_the_rules(void **unused)
{
	(void)unused;
	ctx_block("203.0.113.9", "operator", HOUR);
	enforce(300, "");
	assert_int_equal(in_force(), 300);
	assert_int_equal(room(SW_MAP_rules), 1024);
	hits_of(7, 42);
	enforce(10000, "pcre:\"/[0-9]{6}-of/\";");
	assert_int_equal(in_force(), 10000);
	assert_int_equal(room(SW_MAP_rules), 10112);
	assert_int_equal(room(SW_MAP_windows), 10112);
	/* Each map by what is in it. */
	assert_in_range(room(SW_MAP_conditions), 2 * 10000, 2 * 10240);
	assert_int_equal(room(SW_MAP_regexes), 256);
	/* All that the old ones held is there, and nothing is counted anew. */
	assert_true(ctx_verdict("203.0.113.9").blocked);
	assert_int_equal(hits_of(7, 0), 42);
	/* Whoever comes by the pins finds them. */
	sw_ctx_close(&ctx);
	OK(sw_ctx_open(&ctx, ctx_pins, ctx_state, ctx_conf, &ctx_err));
	OK(sw_ctx_lock(&ctx, &ctx_err));
	assert_true(ctx.loaded);
	assert_int_equal(in_force(), 10000);
	/* They stay as large. */
	enforce(300, "");
	assert_int_equal(in_force(), 300);
	assert_int_equal(room(SW_MAP_rules), 10112);
}

/* Whoever speaks for many, has had rules counted or has guessed is no stranger after it. */
static void what_is_known_of_sources_stays(void **unused)
{
	static const enum sw_map maps[] = {
		SW_MAP_served,	 SW_MAP_flows,	  SW_MAP_known_clients, SW_MAP_client_tags,
		SW_MAP_speakers, SW_MAP_refusals, SW_MAP_requests,	SW_MAP_rule_limits,
		SW_MAP_tails,	 SW_MAP_openings, SW_MAP_knocks_seen};
	__u8 value[4096], after[4096];
	__u32 last;

	(void)unused;
	for (size_t m = 0; m < sizeof(maps) / sizeof(maps[0]); m++) {
		enforce(300, "");
		last = sw_map_entries(&ctx.engine, maps[m]) - 1;
		assert_true(sw_map_value_size(&ctx.engine, maps[m]) <= sizeof(value));
		memset(value, 7 + m, sizeof(value));
		assert_int_equal(bpf_map_update_elem(ctx.engine.fd[maps[m]], &last, value, BPF_ANY),
				 0);
		enforce(room(SW_MAP_rules) + 100, "");
		assert_int_equal(bpf_map_lookup_elem(ctx.engine.fd[maps[m]], &last, after), 0);
		if (memcmp(value, after, sw_map_value_size(&ctx.engine, maps[m])) != 0)
			fail_msg("%s was forgotten", sw_map_name(maps[m]));
	}
}

static void what_no_map_holds_changes_nothing(void **unused)
{
	struct sw_rules r;

	(void)unused;
	enforce(300, "");
	compile(&r, 100, "");
	r.tables.pages = SW_RULE_ROOM + 1;
	assert_int_equal(sw_ctx_enforce(&ctx, &r, &ctx_err), -1);
	assert_non_null(strstr(ctx_err.text, "163841 pages of expressions are more"));
	r.tables.pages = 0;
	sw_rules_free(&r);
	assert_true(ctx.loaded);
	assert_int_equal(in_force(), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(maps_grow_with_the_rules, ctx_reset),
		cmocka_unit_test_setup(what_is_known_of_sources_stays, ctx_reset),
		cmocka_unit_test_setup(what_no_map_holds_changes_nothing, ctx_reset),
	};

	return cmocka_run_group_tests(tests, ctx_setup, ctx_teardown);
}
