// SPDX-License-Identifier: GPL-2.0-only
/* Collects the figures of `scanwall report`. */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "events/events.h"
#include "host/geoip.h"
#include "report/report.h"

const char *sw_series_name(enum sw_report_series s)
{
	static const char *const name[] = {"blocked", "would be blocked", "signatures", "other"};

	return name[s];
}

/* ---- tallies */

#define NAMES_MOST 65536 /* beyond that, only known names are counted */

/* Truncates a longer name at a character of UTF-8. */
static void cut(char key[SW_REPORT_NAME], const char *name)
{
	size_t n = strnlen(name, SW_REPORT_NAME);

	if (n == SW_REPORT_NAME)
		for (n--; n && (name[n] & 0xc0) == 0x80;)
			n--;
	memcpy(key, name, n);
	memset(key + n, 0, SW_REPORT_NAME - n);
}

static int tally(struct sw_tally *t, const char *name, struct sw_err *e)
{
	char key[SW_REPORT_NAME];
	struct sw_tally_item *one;
	bool fresh;

	cut(key, name);
	if (!t->names.size)
		t->names = (struct sw_hash)SW_HASH_OF(struct sw_tally_item, name);
	t->full = t->names.count >= NAMES_MOST;
	one = t->full ? sw_hash_find(&t->names, key) : sw_hash_put(&t->names, key, &fresh);
	if (one)
		one->count++;
	return one || t->full ? 0 : sw_fail(e, SW_EXIT_FAILED, "out of memory");
}

static int by_count(const void *a, const void *b)
{
	const struct sw_tally_item *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* The most frequent first. */
static void tally_sort(struct sw_tally *t)
{
	t->item = (struct sw_tally_item *)t->names.item;
	t->count = t->names.count;
	if (t->count)
		qsort(t->item, t->count, sizeof(*t->item), by_count);
}

/* ---- events */

struct gatherer {
	struct sw_report *r;
	struct sw_tally would; /* sources that would be blocked */
	struct sw_geoip *geoip;
	struct sw_prefix blocked; /* whose claims come now, */
	int64_t since;		  /* the first of them; 0: none yet */
	struct sw_err *e;
};

static int bar_of(const struct sw_report *r, int64_t time)
{
	int64_t span = r->until - r->from;
	int bar = span > 0 ? (time - r->from) * SW_REPORT_BARS / span : 0;

	return bar < 0 ? 0 : bar >= SW_REPORT_BARS ? SW_REPORT_BARS - 1 : bar;
}

static enum sw_report_series series_of(const char *type)
{
	if (!strcmp(type, "block"))
		return SW_SERIES_BLOCK;
	if (!strcmp(type, "would-block"))
		return SW_SERIES_WOULD;
	return strcmp(type, "signature") ? SW_SERIES_OTHER : SW_SERIES_SIGNATURE;
}

/* Ports are named as `services` names them: "tcp/22". */
static int tally_list(struct sw_tally *t, const json_t *list, const char *proto, struct sw_err *e)
{
	bool udp = !strcmp(proto, "UDP"), sctp = !strcmp(proto, "SCTP");
	bool has_ports = udp || sctp || !strcmp(proto, "TCP");
	char name[SW_REPORT_NAME];
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		if (json_is_integer(one) && !has_ports)
			continue; /* the type of an ICMP message */
		if (json_is_integer(one))
			snprintf(name, sizeof(name), "%s/%lld",
				 udp	? "udp"
				 : sctp ? "sctp"
					: "tcp",
				 (long long)json_integer_value(one));
		else
			snprintf(name, sizeof(name), "%s", json_string_value(one));
		if (tally(t, name, e))
			return -1;
	}
	return 0;
}

static int add_lead(struct sw_report *r, long ms, struct sw_err *e)
{
	if (sw_grow((void **)&r->lead, &r->lead_room, r->leads, sizeof(*r->lead), e))
		return -1;
	r->lead[r->leads++] = ms;
	return 0;
}

static int read_json(struct gatherer *k, const char *text, enum sw_report_series series)
{
	json_t *o = json_loads(text, 0, NULL);
	const char *proto = json_string_value(json_object_get(o, "proto"));
	const char *tool = json_string_value(json_object_get(o, "tool"));
	const json_t *alert = json_object_get(o, "alert");
	const char *msg = json_string_value(json_object_get(alert, "signature"));
	int rc = 0;

	if (tally_list(&k->r->kinds, json_object_get(o, "kinds"), "", k->e) ||
	    tally_list(&k->r->ports, json_object_get(o, "ports"), proto ? proto : "TCP", k->e) ||
	    (tool && tally(&k->r->tools, tool, k->e)) ||
	    (msg && tally(&k->r->signatures, msg, k->e)))
		rc = -1;
	if (!rc && series <= SW_SERIES_WOULD)
		rc = add_lead(k->r, json_integer_value(json_object_get(o, "span_ms")), k->e);
	json_decref(o);
	return rc;
}

static int tally_origin(struct gatherer *k, const struct sw_prefix *source)
{
	char text[SW_ORIGIN_LINE];
	struct sw_origin o;

	if (!sw_geoip_find(k->geoip, source, &o))
		return 0;
	if (o.iso_code[0] && tally(&k->r->countries, sw_origin_country(&o, text), k->e))
		return -1;
	return o.asn ? tally(&k->r->asns, sw_origin_as(&o, text), k->e) : 0;
}

