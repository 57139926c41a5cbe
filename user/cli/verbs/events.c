// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall events`: lists and follows events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/grow.h"
#include "base/nearest.h"
#include "daemon/daemon.h"
#include "events/events.h"
#include "views/human.h"
#include "views/event_row.h"
#include "views/stream.h"
#include "views/text_table.h"
#include "cli/verbs.h"

#define SCREENFUL 50
#define POLL_NS 500000000L
#define LATE \
	(60 * INT64_C(1000000)) /* us; an event may be recorded this much later than it happened */

struct request {
	const struct sw_globals *g;
	struct sw_prefix prefix;
	bool by_prefix, exact; /* exact: a source as the record spells it */
	int64_t since, until;  /* 0: whenever */
	const char *type, *origin;
	struct sw_prefix *of; /* prefixes that the origin blocks: sorted, not nested */
	size_t of_count, of_room;
	long limit; /* 0: all */
	bool follow;
};

struct walk {
	const struct request *r;
	int64_t after;	   /* ids up to this one were told */
	long match, skip;  /* number of events, and how many to skip */
	bool lines, count; /* JSON by the line; only count */
};

static int read_prefix(const char *text, struct request *r, struct sw_err *e)
{
	if (sw_prefix_parse(text, &r->prefix, e))
		return -1;
	r->by_prefix = true;
	/* An IPv6 source is its /64. */
	if (!r->prefix.v4 && r->prefix.plen > 64)
		r->prefix = sw_prefix_of(&r->prefix.addr, 64);
	r->exact = r->prefix.plen == (r->prefix.v4 ? 32 : 64);
	return 0;
}

static int read_type(struct request *r, struct sw_err *e)
{
	const char *known[SW_EVENT_COUNT], *near;

	for (int i = 0; i < SW_EVENT_COUNT; i++) {
		known[i] = sw_event_name(i);
		if (!r->type || !strcmp(r->type, known[i]))
			return 0;
	}
	near = sw_nearest(r->type, known, SW_EVENT_COUNT);
	return sw_fail(e, SW_EXIT_USAGE,
		       "--type: \"%s\" is not a type of event%s%s; they are block, would-block, "
		       "spared, capped, confined, decoys, distributed, limited, spray, signature",
		       r->type, near ? "; did you mean " : "", near ? near : "");
}

static int read_times(const struct sw_args *a, struct request *r, struct sw_err *e)
{
	const char *since = a->option[SW_EVENTS_SINCE], *until = a->option[SW_EVENTS_UNTIL];

	if ((since && sw_time_parse(since, "--since", &r->since, e)) ||
	    (until && sw_time_parse(until, "--until", &r->until, e)))
		return -1;
	if (until && r->follow)
		return sw_fail(e, SW_EXIT_USAGE, "--follow has no end; leave it out, or --until %s",
			       until);
	if (until && r->until < r->since)
		return sw_fail(e, SW_EXIT_USAGE, "--until %s is before --since %s", until, since);
	return 0;
}

static int keep_claim(const struct sw_claim *c, void *arg)
{
	struct request *r = arg;

	if (r->of_count && sw_prefix_covers(&r->of[r->of_count - 1], &c->prefix))
		return 0;
	if (sw_grow((void **)&r->of, &r->of_room, r->of_count, sizeof(*r->of), NULL))
		return -1;
	r->of[r->of_count++] = c->prefix;
	return 0;
}

static int load_origin(struct sw_ctx *ctx, struct request *r, struct sw_err *e)
{
	struct sw_claim_filter f = {.origin = r->origin, .live_at = sw_now()};

	return r->origin ? sw_store_claims(ctx->store, &f, keep_claim, r, e) : 0;
}

static int covers(const void *source, const void *prefix)
{
	return sw_prefix_covers(prefix, source) ? 0 : sw_prefix_cmp(source, prefix);
}

