// SPDX-License-Identifier: GPL-2.0-only
/* A change of record and maps that was begun: STATE_DIR/changing is there from
 * before the first map is written until the record is committed. Whoever finds it
 * with the writers' lock held comes after a process that was killed in between. */
#include <fcntl.h>
#include <unistd.h>
#include "blocklist/internal.h"

static void intent_path(const struct sw_ctx *ctx, char path[300])
{
	snprintf(path, 300, "%s/changing", ctx->state_dir);
}

/* On a full disk there is none; then only the daemon's start mends. */
void sw_intent_begin(const struct sw_ctx *ctx)
{
	char path[300];
	int fd;

	if (!ctx->loaded || sw_store_is_volatile(ctx->store))
		return;
	intent_path(ctx, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

void sw_intent_end(const struct sw_ctx *ctx)
{
	char path[300];

	intent_path(ctx, path);
	unlink(path);
}

bool sw_intent_left(const struct sw_ctx *ctx)
{
	char path[300];

	intent_path(ctx, path);
	return ctx->loaded && !access(path, F_OK);
}

int sw_intent_mend(struct sw_ctx *ctx, bool *mended, struct sw_err *e)
{
	*mended = sw_intent_left(ctx);
	if (!*mended)
		return 0;
	if (sw_restore_maps(ctx, e))
		return -1;
	sw_intent_end(ctx);
	return 0;
}
