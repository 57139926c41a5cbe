// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another XDP program after ours: what passes continues there, by a tail call. It is
 * pinned as PIN_DIR/chained, and attached again where it was when ours is removed: the
 * empty directory PIN_DIR/chained-MODE-IFINDEX records the place.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "engine/chain.h"
#include "engine/internal.h"
#include "scanwall.skel.h"

static int taken = -1; /* the program for the next load; -1: unchanged */

static int ask(int fd, struct bpf_prog_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &size);
}

static int open_by_text(const char *text, struct sw_err *e)
{
	char *end;
	unsigned long id = strtoul(text, &end, 10);
	int fd;

	if (text[0] == '/')
		fd = bpf_obj_get(text);
	else if (text[0] >= '0' && text[0] <= '9' && !*end && id && id <= UINT32_MAX)
		fd = bpf_prog_get_fd_by_id(id);
	else
		return sw_fail(e, SW_EXIT_USAGE,
			       "--chain: invalid value \"%s\" (expected the pinned path of an XDP "
			       "program, such as /sys/fs/bpf/other, or its ID: bpftool prog list)",
			       text);
	if (fd < 0)
		return sw_fail(e, sw_exit_of_file(errno), "--chain: cannot open the program %s: %s",
			       text, strerror(errno));
	return fd;
}

int sw_chain_open(const char *text, struct sw_err *e)
{
	struct bpf_prog_info info;
	int fd = open_by_text(text, e);

	if (fd < 0)
		return -1;
	if (ask(fd, &info) || info.type != BPF_PROG_TYPE_XDP)
		sw_fail(e, SW_EXIT_USAGE, "--chain: %s is not an XDP program", text);
	else if (!strcmp(info.name, "scanwall"))
		sw_fail(e, SW_EXIT_USAGE, "--chain: %s is scanwall's own program", text);
	else
		return fd;
	close(fd);
	return -1;
}

void sw_chain_take(int fd)
{
	taken = fd;
}

static int pinned(const char *pin_dir)
{
	char path[PATH_BYTES];

	sw_pin_path(path, pin_dir, SW_CHAINED_PIN);
	return bpf_obj_get(path);
}

bool sw_chain_info(const char *pin_dir, __u32 *id, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info;
	int fd = pinned(pin_dir), rc = fd < 0 ? -1 : ask(fd, &info);

	if (fd >= 0)
		close(fd);
	if (rc)
		return false;
	*id = info.id;
	memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	return true;
}

bool sw_chain_follows(const char *pin_dir)
{
	char path[PATH_BYTES], name[SW_CHAIN_NAME];
	__u32 at = SW_STEP_NEXT, id = 0, next = 0;
	int steps;

	sw_pin_path(path, pin_dir, "steps");
	steps = bpf_obj_get(path);
	if (steps < 0)
		return false;
	/* lookups in a prog array return ids */
	if (bpf_map_lookup_elem(steps, &at, &next))
		next = 0;
	close(steps);
	return sw_chain_info(pin_dir, &id, name) && id == next;
}

int sw_chain_pin(const char *pin_dir, struct sw_err *e)
{
	char path[PATH_BYTES];

	if (taken < 0)
		return 0;
	sw_pin_path(path, pin_dir, SW_CHAINED_PIN);
	unlink(path);
	if (bpf_obj_pin(taken, path))
		return sw_fail(e, SW_EXIT_FAILED, "cannot pin %s: %s", path, strerror(errno));
	return 0;
}

bool sw_chain_is_set(const char *pin_dir)
{
	int fd = pinned(pin_dir);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Programs in one prog array must agree on frags (multi-buffer support). */
int sw_chain_add(const struct scanwall_bpf *skel, const char *pin_dir, bool *disagrees,
		 struct sw_err *e)
{
	__u32 at = SW_STEP_NEXT;
	int fd = pinned(pin_dir), error = 0;

	*disagrees = false;
	if (fd < 0)
		return 0;
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.steps), &at, &fd, BPF_ANY))
		error = errno;
	close(fd);
	if (!error)
		return 0;
	*disagrees = error == EINVAL;
	return sw_fail(e, SW_EXIT_FAILED,
		       "the kernel does not let the program of --chain follow scanwall's: %s",
		       strerror(error));
}

static int without_frags; /* handle of the section handler; 0: none */

/* libbpf sets frags by section name, unless a custom handler is registered. */
int sw_chain_forgo_frags(struct sw_err *e)
{
	int handler;

	if (without_frags)
		return 0;
	handler = libbpf_register_prog_handler("xdp.frags", BPF_PROG_TYPE_XDP, BPF_XDP, NULL);
	if (handler <= 0)
		return sw_fail(e, SW_EXIT_FAILED, "libbpf takes no handler for xdp.frags: %s",
			       strerror(-handler));
	without_frags = handler;
	return 0;
}

void sw_chain_want_frags(void)
{
	if (without_frags)
		libbpf_unregister_prog_handler(without_frags);
	without_frags = 0;
}

/* ---- where it was */

static const struct {
	const char *name;
	__u32 flags;
} modes[] = {
	{"native", XDP_FLAGS_DRV_MODE},
	{"generic", XDP_FLAGS_SKB_MODE},
};

static void place_path(char path[PATH_BYTES], const char *pin_dir, int mode, int ifindex)
{
	char name[64];

	snprintf(name, sizeof(name), SW_CHAINED_PIN "-%s-%d", modes[mode].name, ifindex);
	sw_pin_path(path, pin_dir, name);
}

bool sw_chain_displace(const char *pin_dir, int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	char name[BPF_OBJ_NAME_LEN], path[PATH_BYTES];
	__u32 id;
	int mode, rc;

	if (!sw_chain_info(pin_dir, &id, name) || bpf_xdp_query(ifindex, 0, &q) || q.prog_id != id)
		return false;
	mode = q.attach_mode == XDP_ATTACHED_SKB;
	place_path(path, pin_dir, mode, ifindex);
	if (mkdir(path, 0700) && errno != EEXIST)
		return false;
	/* only that very program; refused if a link is attached there */
	opts.old_prog_fd = pinned(pin_dir);
	rc = bpf_xdp_detach(ifindex, modes[mode].flags | XDP_FLAGS_REPLACE, &opts);
	close(opts.old_prog_fd);
	if (rc)
		rmdir(path);
	return !rc;
}

void sw_chain_restore(const char *pin_dir, int ifindex)
{
	char path[PATH_BYTES];
	int fd = pinned(pin_dir);

	for (int mode = 0; mode < 2; mode++) {
		place_path(path, pin_dir, mode, ifindex);
		if (rmdir(path) || fd < 0)
			continue;
		bpf_xdp_attach(ifindex, fd, modes[mode].flags | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	}
	if (fd >= 0)
		close(fd);
}

int sw_chain_check(int ifindex, const char *ifname, int fd, struct sw_err *e)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, q);
	struct bpf_prog_info info;

	if (ask(fd, &info) || bpf_xdp_query(ifindex, 0, &q) || !q.prog_id || q.prog_id == info.id)
		return 0;
	fd = bpf_prog_get_fd_by_id(q.prog_id);
	if (fd < 0)
		return 0;
	memset(&info, 0, sizeof(info));
	ask(fd, &info);
	close(fd);
	if (!strcmp(info.name, "scanwall"))
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "%s has another XDP program than that of --chain: \"%s\" (id %u); name "
		       "that one, or remove it first",
		       ifname, info.name[0] ? info.name : "unnamed", info.id);
}
