// SPDX-License-Identifier: GPL-2.0-only
/* Reads the program's ring buffer; one reader at a time. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"

struct sw_ring {
	struct ring_buffer *rb;
	sw_event_fn fn;
	void *arg;
	int count;
};

/* Records of another size belong to another layout, which loading refuses. */
static int hand_on(void *ctx, void *data, size_t size)
{
	struct sw_ring *r = ctx;

	if (size != sizeof(struct sw_event))
		return 0;
	r->count++;
	return r->fn(data, r->arg) ? -ECANCELED : 0;
}

struct sw_ring *sw_ring_open(const struct sw_engine *g, sw_event_fn fn, void *arg, struct sw_err *e)
{
	struct sw_ring *r = calloc(1, sizeof(*r));

	if (!r) {
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
		return NULL;
	}
	r->fn = fn;
	r->arg = arg;
	r->rb = ring_buffer__new(g->fd[SW_MAP_events], hand_on, r, NULL);
	if (!r->rb) {
		sw_fail(e, SW_EXIT_FAILED, "cannot read %s/events: %s", g->dir, strerror(errno));
		free(r);
		return NULL;
	}
	return r;
}

int sw_ring_fd(const struct sw_ring *r)
{
	return ring_buffer__epoll_fd(r->rb);
}

int sw_ring_consume(struct sw_ring *r, struct sw_err *e)
{
	int n;

	r->count = 0;
	n = ring_buffer__consume(r->rb);
	if (n >= 0 || n == -ECANCELED)
		return r->count;
	return sw_fail(e, SW_EXIT_FAILED, "cannot read the events: %s", strerror(-n));
}

void sw_ring_close(struct sw_ring *r)
{
	if (!r)
		return;
	ring_buffer__free(r->rb);
	free(r);
}
