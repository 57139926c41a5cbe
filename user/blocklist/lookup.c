// SPDX-License-Identifier: GPL-2.0-only
/* Read-only lookups, in the order that the XDP program uses; without a loaded program,
 * from the record. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

/* The longest live prefix. `value` begins with its expiry. */
static bool prefix_match(const struct sw_engine *g, const struct sw_addr *a, bool allow,
			 void *value, struct sw_prefix *by)
{
	const __u32 *expires_tick = value, now = sw_ticks_now();
	struct sw_prefix6 key;
	enum sw_map map;

	for (int plen = sw_addr_is4(a) ? 32 : 128; plen >= 0; plen--) {
		*by = sw_prefix_of(a, plen);
		map = sw_prefix_key(by, allow, &key);
		if (!bpf_map_lookup_elem(g->fd[map], &key, value) &&
		    (allow ? sw_allow_now(value, now) : (__u32)sw_live(*expires_tick, now)))
			return true;
	}
	return false;
}

static int address_match(struct sw_maps *m, const struct sw_addr *a, int plen, struct sw_verdict *v,
			 struct sw_err *e)
{
	struct sw_prefix p = sw_prefix_of(a, plen);
	struct sw_held h;

	if (v->blocked || sw_block_map_of(&p) == SW_IN_PREFIX4)
		return 0;
	if (sw_held_read(m, &p, &h, e))
		return -1;
	if (!h.expires_tick)
		return 0;
	v->blocked = true;
	v->by = p;
	v->expires_tick = h.expires_tick;
	v->hits = h.hits;
	return 0;
}

static int find_block(struct sw_maps *m, const struct sw_addr *a, struct sw_verdict *v,
		      struct sw_err *e)
{
	struct sw_prefix_block b;

	if (sw_addr_is4(a) ? address_match(m, a, 32, v, e)
			   : address_match(m, a, 64, v, e) || address_match(m, a, 128, v, e))
		return -1;
	if (v->blocked || !prefix_match(m->g, a, false, &b, &v->by))
		return 0;
	v->blocked = true;
	v->expires_tick = b.expires_tick;
	v->hits = b.hits;
	return 0;
}

/* The same as stands_alone() and suspect_key() in bpf/parse.h. */
static __u64 suspect_key(const struct sw_settings *set, const struct sw_addr *a)
{
	__u64 high = sw_half(a, 0);
	bool alone = high >> 54 == 0xfe80u >> 6 || high >> 32 == 0x0064ff9b || !high ||
		     high >> 32 == 0x20010000;

	if (sw_addr_is4(a))
		return SW_SOURCE_V4 | ntohl(sw_addr_to4(a));
	for (int i = 0; i < SW_OWN_LINKS; i++)
		alone |= set->own_link[i] == high;
	return alone ? sw_single_key(high, sw_half(a, 1), set->seed) : high;
}

static int find_source(struct sw_maps *m, const struct sw_addr *a, struct sw_verdict *v,
		       struct sw_err *e)
{
	__u64 key = suspect_key(m->g->settings, a);
	__u32 index = sw_hash6(key, 0, m->g->settings->seed) & m->g->source_mask;
	const struct sw_source_set *set = sw_maps_at(m, SW_MAP_sources, index, 1, e);

	if (!set)
		return -1;
	for (int i = 0; i < SW_SOURCE_WAYS; i++) {
		if (set->source[i].key != key)
			continue;
		v->watched = true;
		v->source = set->source[i];
	}
	return 0;
}

static int sum_claim(const struct sw_claim *c, void *arg)
{
	sw_sum_add(arg, c);
	return 0;
}

static int recorded_block(const struct sw_ctx *ctx, const struct sw_addr *a, struct sw_verdict *v,
			  struct sw_err *e)
{
	struct sw_claim_filter f = {.prefix = &v->by, .live_at = sw_now()};

	for (int plen = sw_addr_is4(a) ? 32 : 128; plen >= 0; plen--) {
		struct sw_sum sum = {0};

		v->by = sw_prefix_of(a, plen);
		if (sw_store_claims(ctx->store, &f, sum_claim, &sum, e) < 0)
			return -1;
		v->expires_tick = sw_sum_word(&sum, sw_ticks_now());
		v->blocked = v->expires_tick;
		if (v->blocked)
			return 0;
	}
	return 0;
}

struct allow_search {
	struct sw_prefix host;
	int64_t now;
	struct sw_verdict *v;
};

static void consider(struct sw_verdict *v, const struct sw_prefix *p, const struct sw_prefix *host,
		     enum sw_allow_kind kind)
{
	if (!sw_prefix_covers(p, host) ||
	    (v->allowed && (v->allowed_by.plen > p->plen ||
			    (v->allowed_by.plen == p->plen && v->allow_kind >= kind))))
		return;
	v->allowed = true;
	v->allowed_by = *p;
	v->allow_kind = kind;
}

static int consider_entry(const struct sw_allow_entry *a, void *arg)
{
	struct allow_search *s = arg;

	if (a->expires > s->now)
		consider(s->v, &a->prefix, &s->host,
			 a->trusted ? SW_ALLOW_TRUSTED : SW_ALLOW_OPERATOR);
	return 0;
}

static int recorded_allow(const struct sw_ctx *ctx, const struct sw_addr *a, struct sw_verdict *v,
			  struct sw_err *e)
{
	struct allow_search s = {sw_prefix_of(a, sw_addr_is4(a) ? 32 : 128), sw_now(), v};

	for (int i = 0; i < ctx->config.allow.count; i++)
		consider(v, &ctx->config.allow.item[i], &s.host, SW_ALLOW_OPERATOR);
	return sw_store_allows(ctx->store, consider_entry, &s, e);
}

int sw_lookup(const struct sw_ctx *ctx, const struct sw_addr *a, struct sw_verdict *v,
	      struct sw_err *e)
{
	struct sw_allow allow;
	struct sw_maps m;
	__u32 kind;
	int ret;

	memset(v, 0, sizeof(*v));
	if (!ctx->loaded)
		return recorded_block(ctx, a, v, e) || recorded_allow(ctx, a, v, e) ? -1 : 0;
	sw_maps_open(&m, &ctx->engine, false);
	ret = find_block(&m, a, v, e);
	if (!ret)
		ret = find_source(&m, a, v, e);
	sw_maps_close(&m);
	v->allowed = prefix_match(&ctx->engine, a, true, &allow, &v->allowed_by);
	kind = v->allowed ? sw_allow_now(&allow, sw_ticks_now()) : 0;
	if (kind)
		v->allow_kind = kind - 1;
	return ret;
}

struct entry_walk {
	sw_entry_fn fn;
	void *arg;
};

static int tell_held(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	struct entry_walk *k = arg;

	return k->fn(p, h->expires_tick, h->hits, k->arg);
}

static int tell_word(const struct sw_prefix *p, __u32 expires_tick, void *arg)
{
	struct entry_walk *k = arg;

	return k->fn(p, expires_tick, 0, k->arg);
}

int sw_entries(const struct sw_ctx *ctx, sw_entry_fn fn, void *arg, struct sw_err *e)
{
	struct entry_walk k = {fn, arg};

	if (!ctx->loaded)
		return sw_merged_each(ctx, tell_word, &k, e);
	return sw_held_each(&ctx->engine, tell_held, &k, e);
}
