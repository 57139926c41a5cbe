// SPDX-License-Identifier: GPL-2.0-only
/* The configuration into the running program. */
#include <errno.h>
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include "blocklist/internal.h"
#include "store/key_file.h"

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

static int apply_hidden(struct sw_ctx *ctx, struct sw_err *e)
{
	const struct sw_texts *list = &ctx->config.hidden;
	__u64 word[SW_HIDDEN_WORDS] = {0};

	for (int i = 0; i < list->count; i++) {
		int port = atoi(list->item[i]);

		word[port >> 6] |= 1ull << (port & 63);
	}
	for (__u32 i = 0; i < SW_HIDDEN_WORDS; i++)
		if (bpf_map_update_elem(ctx->engine.fd[SW_MAP_hidden], &i, &word[i], BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED, "hidden: map hidden: %s",
				       strerror(errno));
	sw_setting_store(&ctx->engine, any_hidden, list->count > 0);
	return 0;
}

struct key_list {
	const struct sw_engine *g;
	const struct sw_key *key;
	int count;
};

static int drop_key(const void *id, const void *value, void *arg)
{
	const struct key_list *l = arg;

	(void)value;
	for (int i = 0; i < l->count; i++) {
		__be64 known = sw_key_id(&l->key[i]);

		if (!memcmp(&known, id, sizeof(known)))
			return 0;
	}
	bpf_map_delete_elem(l->g->fd[SW_MAP_knock_keys], id);
	return 0;
}

static int put_keys(const struct key_list *l, struct sw_err *e)
{
	for (int i = 0; i < l->count; i++) {
		struct sw_knock_key value = {{l->key[i].key[0], l->key[i].key[1]}};
		__be64 id = sw_key_id(&l->key[i]);

		if (bpf_map_update_elem(l->g->fd[SW_MAP_knock_keys], &id, &value, BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED,
				       "key \"%s\" could not be written to map knock_keys: %s",
				       l->key[i].name, strerror(errno));
	}
	return sw_map_each(l->g, SW_MAP_knock_keys, drop_key, (void *)l, e);
}

int sw_apply_keys(struct sw_ctx *ctx, struct sw_err *e)
{
	struct key_list l = {.g = &ctx->engine};
	struct sw_key *keys;
	int rc;

	if (!ctx->loaded)
		return 0;
	l.count = sw_keys_read(ctx->state_dir, &keys, e);
	if (l.count < 0)
		return -1;
	l.key = keys;
	sw_settings_clock(&ctx->engine);
	rc = put_keys(&l, e);
	if (!rc)
		sw_setting_store(&ctx->engine, any_key, l.count > 0);
	free(keys);
	return rc;
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
	if (apply_services(ctx, e) || sw_allow_sync(ctx, e) || sw_apply_keys(ctx, e) ||
	    apply_hidden(ctx, e))
		return -1;
	apply_settings(ctx);
	return 0;
}
