// SPDX-License-Identifier: GPL-2.0-only
/* Blocked addresses as table and JSON. */
#include <stdlib.h>
#include <string.h>
#include "views/output.h"
#include "views/blocked_list.h"

struct entry { /* of the maps */
	struct sw_prefix prefix;
	uint32_t until;
	uint64_t hits;
};

struct loader {
	struct sw_blocked_list *l;
	const struct sw_prefix *within;
	struct entry *entry;
	size_t entries, room, at; /* at: the next one to join */
	bool loaded;
	struct sw_err *e;
};

static int grow(void *array, size_t *room, size_t count, size_t size, struct sw_err *e)
{
	size_t more = *room ? 2 * *room : 64;
	void *old, *grown;

	if (count < *room)
		return 0;
	memcpy(&old, array, sizeof(old));
	grown = reallocarray(old, more, size);
	if (!grown)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for a list of %zu", more);
	memcpy(array, &grown, sizeof(grown));
	*room = more;
	return 0;
}

static int note_entry(const struct sw_prefix *p, __u32 until, __u64 hits, void *arg)
{
	struct loader *k = arg;

	if (k->within && !sw_prefix_covers(k->within, p))
		return 0;
	if (grow(&k->entry, &k->room, k->entries, sizeof(*k->entry), k->e))
		return -1;
	k->entry[k->entries++] = (struct entry){*p, until, hits};
	return 0;
}

static int origin_number(struct sw_blocked_list *l, const char *name, struct sw_err *e)
{
	/* There are few origins, and their claims are mostly adjacent. */
	for (size_t i = l->origins; i-- > 0;) {
		if (strcmp(l->origin[i], name) == 0)
			return i;
	}
	if (grow(&l->origin, &l->origin_room, l->origins, sizeof(*l->origin), e))
		return -1;
	snprintf(l->origin[l->origins], SW_ORIGIN_MAX, "%s", name);
	return l->origins++;
}

static int add_item(struct loader *k, const struct sw_prefix *p)
{
	struct sw_blocked_list *l = k->l;

	if (grow(&l->item, &l->room, l->count, sizeof(*l->item), k->e))
		return -1;
	l->item[l->count++] = (struct sw_blocked){.prefix = *p, .first = l->claims};
	return 0;
}

/* A claim of the newest item. */
static int add_claim(struct loader *k, const char *origin, const char *comment, int64_t since,
		     int64_t expires, bool new_only)
{
	struct sw_blocked_list *l = k->l;
	struct sw_blocked *b = &l->item[l->count - 1];
	int number = origin_number(l, origin, k->e);
	struct sw_blocked_claim *c;

	if (number < 0 || grow(&l->claim, &l->claim_room, l->claims, sizeof(*l->claim), k->e))
		return -1;
	c = &l->claim[l->claims];
	*c = (struct sw_blocked_claim){
		.since = since, .expires = expires, .origin = number, .new_only = new_only};
	if (comment[0]) {
		c->comment = strdup(comment);
		if (!c->comment)
			return sw_fail(k->e, SW_EXIT_FAILED, "out of memory");
	}
	l->claims++;
	b->count++;
	if (since && (!b->since || since < b->since))
		b->since = since;
	if (expires > b->expires)
		b->expires = expires;
	return 0;
}

/* Blocks made by the kernel since the record was last updated. */
static int add_unrecorded(struct loader *k, const struct entry *n)
{
	return add_claim(k, n->until & SW_EXPIRES_AUTO ? SW_ORIGIN_KERNEL : SW_ORIGIN_UNRECORDED,
			 "", 0, sw_time_from_ticks(n->until), n->until & SW_EXPIRES_NEW_ONLY);
}

static void meet(struct loader *k, const struct entry *n)
{
	struct sw_blocked *b = &k->l->item[k->l->count - 1];

	b->hits += n->hits;
	b->in_kernel = true;
}

/* Entries before p have no claim. */
static int pass_entries(struct loader *k, const struct sw_prefix *p)
{
	const struct entry *n;

	for (; k->at < k->entries; k->at++) {
		n = &k->entry[k->at];
		if (p && sw_prefix_cmp(&n->prefix, p) >= 0)
			return 0;
		if (add_item(k, &n->prefix) || add_unrecorded(k, n))
			return -1;
		meet(k, n);
	}
	return 0;
}

static int join_claim(const struct sw_claim *c, void *arg)
{
	struct loader *k = arg;
	struct sw_blocked_list *l = k->l;

	if (!l->count || sw_prefix_cmp(&l->item[l->count - 1].prefix, &c->prefix) != 0) {
		if (pass_entries(k, &c->prefix) || add_item(k, &c->prefix))
			return -1;
		if (k->at < k->entries && !sw_prefix_cmp(&k->entry[k->at].prefix, &c->prefix))
			meet(k, &k->entry[k->at++]);
	}
	return add_claim(k, c->origin, c->comment, c->since, c->expires, c->new_only);
}

