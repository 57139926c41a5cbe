/* SPDX-License-Identifier: GPL-2.0-only */
/* Replies sent in place of the kernel, in the form the kernel would use: a SYN-ACK from
 * a closed port, whose sequence number is a cookie (no state), and the RST that ends
 * the connection. The frame is rewritten and sent back out (XDP_TX). */
#ifndef ANSWER_H
#define ANSWER_H

#include <scanwall/siphash.h>
#include "checksum.h"
#include "pkt_meta.h"

#define EPOCH_SHIFT 36 /* 69 s; a cookie is valid for one to two */
#define COOKIE_WORDS 6
#define TCP_HEADER_MOST 60
#define MSS_DEFAULT 1500

#define OPTION_EOL 0 /* RFC 9293 3.2, 7323, 2018 */
#define OPTION_NOP 1
#define OPTION_MSS 2
#define OPTION_WINDOW_SCALE 3
#define OPTION_SACK 4
#define OPTION_NONE 253 /* RFC 4727: experimental; ignored by the kernel */

#define WINDOW_MOST 65535u

/* What the answers that leave by an interface have in common. */
struct answer_way {
	__u32 ifindex, tick; /* when it was determined */
	__u32 able;	     /* SW_IFACE_*, NO_ETHERNET */
	__u16 mss;	     /* IPv4 */
	__be16 window;
};

/* Per-CPU scratch space for the packet at hand. */
struct answer_scratch {
	__u8 tcp[80]; /* its TCP header, padded with zeroes */
	__u32 ip;     /* offset of the IP header in the frame */
	__u32 doff;   /* length of the TCP header */
	__u32 data;   /* bytes of data */
	__u8 offers_scale, offers_sack;
	__u8 offers_stamp;
	__u8 scale;	 /* offered window scale */
	__be32 stamp;	 /* offered timestamp */
	__u32 chunk[16]; /* of its data, for the checksum */
	/* State of the option walk. Not on the stack, where verifiers since 6.7 track
	 * each value of a slot through all iterations of bpf_loop(). */
	__u32 at;
	__u32 changed;
	struct answer_way way; /* kept */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct answer_scratch);
} answer_scratches SEC(".maps");

/* ---- checksums */

/* The pseudo-header; the same in both directions. */
static __always_inline __u64 sum_pseudo(const struct pkt_meta *meta, __u32 tcp_bytes)
{
	__u64 sum = bpf_htonl(tcp_bytes) + (__u64)bpf_htonl(IPPROTO_TCP);

	if (meta->family == AF_INET)
		return sum + sum_words(&meta->src.byte[12], 1) + sum_words(&meta->dst.byte[12], 1);
	return sum + sum_words(&meta->src, 4) + sum_words(&meta->dst, 4);
}

/* ---- the cookie */

static __noinline __u32 cookie_of(const struct pkt_meta *meta, __u32 isn, __u64 epoch)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u64 word[COOKIE_WORDS];

	if (!set)
		return 0;
	__builtin_memcpy(&word[0], &meta->src, 16);
	__builtin_memcpy(&word[2], &meta->dst, 16);
	word[4] = (__u64)meta->flow.sport << 48 | (__u64)meta->flow.dport << 32 | isn;
	word[5] = epoch;
	return sw_siphash(word, COOKIE_WORDS, set->cookie_key[0], set->cookie_key[1]);
}

/* The first segment after our SYN-ACK, which only its receiver can send. */
static __always_inline bool has_cookie(const struct pkt_meta *meta, __u64 ns)
{
	__u32 isn = bpf_ntohl(meta->seq) - 1, cookie = bpf_ntohl(meta->ack_seq) - 1;
	__u64 epoch = ns >> EPOCH_SHIFT;

	return cookie == cookie_of(meta, isn, epoch) || cookie == cookie_of(meta, isn, epoch - 1);
}

/* ---- the SYN */

/* A TCP header's length in bytes, which the verifier bounds to 20 to 80: masked,
 * because before 6.8 bounds learned from a comparison are lost when the value is
 * spilled. */
