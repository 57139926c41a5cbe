// SPDX-License-Identifier: GPL-2.0-only
/* The report as one HTML page with inline style and charts: loads nothing, runs no script,
 * follows the light or dark scheme, and prints well. */
#include <netinet/in.h>
#include <string.h>
#include "events/events.h"
#include "report/report.h"
#include "views/human.h"
#include "views/output.h"

#define ROWS 12 /* of a list */
#define W 896	/* of a chart, in its own units */
#define H 180
#define LEFT 44 /* for the scale */
#define BOTTOM 30

static const char style[] =
	":root{--bg:#fbfbfa;--fg:#1d2326;--dim:#5d676d;--line:#d9dee0;--card:#fff;"
	"--s0:#b3261e;--s1:#c77700;--s2:#5b4bb5;--s3:#7a868c;--bar:#2d6f8f}"
	"@media(prefers-color-scheme:dark){:root{--bg:#14181a;--fg:#e6eaec;--dim:#9aa6ac;"
	"--line:#343c40;--card:#1c2225;--s0:#f0827a;--s1:#e8ab4a;--s2:#a99bf0;--s3:#8d999f;"
	"--bar:#6db3d3}}"
	"*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);"
	"font:16px/1.45 system-ui,sans-serif}main{max-width:1000px;margin:0 auto;padding:16px}"
	"h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.1rem;margin:0 0 .5em}"
	".dim{color:var(--dim)}section{background:var(--card);border:1px solid var(--line);"
	"border-radius:8px;padding:14px;margin:14px 0}"
	".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px}"
	".figures div{border-left:3px solid var(--bar);padding-left:10px}"
	".figures b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}"
	".two{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:0 14px}"
	"svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font-size:12px}"
	".grid{stroke:var(--line)}.key span{display:inline-block;margin-right:14px}"
	".key i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:5px}"
	"table{border-collapse:collapse;width:100%;font-size:.92rem}"
	"td,th{text-align:left;padding:3px 8px 3px 0;border-bottom:1px solid var(--line);"
	"vertical-align:top;overflow-wrap:anywhere}th{color:var(--dim);font-weight:600}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
	".bar{height:.55em;border-radius:3px;background:var(--bar);min-width:2px}"
	"td.p{white-space:nowrap}td.b{width:34%;vertical-align:middle}.wide{overflow-x:auto}"
	"@media print{section{break-inside:avoid}}"
	"@media(max-width:520px){main{padding:8px}td.b{width:22%}svg text{font-size:22px}}";

static void escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else if ((unsigned char)*text >= ' ')
			fputc(*text, out);
	}
}

static void figure(FILE *out, const char *value, const char *what)
{
	fprintf(out, "<div><b>%s</b><span class=dim>%s</span></div>\n", value, what);
}

static void figures(FILE *out, const struct sw_report *r)
{
	char a[SW_HUMAN_TEXT], span[SW_LEAD_TEXT];
	const char *lead = sw_report_lead_text(r, 50, span);

	fputs("<section class=figures>\n", out);
	figure(out, sw_human_count(r->events, a), "events");
	figure(out, sw_human_count(r->sources, a),
	       r->sources_by.full ? "sources at least" : "sources");
	figure(out, sw_human_count(r->blocked, a), "blocks in force");
	figure(out, sw_human_count(sw_report_dropped(r), a), "packets dropped since it was loaded");
	figure(out, sw_human_count(sw_report_would(r), a), "packets it would have dropped");
	figure(out, lead + (strncmp(lead, "within ", 7) ? 0 : 7),
	       "from first probe to detection, median");
	fputs("</section>\n", out);
}

/* ---- charts over time */

static long series_sum(const long *series)
{
	long sum = 0;

	for (int s = 0; s < SW_SERIES_COUNT; s++)
		sum += series[s];
	return sum;
}

