// SPDX-License-Identifier: GPL-2.0-only
/* The program loaded, or replaced by this binary's, with everything it must
 * know before the first packet: blocks, allowlist, guards, thresholds. */
#include <stdio.h>
#include "blocklist.h"

int sw_wall_raise(struct sw_wall *w, struct sw_err *e)
{
	bool fresh = !w->loaded;
	const struct sw_guard *guard;
	struct sw_err ignored;

	/* sw_engine_load opens the maps anew. */
	if (w->loaded)
		sw_engine_close(&w->engine);
	w->loaded = false;
	if (sw_engine_load(&w->engine, w->pin_dir, &w->config, e))
		return -1;
	w->loaded = true;
	guard = sw_wall_guard(w, e);
	if (!guard || sw_guard_apply(&w->engine, guard, e))
		goto fail;
	if (fresh && sw_restore_maps(w, e))
		goto fail;
	if (sw_apply_config(w, e))
		goto fail;
	return 0;
fail:
	if (fresh) {
		sw_engine_close(&w->engine);
		sw_engine_remove(w->pin_dir, &ignored);
		w->loaded = false;
	}
	return -1;
}
