// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall attach`: attaches the program to interfaces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "daemon/daemon.h"
#include "engine/chain.h"
#include "events/events.h"
#include "cli/control.h"

struct request {
	const struct sw_globals *g;
	const struct sw_args *a;
	const char *mode; /* detect or enforce; NULL: as it is */
	const char *xdp;  /* NULL: as configured */
	bool *was;	  /* attached already */
	int chain;	  /* the program to chain; -1: leave as it is */
};

/* Checked before anything is loaded, so that a typo leaves nothing behind. */
static int check_interfaces(const struct sw_args *a, struct sw_err *e)
{
	for (int i = 0; i < a->count; i++) {
		if (!if_nametoindex(a->operand[i]))
			return sw_fail(e, SW_EXIT_FAILED,
				       "no such interface: \"%s\" (`ip -br link` lists them)",
				       a->operand[i]);
	}
	return 0;
}

/* --mode also accepts the values of --xdp, since both are called modes. */
static int read_modes(struct request *r, struct sw_err *e)
{
	const char *mode = r->a->option[SW_ATTACH_MODE];

	r->xdp = r->a->option[SW_ATTACH_XDP];
	if (!mode)
		return 0;
	if (strcmp(mode, "native") != 0 && strcmp(mode, "generic") != 0) {
		r->mode = mode;
		return 0;
	}
	if (r->xdp && strcmp(r->xdp, mode) != 0)
		return sw_fail(e, SW_EXIT_USAGE, "--mode %s conflicts with --xdp %s", mode, r->xdp);
	r->xdp = mode;
	return 0;
}

static int configure(struct sw_ctx *ctx, const struct request *r, struct sw_err *e)
{
	if (r->mode && sw_config_set(&ctx->config, "mode", r->mode, "--mode: ", e))
		return -1;
	return r->xdp ? sw_config_set(&ctx->config, "xdp", r->xdp, "--xdp: ", e) : 0;
}

/* All of those named, or none. */
static int attach_all(struct sw_ctx *ctx, const struct request *r, struct sw_err *e)
{
	struct sw_err ignored;
	int rc;

	for (int i = 0; i < r->a->count; i++) {
		rc = sw_engine_attach(&ctx->engine, r->a->operand[i], ctx->config.xdp, e);
		r->was[i] = rc > 0;
		if (rc >= 0)
			continue;
		while (i-- > 0) {
			if (!r->was[i])
				sw_engine_detach(ctx->pin_dir, r->a->operand[i], &ignored);
		}
		return -1;
	}
	return 0;
}

/* The old daemon would keep writing to maps that nothing reads any more. */
static int refuse_old_daemon(const struct sw_ctx *ctx, struct sw_err *e)
{
	pid_t daemon = ctx->foreign ? sw_daemon_pid(ctx->state_dir) : 0;

	if (!daemon)
		return 0;
	return sw_fail(e, SW_EXIT_FAILED,
		       "the daemon (pid %d) belongs to the version to be replaced; restart it "
		       "instead, and it replaces the program: systemctl restart scanwall",
		       daemon);
}

/* The mode of a trial that is running stays until it ends. */
static int raise_and_attach(struct sw_ctx *ctx, const struct request *r, struct sw_err *e)
{
	bool fresh = !ctx->loaded && !ctx->foreign;
	struct sw_err ignored;

	if (refuse_old_daemon(ctx, e))
		return -1;
	if (sw_trial_left(ctx) && !r->mode)
		ctx->config.mode = ctx->engine.settings->mode;
	if (sw_ctx_bring_up(ctx, e))
		return -1;
	if (!attach_all(ctx, r, e) &&
	    (!r->mode || !sw_store_setting_put(ctx->store, "mode", r->mode, e)))
		return 0;
	if (fresh) {
		sw_engine_close(&ctx->engine);
		ctx->loaded = false;
		sw_engine_remove(ctx->pin_dir, &ignored);
	}
	return -1;
}

/* The programs beside the main one that the kernel took. */
static json_t *parts_json(unsigned int parts)
{
	json_t *list = json_array();

	if (parts & SW_PART_SIGNATURES)
		json_array_append_new(list, json_string("signatures"));
	if (parts & SW_PART_CHALLENGES)
		json_array_append_new(list, json_string("challenges"));
	if (parts & SW_PART_REFUSALS)
		json_array_append_new(list, json_string("refusals"));
	return list;
}

static int print_json(const struct sw_ctx *ctx, const struct request *r,
		      const struct sw_attachment *at, int n, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();
	const struct sw_attachment *one;

	for (int i = 0; i < r->a->count; i++) {
		one = sw_attachment_find(at, n, r->a->operand[i]);
		json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "name", r->a->operand[i],
						      "xdp", one ? sw_xdp_name(one) : "none",
						      "changed", !r->was[i]));
	}
	json_object_set_new(root, "attached", list);
	json_object_set_new(root, "mode", json_string(sw_mode_name(sw_mode_now(ctx))));
	json_object_set_new(root, "parts", parts_json(sw_engine_parts(ctx->pin_dir)));
	json_object_set_new(root, "guarded_count", json_integer(ctx->guard.count));
	json_object_set_new(root, "chained", sw_chained_json(ctx->pin_dir));
	return sw_cli_print(r->g, root, e);
}

