// SPDX-License-Identifier: GPL-2.0-only
/* Arrays that grow by doubling. */
#include <stdlib.h>
#include "base/grow.h"

int sw_grow(void **array, size_t *room, size_t count, size_t size, struct sw_err *e)
{
	size_t more = *room ? 2 * *room : 16;
	void *grown;

	if (count < *room)
		return 0;
	grown = reallocarray(*array, more, size);
	if (!grown)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu entries", more);
	*array = grown;
	*room = more;
	return 0;
}
