// SPDX-License-Identifier: GPL-2.0-only
/* The table column with a source's country and autonomous system. */
#include <string.h>
#include "views/source_column.h"

struct sw_table *sw_source_table(const struct sw_geoip *g, const struct sw_column *column, int n,
				 struct sw_column room[SW_COLUMNS_MAX])
{
	int more = g ? 1 : 0;

	memcpy(&room[more], column, n * sizeof(*column));
	room[0] = column[0];
	if (g)
		room[1] = (struct sw_column){.title = "FROM"};
	return sw_table_new(room, n + more);
}

void sw_source_cells(struct sw_table *t, struct sw_geoip *g, const struct sw_prefix *p)
{
	char text[SW_PREFIX_TEXT], from[SW_ORIGIN_BRIEF];

	sw_table_cell(t, SW_PLAIN, "%s", sw_prefix_text(p, text));
	if (g)
		sw_table_cell(t, SW_PLAIN, "%s", sw_geoip_brief(g, p, from));
}
