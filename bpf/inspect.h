/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures (rule.h), for packets that passed everything else and go to a port that
 * rules name. A program of its own, reached by a tail call: without rules, or without
 * payload, a packet pays for one branch.
 *   stream_tail.h  the end of the flow's previous segment
 *   tls.h          TLS records
 *   relayed.h      the client that a proxy announces
 *   http.h         the head of a request
 *   commands.h     or protocols of commands
 *   filter.h       which rules may match?
 *   candidates.h   those are tried one after another:
 *   match.h        do they match (with head_parts.h, lookup.h, expression.h)?
 *   flowbits.h     have other rules set the bits that they ask for?
 *   rule_action.h  what happens to the packet and its source
 */
#ifndef INSPECT_H
#define INSPECT_H

#include "respond.h"
#include "filter.h"
#include "relayed.h"
#include "stream_tail.h"
#include "tls.h"

#define CHUNKS 43 /* of SW_INSPECT_BYTES, which hold 64 KiB of payload */
#define UDP_HEADER 8
#define HTTP_PORT 80
#define ICMP_HEADER 8 /* including identifier and sequence number, as in Snort */

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
	/* 16 bits, but before 6.18.16 the verifier loses that at the byte swap */
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

/* Offset of the payload in the frame. */
static __always_inline void find_payload(struct xdp_md *ctx, const struct packet *p,
					 struct scratch *s)
{
	__u32 header = header_bytes(p), rest;
	__u64 at = p->at - (void *)(long)ctx->data;

	/* the verifier subtracts pointers in 64 bits only */
	asm volatile("" : "+r"(at));
	s->payload_at = s->offset = at + header;
	s->left = p->left - header;
	rest = bpf_xdp_get_buff_len(ctx) - s->offset;
	/* a frame may be longer than its IP packet, or cut short */
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

/* Copies the metadata of the packet, without packet pointers; 0 if there is nothing to
 * inspect. */
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
		s->inspect = SW_INSPECT_TEXT; /* may be a first segment */
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
	/* The content of a body is not a request. */
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

/* Copies the next part of the payload into scratch; false if it cannot be read. */
static __always_inline bool load_text(struct xdp_md *ctx, struct scratch *s)
{
	__u32 length = text_length(s);

	if (!length || bpf_xdp_load_bytes(ctx, s->offset, s->byte + FRESH, length))
		return false;
	take_text(s, length);
	return true;
}

/* A header that continues in the next segments. */
static __always_inline void keep_proxy(struct scratch *s, __u32 skip)
{
	struct sw_tail *t = tail_of(s, true);

	if (!t)
		return;
	*(volatile __u64 *)&t->tag = 0;
	__builtin_memset(t, 0, sizeof(*t) - SW_TAIL_BYTES);
	if (!skip)
		return; /* what follows starts the connection */
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

/* Skips a PROXY header; skip: payload bytes already known to belong to one. False if
 * the client's data does not start in this segment. What may be an incomplete header is
 * also inspected as it stands. */
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
	/* bytes beyond the end of the frame do not exist */
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

/* Decodes the form of the current request, whose encoding may hide an attack. */
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

/* Searches the URIs of pipelined requests; then the first is current again. */
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
	/* a URI that ended in the tail was searched with it */
	if (s->span[SW_BUFFER_URI_RAW].to > FRESH)
		search_uri(s);
	search_form(s);
	search_next_heads(s);
}

/* Methods together with the start of the URI, because SIP and RTSP share some methods. */
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

/* The protocol that the client speaks, by port or by its first bytes. */
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

/* From now on the connections of this port are inspected. */
static __always_inline void know_port(const struct scratch *s)
{
	struct sw_inspect_ports *ports = entry_of(&inspect_ports, s->half);
	__u8 *kind = ports ? &ports->tcp[masked(s->port, 0xffff)] : NULL;

	if (kind && !(*kind & ~SW_INSPECT_REPLIES)) /* once: the cache line is shared by all CPUs */
		*kind |= SW_INSPECT_TEXT;
}

/* Finds the port whose rules apply as well; false if no rule looks at it. */
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

#define AGENT_WORDS 24 /* words of eight bytes: enough to tell two programs apart */

/* The first request of a connection shows whether its source speaks for others. */
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

/* Loads one part of the payload and finds rules that may match it; 0 if there is none. */
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
	/* a long upload; Suricata also stops after a megabyte of a stream */
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
	REPEATING_PART, /* to be inspected again, with the older data */
	BAD_PART,	/* a rule drops the packet */
};

enum pass {
	NEW_DATA, /* as it is in the packet */
	OLD_DATA, /* starting where the host has no data yet */
	KEEP,	  /* inspected already */
};

/* The client that the request's headers name; the last one is the proxy's own
 * statement. */
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

/* True if a rule drops the packet. */
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
		bad |= !s->match[i].asks && act(ctx, i);
	for (__u32 i = 0; i < MATCHES && i < s->matches; i++)
		bad |= s->match[i].asks && act(ctx, i);
	return bad;
}

/* For a port that rules do not name, whether they read it in this protocol. */
static __always_inline bool is_kept(const struct scratch *s)
{
	return s->inspect != SW_INSPECT_TEXT || s->head || s->speech || s->kept == KEPT_PROXY;
}

/* Inspects one part of the payload. */
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

/* A SYN has no payload, but some rules count SYNs per source. */
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

/* A segment that overlaps earlier ones may differ from them, and the host keeps the
 * first copy: so the new part is also inspected behind the old data. The new data is
 * stored, in case the host discarded the old. */
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

/* True if a rule drops the packet. */
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
