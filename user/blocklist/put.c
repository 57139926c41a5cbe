// SPDX-License-Identifier: GPL-2.0-only
/* Writes new claims to the record: compares them with the old ones, so none is
 * shortened, and counts them against the limits. */
#include "base/sort.h"
#include "blocklist/internal.h"

/* limits.* are checked by counting the record if that is cheap compared with the change
 * itself; a single block added to a long list fails on the full map instead. */
#define CHEAP_LIMIT 4096

struct was { /* the record's claim with the same prefix and origin */
	int64_t since, expires;
	bool found, new_only;
};

struct op {
	const struct sw_claim *c;
	size_t index;
	struct was was;
};

enum kind { HOST4, HOST6, PREFIX4, PREFIX6, KINDS };

struct survey {
	struct op *end, *at;
	int64_t now;
	struct sw_prefix last;
	bool any;
	int64_t count[KINDS]; /* live prefixes in the record */
	struct sw_targets *t; /* prefixes of this change */
	size_t next;
	int64_t fresh[KINDS]; /* of those, not in the record */
	size_t rows_left;
};

static enum kind kind_of(const struct sw_prefix *p)
{
	switch (sw_block_map_of(p)) {
	case SW_IN_DROP4:
		return HOST4;
	case SW_IN_DROP6:
		return HOST6;
	case SW_IN_PREFIX4:
		return PREFIX4;
	case SW_IN_PREFIX6:
		return PREFIX6;
	}
	abort();
}

static int claim_cmp(const struct sw_claim *a, const struct sw_claim *b)
{
	int cmp = sw_prefix_cmp(&a->prefix, &b->prefix);

	return cmp ? cmp : strcmp(a->origin, b->origin);
}

static int op_cmp(const void *a, const void *b)
{
	const struct op *x = a, *y = b;
	int cmp = claim_cmp(x->c, y->c);

	return cmp ? cmp : x->index < y->index ? -1 : 1;
}

static void remember(struct was *was, const struct sw_claim *c)
{
	*was = (struct was){c->since, c->expires, true, c->new_only};
}

/* Targets before p are new, or removed if nobody claims them. Their sum depends on this
 * change alone. */
static void pass_targets(struct survey *s, const struct sw_prefix *p)
{
	while (s->next < s->t->count) {
		struct sw_target *t = &s->t->item[s->next];
		int cmp = p ? sw_prefix_cmp(&t->prefix, p) : -1;

		if (cmp > 0)
			return;
		s->next++;
		if (!cmp)
			return;
		s->fresh[kind_of(&t->prefix)] += t->claimed;
		t->summed = true;
	}
}

/* Visited in the order of op_cmp, except for origins within one prefix. */
static int survey_claim(const struct sw_claim *c, void *arg)
{
	struct survey *s = arg;

	if (!s->rows_left--)
		return 1;
	if (c->expires > s->now && (!s->any || sw_prefix_cmp(&s->last, &c->prefix))) {
		s->any = true;
		s->last = c->prefix;
		s->count[kind_of(&c->prefix)]++;
		pass_targets(s, &c->prefix);
	}
	while (s->at < s->end && sw_prefix_cmp(&s->at->c->prefix, &c->prefix) < 0)
		s->at++;
	for (struct op *op = s->at; op < s->end && !sw_prefix_cmp(&op->c->prefix, &c->prefix);
	     op++) {
		if (strcmp(op->c->origin, c->origin) != 0)
			continue;
		remember(&op->was, c);
		break; /* put_all() passes it to the others with the same prefix */
	}
	return 0;
}

