// SPDX-License-Identifier: GPL-2.0-only
/* Writes prefixes whose claims change to the maps, and makes room where one is full. */
#include "blocklist/internal.h"

/* The kernel blocks on its own; what it put there since we looked becomes its
 * claim before it is overwritten. */
static int push_one(struct sw_ctx *ctx, struct sw_maps *m, struct sw_target *t, struct sw_err *e)
{
	__u32 conflict;
	int ret;

	for (;;) {
		ret = sw_held_write(m, &t->prefix, t->expires_tick, t->known, &conflict, e);
		if (!ret) {
			t->pushed = true;
			t->written = t->expires_tick;
		}
		if (ret != 1)
			return ret;
		t->known = conflict;
		if (sw_kernel_adopt(ctx, &t->prefix, conflict, e) || sw_targets_merge(ctx, t, 1, e))
			return -1;
	}
}

/* The kernel's own block, come back as its claim: its time went by the clock and
 * back, which may make it a tick longer. */
static bool is_in_force(const struct sw_target *t)
{
	__u32 flags = (t->known ^ t->expires_tick) & ~SW_EXPIRES_TICKS;
	__u32 longer = (t->expires_tick & SW_EXPIRES_TICKS) - (t->known & SW_EXPIRES_TICKS);

	return t->was_held && !t->pushed && t->known && !flags && longer <= 1;
}

/* What has gone no longer costs clean packets anything. */
static int shrink(struct sw_ctx *ctx, struct sw_err *e)
{
	if (sw_drop_fit(ctx, true, 0, e) || sw_drop_fit(ctx, false, 0, e))
		return -1;
	return sw_drop_tidy(ctx, e);
}

/* One change written to the maps, in order of prefix. */
struct push {
	struct sw_ctx *ctx;
	struct sw_targets *t;
	struct sw_maps m;
	bool late_done;
	size_t written, at_last_room; /* how many had been when room was made */
	struct sw_err *e;
};

/* An address may be covered by another prefix now: what covers many goes when all that comes
 * is in force. An IPv4 address is covered by nothing else that goes. */
static bool goes_late(const struct sw_target *t)
{
	return !t->expires_tick && sw_block_map_of(&t->prefix) != SW_IN_DROP4;
}

static int push_late(struct push *p)
{
	int ret = 0;

	if (p->late_done)
		return 0;
	p->late_done = true;
	for (size_t i = 0; !ret && i < p->t->count; i++)
		if (goes_late(&p->t->item[i]))
			ret = push_one(p->ctx, &p->m, &p->t->item[i], p->e);
	return ret;
}

/* Making room frees thousands of places, or it is not worth a second look at all lines. */
#define WORTH 1000

/* A map is full. What goes late goes now, and the overflow map is emptied. */
static int make_room(struct push *p)
{
	bool again = p->at_last_room && p->written - p->at_last_room < WORTH;

	if (again || push_late(p))
		return -1;
	p->at_last_room = p->written + 1;
	return sw_drop_tidy(p->ctx, p->e);
}

static int push(struct push *p, struct sw_target *t)
{
	struct sw_err full;

	p->written++;
	if (!push_one(p->ctx, &p->m, t, &full))
		return 0;
	if (full.exit == SW_EXIT_GUARD && !make_room(p))
		return push_one(p->ctx, &p->m, t, p->e);
	return sw_fail(p->e, full.exit, "%s", full.text);
}

static int push_all(struct push *p)
{
	struct sw_targets *t = p->t;
	int ret = 0;

	for (size_t i = 0; !ret && i < t->count; i++)
		if (!goes_late(&t->item[i]) && !is_in_force(&t->item[i]))
			ret = push(p, &t->item[i]);
	return ret ? ret : push_late(p);
}

int sw_targets_push(struct sw_ctx *ctx, struct sw_targets *t, struct sw_err *e)
{
	struct push p = {.ctx = ctx, .t = t, .e = e};
	size_t more[SW_BLOCK_MAPS] = {0}, gone = 0;
	int ret;

	if (!ctx->loaded)
		return 0;
	for (size_t i = 0; i < t->count; i++) {
		more[sw_block_map_of(&t->item[i].prefix)] +=
			t->item[i].expires_tick && !t->item[i].was_held;
		gone += !t->item[i].expires_tick && t->item[i].was_held;
	}
	if (sw_drop_fit(ctx, true, more[SW_IN_DROP4], e) ||
	    sw_drop_fit(ctx, false, more[SW_IN_DROP6], e))
		return -1;
	sw_maps_open(&p.m, &ctx->engine, t->count > SW_BULK);
	ret = push_all(&p);
	sw_maps_close(&p.m);
	return ret || gone <= SW_BULK ? ret : shrink(ctx, e);
}

int sw_targets_settle(struct sw_ctx *ctx, struct sw_targets *t, struct sw_err *e)
{
	int ret = sw_targets_observe(ctx, t, e);

	if (!ret)
		ret = sw_targets_merge(ctx, t->item, t->count, e);
	return ret ? ret : sw_targets_push(ctx, t, e);
}
