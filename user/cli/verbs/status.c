// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall status`: attachments, mode, counters and guarded addresses. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/chain.h"
#include "engine/settings.h"
#include "daemon/daemon.h"
#include "engine/syn_flood.h"
#include "events/events.h"
#include "views/blocked_list.h"
#include "views/detect_only_text.h"
#include "views/human.h"
#include "views/text_table.h"
#include "views/tls_view.h"
#include "views/watched.h"
#include "cli/control.h"

#define LEAD "%-12s"
#define LABEL 12 /* columns of it */

struct packets {
	__u64 passed, passed_bytes, dropped, dropped_bytes, would, would_bytes, detect_only;
};

struct status {
	const struct sw_globals *g;
	struct sw_ctx *ctx;
	struct sw_attachment at[SW_LINKS_MAX];
	int attached;
	pid_t daemon;
	struct sw_blocked_list blocked;
	long *by_origin; /* claims, by number of blocked.origin */
	size_t watched;
	struct packets packets;
	const struct sw_guard *guard;
	struct sw_flooded flooded[SW_FLOODED_MOST];
	int floods;
};

static int keep_one(struct status *s, const char *ifname, struct sw_err *e)
{
	const struct sw_attachment *found = sw_attachment_find(s->at, s->attached, ifname);

	if (found) {
		s->at[0] = *found;
		s->attached = 1;
		return 0;
	}
	return sw_fail(e, SW_EXIT_NOT_THERE, "%s is not attached; scanwall attach %s", ifname,
		       ifname);
}

static int gather_links(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct status *s = c->request;

	s->g = c->g;
	if (a->option[SW_STATUS_READY])
		c->needs = SW_NEEDS_NOTHING;
	s->attached = sw_attached(s->g->pin_dir, s->at, e);
	if (s->attached < 0 || (a->count && keep_one(s, a->operand[0], e)))
		return -1;
	s->daemon = sw_daemon_pid(s->g->state_dir);
	return 0;
}

/* ---- --ready: for scripts, monitoring and fail2ban; opens no record */

static int ready(const struct status *s, struct sw_err *e)
{
	struct sw_engine engine;
	json_t *root;

	if (!s->attached)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "nothing is attached; scanwall attach IFACE, or scanwall run");
	if (sw_engine_open(&engine, s->g->pin_dir, e)) {
		e->exit = SW_EXIT_NOT_THERE;
		return -1;
	}
	sw_engine_close(&engine);
	for (int i = 0; i < s->attached; i++) {
		if (!s->at[i].ifindex)
			return sw_fail(e, SW_EXIT_NOT_THERE,
				       "%s was attached, but that interface %s", s->at[i].ifname,
				       s->at[i].elsewhere ? "is in another network namespace by now"
							  : "is gone");
	}
	if (!s->daemon)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "%s is attached, but the daemon is not running; scanwall run",
			       s->at[0].ifname);
	if (sw_daemon_ready(s->g->pin_dir, e))
		return -1;
	if (!s->g->json) {
		if (!s->g->quiet)
			puts("ready");
		return 0;
	}
	root = sw_cli_json();
	json_object_set_new(root, "ready", json_true());
	return sw_cli_print(s->g, root, e);
}

/* ---- everything */

static void sum_packets(const struct sw_counter *c, struct packets *p)
{
	for (int r = 0; r < SW_REASON_COUNT; r++) {
		p->passed += c[r].passed;
		p->passed_bytes += c[r].passed_bytes;
		p->dropped += c[r].dropped;
		p->dropped_bytes += c[r].dropped_bytes;
		if (r == SW_REASON_DETECT_ONLY)
			p->detect_only += c[r].passed;
		if (!sw_reason_drops(r))
			continue;
		p->would += c[r].passed;
		p->would_bytes += c[r].passed_bytes;
	}
}

static int gather(struct status *s, struct sw_err *e)
{
	struct sw_counter c[SW_REASON_COUNT] = {0};
	struct sw_watched_list watched;

	if (sw_blocked_load(s->ctx, NULL, &s->blocked, e) ||
	    sw_watched_load(s->ctx, NULL, &watched, e))
		return -1;
	s->watched = watched.count;
	sw_watched_free(&watched);
	s->by_origin = calloc(s->blocked.origins + 1, sizeof(*s->by_origin));
	if (!s->by_origin)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < s->blocked.claims; i++)
		s->by_origin[s->blocked.claim[i].origin]++;
	if (s->ctx->loaded && sw_engine_counters(&s->ctx->engine, c, e))
		return -1;
	sum_packets(c, &s->packets);
	s->floods =
		s->ctx->loaded ? sw_floods_now(&s->ctx->engine, s->flooded, SW_FLOODED_MOST, e) : 0;
	if (s->floods < 0)
		return -1;
	s->guard = sw_ctx_guard(s->ctx, e);
	return s->guard ? 0 : -1;
}

