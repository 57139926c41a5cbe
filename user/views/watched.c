// SPDX-License-Identifier: GPL-2.0-only
/* Suspicious sources with their current scores. */
#include <stdlib.h>
#include <string.h>
#include "views/output.h"
#include "events/events.h"
#include "views/watched.h"

static uint32_t ms_now(void)
{
	return sw_monotonic() >> SW_MS_SHIFT;
}

static int64_t time_of(uint32_t ms)
{
	return sw_now() - (((int64_t)(uint32_t)(ms_now() - ms) << SW_MS_SHIFT) / 1000);
}

static int score_now(const struct sw_settings *set, const struct sw_source *s)
{
	uint32_t quarters;

	if (s->score <= 0)
		return 0;
	if (!set->decay_ms)
		return s->score;
	quarters = (ms_now() - s->last_ms) / set->decay_ms;
	return quarters >= (uint32_t)s->score ? 0 : s->score - (int)quarters;
}

struct sw_watched sw_watched_of(const struct sw_ctx *ctx, const struct sw_source *s)
{
	return (struct sw_watched){
		.prefix = sw_source_prefix(s),
		.source = *s,
		.score = score_now(ctx->engine.settings, s),
		.first = time_of(s->first_ms),
		.last = time_of(s->last_ms),
	};
}

struct loader {
	const struct sw_ctx *ctx;
	const struct sw_prefix *within;
	struct sw_watched_list *l;
	struct sw_err *e;
};

static int note(const struct sw_source *s, void *arg)
{
	struct loader *k = arg;
	struct sw_watched x = sw_watched_of(k->ctx, s);
	size_t more = k->l->room ? 2 * k->l->room : 64;
	void *grown;

	/* The map has only a hash of an IPv6 address; `show` finds it by the address. */
	if (s->key >> 56 == SW_SOURCE_SINGLE >> 56)
		return 0;
	if (!x.score || (k->within && !sw_prefix_covers(k->within, &x.prefix)))
		return 0;
	if (k->l->count == k->l->room) {
		grown = reallocarray(k->l->item, more, sizeof(x));
		if (!grown)
			return sw_fail(k->e, SW_EXIT_FAILED, "out of memory for %zu sources", more);
		k->l->item = grown;
		k->l->room = more;
	}
	k->l->item[k->l->count++] = x;
	return 0;
}

static int by_score(const void *a, const void *b)
{
	const struct sw_watched *x = a, *y = b;

	if (x->score != y->score)
		return y->score - x->score;
	return sw_prefix_cmp(&x->prefix, &y->prefix);
}

int sw_watched_load(const struct sw_ctx *ctx, const struct sw_prefix *within,
		    struct sw_watched_list *l, struct sw_err *e)
{
	struct loader k = {ctx, within, l, e};

	memset(l, 0, sizeof(*l));
	if (ctx->loaded && sw_sources(ctx, note, &k, e)) {
		sw_watched_free(l);
		return -1;
	}
	if (l->count)
		qsort(l->item, l->count, sizeof(*l->item), by_score);
	return 0;
}

void sw_watched_free(struct sw_watched_list *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}

void sw_watched_kinds(const struct sw_source *s, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (int k = 0; k < SW_EVIDENCE_COUNT && at < size; k++) {
		if (s->kinds & 1 << k)
			at += snprintf(buf + at, size - at, "%s%s", at ? ", " : "",
				       sw_evidence_name(k));
	}
}

void sw_watched_ports(const struct sw_source *s, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (int i = SW_SOURCE_PORTS - 1; i >= 0 && at < size; i--) {
		if (s->port[i])
			at += snprintf(buf + at, size - at, "%s%u", at ? " " : "", s->port[i]);
	}
}

/* The kind that came last is not kept, so the first that has a bit leads. */
void sw_watched_why(const struct sw_source *s, char *buf, size_t size)
{
	struct sw_event ev = {
		.kinds = s->kinds, .tool = s->tool, .span_ms = s->last_ms - s->first_ms};

	ev.evidence = SW_EVIDENCE_COUNT;
	for (int k = SW_EVIDENCE_COUNT - 1; k >= 0; k--)
		if (s->kinds >> k & 1 && k != SW_EVIDENCE_OPEN_PORT)
			ev.evidence = k;
	memcpy(ev.port, s->port, sizeof(ev.port));
	sw_event_why(&ev, NULL, buf, size);
}

json_t *sw_watched_json(const struct sw_watched *x, const char *state)
{
	json_t *kinds = json_array(), *ports = json_array();
	char prefix[SW_PREFIX_TEXT];

	for (int k = 0; k < SW_EVIDENCE_COUNT; k++) {
		if (x->source.kinds & 1 << k)
			json_array_append_new(kinds, json_string(sw_evidence_name(k)));
	}
	for (int i = SW_SOURCE_PORTS - 1; i >= 0; i--) {
		if (x->source.port[i])
			json_array_append_new(ports, json_integer(x->source.port[i]));
	}
	return json_pack("{s:s, s:s, s:s, s:f, s:o, s:o, s:o, s:o}", "prefix",
			 sw_cli_prefix(&x->prefix, prefix), "family",
			 x->prefix.v4 ? "ipv4" : "ipv6", "state", state, "score",
			 (double)x->score / SW_POINT, "kinds", kinds, "ports", ports, "first_seen",
			 sw_cli_time(x->first), "last_seen", sw_cli_time(x->last));
}
