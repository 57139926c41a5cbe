// SPDX-License-Identifier: GPL-2.0-only
/* Limits messages per hour: an attack makes thousands of events, and too many notifications
 * get muted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "notify/notify.h"

#define HOUR_NS 3600000000000ll

static void add(struct sw_notify_limit *l, enum sw_notify_kind kind, const char *text)
{
	l->left[kind]++;
	if (l->lines == SW_DIGEST_LINES) { /* the newest are kept */
		free(l->line[0]);
		memmove(&l->line[0], &l->line[1], (SW_DIGEST_LINES - 1) * sizeof(l->line[0]));
		l->lines--;
	}
	l->line[l->lines] = strndup(text, strcspn(text, "\n"));
	l->lines += l->line[l->lines] != NULL;
}

static bool is_over(const struct sw_notify_limit *l, int64_t now)
{
	return !l->since || now - l->since >= HOUR_NS;
}

bool sw_notify_admit(struct sw_notify_limit *l, int64_t now, enum sw_notify_kind kind,
		     const char *text)
{
	/* A digest that is due is sent before later messages. */
	if (is_over(l, now) && sw_notify_digest_due(l) == INT64_MAX) {
		l->since = now;
		l->sent = 0;
	}
	if (l->sent < l->most) {
		l->sent++;
		return true;
	}
	add(l, kind, text);
	return false;
}

int64_t sw_notify_digest_due(const struct sw_notify_limit *l)
{
	for (int k = 0; k < SW_NOTIFY_COUNT; k++)
		if (l->left[k])
			return l->since + HOUR_NS;
	return INT64_MAX;
}

static void write_digest(FILE *out, const struct sw_notify_limit *l)
{
	long all = 0;
	int kinds = 0;

	for (int k = 0; k < SW_NOTIFY_COUNT; k++)
		all += l->left[k];
	fprintf(out, "%ld more within the hour (", all);
	for (int k = 0; k < SW_NOTIFY_COUNT; k++)
		if (l->left[k])
			fprintf(out, "%s%ld %s", kinds++ ? ", " : "", l->left[k],
				sw_notify_name(k));
	fprintf(out, "); the newest:");
	for (int i = 0; i < l->lines; i++)
		fprintf(out, "\n%s", l->line[i]);
}

void sw_notify_limit_free(struct sw_notify_limit *l)
{
	while (l->lines)
		free(l->line[--l->lines]);
	memset(l->left, 0, sizeof(l->left));
}

char *sw_notify_digest(struct sw_notify_limit *l, int64_t now)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (sw_notify_digest_due(l) == INT64_MAX)
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	write_digest(out, l);
	fclose(out);
	sw_notify_limit_free(l);
	l->since = now;
	l->sent = 1;
	return text;
}
