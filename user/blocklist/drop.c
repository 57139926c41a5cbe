// SPDX-License-Identifier: GPL-2.0-only
/* One prefix read and written wherever it is kept: bucket, overflow, trie. */
#include <errno.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

/* What the map's key for a prefix of the drop sets is, in either family. */
struct slot {
	bool v4;
	void *bucket;
	enum sw_map overflow;
	union {
		__u32 addr;
		struct sw_overflow6_key key;
	};
};

static int slot_find(struct sw_maps *m, const struct sw_prefix *p, struct slot *s, struct sw_err *e)
{
	const __u64 *seed = m->g->settings->seed;

	s->v4 = p->v4;
	if (p->v4) {
		s->addr = sw_addr_to4(&p->addr);
		s->overflow = SW_MAP_overflow4;
		s->bucket = sw_maps_at(m, SW_MAP_drop4,
				       sw_hash4(s->addr, seed) & m->g->settings->drop4_mask, 1, e);
		return s->bucket ? 0 : -1;
	}
	s->key.high = sw_half(&p->addr, 0);
	s->key.low = p->plen == 64 ? 0 : sw_half(&p->addr, 1);
	s->key.plen = p->plen;
	s->overflow = SW_MAP_overflow6;
	s->bucket = sw_maps_at(m, SW_MAP_drop6,
			       sw_hash6(s->key.high, s->key.low, seed) & m->g->drop6_mask, 1, e);
	return s->bucket ? 0 : -1;
}

/* A table that changes its size just now may still have it where it was. */
static bool slot_was(struct sw_maps *m, struct slot *s, struct sw_err *e)
{
	const struct sw_settings *set = m->g->settings;

	if (set->drop4_last_mask == set->drop4_mask)
		return false;
	s->bucket = sw_maps_at(m, SW_MAP_drop4, sw_hash4(s->addr, set->seed) & set->drop4_last_mask,
			       1, e);
	return s->bucket;
}

static bool overflowed(const struct slot *s)
{
	if (s->v4)
		return ((struct sw_drop4_bucket *)s->bucket)->overflowed;
	return ((struct sw_drop6_bucket *)s->bucket)->overflowed;
}

static const void *slot_key(const struct slot *s)
{
	return s->v4 ? (const void *)&s->addr : &s->key;
}

static int map_failed(const struct sw_maps *m, enum sw_map map, const struct sw_prefix *p,
		      struct sw_err *e)
{
	char text[SW_PREFIX_TEXT];
	const char *limit = p->v4 ? "limits.blocked4" : "limits.blocked6";

	sw_prefix_text(p, text);
	if (map == SW_MAP_prefix4 || map == SW_MAP_prefix6)
		limit = "limits.prefixes";
	if (errno == ENOSPC || errno == E2BIG)
		return sw_fail(e, SW_EXIT_GUARD,
			       "%s finds no place: map %s is full with %zu entries; raise %s and "
			       "load anew",
			       text, sw_map_name(map), sw_map_entries(m->g, map), limit);
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be written to map %s: %s", text,
		       sw_map_name(map), strerror(errno));
}

static int trie_read(struct sw_maps *m, const struct sw_prefix *p, struct sw_held *h)
{
	struct sw_prefix_block b;
	struct sw_prefix6 key;
	enum sw_map map = sw_trie_key(p, false, &key);

	/* The trie answers with the longest match, which may be a shorter one. */
	if (bpf_map_lookup_elem(m->g->fd[map], &key, &b) || b.plen != p->plen ||
	    !sw_live(b.expires_tick, sw_ticks_now()))
		return 0;
	h->expires_tick = b.expires_tick;
	h->hits = b.hits;
	return 0;
}

int sw_held_read(struct sw_maps *m, const struct sw_prefix *p, struct sw_held *h, struct sw_err *e)
{
	__u32 now = sw_ticks_now();
	struct sw_overflow o;
	struct slot s;

	memset(h, 0, sizeof(*h));
	if (sw_block_map_of(p) == SW_IN_PREFIX4 || sw_block_map_of(p) == SW_IN_PREFIX6)
		return trie_read(m, p, h);
	if (slot_find(m, p, &s, e))
		return -1;
	*h = s.v4 ? sw_bucket4_read(s.bucket, s.addr, now) : sw_bucket6_read(s.bucket, &s.key, now);
	if (overflowed(&s) && !bpf_map_lookup_elem(m->g->fd[s.overflow], slot_key(&s), &o) &&
	    sw_live(o.expires_tick, now))
		sw_held_add(h, o.expires_tick, o.hits);
	if (s.v4 && !h->expires_tick && slot_was(m, &s, e))
		*h = sw_bucket4_read(s.bucket, s.addr, now);
	return 0;
}

