// SPDX-License-Identifier: GPL-2.0-only
/* Runs the program on two CPUs at once (cpus.h). */
#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "cpus.h"
#include "engine/settings.h"
#include "gen.skel.h"

#define SYN 0x02
#define OPEN_PORT 80
#define UDP_PORT 443
#define CLOSED_PORT 81
#define TRAP_PORT 23

/* Frames that a lane may throw away until the other has come. */
#define SLACK 4000000u
/* Counts of hits end at 65,535. */
#define COUNTED_PACKETS 30000u
#define COUNTED_FIRST 100u /* sources of the list that are counted for */
#define STRANGER (NUMBERS - 1000)

struct job {
	struct field *f;
	const struct wire *wire;
	const struct frame *frame;
	int cpu;
	double ns;
	struct sw_err e;
};

static void *work(void *arg)
{
	struct job *j = arg;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(j->cpu, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
	j->ns = bench_run(bpf_program__fd(j->f->gen->progs.generate_lane), j->wire, j->frame,
			  j->f->gen->bss->lane_packets + SLACK, &j->e);
	return NULL;
}

/* From each of the CPUs that many packets; returns packets a second, or -1. */
static double send_from(struct field *f, const struct wire *w, const struct frame *frame,
			const int *cpu, int cpus, __u32 packets, struct sw_err *e)
{
	struct gen_bpf__bss *g = f->gen->bss;
	struct job job[2] = {0};
	__u64 begin = ~0ull, end = 0;
	pthread_t thread[2];

	memset(g->lane, 0, sizeof(g->lane));
	g->lanes_ready = 0;
	g->lanes_wanted = cpus;
	g->lane_packets = packets;
	for (int i = 0; i < cpus; i++) {
		job[i] = (struct job){.f = f, .wire = w, .frame = frame, .cpu = cpu[i]};
		if (pthread_create(&thread[i], NULL, work, &job[i]))
			return sw_fail(e, SW_EXIT_FAILED, "no thread can be made");
	}
	for (int i = 0; i < cpus; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < cpus; i++) {
		const struct lane *l = &g->lane[cpu[i] % LANES];

		if (job[i].ns < 0)
			return sw_fail(e, job[i].e.exit, "%s", job[i].e.text);
		if (l->sent != packets)
			return sw_fail(e, SW_EXIT_FAILED,
				       "CPU %d sent %u packets of %u: the CPUs did not meet",
				       cpu[i], l->sent, packets);
		begin = l->begin_ns < begin ? l->begin_ns : begin;
		end = l->end_ns > end ? l->end_ns : end;
	}
	return packets * cpus / ((end - begin) / 1e9);
}

static double off(double is, double should)
{
	return fabs(is - should) / should * 100;
}

static void aim(struct field *f, const struct frame *frame, __u32 count, __u32 source)
{
	f->gen->bss->traffic = (struct traffic){.seed = f->seed,
						.count = count,
						.source = source,
						.port = 1024,
						.port_mask = 0x3fff,
						.ip_sum = frame_sum(frame)};
}

static __u32 source_number(const struct field *f, __u32 n)
{
	return htonl(address_number(n, f->seed));
}

/* Two CPUs over one: of the one, both take a turn. */
static int speed(struct field *f, const struct wire *w, const struct frame *frame, const int cpu[2],
		 struct series *ratio, struct sw_err *e)
{
	double first = send_from(f, w, frame, &cpu[0], 1, f->packets, e), both, second;

	both = first < 0 ? -1 : send_from(f, w, frame, cpu, 2, f->packets, e);
	second = both < 0 ? -1 : send_from(f, w, frame, &cpu[1], 1, f->packets, e);
	if (second < 0)
		return -1;
	series_add(ratio, both / ((first + second) / 2));
	return 0;
}

/* A blocked source that both receive: is every packet counted, once? */
static int counts(struct field *f, struct site *s, const struct wire *w, const struct frame *frame,
		  const int cpu[2], __u32 number, struct cost *c, struct sw_err *e)
{
	double sent = 2.0 * COUNTED_PACKETS;
	struct sw_prefix p = listed(number, f->seed);
	unsigned long long all;
	struct sw_counter was, is;
	struct sw_verdict before, v;

	aim(f, frame, 1, source_number(f, number));
	if (site_count(s, SW_REASON_BLOCKED_ADDRESS, &was, &all, e) ||
	    sw_lookup(&s->ctx, &p.addr, &before, e) ||
	    send_from(f, w, frame, cpu, 2, COUNTED_PACKETS, e) < 0)
		return -1;
	sleep_ms(10); /* what the last interrupt left over */
	if (site_count(s, SW_REASON_BLOCKED_ADDRESS, &is, &all, e) ||
	    sw_lookup(&s->ctx, &p.addr, &v, e))
		return -1;
	series_add(&c[COST_CPUS_REASONS].value, off(is.dropped - was.dropped, sent));
	series_add(&c[COST_CPUS_HITS].value, off(v.hits - before.hits, sent));
	return 0;
}

/* A source that both see for the first time, and whose first packet is enough:
 * what of it passes? Closed ports answer here, so that a packet passes until
 * its source is blocked. */
static int catch (struct field *f, struct site *s, const struct wire *w, const int cpu[2],
		  __u32 number, struct series *passed, struct sw_err *e)
{
	unsigned long long was, is;
	struct sw_counter c;
	struct frame frame;
	int blocks = s->ctx.engine.state->auto_blocked;

	frame_tcp(&frame, false, SYN, TRAP_PORT, 0);
	aim(f, &frame, 1, source_number(f, number));
	if (site_count(s, SW_REASON_PASSED_MISS, &c, &is, e))
		return -1;
	was = c.passed;
	if (send_from(f, w, &frame, cpu, 2, COUNTED_PACKETS, e) < 0)
		return -1;
	sleep_ms(10);
	if (site_count(s, SW_REASON_PASSED_MISS, &c, &is, e))
		return -1;
	blocks = s->ctx.engine.state->auto_blocked - blocks;
	if (blocks < 1)
		return sw_fail(e, SW_EXIT_FAILED, "a source that two CPUs saw was not blocked");
	series_add(passed, c.passed - was);
	return 0;
}

/* What scanwall passes: of a wire whose end drops it then. */
static int passing(struct field *f, struct site *s, const struct wire *w, const int cpu[2],
		   struct cost *c, struct sw_err *e)
{
	struct frame frame;
	int rc;

	frame_udp(&frame, false, UDP_PORT);
	aim(f, &frame, NUMBERS / 4, 0);
	f->gen->bss->traffic.first = NUMBERS / 4;
	if (speed(f, w, &frame, cpu, &c[COST_CPUS_CLEAN].value, e))
		return -1;
	frame_tcp(&frame, false, SYN, CLOSED_PORT, 0);
	aim(f, &frame, NUMBERS / 4, 0);
	f->gen->bss->traffic.first = NUMBERS / 2;
	sw_setting_store(&s->ctx.engine, threshold, 3 * SW_POINT);
	rc = speed(f, w, &frame, cpu, &c[COST_CPUS_NEW].value, e);
	sw_setting_store(&s->ctx.engine, threshold, SW_POINT);
	return rc;
}

static int one_round(struct field *f, struct site *s, const struct wire *w, const int cpu[2],
		     int round, struct cost *c, struct sw_err *e)
{
	struct frame frame;

	frame_tcp(&frame, false, SYN, OPEN_PORT, 0);
	aim(f, &frame, FEW_BLOCKED, 0);
	if (speed(f, w, &frame, cpu, &c[COST_CPUS_MANY].value, e))
		return -1;
	aim(f, &frame, 1, source_number(f, 0));
	if (speed(f, w, &frame, cpu, &c[COST_CPUS_ONE].value, e))
		return -1;
	return counts(f, s, w, &frame, cpu, COUNTED_FIRST + round, c, e) ||
			       catch (f, s, w, cpu, STRANGER + round, &c[COST_CPUS_PASSED].value, e)
		       ? -1
		       : 0;
}

int cpus_run(struct field *f, struct cost *c, const cpu_set_t *may, const char *dir, int rounds,
	     struct sw_err *e)
{
	struct wire w = {0}, dropping = {0};
	int cpu[2], cpus = 0, rc;
	struct site s;

	for (int i = 0; i < CPU_SETSIZE && cpus < 2; i++)
		if (CPU_ISSET(i, may))
			cpu[cpus++] = i;
	if (cpus < 2)
		return 0;
	if (site_open(&s, "cpus", dir, 0, 0, e))
		return -1;
	sw_setting_store(&s.ctx.engine, closed_silent, 0);
	sw_setting_store(&s.ctx.engine, threshold, SW_POINT);
	rc = site_fill(&s, LIST_ADDRESS4, FEW_BLOCKED, f->seed, e) ||
			     wire_make_wide(&w, "cpus", cpu[1] + 1, e) ||
			     sw_engine_attach(&s.ctx.engine, w.rx, SW_XDP_NATIVE, e) ||
			     site_load_subject(&s, e) ||
			     wire_make_wide(&dropping, "cpus-d", cpu[1] + 1, e) ||
			     site_attach_dropping(&s, &dropping, e)
		     ? -1
		     : 0;
	for (int i = 0; !rc && i < rounds; i++)
		rc = one_round(f, &s, &w, cpu, i, c, e) || passing(f, &s, &dropping, cpu, c, e);
	wire_remove(&w); /* the bench may try again */
	wire_remove(&dropping);
	site_close(&s);
	return rc;
}
