// SPDX-License-Identifier: GPL-2.0-only
/* The allowlist: in the record, and in the maps next to the guards. */
#include <errno.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"
#include "store/host_names.h"

struct wanted {
	struct sw_prefix prefix;
	__u32 expires_tick;
	__u32 kind; /* enum sw_allow_kind */
};

struct desired { /* what the maps shall hold */
	struct wanted *item;
	size_t count;
};

void sw_allow_forget(struct sw_ctx *ctx)
{
	free(ctx->allowed);
	ctx->allowed = NULL;
	ctx->allowed_count = 0;
	ctx->allowed_known = false;
}

struct loader {
	struct sw_ctx *ctx;
	size_t room;
	int64_t now;
	struct sw_err *e;
};

static int load_one(const struct sw_allow_entry *a, void *arg)
{
	struct loader *l = arg;

	if (a->expires <= l->now)
		return 0;
	if (sw_grow((void **)&l->ctx->allowed, &l->room, l->ctx->allowed_count, sizeof(*a), l->e))
		return -1;
	l->ctx->allowed[l->ctx->allowed_count++] = *a;
	return 0;
}

static int entry_cmp(const void *a, const void *b)
{
	const struct sw_allow_entry *x = a, *y = b;

	return sw_prefix_cmp(&x->prefix, &y->prefix);
}

int sw_allow_known(struct sw_ctx *ctx, struct sw_err *e)
{
	struct loader l = {.ctx = ctx, .now = sw_now(), .e = e};

	if (ctx->allowed_known)
		return 0;
	sw_allow_forget(ctx);
	if (sw_store_allows(ctx->store, load_one, &l, e)) {
		sw_allow_forget(ctx);
		return -1;
	}
	if (ctx->allowed_count)
		qsort(ctx->allowed, ctx->allowed_count, sizeof(*ctx->allowed), entry_cmp);
	ctx->allowed_known = ctx->lock_fd >= 0; /* else others may write meanwhile */
	return 0;
}

static struct sw_allow_entry *known_entry(struct sw_ctx *ctx, const struct sw_prefix *p)
{
	struct sw_allow_entry key = {.prefix = *p};

	if (!ctx->allowed_count)
		return NULL;
	return bsearch(&key, ctx->allowed, ctx->allowed_count, sizeof(key), entry_cmp);
}

static int remove_entries(struct sw_ctx *ctx, const struct sw_changeset *p, struct sw_err *e)
{
	for (size_t i = 0; i < p->disallow_count; i++) {
		if (p->disallow_change)
			p->disallow_change[i] =
				known_entry(ctx, &p->disallow[i]) ? SW_REMOVED : SW_WAS_ABSENT;
		if (sw_store_allow_del(ctx->store, &p->disallow[i], NULL, e))
			return -1;
	}
	return 0;
}

/* An entry that ends later is not cut short, and one that is trusted stays so. */
static int put_entry(struct sw_ctx *ctx, const struct sw_allow_entry *a, enum sw_change *change,
		     struct sw_err *e)
{
	struct sw_allow_entry *old = known_entry(ctx, &a->prefix), merged = *a;

	*change = SW_ADDED;
	if (old) {
		*change = a->expires > old->expires ? SW_PROLONGED : SW_UNCHANGED;
		merged.since = old->since;
		if (*change == SW_UNCHANGED)
			merged.expires = old->expires;
		merged.trusted |= old->trusted;
		if (a->trusted && !old->trusted)
			*change = SW_ADDED;
		if (!merged.comment[0])
			memcpy(merged.comment, old->comment, sizeof(merged.comment));
		if (*change == SW_UNCHANGED && !strcmp(merged.comment, old->comment))
			return 0;
		*old = merged;
	}
	return sw_store_allow_put(ctx->store, &merged, e);
}

/* By prefix, then expiry: of two for one prefix the longer one stays. */
static int by_expiry(const void *a, const void *b)
{
	const struct sw_allow_entry *x = *(const struct sw_allow_entry *const *)a;
	const struct sw_allow_entry *y = *(const struct sw_allow_entry *const *)b;
	int cmp = entry_cmp(x, y);

	if (cmp)
		return cmp;
	return x->expires < y->expires ? -1 : x->expires > y->expires;
}

static int put_entries(struct sw_ctx *ctx, const struct sw_changeset *p, struct sw_err *e)
{
	const struct sw_allow_entry **order;
	int ret = 0;

	if (!p->allow_count)
		return 0;
	order = calloc(p->allow_count, sizeof(*order));
	if (!order)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu entries", p->allow_count);
	for (size_t i = 0; i < p->allow_count; i++)
		order[i] = &p->allow[i];
	qsort(order, p->allow_count, sizeof(*order), by_expiry);
	for (size_t i = 0; !ret && i < p->allow_count; i++) {
		enum sw_change unasked, *to = &unasked;

		if (p->allow_change)
			to = &p->allow_change[order[i] - p->allow];
		ret = put_entry(ctx, order[i], to, e);
	}
	free(order);
	return ret;
}