static int add_event(const struct sw_record *rec, void *arg)
{
	struct gatherer *k = arg;
	enum sw_report_series series = series_of(rec->type);
	struct sw_prefix net;
	char text[SW_PREFIX_TEXT];

	k->r->events++;
	k->r->series[bar_of(k->r, rec->time)][series]++;
	net = sw_prefix_of(&rec->source.addr, rec->source.v4 ? 24 : 48);
	if (tally(&k->r->networks, sw_prefix_text(&net, text), k->e) ||
	    tally(&k->r->sources_by, sw_prefix_text(&rec->source, text), k->e) ||
	    (series == SW_SERIES_WOULD && tally(&k->would, text, k->e)) ||
	    tally_origin(k, &rec->source))
		return -1;
	return read_json(k, rec->json, series);
}

/* ---- claims */

static void count_blocked(struct gatherer *k)
{
	if (!k->since)
		return;
	k->r->blocked++;
	k->r->growth[k->since < k->r->from ? 0 : bar_of(k->r, k->since)]++;
}

/* A prefix with several claims is one block, since the earliest of them. */
static int add_claim(const struct sw_claim *c, void *arg)
{
	struct gatherer *k = arg;
	bool same = k->since && !sw_prefix_cmp(&c->prefix, &k->blocked);

	k->r->claims++;
	if (!same) {
		count_blocked(k);
		k->blocked = c->prefix;
	}
	if (!same || c->since < k->since)
		k->since = c->since;
	return 0;
}

/* In the store, claims of one prefix are adjacent. */
static int add_claims(struct sw_ctx *ctx, struct gatherer *k, struct sw_err *e)
{
	struct sw_claim_filter live = {.live_at = k->r->until};
	struct sw_report *r = k->r;

	if (sw_store_claims(ctx->store, &live, add_claim, k, e) < 0)
		return -1;
	count_blocked(k);
	for (int i = 1; i < SW_REPORT_BARS; i++)
		r->growth[i] += r->growth[i - 1];
	return 0;
}

static int by_value(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

static void sort_all(struct sw_report *r)
{
	tally_sort(&r->kinds);
	tally_sort(&r->tools);
	tally_sort(&r->ports);
	tally_sort(&r->networks);
	tally_sort(&r->countries);
	tally_sort(&r->asns);
	tally_sort(&r->signatures);
	tally_sort(&r->sources_by);
	if (r->leads)
		qsort(r->lead, r->leads, sizeof(*r->lead), by_value);
}

int sw_report_gather(struct sw_ctx *ctx, int64_t span, struct sw_report *out, struct sw_err *e)
{
	struct gatherer k = {.r = out, .e = e};
	int rc;

	memset(out, 0, sizeof(*out));
	out->until = sw_now();
	out->from = out->until - span;
	out->loaded = ctx->loaded;
	out->mode = sw_mode_name(ctx->loaded ? sw_engine_mode(&ctx->engine)
					     : (enum sw_mode)ctx->config.mode);
	k.geoip = sw_geoip_open(&ctx->config);
	rc = sw_store_events(ctx->store, out->from, NULL, 0, add_event, &k, e);
	sw_geoip_close(k.geoip);
	out->sources = out->sources_by.names.count;
	out->would_sources = k.would.names.count;
	sw_hash_clear(&k.would.names);
	if (!rc)
		rc = add_claims(ctx, &k, e);
	if (!rc && ctx->loaded)
		rc = sw_engine_counters(&ctx->engine, out->counter, e);
	if (!rc)
		rc = sw_exposure_find(ctx, &out->exposure, e);
	sort_all(out);
	if (rc)
		sw_report_free(out);
	return rc ? -1 : 0;
}

void sw_report_free(struct sw_report *r)
{
	sw_hash_clear(&r->kinds.names);
	sw_hash_clear(&r->tools.names);
	sw_hash_clear(&r->ports.names);
	sw_hash_clear(&r->networks.names);
	sw_hash_clear(&r->countries.names);
	sw_hash_clear(&r->asns.names);
	sw_hash_clear(&r->signatures.names);
	sw_hash_clear(&r->sources_by.names);
	free(r->lead);
	sw_exposure_free(&r->exposure);
	memset(r, 0, sizeof(*r));
}

long sw_report_lead(const struct sw_report *r, int percent)
{
	return r->leads ? r->lead[(r->leads - 1) * percent / 100] : -1;
}

const char *sw_report_lead_text(const struct sw_report *r, int percent, char buf[SW_LEAD_TEXT])
{
	long ms = sw_report_lead(r, percent);
	char span[SW_DURATION_TEXT];

	if (ms <= 0)
		snprintf(buf, SW_LEAD_TEXT, "%s", ms < 0 ? "–" : "at once");
	else if (ms < 10000)
		snprintf(buf, SW_LEAD_TEXT, "within %ld ms", ms);
	else
		snprintf(buf, SW_LEAD_TEXT, "within %s",
			 sw_duration_text(ms / 1000 * 1000000ll, span));
	return buf;
}

__u64 sw_report_dropped(const struct sw_report *r)
{
	__u64 sum = 0;

	for (int i = 0; i < SW_REASON_COUNT; i++)
		sum += r->counter[i].dropped;
	return sum;
}

__u64 sw_report_would(const struct sw_report *r)
{
	__u64 sum = 0;

	for (int i = 0; i < SW_REASON_COUNT; i++)
		if (sw_reason_drops(i))
			sum += r->counter[i].passed;
	return sum;
}
