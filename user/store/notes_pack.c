// SPDX-License-Identifier: GPL-2.0-only
/* Packs notes, one per row and in order, and reads them back. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/grow.h"
#include "base/sort.h"
#include "store/note_format.h"

/* ---- read */

/* The length of a text or blob; advances *at. -1: there is none. */
static int read_length(const unsigned char **at, const unsigned char *end, uint32_t *length)
{
	uint16_t narrow;

	if ((size_t)(end - *at) < sizeof(narrow))
		return -1;
	memcpy(&narrow, *at, sizeof(narrow));
	*at += sizeof(narrow);
	*length = narrow;
	if (narrow != SW_NOTE_LONG)
		return 0;
	if ((size_t)(end - *at) < sizeof(*length))
		return -1;
	memcpy(length, *at, sizeof(*length));
	*at += sizeof(*length);
	return 0;
}

static int read_values(const unsigned char *at, size_t size, const char *types, struct sw_value *v)
{
	const unsigned char *end = at + size;
	uint32_t length;

	for (int i = 0; types[i]; i++) {
		if (types[i] == 'n') {
			if ((size_t)(end - at) < sizeof(v->number))
				return -1;
			memcpy(&v[i].number, at, sizeof(v->number));
			at += sizeof(v->number);
			continue;
		}
		if (read_length(&at, end, &length) || (size_t)(end - at) < length)
			return -1;
		v[i].bytes = (const char *)at;
		v[i].size = length;
		at += length;
	}
	return at == end ? 0 : -1;
}

/* The last four bytes of a claim's address, after its key's length and family. */
#define LOW_AT 15
#define LOW_END (LOW_AT + 4)

static uint32_t low_of(const unsigned char *key)
{
	key += LOW_AT;
	return (uint32_t)key[0] << 24 | key[1] << 16 | key[2] << 8 | key[3];
}

static bool can_run(const struct sw_note_parts *p)
{
	return p->kind == SW_ROW_CLAIM && p->size[0] == SW_NOTE_CLAIM_KEY;
}

static int steps_of(unsigned char flags)
{
	return flags & SW_NOTE_STEP_FLAGS;
}

/* Claims of the next run with these flags share this key. */
static void note_key(struct sw_note_run *r, const unsigned char *key, unsigned char flags)
{
	r->like[steps_of(flags)] = key;
	r->low = low_of(key);
}

/* 0: not a number, or the end of a run. */
static uint64_t read_step(const unsigned char *bytes, size_t size, size_t *at)
{
	uint64_t step = 0;

	for (int shift = 0; shift < 35 && *at < size; shift += 7) {
		unsigned char one = bytes[(*at)++];

		step |= (uint64_t)(one & 127) << shift;
		if (!(one & 128))
			return step;
	}
	return 0;
}

static int next_of_run(const unsigned char *bytes, size_t size, size_t *at, struct sw_note *n)
{
	struct sw_note_run *r = &n->run;
	uint64_t step = read_step(bytes, size, at);
	const unsigned char *like = r->like[steps_of(step)];

	if (!step || !like || *at >= size)
		return -1;
	r->low += step >> SW_NOTE_STEP_SHIFT;
	memcpy(r->key, like, SW_NOTE_CLAIM_KEY);
	for (int i = 0; i < 4; i++)
		r->key[LOW_AT + i] = r->low >> (24 - 8 * i);
	n->parts.flags = steps_of(step);
	n->parts.part[0] = r->key;
	r->open = bytes[*at];
	*at += !r->open;
	return 0;
}

static int begin_run(const unsigned char *bytes, size_t size, size_t *at, struct sw_note *n)
{
	if (!can_run(&n->parts))
		return -1;
	*at += 2;
	return next_of_run(bytes, size, at, n);
}

