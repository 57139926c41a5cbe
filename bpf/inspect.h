/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures (rule.h), for packets that passed everything else and go to a
 * port that rules name. A program of its own, reached by a tail call: whoever
 * has no rules, and every packet without payload, pays one branch.
 *   stream_tail.h  what the flow's last segment ended with
 *   tls.h     or: TLS records
 *   relayed.h  whom a proxy says the connection is for
 *   http.h    the head of a request
 *   commands.h    or: commands, one by one
 *   filter.h  which rules may match
 *   candidates.h are tried, one after another:
 *   match.h   whether they do (head_parts.h, lookup.h and expression.h help)
 *   rule_action.h and what becomes of the packet and its source
 */
#ifndef INSPECT_H
#define INSPECT_H

#include "respond.h"
#include "filter.h"
#include "relayed.h"
#include "stream_tail.h"
#include "tls.h"

#define CHUNKS 43 /* of SW_INSPECT_BYTES, that 64 KiB of payload come in */
#define UDP_HEADER 8
#define HTTP_PORT 80
#define ICMP_HEADER 8 /* with identifier and number, as Snort counts */

static __always_inline __u32 header_bytes(const struct packet *p)
{
	return p->tcp ? p->tcp->doff * 4u : UDP_HEADER;
}

/* ---- in the main program */

static __always_inline bool may_carry(const struct packet *p, int reason)
{
	if (p->proto == IPPROTO_TCP)
		return p->tcp && (reason == SW_REASON_FLOW || reason == SW_REASON_SPARED_FLOW ||
				  reason == SW_REASON_OPEN_PORT); /* RFC 7413 */
	return reason == SW_REASON_OPEN_PORT || reason == SW_REASON_CLEAN ||
	       reason == SW_REASON_NO_FLOW || reason == SW_REASON_FLOW;
}

static __always_inline __u8 inspection(const struct packet *p, __u32 half)
{
	const struct sw_inspect_ports *ports = entry_of(&inspect_ports, half);
	/* 16 bits, but no verifier before 6.18.16 knows so after a byte swap. */
	__u32 port = masked(bpf_ntohs(p->dport), 0xffff);

	if (!ports)
		return 0;
	switch (p->proto) {
	case IPPROTO_TCP:
		return ports->tcp[port] & ~SW_INSPECT_REPLIES;
	case IPPROTO_UDP:
		return ports->udp[port];
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return ports->icmp;
	}
	return 0;
}

_Static_assert(SW_REASON_FLOW < SW_REASON_CHALLENGED && SW_REASON_CLEAN < SW_REASON_CHALLENGED &&
		       SW_REASON_SPARED_FLOW < SW_REASON_CHALLENGED &&
		       SW_REASON_OPEN_PORT < SW_REASON_CHALLENGED &&
		       SW_REASON_NO_FLOW < SW_REASON_CHALLENGED,
	       "what may carry a payload is judged before go_on()");

static __always_inline bool is_lone_syn(const struct packet *p)
{
	return p->tcp && segment_of(p->tcp_flags) == SYN;
}

/* Returns only if there is nothing to inspect, or no `inspect`. */
static __always_inline void go_inspect(struct xdp_md *ctx, const struct packet *p,
				       const struct sw_settings *set, int reason)
{
	struct scratch *s;
	__u8 kind;

	if (!may_carry(p, reason) || (p->left <= header_bytes(p) && !is_lone_syn(p)))
		return;
	kind = inspection(p, set->rules_generation & 1);
	if (p->left <= header_bytes(p) ? !(kind & SW_INSPECT_SYN) : !kind && !(p->tcp && p->first))
		return;
	s = scratch();
	if (!s)
		return;
	s->reason = reason;
	s->first = p->tcp && p->first;
	bpf_tail_call(ctx, &steps, SW_STEP_INSPECT);
}

/* ---- in `inspect` */

/* Where the payload lies in the frame. */
static __always_inline void find_payload(struct xdp_md *ctx, const struct packet *p,
					 struct scratch *s)
{
	__u32 header = header_bytes(p), rest;
	__u64 at = p->at - (void *)(long)ctx->data;

