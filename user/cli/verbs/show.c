// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall show`: everything known about one source. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"
#include "host/geoip.h"
#include "views/blocked_list.h"
#include "views/human.h"
#include "views/event_row.h"
#include "views/text_table.h"
#include "views/confined.h"
#include "views/watched.h"
#include "cli/control.h"

#define LABEL 10 /* columns of one */
#define EVENTS_SHOWN 5

struct claims {
	struct sw_claim *item;
	size_t count, room;
	struct sw_err *e;
};

struct history {
	json_t *event; /* newest last */
	char *line[EVENTS_SHOWN];
	int64_t time[EVENTS_SHOWN];
	long events, blocks, would; /* in all */
	int offences;		    /* not forgotten yet */
	int64_t last_offence;
	char why[512]; /* of the last block; "": there was none */
	int64_t first;
};

struct subject {
	const struct sw_globals *g;
	struct sw_ctx *ctx;
	struct sw_prefix prefix; /* as asked for */
	struct sw_verdict v;
	bool in_parts;	      /* addresses in the prefix are blocked, but not all of it */
	struct claims claims; /* live claims of every prefix that covers it, longest first */
	int64_t inside;	      /* claims on parts of a prefix */
	struct sw_watched seen;
	struct history past;
	const struct sw_guarded *guard;
	char comment[SW_COMMENT_MAX]; /* of what allows it */
	struct sw_origin origin;
	bool origin_known;
};

static int note_claim(const struct sw_claim *c, void *arg)
{
	struct claims *l = arg;
	size_t more = l->room ? 2 * l->room : 16;
	void *grown;

	if (l->count == l->room) {
		grown = reallocarray(l->item, more, sizeof(*l->item));
		if (!grown)
			return sw_fail(l->e, SW_EXIT_FAILED, "out of memory for %zu claims", more);
		l->item = grown;
		l->room = more;
	}
	l->item[l->count++] = *c;
	return 0;
}

static int gather_claims(struct subject *s, struct sw_err *e)
{
	struct sw_claim_filter f = {.live_at = sw_now()};
	struct sw_prefix p;

	s->claims.e = e;
	for (int plen = s->prefix.plen; plen >= 0; plen--) {
		p = sw_prefix_of(&s->prefix.addr, plen);
		p.v4 = s->prefix.v4;
		f.prefix = &p;
		if (sw_store_claims(s->ctx->store, &f, note_claim, &s->claims, e))
			return -1;
	}
	if (sw_prefix_is_host(&s->prefix))
		return 0;
	f = (struct sw_claim_filter){.within = &s->prefix, .live_at = sw_now()};
	s->inside = sw_store_claim_count(s->ctx->store, &f, e);
	if (s->inside < 0)
		return -1;
	for (size_t i = 0; i < s->claims.count; i++)
		s->inside -= !sw_prefix_cmp(&s->claims.item[i].prefix, &s->prefix);
	return 0;
}

static int note_event(const struct sw_record *r, void *arg)
{
	struct subject *s = arg;
	struct history *h = &s->past;
	int slot = h->events % EVENTS_SHOWN;
	bool blocks = strcmp(r->type, sw_event_name(SW_EVENT_BLOCK)) == 0;
	bool would = strcmp(r->type, sw_event_name(SW_EVENT_WOULD_BLOCK)) == 0;
	char line[512];

	if (!h->events)
		h->first = r->time;
	h->events++;
	h->blocks += blocks;
	h->would += would;
	if (blocks || would)
		sw_record_why(r, h->why, sizeof(h->why));
	if (s->g->json) {
		json_array_append_new(h->event, sw_record_json(r));
		return 0;
	}
	sw_record_line(r, line, sizeof(line));
	free(h->line[slot]);
	h->line[slot] = strdup(line);
	h->time[slot] = r->time;
	return 0;
}