/* Returns the size of the head; 0: not a note, or one that is cut short. */
static size_t read_head(const unsigned char *p, size_t left, uint32_t length[SW_NOTE_PARTS])
{
	size_t head = p[1] & SW_NOTE_WIDE ? SW_NOTE_WIDE_HEAD : SW_NOTE_HEAD;
	uint16_t narrow[SW_NOTE_PARTS];
	uint64_t all = 0;

	if (left < head)
		return 0;
	memcpy(narrow, p + 2, sizeof(narrow));
	for (int i = 0; i < SW_NOTE_PARTS; i++)
		length[i] = narrow[i];
	if (p[1] & SW_NOTE_WIDE)
		memcpy(length, p + 2, SW_NOTE_PARTS * sizeof(*length));
	for (int i = 0; i < SW_NOTE_PARTS; i++)
		all += length[i];
	return left - head < all ? 0 : head;
}

/* Reads the parts of the note at *at and advances it. */
static int next_parts(const unsigned char *bytes, size_t size, size_t *at, struct sw_note *n)
{
	const unsigned char *p = bytes + *at, *body;
	struct sw_note_parts *to = &n->parts;
	uint32_t length[SW_NOTE_PARTS];
	size_t left = size - *at, head;

	if (n->run.open)
		return next_of_run(bytes, size, at, n);
	if (left < 2 || p[0] >= SW_NOTE_TABLES)
		return -1;
	if (p[1] & SW_NOTE_RUN)
		return begin_run(bytes, size, at, n);
	head = read_head(p, left, length);
	if (!head)
		return -1;
	body = p + head;
	if (to->kind != p[0]) {
		memset(to, 0, sizeof(*to));
		memset(&n->run, 0, sizeof(n->run));
	}
	to->kind = p[0];
	to->flags = p[1];
	for (int i = 0; i < SW_NOTE_PARTS; body += length[i++]) {
		if (i && (p[1] & SW_NOTE_SAME || !(p[1] & (i == 1 ? SW_NOTE_WAS : SW_NOTE_BECAME))))
			continue;
		to->part[i] = body;
		to->size[i] = length[i];
	}
	*at = body - bytes;
	if (can_run(to))
		note_key(&n->run, to->part[0], to->flags);
	return 0;
}

int sw_note_read(const unsigned char *bytes, size_t size, size_t *at, struct sw_note *n)
{
	const struct sw_note_parts *p = &n->parts;
	const struct sw_note_table *t;

	if (next_parts(bytes, size, at, n))
		return -1;
	t = &sw_note_tables[p->kind];
	n->kind = (enum sw_row_kind)p->kind;
	n->was = p->flags & SW_NOTE_WAS;
	n->became = p->flags & SW_NOTE_BECAME;
	if ((n->was && !p->part[1]) || (n->became && !p->part[2]))
		return -1;
	if (read_values(p->part[0], p->size[0], t->keys, n->key) ||
	    (n->was && read_values(p->part[1], p->size[1], t->values, n->before)))
		return -1;
	return n->became ? read_values(p->part[2], p->size[2], t->values, n->after) : 0;
}

/* ---- one note a row: what it was at first and became at last */

static int key_cmp(const struct sw_note_parts *x, const struct sw_note_parts *y)
{
	size_t shorter = x->size[0] < y->size[0] ? x->size[0] : y->size[0];
	int cmp = x->kind - y->kind;

	if (!cmp)
		cmp = memcmp(x->part[0], y->part[0], shorter);
	return cmp ? cmp : x->size[0] < y->size[0] ? -1 : x->size[0] > y->size[0];
}

/* Notes of the same row then stay in the order they were made. */
static int note_order(const void *a, const void *b)
{
	const struct sw_note_parts *x = a, *y = b;
	int cmp = key_cmp(x, y);

	return cmp ? cmp : x->part[0] < y->part[0] ? -1 : 1;
}

/* Packed notes, and the last one of them. */
struct packing {
	struct sw_notes out;
	struct sw_note_parts last; /* its parts point into the packed notes */
	struct sw_note_run run;
};

