// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall report`: recent activity as text, JSON or an HTML page. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/duration.h"
#include "daemon/daemon.h"
#include "report/report.h"
#include "views/human.h"
#include "views/text_table.h"
#include "cli/verbs.h"

#define SECOND INT64_C(1000000) /* us */
#define SINCE (7 * 86400 * SECOND)
#define TOP 5
#define LABEL 14

/* "tcp/22 812, tcp/23 120, ..." */
static void field(const struct sw_globals *g, const char *label, const struct sw_tally *t)
{
	char line[512] = "none", count[SW_HUMAN_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < t->count && i < TOP && n < sizeof(line); i++)
		n += snprintf(line + n, sizeof(line) - n, "%s%s %s", i ? ", " : "", t->item[i].name,
			      sw_human_count(t->item[i].count, count));
	if (t->count > TOP && n < sizeof(line))
		snprintf(line + n, sizeof(line) - n, ", and %s more", sw_cli_count(t->count - TOP));
	sw_text_field(g, label, LABEL, "%s", line);
}

static long bar_total(const struct sw_report *r, int i)
{
	long sum = 0;

	for (int s = 0; s < SW_SERIES_COUNT; s++)
		sum += r->series[i][s];
	return sum;
}

static long highest(const struct sw_report *r)
{
	long most = 0;

	for (int i = 0; i < SW_REPORT_BARS; i++)
		if (bar_total(r, i) > most)
			most = bar_total(r, i);
	return most;
}

static void spark(const struct sw_report *r, char *out, size_t size)
{
	static const char *const level[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	size_t n = 0;
	long most = highest(r) ? highest(r) : 1;

	for (int i = 0; i < SW_REPORT_BARS; i++)
		n += snprintf(out + n, size - n, "%s",
			      level[(bar_total(r, i) * 8 + most - 1) / most]);
}

static void put_lead(const struct sw_globals *g, const struct sw_report *r)
{
	char half[SW_LEAD_TEXT], most[SW_LEAD_TEXT];

	if (!r->leads)
		return;
	if (!sw_report_lead(r, 90))
		sw_text_field(g, "lead time", LABEL,
			      "nine in ten were detected at their first probe");
	else
		sw_text_field(g, "lead time", LABEL,
			      "from first probe to detection: half %s, nine in ten %s",
			      sw_report_lead_text(r, 50, half), sw_report_lead_text(r, 90, most));
}

static void put_graph(const struct sw_globals *g, const struct sw_report *r)
{
	char graph[SW_REPORT_BARS * 4 + 1], span[SW_DURATION_TEXT], count[SW_HUMAN_TEXT];
	int64_t step = (r->until - r->from) / SW_REPORT_BARS;

	if (!highest(r))
		return;
	spark(r, graph, sizeof(graph));
	sw_text_field(g, "over time", LABEL, "%s", graph);
	step = step < 60 * SECOND ? step : step / (60 * SECOND) * (60 * SECOND);
	sw_text_field(g, "", LABEL, "%s a column; the highest is %s event%s",
		      sw_duration_text(step, span), sw_human_count(highest(r), count),
		      highest(r) == 1 ? "" : "s");
}

static void print_text(const struct sw_globals *g, const struct sw_report *r)
{
	char a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT], c[SW_HUMAN_TEXT];

	printf("%s to %s, %s mode%s\n", sw_human_clock(r->from, g->utc, a),
	       sw_human_clock(r->until, g->utc, b), r->mode,
	       r->loaded ? "" : ", attached to nothing");
	if (r->loaded && !sw_daemon_pid(g->state_dir))
		sw_text_field(g, "daemon", LABEL,
			      "not running, so events are not recorded; systemctl start scanwall");
	put_graph(g, r);
	sw_text_field(g, "events", LABEL, "%s from %s%s source%s", sw_human_count(r->events, a),
		      r->sources_by.full ? "at least " : "", sw_human_count(r->sources, b),
		      r->sources == 1 ? "" : "s");
	sw_text_field(g, "blocks", LABEL, "%s in force", sw_human_count(r->blocked, a));
	sw_text_field(
		g, "packets", LABEL, "%s dropped since the program was loaded, %s would have been",
		sw_human_count(sw_report_dropped(r), a), sw_human_count(sw_report_would(r), b));
	if (r->would_sources)
		sw_text_field(g, "would block", LABEL, "%s source%s, had the mode been enforce",
			      sw_human_count(r->would_sources, c),
			      r->would_sources == 1 ? "" : "s");
	put_lead(g, r);
	field(g, "kinds", &r->kinds);
	field(g, "tools", &r->tools);
	field(g, "signatures", &r->signatures);
	field(g, "ports tried", &r->ports);
	field(g, "networks", &r->networks);
	if (r->countries.count)
		field(g, "countries", &r->countries);
	if (r->asns.count)
		field(g, "AS", &r->asns);
	field(g, "sources", &r->sources_by);
	sw_text_field(g, "exposed", LABEL, "%zu port%s; scanwall exposure lists them",
		      r->exposure.count, r->exposure.count == 1 ? "" : "s");
}

static int write_html(const struct sw_report *r, const char *path, struct sw_err *e)
{
	FILE *f;

	if (!strcmp(path, "-")) {
		sw_report_html(stdout, r, false);
		return 0;
	}
	umask(0027); /* it names hosts that connect to this one */
	f = fopen(path, "w");
	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "--html: %s could not be written: %s", path,
			       strerror(errno));
	sw_report_html(f, r, false);
	if (ferror(f) | fclose(f))
		return sw_fail(e, SW_EXIT_FAILED, "--html: %s could not be written: %s", path,
			       strerror(errno));
	return 0;
}

static int print_result(const struct sw_globals *g, const struct sw_args *a,
			const struct sw_report *r, struct sw_err *e)
{
	json_t *root;

	if (a->option[SW_REPORT_HTML])
		return write_html(r, a->option[SW_REPORT_HTML], e);
	if (!g->json) {
		print_text(g, r);
		return 0;
	}
	root = sw_cli_json();
	json_object_set_new(root, "report", sw_report_json(r));
	return sw_cli_print(g, root, e);
}

static int read_span(struct sw_call *c, struct sw_err *e)
{
	const char *since = c->a->option[SW_REPORT_SINCE];
	int64_t *span = c->request;

	*span = SINCE;
	if (since && sw_duration_parse(since, "--since", span, e))
		return -1;
	if (*span != SW_FOREVER && *span > 0)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE, "--since: invalid duration \"%s\" (expected 24h, 7d)",
		       since);
}

static int report(struct sw_call *c, struct sw_err *e)
{
	const int64_t *span = c->request;
	struct sw_report r;
	int rc;

	if (sw_report_gather(c->ctx, *span, &r, e))
		return -1;
	rc = print_result(c->g, c->a, &r, e);
	sw_report_free(&r);
	return rc;
}

const struct sw_verb_ops sw_report_ops = {
	.request = sizeof(int64_t),
	.read = read_span,
	.run = report,
};
