// SPDX-License-Identifier: GPL-2.0-only
/* One change of record and maps. The maps are written before the record is
 * committed: what they refuse is undone in both. */
#include "internal.h"

static int origin_index(struct sw_plan *p, const char *origin, struct sw_err *e)
{
	void *grown;

	for (int i = p->origin_count - 1; i >= 0; i--)
		if (!strcmp(p->origin[i], origin))
			return i;
	if (p->origin_count == SW_EVERY_ORIGIN)
		return sw_fail(e, SW_EXIT_FAILED, "more than %d origins in one change",
			       SW_EVERY_ORIGIN);
	grown = realloc(p->origin, (p->origin_count + 1) * sizeof(*p->origin));
	if (!grown)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	p->origin = grown;
	snprintf(p->origin[p->origin_count], SW_ORIGIN_MAX, "%s", origin);
	return p->origin_count++;
}

int sw_plan_doom(struct sw_plan *p, const struct sw_prefix *prefix, const char *origin,
		 struct sw_err *e)
{
	int index = origin ? origin_index(p, origin, e) : SW_EVERY_ORIGIN;

	if (index < 0 ||
	    sw_grow((void **)&p->doomed, &p->doomed_room, p->doomed_count, sizeof(*p->doomed), e))
		return -1;
	p->doomed[p->doomed_count++] = (struct sw_doomed){*prefix, index};
	return sw_targets_add(&p->targets, prefix, e);
}

int sw_plan_claims(struct sw_plan *p, const struct sw_claim *c, size_t n, struct sw_err *e)
{
	p->claim = c;
	p->claim_count = n;
	for (size_t i = 0; i < n; i++) {
		struct sw_target *t;

		if (sw_targets_add(&p->targets, &c[i].prefix, e))
			return -1;
		t = &p->targets.item[p->targets.count - 1];
		t->claimed = true;
		t->own_claim = !strcmp(c[i].origin, SW_ORIGIN_KERNEL);
	}
	return 0;
}

void sw_plan_free(struct sw_plan *p)
{
	sw_targets_free(&p->targets);
	free(p->doomed);
	free(p->origin);
}

/* Is there a live claim to delete? -1 failed. */
static int64_t live_claims(struct sw_wall *w, const struct sw_doomed *d, const char *origin,
			   int64_t now, struct sw_err *e)
{
	struct sw_claim_filter live = {.prefix = &d->prefix, .live_at = now};
	struct sw_claim c;
	int found;

	if (!origin)
		return sw_store_claim_count(w->store, &live, e);
	found = sw_store_claim_get(w->store, &d->prefix, origin, &c, e);
	return found > 0 ? c.expires > now : found;
}

static int delete_one(struct sw_wall *w, const struct sw_plan *p, size_t i, int64_t now,
		      struct sw_err *e)
{
	const struct sw_doomed *d = &p->doomed[i];
	const char *origin = d->origin == SW_EVERY_ORIGIN ? NULL : p->origin[d->origin];
	const struct sw_target *t;
	int64_t live = 0;

	if (p->doomed_change || p->expired_only)
		live = live_claims(w, d, origin, now, e);
	if (live < 0)
		return -1;
	if (live && p->expired_only)
		return 0;
	if (p->doomed_change) {
		/* Held by no claim, and yet by the maps: it goes all the same. */
		t = origin ? NULL : sw_targets_find(&p->targets, &d->prefix);
		p->doomed_change[i] = live || (t && t->was_held) ? SW_REMOVED : SW_WAS_ABSENT;
	}
	return sw_store_claim_del(w->store, &d->prefix, origin, NULL, e);
}

static int edit_record(struct sw_wall *w, const struct sw_plan *p, struct sw_err *e)
{
	int64_t now = sw_now();

	for (size_t i = 0; i < p->doomed_count; i++)
		if (delete_one(w, p, i, now, e))
			return -1;
	if (sw_claims_put(w, p, e))
		return -1;
	if (p->touches_allow && sw_allow_edit(w, p, e))
		return -1;
	return p->also ? p->also(w, p->also_arg, e) : 0;
}

static int write_maps(struct sw_wall *w, struct sw_plan *p, struct sw_err *e)
{
	if (sw_targets_merge(w, p->targets.item, p->targets.count, e) ||
	    sw_targets_push(w, &p->targets, e))
		return -1;
	return p->touches_allow ? sw_allow_sync(w, e) : 0;
}

int sw_plan_run(struct sw_wall *w, struct sw_plan *p, struct sw_err *e)
{
	struct sw_err ignored;

	sw_targets_sort(&p->targets);
	if (sw_targets_observe(w, &p->targets, e) || sw_store_begin(w->store, e))
		return -1;
	if (edit_record(w, p, e)) {
		sw_store_rollback(w->store);
		sw_allow_forget(w);
		return -1;
	}
	if (!write_maps(w, p, e) && !sw_store_commit(w->store, e))
		return 0;
	sw_store_rollback(w->store);
	sw_allow_forget(w);
	write_maps(w, p, &ignored);
	return -1;
}
