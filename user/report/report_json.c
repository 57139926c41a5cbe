// SPDX-License-Identifier: GPL-2.0-only
/* The report as JSON. */
#include <string.h>
#include "base/duration.h"
#include "report/report.h"

static json_t *tally_json(const struct sw_tally *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++)
		json_array_append_new(list, json_pack("{s:s%, s:I}", "name", t->item[i].name,
						      strlen(t->item[i].name), "count",
						      (json_int_t)t->item[i].count));
	return list;
}

static json_t *time_json(int64_t us)
{
	char text[SW_TIME_TEXT];

	return json_string(sw_time_rfc3339(us, text));
}

static json_t *bars_json(const struct sw_report *r)
{
	static const char *const member[SW_SERIES_COUNT] = {"block_events", "would_block_events",
							    "signature_events", "other_events"};
	int64_t step = (r->until - r->from) / SW_REPORT_BARS;
	json_t *list = json_array(), *one;

	for (int i = 0; i < SW_REPORT_BARS; i++) {
		one = json_pack("{s:o, s:I}", "since", time_json(r->from + i * step),
				"blocks_in_force", (json_int_t)r->growth[i]);
		for (int s = 0; s < SW_SERIES_COUNT; s++)
			json_object_set_new(one, member[s], json_integer(r->series[i][s]));
		json_array_append_new(list, one);
	}
	return list;
}

json_t *sw_report_json(const struct sw_report *r)
{
	return json_pack(
		"{s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, "
		"s:o, s:o, s:o, "
		"s:o, s:o, s:o, s:o, s:o}",
		"since", time_json(r->from), "until", time_json(r->until), "mode", r->mode,
		"event_count", (json_int_t)r->events, "source_count", (json_int_t)r->sources,
		"would_block_count", (json_int_t)r->would_sources, "claim_count",
		(json_int_t)r->claims, "blocked_count", (json_int_t)r->blocked, "exposed_count",
		(json_int_t)r->exposure.count, "dropped", (json_int_t)sw_report_dropped(r),
		"would_drop", (json_int_t)sw_report_would(r), "lead_ms_median",
		(json_int_t)sw_report_lead(r, 50), "lead_ms_90", (json_int_t)sw_report_lead(r, 90),
		"top_kinds", tally_json(&r->kinds), "top_ports", tally_json(&r->ports),
		"top_networks", tally_json(&r->networks), "top_countries",
		tally_json(&r->countries), "top_asns", tally_json(&r->asns), "top_tools",
		tally_json(&r->tools), "top_signatures", tally_json(&r->signatures), "top_sources",
		tally_json(&r->sources_by), "over_time", bars_json(r));
}