	/* The verifier takes pointers apart in 64 bits only. */
	asm volatile("" : "+r"(at));
	s->payload_at = s->offset = at + header;
	s->left = p->left - header;
	rest = bpf_xdp_get_buff_len(ctx) - s->offset;
	/* A frame may be longer than its IP packet, or cut. */
	if ((__s32)rest < 0)
		rest = 0;
	if (s->left > rest)
		s->left = rest;
}

static __always_inline __u32 ip_offset(struct xdp_md *ctx, const struct packet *p)
{
	__u64 at = p->ip - (void *)(long)ctx->data;

	asm volatile("" : "+r"(at));
	return at;
}

/* What is known of the packet, without pointers into it; 0: nothing to read. */
__noinline int set_scene(struct xdp_md *ctx)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct scratch *s = scratch();
	struct packet p = {};
	int reason;

	if (!set || !meta || !s)
		return 0;
	reason = parse_frame(ctx, &p, set);
	if (reason == CONTINUE && p.family == AF_INET6 && is_extension(p.proto))
		reason = parse_extensions(ctx, &p);
	if (reason == CONTINUE)
		reason = parse_transport(&p);
	if (reason != CONTINUE)
		return 0;
	describe(&p, meta, set);
	meta->ns = now_ns(set);
	s->bytes = p.bytes;
	s->half = s->table = set->rules_generation & 1;
	s->inspect = decrypted ? SW_INSPECT_SEARCH | SW_INSPECT_SHORT | SW_INSPECT_ANSWERS
			       : inspection(&p, s->half);
	s->proto = p.proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP : p.proto;
	s->port = service_port(meta);
	if (!s->inspect)
		s->inspect = SW_INSPECT_TEXT; /* of a first segment */
	s->seq = bpf_ntohl(meta->seq) + !!(p.tcp_flags & TCP_SYN);
	s->tag = flow_tag(&meta->flow);
	s->work = s->charges = 0;
	s->proxied = s->relayed = s->ended = s->bad = 0;
	__builtin_memset(&s->culprit, 0, sizeof(s->culprit));
	__builtin_memset(s->client, 0, sizeof(s->client));
	s->ip_at = ip_offset(ctx, &p);
	find_payload(ctx, &p, s);
	return 1;
}

static __always_inline void begin_head(struct scratch *s)
{
	__u32 at = 0;

	forget_head(s);
	s->head = 0;
	s->span[SW_BUFFER_PAYLOAD] = make_span(FRESH, s->end);
	/* What a body says is no request. */
	if (s->state == SW_HEAD_BODY && (s->body_left || s->carried & SW_TAIL_CHUNKED)) {
		s->head = s->start;
		first_request(s);
		return;
	}
	if (s->state == SW_HEAD_UNKNOWN && s->start < FRESH && may_begin(s, s->start))
		at = find_request(s->start);
	if (!at && (s->state == SW_HEAD_UNKNOWN || s->state == SW_HEAD_BODY) && may_begin(s, FRESH))
		at = find_request(FRESH);
	if (at) {
		s->head = at;
		s->state = SW_HEAD_UNKNOWN;
		read_request(at);
		return;
	}
	if (s->state == SW_HEAD_UNKNOWN)
		return;
	s->head = s->start;
	first_request(s);
}

/* The next part of the payload into the text; false when it cannot be read. */
static __always_inline bool load_text(struct xdp_md *ctx, struct scratch *s)
{
	__u32 length = text_length(s);

	if (!length || bpf_xdp_load_bytes(ctx, s->offset, s->byte + FRESH, length))
		return false;
	take_text(s, length);
	return true;
}

/* Bytes of a header that are still to come, in the next segments. */
static __always_inline void keep_proxy(struct scratch *s, __u32 skip)
{
	struct sw_tail *t = tail_of(s, true);

	if (!t)
		return;
	*(volatile __u64 *)&t->tag = 0;
	__builtin_memset(t, 0, sizeof(*t) - SW_TAIL_BYTES);
	if (!skip)
		return; /* what comes next begins the connection */
	t->state = SW_HEAD_PROXY;
	t->next = s->seq + (s->end - FRESH) + s->left;
	t->skip = skip;
	*(volatile __u64 *)&t->tag = s->tag;
}

static __always_inline void await_first_data(const struct scratch *s)
{
	__u64 *flow = flow_entry(s->tag);

	if (is_flow(flow, s->tag))
		*flow &= ~FLOW_DATA;
}