/* A source is an address, or an IPv6 /64. */
static int gather_history(struct subject *s, struct sw_err *e)
{
	struct sw_prefix source = s->prefix;
	struct history *h = &s->past;

	if (!source.v4 && source.plen > 64)
		source = sw_prefix_of(&source.addr, 64);
	if (s->g->json)
		h->event = json_array();
	h->offences = sw_store_offences(s->ctx->store, &source, sw_now(), s->ctx->config.forget,
					&h->last_offence, e);
	if (h->offences < 0)
		return -1;
	return sw_store_events(s->ctx->store, 0, &source, 0, note_event, s, e);
}

static int note_comment(const struct sw_allow_entry *a, void *arg)
{
	struct subject *s = arg;

	if (sw_prefix_cmp(&a->prefix, &s->v.allowed_by) == 0)
		snprintf(s->comment, sizeof(s->comment), "%s", a->comment);
	return 0;
}

static void gather_origin(struct subject *s)
{
	struct sw_geoip *g = sw_geoip_open(&s->ctx->config);

	s->origin_known = sw_geoip_find(g, &s->prefix, &s->origin);
	sw_geoip_close(g);
}

static int gather(struct subject *s, struct sw_err *e)
{
	const struct sw_guard *guard = sw_ctx_guard(s->ctx, e);

	if (!guard || sw_lookup(s->ctx, &s->prefix.addr, &s->v, e) || gather_claims(s, e) ||
	    gather_history(s, e) ||
	    (s->v.allowed && sw_store_allows(s->ctx->store, note_comment, s, e)))
		return -1;
	s->guard = sw_guard_hit(guard, &s->prefix);
	if (s->v.blocked && !sw_prefix_covers(&s->v.by, &s->prefix)) {
		s->in_parts = true;
		s->v.blocked = false;
	}
	s->in_parts |= !s->v.blocked && s->inside;
	if (s->v.allowed && !sw_prefix_covers(&s->v.allowed_by, &s->prefix))
		s->v.allowed = false;
	if (s->v.watched)
		s->seen = sw_watched_of(s->ctx, &s->v.source);
	gather_origin(s);
	return 0;
}

/* ---- in words */

/* Blocked and allowed are stated apart from whether it is enforced now. */
static const char *state_of(const struct subject *s)
{
	if (s->v.allowed)
		return s->v.allow_kind == SW_ALLOW_GUARD     ? "guarded"
		       : s->v.allow_kind == SW_ALLOW_TRUSTED ? "trusted"
							     : "allowed";
	if (s->v.blocked)
		return "blocked";
	if (s->in_parts)
		return "blocked in parts";
	if (sw_is_confined(s->ctx, &s->v))
		return "confined";
	return s->seen.score ? "watched" : "unknown";
}

static const char *effect(const struct subject *s)
{
	bool loaded = s->ctx->loaded;

	if (loaded && s->ctx->engine.settings->panic)
		return "PANIC is on, so all its packets pass";
	if (s->v.allowed)
		return s->v.blocked ? "none of its packets is dropped, although it is blocked too"
				    : "none of its packets is dropped";
	if (!s->v.blocked && s->in_parts)
		return "some addresses in it are blocked";
	if (sw_is_confined(s->ctx, &s->v))
		return sw_engine_grace(&s->ctx->engine)
			       ? "past the threshold, but it has working connections, or the "
				 "program has just started (detect.grace)"
			       : "past the threshold, but it has working connections, or a "
				 "limit on automatic blocks applied";
	if (!s->v.blocked)
		return s->seen.score ? "not blocked, but it has a score" : "not blocked";
	if (!loaded || !sw_engine_attachments(s->ctx->pin_dir, NULL, 0, NULL))
		return "none of its packets is dropped: nothing is attached";
	if (sw_mode_now(s->ctx) == SW_DETECT)
		return "none of its packets is dropped: mode is detect";
	if (s->v.expires_tick & SW_EXPIRES_NEW_ONLY && s->ctx->engine.settings->challenge)
		return "its new connections are challenged, open ones go on";
	if (s->v.expires_tick & SW_EXPIRES_NEW_ONLY)
		return "its packets are dropped, except those of open connections";
	return "all its packets are dropped";
}

