// SPDX-License-Identifier: GPL-2.0-only
/* Starts sending the messages that are due. */
#include "notifier/internal.h"

/* Test messages go first: their client waits, and retries may take half an hour. */
static void put_test_first(struct sw_target *t)
{
	struct sw_item test;
	int at = 0;

	while (at < t->count && t->item[(t->first + at) % SW_QUEUE].asked < 0)
		at++;
	if (at == t->count)
		return;
	test = t->item[(t->first + at) % SW_QUEUE];
	for (; at; at--)
		t->item[(t->first + at) % SW_QUEUE] = t->item[(t->first + at - 1) % SW_QUEUE];
	t->item[t->first] = test;
	t->next = 0;
}

void sw_target_go(struct sw_notifier *n, struct sw_target *t, int64_t now)
{
	struct sw_err e;

	if (t->busy)
		return;
	put_test_first(t);
	if (!t->count || now < t->next)
		return;
	t->busy = true;
	if (t->begin(t, &t->item[t->first], &e))
		sw_target_done(n, t, e.text);
	else if (t->easy)
		sw_http_start(n, t);
}
