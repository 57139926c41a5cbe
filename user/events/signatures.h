/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the signatures in force: events have their numbers (sid) only. */
#ifndef SCANWALL_SIGNATURES_H
#define SCANWALL_SIGNATURES_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct sw_signature {
	uint32_t sid, rev;
	unsigned priority;		   /* 1 is the gravest; 0: not said */
	char *msg, *classtype, *reference; /* "" where not said */
};

struct sw_signatures {
	struct sw_signature *item;
	size_t count, room;
};

/* Copies; NULL strings become "". */
int sw_signatures_add(struct sw_signatures *l, const struct sw_signature *s, struct sw_err *e);
/* After the last was added. */
void sw_signatures_sort(struct sw_signatures *l);
/* NULL if none has this number (0: no signature), or l is NULL. */
const struct sw_signature *sw_signature_find(const struct sw_signatures *l, uint32_t sid);
void sw_signatures_free(struct sw_signatures *l);

#endif
