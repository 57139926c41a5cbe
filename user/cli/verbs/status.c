// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall status`: gathers attachments, mode, counters and guarded addresses. */
#include <stdio.h>
#include <stdlib.h>
#include "daemon/daemon.h"
#include "events/events.h"
#include "views/watched.h"
#include "cli/verbs/status_verb.h"

static int keep_one(struct sw_status *s, const char *ifname, struct sw_err *e)
{
	const struct sw_attachment *found = sw_attachment_find(s->at, s->attached, ifname);

	if (found) {
		s->at[0] = *found;
		s->attached = 1;
		return 0;
	}
	return sw_fail(e, SW_EXIT_NOT_THERE, "%s is not attached; scanwall attach %s", ifname,
		       ifname);
}

static int gather_links(struct sw_call *c, struct sw_err *e)
{
	const struct sw_args *a = c->a;
	struct sw_status *s = c->request;

	s->g = c->g;
	if (a->option[SW_STATUS_READY])
		c->needs = SW_NEEDS_NOTHING;
	s->attached = sw_attached(s->g->pin_dir, s->at, e);
	if (s->attached < 0 || (a->count && keep_one(s, a->operand[0], e)))
		return -1;
	s->daemon = sw_daemon_pid(s->g->state_dir);
	return 0;
}

/* ---- --ready: for scripts, monitoring and fail2ban; opens no record */

static int ready(const struct sw_status *s, struct sw_err *e)
{
	struct sw_engine engine;
	json_t *root;

	if (!s->attached)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "nothing is attached; scanwall attach IFACE, or scanwall run");
	if (sw_engine_open(&engine, s->g->pin_dir, e)) {
		e->exit = SW_EXIT_NOT_THERE;
		return -1;
	}
	sw_engine_close(&engine);
	for (int i = 0; i < s->attached; i++) {
		if (!s->at[i].ifindex)
			return sw_fail(e, SW_EXIT_NOT_THERE,
				       "%s was attached, but that interface %s", s->at[i].ifname,
				       s->at[i].elsewhere ? "is in another network namespace by now"
							  : "is gone");
	}
	if (!s->daemon)
		return sw_fail(e, SW_EXIT_NOT_THERE,
			       "%s is attached, but the daemon is not running; scanwall run",
			       s->at[0].ifname);
	if (sw_daemon_ready(s->g->pin_dir, e))
		return -1;
	if (!s->g->json) {
		if (!s->g->quiet)
			puts("ready");
		return 0;
	}
	root = sw_cli_json();
	json_object_set_new(root, "ready", json_true());
	return sw_cli_print(s->g, root, e);
}

/* ---- everything */

static void sum_packets(const struct sw_counter *c, struct sw_status_packets *p)
{
	for (int r = 0; r < SW_REASON_COUNT; r++) {
		p->passed += c[r].passed;
		p->passed_bytes += c[r].passed_bytes;
		p->dropped += c[r].dropped;
		p->dropped_bytes += c[r].dropped_bytes;
		if (r == SW_REASON_DETECT_ONLY)
			p->detect_only += c[r].passed;
		if (!sw_reason_drops(r))
			continue;
		p->would += c[r].passed;
		p->would_bytes += c[r].passed_bytes;
	}
}

static int gather(struct sw_status *s, struct sw_err *e)
{
	struct sw_counter c[SW_REASON_COUNT] = {0};
	struct sw_watched_list watched;

	if (sw_blocked_load(s->ctx, NULL, &s->blocked, e) ||
	    sw_watched_load(s->ctx, NULL, &watched, e))
		return -1;
	s->watched = watched.count;
	sw_watched_free(&watched);
	s->by_origin = calloc(s->blocked.origins + 1, sizeof(*s->by_origin));
	if (!s->by_origin)
		return sw_fail(e, SW_EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < s->blocked.claims; i++)
		s->by_origin[s->blocked.claim[i].origin]++;
	if (s->ctx->loaded && sw_engine_counters(&s->ctx->engine, c, e))
		return -1;
	sum_packets(c, &s->packets);
	s->floods =
		s->ctx->loaded ? sw_floods_now(&s->ctx->engine, s->flooded, SW_FLOODED_MOST, e) : 0;
	if (s->floods < 0)
		return -1;
	s->guard = sw_ctx_guard(s->ctx, e);
	return s->guard ? 0 : -1;
}

static int run(struct sw_call *c, struct sw_err *e)
{
	struct sw_status *s = c->request;

	if (c->a->option[SW_STATUS_READY])
		return ready(s, e);
	s->ctx = c->ctx;
	if (gather(s, e))
		return -1;
	if (c->g->quiet)
		return 0;
	return c->g->json ? sw_status_print_json(s, e) : sw_status_print(s, e);
}

static void release(void *request)
{
	struct sw_status *s = request;

	free(s->by_origin);
	sw_blocked_free(&s->blocked);
}

const struct sw_verb_ops sw_status_ops = {
	.request = sizeof(struct sw_status),
	.read = gather_links,
	.run = run,
	.release = release,
};
