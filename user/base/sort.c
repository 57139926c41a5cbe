// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include "base/sort.h"

typedef int (*cmp_fn)(const void *, const void *);

/* Where the order ends that begins at item `from`. */
static size_t end_of_run(const char *item, size_t from, size_t count, size_t size, cmp_fn cmp)
{
	for (from++; from < count; from++)
		if (cmp(item + (from - 1) * size, item + from * size) > 0)
			break;
	return from;
}

/* The first n items, and those behind them, are each in order. */
static int merge(char *item, size_t n, size_t count, size_t size, cmp_fn cmp)
{
	char *first = malloc(n * size), *a = first, *end = a + n * size;
	char *b = item + n * size, *last = item + count * size;

	if (!first)
		return -1;
	memcpy(first, item, n * size);
	for (; a < end; item += size) {
		char **from = b < last && cmp(a, b) > 0 ? &b : &a;

		memcpy(item, *from, size);
		*from += size;
	}
	free(first);
	return 0;
}

void sw_sort(void *item, size_t count, size_t size, cmp_fn cmp)
{
	size_t n = end_of_run(item, 0, count, size, cmp);

	if (n >= count)
		return;
	if (end_of_run(item, n, count, size, cmp) < count || merge(item, n, count, size, cmp))
		qsort(item, count, size, cmp);
}
