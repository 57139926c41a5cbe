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

/* The listener that is to make the cookie, or another socket, or NULL; to be released. */
static __always_inline struct bpf_sock *find_listener(struct xdp_md *ctx,
						      const struct pkt_meta *meta)
{
	struct bpf_sock_tuple t = {};

	if (may_have_socket(meta))
		socket_tuple(meta, &t);
	else
		listener_tuple(meta, &t);
	return bpf_skc_lookup_tcp(ctx, &t,
				  meta->family == AF_INET ? sizeof(t.ipv4) : sizeof(t.ipv6),
				  BPF_F_CURRENT_NETNS, 0);
}

/* In the order of tcp_options_write(), with SACK where it goes beside a timestamp;
 * returns their length. */
static __always_inline __u32 write_stamped(const struct sw_settings *set,
					   const struct answer_scratch *s, __u32 mss, __u32 stamp,
					   __be32 *o)
{
	bool scale = s->offers_scale && set->window_scale != SW_NO_WINDOW_SCALE;
	bool sack = s->offers_sack && set->sack;

	o[0] = bpf_htonl(OPTION_MSS << 24 | 4 << 16 | mss);
	o[1] = sack ? bpf_htonl(OPTION_SACK << 24 | 2 << 16 | OPTION_STAMP << 8 | STAMP_BYTES)
		    : bpf_htonl(OPTION_NOP << 24 | OPTION_NOP << 16 | OPTION_STAMP << 8 |
				STAMP_BYTES);
	o[2] = bpf_htonl(stamp);
	o[3] = s->stamp;
	if (scale)
		o[4] = bpf_htonl(OPTION_NOP << 24 | OPTION_WINDOW_SCALE << 16 | 3 << 8 |
				 set->window_scale);
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

/* The options of the answer, to five words of zeroes; returns their length. */
static __always_inline __u32 cookie_options(const struct sw_settings *set,
					    const struct pkt_meta *meta,
					    const struct answer_scratch *s, const struct cookie *c,
					    __u32 mss, __be32 *o)
{
	struct sw_offer offer;

	if (s->offers_stamp && !c->multipath && lasts(set->admit_until, ticks(meta->ns))) {
		offer = offer_of(set, s, c->value >> 32 & 0xffff);
		return write_stamped(set, s, mss, stamp_of(&offer, millis(meta->ns)), o);
	}
	o[0] = bpf_htonl(OPTION_MSS << 24 | 4 << 16 | mss);
	return sizeof(o[0]);
}

static __noinline int send_cookie(struct xdp_md *ctx, const struct pkt_meta *meta,
				  const struct answer_scratch *s, const struct cookie *c)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 mss = own_mss(ctx, meta), options;
	struct reply r = {};

	if (!set)
		return 0;
	r.tcp.seq = bpf_htonl(c->value);
	r.tcp.ack_seq = bpf_htonl(bpf_ntohl(meta->seq) + 1);
	r.tcp.syn = r.tcp.ack = 1;
	r.tcp.window = bpf_htons(first_window(set, mss));
	options = cookie_options(set, meta, s, c, mss, (__be32 *)r.option);
	return send(ctx, meta, &r, s->ip, options);
}

/* ---- the usual SYN
 * In a flood nearly all are: IPv4 in a frame without tags, without data, with options
 * in the order of a common stack. It is read and answered in the frame, without copies.
 * Whatever is unusual takes the general way below, which gives the same answer. */

#define AT_IP sizeof(struct ethhdr)
#define AT_TCP (AT_IP + sizeof(struct iphdr))
#define AT_OPTIONS (AT_TCP + sizeof(struct tcphdr))
#define OPTION_WORDS 5	/* most that are read or written */
#define LINUX_WORDS 5	/* MSS, SACK and timestamps, window scale (tcp_options_write()) */
#define WINDOWS_WORDS 3 /* MSS, window scale, SACK; without timestamps nothing is kept */

#define OPTIONS_HEAD bpf_htonl(OPTION_MSS << 24 | 4 << 16)
#define LINUX_STAMP bpf_htonl(OPTION_SACK << 24 | 2 << 16 | OPTION_STAMP << 8 | STAMP_BYTES)
#define LINUX_SCALE bpf_htonl(OPTION_NOP << 24 | OPTION_WINDOW_SCALE << 16 | 3 << 8)

/* Computed once a tick. */
static __always_inline struct answer_way *way_of(struct xdp_md *ctx, const struct pkt_meta *meta,
						 const struct sw_settings *set,
						 struct answer_scratch *s)
{
	__u32 ifindex = ctx->ingress_ifindex, tick = ticks(meta->ns);
	struct answer_way *w = &s->way;

	if (w->ifindex == ifindex && w->tick == tick && !made_up_clock)
		return w;
	w->able = ability(ctx, set);
	w->mss = own_mss(ctx, meta);
	w->window = bpf_htons(first_window(set, w->mss));
	w->ifindex = ifindex;
	w->tick = tick;
	return w;
}

