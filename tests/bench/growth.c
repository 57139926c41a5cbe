// SPDX-License-Identifier: GPL-2.0-only
/* Measures the cost of a packet and of the list at growing lengths of the list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cases.h"
#include "gen.skel.h"
#include "growth.h"
#include "peers.h"

#define CLOSED_PORT 81
#define PEERS_MAX 16
#define SETTLE_US 300000 /* what was freed before leaves the count with RCU */

static const struct {
	__u32 addresses;
	int rounds;  /* at most */
	double goal; /* of scanwall: times the plain BPF hash of the same rounds */
} step[] = {{1, 5, 1.1},       {1000, 5, 1.1},	   {10000, 5, 1.1},
	    {100000, 5, 0.75}, {1000000, 3, 0.55}, {MOST, 2, 0.5}};
#define SIZES ((int)(sizeof(step) / sizeof(step[0])))

struct cell {
	struct series ns, ratio;
	double load_seconds, kernel_mib;
	double maps_mib;   /* scanwall's own */
	char refused[200]; /* "": it took the list */
};

struct growth {
	struct cell cell[PEERS_MAX][SIZES];
	struct series floor[SIZES];
	int sizes;
};

/* What the kernel has taken for itself. A list shows in here whoever keeps it. */
static double kernel_mib(void)
{
	static const char *const kept[] = {"SUnreclaim:", "VmallocUsed:", "Percpu:"};
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128], name[64];
	long kib, sum = 0;

	while (f && fgets(line, sizeof(line), f))
		for (int i = 0; i < 3; i++)
			if (sscanf(line, "%63s %ld", name, &kib) == 2 && !strcmp(name, kept[i]))
				sum += kib;
	if (f)
		fclose(f);
	return sum / 1024.0;
}

static void peer_down(struct peer *p)
{
	p->kind->down(p);
	wire_remove(&p->wire);
	p->up = false;
}

/* A peer that refuses a list is a result, not a failure of the bench. */
static int peer_up(struct peer *p, struct cell *c, __u32 n, __u32 seed, const char *dir,
		   struct sw_err *e)
{
	struct sw_err why = {0};
	double start;

	if (p->kind->most && n > p->kind->most) {
		snprintf(c->refused, sizeof(c->refused), "%u at most", p->kind->most);
		return 0;
	}
	if (wire_make(&p->wire, p->kind->id, e))
		return -1;
	usleep(SETTLE_US);
	c->kernel_mib = kernel_mib();
	start = now_seconds();
	p->up = true;
	if (p->kind->up(p, n, seed, dir, &why)) {
		snprintf(c->refused, sizeof(c->refused), "%.190s", why.text);
		peer_down(p);
		return 0;
	}
	c->load_seconds = now_seconds() - start;
	c->kernel_mib = kernel_mib() - c->kernel_mib;
	if (p->site.ctx.loaded)
		c->maps_mib = sw_engine_memory(&p->site.ctx.engine) / 1048576.0;
	return 0;
}

static double send_to(struct field *f, const struct wire *w, __u32 n, struct sw_err *e)
{
	struct traffic *t = &f->gen->bss->traffic;
	struct frame frame;

	frame_udp(&frame, false, CLOSED_PORT);
	*t = (struct traffic){.seed = f->seed,
			      .count = n,
			      .port = 1024,
			      .port_mask = 0x3fff,
			      .ip_sum = frame_sum(&frame),
			      .sent = t->sent};
	return field_send(f, w, &frame, e);
}

static double send_to_peer(struct field *f, const struct peer *p, __u32 n, struct sw_err *e)
{
	long long before = p->kind->dropped(p, e), after;
	double ns;

	if (before < 0)
		return -1;
	ns = send_to(f, &p->wire, n, e);
	if (ns < 0)
		return -1;
	after = p->kind->dropped(p, e);
	if (after < 0)
		return -1;
	if (after - before == f->packets)
		return ns;
	return sw_fail(e, SW_EXIT_FAILED, "%u packets were sent to %s, which counted %lld",
		       f->packets, p->kind->title, after - before);
}

/* The floor runs right before each peer. */
static int one_round(struct field *f, struct growth *g, struct peer *peer, int s, bool warm,
		     struct sw_err *e)
{
	for (int i = 0; i < peer_count; i++) {
		struct cell *c = &g->cell[i][s];
		double floor, ns;

		if (!peer[i].up)
			continue;
		floor = send_to(f, &f->floor_wire, step[s].addresses, e);
		ns = floor < 0 ? -1 : send_to_peer(f, &peer[i], step[s].addresses, e);
		if (ns < 0)
			return -1;
		if (!warm)
			continue;
		series_add(&g->floor[s], floor);
		series_add(&c->ns, ns);
		series_add(&c->ratio, ns / floor);
	}
	return 0;
}

