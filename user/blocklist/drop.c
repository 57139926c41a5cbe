// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes one prefix wherever it is kept: line, overflow map, prefix map. */
#include <errno.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

/* The place of an entry in the drop sets. */
struct place {
	struct sw_table t;
	struct sw_line l;
	__u64 key, hash;
	__u32 addr;		   /* IPv4 */
	struct sw_overflow6_key k; /* IPv6 */
};

static int find_place(struct sw_maps *m, const struct sw_prefix *p, struct place *s,
		      struct sw_err *e)
{
	memset(s, 0, sizeof(*s));
	s->t = sw_table_of(m->g, p->v4);
	if (p->v4) {
		s->key = s->addr = sw_addr_to4(&p->addr);
	} else {
		s->k.high = sw_half(&p->addr, 0);
		s->k.low = p->plen == 64 ? 0 : sw_half(&p->addr, 1);
		s->k.plen = p->plen;
		s->key = sw_key6(s->k.high, s->k.low, p->plen, m->g->settings->seed);
	}
	s->hash = sw_table_hash(m->g, &s->t, s->key);
	return sw_line_at(m, &s->t, sw_home(s->hash) & *s->t.mask, &s->l, e);
}

/* During a resize the entry may still be at its previous place. */
static bool find_last_place(struct sw_maps *m, struct place *s, struct sw_err *e)
{
	return *s->t.last_mask != *s->t.mask &&
	       !sw_line_at(m, &s->t, sw_home(s->hash) & *s->t.last_mask, &s->l, e);
}

static bool overflowed(const struct place *s)
{
	return *s->l.head & SW_HEAD_OVERFLOWED;
}

static const void *overflow_key(const struct place *s)
{
	return s->t.v4 ? (const void *)&s->addr : &s->k;
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
			       "no room for %s: map %s is full (%zu entries); raise %s and reload "
			       "the program",
			       text, sw_map_name(map), sw_map_entries(m->g, map), limit);
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be written to map %s: %s", text,
		       sw_map_name(map), strerror(errno));
}

static int prefix_read(struct sw_maps *m, const struct sw_prefix *p, struct sw_held *h)
{
	struct sw_prefix_block b;
	struct sw_prefix6 key;
	enum sw_map map = sw_prefix_key(p, false, &key);

	if (bpf_map_lookup_elem(m->g->fd[map], &key, &b) ||
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
	struct place s;

	memset(h, 0, sizeof(*h));
	if (sw_block_map_of(p) == SW_IN_PREFIX4 || sw_block_map_of(p) == SW_IN_PREFIX6)
		return prefix_read(m, p, h);
	if (find_place(m, p, &s, e))
		return -1;
	*h = sw_line_read(&s.l, s.key, now);
	if (overflowed(&s) && !bpf_map_lookup_elem(m->g->fd[s.t.overflow], overflow_key(&s), &o) &&
	    sw_live(o.expires_tick, now))
		sw_held_add(h, o.expires_tick, o.hits);
	if (!h->expires_tick && find_last_place(m, &s, e))
		*h = sw_line_read(&s.l, s.key, now);
	return 0;
}

static int prefix_write(struct sw_maps *m, const struct sw_prefix *p, __u32 expires_tick,
			struct sw_err *e)
{
	struct sw_held old = {0};
	struct sw_prefix_block b = {.expires_tick = expires_tick, .plen = p->plen};
	struct sw_prefix6 key;
	enum sw_map map = sw_prefix_key(p, false, &key);

	if (!expires_tick) {
		if (bpf_map_delete_elem(m->g->fd[map], &key) && errno != ENOENT)
			return map_failed(m, map, p, e);
		return 0;
	}
	if (sw_lengths_announce(m, p, e))
		return -1;
	prefix_read(m, p, &old);
	b.hits = old.hits;
	if (bpf_map_update_elem(m->g->fd[map], &key, &b, BPF_ANY))
		return map_failed(m, map, p, e);
	return 0;
}

/* Removes a copy of the entry from the overflow map. */
static void overflow_remove(struct sw_maps *m, const struct place *s)
{
	struct sw_overflow o;

	if (!bpf_map_lookup_and_delete_elem(m->g->fd[s->t.overflow], overflow_key(s), &o))
		sw_count_auto(m->g->state, o.expires_tick, 0);
}

static int overflow_put(struct sw_maps *m, const struct place *s, const struct sw_prefix *p,
			__u32 expires_tick, struct sw_err *e)
{
	int fd = m->g->fd[s->t.overflow];
	struct sw_overflow o = {0};
	__u32 was;

	sw_head_overflow(&s->l); /* the program looks in the overflow only after this */
	if (bpf_map_lookup_elem(fd, overflow_key(s), &o))
		memset(&o, 0, sizeof(o));
	was = o.expires_tick;
	o.expires_tick = expires_tick;
	if (bpf_map_update_elem(fd, overflow_key(s), &o, BPF_ANY))
		return map_failed(m, s->t.overflow, p, e);
	sw_count_auto(m->g->state, was, expires_tick);
	return 0;
}

static bool overflow_conflicts(struct sw_maps *m, const struct place *s, __u32 known, __u32 now,
			       __u32 *conflict)
{
	struct sw_overflow o;

	if (bpf_map_lookup_elem(m->g->fd[s->t.overflow], overflow_key(s), &o) ||
	    !sw_conflicts(o.expires_tick, known, now))
		return false;
	*conflict = o.expires_tick;
	return true;
}

int sw_held_write(struct sw_maps *m, const struct sw_prefix *p, __u32 expires_tick, __u32 known,
		  __u32 *conflict, struct sw_err *e)
{
	struct sw_state *st = m->g->state;
	__u32 now = sw_ticks_now();
	enum sw_put put;
	struct place s;

	if (sw_block_map_of(p) == SW_IN_PREFIX4 || sw_block_map_of(p) == SW_IN_PREFIX6)
		return prefix_write(m, p, expires_tick, e);
	if (find_place(m, p, &s, e))
		return -1;
	if (overflowed(&s) && overflow_conflicts(m, &s, known, now, conflict))
		return 1;
	if (expires_tick)
		put = sw_line_put(&s.l, st, s.key, s.hash, p->v4 ? NULL : &s.k, expires_tick, known,
				  now, conflict);
	else
		put = sw_line_remove(&s.l, st, s.key, known, now, conflict);
	if (put == SW_PUT_SURPRISE)
		return 1;
	if (put == SW_PUT_FULL)
		return overflow_put(m, &s, p, expires_tick, e);
	if (overflowed(&s))
		overflow_remove(m, &s);
	return 0;
}
