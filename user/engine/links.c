// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which interfaces the program is attached to. A link belongs to a device, whatever the
 * device is called now: the name of the pin is only that at the time of attaching, and
 * is needed once the device is gone.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "engine/internal.h"

/* bpffs allows no dot in names (eth0.100), and interface names contain no colon: dots
 * are written as colons. "::" and the index are appended if a renamed device has taken
 * the name. */
void sw_link_name(char name[SW_LINK_NAME], const char *ifname, int ifindex, bool taken)
{
	size_t n = snprintf(name, SW_LINK_NAME, "%s", ifname);

	for (char *c = name; *c; c++)
		if (*c == '.')
			*c = ':';
	if (taken)
		snprintf(name + n, SW_LINK_NAME - n, "::%d", ifindex);
}

static void name_attached_by(const char *pin, char ifname[IF_NAMESIZE])
{
	const char *end = strstr(pin, "::");

	snprintf(ifname, IF_NAMESIZE, "%.*s", end ? (int)(end - pin) : IF_NAMESIZE - 1, pin);
	for (char *c = ifname; *c; c++)
		if (*c == ':')
			*c = '.';
}

/* False if the pin is not a link that can be queried. */
static bool ask_link(const char *path, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);
	int fd = bpf_obj_get(path), rc;

	memset(info, 0, sizeof(*info));
	if (fd < 0)
		return false;
	rc = bpf_obj_get_info_by_fd(fd, info, &size);
	close(fd);
	return !rc;
}

/* A link reports the index that its device has in the device's own network namespace;
 * here that index may be another device's, or unused. */
static void look_here(struct sw_attachment *a)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	char present[IF_NAMESIZE];

	if (!a->ifindex)
		return;
	if (!if_indextoname(a->ifindex, present) || bpf_xdp_query(a->ifindex, 0, &q) ||
	    q.prog_id != a->prog_id) {
		a->ifindex = 0;
		a->elsewhere = true;
		return;
	}
	memcpy(a->ifname, present, sizeof(present));
	a->xdp = q.attach_mode == XDP_ATTACHED_SKB ? SW_XDP_GENERIC : SW_XDP_NATIVE;
}

static void read_link(const char *pin_dir, const char *file, struct sw_attachment *a)
{
	struct bpf_link_info info;
	char path[PATH_BYTES];

	memset(a, 0, sizeof(*a));
	a->xdp = SW_XDP_AUTO;
	snprintf(a->pin, sizeof(a->pin), "%s", file + strlen(SW_LINK_PREFIX));
	name_attached_by(a->pin, a->ifname);
	sw_pin_path(path, pin_dir, file);
	if (!ask_link(path, &info))
		return;
	a->ifindex = info.xdp.ifindex;
	a->prog_id = info.prog_id;
	look_here(a);
}

int sw_engine_attachments(const char *pin_dir, struct sw_attachment *a, int max, struct sw_err *e)
{
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
		if (n < max)
			read_link(pin_dir, d->d_name, &a[n]);
		n++;
	}
	closedir(pins);
	return n;
}

/* Present devices first: one name may stand for a present and a former device. */
const struct sw_attachment *sw_attachment_find(const struct sw_attachment *a, int n,
					       const char *ifname)
{
	int ifindex;

	for (int gone = 0; gone < 2; gone++)
		for (int i = 0; i < n; i++)
			if ((a[i].ifindex == 0) == gone && !strcmp(a[i].ifname, ifname))
				return &a[i];
	/* The kernel knows an interface by its altnames, too. */
	ifindex = if_nametoindex(ifname);
	for (int i = 0; ifindex && i < n; i++)
		if (a[i].ifindex == ifindex)
			return &a[i];
	return NULL;
}
