// SPDX-License-Identifier: GPL-2.0-only
/* The configuration into the running program. */
#include <errno.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

static bool is_configured(const struct sw_config *c, const struct sw_service *s)
{
	for (int i = 0; i < c->services.count; i++)
		if (c->services.item[i].port == s->port && c->services.item[i].proto == s->proto)
			return true;
	return false;
}

static int drop_service(const void *key, const void *value, void *arg)
{
	struct sw_ctx *ctx = arg;

	(void)value;
	if (!is_configured(&ctx->config, key))
		bpf_map_delete_elem(ctx->engine.fd[SW_MAP_services], key);
	return 0;
}

static int apply_services(struct sw_ctx *ctx, struct sw_err *e)
{
	__u8 yes = 1;

	if (ctx->config.services.count)
		sw_setting_store(&ctx->engine, any_service, 1);
	for (int i = 0; i < ctx->config.services.count; i++) {
		const struct sw_service *s = &ctx->config.services.item[i];

		if (bpf_map_update_elem(ctx->engine.fd[SW_MAP_services], s, &yes, BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED,
				       "services: port %u could not be written to the map, which "
				       "has room for %zu: %s",
				       s->port, sw_map_entries(&ctx->engine, SW_MAP_services),
				       strerror(errno));
	}
	if (sw_map_each(&ctx->engine, SW_MAP_services, drop_service, ctx, e))
		return -1;
	sw_setting_store(&ctx->engine, any_service, ctx->config.services.count > 0);
	return 0;
}

/* The mode comes last, when everything it means is in force. While a trial runs
 * the mode is its affair. */
static void apply_settings(const struct sw_ctx *ctx)
{
	const struct sw_engine *g = &ctx->engine;

	sw_settings_configure(g, &ctx->config);
	if (!g->settings->revert_at || sw_settings_reverted(g))
		sw_setting_store(g, mode, ctx->config.mode);
}

int sw_apply_config(struct sw_ctx *ctx, struct sw_err *e)
{
	if (!ctx->loaded)
		return 0;
	if (apply_services(ctx, e) || sw_allow_sync(ctx, e))
		return -1;
	apply_settings(ctx);
	return 0;
}
