// SPDX-License-Identifier: GPL-2.0-only
/* Runs the packets of captures through a sandbox. */
#include <stdlib.h>
#include <string.h>
#include "replay/capture.h"
#include "replay/replay.h"

/* Start of the simulated clock: so late that the program's zeroed state does not look recent. */
#define CLOCK_BEGIN (1000ull * 1000000000)

#define FRAME_MIN 14 /* the kernel runs no shorter frame */

static void note_block(struct sw_replay_source *s, const struct sw_event *ev, uint64_t number,
		       int64_t offset)
{
	if (s->blocks++)
		return;
	s->blocked_at = number;
	s->blocked = offset;
	s->packets_before = s->packets;
	s->evidence_before = s->evidence;
	s->why = *ev;
}

static int hear(const struct sw_event *ev, void *arg)
{
	struct sw_replay *r = arg;
	struct sw_replay_event out = {
		.event = ev,
		.signature = sw_signature_find(&r->signatures, ev->sid),
		.packet = r->number,
		.offset = ev->time_ns - CLOCK_BEGIN,
		.time = r->begin + (int64_t)(ev->time_ns - CLOCK_BEGIN),
	};

	r->matched += ev->sid != 0;
	r->hit->signatures += ev->sid != 0;
	if (ev->type == SW_EVENT_EVIDENCE) {
		r->detections++;
		r->hit->evidence++;
	} else if (ev->type == SW_EVENT_BLOCK) {
		r->blocks++;
		note_block(r->hit, ev, r->number, out.offset);
	}
	if (r->fn)
		r->fn(&out, r->arg);
	return 0;
}

static int name_rules(struct sw_replay *r, struct sw_err *e)
{
	for (size_t i = 0; i < r->rules->rules; i++) {
		const struct sw_rule_text *t = &r->rules->rule[i];
		struct sw_signature s = {t->sid, t->rev,       t->priority,
					 t->msg, t->classtype, t->reference};

		if (sw_signatures_add(&r->signatures, &s, e))
			return -1;
	}
	sw_signatures_sort(&r->signatures);
	return sw_tables_load(&r->instance.engine, &r->rules->tables, e);
}

int sw_replay_open(struct sw_replay *r, struct sw_err *e)
{
	r->source = (struct sw_hash)SW_HASH_OF(struct sw_replay_source, addr);
	r->own = (struct sw_hash){.key = sizeof(struct sw_addr), .size = sizeof(struct sw_addr)};
	sw_conversations_init(&r->contacts, r->protect, r->protect_count);
	if (sw_sandbox_open(&r->instance, r->config, e))
		return -1;
	if (r->rules && name_rules(r, e))
		return -1;
	r->ring = sw_ring_open(&r->instance.engine, hear, r, e);
	return r->ring ? 0 : -1;
}

static void forget(struct sw_replay *r)
{
	sw_conversations_free(&r->contacts);
	sw_hash_clear(&r->source);
	sw_hash_clear(&r->own);
}

void sw_replay_close(struct sw_replay *r)
{
	sw_ring_close(r->ring);
	r->ring = NULL;
	sw_sandbox_close(&r->instance);
	sw_signatures_free(&r->signatures);
	forget(r);
}

static int serve_configured(struct sw_replay *r, struct sw_err *e)
{
	const struct sw_config *c = r->config;

	for (int i = 0; i < c->services.count; i++)
		if (sw_conversations_serve(&r->contacts, c->services.item[i].port,
					   c->services.item[i].proto, e))
			return -1;
	return 0;
}

static int begin(struct sw_replay *r, struct sw_err *e)
{
	forget(r);
	r->packets = r->judged = r->from = r->aside = r->cut = r->later = 0;
	r->detections = r->blocks = r->dropped = r->matched = 0;
	r->begin = r->end = 0;
	r->clock = CLOCK_BEGIN;
	sw_conversations_init(&r->contacts, r->protect, r->protect_count);
	if (sw_sandbox_reset(&r->instance, e) || sw_ring_consume(r->ring, e) < 0)
		return -1;
	for (int i = 0; i < r->config->allow.count; i++)
		if (sw_sandbox_allow(&r->instance, &r->config->allow.item[i], e))
			return -1;
	return serve_configured(r, e);
}

