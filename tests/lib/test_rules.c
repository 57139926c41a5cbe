// SPDX-License-Identifier: GPL-2.0-only
/* Builds rules and payloads by hand (test_rules.h). */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "rules/builtin.h"
#include "test_rules.h"

int signatures_reset(void **unused)
{
	program_reset(unused);
	prog.set->rules_generation = 0;
	return 0;
}

struct sig sig(uint32_t sid, enum sw_rule_action action)
{
	struct sig s = {.rule = {.sid = sid,
				 .action = action,
				 .proto = IPPROTO_TCP,
				 .dports = 1,
				 .dport = {{OPEN_PORT, OPEN_PORT}},
				 .sport = {0, 65535}}};

	return s;
}

struct sw_condition *sig_condition(struct sig *s, enum sw_condition_type type,
				   enum sw_buffer buffer)
{
	struct sw_condition *c = &s->condition[s->rule.conditions++];

	assert_true(s->rule.conditions <= SW_RULE_CONDITIONS);
	*c = (struct sw_condition){.type = type, .buffer = buffer};
	if (buffer != SW_BUFFER_PAYLOAD)
		s->rule.flags |= SW_RULE_HTTP;
	return c;
}

static uint8_t fold_of(uint8_t b, int flags)
{
	uint8_t low = b | 0x20;

	return flags & NOCASE && low >= 'a' && low <= 'z' ? 0x20 : 0;
}

void sig_bytes(struct sig *s, enum sw_buffer buffer, const void *bytes, size_t length, int flags,
	       int offset, int depth)
{
	struct sw_condition *c = sig_condition(s, SW_CONDITION_CONTENT, buffer);
	const uint8_t *b = bytes;

	c->flags = flags & ~NOCASE;
	c->length = length;
	c->offset = offset;
	c->depth = depth;
	for (size_t i = 0; i < length; i++) {
		((uint8_t *)c->content.fold)[i] = fold_of(b[i], flags);
		((uint8_t *)c->content.mask)[i] = 0xff;
		((uint8_t *)c->content.pattern)[i] = b[i] | fold_of(b[i], flags);
	}
}

void sig_text(struct sig *s, enum sw_buffer buffer, const char *text, int flags)
{
	sig_bytes(s, buffer, text, strlen(text), flags, 0, 0);
}

void sig_text_at(struct sig *s, enum sw_buffer buffer, const char *text, int flags, int offset,
		 int depth)
{
	sig_bytes(s, buffer, text, strlen(text), flags, offset, depth);
}

struct sw_condition *sig_number(struct sig *s, enum sw_condition_type type, enum sw_compare compare,
				uint32_t low, uint32_t high)
{
	struct sw_condition *c = sig_condition(s, type, SW_BUFFER_PAYLOAD);

	c->number.compare = compare;
	c->number.mask = ~0u;
	c->number.low = low;
	c->number.high = high;
	c->number.multiply = 1;
	return c;
}

void signatures_engine(struct sw_engine *g)
{
	memset(g, 0, sizeof(*g));
	strcpy(g->dir, "(test)");
	for (int m = 0; m < SW_MAP_COUNT; m++)
		g->fd[m] = bpf_object__find_map_fd_by_name(prog.skel->obj, sw_map_name(m));
	g->settings = prog.set;
	g->state = prog.state;
}

/* ---- a compiler as simple as can be */

static bool has_window(const struct sw_condition *c)
{
	return c->type == SW_CONDITION_CONTENT && !(c->flags & SW_CONDITION_NOT) &&
	       c->length >= SW_WINDOW_BYTES;
}

static uint64_t window_of(const struct sw_condition *c)
{
	uint64_t w;

	memcpy(&w, c->content.pattern, 8);
	return (w | 0x2020202020202020) & 0xffffffffffffff;
}

static void filter_add(struct sw_filter *f, uint64_t w)
{
	uint32_t h = sw_window_hash(w);

	for (int at = 0; at < 4; at++)
		sw_gram_add(f, w >> (8 * at));
	f->window[h >> 6] |= 1ull << (h & 63);
}

static void add_window(struct sw_window_entry *list, size_t *count, uint64_t w, uint16_t rule)
{
	size_t i;

	for (i = 0; i < *count && list[i].window != w; i++)
		;
	if (i == *count)
		list[(*count)++] = (struct sw_window_entry){.window = w};
	assert_true(list[i].rules.count < SW_WINDOW_RULES);
	list[i].rules.rule[list[i].rules.count++] = rule;
}

static void add_port(struct sw_port_entry *list, size_t *count, const struct sw_rule *r,
		     uint16_t rule)
{
	uint16_t port = r->proto == IPPROTO_ICMP ? 0 : r->dport[0].low;
	size_t i;

	for (i = 0; i < *count && (list[i].key.port != port || list[i].key.proto != r->proto); i++)
		;
	if (i == *count)
		list[(*count)++] = (struct sw_port_entry){.key = {port, r->proto, 0}};
	list[i].rules.rule[list[i].rules.count++] = rule;
}

