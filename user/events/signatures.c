// SPDX-License-Identifier: GPL-2.0-only
/* Looks up the name of a signature in force by its number (sid). */
#include <stdlib.h>
#include <string.h>
#include "events/signatures.h"

static int no_memory(struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "out of memory for the names of signatures");
}

static void free_one(struct sw_signature *s)
{
	free(s->msg);
	free(s->classtype);
	free(s->reference);
}

int sw_signatures_add(struct sw_signatures *l, const struct sw_signature *s, struct sw_err *e)
{
	size_t more = l->room ? 2 * l->room : 128;
	struct sw_signature copy = *s;
	void *grown;

	if (l->count == l->room) {
		grown = reallocarray(l->item, more, sizeof(*l->item));
		if (!grown)
			return no_memory(e);
		l->item = grown;
		l->room = more;
	}
	copy.msg = strdup(s->msg ? s->msg : "");
	copy.classtype = strdup(s->classtype ? s->classtype : "");
	copy.reference = strdup(s->reference ? s->reference : "");
	if (!copy.msg || !copy.classtype || !copy.reference) {
		free_one(&copy);
		return no_memory(e);
	}
	l->item[l->count++] = copy;
	return 0;
}

static int by_sid(const void *a, const void *b)
{
	const struct sw_signature *x = a, *y = b;

	return (x->sid > y->sid) - (x->sid < y->sid);
}

void sw_signatures_sort(struct sw_signatures *l)
{
	if (l->count)
		qsort(l->item, l->count, sizeof(*l->item), by_sid);
}

const struct sw_signature *sw_signature_find(const struct sw_signatures *l, uint32_t sid)
{
	struct sw_signature wanted = {.sid = sid};

	if (!l || !sid || !l->count)
		return NULL;
	return bsearch(&wanted, l->item, l->count, sizeof(*l->item), by_sid);
}

void sw_signatures_free(struct sw_signatures *l)
{
	for (size_t i = 0; i < l->count; i++)
		free_one(&l->item[i]);
	free(l->item);
	*l = (struct sw_signatures){0};
}
