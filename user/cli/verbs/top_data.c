// SPDX-License-Identifier: GPL-2.0-only
/* What `scanwall top` shows, read from maps and record. */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "daemon/daemon.h"
#include "engine/syn_flood.h"
#include "events/events.h"
#include "views/blocked_list.h"
#include "views/human.h"
#include "views/watched.h"
#include "cli/verbs/top_data.h"

#define NS 1000000000ll
#define SHARE 50  /* a list that took t to read is read again after 50 t: 2 % of a CPU */
#define ROWS 2000 /* of blocked sources, by hits */

/* ---- packets */

static void push(double *history, double value)
{
	memmove(history, history + 1, (SW_TOP_HISTORY - 1) * sizeof(*history));
	history[SW_TOP_HISTORY - 1] = value;
}

static int take_counters(struct sw_top_data *d, const struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_counter c[SW_REASON_COUNT], sum = {0};
	int64_t now = sw_monotonic();
	double seconds = d->counted ? (double)(now - d->counted) / NS : 0;
	__u64 would = 0;

	if (sw_engine_counters(&ctx->engine, c, e))
		return -1;
	for (int r = 0; r < SW_REASON_COUNT; r++) {
		sum.passed += c[r].passed;
		sum.dropped += c[r].dropped;
		would += sw_reason_drops(r) ? c[r].passed : 0;
	}
	if (seconds > 0 && sum.passed >= d->sum.passed && sum.dropped >= d->sum.dropped) {
		d->passed = (sum.passed - d->sum.passed) / seconds;
		d->dropped = (sum.dropped - d->sum.dropped) / seconds;
		d->would = would >= d->would_sum ? (would - d->would_sum) / seconds : 0;
		push(d->history_in, d->passed + d->dropped);
		push(d->history_out, d->dropped);
	}
	d->sum = sum;
	d->would_sum = would;
	d->counted = now;
	return 0;
}

/* ---- sources */

static int by_prefix(const void *a, const void *b)
{
	return sw_prefix_cmp(&((const struct sw_top_row *)a)->prefix,
			     &((const struct sw_top_row *)b)->prefix);
}

static const struct sw_top_row *find(const struct sw_top_row *old, size_t n,
				     const struct sw_prefix *p)
{
	struct sw_top_row key = {.prefix = *p};

	return n ? bsearch(&key, old, n, sizeof(key), by_prefix) : NULL;
}

static int add_row(struct sw_top_data *d, const struct sw_top_row *one, struct sw_err *e)
{
	if (sw_grow((void **)&d->row, &d->room, d->rows, sizeof(*one), e))
		return -1;
	d->row[d->rows] = *one;
	if (d->geoip)
		sw_geoip_brief(d->geoip, &one->prefix, d->row[d->rows].from);
	d->rows++;
	return 0;
}

static int add_blocked(struct sw_top_data *d, const struct sw_blocked_list *l,
		       const struct sw_top_row *old, size_t n, double seconds, struct sw_err *e)
{
	for (size_t i = 0; i < l->count && i < ROWS; i++) {
		const struct sw_blocked *b = &l->item[i];
		const char *comment = b->count ? l->claim[b->first].comment : NULL;
		const struct sw_top_row *was = find(old, n, &b->prefix);
		struct sw_top_row one = {.prefix = b->prefix,
					 .blocked = true,
					 .hits = b->hits,
					 .expires = b->expires};

		if (was && seconds > 0 && b->hits >= was->hits)
			one.rate = (b->hits - was->hits) / seconds;
		snprintf(one.why, sizeof(one.why), "%s", comment ? comment : "");
		if (add_row(d, &one, e))
			return -1;
	}
	return 0;
}

static int add_watched(struct sw_top_data *d, const struct sw_watched_list *l, struct sw_err *e)
{
	size_t blocked = d->rows;

	if (blocked)
		qsort(d->row, blocked, sizeof(*d->row), by_prefix);
	for (size_t i = 0; i < l->count; i++) {
		struct sw_top_row one = {.prefix = l->item[i].prefix, .score = l->item[i].score};
		struct sw_top_row *known =
			blocked ? bsearch(&one, d->row, blocked, sizeof(one), by_prefix) : NULL;

		if (known) {
			known->score = one.score;
			continue;
		}
		sw_watched_why(&l->item[i].source, one.why, sizeof(one.why));
		if (add_row(d, &one, e))
			return -1;
	}
	return 0;
}

static int take_list(struct sw_top_data *d, struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_top_row *old = d->row;
	struct sw_blocked_list blocked = {0};
	struct sw_watched_list watched = {0};
	int64_t begun = sw_monotonic();
	double seconds = d->listed ? (double)(begun - d->listed) / NS : 0;
	size_t n = d->rows;
	int rc = -1;

	if (n)
		qsort(old, n, sizeof(*old), by_prefix);
	d->geoip = sw_geoip_renew(d->geoip, &ctx->config);
	d->row = NULL;
	d->rows = d->room = 0;
	if (!sw_blocked_load(ctx, NULL, &blocked, e) && !sw_watched_load(ctx, NULL, &watched, e)) {
		sw_blocked_sort(&blocked, SW_BY_HITS);
		d->blocked = blocked.count;
		d->watched = watched.count;
		rc = add_blocked(d, &blocked, old, n, seconds, e) || add_watched(d, &watched, e)
			     ? -1
			     : 0;
	}
	sw_blocked_free(&blocked);
	sw_watched_free(&watched);
	free(old);
	d->listed = begun;
	d->next_list = sw_monotonic() + SHARE * (sw_monotonic() - begun);
	return rc;
}

