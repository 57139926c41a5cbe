// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include "base/err.h"

int sw_fail(struct sw_err *e, enum sw_exit code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	e->exit = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}
