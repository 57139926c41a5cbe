// SPDX-License-Identifier: GPL-2.0-only
/* Copies the contents of another version's maps into fresh ones, map by map. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "blocklist/past.h"
#include "engine/settings.h"

/* ---- blocks */

struct carrier {
	struct sw_maps maps;
	bool kernel_only;
	struct sw_err *e;
};

/* Of two entries of one address the one that ends later counts. */
static int carry_block(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	struct carrier *k = arg;
	struct sw_held there;
	__u32 conflict;

	if (k->kernel_only && !h->kernel)
		return 0;
	if (sw_held_read(&k->maps, p, &there, k->e))
		return -1;
	if ((there.expires_tick & SW_EXPIRES_TICKS) >= (h->expires_tick & SW_EXPIRES_TICKS))
		return 0;
	return sw_held_write(&k->maps, p, h->expires_tick, there.kernel, &conflict, k->e) < 0 ? -1
											      : 0;
}

static int carry_blocks(struct sw_ctx *ctx, const struct sw_past *past, bool kernel_only,
			struct sw_err *e)
{
	struct carrier k = {.kernel_only = kernel_only, .e = e};
	int ret;

	sw_maps_open(&k.maps, &ctx->engine, true);
	ret = sw_past_held(past, carry_block, &k, e);
	sw_maps_close(&k.maps);
	return ret;
}

static int count_one(const struct sw_prefix *p, const struct sw_held *h, void *arg)
{
	size_t *n = arg;

	(void)h;
	n[sw_block_map_of(p)]++;
	return 0;
}

static int make_room(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e)
{
	size_t n[SW_BLOCK_MAPS] = {0};

	if (sw_past_held(past, count_one, n, e) || sw_drop_fit(ctx, true, n[SW_IN_DROP4], e))
		return -1;
	return sw_drop_fit(ctx, false, n[SW_IN_DROP6], e);
}

/* ---- sources: each found its set by a hash of its key */

static int carry_source(const struct sw_source *s, void *arg)
{
	struct carrier *k = arg;
	const struct sw_engine *g = k->maps.g;
	struct sw_source_set *set =
		sw_maps_at(&k->maps, SW_MAP_sources,
			   sw_hash6(s->key, 0, g->settings->seed) & g->source_mask, 1, k->e);
	struct sw_source *place;

	if (!set)
		return -1;
	place = &set->source[0];
	for (int i = 0; i < SW_SOURCE_WAYS; i++) {
		struct sw_source *one = &set->source[i];

		if (one->key == s->key || !one->key ||
		    (place->key && place->key != s->key && one->score < place->score))
			place = one;
	}
	if (!place->key || place->score < s->score)
		*place = *s;
	return 0;
}

static int carry_sources(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e)
{
	struct carrier k = {.e = e};
	int ret;

	sw_maps_open(&k.maps, &ctx->engine, true);
	ret = sw_past_sources(past, carry_source, &k, e);
	sw_maps_close(&k.maps);
	return ret;
}

/* ---- what has been counted: added on to what the new program counts already */

static int carry_counters(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e)
{
	struct sw_counter sum[SW_REASON_COUNT] = {0};
	int cpus = libbpf_num_possible_cpus(), rc = 0;
	struct sw_counter *each = calloc(cpus, sizeof(*each));

	if (!each)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	if (sw_past_counters(past, sum, e))
		rc = -1;
	for (__u32 r = 0; !rc && r < SW_REASON_COUNT; r++) {
		int fd = ctx->engine.fd[SW_MAP_counters];

		rc = bpf_map_lookup_elem(fd, &r, each);
		each[0].passed += sum[r].passed;
		each[0].passed_bytes += sum[r].passed_bytes;
		each[0].dropped += sum[r].dropped;
		each[0].dropped_bytes += sum[r].dropped_bytes;
		if (rc || bpf_map_update_elem(fd, &r, each, BPF_ANY))
			rc = sw_fail(e, SW_EXIT_FAILED, "cannot write %s/counters: %s",
				     ctx->engine.dir, strerror(errno));
	}
	free(each);
	return rc;
}

/* Another size: the entries would be found at other places. */
static bool is_alike(const struct sw_engine *from, const struct sw_engine *to, enum sw_map map)
{
	return sw_map_entries(from, map) == sw_map_entries(to, map) &&
	       sw_map_value_size(from, map) == sw_map_value_size(to, map);
}

static int carry_map(const struct sw_engine *from, const struct sw_engine *to, enum sw_map map,
		     struct sw_err *e)
{
	__u32 n = sw_map_entries(to, map);
	void *value = malloc(sw_map_value_size(to, map));
	int rc = value ? 0 : sw_fail(e, SW_EXIT_FAILED, "out of memory");

	for (__u32 i = 0; !rc && i < n; i++)
		if (bpf_map_lookup_elem(from->fd[map], &i, value) ||
		    bpf_map_update_elem(to->fd[map], &i, value, BPF_ANY))
			rc = sw_fail(e, SW_EXIT_FAILED, "cannot copy map %s: %s", sw_map_name(map),
				     strerror(errno));
	free(value);
	return rc;
}

/* What the program remembers of clients, sources and connections: found by a keyed hash
 * whose key stays. Where a map has another size now, it learns anew. */
static int carry_memory(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e)
{
	static const enum sw_map maps[] = {
		SW_MAP_served,	 SW_MAP_flows,	  SW_MAP_known_clients, SW_MAP_client_tags,
		SW_MAP_speakers, SW_MAP_refusals, SW_MAP_requests,	SW_MAP_rule_limits,
		SW_MAP_tails,	 SW_MAP_openings, SW_MAP_knocks_seen};

	for (size_t m = 0; !past->first && m < sizeof(maps) / sizeof(*maps); m++)
		if (is_alike(&past->engine, &ctx->engine, maps[m]) &&
		    carry_map(&past->engine, &ctx->engine, maps[m], e))
			return -1;
	return 0;
}

static void carry_settings(struct sw_ctx *ctx, const struct sw_past *past)
{
	struct sw_engine *to = &ctx->engine;

	sw_setting_store(to, mode, past->mode);
	sw_settings_revert(to, past->revert_mode, past->revert_at);
	sw_setting_store(to, panic, past->panic);
	/* What the last one knew is carried over: no grace anew. */
	sw_setting_store(to, up_tick, past->up_tick);
}

int sw_carry_over(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e)
{
	carry_settings(ctx, past);
	if (sw_past_state(past, ctx->engine.state, e) || make_room(ctx, past, e) ||
	    carry_blocks(ctx, past, false, e) || carry_sources(ctx, past, e) ||
	    carry_memory(ctx, past, e))
		return -1;
	return 0;
}

int sw_carry_rest(struct sw_ctx *ctx, const struct sw_past *past, struct sw_err *e)
{
	if (carry_blocks(ctx, past, true, e) || carry_counters(ctx, past, e))
		return -1;
	return 0;
}