/* skip: bytes of the payload that belong to a header already. False: the client's data
 * do not begin in this segment. What may be a header, and goes on, is also read as it
 * stands. */
static __always_inline bool pass_proxy_header(struct xdp_md *ctx, struct scratch *s, __u32 skip)
{
	__u32 before = FRESH - s->start, fresh = s->end - FRESH;
	__u32 length = skip ? skip : read_proxy_header();

	s->state = SW_HEAD_UNKNOWN;
	s->begins = 1;
	if (length == PROXY_CUT) {
		s->kept = KEPT_PROXY;
		await_first_data(s);
		return true;
	}
	if (!length)
		return true;
	length -= before;
	keep_proxy(s, length > fresh + s->left ? length - fresh - s->left : 0);
	s->left += fresh - length;
	s->offset -= fresh - length;
	s->seq += length;
	s->start = FRESH;
	/* Of what lies behind the frame's end nothing is left. */
	if ((__s32)s->left > 0 && load_text(ctx, s))
		return true;
	s->left = 0;
	await_first_data(s);
	return false;
}

static __always_inline void search_uri(const struct scratch *s)
{
	if (s->decoded > DECODED)
		search(DECODED, DECODED, s->decoded);
	if (s->normal > NORMAL)
		search(NORMAL, NORMAL, s->normal);
}

/* The form of the request at hand, which hides what it says. */
static __always_inline void unfold_form(struct scratch *s)
{
	if (!s->head || !expects_body(s))
		return;
	read_lines();
	decode_form();
}

static __always_inline void search_form(const struct scratch *s)
{
	if (s->form)
		search(s->form, s->form, s->form_end);
}

/* What the URIs of pipelined requests hide; then the first is at hand again. */
static __always_inline void search_next_heads(struct scratch *s)
{
	__u32 head = s->head;
	__u8 state = s->state;
	int n;

	for (n = 0; n < REQUESTS && read_next_head(); n++) {
		search_uri(s);
		unfold_form(s);
		search_form(s);
	}
	if (!n)
		return;
	s->several = 1;
	s->head = head;
	s->state = state;
	first_request(s);
}

static __always_inline void begin_commands(struct scratch *s, __u32 skip)
{
	s->head = s->commands = 0;
	s->skip = skip;
	read_commands();
}

static __always_inline void search_text(struct scratch *s)
{
	__u32 from = FRESH - KEEP_FOR_WINDOW;

	if (s->speech) {
		if (s->commands || s->first)
			search(s->start, s->start, s->end);
		if (s->decoded > DECODED)
			search(DECODED, DECODED, s->decoded);
		return;
	}
	if (s->again || from < s->start)
		from = s->start;
	search(s->start, from, s->end);
	/* A URI that ended in the tail was searched with it. */
	if (s->span[SW_BUFFER_URI_RAW].to > FRESH)
		search_uri(s);
	search_form(s);
	search_next_heads(s);
}

/* Methods, with what a URI begins with behind them: SIP and RTSP have some of them. */
__noinline int speaks_http(__u32 at)
{
	const struct scratch *s = scratch();
	__u32 end;
	__u8 b;

	if (!s)
		return 0;
	end = method_end(s, at);
	b = byte_at(s, end + 1);
	return end && begins_request(load8(s, at)) && (b == '/' || b == '*' || b == 'h');
}

/* What the client speaks, by its port or its first words. */
__noinline int hear_speech(void)
{
	struct scratch *s = scratch();
	enum sw_speech speech;

	if (!s || s->proto != IPPROTO_TCP || !s->begins)
		return 0;
	speech = speech_of_port(s->port);
	if (speech != SW_SPEECH_NONE) {
		if (s->first || !may_be_carried(s, speech)) {
			s->speech = speech;
		} else if (speech == SW_SPEECH_SMTP) {
			s->speech = speech;
			s->phase = SW_PHASE_MAIL | SW_PHASE_WITHIN;
		}
		return 0;
	}
	if (!speaks_http(FRESH))
		s->speech = speech_of_words(s);
	return 0;
}

/* From now on the port's connections are looked into. */
static __always_inline void know_port(const struct scratch *s)
{
	struct sw_inspect_ports *ports = entry_of(&inspect_ports, s->half);
	__u8 *kind = ports ? &ports->tcp[masked(s->port, 0xffff)] : NULL;

	if (kind && !(*kind & ~SW_INSPECT_REPLIES)) /* once: all CPUs read that line */
		*kind |= SW_INSPECT_TEXT;
}

