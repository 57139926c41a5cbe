// SPDX-License-Identifier: GPL-2.0-only
/* The program loaded, or replaced by this binary's, with everything it must
 * know before the first packet: blocks, allowlist, guards, thresholds,
 * signatures. */
#include <stdio.h>
#include "../rules/enforce.h"

int sw_wall_raise(struct sw_wall *w, struct sw_err *e)
{
	bool fresh = !w->loaded;
	const struct sw_guard *guard;
	struct sw_err ignored;
	struct sw_rules rules;

	/* First, as the files may be wrong. */
	if (sw_rules_configured(&rules, &w->config, e))
		return -1;

	/* sw_engine_load opens the maps anew. */
	if (w->loaded)
		sw_engine_close(&w->engine);
	w->loaded = false;
	if (sw_engine_load(&w->engine, w->pin_dir, &w->config, e)) {
		sw_rules_free(&rules);
		return -1;
	}
	w->loaded = true;
	guard = sw_wall_guard(w, e);
	if (!guard || sw_guard_apply(&w->engine, guard, e))
		goto fail;
	if (fresh && sw_restore_maps(w, e))
		goto fail;
	if (sw_apply_config(w, e) || sw_rules_enforce(w, &rules, e))
		goto fail;
	sw_rules_free(&rules);
	return 0;
fail:
	sw_rules_free(&rules);
	if (fresh) {
		sw_engine_close(&w->engine);
		sw_engine_remove(w->pin_dir, &ignored);
		w->loaded = false;
	}
	return -1;
}
