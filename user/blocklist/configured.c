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

static bool spared;

void sw_ctx_spare_config(bool spare)
{
	spared = spare;
}

static int set_if_right(const char *key, const char *value, void *arg)
{
	struct sw_err ignored;

	sw_config_set_key(arg, key, value, "set by hand", &ignored);
	return 0;
}

/* The maps have the sizes that they have. */
static void no_limit(int *limit, const char *key)
{
	*limit = (int)sw_config_key_find(key)->max;
}

int sw_ctx_config_or_in_force(struct sw_ctx *ctx, struct sw_err *e)
{
	struct sw_err why, ignored;

	ctx->config_trouble.text[0] = '\0';
	if (!sw_ctx_config(ctx, &ctx->config, spared ? &why : e))
		return 0;
	if (!spared)
		return -1;
	ctx->config_trouble = why;
	sw_config_init(&ctx->config);
	sw_store_settings(ctx->store, set_if_right, &ctx->config, &ignored);
	no_limit(&ctx->config.blocked4, "limits.blocked4");
	no_limit(&ctx->config.blocked6, "limits.blocked6");
	no_limit(&ctx->config.prefixes, "limits.prefixes");
	return 0;
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
