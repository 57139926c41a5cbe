// SPDX-License-Identifier: GPL-2.0-only
/* SYN floods, seen from user space: what this host allows, what is flooded. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/duration.h"
#include "engine/guard_internal.h"
#include "engine/internal.h"
#include "engine/settings.h"
#include "engine/syn_flood.h"

#define SYNCOOKIES "/proc/sys/net/ipv4/tcp_syncookies"
#define LOOSE "/proc/sys/net/netfilter/nf_conntrack_tcp_loose"

/* Asked once: a kernel does not change under us. */
bool sw_kernel_admits(void)
{
	static int known = -1;
	struct btf *kernel;

	if (known >= 0)
		return known;
	kernel = btf__load_vmlinux_btf();
	known = kernel &&
		btf__find_by_name_kind(kernel, "bpf_sk_assign_tcp_reqsk", BTF_KIND_FUNC) > 0;
	btf__free(kernel);
	return known;
}

/* -1: there is no such setting. */
static int number_in(const char *path)
{
	FILE *f = fopen(path, "re");
	int n = -1;

	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* By the host's settings; NULL: none. */
static const char *hindrance_here(const struct sw_engine *g)
{
	int cookies = number_in(SYNCOOKIES);

	if (cookies <= 0)
		return "net.ipv4.tcp_syncookies is 0, so the kernel accepts no cookies: set it to "
		       "1, or guard.set_tcp_syncookies to true";
	if (cookies == 2 && (g->settings->forwards || g->settings->asks))
		return "net.ipv4.tcp_syncookies is 2, so a listener does not tell whether it is "
		       "flooded, and packets to it may be forwarded here: set it to 1";
	if (!number_in(LOOSE))
		return "net.netfilter.nf_conntrack_tcp_loose is 0, so the packet filter rejects "
		       "connections whose SYN it has not seen: set it to 1";
	return NULL;
}

void sw_syn_flood_host(const struct sw_engine *g)
{
	sw_setting_store(g, syn_cookies, !hindrance_here(g));
}

static bool any_answers(const struct sw_engine *g)
{
	__u32 key, *last = NULL, able;
	int fd = g->fd[SW_MAP_interfaces];

	for (; !bpf_map_get_next_key(fd, last, &key); last = &key)
		if (!bpf_map_lookup_elem(fd, &key, &able) && able & SW_IFACE_ANSWERS)
			return true;
	return false;
}

const char *sw_syn_flood_hindrance(const struct sw_engine *g)
{
	if (g->settings->syn_flood == SW_SYN_FLOOD_OFF)
		return "syn_flood is off";
	if (sw_engine_mode(g) != SW_ENFORCE)
		return "detect mode answers nothing";
	if (!any_answers(g))
		return "no interface here can send answers from the driver (generic XDP, no "
		       "Ethernet, or a veth whose other end has no XDP program)";
	return hindrance_here(g);
}

const char *sw_syn_flood_loss(const struct sw_engine *g)
{
	if (!sw_kernel_admits())
		return "this kernel (before 6.9) keeps the MSS only: connections that begin in a "
		       "flood have no window scale, SACK or timestamps";
	if (!number_in("/proc/sys/net/ipv4/tcp_timestamps"))
		return "net.ipv4.tcp_timestamps is 0, so the MSS only is kept: connections that "
		       "begin in a flood have no window scale or SACK";
	if (sw_engine_flooded(g) && (__s32)(g->settings->admit_until - (__u32)sw_ticks_now()) <= 0)
		return "window scale, SACK and timestamps are kept while the daemon runs; now the "
		       "MSS only is";
	return NULL;
}

bool sw_engine_flooded(const struct sw_engine *g)
{
	__u32 until = g->state->flood_until;

	return until && (__s32)(until - (__u32)sw_ticks_now()) > 0;
}

/* In 2^30 ns to a second. */
static __u32 per_second(const struct sw_flood *f)
{
	__u32 now = (__u64)sw_monotonic() >> 30, n = 0;

	if (now - f->second <= 1)
		n = f->rate > f->seen ? f->rate : f->seen;
	return n * (1e9 / (1 << 30));
}

int sw_floods_now(const struct sw_engine *g, struct sw_flooded *out, int max, struct sw_err *e)
{
	struct sw_window w;
	const struct sw_flood *f;
	int n = 0;

	if (!sw_engine_flooded(g))
		return 0;
	if (sw_window_open(g, SW_MAP_floods, 0, SW_FLOODS, &w, e))
		return -1;
	f = w.at;
	for (__u32 port = 0; port < SW_FLOODS && n < max; port++) {
		if (!f[port].until || (__s32)(f[port].until - (__u32)sw_ticks_now()) <= 0)
			continue;
		out[n++] = (struct sw_flooded){port, f[port].since, per_second(&f[port])};
	}
	sw_window_close(&w);
	return n;
}

/* ---- net.ipv4.tcp_syncookies, on the operator's word */

#define MARK "/tcp_syncookies"

static int write_number(const char *path, int n)
{
	FILE *f = fopen(path, "we");
	int rc;

	if (!f)
		return -1;
	rc = fprintf(f, "%d\n", n) < 0 ? -1 : 0;
	return fclose(f) ? -1 : rc;
}

int sw_syncookies_set(const char *state_dir)
{
	char path[SW_NEXT_BYTES];

	if (number_in(SYNCOOKIES) != 0)
		return 0;
	/* First the note, so that whatever happens it can be put back. */
	snprintf(path, sizeof(path), "%s" MARK, state_dir);
	if (!write_number(path, 0) && !write_number(SYNCOOKIES, 1))
		return 1;
	unlink(path);
	return -1;
}

int sw_syncookies_put_back(const char *state_dir)
{
	char path[SW_NEXT_BYTES];
	int was, rc = 0;

	snprintf(path, sizeof(path), "%s" MARK, state_dir);
	was = number_in(path);
	if (was < 0)
		return 0;
	/* Somebody else has set it since: it is theirs. */
	if (number_in(SYNCOOKIES) == 1)
		rc = write_number(SYNCOOKIES, was) ? -1 : 1;
	if (rc >= 0)
		unlink(path);
	return rc;
}
