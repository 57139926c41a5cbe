// SPDX-License-Identifier: GPL-2.0-only
/* Links: one an interface, pinned, so that the wall stands without a process. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/internal.h"

static void link_path(char path[PATH_BYTES], const char *dir, const char *ifname)
{
	char name[sizeof(SW_LINK_PREFIX) + IF_NAMESIZE];

	snprintf(name, sizeof(name), SW_LINK_PREFIX "%s", ifname);
	sw_pin_path(path, dir, name);
}

/* 0 when the link at path has lost its interface; -1: no link. */
static int link_ifindex(const char *path, __u32 *prog_id)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_obj_get(path);
	int rc;

	if (fd < 0)
		return -1;
	rc = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	if (rc)
		return -1;
	if (prog_id)
		*prog_id = info.prog_id;
	return info.xdp.ifindex;
}

static int refuse_occupied(int ifindex, const char *ifname, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info), id = 0;
	int fd;

	if (bpf_xdp_query(ifindex, 0, &q) == 0)
		id = q.prog_id ?: q.drv_prog_id ?: q.skb_prog_id ?: q.hw_prog_id;
	fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
	}
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s already has an XDP program, \"%s\" (id %u); take that away first "
		       "(ip link set dev %s xdp off, or the tool that put it there)",
		       ifname, info.name[0] ? info.name : "unnamed", id, ifname);
}

static int make_link(int prog_fd, int ifindex, enum sw_xdp_mode xdp)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = xdp == SW_XDP_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	int fd = bpf_link_create(prog_fd, ifindex, BPF_XDP, &opts);

	return fd >= 0 ? fd : -errno;
}

static int attach_failed(int error, const char *ifname, int ifindex, enum sw_xdp_mode xdp,
			 struct sw_err *e)
{
	switch (error) {
	case EBUSY:
	case EEXIST:
		return refuse_occupied(ifindex, ifname, e);
	case EOPNOTSUPP:
	case EINVAL:
	case ERANGE:
		if (xdp == SW_XDP_NATIVE)
			return sw_fail(e, SW_EXIT_FAILED,
				       "the driver of %s does not take a native XDP program (%s); "
				       "use: scanwall attach %s --mode generic",
				       ifname, strerror(error), ifname);
		break;
	case EPERM:
		return sw_fail(e, SW_EXIT_PERM,
			       "not permitted to attach to %s: this needs CAP_NET_ADMIN; run "
			       "scanwall as root",
			       ifname);
	case ENODEV:
		return sw_fail(e, SW_EXIT_FAILED, "%s went away while attaching; try again",
			       ifname);
	}
	return sw_fail(e, SW_EXIT_FAILED, "cannot attach to %s: %s", ifname, strerror(error));
}

int sw_engine_attach(struct sw_engine *g, const char *ifname, enum sw_xdp_mode xdp,
		     struct sw_err *e)
{
	char path[PATH_BYTES];
	int ifindex, known, prog, link, rc = 0;
	struct sw_err ignored;

	ifindex = if_nametoindex(ifname);
	if (!ifindex)
		return sw_fail(e, SW_EXIT_FAILED,
			       "there is no interface \"%s\" here; `ip -br link` lists them",
			       ifname);
	link_path(path, g->dir, ifname);
	known = link_ifindex(path, NULL);
	if (known == ifindex)
		return sw_egress_attach(g->dir, ifname, ifindex, e) ? -1 : 1;
	if (known > 0)
		return sw_fail(e, SW_EXIT_FAILED,
			       "%s belongs to an interface %s of another network namespace; use "
			       "another --pin-dir here",
			       path, ifname);
	if (known == 0)
		unlink(path); /* of an interface by that name that is gone */

