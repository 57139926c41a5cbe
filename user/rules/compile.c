// SPDX-License-Identifier: GPL-2.0-only
/* Compiles all rules into the tables of rule.h: the search window and the ports of each. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules/internal.h"

#define SHORT_PORTS 32	 /* that a rule without a window may name */
#define RULES_MAX 0xffff /* what an index holds */

/* Of a set of ports, which thousands of rules may share. */
struct shared {
	int count;     /* of its ports */
	__u8 tcp, udp; /* what its ports are marked with already */
};

struct build {
	struct sw_rules *r;
	struct sw_rules_internal *in;
	struct sw_hash window, port; /* struct sw_window_entry, sw_port_entry */
	struct port_set tls;
	struct shared *shared; /* of each of internal->port_sets */
	size_t rules, conditions;
	__u8 table; /* of ports, that the rule at hand goes into: 0 or SW_ANSWERS */
};

static int no_memory(struct sw_err *e)
{
	return sw_fail(e, SW_EXIT_FAILED, "out of memory for rules");
}

/* ---- windows */

static bool is_answer(const struct kept *k)
{
	return k->rule.flags & SW_RULE_ANSWER;
}

/* What rules about answers are searched for is kept apart, by the highest byte. */
static __u64 window_key(const struct kept *k, int i)
{
	return k->window[i] | (__u64)(is_answer(k) ? SW_ANSWERS : 0) << 56;
}

static void fill_filter(struct sw_filter *f, __u64 w)
{
	__u32 h = sw_window_hash(w);

	for (int at = 0; at < 4; at++)
		sw_gram_add(f, w >> (8 * at));
	f->window[h >> 6] |= 1ull << (h & 63);
}

/* The chosen one, or the rarest that not too many share already. */
static int place_window(struct build *b, const struct kept *k, __u16 index, struct refusal *no,
			struct sw_err *e)
{
	struct sw_window_entry *w;
	__u64 key;
	bool fresh;
	int i;

	for (int n = -1; n < k->windows; n++) {
		i = n < 0 ? k->chosen : n;
		key = window_key(k, i);
		w = sw_hash_find(&b->window, &key);
		if (w && w->rules.count >= SW_WINDOW_RULES)
			continue;
		w = sw_hash_put(&b->window, &key, &fresh);
		if (!w)
			return no_memory(e);
		w->rules.rule[w->rules.count++] = index;
		fill_filter(&b->in->filter[is_answer(k)], k->window[i]);
		return 0;
	}
	sw_refuse(no, SW_REFUSAL_SEARCH, "%d rules are searched for by the same bytes already",
		  SW_WINDOW_RULES);
	return 1;
}

/* ---- short rules, on their ports */

static int count_ports(const struct port_set *p)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(p->bit); i++)
		n += __builtin_popcount(p->bit[i]);
	return n;
}

static bool has_room(const struct build *b, __u8 proto, int port)
{
	struct sw_port_key key = {port, proto, b->table};
	const struct sw_port_entry *p = sw_hash_find(&b->port, &key);

	return !p || p->rules.count < SW_PORT_RULES;
}

static int put_on_port(struct build *b, __u8 proto, int port, __u16 index, struct sw_err *e)
{
	struct sw_port_key key = {port, proto, b->table};
	bool fresh;
	struct sw_port_entry *p = sw_hash_put(&b->port, &key, &fresh);

	if (!p)
		return no_memory(e);
	p->rules.rule[p->rules.count++] = index;
	return 0;
}

/* Of more ports than are listed one by one. */
static int put_on_any(struct build *b, __u8 proto, __u16 index, struct refusal *no,
		      struct sw_err *e)
{
	if (has_room(b, proto, SW_ANY_PORT))
		return put_on_port(b, proto, SW_ANY_PORT, index, e);
	sw_refuse(no, SW_REFUSAL_SEARCH,
		  "%d rules with short contents, and of more than %d ports, are there already",
		  SW_PORT_RULES, SHORT_PORTS);
	return 1;
}

