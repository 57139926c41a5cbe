// SPDX-License-Identifier: GPL-2.0-only
/* NAT rules that redirect ports, from the output of `nft` and `iptables-save`: `nft --json`
 * does not decode the extensions in rules of iptables-nft. */
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/host.h"

#define MOST_RANGES 32 /* of one rule; iptables' multiport has 15 */

struct rule {
	int proto;
	struct {
		int from, to;
	} ports[MOST_RANGES];
	int ranges; /* 0: every port, and then it is told of none */
	char moved_to[64];
};

static void add_range(struct rule *r, int from, int to)
{
	if (from <= 0 || from > 65535 || r->ranges == MOST_RANGES)
		return;
	r->ports[r->ranges].from = from;
	r->ports[r->ranges++].to = to < from ? from : to > 65535 ? 65535 : to;
}

static int add_port(struct sw_endpoints *l, const struct rule *r, int port, struct sw_err *e)
{
	struct sw_endpoint one = {.proto = r->proto, .port = port, .sources = -1}, *known;

	known = sw_endpoints_get(l, r->proto, port);
	if (!known && sw_endpoints_add(l, &one, e))
		return -1;
	known = sw_endpoints_get(l, r->proto, port);
	snprintf(known->moved_to, sizeof(known->moved_to), "%s", r->moved_to);
	return 0;
}

static int add_rule(struct sw_endpoints *l, const struct rule *r, struct sw_err *e)
{
	for (int k = 0; r->moved_to[0] && k < r->ranges; k++) {
		int from = r->ports[k].from, to = r->ports[k].to;

		for (int port = from; port <= to && port - from < 64; port++)
			if (add_port(l, r, port, e))
				return -1;
	}
	return 0;
}

/* ---- nftables */

/* A port, a range, an element with a comment or a timeout, or a set of such. */
static void read_ports(const json_t *value, struct rule *r)
{
	const json_t *range = json_object_get(value, "range"), *one;
	const json_t *element = json_object_get(json_object_get(value, "elem"), "val");
	size_t i;

	if (json_is_integer(value))
		add_range(r, json_integer_value(value), 0);
	if (range)
		add_range(r, json_integer_value(json_array_get(range, 0)),
			  json_integer_value(json_array_get(range, 1)));
	if (element)
		read_ports(element, r);
	json_array_foreach (json_object_get(value, "set"), i, one)
		read_ports(one, r);
	json_array_foreach (value, i, one)
		read_ports(one, r);
}

/* The elements of the set or map that "@name" stands for. */
static const json_t *elements_of(const json_t *list, const char *name)
{
	const json_t *one, *set;
	size_t i;

	json_array_foreach (list, i, one) {
		set = json_object_get(one, "set") ?: json_object_get(one, "map");
		if (set && !strcmp(json_string_value(json_object_get(set, "name")) ?: "", name))
			return json_object_get(set, "elem");
	}
	return NULL;
}

static bool is_port(const json_t *left, struct rule *r)
{
	const char *proto = NULL, *field = NULL;

	if (json_unpack((json_t *)left, "{s:{s:s, s:s}}", "payload", "protocol", &proto, "field",
			&field) ||
	    strcmp(field, "dport") != 0)
		return false;
	if (strcmp(proto, "th") != 0) /* then a match before it may have named it */
		r->proto = !strcmp(proto, "udp") ? IPPROTO_UDP : IPPROTO_TCP;
	return true;
}

static void read_match(const json_t *match, const json_t *list, struct rule *r)
{
	const json_t *right = json_object_get(match, "right");
	const char *op = json_string_value(json_object_get(match, "op"));
	const char *name = json_string_value(right);

	if (name && !strcmp(name, "udp"))
		r->proto = IPPROTO_UDP;
	if ((op && !strcmp(op, "!=")) || !is_port(json_object_get(match, "left"), r))
		return;
	read_ports(name && name[0] == '@' ? elements_of(list, name + 1) : right, r);
}

/* `dnat to tcp dport map { 80 : 10.0.0.1 }`: the ports are the map's keys. */
static void read_map(const json_t *map, const json_t *list, struct rule *r)
{
	const json_t *data = json_object_get(map, "data"), *one;
	const char *name = json_string_value(data);
	size_t i;

	if (!is_port(json_object_get(map, "key"), r))
		return;
	data = name && name[0] == '@' ? elements_of(list, name + 1) : json_object_get(data, "set");
	json_array_foreach (data, i, one)
		read_ports(json_array_get(one, 0), r);
	snprintf(r->moved_to, sizeof(r->moved_to), "elsewhere, by a map");
}

static void read_target(const json_t *nat, const char *host, const json_t *list, struct rule *r)
{
	const json_t *port = json_object_get(nat, "port");
	const json_t *map = json_object_get(json_object_get(nat, "addr"), "map");
	const char *addr = json_string_value(json_object_get(nat, "addr"));

	map = map ?: json_object_get(port, "map");
	if (map)
		read_map(map, list, r);
	else if (json_is_integer(port))
		snprintf(r->moved_to, sizeof(r->moved_to), "%s:%lld", addr ? addr : host,
			 (long long)json_integer_value(port));
	else
		snprintf(r->moved_to, sizeof(r->moved_to), "%s", addr ? addr : host);
}

