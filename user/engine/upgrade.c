// SPDX-License-Identifier: GPL-2.0-only
/* Replaces the pins when a program has other maps: the new ones are pinned in a
 * directory of their own, filled, and exchanged with those in force. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include "engine/chain.h"
#include "engine/internal.h"

void sw_engine_forget(const char *pin_dir)
{
	char next[PATH_BYTES];

	sw_engine_next(next, pin_dir);
	sw_engine_unpin(next);
}

static bool is_link(const char *name)
{
	return !strncmp(name, SW_LINK_PREFIX, strlen(SW_LINK_PREFIX)) ||
	       !strncmp(name, SW_EGRESS_PREFIX, strlen(SW_EGRESS_PREFIX));
}

static int pin_again(const char *from, const char *to, const char *name, struct sw_err *e)
{
	char old[PATH_BYTES], new[PATH_BYTES];
	int fd, rc;

	sw_pin_path(old, from, name);
	sw_pin_path(new, to, name);
	fd = bpf_obj_get(old);
	rc = fd < 0 ? -1 : bpf_obj_pin(fd, new);
	if (rc)
		sw_fail(e, SW_EXIT_FAILED, "cannot pin %s as %s: %s", old, new, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

static int make_mark(const char *next, const char *name, struct sw_err *e)
{
	char path[PATH_BYTES];

	sw_pin_path(path, next, name);
	if (!mkdir(path, 0700))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "cannot make %s: %s", path, strerror(errno));
}

/* The program that follows ours, and the empty directories that say where it was before, and
 * which clsact qdiscs are ours. */
int sw_engine_keep_marks(const char *pin_dir, const char *next, struct sw_err *e)
{
	bool chained = sw_chain_is_set(pin_dir);
	struct dirent *d;
	int rc = 0;
	DIR *pins = opendir(pin_dir);

	if (!pins)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", pin_dir, strerror(errno));
	while (rc == 0 && (d = readdir(pins))) {
		if (chained && !strcmp(d->d_name, SW_CHAINED_PIN))
			rc = pin_again(pin_dir, next, d->d_name, e);
		else if ((chained &&
			  !strncmp(d->d_name, SW_CHAINED_PIN "-", sizeof(SW_CHAINED_PIN))) ||
			 !strncmp(d->d_name, SW_CLSACT_PREFIX, strlen(SW_CLSACT_PREFIX)))
			rc = make_mark(next, d->d_name, e);
	}
	closedir(pins);
	return rc;
}

/* Also pins the same links under the new pins. */
static int pin_links(const char *pin_dir, const char *next, struct sw_err *e)
{
	struct dirent *d;
	int rc = 0;
	DIR *pins = opendir(pin_dir);

	if (!pins)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", pin_dir, strerror(errno));
	while (rc == 0 && (d = readdir(pins)))
		if (is_link(d->d_name))
			rc = pin_again(pin_dir, next, d->d_name, e);
	closedir(pins);
	return rc;
}

static int run_pinned(const char *pin_dir, struct sw_err *e)
{
	char path[PATH_BYTES];
	int prog, rc;

	sw_pin_path(path, pin_dir, "program");
	prog = bpf_obj_get(path);
	if (prog < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	rc = sw_engine_switch_links(prog, pin_dir, e);
	close(prog);
	return rc;
}

/* RENAME_EXCHANGE on bpffs: Linux 5.16. */
static int exchange(const char *next, const char *pin_dir, struct sw_err *e)
{
	if (!renameat2(AT_FDCWD, next, AT_FDCWD, pin_dir, RENAME_EXCHANGE))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "cannot exchange %s and %s: %s", next, pin_dir,
		       strerror(errno));
}

int sw_engine_switch(struct sw_engine *g, const char *pin_dir, struct sw_err *e)
{
	char next[PATH_BYTES];
	struct sw_err ignored;

	sw_engine_next(next, pin_dir);
	/* pins first: if we die here, the next load finds maps that fit and switches
	 * the links */
	if (pin_links(pin_dir, next, e) || exchange(next, pin_dir, e))
		return -1;
	if (run_pinned(pin_dir, e)) {
		/* back, so that pins and programs match */
		if (!exchange(next, pin_dir, &ignored))
			run_pinned(pin_dir, &ignored);
		return -1;
	}
	snprintf(g->dir, sizeof(g->dir), "%s", pin_dir);
	return 0;
}