static bool in_panic(const struct status *s)
{
	return s->ctx->loaded && s->ctx->engine.settings->panic;
}

/* ---- for people */

static void put_label(const struct status *s, const char *label)
{
	printf("%s" LEAD "%s", sw_style_code(s->g, SW_BOLD), label, sw_style_code(s->g, SW_PLAIN));
}

static void put_text(const struct status *s, const char *label, const char *text)
{
	sw_text_field(s->g, label, LABEL, "%s", text);
}

static void put_panic(const struct status *s)
{
	if (in_panic(s))
		printf("%s*** PANIC: all packets pass. `scanwall panic --off` ends it. ***%s\n",
		       sw_style_code(s->g, SW_RED), sw_style_code(s->g, SW_PLAIN));
}

static void put_mode(const struct status *s)
{
	enum sw_mode mode = sw_mode_now(s->ctx);
	int64_t left = sw_trial_left(s->ctx);
	char span[SW_HUMAN_TEXT];

	put_label(s, "mode");
	printf("%s%s%s", sw_style_code(s->g, mode == SW_ENFORCE ? SW_GREEN : SW_YELLOW),
	       sw_mode_name(mode), sw_style_code(s->g, SW_PLAIN));
	if (in_panic(s))
		puts(", but PANIC is on");
	else if (s->ctx->unusable.text[0])
		puts(" by the configuration; what is in force cannot be read");
	else if (!s->ctx->loaded)
		puts(", once an interface is attached");
	else if (sw_settings_heartbeat_missed(&s->ctx->engine) &&
		 s->ctx->engine.settings->mode == SW_ENFORCE)
		puts(": the daemon's heartbeat is missed (guard.heartbeat); with it, enforce");
	else
		puts(mode == SW_ENFORCE ? ": packets from blocked sources are dropped"
					: ": nothing is dropped, only counted");
	if (left) {
		put_label(s, "trial");
		printf("%s left, then %s; `scanwall confirm` keeps it\n",
		       sw_human_left(sw_now() + left, span),
		       sw_mode_name(s->ctx->engine.settings->revert_mode));
	}
}

static void put_detect_only(const struct status *s)
{
	char text[SW_DETECT_ONLY_TEXT + 64], human[SW_HUMAN_TEXT];
	size_t n;

	if (!sw_detect_only_text(&s->ctx->config, text, SW_DETECT_ONLY_TEXT))
		return;
	n = strlen(text);
	snprintf(text + n, sizeof(text) - n, "; %s packets let through for it",
		 sw_human_count(s->packets.detect_only, human));
	put_text(s, "detect only", text);
}

static void put_fault(const struct status *s)
{
	if (!s->ctx->unusable.text[0])
		return;
	printf("%s", sw_style_code(s->g, SW_RED));
	put_text(s, "FAULT", s->ctx->unusable.text);
	printf("%s", sw_style_code(s->g, SW_PLAIN));
}

static void put_interfaces(const struct status *s)
{
	char text[SW_LINKS_MAX * (IF_NAMESIZE + 40)];
	size_t at = 0;

	if (!s->attached) {
		put_text(s, "interfaces", "none; scanwall attach IFACE");
		return;
	}
	for (int i = 0; i < s->attached; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s %s", i ? ", " : "",
			       s->at[i].ifname,
			       s->at[i].ifindex	    ? sw_xdp_name(&s->at[i])
			       : s->at[i].elsewhere ? "(moved to another network namespace)"
						    : "(gone; detach it)");
	put_text(s, "interfaces", text);
}

static void put_chain(const struct status *s)
{
	char name[SW_CHAIN_NAME], text[64];
	__u32 id;

	if (!sw_chain_info(s->g->pin_dir, &id, name))
		return;
	snprintf(text, sizeof(text), "\"%s\" (id %u) gets what passes", name[0] ? name : "unnamed",
		 id);
	put_text(s, "then", text);
}