static void scale(FILE *out, const struct sw_report *r, int64_t most)
{
	char from[SW_HUMAN_TEXT], until[SW_HUMAN_TEXT], top[SW_HUMAN_TEXT];

	sw_human_clock(r->from, false, from);
	sw_human_clock(r->until, false, until);
	from[16] = until[16] = 0; /* without the seconds */
	fprintf(out,
		"<line class=grid x1=%d y1=8 x2=%d y2=8 /><line class=grid x1=%d y1=%d x2=%d y2=%d "
		"/>\n<text x=0 y=14>%s</text><text x=0 y=%d>0</text><text x=%d y=%d>%s</text>"
		"<text x=%d y=%d text-anchor=end>%s</text>\n",
		LEFT, W, LEFT, H - BOTTOM, W, H - BOTTOM, sw_human_count(most, top), H - BOTTOM,
		LEFT, H - 6, from, W, H - 6, until);
}

static void chart_begin(FILE *out, const char *title)
{
	fprintf(out, "<section><h2>%s</h2><svg viewBox=\"0 0 %d %d\" role=img aria-label=\"%s\">\n",
		title, W, H, title);
}

static void attacks(FILE *out, const struct sw_report *r)
{
	const int step = (W - LEFT) / SW_REPORT_BARS;
	long most = 1;

	for (int i = 0; i < SW_REPORT_BARS; i++)
		if (series_sum(r->series[i]) > most)
			most = series_sum(r->series[i]);
	chart_begin(out, "Attacks over time");
	scale(out, r, most);
	for (int i = 0; i < SW_REPORT_BARS; i++) {
		double y = H - BOTTOM;

		for (int s = 0; s < SW_SERIES_COUNT; s++) {
			double h = (double)r->series[i][s] * (H - BOTTOM - 8) / most;

			if (h <= 0)
				continue;
			y -= h;
			fprintf(out,
				"<rect x=%d y=%.1f width=%d height=%.1f fill=\"var(--s%d)\">"
				"<title>%ld %s</title></rect>\n",
				LEFT + i * step, y, step - 2, h, s, r->series[i][s],
				sw_series_name(s));
		}
	}
	fputs("</svg><div class=key>", out);
	for (int s = 0; s < SW_SERIES_COUNT; s++)
		fprintf(out, "<span><i style=\"background:var(--s%d)\"></i>%s</span>", s,
			sw_series_name(s));
	fputs("</div></section>\n", out);
}

static void growth(FILE *out, const struct sw_report *r)
{
	const int step = (W - LEFT) / SW_REPORT_BARS;
	int64_t most = r->growth[SW_REPORT_BARS - 1] ?: 1;

	chart_begin(out, "Blocks in force, by when they began");
	scale(out, r, most);
	fputs("<polyline fill=none stroke=\"var(--bar)\" stroke-width=3 points=\"", out);
	for (int i = 0; i < SW_REPORT_BARS; i++)
		fprintf(out, "%d,%.1f ", LEFT + i * step + step / 2,
			H - BOTTOM - (double)r->growth[i] * (H - BOTTOM - 8) / most);
	fputs("\"/></svg></section>\n", out);
}

/* ---- lists */

static void list(FILE *out, const char *title, const struct sw_tally *t)
{
	fprintf(out, "<section><h2>%s</h2>", title);
	if (!t->count) {
		fputs("<p class=dim>none</p></section>\n", out);
		return;
	}
	fputs("<table>\n", out);
	for (size_t i = 0; i < t->count && i < ROWS; i++) {
		fputs("<tr><td>", out);
		escaped(out, t->item[i].name);
		fprintf(out,
			"<td class=b><div class=bar style=\"width:%.1f%%\"></div>"
			"<td class=n>%s\n",
			100.0 * t->item[i].count / t->item[0].count,
			sw_cli_count(t->item[i].count));
	}
	fputs("</table>", out);
	if (t->count > ROWS)
		fprintf(out, "<p class=dim>and %s more</p>", sw_cli_count(t->count - ROWS));
	fputs("</section>\n", out);
}

static void leads(FILE *out, const struct sw_report *r)
{
	static const int percent[] = {10, 50, 90, 100};
	char span[SW_LEAD_TEXT];

	fputs("<section><h2>From first probe to detection</h2>", out);
	if (!r->leads) {
		fputs("<p class=dim>nobody was detected</p></section>\n", out);
		return;
	}
	fputs("<table>\n", out);
	for (size_t i = 0; i < sizeof(percent) / sizeof(*percent); i++)
		fprintf(out, "<tr><td>%d %% of the sources<td class=n>%s\n", percent[i],
			sw_report_lead_text(r, percent[i], span));
	fputs("</table></section>\n", out);
}

