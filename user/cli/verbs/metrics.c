// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall metrics`: gauges and counters for Prometheus. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/daemon.h"
#include "report/gauges.h"
#include "cli/verbs.h"

static int write_to(FILE *out, struct sw_call *c, struct sw_err *e)
{
	bool daemon = sw_daemon_pid(c->g->state_dir) > 0;
	struct sw_claim_counts claims;

	if (sw_claim_counts(c->ctx, &claims, e))
		return -1;
	return sw_metrics_write(out, c->ctx, &claims, daemon, e);
}

/* Replaced by rename: node_exporter may read *.prom at any moment. */
static int write_file(const char *path, struct sw_call *c, struct sw_err *e)
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
	rc = write_to(f, c, e);
	if (ferror(f) | fclose(f) && !rc)
		rc = sw_fail(e, SW_EXIT_FAILED, "%s could not be written: %m", fresh);
	if (!rc && rename(fresh, path))
		rc = sw_fail(e, SW_EXIT_FAILED, "%s could not be written: %m", path);
	if (rc)
		unlink(fresh);
	return rc;
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	if (!c->g->json)
		return 0;
	return sw_fail(e, SW_EXIT_USAGE,
		       "--json: metrics are in Prometheus' format; for JSON: scanwall status "
		       "--json, scanwall stats --json");
}

static int metrics(struct sw_call *c, struct sw_err *e)
{
	const char *path = c->a->option[SW_METRICS_TEXTFILE];

	return path ? write_file(path, c, e) : write_to(stdout, c, e);
}

const struct sw_verb_ops sw_metrics_ops = {.read = read_request, .run = metrics};
