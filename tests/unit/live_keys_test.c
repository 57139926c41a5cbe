// SPDX-License-Identifier: GPL-2.0-only
/* Every key that is declared live takes effect in the running program. */
#include <stdlib.h>
#include <string.h>
#include "test_context.h"

static int64_t in_the_map(const struct sw_config_key *k)
{
	const void *field = (const char *)ctx.engine.settings + k->setting;

	if (k->setting_bytes == 4)
		return *(const __u32 *)field;
	return k->convert == SW_CONVERT_QUARTERS ? *(const __s8 *)field : *(const __u8 *)field;
}

/* Another value of the key than the one in force. */
static void other_value(const struct sw_config_key *k, char *out, size_t size)
{
	char *now = sw_config_get(&ctx.config, k->name);
	double next = atof(now) + 1;

	if (k->type == SW_KEY_WORD)
		snprintf(out, size, "%s", k->words[!strcmp(k->words[0], now)]);
	else if (k->type == SW_KEY_SPAN)
		snprintf(out, size, "%.0fs", k->min / 1e6 * 2);
	else
		snprintf(out, size, "%.10g", next <= k->max ? next : k->min);
	assert_string_not_equal(out, now);
	free(now);
}

static void arrives(const struct sw_config_key *k)
{
	char value[64], *old = sw_config_get(&ctx.config, k->name);
	int64_t before = in_the_map(k);

	other_value(k, value, sizeof(value));
	OK(sw_config_set(&ctx.config, k->name, value, "", &ctx_err));
	OK(sw_apply_config(&ctx, &ctx_err));
	if (in_the_map(k) == before)
		fail_msg("%s = %s does not reach %s", k->name, value, k->lands);
	assert_int_equal(in_the_map(k), sw_config_setting(&ctx.config, k));
	OK(sw_config_set(&ctx.config, k->name, old, "", &ctx_err));
	OK(sw_apply_config(&ctx, &ctx_err));
	assert_int_equal(in_the_map(k), before);
	free(old);
}

static void every_live_key(void **s)
{
	int found = 0;

	(void)s;
	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];

		assert_non_null(k->lands);
		if (!k->setting_bytes)
			continue;
		assert_true(k->live);
		arrives(k);
		found++;
	}
	/* mode, closed, blocked, syn_flood, fifteen numbers and the weights */
	assert_int_equal(found, 25 + SW_EVIDENCE_COUNT);
}

static void arrives_whole(const struct sw_config_key *k, double n)
{
	char value[64];

	if (!k->setting_bytes || k->type == SW_KEY_WORD)
		return;
	snprintf(value, sizeof(value), k->type == SW_KEY_SPAN ? "%.0fs" : "%.10g",
		 k->type == SW_KEY_SPAN ? n / 1e6 : n);
	OK(sw_config_set(&ctx.config, k->name, value, "", &ctx_err));
	OK(sw_apply_config(&ctx, &ctx_err));
	if (in_the_map(k) != sw_config_setting(&ctx.config, k))
		fail_msg("%s = %s is %lld in %s", k->name, value, (long long)in_the_map(k),
			 k->lands);
}

/* The least and the most of each fit where they land. In this order, as the end of
 * a flood is never above its beginning. */
static void the_extremes(void **s)
{
	(void)s;
	for (int i = sw_config_key_count - 1; i >= 0; i--)
		arrives_whole(&sw_config_keys[i], sw_config_keys[i].min);
	OK(sw_config_set(&ctx.config, "detect.block_ttl_max", "30d", "", &ctx_err));
	for (int i = 0; i < sw_config_key_count; i++)
		arrives_whole(&sw_config_keys[i], sw_config_keys[i].max);
}

/* Live keys without a setting: read by these, each time anew. */
static void the_others(void **s)
{
	static const char *const elsewhere[] = {
		"allow",		/* sw_allow_sync */
		"allow_names",		/* sw_allow_sync */
		"allow_names_every",	/* sw_allow_names_tick */
		"allow_bots",		/* sw_bots_note */
		"proxies",		/* sw_allow_sync */
		"services",		/* apply_services */
		"hidden",		/* apply_hidden */
		"port_allow",		/* apply_limited */
		"detect.block_ttl_max", /* sw_config_block_span */
		"detect.forget",	/* sw_store_offences */
		"detect_only.kinds",	/* apply_detect_only */
		"detect_only.services", /* apply_detect_only */
		"answers.ports",	/* sw_rules_configured */
		"guard.keep_ssh",	/* sw_guard_find */
		"guard.min_prefix4",	/* sw_block_check */
		"guard.min_prefix6",	/* sw_block_check */
		"guard.nat64",		/* sw_guard_apply */
		"guard.heartbeat",	/* sw_settings_heartbeat */
		"rules.builtin",	/* sw_rules_configured */
		"rules.files",		/* sw_rules_configured */
		"rules.home_net",	/* sw_rules_configured */
		"rules.http_ports",	/* sw_rules_configured */
		"rules.tls_ports",	/* sw_rules_configured */
		"rules.lenient",	/* sw_rules_configured */
		"events.file",		/* the sinks */
		"events.json",		/* the sinks */
		"events.journal",	/* the sinks */
		"events.syslog",	/* the sinks */
		"events.keep",		/* sw_store_prune */
		"events.max_bytes",	/* sw_store_bound */
		"notify.daily_hour",	/* sw_notices_look */
		"notify.flood",		/* sw_notices_look */
		"geoip.country",	/* sw_geoip_open */
		"geoip.asn",		/* sw_geoip_open */
	};
	size_t n = 0;

	(void)s;
	for (int i = 0; i < sw_config_key_count; i++) {
		const struct sw_config_key *k = &sw_config_keys[i];

		if (!k->live || k->setting_bytes)
			continue;
		assert_true(n < COUNT(elsewhere));
		assert_string_equal(k->name, elsewhere[n++]);
	}
	assert_int_equal(n, COUNT(elsewhere));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_live_key, ctx_reset),
		cmocka_unit_test_setup(the_extremes, ctx_reset),
		cmocka_unit_test_setup(the_others, ctx_reset),
	};

	return cmocka_run_group_tests_name("live keys", tests, ctx_setup, ctx_teardown);
}
