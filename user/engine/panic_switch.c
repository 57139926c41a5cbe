// SPDX-License-Identifier: GPL-2.0-only
/* The emergency switch: one byte at a place that never changes
 * (layout.c), so that it works
 * over the maps of any version, with pins missing, and with few files left. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "engine/internal.h"

static int open_failed(const char *pin_dir, const char *path, struct sw_err *e)
{
	switch (errno) {
	case ENOENT:
		if (sw_engine_attachments(pin_dir, NULL, 0, NULL) > 0)
			return sw_fail(e, SW_EXIT_FAILED,
				       "%s is missing, so the running program cannot be reached; "
				       "to remove it: scanwall detach --all",
				       path);
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "scanwall is not loaded (%s is missing): nothing is dropped", path);
	case EACCES:
	case EPERM:
		return sw_fail(e, SW_EXIT_PERM, "not permitted to open %s; run scanwall as root",
			       path);
	}
	return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
}

int sw_engine_panic(const char *pin_dir, int on, bool *was, struct sw_err *e)
{
	char path[PATH_BYTES];
	volatile __u8 *at;
	int fd;

	sw_pin_path(path, pin_dir, sw_map_name(SW_MAP_settings));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return open_failed(pin_dir, path, e);
	at = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return sw_fail(e, SW_EXIT_FAILED, "cannot map %s: %s", path, strerror(errno));
	*was = at[offsetof(struct sw_settings, panic)];
	if (on >= 0)
		at[offsetof(struct sw_settings, panic)] = on;
	munmap((void *)at, sysconf(_SC_PAGESIZE));
	return 0;
}
