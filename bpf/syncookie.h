/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SYN cookies in place of the kernel (RFC 4987 3.6): a SYN to a flooded port is
 * answered here with the cookie that the kernel itself would send, so the kernel
 * accepts the ACK and no state is kept.
 *
 * bpf_tcp_gen_syncookie() consults the listener. With net.ipv4.tcp_syncookies = 1 it
 * refuses while the listener's queue of half-open connections has room, and the SYN
 * goes to the kernel. So a busy service that keeps up loses nothing, and a port whose
 * packets are redirected elsewhere (DNAT, a packet filter) is never answered, because
 * its listener's queue stays empty. The helper also notes the overflow, without which
 * the kernel would reject the ACK; this is why the raw helpers are not used.
 *
 * The cookie itself encodes the MSS only. Other options the client offers are encoded
 * in the timestamp that it echoes, if `admit` is there to read it (admit.h); otherwise
 * they are not negotiated for connections that start during the flood. TCP Fast Open
 * and data in a SYN are not accepted: the client retransmits the data.
 */
#ifndef SYNCOOKIE_H
#define SYNCOOKIE_H

#include "challenge.h"
#include "stamp.h"

#define OPTION_STAMP 8 /* RFC 7323 3 */
#define STAMP_BYTES 10

/* What the client offers; the packet is not changed. */
static long read_offer(__u64 n, void *ctx)
{
	struct answer_scratch *s = *(struct answer_scratch **)ctx;
	__u32 at = s->at;
	__u8 kind, length;

	(void)n;
	if (!option_at(s, at, &kind, &length))
		return 1;
	if (kind == OPTION_WINDOW_SCALE && length == 3) {
		s->offers_scale = 1;
		s->scale = s->tcp[(at + 2) & 63];
	} else if (kind == OPTION_SACK && length == 2) {
		s->offers_sack = 1;
	} else if (kind == OPTION_STAMP && length == STAMP_BYTES) {
		s->offers_stamp = 1;
		__builtin_memcpy(&s->stamp, &s->tcp[(at + 2) & 63], sizeof(s->stamp));
	}
	s->at = at + length;
	return 0;
}

static __always_inline void read_offers(struct answer_scratch *s)
{
	s->at = sizeof(struct tcphdr);
	s->offers_scale = s->offers_sack = s->offers_stamp = 0;
	if (s->doff > sizeof(struct tcphdr))
		bpf_loop(TCP_HEADER_MOST - sizeof(struct tcphdr), read_offer, &s, 0);
}

static __always_inline __s64 cookie4(struct bpf_sock *sk, const struct pkt_meta *meta,
				     struct answer_scratch *s)
{
	struct iphdr ip = {.version = 4, .ihl = 5};

	__builtin_memcpy(&ip.saddr, &meta->src.byte[12], 4);
	__builtin_memcpy(&ip.daddr, &meta->dst.byte[12], 4);
	return bpf_tcp_gen_syncookie(sk, &ip, sizeof(ip), (void *)s->tcp,
				     bounded_length(s->doff / 4));
}

static __always_inline __s64 cookie6(struct bpf_sock *sk, const struct pkt_meta *meta,
				     struct answer_scratch *s)
{
	struct ipv6hdr ip = {.version = 6};

	__builtin_memcpy(&ip.saddr, &meta->src, 16);
	__builtin_memcpy(&ip.daddr, &meta->dst, 16);
	return bpf_tcp_gen_syncookie(sk, &ip, sizeof(ip), (void *)s->tcp,
				     bounded_length(s->doff / 4));
}

struct cookie {
	__s64 value; /* of the helper: cookie and MSS << 32; negative: none */
	bool multipath;
};

#define LISTENER_PORTS 16

/* The look-up goes through the established connections first. With the SYN's own,
 * mostly forged, source it would miss the cache there each time; with the zero address
 * and one of a few ports it reads lines that are cached. In an SO_REUSEPORT group it may
 * find another member than the kernel does, but they share the overflow time stamp that
 * arms the cookies. */
static __always_inline void listener_tuple(const struct pkt_meta *meta, struct bpf_sock_tuple *t)
{
	__be16 port = bpf_htons(1 + bpf_ntohs(meta->flow.sport) % LISTENER_PORTS);

	if (meta->family == AF_INET) {
		__builtin_memcpy(&t->ipv4.daddr, &meta->dst.byte[12], 4);
		t->ipv4.sport = port;
		t->ipv4.dport = meta->flow.dport;
		return;
	}
	__builtin_memcpy(t->ipv6.daddr, &meta->dst, 16);
	t->ipv6.sport = port;
	t->ipv6.dport = meta->flow.dport;
}

/* For a known client the kernel may still hold a TIME_WAIT socket of this very flow, and
 * decides itself what becomes of its SYN. */
