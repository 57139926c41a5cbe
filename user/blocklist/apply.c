// SPDX-License-Identifier: GPL-2.0-only
/* Applies the configuration to the running program. */
#include <errno.h>
#include <bpf/bpf.h>
#include <netinet/in.h>
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

/* Without the keys what is hidden is better seen than shut to its owner. */
static bool is_lost(struct sw_ctx *ctx)
{
	char *why = ctx->keys_unread.text;
	size_t n = strlen(why);

	if (!n || ctx->engine.settings->any_key || !ctx->config.hidden.count)
		return false;
	snprintf(why + n, sizeof(ctx->keys_unread.text) - n,
		 "; hidden ports are open without them");
	return true;
}

static int apply_hidden(struct sw_ctx *ctx, struct sw_err *e)
{
	const struct sw_texts *list = &ctx->config.hidden;
	int count = is_lost(ctx) ? 0 : list->count;
	__u64 word[SW_HIDDEN_WORDS] = {0};

	for (int i = 0; i < count; i++) {
		int port = atoi(list->item[i]);

		word[port >> 6] |= 1ull << (port & 63);
	}
	for (__u32 i = 0; i < SW_HIDDEN_WORDS; i++)
		if (bpf_map_update_elem(ctx->engine.fd[SW_MAP_hidden], &i, &word[i], BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED, "hidden: map hidden: %s",
				       strerror(errno));
	sw_setting_store(&ctx->engine, any_hidden,
			 (ctx->engine.settings->any_hidden & ~SW_ANY_HIDDEN) |
				 (count ? SW_ANY_HIDDEN : 0));
	return 0;
}

/* ---- limited ports: nobody is shut out, or let in, between two steps of a change */

static void reach_key(const struct sw_reach_item *i, struct sw_reach *key)
{
	*key = (struct sw_reach){
		.plen = SW_REACH_PORT_BITS + i->from.plen + (i->from.v4 ? 96 : 0),
		.port = i->port,
		.limited = i->limited,
		.addr = i->from.addr,
	};
}

struct reach_list {
	int fd;
	struct sw_reach *key; /* sorted */
	size_t count;
};

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sw_reach));
}

static int read_reach(const struct sw_texts *list, struct reach_list *l, __u64 *word,
		      struct sw_err *e)
{
	struct sw_reach_item item;

	for (int i = 0; i < list->count; i++) {
		if (sw_reach_parse(list->item[i], &item, e))
			return -1;
		reach_key(&item, &l->key[l->count++]);
		word[item.limited * SW_HIDDEN_WORDS + (item.port >> 6)] |= 1ull << (item.port & 63);
	}
	if (l->count)
		qsort(l->key, l->count, sizeof(*l->key), by_bytes);
	return 0;
}

static int put_reach(const struct reach_list *l, struct sw_err *e)
{
	__u8 yes = 1;

	for (size_t i = 0; i < l->count; i++)
		if (bpf_map_update_elem(l->fd, &l->key[i], &yes, BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED,
				       "port_allow: the map reach has room for %u prefixes: %s",
				       SW_REACH_MAX, strerror(errno));
	return 0;
}

static int drop_reach(const void *key, const void *value, void *arg)
{
	const struct reach_list *l = arg;

	(void)value;
	if (!l->count || !bsearch(key, l->key, l->count, sizeof(*l->key), by_bytes))
		bpf_map_delete_elem(l->fd, key);
	return 0;
}

static int put_limited(struct sw_ctx *ctx, const __u64 *word, struct sw_err *e)
{
	for (__u32 i = 0; i < SW_LIMITED_COUNT * SW_HIDDEN_WORDS; i++)
		if (bpf_map_update_elem(ctx->engine.fd[SW_MAP_limited], &i, &word[i], BPF_ANY))
			return sw_fail(e, SW_EXIT_FAILED, "port_allow: map limited: %s",
				       strerror(errno));
	return 0;
}

static int apply_limited(struct sw_ctx *ctx, struct sw_err *e)
{
	__u64 *word = calloc(SW_LIMITED_COUNT * SW_HIDDEN_WORDS, sizeof(*word));
	const struct sw_texts *list = &ctx->config.port_allow;
	struct reach_list l = {.fd = ctx->engine.fd[SW_MAP_reach],
			       .key = calloc(list->count + 1, sizeof(*l.key))};
	int rc = -1;
	__u8 others;

	if (!word || !l.key)
		sw_fail(e, SW_EXIT_FAILED, "out of memory");
	else if (!read_reach(list, &l, word, e) && !put_reach(&l, e) && !put_limited(ctx, word, e))
		rc = 0;
	if (!rc) {
		others = ctx->engine.settings->any_hidden & ~SW_ANY_LIMITED;
		sw_setting_store(&ctx->engine, any_hidden, others | (l.count ? SW_ANY_LIMITED : 0));
		rc = sw_map_each(&ctx->engine, SW_MAP_reach, drop_reach, &l, e);
	}
	free(l.key);
	free(word);
	return rc;
}

/* ---- detect_only */

static void read_detect_ports(const struct sw_service_list *l, __u64 *word)
{
	for (int i = 0; i < l->count; i++) {
		enum sw_limited protocol = l->item[i].proto == IPPROTO_TCP   ? SW_LIMITED_TCP
					   : l->item[i].proto == IPPROTO_UDP ? SW_LIMITED_UDP
									     : SW_LIMITED_SCTP;

		word[protocol * SW_HIDDEN_WORDS + (l->item[i].port >> 6)] |=
			1ull << (l->item[i].port & 63);
	}
}

static int apply_detect_only(struct sw_ctx *ctx, struct sw_err *e)
{
	__u64 *word = calloc(SW_LIMITED_COUNT * SW_HIDDEN_WORDS, sizeof(*word));
	__u32 kinds = sw_config_detect_kinds(&ctx->config);
	int rc = 0;

	if (!word)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	read_detect_ports(&ctx->config.detect_services, word);
	for (__u32 i = 0; !rc && i < SW_LIMITED_COUNT * SW_HIDDEN_WORDS; i++)
		if (bpf_map_update_elem(ctx->engine.fd[SW_MAP_detect_ports], &i, &word[i], BPF_ANY))
			rc = sw_fail(e, SW_EXIT_FAILED,
				     "detect_only.services: map detect_ports: %s", strerror(errno));
	free(word);
	if (rc)
		return rc;
	sw_setting_store(&ctx->engine, detect_kinds, kinds);
	sw_setting_store(&ctx->engine, detect_only, kinds || ctx->config.detect_services.count > 0);
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
	ctx->keys_unread.text[0] = '\0';
	l.count = sw_keys_read(ctx->state_dir, &keys, &ctx->keys_unread);
	if (l.count < 0)
		return 0; /* those in the map stay */
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
	sw_settings_heartbeat(g, ctx->config.heartbeat);
	if (!g->settings->revert_at || sw_settings_reverted(g))
		sw_setting_store(g, mode, ctx->config.mode);
}

int sw_apply_config(struct sw_ctx *ctx, struct sw_err *e)
{
	if (!ctx->loaded)
		return 0;
	if (apply_services(ctx, e) || sw_allow_sync(ctx, e) || sw_apply_keys(ctx, e) ||
	    apply_hidden(ctx, e) || apply_limited(ctx, e) || apply_detect_only(ctx, e))
		return -1;
	apply_settings(ctx);
	return 0;
}
