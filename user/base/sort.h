/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorting of large arrays. */
#ifndef SCANWALL_SORT_H
#define SCANWALL_SORT_H

#include <stddef.h>
#include <stdint.h>

/* qsort, for lists that mostly come in order: then it only looks, or merges two. */
void sw_sort(void *item, size_t count, size_t size, int (*cmp)(const void *, const void *));

/* The same by `key`, whose order agrees with cmp's; cmp decides where it is the same. */
void sw_sort_by(void *item, size_t count, size_t size, uint64_t (*key)(const void *),
		int (*cmp)(const void *, const void *));

#endif
