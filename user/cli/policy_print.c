// SPDX-License-Identifier: GPL-2.0-only
/* Output of the verbs that change blocks and allow entries. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cli/policy.h"
#include "engine/settings.h"

const char *sw_not_enforced(const struct sw_ctx *ctx)
{
	if (ctx->unusable.text[0])
		return ", enforced or not: the maps cannot be used; see `scanwall status`";
	if (!ctx->loaded)
		return ", not enforced: nothing is attached, only the record keeps it";
	if (ctx->engine.settings->panic)
		return ", not enforced: panic is on";
	if (sw_engine_attachments(ctx->pin_dir, NULL, 0, NULL) == 0)
		return ", not enforced: no interface is attached";
	if (sw_engine_wanted_mode(&ctx->engine) == SW_DETECT)
		return ", not enforced: mode is detect";
	if (sw_settings_heartbeat_missed(&ctx->engine))
		return ", not enforced: the daemon's heartbeat is missed";
	return "";
}

const char *sw_expiry_text(const struct sw_globals *g, int64_t expires, char buf[SW_EXPIRY_TEXT])
{
	char span[SW_DURATION_TEXT], clock[40];
	int64_t now = sw_now();
	time_t then = expires / 1000000, today = now / 1000000;
	struct tm at, day;

	if (expires == SW_FOREVER || expires <= now) {
		snprintf(buf, SW_EXPIRY_TEXT, "%s",
			 expires == SW_FOREVER ? "permanently" : "until just now");
		return buf;
	}
	if (g->utc) {
		gmtime_r(&then, &at);
		gmtime_r(&today, &day);
	} else {
		localtime_r(&then, &at);
		localtime_r(&today, &day);
	}
	if (at.tm_yday == day.tm_yday && at.tm_year == day.tm_year)
		strftime(clock, sizeof(clock), "%H:%M:%S", &at);
	else
		strftime(clock, sizeof(clock), "%F %H:%M", &at);
	snprintf(buf, SW_EXPIRY_TEXT, "until %s%s (%s)", clock, g->utc ? " UTC" : "",
		 sw_duration_text(expires - now, span));
	return buf;
}

static const char *change_name(enum sw_change c)
{
	switch (c) {
	case SW_ADDED:
		return "added";
	case SW_PROLONGED:
		return "prolonged";
	case SW_UNCHANGED:
		return "unchanged";
	case SW_REMOVED:
		return "removed";
	case SW_WAS_ABSENT:
		return "absent";
	}
	return "?";
}

int sw_change_exit(const struct sw_globals *g, const enum sw_change *change, size_t n)
{
	if (!g->strict)
		return SW_EXIT_OK;
	for (size_t i = 0; i < n; i++) {
		if (change[i] == SW_UNCHANGED || change[i] == SW_WAS_ABSENT)
			return SW_EXIT_ABSENT;
	}
	return SW_EXIT_OK;
}

void sw_count_changes(const enum sw_change *change, size_t n, long count[SW_WAS_ABSENT + 1])
{
	memset(count, 0, (SW_WAS_ABSENT + 1) * sizeof(*count));
	for (size_t i = 0; i < n; i++)
		count[change[i]]++;
}

void sw_print_counts(const enum sw_change *change, size_t n, const char *const *words,
		     const char *tail)
{
	long count[SW_WAS_ABSENT + 1];
	const char *between = "";

	sw_count_changes(change, n, count);
	for (int c = 0; c <= SW_WAS_ABSENT; c++) {
		if (!count[c])
			continue;
		printf("%s%s %s", between, sw_cli_count(count[c]), words[c]);
		between = ", ";
	}
	printf("%s\n", tail);
}

bool sw_print_few(const struct sw_globals *g, const enum sw_change *change, size_t n,
		  const char *const *words)
{
	if (n == 0)
		puts("nothing to do: no addresses");
	else if (n > SW_LISTED_MAX)
		sw_print_counts(change, n, words, g->dry_run ? " (dry run)" : "");
	return n && n <= SW_LISTED_MAX;
}

void sw_audit_counts(const char *verb, const struct sw_prefix *first, size_t n)
{
	char prefix[SW_PREFIX_TEXT];

	if (n == 1)
		sw_audit_say("%s %s", verb, sw_prefix_text(first, prefix));
	else if (n)
		sw_audit_say("%s %s and %s more", verb, sw_prefix_text(first, prefix),
			     sw_cli_count(n - 1));
}

json_t *sw_change_json(const struct sw_prefix *p, enum sw_change c)
{
	char buf[SW_PREFIX_TEXT];

	return json_pack("{s:s, s:s, s:s}", "prefix", sw_cli_prefix(p, buf), "family",
			 p->v4 ? "ipv4" : "ipv6", "change", change_name(c));
}

int sw_print_json(const struct sw_globals *g, const struct sw_ctx *ctx, json_t *prefixes,
		  struct sw_err *e)
{
	const char *why_not = sw_not_enforced(ctx);
	json_t *root = sw_cli_json();

	json_object_set_new(root, "prefixes", prefixes);
	json_object_set_new(root, "enforced", json_boolean(!*why_not));
	if (*why_not)
		json_object_set_new(root, "why_not", sw_cli_text(strchr(why_not, ':') + 2));
	return sw_cli_print(g, root, e);
}

int sw_claims_guard(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_claim *c,
		    size_t n, const char *verb, struct sw_err *e)
{
	struct sw_faults f = {0};
	struct sw_err refusal = {0};

	for (size_t i = 0; !g->force && i < n; i++) {
		if (sw_block_check(ctx, &c[i].prefix, &refusal) == 0)
			continue;
		if (refusal.exit != SW_EXIT_GUARD) {
			sw_faults_free(&f);
			return sw_fail(e, refusal.exit, "%s", refusal.text);
		}
		sw_fault(&f, "%s", refusal.text);
	}
	return sw_faults_end(&f, verb, SW_EXIT_GUARD, e);
}

int sw_trial_option(struct sw_ctx *ctx, const struct sw_globals *g, const char *option,
		    struct sw_err *e)
{
	int64_t span;

	if (!option)
		return 0;
	if (sw_duration_parse(option, "--confirm", &span, e))
		return -1;
	if (span == SW_FOREVER)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--confirm: invalid duration \"%s\" (expected how long to wait, "
			       "such as 60s)",
			       option);
	if (!ctx->loaded)
		return sw_fail(
			e, SW_EXIT_NOT_THERE,
			"--confirm: nothing is attached, so nothing would enforce the deadline");
	if (g->dry_run)
		return 0;
	return sw_trial_begin(ctx, sw_engine_wanted_mode(&ctx->engine), span, e);
}

void sw_trial_print(const struct sw_globals *g, const char *option)
{
	if (option && !g->quiet && !g->json && !g->dry_run)
		printf("It is rolled back in %s unless you run `scanwall confirm`.\n", option);
}
