// SPDX-License-Identifier: GPL-2.0-only
/* Access to maps pinned by another version (past.h). */
#include <unistd.h>
#include "blocklist/layout1_read.h"

static int open_shaped(struct sw_past *past, struct sw_err *e)
{
	const struct sw_settings *s;

	if (sw_engine_open_shaped(&past->engine, past->dir, e))
		return -1;
	s = past->engine.settings;
	past->mode = s->mode;
	past->revert_mode = s->revert_mode;
	past->revert_at = s->revert_at;
	past->panic = s->panic;
	past->up_tick = s->up_tick;
	memcpy(past->seed, s->seed, sizeof(past->seed));
	return 0;
}

int sw_past_open(struct sw_past *past, const char *pin_dir, enum sw_pinned kind, struct sw_err *e)
{
	memset(past, 0, sizeof(*past));
	for (int i = 0; i < SW1_MAPS; i++)
		past->fd[i] = -1;
	for (int i = 0; i < SW_MAP_COUNT; i++)
		past->engine.fd[i] = -1;
	snprintf(past->dir, sizeof(past->dir), "%s", pin_dir);
	past->first = kind == SW_PINNED_FIRST;
	if (kind == SW_PINNED_FOREIGN)
		return sw_fail(
			e, SW_EXIT_FAILED,
			"%s holds maps of a version of scanwall that this one (layout %u) does not "
			"know (layout %u); its program keeps running. Use that version, or start "
			"over from the record: scanwall detach --all, then attach",
			pin_dir, SW_ABI_VERSION, sw_engine_layout(pin_dir));
	if (!(past->first ? sw_layout1_open(past, e) : open_shaped(past, e)))
		return 0;
	sw_past_close(past);
	return -1;
}

void sw_past_close(struct sw_past *past)
{
	for (int i = 0; i < SW1_MAPS; i++) {
		if (past->fd[i] >= 0)
			close(past->fd[i]);
		past->fd[i] = -1;
	}
	if (!past->first)
		sw_engine_close(&past->engine);
}

int sw_past_held(const struct sw_past *past, sw_held_fn fn, void *arg, struct sw_err *e)
{
	if (past->first)
		return sw_layout1_held(past, fn, arg, e);
	return sw_held_each(&past->engine, fn, arg, e);
}

int sw_past_sources(const struct sw_past *past, sw_source_fn fn, void *arg, struct sw_err *e)
{
	struct sw_ctx as_ctx = {.engine = past->engine, .loaded = true};

	if (past->first)
		return sw_layout1_sources(past, fn, arg, e);
	return sw_sources(&as_ctx, fn, arg, e);
}

int sw_past_counters(const struct sw_past *past, struct sw_counter *out, struct sw_err *e)
{
	if (past->first)
		return sw_layout1_counters(past, out, e);
	return sw_engine_counters(&past->engine, out, e);
}

int sw_past_state(const struct sw_past *past, struct sw_state *out, struct sw_err *e)
{
	const struct sw_state *s = past->engine.state;

	if (past->first)
		return sw_layout1_state(past, out, e);
	out->lost_events = s->lost_events;
	out->overflow_full = s->overflow_full;
	out->unfinished = s->unfinished;
	out->capped_blocks = s->capped_blocks;
	return 0;
}
