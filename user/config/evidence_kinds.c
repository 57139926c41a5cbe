// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of evidence by the names that both sides print. */
#include <string.h>
#include "config/internal.h"

/* What speaks for a source, and what is dropped without being counted against it. */
static bool is_held_against(enum sw_evidence k)
{
	return k != SW_EVIDENCE_OPEN_PORT && k != SW_EVIDENCE_SYN_RATE;
}

/* The enum sw_evidence of that name, if it can be held against a source; else -1. */
static int evidence_kind(const char *name)
{
#define X(id, weight, word, text) word,
	static const char *const names[] = {SW_EVIDENCE(X)};
#undef X

	for (int k = 0; k < SW_EVIDENCE_COUNT; k++)
		if (!strcmp(names[k], name) && is_held_against(k))
			return k;
	return -1;
}

bool sw_is_evidence(const char *text)
{
	return evidence_kind(text) >= 0;
}

__u32 sw_config_detect_kinds(const struct sw_config *c)
{
	__u32 kinds = 0;

	for (int i = 0; i < c->detect_kinds.count; i++)
		kinds |= 1u << evidence_kind(c->detect_kinds.item[i]);
	return kinds;
}
