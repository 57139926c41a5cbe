/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outgoing packets show what this host requests from others, whose replies must pass;
 * which peers it exchanges UDP with; and which ports are served without a socket that
 * the XDP program can find (containers, DNAT, IPVS): after NAT is undone, the reply
 * carries our address and the published port. In enforce mode the kernel's ICMP errors
 * about closed ports are dropped here.
 */
#ifndef LEARN_H
#define LEARN_H

#include "challenge.h"
#include "rule_tables.h"

#define TALK_SAMPLE 8 /* one in so many ticks, depending on the flow; a power of two */

/* Swaps the ends: the reply to this packet, as the XDP program will see it. */
static __always_inline void turn_round(struct packet *p)
{
	struct in6_addr *src6 = p->saddr6;
	__be32 src4 = p->saddr4;
	__be16 sport = p->sport;

	p->saddr4 = p->daddr4;
	p->daddr4 = src4;
	p->sport = p->dport;
	p->dport = sport;
	if (p->family == AF_INET6) {
		p->saddr6 = p->daddr6;
		p->daddr6 = src6;
		p->high = half_of(p->saddr6, 0);
		p->low = half_of(p->saddr6, 1);
	}
}

/* Parses an outgoing TCP segment, ends swapped; returns the offset of its data, or 0. */
static __always_inline __u32 parse_leaving(const struct __sk_buff *skb, struct packet *p,
					   const struct sw_settings *set)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	bool raw = set->raw_devices && is_raw_device(set, skb->ifindex);
	__u64 at;

	if (parse_link(data, end, p, raw) != CONTINUE || parse_transport(p) != CONTINUE || !p->tcp)
		return 0;
	at = p->at - data;
	asm volatile("" : "+r"(at));
	turn_round(p);
	return at + p->tcp->doff * 4u;
}

/* Bytes of data at `at`; a frame may be longer than its IP packet, or cut short. */
static __always_inline __u32 left_of(const struct __sk_buff *skb, const struct packet *p, __u32 at)
{
	__u32 left = p->left > p->tcp->doff * 4u ? p->left - p->tcp->doff * 4u : 0;

	if (left > skb->len - at)
		left = skb->len > at ? skb->len - at : 0;
	return left;
}

/* RFC 792 type 3: protocol or port unreachable. RFC 4443: 1.4, port unreachable; 4.1,
 * unrecognized next header. */
static __always_inline bool tells_closed(const struct packet *p)
{
	if (p->proto == IPPROTO_ICMP)
		return p->icmp_type == ICMP_DEST_UNREACH &&
		       (p->icmp_code == ICMP_PROT_UNREACH || p->icmp_code == ICMP_PORT_UNREACH);
	return (p->icmp_type == 1 && p->icmp_code == 4) || (p->icmp_type == 4 && p->icmp_code == 1);
}

static __always_inline bool is_echo_question(const struct packet *p)
{
	return p->icmp_type == (p->proto == IPPROTO_ICMPV6 ? 128 : ICMP_ECHO);
}

/* Does it leave from a socket whose address or port is not in the packet (REDIRECT,
 * DNAT, IPVS), or that is bound to another device (bridge, VLAN, VRF)? Then the XDP
 * program finds no socket for replies. */
static __always_inline bool is_unseen(const struct __sk_buff *skb, const struct packet *p)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return true;
	if (sk->src_port && sk->src_port != bpf_ntohs(p->dport))
		return true;
	if (p->family == AF_INET && sk->src_ip4 && sk->src_ip4 != p->daddr4)
		return true;
	return sk->bound_dev_if && sk->bound_dev_if != skb->ifindex;
}

/* The port is served, although no socket was found when the client came: it has missed
 * nothing. A global function, so its stack is not added to its caller's. */
__noinline int forgive_client(const struct flow_key *e, __u64 key)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct sw_source_set *b = source_set(key);
	struct sw_source *s = b ? find_source(b, key) : NULL;

	if (!e || !set || !s || !has_missed(s, bpf_ntohs(e->dport)))
		return 0;
	forgive_early(bpf_ntohs(e->dport), s, set);
	if (!s->score)
		forget_targets(s, e);
	return 0;
}

