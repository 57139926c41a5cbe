// SPDX-License-Identifier: GPL-2.0-only
/* Undoes one change: its rows become what they were, in record and maps at once, unless
 * a later change depends on them. */
#include "blocklist/internal.h"
#include "blocklist/undo.h"

struct plan {
	struct sw_ctx *ctx;
	struct sw_undo *u;
	struct sw_changeset set;
	struct sw_claim *claim;
	size_t claim_count, claim_room;
	struct sw_allow_entry *allow;
	size_t allow_count, allow_room;
	struct sw_prefix *disallow;
	size_t disallow_count, disallow_room;
	int64_t now;
	struct sw_err *e;
};

/* ---- is the row still as the change left it? */

static bool same_claim(const struct sw_claim *a, const struct sw_claim *b)
{
	return a->expires == b->expires && a->new_only == b->new_only &&
	       !strcmp(a->comment, b->comment);
}

static bool same_value(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_as_left(const struct sw_row *row)
{
	if (row->there != row->became)
		return false;
	if (!row->there)
		return true;
	switch (row->kind) {
	case SW_ROW_CLAIM:
		return same_claim(&row->now.claim, &row->after.claim);
	case SW_ROW_ALLOW:
		return row->now.allow.expires == row->after.allow.expires &&
		       row->now.allow.trusted == row->after.allow.trusted &&
		       !strcmp(row->now.allow.comment, row->after.allow.comment);
	case SW_ROW_SETTING:
		return same_value(row->now.value, row->after.value);
	case SW_ROW_RULE_OFF:
		return true;
	}
	return false;
}

static int64_t expiry(const struct sw_row *row, const union sw_row_state *s)
{
	return row->kind == SW_ROW_CLAIM   ? s->claim.expires
	       : row->kind == SW_ROW_ALLOW ? s->allow.expires
					   : SW_FOREVER;
}

/* Expired meanwhile, or removed in the same way since: nothing to undo. */
static bool is_moot(const struct plan *k, const struct sw_row *row)
{
	bool was = row->was && expiry(row, &row->before) > k->now;
	bool there = row->there && expiry(row, &row->now) > k->now;

	return !was && !there;
}

/* Claims of the kernel come and go by themselves; they are only restored. */
static bool is_kernels(const struct sw_row *row)
{
	return row->kind == SW_ROW_CLAIM &&
	       (!strcmp(row->after.claim.origin, SW_ORIGIN_KERNEL) ||
		!strcmp(row->after.claim.origin, SW_ORIGIN_UNRECORDED));
}

/* ---- later changes that depend on it */

static void row_name(const struct sw_row *row, char *buf, size_t size)
{
	char text[SW_PREFIX_TEXT];

	switch (row->kind) {
	case SW_ROW_CLAIM:
		snprintf(buf, size, "the block of %s by %s",
			 sw_prefix_text(&row->after.claim.prefix, text), row->after.claim.origin);
		return;
	case SW_ROW_ALLOW:
		snprintf(buf, size, "the allow of %s",
			 sw_prefix_text(&row->after.allow.prefix, text));
		return;
	case SW_ROW_SETTING:
		snprintf(buf, size, "%s", row->key);
		return;
	case SW_ROW_RULE_OFF:
		snprintf(buf, size, "rule %u", row->sid);
		return;
	}
}

static bool same_row(const struct sw_row *a, const struct sw_row *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SW_ROW_CLAIM:
		return !sw_prefix_cmp(&a->after.claim.prefix, &b->after.claim.prefix) &&
		       !strcmp(a->after.claim.origin, b->after.claim.origin);
	case SW_ROW_ALLOW:
		return !sw_prefix_cmp(&a->after.allow.prefix, &b->after.allow.prefix);
	case SW_ROW_SETTING:
		return !strcmp(a->key, b->key);
	case SW_ROW_RULE_OFF:
		return a->sid == b->sid;
	}
	return false;
}

struct later {
	struct sw_ctx *ctx;
	const struct sw_row *row;
	int64_t after, found; /* latest change of the row */
	struct sw_err *e;
};

