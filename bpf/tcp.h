/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 3, TCP. Most packets belong to a known connection and return from
 * in_known_flow(); the rest, which open or break one, is read here. */
#ifndef TCP_H
#define TCP_H

#include "evidence.h"
#include "fingerprint.h"
#include "floods.h"
#include "knock.h"
#include "ports.h"
#include "speakers.h"

#define TCP_FLAGS (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG)

enum segment {
	SYN,
	ACK,	 /* with or without FIN */
	RST,	 /* alone: the reply to an unexpected SYN-ACK */
	FIN,	 /* alone */
	ANSWER,	 /* SYN-ACK or RST-ACK: a reply to us, or backscatter; no evidence */
	STRANGE, /* no legitimate stack sends this */
};

static __always_inline enum segment segment_of(__u8 flags)
{
	if ((flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK)
		return ACK;
	if ((flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == TCP_SYN)
		return SYN;
	if ((flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == (TCP_SYN | TCP_ACK) ||
	    (flags & (TCP_SYN | TCP_RST | TCP_ACK)) == (TCP_RST | TCP_ACK))
		return ANSWER;
	if ((flags & (TCP_SYN | TCP_RST)) == TCP_RST)
		return RST;
	return (flags & TCP_FLAGS) == TCP_FIN ? FIN : STRANGE;
}

/* Notes the source as a client; flags: how it is known (enum sw_client_flags). Called
 * when a connection starts, and about every ten minutes while it lasts. */
__noinline int remember_client(const struct flow_key *e, __u64 key, __u32 flags)
{
	const struct sw_settings *set = entry_of(&settings, 0);

	if (!e || !set)
		return 0;
	note_client(e, key, flags, 0);
	note_client(e, key, flags, 1);
	if (flags & SW_CLIENT_DATA) {
		note_connection(e, key, ticks(now_ns(set)));
		credit(e, key, set);
	}
	return 0;
}

static __always_inline bool in_known_flow(struct packet *p, const struct sw_settings *set)
{
	struct flow_key e = flow_key_of(p);
	__u64 tag = flow_tag(&e), *flow = flow_entry(tag), now;
	struct pkt_meta *meta;

	if (!is_flow(flow, tag))
		return false;
	if (!has_data(p))
		return true;
	now = FLOW_DATA | epoch_bits();
	if ((*flow & (FLOW_DATA | FLOW_EPOCH)) == now)
		return true;
	p->first = !(*flow & (FLOW_DATA | FLOW_OURS));
	*flow = tag | (*flow & (FLOW_OURS | FLOW_HALF_OPEN)) | now;
	if (*flow & FLOW_HALF_OPEN)
		return true;
	meta = entry_of(&pkt_metas, 0); /* not on the stack, which is shared by all nested calls */
	if (!meta)
		return true;
	meta->flow = e;
	remember_client(&meta->flow, suspect_key(p, set), SW_CLIENT_DATA);
	return true;
}

/* A socket was found, so the source has received our SYN-ACK. Its request may have come
 * together with the ACK of the handshake, when there was no full socket yet: a download
 * then only sends ACKs, and the socket knows that there was data. */
static __always_inline void remember_flow(const struct pkt_meta *p)
{
	__u64 tag = flow_tag(&p->flow), *flow = flow_entry(tag);
	bool data = p->has_data | p->received;

	if (!flow)
		return;
	*flow = data ? tag | FLOW_DATA | epoch_bits() : tag;
	remember_client(&p->flow, p->key, data ? SW_CLIENT_DATA : 0);
}

static __always_inline int read_closed_syn(struct pkt_meta *p, const struct sw_settings *set)
{
	int reason = closed(set);

	expect_source(p->key);

	/* A container, or a socket the program cannot find, may listen there. One SYN a
	 * minute is let through, and learn.h watches for a reply. */
	p->asks = p->unseen = may_be_unseen(set) && !p->hidden;
	if (p->hidden) /* the kernel would not refuse it */
		reason = hidden_reason(p);
	if (is_trap(p->port))
		return score_probe(p, SW_EVIDENCE_TRAP_PORT, reason, p->port);
	if (is_common(p->port))
		return score_probe(p, SW_EVIDENCE_COMMON_PORT, reason, p->port);
	return score_probe(p, SW_EVIDENCE_CLOSED_PORT, reason, p->port);
}

static __always_inline enum socket_state syn_socket(struct xdp_md *ctx, struct pkt_meta *p,
						    __u32 tick)
{
	enum port_state known;

	if (p->hidden)
		return NO_SOCKET;
	known = port_state(&p->flow, tick);
	if (known == PORT_UNKNOWN)
		return tcp_socket(ctx, p);
	p->own = 1;
	return known == PORT_OPEN ? LISTENING : NO_SOCKET;
}

static __always_inline int read_syn(struct pkt_meta *p, const struct sw_settings *set, __u32 tick,
				    enum socket_state found)
{
	if (found != NO_SOCKET && !p->own)
		remember_served(&p->flow, tick);
	if (!p->hidden)
		p->port_found = found == NO_SOCKET ? PORT_CLOSED : PORT_OPEN;
	if (found == NO_SOCKET && !shows(p, set, tick))
		return read_closed_syn(p, set);
	p->unseen = found == NO_SOCKET || set->forwards;
	p->verdict = AT_OPEN_PORT;
	return score_probe(p, SW_EVIDENCE_SWEEP, SW_REASON_OPEN_PORT, p->port);
}

/* A minimal header without data, as nmap -sA and -sM send. A client that lost its
 * connection has data to send, or options. */
static __always_inline bool is_bare(const struct pkt_meta *p)
{
	return p->doff == 5 && !p->has_data;
}

/* ACK without a connection, to a served port. A client that lost its connection is told
 * by the kernel's RST, and so is anyone else at every port, served or not. Where packets
 * are forwarded no RST is sent, because a container's would differ from the kernel's. */
static __always_inline int read_stale_ack(struct pkt_meta *p, const struct sw_settings *set,
					  __u32 tick)
{
	p->verdict = STALE;
	p->reason = SW_REASON_NO_FLOW;
	if (!is_bare(p) && !set->forwards)
		return CONTINUE;
	return uses_service(&p->flow, p->key, tick) && set->forwards ? SW_REASON_NO_FLOW
								     : SW_REASON_BARE_ACK;
}

static __always_inline int read_ack(struct pkt_meta *p, const struct sw_settings *set, __u32 tick,
				    enum socket_state found)
{
	if (found == CONNECTED)
		remember_flow(p);
	if (found >= HALF_OPEN)
		return SW_REASON_FLOW;
	/* may belong to a connection that a masqueraded container opened */
	if (set->forwards && p->port >= set->ephemeral_low)
		return SW_REASON_NO_FLOW;
	if (found == LISTENING || shows(p, set, tick) ||
	    /* or to one that we opened from this port and have closed since */
	    p->port >= set->ephemeral_low)
		return read_stale_ack(p, set, tick);
	p->tool = tool_of_probe(p);
	return score_probe(
		p, p->tcp_flags & TCP_FIN ? SW_EVIDENCE_FIN_ACK : SW_EVIDENCE_STRAY_ACK,
		is_bare(p) || set->forwards ? SW_REASON_STRAY_ACK : SW_REASON_PASSED_MISS, p->port);
}

/* Classifies flags that are neither a SYN nor carry ACK or RST: by RFC 9293 3.10.7
 * every other segment carries an ACK. */
static __always_inline enum sw_evidence odd_flags(__u8 flags)
{
	if (flags & TCP_SYN)
		return flags & TCP_RST ? SW_EVIDENCE_SYN_RST : SW_EVIDENCE_SYN_FIN;
	if (!flags)
		return SW_EVIDENCE_NULL_FLAGS;
	if (flags == TCP_FIN)
		return SW_EVIDENCE_FIN;
	if (flags == (TCP_FIN | TCP_PSH | TCP_URG))
		return SW_EVIDENCE_XMAS;
	return SW_EVIDENCE_ODD_FLAGS;
}

static __always_inline int read_odd(struct pkt_meta *p)
{
	p->tool = tool_of_probe(p);
	return score_probe(p, odd_flags(p->tcp_flags & TCP_FLAGS), SW_REASON_IMPOSSIBLE_FLAGS,
			   p->port);
}

/* Checks that need no socket lookup; CLEAN if nothing is found. */
static __always_inline int read_header(struct pkt_meta *p, enum segment kind)
{
	if (kind == STRANGE)
		return read_odd(p);
	if (!p->flow.sport || !p->port)
		return score_probe(p, SW_EVIDENCE_PORT_ZERO, SW_REASON_PORT_ZERO, p->port);
	if (kind != SYN)
		return SW_REASON_CLEAN;
	p->tool = tool_of_syn(p);
	if (p->tool == SW_TOOL_UNKNOWN)
		return SW_REASON_CLEAN;
	return score_probe(p,
			   p->tool == SW_TOOL_NMAP_OS ? SW_EVIDENCE_OS_PROBE : SW_EVIDENCE_SCANNER,
			   SW_REASON_SCANNER, p->port);
}

/* SYN-ACK: a reply to our SYN, or to one that was forged with our address; no port may
 * answer it, open or closed. RST-ACK: the kernel stays silent. */
static __always_inline int read_answer(struct xdp_md *ctx, const struct pkt_meta *p,
				       const struct sw_settings *set)
{
	if (is_answer(flow_tag(&p->flow)) || tcp_socket(ctx, p) == CONNECTED)
		return p->block_reason == CONTINUE ? SW_REASON_FLOW : SW_REASON_SPARED_FLOW;
	if (p->block_reason != CONTINUE)
		return p->block_reason;
	/* A container's connection, whose SYN may have left by another interface. */
	if (p->tcp_flags & TCP_RST || (set->forwards && p->port >= set->ephemeral_low))
		return SW_REASON_CLEAN;
	return is_local_addr(p) ? SW_REASON_BACKSCATTER : SW_REASON_NOT_OURS;
}

/* With closed = deceive, closed ports look open where the program can reply for them:
 * then every SYN, except from known clients, is challenged, so all replies look alike. */
static __always_inline bool deceives(struct xdp_md *ctx, const struct pkt_meta *p,
				     const struct sw_settings *set)
{
	__u32 ifindex, *able;

	if (set->closed_silent != SW_CLOSED_DECEIVE || set->forwards || !enforcing(set))
		return false;
	ifindex = ctx->ingress_ifindex;
	able = bpf_map_lookup_elem(&interfaces, &ifindex);
	return able && *able & SW_IFACE_ANSWERS && is_local_addr(p) &&
	       !is_known_client(&p->flow, p->key, ticks(p->ns)) &&
	       !allowed(p->key, &p->src, ticks(p->ns));
}

/* The source is blocked for new connections. */
static __always_inline int read_blocked_tcp(struct xdp_md *ctx, struct pkt_meta *p,
					    const struct sw_settings *set, __u32 tick,
					    enum segment kind)
{
	enum socket_state found;

	if (kind == SYN && !p->hidden &&
	    (uses_service(&p->flow, p->key, tick) || (set->any_key && was_let_in(p, tick))))
		return SW_REASON_SPARED_SERVICE;
	if (kind == SYN) {
		if (p->block_reason == SW_REASON_STRANGER &&
		    syn_socket(ctx, p, tick) == NO_SOCKET && !shows(p, set, tick))
			count_stranger(set, p->ns);
		p->deceived = deceives(ctx, p, set);
		return set->challenge ? SW_REASON_CHALLENGED : p->block_reason;
	}
	if (kind == STRANGE)
		return p->block_reason;
	if (is_answer(flow_tag(&p->flow)))
		return SW_REASON_SPARED_FLOW;
	found = find_tcp(ctx, p, &p->received);
	if (found == CONNECTED) {
		remember_flow(p);
		return SW_REASON_SPARED_FLOW;
	}
	if (!set->challenge)
		return p->block_reason;
	return found == HALF_OPEN && kind == RST ? SW_REASON_CHALLENGE_PASSED
						 : SW_REASON_CHALLENGED;
}

/* CONTINUE: evidence or a question for judge_evidence(). */
static __always_inline int read_tcp(struct xdp_md *ctx, struct pkt_meta *p,
				    const struct sw_settings *set, __u32 tick)
{
	enum segment kind = segment_of(p->tcp_flags);
	enum socket_state found;
	int reason;

	if (!p->has_tcp && p->block_reason != CONTINUE)
		return p->block_reason;
	if (!p->has_tcp)
		return score_probe(p, SW_EVIDENCE_FRAGMENT, SW_REASON_SCAN_FRAGMENT, p->port);
	if (kind == ANSWER)
		return read_answer(ctx, p, set);
	if (p->block_reason != CONTINUE)
		return read_blocked_tcp(ctx, p, set, tick, kind);
	p->syn = kind == SYN;
	if (kind == SYN && deceives(ctx, p, set)) {
		p->deceived = 1;
		return SW_REASON_CHALLENGED;
	}
	reason = read_header(p, kind);
	if (reason == CONTINUE)
		return CONTINUE;
	found = kind == SYN ? syn_socket(ctx, p, tick) : find_tcp(ctx, p, &p->received);
	if (found == LISTENING && p->hidden)
		found = NO_SOCKET;
	if (kind == SYN) {
		p->flooded =
			found == LISTENING && concerns_floods(p, set, tick) && see_flood(ctx, p);
		return read_syn(p, set, tick, found);
	}
	if (found <= LISTENING && kind != FIN && concerns_floods(p, set, tick) && see_flood(ctx, p))
		return SW_REASON_BAD_COOKIE;
	/* it may complete a handshake that this program started, and every port must
	 * behave alike */
	if (kind == ACK && found != CONNECTED && deceives(ctx, p, set))
		return SW_REASON_CHALLENGED;
	if (kind == ACK)
		return read_ack(p, set, tick, found);
	if (kind == FIN)
		return found == CONNECTED ? SW_REASON_FLOW : read_odd(p);
	if (found == HALF_OPEN)
		return score_probe(p, SW_EVIDENCE_HALF_OPEN, SW_REASON_CLEAN, p->port);
	return SW_REASON_CLEAN;
}

#endif
