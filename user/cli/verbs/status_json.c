// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall status --json`. */
#include "events/events.h"
#include "views/detect_only_text.h"
#include "views/tls_view.h"
#include "cli/verbs/status_verb.h"

static json_t *links_json(const struct sw_status *s)
{
	json_t *list = json_array();

	for (int i = 0; i < s->attached; i++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:s, s:I}", "name",
						      s->at[i].ifname, "ifindex", s->at[i].ifindex,
						      "xdp", sw_xdp_name(&s->at[i]), "program_id",
						      (json_int_t)s->at[i].prog_id));
	return list;
}

static json_t *origins_json(const struct sw_status *s)
{
	json_t *by = json_object();

	for (size_t i = 0; i < s->blocked.origins; i++)
		json_object_set_new(by, s->blocked.origin[i], json_integer(s->by_origin[i]));
	return by;
}

static json_t *traffic_json(const struct sw_status_packets *p)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "passed", (json_int_t)p->passed,
			 "passed_bytes", (json_int_t)p->passed_bytes, "dropped",
			 (json_int_t)p->dropped, "dropped_bytes", (json_int_t)p->dropped_bytes,
			 "would_drop", (json_int_t)p->would, "would_drop_bytes",
			 (json_int_t)p->would_bytes);
}

static json_t *guard_json(const struct sw_status *s)
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

static json_t *spray_json(const struct sw_status *s)
{
	const struct sw_state *st = s->ctx->engine.state;

	if (!sw_engine_strangers(&s->ctx->engine))
		return json_null();
	return json_pack("{s:o, s:s}", "since",
			 sw_cli_time(sw_time_from_ticks(st->strangers_since)), "why",
			 sw_spray_text(st->strangers_why));
}

static json_t *syn_flood_json(const struct sw_status *s)
{
	const struct sw_engine *g = &s->ctx->engine;
	const char *hindrance = sw_syn_flood_hindrance(g), *loss = sw_syn_flood_loss(g);
	json_t *list = json_array();

	for (int i = 0; i < s->floods; i++)
		json_array_append_new(
			list, json_pack("{s:i, s:o, s:I}", "dest_port", s->flooded[i].port, "since",
					sw_cli_time(sw_time_from_ticks(s->flooded[i].since)),
					"per_second", (json_int_t)s->flooded[i].a_second));
	return json_pack("{s:o, s:b, s:s?, s:s?}", "flooded", list, "cookies", !hindrance,
			 "why_not", hindrance, "loss", loss);
}

static json_t *tls_json(const struct sw_status *s)
{
	struct sw_tls_status tls;
	bool on = sw_tls_status_read(s->g->state_dir, s->daemon, &tls);
	json_t *o = sw_tls_view_json(on ? &tls : NULL);

	if (on)
		sw_tls_status_free(&tls);
	return o;
}

static void add_loaded(const struct sw_status *s, json_t *root)
{
	static const char *const word[] = {"off", "auto", "on"};
	__u8 known_only = s->ctx->engine.settings->known_only;

	const struct sw_state *st = s->ctx->engine.state;

	json_object_set_new(root, "traffic", traffic_json(&s->packets));
	json_object_set_new(root, "lost_events", json_integer(st->lost_events));
	json_object_set_new(root, "capped_blocks", json_integer(st->capped_blocks));
	json_object_set_new(root, "blocks_without_room", json_integer(st->overflow_full));
	json_object_set_new(root, "spray", spray_json(s));
	json_object_set_new(root, "grace_seconds", json_integer(sw_status_grace(s)));
	if (known_only <= SW_KNOWN_ONLY_ON)
		json_object_set_new(root, "known_only",
				    json_pack("{s:s, s:b}", "setting", word[known_only], "active",
					      sw_status_known_only(s) != NULL));
	json_object_set_new(root, "syn_flood", syn_flood_json(s));
	json_object_set_new(root, "kernel_memory_bytes",
			    json_integer(sw_engine_memory(&s->ctx->engine)));
}

int sw_status_print_json(const struct sw_status *s, struct sw_err *e)
{
	int64_t left = sw_trial_left(s->ctx);
	enum sw_mode then = left ? s->ctx->engine.settings->revert_mode : SW_DETECT;
	json_t *root = sw_cli_json();

	json_object_set_new(root, "loaded", json_boolean(s->ctx->loaded));
	if (s->ctx->unusable.text[0])
		json_object_set_new(root, "unusable", sw_cli_text(s->ctx->unusable.text));
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(s->ctx))));
	json_object_set_new(root, "panic", json_boolean(sw_status_panic(s)));
	json_object_set_new(root, "trial", sw_trial_json(left, then));
	json_object_set_new(root, "detect_only",
			    sw_detect_only_json(&s->ctx->config, s->packets.detect_only));
	json_object_set_new(root, "interfaces", links_json(s));
	json_object_set_new(root, "chained", sw_chained_json(s->g->pin_dir));
	json_object_set_new(root, "daemon",
			    json_pack("{s:b, s:o}", "running", s->daemon != 0, "pid",
				      s->daemon ? json_integer(s->daemon) : json_null()));
	json_object_set_new(root, "tls", tls_json(s));
	json_object_set_new(root, "blocked_count", json_integer(s->blocked.count));
	json_object_set_new(root, "claims_by_origin", origins_json(s));
	json_object_set_new(root, "watched_count", json_integer(s->watched));
	if (s->ctx->loaded)
		add_loaded(s, root);
	json_object_set_new(root, "guarded", guard_json(s));
	return sw_cli_print(s->g, root, e);
}