/* Blocked by the record, while nothing of it is dropped. */
static bool would_be_blocked(const struct subject *s)
{
	return s->v.blocked && !s->v.allowed &&
	       (!s->ctx->loaded || s->ctx->engine.settings->panic ||
		sw_mode_now(s->ctx) == SW_DETECT);
}

static enum sw_style style_of(const struct subject *s)
{
	if (s->v.allowed)
		return SW_GREEN;
	if (would_be_blocked(s))
		return SW_YELLOW;
	return s->v.blocked ? SW_RED : s->seen.score ? SW_YELLOW : SW_PLAIN;
}

static void put_verdict(const struct subject *s)
{
	char prefix[SW_PREFIX_TEXT], human[SW_HUMAN_TEXT], more[SW_HUMAN_TEXT];
	bool for_ever = (s->v.expires_tick & SW_EXPIRES_TICKS) == SW_EXPIRES_TICKS;

	printf("%s %s %s%s%s\n", sw_prefix_text(&s->prefix, prefix),
	       would_be_blocked(s) ? "would be" : "is", sw_style_code(s->g, style_of(s)),
	       state_of(s), sw_style_code(s->g, SW_PLAIN));
	sw_text_field(s->g, "now", LABEL, "%s", effect(s));
	if (s->v.blocked)
		sw_text_field(s->g, "blocked", LABEL, "as %s, %s%s; %s hit%s",
			      sw_prefix_text(&s->v.by, prefix),
			      for_ever
				      ? "permanently"
				      : sw_human_left(sw_time_from_ticks(s->v.expires_tick), human),
			      for_ever ? "" : " left", sw_human_hits(s->v.hits, more),
			      s->v.hits == 1 ? "" : "s");
	if (s->v.allowed)
		sw_text_field(s->g, "allowed", LABEL, "as %s%s%s%s",
			      sw_prefix_text(&s->v.allowed_by, prefix), s->comment[0] ? " (" : "",
			      s->comment, s->comment[0] ? ")" : "");
	if (s->guard)
		sw_text_field(s->g, "guarded", LABEL, "%s (%s)",
			      sw_prefix_text(&s->guard->prefix, prefix), s->guard->text);
}

static void put_origin(const struct subject *s)
{
	char words[SW_ORIGIN_WORDS];

	if (s->origin_known)
		sw_text_field(s->g, "from", LABEL, "%s", sw_origin_words(&s->origin, words));
}

static void put_reach(const struct subject *s)
{
	struct sw_exposure served;
	char words[SW_CONFINED_TEXT];

	if (!sw_is_confined(s->ctx, &s->v) || sw_exposure_served(s->ctx, &served, NULL))
		return;
	sw_text_field(s->g, "reaches", LABEL, "%s; beyond that: %s",
		      sw_confined_reaches(s->ctx, &s->v.source, &served, words),
		      sw_confined_beyond(s->ctx, sw_mode_now(s->ctx)));
	sw_exposure_free(&served);
}

/* Reason of the kernel's own block that is in force. */
static void put_why(const struct subject *s)
{
	bool for_ever = (s->v.expires_tick & SW_EXPIRES_TICKS) == SW_EXPIRES_TICKS;
	char clock[SW_HUMAN_TEXT];

	if (!s->past.why[0] || !s->v.blocked || !(s->v.expires_tick & SW_EXPIRES_AUTO))
		return;
	sw_text_field(
		s->g, "why", LABEL, "%s; %s, %s%s", s->past.why,
		s->v.expires_tick & SW_EXPIRES_NEW_ONLY
			? "forgeable, so blocked for new connections only"
			: "proven, so blocked entirely",
		for_ever ? "for good" : "until ",
		for_ever ? ""
			 : sw_human_clock(sw_time_from_ticks(s->v.expires_tick), s->g->utc, clock));
}

