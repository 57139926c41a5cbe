// SPDX-License-Identifier: GPL-2.0-only
/* Known clients, like bpf/clients.h: who uses a service, and clearing whoever has not been
 * seen for an hour. */
#include <arpa/inet.h>
#include <string.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

_Static_assert(sizeof(struct sw_known_client) == sizeof(__u64), "replaced at once");

static bool is_within_hour(const struct sw_known_client *c, __u32 tick)
{
	__u16 now = tick >> SW_CLIENT_SHIFT;
	__u16 hour = (UINT64_C(3600000000000) >> SW_TICK_SHIFT) >> SW_CLIENT_SHIFT;

	return c->when && (__u16)(now - c->when) < hour;
}

bool sw_uses_service(const struct sw_ctx *ctx, const struct sw_source *s, const struct sw_addr *own,
		     uint16_t port)
{
	const struct sw_engine *g = &ctx->engine;
	const __u64 *seed = g->settings->seed;
	__u64 local = sw_addr_is4(own) ? sw_addr_to4(own)
				       : sw_local6(sw_half(own, 0), sw_half(own, 1), seed);
	__u64 hash = sw_service_hash(s->key, local, htons(port), seed);
	__u32 index = hash >> 32 & (sw_map_entries(g, SW_MAP_known_clients) - 1);
	__u32 now = sw_ticks_now();
	struct sw_client_set set;

	if (bpf_map_lookup_elem(g->fd[SW_MAP_known_clients], &index, &set))
		return false;
	for (int i = 0; i < SW_CLIENT_WAYS; i++)
		if (set.way[i].tag == (__u32)hash && is_within_hour(&set.way[i], now))
			return true;
	return false;
}

/* The program may be writing to the entry: then it is not what was read. */
static void clear_expired(__u64 *entry, __u32 now)
{
	__u64 seen = __atomic_load_n(entry, __ATOMIC_RELAXED);
	struct sw_known_client c;

	memcpy(&c, &seen, sizeof(c));
	if (c.when && !is_within_hour(&c, now))
		__atomic_compare_exchange_n(entry, &seen, 0, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
}

#define PARTS 64     /* one in a sweep: a walk over the whole map would empty the cache */
#define PART_SHIFT 8 /* ticks, 69 s: no shorter than the sweeps are apart */

int sw_clients_sweep(const struct sw_engine *g, __u32 now, struct sw_err *e)
{
	size_t sets = sw_map_entries(g, SW_MAP_known_clients);
	size_t count = sets > PARTS ? sets / PARTS : sets;
	size_t first = (now >> PART_SHIFT) % (sets / count) * count;
	struct sw_window w;
	__u64 *entry;

	if (sw_window_open(g, SW_MAP_known_clients, first, count, &w, e))
		return -1;
	entry = w.at;
	for (size_t i = 0; i < count * SW_CLIENT_WAYS; i++)
		clear_expired(&entry[i], now);
	sw_window_close(&w);
	return 0;
}
