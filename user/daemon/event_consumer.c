// SPDX-License-Identifier: GPL-2.0-only
/* Takes events from the queue, records them with the claim for the kernel's block, and passes
 * them to the sinks. */
#include <stdlib.h>
#include <string.h>
#include "daemon/internal.h"
#include "engine/connections.h"

#define RETRY_NS 2000000000ll

static int note_rule(const struct sw_rule_row *r, void *arg)
{
	struct sw_signature s = {.sid = r->sid,
				 .rev = r->rev,
				 .priority = r->priority,
				 .msg = (char *)r->msg,
				 .classtype = (char *)r->classtype,
				 .reference = (char *)r->reference};

	return sw_signatures_add(arg, &s, NULL);
}

/* The event's rule, looked up in the record; NULL: not there. */
static const struct sw_signature *signature_of(struct sw_daemon *d, const struct sw_event *ev)
{
	__u32 generation = d->ctx.loaded ? d->ctx.engine.settings->rules_generation : 0;

	if (!ev->sid)
		return NULL;
	if (generation != d->rules_generation) {
		sw_signatures_free(&d->signatures);
		sw_store_rules(d->ctx.store, 0, note_rule, &d->signatures, NULL);
		d->rules_generation = generation;
	}
	return sw_signature_find(&d->signatures, ev->sid);
}

/* Returns 1 if *c is the claim for a block by the kernel. Sets ev->expires_tick to what will
 * be in force. */
static int judge(struct sw_daemon *d, struct sw_event *ev, struct sw_claim *c, struct sw_err *e)
{
	int64_t since = sw_time_from_monotonic(ev->time_ns), longer;
	struct sw_verdict v;
	int offences = 0;

	if (!ev->expires_tick)
		return 0;
	*c = (struct sw_claim){.prefix = sw_prefix_of(&ev->src, ev->plen),
			       .origin = SW_ORIGIN_KERNEL,
			       .since = since,
			       .expires = sw_time_from_ticks(ev->expires_tick),
			       .new_only = ev->expires_tick & SW_EXPIRES_NEW_ONLY};
	sw_event_why(ev, signature_of(d, ev), c->comment, sizeof(c->comment));
	/* An unproven (forgeable) source's block never grows longer. */
	if (!c->new_only)
		offences =
			sw_store_offence(d->ctx.store, &c->prefix, since, d->ctx.config.forget, e);
	if (offences < 0 || sw_lookup(&d->ctx, &ev->src, &v, e))
		return -1;
	/* Already expired or removed before the event was read. */
	if (!v.blocked)
		return 0;
	longer = since + sw_config_block_span(&d->ctx.config, offences);
	if (offences > 1 && longer > c->expires) {
		c->expires = longer;
		ev->expires_tick =
			sw_ticks_from_time(longer) | (ev->expires_tick & ~SW_EXPIRES_TICKS);
	}
	return 1;
}

static int add_record(struct sw_daemon *d, struct sw_taken *t, struct sw_err *e)
{
	struct sw_place at;
	struct sw_record r;
	bool known = sw_origins_find(d, &t->ev, &at);

	free(t->json); /* of a try before */
	sw_event_record(&t->ev, signature_of(d, &t->ev), known ? &at.place : NULL, &r);
	if (known)
		json_decref(at.place.geoip);
	t->json = r.json;
	if (!t->json)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	return sw_store_event_add(d->ctx.store, &r, e);
}

static int record_events(struct sw_claim *claim, size_t *claims, void *arg, struct sw_err *e)
{
	struct sw_daemon *d = arg;
	int held;

	for (int i = 0; i < d->taken; i++) {
		held = judge(d, &d->batch[i].ev, &claim[*claims], e);
		if (held < 0 || add_record(d, &d->batch[i], e))
			return -1;
		*claims += held;
	}
	return 0;
}

/* The block is in force in the kernel whether recorded or not; blocks missing from the record
 * are adopted at the next start. */
static int record_batch(struct sw_daemon *d)
{
	struct sw_claim *claim = calloc(d->taken, sizeof(*claim));
	struct sw_err e;
	int rc;

	if (!claim || sw_ctx_lock(&d->ctx, &e)) {
		if (!claim)
			sw_fail(&e, SW_EXIT_FAILED, "out of memory");
		sw_log_trouble(&d->notified.record, "recording events", &e);
		free(claim);
		return -1;
	}
	rc = sw_block_recording(&d->ctx, claim, record_events, d, &e);
	sw_ctx_unlock(&d->ctx);
	sw_log_trouble(&d->notified.record, "recording events", rc ? &e : NULL);
	free(claim);
	return rc;
}

