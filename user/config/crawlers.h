/* SPDX-License-Identifier: GPL-2.0-only */
/* Known crawlers and the domains of their addresses' reverse names. */
#ifndef SCANWALL_CRAWLERS_H
#define SCANWALL_CRAWLERS_H

#include <stdbool.h>

bool sw_is_bot(const char *text);
/* The i-th of them; NULL: there are no more. */
const char *sw_bot_name(int i);
/* Whose host it is, by the end of its name; NULL: no known crawler's. That somebody's
 * address has this name is to be confirmed by a look-up of the name. */
const char *sw_bot_of(const char *host);

#endif
