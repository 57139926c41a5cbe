// SPDX-License-Identifier: GPL-2.0-only
/* Runs the cases in rounds, and repeats disturbed ones. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "rounds.h"

struct rounds {
	struct field *f;
	struct sample *sample; /* a case's rounds lie together */
	int cases, rounds;
	double best; /* the floor's quickest run, ns */
	int repeated;
};

static void tell(const char *what, int done, int of)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K");
	if (what)
		fprintf(stderr, "%s %d of %d", what, done, of);
}

static int take(struct rounds *k, int c, struct sample *s, struct sw_err *e)
{
	if (case_run(k->f, c, s, e))
		return -1;
	if (!k->best || s->floor < k->best)
		k->best = s->floor;
	if (s->after < k->best)
		k->best = s->after;
	return 0;
}

/* Round 0 warms up: caches, the source table, the pages of the frames. */
static int take_all(struct rounds *k, struct sw_err *e)
{
	struct sample warm;

	for (int round = 0; round <= k->rounds; round++) {
		for (int c = 0; c < k->cases; c++) {
			struct sample *s = round ? &k->sample[c * k->rounds + round - 1] : &warm;

			tell("bench: run", round * k->cases + c + 1, (k->rounds + 1) * k->cases);
			if (take(k, c, s, e))
				return -1;
		}
	}
	return 0;
}

static bool is_quiet(const struct rounds *k, const struct sample *s)
{
	return !is_noisy(s->floor / k->best - 1) && !is_noisy(s->after / k->best - 1);
}

/* Once for each sample that was not. */
static int repeat(struct rounds *k, int *noisy, struct sw_err *e)
{
	*noisy = 0;
	for (int i = 0; i < k->cases * k->rounds; i++) {
		if (is_quiet(k, &k->sample[i]))
			continue;
		tell("bench: again", ++*noisy, k->cases * k->rounds);
		k->repeated++;
		if (take(k, i / k->rounds, &k->sample[i], e))
			return -1;
	}
	return 0;
}

static void add(const struct sample *s, struct result *r, struct report *all)
{
	series_add(&all->floor, s->floor);
	series_add(&all->floor, s->after);
	series_add(&all->floor_alone, s->floor_alone);
	series_add(&r->ns, s->ns);
	series_add(&r->ratio, s->ns * 2 / (s->floor + s->after));
	series_add(&r->alone, s->alone);
	if (!s->rival)
		return;
	series_add(&r->rival, s->rival);
	series_add(&r->beside, s->ns / s->rival);
}

int rounds_run(struct field *f, struct report *r, int tries, struct sw_err *e)
{
	struct rounds k = {.f = f, .cases = case_count, .rounds = r->rounds};
	int ret, noisy = 1;

	k.sample = calloc((size_t)k.cases * k.rounds, sizeof(*k.sample));
	if (!k.sample)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	ret = take_all(&k, e);
	for (int i = 1; !ret && noisy && i < tries; i++)
		ret = repeat(&k, &noisy, e);
	tell(NULL, 0, 0);
	for (int i = 0; !ret && i < k.cases * k.rounds; i++)
		add(&k.sample[i], &r->result[i / k.rounds], r);
	r->repeated = k.repeated;
	free(k.sample);
	return ret;
}
