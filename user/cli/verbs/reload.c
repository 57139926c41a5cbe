// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall reload`: makes the daemon read its configuration again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "daemon/daemon.h"
#include "rules/enforce.h"
#include "cli/control.h"

static int print_result(const struct sw_ctx *ctx, const struct sw_globals *g, pid_t daemon,
			struct sw_err *e)
{
	json_t *root;

	if (g->json) {
		root = sw_cli_json();
		json_object_set_new(root, "file", sw_cli_text(g->config_file));
		json_object_set_new(root, "in_force", json_boolean(ctx->loaded && !g->dry_run));
		json_object_set_new(root, "daemon_pid",
				    daemon ? json_integer(daemon) : json_null());
		return sw_cli_print(g, root, e);
	}
	if (g->quiet)
		return 0;
	if (g->dry_run)
		printf("%s is valid; it would be reloaded\n", g->config_file);
	else if (daemon)
		printf("%s is in force; the daemon (pid %d) reloads it\n", g->config_file, daemon);
	else if (ctx->loaded)
		printf("%s is in force\n", g->config_file);
	else
		printf("%s is valid; it takes effect at the next attach\n", g->config_file);
	return 0;
}

/* Opening has already read the file, so an invalid one was refused before. */
static int reload(struct sw_call *c, struct sw_err *e)
{
	const struct sw_globals *g = c->g;
	struct sw_ctx *ctx = c->ctx;
	pid_t daemon = sw_daemon_pid(g->state_dir);
	struct sw_rules rules;
	int rc = 0;

	if (sw_rules_configured(&rules, &ctx->config, e))
		return -1;
	if (!g->dry_run)
		rc = sw_control_apply(ctx, e) || (ctx->loaded && sw_ctx_enforce(ctx, &rules, e));
	sw_rules_free(&rules);
	if (rc)
		return -1;
	if (!g->dry_run) {
		if (daemon && kill(daemon, SIGHUP))
			return sw_fail(e, errno == EPERM ? SW_EXIT_PERM : SW_EXIT_FAILED,
				       "cannot signal the daemon (pid %d): %s", daemon,
				       strerror(errno));
	}
	if (print_result(ctx, g, daemon, e))
		return -1;
	sw_audit_say("reload of %s", g->config_file);
	return SW_EXIT_OK;
}

const struct sw_verb_ops sw_reload_ops = {.run = reload};
