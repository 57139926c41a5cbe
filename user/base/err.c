// SPDX-License-Identifier: GPL-2.0-only
/* An error's exit code and sentence. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/err.h"
#include "base/visible.h"

void sw_err_set(struct sw_err *e, enum sw_exit code, const char *fmt, ...)
{
	char raw[sizeof(e->text)];
	va_list ap;

	if (!e)
		return;
	/* The arguments may point into e->text itself. */
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	sw_visible(e->text, sizeof(e->text), raw);
	e->exit = code;
}

enum sw_exit sw_exit_of_file(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return SW_EXIT_PERM;
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return SW_EXIT_USAGE;
	default:
		return SW_EXIT_FAILED;
	}
}