static void put_score(const struct subject *s)
{
	char a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT], words[512];

	if (!s->v.watched || !s->seen.score)
		return;
	sw_watched_why(&s->seen.source, words, sizeof(words));
	sw_text_field(s->g, "score", LABEL, "%s of %s points: %s",
		      sw_human_points(s->seen.score, a),
		      sw_human_points(s->ctx->engine.settings->threshold, b), words);
	sw_text_field(s->g, "seen", LABEL, "first %s, last %s", sw_human_ago(s->seen.first, a),
		      sw_human_ago(s->seen.last, b));
}

/* Offences, which make the next block longer. */
static void put_offences(const struct subject *s)
{
	char ago[SW_HUMAN_TEXT], span[SW_DURATION_TEXT];
	int n = s->past.offences;

	if (!n)
		return;
	sw_text_field(s->g, "repeat", LABEL,
		      "%d proven offence%s, last %s; the next block lasts %s", n, n == 1 ? "" : "s",
		      sw_human_ago(s->past.last_offence, ago),
		      sw_duration_text(sw_config_block_span(&s->ctx->config, n + 1), span));
}

static int put_claims(const struct subject *s, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "PREFIX", .most = 24},     {.title = "ORIGIN", .gives = true},
		{.title = "EXPIRES", .right = true}, {.title = "AGE", .right = true},
		{.title = "COMMENT", .gives = true},
	};
	struct sw_table *t;
	char text[SW_PREFIX_TEXT], human[SW_HUMAN_TEXT];
	int rc;

	if (!s->claims.count) {
		if (s->v.blocked)
			puts("Not in the record yet: the kernel made this block on its own.");
		return 0;
	}
	t = sw_table_new(columns, 5);
	for (size_t i = 0; i < s->claims.count; i++) {
		const struct sw_claim *c = &s->claims.item[i];

		sw_table_cell(t, SW_PLAIN, "%s", sw_prefix_text(&c->prefix, text));
		sw_table_cell(t, SW_PLAIN, "%s", c->origin);
		sw_table_cell(t, SW_PLAIN, "%s", sw_human_left(c->expires, human));
		sw_table_cell(t, SW_PLAIN, "%s", sw_human_age(c->since, human));
		sw_table_cell(t, SW_PLAIN, "%s", c->comment);
	}
	printf("\n%sClaims:%s\n", sw_style_code(s->g, SW_BOLD), sw_style_code(s->g, SW_PLAIN));
	rc = sw_table_print(t, s->g, 2, sw_human_width(), e);
	sw_table_free(t);
	return rc;
}

static void put_history(const struct subject *s)
{
	const struct history *h = &s->past;
	long from = h->events > EVENTS_SHOWN ? h->events - EVENTS_SHOWN : 0;
	char clock[SW_HUMAN_TEXT], ago[SW_HUMAN_TEXT], lead[SW_HUMAN_TEXT + 4];
	char prefix[SW_PREFIX_TEXT];

	if (!h->events)
		return;
	printf("\n%sHistory:%s blocked %s time%s", sw_style_code(s->g, SW_BOLD),
	       sw_style_code(s->g, SW_PLAIN), sw_cli_count(h->blocks), h->blocks == 1 ? "" : "s");
	if (h->would)
		printf(", would have been %s time%s", sw_cli_count(h->would),
		       h->would == 1 ? "" : "s");
	printf("; first event %s\n", sw_human_ago(h->first, ago));
	for (long i = from; i < h->events; i++) {
		const char *line = h->line[i % EVENTS_SHOWN];

		snprintf(lead, sizeof(lead), "  %s  ",
			 sw_human_clock(h->time[i % EVENTS_SHOWN], s->g->utc, clock));
		sw_text_wrap(lead, line ? line : "", sw_human_terminal() ? sw_human_width() : 0);
	}
	if (from)
		printf("  ... %s earlier: scanwall events %s\n", sw_cli_count(from),
		       sw_prefix_text(&s->prefix, prefix));
}

static int print_result(const struct subject *s, struct sw_err *e)
{
	char prefix[SW_PREFIX_TEXT];

	put_verdict(s);
	put_origin(s);
	put_reach(s);
	put_why(s);
	if (s->inside)
		printf("%s claims inside it: scanwall list --in %s\n", sw_cli_count(s->inside),
		       sw_prefix_text(&s->prefix, prefix));
	put_score(s);
	put_offences(s);
	if (put_claims(s, e))
		return -1;
	put_history(s);
	return 0;
}

