// SPDX-License-Identifier: GPL-2.0-only
/* Guarded addresses: collects them, and puts them into the maps. */
#include <bpf/bpf.h>
#include <errno.h>
#include <scanwall/dropset.h>
#include <stdio.h>
#include <string.h>
#include "base/duration.h"
#include "engine/guard_internal.h"

static int add_nearby(struct sw_guard *g, struct sw_err *e)
{
	static const struct {
		const char *prefix, *text;
	} near[] = {
		{"127.0.0.0/8", "loopback"},
		{"::1", "loopback"},
		{"169.254.0.0/16", "link-local"},
		{"fe80::/10", "link-local"},
	};
	struct sw_prefix p;

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (sw_prefix_parse(near[i].prefix, &p, e) ||
		    sw_guard_add(g, &p.addr, p.plen, SW_GUARD_LINK_LOCAL, near[i].text, e))
			return -1;
	return 0;
}

int sw_guard_find(bool keep_ssh, const struct sw_prefix *only, struct sw_guard *out,
		  struct sw_err *e)
{
	struct sw_guard g = {.only = only};

	if (sw_guard_own(&g, e) || sw_guard_gateways(&g, e) || sw_guard_files(&g, e) ||
	    (keep_ssh && sw_guard_ssh(&g, e)) || add_nearby(&g, e)) {
		sw_guard_free(&g);
		return -1;
	}
	g.only = NULL;
	*out = g;
	return 0;
}

/* ---- into the maps */

static int map_failed(const struct sw_engine *g, enum sw_map map, struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "cannot write %s/%s (%zu entries): %s", g->dir,
		       sw_map_name(map), sw_map_entries(g, map), strerror(errno));
}

static bool is_local_addr(const struct sw_guard *guard, const struct sw_addr *a)
{
	for (int i = 0; i < guard->count; i++)
		if (guard->item[i].kind == SW_GUARD_OWN &&
		    !memcmp(&guard->item[i].prefix.addr, a, sizeof(*a)))
			return true;
	return false;
}

/* The next key is read before one is deleted: a deleted key would restart the walk. */
static int sync_own(const struct sw_engine *g, const struct sw_guard *guard, struct sw_err *e)
{
	int fd = g->fd[SW_MAP_local_addrs];
	struct sw_addr key, next;
	__u8 yes = 1;
	int more;

	for (int i = 0; i < guard->count; i++)
		if (guard->item[i].kind == SW_GUARD_OWN &&
		    bpf_map_update_elem(fd, &guard->item[i].prefix.addr, &yes, BPF_ANY))
			return map_failed(g, SW_MAP_local_addrs, e);
	more = !bpf_map_get_next_key(fd, NULL, &next);
	while (more) {
		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!is_local_addr(guard, &key))
			bpf_map_delete_elem(fd, &key);
	}
	return 0;
}

/* An operator's entry stays for as long as it lasts; the guard is behind it. */
static int put_allow(const struct sw_engine *g, const struct sw_prefix *p, struct sw_err *e)
{
	struct sw_allow have;

	if (!sw_allow_get(g, p, &have) || !sw_live(have.expires_tick, sw_ticks_now()))
		return sw_allow_put(g, p, SW_EXPIRES_TICKS, SW_ALLOW_GUARD, e);
	if (have.expires_tick == SW_EXPIRES_TICKS || have.behind)
		return 0;
	return sw_allow_put_guarded(g, p, have.expires_tick, have.kind, e);
}

static bool is_guarded(const struct sw_guard *guard, const struct sw_prefix *p)
{
	for (int i = 0; i < guard->count; i++)
		if (!sw_prefix_cmp(&guard->item[i].prefix, p))
			return true;
	return false;
}

static struct sw_prefix prefix_of_key(enum sw_map map, const struct sw_prefix6 *key)
{
	struct sw_prefix p = {.plen = key->plen, .addr = key->addr};
	struct sw_prefix4 key4;

	if (map == SW_MAP_allow6)
		return p;
	memcpy(&key4, key, sizeof(key4));
	p.v4 = true;
	p.addr = sw_addr_from4(key4.addr);
	return p;
}

static void drop_gone(const struct sw_engine *g, enum sw_map map, const struct sw_guard *guard)
{
	struct sw_prefix6 key, next = {0};
	struct sw_prefix p;
	struct sw_allow have;
	int more = !bpf_map_get_next_key(g->fd[map], NULL, &next);

	while (more) {
		key = next;
		more = !bpf_map_get_next_key(g->fd[map], &key, &next);
		p = prefix_of_key(map, &key);
		if (is_guarded(guard, &p) || !sw_allow_get(g, &p, &have))
			continue;
		if (have.kind == SW_ALLOW_GUARD)
			sw_allow_delete(g, &p, NULL);
		else if (have.behind)
			sw_allow_put(g, &p, have.expires_tick, have.kind, NULL);
	}
}

int sw_guard_apply(struct sw_engine *g, const struct sw_guard *guard,
		   const struct sw_prefix_list *nat64, struct sw_err *e)
{
	if (sync_own(g, guard, e))
		return -1;
	for (int i = 0; i < guard->count; i++)
		if (put_allow(g, &guard->item[i].prefix, e))
			return -1;
	drop_gone(g, SW_MAP_allow4, guard);
	drop_gone(g, SW_MAP_allow6, guard);
	sw_tcp_stack(g);
	if (sw_interfaces_sync(g, e))
		return -1;
	sw_guard_host(g, nat64);
	return 0;
}
