// SPDX-License-Identifier: GPL-2.0-only
/* Prints the figures as tables and as JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include "bench_report.h"

/* A floor that lies further apart says more of the machine than of scanwall. */
#define NOISY 0.15

bool is_noisy(double apart)
{
	return apart > NOISY;
}

void report_floor(struct report *r, const struct series *floor)
{
	double apart = series_apart(floor);

	if (apart > r->apart)
		r->apart = apart;
}

static void print_spread(const struct report *r)
{
	if (is_noisy(r->apart))
		printf("TOO NOISY TO BE BELIEVED: the floor's own runs lie %.0f %% apart, of %.0f "
		       "at "
		       "most.\nRun it again when the machine is idle, or with more --tries.\n",
		       r->apart * 100, NOISY * 100);
	else
		printf("The floor's own runs lie %.0f %% apart.\n", r->apart * 100);
}

static void cpu_name(char *name, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown processor");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
			snprintf(name, size, "%s", strchr(line, ':') + 2);
			break;
		}
	}
	if (f)
		fclose(f);
}

static void print_head(const struct report *r)
{
	struct utsname u;
	char cpu[80];

	uname(&u);
	cpu_name(cpu, sizeof(cpu));
	printf("scanwall bench, %s: kernel %s, %.36s\n"
	       "live frames over veth, native XDP, one CPU; %d rounds of %u packets a case\n",
	       SW_VERSION, u.release, cpu, r->rounds, r->packets);
	print_spread(r);
	if (r->repeated)
		printf("%d runs beside a floor that was not quiet were repeated.\n", r->repeated);
	putchar('\n');
}

static double goal_of(const struct report *r, const struct result *c)
{
	for (int i = 0; c->like && i < r->results; i++)
		if (!strcmp(r->result[i].id, c->like))
			return c->goal * series_spread(&r->result[i].ratio).median;
	return c->goal;
}

/* What the goal is compared with. */
static double judged(const struct result *c)
{
	return series_spread(c->beside_map ? &c->beside : &c->ratio).median;
}

/* " !+12%": misses its goal by that much. */
static const char *missed(double ratio, double goal, char buf[16])
{
	buf[0] = 0;
	if (ratio > goal)
		snprintf(buf, 16, " !%+.0f%%", (ratio / goal - 1) * 100);
	return buf;
}

static const char *whole_ns(const struct series *s, char buf[16])
{
	snprintf(buf, 16, "-");
	if (s->n)
		snprintf(buf, 16, "%.0f", series_spread(s).median);
	return buf;
}

static void print_cases(const struct report *r)
{
	struct spread floor = series_spread(&r->floor), bare = series_spread(&r->floor_alone);

	if (!r->floor.n)
		return;
	printf("%-36s times the floor       ns a packet\n", "");
	printf("%-36s goal median  min  max veth alone  map\n", "every packet is ...");
	printf("%-36s %4s %6.2f %4.2f %4.2f %4.0f %5.0f\n", "dropped by the floor", "", 1.0,
	       floor.min / floor.median, floor.max / floor.median, floor.median, bare.median);
	for (int i = 0; i < r->results; i++) {
		const struct result *c = &r->result[i];
		struct spread ratio = series_spread(&c->ratio);
		double goal = goal_of(r, c);
		char miss[16], alone[16], rival[16], of[16] = "map";

		if (!c->ratio.n)
			continue;
		if (!c->beside_map)
			snprintf(of, sizeof(of), "%.1f", goal);
		printf("%-36s %4s %6.2f %4.2f %4.2f %4.0f %5s %4s%s\n", c->title, of, ratio.median,
		       ratio.min, ratio.max, series_spread(&c->ns).median,
		       whole_ns(&c->alone, alone), whole_ns(&c->rival, rival),
		       missed(judged(c), goal, miss));
	}
}

/* " !  +12 %", likewise; " !" where the goal is nothing at all. */
static const char *cost_missed(const struct cost *c, char buf[16])
{
	double median = series_spread(&c->value).median;

	buf[0] = 0;
	if ((c->want != AT_MOST || median <= c->goal) && (c->want != AT_LEAST || median >= c->goal))
		return buf;
	if (c->goal > 0)
		snprintf(buf, 16, " !%+4.0f %%", (median / c->goal - 1) * 100);
	else
		snprintf(buf, 16, " !");
	return buf;
}

static const char *figure(double v, char buf[16])
{
	int digits = v == (long long)v && v >= 10 ? 0 : v < 10 ? 2 : v < 100 ? 1 : 0;

	snprintf(buf, 16, "%.*f", v == 0 ? 0 : digits, v);
	return buf;
}

