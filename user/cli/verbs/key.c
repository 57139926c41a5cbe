// SPDX-License-Identifier: GPL-2.0-only
/* key: who may knock at hidden services. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "cli/policy.h"
#include "store/key_file.h"

static int find(const struct sw_key *k, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(k[i].name, name))
			return i;
	return -1;
}

static int save(struct sw_ctx *ctx, const struct sw_globals *g, const struct sw_key *k, int n,
		const char *did, const char *name, struct sw_err *e)
{
	if (g->dry_run)
		return 0;
	if (sw_keys_write(ctx->state_dir, k, n, e) || sw_apply_keys(ctx, e))
		return -1;
	sw_audit_say("key %s: %s", did, name);
	return sw_audit_write(ctx->store, g, SW_EXIT_OK, e);
}

static int add(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_key *k, int n,
	       const char *name, struct sw_err *e)
{
	char text[SW_KEY_TEXT];

	if (!sw_key_is_name(name))
		return sw_fail(
			e, SW_EXIT_USAGE,
			"key add: invalid name \"%s\" (expected up to %d letters, digits and "
			". _ @ -)",
			name, SW_KEY_NAME - 1);
	if (find(k, n, name) >= 0)
		return sw_fail(e, SW_EXIT_USAGE,
			       "key add: there is a key \"%s\" already (revoke it first)", name);
	if (n == SW_KNOCK_KEYS) /* k has no place for another */
		return sw_fail(e, SW_EXIT_FAILED, "key add: there is room for %d keys", n);
	snprintf(k[n].name, sizeof(k[n].name), "%s", name);
	k[n].since = sw_now();
	if (getrandom(k[n].key, sizeof(k[n].key), 0) != sizeof(k[n].key))
		return sw_fail(e, SW_EXIT_FAILED, "no random numbers: %s", strerror(errno));
	if (save(ctx, g, k, n + 1, "add", name, e))
		return -1;
	sw_key_text(&k[n], text);
	if (g->json) {
		json_t *root = sw_cli_json();

		json_object_set_new(root, "name", json_string(name));
		json_object_set_new(root, "key", json_string(text));
		json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
		return sw_cli_print(g, root, e);
	}
	printf("%s %s\n", name, text);
	return 0;
}

static int revoke(struct sw_ctx *ctx, const struct sw_globals *g, struct sw_key *k, int n,
		  const char *name, struct sw_err *e)
{
	int at = find(k, n, name);

	if (at < 0)
		return sw_fail(e, SW_EXIT_USAGE,
			       "key revoke: there is no key \"%s\" (`scanwall key list` shows "
			       "them)",
			       name);
	memmove(&k[at], &k[at + 1], (n - at - 1) * sizeof(*k));
	if (save(ctx, g, k, n - 1, "revoke", name, e))
		return -1;
	if (g->json) {
		json_t *root = sw_cli_json();

		json_object_set_new(root, "revoked", json_string(name));
		json_object_set_new(root, "dry_run", json_boolean(g->dry_run));
		return sw_cli_print(g, root, e);
	}
	if (!g->quiet)
		printf("%s is %srevoked: it opens nothing any more\n", name,
		       g->dry_run ? "to be " : "");
	return 0;
}

static int list(const struct sw_globals *g, const struct sw_key *k, int n, struct sw_err *e)
{
	json_t *root, *keys;

	if (!g->json) {
		for (int i = 0; i < n; i++)
			printf("%s\n", k[i].name);
		return 0;
	}
	root = sw_cli_json();
	keys = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(keys, json_pack("{s:s, s:o}", "name", k[i].name, "since",
						      sw_cli_time(k[i].since)));
	json_object_set_new(root, "keys", keys);
	return sw_cli_print(g, root, e);
}

SW_VERB(key)
{
	const char *what = a->operand[0];
	bool is_list = !strcmp(what, "list");
	struct sw_key *k = NULL;
	struct sw_ctx ctx;
	int n, rc = -1;

	if (!is_list && strcmp(what, "add") && strcmp(what, "revoke"))
		return sw_fail(e, SW_EXIT_USAGE,
			       "key: invalid word \"%s\" (expected add NAME, "
			       "list or revoke NAME)",
			       what);
	if ((a->count == 1) != is_list)
		return sw_fail(e, SW_EXIT_USAGE, "key %s: %s", what,
			       is_list ? "takes no name" : "which one? (expected a name)");
	if (is_list)
		sw_audit_skip();
	if (is_list || g->dry_run ? sw_cli_open(&ctx, g, e) : sw_cli_open_locked(&ctx, g, e))
		return -1;
	n = sw_keys_read(ctx.state_dir, &k, e);
	if (n >= 0 && is_list)
		rc = list(g, k, n, e);
	else if (n >= 0)
		rc = (*what == 'a' ? add : revoke)(&ctx, g, k, n, a->operand[1], e);
	free(k);
	sw_ctx_close(&ctx);
	return rc;
}