static void forget_rounds(struct growth *g, int s)
{
	g->floor[s].n = 0;
	for (int i = 0; i < peer_count; i++)
		g->cell[i][s].ns.n = g->cell[i][s].ratio.n = 0;
}

static int run_rounds(struct field *f, struct growth *g, struct peer *peer, int s, int rounds,
		      int tries, struct sw_err *e)
{
	for (int i = 0; i < tries; i++) {
		forget_rounds(g, s);
		for (int round = 0; round <= rounds; round++)
			if (one_round(f, g, peer, s, round, e))
				return -1;
		if (!is_noisy(series_apart(&g->floor[s])))
			break;
		fprintf(stderr, "bench: growth, try %d of %d: the floor's runs lie %.0f %% apart\n",
			i + 1, tries, series_apart(&g->floor[s]) * 100);
	}
	return 0;
}

static int one_size(struct field *f, struct growth *g, int s, int rounds, int tries,
		    const char *dir, struct sw_err *e)
{
	struct peer peer[PEERS_MAX] = {0};
	int rc = 0;

	if (rounds > step[s].rounds)
		rounds = step[s].rounds;
	for (int i = 0; !rc && i < peer_count; i++) {
		peer[i].kind = &peer_kinds[i];
		fprintf(stderr, "bench: %u addresses into %s\n", step[s].addresses,
			peer_kinds[i].title);
		rc = peer_up(&peer[i], &g->cell[i][s], step[s].addresses, f->seed, dir, e);
	}
	fprintf(stderr, "bench: %u addresses: %d rounds\n", step[s].addresses, rounds);
	if (!rc)
		rc = run_rounds(f, g, peer, s, rounds, tries, e);
	for (int i = 0; i < peer_count; i++)
		if (peer[i].up)
			peer_down(&peer[i]);
	return rc;
}

struct growth *growth_run(struct field *f, int rounds, int tries, __u32 largest, const char *dir,
			  struct sw_err *e)
{
	struct growth *g = calloc(1, sizeof(*g));
	int rc = 0;

	if (!g) {
		sw_fail(e, SW_EXIT_FAILED, "no memory for the results");
		return NULL;
	}
	for (; !rc && g->sizes < SIZES && step[g->sizes].addresses <= largest; g->sizes++)
		rc = one_size(f, g, g->sizes, rounds, tries, dir, e);
	if (!rc)
		return g;
	growth_free(g);
	return NULL;
}

void growth_floors(const struct growth *g, struct report *r)
{
	for (int s = 0; s < g->sizes; s++)
		report_floor(r, &g->floor[s]);
}

void growth_free(struct growth *g)
{
	free(g);
}

static void print_table(const struct growth *g, bool ratio)
{
	printf("%-16s", "");
	for (int s = 0; s < g->sizes; s++)
		printf(" %9u", step[s].addresses);
	printf("\n");
	for (int i = 0; i < peer_count; i++) {
		printf("%-16s", peer_kinds[i].title);
		for (int s = 0; s < g->sizes; s++) {
			const struct cell *c = &g->cell[i][s];

			if (!c->ns.n)
				printf(" %9s", "-");
			else if (ratio)
				printf(" %9.2f", series_spread(&c->ratio).median);
			else
				printf(" %9.0f", series_spread(&c->ns).median);
		}
		printf("\n");
	}
}

static void print_lists(const struct growth *g)
{
	int s = g->sizes - 1;

	if (s > 4)
		s = 4;
	printf("\nA list of %u:        load, s   kernel memory, MiB\n", step[s].addresses);
	for (int i = 0; i < peer_count; i++)
		if (g->cell[i][s].ns.n)
			printf("%-23s %10.2f %20.0f\n", peer_kinds[i].title,
			       g->cell[i][s].load_seconds, g->cell[i][s].kernel_mib);
	for (int i = 0; i < peer_count; i++)
		for (s = 0; s < g->sizes; s++)
			if (g->cell[i][s].refused[0]) {
				printf("%s with %u: %.50s\n", peer_kinds[i].title,
				       step[s].addresses, g->cell[i][s].refused);
				break;
			}
}