static __always_inline void learn_tcp(const struct __sk_buff *skb, const struct packet *p,
				      const struct sw_settings *set, __u32 tick, bool forwarded)
{
	struct flow_key e;

	if (!p->tcp || p->tcp_flags & TCP_RST)
		return;
	if (!forwarded && !(p->tcp_flags & TCP_SYN) && !is_unseen(skb, p))
		return;
	e = flow_key_of(p);
	if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		remember_question(flow_tag(&e));
		return;
	}
	if (p->tcp_flags & TCP_SYN) {
		/* A listener that the XDP program has found is known already. What it
		 * sends without a socket is a cookie (tcp_make_synack()), unless
		 * packets are forwarded. */
		if (was_found(&e, tick) && !(forwarded && set->forwards))
			return;
		if (!was_found(&e, tick)) {
			remember_unseen(&e, tick);
			forgive_client(&e, suspect_key(p, set));
		}
		note_half_open(flow_tag(&e));
		return;
	}
	/* A connection older than this program is noted by what the service sends. */
	note_half_open(flow_tag(&e));
	if ((has_data(p) || p->tcp_flags & TCP_FIN) && prove_flow(flow_tag(&e)))
		remember_client(&e, suspect_key(p, set), SW_CLIENT_DATA);
}

/* Services send requests, too: from their own port to the same remote port (DNS, NTP,
 * SIP, IKE), or to a well-known one. */
static __always_inline bool is_question(const struct packet *p)
{
	return p->sport == p->dport || bpf_ntohs(p->sport) < 1024;
}

/* An exchange: the host replies to the same peer again after a while. Sampled, because
 * a server of short replies gains nothing from it. */
static __always_inline void learn_talk(const struct packet *p, const struct sw_settings *set,
				       const struct flow_key *e, __u32 tick)
{
	__u64 tag = flow_tag(e), *flow, now = epoch_bits();

	if ((tag >> 32 ^ tick) & (TALK_SAMPLE - 1))
		return;
	flow = flow_entry(tag);
	if (!flow)
		return;
	if (!is_flow(flow, tag)) {
		*flow = tag | (tick << 8 & FLOW_EPOCH);
		return;
	}
	if (*flow & FLOW_DATA ? (*flow & FLOW_EPOCH) == now
			      : (*flow & FLOW_EPOCH) == (tick << 8 & FLOW_EPOCH))
		return;
	*flow = tag | (*flow & FLOW_OURS) | FLOW_DATA | now;
	remember_client(e, suspect_key(p, set), SW_CLIENT_UNPROVEN);
}

static __always_inline void learn_udp(const struct __sk_buff *skb, const struct packet *p,
				      const struct sw_settings *set, __u32 tick, bool forwarded)
{
	struct flow_key e = flow_key_of(p);
	bool serves = was_served(&e, tick, set->served_ticks);

	if (!serves && (forwarded || is_unseen(skb, p))) {
		note_flow(flow_tag(&e));
		serves = bpf_ntohs(p->dport) < set->ephemeral_low;
		if (serves) {
			remember_unseen(&e, tick);
			forgive_client(&e, suspect_key(p, set));
		}
	}
	if (serves && !is_question(p)) {
		learn_talk(p, set, &e, tick);
		return;
	}
	/* A service may as well be answering: then its peer gets no other port by it. */
	remember_question(flow_tag(&e));
	if (serves)
		return;
	remember_question(asked_tag(&e));
	if (e.sport == bpf_htons(TFTP_PORT))
		remember_question(transfer_tag(&e));
}

/* Was a challenged source's SYN let through within the last two minutes? The kernel
 * gives up retransmitting SYN-ACKs after one (net.ipv4.tcp_synack_retries). */
static __always_inline bool lets_syns(const struct sw_settings *set)
{
	const struct sw_state *st = entry_of(&state, 0);

	return st && st->let_syn_tick && ticks(now_ns(set)) - st->let_syn_tick < 2 * MINUTE_TICKS;
}

#define REPEATED_US 300000 /* the kernel waits at least half a second */