static __always_inline __u32 bounded_length(__u32 words)
{
	__u32 options = (words - 5) & 15;

	asm volatile("" : "+r"(options));
	return sizeof(struct tcphdr) + (options & 15) * 4;
}

/* Is there an option at `at`, as tcp_parse_options() reads it? */
static __always_inline bool option_at(const struct answer_scratch *s, __u32 at, __u8 *kind,
				      __u8 *length)
{
	if (at >= s->doff)
		return false;
	*kind = s->tcp[at & 63];
	*length = 1;
	if (*kind == OPTION_EOL || *kind == OPTION_NOP)
		return *kind == OPTION_NOP;
	if (at + 1 >= s->doff)
		return false;
	*length = s->tcp[(at + 1) & 63];
	return *length >= 2 && at + *length <= s->doff;
}

/* Reads one option, and removes it if it would make the kernel's reply differ from
 * ours: timestamps (their offset is secret and the same for all served ports), Fast
 * Open, MD5. */
static long read_option(__u64 n, void *ctx)
{
	struct answer_scratch *s = *(struct answer_scratch **)ctx;
	__u32 at = s->at;
	__u8 kind, length;

	(void)n;
	if (!option_at(s, at, &kind, &length))
		return 1;
	if (kind == OPTION_WINDOW_SCALE) {
		s->offers_scale |= length == 3;
	} else if (kind == OPTION_SACK) {
		s->offers_sack |= length == 2;
	} else if (kind != OPTION_MSS && kind != OPTION_NOP && kind != OPTION_NONE) {
		s->tcp[at & 63] = OPTION_NONE;
		s->changed = true;
	}
	s->at = at + length;
	return 0;
}

/* ECN is not negotiated either. True if anything was changed. */
static __always_inline bool read_options(struct answer_scratch *s)
{
	s->at = sizeof(struct tcphdr);
	s->offers_scale = s->offers_sack = 0;
	s->changed = false;
	if (s->tcp[13] & 0xc0 || s->tcp[12] & 0x0f) {
		s->tcp[13] &= 0x3f;
		s->tcp[12] &= 0xf0;
		s->changed = true;
	}
	bpf_loop(TCP_HEADER_MOST - sizeof(struct tcphdr), read_option, &s, 0);
	return s->changed;
}

static __always_inline bool ip4_is_sound(const struct iphdr *ip, const void *end, __u32 segment)
{
	return ip->ihl == 5 && bpf_ntohs(ip->tot_len) == sizeof(*ip) + segment &&
	       !(ip->frag_off & bpf_htons(IP_MORE | IP_OFFSET)) &&
	       fold(sum_words(ip, 5)) == 0xffff && (void *)(ip + 1) + segment <= end;
}

static __always_inline bool ip6_is_sound(const struct ipv6hdr *ip, const void *end, __u32 segment)
{
	return ip->nexthdr == IPPROTO_TCP && bpf_ntohs(ip->payload_len) == segment &&
	       (void *)(ip + 1) + segment <= end;
}

struct data_walk {
	struct xdp_md *ctx;
	struct answer_scratch *s;
	__u32 at, left;
	__u64 sum;
};

static long sum_chunk(__u64 n, void *arg)
{
	struct data_walk *w = arg;
	struct answer_scratch *s = w->s;
	__u32 part = w->left & 63;
	long rc;

	(void)n;
	if (!w->left)
		return 1;
	__builtin_memset(s->chunk, 0, sizeof(s->chunk));
	if (w->left >= sizeof(s->chunk)) {
		part = sizeof(s->chunk);
		rc = bpf_xdp_load_bytes(w->ctx, w->at, s->chunk, sizeof(s->chunk));
	} else {
		rc = part ? bpf_xdp_load_bytes(w->ctx, w->at, s->chunk, masked(part - 1, 63) + 1)
			  : -1;
	}
	if (rc)
		return 1;
	w->sum += sum_words(s->chunk, 16);
	w->at += part;
	w->left -= part;
	return 0;
}

#define CHUNKS_MOST 32 /* 2 KiB; a SYN with more data is left to the kernel */

