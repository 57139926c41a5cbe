// SPDX-License-Identifier: GPL-2.0-only
/* One change of record and maps. The maps are written before the record is
 * committed: what they refuse is undone in both. */
#include <pthread.h>
#include <signal.h>
#include "blocklist/internal.h"

static int origin_index(struct sw_changeset *p, const char *origin, struct sw_err *e)
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

int sw_changeset_delete(struct sw_changeset *p, const struct sw_prefix *prefix, const char *origin,
			struct sw_err *e)
{
	int index = origin ? origin_index(p, origin, e) : SW_EVERY_ORIGIN;

	if (index < 0 || sw_grow((void **)&p->to_delete, &p->doomed_room, p->doomed_count,
				 sizeof(*p->to_delete), e))
		return -1;
	p->to_delete[p->doomed_count++] = (struct sw_doomed){*prefix, index};
	return sw_targets_add(&p->targets, prefix, e);
}

int sw_changeset_claims(struct sw_changeset *p, const struct sw_claim *c, size_t n,
			struct sw_err *e)
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

void sw_changeset_free(struct sw_changeset *p)
{
	sw_targets_free(&p->targets);
	free(p->to_delete);
	free(p->origin);
}

/* Is there a live claim to delete? -1 failed. */
static int64_t live_claims(struct sw_ctx *ctx, const struct sw_doomed *d, const char *origin,
			   int64_t now, struct sw_err *e)
{
	struct sw_claim_filter live = {.prefix = &d->prefix, .live_at = now};
	struct sw_claim c;
	int found;

	if (!origin)
		return sw_store_claim_count(ctx->store, &live, e);
	found = sw_store_claim_get(ctx->store, &d->prefix, origin, &c, e);
	return found > 0 ? c.expires > now : found;
}

static int delete_one(struct sw_ctx *ctx, const struct sw_changeset *p, size_t i, int64_t now,
		      struct sw_err *e)
{
	const struct sw_doomed *d = &p->to_delete[i];
	const char *origin = d->origin == SW_EVERY_ORIGIN ? NULL : p->origin[d->origin];
	const struct sw_target *t;
	int64_t live = 0;

	if (p->doomed_change || p->expired_only)
		live = live_claims(ctx, d, origin, now, e);
	if (live < 0)
		return -1;
	if (live && p->expired_only)
		return 0;
	if (p->doomed_change) {
		/* Held by no claim, and yet by the maps: it goes all the same. */
		t = origin ? NULL : sw_targets_find(&p->targets, &d->prefix);
		p->doomed_change[i] = live || (t && t->was_held) ? SW_REMOVED : SW_WAS_ABSENT;
	}
	return sw_store_claim_del(ctx->store, &d->prefix, origin, NULL, e);
}

static int edit_record(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e)
{
	int64_t now = sw_now();

	if (p->clear && sw_store_claims_clear(ctx->store, e))
		return -1;
	for (size_t i = 0; i < p->doomed_count; i++)
		if (delete_one(ctx, p, i, now, e))
			return -1;
	if (sw_claims_put(ctx, p, e))
		return -1;
	if (p->touches_allow && sw_allow_edit(ctx, p, e))
		return -1;
	return p->also ? p->also(ctx, p->also_arg, e) : 0;
}

static int write_maps(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e)
{
	if (sw_targets_merge(ctx, p->targets.item, p->targets.count, e) ||
	    sw_targets_push(ctx, &p->targets, e))
		return -1;
	return p->touches_allow ? sw_allow_sync_change(ctx, p, e) : 0;
}

static int count_held(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	size_t *n = arg;

	(void)p;
	(void)h;
	++*n;
	return 0;
}

struct held_targets {
	struct sw_targets *t;
	struct sw_err *e;
};

static int add_held(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	struct held_targets *k = arg;

	(void)h;
	return sw_targets_add(k->t, p, k->e);
}

/* Entries that only the maps have become targets. Mostly there are none, and counting is cheaper
 * than sorting in known ones. */
static int observe_rest(struct sw_ctx *ctx, struct sw_targets *t, struct sw_err *e)
{
	struct held_targets k = {t, e};
	size_t known = 0, held = 0;

	for (size_t i = 0; i < t->count; i++)
		known += t->item[i].was_held;
	if (sw_held_each(&ctx->engine, count_held, &held, e))
		return -1;
	if (held == known)
		return 0;
	if (sw_held_each(&ctx->engine, add_held, &k, e))
		return -1;
	sw_targets_sort(t);
	return sw_targets_observe(ctx, t, e);
}

static int observe(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e)
{
	sw_targets_sort(&p->targets);
	if (sw_targets_observe(ctx, &p->targets, e))
		return -1;
	return p->clear && ctx->loaded ? observe_rest(ctx, &p->targets, e) : 0;
}

/* What the record lacks of a block by the kernel: it was adopted by the change that is
 * undone, or not at all. */
static __u32 with_kernels(__u32 word, __u32 known)
{
	__u32 end = word & SW_EXPIRES_TICKS, kernels_end = known & SW_EXPIRES_TICKS;

	if (!sw_live(known, sw_ticks_now()))
		return word;
	if (!word)
		return known;
	return (end > kernels_end ? end : kernels_end) | SW_EXPIRES_AUTO |
	       (word & known & SW_EXPIRES_NEW_ONLY);
}

/* Puts back what the maps had before. */
static void undo(struct sw_ctx *ctx, struct sw_changeset *p)
{
	struct sw_err ignored;

	sw_store_rollback(ctx->store);
	sw_allow_forget(ctx);
	if (!sw_targets_merge(ctx, p->targets.item, p->targets.count, &ignored)) {
		for (size_t i = 0; i < p->targets.count; i++) {
			struct sw_target *t = &p->targets.item[i];

			t->expires_tick = with_kernels(t->expires_tick, t->known);
			if (t->pushed && t->written & SW_EXPIRES_AUTO)
				t->known = t->written; /* not a later block by the kernel */
		}
		sw_targets_push(ctx, &p->targets, &ignored);
	}
	if (p->touches_allow)
		sw_allow_sync(ctx, &ignored);
}

static int change(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e)
{
	if (sw_store_begin(ctx->store, e))
		return -1;
	if ((p->first && p->first(p, p->first_arg, e)) || observe(ctx, p, e) ||
	    edit_record(ctx, p, e)) {
		sw_store_rollback(ctx->store);
		sw_allow_forget(ctx);
		return -1;
	}
	if (p->targets.count || p->touches_allow)
		sw_intent_begin(ctx, &p->targets);
	if (!write_maps(ctx, p, e) && !sw_store_commit(ctx->store, e))
		return 0;
	undo(ctx, p);
	return -1;
}

/* Ctrl-C, a hangup and `kill` wait until record and maps agree; for what does not
 * wait, a file says that they may not. */
int sw_changeset_run(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e)
{
	sigset_t held, before;
	int ret;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &held, &before);
	ret = change(ctx, p, e);
	if (p->targets.count || p->touches_allow)
		sw_intent_end(ctx);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}
