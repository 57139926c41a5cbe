// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/daemon.h"
#include "report/gauges.h"
#include "cli/control.h"

static int write_to(FILE *out, const struct sw_globals *g, struct sw_err *e)
{
	struct sw_claim_counts claims;
	struct sw_ctx ctx;
	int rc;

	if (sw_view_open(&ctx, g, e))
		return -1;
	rc = sw_claim_counts(&ctx, &claims, e);
	if (!rc)
		rc = sw_metrics_write(out, &ctx, &claims, sw_daemon_pid(g->state_dir) > 0, e);
	sw_ctx_close(&ctx);
	return rc;
}

/* node_exporter reads *.prom at any moment: whole or not at all. */
static int write_file(const char *path, const struct sw_globals *g, struct sw_err *e)
{
	char fresh[4096];
	FILE *f;
	int rc;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.%d", path, getpid()) >= sizeof(fresh))
		return sw_fail(e, SW_EXIT_USAGE, "--textfile: the path is too long");
	f = fopen(fresh, "w");
	if (!f)
		return sw_fail(e, SW_EXIT_FAILED, "%s could not be written: %m", fresh);
	fchmod(fileno(f), 0644);
	rc = write_to(f, g, e);
	if (ferror(f) | fclose(f) && !rc)
		rc = sw_fail(e, SW_EXIT_FAILED, "%s could not be written: %m", fresh);
	if (!rc && rename(fresh, path))
		rc = sw_fail(e, SW_EXIT_FAILED, "%s could not be written: %m", path);
	if (rc)
		unlink(fresh);
	return rc;
}

SW_VERB(metrics)
{
	const char *path = a->option[SW_METRICS_TEXTFILE];

	if (g->json)
		return sw_fail(e, SW_EXIT_USAGE,
			       "--json: metrics are in Prometheus' format; for JSON: scanwall "
			       "status --json, scanwall stats --json");
	return path ? write_file(path, g, e) : write_to(stdout, g, e);
}
