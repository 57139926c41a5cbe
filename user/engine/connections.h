/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SCANWALL_CONNECTIONS_H
#define SCANWALL_CONNECTIONS_H

#include <stddef.h>
#include "base/addr.h"

/* Closes every TCP connection of this network namespace whose peer lies in one
 * of the prefixes, by the kernel's SOCK_DESTROY (Linux 4.9, CAP_NET_ADMIN).
 * Returns how many there were; one that cannot be closed is passed over. */
int sw_connections_end(const struct sw_prefix *prefix, size_t count, struct sw_err *e);

#endif