static void mark_ports(struct sw_inspect_ports *p, const struct sw_rule *r, int kind)
{
	if (r->proto == IPPROTO_ICMP)
		p->icmp |= kind;
	else
		(r->proto == IPPROTO_UDP ? p->udp : p->tcp)[r->dport[0].low] |= kind;
}

void signatures_load(const struct sig *s, size_t count, int kind)
{
	struct sw_condition *conditions = calloc(count * SW_RULE_CONDITIONS, sizeof(*conditions));
	struct sw_window_entry *windows = calloc(count, sizeof(*windows));
	struct sw_port_entry *ports = calloc(count, sizeof(*ports));
	struct sw_inspect_ports *inspected = calloc(1, sizeof(*inspected));
	struct sw_filter *filter = calloc(SW_FILTERS, sizeof(*filter));
	struct sw_rule *rules = calloc(count, sizeof(*rules));
	struct sw_tables t = {.filter = filter,
			      .ports = inspected,
			      .rule = rules,
			      .condition = conditions,
			      .window = windows,
			      .port = ports,
			      .rules = count};
	struct sw_engine g;
	struct sw_err e;

	for (size_t i = 0; i < count; i++) {
		const struct sw_condition *found = NULL;

		rules[i] = s[i].rule;
		rules[i].first = t.conditions;
		for (int c = 0; c < s[i].rule.conditions; c++) {
			conditions[t.conditions++] = s[i].condition[c];
			if (!found && has_window(&s[i].condition[c]))
				found = &s[i].condition[c];
		}
		mark_ports(inspected, &s[i].rule, kind);
		if (found) {
			filter_add(filter, window_of(found));
			add_window(windows, &t.windows, window_of(found), i);
			mark_ports(inspected, &s[i].rule, SW_INSPECT_SEARCH);
		} else {
			add_port(ports, &t.ports_listed, &s[i].rule, i);
			mark_ports(inspected, &s[i].rule, SW_INSPECT_SHORT);
		}
	}
	signatures_engine(&g);
	if (sw_tables_load(&g, &t, &e))
		fail_msg("%s", e.text);
	free(conditions);
	free(windows);
	free(ports);
	free(inspected);
	free(filter);
	free(rules);
}

/* ---- a connection */

/* What the host answers makes the connection known. */
struct stream stream_open(uint32_t src, uint16_t dport)
{
	static uint16_t sport = 40000;
	struct stream t = {src, ++sport, dport, 1000};
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, src, IPPROTO_TCP, 0);
	frame_tcp(&f, dport, t.sport, F_SYN | F_ACK);
	leave(&f);
	return t;
}

struct frame stream_frame(const struct stream *t, const void *bytes, size_t length)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, t->src, SERVER4, IPPROTO_TCP, 0);
	frame_tcp(&f, t->sport, t->dport, F_ACK | F_PSH);
	frame_seq(&f, t->seq);
	assert_true(f.size + length <= sizeof(f.byte));
	memcpy(f.byte + f.size, bytes, length);
	f.size += length;
	return f;
}

int stream_send(struct stream *t, const void *bytes, size_t length)
{
	struct frame f = stream_frame(t, bytes, length);
	int reason = run(&f);

	if (reason != SW_REASON_SIGNATURE && prog.verdict != XDP_DROP)
		t->seq += length;
	return reason;
}

int stream_say(struct stream *t, const char *text)
{
	return stream_send(t, text, strlen(text));
}

uint32_t stream_answered = 5000;

void stream_answer_at(const struct stream *t, const void *bytes, size_t length, uint32_t seq)
{
	struct frame f = frame_eth(ETH_P_IP);

	frame_ip4(&f, SERVER4, t->src, IPPROTO_TCP, 0);
	frame_tcp(&f, t->dport, t->sport, F_ACK | F_PSH);
	frame_seq(&f, seq);
	assert_true(f.size + length <= sizeof(f.byte));
	memcpy(f.byte + f.size, bytes, length);
	f.size += length;
	assert_int_equal(leave_from_socket(&f), -1);
}

void stream_answer(const struct stream *t, const char *text)
{
	stream_answer_at(t, text, strlen(text), stream_answered);
	stream_answered += strlen(text);
}

/* ---- one that the kernel knows */

static uint32_t number_of(int sock, int queue)
{
	socklen_t size = sizeof(uint32_t);
	int on = 1, off = TCP_REPAIR_OFF_NO_WP;
	uint32_t seq;

	assert_int_equal(setsockopt(sock, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(sock, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)), 0);
	assert_int_equal(getsockopt(sock, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &size), 0);
	assert_int_equal(setsockopt(sock, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)), 0);
	return seq;
}

