// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a look-up costs by the shape of the lines alone, without the program around it: the
 * experiments behind docs/performance.md. All shapes take turns, and of each the quickest of
 * its rounds counts. Each must find as many as were listed.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "shapes.skel.h"
#include "shapes.h"

#define PACKETS (1u << 20)
#define ROUNDS 7
#define SEED 1

struct wall {
	struct shapes_bpf *skel;
	struct sw_drop4_line *whole;
	struct half_line *half; /* NULL: too short a list */
	__u64 *words;
	__u32 listed, lines;
	__u32 full; /* of whole ones: found no place, as the hash has them */
	__u32 half_full;
};

static __u32 power_of_two(__u32 n)
{
	__u32 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

static void *map_all(const struct bpf_map *map, size_t size)
{
	void *at = mmap(NULL, bpf_map__max_entries(map) * size, PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

static void add_whole(struct wall *w, __u32 addr)
{
	struct sw_drop4_line *line =
		&w->whole[sw_home(sw_hash4(addr, w->skel->bss->keys)) & (w->lines - 1)];

	for (int i = 0; i < SW_DROP4_WAYS; i++)
		if (!line->addr[i]) {
			line->addr[i] = addr;
			return;
		}
	w->full++;
}

static void add_half(struct wall *w, __u32 addr)
{
	__u32 p = permuted(addr, w->skel->bss->keys[0]);
	__u16 *rest = (__u16 *)w->half[p >> 16].four, key = p;

	if (!key) {
		w->half[p >> 16].zero = 1;
		return;
	}
	for (int i = 0; i < HALF_WAYS; i++)
		if (!rest[i]) {
			rest[i] = key;
			return;
		}
	w->half_full++;
}

static void add_word(struct wall *w, __u32 addr)
{
	__u64 h = sw_hash64(addr, w->skel->bss->keys);

	w->words[sw_home(h) & (w->lines - 1)] |= sw_bloom_bits(h);
}

static int fill(struct wall *w)
{
	int list = bpf_map__fd(w->skel->maps.list);
	__u32 one = 1;

	/* In another order than packets come in: see docs/performance.md. */
	for (__u32 i = 0; i < w->listed; i++) {
		__u32 n = i * 2654435761ull % w->listed, addr = address_number(n, SEED);

		add_whole(w, addr);
		add_word(w, addr);
		if (w->half)
			add_half(w, addr);
		if (bpf_map_update_elem(list, &addr, &one, BPF_ANY))
			return -1;
	}
	return 0;
}

static int wall_open(struct wall *w, __u32 listed)
{
	struct shapes_bpf *skel = shapes_bpf__open();

	*w = (struct wall){.skel = skel, .listed = listed};
	if (!skel)
		return -1;
	w->lines = power_of_two(listed / 10);
	bpf_map__set_max_entries(skel->maps.whole, w->lines);
	bpf_map__set_max_entries(skel->maps.words, w->lines);
	bpf_map__set_max_entries(skel->maps.list, listed);
	if (shapes_bpf__load(skel))
		return -1;
	skel->bss->whole_mask = w->lines - 1;
	skel->bss->list_seed = SEED;
	for (int i = 0; i < 4; i++)
		skel->bss->keys[i] = 0x9e3779b97f4a7c15ull * (i + 1);
	w->whole = map_all(skel->maps.whole, sizeof(*w->whole));
	w->words = map_all(skel->maps.words, sizeof(*w->words));
	w->half =
		listed / 20 >= HALF_LINES / 2 ? map_all(skel->maps.halves, sizeof(*w->half)) : NULL;
	return w->whole && w->words ? fill(w) : -1;
}

static double run(int prog, __u32 packets)
{
	char frame[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = packets);

	return bpf_prog_test_run_opts(prog, &opts) ? -1 : opts.duration + 0.5;
}

/* ns a packet: the least of the parts, as in the bench. */
static double best(int prog, __u32 part)
{
	double least = -1;

	for (__u32 i = 0; i < PACKETS / part; i++) {
		double ns = run(prog, part);

		if (ns < 0)
			return -1;
		least = least < 0 || ns < least ? ns : least;
	}
	return least;
}

struct shape {
	const char *title;
	struct bpf_program *prog;
	bool left_out;
	__u32 misses; /* listed addresses that it does not know: theirs is the overflow */
	double ns[2]; /* clean, blocked */
};

/* 0: clean, 1: blocked */
static int measure(struct wall *w, struct shape *s, int blocked, __u32 part)
{
	struct shapes_bpf__bss *g = w->skel->bss;
	__u64 least =
		blocked && s->misses != ~0u ? PACKETS / w->listed * (w->listed - s->misses) : 0;
	double ns;

	g->first = blocked ? 0 : NUMBERS / 4;
	g->count = blocked ? w->listed : NUMBERS / 4;
	g->found = 0;
	ns = best(bpf_program__fd(s->prog), part);
	if (ns < 0 || g->found < least) {
		fprintf(stderr, "bench-shapes: %s: %s, found %llu of %llu\n", s->title,
			strerror(errno), g->found, least);
		return -1;
	}
	if (!s->ns[blocked] || ns < s->ns[blocked])
		s->ns[blocked] = ns;
	return 0;
}

static int one_list(__u32 listed, __u32 part)
{
	struct wall w;
	int rc = wall_open(&w, listed);

	if (rc) {
		fprintf(stderr, "bench-shapes: cannot load: %s\n", strerror(errno));
		return -1;
	}
	struct shape shape[] = {
		{.title = "an address made", .prog = w.skel->progs.make_only, .misses = ~0u},
		{.title = "BPF hash", .prog = w.skel->progs.hash_has},
		{.title = "14 whole addresses a line",
		 .prog = w.skel->progs.whole_has,
		 .misses = w.full},
		{.title = "the same behind a word for each line (today's)",
		 .prog = w.skel->progs.word_has,
		 .misses = w.full},
		{.title = "28 halves a line",
		 .prog = w.skel->progs.half_has,
		 .left_out = !w.half,
		 .misses = w.half_full},
	};
	const int shapes = sizeof(shape) / sizeof(*shape);

	for (int round = 0; !rc && round <= ROUNDS; round++)
		for (int i = 0; !rc && i < 2 * shapes; i++)
			if (!shape[i / 2].left_out)
				rc = measure(&w, &shape[i / 2], i % 2, part);
	printf("\n%u listed, parts of %u packets%22s %8s %10s\n", listed, part, "clean", "blocked",
	       "overflow");
	for (int i = 0; !rc && i < shapes; i++)
		if (!shape[i].left_out)
			printf("  %-45s %8.0f %8.0f %10d\n", shape[i].title, shape[i].ns[0],
			       shape[i].ns[1], i && i != 1 ? (int)shape[i].misses : 0);
	shapes_bpf__destroy(w.skel);
	return rc;
}

int main(void)
{
	struct sched_param first = {.sched_priority = 10};

	/* Or whatever else runs here is measured. */
	sched_setscheduler(0, SCHED_FIFO, &first);
	puts("ns a packet without veth, by the shape of the lines");
	return one_list(8192, 65536) || one_list(131072, 65536) || one_list(1048576, 65536) ||
	       one_list(1048576, 262144);
}
