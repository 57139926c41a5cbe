/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SCANWALL_SORT_H
#define SCANWALL_SORT_H

#include <stddef.h>

/* qsort, for lists that mostly come in order: then it only looks, or merges two. */
void sw_sort(void *item, size_t count, size_t size, int (*cmp)(const void *, const void *));

#endif
