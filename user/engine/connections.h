/* SPDX-License-Identifier: GPL-2.0-only */
/* Closes TCP connections of blocked sources. */
#ifndef SCANWALL_CONNECTIONS_H
#define SCANWALL_CONNECTIONS_H

#include <stddef.h>
#include "base/addr.h"

/* Closes every TCP connection of this network namespace whose peer is in one of the
 * prefixes, with SOCK_DESTROY (Linux 4.9, CAP_NET_ADMIN). Returns their number; those
 * that cannot be closed are skipped. */
int sw_connections_end(const struct sw_prefix *prefix, size_t count, struct sw_err *e);

#endif
