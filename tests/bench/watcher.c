// SPDX-License-Identifier: GPL-2.0-only
/* Judges packets of given ranges while a command runs, and notes when each is dropped. */
#include <string.h>
#include "watcher.h"

#include "subject.skel.h"

#define UDP_PORT 443
#define PATIENCE_MS 1000
/* More in one call, and the kernel first makes a way of its own for the program:
 * tens of milliseconds. */
#define RUN 1

static void *run(void *arg)
{
	struct watcher *w = arg;
	struct subject_bpf *subject = w->site->subject;
	struct frame frame;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(w->cpu, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
	frame_udp(&frame, false, UDP_PORT);
	for (int i = 0; !w->failed && !__atomic_load_n(&w->stop, __ATOMIC_RELAXED); i++) {
		const struct range *r = &w->range[i % GROUPS];
		struct traffic *t = &subject->bss->traffic;

		if (!r->count)
			continue;
		t->first = r->first;
		t->count = r->count;
		subject->bss->group = i % GROUPS;
		w->failed = bench_run(bpf_program__fd(subject->progs.watch), NULL, &frame, RUN,
				      &w->e) < 0;
	}
	return NULL;
}

/* Until one of the two counts; on a busy machine the thread has its turn late. */
static void wait_for(const struct watcher *w, const __u64 *a, const __u64 *b, bool any)
{
	for (int ms = 0; any && !w->failed && ms < PATIENCE_MS; ms++) {
		if (__atomic_load_n(a, __ATOMIC_RELAXED) || __atomic_load_n(b, __ATOMIC_RELAXED))
			return;
		sleep_ms(1);
	}
}

int watcher_start(struct watcher *w, struct site *s, const struct range range[GROUPS], __u32 seed,
		  const cpu_set_t *may, struct sw_err *e)
{
	struct frame frame;

	*w = (struct watcher){.site = s, .seed = seed};
	memcpy(w->range, range, sizeof(w->range));
	while (w->cpu < CPU_SETSIZE - 1 && !CPU_ISSET(w->cpu, may))
		w->cpu++;
	frame_udp(&frame, false, UDP_PORT);
	s->subject->bss->traffic = (struct traffic){
		.seed = seed, .port = 1024, .port_mask = 0x3fff, .ip_sum = frame_sum(&frame)};
	memset(s->subject->bss->seen, 0, sizeof(s->subject->bss->seen));
	if (pthread_create(&w->thread, NULL, run, w))
		return sw_fail(e, SW_EXIT_FAILED, "no thread can be made");
	for (int i = 0; i < GROUPS; i++)
		wait_for(w, &s->subject->bss->seen[i].passed, &s->subject->bss->seen[i].dropped,
			 range[i].count);
	return 0;
}

int watcher_end(struct watcher *w, struct seen seen[GROUPS], struct sw_err *e)
{
	const struct seen *now = w->site->subject->bss->seen;

	for (int i = 0; i < GROUPS; i++)
		wait_for(w, &now[i].dropped, &now[i].dropped, w->range[i].count);
	__atomic_store_n(&w->stop, 1, __ATOMIC_RELAXED);
	pthread_join(w->thread, NULL);
	memcpy(seen, w->site->subject->bss->seen, sizeof(w->site->subject->bss->seen));
	return w->failed ? sw_fail(e, w->e.exit, "%s", w->e.text) : 0;
}