static void print_one(const struct request *r, const struct sw_attachment *at, bool was)
{
	const char *xdp = sw_xdp_name(at);

	if (!was)
		printf("%s: attached, %s XDP\n", at->ifname, xdp);
	else
		printf("%s: already attached, %s XDP; now runs this version of the program\n",
		       at->ifname, xdp);
	if (was && r->xdp && strcmp(r->xdp, "auto") != 0 && strcmp(r->xdp, xdp) != 0)
		printf("    it stays %s; to change that, run scanwall detach %s, then attach "
		       "again\n",
		       xdp, at->ifname);
}

static void print_mode(const struct sw_ctx *ctx)
{
	unsigned int parts = sw_engine_parts(ctx->pin_dir);
	char span[SW_DURATION_TEXT];
	const char *missing;

	if (ctx->engine.settings->panic)
		puts("PANIC is on: all packets pass; `scanwall panic --off` ends it");
	else if (sw_mode_now(ctx) == SW_ENFORCE)
		puts("mode is enforce: packets from blocked sources are dropped");
	else
		puts("mode is detect: nothing is dropped, only counted; `scanwall mode enforce` "
		     "drops");
	if (sw_engine_grace(&ctx->engine))
		printf("closed ports challenge, and block later, for the first %s (detect.grace)\n",
		       sw_duration_text(ctx->config.grace, span));
	for (int i = 0; (missing = sw_parts_missing(parts, i)); i++)
		puts(missing);
	printf("%d guarded prefixes are never blocked; `scanwall status` lists them\n",
	       ctx->guard.count);
}

static void print_chain(const struct sw_ctx *ctx)
{
	char name[SW_CHAIN_NAME];
	__u32 id;

	if (sw_chain_info(ctx->pin_dir, &id, name))
		printf("what passes goes on to \"%s\" (id %u)\n", name[0] ? name : "unnamed", id);
}

static int print_result(const struct sw_ctx *ctx, const struct request *r, struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MAX];
	const struct sw_attachment *one;
	int n = sw_attached(ctx->pin_dir, at, e);

	if (n < 0)
		return -1;
	if (r->g->json)
		return print_json(ctx, r, at, n, e);
	if (r->g->quiet)
		return 0;
	for (int i = 0; i < r->a->count; i++) {
		one = sw_attachment_find(at, n, r->a->operand[i]);
		if (one)
			print_one(r, one, r->was[i]);
	}
	print_mode(ctx);
	print_chain(ctx);
	return 0;
}

static int print_dry(struct sw_ctx *ctx, const struct request *r, struct sw_err *e)
{
	struct sw_attachment at[SW_LINKS_MAX];
	int n = sw_attached(ctx->pin_dir, at, e);

	if (n < 0 || !sw_ctx_guard(ctx, e))
		return -1;
	for (int i = 0; i < r->a->count; i++)
		r->was[i] = sw_attachment_find(at, n, r->a->operand[i]);
	if (r->g->json)
		return print_json(ctx, r, at, n, e);
	for (int i = 0; i < r->a->count && !r->g->quiet; i++)
		printf("%s: would be attached%s\n", r->a->operand[i],
		       r->was[i] ? ", as it is already" : "");
	if (!r->g->quiet)
		printf("mode would be %s\n",
		       sw_mode_name(r->mode ? (enum sw_mode)ctx->config.mode : sw_mode_now(ctx)));
	return 0;
}

static int attach(struct sw_call *c, struct sw_err *e)
{
	const struct request *r = c->request;
	struct sw_ctx *ctx = c->ctx;
	int changed = 0;

	if (configure(ctx, r, e))
		return -1;
	if (r->g->dry_run)
		return print_dry(ctx, r, e);
	if (raise_and_attach(ctx, r, e) || print_result(ctx, r, e))
		return -1;
	for (int i = 0; i < r->a->count; i++) {
		changed += !r->was[i];
		if (!r->was[i])
			sw_audit_changed(r->a->operand[i]);
	}
	sw_audit_say("attach: %d interfaces, mode %s", changed, sw_mode_name(sw_mode_now(ctx)));
	return changed || !r->g->strict ? SW_EXIT_OK : SW_EXIT_ABSENT;
}

static int read_chain(struct request *r, struct sw_err *e)
{
	const char *text = r->a->option[SW_ATTACH_CHAIN];

	if (!text)
		return 0;
	r->chain = sw_chain_open(text, e);
	if (r->chain < 0)
		return -1;
	for (int i = 0; i < r->a->count; i++)
		if (sw_chain_check(if_nametoindex(r->a->operand[i]), r->a->operand[i], r->chain, e))
			return -1;
	sw_chain_take(r->chain);
	return 0;
}

static int read_request(struct sw_call *c, struct sw_err *e)
{
	struct request *r = c->request;

	r->chain = -1;
	r->g = c->g;
	r->a = c->a;
	if (read_modes(r, e) || check_interfaces(c->a, e))
		return -1;
	r->was = calloc(c->a->count, sizeof(*r->was));
	if (!r->was)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	return read_chain(r, e);
}

static void release(void *request)
{
	struct request *r = request;

	free(r->was);
	sw_chain_take(-1);
	if (r->chain >= 0)
		close(r->chain);
}

const struct sw_verb_ops sw_attach_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = attach,
	.release = release,
};
