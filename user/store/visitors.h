/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocked sources that may be a crawler's, in the directory of host_names.h:
 *   sources    by the daemon: whose name is asked for
 *   confirmed  by the resolver: each with its name, if that has this address as well
 */
#ifndef SCANWALL_VISITORS_H
#define SCANWALL_VISITORS_H

#include <stdint.h>
#include "store/host_names.h"

#define SW_VISITORS 64

struct sw_visitor {
	struct sw_addr addr;
	char host[SW_HOST_NAME]; /* "": not known yet; "-": not a crawler */
};

struct sw_visitors {
	struct sw_visitor item[SW_VISITORS];
	int count;
};

/* As sw_host_names_read() and _write(). */
int sw_visitors_read(int at, const char *file, struct sw_visitors *l);
int sw_visitors_write(int at, const char *file, const struct sw_visitors *l, unsigned mode);
struct sw_visitor *sw_visitors_find(struct sw_visitors *l, const struct sw_addr *a);

#endif
