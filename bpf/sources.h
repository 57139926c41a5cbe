/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of each suspicious source: lookup, creation and decay. */
#ifndef SOURCES_H
#define SOURCES_H

#include "flow_state.h"
#include "ports.h"

#define SCORE_MAX 127

SW_HOLDS(sw_source, score, SCORE_MAX);
SW_HOLDS(sw_source, charged, SCORE_MAX);

/* Rank of a record for eviction: in use first, then score, then age. In a flood it is
 * random which of two records goes, so ranks are plain numbers and compared without a
 * branch. */
static __always_inline __u64 rank_of(const struct sw_source *s, __u32 ms)
{
	__u64 rank = !!s->key;

	return rank << 48 | (__u64)(__u8)(s->score + 128) << 32 | (__u32) ~(ms - s->last_ms);
}

/* A point decays in decay_ms * SW_POINT; there is no window, so a scan of one probe in
 * five minutes adds up all the same (docs/detection.md). */
static __always_inline void forget(struct sw_source *s, const struct sw_settings *set, __u32 ms)
{
	__u32 quarters;

	if (s->score <= 0 || !set->decay_ms)
		return;
	quarters = (ms - s->last_ms) / set->decay_ms;
	if (!quarters)
		return;
	if (quarters >= (__u32)s->score) {
		s->score = 0;
		s->targets = 0;
		s->kinds = 0;
		s->tool = 0;
		s->services = 0;
		__builtin_memset(s->port, 0, sizeof(s->port));
		return;
	}
	s->score -= quarters;
	s->last_ms += quarters * set->decay_ms;
}

/* The score that forget() would leave. */
static __always_inline int score_at(const struct sw_source *s, const struct sw_settings *set,
				    __u32 ms)
{
	__u32 quarters = set->decay_ms ? (ms - s->last_ms) / set->decay_ms : 0;

	if (s->score <= 0)
		return s->score;
	return quarters >= (__u32)s->score ? 0 : s->score - (int)quarters;
}

static __always_inline struct sw_source *find_source(struct sw_source_set *b, __u64 key)
{
	__u64 differs = b->source[0].key ^ key;
	struct sw_source *s;

	/* 1 if it is not the first. Hidden from clang, or it turns this into a branch. */
	asm volatile("" : "+r"(differs));
	differs = (differs | -differs) >> 63;
	asm volatile("" : "+r"(differs));
	s = &b->source[differs & 1];
	s = s->key == key ? s : NULL;
	/* or clang tests the key again instead of s */
	asm volatile("" : "+r"(s));
	return s;
}

/* In a full set the lowest score is evicted, then the oldest: a flood of sources with
 * one packet each evicts its own kind, not the scanner seen twice. */
static __always_inline struct sw_source *make_source(struct sw_source_set *b, __u64 key, __u32 ms)
{
	__u64 second = rank_of(&b->source[1], ms) - rank_of(&b->source[0], ms);
	struct sw_source *s;

	/* Hidden from clang, or it compares and branches. */
	asm volatile("" : "+r"(second));
	s = &b->source[second >> 63];
	*s = (struct sw_source){.key = key, .first_ms = ms, .last_ms = ms};
	return s;
}

static __always_inline struct sw_source_set *source_set(__u64 key)
{
	return entry_of(&sources, sw_hash6(key, 0, seed) & source_mask);
}

static __always_inline struct sw_source *source_in(struct sw_source_set *b, __u64 key,
						   const struct sw_settings *set, __u32 ms)
{
	struct sw_source *s;

	if (!b)
		return NULL;
	s = find_source(b, key);
	if (!s)
		return make_source(b, key, ms);
	forget(s, set, ms);
	return s;
}

static __always_inline struct sw_source *source_of(__u64 key, const struct sw_settings *set,
						   __u32 ms)
{
	return source_in(source_set(key), key, set, ms);
}

/* An IPv4 /24 or IPv6 /48 has a record as well. */
static __always_inline struct sw_source_set *network_set(__u64 key)
{
	return entry_of(&networks, sw_hash64(key, seed) >> 40 & (NETWORK_SETS - 1));
}

static __always_inline __u16 address_bit(const struct flow_key *e)
{
	return 1 << (own_tag(e) & 15);
}

/* Misses are grouped by the family of their port, malformed packets by the port. */
static __always_inline __u16 target_group(__u16 target, bool miss, bool udp)
{
	return miss ? port_family(target, udp) : target;
}

static __always_inline bool is_listed(const struct sw_source *s, __u16 group, bool miss, bool udp)
{
	bool listed = false;

	/* Not unrolled, or each copy keeps its own stack slots, and 6.1 has none left. */
#pragma clang loop unroll(disable)
	for (int i = 0; i < SW_SOURCE_PORTS; i++)
		listed |= s->port[i] && target_group(s->port[i], miss, udp) == group;
	return listed;
}

static __always_inline void list_target(struct sw_source *s, __u16 target)
{
#pragma unroll
	for (int i = SW_SOURCE_PORTS - 1; i > 0; i--)
		s->port[i] = s->port[i - 1];
	s->port[0] = target;
}

/* Is this very port among its last targets? */
static __always_inline bool has_missed(const struct sw_source *s, __u16 port)
{
	bool found = false;

#pragma unroll
	for (int i = 0; i < SW_SOURCE_PORTS; i++)
		found |= s->port[i] == port;
	return found;
}

static __always_inline __u16 group_bit(const struct flow_key *e, __u16 group)
{
	return 1 << (hash_target(e, bpf_htons(group)) & 15);
}

enum novelty {
	KNOWN_TARGET,
	KNOWN_PORT, /* on another local address */
	NEW_TARGET,
};

#define SKETCH_FULL 15 /* bits out of 16; beyond, addresses cannot be told apart */

/* Was this target (a port or IP protocol of a local address), or another of its family,
 * counted before? If not, it is recorded. The most recent ones are known exactly; older
 * ones, and the address, by the sketch. */
static __always_inline enum novelty novelty_of(struct sw_source *s, const struct flow_key *e,
					       __u16 target, bool miss)
{
	bool udp = e->proto == IPPROTO_UDP;
	__u16 group = target_group(target, miss, udp), bit = group_bit(e, group);
	bool listed = is_listed(s, group, miss, udp), full = s->port[SW_SOURCE_PORTS - 1];
	bool seen = s->targets & bit;

	s->targets |= bit | address_bit(e);
	if (listed)
		return seen && count_bits(s->targets) < SKETCH_FULL ? KNOWN_TARGET : KNOWN_PORT;
	list_target(s, target);
	return seen && full ? KNOWN_TARGET : NEW_TARGET;
}

/* A full sketch would match everything, so only the most recent targets are kept. */
static __always_inline void forget_targets(struct sw_source *s, const struct flow_key *e)
{
	__u16 last = address_bit(e);

#pragma unroll
	for (int i = 0; i < SW_SOURCE_PORTS; i++)
		last |= group_bit(e, port_family(s->port[i], e->proto == IPPROTO_UDP));
	s->targets = last;
}

#endif