static void print(struct sw_daemon *d, struct sw_taken *t)
{
	struct sw_sink_event event = {.ev = &t->ev, .sig = signature_of(d, &t->ev)};
	struct sw_place at;
	struct sw_record r;

	if (sw_origins_find(d, &t->ev, &at))
		event.place = &at.place;
	if (!t->json) { /* recording failed before this one */
		sw_event_record(&t->ev, event.sig, event.place, &r);
		t->json = r.json;
	}
	event.json = t->json;
	sw_outputs_write(&d->outputs, &event);
	free(t->json);
	if (event.place)
		json_decref(event.place->geoip);
}

/* Closes connections of proven attackers, which servers would hold until a timeout. The
 * sockets are listed once per batch. */
static void end_connections(struct sw_daemon *d)
{
	struct sw_prefix *gone = calloc(d->taken + 1, sizeof(*gone));
	size_t count = 0;
	struct sw_err e;
	int ended;

	for (int i = 0; gone && i < d->taken; i++) {
		const struct sw_event *ev = &d->batch[i].ev;

		if (ev->type == SW_EVENT_BLOCK && ev->expires_tick &&
		    !(ev->expires_tick & SW_EXPIRES_NEW_ONLY))
			gone[count++] = sw_prefix_of(&ev->src, ev->plen);
	}
	ended = count ? sw_connections_end(gone, count, &e) : 0;
	free(gone);
	if (ended > 0)
		sw_log("%d open connection%s of blocked sources ended", ended,
		       ended == 1 ? "" : "s");
	else if (ended < 0)
		sw_log("cannot end open connections of blocked sources: %s", e.text);
}

static void print_batch(struct sw_daemon *d)
{
	for (int i = 0; i < d->taken; i++)
		print(d, &d->batch[i]);
	d->taken = 0;
}

/* A batch that could not be recorded is kept and retried. Meanwhile the queue and then the
 * ring fill up, and count what they cannot hold. */
static bool stall(struct sw_daemon *d)
{
	d->stalled = record_batch(d) != 0;
	if (d->stalled)
		d->retry = sw_monotonic() + RETRY_NS;
	if (d->take_source)
		sd_event_source_set_enabled(d->take_source,
					    d->stalled ? SD_EVENT_OFF : SD_EVENT_ON);
	return d->stalled;
}

void sw_take_again(struct sw_daemon *d)
{
	if (d->stalled && sw_monotonic() >= d->retry && !stall(d))
		print_batch(d);
}

static int fill_batch(struct sw_daemon *d)
{
	while (d->taken < SW_BATCH && sw_reader_next(d->reader, &d->batch[d->taken].ev)) {
		sw_closer_end(d, &d->batch[d->taken].ev);
		sw_bots_note(d, &d->batch[d->taken].ev);
		d->batch[d->taken++].json = NULL;
	}
	return d->taken;
}

/* Returns how many events there were. */
static int take_batch(struct sw_daemon *d)
{
	struct sw_err e;
	bool failed = sw_reader_failed(d->reader, &e);
	int n;

	sw_log_trouble(&d->notified.ring, "reading events", failed ? &e : NULL);
	n = fill_batch(d);
	if (!n)
		return 0;
	sw_origins_renew(d);
	stall(d);
	end_connections(d);
	if (!d->stalled)
		print_batch(d);
	return d->stalled ? 0 : n;
}

/* If events are left, the queue becomes readable again at once. */
static int on_ready(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	(void)s;
	(void)fd;
	(void)events;
	take_batch(arg);
	return 0;
}

int sw_take_open(struct sw_daemon *d, struct sw_err *e)
{
	int rc;

	d->reader = sw_reader_open(&d->ctx.engine, d->ctx.config.auto_per_minute, e);
	if (!d->reader)
		return -1;
	rc = sd_event_add_io(d->loop, &d->take_source, sw_reader_fd(d->reader), EPOLLIN, on_ready,
			     d);
	if (rc >= 0)
		return 0;
	sw_take_close(d);
	return sw_fail(e, SW_EXIT_FAILED, "cannot wait for events: %s", strerror(-rc));
}

/* The sinks get what the record does not take. Returns how many events that were. */
static long print_rest(struct sw_daemon *d)
{
	long n = d->taken;

	print_batch(d);
	while (fill_batch(d)) {
		n += d->taken;
		end_connections(d);
		print_batch(d);
	}
	return n;
}

void sw_take_rest(struct sw_daemon *d)
{
	long unrecorded;

	if (!d->reader)
		return;
	sw_reader_stop(d->reader);
	while (take_batch(d))
		;
	if (!d->stalled)
		return;
	unrecorded = print_rest(d);
	sw_log("%ld event%s could not be recorded before the end", unrecorded,
	       unrecorded == 1 ? "" : "s");
	d->stalled = false;
}

void sw_take_close(struct sw_daemon *d)
{
	d->take_source = sd_event_source_disable_unref(d->take_source);
	sw_reader_close(d->reader);
	d->reader = NULL;
	sw_signatures_free(&d->signatures);
}
