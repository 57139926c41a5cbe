/* SPDX-License-Identifier: GPL-2.0-only */
/* Known crawlers and the domains of their addresses' reverse names. */
#ifndef SCANWALL_CRAWLERS_H
#define SCANWALL_CRAWLERS_H

#include <stdbool.h>

bool sw_is_bot(const char *text);
/* The name of the i-th crawler; NULL: no more. */
const char *sw_bot_name(int i);
/* The crawler that a host name belongs to, by its suffix; NULL: none. The caller must confirm
 * the name by a forward lookup. */
const char *sw_bot_of(const char *host);

#endif
