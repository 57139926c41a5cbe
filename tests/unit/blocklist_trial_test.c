// SPDX-License-Identifier: GPL-2.0-only
/* Trials that are undone or confirmed, and two concurrent writers. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cli/control.h"
#include "test_context.h"

static bool no_directory; /* can be written through to the disk */

int fsync(int fd)
{
	struct stat st;

	if (no_directory && !fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		errno = EIO;
		return -1;
	}
	return fdatasync(fd);
}

/* A trial that was not started leaves no state that a later one would go back to. */
static void trial_not_begun(void **s)
{
	char path[512];

	(void)s;
	snprintf(path, sizeof(path), "%s/trial.save", ctx.state_dir);
	no_directory = true;
	assert_int_equal(sw_trial_begin(&ctx, SW_DETECT, HOUR, &ctx_err), -1);
	no_directory = false;
	assert_non_null(strstr(ctx_err.text, "no trial was started: Input/output error"));
	assert_int_equal(access(path, F_OK), -1);
}

static void trial_undone(void **s)
{
	bool back, was;

	(void)s;
	ctx_block("203.0.113.9", "operator", SW_FOREVER);
	ctx_allow("198.51.100.0/24", HOUR);
	OK(sw_store_setting_put(ctx.store, "detect.threshold", "5", &ctx_err));
	OK(sw_trial_begin(&ctx, SW_DETECT, slow(SECOND / 2), &ctx_err));
	assert_int_equal(sw_trial_begin(&ctx, SW_DETECT, SECOND, &ctx_err), -1);
	sw_setting_store(&ctx.engine, mode, SW_ENFORCE);
	ctx_unblock("203.0.113.9", NULL);
	ctx_block("203.0.113.10", "operator", HOUR);
	OK(sw_store_setting_put(ctx.store, "detect.threshold", NULL, &ctx_err));
	OK(sw_store_setting_put(ctx.store, "mode", "enforce", &ctx_err));
	OK(sw_trial_settle(&ctx, &back, &ctx_err));
	assert_false(back);
	assert_int_equal(sw_engine_mode(&ctx.engine), SW_ENFORCE);
	usleep(slow(550000));
	assert_int_equal(sw_engine_mode(&ctx.engine), SW_DETECT);
	OK(sw_trial_confirm(&ctx, &was, &ctx_err));
	assert_false(was);
	OK(sw_trial_settle(&ctx, &back, &ctx_err));
	assert_true(back);
	assert_int_equal(ctx.engine.settings->mode, SW_DETECT);
	assert_int_equal(ctx.engine.settings->revert_at, 0);
	assert_int_equal(ctx.engine.settings->threshold, 5 * SW_POINT);
	assert_true(ctx_verdict("203.0.113.9").blocked);
	assert_false(ctx_verdict("203.0.113.10").blocked);
	assert_true(ctx_verdict("198.51.100.1").allowed);
	OK(sw_trial_settle(&ctx, &back, &ctx_err));
	assert_false(back);
	OK(sw_store_setting_put(ctx.store, "detect.threshold", NULL, &ctx_err));
}

/* A trial begun in a panic falls back to the mode, not to what the panic makes of it. */
static void panic_is_no_mode(void **s)
{
	(void)s;
	sw_setting_store(&ctx.engine, mode, SW_ENFORCE);
	sw_setting_store(&ctx.engine, panic, 1);
	assert_int_equal(sw_engine_mode(&ctx.engine), SW_ENFORCE);
	assert_int_equal(sw_mode_now(&ctx), SW_ENFORCE);
	OK(sw_trial_begin(&ctx, sw_engine_mode(&ctx.engine), HOUR, &ctx_err));
	sw_setting_store(&ctx.engine, panic, 0);
	sw_trial_undo(&ctx);
	assert_int_equal(sw_engine_mode(&ctx.engine), SW_ENFORCE);
}