static int place_any_protocol(struct build *b, __u16 index, struct refusal *no, struct sw_err *e)
{
	static const __u8 all[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
	int rc = 0;

	for (size_t i = 0; i < sizeof(all) && !rc; i++)
		rc = put_on_any(b, all[i], index, no, e);
	return rc;
}

static int place_short(struct build *b, const struct kept *k, __u16 index, struct refusal *no,
		       struct sw_err *e)
{
	const struct port_set *dport = sw_rule_dport(b->in, k);
	__u8 proto = k->rule.proto;
	bool first = k->rule.flags & SW_RULE_FIRST;

	if (first)
		proto = SW_PROTO_FIRST;
	if (proto == IPPROTO_ICMP || first) {
		if (has_room(b, proto, 0))
			return put_on_port(b, proto, 0, index, e);
		sw_refuse(no, SW_REFUSAL_SEARCH, "%d rules hang on %s already", SW_PORT_RULES,
			  first ? "tcp.first" : "ICMP");
		return 1;
	}
	if (k->rule.flags & SW_RULE_SYN)
		proto = SW_PROTO_SYN;
	else if (!proto)
		return place_any_protocol(b, index, no, e);
	if (b->shared[k->dport].count > SHORT_PORTS)
		return put_on_any(b, proto, index, no, e);
	for (int port = -1; (port = sw_port_next(dport, port + 1, true)) < 65536;) {
		if (has_room(b, proto, port))
			continue;
		sw_refuse(no, SW_REFUSAL_SEARCH,
			  "%d rules with short contents hang on port %d already", SW_PORT_RULES,
			  port);
		return 1;
	}
	for (int port = -1; (port = sw_port_next(dport, port + 1, true)) < 65536;)
		if (put_on_port(b, proto, port, index, e))
			return -1;
	return 0;
}

/* Marks the ports of a rule for inspection. */
static __u8 kind_of(const struct build *b, const struct kept *k)
{
	bool listed = k->rule.proto == IPPROTO_ICMP ||
		      (k->rule.proto && b->shared[k->dport].count <= SHORT_PORTS);

	if (is_answer(k))
		return SW_INSPECT_REPLIES;
	if (k->rule.flags & SW_RULE_SYN)
		return SW_INSPECT_SYN;
	if (k->windows)
		return SW_INSPECT_SEARCH;
	return listed ? SW_INSPECT_SHORT : SW_INSPECT_ANY;
}

/* ---- where payloads are looked into */

static void mark_ports(struct build *b, const struct kept *k, __u8 kind)
{
	const struct port_set *dport = sw_rule_dport(b->in, k);
	struct sw_inspect_ports *p = b->in->ports;
	__u8 proto = k->rule.proto;
	bool tls = !is_answer(k);
	__u8 *done_tcp = &b->shared[k->dport].tcp, *done_udp = &b->shared[k->dport].udp;

	if (k->rule.flags & SW_RULE_FIRST)
		return;
	/* ICMP has but one list. */
	if (!proto || proto == IPPROTO_ICMP)
		p->icmp |= kind == SW_INSPECT_ANY ? SW_INSPECT_SHORT : kind;
	if (proto == IPPROTO_ICMP)
		return;
	if ((proto == IPPROTO_UDP || *done_tcp & kind) &&
	    (proto == IPPROTO_TCP || *done_udp & kind))
		return;
	*done_tcp |= proto != IPPROTO_UDP ? kind : 0;
	*done_udp |= proto != IPPROTO_TCP ? kind : 0;
	for (int port = -1; (port = sw_port_next(dport, port + 1, true)) < 65536;) {
		if (proto != IPPROTO_UDP)
			p->tcp[port] |=
				kind | (tls && sw_port_in(&b->tls, port) ? SW_INSPECT_TLS : 0);
		if (proto != IPPROTO_TCP)
			p->udp[port] |= kind;
	}
}

/* Where services are listened to, too; nothing can be read on TLS ports. */
static int mark_answers(struct build *b, const char *variable, struct sw_err *e)
{
	struct sw_inspect_ports *p = b->in->ports;
	struct port_set ports;
	struct refusal no;

	if (sw_rule_ports(b->r, variable, &ports, &no))
		return sw_fail(e, no.why == SW_REFUSAL_MEMORY ? SW_EXIT_FAILED : SW_EXIT_USAGE,
			       "%s: %s", variable + 1, no.text);
	for (int port = -1; (port = sw_port_next(&ports, port + 1, true)) < 65536;)
		if (!sw_port_in(&b->tls, port))
			p->tcp[port] |= SW_INSPECT_ANSWERS;
	return 0;
}

static void warn_any_port(const struct build *b, struct sw_rule_text *t, const struct kept *k)
{
	const char *what = k->windows ? "every payload to any port is searched"
				      : "and has short contents only, so it is tried on every "
					"payload to any port";

	if (!sw_rule_dport(b->in, k)->any || k->rule.proto == IPPROTO_ICMP || t->warning ||
	    k->rule.flags & (SW_RULE_SYN | SW_RULE_FIRST))
		return;
	if (asprintf(&t->warning, "it names no port%s %s", k->windows ? ", so" : "", what) < 0)
		t->warning = NULL;
}

/* ---- all of them */

/* Its conditions, and the bits behind them. */
static size_t all_of(const struct kept *k)
{
	return k->rule.conditions + k->rule.bits;
}

/* 1: refused after all. */
static int place(struct build *b, size_t i, struct refusal *no, struct sw_err *e)
{
	struct kept *k = &b->in->kept[i];
	int rc;

	if (b->rules == RULES_MAX) {
		sw_refuse(no, SW_REFUSAL_SIZE, "more than %d rules", RULES_MAX);
		return 1;
	}
	b->table = is_answer(k) ? SW_ANSWERS : 0;
	rc = k->windows ? place_window(b, k, b->rules, no, e) : place_short(b, k, b->rules, no, e);
	if (rc)
		return rc;
	mark_ports(b, k, kind_of(b, k));
	warn_any_port(b, &b->r->rule[i], k);
	k->rule.first = b->conditions;
	memcpy(b->in->condition + b->conditions, k->condition, all_of(k) * sizeof(*k->condition));
	b->conditions += all_of(k);
	b->in->rule[b->rules] = k->rule;
	return 0;
}

/* Those that are refused leave the list; the others close up. */
static int place_all(struct build *b, struct sw_err *e)
{
	struct sw_rules *r = b->r;
	size_t count = r->rules;
	struct refusal no;
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		rc = rc < 0 ? rc : place(b, i, &no, e);
		if (rc == 1) {
			rc = sw_rules_refused(r, r->rule[i].file, r->rule[i].line, r->rule[i].sid,
					      &no, e);
			sw_rule_forget(&r->rule[i], &b->in->kept[i]);
			continue;
		}
		r->rule[b->rules] = r->rule[i];
		b->in->kept[b->rules++] = b->in->kept[i];
	}
	r->rules = b->rules;
	return rc < 0 ? -1 : 0;
}

