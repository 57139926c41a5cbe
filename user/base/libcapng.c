// SPDX-License-Identifier: GPL-2.0-only
/* Stubs of the libcap-ng functions in use, loaded late (base/late.h). */
#include <cap-ng.h>
#include "base/late.h"

static struct sw_late library = {.file = "libcap-ng.so.0"};

#define LATE(name, declared, passed) SW_LATE(library, int, name, declared, passed)

LATE(capng_get_caps_process, (void), ())
LATE(capng_have_capability, (capng_type_t which, unsigned int capability), (which, capability))
LATE(capng_update, (capng_act_t action, capng_type_t type, unsigned int capability),
     (action, type, capability))
LATE(capng_apply, (capng_select_t set), (set))

void capng_clear(capng_select_t set)
{
	static __typeof__(capng_clear) *found;

	if (!found)
		found = sw_late_find(&library, "capng_clear");
	found(set);
}
