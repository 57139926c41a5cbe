// SPDX-License-Identifier: GPL-2.0-only
/* A block that cuts open connections stays one, and a block of new connections only stays one,
 * however the state is restored: by save and restore, by a trial's rollback, by adoption of
 * what only the maps have. */
#include <unistd.h>
#include "cli/policy.h"
#include "test_context.h"

#define FORGEABLE "203.0.113.1"
#define PROVEN "203.0.113.2"

static void assert_as_blocked(void)
{
	struct sw_verdict forgeable = ctx_verdict(FORGEABLE), proven = ctx_verdict(PROVEN);

	assert_true(forgeable.blocked);
	assert_true(proven.blocked);
	assert_true(forgeable.expires_tick & SW_EXPIRES_NEW_ONLY);
	assert_false(proven.expires_tick & SW_EXPIRES_NEW_ONLY);
}

static int kernel_blocks_both(void **unused)
{
	int64_t adopted;

	ctx_reset(unused);
	ctx_kernel_blocks(FORGEABLE, HOUR);
	ctx_kernel_blocks_proven(PROVEN, HOUR);
	OK(sw_adopt_kernel_blocks(&ctx, &adopted, &ctx_err));
	assert_int_equal(adopted, 2);
	assert_as_blocked();
	return 0;
}

static int save_claim(const struct sw_claim *c, void *out)
{
	sw_dump_block(out, c, sw_now());
	return 0;
}

static void saved_and_restored(void **unused)
{
	struct sw_claim_filter live = {.live_at = sw_now()};
	struct sw_claim claim[4];
	char *text, *rest, *line;
	size_t size, n = 0;
	FILE *out = open_memstream(&text, &size);

	(void)unused;
	assert_non_null(out);
	OK(sw_store_claims(ctx.store, &live, save_claim, out, &ctx_err));
	fclose(out);
	OK(sw_flush(&ctx, NULL, false, false, NULL, &ctx_err));
	assert_int_equal(ctx_entries(), 0);
	rest = text;
	while ((line = strsep(&rest, "\n")) && *line) {
		struct sw_dump_line l;
		int column;

		assert_true(n < COUNT(claim));
		OK(sw_dump_parse(sw_verbs, line, sw_now(), &l, &column, &ctx_err));
		assert_int_equal(l.kind, SW_LINE_BLOCK);
		claim[n++] = l.claim;
	}
	free(text);
	assert_int_equal(n, 2);
	OK(sw_replace(&ctx, claim, n, NULL, 0, false, &ctx_err));
	assert_as_blocked();
}

static void rolled_back(void **unused)
{
	(void)unused;
	OK(sw_trial_begin(&ctx, sw_engine_mode(&ctx.engine), HOUR, &ctx_err));
	OK(sw_flush(&ctx, NULL, false, false, NULL, &ctx_err));
	assert_int_equal(ctx_entries(), 0);
	sw_trial_undo(&ctx);
	assert_as_blocked();
}

/* The record was lost with its claims: what the maps hold comes back as it was. */
static void adopted_unclaimed(void **unused)
{
	int64_t adopted;

	(void)unused;
	OK(sw_store_claims_clear(ctx.store, &ctx_err));
	OK(sw_adopt_unclaimed(&ctx, &adopted, &ctx_err));
	assert_int_equal(adopted, 2);
	OK(sw_restore_maps(&ctx, &ctx_err));
	assert_as_blocked();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(saved_and_restored, kernel_blocks_both),
		cmocka_unit_test_setup(rolled_back, kernel_blocks_both),
		cmocka_unit_test_setup(adopted_unclaimed, kernel_blocks_both),
	};

	return cmocka_run_group_tests(tests, ctx_setup, ctx_teardown);
}
