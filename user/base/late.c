// SPDX-License-Identifier: GPL-2.0-only
/* Shared libraries loaded on first use (late.h). */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/err.h"
#include "base/late.h"

bool sw_late_loads(struct sw_late *l)
{
	if (!l->library)
		l->library = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
	return l->library;
}

void *sw_late_find(struct sw_late *l, const char *name)
{
	void *found = NULL;

	if (sw_late_loads(l))
		found = dlsym(l->library, name);
	if (found)
		return found;
	fprintf(stderr, "scanwall: this command needs the library %s: %s\n", l->file, dlerror());
	exit(SW_EXIT_FAILED);
}
