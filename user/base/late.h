/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared libraries that only some verbs need. Together with what they bring along
 * they take longer to load than `scanwall block` takes to block, so they are
 * loaded at the first call: a file for each library defines its functions, as its
 * header declares them, and goes on to the library.
 */
#ifndef SCANWALL_LATE_H
#define SCANWALL_LATE_H

#include <stdbool.h>

struct sw_late {
	const char *file; /* soname */
	void *library;
};

/* Returns the function; a missing library ends the process with a message. */
void *sw_late_find(struct sw_late *l, const char *name);
/* Is the library installed? For optional features. */
bool sw_late_loads(struct sw_late *l);

#define SW_LATE(library, result, name, declared, passed)         \
	result name declared                                     \
	{                                                        \
		static __typeof__(name) *found;                  \
                                                                 \
		if (!found)                                      \
			found = sw_late_find(&(library), #name); \
		return found passed;                             \
	}

#endif
