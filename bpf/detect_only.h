/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * detect_only.*: kinds of evidence, and services, that are reported only. Nothing is
 * dropped and nobody is blocked for them. They are kept in a separate record, so they
 * never complete a block and never hide what else a source does.
 */
#ifndef DETECT_ONLY_H
#define DETECT_ONLY_H

#include "pkt_meta.h"
#include "sources.h"

/* Behind settings.detect_only. A global function, so its stack is not added to its
 * caller's. */
__noinline int is_detected_only(const struct pkt_meta *meta, __u32 kind)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	const __u64 *word;
	__u32 protocol;

	if (!meta || !set)
		return 0;
	if (set->detect_kinds >> (kind & (SW_EVIDENCE_MAX - 1)) & 1)
		return 1;
	switch (meta->flow.proto) {
	case IPPROTO_TCP:
		protocol = SW_LIMITED_TCP;
		break;
	case IPPROTO_UDP:
		protocol = SW_LIMITED_UDP;
		break;
	case IPPROTO_SCTP:
		protocol = SW_LIMITED_SCTP;
		break;
	default:
		return 0;
	}
	word = entry_of(&detect_ports, protocol * SW_HIDDEN_WORDS + (meta->port >> 6));
	return word && *word >> (meta->port & 63) & 1;
}

static __always_inline bool detects_only(const struct sw_settings *set, const struct pkt_meta *meta,
					 __u32 kind)
{
	return set->detect_only && is_detected_only(meta, kind);
}

/* The record of such evidence. */
static __always_inline struct sw_source_set *detected_set(__u64 key)
{
	return entry_of(&detected, sw_hash6(key, 0, seed) & (SW_DETECTED_SETS - 1));
}

static __always_inline struct sw_source *find_detected(__u64 key)
{
	struct sw_source_set *b = detected_set(key);

	return b ? find_source(b, key) : NULL;
}

static __always_inline int score_of(__u64 key, const struct sw_settings *set, __u32 ms)
{
	struct sw_source_set *b = source_set(key);
	struct sw_source *s = b ? find_source(b, key) : NULL;
	int score = s ? score_at(s, set, ms) : 0;

	return score > 0 ? score : 0;
}

/* Adds quarter points to that record. True if the source, with its other evidence
 * added, would be blocked and this was not reported within the duration of a block. */
static __always_inline bool add_detected(struct sw_source *s, const struct pkt_meta *meta,
					 const struct sw_settings *set, __u32 kind, int points)
{
	__u32 ms = millis(meta->ns), told = set->block_ticks << (SW_TICK_SHIFT - SW_MS_SHIFT);
	int score = s->score + points, most = set->threshold;

	if (s->score <= 0) {
		s->first_ms = ms;
		s->notified = 0;
	}
	s->score = score > most ? most : score;
	s->last_ms = ms;
	s->kinds |= 1 << kind;
	if (meta->tool)
		s->tool = meta->tool;
	score = s->score + score_of(meta->key, set, ms);
	if (score < most || (s->notified && ms - s->first_ms <= told))
		return false;
	s->score = score > SCORE_MAX ? SCORE_MAX : score;
	return true;
}

/* As after a block: one more point renews it. */
static __always_inline void detected_told(struct sw_source *s, const struct pkt_meta *meta,
					  const struct sw_settings *set)
{
	s->first_ms = millis(meta->ns);
	s->notified = 1;
	s->score = set->threshold > SW_POINT ? set->threshold - SW_POINT : 1;
	forget_targets(s, &meta->flow);
}

#endif