int sw_allow_edit(struct sw_ctx *ctx, const struct sw_changeset *p, struct sw_err *e)
{
	int ret = sw_allow_known(ctx, e);

	if (!ret)
		ret = remove_entries(ctx, p, e);
	if (!ret && p->disallow_count) { /* those are gone, for put_entry too */
		sw_allow_forget(ctx);
		ret = sw_allow_known(ctx, e);
	}
	if (!ret)
		ret = put_entries(ctx, p, e);
	sw_allow_forget(ctx);
	return ret;
}

static int wanted_cmp(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return sw_prefix_cmp(&x->prefix, &y->prefix);
}

/* What the names that are configured had last. */
static size_t add_names(const struct sw_ctx *ctx, struct sw_host_names *kept, struct wanted *to)
{
	size_t n = 0;

	for (int i = 0; i < ctx->config.allow_names.count; i++) {
		const struct sw_host_name *h =
			sw_host_names_find(kept, ctx->config.allow_names.item[i]);

		for (int a = 0; h && a < h->count; a++)
			to[n++] = (struct wanted){
				sw_prefix_of(&h->addr[a], sw_addr_is4(&h->addr[a]) ? 32 : 128),
				SW_EXPIRES_TICKS, SW_ALLOW_OPERATOR};
	}
	return n;
}

static int make_desired(struct sw_ctx *ctx, struct desired *desired, struct sw_err *e)
{
	size_t n = 0, kept = 0;
	struct sw_host_names *names;

	if (sw_allow_known(ctx, e))
		return -1;
	ctx->names_unread.text[0] = '\0';
	names = sw_host_names_kept(ctx->state_dir, &ctx->names_unread);
	desired->item =
		calloc(ctx->allowed_count + ctx->config.allow.count + ctx->config.proxies.count +
			       ctx->config.allow_names.count * SW_HOST_ADDRS + 1,
		       sizeof(*desired->item));
	if (desired->item && names)
		n = add_names(ctx, names, desired->item);
	free(names);
	if (!desired->item)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < ctx->allowed_count; i++)
		desired->item[n++] = (struct wanted){
			ctx->allowed[i].prefix, sw_ticks_from_time(ctx->allowed[i].expires),
			ctx->allowed[i].trusted ? SW_ALLOW_TRUSTED : SW_ALLOW_OPERATOR};
	for (int i = 0; i < ctx->config.allow.count; i++)
		desired->item[n++] = (struct wanted){ctx->config.allow.item[i], SW_EXPIRES_TICKS,
						     SW_ALLOW_OPERATOR};
	for (int i = 0; i < ctx->config.proxies.count; i++)
		desired->item[n++] = (struct wanted){ctx->config.proxies.item[i], SW_EXPIRES_TICKS,
						     SW_ALLOW_PROXY};
	qsort(desired->item, n, sizeof(*desired->item), wanted_cmp);
	for (size_t i = 1; i < n; i++) {
		struct wanted *last = &desired->item[kept];

		if (wanted_cmp(last, &desired->item[i])) {
			desired->item[++kept] = desired->item[i];
			continue;
		}
		if (last->expires_tick < desired->item[i].expires_tick)
			last->expires_tick = desired->item[i].expires_tick;
		if (last->kind < desired->item[i].kind)
			last->kind = desired->item[i].kind;
	}
	desired->count = n ? kept + 1 : 0;
	return 0;
}

static bool is_guarded(struct sw_ctx *ctx, const struct sw_prefix *p)
{
	const struct sw_guard *g = sw_ctx_guard(ctx, NULL);

	for (int i = 0; g && i < g->count; i++)
		if (!sw_prefix_cmp(&g->item[i].prefix, p))
			return true;
	return false;
}

static int grant(struct sw_ctx *ctx, const struct wanted *x, struct sw_err *e)
{
	bool ends = x->expires_tick != SW_EXPIRES_TICKS;
	struct sw_allow have;
	__u32 now = sw_ticks_now();

	if (!sw_live(x->expires_tick, now))
		return 0;
	/* It may be the configuration's, too. */
	if (ctx->config_trouble.text[0] && sw_allow_get(&ctx->engine, &x->prefix, &have) &&
	    have.expires_tick >= x->expires_tick && have.kind >= x->kind)
		return 0;
	/* A guard lasts longer than an allow with an end, and is as good. */
	if (sw_allow_get(&ctx->engine, &x->prefix, &have) && sw_live(have.expires_tick, now) &&
	    (have.expires_tick == x->expires_tick ? have.kind == x->kind
						  : have.kind == SW_ALLOW_GUARD && !x->kind))
		return 0;
	if (ends && is_guarded(ctx, &x->prefix))
		return sw_allow_put_guarded(&ctx->engine, &x->prefix, x->expires_tick, x->kind, e);
	return sw_allow_put(&ctx->engine, &x->prefix, x->expires_tick, x->kind, e);
}

