// SPDX-License-Identifier: GPL-2.0-only
/* Prefixes whose claims change: what the maps hold of them, what the record's
 * claims add up to, and the one written into the other. */
#include "../base/sort.h"
#include "internal.h"

#define CLOCK_SLACK 2000000 /* us that wall clock and ticks may drift apart */

void sw_sum_add(struct sw_sum *s, const struct sw_claim *c)
{
	if (!s->any || c->expires > s->latest)
		s->latest = c->expires;
	s->any = true;
	s->kernel |= !strcmp(c->origin, SW_ORIGIN_KERNEL);
	s->open |= !c->new_only;
}

__u32 sw_sum_word(const struct sw_sum *s, __u32 now)
{
	__u32 until;

	if (!s->any)
		return 0;
	until = sw_ticks_from_time(s->latest) & SW_UNTIL_TICKS;
	if (!sw_live(until, now))
		return 0;
	return until | (s->kernel ? SW_UNTIL_AUTO : 0) | (s->open ? 0 : SW_UNTIL_NEW_ONLY);
}

int sw_targets_add(struct sw_targets *t, const struct sw_prefix *p, struct sw_err *e)
{
	if (sw_grow((void **)&t->item, &t->room, t->count, sizeof(*t->item), e))
		return -1;
	t->item[t->count++] = (struct sw_target){.prefix = *p};
	return 0;
}

static int target_cmp(const void *a, const void *b)
{
	const struct sw_target *x = a, *y = b;

	return sw_prefix_cmp(&x->prefix, &y->prefix);
}

void sw_targets_sort(struct sw_targets *t)
{
	size_t kept = 0;

	if (!t->count)
		return;
	sw_sort(t->item, t->count, sizeof(*t->item), target_cmp);
	for (size_t i = 1; i < t->count; i++) {
		if (target_cmp(&t->item[kept], &t->item[i])) {
			t->item[++kept] = t->item[i];
			continue;
		}
		t->item[kept].claimed |= t->item[i].claimed;
		t->item[kept].own_claim |= t->item[i].own_claim;
	}
	t->count = kept + 1;
}

struct sw_target *sw_targets_find(const struct sw_targets *t, const struct sw_prefix *p)
{
	struct sw_target key = {.prefix = *p};

	return bsearch(&key, t->item, t->count, sizeof(*t->item), target_cmp);
}

void sw_targets_free(struct sw_targets *t)
{
	free(t->item);
	memset(t, 0, sizeof(*t));
}

static int add_to_sum(const struct sw_claim *c, void *arg)
{
	sw_sum_add(arg, c);
	return 0;
}

/* An entry that ends with a live claim of somebody else was merged from it, and
 * says AUTO for a kernel claim that has run out since: the program does not
 * block what is blocked. */
int sw_kernel_explained(struct sw_wall *w, const struct sw_prefix *p, __u32 until, struct sw_err *e)
{
	struct sw_claim_filter f = {.prefix = p, .live_at = sw_now()};
	struct sw_sum live = {0};

	if (sw_store_claims(w->store, &f, add_to_sum, &live, e) < 0)
		return -1;
	if (live.kernel || (live.any && live.latest == SW_FOREVER))
		return 1;
	return live.any && live.latest >= sw_time_from_ticks(until) - CLOCK_SLACK;
}

int sw_kernel_adopt(struct sw_wall *w, const struct sw_prefix *p, __u32 until, struct sw_err *e)
{
	struct sw_claim c = {.prefix = *p,
			     .origin = SW_ORIGIN_KERNEL,
			     .since = sw_now(),
			     .expires = sw_time_from_ticks(until),
			     .new_only = until & SW_UNTIL_NEW_ONLY};
	struct sw_claim old;
	int found = sw_store_claim_get(w->store, p, SW_ORIGIN_KERNEL, &old, e);

	if (found < 0)
		return -1;
	if (found && old.expires >= c.expires)
		return 0;
	if (found && old.expires > c.since) {
		c.since = old.since;
		memcpy(c.comment, old.comment, sizeof(c.comment));
	}
	return sw_store_claim_put(w->store, &c, e);
}

static int observe_one(struct sw_wall *w, struct sw_maps *m, struct sw_target *t, bool *begun,
		       struct sw_err *e)
{
	struct sw_held h;
	int known;

	if (sw_held_read(m, &t->prefix, &h, e))
		return -1;
	t->known = h.kernel;
	t->was_held = h.until;
	if (!h.kernel || t->own_claim)
		return 0;
	known = sw_kernel_explained(w, &t->prefix, h.kernel, e);
	if (known)
		return known < 0 ? -1 : 0;
	if (!*begun && sw_store_begin(w->store, e))
		return -1;
	*begun = true;
	return sw_kernel_adopt(w, &t->prefix, h.kernel, e);
}

