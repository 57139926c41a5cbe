// SPDX-License-Identifier: GPL-2.0-only
/* The least that a program can do with a segment of flood.bpf.c: drop it, send it back,
 * answer it with the listener's cookie. What scanwall costs beyond is its own. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "forged.h"

char _license[] SEC("license") = "GPL";

struct answer {
	struct segment s;
	__be32 mss;
} __attribute__((packed));

#define FRAME_LEAST 60

static __always_inline struct segment *segment_in(struct xdp_md *ctx)
{
	struct segment *h = (void *)(long)ctx->data;

	if ((void *)(h + 1) > (void *)(long)ctx->data_end ||
	    h->eth.h_proto != bpf_htons(ETH_P_IP) || h->ip.ihl != 5 ||
	    h->ip.protocol != IPPROTO_TCP || h->tcp.doff != 5)
		return NULL;
	return h;
}

/* Without the warning that a packed struct's member may not be aligned. */
static __always_inline void *tcp_of(struct segment *h)
{
	return (void *)h + sizeof(h->eth) + sizeof(h->ip);
}

static __always_inline void swap_ends(struct segment *h)
{
	__u8 mac[ETH_ALEN];
	__be32 addr = h->ip.saddr;
	__be16 port = h->tcp.source;

	__builtin_memcpy(mac, h->eth.h_dest, ETH_ALEN);
	__builtin_memcpy(h->eth.h_dest, h->eth.h_source, ETH_ALEN);
	__builtin_memcpy(h->eth.h_source, mac, ETH_ALEN);
	h->ip.saddr = h->ip.daddr;
	h->ip.daddr = addr;
	h->tcp.source = h->tcp.dest;
	h->tcp.dest = port;
}

SEC("xdp")
int lose(struct xdp_md *ctx)
{
	struct segment *h = segment_in(ctx);

	return h && (bpf_ntohl(h->ip.saddr) & ~FORGED_HOSTS) == FORGED_NET ? XDP_DROP : XDP_PASS;
}

/* Checksums stay true where only the ends and bits that sum up to nothing change. */
SEC("xdp")
int echo(struct xdp_md *ctx)
{
	struct segment *h = segment_in(ctx);

	if (!h || (bpf_ntohl(h->ip.saddr) & ~FORGED_HOSTS) != FORGED_NET)
		return XDP_PASS;
	swap_ends(h);
	return XDP_TX;
}

static __always_inline __u16 folded(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline __u64 words(const void *at, int n)
{
	__u64 sum = 0;
	__u32 word;

	for (int i = 0; i < n; i++) {
		__builtin_memcpy(&word, at + 4 * i, sizeof(word));
		sum += word;
	}
	return sum;
}

static __always_inline __s64 cookie_of(struct xdp_md *ctx, struct segment *h, bool own_name)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;
	__s64 cookie = -1;

	t.ipv4.daddr = h->ip.daddr;
	t.ipv4.dport = h->tcp.dest;
	t.ipv4.saddr = own_name ? h->ip.saddr : 0;
	t.ipv4.sport = own_name ? h->tcp.source : bpf_htons(1);
	sk = bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return -1;
	if (sk->state == BPF_TCP_LISTEN)
		cookie =
			bpf_tcp_gen_syncookie(sk, &h->ip, sizeof(h->ip), tcp_of(h), sizeof(h->tcp));
	bpf_sk_release(sk);
	return cookie;
}

static __always_inline int answer(struct xdp_md *ctx, bool own_name)
{
	struct segment *h = segment_in(ctx);
	struct answer *a;
	__s64 cookie;

	if (!h || !h->tcp.syn || h->tcp.ack)
		return XDP_PASS;
	cookie = cookie_of(ctx, h, own_name);
	if (cookie < 0 || bpf_xdp_adjust_tail(ctx, (int)sizeof(*a) - FRAME_LEAST))
		return XDP_PASS;
	a = (void *)(long)ctx->data;
	if ((void *)(a + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	h = &a->s;
	swap_ends(h);
	h->ip.tot_len = bpf_htons(sizeof(*a) - sizeof(h->eth));
	h->ip.check = 0;
	h->ip.check = ~folded(words(&h->ip, 5));
	h->tcp.ack_seq = bpf_htonl(bpf_ntohl(h->tcp.seq) + 1);
	h->tcp.seq = bpf_htonl(cookie);
	h->tcp.ack = 1;
	h->tcp.doff = 6;
	h->tcp.check = 0;
	a->mss = bpf_htonl(2 << 24 | 4 << 16 | 1460);
	h->tcp.check = ~folded(words(&h->tcp, 6) + words(&h->ip.saddr, 2) + bpf_htons(IPPROTO_TCP) +
			       bpf_htons(sizeof(*a) - 34));
	return XDP_TX;
}

SEC("xdp")
int cookie_named(struct xdp_md *ctx)
{
	return answer(ctx, true);
}

SEC("xdp")
int cookie_nameless(struct xdp_md *ctx)
{
	return answer(ctx, false);
}

/* An ACK goes to the kernel with its cookie, and is lost without. */
SEC("xdp")
int check(struct xdp_md *ctx)
{
	struct segment *h = segment_in(ctx);
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk;
	int action = XDP_PASS;

	if (!h || h->tcp.syn || !h->tcp.ack)
		return XDP_PASS;
	t.ipv4.saddr = h->ip.saddr;
	t.ipv4.daddr = h->ip.daddr;
	t.ipv4.sport = h->tcp.source;
	t.ipv4.dport = h->tcp.dest;
	sk = bpf_skc_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return XDP_PASS;
	if (sk->state == BPF_TCP_LISTEN &&
	    bpf_tcp_check_syncookie(sk, &h->ip, sizeof(h->ip), tcp_of(h), sizeof(h->tcp)))
		action = XDP_DROP;
	bpf_sk_release(sk);
	return action;
}
