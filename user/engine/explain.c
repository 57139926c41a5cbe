// SPDX-License-Identifier: GPL-2.0-only
/* What the program itself says of a packet. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "engine/internal.h"

static bool drops(int reason)
{
#define X(id, drop, name, text) [SW_REASON_##id] = drop,
	static const bool table[SW_REASON_COUNT] = {SW_REASONS(X)};
#undef X
	return table[reason];
}

int sw_engine_explain(const struct sw_engine *g, int ifindex, const void *frame, size_t bytes,
		      bool *dropped, struct sw_err *e)
{
	struct xdp_md ctx = {.data_end = bytes, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = bytes,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = 1);
	char path[PATH_BYTES];
	int fd, rc;

	sw_pin_path(path, g->dir, "explain");
	fd = bpf_obj_get(path);
	if (fd < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	rc = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	if (rc || opts.retval >= SW_REASON_COUNT)
		return sw_fail(e, SW_EXIT_FAILED, "the kernel would not run %s: %s", path,
			       rc ? strerror(errno) : "it gave no reason");
	*dropped = drops(opts.retval) && !g->settings->panic && sw_engine_mode(g) == SW_ENFORCE;
	return opts.retval;
}