static void print_costs(const struct report *r)
{
	printf("\n%-45s %7s %7s %6s %6s\n", "", "goal", "median", "min", "max");
	for (int i = 0; i < COST_COUNT; i++) {
		const struct cost *c = &r->cost[i];
		struct spread p = series_spread(&c->value);
		char goal[16] = "", n[3][16], miss[16];

		if (!c->value.n)
			continue;
		if (c->want != NO_GOAL)
			snprintf(goal, sizeof(goal), "%s %g",
				 c->want == AT_MOST ? "<=" : ">=", c->goal);
		printf("%-45s %7s %7s %6s %6s %s%s\n", c->title, goal, figure(p.median, n[0]),
		       figure(p.min, n[1]), figure(p.max, n[2]), c->unit, cost_missed(c, miss));
	}
}

void report_print(const struct report *r)
{
	print_head(r);
	print_cases(r);
	print_costs(r);
	printf("\n\"alone\" is without veth: a packet made and judged, no more. Its floor is "
	       "the\n"
	       "making; what a line has above that is scanwall's own. \"map\": over veth, the\n"
	       "plain BPF hash (of prefixes the LPM trie) with the same list, in the same rounds,\n"
	       "dropping what it does not find as well. ! misses its goal, by so much; where\n"
	       "\"map\" stands for it, that is given against this peer, below.\n");
}

void report_goal(const char *title, int want, double goal, double is)
{
	bool met = want == AT_MOST ? is <= goal : is >= goal;
	char text[16];

	printf("%-45s %2s %7.3g %7s  %s\n", title, want == AT_MOST ? "<=" : ">=", goal,
	       figure(is, text), met ? "met" : "MISSED");
}

void report_goals(const struct report *r)
{
	printf("\n%-45s %10s %7s\n", "Every goal, in one place", "goal", "median");
	for (int i = 0; i < r->results; i++) {
		const struct result *c = &r->result[i];
		char title[64];

		if (!c->ratio.n)
			continue;
		snprintf(title, sizeof(title), "%s%s", c->title, c->beside_map ? ", x map" : "");
		report_goal(title, AT_MOST, goal_of(r, c), judged(c));
	}
	for (int i = 0; i < COST_COUNT; i++)
		if (r->cost[i].value.n && r->cost[i].want != NO_GOAL)
			report_goal(r->cost[i].title, r->cost[i].want, r->cost[i].goal,
				    series_spread(&r->cost[i].value).median);
}

void report_end(const struct report *r)
{
	putchar('\n');
	print_spread(r);
}

static json_t *cases_json(const struct report *r)
{
	json_t *list = json_array();

	for (int i = 0; i < r->results; i++) {
		const struct result *c = &r->result[i];

		if (!c->ratio.n)
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:f, s:s, s:o, s:o, s:o, s:o}", "id", c->id, "title",
				  c->title, "goal", goal_of(r, c), "goal_against",
				  c->beside_map ? "map" : "floor", "ratio", series_json(&c->ratio),
				  "ns", series_json(&c->ns), "alone_ns",
				  c->alone.n ? series_json(&c->alone) : json_null(), "map_ns",
				  c->rival.n ? series_json(&c->rival) : json_null()));
	}
	return list;
}

static json_t *costs_json(const struct report *r)
{
	static const char *const want[] = {
		[NO_GOAL] = "none", [AT_MOST] = "at most", [AT_LEAST] = "at least"};
	json_t *list = json_array();

	for (int i = 0; i < COST_COUNT; i++) {
		const struct cost *c = &r->cost[i];

		if (c->value.n)
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:s, s:s, s:f, s:o}", "id",
							c->id, "title", c->title, "unit", c->unit,
							"want", want[c->want], "goal", c->goal,
							"value", series_json(&c->value)));
	}
	return list;
}

int report_json(const struct report *r, json_t *growth, const char *file, struct sw_err *e)
{
	struct utsname u;
	char cpu[80];
	json_t *o;
	int rc;

	uname(&u);
	cpu_name(cpu, sizeof(cpu));
	o = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:o}",
		      "version", SW_VERSION, "kernel", u.release, "cpu", cpu, "rounds", r->rounds,
		      "packets", (int)r->packets, "seed", (int)r->seed, "repeated", r->repeated,
		      "noisy", is_noisy(r->apart), "floor_ns", series_json(&r->floor),
		      "floor_alone_ns", series_json(&r->floor_alone), "cases", cases_json(r),
		      "costs", costs_json(r), "growth", growth);
	rc = json_dump_file(o, file, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(o);
	return rc ? sw_fail(e, SW_EXIT_FAILED, "cannot write %s: %s", file, strerror(errno)) : 0;
}