/* Sums the data of a SYN; false if there is too much. */
static __always_inline bool sum_data(struct xdp_md *ctx, struct answer_scratch *s, __u32 at,
				     __u64 *sum)
{
	struct data_walk w = {.ctx = ctx, .s = s, .at = at, .left = s->data};

	bpf_loop(CHUNKS_MOST, sum_chunk, &w, 0);
	*sum += w.sum;
	return !w.left;
}

/* Virtual devices leave the checksum to hardware that does not exist; the field then
 * holds the sum of the pseudo-header. */
static __always_inline bool is_unfinished(const struct answer_scratch *s, __u64 pseudo)
{
	__u16 sum;

	__builtin_memcpy(&sum, &s->tcp[16], sizeof(sum));
	return sum == fold(pseudo);
}

#define NO_ETHERNET (1u << 31) /* used with SW_IFACE_*: raw IP, as from a tunnel */

/* Broadcast or multicast frame: the kernel sends no TCP replies to those. */
static __always_inline bool is_to_many(struct xdp_md *ctx)
{
	const struct ethhdr *eth = (void *)(long)ctx->data;

	return (void *)(eth + 1) > (void *)(long)ctx->data_end || eth->h_dest[0] & 1;
}

/* Payload length of an IP packet without options or extension headers. */
static __always_inline __u32 segment_bytes(const struct packet *p)
{
	if (p->family == AF_INET6)
		return bpf_ntohs(((const struct ipv6hdr *)p->ip)->payload_len);
	return bpf_ntohs(((const struct iphdr *)p->ip)->tot_len) - sizeof(struct iphdr);
}

/* Reads a SYN that the kernel would accept at a served port: no IP options, a valid
 * checksum, and no data unless `data` is set. Others get no reply from anyone. */
