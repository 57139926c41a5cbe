// SPDX-License-Identifier: GPL-2.0-only
/* Opens and closes a struct sw_ctx, and takes the writers' lock. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "context/record.h"
#include "blocklist/internal.h"

#define LOCK_WAIT_MS 30000

static int copy_path(char *to, size_t size, const char *path, const char *what, struct sw_err *e)
{
	if ((size_t)snprintf(to, size, "%s", path) < size)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE, "%s: path too long: %zu characters (at most %zu)", what,
		       strlen(path), size - 1);
}

static int open_engine(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_err why;
	__u32 layout;

	if (!sw_engine_open(&ctx->engine, ctx->pin_dir, &why)) {
		ctx->loaded = true;
		if (ctx->config_trouble.text[0])
			ctx->config.mode = sw_engine_mode(&ctx->engine);
		return 0;
	}
	for (int i = 0; i < SW_MAP_COUNT; i++)
		ctx->engine.fd[i] = -1;
	layout = sw_engine_layout(ctx->pin_dir);
	ctx->foreign = layout && layout != SW_ABI_VERSION;
	if (why.exit == SW_EXIT_NOT_THERE)
		return 0;
	ctx->unusable = why;
	if (ctx->foreign)
		return 0;
	return sw_fail(e, why.exit, "%s", why.text);
}

static int open_store(struct sw_ctx *ctx, const char *pin_dir, const char *state_dir,
		      const char *config_file, struct sw_err *e)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->lock_fd = -1;
	if (copy_path(ctx->pin_dir, sizeof(ctx->pin_dir), pin_dir, "pin directory", e) ||
	    copy_path(ctx->state_dir, sizeof(ctx->state_dir), state_dir, "state directory", e) ||
	    copy_path(ctx->config_file, sizeof(ctx->config_file), config_file, "configuration", e))
		return -1;
	return sw_record_open(ctx, e);
}

int sw_ctx_open(struct sw_ctx *ctx, const char *pin_dir, const char *state_dir,
		const char *config_file, struct sw_err *e)
{
	if (open_store(ctx, pin_dir, state_dir, config_file, e))
		return -1;
	if (!sw_ctx_config_or_in_force(ctx, e) &&
	    (!open_engine(ctx, e) || ctx->unusable.exit == SW_EXIT_FAILED) &&
	    !sw_record_learn(ctx, e))
		return 0;
	sw_ctx_close(ctx);
	return -1;
}

int sw_ctx_open_locked(struct sw_ctx *ctx, const char *pin_dir, const char *state_dir,
		       const char *config_file, struct sw_err *e)
{
	if (open_store(ctx, pin_dir, state_dir, config_file, e))
		return -1;
	if (!sw_engine_check_owner(ctx->pin_dir, ctx->state_dir, e) && !sw_ctx_lock(ctx, e) &&
	    !sw_record_check(ctx, e) && !sw_ctx_config_or_in_force(ctx, e) &&
	    !open_engine(ctx, e) && !sw_record_learn(ctx, e))
		return 0;
	sw_ctx_close(ctx);
	return -1;
}

void sw_ctx_close(struct sw_ctx *ctx)
{
	if (!ctx->store)
		return;
	sw_ctx_unlock(ctx);
	if (ctx->loaded)
		sw_engine_close(&ctx->engine);
	if (ctx->guard_found)
		sw_guard_free(&ctx->guard);
	sw_config_free(&ctx->config);
	sw_store_close(ctx->store);
	ctx->store = NULL;
	ctx->loaded = ctx->guard_found = false;
}

/* flock has no time limit of its own, and no order of waiters to keep. */
static int wait_for_lock(int fd)
{
	struct timespec ms = {.tv_nsec = 1000000};

	for (int waited = 0; waited < LOCK_WAIT_MS; waited++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		nanosleep(&ms, NULL);
	}
	errno = ETIMEDOUT;
	return -1;
}

/* Of something else than a file, such as a directory, the state directory itself. */
static int open_lock(const struct sw_ctx *ctx, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	struct stat st;

	if (fd >= 0 || errno == EACCES || errno == EPERM)
		return fd;
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return open(ctx->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* If the state directory is not writable, locks the pin directory instead. */
	if (sw_store_is_volatile(ctx->store))
		return open(ctx->pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return -1;
}

int sw_ctx_lock(struct sw_ctx *ctx, struct sw_err *e)
{
	char path[sizeof(ctx->state_dir) + 8];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", ctx->state_dir);
	fd = open_lock(ctx, path);
	if (fd < 0 && sw_store_is_volatile(ctx->store))
		return 0;
	if (fd < 0)
		return sw_fail(e, errno == EACCES || errno == EPERM ? SW_EXIT_PERM : SW_EXIT_FAILED,
			       "%s could not be opened: %s", path, strerror(errno));
	if (wait_for_lock(fd)) {
		sw_fail(e, SW_EXIT_FAILED, "%s could not be locked: %s", path,
			errno == ETIMEDOUT ? "another scanwall has held it for 30 seconds"
					   : strerror(errno));
		close(fd);
		return -1;
	}
	sw_allow_forget(ctx);
	ctx->lock_fd = fd;
	if (!sw_drop_settle(ctx, e))
		return 0;
	sw_ctx_unlock(ctx);
	return -1;
}

void sw_ctx_unlock(struct sw_ctx *ctx)
{
	sw_allow_forget(ctx);
	if (ctx->lock_fd >= 0)
		close(ctx->lock_fd);
	ctx->lock_fd = -1;
}
