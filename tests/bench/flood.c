// SPDX-License-Identifier: GPL-2.0-only
/* Sends more events than the daemon can record, and counts what becomes of them. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "engine/settings.h"
#include "flood.h"
#include "gen.skel.h"
#include "service.h"

#define SECONDS 3
#define PER_SECOND 100000

/* What a client has no reason to try: one probe is enough to cross this. */
#define TRAP_PORT 23
#define SYN 0x02
#define EAGER "detect {\nthreshold = 1\n}\n"
/* Such a flood is a spray: by default strangers are challenged, without an entry and
 * an event each. Where sources are not challenged at all, each has both. */
#define EACH_TOLD "blocked = drop\n"
#define NO_LIMITS "guard {\nauto_per_minute = 60000\nauto_max = 1000000\n}\n"

/* Numbers that no other case draws from. */
#define FIRST (NUMBERS / 8)

#define IDLE_MS 200
#define IDLE_CPU 0.004 /* s in IDLE_MS: it has nothing left to do */
#define PATIENCE_MS 60000

/* The ring's own positions, in bytes: what was written and what was read. */
struct ring {
	const unsigned long *read, *written;
	size_t page;
};

static int ring_open(struct ring *r, const struct sw_engine *g, struct sw_err *e)
{
	int fd = g->fd[SW_MAP_events];
	void *at;

	r->page = sysconf(_SC_PAGESIZE);
	at = mmap(NULL, 2 * r->page, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return sw_fail(e, SW_EXIT_FAILED, "cannot map the ring of events: %s",
			       strerror(errno));
	r->read = at;
	r->written = (void *)((char *)at + r->page);
	return 0;
}

static void ring_close(struct ring *r)
{
	munmap((void *)r->read, 2 * r->page);
}

static unsigned long ring_events(const struct ring *r)
{
	return __atomic_load_n(r->written, __ATOMIC_ACQUIRE) /
	       (sizeof(struct sw_event) + BPF_RINGBUF_HDR_SZ);
}

/* Until it has read and recorded everything. */
static double cpu_at_rest(const struct service *s, const struct ring *r, struct sw_err *e)
{
	double was = service_cpu(s, e), is = was;

	for (int ms = 0; is >= 0 && ms < PATIENCE_MS; ms += IDLE_MS) {
		sleep_ms(IDLE_MS);
		was = is;
		is = service_cpu(s, e);
		if (is >= 0 && is - was < IDLE_CPU &&
		    __atomic_load_n(r->read, __ATOMIC_ACQUIRE) ==
			    __atomic_load_n(r->written, __ATOMIC_ACQUIRE))
			return is;
	}
	return is < 0 ? -1
		      : sw_fail(e, SW_EXIT_FAILED,
				"`scanwall run` does not come to rest after a flood of events");
}

static double send_paced(struct field *f, const struct service *s, struct sw_err *e)
{
	struct traffic *t = &f->gen->bss->traffic;
	double start = now_seconds();
	struct frame frame;

	frame_tcp(&frame, false, SYN, TRAP_PORT, 0);
	*t = (struct traffic){.seed = f->seed,
			      .first = FIRST,
			      .count = FIRST,
			      .port = 1024,
			      .port_mask = 0x3fff,
			      .ip_sum = frame_sum(&frame),
			      .sent = t->sent};
	/* More than it has to keep, as waking up and ending take their part of the time. */
	f->gen->bss->gap_ns = 1000000000 / (PER_SECOND + PER_SECOND / 20);
	f->gen->bss->due_ns = 0;
	if (bench_run(bpf_program__fd(f->gen->progs.generate_paced), &s->wire, &frame,
		      SECONDS * PER_SECOND, e) < 0)
		return -1;
	return now_seconds() - start;
}

/* c: rate, lost and CPU, in a row. least: events, told or lost, that there must be. */
static int one_flood(struct field *f, const struct service *s, const struct sw_engine *g,
		     const struct ring *r, unsigned long least, struct cost *c, struct sw_err *e)
{
	unsigned long events = ring_events(r), missed = g->state->lost_events;
	double before = cpu_at_rest(s, r, e), after, took;

	took = before < 0 ? -1 : send_paced(f, s, e);
	after = took < 0 ? -1 : cpu_at_rest(s, r, e);
	if (after < 0)
		return -1;
	events = ring_events(r) - events;
	missed = g->state->lost_events - missed;
	if (events + missed < least)
		return sw_fail(e, SW_EXIT_FAILED, "%d sources crossed the threshold, %lu were told",
			       SECONDS * PER_SECOND, events + missed);
	series_add(&c[0].value, (events + missed) / took / 1000);
	series_add(&c[1].value, missed);
	series_add(&c[2].value, (after - before) / took * 100);
	return 0;
}

static int floods(struct field *f, const struct service *s, const struct sw_engine *g, int rounds,
		  unsigned long least, struct cost *c, struct sw_err *e)
{
	struct ring r;
	int rc = 0;

	if (ring_open(&r, g, e))
		return -1;
	for (int i = 0; !rc && i < rounds; i++)
		rc = one_flood(f, s, g, &r, least, c, e);
	ring_close(&r);
	return rc;
}

static int flood(struct field *f, const char *scanwall, const char *name, const char *dir,
		 const char *config, int rounds, unsigned long least, struct cost *c,
		 struct sw_err *e)
{
	struct sw_engine g;
	struct service s;
	int rc;

	if (service_start(&s, scanwall, name, dir, config, e))
		return -1;
	rc = sw_engine_open(&g, s.pins, e);
	if (!rc) {
		/* In its first minute one probe gets nobody blocked. */
		sw_setting_store(&g, grace_ticks, 0);
		rc = floods(f, &s, &g, rounds, least, c, e);
		sw_engine_close(&g);
	}
	service_stop(&s);
	return rc;
}

int flood_run(struct field *f, struct cost *c, const char *scanwall, const char *dir, int rounds,
	      struct sw_err *e)
{
	unsigned long all = SECONDS * PER_SECOND;

	if (flood(f, scanwall, "events", dir, EAGER EACH_TOLD, rounds, all, &c[COST_EVENTS_RATE],
		  e) ||
	    flood(f, scanwall, "events-all", dir, EAGER EACH_TOLD NO_LIMITS, 1, all,
		  &c[COST_EVENTS_ALL_RATE], e))
		return -1;
	/* Its blocks until a limit is reached, and that there is a spray. */
	return flood(f, scanwall, "events-spray", dir, EAGER, 1, 2, &c[COST_SPRAY_RATE], e);
}