static __always_inline struct answer_scratch *
sound_syn(struct xdp_md *ctx, const struct pkt_meta *meta, __u32 able, bool data)
{
	struct answer_scratch *s = entry_of(&answer_scratches, 0);
	bool raw = able & NO_ETHERNET, sound;
	struct packet p = {};
	__u32 at, length, segment;
	__u64 pseudo, sum = 0;

	if (!s || (meta->has_data && !data) || !meta->flow.sport || !meta->port)
		return NULL;
	if (parse_link((void *)(long)ctx->data, (void *)(long)ctx->data_end, &p, raw) != CONTINUE)
		return NULL;
	length = bounded_length(meta->doff);
	if (!raw && is_to_many(ctx))
		return NULL;
	segment = data ? masked(segment_bytes(&p), 0xffff) : length;
	if (segment < length)
		return NULL;
	if (p.family == AF_INET)
		sound = ip4_is_sound(p.ip, p.end, segment);
	else
		sound = ip6_is_sound(p.ip, p.end, segment);
	if (!sound)
		return NULL;
	s->ip = p.ip - (void *)(long)ctx->data;
	s->doff = length;
	s->data = segment - length;
	at = s->ip + (p.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	__builtin_memset(s->tcp, 0, sizeof(s->tcp));
	/* Again: by now 6.12 has lost the bounds, because clang 14 spills them. */
	length = masked(length - sizeof(struct tcphdr), 15 * 4) + sizeof(struct tcphdr);
	if (bpf_xdp_load_bytes(ctx, at, s->tcp, length))
		return NULL;
	if (data && s->data && !sum_data(ctx, s, at + s->doff, &sum))
		return NULL;
	pseudo = sum_pseudo(meta, s->doff + s->data);
	if (fold(pseudo + sum + sum_words(s->tcp, 16)) == 0xffff)
		return s;
	return able & SW_IFACE_PARTIAL && is_unfinished(s, pseudo) ? s : NULL;
}

/* Passes the SYN to the kernel without the removed options. */
static __always_inline bool rewrite_syn(struct xdp_md *ctx, const struct pkt_meta *meta,
					struct answer_scratch *s)
{
	__u32 at =
		s->ip + (meta->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	__u64 pseudo = sum_pseudo(meta, s->doff);
	__u32 length = bounded_length(s->doff / 4);
	__u16 sum;

	if (!is_unfinished(s, pseudo)) {
		__builtin_memset(&s->tcp[16], 0, sizeof(sum));
		sum = ~fold(pseudo + sum_words(s->tcp, 16));
		__builtin_memcpy(&s->tcp[16], &sum, sizeof(sum));
	}
	return !bpf_xdp_store_bytes(ctx, at, s->tcp, length);
}

/* ---- the frame sent back */

struct reply {
	struct tcphdr tcp;
	__u8 option[20];
};

struct reply4 {
	struct iphdr ip;
	struct reply r;
};

struct reply6 {
	struct ipv6hdr ip;
	struct reply r;
};

/* By halves of words, as aligned as a frame is: clang would copy each byte. */
static __always_inline bool swap_macs(struct xdp_md *ctx)
{
	__u16 *half = (void *)(long)ctx->data, kept;

	if ((void *)half + sizeof(struct ethhdr) > (void *)(long)ctx->data_end)
		return false;
#pragma unroll
	for (int i = 0; i < ETH_ALEN / 2; i++) {
		kept = half[i];
		half[i] = half[i + ETH_ALEN / 2];
		half[i + ETH_ALEN / 2] = kept;
	}
	return true;
}

static __always_inline bool fit_frame(struct xdp_md *ctx, __u32 bytes)
{
	__u32 have = bpf_xdp_get_buff_len(ctx);

	return !bpf_xdp_adjust_tail(ctx, (int)(bytes - have));
}

/* options: their length, a multiple of four. */
static __noinline int send4(struct xdp_md *ctx, const struct pkt_meta *meta, struct reply *r,
			    __u32 at, __u32 options)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 tcp = sizeof(r->tcp) + options, length = sizeof(struct iphdr) + tcp;
	struct reply4 out;

	if (!set || options > sizeof(r->option))
		return 0;
	out.r = *r;
	out.ip = (struct iphdr){.version = 4,
				.ihl = 5,
				.tot_len = bpf_htons(length),
				.frag_off = bpf_htons(IP_DF),
				.ttl = set->ttl4,
				.protocol = IPPROTO_TCP};
	__builtin_memcpy(&out.ip.saddr, &meta->dst.byte[12], 4);
	__builtin_memcpy(&out.ip.daddr, &meta->src.byte[12], 4);
	out.ip.check = ~fold(sum_words(&out.ip, 5));
	out.r.tcp.check = ~fold(sum_pseudo(meta, tcp) + sum_words(&out.r, 10));
	return fit_frame(ctx, at + length) && length <= sizeof(out) &&
	       !bpf_xdp_store_bytes(ctx, at, &out, length) && swap_macs(ctx);
}

/* As the kernel's: hop limit, and a random label (net.ipv6.auto_flowlabels, RFC 6438). */
static __noinline int begin6(struct xdp_md *ctx, struct ipv6hdr *ip)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 ifindex = ctx->ingress_ifindex, *able, label = bpf_get_prandom_u32() & 0xfffff;
	__be32 first;

	able = bpf_map_lookup_elem(&interfaces, &ifindex);
	if (able && *able & SW_IFACE_NO_LABEL)
		label = 0;
	first = bpf_htonl(6u << 28 | label);
	__builtin_memcpy(ip, &first, sizeof(first));
	ip->hop_limit = able ? SW_IFACE_HOPS(*able) : 0;
	if (!ip->hop_limit && set)
		ip->hop_limit = set->hops6;
	return 0;
}

static __noinline int send6(struct xdp_md *ctx, const struct pkt_meta *meta, struct reply *r,
			    __u32 at, __u32 options)
{
	__u32 tcp = sizeof(r->tcp) + options, length = sizeof(struct ipv6hdr) + tcp;
	struct reply6 out;

	if (options > sizeof(r->option))
		return 0;
	out.r = *r;
	out.ip = (struct ipv6hdr){.payload_len = bpf_htons(tcp), .nexthdr = IPPROTO_TCP};
	begin6(ctx, &out.ip);
	__builtin_memcpy(&out.ip.saddr, &meta->dst, 16);
	__builtin_memcpy(&out.ip.daddr, &meta->src, 16);
	out.r.tcp.check = ~fold(sum_pseudo(meta, tcp) + sum_words(&out.r, 10));
	return fit_frame(ctx, at + length) && length <= sizeof(out) &&
	       !bpf_xdp_store_bytes(ctx, at, &out, length) && swap_macs(ctx);
}

