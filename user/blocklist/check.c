// SPDX-License-Identifier: GPL-2.0-only
/* Refuses blocks that would hit allowed or guarded addresses. */
#include "blocklist/internal.h"

static int refuse(const struct sw_prefix *p, const struct sw_prefix *hit, const char *who,
		  const char *advice, struct sw_err *e)
{
	char mine[SW_PREFIX_TEXT], theirs[SW_PREFIX_TEXT];
	const char *how = "lies inside";

	if (sw_prefix_covers(p, hit))
		how = sw_prefix_covers(hit, p) ? "is" : "covers";
	sw_prefix_text(p, mine);
	if (!strcmp(how, "is"))
		return sw_fail(e, SW_EXIT_GUARD, "%s is not blocked (%s); %s", mine, who, advice);
	return sw_fail(e, SW_EXIT_GUARD, "%s is not blocked: it %s %s (%s); %s", mine, how,
		       sw_prefix_text(hit, theirs), who, advice);
}

/* Each of these is all of IPv4, behind a translator: NAT64's (RFC 6052, RFC 8215) and SIIT's
 * (RFC 6145). The address is in the last 32 bits. */
static bool is_translated(const struct sw_config *c, const struct sw_prefix *p)
{
	static const char *const of[] = {"64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96"};
	struct sw_prefix all;

	if (p->v4)
		return false;
	for (int i = 0; i < c->nat64.count; i++)
		if (c->nat64.item[i].plen == 96 && sw_prefix_overlaps(p, &c->nat64.item[i]))
			return true;
	if (p->addr.byte[0])
		return false;
	for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
		if (!sw_prefix_parse(of[i], &all, NULL) && sw_prefix_overlaps(p, &all))
			return true;
	return false;
}

static int check_length(const struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e)
{
	int least = p->v4 ? ctx->config.min_prefix4 : ctx->config.min_prefix6;
	char text[SW_PREFIX_TEXT];

	if (p->plen < 96 + ctx->config.min_prefix4 && is_translated(&ctx->config, p))
		return sw_fail(e, SW_EXIT_GUARD,
			       "%s is not blocked: it covers IPv4 addresses behind a translator, "
			       "and is shorter than /%d, the limit of guard.min_prefix4 for them; "
			       "use --force if you mean it",
			       sw_prefix_text(p, text), 96 + ctx->config.min_prefix4);
	if (p->plen >= least)
		return 0;
	return sw_fail(e, SW_EXIT_GUARD,
		       "%s is not blocked: shorter than /%d, the limit of guard.min_prefix%d; "
		       "block smaller networks or use --force",
		       sw_prefix_text(p, text), least, p->v4 ? 4 : 6);
}

static int check_allowed(struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e)
{
	for (int i = 0; i < ctx->config.allow.count; i++)
		if (sw_prefix_overlaps(p, &ctx->config.allow.item[i]))
			return refuse(p, &ctx->config.allow.item[i], "allowed by the configuration",
				      "remove it from `allow` there first, or use --force", e);
	if (sw_allow_known(ctx, e))
		return -1;
	for (size_t i = 0; i < ctx->allowed_count; i++)
		if (sw_prefix_overlaps(p, &ctx->allowed[i].prefix))
			return refuse(p, &ctx->allowed[i].prefix, "allowed",
				      "unallow it first, or use --force", e);
	return 0;
}

static int check_guard(const struct sw_guard *guard, const struct sw_prefix *p, struct sw_err *e)
{
	const struct sw_guarded *hit = sw_guard_hit(guard, p);

	if (!hit)
		return 0;
	return refuse(p, &hit->prefix, hit->text, "use --force if you mean it", e);
}

/* The first prefix is mostly the only one, so only what it touches is found. */
static int check_guarded(struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e)
{
	const struct sw_guard *all;
	struct sw_guard touched;
	int ret;

	if (ctx->guard_found || ctx->guard_asked) {
		all = sw_ctx_guard(ctx, e);
		return all ? check_guard(all, p, e) : -1;
	}
	ctx->guard_asked = true;
	if (sw_guard_find(ctx->config.keep_ssh, p, &touched, e))
		return -1;
	ret = check_guard(&touched, p, e);
	sw_guard_free(&touched);
	return ret;
}

int sw_block_check(struct sw_ctx *ctx, const struct sw_prefix *p, struct sw_err *e)
{
	if (check_length(ctx, p, e) || check_allowed(ctx, p, e))
		return -1;
	return check_guarded(ctx, p, e);
}
