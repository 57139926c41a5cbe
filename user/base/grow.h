/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow by doubling. */
#ifndef SCANWALL_GROW_H
#define SCANWALL_GROW_H

#include <stddef.h>
#include "base/err.h"

/* Makes room for count + 1 items of `size` bytes. */
int sw_grow(void **array, size_t *room, size_t count, size_t size, struct sw_err *e);

#endif