static bool is_wanted(const struct request *r, const struct sw_record *rec)
{
	return (!r->by_prefix || sw_prefix_covers(&r->prefix, &rec->source)) &&
	       (!r->until || rec->time <= r->until) && (!r->type || !strcmp(r->type, rec->type)) &&
	       (!r->origin || bsearch(&rec->source, r->of, r->of_count, sizeof(*r->of), covers));
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct request *r = c->request;
	const char *limit = a->option[SW_EVENTS_LIMIT];
	bool on_screen = sw_human_terminal() && !c->g->json && !a->option[SW_EVENTS_SINCE];

	r->g = c->g;
	r->follow = a->option[SW_EVENTS_FOLLOW];
	r->type = a->option[SW_EVENTS_TYPE];
	r->origin = a->option[SW_EVENTS_ORIGIN];
	r->limit = on_screen ? SCREENFUL : 0;
	if ((a->count && read_prefix(a->operand[0], r, e)) || read_times(a, r, e) ||
	    read_type(r, e) ||
	    (limit && sw_cli_number(limit, "--limit", 0, 1000000000, &r->limit, e)))
		return -1;
	return 0;
}

static void put_line(const struct request *r, const struct sw_record *rec)
{
	char clock[SW_HUMAN_TEXT], lead[SW_HUMAN_TEXT + 2], line[512];

	sw_record_line(rec, line, sizeof(line));
	snprintf(lead, sizeof(lead), "%s  ", sw_human_clock(rec->time, r->g->utc, clock));
	sw_text_wrap(lead, line, sw_human_terminal() ? sw_human_width() : 0);
}

static void put_json_line(const struct sw_record *rec)
{
	json_t *o = sw_record_json(rec);

	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static int print_event(const struct sw_record *rec, void *arg)
{
	struct walk *k = arg;
	const struct request *r = k->r;

	if (rec->id <= k->after || !is_wanted(r, rec))
		return 0;
	k->match++;
	if (k->count)
		return 0;
	k->after = rec->id;
	if (k->match <= k->skip)
		return 0;
	if (!r->g->json)
		put_line(r, rec);
	else if (k->lines)
		put_json_line(rec);
	else
		sw_stream_item(r->g, sw_record_json(rec));
	return 0;
}

static int walk(struct sw_ctx *ctx, struct walk *k, int64_t since, struct sw_err *e)
{
	const struct request *r = k->r;

	k->match = 0;
	return sw_store_events(ctx->store, since, r->exact ? &r->prefix : NULL, 0, print_event, k,
			       e);
}

/* Prints the newest `limit`. Counts first, to say how many are left out. */
static int print_past(struct sw_ctx *ctx, struct walk *k, struct sw_err *e)
{
	const struct request *r = k->r;

	k->count = true;
	if (walk(ctx, k, r->since, e))
		return -1;
	k->count = false;
	if (r->limit && k->match > r->limit)
		k->skip = k->match - r->limit;
	if (r->g->json && !k->lines)
		sw_stream_begin(r->g,
				json_pack("{s:I, s:I}", "total", (json_int_t)k->match, "shown",
					  (json_int_t)(k->match - k->skip)),
				"events");
	else if (k->skip && !r->g->json)
		printf("... %s earlier, --limit 0 shows all\n", sw_cli_count(k->skip));
	else if (!k->match && !r->follow && !r->g->json)
		puts("no events recorded");
	if (walk(ctx, k, r->since, e))
		return -1;
	return r->g->json && !k->lines ? sw_stream_end(r->g, e) : 0;
}

static int follow(struct sw_ctx *ctx, struct walk *k, struct sw_err *e)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};

	if (!sw_daemon_pid(ctx->state_dir))
		fprintf(stderr, "scanwall events: the daemon is not running, so nothing is "
				"recorded; scanwall run\n");
	k->skip = 0;
	/* Follows until the reader closes the pipe or a signal arrives. */
	while (!fflush(stdout)) {
		nanosleep(&pause, NULL);
		if (walk(ctx, k, sw_now() - LATE, e))
			return -1;
	}
	if (errno == EPIPE)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "standard output: %s", strerror(errno));
}

static int events(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;
	struct walk k = {.r = r, .lines = r->follow};

	if (load_origin(c->ctx, r, e) || print_past(c->ctx, &k, e))
		return -1;
	return r->follow ? follow(c->ctx, &k, e) : 0;
}

static void release(void *request)
{
	free(((struct request *)request)->of);
}

const struct sw_verb_ops sw_events_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = events,
	.release = release,
};
