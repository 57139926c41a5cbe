// SPDX-License-Identifier: GPL-2.0-only
/* The cost of a packet relative to the least that an XDP program can do, and the cost of lists
 * and processes. Timings never fail the bench; a packet that is lost, or not judged as its
 * case says, does. */
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cpus.h"
#include "flood.h"
#include "gen.skel.h"
#include "growth.h"
#include "rounds.h"
#include "spray.h"
#include "engine/settings.h"

#define ENDS_S 4 /* longer than filling takes */

/* Of the floor beside parts that send nothing over it. */
#define FLOOR_RUNS 5
#define FLOOR_PORT 443
#define FLOOR_SOURCES 8192

struct options {
	int rounds, tries;
	__u32 packets, seed, largest;
	const char *dir, *json, *only;
	char scanwall[512];
};

static int usage(void)
{
	fputs("usage: bench --dir DIR [--json FILE] [--rounds N] [--packets N] [--seed N]\n"
	      "             [--largest N] [--tries N] [--only PART] [--limits LINE]\n"
	      "  --dir DIR    an empty directory for the records it makes\n"
	      "  --json FILE  the figures for machines\n"
	      "  --rounds N   1 to 99, default 5\n"
	      "  --packets N  a run, 1000 to 100000000, default 1048576\n"
	      "  --seed N     of the addresses, default 1\n"
	      "  --largest N  the longest list the peers are given, default 10000000\n"
	      "  --tries N    so often each part, and each case of a round, is run until the\n"
	      "               floor beside it is quiet, default 5\n"
	      "  --only PART  cases, costs (of which cases has them, too), lists, events, cpus\n"
	      "               or growth\n"
	      "  --limits LINE  of scanwall's configuration, e.g. 'sources = 1048576'\n",
	      stderr);
	return SW_EXIT_USAGE;
}

static int number(const char *option, const char *text, long min, long max, long *n)
{
	char *end;

	*n = strtol(text, &end, 10);
	if (end != text && !*end && *n >= min && *n <= max)
		return 0;
	fprintf(stderr, "bench: --%s: \"%s\" is not a number from %ld to %ld\n", option, text, min,
		max);
	return -1;
}

static bool is_part(const char *name)
{
	static const char *const part[] = {"cases", "costs", "lists", "events", "cpus", "growth"};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (!strcmp(name, part[i]))
			return true;
	return false;
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"dir", required_argument, NULL, 'd'},
		{"json", required_argument, NULL, 'j'},
		{"rounds", required_argument, NULL, 'r'},
		{"packets", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 's'},
		{"only", required_argument, NULL, 'o'},
		{"largest", required_argument, NULL, 'l'},
		{"tries", required_argument, NULL, 't'},
		{"limits", required_argument, NULL, 'm'},
		{0},
	};
	long n;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->dir = optarg;
			break;
		case 'j':
			o->json = optarg;
			break;
		case 'o':
			o->only = optarg;
			if (is_part(o->only))
				break;
			fprintf(stderr, "bench: --only: \"%s\" is no part of it\n", o->only);
			return -1;
		case 'm':
			site_limits(optarg);
			break;
		case 'r':
			if (number("rounds", optarg, 1, ROUNDS_MAX, &n))
				return -1;
			o->rounds = n;
			break;
		case 'p':
			if (number("packets", optarg, 1000, 100000000, &n))
				return -1;
			o->packets = n;
			break;
		case 's':
			if (number("seed", optarg, 0, 0x7fffffff, &n))
				return -1;
			o->seed = n;
			break;
		case 't':
			if (number("tries", optarg, 1, 99, &n))
				return -1;
			o->tries = n;
			break;
		case 'l':
			if (number("largest", optarg, 1, 10000000, &n))
				return -1;
			o->largest = n;
			break;
		default:
			return -1;
		}
	}
	return o->dir && optind == argc ? 0 : -1;
}

static int find_scanwall(char *path, size_t size, struct sw_err *e)
{
	ssize_t n = readlink("/proc/self/exe", path, size - sizeof("/scanwall"));

	if (n < 0)
		return sw_fail(e, SW_EXIT_FAILED, "/proc is not mounted");
	path[n] = 0;
	strcpy(strrchr(path, '/'), "/scanwall");
	if (!access(path, X_OK))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "%s is not there; run make first", path);
}

