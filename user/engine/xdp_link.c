// SPDX-License-Identifier: GPL-2.0-only
/* XDP links: one per interface, pinned, so that the program stays attached without a
 * process. */
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
#include "engine/chain.h"
#include "engine/guard_internal.h"
#include "engine/internal.h"

static void link_path(char path[PATH_BYTES], const char *dir, const char *name)
{
	char file[sizeof(SW_LINK_PREFIX) + SW_LINK_NAME];

	snprintf(file, sizeof(file), SW_LINK_PREFIX "%s", name);
	sw_pin_path(path, dir, file);
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
		return sw_refuse_occupied(ifindex, ifname, e);
	case EOPNOTSUPP:
	case EINVAL:
	case ERANGE:
		if (xdp == SW_XDP_NATIVE)
			return sw_fail(e, SW_EXIT_FAILED,
				       "the driver of %s does not support native XDP (%s); use "
				       "scanwall attach %s --mode generic",
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

/* Pins the link, or returns -1 and drops it. */
static int pin_link(const struct sw_engine *g, int link, const char *name, int ifindex,
		    const char *ifname, struct sw_err *e)
{
	char path[PATH_BYTES];

	link_path(path, g->dir, name);
	if (bpf_obj_pin(link, path))
		return sw_fail(e, SW_EXIT_FAILED, "cannot pin %s: %s", path, strerror(errno));
	if (!sw_egress_attach(g->dir, name, ifindex, ifname, e))
		return 0;
	bpf_link_detach(link);
	unlink(path);
	return -1;
}

/* An XDP dispatcher may sit in front, or another program in its place: asks the kernel
 * which program packets really meet. */
static int check_runs(int prog, int ifindex, const char *ifname, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog, &info, &size) || bpf_xdp_query(ifindex, 0, &q) ||
	    q.prog_id == info.id || q.drv_prog_id == info.id || q.skb_prog_id == info.id)
		return 0;
	sw_refuse_occupied(ifindex, ifname, e);
	return -1;
}

static int create_link(struct sw_engine *g, const char *name, int ifindex, const char *ifname,
		       enum sw_xdp_mode xdp, struct sw_err *e)
{
	char path[PATH_BYTES];
	int prog, link, rc;

	sw_pin_path(path, g->dir, "program");
	prog = bpf_obj_get(path);
	if (prog < 0)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	link = make_link(prog, ifindex, xdp);
	if (xdp == SW_XDP_AUTO && link < 0 && link != -EBUSY && link != -EEXIST && link != -EPERM)
		link = make_link(prog, ifindex, SW_XDP_GENERIC);
	if ((link == -EBUSY || link == -EEXIST) && sw_chain_displace(g->dir, ifindex))
		link = make_link(prog, ifindex, xdp);
	rc = link < 0 ? attach_failed(-link, ifname, ifindex, xdp, e)
		      : check_runs(prog, ifindex, ifname, e);
	close(prog);
	if (!rc)
		rc = pin_link(g, link, name, ifindex, ifname, e);
	if (link >= 0)
		close(link); /* detaches it unless it is pinned */
	if (rc)
		sw_chain_restore(g->dir, ifindex);
	return rc ? rc : sw_interfaces_sync(g, e);
}

/* Frees the name of devices that are gone. *taken: a present device, renamed since,
 * still uses it. */
static int clear_name(const struct sw_engine *g, const struct sw_attachment *at, int n,
		      const char *ifname, bool *taken, struct sw_err *e)
{
	char name[SW_LINK_NAME], path[PATH_BYTES];
	int here = 0, elsewhere = 0;

	sw_link_name(name, ifname, 0, false);
	*taken = false;
	for (int i = 0; i < n; i++) {
		here += at[i].ifindex != 0;
		elsewhere += at[i].elsewhere;
		if (!at[i].ifindex && !at[i].elsewhere && !strcmp(at[i].ifname, ifname)) {
			link_path(path, g->dir, at[i].pin);
			unlink(path);
		} else if (!strcmp(at[i].pin, name)) {
			*taken = true;
		}
	}
	/* The maps belong to one namespace, in which the guarded addresses were found. */
	if (!*taken || here || !elsewhere)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s belongs to an interface %s of another network namespace; use another "
		       "--pin-dir here, or take that one off: scanwall detach %s",
		       g->dir, ifname, ifname);
}

int sw_engine_attach(struct sw_engine *g, const char *ifname, enum sw_xdp_mode xdp,
		     struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MOST];
	char name[SW_LINK_NAME];
	int ifindex = if_nametoindex(ifname), n;
	bool taken;

	if (!ifindex)
		return sw_fail(e, SW_EXIT_FAILED,
			       "no such interface: \"%s\" (`ip -br link` lists them)", ifname);
	n = sw_engine_attachments(g->dir, at, SW_LINKS_MOST, e);
	if (n < 0)
		return -1;
	n = n < SW_LINKS_MOST ? n : SW_LINKS_MOST;
	for (int i = 0; i < n; i++)
		if (at[i].ifindex == ifindex)
			return sw_egress_attach(g->dir, at[i].pin, ifindex, ifname, e) ? -1 : 1;
	if (sw_guard_link_header(g, ifindex, ifname, e) || clear_name(g, at, n, ifname, &taken, e))
		return -1;
	sw_link_name(name, ifname, ifindex, taken);
	return create_link(g, name, ifindex, ifname, xdp, e);
}

