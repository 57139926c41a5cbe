/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of names that are allowed. The daemon has no way to the network, so a process
 * without rights (host/resolver.h) looks them up; the two meet in STATE_DIR/names:
 *   wanted    by the daemon: which names, and every how many seconds
 *   answers   by the resolver; the daemon believes no more of it than it has checked
 * STATE_DIR/allow_names, which only root writes, has the last good answer of each.
 */
#ifndef SCANWALL_HOST_NAMES_H
#define SCANWALL_HOST_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <scanwall/abi.h>
#include "base/err.h"

#define SW_HOST_NAME 254 /* RFC 1035 2.3.4, and NUL */
#define SW_HOST_NAMES 64
#define SW_HOST_ADDRS 32
#define SW_HOST_TROUBLE 128

struct sw_host_name {
	char name[SW_HOST_NAME];
	int64_t when;		       /* us, of the last good answer; 0: never */
	char trouble[SW_HOST_TROUBLE]; /* why the last lookup failed; "": it succeeded */
	struct sw_addr addr[SW_HOST_ADDRS];
	int count;
};

struct sw_host_names {
	struct sw_host_name item[SW_HOST_NAMES];
	int count;
	int every; /* s: of `wanted` */
};

/* Reads a file in directory `at`; a missing file has no names. Invalid names and addresses are
 * skipped. -1 with errno. */
int sw_host_names_read(int at, const char *file, struct sw_host_names *l);
/* Writes all or nothing; -1 with errno. */
int sw_host_names_write(int at, const char *file, const struct sw_host_names *l, unsigned mode);
struct sw_host_name *sw_host_names_find(struct sw_host_names *l, const char *name);

/* STATE_DIR/allow_names; malloc'ed, NULL with e. */
struct sw_host_names *sw_host_names_kept(const char *state_dir, struct sw_err *e);

#endif