	sw_pin_path(path, g->dir, "program");
	prog = bpf_obj_get(path);
	if (prog < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	link = make_link(prog, ifindex, xdp);
	if (xdp == SW_XDP_AUTO && link < 0 && link != -EBUSY && link != -EEXIST && link != -EPERM)
		link = make_link(prog, ifindex, SW_XDP_GENERIC);
	close(prog);
	if (link < 0)
		return attach_failed(-link, ifname, ifindex, xdp, e);
	link_path(path, g->dir, ifname);
	if (bpf_obj_pin(link, path))
		rc = sw_fail(e, SW_EXIT_FAILED, "cannot pin %s: %s", path, strerror(errno));
	close(link);
	if (rc == 0 && sw_egress_attach(g->dir, ifname, ifindex, e)) {
		sw_engine_detach(g->dir, ifname, &ignored);
		rc = -1;
	}
	return rc;
}

int sw_engine_detach(const char *pin_dir, const char *ifname, struct sw_err *e)
{
	char path[PATH_BYTES];
	int fd;

	if (strchr(ifname, '/') || strlen(ifname) >= IF_NAMESIZE)
		return sw_fail(e, SW_EXIT_USAGE, "\"%s\" is no interface name", ifname);
	link_path(path, pin_dir, ifname);
	fd = bpf_obj_get(path);
	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return sw_fail(e, SW_EXIT_PERM, "%s: %s", path, strerror(errno));
	sw_egress_detach(pin_dir, ifname);
	/* Now, and not when the last process that looked at it ends. */
	bpf_link_detach(fd);
	close(fd);
	if (unlink(path))
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	return 0;
}

/* What egress.c says of interfaces that are gone. */
static void remove_directories(DIR *pins)
{
	struct dirent *d;

	rewinddir(pins);
	while ((d = readdir(pins)))
		if (d->d_name[0] != '.')
			unlinkat(dirfd(pins), d->d_name, AT_REMOVEDIR);
}

int sw_engine_remove(const char *pin_dir, struct sw_err *e)
{
	char path[PATH_BYTES];
	struct dirent *d;
	int rc = 0;
	DIR *pins = opendir(pin_dir);

	if (!pins)
		return errno == ENOENT
			       ? 0
			       : sw_fail(e, SW_EXIT_PERM, "%s: %s", pin_dir, strerror(errno));
	while (rc == 0 && (d = readdir(pins))) {
		if (d->d_name[0] == '.')
			continue;
		if (!strncmp(d->d_name, SW_EGRESS_PREFIX, strlen(SW_EGRESS_PREFIX))) {
			sw_egress_detach(pin_dir, d->d_name + strlen(SW_EGRESS_PREFIX));
			continue;
		}
		if (!strncmp(d->d_name, SW_LINK_PREFIX, strlen(SW_LINK_PREFIX))) {
			rc = sw_engine_detach(pin_dir, d->d_name + strlen(SW_LINK_PREFIX), e);
			rc = rc < 0 ? rc : 0;
			continue;
		}
		sw_pin_path(path, pin_dir, d->d_name);
		if (unlink(path) && errno != EISDIR)
			rc = sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	if (rc == 0)
		remove_directories(pins);
	closedir(pins);
	if (rc == 0 && rmdir(pin_dir))
		rc = sw_fail(e, SW_EXIT_FAILED, "%s: %s", pin_dir, strerror(errno));
	return rc;
}

static enum sw_xdp_mode mode_in_force(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);

	if (ifindex <= 0 || bpf_xdp_query(ifindex, 0, &q))
		return SW_XDP_AUTO;
	return q.attach_mode == XDP_ATTACHED_SKB ? SW_XDP_GENERIC : SW_XDP_NATIVE;
}

int sw_engine_attachments(const char *pin_dir, struct sw_attachment *a, int max, struct sw_err *e)
{
	char path[PATH_BYTES];
	struct dirent *d;
	int n = 0;
	DIR *pins = opendir(pin_dir);

	if (!pins && errno == ENOENT)
		return 0;
	if (!pins)
		return sw_fail(e, SW_EXIT_PERM, "%s: %s", pin_dir, strerror(errno));
	while ((d = readdir(pins))) {
		if (strncmp(d->d_name, SW_LINK_PREFIX, strlen(SW_LINK_PREFIX)))
			continue;
		if (n < max) {
			sw_pin_path(path, pin_dir, d->d_name);
			memset(&a[n], 0, sizeof(a[n]));
			snprintf(a[n].ifname, sizeof(a[n].ifname), "%.*s", IF_NAMESIZE - 1,
				 d->d_name + strlen(SW_LINK_PREFIX));
			a[n].ifindex = link_ifindex(path, &a[n].prog_id);
			if (a[n].ifindex < 0)
				a[n].ifindex = 0;
			a[n].xdp = mode_in_force(a[n].ifindex);
		}
		n++;
	}
	closedir(pins);
	return n;
}
