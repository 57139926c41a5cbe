// SPDX-License-Identifier: GPL-2.0-only
/* Rebuilds the Bloom filters of a drop set, without the bits of entries that have gone.
 * dropset.h has the steps, and why no packet of a listed address passes meanwhile. */
#include "blocklist/internal.h"

/* Stale bits that a word may have on average. Of words with sixteen bits, those of eight
 * addresses, one clean packet in sixteen goes on to the line; with two more one in
 * twelve. */
#define STALE_BITS 2

/* One table, mapped. */
struct table {
	struct sw_maps m;
	struct sw_table t;
	struct sw_arrays arrays;
	size_t used;
};

static int open_table(struct table *k, const struct sw_ctx *ctx, bool v4, struct sw_err *e)
{
	k->t = sw_table_of(&ctx->engine, v4);
	k->used = sw_table_used(&k->t);
	sw_maps_open(&k->m, &ctx->engine, true);
	return sw_arrays_at(&k->m, &k->t, 0, k->used, &k->arrays, e);
}

static void set_bloom_off(const struct table *k, __u64 bits)
{
	if (k->t.v4)
		sw_setting_store(k->m.g, drop4_bloom_off, bits);
	else
		sw_setting_store(k->m.g, drop6_bloom_off, bits);
}

static bool overflows(const struct sw_line *l)
{
	return __atomic_load_n(l->head, __ATOMIC_ACQUIRE) & SW_HEAD_OVERFLOWED;
}

/* The bits that the line needs. Which entries of the overflow map are its own is not asked:
 * few lines have any. */
static __u64 bits_of(const struct table *k, const struct sw_line *l)
{
	__u64 bits = overflows(l) ? ~0ull : 0;

	for (__u32 i = 0; i < l->ways; i++) {
		__u64 key = sw_slot_key(l, i);

		if (key)
			bits |= sw_bloom_bits(sw_table_hash(k->m.g, &k->t, key));
	}
	return bits;
}

int sw_bloom_rebuild(struct sw_ctx *ctx, bool v4, struct sw_err *e)
{
	struct table k;
	int ret = open_table(&k, ctx, v4, e);

	if (ret)
		goto out;
	set_bloom_off(&k, ~0ull);
	sw_wait_for_packets();
	for (size_t i = 0; i < k.used; i++)
		__atomic_store_n(&k.arrays.bloom[i], 0, __ATOMIC_SEQ_CST);
	sw_wait_for_packets();
	for (size_t i = 0; i < k.used; i++) {
		struct sw_line l = sw_line_of(&k.t, &k.arrays, i);

		__atomic_fetch_or(l.bloom, bits_of(&k, &l), __ATOMIC_SEQ_CST);
	}
	sw_wait_for_packets();
	set_bloom_off(&k, 0);
out:
	sw_maps_close(&k.m);
	return ret;
}

int sw_bloom_tidy(struct sw_ctx *ctx, bool v4, struct sw_err *e)
{
	struct table k;
	size_t stale = 0;
	int ret = open_table(&k, ctx, v4, e);

	for (size_t i = 0; !ret && i < k.used; i++) {
		struct sw_line l = sw_line_of(&k.t, &k.arrays, i);

		stale += __builtin_popcountll(*l.bloom & ~bits_of(&k, &l));
	}
	sw_maps_close(&k.m);
	if (ret || stale <= STALE_BITS * k.used)
		return ret;
	return sw_bloom_rebuild(ctx, v4, e);
}