static int by_prefix(const void *a, const void *b)
{
	return sw_prefix_cmp(a, b); /* the first member of both kinds */
}

/* An address may be in a line and in the overflow map. */
static void merge_entries(struct loader *k)
{
	size_t kept = 0;

	if (k->entries)
		qsort(k->entry, k->entries, sizeof(*k->entry), by_prefix);
	for (size_t i = 0; i < k->entries; i++) {
		struct entry *last = kept ? &k->entry[kept - 1] : NULL;

		if (!last || sw_prefix_cmp(&last->prefix, &k->entry[i].prefix) != 0) {
			k->entry[kept++] = k->entry[i];
			continue;
		}
		last->hits += k->entry[i].hits;
		if ((k->entry[i].until & SW_EXPIRES_TICKS) > (last->until & SW_EXPIRES_TICKS))
			last->until = k->entry[i].until;
	}
	k->entries = kept;
}

int sw_blocked_load(const struct sw_ctx *ctx, const struct sw_prefix *within,
		    struct sw_blocked_list *l, struct sw_err *e)
{
	struct sw_claim_filter f = {.within = within, .live_at = sw_now()};
	struct loader k = {.l = l, .within = within, .e = e};
	int rc = 0;

	memset(l, 0, sizeof(*l));
	if (ctx->loaded)
		rc = sw_entries(ctx, note_entry, &k, e);
	if (!rc) {
		merge_entries(&k);
		rc = sw_store_claims(ctx->store, &f, join_claim, &k, e);
	}
	if (!rc)
		rc = pass_entries(&k, NULL);
	free(k.entry);
	if (rc)
		sw_blocked_free(l);
	return rc ? -1 : 0;
}

void sw_blocked_free(struct sw_blocked_list *l)
{
	for (size_t i = 0; i < l->claims; i++)
		free(l->claim[i].comment);
	free(l->claim);
	free(l->item);
	free(l->origin);
	memset(l, 0, sizeof(*l));
}

static bool is_origin(const char *name, const char *wanted)
{
	size_t len = strlen(wanted);

	return strncmp(name, wanted, len) == 0 && (!name[len] || name[len] == '/');
}

void sw_blocked_keep_origin(struct sw_blocked_list *l, const char *origin)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct sw_blocked *b = &l->item[i];
		bool has = false;

		for (int c = 0; c < b->count; c++)
			has |= is_origin(l->origin[l->claim[b->first + c].origin], origin);
		if (has)
			l->item[kept++] = *b;
	}
	l->count = kept;
}

static int by_hits(const void *a, const void *b)
{
	const struct sw_blocked *x = a, *y = b;

	return x->hits != y->hits ? (x->hits < y->hits ? 1 : -1) : by_prefix(a, b);
}

static int by_expires(const void *a, const void *b)
{
	const struct sw_blocked *x = a, *y = b;

	return x->expires != y->expires ? (x->expires > y->expires ? 1 : -1) : by_prefix(a, b);
}

/* Newest first; blocks not yet in the record are the newest. */
static int by_added(const void *a, const void *b)
{
	const struct sw_blocked *x = a, *y = b;
	int64_t s = x->since ? x->since : INT64_MAX, t = y->since ? y->since : INT64_MAX;

	return s != t ? (s < t ? 1 : -1) : by_prefix(a, b);
}

void sw_blocked_sort(struct sw_blocked_list *l, enum sw_blocked_sort by)
{
	static int (*const order[])(const void *, const void *) = {
		[SW_BY_PREFIX] = by_prefix,
		[SW_BY_HITS] = by_hits,
		[SW_BY_EXPIRES] = by_expires,
		[SW_BY_ADDED] = by_added,
	};

	if (l->count)
		qsort(l->item, l->count, sizeof(*l->item), order[by]);
}

static json_t *claim_json(const struct sw_blocked_list *l, const struct sw_blocked_claim *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "origin", sw_cli_text(l->origin[c->origin]),
			 "since", c->since ? sw_cli_time(c->since) : json_null(), "expires",
			 sw_cli_time(c->expires), "comment",
			 sw_cli_text(c->comment ? c->comment : ""), "new_only", c->new_only);
}

json_t *sw_blocked_json(const struct sw_blocked_list *l, const struct sw_blocked *b)
{
	json_t *claims = json_array();
	char prefix[SW_PREFIX_TEXT];

	for (int i = 0; i < b->count; i++)
		json_array_append_new(claims, claim_json(l, &l->claim[b->first + i]));
	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:I, s:b}", "prefix", sw_cli_prefix(&b->prefix, prefix),
		"family", b->prefix.v4 ? "ipv4" : "ipv6", "since",
		b->since ? sw_cli_time(b->since) : json_null(), "expires", sw_cli_time(b->expires),
		"claims", claims, "hits", (json_int_t)b->hits, "in_kernel", b->in_kernel);
}
