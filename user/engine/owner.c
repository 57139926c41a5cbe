// SPDX-License-Identifier: GPL-2.0-only
/* Which record these maps belong to: an empty directory among the pins is named after
 * the state directory. Any other record would find every block unexplained. bpffs
 * allows no "/" and no "." in names. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "engine/internal.h"

#define OWNER "record-"

static void swap(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

/* "" if there is none. */
static void read_owner(const char *pin_dir, char owner[NAME_MAX + 1])
{
	struct dirent *d;
	DIR *pins = opendir(pin_dir);

	owner[0] = '\0';
	while (pins && (d = readdir(pins)))
		if (!strncmp(d->d_name, OWNER, strlen(OWNER)))
			snprintf(owner, NAME_MAX + 1, "%s", d->d_name + strlen(OWNER));
	if (pins)
		closedir(pins);
}

static bool encode(const char *state_dir, char name[NAME_MAX + 1])
{
	char *real = realpath(state_dir, NULL);

	snprintf(name, NAME_MAX + 1, "%.230s", real ? real : state_dir);
	free(real);
	swap(name, '/', ':');
	swap(name, '.', '%');
	return name[0];
}

int sw_engine_set_owner(const char *pin_dir, const char *state_dir)
{
	char name[NAME_MAX + 1], old[NAME_MAX + 1], path[PATH_BYTES + NAME_MAX];

	encode(state_dir, name);
	read_owner(pin_dir, old);
	if (!strcmp(name, old))
		return 0;
	if (old[0]) {
		snprintf(path, sizeof(path), "%s/" OWNER "%s", pin_dir, old);
		rmdir(path);
	}
	snprintf(path, sizeof(path), "%s/" OWNER "%s", pin_dir, name);
	return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

int sw_engine_check_owner(const char *pin_dir, const char *state_dir, struct sw_err *e)
{
	char name[NAME_MAX + 1], owner[NAME_MAX + 1];

	read_owner(pin_dir, owner);
	encode(state_dir, name);
	if (!owner[0] || !strcmp(owner, name))
		return 0;
	swap(owner, ':', '/');
	swap(owner, '%', '.');
	return sw_fail(
		e, SW_EXIT_FAILED,
		"the blocks in %s are recorded in %s; the record in %s would lift them all. Use "
		"--state-dir %s, or another --pin-dir, or detach first: scanwall detach --all",
		pin_dir, owner, state_dir, owner);
}