/* False: in another order, which has to be read option by option. */
static __always_inline bool read_usual_offers(struct answer_scratch *s, const __be32 *o,
					      __u32 words)
{
	s->offers_scale = s->offers_sack = s->offers_stamp = 0;
	if (words && (o[0] & bpf_htonl(0xffff0000)) != OPTIONS_HEAD)
		return false;
	if (words != LINUX_WORDS)
		return true;
	if (o[1] != LINUX_STAMP || (o[4] & bpf_htonl(0xffffff00)) != LINUX_SCALE)
		return false;
	s->offers_scale = s->offers_sack = s->offers_stamp = 1;
	s->stamp = o[2];
	s->scale = bpf_ntohl(o[4]);
	return true;
}

/* Is it usual, and would the kernel accept it? words: of options, a constant. As in
 * sound_syn(). */
static __always_inline bool is_usual(struct xdp_md *ctx, struct answer_scratch *s, int words)
{
	void *data = (void *)(long)ctx->data;
	const struct ethhdr *eth = data;
	const struct iphdr *ip = data + AT_IP;
	const struct tcphdr *tcp = data + AT_TCP;
	const __be32 *at = data + AT_IP;
	__u32 segment = sizeof(struct tcphdr) + 4 * words;
	__u64 pseudo, sum = 0;

	if (data + AT_OPTIONS + 4 * words > (void *)(long)ctx->data_end)
		return false;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || eth->h_dest[0] & 1 || *(__u8 *)ip != 0x45 ||
	    ip->tot_len != bpf_htons(sizeof(*ip) + segment) ||
	    ip->frag_off & bpf_htons(IP_MORE | IP_OFFSET))
		return false;
#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += at[i];
	if (fold(sum) != 0xffff)
		return false;
	pseudo = (__u64)ip->saddr + ip->daddr + bpf_htonl(segment) + bpf_htonl(IPPROTO_TCP);
	sum = 0;
#pragma unroll
	for (int i = 5; i < 10 + words; i++)
		sum += at[i];
	if (fold(pseudo + sum) != 0xffff &&
	    !(s->way.able & SW_IFACE_PARTIAL && tcp->check == fold(pseudo)))
		return false;
	return read_usual_offers(s, at + 10, words);
}

/* bytes: of the TCP header, a constant. */
static __always_inline __s64 cookie_in_frame(struct xdp_md *ctx, struct bpf_sock *sk, __u32 bytes)
{
	void *data = (void *)(long)ctx->data;

	if (data + AT_TCP + bytes > (void *)(long)ctx->data_end)
		return -1;
	return bpf_tcp_gen_syncookie(sk, data + AT_IP, sizeof(struct iphdr), data + AT_TCP, bytes);
}

static __always_inline __s64 usual_cookie(struct xdp_md *ctx, struct bpf_sock *sk,
					  const struct pkt_meta *meta)
{
	if (meta->doff == 5)
		return cookie_in_frame(ctx, sk, 20);
	if (meta->doff == 6)
		return cookie_in_frame(ctx, sk, 24);
	if (meta->doff == 5 + WINDOWS_WORDS)
		return cookie_in_frame(ctx, sk, 20 + 4 * WINDOWS_WORDS);
	return meta->doff == 5 + LINUX_WORDS ? cookie_in_frame(ctx, sk, 20 + 4 * LINUX_WORDS) : -1;
}

static __noinline int make_cookie(struct xdp_md *ctx, const struct pkt_meta *meta,
				  struct answer_scratch *s, struct cookie *c, bool usual)
{
	struct bpf_sock *sk = find_listener(ctx, meta);

	c->value = -1;
	if (!sk)
		return 0;
	if (sk->state == BPF_TCP_LISTEN) {
		c->value = usual		     ? usual_cookie(ctx, sk, meta)
			   : meta->family == AF_INET ? cookie4(sk, meta, s)
						     : cookie6(sk, meta, s);
		c->multipath = s->offers_stamp && is_multipath(sk);
	}
	bpf_sk_release(sk);
	return 0;
}

/* The TCP header and its checksum; the ports are those of the SYN. */
static __always_inline void turn_tcp(struct tcphdr *tcp, const struct pkt_meta *meta,
				     const struct answer_way *w, const struct cookie *c,
				     const __be32 *o, __u32 options)
{
	__u32 bytes = sizeof(*tcp) + options, *at = (void *)tcp;
	__u64 sum = bpf_htonl(bytes) + (__u64)bpf_htonl(IPPROTO_TCP);
	__be32 saddr, daddr;

	tcp->source = meta->flow.dport;
	tcp->dest = meta->flow.sport;
	at[1] = bpf_htonl(c->value);
	at[2] = bpf_htonl(bpf_ntohl(meta->seq) + 1);
	tcp->window = w->window;
	((__u8 *)tcp)[12] = bytes << 2;
	((__u8 *)tcp)[13] = TCP_SYN | TCP_ACK;
	at[4] = 0;
	__builtin_memcpy(&saddr, &meta->src.byte[12], 4);
	__builtin_memcpy(&daddr, &meta->dst.byte[12], 4);
	sum += (__u64)saddr + daddr;
#pragma unroll
	for (int i = 0; i < 4; i++)
		sum += at[i];
#pragma unroll
	for (int i = 0; i < OPTION_WORDS; i++)
		sum += o[i];
	tcp->check = ~fold(sum);
}

