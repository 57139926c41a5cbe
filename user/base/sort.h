/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorting of large arrays. */
#ifndef SCANWALL_SORT_H
#define SCANWALL_SORT_H

#include <stddef.h>
#include <stdint.h>

/* qsort for lists that are mostly ordered already: it then only checks, or merges two runs. */
void sw_sort(void *item, size_t count, size_t size, int (*cmp)(const void *, const void *));

/* The same by `key`, which must be consistent with cmp; cmp decides between equal keys. */
void sw_sort_by(void *item, size_t count, size_t size, uint64_t (*key)(const void *),
		int (*cmp)(const void *, const void *));

#endif