static void put_daemon(const struct status *s)
{
	char text[128];

	snprintf(text, sizeof(text), "running, process %d", s->daemon);
	put_text(s, "daemon",
		 s->daemon     ? text
		 : s->attached ? "not running: blocks work, events and prolonged blocks do not"
			       : "not running; nothing is attached, so nothing is blocked");
}

static void put_tls(const struct status *s)
{
	struct sw_tls_status tls;
	char *text;

	if (!sw_tls_status_read(s->g->state_dir, s->daemon, &tls))
		return;
	text = sw_tls_view_text(&tls);
	if (text)
		put_text(s, "tls", text);
	free(text);
	sw_tls_status_free(&tls);
}

static void put_blocked(const struct status *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	fprintf(f, "%s", sw_cli_count(s->blocked.count));
	for (size_t i = 0; i < s->blocked.origins; i++)
		fprintf(f, "%s %s %s", i ? "," : ":", s->blocked.origin[i],
			sw_cli_count(s->by_origin[i]));
	fclose(f);
	put_text(s, "blocked", text);
	free(text);
	put_label(s, "watched");
	printf("%s source%s\n", sw_cli_count(s->watched), s->watched == 1 ? "" : "s");
}

static void put_packets(const struct status *s)
{
	const struct packets *p = &s->packets;
	char a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT];

	put_label(s, "packets");
	printf("%s passed (%s), ", sw_human_count(p->passed, a),
	       sw_human_bytes(p->passed_bytes, b));
	printf("%s dropped (%s)\n", sw_human_count(p->dropped, a),
	       sw_human_bytes(p->dropped_bytes, b));
	if (p->would)
		printf(LEAD "%s of those passed would be dropped in enforce mode\n", "",
		       sw_human_count(p->would, a));
}

static void put_strangers(const struct status *s)
{
	const struct sw_state *st = s->ctx->engine.state;
	char text[160], age[SW_HUMAN_TEXT];

	if (!sw_engine_strangers(&s->ctx->engine))
		return;
	snprintf(text, sizeof(text), "all challenged for %s: %s",
		 sw_human_age(sw_time_from_ticks(st->strangers_since), age),
		 sw_spray_text(st->strangers_why));
	put_text(s, "strangers", text);
}

/* In seconds, rounded up: the program counts in ticks, and the last one has begun. */
static int64_t grace_left(const struct sw_ctx *ctx)
{
	int64_t left = sw_engine_grace(&ctx->engine);

	if (left > ctx->config.grace)
		left = ctx->config.grace;
	return (left + 999999) / 1000000;
}

static void put_grace(const struct status *s)
{
	int64_t left = grace_left(s->ctx);
	char text[160], span[SW_DURATION_TEXT];

	if (!left)
		return;
	snprintf(text, sizeof(text), "closed ports challenge, and block later, for another %s",
		 sw_duration_text(left * 1000000, span));
	put_text(s, "grace", text);
}

/* NULL: everybody gets new connections. */
static const char *known_only_text(const struct status *s)
{
	const struct sw_engine *g = &s->ctx->engine;

	if (g->settings->known_only == SW_KNOWN_ONLY_ON)
		return "nobody else gets new connections";
	if (g->settings->known_only != SW_KNOWN_ONLY_AUTO)
		return NULL;
	if (sw_engine_strangers(g))
		return "nobody else gets new connections until the spray ends";
	if (sw_engine_flooded(g))
		return "nobody else gets new connections until the flood ends";
	return NULL;
}

static void put_flooded(const struct status *s, const struct sw_flooded *f)
{
	char text[160], age[SW_HUMAN_TEXT], name[32];

	if (f->port)
		snprintf(name, sizeof(name), "port %d", f->port);
	else
		snprintf(name, sizeof(name), "ACKs of no connection");
	snprintf(text, sizeof(text), "%s for %s, %s%s a second", name,
		 sw_human_age(sw_time_from_ticks(f->since), age), sw_cli_count(f->a_second),
		 f->port ? " SYNs" : "");
	put_text(s, "flooded", text);
}

static void put_floods(const struct status *s)
{
	const struct sw_engine *g = &s->ctx->engine;
	const char *hindrance = sw_syn_flood_hindrance(g), *loss = sw_syn_flood_loss(g);
	char text[512];

	for (int i = 0; i < s->floods; i++)
		put_flooded(s, &s->flooded[i]);
	if (hindrance)
		snprintf(text, sizeof(text), "left to the kernel: %s", hindrance);
	else
		snprintf(text, sizeof(text), "answered with cookies%s%s", loss ? "; " : "",
			 loss ? loss : "");
	if (s->floods)
		put_text(s, "", text);
}

