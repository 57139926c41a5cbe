// SPDX-License-Identifier: GPL-2.0-only
/* Log messages of scanwall-notify, on standard error. */
#include <stdarg.h>
#include <stdio.h>
#include "base/visible.h"
#include "notifier/internal.h"

void sw_say(const char *fmt, ...)
{
	char text[1200], visible[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sw_visible(visible, sizeof(visible), text);
	fprintf(stderr, "scanwall notify: %s\n", visible);
}
