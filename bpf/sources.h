/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of each suspicious source: found or made, forgetting slowly. */
#ifndef SOURCES_H
#define SOURCES_H

#include "flow_state.h"
#include "ports.h"

#define SCORE_MAX 127

SW_HOLDS(sw_source, score, SCORE_MAX);

/* How much a source has to say for its place: one that is there, then its score,
 * then how fresh it is. Which of a set's two gives way is random in a flood,
 * so it is a number to be compared without a branch. */
static __always_inline __u64 rank_of(const struct sw_source *s, __u32 ms)
{
	__u64 rank = !!s->key;

	return rank << 48 | (__u64)(__u8)(s->score + 128) << 32 | (__u32) ~(ms - s->last_ms);
}

/* A point is forgotten every decay_ms * SW_POINT, without a window: a scan of
 * one probe in five minutes adds up all the same (docs/detection.md). */
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

/* The score as forget() would leave it. */
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

	/* 1 where the first is not it. Hidden, or it is a branch again. */
	asm volatile("" : "+r"(differs));
	differs = (differs | -differs) >> 63;
	asm volatile("" : "+r"(differs));
	s = &b->source[differs & 1];
	s = s->key == key ? s : NULL;
	/* Or clang asks for the key again instead of for s. */
	asm volatile("" : "+r"(s));
	return s;
}

/* In a full set the lowest score gives way, then the oldest: a flood of
 * sources with one packet each pushes out its own kind, not the scanner that
 * was seen twice. */
static __always_inline struct sw_source *make_source(struct sw_source_set *b, __u64 key, __u32 ms)
{
	__u64 second = rank_of(&b->source[1], ms) - rank_of(&b->source[0], ms);
	struct sw_source *s;

	/* Hidden, or clang compares the two and jumps. */
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

/* Misses count by the family of their port, what is odd in itself by the port. */
static __always_inline __u16 target_group(__u16 target, bool miss)
{
	return miss ? port_family(target) : target;
}

static __always_inline bool is_listed(const struct sw_source *s, __u16 group, bool miss)
{
	bool listed = false;

	/* Not unrolled, or each call keeps its own on the stack, of which 6.1 has no more. */
#pragma clang loop unroll(disable)
	for (int i = 0; i < SW_SOURCE_PORTS; i++)
		listed |= s->port[i] && target_group(s->port[i], miss) == group;
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
	KNOWN_PORT, /* at another of our addresses */
	NEW_TARGET,
};

#define SKETCH_FULL 15 /* bits of 16: then it tells no more addresses apart */

/* Was this target (a port, or an IP protocol, of one of our addresses) counted
 * before, or one of its family? If not, it is now. The last ones are known exactly;
 * what fell out of the list, and the address, by the sketch. */
static __always_inline enum novelty novelty_of(struct sw_source *s, const struct flow_key *e,
					       __u16 target, bool miss)
{
	__u16 group = target_group(target, miss), bit = group_bit(e, group);
	bool listed = is_listed(s, group, miss), full = s->port[SW_SOURCE_PORTS - 1];
	bool seen = s->targets & bit;

	s->targets |= bit | address_bit(e);
	if (listed)
		return seen && count_bits(s->targets) < SKETCH_FULL ? KNOWN_TARGET : KNOWN_PORT;
	list_target(s, target);
	return seen && full ? KNOWN_TARGET : NEW_TARGET;
}

/* A full sketch would hide what comes: only the last targets stay known. */
static __always_inline void forget_targets(struct sw_source *s, const struct flow_key *e)
{
	__u16 last = address_bit(e);

#pragma unroll
	for (int i = 0; i < SW_SOURCE_PORTS; i++)
		last |= group_bit(e, port_family(s->port[i]));
	s->targets = last;
}

#endif
