// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall status` as people read it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/chain.h"
#include "daemon/daemon.h"
#include "engine/settings.h"
#include "events/events.h"
#include "views/detect_only_text.h"
#include "views/human.h"
#include "views/text_table.h"
#include "views/tls_view.h"
#include "cli/verbs/status_verb.h"

#define LEAD "%-12s"
#define LABEL 12 /* columns of it */

bool sw_status_panic(const struct sw_status *s)
{
	return s->ctx->loaded && s->ctx->engine.settings->panic;
}

int64_t sw_status_grace(const struct sw_status *s)
{
	int64_t left = sw_engine_grace(&s->ctx->engine);

	if (left > s->ctx->config.grace)
		left = s->ctx->config.grace;
	return (left + 999999) / 1000000;
}

const char *sw_status_known_only(const struct sw_status *s)
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

static void put_label(const struct sw_status *s, const char *label)
{
	printf("%s" LEAD "%s", sw_style_code(s->g, SW_BOLD), label, sw_style_code(s->g, SW_PLAIN));
}

static void put_text(const struct sw_status *s, const char *label, const char *text)
{
	sw_text_field(s->g, label, LABEL, "%s", text);
}

static void put_panic(const struct sw_status *s)
{
	if (sw_status_panic(s))
		printf("%s*** PANIC: all packets pass. `scanwall panic --off` ends it. ***%s\n",
		       sw_style_code(s->g, SW_RED), sw_style_code(s->g, SW_PLAIN));
}

static void put_mode(const struct sw_status *s)
{
	enum sw_mode mode = sw_mode_now(s->ctx);
	int64_t left = sw_trial_left(s->ctx);
	char span[SW_HUMAN_TEXT];

	put_label(s, "mode");
	printf("%s%s%s", sw_style_code(s->g, mode == SW_ENFORCE ? SW_GREEN : SW_YELLOW),
	       sw_mode_name(mode), sw_style_code(s->g, SW_PLAIN));
	if (sw_status_panic(s))
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

static void put_detect_only(const struct sw_status *s)
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

static void put_fault(const struct sw_status *s)
{
	if (!s->ctx->unusable.text[0])
		return;
	printf("%s", sw_style_code(s->g, SW_RED));
	put_text(s, "FAULT", s->ctx->unusable.text);
	printf("%s", sw_style_code(s->g, SW_PLAIN));
}

static const char *why_gone(const struct sw_status *s, const struct sw_attachment *at)
{
	if (at->elsewhere)
		return "(moved to another network namespace)";
	if (s->daemon && sw_daemon_awaits(s->g->pin_dir, at->ifname))
		return "(gone; the daemon attaches it when it returns)";
	return "(gone; detach it)";
}

static void put_interfaces(const struct sw_status *s)
{
	char text[SW_LINKS_MAX * (IF_NAMESIZE + 60)];
	size_t at = 0;

	if (!s->attached) {
		put_text(s, "interfaces", "none; scanwall attach IFACE");
		return;
	}
	for (int i = 0; i < s->attached; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%s %s", i ? ", " : "",
			       s->at[i].ifname,
			       s->at[i].ifindex ? sw_xdp_name(&s->at[i]) : why_gone(s, &s->at[i]));
	put_text(s, "interfaces", text);
}

static void put_chain(const struct sw_status *s)
{
	char name[SW_CHAIN_NAME], text[64];
	__u32 id;

	if (!sw_chain_info(s->g->pin_dir, &id, name))
		return;
	snprintf(text, sizeof(text), "\"%s\" (id %u) gets what passes", name[0] ? name : "unnamed",
		 id);
	put_text(s, "then", text);
}

static void put_daemon(const struct sw_status *s)
{
	char text[128];

	snprintf(text, sizeof(text), "running, process %d", s->daemon);
	put_text(s, "daemon",
		 s->daemon     ? text
		 : s->attached ? "not running: blocks work, events and prolonged blocks do not"
			       : "not running; nothing is attached, so nothing is blocked");
}

static void put_tls(const struct sw_status *s)
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

static void put_blocked(const struct sw_status *s)
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

static void put_packets(const struct sw_status *s)
{
	const struct sw_status_packets *p = &s->packets;
	char a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT];

	put_label(s, "packets");
	printf("%s passed (%s), ", sw_human_count(p->passed, a),
	       sw_human_bytes(p->passed_bytes, b));
	printf("%s dropped (%s)\n", sw_human_count(p->dropped, a),
	       sw_human_bytes(p->dropped_bytes, b));
	if (p->would)
		printf(LEAD "%s of those passed would have been dropped in enforce mode\n", "",
		       sw_human_count(p->would, a));
}

static void put_spray(const struct sw_status *s)
{
	const struct sw_state *st = s->ctx->engine.state;
	char text[160], age[SW_HUMAN_TEXT];

	if (!sw_engine_strangers(&s->ctx->engine))
		return;
	snprintf(text, sizeof(text), "all strangers challenged for %s: %s",
		 sw_human_age(sw_time_from_ticks(st->strangers_since), age),
		 sw_spray_text(st->strangers_why));
	put_text(s, "spray", text);
}

static void put_grace(const struct sw_status *s)
{
	int64_t left = sw_status_grace(s);
	char text[160], span[SW_DURATION_TEXT];

	if (!left)
		return;
	snprintf(text, sizeof(text), "closed ports challenge, and block later, for another %s",
		 sw_duration_text(left * 1000000, span));
	put_text(s, "grace", text);
}

static void put_flooded(const struct sw_status *s, const struct sw_flooded *f)
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

static void put_floods(const struct sw_status *s)
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

static void put_problems(const struct sw_status *s)
{
	const struct sw_state *st = s->ctx->engine.state;
	const struct {
		__u64 count;
		const char *text;
	} problem[] = {
		{st->lost_events, "events lost: the daemon did not read them in time"},
		{st->capped_blocks, "automatic blocks not made: guard.auto_per_minute or "
				    "guard.auto_max"},
		{st->overflow_full, "blocks not made, no room left: limits.blocked4 or blocked6"},
	};
	char text[128];

	if (!st->lost_events)
		put_text(s, "events", "none lost");
	for (size_t i = 0; i < sizeof(problem) / sizeof(problem[0]); i++) {
		if (!problem[i].count)
			continue;
		snprintf(text, sizeof(text), "%s %s", sw_cli_count(problem[i].count),
			 problem[i].text);
		put_text(s, i ? "problem" : "events", text);
	}
}

static int put_guard(const struct sw_status *s, struct sw_err *e)
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

int sw_status_print(const struct sw_status *s, struct sw_err *e)
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
		put_spray(s);
		if (sw_status_known_only(s))
			put_text(s, "known only", sw_status_known_only(s));
		put_floods(s);
		put_problems(s);
		put_text(s, "memory", sw_human_bytes(sw_engine_memory(&s->ctx->engine), bytes));
	}
	return put_guard(s, e);
}