static int touches(const struct sw_row *row, void *arg)
{
	const struct later *l = arg;

	return same_row(row, l->row);
}

static int look_later(const struct sw_change_row *c, void *arg)
{
	struct later *l = arg;
	int ret;

	if (c->audit.id <= l->after || c->undone || !c->has_rows)
		return 0;
	ret = sw_store_change_rows(l->ctx->store, c->audit.id, touches, l, l->e);
	if (ret > 0)
		l->found = c->audit.id;
	return ret < 0 ? -1 : 0;
}

static int refuse(struct plan *k, const struct sw_row *row)
{
	struct later l = {k->ctx, row, k->u->id, 0, k->e};
	char name[SW_PREFIX_TEXT + SW_ORIGIN_MAX + 32];

	if (sw_store_changes(k->ctx->store, 0, 0, look_later, &l, k->e) < 0)
		return -1;
	row_name(row, name, sizeof(name));
	if (!l.found)
		return sw_fail(k->e, SW_EXIT_GUARD,
			       "change %lld is not undone: %s has changed since; --force undoes it "
			       "all the same",
			       (long long)k->u->id, name);
	return sw_fail(k->e, SW_EXIT_GUARD,
		       "change %lld is not undone: change %lld has changed %s since; first: "
		       "scanwall rollback %lld",
		       (long long)k->u->id, (long long)l.found, name, (long long)l.found);
}

/* ---- the plan */

static int plan_claim(struct plan *k, const struct sw_row *row)
{
	const struct sw_claim *before = &row->before.claim;
	bool put = row->was && before->expires > k->now;

	if (is_kernels(row) && (!put || row->there))
		return 0;
	k->u->claims++;
	if (row->there &&
	    sw_changeset_delete(&k->set, &before->prefix, row->now.claim.origin, k->e))
		return -1;
	if (!put)
		return 0;
	if (sw_grow((void **)&k->claim, &k->claim_room, k->claim_count, sizeof(*k->claim), k->e))
		return -1;
	k->claim[k->claim_count++] = *before;
	return 0;
}

static int plan_allow(struct plan *k, const struct sw_row *row)
{
	const struct sw_allow_entry *before = &row->before.allow;

	k->u->allows++;
	k->set.touches_allow = true;
	if (sw_grow((void **)&k->disallow, &k->disallow_room, k->disallow_count,
		    sizeof(*k->disallow), k->e) ||
	    sw_grow((void **)&k->allow, &k->allow_room, k->allow_count, sizeof(*k->allow), k->e))
		return -1;
	k->disallow[k->disallow_count++] = before->prefix;
	if (row->was && before->expires > k->now)
		k->allow[k->allow_count++] = *before;
	return 0;
}

static int plan_setting(struct plan *k, const struct sw_row *row)
{
	struct sw_undo *u = k->u;
	size_t n = u->setting_count;

	if (sw_grow((void **)&u->setting, &u->setting_room, n, sizeof(*u->setting), k->e))
		return -1;
	u->setting[n].key = strdup(row->key);
	u->setting[n].value = row->before.value ? strdup(row->before.value) : NULL;
	u->setting_count++;
	if (u->setting[n].key && (u->setting[n].value || !row->before.value))
		return 0;
	return sw_fail(k->e, SW_EXIT_FAILED, "out of memory");
}

static int plan_rule(struct plan *k, const struct sw_row *row)
{
	struct sw_undo *u = k->u;

	if (sw_grow((void **)&u->rule, &u->rule_room, u->rule_count, sizeof(*u->rule), k->e))
		return -1;
	u->rule[u->rule_count].sid = row->sid;
	u->rule[u->rule_count++].off = row->was;
	return 0;
}

static int plan_row(const struct sw_row *row, void *arg)
{
	struct plan *k = arg;

	if (is_moot(k, row)) {
		k->u->over++;
		return 0;
	}
	if (!is_as_left(row) && !is_kernels(row) && !k->u->force)
		return refuse(k, row);
	switch (row->kind) {
	case SW_ROW_CLAIM:
		return plan_claim(k, row);
	case SW_ROW_ALLOW:
		return plan_allow(k, row);
	case SW_ROW_SETTING:
		return plan_setting(k, row);
	case SW_ROW_RULE_OFF:
		return plan_rule(k, row);
	}
	return -1;
}

