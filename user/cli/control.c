// SPDX-License-Identifier: GPL-2.0-only
/* Shared by the verbs that control the running program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/control.h"
#include "engine/chain.h"
#include "engine/settings.h"
#include "events/events.h"
#include "rules/enforce.h"

const char *sw_xdp_name(const struct sw_attachment *at)
{
	if (at->elsewhere)
		return "elsewhere";
	if (!at->ifindex)
		return "gone";
	if (at->xdp == SW_XDP_AUTO)
		return "unknown";
	return at->xdp == SW_XDP_GENERIC ? "generic" : "native";
}

static int by_name(const void *a, const void *b)
{
	const struct sw_attachment *x = a, *y = b;

	return strcmp(x->ifname, y->ifname);
}

int sw_attached(const char *pin_dir, struct sw_attachment *at, struct sw_err *e)
{
	int n = sw_engine_attachments(pin_dir, at, SW_LINKS_MAX, e);

	if (n < 0)
		return -1;
	if (n > SW_LINKS_MAX)
		n = SW_LINKS_MAX;
	qsort(at, n, sizeof(*at), by_name);
	return n;
}

int sw_view_open(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_err *e)
{
	if (sw_cli_open(ctx, g, e))
		return -1;
	if (ctx->unusable.text[0])
		fprintf(stderr, "scanwall: %s\n", ctx->unusable.text);
	if (!ctx->loaded || !sw_settings_reverted(&ctx->engine))
		return 0;
	sw_ctx_close(ctx);
	if (sw_cli_open_locked(ctx, g, e))
		return -1;
	sw_ctx_unlock(ctx);
	return 0;
}

int sw_no_program(const struct sw_ctx *ctx, struct sw_err *e)
{
	if (ctx->unusable.text[0])
		return sw_fail(e, SW_EXIT_FAILED,
			       "the program cannot be queried; see `scanwall status`");
	return sw_fail(e, SW_EXIT_NOT_THERE, "nothing is attached; run scanwall attach IFACE");
}

enum sw_mode sw_mode_now(const struct sw_ctx *ctx)
{
	return ctx->loaded ? sw_engine_mode(&ctx->engine) : (enum sw_mode)ctx->config.mode;
}

int64_t sw_trial_left(const struct sw_ctx *ctx)
{
	__u64 end = ctx->loaded ? ctx->engine.settings->revert_at : 0;
	int64_t left = (int64_t)end - sw_monotonic();

	return end && left > 0 ? left / 1000 : 0;
}

json_t *sw_trial_json(int64_t left, enum sw_mode then)
{
	if (!left)
		return json_null();
	return json_pack("{s:o, s:s}", "reverts_at", sw_cli_time(sw_now() + left), "reverts_to",
			 sw_mode_name(then));
}

int sw_control_apply(struct sw_ctx *ctx, struct sw_err *e)
{
	const struct sw_guard *guard;

	if (!ctx->loaded)
		return 0;
	if (ctx->config_trouble.text[0]) { /* what it says of the rest is unknown */
		if (!sw_trial_left(ctx))
			sw_setting_store(&ctx->engine, mode, ctx->config.mode);
		return 0;
	}
	guard = sw_ctx_guard(ctx, e);
	if (!guard || sw_guard_apply(&ctx->engine, guard, &ctx->config.nat64, e))
		return -1;
	if (sw_trial_left(ctx))
		ctx->config.mode = ctx->engine.settings->mode;
	return sw_apply_config(ctx, e);
}

int sw_control_rules(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_rules rules;
	int rc;

	if (sw_rules_configured(&rules, &ctx->config, e))
		return -1;
	rc = ctx->loaded ? sw_ctx_enforce(ctx, &rules, e) : 0;
	sw_rules_free(&rules);
	return rc;
}

json_t *sw_chained_json(const char *pin_dir)
{
	char name[SW_CHAIN_NAME];
	__u32 id;

	if (!sw_chain_info(pin_dir, &id, name))
		return json_null();
	return json_pack("{s:I, s:s}", "program_id", (json_int_t)id, "name", name);
}