static bool is_last(const struct packing *k, int i, const struct sw_note_parts *n)
{
	return k->last.part[i] && k->last.size[i] == n->size[i] &&
	       !memcmp(k->last.part[i], n->part[i], n->size[i]);
}

static void put_step(struct sw_notes *out, uint64_t step)
{
	unsigned char byte[5];
	int n = 0;

	for (; step > 127; step >>= 7)
		byte[n++] = step | 128;
	byte[n++] = step;
	sw_notes_add(out, byte, n);
}

static void end_run(struct packing *k)
{
	static const unsigned char end;

	if (k->run.open)
		sw_notes_add(&k->out, &end, sizeof(end));
	k->run.open = false;
}

/* All but the last bytes of the address equal those of the last claim with these flags. */
static bool is_like(const struct packing *k, const unsigned char *key, unsigned char flags)
{
	const unsigned char *like = k->run.like[steps_of(flags)];

	return like && !memcmp(like, key, LOW_AT) &&
	       !memcmp(like + LOW_END, key + LOW_END, SW_NOTE_CLAIM_KEY - LOW_END) &&
	       low_of(key) >= k->run.low;
}

static bool put_in_run(struct packing *k, const struct sw_note_parts *n, unsigned char flags)
{
	static const unsigned char head[2] = {SW_ROW_CLAIM, SW_NOTE_RUN};
	uint64_t step;

	if (!can_run(n) || !is_like(k, n->part[0], flags))
		return false;
	if (!k->run.open)
		sw_notes_add(&k->out, head, sizeof(head));
	k->run.open = true;
	step = low_of(n->part[0]) - k->run.low;
	put_step(&k->out, step << SW_NOTE_STEP_SHIFT | steps_of(flags));
	k->run.low = low_of(n->part[0]);
	return true;
}

static void put_note(struct packing *k, unsigned char flags, const struct sw_note_parts *n)
{
	uint32_t size[SW_NOTE_PARTS] = {n->size[0]};
	unsigned char head[SW_NOTE_WIDE_HEAD];

	end_run(k);
	if (!(flags & SW_NOTE_SAME) && flags & SW_NOTE_WAS)
		size[1] = n->size[1];
	if (!(flags & SW_NOTE_SAME) && flags & SW_NOTE_BECAME)
		size[2] = n->size[2];
	if (sw_note_is_wide(size))
		flags |= SW_NOTE_WIDE;
	sw_notes_add(&k->out, head, sw_note_put_head(head, n->kind, flags, size));
	for (int i = 0; i < SW_NOTE_PARTS; i++)
		sw_notes_add(&k->out, n->part[i], size[i]);
	if (can_run(n))
		note_key(&k->run, n->part[0], flags);
}

/* first and last: notes of one row, or the same note. */
static void pack_row(struct packing *k, const struct sw_note_parts *first,
		     const struct sw_note_parts *last)
{
	unsigned char flags = (first->flags & SW_NOTE_WAS) | (last->flags & SW_NOTE_BECAME);
	struct sw_note_parts n = *first;
	bool same = true;

	n.part[2] = last->part[2];
	n.size[2] = last->size[2];
	if (!flags || (flags == (SW_NOTE_WAS | SW_NOTE_BECAME) && n.size[1] == n.size[2] &&
		       !memcmp(n.part[1], n.part[2], n.size[1])))
		return;
	if (k->last.kind != n.kind) {
		end_run(k);
		memset(&k->last, 0, sizeof(k->last));
		memset(&k->run, 0, sizeof(k->run));
	}
	if (flags & SW_NOTE_WAS)
		same &= is_last(k, 1, &n);
	if (flags & SW_NOTE_BECAME)
		same &= is_last(k, 2, &n);
	if (same)
		flags |= SW_NOTE_SAME;
	if (!same || !put_in_run(k, &n, flags))
		put_note(k, flags, &n);
	if (!(flags & SW_NOTE_WAS)) {
		n.part[1] = k->last.part[1];
		n.size[1] = k->last.size[1];
	}
	if (!(flags & SW_NOTE_BECAME)) {
		n.part[2] = k->last.part[2];
		n.size[2] = k->last.size[2];
	}
	n.flags = flags;
	k->last = n;
}

