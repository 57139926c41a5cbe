// SPDX-License-Identifier: GPL-2.0-only
/* Ports of this host that are reachable from outside. */
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "host/endpoints.h"

static int add_services(const struct sw_config *c, struct sw_endpoints *l, struct sw_err *e)
{
	for (int i = 0; i < c->services.count; i++) {
		struct sw_endpoint one = {.proto = c->services.item[i].proto,
					  .port = c->services.item[i].port,
					  .configured = true,
					  .sources = -1};

		if (!sw_endpoints_get(l, one.proto, one.port) && sw_endpoints_add(l, &one, e))
			return -1;
	}
	return 0;
}

/* Ports that recently replied to a client, such as those of containers and DNAT. */
static int add_learned(const struct sw_ctx *ctx, struct sw_endpoints *l, struct sw_err *e)
{
	const struct sw_served *served;
	struct sw_window w;
	size_t n;

	if (!ctx->loaded)
		return 0;
	n = sw_map_entries(&ctx->engine, SW_MAP_served);
	if (sw_window_open(&ctx->engine, SW_MAP_served, 0, n, &w, e))
		return -1;
	served = w.at;
	for (size_t i = 0; i < n; i++) {
		struct sw_endpoint one = {
			.proto = served[i].proto, .port = served[i].port, .sources = -1};

		if (!served[i].last_open || !one.port ||
		    (one.proto != IPPROTO_TCP && one.proto != IPPROTO_UDP) ||
		    sw_ticks_now() - served[i].last_open > ctx->engine.settings->served_ticks ||
		    sw_endpoints_get(l, one.proto, one.port))
			continue;
		if (sw_endpoints_add(l, &one, e)) {
			sw_window_close(&w);
			return -1;
		}
	}
	sw_window_close(&w);
	return 0;
}

static int take(const struct sw_endpoints *l, size_t known, struct sw_exposure *out,
		struct sw_err *e)
{
	for (size_t i = 0; i < l->count; i++) {
		struct sw_exposed one = {.endpoint = l->item[i]};

		one.learned = known <= i;
		if (sw_grow((void **)&out->item, &out->room, out->count, sizeof(one), e))
			return -1;
		out->item[out->count++] = one;
	}
	return 0;
}

static int by_port(const void *a, const void *b)
{
	const struct sw_endpoint *x = &((const struct sw_exposed *)a)->endpoint;
	const struct sw_endpoint *y = &((const struct sw_exposed *)b)->endpoint;

	return x->proto != y->proto ? x->proto - y->proto : x->port - y->port;
}

/* ---- recorded probes */

static void note(struct sw_exposure *all, int proto, json_int_t port, int64_t time)
{
	for (size_t i = 0; i < all->count; i++) {
		struct sw_exposed *x = &all->item[i];

		if (x->endpoint.port != port || x->endpoint.proto != proto)
			continue;
		if (!x->first_probe)
			x->first_probe = time;
		x->last_probe = time;
		x->probes++;
	}
}

static int note_event(const struct sw_record *r, void *arg)
{
	json_t *o = json_loads(r->json, 0, NULL);
	const json_t *ports = json_object_get(o, "ports"), *one;
	const char *name = json_string_value(json_object_get(o, "proto"));
	json_int_t dport = json_integer_value(json_object_get(o, "dest_port"));
	int proto = name && !strcmp(name, "UDP") ? IPPROTO_UDP : IPPROTO_TCP;
	bool told = false;
	size_t i;

	json_array_foreach (ports, i, one) {
		note(arg, proto, json_integer_value(one), r->time);
		told |= json_integer_value(one) == dport;
	}
	if (!told && dport)
		note(arg, proto, dport, r->time);
	json_decref(o);
	return 0;
}

int sw_exposure_served(struct sw_ctx *ctx, struct sw_exposure *out, struct sw_err *e)
{
	struct sw_endpoints l;
	size_t known;
	int rc = -1;

	memset(out, 0, sizeof(*out));
	if (sw_endpoints_find(&l, e))
		return -1;
	if (sw_nat_add(&l, e) || add_services(&ctx->config, &l, e))
		goto out;
	known = l.count;
	if (add_learned(ctx, &l, e) || take(&l, known, out, e))
		goto out;
	if (out->count)
		qsort(out->item, out->count, sizeof(*out->item), by_port);
	rc = 0;
out:
	sw_endpoints_free(&l);
	if (rc)
		sw_exposure_free(out);
	return rc;
}

int sw_exposure_find(struct sw_ctx *ctx, struct sw_exposure *out, struct sw_err *e)
{
	if (sw_exposure_served(ctx, out, e))
		return -1;
	if (!sw_store_events(ctx->store, 0, NULL, 0, note_event, out, e))
		return 0;
	sw_exposure_free(out);
	return -1;
}

void sw_exposure_free(struct sw_exposure *l)
{
	free(l->item);
	memset(l, 0, sizeof(*l));
}
