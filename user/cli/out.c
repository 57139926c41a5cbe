// SPDX-License-Identifier: GPL-2.0-only
/* Opening, prompting and number parsing shared by all verbs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "cli/verbs.h"
#include "context/record.h"
#include "daemon/daemon.h"

static void warn_of_record(const struct sw_ctx *ctx, bool changes)
{
	if (ctx->record_aside[0])
		fprintf(stderr,
			"scanwall: the record was damaged: moved to %s, and a new one was "
			"made\n",
			ctx->record_aside);
	if (ctx->record_trouble.text[0])
		fprintf(stderr, "scanwall: %s; %s\n", ctx->record_trouble.text,
			changes ? "changes take effect but are NOT RECORDED"
				: "showing what is in force as far as known");
}

int sw_cli_open(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e)
{
	if (sw_ctx_open(ctx, g->pin_dir, g->state_dir, g->config_file, e))
		return -1;
	warn_of_record(ctx, false);
	return 0;
}

/* Repairs what a killed writer left half done, and a damaged record. A running daemon does
 * both itself. */
static int mend(struct sw_ctx *ctx, struct sw_err *e)
{
	bool mended = false;
	int64_t step;

	if (ctx->foreign)
		return 0;
	if (!sw_daemon_pid(ctx->state_dir) && ctx->record_trouble.text[0] && sw_record_mend(ctx, e))
		return -1;
	if (ctx->record_aside[0] && ctx->loaded && sw_restore_maps(ctx, e))
		return -1;
	if (sw_restore_interrupted(ctx, &mended, e) || sw_clock_reconcile(ctx, &step, e))
		return -1;
	if (step)
		fprintf(stderr,
			"scanwall: the clock was set by %+lld s; blocks still end when they were "
			"to end\n",
			(long long)((step + (step > 0 ? 500000 : -500000)) / 1000000));
	if (mended)
		fprintf(stderr,
			"scanwall: an earlier change was interrupted; record and maps agree "
			"again\n");
	return 0;
}

/* Attach, block and unblock go on, whatever has become of a trial. */
static void settle_trial(struct sw_ctx *ctx)
{
	struct sw_err why;

	if (sw_trial_settle(ctx, &ctx->trial_undone, &why))
		fprintf(stderr, "scanwall: %s\n", why.text);
	else if (ctx->trial_undone)
		fprintf(stderr, "scanwall: the previous trial was not confirmed in time; "
				"its changes were rolled back\n");
}

int sw_cli_open_to_load(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e)
{
	if (sw_ctx_open_locked(ctx, g->pin_dir, g->state_dir, g->config_file, e))
		return -1;
	if (mend(ctx, e)) {
		sw_ctx_close(ctx);
		return -1;
	}
	settle_trial(ctx);
	warn_of_record(ctx, true);
	return 0;
}

int sw_cli_open_locked(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e)
{
	struct sw_engine engine;

	if (sw_cli_open_to_load(ctx, g, e))
		return -1;
	if (!ctx->foreign)
		return 0;
	sw_engine_open(&engine, ctx->pin_dir, e); /* for its sentence */
	sw_ctx_close(ctx);
	return -1;
}

int sw_cli_number(const char *text, const char *what, long min, long max, long *out,
		  struct sw_err *e)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	if (errno || end == text || *end || *out < min || *out > max)
		return sw_fail(e, SW_EXIT_USAGE, "%s: invalid number \"%s\" (expected %ld to %ld)",
			       what, text, min, max);
	return 0;
}

bool sw_cli_ask(const struct sw_globals *g, const char *question)
{
	char answer[64] = "";

	if (g->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fflush(stdout);
	fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(answer, sizeof(answer), stdin))
		fputc('\n', stderr);
	answer[strcspn(answer, " \t\r\n")] = 0;
	return !strcasecmp(answer, "y") || !strcasecmp(answer, "yes");
}