/* A chain that only what this host itself sends goes through. */
static bool is_of_output(const json_t *rule, const json_t *list)
{
	const char *table, *chain, *name, *in, *hook;
	const json_t *one;
	size_t i;

	if (json_unpack((json_t *)rule, "{s:s, s:s}", "table", &table, "chain", &chain))
		return false;
	json_array_foreach (list, i, one)
		if (!json_unpack(json_object_get(one, "chain"), "{s:s, s:s, s:s}", "name", &name,
				 "table", &in, "hook", &hook) &&
		    !strcmp(name, chain) && !strcmp(in, table) && !strcmp(hook, "output"))
			return true;
	return false;
}

static int read_nft_rule(const json_t *rule, const json_t *list, struct sw_endpoints *l,
			 struct sw_err *e)
{
	const json_t *expr = json_object_get(rule, "expr"), *part;
	struct rule r = {.proto = IPPROTO_TCP};
	size_t i;

	if (is_of_output(rule, list))
		return 0;
	json_array_foreach (expr, i, part) {
		if (json_object_get(part, "match"))
			read_match(json_object_get(part, "match"), list, &r);
		if (json_object_get(part, "dnat"))
			read_target(json_object_get(part, "dnat"), "elsewhere", list, &r);
		if (json_object_get(part, "redirect"))
			read_target(json_object_get(part, "redirect"), "this host", list, &r);
	}
	return add_rule(l, &r, e);
}

static int add_nftables(struct sw_endpoints *l, struct sw_err *e)
{
	FILE *p = popen("nft -j list ruleset 2>/dev/null", "re");
	json_t *root = p ? json_loadf(p, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	const json_t *one, *list = json_object_get(root, "nftables");
	size_t i;
	int rc = 0;

	if (p)
		pclose(p);
	json_array_foreach (list, i, one) {
		if (!rc && json_object_get(one, "rule"))
			rc = read_nft_rule(json_object_get(one, "rule"), list, l, e);
	}
	json_decref(root);
	return rc;
}

/* ---- iptables */

/* The argument of `option` in a line, up to the next blank. */
static bool word_after(const char *line, const char *option, char *out, size_t size)
{
	const char *at = strstr(line, option);

	if (!at)
		return false;
	at += strlen(option);
	snprintf(out, size, "%.*s", (int)strcspn(at, " \n"), at);
	return true;
}

/* --dport 80, --dport 8000:8010, --dports 80,443,8000:8010; not "! --dport 22". */
static void read_iptables_ports(const char *line, struct rule *r)
{
	char list[256];
	int from, to;

	if (strstr(line, "! --dport") || (!word_after(line, " --dport ", list, sizeof(list)) &&
					  !word_after(line, " --dports ", list, sizeof(list))))
		return;
	for (char *rest = list, *one; (one = strsep(&rest, ","));) {
		to = 0;
		if (sscanf(one, "%d:%d", &from, &to) >= 1)
			add_range(r, from, to);
	}
}

static int read_iptables_line(const char *line, struct sw_endpoints *l, struct sw_err *e)
{
	struct rule r = {.proto = IPPROTO_TCP};
	char word[64];

	if (!strncmp(line, "-A OUTPUT ", 10)) /* only of what this host itself sends */
		return 0;
	if (!strstr(line, "-j DNAT") && !strstr(line, "-j REDIRECT"))
		return 0;
	if (word_after(line, " -p ", word, sizeof(word)) && !strcmp(word, "udp"))
		r.proto = IPPROTO_UDP;
	read_iptables_ports(line, &r);
	if (!word_after(line, "--to-destination ", r.moved_to, sizeof(r.moved_to)) &&
	    word_after(line, "--to-ports ", word, sizeof(word)))
		snprintf(r.moved_to, sizeof(r.moved_to), "this host:%.40s", word);
	return add_rule(l, &r, e);
}

static int add_iptables(const char *command, struct sw_endpoints *l, struct sw_err *e)
{
	FILE *p = popen(command, "re");
	char *line = NULL;
	size_t room = 0;
	int rc = 0;

	while (p && !rc && getline(&line, &room, p) > 0)
		rc = read_iptables_line(line, l, e);
	free(line);
	if (p)
		pclose(p);
	return rc;
}

/* Asked for a table that is not there, iptables-legacy would load its module. */
static bool has_legacy_nat(const char *names)
{
	FILE *f = fopen(names, "re");
	char name[64];
	bool has = false;

	while (f && !has && fscanf(f, "%63s", name) == 1)
		has = !strcmp(name, "nat");
	if (f)
		fclose(f);
	return has;
}

int sw_nat_add(struct sw_endpoints *l, struct sw_err *e)
{
	if (add_nftables(l, e) || add_iptables("iptables-save -t nat 2>/dev/null", l, e) ||
	    add_iptables("ip6tables-save -t nat 2>/dev/null", l, e))
		return -1;
	if (has_legacy_nat("/proc/net/ip_tables_names") &&
	    add_iptables("iptables-legacy-save -t nat 2>/dev/null", l, e))
		return -1;
	if (has_legacy_nat("/proc/net/ip6_tables_names") &&
	    add_iptables("ip6tables-legacy-save -t nat 2>/dev/null", l, e))
		return -1;
	sw_endpoints_sort(l);
	return 0;
}