/* Walks over unpacked notes, so their parts do not move. */
struct walk {
	const unsigned char *bytes;
	size_t at, end;
	struct sw_note n;
	bool more; /* n is one */
};

static void step(struct walk *w)
{
	w->more = w->at < w->end && !next_parts(w->bytes, w->end, &w->at, &w->n);
}

/* Up to the end of an ordered run; the next step starts at the first note after it. */
static void walk_ordered(struct walk *w)
{
	struct sw_note_parts last;
	size_t at;

	step(w);
	while (w->more) {
		last = w->n.parts;
		at = w->at;
		step(w);
		if (!w->more || key_cmp(&last, &w->n.parts) < 0)
			continue;
		w->at = at;
		w->n.parts = last;
		return;
	}
}

/* Both are in order. For rows in both, a's notes are the older ones. */
static void pack_two(struct packing *k, struct walk *a, struct walk *b)
{
	int cmp;

	step(a);
	step(b);
	while (a->more || b->more) {
		cmp = !a->more ? 1 : !b->more ? -1 : key_cmp(&a->n.parts, &b->n.parts);
		if (cmp > 0)
			pack_row(k, &b->n.parts, &b->n.parts);
		else
			pack_row(k, &a->n.parts, cmp ? &a->n.parts : &b->n.parts);
		if (cmp <= 0)
			step(a);
		if (cmp >= 0)
			step(b);
	}
}

static int pack_any(struct packing *k, struct walk *w)
{
	struct sw_note_parts *list = NULL;
	size_t count = 0, room = 0, last;
	struct sw_err ignored;

	for (step(w); w->more; step(w)) {
		if (sw_grow((void **)&list, &room, count, sizeof(*list), &ignored)) {
			free(list);
			return -1;
		}
		list[count++] = w->n.parts;
	}
	sw_sort(list, count, sizeof(*list), note_order);
	for (size_t i = 0; i < count; i = last + 1) {
		for (last = i; last + 1 < count && !key_cmp(&list[i], &list[last + 1]);)
			last++;
		pack_row(k, &list[i], &list[last]);
	}
	free(list);
	return 0;
}

/* There are mostly one or two ordered runs: removed and added claims. */
static int pack_rows(struct sw_notes *n)
{
	struct walk all = {.bytes = n->data, .end = n->size}, first = all, second = all, rest;
	struct packing k = {.out.last = SW_NOTED_NOTHING};
	int ret = 0;

	walk_ordered(&second);
	first.end = second.at;
	rest = second;
	walk_ordered(&rest);
	if (rest.at == n->size)
		pack_two(&k, &first, &second);
	else
		ret = pack_any(&k, &all);
	end_run(&k);
	free(n->data);
	*n = k.out;
	return ret || n->failed ? -1 : 0;
}

int sw_notes_pack(struct sw_store *s, struct sw_packed *out, struct sw_err *e)
{
	struct sw_notes *n = s->notes;
	uLongf size;

	memset(out, 0, sizeof(*out));
	if (!n || (!n->size && !n->failed))
		return 0;
	if (n->failed || pack_rows(n))
		return sw_fail(e, SW_EXIT_FAILED,
			       "what was changed could not be noted, so it cannot be undone");
	if (!n->size)
		return 0;
	size = compressBound(n->size);
	out->bytes = malloc(size);
	if (!out->bytes || compress2(out->bytes, &size, n->data, n->size, Z_BEST_SPEED) != Z_OK)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	out->size = size;
	out->full = n->size;
	n->size = n->committing = n->committed = 0;
	n->last = SW_NOTED_NOTHING;
	return 0;
}