static void drops(FILE *out, const struct sw_report *r)
{
	char a[SW_HUMAN_TEXT], b[SW_HUMAN_TEXT];

	if (!sw_report_dropped(r) && !sw_report_would(r)) {
		fputs("<section><h2>Packets by reason</h2><p class=dim>none was dropped, or would "
		      "have been</p></section>\n",
		      out);
		return;
	}
	fputs("<section><h2>Packets by reason</h2><table><tr><th>Reason<th "
	      "class=n>dropped<th class=n>would be\n",
	      out);
	for (int i = 0; i < SW_REASON_COUNT; i++) {
		if (!sw_reason_drops(i) || !(r->counter[i].dropped + r->counter[i].passed))
			continue;
		fprintf(out, "<tr><td>%s<td class=n>%s<td class=n>%s\n", sw_reason_text(i),
			sw_human_count(r->counter[i].dropped, a),
			sw_human_count(r->counter[i].passed, b));
	}
	fputs("</table></section>\n", out);
}

static void exposed(FILE *out, const struct sw_exposure *all)
{
	char age[SW_HUMAN_TEXT];

	fputs("<section class=wide><h2>What the outside sees</h2><table><tr><th>Port<th>Served by"
	      "<th class=n>scans<th class=n>first scan<th class=n>last scan\n",
	      out);
	for (size_t i = 0; i < all->count; i++) {
		const struct sw_exposed *x = &all->item[i];

		fprintf(out, "<tr><td class=p>%s/%u<td>",
			x->endpoint.proto == IPPROTO_UDP ? "udp" : "tcp", x->endpoint.port);
		escaped(out, x->endpoint.process[0] || x->endpoint.container[0] ||
					     x->endpoint.moved_to[0]
				     ? x->endpoint.process
				     : "not known");
		if (x->endpoint.container[0])
			fprintf(out, " in %s", x->endpoint.container);
		if (x->endpoint.moved_to[0])
			fputs(" NAT to ", out);
		escaped(out, x->endpoint.moved_to);
		fprintf(out, "<td class=n>%s<td class=n>%s", sw_cli_count(x->probes),
			x->first_probe ? sw_human_ago(x->first_probe, age) : "–");
		fprintf(out, "<td class=n>%s\n",
			x->last_probe ? sw_human_ago(x->last_probe, age) : "–");
	}
	fputs("</table></section>\n", out);
}

void sw_report_html(FILE *out, const struct sw_report *r, bool live)
{
	char from[SW_HUMAN_TEXT], until[SW_HUMAN_TEXT], host[256] = "this host";
	FILE *f = fopen("/proc/sys/kernel/hostname", "r");

	if (f && fgets(host, sizeof(host), f))
		host[strcspn(host, "\n")] = 0;
	if (f)
		fclose(f);
	fputs("<!doctype html><html lang=en><head><meta charset=utf-8>"
	      "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
	      "<meta name=color-scheme content=\"light dark\">",
	      out);
	if (live)
		fputs("<meta http-equiv=refresh content=60>", out);
	fputs("<title>scanwall on ", out);
	escaped(out, host);
	fprintf(out, "</title><style>%s</style></head><body><main>\n<h1>scanwall on ", style);
	escaped(out, host);
	fprintf(out, "</h1><p class=dim>%s to %s, version %s, %s mode%s</p>\n",
		sw_human_clock(r->from, false, from), sw_human_clock(r->until, false, until),
		SW_VERSION, r->mode, r->loaded ? "" : ", attached to nothing");
	figures(out, r);
	attacks(out, r);
	fputs("<div class=two>\n", out);
	list(out, "Kinds of evidence", &r->kinds);
	list(out, "Ports tried", &r->ports);
	list(out, "Networks", &r->networks);
	if (r->countries.count)
		list(out, "Countries", &r->countries);
	if (r->asns.count)
		list(out, "Autonomous systems", &r->asns);
	list(out, "Sources", &r->sources_by);
	list(out, "Tools", &r->tools);
	list(out, "Signatures", &r->signatures);
	leads(out, r);
	drops(out, r);
	fputs("</div>\n", out);
	growth(out, r);
	exposed(out, &r->exposure);
	fputs("</main></body></html>\n", out);
}