typedef int (*pass_fn)(struct sw_replay *r, const struct sw_capture_frame *f, struct sw_err *e);

/* *broken: the file could not be read to its end, which also ends the pass. */
static int read_through(struct sw_replay *r, const char *file, pass_fn fn, struct sw_err *broken,
			struct sw_err *e)
{
	struct sw_capture *c = sw_capture_open(file, e);
	struct sw_capture_frame f;
	int rc = 0;

	if (!c)
		return -1;
	while (!rc && sw_capture_next(c, &f, broken) > 0)
		rc = fn(r, &f, e);
	sw_capture_close(c);
	return rc;
}

/* ---- first pass */

static int note(struct sw_replay *r, const struct sw_capture_frame *f, struct sw_err *e)
{
	struct sw_headers h;

	if (f->number == 1)
		r->begin = f->time;
	r->end = f->time > r->end ? f->time : r->end;
	r->packets = f->number;
	if (f->cut || !sw_headers_read(f->data, f->size, &h))
		return 0;
	return sw_conversations_note(&r->contacts, &h, f->data + f->size, e);
}

/* ---- second pass */

/* Follows the capture's timestamps; never goes back. */
static void set_clock(struct sw_replay *r, int64_t time)
{
	int64_t offset = time - r->begin;

	if (offset > 0 && CLOCK_BEGIN + offset > r->clock)
		r->clock = CLOCK_BEGIN + offset;
}

static struct sw_replay_source *source_of(struct sw_replay *r, const struct sw_headers *h,
					  struct sw_err *e)
{
	struct sw_prefix p = sw_prefix_of(&h->src, sw_addr_is4(&h->src) ? 32 : 64);
	struct sw_replay_source *s;
	bool fresh;

	s = sw_hash_put(&r->source, &p.addr, &fresh);
	if (!s)
		sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu sources", r->source.count);
	else if (fresh)
		s->first = r->clock - CLOCK_BEGIN;
	return s;
}

static int make_own(struct sw_replay *r, const struct sw_addr *a, struct sw_err *e)
{
	bool fresh;

	if (!sw_hash_put(&r->own, a, &fresh))
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu addresses", r->own.count);
	return fresh ? sw_sandbox_own(&r->instance, a, e) : 0;
}

static int judge(struct sw_replay *r, const struct sw_capture_frame *f, const struct sw_headers *h,
		 enum sw_socket socket, struct sw_err *e)
{
	struct sw_replay_source *s = source_of(r, h, e);
	bool dropped;

	if (!s || make_own(r, &h->dst, e))
		return -1;
	r->number = f->number;
	r->hit = s;
	s->packets++;
	r->judged++;
	if (sw_sandbox_run(&r->instance, f->data, f->size, r->clock, socket, &dropped, e) ||
	    sw_ring_consume(r->ring, e) < 0)
		return -1;
	r->dropped += dropped;
	s->dropped += dropped;
	r->later += dropped && s->blocked_at && s->blocked_at != f->number;
	return 0;
}

static int replay(struct sw_replay *r, const struct sw_capture_frame *f, struct sw_err *e)
{
	enum sw_socket socket;
	struct sw_headers h;

	set_clock(r, f->time);
	if (f->cut || f->size < FRAME_MIN || !sw_headers_read(f->data, f->size, &h)) {
		r->cut += f->cut;
		r->aside++;
		return 0;
	}
	switch (sw_conversations_ask(&r->contacts, &h, &socket)) {
	case SW_SIDE_TO:
		return judge(r, f, &h, socket, e);
	case SW_SIDE_FROM:
		r->from++;
		return 0;
	case SW_SIDE_NEITHER:
		r->aside++;
	}
	return 0;
}

int sw_replay_file(struct sw_replay *r, const char *file, struct sw_err *e)
{
	struct sw_err broken = {}, again = {};

	if (begin(r, e) || read_through(r, file, note, &broken, e) ||
	    sw_conversations_settle(&r->contacts, e))
		return -1;
	sw_sandbox_speak(&r->instance, r->contacts.protocols);
	if (read_through(r, file, replay, &again, e) ||
	    sw_engine_counters(&r->instance.engine, r->reason, e))
		return -1;
	if (!broken.text[0])
		return 0;
	*e = broken;
	return -1;
}