int sw_targets_observe(struct sw_wall *w, struct sw_targets *t, struct sw_err *e)
{
	struct sw_maps m;
	bool begun = false;
	int ret = 0;

	if (!w->loaded)
		return 0;
	sw_maps_open(&m, &w->engine, t->count > SW_BULK);
	for (size_t i = 0; !ret && i < t->count; i++)
		ret = observe_one(w, &m, &t->item[i], &begun, e);
	sw_maps_close(&m);
	if (begun && !ret)
		ret = sw_store_commit(w->store, e);
	if (begun && ret)
		sw_store_rollback(w->store);
	return ret;
}

/* A walk over claims in order, cut into one sum for each prefix. */
struct words {
	struct sw_prefix prefix;
	struct sw_sum sum;
	__u32 now;
	sw_word_fn fn;
	void *arg;
};

static int end_prefix(struct words *k)
{
	__u32 until = sw_sum_word(&k->sum, k->now);

	memset(&k->sum, 0, sizeof(k->sum));
	return until ? k->fn(&k->prefix, until, k->arg) : 0;
}

static int next_claim(const struct sw_claim *c, void *arg)
{
	struct words *k = arg;
	int ret;

	if (k->sum.any && sw_prefix_cmp(&k->prefix, &c->prefix)) {
		ret = end_prefix(k);
		if (ret)
			return ret;
	}
	k->prefix = c->prefix;
	sw_sum_add(&k->sum, c);
	return 0;
}

int sw_words_each(const struct sw_wall *w, sw_word_fn fn, void *arg, struct sw_err *e)
{
	struct sw_claim_filter f = {.live_at = sw_now()};
	struct words k = {.now = sw_ticks_now(), .fn = fn, .arg = arg};
	int ret = sw_store_claims(w->store, &f, next_claim, &k, e);

	return ret ? ret : end_prefix(&k);
}

struct cursor {
	struct sw_target *at, *end;
	size_t rows_left;
};

/* Both the walk and the targets are in order, so one pass meets them all. */
static int meet(const struct sw_prefix *p, __u32 until, void *arg)
{
	struct cursor *k = arg;
	int cmp = -1;

	if (!k->rows_left--)
		return 1;
	while (k->at < k->end && (cmp = sw_prefix_cmp(&k->at->prefix, p)) < 0)
		k->at++;
	if (k->at < k->end && !cmp)
		k->at->until = until;
	return 0;
}

static int merge_one(struct sw_wall *w, struct sw_target *t, struct sw_err *e)
{
	struct sw_claim_filter f = {.prefix = &t->prefix, .live_at = sw_now()};
	struct sw_sum sum = {0};

	if (sw_store_claims(w->store, &f, add_to_sum, &sum, e) < 0)
		return -1;
	t->until = sw_sum_word(&sum, sw_ticks_now());
	return 0;
}

int sw_targets_merge(struct sw_wall *w, struct sw_target *t, size_t n, struct sw_err *e)
{
	struct cursor k = {t, t + n, SW_WALK_ROWS(n)};
	int ret = 1;

	for (size_t i = 0; i < n; i++)
		t[i].until = 0;
	if (k.rows_left)
		ret = sw_words_each(w, meet, &k, e);
	if (ret <= 0)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (merge_one(w, &t[i], e))
			return -1;
	return 0;
}

/* The kernel blocks on its own; what it put there since we looked becomes its
 * claim before it is overwritten. */
static int push_one(struct sw_wall *w, struct sw_maps *m, struct sw_target *t, struct sw_err *e)
{
	__u32 surprise;
	int ret;

	for (;;) {
		ret = sw_held_write(m, &t->prefix, t->until, t->known, &surprise, e);
		if (ret != 1)
			return ret;
		t->known = surprise;
		if (sw_kernel_adopt(w, &t->prefix, surprise, e) || sw_targets_merge(w, t, 1, e))
			return -1;
	}
}

int sw_targets_push(struct sw_wall *w, struct sw_targets *t, struct sw_err *e)
{
	struct sw_maps m;
	size_t more = 0;
	int ret;

	if (!w->loaded)
		return 0;
	for (size_t i = 0; i < t->count; i++)
		more += t->item[i].until && !t->item[i].was_held &&
			sw_place_of(&t->item[i].prefix) == SW_IN_DROP4;
	ret = sw_drop4_fit(w, more, e);
	sw_maps_open(&m, &w->engine, t->count > SW_BULK);
	for (size_t i = 0; !ret && i < t->count; i++)
		ret = push_one(w, &m, &t->item[i], e);
	sw_maps_close(&m);
	return ret;
}