static __always_inline bool send(struct xdp_md *ctx, const struct pkt_meta *meta, struct reply *r,
				 __u32 at, __u32 options)
{
	r->tcp.source = meta->flow.dport;
	r->tcp.dest = meta->flow.sport;
	r->tcp.doff = 5 + options / 4;
	if (meta->family == AF_INET)
		return send4(ctx, meta, r, at, options);
	return send6(ctx, meta, r, at, options);
}

/* As tcp_select_initial_window() computes it. */
static __always_inline __u16 first_window(const struct sw_settings *set, __u32 mss)
{
	__u32 window = set->tcp_space;

	if (mss && window > mss)
		window = window / mss * mss;
	return window > WINDOW_MOST ? WINDOW_MOST : window;
}

/* In the order of tcp_options_write(); returns their length. */
static __always_inline __u32 write_options(const struct sw_settings *set,
					   const struct answer_scratch *s, __u32 mss, __u8 *o)
{
	bool scale = s->offers_scale && set->window_scale != SW_NO_WINDOW_SCALE;
	bool sack = s->offers_sack && set->sack;
	__u32 word[3] = {bpf_htonl(OPTION_MSS << 24 | 4 << 16 | mss)}, scaled = 0;

	if (scale)
		scaled = bpf_htonl(OPTION_NOP << 24 | OPTION_WINDOW_SCALE << 16 | 3 << 8 |
				   set->window_scale);
	word[1] = scaled;
	if (sack) {
		word[1] = bpf_htonl(OPTION_NOP << 24 | OPTION_NOP << 16 | OPTION_SACK << 8 | 2);
		word[2] = scaled;
	}
	__builtin_memcpy(o, word, sizeof(word));
	return 4 + 4 * sack + 4 * scale;
}

static __always_inline __u32 own_mss(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	__u32 mtu = 0;

	if (bpf_check_mtu(ctx, 0, &mtu, 0, 0) < 0 || mtu < 576)
		mtu = MSS_DEFAULT;
	mtu -= sizeof(struct tcphdr) +
	       (meta->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	return mtu > 65495 ? 65495 : mtu; /* lo has 65536; dst_metric_advmss() stops here */
}

/* epoch: that of the first SYN, so that every retransmission gets the same reply. */
static __always_inline bool send_syn_ack(struct xdp_md *ctx, const struct pkt_meta *meta,
					 const struct answer_scratch *s, __u64 epoch)
{
	const struct sw_settings *set = entry_of(&settings, 0);
	__u32 isn = bpf_ntohl(meta->seq), mss = own_mss(ctx, meta), options;
	struct reply r = {};

	if (!set)
		return false;
	r.tcp.seq = bpf_htonl(cookie_of(meta, isn, epoch));
	r.tcp.ack_seq = bpf_htonl(isn + 1);
	r.tcp.syn = r.tcp.ack = 1;
	r.tcp.window = bpf_htons(first_window(set, mss));
	options = write_options(set, s, mss, r.option);
	return send(ctx, meta, &r, s->ip, options);
}

/* Ends the connection that our SYN-ACK opened, so nobody is kept waiting. */
static __always_inline bool send_rst(struct xdp_md *ctx, const struct pkt_meta *meta)
{
	struct packet p = {};
	struct reply r = {};

	if (parse_network((void *)(long)ctx->data, (void *)(long)ctx->data_end, &p) != CONTINUE)
		return false;
	r.tcp.seq = meta->ack_seq;
	r.tcp.rst = 1;
	return send(ctx, meta, &r, p.ip - (void *)(long)ctx->data, 0);
}

#endif
