// SPDX-License-Identifier: GPL-2.0-only
/* The configuration into the running program. */
#include <errno.h>
#include <bpf/bpf.h>
#include "blocklist/internal.h"

static bool is_configured(const struct sw_config *c, const struct sw_service *s)
{
	for (int i = 0; i < c->service_count; i++)
		if (c->service[i].port == s->port && c->service[i].proto == s->proto)
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

	if (ctx->config.service_count)
		ctx->engine.settings->any_service = 1;
	for (int i = 0; i < ctx->config.service_count; i++) {
		const struct sw_service *s = &ctx->config.service[i];

		if (bpf_map_update_elem(ctx->engine.fd[SW_MAP_services], s, &yes, BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED,
				       "services: port %u could not be written to the map, which "
				       "has room for %zu: %s",
				       s->port, sw_map_entries(&ctx->engine, SW_MAP_services),
				       strerror(errno));
	}
	if (sw_map_each(&ctx->engine, SW_MAP_services, drop_service, ctx, e))
		return -1;
	ctx->engine.settings->any_service = ctx->config.service_count > 0;
	return 0;
}

/* Field by field: the program reads while we write, and other fields have
 * other writers. The mode comes last, when everything it means is in force. */
static void apply_settings(const struct sw_ctx *ctx)
{
	struct sw_settings *to = ctx->engine.settings, from = *to;

	sw_config_to_settings(&ctx->config, &from);
	to->closed_silent = from.closed_silent;
	to->threshold = from.threshold;
	to->block_ticks = from.block_ticks;
	to->decay_ms = from.decay_ms;
	to->syn_rate = from.syn_rate;
	to->auto_per_minute = from.auto_per_minute;
	to->auto_max = from.auto_max;
	to->served_ticks = from.served_ticks;
	memcpy(to->weight, from.weight, sizeof(to->weight));
	/* While a trial runs the mode is its affair. */
	if (!to->revert_at || (__u64)sw_monotonic() >= to->revert_at)
		__atomic_store_n(&to->mode, from.mode, __ATOMIC_RELEASE);
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