static __always_inline void turn_ip(struct iphdr *ip, const struct pkt_meta *meta,
				    const struct sw_settings *set, __u32 bytes)
{
	__u32 *at = (void *)ip;
	__u64 sum = 0;

	at[0] = bpf_htonl(0x45000000 | bytes);
	at[1] = bpf_htonl(IP_DF);
	at[2] = bpf_htonl((__u32)set->ttl4 << 24 | IPPROTO_TCP << 16);
	__builtin_memcpy(&ip->saddr, &meta->dst.byte[12], 4);
	__builtin_memcpy(&ip->daddr, &meta->src.byte[12], 4);
#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += at[i];
	ip->check = ~fold(sum);
}

static __noinline int send_usual_cookie(struct xdp_md *ctx, const struct pkt_meta *meta,
					const struct answer_scratch *s, const struct cookie *c)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__be32 o[OPTION_WORDS] = {}, *at;
	__u32 options, i;
	void *data, *end;

	if (!set)
		return 0;
	options = cookie_options(set, meta, s, c, s->way.mss, o);
	if (!fit_frame(ctx, AT_OPTIONS + options) || !swap_macs(ctx))
		return 0;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	at = data + AT_OPTIONS;
	if ((void *)(at + 1) > end)
		return 0;
	turn_ip(data + AT_IP, meta, set, AT_OPTIONS - AT_IP + options);
	turn_tcp(data + AT_TCP, meta, &s->way, c, o, options);
#pragma unroll
	for (i = 0; i < OPTION_WORDS; i++) {
		if ((void *)(at + i + 1) > end)
			break;
		at[i] = o[i];
	}
	return 1;
}

/* 1: answered, 0: refused by the listener, or cannot be sent; -1: not a usual SYN. */
static __noinline int answer_usual(struct xdp_md *ctx, const struct pkt_meta *meta,
				   const struct sw_settings *set, struct cookie *c)
{
	struct answer_scratch *s = entry_of(&answer_scratches, 0);
	bool usual;

	if (!s || meta->family != AF_INET || meta->has_data || !meta->flow.sport || !meta->port)
		return -1;
	if (!(way_of(ctx, meta, set, s)->able & SW_IFACE_ANSWERS))
		return -1;
	if (meta->doff == 5)
		usual = is_usual(ctx, s, 0);
	else if (meta->doff == 6)
		usual = is_usual(ctx, s, 1);
	else if (meta->doff == 5 + WINDOWS_WORDS)
		usual = is_usual(ctx, s, WINDOWS_WORDS);
	else
		usual = meta->doff == 5 + LINUX_WORDS && is_usual(ctx, s, LINUX_WORDS);
	if (!usual)
		return -1;
	make_cookie(ctx, meta, s, c, true);
	return c->value >= 0 && send_usual_cookie(ctx, meta, s, c);
}

/* True if it was answered. */
static __noinline int answer_unusual(struct xdp_md *ctx, const struct pkt_meta *meta,
				     const struct sw_settings *set, struct cookie *c)
{
	__u32 able = ability(ctx, set);
	struct answer_scratch *s;

	s = able & SW_IFACE_ANSWERS ? sound_syn(ctx, meta, able, true) : NULL;
	if (!s)
		return 0;
	read_offers(s);
	make_cookie(ctx, meta, s, c, false);
	return c->value >= 0 && send_cookie(ctx, meta, s, c);
}

/* For a packet that judge() gave the reason SYN_FLOOD; returns its enum sw_reason. If
 * the program cannot or should not answer, the kernel does. */
static __always_inline int answer_flood(struct xdp_md *ctx)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	struct pkt_meta *meta = entry_of(&pkt_metas, 0);
	struct cookie c = {};
	int answered;

	if (!meta || !set)
		return SW_REASON_SYN_FLOOD;
	answered = answer_usual(ctx, meta, set, &c);
	if (answered < 0)
		answered = answer_unusual(ctx, meta, set, &c);
	if (answered)
		return SW_REASON_SYN_COOKIE;
	note_free_syn(meta);
	/* The SYN-ACK may leave by another interface, so the ACK must be recognized. */
	if (meta->unseen)
		note_half_open(flow_tag(&meta->flow));
	return SW_REASON_SYN_FLOOD;
}

#endif