/* ---- events */

static int note_event(const struct sw_record *r, void *arg)
{
	struct sw_top_data *d = arg;
	json_t *o = json_loads(r->json, 0, NULL);
	const char *text = json_string_value(json_object_get(o, "text"));

	memmove(d->event[1], d->event[0], sizeof(d->event) - sizeof(d->event[0]));
	snprintf(d->event[0], sizeof(d->event[0]), "%s", text ? text : r->type);
	json_decref(o);
	return 0;
}

/* ---- missing interfaces, floods and sprays */

/* Returns how many are missing. */
static int put_missing(char *out, size_t size, const char *pin_dir)
{
	struct sw_attachment at[SW_LINKS_MAX];
	struct sw_err ignored;
	int n = sw_attached(pin_dir, at, &ignored), missing = 0;
	size_t end = snprintf(out, size, "GONE   attached and not here any more:");

	for (int i = 0; i < n; i++) {
		if (at[i].ifindex)
			continue;
		missing++;
		if (end < size)
			end += snprintf(out + end, size - end, " %s", at[i].ifname);
	}
	return missing;
}

static void put_flood(char *out, size_t size, const struct sw_flooded *f, int more)
{
	char rate[SW_HUMAN_TEXT], age[SW_HUMAN_TEXT], others[40] = "";

	sw_human_count(f->a_second, rate);
	sw_human_age(sw_time_from_ticks(f->since), age);
	if (more)
		snprintf(others, sizeof(others), ", and %d port%s more", more,
			 more == 1 ? "" : "s");
	if (f->port)
		snprintf(out, size, "FLOOD  port %d: %s SYNs/s for %s%s", f->port, rate, age,
			 others);
	else
		snprintf(out, size, "FLOOD  ACKs without a connection: %s/s for %s%s", rate, age,
			 others);
}

static int take_alarms(struct sw_top_data *d, const struct sw_ctx *ctx, struct sw_err *e)
{
	const struct sw_state *st = ctx->engine.state;
	struct sw_flooded f[SW_FLOODED_MOST];
	char age[SW_HUMAN_TEXT];
	int n = sw_floods_now(&ctx->engine, f, SW_FLOODED_MOST, e), at = 0;

	memset(d->alarm, 0, sizeof(d->alarm));
	if (n < 0)
		return -1;
	if (put_missing(d->alarm[at], sizeof(d->alarm[0]), ctx->pin_dir))
		at++;
	else
		d->alarm[at][0] = '\0';
	if (n)
		put_flood(d->alarm[at++], sizeof(d->alarm[0]), &f[0], n - 1);
	if (sw_engine_strangers(&ctx->engine))
		snprintf(d->alarm[at], sizeof(d->alarm[0]),
			 "SPRAY  all strangers challenged for %s: %s",
			 sw_human_age(sw_time_from_ticks(st->strangers_since), age),
			 sw_spray_text(st->strangers_why));
	return 0;
}

int sw_top_take(struct sw_top_data *d, struct sw_ctx *ctx, struct sw_err *e)
{
	if (!ctx->loaded)
		return sw_no_program(ctx, e);
	if (take_counters(d, ctx, e) || take_alarms(d, ctx, e))
		return -1;
	if (sw_monotonic() >= d->next_list && take_list(d, ctx, e))
		return -1;
	memset(d->event, 0, sizeof(d->event));
	if (sw_store_events(ctx->store, 0, NULL, SW_TOP_EVENTS, note_event, d, e))
		return -1;
	d->mode = sw_mode_now(ctx);
	d->panic = ctx->engine.settings->panic;
	d->has_daemon = sw_daemon_pid(ctx->state_dir);
	d->trial_left = sw_trial_left(ctx);
	d->lost = ctx->engine.state->lost_events;
	d->capped = ctx->engine.state->capped_blocks;
	return 0;
}

static enum sw_top_sort sorting;

static int compare(const void *a, const void *b)
{
	const struct sw_top_row *x = a, *y = b;

	if (sorting == SW_TOP_DROPS && x->rate != y->rate)
		return x->rate < y->rate ? 1 : -1;
	if (sorting == SW_TOP_SCORE && x->score != y->score)
		return y->score - x->score;
	if (sorting == SW_TOP_LEFT && x->expires != y->expires)
		return !x->expires || (y->expires && x->expires > y->expires) ? 1 : -1;
	if (x->hits != y->hits)
		return x->hits < y->hits ? 1 : -1;
	return sw_prefix_cmp(&x->prefix, &y->prefix);
}

void sw_top_sort(struct sw_top_data *d, enum sw_top_sort by)
{
	sorting = by;
	if (d->rows)
		qsort(d->row, d->rows, sizeof(*d->row), compare);
}

void sw_top_free(struct sw_top_data *d)
{
	free(d->row);
	sw_geoip_close(d->geoip);
	memset(d, 0, sizeof(*d));
}