/* An allow entry that this rollback removes must not prevent the block from returning. */
static void leave_out_disallowed(struct plan *k)
{
	struct sw_ctx *ctx = k->ctx;
	size_t kept = 0;

	for (size_t i = 0; i < ctx->allowed_count; i++) {
		bool goes = false;

		for (size_t n = 0; n < k->disallow_count && !goes; n++)
			goes = !sw_prefix_cmp(&ctx->allowed[i].prefix, &k->disallow[n]);
		for (size_t n = 0; n < k->allow_count && goes; n++)
			goes = sw_prefix_cmp(&ctx->allowed[i].prefix, &k->allow[n].prefix) != 0;
		if (!goes)
			ctx->allowed[kept++] = ctx->allowed[i];
	}
	ctx->allowed_count = kept;
}

static int ask_guards(struct plan *k)
{
	struct sw_err why;
	int ret = 0;

	if (!k->claim_count || k->u->force)
		return 0;
	if (sw_allow_known(k->ctx, k->e))
		return -1;
	leave_out_disallowed(k);
	for (size_t i = 0; !ret && i < k->claim_count; i++)
		if (sw_block_check(k->ctx, &k->claim[i].prefix, &why))
			ret = sw_fail(k->e, why.exit, "change %lld is not undone: %s",
				      (long long)k->u->id, why.text);
	sw_allow_forget(k->ctx);
	return ret;
}

/* ---- executed, in the transaction of the claims */

static int put_back(struct sw_ctx *ctx, void *arg, struct sw_err *e)
{
	const struct plan *k = arg;
	const struct sw_undo *u = k->u;
	struct sw_config fresh;
	int ret = 0;

	for (size_t i = 0; !ret && i < u->setting_count; i++)
		ret = sw_store_setting_put(ctx->store, u->setting[i].key, u->setting[i].value, e);
	for (size_t i = 0; !ret && i < u->rule_count; i++)
		ret = sw_store_rule_off(ctx->store, u->rule[i].sid, u->rule[i].off, e);
	if (ret || !u->setting_count)
		return ret;
	if (sw_ctx_config(ctx, &fresh, e))
		return -1;
	ret = u->accept ? u->accept(ctx, &fresh, u->accept_arg, e) : 0;
	if (ret) {
		sw_config_free(&fresh);
		return ret;
	}
	sw_config_free(&ctx->config);
	ctx->config = fresh;
	return 0;
}

static int make_plan(struct plan *k)
{
	if (sw_store_change_rows(k->ctx->store, k->u->id, plan_row, k, k->e))
		return -1;
	return ask_guards(k);
}

static int carry_out(struct plan *k)
{
	struct sw_changeset *set = &k->set;

	if (sw_changeset_claims(set, k->claim, k->claim_count, k->e))
		return -1;
	set->allow = k->allow;
	set->allow_count = k->allow_count;
	set->disallow = k->disallow;
	set->disallow_count = k->disallow_count;
	set->also = put_back;
	set->also_arg = k;
	return sw_changeset_run(k->ctx, set, k->e);
}

int sw_undo(struct sw_ctx *ctx, struct sw_undo *u, bool dry, struct sw_err *e)
{
	struct plan k = {.ctx = ctx, .u = u, .now = sw_now(), .e = e};
	int ret = make_plan(&k);

	if (!ret && !dry)
		ret = carry_out(&k);
	sw_changeset_free(&k.set);
	free(k.claim);
	free(k.allow);
	free(k.disallow);
	return ret;
}

void sw_undo_free(struct sw_undo *u)
{
	for (size_t i = 0; i < u->setting_count; i++) {
		free(u->setting[i].key);
		free(u->setting[i].value);
	}
	free(u->setting);
	free(u->rule);
}
