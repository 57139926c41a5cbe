// SPDX-License-Identifier: GPL-2.0-only
/* Attaches the program that learns from outgoing packets, on the same interfaces. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "engine/guard_internal.h"
#include "engine/internal.h"

#define BPF_TCX_EGRESS 47 /* Linux 6.6; not in Debian 12's <linux/bpf.h> */

/* Handle of our filter in clsact; "sw" in ASCII. */
#define FILTER_HANDLE 0x7377
#define FILTER_PRIORITY 0x7377

static void egress_path(char path[PATH_BYTES], const char *dir, const char *name)
{
	char file[sizeof(SW_EGRESS_PREFIX) + SW_LINK_NAME];

	snprintf(file, sizeof(file), SW_EGRESS_PREFIX "%s", name);
	sw_pin_path(path, dir, file);
}

/* 0, or -errno. */
static int attach_tcx(int prog, int ifindex, const char *path)
{
	int link = bpf_obj_get(path), rc;

	/* ENOLINK: the interface is gone, and another has that name */
	if (link >= 0) {
		rc = bpf_link_update(link, prog, NULL) ? -errno : 0;
		close(link);
		if (rc != -ENOLINK)
			return rc;
		unlink(path);
	}
	link = bpf_link_create(prog, ifindex, BPF_TCX_EGRESS, NULL);
	if (link < 0)
		return link;
	rc = bpf_obj_pin(link, path) ? -errno : 0;
	close(link);
	return rc;
}

/* An empty directory marks an interface's clsact qdisc as ours. By index, because names
 * are reused. */
static void clsact_path(char path[PATH_BYTES], const char *dir, int ifindex)
{
	char name[32];

	snprintf(name, sizeof(name), SW_CLSACT_PREFIX "%d", ifindex);
	sw_pin_path(path, dir, name);
}

static int attach_filter(int prog, int ifindex, const char *pin_dir)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY,
		    .prog_fd = prog, .flags = BPF_TC_F_REPLACE);
	char path[PATH_BYTES];
	int rc = bpf_tc_hook_create(&hook);

	if (rc && rc != -EEXIST)
		return rc;
	clsact_path(path, pin_dir, ifindex);
	if (!rc && mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	return bpf_tc_attach(&hook, &opts);
}

int sw_egress_attach(const char *pin_dir, const char *name, int ifindex, const char *ifname,
		     struct sw_err *e)
{
	char path[PATH_BYTES];
	int prog, rc;

	sw_pin_path(path, pin_dir, "learn");
	prog = bpf_obj_get(path);
	if (prog < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	egress_path(path, pin_dir, name);
	rc = attach_tcx(prog, ifindex, path);
	if (rc == -EINVAL || rc == -EOPNOTSUPP)
		rc = attach_filter(prog, ifindex, pin_dir);
	close(prog);
	if (rc)
		return sw_fail(e, SW_EXIT_FAILED,
			       "cannot watch outgoing packets of %s: %s; is something else "
			       "attached at its tc egress?",
			       ifname, strerror(-rc));
	return 0;
}

static int see_filter(const struct nlmsghdr *h, void *arg)
{
	if (h->nlmsg_type == RTM_NEWTFILTER)
		*(bool *)arg = true;
	return 0;
}

/* Also true if the kernel does not say. */
static bool has_filters(int ifindex, __u32 parent)
{
	struct {
		struct nlmsghdr h;
		struct tcmsg t;
	} ask = {.h = {.nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETTFILTER},
		 .t = {.tcm_ifindex = ifindex, .tcm_parent = parent}};
	bool any = false;

	return sw_netlink_dump(NETLINK_ROUTE, &ask.h, see_filter, &any, NULL) || any;
}

/* Removes our clsact qdisc unless another filter was added to it. */
static void remove_clsact(const char *pin_dir, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	char path[PATH_BYTES];

	clsact_path(path, pin_dir, ifindex);
	if (rmdir(path))
		return;
	if (has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
	    has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)))
		return;
	bpf_tc_hook_destroy(&hook);
}

void sw_egress_detach(const char *pin_dir, const char *name, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	char path[PATH_BYTES];
	int link;

	egress_path(path, pin_dir, name);
	link = bpf_obj_get(path);
	if (link >= 0) {
		bpf_link_detach(link);
		close(link);
		unlink(path);
		return;
	}
	hook.ifindex = ifindex;
	if (!ifindex)
		return;
	bpf_tc_detach(&hook, &opts);
	remove_clsact(pin_dir, ifindex);
}
