// SPDX-License-Identifier: GPL-2.0-only
/* What the checks of `scanwall doctor` have found (findings.h). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "host/doctor_checks.h"

void sw_doctor_say(struct sw_doctor *d, enum sw_finding finding, const char *name,
		   const char *about, const char *fmt, ...)
{
	struct sw_check *c;
	struct sw_err ignored;
	va_list ap;

	if (sw_grow((void **)&d->out->item, &d->out->room, d->out->count, sizeof(*c), &ignored)) {
		d->rc = -1;
		return;
	}
	c = &d->out->item[d->out->count++];
	memset(c, 0, sizeof(*c));
	c->finding = finding;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->about, sizeof(c->about), "%s", about ? about : "");
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
}

void sw_doctor_free(struct sw_checkup *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}
