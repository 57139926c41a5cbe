// SPDX-License-Identifier: GPL-2.0-only
/* `scanwall exposure`: which ports of this host are reachable from outside. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"
#include "host/endpoints.h"
#include "views/human.h"
#include "views/text_table.h"
#include "cli/verbs.h"

static const char *proto_name(const struct sw_exposed *x)
{
	return x->endpoint.proto == IPPROTO_UDP ? "udp" : "tcp";
}

/* Whether it is one of the ports that `hidden` names. */
static bool is_hidden(const struct sw_config *c, const struct sw_endpoint *e)
{
	for (int i = 0; e->proto == IPPROTO_TCP && i < c->hidden.count; i++)
		if (atoi(c->hidden.item[i]) == e->port)
			return true;
	return false;
}

/* Finds the next port_allow entry for the port and moves *at past it; false: none. */
static bool next_reach(const struct sw_config *c, const struct sw_endpoint *e, int *at,
		       struct sw_prefix *from)
{
	enum sw_limited limited = e->proto == IPPROTO_UDP ? SW_LIMITED_UDP : SW_LIMITED_TCP;
	struct sw_reach_item item;
	struct sw_err ignored;

	while (*at < c->port_allow.count) {
		if (sw_reach_parse(c->port_allow.item[(*at)++], &item, &ignored) ||
		    item.port != e->port || item.limited != limited)
			continue;
		*from = item.from;
		return true;
	}
	return false;
}

static size_t add_limits(const struct sw_config *c, const struct sw_endpoint *e, char *buf,
			 size_t size)
{
	char text[SW_PREFIX_TEXT];
	struct sw_prefix from, more;
	size_t n = 0;
	int at = 0;

	if (is_hidden(c, e))
		n += snprintf(buf, size, "; hidden");
	if (next_reach(c, e, &at, &from))
		n += snprintf(buf + n, size - n, "; only for %s%s", sw_prefix_text(&from, text),
			      next_reach(c, e, &at, &more) ? " and others" : "");
	return n;
}

static const char *served_by(const struct sw_config *c, const struct sw_exposed *x, char buf[192])
{
	const struct sw_endpoint *e = &x->endpoint;
	size_t n = 0;

	buf[0] = 0;
	if (e->process[0])
		n += snprintf(buf + n, 192 - n, "%s (%d)", e->process, e->pid);
	if (e->container[0])
		n += snprintf(buf + n, 192 - n, "%s%s", n ? ", " : "", e->container);
	if (e->moved_to[0])
		n += snprintf(buf + n, 192 - n, "%sNAT to %s", n ? ", " : "", e->moved_to);
	if (e->configured && !n)
		n += snprintf(buf + n, 192 - n, "named in services");
	if (x->learned && !n)
		n += snprintf(buf + n, 192 - n, "not known; it answers");
	if (!n)
		n += snprintf(buf + n, 192 - n, "not known");
	add_limits(c, e, buf + n, 192 - n);
	return buf;
}

static json_t *when(int64_t us)
{
	return us ? sw_cli_time(us) : json_null();
}

static json_t *count(int n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *limits_json(const struct sw_config *c, const struct sw_endpoint *e)
{
	json_t *list = json_array();
	char text[SW_PREFIX_TEXT];
	struct sw_prefix from;

	for (int at = 0; next_reach(c, e, &at, &from);)
		json_array_append_new(list, json_string(sw_cli_prefix(&from, text)));
	return list;
}

static json_t *one_json(const struct sw_config *c, const struct sw_exposed *x)
{
	const struct sw_endpoint *e = &x->endpoint;
	char proto[SW_PROTO_TEXT];
	json_t *o =
		json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "proto",
			  sw_proto_name(e->proto, proto), "dest_port", e->port, "process",
			  e->process[0] ? sw_cli_text(e->process) : json_null(), "pid",
			  e->pid ? json_integer(e->pid) : json_null(), "container",
			  e->container[0] ? json_string(e->container) : json_null(), "nat_to",
			  e->moved_to[0] ? sw_cli_text(e->moved_to) : json_null(), "configured",
			  e->configured, "since", when(e->since), "sources_now", count(e->sources));

	json_object_set_new(o, "hidden", json_boolean(is_hidden(c, e)));
	json_object_set_new(o, "limited_to", limits_json(c, e));
	json_object_set_new(o, "probes", json_integer(x->probes));
	json_object_set_new(o, "first_scan", when(x->first_probe));
	json_object_set_new(o, "last_scan", when(x->last_probe));
	return o;
}

static int print_json(struct sw_call *c, const struct sw_exposure *all, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();

	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(list, one_json(&c->ctx->config, &all->item[i]));
	json_object_set_new(root, "exposed", list);
	return sw_cli_print(c->g, root, e);
}

static const char *age(int64_t since, char buf[SW_HUMAN_TEXT])
{
	return since ? sw_human_age(since, buf) : "-";
}

static int print_text(struct sw_call *c, const struct sw_exposure *all, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "PORT"},
		{.title = "SERVED BY", .gives = true},
		{.title = "SINCE", .right = true},
		{.title = "SOURCES NOW", .right = true},
		{.title = "SCANS", .right = true},
		{.title = "FIRST SCAN", .right = true},
		{.title = "LAST SCAN", .right = true},
	};
	struct sw_table *t = sw_table_new(columns, 7);
	char buf[192], span[SW_HUMAN_TEXT];
	int rc;

	for (size_t i = 0; i < all->count; i++) {
		const struct sw_exposed *x = &all->item[i];

		sw_table_cell(t, SW_BOLD, "%s/%u", proto_name(x), x->endpoint.port);
		sw_table_cell(t, SW_PLAIN, "%s", served_by(&c->ctx->config, x, buf));
		sw_table_cell(t, SW_PLAIN, "%s", age(x->endpoint.since, span));
		if (x->endpoint.sources < 0)
			sw_table_cell(t, SW_DIM, "-");
		else
			sw_table_cell(t, SW_PLAIN, "%d", x->endpoint.sources);
		sw_table_cell(t, x->probes ? SW_YELLOW : SW_DIM, "%ld", x->probes);
		sw_table_cell(t, SW_PLAIN, "%s", age(x->first_probe, span));
		sw_table_cell(t, SW_PLAIN, "%s", age(x->last_probe, span));
	}
	rc = all->count ? sw_table_print(t, c->g, 0, sw_human_width(), e) : 0;
	sw_table_free(t);
	if (!rc && !c->g->quiet && !all->count)
		puts("no service is reachable from outside");
	return rc;
}

static int exposure(struct sw_call *c, struct sw_err *e)
{
	struct sw_exposure all;
	int rc;

	if (sw_exposure_find(c->ctx, &all, e))
		return -1;
	rc = c->g->json ? print_json(c, &all, e) : print_text(c, &all, e);
	sw_exposure_free(&all);
	return rc;
}

const struct sw_verb_ops sw_exposure_ops = {.run = exposure};