static int trie_write(struct sw_maps *m, const struct sw_prefix *p, __u32 expires_tick,
		      struct sw_err *e)
{
	struct sw_held old = {0};
	struct sw_prefix_block b = {.expires_tick = expires_tick, .plen = p->plen};
	struct sw_prefix6 key;
	enum sw_map map = sw_trie_key(p, false, &key);

	if (!expires_tick) {
		if (bpf_map_delete_elem(m->g->fd[map], &key) && errno != ENOENT)
			return map_failed(m, map, p, e);
		return 0;
	}
	if (sw_gate_open(m, p, e))
		return -1;
	trie_read(m, p, &old);
	b.hits = old.hits;
	if (bpf_map_update_elem(m->g->fd[map], &key, &b, BPF_ANY))
		return map_failed(m, map, p, e);
	return 0;
}

/* Takes the entry out of the overflow, where it may stand besides. */
static void overflow_remove(struct sw_maps *m, const struct slot *s)
{
	struct sw_overflow o;

	if (!bpf_map_lookup_and_delete_elem(m->g->fd[s->overflow], slot_key(s), &o))
		sw_count_auto(m->g->state, o.expires_tick, 0);
}

static int overflow_put(struct sw_maps *m, const struct slot *s, const struct sw_prefix *p,
			__u32 expires_tick, struct sw_err *e)
{
	int fd = m->g->fd[s->overflow];
	struct sw_overflow o = {0};
	__u32 was;

	/* The program looks there only after this. */
	if (s->v4)
		__atomic_store_n(&((struct sw_drop4_bucket *)s->bucket)->overflowed, 1,
				 __ATOMIC_RELEASE);
	else
		__atomic_store_n(&((struct sw_drop6_bucket *)s->bucket)->overflowed, 1,
				 __ATOMIC_RELEASE);
	if (bpf_map_lookup_elem(fd, slot_key(s), &o))
		memset(&o, 0, sizeof(o));
	was = o.expires_tick;
	o.expires_tick = expires_tick;
	if (bpf_map_update_elem(fd, slot_key(s), &o, BPF_ANY))
		return map_failed(m, s->overflow, p, e);
	sw_count_auto(m->g->state, was, expires_tick);
	return 0;
}

static bool overflow_conflicts(struct sw_maps *m, const struct slot *s, __u32 known, __u32 now,
			       __u32 *conflict)
{
	struct sw_overflow o;

	if (bpf_map_lookup_elem(m->g->fd[s->overflow], slot_key(s), &o) ||
	    !sw_conflicts(o.expires_tick, known, now))
		return false;
	*conflict = o.expires_tick;
	return true;
}

static enum sw_put bucket_write(struct sw_maps *m, const struct slot *s, __u32 expires_tick,
				__u32 known, __u32 now, __u32 *conflict)
{
	struct sw_state *st = m->g->state;

	if (s->v4 && expires_tick)
		return sw_bucket4_put(s->bucket, st, s->addr, expires_tick, known, now, conflict);
	if (s->v4)
		return sw_bucket4_remove(s->bucket, st, s->addr, known, now, conflict);
	if (expires_tick)
		return sw_bucket6_put(s->bucket, st, &s->key, expires_tick, known, now, conflict);
	return sw_bucket6_remove(s->bucket, st, &s->key, known, now, conflict);
}

int sw_held_write(struct sw_maps *m, const struct sw_prefix *p, __u32 expires_tick, __u32 known,
		  __u32 *conflict, struct sw_err *e)
{
	__u32 now = sw_ticks_now();
	struct slot s;
	enum sw_put put;

	if (sw_block_map_of(p) == SW_IN_PREFIX4 || sw_block_map_of(p) == SW_IN_PREFIX6)
		return trie_write(m, p, expires_tick, e);
	/* The gate first: an entry behind a closed gate would not block. */
	if (expires_tick && sw_gate_open(m, p, e))
		return -1;
	if (slot_find(m, p, &s, e))
		return -1;
	if (overflowed(&s) && overflow_conflicts(m, &s, known, now, conflict))
		return 1;
	put = bucket_write(m, &s, expires_tick, known, now, conflict);
	if (put == SW_PUT_SURPRISE)
		return 1;
	if (put == SW_PUT_FULL)
		return overflow_put(m, &s, p, expires_tick, e);
	if (overflowed(&s))
		overflow_remove(m, &s);
	return 0;
}