/* The port whose rules hold as well; false: nobody looks for anything in it. */
static __always_inline bool name_port(struct scratch *s)
{
	bool text_only = s->inspect == SW_INSPECT_TEXT;

	if (s->speech)
		s->as_port = port_of_speech(s->speech);
	else if (s->head && s->proto == IPPROTO_TCP &&
		 (!s->span[SW_BUFFER_METHOD].from || speaks_http(s->head)))
		s->as_port = HTTP_PORT;
	else if (text_only)
		return s->first;
	if (text_only && s->first)
		know_port(s);
	return true;
}

#define AGENT_WORDS 24 /* of eight bytes: as much as two programs differ within */

/* A connection's first request tells whether its source speaks for others. */
__noinline int note_first_request(void)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct scratch *s = scratch();
	struct span a;
	__u64 agent = 0;
	__u32 tick;

	if (!s || !meta || !set)
		return 0;
	read_lines();
	tick = ticks(now_ns(set));
	if (s->proxied)
		note_proxy(meta->key, tick);
	a = s->span[SW_BUFFER_USER_AGENT];
	if (!a.from || !s->body)
		return 0;
	for (int n = 0; n < AGENT_WORDS && a.from + 8 * n < a.to; n++)
		agent = (agent ^ load8(s, a.from + 8 * n)) * 0x9e3779b97f4a7c15ull;
	note_agent(meta->key, agent >> 58, tick);
	return 0;
}

static __always_inline void list_rules(struct scratch *s)
{
	for (__u32 i = 0; i < CANDIDATES && i < s->candidates; i++)
		list_window(s->window[i]);
	if (s->first)
		list_port(SW_ANY_PORT, SW_PROTO_FIRST);
	if (s->only_first)
		return;
	if (s->inspect & SW_INSPECT_SHORT)
		list_port(s->proto == IPPROTO_ICMP ? SW_ANY_PORT : s->port, s->proto);
	if (s->inspect & SW_INSPECT_ANY && s->proto != IPPROTO_ICMP)
		list_port(SW_ANY_PORT, s->proto);
	if (s->as_port != s->port)
		list_port(s->as_port, s->proto);
}

/* One part of the payload: which rules may match it; 0: there is none. */
__noinline int look(struct xdp_md *ctx)
{
	struct scratch *s = scratch();
	__u32 skip;

	if (!s)
		return 0;
	s->candidates = s->listed = s->matches = 0;
	s->kept = KEPT_HEAD;
	s->heartbeat = 0;
	s->pair = s->several = 0;
	s->skip = s->only_first = 0;
	skip = take_tail(s);
	if (!load_text(ctx, s))
		return 0;
	s->as_port = s->port;
	if ((s->begins || s->state == SW_HEAD_PROXY) && s->proto == IPPROTO_TCP) {
		if (!pass_proxy_header(ctx, s, s->begins ? 0 : skip))
			return 0;
		skip = 0;
	}
	s->skipped = s->inspect & SW_INSPECT_TLS ? 0 : skip;
	s->body_left = s->carried & (SW_TAIL_CHUNKED | SW_TAIL_AHEAD) ? 0 : s->skipped;
	if (s->inspect & SW_INSPECT_TLS && !read_records(skip)) {
		s->only_first = 1;
		if (s->first)
			search(FRESH, FRESH, s->end);
		list_rules(s);
		return 1;
	}
	hear_speech();
	if (s->speech)
		begin_commands(s, skip);
	else
		begin_head(s);
	if (!name_port(s))
		return 0;
	if (s->begins && s->head && s->proto == IPPROTO_TCP)
		note_first_request();
	/* A long upload; Suricata stops a megabyte into a stream as well. */
	if (!s->speech && s->deep > SW_INSPECT_DEEP && goes_on(s))
		return 1;
	unfold_form(s);
	if (s->inspect & (SW_INSPECT_SEARCH | SW_INSPECT_TEXT) || s->first)
		search_text(s);
	list_rules(s);
	return 1;
}

enum part {
	LAST_PART,
	MORE_PARTS,
	REPEATING_PART, /* to be read once more, as older data has it */
	BAD_PART,	/* a rule drops the packet */
};