struct connection connection_to(int listener, uint16_t port)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(CLIENT4)};
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(SERVER4)};
	struct connection c = {.client = socket(AF_INET, SOCK_STREAM, 0)};
	socklen_t size = sizeof(from);

	assert_int_equal(bind(c.client, (void *)&from, sizeof(from)), 0);
	assert_int_equal(connect(c.client, (void *)&to, sizeof(to)), 0);
	assert_int_equal(getsockname(c.client, (void *)&from, &size), 0);
	c.server = accept(listener, NULL, NULL);
	assert_true(c.server >= 0);
	c.t = (struct stream){CLIENT4, ntohs(from.sin_port), port, 0};
	c.t.seq = number_of(c.server, TCP_RECV_QUEUE);
	c.ack = number_of(c.server, TCP_SEND_QUEUE);
	return c;
}

struct connection connection_open(void)
{
	return connection_to(prog.listener, OPEN_PORT);
}

/* By a reset: thousands of sockets in TIME_WAIT would make the next bind() slow. */
void connection_close(const struct connection *c)
{
	struct linger at_once = {.l_onoff = 1};

	setsockopt(c->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(c->client);
	close(c->server);
}

struct frame connection_frame(const struct connection *c, const char *text)
{
	struct frame f = stream_frame(&c->t, text, strlen(text));
	uint32_t ack = htonl(c->ack);

	memcpy(f.byte + f.size - strlen(text) - sizeof(struct tcphdr) + 8, &ack, 4);
	return f;
}

static uint64_t counted(uint32_t sid, bool hits)
{
	struct sw_rule_stat *stat;
	struct sw_engine g;
	struct sw_err e;
	uint64_t sum = 0;
	long n;

	signatures_engine(&g);
	n = sw_tables_stats(&g, &stat, &e);
	assert_true(n >= 0);
	for (long i = 0; i < n; i++)
		if (stat[i].rule.sid == sid)
			sum += hits ? stat[i].count.hits : stat[i].count.candidates;
	free(stat);
	return sum;
}

uint64_t sig_hits(uint32_t sid)
{
	return counted(sid, true);
}

uint64_t sig_tried(uint32_t sid)
{
	return counted(sid, false);
}

/* ---- rules as people write them */

static void tables_load(const struct sw_rules *r)
{
	struct sw_engine g;
	struct sw_err e;

	signatures_engine(&g);
	if (sw_tables_load(&g, &r->tables, &e))
		fail_msg("%s", e.text);
}

void rules_load(const char *text)
{
	struct sw_rules_options options = {0};
	struct sw_rules r;
	struct sw_err e;

	assert_int_equal(sw_rules_init(&r, &options, &e), 0);
	if (sw_rules_read_text(&r, "test", text, strlen(text), &e) || sw_rules_compile(&r, &e))
		fail_msg("%s", e.text);
	if (r.refusals || !r.rules)
		fail_msg("%s: %s", text, r.refusals ? r.refused[0].reason : "nothing");
	tables_load(&r);
	sw_rules_free(&r);
}

void rules_load_options(const char *options)
{
	char line[1024];

	snprintf(line, sizeof(line), "drop tcp any any -> any %d (msg:\"x\"; %s sid:%d;)",
		 OPEN_PORT, options, SID);
	rules_load(line);
}

bool rules_see(const void *text, size_t length)
{
	struct stream t = stream_open(CLIENT4, OPEN_PORT);

	return stream_send(&t, text, length) == SW_REASON_SIGNATURE;
}

bool rules_see_text(const char *text)
{
	return rules_see(text, strlen(text));
}

struct sw_rule_stat *rules_stats(long *count)
{
	struct sw_rule_stat *all;
	struct sw_engine g;
	struct sw_err e;

	signatures_engine(&g);
	*count = sw_tables_stats(&g, &all, &e);
	if (*count < 0)
		fail_msg("%s", e.text);
	return all;
}

void rules_try(const struct rule_example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rules_load_options(examples[i].options);
		if (!rules_see_text(examples[i].hit))
			fail_msg("%s misses: %s", examples[i].options, examples[i].hit);
		if (rules_see_text(examples[i].miss))
			fail_msg("%s hits: %s", examples[i].options, examples[i].miss);
	}
}

/* ---- those that come with scanwall */

struct sw_rules builtin;

int builtin_setup(void **state)
{
	struct sw_rules_options options = {0};
	size_t length;
	const char *text = sw_rules_builtin(&length);
	struct sw_err e;

	if (!sw_rules_init(&builtin, &options, &e) &&
	    !sw_rules_read_text(&builtin, "built-in", text, length, &e) &&
	    !sw_rules_compile(&builtin, &e))
		return program_setup_payloads(state);
	print_error("%s\n", e.text);
	return -1;
}

int builtin_teardown(void **state)
{
	sw_rules_free(&builtin);
	return program_teardown(state);
}

int builtin_load(void **state)
{
	signatures_reset(state);
	tables_load(&builtin);
	return 0;
}
