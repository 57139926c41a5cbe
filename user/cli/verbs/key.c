// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall key`: makes, lists and revokes keys for hidden services. */
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
	sw_audit_changed(name);
	sw_audit_say("key %s: %s", did, name);
	return 0;
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
			       "key add: key \"%s\" already exists (revoke it first)", name);
	if (n == SW_KNOCK_KEYS) /* k has no place for another */
		return sw_fail(e, SW_EXIT_FAILED, "key add: too many keys (at most %d)", n);
	snprintf(k[n].name, sizeof(k[n].name), "%s", name);
	k[n].since = sw_now();
	if (getrandom(k[n].key, sizeof(k[n].key), 0) != sizeof(k[n].key))
		return sw_fail(e, SW_EXIT_FAILED, "cannot get random numbers: %s", strerror(errno));
	if (save(ctx, g, k, n + 1, "add", name, e))
		return -1;
	sw_key_text(&k[n], text);
	if (g->json) {
		json_t *root = sw_cli_json();

		json_object_set_new(root, "name", json_string(name));
		json_object_set_new(root, "secret", json_string(text));
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
			       "key revoke: unknown key \"%s\" (`scanwall key list` shows "
			       "them)",
			       name);
	memmove(&k[at], &k[at + 1], (n - at - 1) * sizeof(*k));
	if (save(ctx, g, k, n - 1, "revoke", name, e))
		return -1;
	if (g->json) {
		json_t *root = sw_cli_json();

		json_object_set_new(root, "revoked", json_string(name));
		return sw_cli_print(g, root, e);
	}
	if (!g->quiet)
		printf("%s is %srevoked and no longer opens ports\n", name,
		       g->dry_run ? "to be " : "");
	return 0;
}

static int list(const struct sw_globals *g, const struct sw_key *k, int n, struct sw_err *e)
{
	json_t *root, *keys;

	if (!g->json) {
		for (int i = 0; i < n; i++)
			printf("%s\n", k[i].name);
		if (!n && !g->quiet)
			puts("there are no keys; scanwall key add NAME makes one");
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

struct request {
	struct sw_key *key;
};

/* Read after opening; freed by release(). */
static int read_keys(struct sw_call *c, struct sw_key **k, struct sw_err *e)
{
	struct request *r = c->request;
	int n = sw_keys_read(c->ctx->state_dir, &r->key, e);

	*k = r->key;
	return n;
}

static int run_add(struct sw_call *c, struct sw_err *e)
{
	struct sw_key *k;
	int n = read_keys(c, &k, e);

	return n < 0 ? -1 : add(c->ctx, c->g, k, n, c->a->operand[0], e);
}

static int run_revoke(struct sw_call *c, struct sw_err *e)
{
	struct sw_key *k;
	int n = read_keys(c, &k, e);

	return n < 0 ? -1 : revoke(c->ctx, c->g, k, n, c->a->operand[0], e);
}

static int run_list(struct sw_call *c, struct sw_err *e)
{
	struct sw_key *k;
	int n = read_keys(c, &k, e);

	return n < 0 ? -1 : list(c->g, k, n, e);
}

static void release(void *request)
{
	free(((struct request *)request)->key);
}

#define OPS(what)                                                                  \
	{                                                                          \
		.request = sizeof(struct request), .run = what, .release = release \
	}

const struct sw_verb_ops sw_key_add_ops = OPS(run_add);
const struct sw_verb_ops sw_key_list_ops = OPS(run_list);
const struct sw_verb_ops sw_key_revoke_ops = OPS(run_revoke);