struct stale {
	const struct desired *desired;
	const struct sw_changeset *only; /* NULL: all of them */
	struct sw_targets gone;
	bool v4;
	struct sw_err *e;
};

static bool is_withdrawn(const struct sw_changeset *p, const struct sw_prefix *prefix)
{
	for (size_t i = 0; i < p->disallow_count; i++)
		if (!sw_prefix_cmp(&p->disallow[i], prefix))
			return true;
	return false;
}

static int note_stale(const void *key, const void *value, void *arg)
{
	struct stale *s = arg;
	const struct sw_allow *a = value;
	const struct sw_prefix4 *key4 = key;
	const struct sw_prefix6 *key6 = key;
	struct wanted x = {.prefix = {.plen = key4->plen, .v4 = s->v4}};

	if (a->kind == SW_ALLOW_GUARD)
		return 0;
	x.prefix.addr = s->v4 ? sw_addr_from4(key4->addr) : key6->addr;
	if (bsearch(&x, s->desired->item, s->desired->count, sizeof(x), wanted_cmp) ||
	    (s->only && !is_withdrawn(s->only, &x.prefix)))
		return 0;
	return sw_targets_add(&s->gone, &x.prefix, s->e);
}

/* Not allowed by anybody any more; a guard may still stand behind it. */
static int withdraw(struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e)
{
	if (is_guarded(ctx, p))
		return sw_allow_put(&ctx->engine, p, SW_EXPIRES_TICKS, SW_ALLOW_GUARD, e);
	return sw_allow_delete(&ctx->engine, p, e);
}

int sw_allow_sync_change(struct sw_ctx *ctx, const struct sw_changeset *p, struct sw_err *e)
{
	struct desired desired = {0};
	struct stale s = {.desired = &desired, .v4 = true, .e = e};
	int ret;

	if (!ctx->loaded)
		return 0;
	if (ctx->config_trouble.text[0])
		s.only = p;
	ret = make_desired(ctx, &desired, e);
	for (size_t i = 0; !ret && i < desired.count; i++)
		ret = grant(ctx, &desired.item[i], e);
	if (!ret)
		ret = sw_map_each(&ctx->engine, SW_MAP_allow4, note_stale, &s, e);
	s.v4 = false;
	if (!ret)
		ret = sw_map_each(&ctx->engine, SW_MAP_allow6, note_stale, &s, e);
	for (size_t i = 0; !ret && i < s.gone.count; i++)
		ret = withdraw(ctx, &s.gone.item[i].prefix, e);
	sw_targets_free(&s.gone);
	free(desired.item);
	return ret;
}

int sw_allow_sync(struct sw_ctx *ctx, struct sw_err *e)
{
	const struct sw_changeset none = {0};

	return sw_allow_sync_change(ctx, &none, e);
}

struct allow_adopter {
	struct sw_ctx *ctx;
	bool v4;
	struct sw_host_names *names;
	struct sw_err *e;
};

static bool is_named(const struct allow_adopter *k, const struct sw_prefix *p)
{
	for (int i = 0; k->names && i < k->names->count; i++)
		for (int a = 0; a < k->names->item[i].count; a++)
			if (!memcmp(&k->names->item[i].addr[a], &p->addr, sizeof(p->addr)))
				return sw_prefix_is_host(p);
	return false;
}

static int adopt_allow(const void *key, const void *value, void *arg)
{
	struct allow_adopter *k = arg;
	const struct sw_allow *a = value;
	const struct sw_prefix4 *key4 = key;
	const struct sw_prefix6 *key6 = key;
	struct sw_allow_entry entry = {.prefix = {.plen = key4->plen, .v4 = k->v4},
				       .comment = "found in force, and not in the record",
				       .since = sw_now()};

	if (a->kind != SW_ALLOW_OPERATOR && a->kind != SW_ALLOW_TRUSTED)
		return 0;
	entry.trusted = a->kind == SW_ALLOW_TRUSTED;
	entry.prefix.addr = k->v4 ? sw_addr_from4(key4->addr) : key6->addr;
	entry.expires = a->expires_tick == SW_EXPIRES_TICKS ? SW_FOREVER
							    : sw_time_from_ticks(a->expires_tick);
	for (int i = 0; !entry.trusted && i < k->ctx->config.allow.count; i++)
		if (!sw_prefix_cmp(&k->ctx->config.allow.item[i], &entry.prefix))
			return 0;
	if (is_named(k, &entry.prefix))
		return 0;
	return sw_store_allow_put(k->ctx->store, &entry, k->e);
}

int sw_adopt_allows(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_err unread;
	struct allow_adopter k = {ctx, true, sw_host_names_kept(ctx->state_dir, &unread), e};
	int ret = sw_map_each(&ctx->engine, SW_MAP_allow4, adopt_allow, &k, e);

	k.v4 = false;
	if (!ret)
		ret = sw_map_each(&ctx->engine, SW_MAP_allow6, adopt_allow, &k, e);
	free(k.names);
	return ret;
}