static int check_room(const struct sw_ctx *ctx, const struct survey *s, struct sw_err *e)
{
	static const char *const what[KINDS] = {"IPv4 addresses", "IPv6 addresses and /64 networks",
						"IPv4 prefixes", "IPv6 prefixes"};
	static const char *const key[KINDS] = {"limits.blocked4", "limits.blocked6",
					       "limits.prefixes", "limits.prefixes"};
	int limit[KINDS] = {ctx->config.blocked4, ctx->config.blocked6, ctx->config.prefixes,
			    ctx->config.prefixes};

	for (int k = 0; k < KINDS; k++)
		if (s->fresh[k] && s->count[k] + s->fresh[k] > limit[k])
			return sw_fail(e, SW_EXIT_GUARD,
				       "%lld %s would be blocked, but %s is %d; raise it and "
				       "reload the program, or block fewer",
				       (long long)(s->count[k] + s->fresh[k]), what[k], key[k],
				       limit[k]);
	return 0;
}

static bool only_kernel(const struct sw_changeset *p)
{
	for (size_t i = 0; i < p->claim_count; i++)
		if (strcmp(p->claim[i].origin, SW_ORIGIN_KERNEL))
			return false;
	return true;
}

/* One pass over the record fills every op's `was` and counts. 1: it has more rows than
 * expected. */
static int survey_record(struct sw_ctx *ctx, struct sw_changeset *p, struct op *op, int64_t now,
			 size_t rows, struct sw_err *e)
{
	struct sw_claim_filter every = {0};
	struct survey s = {.end = op + p->claim_count,
			   .at = op,
			   .now = now,
			   .t = &p->targets,
			   .rows_left = rows};
	int ret = sw_store_claims(ctx->store, &every, survey_claim, &s, e);

	if (ret)
		return ret;
	pass_targets(&s, NULL);
	return only_kernel(p) ? 0 : check_room(ctx, &s, e);
}

static int look_up(struct sw_ctx *ctx, struct op *op, size_t n, struct sw_err *e)
{
	struct sw_claim c;

	for (size_t i = 0; i < n; i++) {
		int found =
			sw_store_claim_get(ctx->store, &op[i].c->prefix, op[i].c->origin, &c, e);

		if (found < 0)
			return -1;
		if (found)
			remember(&op[i].was, &c);
	}
	return 0;
}

/* How many rows it pays to read for this change. */
static size_t worth_walking(const struct sw_ctx *ctx, const struct sw_changeset *p)
{
	int limit[KINDS] = {ctx->config.blocked4, ctx->config.blocked6, ctx->config.prefixes,
			    ctx->config.prefixes};
	size_t rows = SW_WALK_ROWS(p->claim_count);

	if (rows > 2 * CHEAP_LIMIT || only_kernel(p))
		return rows;
	for (size_t i = 0; i < p->targets.count; i++)
		if (limit[kind_of(&p->targets.item[i].prefix)] <= CHEAP_LIMIT)
			return 2 * CHEAP_LIMIT;
	return rows;
}

/* New claims not yet written. */
struct queue {
	const struct sw_claim **fresh; /* the record has none */
	size_t fresh_count;
	const struct sw_claim *renewed[SW_CLAIMS_PUT]; /* it has an expired one */
	size_t renewed_count;
};

static int put_queued(struct sw_ctx *ctx, struct queue *q, struct sw_err *e)
{
	size_t fresh = q->fresh_count, renewed = q->renewed_count;

	q->fresh_count = q->renewed_count = 0;
	if (fresh && sw_store_claims_new(ctx->store, q->fresh, fresh, e))
		return -1;
	return renewed ? sw_store_claims_put(ctx->store, q->renewed, renewed, e) : 0;
}

static int enqueue(struct sw_ctx *ctx, struct queue *q, const struct op *op, struct sw_err *e)
{
	if (!op->was.found) {
		q->fresh[q->fresh_count++] = op->c;
		return 0;
	}
	q->renewed[q->renewed_count++] = op->c;
	return q->renewed_count < SW_CLAIMS_PUT ? 0 : put_queued(ctx, q, e);
}

/* Writes op's claim over the previous one. */
static int put_one(struct sw_ctx *ctx, struct op *op, int64_t now, struct queue *q,
		   enum sw_change *change, struct sw_err *e)
{
	struct sw_claim c, old;
	bool live = op->was.found && op->was.expires > now;
	bool opens = live && op->was.new_only && !op->c->new_only;

