// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include "base/sort.h"

void sw_sort(void *item, size_t count, size_t size, int (*cmp)(const void *, const void *))
{
	const char *at = item;

	for (size_t i = 1; i < count; i++, at += size) {
		if (cmp(at, at + size) > 0) {
			qsort(item, count, size, cmp);
			return;
		}
	}
}