static int detach_link(const char *pin_dir, const struct sw_attachment *a, struct sw_err *e)
{
	char path[PATH_BYTES];
	int fd;

	link_path(path, pin_dir, a->pin);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return sw_fail(e, SW_EXIT_PERM, "%s: %s", path, strerror(errno));
	sw_egress_detach(pin_dir, a->pin, a->ifindex);
	/* now, not when the last process that has it open exits */
	bpf_link_detach(fd);
	close(fd);
	if (a->ifindex)
		sw_chain_restore(pin_dir, a->ifindex);
	if (unlink(path))
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	return 0;
}

static int switch_link(int prog_fd, const char *dir, const struct sw_attachment *at,
		       struct sw_err *e)
{
	char name[sizeof(SW_LINK_PREFIX) + SW_LINK_NAME], path[PATH_BYTES];
	int fd, rc = 0;

	snprintf(name, sizeof(name), SW_LINK_PREFIX "%s", at->pin);
	sw_pin_path(path, dir, name);
	fd = bpf_obj_get(path);
	/* ENOLINK: the interface is gone */
	if (fd < 0 || (bpf_link_update(fd, prog_fd, NULL) && errno != ENOLINK))
		rc = sw_fail(e, SW_EXIT_FAILED, "cannot replace the program at %s: %s", path,
			     strerror(errno));
	if (fd >= 0)
		close(fd);
	if (rc == 0 && at->ifindex)
		rc = sw_egress_attach(dir, at->pin, at->ifindex, at->ifname, e);
	return rc;
}

int sw_engine_switch_links(int prog_fd, const char *dir, struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MOST];
	int n = sw_engine_attachments(dir, at, SW_LINKS_MOST, e), rc = n < 0 ? -1 : 0;

	for (int i = 0; rc == 0 && i < n && i < SW_LINKS_MOST; i++)
		rc = switch_link(prog_fd, dir, &at[i], e);
	return rc;
}

/* Directories that egress.c has left for interfaces that are gone. */
static void remove_directories(DIR *pins)
{
	struct dirent *d;

	rewinddir(pins);
	while ((d = readdir(pins)))
		if (d->d_name[0] != '.')
			unlinkat(dirfd(pins), d->d_name, AT_REMOVEDIR);
}

int sw_engine_detach(const char *pin_dir, const char *ifname, struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MOST];
	const struct sw_attachment *a;
	int n;

	if (strchr(ifname, '/') || strlen(ifname) >= IF_NAMESIZE)
		return sw_fail(e, SW_EXIT_USAGE, "invalid interface name \"%s\"", ifname);
	n = sw_engine_attachments(pin_dir, at, SW_LINKS_MOST, e);
	if (n < 0)
		return -1;
	a = sw_attachment_find(at, n < SW_LINKS_MOST ? n : SW_LINKS_MOST, ifname);
	return a ? detach_link(pin_dir, a, e) : 1;
}

/* What remains besides links: egress pins without one, maps, programs. */
static int remove_pin(const char *pin_dir, const char *file, struct sw_err *e)
{
	char path[PATH_BYTES];

	if (!strncmp(file, SW_EGRESS_PREFIX, strlen(SW_EGRESS_PREFIX))) {
		sw_egress_detach(pin_dir, file + strlen(SW_EGRESS_PREFIX), 0);
		return 0;
	}
	sw_pin_path(path, pin_dir, file);
	if (unlink(path) && errno != ENOENT && errno != EISDIR)
		return sw_fail(e, SW_EXIT_FAILED, "%s: %s", path, strerror(errno));
	return 0;
}

int sw_engine_remove(const char *pin_dir, struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MOST];
	int n = sw_engine_attachments(pin_dir, at, SW_LINKS_MOST, e), rc = n < 0 ? -1 : 0;
	char next[PATH_BYTES];
	struct dirent *d;
	DIR *pins;

	for (int i = 0; rc == 0 && i < n && i < SW_LINKS_MOST; i++)
		rc = detach_link(pin_dir, &at[i], e);
	if (rc)
		return -1;
	/* Of an upgrade that was killed. */
	sw_engine_next(next, pin_dir);
	sw_engine_unpin(next);
	pins = opendir(pin_dir);
	if (!pins)
		return errno == ENOENT
			       ? 0
			       : sw_fail(e, SW_EXIT_PERM, "%s: %s", pin_dir, strerror(errno));
	while (rc == 0 && (d = readdir(pins)))
		if (d->d_name[0] != '.')
			rc = remove_pin(pin_dir, d->d_name, e);
	if (rc == 0)
		remove_directories(pins);
	closedir(pins);
	if (rc == 0 && rmdir(pin_dir))
		rc = sw_fail(e, SW_EXIT_FAILED, "%s: %s", pin_dir, strerror(errno));
	return rc;
}
