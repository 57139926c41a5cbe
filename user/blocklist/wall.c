// SPDX-License-Identifier: GPL-2.0-only
/* Opening all that a command works on, and the writers' lock. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

#define LOCK_WAIT_MS 30000

struct overlay {
	struct sw_config *c;
	struct sw_err *e;
};

static int set_one(const char *key, const char *value, void *arg)
{
	struct overlay *o = arg;

	return sw_config_set_key(o->c, key, value, "set by hand", o->e);
}

int sw_wall_config(const struct sw_wall *w, struct sw_config *c, struct sw_err *e)
{
	struct overlay o = {c, e};

	sw_config_init(c);
	if (!sw_config_load(w->config_file, !strcmp(w->config_file, SW_CONFIG_FILE), c, e) &&
	    !sw_store_settings(w->store, set_one, &o, e) && !sw_config_check(c, e))
		return 0;
	sw_config_free(c);
	return -1;
}

static int copy_path(char *to, size_t size, const char *path, const char *what, struct sw_err *e)
{
	if ((size_t)snprintf(to, size, "%s", path) < size)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE, "%s: the path has %zu characters, %zu are the most", what,
		       strlen(path), size - 1);
}

static int open_engine(struct sw_wall *w, struct sw_err *e)
{
	struct sw_err why;

	if (!sw_engine_open(&w->engine, w->pin_dir, &why)) {
		w->loaded = true;
		return 0;
	}
	for (int i = 0; i < SW_MAP_COUNT; i++)
		w->engine.fd[i] = -1;
	if (why.exit == SW_EXIT_NOT_THERE)
		return 0;
	return sw_fail(e, why.exit, "%s", why.text);
}

static int open_store(struct sw_wall *w, const char *pin_dir, const char *state_dir,
		      const char *config_file, struct sw_err *e)
{
	memset(w, 0, sizeof(*w));
	w->lock_fd = -1;
	if (copy_path(w->pin_dir, sizeof(w->pin_dir), pin_dir, "pin directory", e) ||
	    copy_path(w->state_dir, sizeof(w->state_dir), state_dir, "state directory", e) ||
	    copy_path(w->config_file, sizeof(w->config_file), config_file, "configuration", e))
		return -1;
	w->store = sw_store_open(w->state_dir, e);
	return w->store ? 0 : -1;
}

int sw_wall_open(struct sw_wall *w, const char *pin_dir, const char *state_dir,
		 const char *config_file, struct sw_err *e)
{
	if (open_store(w, pin_dir, state_dir, config_file, e))
		return -1;
	if (!sw_wall_config(w, &w->config, e) && !open_engine(w, e))
		return 0;
	sw_wall_close(w);
	return -1;
}

int sw_wall_open_locked(struct sw_wall *w, const char *pin_dir, const char *state_dir,
			const char *config_file, struct sw_err *e)
{
	if (open_store(w, pin_dir, state_dir, config_file, e))
		return -1;
	if (!sw_wall_lock(w, e) && !sw_wall_config(w, &w->config, e) && !open_engine(w, e))
		return 0;
	sw_wall_close(w);
	return -1;
}

void sw_wall_close(struct sw_wall *w)
{
	if (!w->store)
		return;
	sw_wall_unlock(w);
	if (w->loaded)
		sw_engine_close(&w->engine);
	if (w->guard_found)
		sw_guard_free(&w->guard);
	sw_config_free(&w->config);
	sw_store_close(w->store);
	w->store = NULL;
	w->loaded = w->guard_found = false;
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

int sw_wall_lock(struct sw_wall *w, struct sw_err *e)
{
	char path[sizeof(w->state_dir) + 8];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", w->state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
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
	sw_allow_forget(w);
	w->lock_fd = fd;
	if (!sw_drop4_settle(w, e))
		return 0;
	sw_wall_unlock(w);
	return -1;
}

void sw_wall_unlock(struct sw_wall *w)
{
	sw_allow_forget(w);
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	w->lock_fd = -1;
}

const struct sw_guard *sw_wall_guard(struct sw_wall *w, struct sw_err *e)
{
	if (w->guard_found)
		return &w->guard;
	if (sw_guard_find(w->config.keep_ssh, &w->guard, e))
		return NULL;
	w->guard_found = true;
	return &w->guard;
}
