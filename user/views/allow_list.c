// SPDX-License-Identifier: GPL-2.0-only
/* The allowlist as table and JSON. */
#include <stdlib.h>
#include <string.h>
#include "store/host_names.h"
#include "views/output.h"
#include "views/allow_list.h"

struct loader {
	const struct sw_prefix *within;
	int64_t now;
	struct sw_allowed_list *l;
	struct sw_err *e;
};

static int add(struct loader *k, const struct sw_allow_entry *a, bool configured, bool named)
{
	struct sw_allowed_list *l = k->l;
	size_t more = l->room ? 2 * l->room : 64;
	void *grown;

	if (a->expires <= k->now || (k->within && !sw_prefix_covers(k->within, &a->prefix)))
		return 0;
	if (l->count == l->room) {
		grown = reallocarray(l->item, more, sizeof(*l->item));
		if (!grown)
			return sw_fail(k->e, SW_EXIT_FAILED, "out of memory for %zu prefixes",
				       more);
		l->item = grown;
		l->room = more;
	}
	l->item[l->count++] = (struct sw_allowed){*a, configured, named};
	return 0;
}

static int note(const struct sw_allow_entry *a, void *arg)
{
	return add(arg, a, false, false);
}

static int by_prefix(const void *a, const void *b)
{
	const struct sw_allowed *x = a, *y = b;

	return sw_prefix_cmp(&x->entry.prefix, &y->entry.prefix);
}

static int by_expires(const void *a, const void *b)
{
	const struct sw_allowed *x = a, *y = b;

	if (x->entry.expires == y->entry.expires)
		return by_prefix(a, b);
	return x->entry.expires > y->entry.expires ? 1 : -1;
}

static int by_added(const void *a, const void *b)
{
	const struct sw_allowed *x = a, *y = b;

	if (x->entry.since == y->entry.since)
		return by_prefix(a, b);
	return x->entry.since < y->entry.since ? 1 : -1;
}

static int add_names(struct loader *k, const struct sw_ctx *ctx)
{
	struct sw_host_names *kept = sw_host_names_kept(ctx->state_dir, k->e);
	int rc = kept ? 0 : -1;

	for (int i = 0; !rc && i < ctx->config.allow_names.count; i++) {
		const struct sw_host_name *n =
			sw_host_names_find(kept, ctx->config.allow_names.item[i]);
		struct sw_allow_entry a = {.expires = SW_FOREVER};

		if (n) {
			a.since = n->when;
			snprintf(a.comment, sizeof(a.comment), "name:%.100s%s", n->name,
				 n->trouble[0] ? ", last answer" : "");
		}
		for (int at = 0; !rc && n && at < n->count; at++) {
			a.prefix = sw_prefix_of(&n->addr[at], sw_addr_is4(&n->addr[at]) ? 32 : 128);
			rc = add(k, &a, false, true);
		}
	}
	free(kept);
	return rc;
}

int sw_allowed_load(const struct sw_ctx *ctx, const struct sw_prefix *within,
		    struct sw_allowed_list *l, struct sw_err *e)
{
	struct loader k = {within, sw_now(), l, e};
	struct sw_allow_entry configured = {.expires = SW_FOREVER};
	int rc;

	memset(l, 0, sizeof(*l));
	rc = sw_store_allows(ctx->store, note, &k, e);
	for (int i = 0; !rc && i < ctx->config.allow.count; i++) {
		configured.prefix = ctx->config.allow.item[i];
		rc = add(&k, &configured, true, false);
	}
	if (!rc)
		rc = add_names(&k, ctx);
	if (rc)
		sw_allowed_free(l);
	else if (l->count)
		qsort(l->item, l->count, sizeof(*l->item), by_prefix);
	return rc ? -1 : 0;
}

void sw_allowed_sort(struct sw_allowed_list *l, bool expires)
{
	if (l->count)
		qsort(l->item, l->count, sizeof(*l->item), expires ? by_expires : by_added);
}

void sw_allowed_free(struct sw_allowed_list *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}

json_t *sw_allowed_json(const struct sw_allowed *x)
{
	char prefix[SW_PREFIX_TEXT];

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "prefix",
			 sw_cli_prefix(&x->entry.prefix, prefix), "family",
			 x->entry.prefix.v4 ? "ipv4" : "ipv6", "set_by",
			 x->named	 ? "name"
			 : x->configured ? "configuration"
					 : "operator",
			 "since", x->configured ? json_null() : sw_cli_time(x->entry.since),
			 "expires", sw_cli_time(x->entry.expires), "trusted", (int)x->entry.trusted,
			 "comment", sw_cli_text(x->entry.comment));
}