static void trial_confirmed(void **s)
{
	char *mode = NULL;
	bool was, back;

	(void)s;
	OK(sw_trial_begin(&ctx, SW_DETECT, slow(SECOND / 2), &ctx_err));
	sw_setting_store(&ctx.engine, mode, SW_ENFORCE);
	OK(sw_trial_confirm(&ctx, &was, &ctx_err));
	assert_true(was);
	usleep(slow(550000));
	OK(sw_trial_settle(&ctx, &back, &ctx_err));
	assert_false(back);
	assert_int_equal(sw_engine_mode(&ctx.engine), SW_ENFORCE);
	assert_int_equal(sw_store_setting_get(ctx.store, "mode", &mode, &ctx_err), 1);
	assert_string_equal(mode, "enforce");
	free(mode);
	OK(sw_store_setting_put(ctx.store, "mode", NULL, &ctx_err));
}

/* A reload while a trial runs: everything but the mode. */
static void configured_on_trial(void **s)
{
	const struct sw_settings *set = ctx.engine.settings;
	int threshold = ctx.config.threshold;
	bool back;

	(void)s;
	ctx.config.mode = SW_DETECT;
	OK(sw_apply_config(&ctx, &ctx_err));
	OK(sw_trial_begin(&ctx, SW_DETECT, HOUR, &ctx_err));
	sw_setting_store(&ctx.engine, mode, SW_ENFORCE);
	ctx.config.threshold = threshold + 1;
	OK(sw_apply_config(&ctx, &ctx_err));
	assert_int_equal(sw_engine_mode(&ctx.engine), SW_ENFORCE);
	assert_int_equal(set->threshold, (threshold + 1) * SW_POINT);

	sw_setting_store(&ctx.engine, revert_at, 1); /* long ago */
	assert_int_equal(sw_engine_mode(&ctx.engine), SW_DETECT);
	ctx.config.threshold = threshold;
	OK(sw_apply_config(&ctx, &ctx_err));
	assert_int_equal(set->mode, SW_DETECT);
	OK(sw_trial_settle(&ctx, &back, &ctx_err));
	assert_true(back);
	assert_int_equal(set->revert_at, 0);
}

/* Two processes write at the same time; each finds its own afterwards. */
static void processes_side_by_side(void **s)
{
	int status;
	pid_t child;

	(void)s;
	sw_ctx_unlock(&ctx);
	child = fork();
	if (!child)
		execl("/proc/self/exe", "blocklist", ctx_pins, ctx_state, ctx_conf, NULL);
	for (int i = 0; i < 50; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.1.0.%d", i);
		OK(sw_ctx_lock(&ctx, &ctx_err));
		ctx_block(text, "operator", HOUR);
		sw_ctx_unlock(&ctx);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(ctx_entries(), 100);
	OK(sw_ctx_lock(&ctx, &ctx_err));
}

static int other_process(char **argv)
{
	if (sw_ctx_open(&ctx, argv[1], argv[2], argv[3], &ctx_err))
		return 1;
	for (int i = 0; i < 50; i++) {
		struct sw_claim c = {.origin = "operator", .expires = SW_FOREVER};

		c.prefix = (struct sw_prefix){sw_addr_from4(htonl(0x0a020000 + i)), 32, true};
		if (sw_ctx_lock(&ctx, &ctx_err) || sw_block(&ctx, &c, 1, NULL, &ctx_err))
			return 1;
		sw_ctx_unlock(&ctx);
	}
	sw_ctx_close(&ctx);
	return 0;
}

#define T(name) cmocka_unit_test_setup(name, ctx_reset)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(trial_undone),	T(panic_is_no_mode),	   T(trial_confirmed),
		T(configured_on_trial), T(processes_side_by_side), T(trial_not_begun),
	};

	if (argc == 4)
		return other_process(argv);
	return cmocka_run_group_tests(tests, ctx_setup, ctx_teardown);
}