static int peer_index(const char *id)
{
	for (int i = 0; i < peer_count; i++)
		if (!strcmp(peer_kinds[i].id, id))
			return i;
	return 0;
}

/* The best of those that are not scanwall. */
static int best_peer(const struct growth *g, int s)
{
	int best = -1;

	for (int i = 1; i < peer_count; i++)
		if (g->cell[i][s].ns.n &&
		    (best < 0 || series_spread(&g->cell[i][s].ns).median <
					 series_spread(&g->cell[best][s].ns).median))
			best = i;
	return best;
}

/* scanwall, times the plain BPF hash: rounds are interleaved, so what slows one
 * round slows both. */
static struct series beside_hash(const struct growth *g, int s)
{
	const struct series *mine = &g->cell[0][s].ns,
			    *its = &g->cell[peer_index("bpf-hash")][s].ns;
	struct series ratio = {0};

	for (int i = 0; i < mine->n && i < its->n; i++)
		series_add(&ratio, mine->v[i] / its->v[i]);
	return ratio;
}

void growth_most(const struct growth *g, struct result *r, struct cost *memory)
{
	const struct cell *c;

	r->id = "blocked-10m";
	r->title = "from one of 10,000,000 blocked";
	r->beside_map = true;
	for (int s = 0; s < g->sizes; s++) {
		c = &g->cell[0][s]; /* scanwall is the first of the peers */
		if (step[s].addresses != MOST || !c->ns.n)
			continue;
		r->ratio = c->ratio;
		r->ns = c->ns;
		r->rival = g->cell[peer_index("bpf-hash")][s].ns;
		r->beside = beside_hash(g, s);
		r->goal = step[s].goal;
		series_add(&memory->value, c->maps_mib);
	}
}

static void print_goals(const struct growth *g)
{
	printf("\nscanwall beside them    times the plain BPF hash        best peer\n"
	       "%11s addresses   goal median   min   max      times it\n",
	       "");
	for (int s = 0; s < g->sizes; s++) {
		const struct series *mine = &g->cell[0][s].ns;
		struct series ratio = beside_hash(g, s);
		int best = best_peer(g, s);
		struct spread p;

		if (!ratio.n || best < 0)
			continue;
		p = series_spread(&ratio);
		printf("%21u %6.2f %6.2f %5.2f %5.2f %13.2f %s%s\n", step[s].addresses,
		       step[s].goal, p.median, p.min, p.max,
		       series_spread(mine).median / series_spread(&g->cell[best][s].ns).median,
		       peer_kinds[best].title, p.median > step[s].goal ? "  ! missed" : "");
	}
}

void growth_print(const struct growth *g)
{
	if (!g->sizes)
		return;
	printf("\nEvery packet from a blocked address, by length of the list: ns a packet\n");
	print_table(g, false);
	printf("\nThe same, times the floor\n");
	print_table(g, true);
	print_goals(g);
	print_lists(g);
}

void growth_goals(const struct growth *g)
{
	char title[64];

	for (int s = 0; s < g->sizes; s++) {
		struct series ratio = beside_hash(g, s);

		if (!ratio.n)
			continue;
		snprintf(title, sizeof(title), "%u blocked, times the plain BPF hash",
			 step[s].addresses);
		report_goal(title, AT_MOST, step[s].goal, series_spread(&ratio).median);
	}
}

static json_t *cell_json(const struct growth *g, int i, int s)
{
	const struct cell *c = &g->cell[i][s];

	if (!c->ns.n)
		return json_pack("{s:i, s:s}", "addresses", (int)step[s].addresses, "refused",
				 c->refused);
	return json_pack("{s:i, s:o, s:o, s:o, s:f, s:f, s:f}", "addresses", (int)step[s].addresses,
			 "ns", series_json(&c->ns), "ratio", series_json(&c->ratio), "floor_ns",
			 series_json(&g->floor[s]), "mpps", 1000 / series_spread(&c->ns).median,
			 "load_s", c->load_seconds, "kernel_mib", c->kernel_mib);
}

json_t *growth_json(const struct growth *g)
{
	json_t *all = json_array();

	for (int i = 0; i < peer_count; i++) {
		json_t *list = json_array();

		for (int s = 0; s < g->sizes; s++)
			json_array_append_new(list, cell_json(g, i, s));
		json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "id", peer_kinds[i].id,
						     "title", peer_kinds[i].title, "sizes", list));
	}
	return all;
}
