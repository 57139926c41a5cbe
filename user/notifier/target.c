// SPDX-License-Identifier: GPL-2.0-only
/* The queue of one target, with retries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/duration.h"
#include "notifier/internal.h"

#define SECOND_NS 1000000000ll
#define PATIENCE (86400 * SECOND_NS) /* messages older than a day are dropped */
#define FIRST_WAIT 2		     /* s; quadrupled each time, up to */
#define LONGEST_WAIT 1800

static void drop_first(struct sw_target *t)
{
	struct sw_item *item = &t->item[t->first];

	free(item->body);
	free(item->kind);
	*item = (struct sw_item){.asked = -1};
	t->first = (t->first + 1) % SW_QUEUE;
	t->count--;
	t->attempts = 0;
	t->next = 0;
}

void sw_target_add(struct sw_target *t, char *body, const char *kind, int asked)
{
	struct sw_item *item = &t->item[(t->first + t->count) % SW_QUEUE];

	/* The message being sent is not dropped for a newer one. */
	if (t->count == SW_QUEUE || !body) {
		free(body);
		t->missing++;
		return;
	}
	*item = (struct sw_item){body, strdup(kind), sw_monotonic(), asked};
	t->count++;
}

static int64_t wait_after(int attempts)
{
	int64_t s = FIRST_WAIT;

	while (--attempts > 0 && s < LONGEST_WAIT)
		s *= 4;
	return (s < LONGEST_WAIT ? s : LONGEST_WAIT) * SECOND_NS;
}

static void tell(struct sw_target *t, const char *why)
{
	if (why && !t->failing)
		sw_say("%s: %s; will retry", t->name, why);
	if (!why && t->failing)
		sw_say("%s works again", t->name);
	t->failing = why != NULL;
	snprintf(t->why, sizeof(t->why), "%s", why ? why : "");
	if (why || !t->missing)
		return;
	sw_say("%s: %ld messages were not delivered", t->name, t->missing);
	t->missing = 0;
}

void sw_target_done(struct sw_notifier *n, struct sw_target *t, const char *why)
{
	struct sw_item *item = &t->item[t->first];

	t->busy = false;
	tell(t, why);
	if (item->asked >= 0)
		sw_conn_answer(n, item->asked, t->name, why);
	item->asked = -1;
	if (!why) {
		drop_first(t);
		return;
	}
	t->next = sw_monotonic() + wait_after(++t->attempts);
	if (sw_monotonic() - item->since < PATIENCE && !n->ending)
		return;
	t->missing++;
	drop_first(t);
}

int64_t sw_target_due(const struct sw_target *t)
{
	if (t->busy)
		return t->child >= 0 ? t->deadline : INT64_MAX;
	return t->count ? t->next : INT64_MAX;
}

void sw_target_free(struct sw_target *t)
{
	while (t->count)
		drop_first(t);
	free(t->key);
	t->key = NULL;
}