/* From a table of ours to a plain array, which the tables point to. */
static void *take_items(struct sw_hash *h)
{
	void *items = h->item;

	h->item = NULL;
	return items;
}

static size_t all_conditions(const struct sw_rules *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->rules; i++)
		n += all_of(&r->internal->kept[i]);
	return n;
}

static struct shared *shared_ports(const struct sw_rules_internal *in)
{
	const struct sw_hash *sets = &in->port_sets;
	struct shared *s = calloc(sets->count + 1, sizeof(*s));

	for (size_t i = 0; s && i < sets->count; i++)
		s[i].count = count_ports(sw_hash_at(sets, i));
	return s;
}

int sw_rules_compile(struct sw_rules *r, struct sw_err *e)
{
	struct sw_rules_internal *in = r->internal;
	struct build b = {
		.r = r,
		.in = in,
		.window = {.key = sizeof(__u64), .size = sizeof(struct sw_window_entry)},
		.port = {.key = sizeof(struct sw_port_key), .size = sizeof(struct sw_port_entry)},
	};
	struct refusal no;
	int rc;

	if (sw_rules_join_bits(r, e))
		return -1;
	in->filter = calloc(SW_FILTERS, sizeof(*in->filter));
	in->ports = calloc(1, sizeof(*in->ports));
	in->rule = calloc(r->rules + 1, sizeof(*in->rule));
	in->condition = calloc(all_conditions(r) + 1, sizeof(*in->condition));
	if (!in->filter || !in->ports || !in->rule || !in->condition)
		return no_memory(e);
	if (sw_rule_ports(r, "$TLS_PORTS", &b.tls, &no))
		return sw_fail(e, no.why == SW_REFUSAL_MEMORY ? SW_EXIT_FAILED : SW_EXIT_USAGE,
			       "TLS_PORTS: %s", no.text);
	if (mark_answers(&b, "$HTTP_PORTS", e) || mark_answers(&b, "$ANSWER_PORTS", e))
		return -1;
	if (sw_rules_choose(r, e))
		return -1;
	b.shared = shared_ports(in);
	if (!b.shared)
		return no_memory(e);
	rc = place_all(&b, e);
	free(b.shared);
	r->tables = (struct sw_tables){
		.filter = in->filter,
		.ports = in->ports,
		.rule = in->rule,
		.condition = in->condition,
		.page = in->page,
		.pages = in->pages,
		.rules = b.rules,
		.conditions = b.conditions,
		.windows = b.window.count,
		.ports_listed = b.port.count,
	};
	r->tables.window = in->window = take_items(&b.window);
	r->tables.port = in->port = take_items(&b.port);
	sw_hash_clear(&b.window);
	sw_hash_clear(&b.port);
	return rc;
}