enum pass {
	NEW_DATA, /* as the packet has it */
	OLD_DATA, /* from where the host has nothing yet */
	KEEP,	  /* judged already */
};

/* Whom the request's headers say it comes from; the last is the proxy's own
 * word. */
__noinline int note_said_client(void)
{
	struct scratch *s = scratch();
	struct span c;
	__u32 at;

	if (!s)
		return 0;
	read_lines();
	c = s->span[SW_BUFFER_CLIENT];
	if (!s->proxied || c.to <= c.from)
		return 0;
	at = c.to - c.from > SW_CLIENT_BYTES ? c.to - SW_CLIENT_BYTES : c.from;
	for (int n = 0; n < SW_CLIENT_BYTES / 8; n++)
		s->client[n] = at + 8 * n < c.to ? load8(s, at + 8 * n) : 0;
	return 0;
}

/* True: a rule drops the packet. */
static __always_inline bool judge_text(struct xdp_md *ctx, struct scratch *s)
{
	bool bad = false;

	if (s->listed)
		try_listed(s);
	if (s->matches)
		note_relayed_client();
	if (s->matches && s->head)
		note_said_client();
	for (__u32 i = 0; i < MATCHES && i < s->matches; i++)
		bad |= act(ctx, i);
	return bad;
}

/* Of a port that rules do not name, only what they read. */
static __always_inline bool is_kept(const struct scratch *s)
{
	return s->inspect != SW_INSPECT_TEXT || s->head || s->speech || s->kept == KEPT_PROXY;
}

/* What a part of the payload comes to. */
__noinline int inspect_part(struct xdp_md *ctx, __u32 pass)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct scratch *s = scratch();
	bool bad;

	if (!set || !s || !s->left || !look(ctx))
		return LAST_PART;
	bad = pass != KEEP && judge_text(ctx, s);
	if (bad && ((enforcing(set) && !s->detected) || pass == OLD_DATA))
		return BAD_PART;
	if (pass == OLD_DATA)
		return LAST_PART;
	if (pass == NEW_DATA && s->overlap && !bad)
		return REPEATING_PART;
	s->first = 0;
	if (is_kept(s) && (!s->strange || may_be_taken(ctx)))
		keep_tail();
	s->seq += s->end - FRESH;
	if (bad)
		return BAD_PART;
	return s->left ? MORE_PARTS : LAST_PART;
}

/* A SYN says nothing, but some rules count those of a source. */
__noinline int inspect_syn(struct xdp_md *ctx)
{
	const struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct scratch *s = scratch();

	if (!s || !meta || segment_of(meta->tcp_flags) != SYN || !meta->has_tcp)
		return 0;
	s->start = s->end = FRESH;
	s->listed = s->matches = s->head = 0;
	s->state = SW_HEAD_UNKNOWN;
	s->pair = s->several = s->heartbeat = 0;
	forget_head(s);
	list_port(s->port, SW_PROTO_SYN);
	list_port(SW_ANY_PORT, SW_PROTO_SYN);
	return judge_text(ctx, s);
}

static __always_inline void move_to(struct scratch *s, __u32 offset, __s32 by)
{
	s->left -= offset + by - s->offset;
	s->offset = offset + by;
	s->seq += by;
}

/* A segment that repeats others may say something else than they did, and what
 * the host has it keeps: so what is new is read behind that as well. What is
 * kept is the new data, for the host may have thrown the old away. */
static __always_inline int inspect_repeated(struct xdp_md *ctx, struct scratch *s)
{
	__u32 offset = s->offset - (s->end - FRESH), overlap = s->overlap;
	int part;

	move_to(s, offset, overlap);
	part = inspect_part(ctx, OLD_DATA);
	if (part == BAD_PART)
		return part;
	move_to(s, offset, 0);
	s->seq -= overlap;
	return inspect_part(ctx, KEEP);
}

/* True: a rule drops the packet. */
static __always_inline bool inspect_payload(struct xdp_md *ctx, struct scratch *s)
{
	int part;

	for (int i = 0; i < CHUNKS; i++) {
		part = inspect_part(ctx, NEW_DATA);
		if (part == REPEATING_PART)
			part = inspect_repeated(ctx, s);
		if (part == BAD_PART)
			return true;
		if (part == LAST_PART)
			return false;
	}
	return false;
}

#endif
