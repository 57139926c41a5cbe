// SPDX-License-Identifier: GPL-2.0-only
/* The configuration and the guarded addresses, collected when first needed. */
#include "blocklist/internal.h"

struct overlay {
	struct sw_config *c;
	struct sw_err *e;
};

static int set_one(const char *key, const char *value, void *arg)
{
	struct overlay *o = arg;

	return sw_config_set_key(o->c, key, value, "set by hand", o->e);
}

int sw_ctx_config(const struct sw_ctx *ctx, struct sw_config *c, struct sw_err *e)
{
	struct overlay o = {c, e};

	sw_config_init(c);
	if (!sw_config_load(ctx->config_file, !strcmp(ctx->config_file, SW_CONFIG_FILE), c, e) &&
	    !sw_store_settings(ctx->store, set_one, &o, e) && !sw_config_check(c, e))
		return 0;
	sw_config_free(c);
	return -1;
}

const struct sw_guard *sw_ctx_guard(struct sw_ctx *ctx, struct sw_err *e)
{
	if (ctx->guard_found)
		return &ctx->guard;
	if (sw_guard_find(ctx->config.keep_ssh, NULL, &ctx->guard, e))
		return NULL;
	ctx->guard_found = true;
	return &ctx->guard;
}
