/* SPDX-License-Identifier: GPL-2.0-only */
/* The first columns of a table of sources: the address and, with a database, its country and
 * network. */
#ifndef SCANWALL_SOURCE_COLUMN_H
#define SCANWALL_SOURCE_COLUMN_H

#include "host/geoip.h"
#include "views/text_table.h"

#define SW_SOURCE_WIDTH 24 /* a full IPv6 address is wider, and rare */

/* The n columns, plus one named FROM after the first unless g is NULL; `room` must live as long
 * as the table. */
struct sw_table *sw_source_table(const struct sw_geoip *g, const struct sw_column *column, int n,
				 struct sw_column room[SW_COLUMNS_MAX]);
/* The cells of both. */
void sw_source_cells(struct sw_table *t, struct sw_geoip *g, const struct sw_prefix *p);

#endif