/* Sender and receiver take turns on one CPU: the packet's whole way is timed,
 * and no ring can run over. */
static void stay_on_one_cpu(cpu_set_t *may)
{
	cpu_set_t one;
	int cpu = CPU_SETSIZE - 1;

	CPU_ZERO(may);
	if (sched_getaffinity(0, sizeof(*may), may))
		return;
	while (cpu > 0 && !CPU_ISSET(cpu, may))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static int open_rivals(struct field *f, struct sw_err *e)
{
	static const struct {
		const char *name;
		enum list list;
		__u32 count;
	} of[RIVALS] = {[HASH_EMPTY] = {"hash-0", LIST_ADDRESS4, 1},
			[HASH_FEW] = {"hash-8k", LIST_ADDRESS4, FEW_BLOCKED},
			[HASH_MANY] = {"hash-1m", LIST_ADDRESS4, MANY_BLOCKED},
			[TRIE_PREFIXES] = {"trie-10k", LIST_PREFIX4, PREFIXES_BLOCKED},
			[HASH6_EMPTY] = {"hash6-0", LIST_ADDRESS6, 1},
			[HASH6_MANY] = {"hash6-1m", LIST_ADDRESS6, MANY_BLOCKED}};

	for (int i = NO_RIVAL + 1; i < RIVALS; i++)
		if (rival_up(&f->rival[i], of[i].name, of[i].list, of[i].count, f->seed, e))
			return -1;
	return 0;
}

static int open_sites(struct field *f, const char *dir, struct cost *block, struct sw_err *e)
{
	static const char *const name[SITES] = {"empty", "few",	  "many",  "cidr",  "mixed",
						"many6", "nets6", "ended", "router"};
	double seconds;

	for (int i = 0; i < SITES; i++)
		if (site_open(&f->site[i], name[i], dir, 0,
			      i == MANY6 || i == NETS6 ? MANY6_ROOM : 0, e))
			return -1;
	if (site_block(&f->site[FEW], FEW_BLOCKED, f->seed, NULL, e) ||
	    site_block(&f->site[MANY], MANY_BLOCKED, f->seed, &seconds, e) ||
	    site_fill(&f->site[PREFIXES], LIST_PREFIX4, PREFIXES_BLOCKED, f->seed, e) ||
	    site_fill(&f->site[MIXED], LIST_PREFIX4, PREFIXES_BLOCKED, f->seed, e) ||
	    site_fill(&f->site[MIXED], LIST_ADDRESS4, MANY_BLOCKED, f->seed, e) ||
	    site_fill(&f->site[MANY6], LIST_ADDRESS6, MANY_BLOCKED, f->seed, e) ||
	    site_fill(&f->site[NETS6], LIST_PREFIX6, MANY_BLOCKED, f->seed, e) ||
	    site_fill_until(&f->site[ENDED], MANY_BLOCKED, f->seed, ENDS_S, e))
		return -1;
	sw_setting_store(&f->site[ROUTER].ctx.engine, forwards, 1);
	sleep_ms(ENDS_S * 1000); /* by then all of ENDED's have */
	series_add(&block->value, seconds);
	for (int i = 0; i < SITES; i++)
		if (site_attach(&f->site[i], name[i], e))
			return -1;
	return open_rivals(f, e);
}

/* How long each part took, tries included. */
#define PARTS 6
struct took {
	const char *part;
	double seconds;
};
static struct took took[PARTS];

static void note_time(const char *part, double start)
{
	for (int i = 0; i < PARTS; i++) {
		if (took[i].part)
			continue;
		took[i] = (struct took){part, now_seconds() - start};
		return;
	}
}

static void print_times(void)
{
	double all = 0;

	for (int i = 0; i < PARTS && took[i].part; i++) {
		printf("%s%s %.0f s", i ? ", " : "", took[i].part, took[i].seconds);
		all += took[i].seconds;
	}
	printf("; together %.0f min %.0f s.\n", (double)((long)all / 60), (double)((long)all % 60));
}

/* A part of the bench, of which `tries` may be needed. */
struct run {
	struct field *f;
	struct report *r;
	const struct options *o;
	cpu_set_t may;
};

static void forget(struct series *s, int n)
{
	s->n = n;
}

/* Adds to floor, a few runs of it, beside a part that has none of its own. */
static int sample_floor(struct field *f, struct series *floor, struct sw_err *e)
{
	struct traffic *t = &f->gen->bss->traffic;
	struct frame frame;

	frame_udp(&frame, false, FLOOR_PORT);
	*t = (struct traffic){.seed = f->seed,
			      .count = FLOOR_SOURCES,
			      .port = 1024,
			      .port_mask = 0x3fff,
			      .ip_sum = frame_sum(&frame),
			      .sent = t->sent};
	for (int i = 0; i < FLOOR_RUNS; i++) {
		double ns = field_send(f, &f->floor_wire, &frame, e);

		if (ns < 0)
			return -1;
		series_add(floor, ns);
	}
	return 0;
}

/* Until the machine was quiet meanwhile: the last try counts. */
static int run_quietly(struct run *a, const char *part,
		       int (*run)(struct run *a, struct series *floor, struct sw_err *e),
		       struct sw_err *e)
{
	static struct series floor;
	double start = now_seconds();
	int had[COST_COUNT];

	if (a->o->only && strcmp(a->o->only, part))
		return 0;
	for (int i = 0; i < COST_COUNT; i++)
		had[i] = a->r->cost[i].value.n;
	for (int i = 0; i < a->o->tries; i++) {
		for (int c = 0; c < COST_COUNT; c++)
			forget(&a->r->cost[c].value, had[c]);
		forget(&floor, 0);
		if (run(a, &floor, e))
			return -1;
		if (!is_noisy(series_apart(&floor)))
			break;
		fprintf(stderr, "bench: %s, try %d of %d: the floor's runs lie %.0f %% apart\n",
			part, i + 1, a->o->tries, series_apart(&floor) * 100);
	}
	report_floor(a->r, &floor);
	note_time(part, start);
	return 0;
}

/* The same for what has no floor of its own. */
static int beside_floor(struct run *a, struct series *floor,
			int (*part)(struct run *a, struct sw_err *e), struct sw_err *e)
{
	return sample_floor(a->f, floor, e) || part(a, e) || sample_floor(a->f, floor, e) ? -1 : 0;
}

static int run_costs(struct field *f, struct report *r, const struct options *o,
		     const cpu_set_t *may, struct sw_err *e)
{
	struct site *many = &f->site[MANY];
	struct cost *c = r->cost;

	series_add(&c[COST_MEMORY].value, sw_engine_memory(&many->ctx.engine) / 1048576.0);
	for (int i = 0; i < o->rounds; i++)
		if (cost_maps(c, MANY_BLOCKED, o->seed, o->dir, e) ||
		    cost_restore(&c[COST_RESTORE], many, e))
			return -1;
	if (cost_one(c, o->scanwall, many, o->seed, may, e))
		return -1;
	return cost_daemon(&c[COST_DAEMON], o->scanwall, o->dir, e);
}

/* What lists cost without the cases, beside the one site that they need. */
static int costs(struct run *a, struct sw_err *e)
{
	struct site *many = &a->f->site[MANY];

	if (!many->blocked &&
	    (site_open(many, "many", a->o->dir, 0, 0, e) ||
	     site_block(many, MANY_BLOCKED, a->o->seed, NULL, e) || site_load_subject(many, e)))
		return -1;
	return run_costs(a->f, a->r, a->o, &a->may, e);
}

static int run_costs_alone(struct run *a, struct series *floor, struct sw_err *e)
{
	return beside_floor(a, floor, costs, e);
}

/* As few as of other long lists: a round takes ten seconds. */
static int lists(struct run *a, struct sw_err *e)
{
	const struct options *o = a->o;

	return cost_lists(a->r->cost, o->scanwall, MANY_BLOCKED, o->seed, o->dir, &a->may,
			  o->rounds < 3 ? o->rounds : 3, e);
}

static int run_lists(struct run *a, struct series *floor, struct sw_err *e)
{
	return beside_floor(a, floor, lists, e);
}

static int events(struct run *a, struct sw_err *e)
{
	return flood_run(a->f, a->r->cost, a->o->scanwall, a->o->dir, a->o->rounds, e);
}

static int run_events(struct run *a, struct series *floor, struct sw_err *e)
{
	return beside_floor(a, floor, events, e);
}

static int cpus(struct run *a, struct sw_err *e)
{
	return cpus_run(a->f, a->r->cost, &a->may, a->o->dir, a->o->rounds, e);
}

static int run_cpus(struct run *a, struct series *floor, struct sw_err *e)
{
	return beside_floor(a, floor, cpus, e);
}

static bool wanted(const struct options *o, const char *part)
{
	return !o->only || !strcmp(o->only, part);
}

static int run_cases(struct run *a, struct sw_err *e)
{
	double start = now_seconds();

	if (open_sites(a->f, a->o->dir, &a->r->cost[COST_BLOCK], e) ||
	    rounds_run(a->f, a->r, a->o->tries, e))
		return -1;
	report_floor(a->r, &a->r->floor);
	if (run_costs(a->f, a->r, a->o, &a->may, e))
		return -1;
	note_time("cases", start);
	return 0;
}

static int run_growth(struct run *a, struct growth **g, struct sw_err *e)
{
	bool asked = wanted(a->o, "growth");
	double start = now_seconds();

	*g = growth_run(a->f, a->o->rounds, a->o->tries, asked ? a->o->largest : 0, a->o->dir, e);
	if (!*g)
		return -1;
	if (asked)
		note_time("growth", start);
	growth_floors(*g, a->r);
	growth_most(*g, &a->r->result[case_count], &a->r->cost[COST_MEMORY_MOST]);
	return 0;
}

static int run(const struct options *o, struct field *f, struct report *r, struct growth **g,
	       struct sw_err *e)
{
	struct run a = {.f = f, .r = r, .o = o};

	if (bench_isolate(e) || cases_listen(e) || floor_open(f, e))
		return -1;
	stay_on_one_cpu(&a.may);
	if ((wanted(o, "cases") && run_cases(&a, e)) ||
	    (o->only && run_quietly(&a, "costs", run_costs_alone, e)))
		return -1;
	if (run_quietly(&a, "lists", run_lists, e) || run_quietly(&a, "events", run_events, e) ||
	    run_quietly(&a, "cpus", run_cpus, e))
		return -1;
	return run_growth(&a, g, e);
}

int main(int argc, char **argv)
{
	struct options o = {
		.rounds = 5, .tries = 5, .packets = 1 << 20, .seed = 1, .largest = 10000000};
	static struct field f;
	static struct report r;
	struct growth *g = NULL;
	struct sw_err e = {0};
	int rc;

	if (argc > 1 && !strcmp(argv[1], "spray"))
		return spray_main(argc - 1, argv + 1);
	if (read_options(argc, argv, &o))
		return usage();
	f.packets = r.packets = o.packets;
	f.seed = r.seed = o.seed;
	r.rounds = o.rounds;
	r.results = case_count + 1; /* the last: what growth says of the longest list */
	r.result = calloc(r.results, sizeof(*r.result));
	if (!r.result)
		return SW_EXIT_FAILED;
	for (int i = 0; i < case_count; i++)
		case_title(i, &r.result[i]);
	costs_init(r.cost);

	rc = find_scanwall(o.scanwall, sizeof(o.scanwall), &e);
	if (!rc)
		rc = run(&o, &f, &r, &g, &e);
	for (int i = 0; i < SITES; i++)
		site_close(&f.site[i]);
	for (int i = 0; i < RIVALS; i++)
		rival_down(&f.rival[i]);
	floor_close(&f);
	if (!rc) {
		report_print(&r);
		growth_print(g);
		report_goals(&r);
		growth_goals(g);
		report_end(&r);
		print_times();
		if (o.json)
			rc = report_json(&r, growth_json(g), o.json, &e);
	}
	if (rc)
		fprintf(stderr, "bench: %s\n", e.text);
	growth_free(g);
	free(r.result);
	return rc ? SW_EXIT_FAILED : SW_EXIT_OK;
}