static void put_troubles(const struct status *s)
{
	const struct sw_state *st = s->ctx->engine.state;
	const struct {
		__u64 count;
		const char *text;
	} trouble[] = {
		{st->lost_events, "events lost: the daemon did not read them in time"},
		{st->capped_blocks, "automatic blocks not made: guard.auto_per_minute or "
				    "guard.auto_max"},
		{st->overflow_full, "blocks not made, no room left: limits.blocked4 or blocked6"},
	};
	char text[128];

	if (!st->lost_events)
		put_text(s, "events", "none lost");
	for (size_t i = 0; i < sizeof(trouble) / sizeof(trouble[0]); i++) {
		if (!trouble[i].count)
			continue;
		snprintf(text, sizeof(text), "%s %s", sw_cli_count(trouble[i].count),
			 trouble[i].text);
		put_text(s, i ? "trouble" : "events", text);
	}
}

static int put_guard(const struct status *s, struct sw_err *e)
{
	static const struct sw_column columns[] = {{.title = "", .gives = true},
						   {.title = "", .gives = true}};
	struct sw_table *t = sw_table_new(columns, 2);
	char prefix[SW_PREFIX_TEXT];
	int rc;

	printf("%sNever blocked:%s\n", sw_style_code(s->g, SW_BOLD), sw_style_code(s->g, SW_PLAIN));
	for (int i = 0; i < s->guard->count; i++) {
		sw_table_cell(t, SW_PLAIN, "%s", sw_prefix_text(&s->guard->item[i].prefix, prefix));
		sw_table_cell(t, SW_PLAIN, "%s", s->guard->item[i].text);
	}
	rc = sw_table_print(t, s->g, LABEL, sw_human_width(), e);
	sw_table_free(t);
	return rc;
}

static int print_result(const struct status *s, struct sw_err *e)
{
	char bytes[SW_HUMAN_TEXT];

	put_panic(s);
	put_fault(s);
	put_text(s, "scanwall", SW_VERSION);
	put_mode(s);
	put_detect_only(s);
	put_interfaces(s);
	put_chain(s);
	put_daemon(s);
	put_tls(s);
	put_blocked(s);
	if (s->ctx->loaded) {
		put_packets(s);
		put_grace(s);
		put_strangers(s);
		if (known_only_text(s))
			put_text(s, "known only", known_only_text(s));
		put_floods(s);
		put_troubles(s);
		put_text(s, "memory", sw_human_bytes(sw_engine_memory(&s->ctx->engine), bytes));
	}
	return put_guard(s, e);
}

/* ---- for machines */

static json_t *links_json(const struct status *s)
{
	json_t *list = json_array();

	for (int i = 0; i < s->attached; i++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:s, s:I}", "name",
						      s->at[i].ifname, "ifindex", s->at[i].ifindex,
						      "xdp", sw_xdp_name(&s->at[i]), "program_id",
						      (json_int_t)s->at[i].prog_id));
	return list;
}

static json_t *blocked_json(const struct status *s)
{
	json_t *by = json_object();

	for (size_t i = 0; i < s->blocked.origins; i++)
		json_object_set_new(by, s->blocked.origin[i], json_integer(s->by_origin[i]));
	return json_pack("{s:I, s:o}", "total", (json_int_t)s->blocked.count, "by_origin", by);
}

static json_t *packets_json(const struct packets *p)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "passed", (json_int_t)p->passed,
			 "passed_bytes", (json_int_t)p->passed_bytes, "dropped",
			 (json_int_t)p->dropped, "dropped_bytes", (json_int_t)p->dropped_bytes,
			 "would_drop", (json_int_t)p->would, "would_drop_bytes",
			 (json_int_t)p->would_bytes);
}

static json_t *guard_json(const struct status *s)
{
	json_t *list = json_array();
	char prefix[SW_PREFIX_TEXT];

	for (int i = 0; i < s->guard->count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o}", "prefix",
						sw_cli_prefix(&s->guard->item[i].prefix, prefix),
						"why", sw_cli_text(s->guard->item[i].text)));
	return list;
}

static json_t *strangers_json(const struct status *s)
{
	const struct sw_state *st = s->ctx->engine.state;

	if (!sw_engine_strangers(&s->ctx->engine))
		return json_pack("{s:b}", "challenged", 0);
	return json_pack("{s:b, s:o, s:s}", "challenged", 1, "since",
			 sw_cli_time(sw_time_from_ticks(st->strangers_since)), "why",
			 sw_spray_text(st->strangers_why));
}

