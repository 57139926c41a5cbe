// SPDX-License-Identifier: GPL-2.0-only
/* Does the attached program see the packets of its interface? */
#include <bpf/bpf.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/duration.h"
#include "host/running.h"

#define MS_NS 1000000ll
#define STEP (20 * MS_NS)
#define LOOK (300 * MS_NS)
#define SECOND_LOOK (3000 * MS_NS)

static int program_of(const char *pin_dir, struct bpf_prog_info *info)
{
	__u32 size = sizeof(*info);
	char path[PATH_MAX];
	int fd;

	memset(info, 0, sizeof(*info));
	snprintf(path, sizeof(path), "%s/program", pin_dir);
	fd = bpf_obj_get(path);
	if (fd >= 0 && bpf_obj_get_info_by_fd(fd, info, &size)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool is_ours(const struct sw_attachment *at, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (at[i].ifindex && !strcmp(at[i].ifname, name))
			return true;
	return false;
}

/* Of this network namespace, which a mounted /sys need not be. */
static __u64 received(const struct sw_attachment *at, int n)
{
	FILE *f = fopen("/proc/self/net/dev", "r");
	unsigned long long packets;
	char line[512], name[IF_NAMESIZE];
	__u64 all = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " %15[^:]: %*u %llu", name, &packets) == 2 && is_ours(at, n, name))
			all += packets;
	fclose(f);
	return all;
}

static __u64 runs(int prog)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(prog, &info, &size) ? 0 : info.run_cnt;
}

static void look(int prog, const struct sw_attachment *at, int n, int64_t ns,
		 struct sw_running *out)
{
	const struct timespec step = {.tv_nsec = STEP};
	__u64 received_before = received(at, n), runs_before = runs(prog);
	int64_t end = sw_monotonic() + ns;

	do {
		nanosleep(&step, NULL);
		out->runs = runs(prog) - runs_before;
	} while (!out->runs && sw_monotonic() < end);
	out->received = received(at, n) - received_before;
}

void sw_running_look(const char *pin_dir, const struct sw_attachment *at, int n,
		     struct sw_running *out)
{
	struct bpf_prog_info info;
	int prog = program_of(pin_dir, &info), stats = -1;

	memset(out, 0, sizeof(*out));
	if (prog < 0)
		return;
	out->prog_id = info.id;
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME); /* until it is closed */
	if (stats >= 0) {
		out->counted = true;
		look(prog, at, n, LOOK, out);
		if (!out->runs && out->received)
			look(prog, at, n, SECOND_LOOK, out);
		close(stats);
	}
	close(prog);
}

enum sw_finding sw_running_say(const struct sw_running *r, char *text, size_t size)
{
	if (r->runs) {
		snprintf(text, size, "packets go through the program (id %u)", r->prog_id);
		return SW_GOOD;
	}
	if (r->received) {
		snprintf(text, size,
			 "%llu packets came in and the program (id %u) ran for none: something "
			 "keeps them from it; scanwall detach IFACE; scanwall attach IFACE --xdp "
			 "generic",
			 (unsigned long long)r->received, r->prog_id);
		return SW_WRONG;
	}
	snprintf(text, size,
		 "the program (id %u) is where packets come in; none came in while we "
		 "looked",
		 r->prog_id);
	return SW_GOOD;
}
