/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules that come with scanwall: user/rules/builtin/ in one text. */
#ifndef SCANWALL_BUILTIN_H
#define SCANWALL_BUILTIN_H

#include <stddef.h>

/* Part of the program; does not end in NUL. */
const char *sw_rules_builtin(size_t *length);

#endif
