// SPDX-License-Identifier: GPL-2.0-only
/* Opens the wires and programs that the cases are measured on. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <time.h>
#include "cases.h"
#include "floor.skel.h"
#include "gen.skel.h"

int floor_open(struct field *f, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);

	if (wire_make(&f->floor_wire, "floor", e))
		return -1;
	f->gen = gen_bpf__open_and_load();
	f->floor = floor_bpf__open_and_load();
	if (f->gen && f->floor &&
	    bpf_link_create(bpf_program__fd(f->floor->progs.drop_all), f->floor_wire.rx_index,
			    BPF_XDP, &native) >= 0)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED, "generator and floor cannot be loaded: %s",
		       strerror(errno));
}

void floor_close(struct field *f)
{
	gen_bpf__destroy(f->gen);
	floor_bpf__destroy(f->floor);
}

static long long received_of(const struct wire *w, long long before, __u32 n, struct sw_err *e)
{
	struct timespec ms = {.tv_nsec = 1000000};
	long long now = wire_received(w, e);

	/* What the last interrupt left over comes a moment later. */
	for (int i = 0; now >= 0 && now - before < n && i < 200; i++) {
		nanosleep(&ms, NULL);
		now = wire_received(w, e);
	}
	return now < 0 ? -1 : now - before;
}

double field_send(struct field *f, const struct wire *w, const struct frame *frame,
		  struct sw_err *e)
{
	long long before = wire_received(w, e), got;
	double ns;

	if (before < 0)
		return -1;
	ns = bench_best(bpf_program__fd(f->gen->progs.generate), w, frame, f->packets, e);
	got = ns < 0 ? -1 : received_of(w, before, f->packets, e);
	if (got < 0)
		return -1;
	if (got != f->packets)
		return sw_fail(e, SW_EXIT_FAILED, "%u packets were sent to %s, but %lld came",
			       f->packets, w->rx, got);
	return ns;
}
