// SPDX-License-Identifier: GPL-2.0-only
/* A change of record and maps that was begun: STATE_DIR/changing names what it
 * touches, from before the first map is written until the record is committed.
 * Whoever finds it with the writers' lock held comes after a process that was
 * killed in between: of what it names the record decides, since nothing more was
 * acknowledged. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "blocklist/internal.h"

/* Read on the machine that wrote it, by a program whose prefixes look the same. */
struct intent_header {
	__u32 magic, size;
	__u64 count;
};

#define INTENT_MAGIC 0x73776931

static const char *intent_path(const struct sw_ctx *ctx, const char *suffix, char path[300])
{
	snprintf(path, 300, "%s/changing%s", ctx->state_dir, suffix);
	return path;
}

static int write_targets(FILE *f, const struct sw_targets *t)
{
	struct intent_header h = {INTENT_MAGIC, sizeof(struct sw_prefix), t->count};

	if (fwrite(&h, sizeof(h), 1, f) != 1)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		if (fwrite(&t->item[i].prefix, sizeof(struct sw_prefix), 1, f) != 1)
			return -1;
	return 0;
}

void sw_intent_begin(const struct sw_ctx *ctx, const struct sw_targets *t)
{
	char path[300], tmp[300];
	int failed;
	FILE *f;

	if (!ctx->loaded || sw_store_is_volatile(ctx->store))
		return;
	f = fopen(intent_path(ctx, ".new", tmp), "we");
	if (!f)
		return;
	failed = write_targets(f, t);
	failed |= fclose(f);
	if (failed || rename(tmp, intent_path(ctx, "", path)))
		unlink(tmp);
}

void sw_intent_end(const struct sw_ctx *ctx)
{
	char path[300];

	unlink(intent_path(ctx, "", path));
}

bool sw_intent_left(const struct sw_ctx *ctx)
{
	char path[300];

	return ctx->loaded && !access(intent_path(ctx, "", path), F_OK);
}

static int read_targets(FILE *f, struct sw_targets *t, struct sw_err *e)
{
	struct intent_header h;
	struct sw_prefix p;

	if (fread(&h, sizeof(h), 1, f) != 1 || h.magic != INTENT_MAGIC || h.size != sizeof(p))
		return 0;
	while (h.count-- && fread(&p, sizeof(p), 1, f) == 1)
		if (sw_targets_add(t, &p, e))
			return -1;
	return 0;
}

int sw_intent_settle(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_targets t = {0};
	char path[300];
	int ret;
	FILE *f;

	if (!ctx->loaded)
		return 0;
	f = fopen(intent_path(ctx, "", path), "re");
	if (!f)
		return errno == ENOENT ? 0 : sw_fail(e, 1, "%s: %s", path, strerror(errno));
	ret = read_targets(f, &t, e);
	fclose(f);
	sw_targets_sort(&t);
	if (!ret)
		ret = sw_targets_settle(ctx, &t, e);
	sw_targets_free(&t);
	return ret;
}
