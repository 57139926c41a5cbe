// SPDX-License-Identifier: GPL-2.0-only
/* Tells whether the record's settings have changed. */
#include "daemon/internal.h"

static int mix(const char *key, const char *value, void *arg)
{
	__u64 *sum = arg;

	for (const char *at = key; *at; at++) /* FNV-1a */
		*sum = (*sum ^ (unsigned char)*at) * 0x100000001b3ull;
	for (const char *at = value; *at; at++)
		*sum = (*sum ^ (unsigned char)*at) * 0x100000001b3ull;
	*sum = (*sum ^ 0xff) * 0x100000001b3ull;
	return 0;
}

__u64 sw_settings_sum(struct sw_daemon *d)
{
	__u64 sum = 0xcbf29ce484222325ull;

	return sw_store_settings(d->ctx.store, mix, &sum, NULL) ? d->settings_sum : sum;
}