static __always_inline bool may_have_socket(const struct pkt_meta *meta)
{
	return has_client_tag(client_hash(&meta->flow, meta->key, false));
}

/* bpf_sk_assign_tcp_reqsk() does not work with MPTCP listeners. */
static __always_inline bool is_multipath(struct bpf_sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp && bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp;
}

static __noinline int make_cookie(struct xdp_md *ctx, const struct pkt_meta *meta,
				  struct answer_scratch *s, struct cookie *c)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;

	c->value = -1;
	if (may_have_socket(meta))
		socket_tuple(meta, &t);
	else
		listener_tuple(meta, &t);
	sk = bpf_skc_lookup_tcp(ctx, &t, meta->family == AF_INET ? sizeof(t.ipv4) : sizeof(t.ipv6),
				BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return 0;
	if (sk->state == BPF_TCP_LISTEN) {
		c->value = meta->family == AF_INET ? cookie4(sk, meta, s) : cookie6(sk, meta, s);
		c->multipath = s->offers_stamp && is_multipath(sk);
	}
	bpf_sk_release(sk);
	return 0;
}

/* In the order of tcp_options_write(), with SACK where it goes beside a timestamp;
 * returns their length. */
static __always_inline __u32 write_stamped(const struct sw_settings *set,
					   const struct answer_scratch *s, __u32 mss, __u32 stamp,
					   __u8 *o)
{
	bool scale = s->offers_scale && set->window_scale != SW_NO_WINDOW_SCALE;
	bool sack = s->offers_sack && set->sack;
	__u32 word[5] = {bpf_htonl(OPTION_MSS << 24 | 4 << 16 | mss)};

	word[1] = sack ? bpf_htonl(OPTION_SACK << 24 | 2 << 16 | OPTION_STAMP << 8 | STAMP_BYTES)
		       : bpf_htonl(OPTION_NOP << 24 | OPTION_NOP << 16 | OPTION_STAMP << 8 |
				   STAMP_BYTES);
	word[2] = bpf_htonl(stamp);
	word[3] = s->stamp;
	if (scale)
		word[4] = bpf_htonl(OPTION_NOP << 24 | OPTION_WINDOW_SCALE << 16 | 3 << 8 |
				    set->window_scale);
	__builtin_memcpy(o, word, sizeof(word));
	return 16 + 4 * scale;
}

static __always_inline struct sw_offer offer_of(const struct sw_settings *set,
						const struct answer_scratch *s, __u32 mss)
{
	struct sw_offer o = {.mss = mss, .scale = NO_SCALE, .sack = s->offers_sack && set->sack};

	if (s->offers_scale && set->window_scale != SW_NO_WINDOW_SCALE)
		o.scale = s->scale > SCALE_MOST ? SCALE_MOST : s->scale;
	return o;
}

static __noinline int send_cookie(struct xdp_md *ctx, const struct pkt_meta *meta,
				  const struct answer_scratch *s, const struct cookie *c)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 mss = own_mss(ctx, meta), options = 4, word;
	struct sw_offer offer;
	struct reply r = {};

	if (!set)
		return 0;
	r.tcp.seq = bpf_htonl(c->value);
	r.tcp.ack_seq = bpf_htonl(bpf_ntohl(meta->seq) + 1);
	r.tcp.syn = r.tcp.ack = 1;
	r.tcp.window = bpf_htons(first_window(set, mss));
	if (s->offers_stamp && !c->multipath && lasts(set->admit_until, ticks(meta->ns))) {
		offer = offer_of(set, s, c->value >> 32 & 0xffff);
		word = stamp_of(&offer, millis(meta->ns));
		options = write_stamped(set, s, mss, word, r.option);
	} else {
		word = bpf_htonl(OPTION_MSS << 24 | 4 << 16 | mss);
		__builtin_memcpy(r.option, &word, sizeof(word));
	}
	return send(ctx, meta, &r, s->ip, options);
}

/* For a packet that judge() gave the reason SYN_FLOOD; returns its enum sw_reason. If
 * the program cannot or should not answer, the kernel does. */
static __noinline int answer_flood(struct xdp_md *ctx)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct answer_scratch *s;
	struct cookie c = {};
	__u32 able;

	if (!meta || !set)
		return SW_REASON_SYN_FLOOD;
	able = ability(ctx, set);
	s = able & SW_IFACE_ANSWERS ? sound_syn(ctx, meta, able, true) : NULL;
	if (s) {
		read_offers(s);
		make_cookie(ctx, meta, s, &c);
		if (c.value >= 0 && send_cookie(ctx, meta, s, &c))
			return SW_REASON_SYN_COOKIE;
	}
	/* The SYN-ACK may leave by another interface, so the ACK must be recognized. */
	if (meta->unseen)
		note_half_open(flow_tag(&meta->flow));
	return SW_REASON_SYN_FLOOD;
}

#endif
