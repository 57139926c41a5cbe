/* SPDX-License-Identifier: GPL-2.0-only */
/* Fails to compile if a field is too narrow for the largest value stored in it.
 * scripts/widths requires it for every narrow field that holds an enum. */
#ifndef SCANWALL_WIDTH_H
#define SCANWALL_WIDTH_H

#define SW_FIELD(type, field) (((struct type *)0)->field)
#define SW_FIELD_SIGNED(type, field) ((__typeof__(SW_FIELD(type, field)))-1 < 0)
#define SW_FIELD_MOST(type, field) \
	((1ull << (8 * sizeof(SW_FIELD(type, field)) - SW_FIELD_SIGNED(type, field))) - 1)

/* Of struct `type`; not for 64-bit fields, nor for bit-fields, whose widths are named
 * constants with asserts of their own. */
#define SW_HOLDS(type, field, most)                          \
	_Static_assert((most) <= SW_FIELD_MOST(type, field), \
		       "struct " #type ": " #field " is too narrow for " #most)

#endif
