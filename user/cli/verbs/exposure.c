// SPDX-License-Identifier: GPL-2.0-only
/* What the outside sees of this host, port by port. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "events/events.h"
#include "host/endpoints.h"
#include "views/human.h"
#include "views/text_table.h"
#include "cli/control.h"

static const char *proto_name(const struct sw_exposed *x)
{
	return x->endpoint.proto == IPPROTO_UDP ? "udp" : "tcp";
}

static const char *served_by(const struct sw_exposed *x, char buf[192])
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
	return n ? buf : "not known";
}

static json_t *when(int64_t us)
{
	return us ? sw_cli_time(us) : json_null();
}

static json_t *count(int n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *one_json(const struct sw_exposed *x)
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

	json_object_set_new(o, "probes", json_integer(x->probes));
	json_object_set_new(o, "first_scan", when(x->first_probe));
	json_object_set_new(o, "last_scan", when(x->last_probe));
	return o;
}

static int print_json(const struct sw_globals *g, const struct sw_exposure *all, struct sw_err *e)
{
	json_t *root = sw_cli_json(), *list = json_array();

	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(list, one_json(&all->item[i]));
	json_object_set_new(root, "exposed", list);
	return sw_cli_print(g, root, e);
}

static const char *age(int64_t since, char buf[SW_HUMAN_TEXT])
{
	return since ? sw_human_age(since, buf) : "-";
}

static int print_text(const struct sw_globals *g, const struct sw_exposure *all, struct sw_err *e)
{
	static const struct sw_column columns[] = {
		{.title = "PORT"},
		{.title = "SERVED BY", .gives = true},
		{.title = "SINCE", .right = true},
		{.title = "SOURCES NOW", .right = true},
		{.title = "SCANS", .right = true},
		{.title = "FIRST", .right = true},
		{.title = "LAST", .right = true},
	};
	struct sw_table *t = sw_table_new(columns, 7);
	char buf[192], span[SW_HUMAN_TEXT];
	int rc;

	for (size_t i = 0; i < all->count; i++) {
		const struct sw_exposed *x = &all->item[i];

		sw_table_cell(t, SW_BOLD, "%s/%u", proto_name(x), x->endpoint.port);
		sw_table_cell(t, SW_PLAIN, "%s", served_by(x, buf));
		sw_table_cell(t, SW_PLAIN, "%s", age(x->endpoint.since, span));
		if (x->endpoint.sources < 0)
			sw_table_cell(t, SW_DIM, "-");
		else
			sw_table_cell(t, SW_PLAIN, "%d", x->endpoint.sources);
		sw_table_cell(t, x->probes ? SW_YELLOW : SW_DIM, "%ld", x->probes);
		sw_table_cell(t, SW_PLAIN, "%s", age(x->first_probe, span));
		sw_table_cell(t, SW_PLAIN, "%s", age(x->last_probe, span));
	}
	rc = all->count ? sw_table_print(t, g, 0, sw_human_width(), e) : 0;
	sw_table_free(t);
	if (!rc && !g->quiet && !all->count)
		puts("no service is reachable from outside");
	return rc;
}

static int exposure(struct sw_call *c, struct sw_err *e)
{
	struct sw_exposure all;
	int rc;

	if (sw_exposure_find(c->ctx, &all, e))
		return -1;
	rc = c->g->json ? print_json(c->g, &all, e) : print_text(c->g, &all, e);
	sw_exposure_free(&all);
	return rc;
}

const struct sw_verb_ops sw_exposure_ops = {.run = exposure};
