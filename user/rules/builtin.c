// SPDX-License-Identifier: GPL-2.0-only
/* The built-in rules, linked in as one text. */
#include "rules/builtin.h"

/* The linker made them of build/builtin.rules; see Makefile. */
extern const char _binary_builtin_rules_start[], _binary_builtin_rules_end[];

const char *sw_rules_builtin(size_t *length)
{
	*length = _binary_builtin_rules_end - _binary_builtin_rules_start;
	return _binary_builtin_rules_start;
}
