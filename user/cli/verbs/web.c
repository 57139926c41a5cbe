// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall web`: executes scanwall-web from its own directory. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/duration.h"
#include "cli/verbs.h"

#define LISTEN "127.0.0.1:9814"
#define SINCE (7 * 86400 * INT64_C(1000000))

static int become(const struct sw_globals *g, const char *listen, int64_t span, struct sw_err *e)
{
	char self[PATH_MAX] = "", path[PATH_MAX + 16], us[24];

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return sw_fail(e, SW_EXIT_FAILED, "/proc/self/exe: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/scanwall-web", dirname(self));
	snprintf(us, sizeof(us), "%lld", (long long)span);
	execl(path, path, g->pin_dir, g->state_dir, g->config_file, listen, us,
	      g->quiet ? "quiet" : "told", NULL);
	return sw_fail(e, SW_EXIT_FAILED, "%s could not be started: %s", path, strerror(errno));
}

static int web(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	const struct sw_args *a = c->a;
	const char *since = a->option[SW_WEB_SINCE], *listen = a->option[SW_WEB_LISTEN];
	int64_t span = SINCE;

	if (since && sw_duration_parse(since, "--since", &span, e))
		return -1;
	if (span == SW_FOREVER || span <= 0)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--since: invalid duration \"%s\" (expected 24h, 7d)", since);
	return become(g, listen ? listen : LISTEN, span, e);
}

const struct sw_verb_ops sw_web_ops = {.run = web};
