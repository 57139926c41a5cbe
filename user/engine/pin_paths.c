// SPDX-License-Identifier: GPL-2.0-only
/* Names of maps, and where things are pinned. */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>
#include "engine/internal.h"

static const char *const map_names[] = {
#define X(name) #name,
	SW_MAPS(X)
#undef X
};

const char *sw_map_name(enum sw_map map)
{
	return map_names[map];
}

void sw_pin_path(char path[PATH_BYTES], const char *dir, const char *name)
{
	snprintf(path, PATH_BYTES, "%s/%s", dir, name);
}

void sw_engine_next(char path[SW_NEXT_BYTES], const char *pin_dir)
{
	snprintf(path, SW_NEXT_BYTES, "%s-next", pin_dir);
}

void sw_engine_unpin(const char *dir)
{
	char path[PATH_BYTES];
	struct dirent *d;
	DIR *pins = opendir(dir);

	if (!pins)
		return;
	while ((d = readdir(pins))) {
		if (d->d_name[0] == '.')
			continue;
		sw_pin_path(path, dir, d->d_name);
		if (unlink(path))
			rmdir(path);
	}
	closedir(pins);
	rmdir(dir);
}