	if (!live) {
		*change = SW_ADDED;
		return enqueue(ctx, q, op, e);
	}
	c = *op->c;
	*change = c.expires > op->was.expires || opens ? SW_PROLONGED : SW_UNCHANGED;
	if (*change == SW_UNCHANGED && !c.comment[0])
		return 0;
	if (put_queued(ctx, q, e) ||
	    sw_store_claim_get(ctx->store, &c.prefix, c.origin, &old, e) < 0)
		return -1;
	c.since = op->was.since;
	c.new_only &= op->was.new_only;
	if (c.expires < op->was.expires)
		c.expires = op->was.expires;
	if (!c.comment[0])
		memcpy(c.comment, old.comment, sizeof(c.comment));
	if (*change == SW_UNCHANGED && !strcmp(c.comment, old.comment))
		return 0;
	if (sw_store_claim_put(ctx->store, &c, e))
		return -1;
	remember(&op->was, &c);
	return 0;
}

static int put_all(struct sw_ctx *ctx, const struct sw_changeset *p, struct op *op, int64_t now,
		   struct sw_err *e)
{
	enum sw_change unasked;
	struct queue q = {.fresh = malloc(p->claim_count * sizeof(*q.fresh))};
	int ret = 0;

	if (!q.fresh)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu claims", p->claim_count);
	for (size_t i = 0; !ret && i < p->claim_count; i++) {
		enum sw_change *to = p->claim_change ? &p->claim_change[op[i].index] : &unasked;
		struct op *next = i + 1 < p->claim_count ? &op[i + 1] : NULL;

		ret = put_one(ctx, &op[i], now, &q, to, e);
		if (*to == SW_ADDED)
			remember(&op[i].was, op[i].c);
		if (next && !sw_prefix_cmp(&op[i].c->prefix, &next->c->prefix) &&
		    !strcmp(op[i].c->origin, next->c->origin))
			next->was = op[i].was;
	}
	if (!ret)
		ret = put_queued(ctx, &q, e);
	free(q.fresh);
	return ret;
}

static bool is_same(const struct sw_sum *a, const struct sw_sum *b)
{
	return a->latest == b->latest && a->any == b->any && a->kernel == b->kernel &&
	       a->open == b->open;
}

/* Where the record had nothing before, only the ops count. */
static void sum_new(struct sw_targets *t, const struct op *op, size_t n, int64_t now)
{
	const struct op *end = op + n;
	struct sw_sum last = {0}; /* entries of a list mostly end together */
	__u32 tick = sw_ticks_now(), last_word = 0;
	int cmp;

	for (size_t i = 0; i < t->count; i++) {
		struct sw_sum sum = {0};

		for (; op < end && (cmp = sw_prefix_cmp(&op->c->prefix, &t->item[i].prefix)) <= 0;
		     op++)
			if (!cmp && op->c->expires > now)
				sw_sum_add(&sum, op->c);
		if (!t->item[i].summed)
			continue;
		if (!is_same(&sum, &last))
			last_word = sw_sum_word(&sum, tick);
		last = sum;
		t->item[i].expires_tick = last_word;
	}
}

int sw_claims_put(struct sw_ctx *ctx, struct sw_changeset *p, struct sw_err *e)
{
	int64_t now = sw_now();
	size_t rows = worth_walking(ctx, p);
	struct op *op;
	int ret;

	if (!p->claim_count)
		return 0;
	op = calloc(p->claim_count, sizeof(*op));
	if (!op)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory for %zu claims", p->claim_count);
	for (size_t i = 0; i < p->claim_count; i++)
		op[i] = (struct op){.c = &p->claim[i], .index = i};
	sw_sort(op, p->claim_count, sizeof(*op), op_cmp);
	ret = rows ? survey_record(ctx, p, op, now, rows, e) : 1;
	if (ret > 0)
		ret = look_up(ctx, op, p->claim_count, e);
	if (!ret)
		ret = put_all(ctx, p, op, now, e);
	sum_new(&p->targets, op, p->claim_count, now);
	free(op);
	return ret;
}