/* Is the kernel retransmitting the reply to a SYN? The request socket knows. */
static __always_inline bool is_old_request(const struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct tcp_request_sock *r = sk ? bpf_skc_to_tcp_request_sock(sk) : NULL;

	return r && r->snt_synack && bpf_ktime_get_ns() / 1000 - r->snt_synack > REPEATED_US;
}

/* p: ends swapped. May its client have been challenged? A global function, so its stack
 * is not added to its caller's. */
__noinline int may_be_challenged(__u64 id, __u32 stranger)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	const struct sw_state *st = entry_of(&state, 0);
	__u32 tick;

	if (!set || !st)
		return 0;
	tick = ticks(now_ns(set));
	if (suspects_about(tick) && may_be_suspect(id, tick))
		return 1;
	return stranger &&
	       (strangers_challenged(st, tick) || set->closed_silent == SW_CLOSED_DECEIVE);
}

/* p: ends swapped. Its SYN is not in `let_syns`: was it never there, or was it evicted
 * by somebody who opens connections by the thousand? */
static __always_inline bool was_pushed_out(const struct __sk_buff *skb, const struct packet *p,
					   const struct sw_settings *set)
{
	struct pkt_meta *meta = entry_of(&pkt_metas, META_LEAVING);
	__u64 key = suspect_key(p, set), id;
	__u32 tick = ticks(now_ns(set));

	if (!meta || !is_old_request(skb))
		return false;
	id = p->family == AF_INET ? bpf_ntohl(p->saddr4) : p->high & source6_mask;
	meta->flow = flow_key_of(p);
	meta->src = addr_of(p, true);
	return may_be_challenged(id, !is_known_client(&meta->flow, key, tick)) &&
	       !allowed(key, &meta->src, tick);
}

/* p: ends swapped. Is this a SYN-ACK that the kernel retransmits? See note_answer(). */
static __always_inline bool repeats_syn_ack(const struct __sk_buff *skb, const struct packet *p,
					    const struct sw_settings *set)
{
	struct flow_key flow;
	struct sw_let_syn *l;
	__u32 tag;

	if (!p->tcp || (p->tcp_flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK))
		return false;
	flow = flow_key_of(p);
	l = let_syn_of(&flow, bpf_ntohl(p->tcp->ack_seq) - 1, &tag);
	if (!l || l->tag != tag)
		return was_pushed_out(skb, p, set);
	if (!l->answers)
		return true;
	if (l->answers != SW_LET_FREE)
		l->answers = 0;
	return false;
}

/* SW_INSPECT_ANSWERS and SW_INSPECT_REPLIES as needed for the service at this port
 * (host order). */
static __always_inline __u8 answers_read(__u32 port, const struct sw_settings *set)
{
	const struct sw_inspect_ports *ports = entry_of(&inspect_ports, set->rules_generation & 1);

	return ports ? ports->tcp[masked(port, 0xffff)] & (SW_INSPECT_ANSWERS | SW_INSPECT_REPLIES)
		     : 0;
}

/* p: ends swapped. The same, if the packet carries a reply or ends one (refusals.h,
 * reply.h). */
static __always_inline __u8 answer_read(const struct packet *p, const struct sw_settings *set)
{
	__u8 kind;

	if (!p->tcp || !set->rules_generation)
		return 0;
	kind = answers_read(bpf_ntohs(p->dport), set);
	return kind && (has_data(p) || p->tcp_flags & (TCP_FIN | TCP_RST)) ? kind : 0;
}

/* p: ends swapped. */
static __always_inline void learn_from(const struct __sk_buff *skb, struct packet *p,
				       const struct sw_settings *set, bool forwarded)
{
	__u32 tick = ticks(now_ns(set));
	struct flow_key e;

	if (p->proto == IPPROTO_TCP)
		learn_tcp(skb, p, set, tick, forwarded);
	if (p->proto == IPPROTO_UDP)
		learn_udp(skb, p, set, tick, forwarded);
	if (!is_icmp(p) || !is_echo_question(p))
		return;
	e = flow_key_of(p);
	remember_question(ping_tag(&e, p->icmp_id));
}

#endif
