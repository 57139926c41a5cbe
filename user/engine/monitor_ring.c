// SPDX-License-Identifier: GPL-2.0-only
/* The listener's side of `scanwall monitor` (bpf/monitor.h). */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/duration.h"
#include "engine/monitor_ring.h"
#include "engine/settings.h"

struct sw_listener {
	const struct sw_engine *g;
	struct sw_monitor *m; /* mapped */
	struct ring_buffer *ring;
	sw_monitored_fn fn;
	void *arg;
	bool listens;
};

static __u32 *lease_of(const struct sw_engine *g)
{
	return sw_setting_at(g, monitor_until);
}

/* An expired lease is cleared by the program at the next packet. */
static bool is_held(const struct sw_engine *g, __u32 *seen)
{
	*seen = __atomic_load_n(lease_of(g), __ATOMIC_SEQ_CST);
	return *seen && (__s32)(*seen - sw_ticks_now()) > 0;
}

static __u32 next_lease(void)
{
	__u32 until = sw_ticks_now() + SW_MONITOR_TICKS;

	return until ? until : 1;
}

static void put_filter(struct sw_monitor *m, const struct sw_monitor_filter *f)
{
	__u32 bits = f->by_source ? (f->source.v4 ? 96 : 0) + f->source.plen : 0;

	memset(m, 0, sizeof(*m));
	for (__u32 i = 0; i < bits; i++)
		m->source_mask.byte[i / 8] |= 0x80 >> i % 8;
	m->source = f->source.addr;
	m->per_second = f->per_second;
	m->pid = getpid();
	m->reasons = f->reasons;
}

/* In this order, so that the program sees a complete filter. */
static int begin(struct sw_listener *l, const struct sw_monitor_filter *f, struct sw_err *e)
{
	__u32 seen;

	if (is_held(l->g, &seen))
		return sw_fail(e, SW_EXIT_FAILED,
			       "process %u is already listening; only one can at a time",
			       l->m->pid);
	if (!__atomic_compare_exchange_n(lease_of(l->g), &seen, 0, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		return sw_fail(e, SW_EXIT_FAILED, "another process has just begun to listen");
	put_filter(l->m, f);
	sw_setting_store(l->g, monitor_until, next_lease());
	l->listens = true;
	return 0;
}

static int hand_on(void *ctx, void *data, size_t size)
{
	struct sw_listener *l = ctx;

	return size == sizeof(struct sw_monitored) && l->fn(data, l->arg) ? -ECANCELED : 0;
}

/* Discards what an earlier listener has left in the ring. */
static int pass_over(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	return 0;
}

static void empty_ring(int fd)
{
	struct ring_buffer *old = ring_buffer__new(fd, pass_over, NULL, NULL);

	if (old)
		ring_buffer__consume(old);
	ring_buffer__free(old);
}

struct sw_listener *sw_listener_open(const struct sw_engine *g, const struct sw_monitor_filter *f,
				     sw_monitored_fn fn, void *arg, struct sw_err *e)
{
	struct sw_listener *l = calloc(1, sizeof(*l));

	if (!l) {
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	*l = (struct sw_listener){.g = g, .fn = fn, .arg = arg};
	l->m = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
		    g->fd[SW_MAP_monitor], 0);
	if (l->m == MAP_FAILED) {
		l->m = NULL;
		sw_fail(e, SW_EXIT_FAILED, "cannot map %s/monitor: %s", g->dir, strerror(errno));
		goto fail;
	}
	if (begin(l, f, e))
		goto fail;
	empty_ring(g->fd[SW_MAP_packets]);
	l->ring = ring_buffer__new(g->fd[SW_MAP_packets], hand_on, l, NULL);
	if (l->ring)
		return l;
	sw_fail(e, SW_EXIT_FAILED, "cannot read %s/packets: %s", g->dir, strerror(errno));
fail:
	sw_listener_close(l);
	return NULL;
}

int sw_listener_wait(struct sw_listener *l, int ms, struct sw_err *e)
{
	int n;

	sw_setting_store(l->g, monitor_until, next_lease());
	n = ring_buffer__poll(l->ring, ms);
	if (n >= 0 || n == -ECANCELED || n == -EINTR)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "cannot read %s/packets: %s", l->g->dir, strerror(-n));
}

void sw_listener_losses(const struct sw_listener *l, __u64 *limited, __u64 *lost)
{
	*limited = __atomic_load_n(&l->m->limited, __ATOMIC_RELAXED);
	*lost = __atomic_load_n(&l->m->lost, __ATOMIC_RELAXED);
}

void sw_listener_close(struct sw_listener *l)
{
	if (!l)
		return;
	if (l->listens)
		sw_setting_store(l->g, monitor_until, 0);
	ring_buffer__free(l->ring);
	if (l->m)
		munmap(l->m, sysconf(_SC_PAGESIZE));
	free(l);
}
