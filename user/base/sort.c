// SPDX-License-Identifier: GPL-2.0-only
/* Sorting of large arrays. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/sort.h"

#define SMALL 256 /* too few to be worth keys and their memory */

typedef int (*cmp_fn)(const void *, const void *);

/* Returns the end of the ordered run starting at item `from`. */
static size_t end_of_run(const char *item, size_t from, size_t count, size_t size, cmp_fn cmp)
{
	for (from++; from < count; from++)
		if (cmp(item + (from - 1) * size, item + from * size) > 0)
			break;
	return from;
}

/* Merges two ordered runs: the first n items, and the rest. */
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

/* True if the list is in order, which takes at most two runs. */
static bool sorted(void *item, size_t count, size_t size, cmp_fn cmp)
{
	size_t n = end_of_run(item, 0, count, size, cmp);

	if (n >= count)
		return true;
	return end_of_run(item, n, count, size, cmp) == count && !merge(item, n, count, size, cmp);
}

void sw_sort(void *item, size_t count, size_t size, cmp_fn cmp)
{
	if (!sorted(item, count, size, cmp))
		qsort(item, count, size, cmp);
}

struct keyed {
	uint64_t key;
	size_t at;
};

/* Stable sort by one byte of the key; false: it is the same in all. */
static bool by_byte(const struct keyed *from, struct keyed *to, size_t count, int shift)
{
	size_t start[256] = {0}, sum = 0, n;

	for (size_t i = 0; i < count; i++)
		start[from[i].key >> shift & 255]++;
	if (start[from[0].key >> shift & 255] == count)
		return false;
	for (int i = 0; i < 256; i++) {
		n = start[i];
		start[i] = sum;
		sum += n;
	}
	for (size_t i = 0; i < count; i++)
		to[start[from[i].key >> shift & 255]++] = from[i];
	return true;
}

/* k: room for twice the items. Returns which half is the result. */
static const struct keyed *by_key(struct keyed *k, size_t count)
{
	struct keyed *from = k, *to = k + count, *last;

	for (int shift = 0; shift < 64; shift += 8) {
		if (!by_byte(from, to, count, shift))
			continue;
		last = from;
		from = to;
		to = last;
	}
	return from;
}

/* -1: out of memory. */
static int sort_by_key(char *item, size_t count, size_t size, uint64_t (*key)(const void *),
		       cmp_fn cmp)
{
	struct keyed *k = calloc(count, 2 * sizeof(*k));
	char *copy = malloc(count * size);
	const struct keyed *in_order;
	size_t same = 0;

	if (!k || !copy)
		goto out;
	for (size_t i = 0; i < count; i++)
		k[i] = (struct keyed){key(item + i * size), i};
	in_order = by_key(k, count);
	memcpy(copy, item, count * size);
	for (size_t i = 0; i < count; i++)
		memcpy(item + i * size, copy + in_order[i].at * size, size);
	for (size_t i = 1; i <= count; i++) {
		if (i < count && in_order[i].key == in_order[same].key)
			continue;
		if (i - same > 1)
			qsort(item + same * size, i - same, size, cmp);
		same = i;
	}
out:
	free(k);
	free(copy);
	return k && copy ? 0 : -1;
}

void sw_sort_by(void *item, size_t count, size_t size, uint64_t (*key)(const void *), cmp_fn cmp)
{
	if (sorted(item, count, size, cmp))
		return;
	if (count < SMALL || sort_by_key(item, count, size, key, cmp))
		qsort(item, count, size, cmp);
}