static json_t *syn_flood_json(const struct status *s)
{
	const struct sw_engine *g = &s->ctx->engine;
	const char *hindrance = sw_syn_flood_hindrance(g), *loss = sw_syn_flood_loss(g);
	json_t *list = json_array();

	for (int i = 0; i < s->floods; i++)
		json_array_append_new(
			list, json_pack("{s:i, s:o, s:I}", "port", s->flooded[i].port, "since",
					sw_cli_time(sw_time_from_ticks(s->flooded[i].since)),
					"per_second", (json_int_t)s->flooded[i].a_second));
	return json_pack("{s:o, s:b, s:s?, s:s?}", "flooded", list, "answers", !hindrance,
			 "hindrance", hindrance, "loses", loss);
}

static json_t *tls_json(const struct status *s)
{
	struct sw_tls_status tls;
	bool on = sw_tls_status_read(s->g->state_dir, s->daemon, &tls);
	json_t *o = sw_tls_view_json(on ? &tls : NULL);

	if (on)
		sw_tls_status_free(&tls);
	return o;
}

static void add_loaded(const struct status *s, json_t *root)
{
	static const char *const word[] = {"off", "auto", "on"};
	__u8 known_only = s->ctx->engine.settings->known_only;

	const struct sw_state *st = s->ctx->engine.state;

	json_object_set_new(root, "packets", packets_json(&s->packets));
	json_object_set_new(root, "lost_events", json_integer(st->lost_events));
	json_object_set_new(root, "capped_blocks", json_integer(st->capped_blocks));
	json_object_set_new(root, "blocks_without_room", json_integer(st->overflow_full));
	json_object_set_new(root, "strangers", strangers_json(s));
	json_object_set_new(root, "grace_seconds", json_integer(grace_left(s->ctx)));
	if (known_only <= SW_KNOWN_ONLY_ON)
		json_object_set_new(root, "known_only",
				    json_pack("{s:s, s:b}", "when", word[known_only], "now",
					      known_only_text(s) != NULL));
	json_object_set_new(root, "syn_flood", syn_flood_json(s));
	json_object_set_new(root, "kernel_memory_bytes",
			    json_integer(sw_engine_memory(&s->ctx->engine)));
}

static int print_json(const struct status *s, struct sw_err *e)
{
	int64_t left = sw_trial_left(s->ctx);
	enum sw_mode then = left ? s->ctx->engine.settings->revert_mode : SW_DETECT;
	json_t *root = sw_cli_json();

	json_object_set_new(root, "loaded", json_boolean(s->ctx->loaded));
	if (s->ctx->unusable.text[0])
		json_object_set_new(root, "fault", sw_cli_text(s->ctx->unusable.text));
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(s->ctx))));
	json_object_set_new(root, "panic", json_boolean(in_panic(s)));
	json_object_set_new(root, "trial", sw_trial_json(left, then));
	json_object_set_new(root, "detect_only",
			    sw_detect_only_json(&s->ctx->config, s->packets.detect_only));
	json_object_set_new(root, "interfaces", links_json(s));
	json_object_set_new(root, "chained", sw_chained_json(s->g->pin_dir));
	json_object_set_new(root, "daemon",
			    json_pack("{s:b, s:o}", "running", s->daemon != 0, "pid",
				      s->daemon ? json_integer(s->daemon) : json_null()));
	json_object_set_new(root, "tls", tls_json(s));
	json_object_set_new(root, "blocked", blocked_json(s));
	json_object_set_new(root, "watched", json_integer(s->watched));
	if (s->ctx->loaded)
		add_loaded(s, root);
	json_object_set_new(root, "guarded", guard_json(s));
	return sw_cli_print(s->g, root, e);
}

static int status(struct sw_call *c, struct sw_err *e)
{
	struct status *s = c->request;

	if (c->a->option[SW_STATUS_READY])
		return ready(s, e);
	s->ctx = c->ctx;
	if (gather(s, e))
		return -1;
	if (c->g->quiet)
		return 0;
	return c->g->json ? print_json(s, e) : print_result(s, e);
}

static void release(void *request)
{
	struct status *s = request;

	free(s->by_origin);
	sw_blocked_free(&s->blocked);
}

const struct sw_verb_ops sw_status_ops = {
	.request = sizeof(struct status),
	.read = gather_links,
	.run = status,
	.release = release,
};
