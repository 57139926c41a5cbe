// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall detach`: the off switch. Works with a broken record or configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "daemon/daemon.h"
#include "engine/syn_flood.h"
#include "cli/control.h"

struct request {
	const struct sw_globals *g;
	struct sw_attachment at[SW_LINKS_MAX]; /* as it was before */
	int attached;
	char **name; /* to be detached */
	bool *was;   /* attached */
	int count;
};

static int read_request(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct request *r = c->request;
	bool all = a->option[SW_DETACH_ALL];

	r->g = c->g;
	if (all && a->count)
		return sw_fail(e, SW_EXIT_USAGE,
			       "\"%s\" conflicts with --all: name interfaces or use --all",
			       a->operand[0]);
	if (!all && !a->count)
		return sw_fail(e, SW_EXIT_USAGE, "missing interface (expected IFACE or --all)");
	r->attached = sw_attached(r->g->pin_dir, r->at, e);
	if (r->attached < 0)
		return -1;
	r->count = all ? r->attached : a->count;
	r->name = calloc(r->count + 1, sizeof(*r->name));
	r->was = calloc(r->count + 1, sizeof(*r->was));
	if (!r->name || !r->was)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (int i = 0; i < r->count; i++) {
		r->name[i] = all ? r->at[i].ifname : a->operand[i];
		r->was[i] = sw_attachment_find(r->at, r->attached, r->name[i]);
		if (!r->was[i] && !if_nametoindex(r->name[i]))
			return sw_fail(e, SW_EXIT_FAILED,
				       "no such interface: \"%s\", and none of that name is "
				       "attached; nothing was changed",
				       r->name[i]);
	}
	return 0;
}

static int detach_all(const struct request *r, struct sw_err *e)
{
	for (int i = 0; i < r->count; i++) {
		if (sw_engine_detach(r->g->pin_dir, r->name[i], e) < 0)
			return -1;
	}
	return 0;
}

/* Blocks made by the kernel are recorded for the next attach. */
static void keep_blocks(struct sw_ctx *ctx)
{
	struct sw_err why;

	if (ctx->store && sw_adopt_kernel_blocks(ctx, NULL, &why))
		fprintf(stderr, "scanwall detach: cannot save the kernel's own blocks: %s\n",
			why.text);
}

/* *emptied: program and maps were removed as well. */
static int take_down(const struct request *r, struct sw_ctx *ctx, bool *emptied, struct sw_err *e)
{
	int left;

	if (detach_all(r, e))
		return -1;
	left = sw_engine_attachments(r->g->pin_dir, NULL, 0, e);
	if (left)
		return left < 0 ? -1 : 0;
	*emptied = ctx->loaded || r->attached;
	keep_blocks(ctx);
	if (sw_syncookies_put_back(r->g->state_dir) < 0)
		fprintf(stderr, "scanwall detach: net.ipv4.tcp_syncookies cannot be set back: %s\n",
			strerror(errno));
	return sw_engine_remove(r->g->pin_dir, e);
}

static int print_json(const struct request *r, bool emptied, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();

	for (int i = 0; i < r->count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:b}", "name", r->name[i], "changed", r->was[i]));
	json_object_set_new(root, "detached", list);
	json_object_set_new(root, "unloaded", json_boolean(emptied));
	return sw_cli_print(r->g, root, e);
}

static int print_result(const struct request *r, bool emptied, struct sw_err *e)
{
	const char *done = r->g->dry_run ? "would be detached" : "detached";
	pid_t daemon;

	if (r->g->json)
		return print_json(r, emptied, e);
	if (r->g->quiet)
		return 0;
	for (int i = 0; i < r->count; i++)
		printf("%s: %s\n", r->name[i], r->was[i] ? done : "was not attached");
	if (!r->count)
		puts("nothing was attached");
	if (!emptied)
		return 0;
	puts("nothing is left in the kernel; the record is kept for the next attach");
	daemon = sw_daemon_pid(r->g->state_dir);
	if (daemon)
		printf("the daemon (pid %d) keeps running and waits for an attach\n", daemon);
	return 0;
}

static int count_changes(const struct request *r)
{
	int n = 0;

	for (int i = 0; i < r->count; i++)
		n += r->was[i];
	return n;
}

static int detach(struct sw_call *c, struct sw_err *e)
{
	const struct request *r = c->request;
	bool emptied = false;

	if ((!c->g->dry_run && take_down(r, c->ctx, &emptied, e)) || print_result(r, emptied, e))
		return -1;
	for (int i = 0; i < r->count; i++)
		if (r->was[i])
			sw_audit_changed(r->name[i]);
	sw_audit_say("detach: %d interfaces%s", count_changes(r),
		     emptied ? ", program and maps" : "");
	return c->g->strict && !count_changes(r) ? SW_EXIT_ABSENT : SW_EXIT_OK;
}

static void release(void *request)
{
	struct request *r = request;

	free(r->name);
	free(r->was);
}

const struct sw_verb_ops sw_detach_ops = {
	.request = sizeof(struct request),
	.read = read_request,
	.run = detach,
	.release = release,
};