/* ---- for machines */

static json_t *claims_json(const struct subject *s)
{
	json_t *list = json_array();
	char prefix[SW_PREFIX_TEXT];

	for (size_t i = 0; i < s->claims.count; i++) {
		const struct sw_claim *c = &s->claims.item[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:o, s:o, s:o, s:b}", "prefix",
						sw_cli_prefix(&c->prefix, prefix), "origin",
						c->origin, "since", sw_cli_time(c->since),
						"expires", sw_cli_time(c->expires), "comment",
						sw_cli_text(c->comment), "new_only", c->new_only));
	}
	return list;
}

static json_t *block_json(const struct subject *s)
{
	char prefix[SW_PREFIX_TEXT];

	if (!s->v.blocked)
		return json_null();
	return json_pack("{s:s, s:o, s:I, s:b}", "prefix", sw_cli_prefix(&s->v.by, prefix),
			 "expires", sw_cli_time(sw_time_from_ticks(s->v.expires_tick)), "hits",
			 (json_int_t)s->v.hits, "new_only",
			 (s->v.expires_tick & SW_EXPIRES_NEW_ONLY) != 0);
}

static json_t *allow_json(const struct subject *s)
{
	char prefix[SW_PREFIX_TEXT];

	if (!s->v.allowed)
		return json_null();
	return json_pack("{s:s, s:b, s:o}", "prefix", sw_cli_prefix(&s->v.allowed_by, prefix),
			 "trusted", s->v.allow_kind == SW_ALLOW_TRUSTED, "comment",
			 sw_cli_text(s->comment));
}

static int print_json(struct subject *s, struct sw_err *e)
{
	json_t *root = sw_cli_json();
	char prefix[SW_PREFIX_TEXT];

	json_object_set_new(root, "prefix", json_string(sw_cli_prefix(&s->prefix, prefix)));
	json_object_set_new(root, "family", json_string(s->prefix.v4 ? "ipv4" : "ipv6"));
	json_object_set_new(root, "state", json_string(state_of(s)));
	json_object_set_new(root, "text", json_string(effect(s)));
	json_object_set_new(root, "geoip", sw_origin_json(s->origin_known ? &s->origin : NULL));
	json_object_set_new(root, "blocked", block_json(s));
	json_object_set_new(root, "allowed", allow_json(s));
	json_object_set_new(root, "guard", s->guard ? sw_cli_text(s->guard->text) : json_null());
	json_object_set_new(root, "claims", claims_json(s));
	json_object_set_new(root, "claims_inside", json_integer(s->inside));
	json_object_set_new(root, "watched",
			    s->v.watched && s->seen.score ? sw_watched_json(&s->seen, state_of(s))
							  : json_null());
	json_object_set_new(root, "why", s->past.why[0] ? json_string(s->past.why) : json_null());
	json_object_set_new(root, "offences", json_integer(s->past.offences));
	json_object_set_new(root, "times_blocked", json_integer(s->past.blocks));
	json_object_set(root, "events", s->past.event);
	return sw_cli_print(s->g, root, e);
}

static void release(void *request)
{
	struct subject *s = request;

	for (int i = 0; i < EVENTS_SHOWN; i++)
		free(s->past.line[i]);
	json_decref(s->past.event);
	free(s->claims.item);
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	struct subject *s = c->request;

	s->g = c->g;
	return sw_prefix_parse(c->a->operand[0], &s->prefix, e);
}

static int show(struct sw_call *c, struct sw_err *e)
{
	struct subject *s = c->request;

	s->ctx = c->ctx;
	if (gather(s, e))
		return -1;
	return c->g->json ? print_json(s, e) : print_result(s, e);
}

const struct sw_verb_ops sw_show_ops = {
	.request = sizeof(struct subject),
	.read = read_request,
	.run = show,
	.release = release,
};
