// SPDX-License-Identifier: GPL-2.0-only
/* Identifies the pinned maps in use, to notice when they are replaced. */
#include <stdio.h>
#include <sys/stat.h>
#include "daemon/internal.h"

ino_t sw_pins_inode(const struct sw_daemon *d)
{
	char path[sizeof(d->ctx.pin_dir) + 16];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", d->ctx.pin_dir, sw_map_name(SW_MAP_settings));
	return stat(path, &st) ? 0 : st.st_ino;
}

/* Remembers the maps' inode and the counters already reported. */
void sw_pins_remember(struct sw_daemon *d)
{
	d->pin = sw_pins_inode(d);
	d->rules_generation = 0; /* new maps start at 0 */
	d->lost = d->ctx.engine.state->lost_events;
	d->capped = d->ctx.engine.state->capped_blocks;
	d->full = d->ctx.engine.state->overflow_full;
}
