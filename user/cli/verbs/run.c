// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall run`: passes the command line's options to the daemon. */
#include <string.h>
#include "daemon/daemon.h"
#include "cli/verbs.h"

static int xdp_mode(const char *text, int *mode, struct sw_err *e)
{
	static const char *const name[] = {
		[SW_XDP_AUTO] = "auto",
		[SW_XDP_NATIVE] = "native",
		[SW_XDP_GENERIC] = "generic",
	};

	*mode = -1;
	for (int i = 0; text && i < 3; i++)
		if (!strcmp(text, name[i]))
			*mode = i;
	if (!text || *mode >= 0)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "--xdp: invalid value \"%s\" (expected native, generic "
		       "or auto)",
		       text);
}

static int run(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	struct sw_run_options opt = {
		.pin_dir = g->pin_dir,
		.state_dir = g->state_dir,
		.config_file = g->config_file,
		.interfaces = a->option[SW_RUN_INTERFACE],
		.events_file = a->option[SW_RUN_EVENTS],
		.tls = a->option[SW_RUN_TLS] != NULL,
		.json = g->json,
		.quiet = g->quiet,
		.utc = g->utc,
		.dry_run = g->dry_run,
	};

	if (xdp_mode(a->option[SW_RUN_XDP], &opt.xdp, e) || sw_daemon_run(&opt, e))
		return -1;
	return SW_EXIT_OK;
}

const struct sw_verb_ops sw_run_ops = {.run = run};
