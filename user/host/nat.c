// SPDX-License-Identifier: GPL-2.0-only
/* NAT rules that redirect ports, from the output of `nft` and `iptables-save`: `nft --json`
 * does not decode the extensions in rules of iptables-nft. */
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/host.h"

struct rule {
	int proto;
	int from, to; /* ports; 0: every one, and then it is told of none */
	char moved_to[64];
};

static int add_rule(struct sw_endpoints *l, const struct rule *r, struct sw_err *e)
{
	struct sw_endpoint one = {.proto = r->proto, .sources = -1}, *known;

	if (!r->from || !r->moved_to[0])
		return 0;
	for (int port = r->from; port <= r->to && port - r->from < 64; port++) {
		known = sw_endpoints_get(l, r->proto, port);
		one.port = port;
		if (!known && sw_endpoints_add(l, &one, e))
			return -1;
		known = sw_endpoints_get(l, r->proto, port);
		snprintf(known->moved_to, sizeof(known->moved_to), "%s", r->moved_to);
	}
	return 0;
}

/* ---- nftables */

static void read_match(const json_t *match, struct rule *r)
{
	const char *proto = NULL, *field = NULL;
	const json_t *right = json_object_get(match, "right"), *range;

	if (json_unpack((json_t *)match, "{s:{s:{s:s, s:s}}}", "left", "payload", "protocol",
			&proto, "field", &field) ||
	    strcmp(field, "dport") != 0)
		return;
	r->proto = !strcmp(proto, "udp") ? IPPROTO_UDP : IPPROTO_TCP;
	range = json_object_get(right, "range");
	r->from = json_integer_value(range ? json_array_get(range, 0) : right);
	r->to = range ? json_integer_value(json_array_get(range, 1)) : r->from;
}

static void read_target(const json_t *nat, const char *host, struct rule *r)
{
	const json_t *port = json_object_get(nat, "port");
	const char *addr = json_string_value(json_object_get(nat, "addr"));

	if (json_is_integer(port))
		snprintf(r->moved_to, sizeof(r->moved_to), "%s:%lld", addr ? addr : host,
			 (long long)json_integer_value(port));
	else
		snprintf(r->moved_to, sizeof(r->moved_to), "%s", addr ? addr : host);
}

static int read_nft_rule(const json_t *rule, struct sw_endpoints *l, struct sw_err *e)
{
	const json_t *expr = json_object_get(rule, "expr"), *part;
	struct rule r = {0};
	size_t i;

	json_array_foreach (expr, i, part) {
		if (json_object_get(part, "match"))
			read_match(json_object_get(part, "match"), &r);
		if (json_object_get(part, "dnat"))
			read_target(json_object_get(part, "dnat"), "elsewhere", &r);
		if (json_object_get(part, "redirect"))
			read_target(json_object_get(part, "redirect"), "this host", &r);
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
			rc = read_nft_rule(json_object_get(one, "rule"), l, e);
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

static int read_iptables_line(const char *line, struct sw_endpoints *l, struct sw_err *e)
{
	struct rule r = {.proto = IPPROTO_TCP};
	char word[64];

	if (!strstr(line, "-j DNAT") && !strstr(line, "-j REDIRECT"))
		return 0;
	if (word_after(line, " -p ", word, sizeof(word)) && !strcmp(word, "udp"))
		r.proto = IPPROTO_UDP;
	if (!word_after(line, "--dport ", word, sizeof(word)) ||
	    sscanf(word, "%d:%d", &r.from, &r.to) < 1)
		return 0;
	if (!r.to)
		r.to = r.from;
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

int sw_nat_add(struct sw_endpoints *l, struct sw_err *e)
{
	if (add_nftables(l, e) || add_iptables("iptables-save -t nat 2>/dev/null", l, e) ||
	    add_iptables("ip6tables-save -t nat 2>/dev/null", l, e))
		return -1;
	sw_endpoints_sort(l);
	return 0;
}
